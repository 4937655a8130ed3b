//! All deadlines of the queue in one table.

use crate::{CallId, OperatorId};
use std::collections::BTreeSet;
use std::time::Instant;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The phone has rung long enough.
    OfferEnds(OperatorId),
    /// The report should be written by now.
    WrapUpEnds(OperatorId),
    /// All free operators declined the call; they are asked again.
    RoundRestarts(CallId),
    /// The call takes the next step of its plan.
    Widens(CallId),
    /// The control loop looks at the call again.
    Looks(CallId),
}

/// Deadlines, earliest first. Each is also kept by the state that set it, which is how it is found for removal.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Instant, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Instant, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, at: Instant, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    pub(crate) fn is_set(&self, at: Instant, timer: Timer) -> bool {
        self.0.contains(&(at, timer))
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes all timers out.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }
}
