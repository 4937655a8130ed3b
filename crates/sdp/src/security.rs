//! How a stream is protected: names of suites and keys (RFC 4568).

use std::fmt;

/// A crypto suite of SRTP. RFC 4568 §6.2, RFC 7714 §14.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`: what every phone has.
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`
    AesCm128HmacSha1_32,
    /// `AEAD_AES_128_GCM`
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`
    AeadAes256Gcm,
}

/// Master key and master salt of one direction, one after the other. Never printed but in the SDP itself.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySalt(pub Vec<u8>);

impl fmt::Debug for KeySalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySalt(redacted)")
    }
}
