//! Callers to whom a call back was promised: who they are, and how often that may be (R03). A caller's number may be forged: so that
//! nobody can have a stranger's phone rung again and again, a number is called back once an hour, whatever the firm.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use acd::CallId;
use number::Number;

use crate::directory::CustomerId;

/// A number is promised a call back once in this time.
pub(crate) const ONCE_IN: Duration = Duration::from_secs(3_600);

/// Promises in that time, of all firms together. Beyond, nothing is offered.
pub(crate) const PROMISES_MAX: usize = 1_000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    /// Of the last hour, oldest first.
    made: VecDeque<(Instant, Number)>,
    /// Not kept yet: at most [`PROMISES_MAX`], because a promise does not outlive the hour.
    open: BTreeMap<(CustomerId, Number), CallId>,
}

impl Promises {
    /// Whether this number may be promised a call back.
    pub(crate) fn may_be_made(&self, now: Instant, number: Number) -> bool {
        let recent = || self.made.iter().filter(|(at, _)| now.saturating_duration_since(*at) < ONCE_IN);
        recent().all(|(_, other)| *other != number) && recent().count() < PROMISES_MAX && self.open.len() < PROMISES_MAX
    }

    /// It is promised.
    pub(crate) fn make(&mut self, now: Instant, customer: CustomerId, number: Number, call: CallId) {
        while self.made.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= ONCE_IN) {
            self.made.pop_front();
        }
        self.made.push_back((now, number));
        self.open.insert((customer, number), call);
    }

    /// The call in which this caller was promised a call back, and has none yet.
    pub(crate) fn of(&self, customer: CustomerId, number: Number) -> Option<CallId> {
        self.open.get(&(customer, number)).copied()
    }

    /// Kept, or given up.
    pub(crate) fn is_over(&mut self, call: CallId) {
        self.open.retain(|_, other| *other != call);
    }

    /// Calls with an open promise.
    pub(crate) fn open(&self) -> impl Iterator<Item = CallId> {
        self.open.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_a_number_is_called_back_once_an_hour_whatever_the_firm() {
        let start = crate::calls::tests::some_moment();
        let (number, other): (Number, Number) = ("09011112222".parse().unwrap(), "09033334444".parse().unwrap());
        let mut promises = Promises::default();
        assert!(promises.may_be_made(start, number));
        promises.make(start, CustomerId(1), number, CallId(1));
        assert_eq!(promises.of(CustomerId(1), number), Some(CallId(1)));
        assert_eq!(promises.of(CustomerId(2), number), None);
        promises.is_over(CallId(1));
        assert_eq!(promises.of(CustomerId(1), number), None);
        assert!(!promises.may_be_made(start + ONCE_IN - Duration::from_secs(1), number), "not by another firm either");
        assert!(promises.may_be_made(start, other));
        assert!(promises.may_be_made(start + ONCE_IN, number));
    }

    #[test]
    fn r03_an_hour_holds_so_many_promises_and_no_more() {
        let start = crate::calls::tests::some_moment();
        let mut promises = Promises::default();
        for n in 0..PROMISES_MAX {
            let number = format!("0901{n:07}").parse().unwrap();
            assert!(promises.may_be_made(start, number), "{n}");
            promises.make(start, CustomerId(1), number, CallId(n as u64));
            promises.is_over(CallId(n as u64));
        }
        let late: Number = "08011112222".parse().unwrap();
        assert!(!promises.may_be_made(start, late));
        promises.make(start + ONCE_IN, CustomerId(1), late, CallId(7));
        assert_eq!(promises.made.len(), 1);
    }
}
