//! One SIP message: its bytes as they came, and an index of where its parts are.
//!
//! Nothing is decoded until asked. What came is never changed: an edit ([`Message::edit`]) gives a new message that
//! has every other byte of the old one.

mod body;
mod builder;
mod edit;
mod headers;
mod method;
mod name;
mod name_addr;
mod params;
mod parse;
mod routing;
mod scan;
mod status;
mod uri;
mod validate;
mod via;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use body::{BodyFault, PARTS_MAX};
pub use builder::MessageBuilder;
pub use edit::Editor;
pub use headers::{
    CSeq, EventPackage, HeaderError, HeaderFault, MediaType, RAck, Reason, Refresher, Replaces, SessionExpires,
    SubscriptionState,
};
pub use method::Method;
pub use name::Name;
pub use name_addr::{NameAddr, quote};
pub use params::{Params, ParamsIter};
pub use parse::ParseError;
pub(crate) use parse::content_length_of_head;
pub use routing::{response_target, stamp_received};
pub(crate) use scan::unfold;
pub use status::reason_phrase;
pub use uri::{Host, Scheme, Uri, UriError};
pub use validate::Refusal;
pub use via::{MAGIC_COOKIE, Via};

use parse::{HeaderSpan, Index, StartLine};

/// A SIP message. Cloning shares.
#[derive(Clone)]
pub struct Message {
    inner: Arc<Inner>,
}

struct Inner {
    bytes: Bytes,
    index: Index,
}

/// One header line, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawHeader<'a> {
    /// Which header it is.
    pub name: Name,
    /// The name as the sender spelled it.
    pub spelled: &'a [u8],
    /// The value without the white space around it; it may hold folds.
    pub value: &'a [u8],
}

impl Message {
    /// Reads one datagram, or one frame of a stream. Bytes after the body are ignored (RFC 3261 section 18.3).
    ///
    /// Malformed requests that can still be answered are read too; ask [`Message::validate`] before believing one.
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        let index = parse::index(&bytes)?;
        Ok(Self::from_parts(bytes, index))
    }

    fn from_parts(bytes: Bytes, index: Index) -> Self {
        Self { inner: Arc::new(Inner { bytes, index }) }
    }

    /// Exactly what came, or what will go.
    pub fn bytes(&self) -> &Bytes {
        &self.inner.bytes
    }

    fn index(&self) -> &Index {
        &self.inner.index
    }

    /// True for a request, false for a response.
    pub fn is_request(&self) -> bool {
        match self.index().start {
            StartLine::Request { .. } => true,
            StartLine::Response { .. } => false,
        }
    }

    /// A request's method; a response's is its CSeq's, and `Method::Other("")` when that is malformed.
    pub fn method(&self) -> Method {
        match &self.index().start {
            StartLine::Request { method, .. } => method.clone(),
            StartLine::Response { .. } => self.cseq().map_or_else(|_| Method::Other("".into()), |cseq| cseq.method),
        }
    }

    /// The Request-URI's raw bytes.
    pub fn request_uri(&self) -> Option<&[u8]> {
        match self.index().start {
            StartLine::Request { uri, .. } => Some(uri.of(self.bytes())),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI, read.
    pub fn target(&self) -> Result<Uri, UriError> {
        match self.index().start {
            StartLine::Request { uri, .. } => Uri::from_bytes(scan::share(self.bytes(), uri.range())),
            StartLine::Response { .. } => Err(UriError::Scheme),
        }
    }

    /// A response's status.
    pub fn status(&self) -> Option<u16> {
        match self.index().start {
            StartLine::Request { .. } => None,
            StartLine::Response { status, .. } => Some(status),
        }
    }

    /// A response's reason phrase, raw.
    pub fn reason(&self) -> Option<&[u8]> {
        match self.index().start {
            StartLine::Request { .. } => None,
            StartLine::Response { reason, .. } => Some(reason.of(self.bytes())),
        }
    }

    /// Every header line in its order.
    pub fn headers(&self) -> impl Iterator<Item = RawHeader<'_>> {
        let bytes = self.bytes();
        self.index().headers.iter().map(move |header| RawHeader {
            name: header.name,
            spelled: header.spelled.of(bytes),
            value: header.value.of(bytes),
        })
    }

    /// True if a header of this name is there.
    pub fn has(&self, name: Name) -> bool {
        self.spans(name).next().is_some()
    }

    /// The first header of this name, unfolded and trimmed. For a [`Name::Other`], see [`Message::other`].
    pub fn header(&self, name: Name) -> Option<Cow<'_, [u8]>> {
        self.spans(name).next().map(|header| self.plain(header))
    }

    /// The same as text: UTF-8, else Shift_JIS, and what is neither as U+FFFD.
    pub fn text(&self, name: Name) -> Option<Cow<'_, str>> {
        self.header(name).map(|value| match value {
            Cow::Borrowed(value) => scan::to_text(value),
            Cow::Owned(value) => Cow::Owned(scan::to_text(&value).into_owned()),
        })
    }

    /// Every value of a header that is a list: all its lines, split at the commas outside quotes and angle brackets,
    /// unfolded and trimmed, empty ones left out.
    pub fn values(&self, name: Name) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let bytes = self.bytes();
        self.spans(name).flat_map(move |header| {
            let line = header.value.of(bytes);
            scan::Commas::new(line).map(move |piece| scan::unfold(scan::part(line, piece)))
        })
    }

    /// A header that [`Name`] does not know, by its name in any case: the first, unfolded and trimmed.
    pub fn other(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let bytes = self.bytes();
        let is_it = |header: &&HeaderSpan| header.spelled.of(bytes).eq_ignore_ascii_case(name.as_bytes());
        self.spans(Name::Other).find(is_it).map(|header| self.plain(header))
    }

    /// The body, as long as Content-Length says.
    pub fn body(&self) -> &[u8] {
        self.index().body.of(self.bytes())
    }

    fn spans(&self, name: Name) -> impl Iterator<Item = &HeaderSpan> {
        self.index().headers.iter().filter(move |header| header.name == name)
    }

    /// As [`Message::values`], each sharing the message's bytes unless it is folded.
    fn shared_values(&self, name: Name) -> impl Iterator<Item = Bytes> {
        self.spans(name).flat_map(move |header| {
            let line = header.value;
            scan::Commas::new(line.of(self.bytes())).map(move |piece| {
                let start = line.start as usize;
                self.shared(start + piece.start..start + piece.end, header.folded)
            })
        })
    }

    /// A header's value, unfolded; borrowed unless folded.
    fn plain(&self, header: &HeaderSpan) -> Cow<'_, [u8]> {
        let value = header.value.of(self.bytes());
        if header.folded { scan::unfold(value) } else { Cow::Borrowed(value) }
    }

    /// A header's value, unfolded; shared unless folded.
    fn shared_value(&self, header: &HeaderSpan) -> Bytes {
        self.shared(header.value.range(), header.folded)
    }

    fn shared(&self, range: std::ops::Range<usize>, folded: bool) -> Bytes {
        if folded {
            Bytes::from(scan::unfold(scan::part(self.bytes(), range)).into_owned())
        } else {
            scan::share(self.bytes(), range)
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.bytes().split(|&byte| byte == b'\n').next().unwrap_or_default();
        write!(f, "Message({:?}, {} bytes)", String::from_utf8_lossy(line.trim_ascii_end()), self.bytes().len())
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Message {}
