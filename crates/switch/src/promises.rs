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

/// Open promises of one firm. Whoever forges callers' numbers uses up one firm's, not everybody's.
pub(crate) const OPEN_PER_FIRM_MAX: usize = 20;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    /// Of the last hour, oldest first.
    made: VecDeque<(Instant, Number)>,
    /// Not kept yet: at most [`PROMISES_MAX`], because a promise does not outlive the hour.
    open: BTreeMap<(CustomerId, Number), CallId>,
}

impl Promises {
    /// Whether this number may be promised a call back by this firm.
    pub(crate) fn may_be_made(&self, now: Instant, customer: CustomerId, number: Number) -> bool {
        let recent = || self.made.iter().filter(|(at, _)| now.saturating_duration_since(*at) < ONCE_IN);
        let of_firm = self.open.keys().filter(|(other, _)| *other == customer).count();
        let has_room = recent().count() < PROMISES_MAX && self.open.len() < PROMISES_MAX;
        has_room && of_firm < OPEN_PER_FIRM_MAX && recent().all(|(_, other)| *other != number)
    }

    /// It is promised; for the second time, if the first promise was renewed.
    pub(crate) fn make(&mut self, now: Instant, customer: CustomerId, number: Number, call: CallId) {
        while self.made.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= ONCE_IN) {
            self.made.pop_front();
        }
        self.made.retain(|(_, other)| *other != number);
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
        assert!(promises.may_be_made(start, CustomerId(1), number));
        promises.make(start, CustomerId(1), number, CallId(1));
        assert_eq!(promises.of(CustomerId(1), number), Some(CallId(1)));
        assert_eq!(promises.of(CustomerId(2), number), None);
        promises.is_over(CallId(1));
        assert_eq!(promises.of(CustomerId(1), number), None);
        assert!(
            !promises.may_be_made(start + ONCE_IN - Duration::from_secs(1), CustomerId(1), number),
            "not by another firm either"
        );
        assert!(promises.may_be_made(start, CustomerId(1), other));
        assert!(promises.may_be_made(start + ONCE_IN, CustomerId(1), number));
    }

    #[test]
    fn r03_one_firms_promises_leave_room_for_the_others() {
        let start = crate::calls::tests::some_moment();
        let mut promises = Promises::default();
        let number = |n: usize| format!("0901{n:07}").parse::<Number>().unwrap();
        for n in 0..OPEN_PER_FIRM_MAX {
            assert!(promises.may_be_made(start, CustomerId(1), number(n)), "{n}");
            promises.make(start, CustomerId(1), number(n), CallId(n as u64));
        }
        let late = number(OPEN_PER_FIRM_MAX);
        assert!(!promises.may_be_made(start, CustomerId(1), late));
        assert!(promises.may_be_made(start, CustomerId(2), late));
        promises.is_over(CallId(0));
        assert!(promises.may_be_made(start, CustomerId(1), late));
        assert!(!promises.may_be_made(start, CustomerId(2), number(0)), "called back, or about to be");
    }

    #[test]
    fn r03_a_promise_that_is_made_anew_takes_no_room_of_others() {
        let start = crate::calls::tests::some_moment();
        let number: Number = "09011112222".parse().unwrap();
        let mut promises = Promises::default();
        for n in 0..2 * PROMISES_MAX {
            promises.make(start, CustomerId(1), number, CallId(n as u64));
        }
        assert_eq!((promises.made.len(), promises.open.len()), (1, 1));
    }

    #[test]
    fn r03_an_hour_holds_so_many_promises_and_no_more() {
        let start = crate::calls::tests::some_moment();
        let mut promises = Promises::default();
        for n in 0..PROMISES_MAX {
            let number = format!("0901{n:07}").parse().unwrap();
            assert!(promises.may_be_made(start, CustomerId(1), number), "{n}");
            promises.make(start, CustomerId(1), number, CallId(n as u64));
            promises.is_over(CallId(n as u64));
        }
        let late: Number = "08011112222".parse().unwrap();
        assert!(!promises.may_be_made(start, CustomerId(1), late));
        promises.make(start + ONCE_IN, CustomerId(1), late, CallId(7));
        assert_eq!(promises.made.len(), 1);
    }
}
