//! The suites: what they are called in `a=crypto` and in DTLS, and how long their keys are.

/// How packets are encrypted and authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suite {
    /// AES-CM with 128-bit keys, HMAC-SHA1 with 80-bit tags (RFC 3711, RFC 4568 §6.2.1). What every phone has.
    AesCm128HmacSha1_80,
    /// The same with 32-bit tags for RTP and 80-bit ones for RTCP (RFC 4568 §6.2.2).
    AesCm128HmacSha1_32,
    /// AES-GCM with 128-bit keys and 128-bit tags (RFC 7714).
    AeadAes128Gcm,
    /// AES-GCM with 256-bit keys and 128-bit tags (RFC 7714).
    AeadAes256Gcm,
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::AeadAes256Gcm, Self::AeadAes128Gcm, Self::AesCm128HmacSha1_80, Self::AesCm128HmacSha1_32];

    /// Bytes of the master key.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt.
    pub const fn salt_bytes(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// Bytes of key and salt together: what `inline:` holds in base64 (30, 28 or 44).
    pub const fn key_salt_bytes(self) -> usize {
        self.key_bytes() + self.salt_bytes()
    }

    /// Bytes to ask a DTLS exporter for (label `EXTRACTOR-dtls_srtp`): see [`crate::dtls_keys`].
    pub const fn exported_bytes(self) -> usize {
        2 * self.key_salt_bytes()
    }

    /// What it is called in `a=crypto` (RFC 4568 §6.2, RFC 7714 §14.2).
    pub const fn name(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// Its number in `use_srtp` (RFC 5764 §4.1.2, RFC 7714 §14.2).
    pub const fn dtls_profile(self) -> u16 {
        match self {
            Self::AesCm128HmacSha1_80 => 0x0001,
            Self::AesCm128HmacSha1_32 => 0x0002,
            Self::AeadAes128Gcm => 0x0007,
            Self::AeadAes256Gcm => 0x0008,
        }
    }

    /// The suite with this number in `use_srtp`, if it is one of ours.
    pub fn of_dtls_profile(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.dtls_profile() == number)
    }
}
