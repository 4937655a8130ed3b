//! Keys in the description: `a=crypto` (RFC 4568, RFC 7714 §14.2).

use crate::Media;
use std::fmt;

/// How packets of SRTP are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// AES-128 in counter mode, HMAC-SHA1 of 80 bits (RFC 4568 §6.2.1): what every phone has.
    AesCm128HmacSha1_80,
    /// The same with 32 bits (RFC 4568 §6.2.2): taken where a phone has nothing better, never offered.
    AesCm128HmacSha1_32,
    /// AES-128 in Galois/counter mode (RFC 7714).
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode (RFC 7714).
    AeadAes256Gcm,
}

impl Suite {
    /// All.
    pub const ALL: [Self; 4] =
        [Self::AesCm128HmacSha1_80, Self::AesCm128HmacSha1_32, Self::AeadAes128Gcm, Self::AeadAes256Gcm];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// Bytes of master key and master salt together.
    pub fn key_salt_bytes(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 16 + 14,
            Self::AeadAes128Gcm => 16 + 12,
            Self::AeadAes256Gcm => 32 + 12,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }
}

/// A master key with its salt behind it, as many bytes as the suite has. Debug never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySalt(pub Vec<u8>);

impl fmt::Debug for KeySalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySalt(..)")
    }
}

/// One `a=crypto` line that we can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crypto {
    /// Which of the offerer's lines it is; an answer repeats it.
    pub(crate) tag: u32,
    pub(crate) suite: Suite,
    /// The key of whoever says it: that side's packets are protected with it.
    pub(crate) key: KeySalt,
}

/// A key that may protect fewer packets than this cannot last a long call: 20 ms packets for six hours.
const LIFETIME_MIN: u64 = 1 << 20;

/// Digits of a tag (RFC 4568 §9.1).
const TAG_DIGITS_MAX: usize = 9;

impl Crypto {
    /// The lines that we can do, in their order.
    pub(crate) fn all(media: &Media) -> impl Iterator<Item = Self> {
        media.values("crypto").filter_map(Self::read)
    }

    /// The line to take of those that fit: the speaker's first, but one with a short authentication tag only where there is no
    /// other.
    pub(crate) fn best(media: &Media, fits: impl Fn(&Self) -> bool) -> Option<Self> {
        let is_long = |crypto: &Self| crypto.suite != Suite::AesCm128HmacSha1_32;
        Self::all(media).find(|crypto| fits(crypto) && is_long(crypto)).or_else(|| Self::all(media).find(fits))
    }

    /// `1 AES_CM_128_HMAC_SHA1_80 inline:<base64>[|lifetime] [session parameters]`. `None`: a suite, a key or a parameter that we
    /// cannot do; several keys and master key identifiers (MKI) are among them, since they change every packet.
    fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (tag, suite, keys) = (words.next()?, words.next()?, words.next()?);
        let is_tag = !tag.is_empty() && tag.len() <= TAG_DIGITS_MAX && tag.bytes().all(|byte| byte.is_ascii_digit());
        let tag = tag.parse().ok().filter(|_| is_tag)?;
        let suite = Suite::from_name(suite)?;
        let (method, info) = keys.split_once(':')?;
        if !method.eq_ignore_ascii_case("inline") || info.contains(';') || !words.all(is_harmless) {
            return None;
        }
        let mut parts = info.split('|');
        let key = base64_decoded(parts.next()?).filter(|key| key.len() == suite.key_salt_bytes())?;
        // One more part may be the lifetime; with a colon in it, it is an MKI.
        if let Some(lifetime) = parts.next()
            && read_lifetime(lifetime)? < LIFETIME_MIN
        {
            return None;
        }
        parts.next().is_none().then_some(Self { tag, suite, key: KeySalt(key) })
    }

    /// The attribute's value.
    pub(crate) fn print(&self) -> String {
        format!("{} {} inline:{}", self.tag, self.suite.name(), base64(&self.key.0))
    }
}

/// `2^20` or `1048576`.
fn read_lifetime(text: &str) -> Option<u64> {
    match text.strip_prefix("2^") {
        Some(power) => 1_u64.checked_shl(power.parse().ok()?),
        None => text.parse().ok(),
    }
}

/// A session parameter (RFC 4568 §6.3) that changes nothing for us: a hint about the replay window, and what the speaker itself
/// calls optional. All others would switch protection off, or change how keys or packets are made.
fn is_harmless(parameter: &str) -> bool {
    parameter.starts_with('-') || parameter.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("WSH="))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4_usize {
            let is_used = index <= chunk.len();
            let sextet = (word >> (18 - 6 * index)) & 63;
            let letter = usize::try_from(sextet).ok().and_then(|sextet| ALPHABET.get(sextet)).copied();
            text.push(if is_used { char::from(letter.unwrap_or(b'=')) } else { '=' });
        }
    }
    text
}

/// The same backwards; the padding may be missing.
fn base64_decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0_u32, 0_u8);
    for byte in text.bytes() {
        let sextet = ALPHABET.iter().position(|letter| *letter == byte)?;
        word = word << 6 | u32::try_from(sextet).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(word >> bits & 0xff).ok()?);
            word &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4568 §6.1, with a key of the right length.
    const INLINE: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
            (&[0xfb, 0xff, 0xfe], "+//+"),
        ] {
            assert_eq!(base64(bytes), text);
            assert_eq!(base64_decoded(text).as_deref(), Some(bytes));
            assert_eq!(base64_decoded(text.trim_end_matches('=')).as_deref(), Some(bytes));
        }
        assert_eq!(base64_decoded("Zm9*"), None);
    }

    #[test]
    fn lines_that_we_can_do_are_read_and_come_back() {
        for suite in Suite::ALL {
            let key = KeySalt((0..suite.key_salt_bytes()).map(|byte| byte as u8 ^ 0xa5).collect());
            let crypto = Crypto { tag: 3, suite, key };
            assert_eq!(Crypto::read(&crypto.print()), Some(crypto));
        }
        let line = |rest: &str| Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {INLINE}{rest}"));
        for fine in ["", "|2^20", "|2^31", "|1048576", "|2^48 WSH=128", " -EXTENSION", " wsh=64"] {
            assert!(line(fine).is_some(), "{fine}");
        }
    }

    #[test]
    fn r15_lines_that_would_weaken_or_change_srtp_are_not_taken() {
        let line = |rest: &str| Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {INLINE}{rest}"));
        for unfit in [
            "|2^19",
            "|2^64",
            "|1000",
            "|",
            "|1:4",
            "|2^20|1:4",
            "|2^20|1:4|x",
            ";inline:AAAA",
            " UNENCRYPTED_SRTP",
            " UNENCRYPTED_SRTCP",
            " UNAUTHENTICATED_SRTP",
            " KDR=1",
            " FEC_ORDER=FEC_SRTP",
            " WSH",
            " WSH=64 UNAUTHENTICATED_SRTP",
        ] {
            assert_eq!(line(unfit), None, "{unfit}");
        }
        for unfit in [
            "",
            "1",
            "1 AES_CM_128_HMAC_SHA1_80",
            "1 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
            "1 AEAD_AES_256_GCM inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "1 AES_CM_128_HMAC_SHA1_80 uri:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "+1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "1234567890 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
        ] {
            assert_eq!(Crypto::read(unfit), None, "{unfit}");
        }
    }

    #[test]
    fn keys_are_not_shown() {
        let crypto = Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {INLINE}")).unwrap();
        assert_eq!(format!("{crypto:?}"), "Crypto { tag: 1, suite: AesCm128HmacSha1_80, key: KeySalt(..) }");
    }
}
