//! Headers that hold lists of tokens, and media types.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::HeaderError;
use crate::message::{Message, Method, Name, Params, scan};

/// A media type: Content-Type, or one of Accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// `application`
    pub kind: String,
    /// `sdp`
    pub subtype: String,
    /// `boundary=...`
    pub params: Params,
}

impl MediaType {
    /// Reads one value. `None` when it is malformed.
    pub fn parse(value: Bytes) -> Option<Self> {
        let semicolon = memchr::memchr(b';', &value).unwrap_or(value.len());
        let essence = scan::part(&value, 0..semicolon);
        let slash = memchr::memchr(b'/', essence)?;
        let token = |range| {
            let token = scan::trimmed(scan::part(essence, range));
            std::str::from_utf8(token).ok().filter(|token| scan::is_token(token.as_bytes())).map(str::to_owned)
        };
        Some(Self {
            kind: token(0..slash)?,
            subtype: token(slash + 1..essence.len())?,
            params: Params::parse(scan::share(&value, semicolon..value.len()))?,
        })
    }

    /// True if this is `kind/subtype`, whatever its case and parameters.
    pub fn is(&self, essence: &str) -> bool {
        essence.split_once('/').is_some_and(|(kind, subtype)| {
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }

    /// True if this range of Accept takes `kind/subtype`.
    pub fn covers(&self, essence: &str) -> bool {
        let kind = essence.split_once('/').map_or(essence, |(kind, _)| kind);
        self.is(essence) || self.is("*/*") || (self.subtype == "*" && self.kind.eq_ignore_ascii_case(kind))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype)
    }
}

impl Message {
    /// Content-Type, if there.
    pub fn content_type(&self) -> Result<Option<MediaType>, HeaderError> {
        let Some(header) = self.spans(Name::ContentType).next() else { return Ok(None) };
        let media = MediaType::parse(self.shared_value(header));
        media.map(Some).ok_or(HeaderError::malformed(Name::ContentType))
    }

    /// True if Supported lists this option tag.
    pub fn supports(&self, tag: &str) -> bool {
        self.lists(Name::Supported, tag)
    }

    /// True if Require lists this option tag.
    pub fn requires(&self, tag: &str) -> bool {
        self.lists(Name::Require, tag)
    }

    /// The option tags of Require that are not in `ours`: what a 420 puts into Unsupported (RFC 3261 section 8.2.2.3).
    pub fn unsupported(&self, ours: &[&str]) -> Vec<String> {
        let is_ours = |tag: &[u8]| ours.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(tag));
        let foreign = self.values(Name::Require).filter(|tag| !is_ours(tag));
        foreign.map(|tag| String::from_utf8_lossy(&tag).into_owned()).collect()
    }

    /// What Allow says of a method; `None` when there is no Allow.
    pub fn allows(&self, method: &Method) -> Option<bool> {
        self.has(Name::Allow).then(|| self.values(Name::Allow).any(|value| *value == *method.as_str().as_bytes()))
    }

    /// True if the sender takes bodies of this type in the answer. Without Accept that is SDP alone (RFC 3261 section
    /// 20.1).
    pub fn accepts(&self, essence: &str) -> bool {
        if !self.has(Name::Accept) {
            return essence.eq_ignore_ascii_case("application/sdp");
        }
        self.shared_values(Name::Accept).filter_map(MediaType::parse).any(|range| range.covers(essence))
    }

    /// True if Privacy asks for this (`id`, `header`, `session`, `user`, `critical`): RFC 3323, RFC 3325.
    pub fn asks_privacy(&self, what: &str) -> bool {
        let is_it = |value: Cow<'_, [u8]>| {
            value.split(|&byte| byte == b';').any(|one| scan::trimmed(one).eq_ignore_ascii_case(what.as_bytes()))
        };
        self.values(Name::Privacy).any(is_it)
    }

    /// True if a header that is a list of tokens holds this one, in any case.
    pub fn lists(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }
}
