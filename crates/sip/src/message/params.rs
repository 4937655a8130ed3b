//! `;name=value` after a Via, an address or a URI.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::scan::{self, Charset};

/// The parameters of a header's value: raw, looked through when asked. Names are compared without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    raw: Bytes,
}

impl Params {
    /// Takes what stands after the address: empty, or beginning with `;`. `None` if a quote stays open or something
    /// else stands before the first `;`.
    pub fn parse(raw: Bytes) -> Option<Self> {
        let raw = scan::share(&raw, scan::trim(&raw, 0..raw.len()));
        if raw.first().is_some_and(|&byte| byte != b';') || !quotes_close(&raw) {
            return None;
        }
        Some(Self { raw })
    }

    /// The bytes as they came, beginning with `;` unless empty.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Every parameter in its order; a parameter without `=` has no value. Values are raw: quotes and escapes stand.
    pub fn iter(&self) -> ParamsIter<'_> {
        ParamsIter { raw: &self.raw, at: 0, charset: None }
    }

    /// The first parameter of this name: `Some(None)` if it stands there without a value.
    pub fn get(&self, name: &str) -> Option<Option<&[u8]>> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// True if the parameter stands there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of a parameter, unquoted, as text. A parameter without a value gives the empty text.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = self.get(name)?.unwrap_or_default();
        let [b'"', inside @ .., b'"'] = raw else { return Some(scan::to_text(raw)) };
        Some(match scan::unescape_quoted(inside, Charset::of(inside)) {
            Cow::Borrowed(plain) => scan::to_text(plain),
            Cow::Owned(plain) => Cow::Owned(scan::to_text(&plain).into_owned()),
        })
    }
}

fn quotes_close(raw: &[u8]) -> bool {
    if memchr::memchr(b'"', raw).is_none() {
        return true;
    }
    let charset = Charset::of(raw);
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', raw.get(at..).unwrap_or_default()) {
        match scan::closing_quote(raw, at + open, charset) {
            Some(close) => at = close + 1,
            None => return false,
        }
    }
    true
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({:?})", String::from_utf8_lossy(&self.raw))
    }
}

/// See [`Params::iter`].
pub struct ParamsIter<'a> {
    raw: &'a [u8],
    at: usize,
    charset: Option<Charset>,
}

impl<'a> Iterator for ParamsIter<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.raw.len() {
            let start = self.at;
            let end = scan::find_unquoted(self.raw, start, b';', &mut self.charset).unwrap_or(self.raw.len());
            self.at = end + 1;
            let piece = scan::trimmed(scan::part(self.raw, start..end));
            if piece.is_empty() {
                continue;
            }
            return Some(match memchr::memchr(b'=', piece) {
                None => (piece, None),
                Some(equals) => (
                    scan::trimmed(scan::part(piece, 0..equals)),
                    Some(scan::trimmed(scan::part(piece, equals + 1..piece.len()))),
                ),
            });
        }
        None
    }
}
