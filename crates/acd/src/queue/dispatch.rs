//! Who gets what: calls look for operators, operators look for calls.

use super::{Queue, REST_MIN, RING_MIN};
use crate::roster::Activity;
use crate::timers::Timer;
use crate::{CallId, Effect, OperatorId};
use std::time::Instant;

impl Queue {
    /// Offers the call to whom its plan chooses among those who are free. Whether anyone was chosen.
    pub(super) fn find_operators_for(&mut self, now: Instant, call: CallId) -> bool {
        let chosen = self.choose(call);
        for operator in &chosen {
            self.offer(now, call, *operator);
        }
        self.rest_if_declined_by_all(now, call);
        !chosen.is_empty()
    }

    fn choose(&self, call: CallId) -> Vec<OperatorId> {
        let Some(entry) = self.line.get(call) else { return Vec::new() };
        let preferred = entry.waiting.prefer.filter(|operator| {
            entry.offered.is_empty()
                && entry.is_new_to(*operator)
                && self.roster.is_idle(*operator)
                && self.roster.get(*operator).is_some_and(|post| post.suits(&entry.waiting.needs))
        });
        if let Some(operator) = preferred {
            return vec![operator];
        }
        let candidates = self.roster.idle_for(&entry.waiting.needs).map(|post| post.operator.id);
        let room = entry.width().saturating_sub(entry.offered.len());
        candidates.filter(|operator| entry.is_new_to(*operator)).take(room).collect()
    }

    /// Finds a free operator something to do. The plan of the first call that they suit has the choice, so it may be
    /// someone else's turn; that call is then served, and the next one is looked at.
    pub(super) fn find_call_for(&mut self, now: Instant, operator: OperatorId) {
        while self.roster.is_idle(operator) {
            let Some(post) = self.roster.get(operator) else { return };
            let Some(call) = self.line.first_for(operator, |needs| post.suits(needs)) else { return };
            if !self.find_operators_for(now, call) {
                return;
            }
        }
    }

    /// As above for several who came free at once, longest idle first.
    pub(super) fn find_calls_for(&mut self, now: Instant, mut freed: Vec<OperatorId>) {
        freed.sort_by_key(|operator| self.roster.get(*operator).map(|post| post.idle_since));
        for operator in freed {
            self.find_call_for(now, operator);
        }
    }

    fn offer(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        let Some(ring) = self.line.get(call).map(|entry| entry.waiting.ring.max(RING_MIN)) else { return };
        if !self.roster.is_idle(operator) {
            return; // a plan's mistake must not put an operator into two calls
        }
        let restart = self.line.change(call, |entry| {
            entry.offered.insert(operator);
            if entry.waiting.prefer != Some(operator) {
                entry.waiting.prefer = None;
            }
            entry.restart.take()
        });
        if let Some(at) = restart.flatten() {
            self.timers.cancel(at, Timer::RoundRestarts(call));
        }
        let until = now + ring;
        self.timers.set(until, Timer::OfferEnds(operator));
        self.act(now, operator, Activity::Offered { call, until, rings: false });
        self.effects.push_back(Effect::Offer { call, operator });
    }

    /// A call that all free operators have declined is offered to them again, but not in the same instant.
    fn rest_if_declined_by_all(&mut self, now: Instant, call: CallId) {
        let at = now + self.limits.rest.max(REST_MIN);
        let rests = self.line.change(call, |entry| {
            let rests = entry.offered.is_empty() && !entry.declined.is_empty() && entry.restart.is_none();
            if rests {
                entry.restart = Some(at);
            }
            rests
        });
        if rests == Some(true) {
            self.timers.set(at, Timer::RoundRestarts(call));
        }
    }
}
