//! Outgoing calls of one trunk that wait for their turn: some carriers want seconds between two of them (JAPAN.md).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::later;
use crate::order::{Invite, LegId};

/// Calls that wait for one trunk.
const WAITING_MAX: usize = 32;

/// What a call may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    /// Go.
    Now,
    /// It is kept, and called for at this moment or later.
    At(Instant),
    /// It would wait for too long.
    Never,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// No call before then.
    next: Option<Instant>,
    waiting: VecDeque<Invite>,
}

impl Turns {
    /// Lets this call go, or keeps it.
    pub(crate) fn take(&mut self, now: Instant, spacing: Duration, wait_max: Duration, invite: &Invite) -> Turn {
        let free = self.next.filter(|next| *next > now).unwrap_or(now);
        if self.waiting.is_empty() && free == now {
            self.next = Some(later(now, spacing));
            return Turn::Now;
        }
        let ahead = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        let last = later(free, spacing.saturating_mul(ahead));
        if last > later(now, wait_max) || self.waiting.len() >= WAITING_MAX {
            return Turn::Never;
        }
        self.waiting.push_back(invite.clone());
        Turn::At(free)
    }

    /// The call whose turn it is, and when the next one's is.
    pub(crate) fn call(&mut self, now: Instant, spacing: Duration) -> (Option<Invite>, Option<Instant>) {
        if let Some(next) = self.next.filter(|next| *next > now) {
            return (None, (!self.waiting.is_empty()).then_some(next));
        }
        let invite = self.waiting.pop_front();
        let next = invite.is_some().then(|| later(now, spacing));
        self.next = next.or(self.next);
        (invite, next.filter(|_| !self.waiting.is_empty()))
    }

    /// The call does not wait any more. `false`: it did not.
    pub(crate) fn leave(&mut self, leg: LegId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|invite| invite.leg != leg);
        self.waiting.len() < before
    }

    /// Everybody who waits is sent away.
    pub(crate) fn clear(&mut self) -> VecDeque<Invite> {
        std::mem::take(&mut self.waiting)
    }

    /// Calls that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn has(&self, leg: LegId) -> bool {
        self.waiting.iter().any(|invite| invite.leg == leg)
    }
}
