//! What is known from before this process comes in, in parts; and the wall clock.

use std::time::Instant;

use acd::CallId;

use super::Calls;
use crate::call::{Call, Phase};
use crate::past::{Past, PastPromise};

impl Calls {
    /// A part of it.
    pub(crate) fn past(&mut self, now: Instant, past: Past) {
        match past {
            Past::Callers(callers) => {
                for (customer, number) in callers {
                    self.board.known.learn(customer, number);
                }
            }
            Past::AllCallers => self.board.known.complete(),
            Past::Visits(calls) => {
                let unix_ms = self.board.unix_ms(now);
                self.board.visitors.restore(unix_ms, &calls);
            }
            Past::Promises(promises) => {
                for promise in promises {
                    self.take_up(now, &promise);
                }
            }
        }
        self.run_queue(now);
    }

    /// The wall clock, as it is told.
    pub(crate) fn set_wall_clock(&mut self, now: Instant, unix_ms: i64) {
        self.board.set_wall_clock(now, unix_ms);
        self.tell_promise(now);
    }

    /// A promise that an earlier process could not keep. Nobody is called back who has called again meanwhile, and is there.
    fn take_up(&mut self, now: Instant, promise: &PastPromise) {
        if self.board.draining || self.calls.len() >= self.board.calls_max {
            return;
        }
        let id = self.new_id(now);
        let Some(old) = Call::taken_up(&mut self.board, now, id, promise) else { return };
        let stands_for = old.stood_for();
        self.calls.insert(id, old);
        if let Some(new) = self.waiting_call_of(promise) {
            self.with_call(now, id, |call, board| call.called_again(board, now));
            self.with_call(now, new, |call, _| call.stands_for = stands_for);
        } else {
            self.with_call(now, id, |_, _| {});
        }
    }

    /// Another call of this caller to this firm, who is on the line and waits.
    fn waiting_call_of(&self, promise: &PastPromise) -> Option<CallId> {
        let caller = promise.call.caller.digits().to_string();
        let waits = |call: &&Call| {
            let record = &call.story.record;
            let is_same = record.customer == Some(promise.call.customer.0) && record.caller == caller;
            is_same && matches!(call.phase, Phase::Waiting(_)) && call.stands_for.is_none()
        };
        self.calls.values().find(waits).map(|call| call.id)
    }
}
