//! What the simulation reads of a message: enough for a user-agent and for a witness, and no more.

use bytes::Bytes;
use sip::message::{Message, Method, Name};

/// One message, read.
#[derive(Clone, Debug)]
pub struct View {
    /// All of it.
    pub message: Message,
    /// The request's method, or that of the CSeq of a response.
    pub method: Method,
    /// Status of a response; 0 for a request.
    pub status: u16,
    /// Call-ID.
    pub call_id: String,
    /// From as written.
    pub from: String,
    /// To as written.
    pub to: String,
    /// Tag of From.
    pub from_tag: String,
    /// Tag of To; empty if there is none.
    pub to_tag: String,
    /// Number of the CSeq.
    pub cseq: u32,
    /// Branch of the topmost Via.
    pub branch: String,
    /// URI of the first Contact.
    pub contact: String,
}

impl View {
    /// `None`: no message, or one without what every message has.
    pub fn read(bytes: &Bytes) -> Option<Self> {
        let message = Message::parse(bytes.clone()).ok()?;
        let (from, to) = (message.from().ok()?, message.to().ok()?);
        let cseq = message.cseq().ok()?;
        let via = message.via().ok()?;
        let branch = String::from_utf8_lossy(via.branch()?).into_owned();
        let contact = message.contacts().ok().and_then(|all| all.first().map(|one| text(one.uri.raw())));
        Some(Self {
            method: if message.is_request() { message.method() } else { cseq.method },
            status: message.status().unwrap_or(0),
            call_id: message.call_id().ok()?.to_owned(),
            from: message.text(Name::From)?.into_owned(),
            to: message.text(Name::To)?.into_owned(),
            from_tag: from.tag().unwrap_or_default().to_owned(),
            to_tag: to.tag().unwrap_or_default().to_owned(),
            cseq: cseq.number,
            branch,
            contact: contact.unwrap_or_default(),
            message,
        })
    }

    /// True for a request.
    pub fn is_request(&self) -> bool {
        self.status == 0
    }

    /// True for a 2xx to an INVITE.
    pub fn accepts_invite(&self) -> bool {
        (200..300).contains(&self.status) && self.method == Method::Invite
    }

    /// The body as text.
    pub fn body(&self) -> String {
        text(self.message.body())
    }

    /// True if it has SDP, as far as anybody here is concerned.
    pub fn has_sdp(&self) -> bool {
        self.message.body().starts_with(b"v=0")
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: Name) -> String {
        self.message.text(name).map(std::borrow::Cow::into_owned).unwrap_or_default()
    }

    /// For a ladder: `INVITE 0355500101 1 (SDP)`, `200 OK [1 INVITE]`.
    pub fn title(&self) -> String {
        let body = match self.message.body() {
            [] => String::new(),
            sdp if sdp.starts_with(b"v=0") => format!(" (SDP{})", direction_word(&self.body())),
            _ => format!(" ({})", self.header(Name::ContentType)),
        };
        if self.is_request() {
            let user = self.message.target().ok().and_then(|uri| uri.user().map(|user| user.into_owned()));
            format!("{} {} [{}]{body}", self.method, user.unwrap_or_default(), self.cseq)
        } else {
            let reason = self.message.reason().map(text).unwrap_or_default();
            format!("{} {reason} [{} {}]{body}", self.status, self.cseq, self.method)
        }
    }
}

fn direction_word(sdp: &str) -> String {
    let is = |line: &&str| matches!(*line, "a=sendonly" | "a=recvonly" | "a=inactive");
    sdp.lines().find(is).map(|line| format!(" {}", line.trim_start_matches("a="))).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
