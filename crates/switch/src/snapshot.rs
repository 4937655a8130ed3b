//! Calls, operators and trunks as they are now, for whoever opens a screen.

use std::sync::Arc;
use std::time::Instant;

use acd::Tier;

use crate::call::record::milliseconds;
use crate::call::{Call, Phase, Tape};
use crate::calls::{Calls, state_words};
use crate::desk::{CallNow, OperatorNow, Snapshot, SupervisorNow, TrunkNow, WAITING_MAX, WaitingNow};
use crate::directory::CustomerId;
use crate::io::Event;
use crate::promise::{RING_MS, Today, Visit, day_begins_ms};

impl Calls {
    /// Everything, oldest call first, operators by id.
    pub(crate) fn snapshot(&self, now: Instant) -> Snapshot {
        let today = self.today(now, 0);
        let live = self.calls.values().filter(|call| !matches!(call.phase, Phase::Over { .. }));
        let names = &self.board.directory.operators;
        let operators = self.board.queue.operators().map(|operator| {
            let (state, reason) = state_words(operator.state);
            let tier = match operator.tier {
                Tier::Operator => "operator",
                Tier::Supervisor => "supervisor",
                Tier::Manager => "manager",
            };
            OperatorNow {
                operator: operator.operator.0,
                name: names.get(&operator.operator).map(|known| known.name.clone()).unwrap_or_default(),
                state: state.to_owned(),
                reason,
                reachable: operator.reachable,
                for_ms: milliseconds(operator.since, now),
                tier: tier.to_owned(),
                teams: operator.teams,
                wrap_up_left_ms: operator.wrap_up_until.map(|until| milliseconds(now, until)),
                report_open: operator.report_open,
                reports_open: operator.reports_open,
                calls_today: operator.calls_today,
                talk_today_ms: i64::try_from(operator.talk_today.as_millis()).unwrap_or(i64::MAX),
                call: operator.call.map(|call| call.to_string()),
            }
        });
        let since_ms = |id| self.board.trunk_turns.get(&id).map(|(since_ms, _)| *since_ms);
        let trunks = self.board.directory.trunks.iter().map(|trunk| TrunkNow {
            trunk: trunk.id.0,
            name: trunk.name.clone(),
            up: self.board.trunks.get(&trunk.id).copied().unwrap_or(false),
            down_since_ms: since_ms(trunk.id).filter(|_| self.board.outages.is_told(trunk.id)),
        });
        Snapshot {
            calls: live.map(|call| self.call_now(now, call)).collect(),
            operators: operators.collect(),
            trunks: trunks.collect(),
            waiting: self.waiting_now(now),
            today,
            counters: self.board.promise.counters,
        }
    }

    /// Today's figures, with the worst firms and with who waits.
    pub(crate) fn today(&self, now: Instant, firms: usize) -> Today {
        let unix_ms = self.board.unix_ms(now);
        let names = &self.board.directory.customers;
        let name = |id: i64| names.get(&CustomerId(id)).map(|firm| firm.name.clone()).unwrap_or_default();
        let today = self.board.promise.today(unix_ms, firms, name);
        Today { waiting: self.board.queue.waiting_count(), longest_waiting_ms: self.longest_waiting_ms(now), ..today }
    }

    /// Tells today's figures, if they have changed and it is time.
    pub(crate) fn tell_promise(&mut self, now: Instant) {
        if !self.board.promise.is_to_tell(now) {
            return;
        }
        let unix_ms = self.board.unix_ms(now);
        let total = self.board.promise.total(unix_ms);
        let (waiting, longest_waiting_ms) = (self.board.queue.waiting_count(), self.longest_waiting_ms(now));
        let from_ms = day_begins_ms(unix_ms);
        self.board.event(Event::Promise { from_ms, total, waiting, longest_waiting_ms });
    }

    /// The figures of today go on from what an earlier process has seen.
    pub(crate) fn restore(&mut self, now: Instant, visits: &[Visit]) {
        let unix_ms = self.board.unix_ms(now);
        let directory = Arc::clone(&self.board.directory);
        let team = |customer: Option<i64>| directory.customers.get(&CustomerId(customer?))?.team.as_deref();
        self.board.promise.restore(unix_ms, visits, team);
        self.tell_promise(now);
    }

    /// How long the caller has waited who has waited longest.
    fn longest_waiting_ms(&self, now: Instant) -> i64 {
        let calls = self.board.queue.waiting().filter_map(|waiting| self.calls.get(&waiting.call));
        // Who is to be called back is not on the line.
        let calls = calls.filter(|call| matches!(call.phase, Phase::Waiting(_)));
        calls.map(|call| call.waiting_ms(now)).max().unwrap_or(0)
    }

    /// Who waits, in order of service.
    fn waiting_now(&self, now: Instant) -> Vec<WaitingNow> {
        let waiting = (1..).zip(self.board.queue.waiting()).take(WAITING_MAX);
        let known = waiting.filter_map(|(position, waiting)| Some((position, self.calls.get(&waiting.call)?, waiting)));
        known
            .map(|(position, call, waiting)| {
                let record = &call.story.record;
                let waiting_ms = call.waiting_ms(now);
                WaitingNow {
                    call: call.id.to_string(),
                    customer: record.customer,
                    customer_name: record.customer_name.clone(),
                    caller: call.caller_shown(),
                    position,
                    priority: waiting.priority,
                    waiting_ms,
                    rings: waiting_ms.div_euclid(RING_MS),
                    again: record.operator.is_some(),
                    away: matches!(call.phase, Phase::Away(_)),
                    ringing: waiting.offered_to.iter().map(|operator| operator.0).collect(),
                }
            })
            .collect()
    }

    fn call_now(&self, now: Instant, call: &Call) -> CallNow {
        let record = &call.story.record;
        let names = &self.board.directory.operators;
        let supervisor = call.supervision.as_ref().map(|visit| SupervisorNow {
            operator: visit.operator.0,
            name: names.get(&visit.operator).map(|known| known.name.clone()).unwrap_or_default(),
            mode: visit.mode,
            on_the_line: call.is_up(visit.leg),
        });
        let silent = call.legs.iter().filter(|leg| leg.is_up() && leg.silent);
        let silent = silent.map(|leg| leg.role.word().to_owned());
        CallNow {
            call: call.id.to_string(),
            state: call.state(),
            customer: record.customer,
            customer_name: record.customer_name.clone(),
            caller: call.caller_shown(),
            operator: call.talk().map(|talk| talk.operator.0).or(record.operator),
            arrived_ms: record.arrived_ms,
            transfer: call.transfer_word().to_owned(),
            target: call.target_name().to_owned(),
            waiting: call.waiting_word().to_owned(),
            supervisor,
            muted: call.talk().is_some_and(|talk| talk.muted),
            recording_paused: call.pause.is_some(),
            recording_ms: call.recording_ms(now),
            silent: silent.collect(),
        }
    }
}

impl Call {
    /// The caller's number, or why there is none.
    fn caller_shown(&self) -> String {
        let caller = Some(self.story.caller_party()).filter(|caller| !caller.is_empty());
        caller.unwrap_or_else(|| self.story.record.withheld.clone())
    }

    /// How far the recording has come that is being made: its samples lie on this clock (R26).
    pub(crate) fn recording_ms(&self, now: Instant) -> Option<i64> {
        let since = self.story.connected.filter(|_| self.tape == Tape::Running)?;
        Some(milliseconds(since, now))
    }

    /// How long the caller waits: since our first 180, or since the operator is gone.
    fn waiting_ms(&self, now: Instant) -> i64 {
        milliseconds(self.waits_since, now)
    }
}
