//! What must always be true of all calls together. Checked after every step in tests, and now and then in service.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use acd::OperatorId;

use crate::call::{Call, Phase};
use crate::calls::{Calls, is_alive};
use crate::desk::SuperviseMode;
use crate::leg::{Leg, Role, Voice};

impl Calls {
    /// Broken invariants; empty is right.
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut broken: Vec<String> =
            self.board.queue.audit().iter().map(|violation| format!("{violation:?}")).collect();
        self.audit_operators(&mut broken);
        self.audit_legs(&mut broken);
        for call in self.calls.values() {
            audit_call(call, &mut broken);
        }
        broken
    }

    /// Mends the queue, and where the queue and the calls do not agree: who talks is who is in a call, who waits is a call
    /// that waits.
    pub(crate) fn repair(&mut self, now: Instant) {
        self.board.queue.repair(now);
        let talks = |who: OperatorId, call: &Call| {
            let guest = call.supervision.as_ref().map(|visit| visit.operator);
            call.talk().is_some_and(|talk| talk.operator == who) || guest == Some(who)
        };
        let talking = self.board.queue.operators().filter(|operator| operator.talking);
        let talking: Vec<_> = talking.filter_map(|operator| Some((operator.operator, operator.call?))).collect();
        for (who, call) in talking {
            if !self.calls.get(&call).is_some_and(|call| talks(who, call)) {
                self.board.queue.cleared(now, who);
            }
        }
        let queued: BTreeSet<_> = self.board.queue.waiting().map(|waiting| waiting.call).collect();
        let waiting = self.calls.values().filter(|call| call.is_queued());
        let waiting: BTreeSet<_> = waiting.map(|call| call.id).collect();
        for call in queued.difference(&waiting) {
            self.board.queue.withdraw(now, *call);
        }
        for call in waiting.difference(&queued) {
            // No room in the queue: the next look tries again.
            self.with_call(now, *call, |call, board| {
                let _ = call.enqueue(board, now, true);
            });
        }
        self.run_queue(now);
    }

    /// No operator in two calls, and the queue knows who talks where.
    fn audit_operators(&self, broken: &mut Vec<String>) {
        let mut talking: BTreeMap<OperatorId, &Call> = BTreeMap::new();
        for call in self.calls.values() {
            let guest = call.supervision.as_ref().map(|visit| visit.operator);
            for who in call.talk().map(|talk| talk.operator).into_iter().chain(guest) {
                if let Some(other) = talking.insert(who, call) {
                    broken.push(format!("operator {who} is in {} and {}", other.id, call.id));
                }
            }
        }
        for operator in self.board.queue.operators() {
            let here = talking.get(&operator.operator).map(|call| call.id);
            let there = operator.call.filter(|_| operator.talking);
            if here != there {
                broken.push(format!("operator {}: talks in {here:?}, in {there:?} says the queue", operator.operator));
            }
        }
        let in_queue: BTreeSet<_> = self.board.queue.waiting().map(|waiting| waiting.call).collect();
        let waiting = self.calls.values().filter(|call| call.is_queued());
        let here: BTreeSet<_> = waiting.map(|call| call.id).collect();
        let is_promised = |call: &Call| match &call.phase {
            Phase::Away(_) => true,
            Phase::Waiting(lobby) => lobby.is_promised(),
            Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {
                false
            }
        };
        for id in self.board.promises.open() {
            if !self.calls.get(&id).is_some_and(is_promised) {
                broken.push(format!("{id} is to be called back, and does not wait for it"));
            }
        }
        for call in here.symmetric_difference(&in_queue) {
            broken.push(format!("{call} waits here or in the queue, not in both"));
        }
    }

    /// Every leg belongs to a call, every port in use to a leg.
    fn audit_legs(&self, broken: &mut Vec<String>) {
        for (leg, call) in &self.board.legs {
            if self.calls.get(call).and_then(|call| call.leg(*leg)).is_none() {
                broken.push(format!("{leg} belongs to no call"));
            }
        }
        let holds = |leg: &Leg, port: u16| leg.local.port() == port && leg.voice != Voice::Closed;
        for (port, leg) in self.board.ports.used() {
            let call = self.board.legs.get(&leg).and_then(|call| self.calls.get(call));
            let known = call.and_then(|call| call.leg(leg)).or_else(|| self.other_leg(leg));
            if !known.is_some_and(|leg| holds(leg, port)) {
                broken.push(format!("port {port} belongs to no leg"));
            }
        }
        let legs = self.calls.values().flat_map(|call| &call.legs).chain(self.notice_legs());
        for (id, load) in &self.board.load {
            let used = legs.clone().filter(|leg| leg.trunk == Some(*id)).count();
            if used != usize::from(*load) {
                broken.push(format!("trunk {} is counted {load} times and used {used} times", id.0));
            }
        }
    }
}

/// One winner, and every leg that is alive has its place in the phase.
fn audit_call(call: &Call, broken: &mut Vec<String>) {
    for leg in call.legs.iter().filter(|leg| is_alive(leg.signalling)) {
        let has_place = match (&call.phase, leg.role) {
            (Phase::Over { .. }, _) => false,
            (_, Role::Caller) => leg.id == call.caller,
            (_, Role::Supervisor(who)) => {
                call.supervision.as_ref().is_some_and(|visit| visit.leg == leg.id && visit.operator == who)
            }
            (Phase::Waiting(_), Role::Operator(_)) => leg.is_early(),
            (Phase::Away(away), Role::Operator(_)) => match away.calling() {
                Some(calling) => calling.talk.leg == leg.id,
                None => leg.is_early() && away.is_queued(),
            },
            (Phase::Talking(talk), Role::Operator(who)) => talk.leg == leg.id && talk.operator == who,
            (Phase::Passing(passing), Role::Operator(_)) => {
                passing.operator.as_ref().is_some_and(|talk| talk.leg == leg.id)
            }
            (Phase::Passing(passing), Role::Second(_)) => passing.ear() == Some(leg.id),
            (Phase::Passing(passing), Role::Target) => passing.stage.leg() == leg.id,
            (Phase::Bridged { target }, Role::Target) => *target == leg.id,
            (
                Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Talking(_),
                Role::Second(_) | Role::Target,
            )
            | (Phase::Alone(_), Role::Operator(_))
            | (Phase::Bridged { .. }, Role::Operator(_) | Role::Second(_)) => false,
        };
        if !has_place {
            broken.push(format!("{} ({:?}) has no place in {} ({:?})", leg.id, leg.role, call.id, call.state()));
        }
    }
    let guest = call.supervision.as_ref().map(|visit| visit.leg);
    if guest.is_some_and(|guest| !call.leg(guest).is_some_and(|leg| is_alive(leg.signalling))) {
        broken.push(format!("{} has a supervisor without a leg", call.id));
    }
    let is_taped = |leg: &&Leg| leg.taped && matches!(leg.role, Role::Supervisor(_)) && is_alive(leg.signalling);
    let joins = call.supervision.as_ref().is_some_and(|visit| visit.mode == SuperviseMode::Join);
    if !joins && call.legs.iter().any(|leg| is_taped(&leg)) {
        broken.push(format!("{} records a supervisor whom the caller does not hear", call.id));
    }
    let is_over = matches!(call.phase, Phase::Over { .. });
    if let Phase::Away(away) = &call.phase {
        let is_called = call.leg(call.caller).is_some_and(|leg| is_alive(leg.signalling));
        if is_called != away.calling().is_some() {
            broken.push(format!("{}: a caller who is away is on the line, or one who is called back is not", call.id));
        }
        return;
    }
    if !is_over && !call.leg(call.caller).is_some_and(|leg| is_alive(leg.signalling)) {
        broken.push(format!("{} has lost its caller", call.id));
    }
    if !is_over && call.is_connected() != call.is_up(call.caller) {
        broken.push(format!("{}: the caller's leg and the record do not agree on the answer", call.id));
    }
}
