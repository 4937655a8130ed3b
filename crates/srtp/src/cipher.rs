//! One set of session keys at work: packets sealed and opened in place. What an index is, and whether it may be used, is asked
//! before, in [`crate::context`].

use std::fmt;

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use zeroize::Zeroizing;

use crate::keys::{Label, Master, SALT_BYTES};
use crate::mac::HmacSha1;
use crate::{KeyError, ProtectError, Suite, UnprotectError};

/// Bytes of a GCM tag (RFC 7714 §13.2).
const GCM_TAG_BYTES: usize = 16;
/// Bytes of a GCM salt (RFC 7714 §12).
const GCM_SALT_BYTES: usize = 12;
/// Bytes of the SRTCP index and its flag.
pub const INDEX_BYTES: usize = 4;
/// An RTCP packet's header, which is never encrypted: the first packet's first word and its SSRC.
pub const RTCP_HEADER_BYTES: usize = 8;

/// Where a packet stands: what makes its key stream its own.
#[derive(Clone, Copy)]
pub struct Position {
    /// Its SSRC.
    pub ssrc: u32,
    /// 48 bits for RTP (roll-over counter and sequence number), 31 for RTCP.
    pub index: u64,
}

/// Session keys of RTP or of RTCP.
pub enum Cipher {
    /// AES-CM and HMAC-SHA1.
    Counter(Box<Counter>),
    /// AES-GCM.
    Gcm(Box<Gcm>),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(hidden)")
    }
}

impl Cipher {
    /// Keys for RTP packets.
    pub fn rtp(suite: Suite, master: &Master) -> Result<Self, KeyError> {
        let tag = if suite == Suite::AesCm128HmacSha1_32 { 4 } else { 10 };
        Self::new(suite, master, tag, [Label::Rtp, Label::RtpAuthentication, Label::RtpSalt])
    }

    /// Keys for RTCP packets. Their tags have 80 bits with either suite of HMAC-SHA1 (RFC 4568 §6.2.2, RFC 5764 §4.1.2).
    pub fn rtcp(suite: Suite, master: &Master) -> Result<Self, KeyError> {
        Self::new(suite, master, 10, [Label::Rtcp, Label::RtcpAuthentication, Label::RtcpSalt])
    }

    fn new(
        suite: Suite,
        master: &Master,
        tag: usize,
        [key, authentication, salt]: [Label; 3],
    ) -> Result<Self, KeyError> {
        let salt = master.derive(salt);
        Ok(match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => Self::Counter(Box::new(Counter {
                aes: Aes128Enc::new(&(*master.derive::<16>(key)).into()),
                mac: HmacSha1::new(&master.derive(authentication)),
                salt,
                tag,
            })),
            Suite::AeadAes128Gcm => Self::Gcm(Box::new(Gcm::new(&*master.derive::<16>(key), &salt)?)),
            Suite::AeadAes256Gcm => Self::Gcm(Box::new(Gcm::new(&*master.derive::<32>(key), &salt)?)),
        })
    }

    /// Bytes that this adds to an RTP packet; an RTCP packet gets [`INDEX_BYTES`] more.
    pub fn tag_bytes(&self) -> usize {
        match self {
            Self::Counter(counter) => counter.tag,
            Self::Gcm(_) => GCM_TAG_BYTES,
        }
    }

    /// Encrypts `packet` from `body` on and puts its tag behind it; `packet` is longer by the tag.
    pub fn seal_rtp(&self, at: Position, packet: &mut [u8], body: usize) -> Result<(), ProtectError> {
        let (text, tag) = split_tag(packet, self.tag_bytes()).ok_or(ProtectError::Room)?;
        let (header, payload) = text.split_at_mut_checked(body).ok_or(ProtectError::Malformed)?;
        match self {
            Self::Counter(counter) => {
                counter.apply(at, payload);
                counter.mac.sign(text, roll_over(at), tag);
                Ok(())
            }
            Self::Gcm(gcm) => gcm.seal(at, header, payload, tag),
        }
    }

    /// Decrypts `packet` from `body` on if its tag is right; what is left is shorter by the tag.
    pub fn open_rtp(&self, at: Position, packet: &mut [u8], body: usize) -> Result<usize, UnprotectError> {
        let (text, tag) = split_tag(packet, self.tag_bytes()).ok_or(UnprotectError::Malformed)?;
        let length = text.len();
        if let Self::Counter(counter) = self {
            counter.verify(text, roll_over(at), tag)?;
        }
        let (header, payload) = text.split_at_mut_checked(body).ok_or(UnprotectError::Malformed)?;
        match self {
            Self::Counter(counter) => counter.apply(at, payload),
            Self::Gcm(gcm) => gcm.open(at, header, payload, tag)?,
        }
        Ok(length)
    }

    /// Encrypts an RTCP packet behind its header. `packet` is longer by tag and index.
    pub fn seal_rtcp(&self, at: Position, packet: &mut [u8]) -> Result<(), ProtectError> {
        let word = (ENCRYPTED | at.index as u32).to_be_bytes();
        let length = packet.len().checked_sub(self.tag_bytes() + INDEX_BYTES).ok_or(ProtectError::Room)?;
        let (text, trailer) = packet.split_at_mut_checked(length).ok_or(ProtectError::Room)?;
        let (header, body) = text.split_at_mut_checked(RTCP_HEADER_BYTES).ok_or(ProtectError::Malformed)?;
        match self {
            // RFC 3711 §3.4: text, index, tag.
            Self::Counter(counter) => {
                counter.apply(at, body);
                let (index, tag) = trailer.split_at_mut_checked(INDEX_BYTES).ok_or(ProtectError::Room)?;
                index.copy_from_slice(&word);
                counter.mac.sign(text, word, tag);
                Ok(())
            }
            // RFC 7714 §9.2: text, tag, index.
            Self::Gcm(gcm) => {
                let (tag, index) = trailer.split_at_mut_checked(GCM_TAG_BYTES).ok_or(ProtectError::Room)?;
                index.copy_from_slice(&word);
                gcm.seal(at, &clear_of_rtcp(header, word), body, tag)
            }
        }
    }

    /// The flag and the index that an RTCP packet carries, before anything about it is known to be true.
    pub fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let behind = match self {
            Self::Counter(counter) => counter.tag,
            Self::Gcm(_) => 0,
        };
        let (rest, _) = packet.split_at_checked(packet.len().checked_sub(behind)?)?;
        rest.last_chunk::<INDEX_BYTES>().map(|word| u32::from_be_bytes(*word))
    }

    /// Decrypts an RTCP packet if its tag is right. Its index is `at.index`, as [`Cipher::rtcp_word`] told.
    pub fn open_rtcp(&self, at: Position, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        const MALFORMED: UnprotectError = UnprotectError::Malformed;
        let word = (ENCRYPTED | at.index as u32).to_be_bytes();
        let length = packet.len().checked_sub(self.tag_bytes() + INDEX_BYTES).ok_or(MALFORMED)?;
        let (text, trailer) = packet.split_at_mut_checked(length).ok_or(MALFORMED)?;
        if let Self::Counter(counter) = self {
            let (_, tag) = trailer.split_at_checked(INDEX_BYTES).ok_or(MALFORMED)?;
            counter.verify(text, word, tag)?;
        }
        let (header, body) = text.split_at_mut_checked(RTCP_HEADER_BYTES).ok_or(MALFORMED)?;
        match self {
            Self::Counter(counter) => counter.apply(at, body),
            Self::Gcm(gcm) => {
                let (tag, _) = trailer.split_at_checked(GCM_TAG_BYTES).ok_or(MALFORMED)?;
                gcm.open(at, &clear_of_rtcp(header, word), body, tag)?;
            }
        }
        Ok(length)
    }
}

/// The flag of SRTCP that says that the packet is encrypted (RFC 3711 §3.4).
pub const ENCRYPTED: u32 = 0x8000_0000;

/// The roll-over counter, which RTP's tag covers without being sent (RFC 3711 §4.2).
fn roll_over(at: Position) -> [u8; 4] {
    ((at.index >> 16) as u32).to_be_bytes()
}

fn split_tag(packet: &mut [u8], bytes: usize) -> Option<(&mut [u8], &mut [u8])> {
    packet.split_at_mut_checked(packet.len().checked_sub(bytes)?)
}

/// AES-CM (RFC 3711 §4.1.1) and HMAC-SHA1 (§4.2).
pub struct Counter {
    aes: Aes128Enc,
    mac: HmacSha1,
    salt: Zeroizing<[u8; SALT_BYTES]>,
    tag: usize,
}

impl Counter {
    /// From session keys.
    #[cfg(test)]
    pub fn of(key: &[u8], salt: &[u8], authentication: &[u8; 20]) -> Self {
        let salt = Zeroizing::new(salt.try_into().unwrap());
        Self { aes: Aes128Enc::new_from_slice(key).unwrap(), mac: HmacSha1::new(authentication), salt, tag: 10 }
    }

    /// Encrypts or decrypts. A packet has fewer than 2^16 blocks, so the counter stays in its two bytes.
    pub fn apply(&self, at: Position, body: &mut [u8]) {
        let [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13] = *self.salt;
        let [a, b, c, d] = at.ssrc.to_be_bytes();
        let [_, _, i0, i1, i2, i3, i4, i5] = at.index.to_be_bytes();
        let first = [
            s0,
            s1,
            s2,
            s3,
            s4 ^ a,
            s5 ^ b,
            s6 ^ c,
            s7 ^ d,
            s8 ^ i0,
            s9 ^ i1,
            s10 ^ i2,
            s11 ^ i3,
            s12 ^ i4,
            s13 ^ i5,
            0,
            0,
        ];
        let stream = CtrCore::<_, Ctr128BE>::inner_iv_init(&self.aes, &first.into());
        stream.apply_keystream_partial(body.into());
    }

    fn verify(&self, text: &[u8], behind: [u8; 4], tag: &[u8]) -> Result<(), UnprotectError> {
        if self.mac.is_right(text, behind, tag) { Ok(()) } else { Err(UnprotectError::Authentication) }
    }
}

/// AES-GCM (RFC 7714), by `ring`: four times as fast as the pure Rust one, which matters because browsers choose it. It does not
/// wipe its key schedule; the salt and the master key are wiped as everything else.
pub struct Gcm {
    key: LessSafeKey,
    salt: Zeroizing<[u8; GCM_SALT_BYTES]>,
}

impl Gcm {
    /// From session keys.
    pub fn new(key: &[u8], salt: &[u8; SALT_BYTES]) -> Result<Self, KeyError> {
        let algorithm = if key.len() == AES_256_GCM.key_len() { &AES_256_GCM } else { &AES_128_GCM };
        let wrong = KeyError { wanted: algorithm.key_len(), given: key.len() };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).map_err(|_| wrong)?);
        let mut short = Zeroizing::new([0; GCM_SALT_BYTES]);
        short.iter_mut().zip(salt).for_each(|(to, from)| *to = *from);
        Ok(Self { key, salt: short })
    }

    /// RFC 7714 §8.1 and §9.1: of RTCP the two bytes above the index are zero, so both are the same.
    fn nonce(&self, at: Position) -> Nonce {
        let [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11] = *self.salt;
        let [a, b, c, d] = at.ssrc.to_be_bytes();
        let [_, _, i0, i1, i2, i3, i4, i5] = at.index.to_be_bytes();
        Nonce::assume_unique_for_key([
            s0,
            s1,
            s2 ^ a,
            s3 ^ b,
            s4 ^ c,
            s5 ^ d,
            s6 ^ i0,
            s7 ^ i1,
            s8 ^ i2,
            s9 ^ i3,
            s10 ^ i4,
            s11 ^ i5,
        ])
    }

    fn seal(&self, at: Position, clear: &[u8], body: &mut [u8], tag: &mut [u8]) -> Result<(), ProtectError> {
        let made = self.key.seal_in_place_separate_tag(self.nonce(at), Aad::from(clear), body);
        let made = made.map_err(|_| ProtectError::Malformed)?;
        tag.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(())
    }

    fn open(&self, at: Position, clear: &[u8], body: &mut [u8], tag: &[u8]) -> Result<(), UnprotectError> {
        let tag = Tag::try_from(tag).map_err(|_| UnprotectError::Malformed)?;
        let opened = self.key.open_in_place_separate_tag(self.nonce(at), Aad::from(clear), tag, body, 0..);
        opened.map(|_| ()).map_err(|_| UnprotectError::Authentication)
    }
}

/// What GCM authenticates of an RTCP packet without encrypting it (RFC 7714 §9.2): its header, and flag and index.
fn clear_of_rtcp(header: &[u8], word: [u8; 4]) -> [u8; RTCP_HEADER_BYTES + INDEX_BYTES] {
    let mut clear = [0; RTCP_HEADER_BYTES + INDEX_BYTES];
    clear.iter_mut().zip(header.iter().chain(&word)).for_each(|(to, from)| *to = *from);
    clear
}
