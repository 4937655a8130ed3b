//! Headers that hold a number, and session timers (RFC 4028).

use bytes::Bytes;

use super::HeaderError;
use crate::message::{Message, Name, Params, scan};

/// Session-Expires (RFC 4028 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The session interval.
    pub seconds: u32,
    /// Who refreshes, if said.
    pub refresher: Option<Refresher>,
}

/// Who refreshes a session, seen from the transaction that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The sender of the request.
    Uac,
    /// Its receiver.
    Uas,
}

impl Refresher {
    /// The parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

impl std::fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.seconds)?;
        self.refresher.map_or(Ok(()), |refresher| write!(f, ";refresher={}", refresher.as_str()))
    }
}

impl Message {
    /// Max-Forwards. More than 255, which the RFC forbids, is given as it is.
    pub fn max_forwards(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::MaxForwards)
    }

    /// Expires, in seconds; too great a number is `u32::MAX` (RFC 3261 section 20.19).
    pub fn expires(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::Expires)
    }

    /// Min-Expires, in seconds.
    pub fn min_expires(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::MinExpires)
    }

    /// Min-SE, in seconds (RFC 4028 section 5).
    pub fn min_se(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::MinSe)
    }

    /// Retry-After, in seconds; its comment and parameters are left out.
    pub fn retry_after(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::RetryAfter)
    }

    /// RSeq (RFC 3262 section 7.1).
    pub fn rseq(&self) -> Result<Option<u32>, HeaderError> {
        self.count(Name::RSeq)
    }

    /// Session-Expires.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, HeaderError> {
        let Some(seconds) = self.count(Name::SessionExpires)? else { return Ok(None) };
        let value = self.header(Name::SessionExpires).unwrap_or_default();
        let semicolon = memchr::memchr(b';', &value).unwrap_or(value.len());
        let params = Params::parse(Bytes::copy_from_slice(scan::part(&value, semicolon..value.len())))
            .ok_or(HeaderError::malformed(Name::SessionExpires))?;
        let refresher = params.get("refresher").flatten().and_then(|role| {
            [Refresher::Uac, Refresher::Uas].into_iter().find(|one| one.as_str().as_bytes().eq_ignore_ascii_case(role))
        });
        Ok(Some(SessionExpires { seconds, refresher }))
    }

    /// The digits that a header begins with, before any `;`, `(` or white space.
    fn count(&self, name: Name) -> Result<Option<u32>, HeaderError> {
        let Some(header) = self.spans(name).next() else { return Ok(None) };
        let value = header.value.of(self.bytes());
        let is_end = |&byte: &u8| scan::is_space(byte) || matches!(byte, b';' | b'(');
        let end = value.iter().position(is_end).unwrap_or(value.len());
        let digits = scan::part(value, 0..end);
        scan::number_capped(digits).map(Some).ok_or(HeaderError::malformed(name))
    }
}
