//! The event packages that we know.

use std::time::Duration;

/// In Allow-Events. `refer` is what a REFER implies (RFC 3515); nobody can subscribe to it.
pub(crate) const ALLOW_EVENTS: &str = "dialog, presence, message-summary, refer";

/// What can be watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Package {
    /// The calls of an operator: busy lamps (RFC 4235).
    Dialog,
    /// What an operator does (RFC 3856).
    Presence,
    /// How many callers wait for an operator (RFC 3842). No house of operators has a voice mail: the lamp of a phone says that
    /// somebody waits to be answered. It is the whole house's number, whoever is asked about.
    MessageSummary,
}

impl Package {
    /// Reads the token of an Event; packages are compared with regard to case (RFC 6665 section 8.2.1).
    pub(crate) fn parse(token: &str) -> Option<Self> {
        [Self::Dialog, Self::Presence, Self::MessageSummary].into_iter().find(|one| one.as_str() == token)
    }

    /// The token.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Presence => "presence",
            Self::MessageSummary => "message-summary",
        }
    }

    /// The one type of its bodies.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::Presence => "application/pidf+xml",
            Self::MessageSummary => "application/simple-message-summary",
        }
    }

    /// The least time between two NOTIFYs about changes: RFC 4235 section 3.10 and RFC 3842 section 3.10 say a second, RFC 3856
    /// section 6.10 five.
    pub(crate) const fn interval_min(self) -> Duration {
        match self {
            Self::Dialog | Self::MessageSummary => Duration::from_secs(1),
            Self::Presence => Duration::from_secs(5),
        }
    }
}
