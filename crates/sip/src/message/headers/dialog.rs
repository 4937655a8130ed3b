//! Headers that order and join dialogs: CSeq, RAck, Replaces, Reason.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::HeaderError;
use crate::message::{Message, Method, Name, Params, scan};

/// CSeq (RFC 3261 section 20.16).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method, which is the request's.
    pub method: Method,
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// RAck (RFC 3262 section 7.2): which reliable provisional response a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The response's RSeq.
    pub rseq: u32,
    /// The response's CSeq.
    pub cseq: CSeq,
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}

/// Replaces (RFC 3891): the dialog that an INVITE takes the place of, as its receiver sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The dialog's Call-ID.
    pub call_id: String,
    /// The receiver's own tag.
    pub to_tag: String,
    /// The other side's tag.
    pub from_tag: String,
    /// Only if the dialog is still early.
    pub early_only: bool,
}

impl Replaces {
    /// Reads the header's value, as it stands in an INVITE, or unescaped out of a Refer-To URI.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = scan::trimmed(value);
        let semicolon = memchr::memchr(b';', value)?;
        let call_id = scan::trimmed(scan::part(value, 0..semicolon));
        if call_id.is_empty() || call_id.iter().any(|&byte| byte <= b' ' || byte == 0x7F) {
            return None;
        }
        let params = Params::parse(Bytes::copy_from_slice(scan::part(value, semicolon..value.len())))?;
        let tag = |name| Some(std::str::from_utf8(params.get(name)??).ok().filter(|tag| !tag.is_empty())?.to_owned());
        Some(Self {
            call_id: std::str::from_utf8(call_id).ok()?.to_owned(),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only: params.has("early-only"),
        })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};to-tag={};from-tag={}", self.call_id, self.to_tag, self.from_tag)?;
        f.write_str(if self.early_only { ";early-only" } else { "" })
    }
}

/// One value of Reason (RFC 3326): why a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP`, `Q.850` ...
    pub protocol: String,
    /// The cause in that protocol.
    pub cause: Option<u32>,
    /// Words for people.
    pub text: Option<String>,
}

impl Message {
    /// CSeq. A number that does not fit 32 bits is malformed (RFC 3261 section 8.1.1.5).
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        let value = self.header(Name::CSeq).ok_or(HeaderError::missing(Name::CSeq))?;
        let mut words = words(&value);
        read_cseq(&mut words).filter(|_| words.next().is_none()).ok_or(HeaderError::malformed(Name::CSeq))
    }

    /// RAck, which a PRACK must have.
    pub fn rack(&self) -> Result<RAck, HeaderError> {
        let value = self.header(Name::RAck).ok_or(HeaderError::missing(Name::RAck))?;
        let mut words = words(&value);
        let mut read = || Some(RAck { rseq: read_u32(words.next()?)?, cseq: read_cseq(&mut words)? });
        read().ok_or(HeaderError::malformed(Name::RAck))
    }

    /// Replaces, if there.
    pub fn replaces(&self) -> Result<Option<Replaces>, HeaderError> {
        let Some(value) = self.header(Name::Replaces) else { return Ok(None) };
        Replaces::parse(&value).map(Some).ok_or(HeaderError::malformed(Name::Replaces))
    }

    /// Every Reason that can be read; the header is only advice, so the others are left out.
    pub fn reasons(&self) -> Vec<Reason> {
        self.values(Name::Reason).filter_map(|value| read_reason(&value)).collect()
    }
}

fn read_reason(value: &[u8]) -> Option<Reason> {
    let semicolon = memchr::memchr(b';', value).unwrap_or(value.len());
    let protocol = std::str::from_utf8(scan::trimmed(scan::part(value, 0..semicolon))).ok()?.to_owned();
    let params = Params::parse(Bytes::copy_from_slice(scan::part(value, semicolon..value.len())))?;
    let cause = params.get("cause").flatten().and_then(read_u32);
    Some(Reason { protocol, cause, text: params.text("text").map(Cow::into_owned) })
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| scan::is_space(byte)).filter(|word| !word.is_empty())
}

fn read_cseq<'a>(words: &mut impl Iterator<Item = &'a [u8]>) -> Option<CSeq> {
    Some(CSeq { number: read_u32(words.next()?)?, method: Method::from_bytes(words.next()?)? })
}

fn read_u32(digits: &[u8]) -> Option<u32> {
    u32::try_from(scan::number(digits)?).ok()
}
