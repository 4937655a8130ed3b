//! The judgement over a message (RFC 4475): may it be believed, and if not, what is the answer?

use super::headers::{HeaderError, HeaderFault};
use super::parse::StartLine;
use super::{Message, Method, Name, NameAddr, Scheme, Uri, Via, scan};

/// Why a message is not to be believed. For a request: the answer. A response with a refusal is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// The reason phrase of the answer.
    pub reason: &'static str,
}

impl Refusal {
    /// A refusal with its own words.
    pub const fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason }
    }

    const fn bad(reason: &'static str) -> Self {
        Self::new(400, reason)
    }
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Self {
        Self::bad(match (error.what, error.name) {
            (HeaderFault::Missing, Name::CallId) => "Missing Call-ID",
            (HeaderFault::Missing, Name::CSeq) => "Missing CSeq",
            (HeaderFault::Missing, Name::From) => "Missing From",
            (HeaderFault::Missing, Name::To) => "Missing To",
            (HeaderFault::Missing, Name::Via) => "Missing Via",
            (HeaderFault::Missing, _) => "Missing Header",
            (HeaderFault::Repeated, _) => "Repeated Header",
            (HeaderFault::Malformed, Name::CallId) => "Malformed Call-ID",
            (HeaderFault::Malformed, Name::CSeq) => "Malformed CSeq",
            (HeaderFault::Malformed, Name::From) => "Malformed From",
            (HeaderFault::Malformed, Name::To) => "Malformed To",
            (HeaderFault::Malformed, Name::Via) => "Malformed Via",
            (HeaderFault::Malformed, Name::Contact) => "Malformed Contact",
            (HeaderFault::Malformed, _) => "Malformed Header",
        })
    }
}

/// Headers that may stand in a message once (RFC 3261 section 7.3.1). Content-Length is judged by the parser.
const SINGLE: [Name; 8] = [
    Name::From,
    Name::To,
    Name::CallId,
    Name::CSeq,
    Name::MaxForwards,
    Name::ContentType,
    Name::SessionExpires,
    Name::ReferTo,
];

impl Message {
    /// Judges what every element must refuse; methods, extensions, media types and addresses are the endpoint's own
    /// matter ([`Message::unsupported`], [`Message::accepts`], [`Method::is_known`]).
    ///
    /// RFC 2543 senders pass: no branch, no tag, no Max-Forwards, no Contact is needed.
    pub fn validate(&self) -> Result<(), Refusal> {
        let flaws = self.index().flaws;
        if flaws.version {
            return Err(Refusal::new(505, "Version Not Supported"));
        }
        let broken = [
            (flaws.request_line, "Malformed Request Line"),
            (flaws.header_line, "Malformed Header Line"),
            (flaws.unended, "Headers Without End"),
            (flaws.long_line, "Header Line Too Long"),
            (flaws.many_headers, "Too Many Headers"),
            (flaws.content_length, "Malformed Content-Length"),
            (flaws.short_body, "Body Shorter Than Content-Length"),
        ];
        if let Some((_, reason)) = broken.into_iter().find(|(is_so, _)| *is_so) {
            return Err(Refusal::bad(reason));
        }
        if self.has_bare_return() {
            return Err(Refusal::bad("Bare Carriage Return"));
        }
        if let Some(name) = SINGLE.into_iter().find(|&name| self.spans(name).nth(1).is_some()) {
            return Err(HeaderError { name, what: HeaderFault::Repeated }.into());
        }
        self.validate_headers()?;
        match &self.index().start {
            StartLine::Request { method, .. } => self.validate_request(method),
            StartLine::Response { .. } => self.validate_response(),
        }
    }

    fn validate_headers(&self) -> Result<(), Refusal> {
        self.call_id()?;
        self.via()?;
        self.each_value(Name::Via, |value| Via::parse(value).is_some())?;
        self.cseq()?;
        self.from()?;
        self.to()?;
        if !self.contact_is_star() {
            self.each_value(Name::Contact, |value| NameAddr::parse(value).is_some())?;
        }
        self.each_value(Name::Route, |value| NameAddr::parse(value).is_some())?;
        self.each_value(Name::RecordRoute, |value| NameAddr::parse(value).is_some())?;
        self.max_forwards()?;
        Ok(())
    }

    fn validate_request(&self, method: &Method) -> Result<(), Refusal> {
        let cseq = self.cseq()?;
        if cseq.method != *method {
            // RFC 4475 section 3.1.2.18: that we do not know the method comes first.
            let known = Refusal::bad("CSeq Method Mismatch");
            return Err(if method.is_known() { known } else { Refusal::new(501, "Not Implemented") });
        }
        let target = self.target().map_err(|_| Refusal::bad("Malformed Request-URI"))?;
        validate_target(&target)?;
        // RFC 3261 section 10.3: an address-of-record is a SIP or SIPS URI; the numbers of our trunks may be tel.
        if *method == Method::Register && self.to()?.uri.scheme() == Scheme::Other {
            return Err(Refusal::bad("Address-of-Record Is No SIP URI"));
        }
        Ok(())
    }

    /// RFC 3261 section 8.1.3.3: a response with more than one Via has gone astray. The product is never a proxy.
    fn validate_response(&self) -> Result<(), Refusal> {
        match self.values(Name::Via).nth(1) {
            None => Ok(()),
            Some(_) => Err(Refusal::bad("Response For Another Element")),
        }
    }

    fn each_value(&self, name: Name, is_good: impl Fn(bytes::Bytes) -> bool) -> Result<(), HeaderError> {
        if self.shared_values(name).all(is_good) { Ok(()) } else { Err(HeaderError::malformed(name)) }
    }

    /// A carriage return that ends no line: some element before or after us would read it as one.
    fn has_bare_return(&self) -> bool {
        let head = scan::part(self.bytes(), 0..self.index().headers_end as usize);
        memchr::memchr_iter(b'\r', head).any(|at| !matches!(head.get(at + 1), None | Some(b'\n')))
    }
}

fn validate_target(target: &Uri) -> Result<(), Refusal> {
    if target.scheme() == Scheme::Other {
        return Err(Refusal::new(416, "Unsupported URI Scheme"));
    }
    if target.has_headers() {
        return Err(Refusal::bad("Headers In Request-URI"));
    }
    Ok(())
}
