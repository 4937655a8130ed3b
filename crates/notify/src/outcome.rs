//! What became of one attempt to deliver a report.

/// What became of one attempt. A channel decides which it is; when to try again is `report::retry`'s.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The other side has taken it, and with it the duty to deliver.
    Accepted {
        /// What the other side calls it (a mail server's queue id, a chat's id of the posting), as evidence (F40). Empty if
        /// it says nothing.
        remote_id: String,
    },
    /// Not now: busy, too many, silent, gone in the middle. It may have been taken all the same: the next attempt has the
    /// same idempotency key.
    Retry {
        /// The other side asks for so many milliseconds of peace (Retry-After and its like). `None`: it says nothing.
        after_ms: Option<i64>,
        /// In the other side's words as far as there are any, for the supervisor.
        why: String,
    },
    /// Not now, and because of us, not of the recipient: a blocked address, a wrong password, no right to relay. Tried again like any
    /// other, but a supervisor has to know at once, because nothing arrives there until somebody mends it.
    Ours {
        /// As above.
        why: String,
    },
    /// Never, however often: no such mailbox, token withdrawn, room gone.
    Permanent {
        /// As above.
        why: String,
    },
}

impl Outcome {
    /// Not now, and no hint as to when.
    pub fn retry(why: impl Into<String>) -> Self {
        Outcome::Retry { after_ms: None, why: why.into() }
    }

    /// Not now, and it is us.
    pub fn ours(why: impl Into<String>) -> Self {
        Outcome::Ours { why: why.into() }
    }

    /// Never.
    pub fn permanent(why: impl Into<String>) -> Self {
        Outcome::Permanent { why: why.into() }
    }
}
