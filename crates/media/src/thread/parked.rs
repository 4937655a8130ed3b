//! Send contexts whose SDES keys are not in use now.
//!
//! Our key for a suite stays the same as long as the leg lives, and so does its SSRC. A re-INVITE may go to another suite,
//! to DTLS or to none, and come back: a new context would then count from nothing and use the same key stream twice
//! (RFC 3711 §9.1), so it must be the old one.

use srtp::Context;
use switch::media::Sdes;

use super::protect::context;

/// Contexts of one leg: one for each suite that we speak, twice. A leg with more gets no new one, and stays silent.
const PARKED_MAX: usize = 8;

/// The contexts that a leg may need again.
#[derive(Debug, Default)]
pub struct Parked(Vec<Place>);

#[derive(Debug)]
struct Place {
    suite: sdp::Suite,
    key: sdp::KeySalt,
    context: Context,
}

impl Parked {
    /// Keeps what has protected packets under the send key of `keys`.
    pub fn put(&mut self, keys: &Sdes, context: Context) {
        self.0.push(Place { suite: keys.suite, key: keys.send.clone(), context });
    }

    /// What protects packets under the send key of `keys`: as it was left, or new if the key is. `None`, and a word in the
    /// log, if the key is not what its suite wants, or the leg has had too many.
    pub fn take(&mut self, keys: &Sdes) -> Option<Context> {
        let is_it = |place: &Place| place.suite == keys.suite && place.key == keys.send;
        if let Some(at) = self.0.iter().position(is_it) {
            return Some(self.0.swap_remove(at).context);
        }
        // So there is always room for the one that is in use.
        if self.0.len() >= PARKED_MAX {
            tracing::error!("a leg has had too many keys: it stays silent");
            return None;
        }
        context(keys.suite, &keys.send)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_with_too_many_keys_gets_no_more_and_forgets_none() {
        let suite = sdp::Suite::AesCm128HmacSha1_80;
        let keys = |n| Sdes { suite, send: sdp::KeySalt(vec![n; 30]), receive: sdp::KeySalt(vec![0; 30]) };
        let mut parked = Parked::default();
        let mut packet = [0x80; 300];
        for n in 0..PARKED_MAX as u8 {
            let mut context = parked.take(&keys(n)).unwrap();
            context.protect(&mut packet, 172).unwrap();
            packet.fill(0x80);
            parked.put(&keys(n), context);
        }
        assert!(parked.take(&keys(99)).is_none());
        for n in 0..PARKED_MAX as u8 {
            let mut context = parked.take(&keys(n)).unwrap();
            assert_eq!(context.protect(&mut packet, 172), Err(srtp::ProtectError::Repeated), "{n}");
            parked.put(&keys(n), context);
        }
    }
}
