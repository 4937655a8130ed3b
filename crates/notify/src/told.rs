//! What the rest of the house is told of deliveries as they happen: for pages, wallboard and log. A hint to look again, no
//! record; the records are the store's.

use std::fmt;
use std::sync::Arc;

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The delivery.
    pub delivery: String,
    /// Its report.
    pub report: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// The firm's recipient, by id.
    pub recipient: String,
    /// What became of it.
    pub news: News,
    /// In the other side's words; empty if there are none.
    pub why: String,
}

/// What became of a delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// The recipient's server has it.
    Accepted,
    /// Not this time.
    Retry,
    /// Given up. A supervisor has a task.
    Dead,
    /// Not accepted for too long. A supervisor has a task.
    Late,
    /// It came back. A supervisor has a task.
    Bounced,
    /// It goes to this recipient as well, because another one did not get it, or nobody has confirmed it.
    Added,
}

impl News {
    /// As a word of the API.
    pub fn word(self) -> &'static str {
        match self {
            News::Accepted => "accepted",
            News::Retry => "retry",
            News::Dead => "dead",
            News::Late => "late",
            News::Bounced => "bounced",
            News::Added => "waiting",
        }
    }
}

/// Whoever wants to know. Must not block.
#[derive(Clone)]
pub struct Hook(pub Arc<dyn Fn(Told) + Send + Sync>);

impl Hook {
    /// Nobody.
    pub fn none() -> Hook {
        Hook(Arc::new(|_| {}))
    }

    /// Tells.
    pub fn tell(&self, told: Told) {
        (self.0)(told);
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
