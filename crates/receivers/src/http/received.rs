//! What a service received, what became of it, and how it misbehaves.

use std::collections::BTreeMap;

use super::Service;

/// How a service misbehaves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    /// It does not.
    #[default]
    None,
    /// Answers with this status in the service's own form, with this `Retry-After`; takes nothing.
    Status(u16, Option<String>),
    /// Refuses with an error code of the service, in the way the service says such a thing (Slack: 200 and `ok: false`).
    Refuses(String),
    /// Takes nothing and never answers.
    Timeout,
    /// Takes the posting, shows it, and is gone before it answers.
    DropAfterAccept,
    /// Takes the posting, and answers with something that is not of this service.
    Malformed,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// People see it.
    Shown,
    /// The same key came before: people do not see it again.
    Repeated,
    /// It was not taken, because a [`Fault`] says so.
    Failed,
    /// It does not fit the documentation, or its credentials do not.
    Refused(String),
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Counts up over all services.
    pub place: u64,
    /// When, unix ms.
    pub at_ms: i64,
    /// To which service.
    pub service: Service,
    /// Path and query as sent, credentials in them too.
    pub uri: String,
    /// Header lines, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body as sent.
    pub body: String,
    /// Where people would see it: a room, a channel, a person. Empty if the request was refused before that was known.
    pub room: String,
    /// The idempotency key, where the service has one.
    pub key: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
}
