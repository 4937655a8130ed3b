//! Who has called which firm lately: callers who call again (催促, F09) go first, and the operator sees that they do.
//!
//! In memory. What earlier processes saw of the last day comes soon after the start.

use std::collections::{HashMap, VecDeque};

use acd::CallId;
use number::Number;

use crate::directory::CustomerId;
use crate::io::Earlier;
use crate::past::PastCall;

/// A call is "earlier" for so long, milliseconds: a day.
pub const EARLIER_MS: i64 = 24 * 3_600_000;

/// Calls that are remembered; of more, the oldest are forgotten.
pub const VISITORS_MAX: usize = 50_000;

/// One number's calls to one firm.
#[derive(Clone, Copy, Debug)]
struct Visits {
    calls: u32,
    last_ms: i64,
    last_call: CallId,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Visitors {
    of: HashMap<(CustomerId, Number), Visits>,
    /// Every visit of the last day, oldest first.
    order: VecDeque<(i64, CustomerId, Number)>,
}

impl Visitors {
    /// This number calls this firm: what there was before, in the last day. Calls that are not over yet do not count: a big office
    /// calls with one number from several desks.
    pub(crate) fn earlier(&mut self, unix_ms: i64, customer: CustomerId, number: Number) -> Option<Earlier> {
        self.forget(unix_ms);
        let before = self.of.get(&(customer, number))?;
        Some(Earlier { calls: before.calls, last_ms: before.last_ms, last_call: before.last_call.to_string() })
    }

    /// A call of this number to this firm, which came then, is over; or its caller is away, and it is told again when it is over.
    pub(crate) fn visited(&mut self, unix_ms: i64, customer: CustomerId, number: Number, call: CallId) {
        let visits = self.of.entry((customer, number)).or_insert(Visits { calls: 0, last_ms: 0, last_call: call });
        if visits.calls > 0 && visits.last_call == call {
            return;
        }
        visits.calls = visits.calls.saturating_add(1);
        if unix_ms >= visits.last_ms {
            (visits.last_ms, visits.last_call) = (unix_ms, call);
        }
        self.order.push_back((unix_ms, customer, number));
        self.forget(unix_ms);
    }

    /// Calls of earlier processes, in any order.
    pub(crate) fn restore(&mut self, unix_ms: i64, calls: &[PastCall]) {
        for past in calls {
            let key = (past.customer, past.caller);
            let visits = self.of.entry(key).or_insert(Visits { calls: 0, last_ms: i64::MIN, last_call: past.call });
            visits.calls = visits.calls.saturating_add(1);
            if past.arrived_ms >= visits.last_ms {
                (visits.last_ms, visits.last_call) = (past.arrived_ms, past.call);
            }
            self.order.push_back((past.arrived_ms, past.customer, past.caller));
        }
        // Calls of this process may be among the newest already.
        self.order.make_contiguous().sort_unstable();
        self.forget(unix_ms);
    }

    /// Forgets visits of more than a day ago, and the oldest ones beyond the limit.
    fn forget(&mut self, unix_ms: i64) {
        let is_old = |at: i64| unix_ms.saturating_sub(at) >= EARLIER_MS;
        while let Some((at, customer, number)) = self.order.front().copied() {
            if !is_old(at) && self.order.len() <= VISITORS_MAX {
                break;
            }
            self.order.pop_front();
            if let Some(visits) = self.of.get_mut(&(customer, number)) {
                visits.calls = visits.calls.saturating_sub(1);
                if visits.calls == 0 {
                    self.of.remove(&(customer, number));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRM: CustomerId = CustomerId(1);

    #[test]
    fn f09_a_call_counts_for_a_day_and_for_its_firm() {
        let (one, other): (Number, Number) = ("09011112222".parse().unwrap(), "09033334444".parse().unwrap());
        let mut visitors = Visitors::default();
        let counted = |visitors: &mut Visitors, at, firm, number| {
            visitors.earlier(at, firm, number).map(|earlier| (earlier.calls, earlier.last_ms, earlier.last_call))
        };
        assert_eq!(counted(&mut visitors, 0, FIRM, one), None);
        visitors.visited(0, FIRM, one, CallId(1));
        assert_eq!(counted(&mut visitors, 1, FIRM, other), None);
        assert_eq!(counted(&mut visitors, 1, CustomerId(2), one), None, "another firm's business");
        assert_eq!(counted(&mut visitors, EARLIER_MS - 1, FIRM, one), Some((1, 0, CallId(1).to_string())));
        visitors.visited(EARLIER_MS - 1, FIRM, one, CallId(4));
        // The first is a day old now; the second counts on.
        assert_eq!(counted(&mut visitors, EARLIER_MS, FIRM, one), Some((1, EARLIER_MS - 1, CallId(4).to_string())));
        assert_eq!(counted(&mut visitors, 3 * EARLIER_MS, FIRM, one), None);
        assert!(visitors.of.is_empty() && visitors.order.is_empty());
    }

    #[test]
    fn f09_what_an_earlier_process_saw_counts_as_if_this_one_had() {
        let number: Number = "09011112222".parse().unwrap();
        let past = |call, arrived_ms| PastCall { call: CallId(call), customer: FIRM, caller: number, arrived_ms };
        let mut visitors = Visitors::default();
        visitors.visited(EARLIER_MS, FIRM, number, CallId(9));
        visitors.restore(EARLIER_MS, &[past(3, 30), past(1, 10), past(2, 20)]);
        let earlier = visitors.earlier(EARLIER_MS + 5, FIRM, number).unwrap();
        assert_eq!((earlier.calls, earlier.last_call), (4, CallId(9).to_string()));
        // They become a day old one after the other, whatever the order in which they were told.
        for (at, calls) in [(10, 3), (20, 2), (30, 1)] {
            assert_eq!(visitors.earlier(EARLIER_MS + at, FIRM, number).map(|earlier| earlier.calls), Some(calls));
        }
    }

    #[test]
    fn f09_what_is_remembered_is_limited() {
        let mut visitors = Visitors::default();
        for n in 0..VISITORS_MAX + 10 {
            let number: Number = format!("0901{n:07}").parse().unwrap();
            visitors.visited(i64::try_from(n).unwrap(), FIRM, number, CallId(1));
        }
        assert_eq!((visitors.of.len(), visitors.order.len()), (VISITORS_MAX, VISITORS_MAX));
    }
}
