//! `"Display name" <uri>;params`: From, To, Contact, Route and their kin (RFC 3261 section 20.10).

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::params::Params;
use super::scan::{self, Charset};
use super::uri::Uri;

/// An address with its display name and the parameters of the header.
#[derive(Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name, unquoted, in the sender's character set; `None` when there is none or an empty one.
    pub display: Option<Bytes>,
    /// The address.
    pub uri: Uri,
    /// The parameters after the address: `tag`, `expires`, `q`, `+sip.instance` ...
    pub params: Params,
}

impl NameAddr {
    /// Reads one value, unfolded. Shares `value`, copying only a display name that has escapes. `None` when it is
    /// malformed, which is the sender's fault.
    pub fn parse(value: Bytes) -> Option<Self> {
        let value = scan::share(&value, scan::trim(&value, 0..value.len()));
        let (display, address) = if value.first() == Some(&b'"') {
            let charset = Charset::of(&value);
            let close = scan::closing_quote(&value, 0, charset)?;
            let inside = scan::share(&value, 1..close);
            let plain = match scan::unescape_quoted(&inside, charset) {
                Cow::Borrowed(_) => None,
                Cow::Owned(plain) => Some(Bytes::from(plain)),
            };
            let rest = scan::trim(&value, close + 1..value.len());
            if value.get(rest.start) != Some(&b'<') {
                return None;
            }
            (plain.unwrap_or(inside), rest.start)
        } else {
            let Some(open) = memchr::memchr(b'<', &value) else { return Self::bare(&value) };
            let name = scan::trim(&value, 0..open);
            if scan::part(&value, name.clone()).iter().any(|byte| b",;\">".contains(byte)) {
                return None;
            }
            (scan::share(&value, name), open)
        };
        let close = address + memchr::memchr(b'>', scan::part(&value, address..value.len()))?;
        let uri = Uri::from_bytes(scan::share(&value, scan::trim(&value, address + 1..close))).ok()?;
        let params = Params::parse(scan::share(&value, close + 1..value.len()))?;
        Some(Self { display: Some(display).filter(|name| !name.is_empty()), uri, params })
    }

    /// An address without brackets: parameters are the header's, and neither `?` nor `,` may stand in it (RFC 3261
    /// section 20).
    fn bare(value: &Bytes) -> Option<Self> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let address = scan::trim(value, 0..end);
        if memchr::memchr2(b'?', b',', scan::part(value, address.clone())).is_some() {
            return None;
        }
        let uri = Uri::from_bytes(scan::share(value, address)).ok()?;
        Some(Self { display: None, uri, params: Params::parse(scan::share(value, end..value.len()))? })
    }

    /// The dialog's tag.
    pub fn tag(&self) -> Option<&str> {
        std::str::from_utf8(self.params.get("tag")??).ok().filter(|tag| !tag.is_empty())
    }

    /// A parameter's value, unquoted; the empty text for one without a value.
    pub fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params.text(name)
    }

    /// The display name for people's eyes: UTF-8, else Shift_JIS, and what is neither as U+FFFD; control characters
    /// left out.
    pub fn display_text(&self) -> Option<String> {
        let text = scan::to_text(self.display.as_ref()?);
        Some(text.chars().filter(|c| !c.is_control()).collect())
    }
}

impl fmt::Debug for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameAddr({:?} <{}>{:?})", self.display_text(), self.uri, self.params)
    }
}

/// `"display"` as a quoted string: quotes and backslashes escaped, control characters left out.
pub fn quote(display: &str) -> String {
    let mut quoted = String::with_capacity(display.len() + 2);
    quoted.push('"');
    for c in display.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}
