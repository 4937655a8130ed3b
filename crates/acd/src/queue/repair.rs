//! What should never be needed: mends what the audit finds, so that a mistake of ours costs a phone call, not a day.

use super::Queue;
use crate::roster::{Activity, Post};
use crate::{CallId, Effect, OperatorId, Violation, Why};
use std::time::Instant;

impl Queue {
    /// Checks all promises as [`Queue::audit`] does, and mends what is broken: offers that only one side knows of end,
    /// lists and timers are built anew from what operators and calls are, and whoever was forgotten is found something to
    /// do. Gives what was broken. Linear in operators and waiting calls, so for once a second.
    pub fn repair(&mut self, now: Instant) -> Vec<Violation> {
        let found = self.audit();
        if found.is_empty() {
            return found;
        }
        self.mend_winners();
        self.mend_offers(now);
        self.roster.list_anew();
        self.line.list_anew();
        self.mend_timers();
        for call in self.line.ids() {
            self.take_steps(now, call);
            self.find_operators_for(now, call);
        }
        self.after(now);
        found
    }

    /// A winner is who talks.
    fn mend_winners(&mut self) {
        let talks_in = |post: &Post| match post.activity {
            Activity::Talking { call, .. } => Some(call),
            Activity::LoggedOut
            | Activity::NotReady { .. }
            | Activity::Idle
            | Activity::Offered { .. }
            | Activity::WrappingUp { .. } => None,
        };
        let roster = &self.roster;
        self.winners.retain(|call, operator| roster.get(*operator).and_then(talks_in) == Some(*call));
    }

    /// An offer is one that operator and call know of.
    fn mend_offers(&mut self, now: Instant) {
        let of_operators: Vec<(CallId, OperatorId)> =
            self.roster.posts().filter_map(|post| Some((post.offered()?, post.operator.id))).collect();
        for (call, operator) in of_operators {
            if !self.line.get(call).is_some_and(|entry| entry.is_offered_to(operator)) {
                self.effects.push_back(Effect::Withdraw { call, operator, why: Why::OperatorLeft });
                self.act(now, operator, Activity::Idle);
            }
        }
        let of_calls: Vec<(CallId, OperatorId)> =
            self.line.in_order().flat_map(|entry| entry.offered().map(|operator| (entry.call(), operator))).collect();
        for (call, operator) in of_calls {
            if self.offered_to(operator) != Some(call) {
                self.effects.push_back(Effect::Withdraw { call, operator, why: Why::OperatorLeft });
                self.line.change(call, |entry| entry.ask_no_more(operator));
            }
        }
    }

    /// A timer is what a state says that it waits for; a state that should wait for one and does not, gets one.
    fn mend_timers(&mut self) {
        for call in self.line.ids() {
            self.line.change(call, |entry| {
                if !entry.rests() {
                    entry.restart = None;
                }
            });
        }
        self.timers.clear();
        let of_operators = self.roster.posts().filter_map(Post::deadline);
        let of_calls = self.line.in_order().flat_map(|entry| entry.deadlines());
        for (at, timer) in of_operators.chain(of_calls).collect::<Vec<_>>() {
            self.timers.set(at, timer);
        }
    }
}
