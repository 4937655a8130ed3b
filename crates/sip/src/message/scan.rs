//! The few byte scanners that every view uses. Each looks at a byte a fixed number of times, whatever the sender wrote.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

/// A half-open stretch of the bytes it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end`; messages are bounded far below `u32::MAX`.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes of this span; empty when it does not lie in `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }
}

/// `bytes[range]` without a panic: out of range is empty.
pub(super) fn part(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// `part` that shares instead of borrowing. `piece` must lie in `whole`.
pub(super) fn share(whole: &Bytes, range: Range<usize>) -> Bytes {
    if range.start <= range.end && range.end <= whole.len() { whole.slice(range) } else { Bytes::new() }
}

/// Linear white space and line ends.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// `range` of `bytes` without the white space around it.
pub(super) fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = part(bytes, range.clone());
    let Some(first) = inside.iter().position(|&byte| !is_space(byte)) else { return range.start..range.start };
    let last = inside.iter().rposition(|&byte| !is_space(byte)).unwrap_or(first);
    range.start + first..range.start + last + 1
}

/// `bytes` without the white space around them.
pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    part(bytes, trim(bytes, 0..bytes.len()))
}

/// Header folding undone (RFC 3261 section 7.3.1): a line end and the white space after it become one space. Borrows
/// when nothing is folded.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut in_fold = false;
    for &byte in value {
        match byte {
            b'\r' | b'\n' => {
                while matches!(plain.last(), Some(b' ' | b'\t')) {
                    plain.pop();
                }
                in_fold = true;
            }
            b' ' | b'\t' if in_fold => {}
            _ => {
                if std::mem::take(&mut in_fold) {
                    plain.push(b' ');
                }
                plain.push(byte);
            }
        }
    }
    Cow::Owned(plain)
}

/// RFC 3261 section 25.1, `token`.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// A decimal number, or `None` if empty, not digits, or too great for `u64`. Leading zeros are allowed.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// A decimal number of any length, at most `u32::MAX` (RFC 3261 section 20.19: too great is the greatest).
pub(super) fn number_capped(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(number(bytes).and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX))
}

/// How the bytes between double quotes are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8, as RFC 3261 says: a backslash always escapes.
    Utf8,
    /// Shift_JIS, as some Japanese gateways send: the second byte of 「ソ」 is a backslash, and escapes nothing.
    ShiftJis,
}

impl Charset {
    pub fn of(bytes: &[u8]) -> Self {
        if std::str::from_utf8(bytes).is_ok() { Self::Utf8 } else { Self::ShiftJis }
    }

    /// How many bytes to step over for the character or escape that begins with `byte`.
    fn step(self, byte: u8) -> usize {
        let is_lead = matches!(byte, 0x81..=0x9F | 0xE0..=0xFC);
        if byte == b'\\' || (self == Self::ShiftJis && is_lead) { 2 } else { 1 }
    }
}

/// Where the quoted string ends that begins at `open`: the index of the closing quote.
pub(super) fn closing_quote(bytes: &[u8], open: usize, charset: Charset) -> Option<usize> {
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' {
            return Some(at);
        }
        at += charset.step(byte);
    }
    None
}

/// The inside of a quoted string with its escapes undone. Borrows when there are none.
pub(super) fn unescape_quoted(inside: &[u8], charset: Charset) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut plain = Vec::with_capacity(inside.len());
    let mut at = 0;
    while let Some(&byte) = inside.get(at) {
        let step = charset.step(byte);
        let kept = if byte == b'\\' && at + 1 < inside.len() { at + 1 } else { at };
        plain.extend_from_slice(part(inside, kept..(at + step).min(inside.len())));
        at += step;
    }
    Cow::Owned(plain)
}

/// `%41` becomes `A`; a percent sign that no two hex digits follow stays. Borrows when there is none.
pub(super) fn unescape_percent(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                plain.push(hex_digit(*high) << 4 | hex_digit(*low));
                after
            }
            _ => {
                plain.push(*first);
                tail
            }
        };
    }
    Cow::Owned(plain)
}

fn hex_digit(byte: u8) -> u8 {
    (byte as char).to_digit(16).map_or(0, |digit| digit as u8)
}

/// Finds `separator` from `from` on, outside double quotes. An open quote hides the rest. `charset` is found out at the
/// first quote, and kept for the next call.
pub(super) fn find_unquoted(bytes: &[u8], from: usize, separator: u8, charset: &mut Option<Charset>) -> Option<usize> {
    let mut at = from;
    loop {
        let next = at + memchr::memchr2(separator, b'"', bytes.get(at..)?)?;
        if bytes.get(next) == Some(&separator) {
            return Some(next);
        }
        let charset = *charset.get_or_insert_with(|| Charset::of(bytes));
        at = closing_quote(bytes, next, charset)? + 1;
    }
}

/// Splits a header's value at its commas, outside double quotes and angle brackets; empty pieces are left out. What an
/// open quote or bracket hides belongs to the last piece.
pub(super) struct Commas<'a> {
    value: &'a [u8],
    at: usize,
    charset: Option<Charset>,
}

impl<'a> Commas<'a> {
    pub fn new(value: &'a [u8]) -> Self {
        Self { value, at: 0, charset: None }
    }

    fn piece_end(&mut self) -> usize {
        let value = self.value;
        let mut at = self.at;
        while let Some(found) = memchr::memchr3(b',', b'"', b'<', value.get(at..).unwrap_or_default()) {
            let found = at + found;
            let close = match value.get(found) {
                Some(b',') => return found,
                Some(b'<') => memchr::memchr(b'>', part(value, found..value.len())).map(|length| found + length),
                Some(_) | None => {
                    let charset = *self.charset.get_or_insert_with(|| Charset::of(value));
                    closing_quote(value, found, charset)
                }
            };
            let Some(close) = close else { break };
            at = close + 1;
        }
        value.len()
    }
}

impl Iterator for Commas<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while self.at < self.value.len() {
            let end = self.piece_end();
            let piece = trim(self.value, self.at..end);
            self.at = end + 1;
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }
}

/// Bytes as text: UTF-8, else Shift_JIS; what is neither becomes U+FFFD. For people's eyes only.
pub(super) fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0,
    }
}
