//! One datagram or frame into an index of spans. Linear, and nothing but the index is allocated.
//!
//! The parser refuses only what cannot be answered at all. Everything else is kept, with its [`Flaws`] noted, so that
//! [`super::Message::validate`] can say 400 and the answer can still copy the headers that did come.

use bytes::Bytes;
use smallvec::SmallVec;

use super::method::Method;
use super::name::Name;
use super::scan::{self, Span};
use crate::framing::{HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX};

/// Why bytes are no SIP message, and not worth an answer. The sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but line ends, spaces or NULs: a keep-alive of a NAT (RFC 5626 section 3.5.1).
    KeepAlive,
    /// More than [`MESSAGE_BYTES_MAX`].
    TooLong {
        /// How many came.
        bytes: usize,
    },
    /// The first line is neither a request's nor a response's.
    StartLine,
    /// A response whose status is not three digits from 100 to 699.
    Status,
}

/// What is wrong with a message that can still be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flaws {
    /// The request line is not exactly `method SP uri SP version`.
    pub request_line: bool,
    /// The version is not SIP/2.0.
    pub version: bool,
    /// A header line without a colon, or whose name is no token.
    pub header_line: bool,
    /// No empty line ends the headers.
    pub unended: bool,
    /// A header longer than [`LINE_BYTES_MAX`].
    pub long_line: bool,
    /// More headers than [`HEADERS_MAX`]; those beyond are not in the index.
    pub many_headers: bool,
    /// Content-Length is no number, or two of them differ.
    pub content_length: bool,
    /// Content-Length promises more than came.
    pub short_body: bool,
}

/// One header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeaderSpan {
    pub name: Name,
    /// The name as it is spelled, without the white space before the colon.
    pub spelled: Span,
    /// The value without the white space around it; may hold folds.
    pub value: Span,
    /// True if the header goes over more than one line.
    pub folded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StartLine {
    Request { method: Method, uri: Span },
    Response { status: u16, reason: Span },
}

/// What a response begins with.
const STATUS_VERSION: &[u8] = b"SIP/2.0 ";

/// How many headers fit into the index without a second allocation; a carrier's INVITE has about twenty.
const HEADERS_INLINE: usize = 24;

pub(super) type Headers = SmallVec<[HeaderSpan; HEADERS_INLINE]>;

/// Everything that parsing finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Index {
    pub start: StartLine,
    /// Where the first header line begins.
    pub headers_start: u32,
    pub headers: Headers,
    /// Where the headers end and the empty line begins.
    pub headers_end: u32,
    pub body: Span,
    pub flaws: Flaws,
}

pub(super) fn index(bytes: &Bytes) -> Result<Index, ParseError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ParseError::TooLong { bytes: bytes.len() });
    }
    index_any_length(bytes)
}

/// As [`index`], for what we wrote ourselves.
pub(super) fn index_any_length(bytes: &Bytes) -> Result<Index, ParseError> {
    let is_idle = |byte: &u8| scan::is_space(*byte) || *byte == 0;
    let start = bytes.iter().position(|byte| !is_idle(byte)).ok_or(ParseError::KeepAlive)?;
    let line_end = memchr::memchr(b'\n', scan::part(bytes, start..bytes.len())).ok_or(ParseError::StartLine)?;
    let headers_start = start + line_end + 1;
    let mut flaws = Flaws::default();
    let start_line = read_start_line(bytes, start, start + line_end, &mut flaws)?;
    let mut lines = Lines { bytes, at: headers_start };
    let headers = read_headers(bytes, &mut lines, &mut flaws);
    let headers_end = lines.at;
    let body_start = match scan::part(bytes, headers_end..bytes.len()) {
        [b'\r', b'\n', ..] => headers_end + 2,
        [b'\n', ..] => headers_end + 1,
        _ => {
            flaws.unended = true;
            bytes.len()
        }
    };
    let body_end = read_body_end(bytes, &headers, body_start, &mut flaws);
    Ok(Index {
        start: start_line,
        headers_start: Span::new(headers_start, headers_start).start,
        headers,
        headers_end: Span::new(headers_end, headers_end).start,
        body: Span::new(body_start, body_end),
        flaws,
    })
}

fn read_start_line(bytes: &[u8], start: usize, end: usize, flaws: &mut Flaws) -> Result<StartLine, ParseError> {
    let line = scan::part(bytes, start..end);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if let Some((version, rest)) = line.split_at_checked(STATUS_VERSION.len())
        && version.eq_ignore_ascii_case(STATUS_VERSION)
    {
        return read_status_line(rest, start + version.len());
    }
    let method_length = memchr::memchr(b' ', line).ok_or(ParseError::StartLine)?;
    let method = Method::from_bytes(scan::part(line, 0..method_length)).ok_or(ParseError::StartLine)?;
    let solid = line.trim_ascii_end();
    let uri_end = memchr::memrchr(b' ', solid).filter(|&at| at > method_length).ok_or(ParseError::StartLine)?;
    let version = scan::part(solid, uri_end + 1..solid.len());
    if !version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/")) {
        return Err(ParseError::StartLine);
    }
    let uri = scan::part(line, method_length + 1..uri_end);
    flaws.version = !version.eq_ignore_ascii_case(b"SIP/2.0");
    flaws.request_line = solid.len() != line.len() || uri.is_empty() || uri.iter().any(|&byte| scan::is_space(byte));
    Ok(StartLine::Request { method, uri: Span::new(start + method_length + 1, start + uri_end) })
}

fn read_status_line(rest: &[u8], start: usize) -> Result<StartLine, ParseError> {
    let [hundreds @ b'1'..=b'6', tens @ b'0'..=b'9', ones @ b'0'..=b'9', after @ ..] = rest else {
        return Err(ParseError::Status);
    };
    if !matches!(after.first(), None | Some(b' ')) {
        return Err(ParseError::Status);
    }
    let digit = |byte: u8| u16::from(byte - b'0');
    let status = digit(*hundreds) * 100 + digit(*tens) * 10 + digit(*ones);
    let reason = Span::new(start + (4).min(rest.len()), start + rest.len());
    Ok(StartLine::Response { status, reason })
}

fn read_headers(bytes: &[u8], lines: &mut Lines<'_>, flaws: &mut Flaws) -> Headers {
    let mut headers = Headers::new();
    while let Some((start, end, folded)) = lines.next_header() {
        if end - start > LINE_BYTES_MAX {
            flaws.long_line = true;
        }
        if headers.len() == HEADERS_MAX {
            flaws.many_headers = true;
            continue;
        }
        match read_header(bytes, start, end, folded) {
            Some(header) => headers.push(header),
            None => flaws.header_line = true,
        }
    }
    headers
}

/// `name *WSP ":" value`, where the value may be folded over lines.
fn read_header(bytes: &[u8], start: usize, end: usize, folded: bool) -> Option<HeaderSpan> {
    let line = scan::part(bytes, start..end);
    let colon = memchr::memchr(b':', line)?;
    let spelled = scan::part(line, 0..colon).trim_ascii_end();
    let name = Name::from_bytes(spelled);
    if name == Name::Other && !scan::is_token(spelled) {
        return None;
    }
    let value = scan::trim(line, colon + 1..line.len());
    Some(HeaderSpan {
        name,
        spelled: Span::new(start, start + spelled.len()),
        value: Span::new(start + value.start, start + value.end),
        folded,
    })
}

/// RFC 3261 section 18.3: on a datagram without Content-Length the body goes to its end; bytes beyond it are ignored.
fn read_body_end(bytes: &[u8], headers: &Headers, body_start: usize, flaws: &mut Flaws) -> usize {
    match content_length(bytes, headers) {
        Ok(None) => bytes.len(),
        Ok(Some(length)) => {
            let end = body_start.saturating_add(length);
            flaws.short_body = end > bytes.len();
            end.min(bytes.len())
        }
        Err(BadLength) => {
            flaws.content_length = true;
            bytes.len()
        }
    }
}

/// A Content-Length that is no number, or differs from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadLength;

fn content_length(bytes: &[u8], headers: &Headers) -> Result<Option<usize>, BadLength> {
    let mut found = None;
    for header in headers.iter().filter(|header| header.name == Name::ContentLength) {
        let length = scan::number(header.value.of(bytes)).and_then(|n| usize::try_from(n).ok()).ok_or(BadLength)?;
        if found.is_some_and(|first| first != length) {
            return Err(BadLength);
        }
        found = Some(length);
    }
    Ok(found)
}

/// Content-Length of a head that has come whole, for [`crate::framing`].
pub(crate) fn content_length_of_head(head: &[u8]) -> Result<Option<usize>, BadLength> {
    let start = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
    let mut lines = Lines { bytes: head, at: start };
    content_length(head, &read_headers(head, &mut lines, &mut Flaws::default()))
}

/// Logical header lines: a line and all that are folded under it.
struct Lines<'a> {
    bytes: &'a [u8],
    /// The first byte not yet given; in the end that of the empty line.
    at: usize,
}

impl Lines<'_> {
    /// Start and end of the next header, its last line end included, and whether it has more than one line; `None` at
    /// the empty line or the end.
    fn next_header(&mut self) -> Option<(usize, usize, bool)> {
        let start = self.at;
        match scan::part(self.bytes, start..self.bytes.len()) {
            [] | [b'\n', ..] | [b'\r', b'\n', ..] => return None,
            _ => {}
        }
        let mut end = start;
        let mut folded = false;
        loop {
            let rest = self.bytes.get(end..)?;
            end += memchr::memchr(b'\n', rest).map_or(rest.len(), |line_end| line_end + 1);
            if !matches!(self.bytes.get(end), Some(b' ' | b'\t')) {
                self.at = end;
                return Some((start, end, folded));
            }
            folded = true;
        }
    }
}
