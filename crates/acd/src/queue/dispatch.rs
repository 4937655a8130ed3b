//! Who gets what: calls look for operators, operators look for calls.

use super::{Queue, REST_MIN, RING_MAX, RING_MIN};
use crate::roster::Activity;
use crate::timers::Timer;
use crate::{CallId, Effect, OperatorId, Tier};
use std::collections::BTreeSet;
use std::time::Instant;

impl Queue {
    /// Offers the call to whom its plan chooses among those who are free. Whether anyone was chosen.
    pub(super) fn find_operators_for(&mut self, now: Instant, call: CallId) -> bool {
        let chosen = self.choose(call);
        let alone = chosen.len() == 1 && self.line.get(call).is_some_and(|entry| entry.is_silent());
        for operator in &chosen {
            self.offer(now, call, *operator, alone);
        }
        self.rest_if_declined_by_all(now, call);
        !chosen.is_empty()
    }

    /// Whose phones are to ring for the call, besides those that do: none, if nobody is free or enough ring.
    pub(crate) fn choose(&self, call: CallId) -> Vec<OperatorId> {
        let Some(entry) = self.line.get(call) else { return Vec::new() };
        let preferred = entry.waiting.prefer.filter(|operator| {
            entry.is_silent()
                && entry.is_new_to(*operator)
                && self.roster.is_idle(*operator)
                && self.roster.get(*operator).is_some_and(|post| entry.suits(post))
        });
        if let Some(operator) = preferred {
            return vec![operator];
        }
        let plan = entry.waiting.plan.rule();
        let room = entry.room();
        let mut chosen = Vec::new();
        if room.suited > 0 {
            let suited = self.roster.suited(plan, &entry.asked()).map(|post| post.operator.id);
            chosen.extend(suited.filter(|operator| entry.is_new_to(*operator)).take(room.suited));
        }
        let mut join = |count: usize, tier: Tier| {
            if count == 0 {
                return;
            }
            let before: BTreeSet<OperatorId> = chosen.iter().copied().collect();
            let others = self.roster.of_tier(plan, tier).map(|post| post.operator.id);
            let others = others.filter(|operator| entry.is_new_to(*operator) && !before.contains(operator));
            chosen.extend(others.take(count));
        };
        join(room.anyone, Tier::Operator);
        join(room.supervisors, Tier::Supervisor);
        join(room.managers, Tier::Manager);
        chosen
    }

    /// Finds a free operator something to do. The plan of the first call that they suit has the choice, so it may be
    /// someone else's turn; that call is then served, and the next one is looked at.
    pub(super) fn find_call_for(&mut self, now: Instant, operator: OperatorId) {
        while self.roster.is_idle(operator) {
            let Some(post) = self.roster.get(operator) else { return };
            let Some(call) = self.line.first_for(post) else { return };
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

    fn offer(&mut self, now: Instant, call: CallId, operator: OperatorId, alone: bool) {
        let Some(ring) = self.line.get(call).map(|entry| entry.waiting.ring.clamp(RING_MIN, RING_MAX)) else { return };
        if !self.roster.is_idle(operator) {
            return; // a plan's mistake must not put an operator into two calls
        }
        let Some(tier) = self.roster.get(operator).map(|post| post.operator.tier) else { return };
        let restart = self.line.change(call, |entry| {
            entry.ask(operator, tier);
            entry.restart.take()
        });
        if let Some(at) = restart.flatten() {
            self.timers.cancel(at, Timer::RoundRestarts(call));
        }
        let until = now + ring;
        self.timers.set(until, Timer::OfferEnds(operator));
        self.act(now, operator, Activity::Offered { call, since: now, until, rings: false, alone });
        let turn = self.roster.next_turn();
        self.roster.change(operator, |post| post.turn = turn);
        self.effects.push_back(Effect::Offer { call, operator });
    }

    /// All who are free are asked again.
    pub(super) fn begin_round(&mut self, call: CallId) {
        self.line.change(call, |entry| {
            entry.declined.clear();
            entry.restart = None;
            entry.rounds = entry.rounds.saturating_add(1);
        });
    }

    /// A call that all free operators have declined is offered to them again, but not in the same instant.
    fn rest_if_declined_by_all(&mut self, now: Instant, call: CallId) {
        let at = now + self.limits.rest.clamp(REST_MIN, RING_MAX);
        let rests = self.line.change(call, |entry| {
            let rests = entry.rests() && entry.restart.is_none();
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
