//! Key material: how the master key of a direction comes out of DTLS, and the session keys out of the master key.

use std::fmt;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Aes256Enc, Block};
use zeroize::{Zeroize, Zeroizing};

use crate::{KeyError, Suite};

/// The longest key and salt together: AES-256-GCM's.
const KEY_SALT_BYTES_MAX: usize = 44;
/// Salts as they are used: RFC 3711's have 14 bytes, shorter ones are filled up with zeros (RFC 7714 §11).
pub const SALT_BYTES: usize = 14;
/// Keys of HMAC-SHA1 (RFC 3711 §5.2).
pub const AUTHENTICATION_KEY_BYTES: usize = 20;

/// A master key followed by its salt, wiped when dropped.
pub struct KeySalt {
    bytes: Zeroizing<[u8; KEY_SALT_BYTES_MAX]>,
    length: usize,
}

impl KeySalt {
    fn of(key: &[u8], salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_SALT_BYTES_MAX]);
        for (to, from) in bytes.iter_mut().zip(key.iter().chain(salt)) {
            *to = *from;
        }
        Self { bytes, length: key.len() + salt.len() }
    }
}

impl AsRef<[u8]> for KeySalt {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for KeySalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySalt(hidden)")
    }
}

/// Key and salt of the DTLS client's packets, and of the DTLS server's, from what a handshake exported with the label
/// `EXTRACTOR-dtls_srtp`, no context, and [`Suite::exported_bytes`] bytes (RFC 5764 §4.2: both keys, then both salts). Each
/// goes into [`crate::Context::new`]: our own role's to protect, the other to unprotect.
pub fn dtls_keys(suite: Suite, exported: &[u8]) -> Result<(KeySalt, KeySalt), KeyError> {
    let wrong = KeyError { wanted: suite.exported_bytes(), given: exported.len() };
    if exported.len() != suite.exported_bytes() {
        return Err(wrong);
    }
    let (client_key, rest) = exported.split_at_checked(suite.key_bytes()).ok_or(wrong)?;
    let (server_key, rest) = rest.split_at_checked(suite.key_bytes()).ok_or(wrong)?;
    let (client_salt, server_salt) = rest.split_at_checked(suite.salt_bytes()).ok_or(wrong)?;
    Ok((KeySalt::of(client_key, client_salt), KeySalt::of(server_key, server_salt)))
}

/// What a session key is for (RFC 3711 §4.3.2).
#[derive(Clone, Copy)]
pub enum Label {
    /// Encryption of RTP.
    Rtp = 0,
    /// Authentication of RTP.
    RtpAuthentication = 1,
    /// The salt of RTP.
    RtpSalt = 2,
    /// Encryption of RTCP.
    Rtcp = 3,
    /// Authentication of RTCP.
    RtcpAuthentication = 4,
    /// The salt of RTCP.
    RtcpSalt = 5,
}

/// A master key, from which session keys are derived once: the derivation rate is 0 (RFC 3711 §4.3.1), the only one that
/// `a=crypto` and DTLS-SRTP use unless they say otherwise.
pub struct Master {
    cipher: Prf,
    salt: Zeroizing<[u8; SALT_BYTES]>,
}

/// AES-CM as a pseudo-random function, with the suite's own key length (RFC 7714 §11).
enum Prf {
    Aes128(Aes128Enc),
    Aes256(Aes256Enc),
}

impl Master {
    /// Takes key and salt apart.
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Result<Self, KeyError> {
        let wrong = KeyError { wanted: suite.key_salt_bytes(), given: key_and_salt.len() };
        if wrong.wanted != wrong.given {
            return Err(wrong);
        }
        let (key, given) = key_and_salt.split_at_checked(suite.key_bytes()).ok_or(wrong)?;
        let cipher = match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 | Suite::AeadAes128Gcm => {
                Prf::Aes128(Aes128Enc::new_from_slice(key).map_err(|_| wrong)?)
            }
            Suite::AeadAes256Gcm => Prf::Aes256(Aes256Enc::new_from_slice(key).map_err(|_| wrong)?),
        };
        let mut salt = Zeroizing::new([0; SALT_BYTES]);
        salt.iter_mut().zip(given).for_each(|(to, from)| *to = *from);
        Ok(Self { cipher, salt })
    }

    /// Fills `key` with the session key for `label`: RFC 3711 §4.3.1 and §4.3.3.
    pub fn derive<const N: usize>(&self, label: Label) -> Zeroizing<[u8; N]> {
        let mut key = Zeroizing::new([0; N]);
        for (chunk, count) in key.chunks_mut(16).zip(0_u16..) {
            let mut block = Block::default();
            for (to, from) in block.iter_mut().zip(self.salt.iter()) {
                *to = *from;
            }
            if let [.., at, _, _, _, _, _, _, high, low] = block.as_mut_slice() {
                *at ^= label as u8;
                [*high, *low] = count.to_be_bytes();
            }
            match &self.cipher {
                Prf::Aes128(aes) => aes.encrypt_block(&mut block),
                Prf::Aes256(aes) => aes.encrypt_block(&mut block),
            }
            chunk.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
            block.zeroize();
        }
        key
    }
}
