//! What a leg may be, by the trunk or the operator whose it is; and where its secrets come from.

use std::net::IpAddr;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use sdp::{Codec, KeySalt, OurDtls, Secrets, SrtpPolicy, Suite};

/// What a leg may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Best first.
    pub(crate) codecs: &'static [Codec],
    /// Digits as RFC 4733 events.
    pub(crate) telephone_event: bool,
    /// Whether its voice is encrypted.
    pub(crate) srtp: SrtpPolicy,
    /// A browser may be at the other end.
    pub(crate) browsers: bool,
    /// Where the peer's signalling comes from, if that is known.
    pub(crate) peer: Option<IpAddr>,
}

impl Terms {
    /// A carrier's. `plain`: PCMU alone, without telephone-event, as some want it.
    pub(crate) fn of_trunk(plain: bool, srtp: SrtpPolicy) -> Self {
        let codecs: &'static [Codec] = if plain { &[Codec::Pcmu] } else { &Codec::G711 };
        Self { codecs, telephone_event: !plain, srtp, browsers: false, peer: None }
    }

    /// A phone's of an operator.
    pub(crate) fn of_operator(srtp: SrtpPolicy) -> Self {
        Self { codecs: &Codec::ALL, telephone_event: true, srtp, browsers: true, peer: None }
    }

    /// The same where the carrier calls us: a caller who has no G.711 is heard in whatever there is. (What we offer to a carrier
    /// is G.711, for some refuse what they do not know.)
    pub(crate) fn of_incoming(self) -> Self {
        let is_plain = self.codecs == [Codec::Pcmu];
        Self { codecs: if is_plain { self.codecs } else { &Codec::ALL }, ..self }
    }

    /// May anything be encrypted?
    pub(crate) fn need_secrets(&self) -> bool {
        self.browsers || self.srtp != SrtpPolicy::Off
    }
}

/// What a leg's secrets are drawn from: always the same ones, so that none has to be kept, and new offers change nothing.
#[derive(Clone)]
pub(crate) struct Vault {
    seed: [u8; 32],
    /// SHA-256 of our DTLS certificate.
    fingerprint: Option<sdp::Fingerprint>,
    /// How often ICE was started anew: each time with other credentials.
    pub(crate) restarts: u64,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("restarts", &self.restarts).finish_non_exhaustive()
    }
}

/// Streams of the generator: one for each suite's key, then one for each start of ICE.
const ICE_STREAM: u64 = 16;
/// `a=ice-ufrag`: 48 bits, of which RFC 8839 §5.4 wants 24.
const UFRAG_LENGTH: usize = 8;
/// `a=ice-pwd`: 144 bits, of which it wants 128.
const PASSWORD_LENGTH: usize = 24;
/// `ice-char` of RFC 8839 §5.1: 64, so that six bits of a byte choose one.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Vault {
    /// `seed` must be unpredictable, and this leg's alone.
    pub(crate) fn new(seed: [u8; 32], fingerprint: Option<sdp::Fingerprint>) -> Self {
        Self { seed, fingerprint, restarts: 0 }
    }

    pub(crate) fn secrets(&self) -> Secrets {
        let key = |(stream, suite): (u64, Suite)| {
            let mut key = vec![0; suite.key_salt_bytes()];
            self.generator(stream).fill_bytes(&mut key);
            (suite, KeySalt(key))
        };
        let keys = (0..).zip(Suite::ALL).map(key).collect();
        let dtls = self.fingerprint.map(|fingerprint| {
            let mut generator = self.generator(ICE_STREAM.saturating_add(self.restarts));
            let ufrag = word(&mut generator, UFRAG_LENGTH);
            let password = word(&mut generator, PASSWORD_LENGTH);
            OurDtls { fingerprint, ufrag, password }
        });
        Secrets { keys, dtls }
    }

    fn generator(&self, stream: u64) -> ChaCha12Rng {
        let mut generator = ChaCha12Rng::from_seed(self.seed);
        generator.set_stream(stream);
        generator
    }
}

fn word(generator: &mut ChaCha12Rng, length: usize) -> String {
    let mut bytes = vec![0; length];
    generator.fill_bytes(&mut bytes);
    bytes.into_iter().filter_map(|byte| ICE_CHARS.get(usize::from(byte & 63))).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_and_stay_the_same_until_ice_starts_anew() {
        let mut vault = Vault::new([7; 32], Some([9; 32]));
        let secrets = vault.secrets();
        assert_eq!(vault.secrets(), secrets);
        for (suite, key) in &secrets.keys {
            assert_eq!(key.0.len(), suite.key_salt_bytes());
        }
        let [first, second, ..] = secrets.keys.as_slice() else { panic!("four suites") };
        assert_ne!(first.1.0[..16], second.1.0[..16], "no key serves two suites");
        let ours = secrets.dtls.unwrap();
        assert_eq!((ours.ufrag.len(), ours.password.len()), (UFRAG_LENGTH, PASSWORD_LENGTH));
        vault.restarts += 1;
        let again = vault.secrets();
        assert_eq!(again.keys, secrets.keys);
        assert_ne!(again.dtls.unwrap().ufrag, ours.ufrag);
        assert_ne!(Vault::new([8; 32], None).secrets().keys, secrets.keys);
    }
}
