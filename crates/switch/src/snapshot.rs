//! Calls, operators and trunks as they are now, for whoever opens a screen.

use std::time::Instant;

use acd::Tier;

use crate::call::record::milliseconds;
use crate::call::{Call, Phase};
use crate::calls::{Calls, state_words};
use crate::desk::{CallNow, OperatorNow, Snapshot, SupervisorNow, TrunkNow};

impl Calls {
    /// Everything, oldest call first, operators by id.
    pub(crate) fn snapshot(&self, now: Instant) -> Snapshot {
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
                calls_today: operator.calls_today,
                talk_today_ms: i64::try_from(operator.talk_today.as_millis()).unwrap_or(i64::MAX),
            }
        });
        let trunks = self.board.directory.trunks.iter().map(|trunk| TrunkNow {
            trunk: trunk.id.0,
            name: trunk.name.clone(),
            up: self.board.trunks.get(&trunk.id).copied().unwrap_or(false),
        });
        Snapshot {
            calls: live.map(|call| self.call_now(call)).collect(),
            operators: operators.collect(),
            trunks: trunks.collect(),
        }
    }

    fn call_now(&self, call: &Call) -> CallNow {
        let record = &call.story.record;
        let caller = record.legs.first().map(|caller| caller.party.clone()).filter(|caller| !caller.is_empty());
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
            caller: caller.unwrap_or_else(|| record.withheld.clone()),
            operator: call.talk().map(|talk| talk.operator.0).or(record.operator),
            arrived_ms: record.arrived_ms,
            transfer: call.transfer_word().to_owned(),
            waiting: call.waiting_word().to_owned(),
            supervisor,
            recording_paused: call.pause.is_some(),
            silent: silent.collect(),
        }
    }
}
