//! STUN messages: read without copying, written into a given buffer. RFC 8489.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};

/// Bytes of the header (RFC 8489 §5).
pub const HEADER_BYTES: usize = 20;
/// Attributes that we do not know and have to, of which one message tells: the rest is not looked at.
pub const UNKNOWN_MAX: usize = 4;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// The only method there is for us (RFC 8489 §18.2).
const BINDING: u16 = 1;
/// What FINGERPRINT's checksum is XORed with (RFC 8489 §14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554E;
const INTEGRITY_BYTES: usize = 20;

/// Numbers of attributes (RFC 8489 §18.3, RFC 8445 §20.1).
mod kind {
    pub const MAPPED_ADDRESS: u16 = 0x0001;
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
    pub const PASSWORD_ALGORITHM: u16 = 0x001D;
    pub const USERHASH: u16 = 0x001E;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const PRIORITY: u16 = 0x0024;
    pub const USE_CANDIDATE: u16 = 0x0025;
    pub const FINGERPRINT: u16 = 0x8028;
    pub const ICE_CONTROLLED: u16 = 0x8029;
    pub const ICE_CONTROLLING: u16 = 0x802A;
    /// From here on an attribute may be ignored by who does not know it.
    pub const OPTIONAL: u16 = 0x8000;
}

/// Whether a datagram on a media port is STUN: by its first byte (RFC 7983 §7) and by the magic cookie.
pub fn is_stun(datagram: &[u8]) -> bool {
    matches!(datagram, [0..=3, _, _, _, a, b, c, d, ..] if [*a, *b, *c, *d] == COOKIE) && datagram.len() >= HEADER_BYTES
}

/// Why a datagram is no STUN message. All variants are the peer's fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StunError {
    /// No header, or not the magic cookie: something else.
    NotStun,
    /// Attributes that do not fit, or a value of the wrong length.
    Malformed,
    /// Its FINGERPRINT is not its checksum.
    Fingerprint,
}

impl fmt::Display for StunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStun => "peer: no STUN message",
            Self::Malformed => "peer: STUN attributes do not fit the message",
            Self::Fingerprint => "peer: the STUN fingerprint is wrong",
        })
    }
}

impl std::error::Error for StunError {}

/// What a message is (RFC 8489 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// The answer to a request.
    Success,
    /// The refusal of a request.
    Error,
}

/// Which side says it decides (RFC 8445 §7.1.3), with its tie-breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// ICE-CONTROLLING.
    Controlling(u64),
    /// ICE-CONTROLLED.
    Controlled(u64),
}

/// A password, ready to sign with: keyed once, cloned for each message.
#[derive(Clone)]
pub struct Key(Hmac<Sha1>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// The key of short-term credentials (RFC 8489 §9.1.1). ICE's passwords are ASCII, so there is nothing to prepare.
    pub fn new(password: &str) -> Self {
        let mut block = hmac::digest::Key::<Hmac<Sha1>>::default();
        if password.len() <= block.len() {
            block.iter_mut().zip(password.bytes()).for_each(|(to, from)| *to = from);
        } else {
            block.iter_mut().zip(Sha1::digest(password)).for_each(|(to, from)| *to = from);
        }
        Self(<Hmac<Sha1> as hmac::KeyInit>::new(&block))
    }

    /// The hash over `before`, a message up to its MESSAGE-INTEGRITY, as if the message ended with that attribute
    /// (RFC 8489 §14.5).
    fn hash(&self, before: &[u8]) -> Hmac<Sha1> {
        let mut mac = self.0.clone();
        if let Some(([t0, t1, _, _], rest)) = before.split_first_chunk::<4>() {
            let length = before.len() + 4 + INTEGRITY_BYTES - HEADER_BYTES;
            let [l0, l1] = (length as u16).to_be_bytes();
            mac.update(&[*t0, *t1, l0, l1]);
            mac.update(rest);
        }
        mac
    }
}

/// A message. Of an attribute that comes twice the first counts, and of what follows MESSAGE-INTEGRITY only FINGERPRINT
/// (RFC 8489 §14).
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Request or answer.
    pub class: Class,
    /// 1 for Binding.
    pub method: u16,
    /// What request and answer have in common.
    pub transaction: [u8; 12],
    /// USERNAME.
    pub username: Option<&'a [u8]>,
    /// PRIORITY (RFC 8445 §7.1.1).
    pub priority: Option<u32>,
    /// USE-CANDIDATE (RFC 8445 §7.1.2).
    pub use_candidate: bool,
    /// ICE-CONTROLLING or ICE-CONTROLLED.
    pub role: Option<Role>,
    /// XOR-MAPPED-ADDRESS.
    pub mapped: Option<SocketAddr>,
    /// The number in ERROR-CODE.
    pub error: Option<u16>,
    /// Attributes that have to be understood and are not; 0 where there is none.
    pub unknown: [u16; UNKNOWN_MAX],
    /// Where MESSAGE-INTEGRITY begins, and its value.
    integrity: Option<(usize, &'a [u8])>,
    /// FINGERPRINT was there, and right.
    pub fingerprint: bool,
}

impl<'a> Message<'a> {
    /// Reads a datagram, which must be one message and nothing else.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, StunError> {
        let (header, rest) = datagram.split_first_chunk::<HEADER_BYTES>().ok_or(StunError::NotStun)?;
        let [t0, t1, l0, l1, c0, c1, c2, c3, transaction @ ..] = *header;
        if t0 > 3 || [c0, c1, c2, c3] != COOKIE {
            return Err(StunError::NotStun);
        }
        if usize::from(u16::from_be_bytes([l0, l1])) != rest.len() || !rest.len().is_multiple_of(4) {
            return Err(StunError::Malformed);
        }
        let (class, method) = class_and_method(u16::from_be_bytes([t0, t1]));
        let mut message = Self {
            bytes: datagram,
            class,
            method,
            transaction,
            username: None,
            priority: None,
            use_candidate: false,
            role: None,
            mapped: None,
            error: None,
            unknown: [0; UNKNOWN_MAX],
            integrity: None,
            fingerprint: false,
        };
        message.read(rest)?;
        Ok(message)
    }

    /// A Binding request.
    pub fn is_binding_request(&self) -> bool {
        self.class == Class::Request && self.method == BINDING
    }

    /// Whether it is signed with `key`; compared in constant time. False if it is not signed.
    pub fn is_signed_with(&self, key: &Key) -> bool {
        let Some((at, signature)) = self.integrity else { return false };
        self.bytes.get(..at).is_some_and(|before| key.hash(before).verify_slice(signature).is_ok())
    }

    fn read(&mut self, mut rest: &'a [u8]) -> Result<(), StunError> {
        while let Some((&[k0, k1, l0, l1], after)) = rest.split_first_chunk::<4>() {
            if self.fingerprint {
                return Err(StunError::Malformed);
            }
            let at = self.bytes.len() - rest.len();
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            let value = after.get(..length).ok_or(StunError::Malformed)?;
            rest = after.get(length.next_multiple_of(4)..).ok_or(StunError::Malformed)?;
            let kind = u16::from_be_bytes([k0, k1]);
            if kind == kind::FINGERPRINT {
                self.check_fingerprint(at, value)?;
            } else if self.integrity.is_none() {
                self.take(kind, at, value)?;
            }
        }
        Ok(())
    }

    fn check_fingerprint(&mut self, at: usize, value: &[u8]) -> Result<(), StunError> {
        let before = self.bytes.get(..at).ok_or(StunError::Malformed)?;
        let wanted = crc32(before) ^ FINGERPRINT_XOR;
        if number(value)? != wanted {
            return Err(StunError::Fingerprint);
        }
        self.fingerprint = true;
        Ok(())
    }

    fn take(&mut self, kind: u16, at: usize, value: &'a [u8]) -> Result<(), StunError> {
        match kind {
            kind::USERNAME => _ = self.username.get_or_insert(value),
            kind::PRIORITY => _ = self.priority.get_or_insert(number(value)?),
            kind::USE_CANDIDATE => self.use_candidate = true,
            kind::ICE_CONTROLLING => _ = self.role.get_or_insert(Role::Controlling(long_number(value)?)),
            kind::ICE_CONTROLLED => _ = self.role.get_or_insert(Role::Controlled(long_number(value)?)),
            kind::XOR_MAPPED_ADDRESS => _ = self.mapped.get_or_insert(address(value, &self.transaction)?),
            kind::ERROR_CODE => {
                let (&[_, _, hundreds, rest], _) = value.split_first_chunk().ok_or(StunError::Malformed)?;
                self.error.get_or_insert(u16::from(hundreds & 7) * 100 + u16::from(rest));
            }
            kind::MESSAGE_INTEGRITY if value.len() == INTEGRITY_BYTES => self.integrity = Some((at, value)),
            kind::MESSAGE_INTEGRITY => return Err(StunError::Malformed),
            // Known, and of no use to us.
            kind::MAPPED_ADDRESS
            | kind::UNKNOWN_ATTRIBUTES
            | kind::REALM
            | kind::NONCE
            | kind::MESSAGE_INTEGRITY_SHA256
            | kind::PASSWORD_ALGORITHM
            | kind::USERHASH
            | kind::OPTIONAL.. => {}
            unknown => {
                if let Some(free) = self.unknown.iter_mut().find(|place| **place == 0 || **place == unknown) {
                    *free = unknown;
                }
            }
        }
        Ok(())
    }
}

/// The two bits of the class lie among those of the method (RFC 8489 §5).
fn class_and_method(kind: u16) -> (Class, u16) {
    let class = match (kind & 0x0100 != 0, kind & 0x0010 != 0) {
        (false, false) => Class::Request,
        (false, true) => Class::Indication,
        (true, false) => Class::Success,
        (true, true) => Class::Error,
    };
    (class, kind & 0x000F | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2)
}

fn number(value: &[u8]) -> Result<u32, StunError> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| StunError::Malformed)
}

fn long_number(value: &[u8]) -> Result<u64, StunError> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| StunError::Malformed)
}

/// XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
fn address(value: &[u8], transaction: &[u8; 12]) -> Result<SocketAddr, StunError> {
    let (&[_, family, p0, p1], rest) = value.split_first_chunk::<4>().ok_or(StunError::Malformed)?;
    let port = u16::from_be_bytes([p0, p1]) ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    let ip: IpAddr = match family {
        1 => Ipv4Addr::from(xored::<4>(rest.try_into().map_err(|_| StunError::Malformed)?, transaction)).into(),
        2 => Ipv6Addr::from(xored::<16>(rest.try_into().map_err(|_| StunError::Malformed)?, transaction)).into(),
        _ => return Err(StunError::Malformed),
    };
    Ok(SocketAddr::new(ip, port))
}

fn xored<const N: usize>(mut bytes: [u8; N], transaction: &[u8; 12]) -> [u8; N] {
    bytes.iter_mut().zip(COOKIE.iter().chain(transaction)).for_each(|(byte, mask)| *byte ^= mask);
    bytes
}

/// A message being written into a buffer. If the buffer is too short, [`Writer::finish`] says so.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
    fits: bool,
    transaction: [u8; 12],
}

impl<'a> Writer<'a> {
    /// A Binding message of this class.
    pub fn new(out: &'a mut [u8], class: Class, transaction: [u8; 12]) -> Self {
        let bits: u16 = match class {
            Class::Request => 0,
            Class::Indication => 0x0010,
            Class::Success => 0x0100,
            Class::Error => 0x0110,
        };
        let mut writer = Self { out, length: 0, fits: true, transaction };
        writer.put(&(bits | BINDING).to_be_bytes());
        writer.put(&[0, 0]);
        writer.put(&COOKIE);
        writer.put(&transaction);
        writer
    }

    /// USERNAME.
    #[must_use]
    pub fn username(self, username: &[u8]) -> Self {
        self.attribute(kind::USERNAME, username)
    }

    /// PRIORITY.
    #[must_use]
    pub fn priority(self, priority: u32) -> Self {
        self.attribute(kind::PRIORITY, &priority.to_be_bytes())
    }

    /// USE-CANDIDATE.
    #[must_use]
    pub fn use_candidate(self) -> Self {
        self.attribute(kind::USE_CANDIDATE, &[])
    }

    /// ICE-CONTROLLING or ICE-CONTROLLED.
    #[must_use]
    pub fn role(self, role: Role) -> Self {
        match role {
            Role::Controlling(tie) => self.attribute(kind::ICE_CONTROLLING, &tie.to_be_bytes()),
            Role::Controlled(tie) => self.attribute(kind::ICE_CONTROLLED, &tie.to_be_bytes()),
        }
    }

    /// XOR-MAPPED-ADDRESS.
    #[must_use]
    pub fn mapped(self, address: SocketAddr) -> Self {
        let [p0, p1] = (address.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]])).to_be_bytes();
        match address.ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = xored(ip.octets(), &self.transaction);
                self.attribute(kind::XOR_MAPPED_ADDRESS, &[0, 1, p0, p1, a, b, c, d])
            }
            IpAddr::V6(ip) => {
                let mut value = [0; 20];
                let octets = xored(ip.octets(), &self.transaction);
                value.iter_mut().zip([0, 2, p0, p1].into_iter().chain(octets)).for_each(|(to, from)| *to = from);
                self.attribute(kind::XOR_MAPPED_ADDRESS, &value)
            }
        }
    }

    /// ERROR-CODE, without a phrase: nobody reads it, and an answer should be short.
    #[must_use]
    pub fn error(self, code: u16) -> Self {
        self.attribute(kind::ERROR_CODE, &[0, 0, (code / 100) as u8, (code % 100) as u8])
    }

    /// UNKNOWN-ATTRIBUTES (RFC 8489 §14.13): those that are not 0.
    #[must_use]
    pub fn unknown(self, kinds: &[u16; UNKNOWN_MAX]) -> Self {
        let mut value = [0; 2 * UNKNOWN_MAX];
        let present = kinds.iter().filter(|kind| **kind != 0);
        let bytes = present.clone().flat_map(|kind| kind.to_be_bytes());
        value.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let length = 2 * present.count();
        self.attribute(kind::UNKNOWN_ATTRIBUTES, value.get(..length).unwrap_or_default())
    }

    /// Any attribute, padded with zeros.
    #[must_use]
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.put(&kind.to_be_bytes());
        self.put(&(value.len() as u16).to_be_bytes());
        self.put(value);
        let padding = value.len().next_multiple_of(4) - value.len();
        self.put([0; 3].get(..padding).unwrap_or_default());
        self
    }

    /// MESSAGE-INTEGRITY over what was written so far.
    #[must_use]
    pub fn integrity(self, key: &Key) -> Self {
        let signature = key.hash(self.written()).finalize().into_bytes();
        self.attribute(kind::MESSAGE_INTEGRITY, &signature)
    }

    /// FINGERPRINT over what was written so far. It must be the last.
    #[must_use]
    pub fn fingerprint(mut self) -> Self {
        self.set_length(8);
        let checksum = crc32(self.written()) ^ FINGERPRINT_XOR;
        self.attribute(kind::FINGERPRINT, &checksum.to_be_bytes())
    }

    /// The length of the message; `None` if the buffer is too short for it.
    pub fn finish(mut self) -> Option<usize> {
        self.set_length(0);
        self.fits.then_some(self.length)
    }

    fn written(&self) -> &[u8] {
        self.out.get(..self.length).unwrap_or_default()
    }

    /// The header's length, as if `more` bytes followed.
    fn set_length(&mut self, more: usize) {
        let length = (self.length + more).saturating_sub(HEADER_BYTES) as u16;
        if let Some(place) = self.out.get_mut(2..4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        match self.out.get_mut(self.length..self.length + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.fits = false,
        }
    }
}

/// The checksum of FINGERPRINT: CRC-32 as in Ethernet (RFC 8489 §14.7).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let [low, ..] = (crc ^ u32::from(*byte)).to_le_bytes();
        crc >> 8 ^ CRC32.get(usize::from(low)).copied().unwrap_or_default()
    };
    !bytes.iter().fold(!0, step)
}

#[allow(clippy::indexing_slicing, reason = "a constant: what is out of bounds does not compile")]
const CRC32: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};
