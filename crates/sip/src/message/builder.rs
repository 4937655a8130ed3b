//! Printing a message: straight into one buffer, its index written along.

use std::fmt::Write as _;

use bytes::Bytes;

use super::parse::{Flaws, HeaderSpan, Headers, Index, StartLine};
use super::scan::{self, Span};
use super::{Message, Method, Name, Uri};

/// A message being written, header by header, in the order of the calls.
///
/// Whatever the caller hands over, the result is one message with the headers that were asked for: CR, LF and NUL in a
/// value become spaces (RESILIENCE R19), and a header whose name is no token is left out.
#[derive(Clone, Debug)]
#[must_use = "finish() makes the message"]
pub struct MessageBuilder {
    bytes: Vec<u8>,
    start: StartLine,
    headers_start: usize,
    headers: Headers,
    body: Vec<u8>,
}

/// What an INVITE with SDP comes to.
const REQUEST_BYTES: usize = 1_000;
/// What a response without a body comes to.
const RESPONSE_BYTES: usize = 500;

impl MessageBuilder {
    /// A request. White space and control characters in the URI are escaped.
    pub fn request(method: &Method, uri: impl AsRef<[u8]>) -> Self {
        let mut bytes = Vec::with_capacity(REQUEST_BYTES);
        bytes.extend_from_slice(method.as_str().as_bytes());
        bytes.push(b' ');
        let uri_start = bytes.len();
        push_uri(&mut bytes, uri.as_ref());
        let start = StartLine::Request { method: method.clone(), uri: Span::new(uri_start, bytes.len()) };
        bytes.extend_from_slice(b" SIP/2.0\r\n");
        Self { headers_start: bytes.len(), bytes, start, headers: Headers::new(), body: Vec::new() }
    }

    /// A response. A status outside 100 to 699 becomes 500.
    pub fn response(status: u16, reason: &str) -> Self {
        let status = if (100..700).contains(&status) { status } else { 500 };
        let mut bytes = Vec::with_capacity(RESPONSE_BYTES);
        bytes.extend_from_slice(b"SIP/2.0 ");
        bytes.extend([status / 100, status / 10, status].map(|number| b'0' + u8::try_from(number % 10).unwrap_or(0)));
        bytes.push(b' ');
        let reason_start = bytes.len();
        push_value(&mut bytes, reason.as_bytes());
        let start = StartLine::Response { status, reason: Span::new(reason_start, bytes.len()) };
        bytes.extend_from_slice(b"\r\n");
        Self { headers_start: bytes.len(), bytes, start, headers: Headers::new(), body: Vec::new() }
    }

    /// A response to `request` (RFC 3261 section 8.2.6): its Vias, From, To (with `to_tag`, if it has none), Call-ID
    /// and CSeq; in a 101 to 299 to a request that makes a dialog, its Record-Routes; in a 100, its Timestamp.
    pub fn reply(request: &Message, status: u16, reason: &str, to_tag: Option<&str>) -> Self {
        let makes_dialog = matches!(request.method(), Method::Invite | Method::Subscribe | Method::Refer);
        let mut reply = Self::response(status, reason);
        reply = reply.copy_all(request, Name::Via);
        if makes_dialog && (101..300).contains(&status) {
            reply = reply.copy_all(request, Name::RecordRoute);
        }
        reply = reply.copy_first(request, Name::From);
        if let Some(to) = request.header(Name::To) {
            reply = match to_tag.filter(|_| !has_tag(request, &to)) {
                Some(tag) => reply.header(Name::To, [&to, &b";tag="[..], tag.as_bytes()].concat()),
                None => reply.header(Name::To, to),
            };
        }
        reply = reply.copy_first(request, Name::CallId).copy_first(request, Name::CSeq);
        if status == 100 { reply.copy_first(request, Name::Timestamp) } else { reply }
    }

    /// Adds a header. [`Name::Other`] has no spelling and adds nothing: see [`MessageBuilder::raw_header`].
    pub fn header(self, name: Name, value: impl AsRef<[u8]>) -> Self {
        self.push_header(name, name.as_str().as_bytes(), value.as_ref())
    }

    /// Adds a header in the caller's spelling.
    pub fn raw_header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.push_header(Name::from_bytes(name.as_bytes()), name.as_bytes(), value.as_ref())
    }

    /// Sets the body and adds its Content-Type. The last call counts for the body.
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self = self.header(Name::ContentType, content_type);
        self.body = body.to_vec();
        self
    }

    /// Copies every line of one header out of another message, unfolded, in order.
    pub fn copy_all(mut self, other: &Message, name: Name) -> Self {
        for header in other.headers().filter(|header| header.name == name) {
            self = self.header(name, scan::unfold(header.value));
        }
        self
    }

    /// Copies the first line of one header out of another message, unfolded, if it is there.
    pub fn copy_first(self, other: &Message, name: Name) -> Self {
        match other.header(name) {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// The message, with its Content-Length.
    pub fn finish(mut self) -> Message {
        let length = self.body.len().to_string();
        let name = Name::ContentLength;
        self.headers.push(push_line(&mut self.bytes, name, name.as_str().as_bytes(), length.as_bytes()));
        let headers_end = self.bytes.len();
        self.bytes.extend_from_slice(b"\r\n");
        let body_start = self.bytes.len();
        self.bytes.append(&mut self.body);
        let index = Index {
            start: self.start,
            headers_start: Span::new(self.headers_start, self.headers_start).start,
            headers: self.headers,
            headers_end: Span::new(headers_end, headers_end).start,
            body: Span::new(body_start, self.bytes.len()),
            flaws: Flaws::default(),
        };
        Message::from_parts(Bytes::from(self.bytes), index)
    }

    fn push_header(mut self, name: Name, spelled: &[u8], value: &[u8]) -> Self {
        // The length is ours to say, and finish() says it.
        if name == Name::ContentLength || !scan::is_token(spelled) {
            return self;
        }
        self.headers.push(push_line(&mut self.bytes, name, spelled, value));
        self
    }
}

/// Writes `Name: value CRLF`, harmless, and says where it stands.
pub(super) fn push_line(bytes: &mut Vec<u8>, name: Name, spelled: &[u8], value: &[u8]) -> HeaderSpan {
    let start = bytes.len();
    bytes.extend_from_slice(spelled);
    let spelled = Span::new(start, bytes.len());
    bytes.extend_from_slice(b": ");
    let value_start = bytes.len();
    push_value(bytes, value);
    let value = scan::trim(bytes, value_start..bytes.len());
    bytes.truncate(value.end.max(value_start));
    let value = Span::new(value.start, value.end);
    bytes.extend_from_slice(b"\r\n");
    HeaderSpan { name, spelled, value, folded: false }
}

/// A value without anything that could end its line.
fn push_value(bytes: &mut Vec<u8>, value: &[u8]) {
    let harmless = |byte: u8| if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { byte };
    bytes.extend(scan::trimmed(value).iter().map(|&byte| harmless(byte)));
}

pub(super) fn push_uri(bytes: &mut Vec<u8>, uri: &[u8]) {
    for &byte in scan::trimmed(uri) {
        if byte > b' ' && byte != 0x7F {
            bytes.push(byte);
        } else {
            let mut escaped = String::with_capacity(3);
            let _ = write!(escaped, "%{byte:02X}");
            bytes.extend_from_slice(escaped.as_bytes());
        }
    }
}

/// True if the To of a request has a tag, also when it can only be read by eye.
fn has_tag(request: &Message, to: &[u8]) -> bool {
    match request.to() {
        Ok(to) => to.params.has("tag"),
        Err(_) => memchr::memmem::find(to, b"tag=").is_some(),
    }
}

impl AsRef<[u8]> for Uri {
    fn as_ref(&self) -> &[u8] {
        self.raw()
    }
}
