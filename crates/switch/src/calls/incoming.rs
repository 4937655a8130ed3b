//! New legs: a caller's, or an operator's phone that dials.

use std::time::Instant;

use acd::OperatorId;
use endpoint::{Incoming, Source, TrunkId};

use super::Calls;
use super::errand::State;
use crate::call::arrive::{arrive, refuse, who_calls};
use crate::call::callback::StandsFor;
use crate::call::transfer::looks_like_a_number;
use crate::call::{Call, Phase};
use crate::directory::plain;
use crate::io::{Alarm, operator_of};

impl Calls {
    pub(super) fn incoming(&mut self, now: Instant, incoming: &Incoming) {
        match incoming.source {
            Source::Trunk(trunk) => self.caller_arrives(now, trunk, incoming),
            Source::Operator(account) => self.operator_dials(now, operator_of(account), incoming),
        }
        self.claim_traces(incoming.leg);
    }

    fn caller_arrives(&mut self, now: Instant, trunk: TrunkId, incoming: &Incoming) {
        if self.board.draining {
            return refuse(&mut self.board, incoming.leg, 503);
        }
        if self.board.directory.whose(trunk, &incoming.dialled).is_recordings_line {
            return self.dial_in(now, trunk, incoming);
        }
        if self.calls.len() >= self.board.calls_max {
            self.board.alarm(Alarm::Full { table: "calls".to_owned(), limit: self.board.calls_max });
            return refuse(&mut self.board, incoming.leg, 503);
        }
        let id = self.new_id(now);
        let promised = self.promised_to(trunk, incoming);
        let Some(call) = arrive(&mut self.board, now, (id, promised), trunk, incoming) else { return };
        let waits = matches!(call.phase, Phase::Waiting(_));
        self.calls.insert(id, call);
        // Not for whoever is refused now, or hears that the firm is closed: nothing has changed for the promise.
        if let Some((old, _)) = promised.filter(|_| waits) {
            self.with_call(now, old.call, |call, board| call.called_again(board, now));
        }
        self.with_call(now, id, |_, _| {});
    }

    /// A caller to whom a call back was promised calls again: the call in which it was, and the place that the new one has.
    fn promised_to(&self, trunk: TrunkId, incoming: &Incoming) -> Option<(StandsFor, Instant)> {
        let (customer, number) = who_calls(&self.board, trunk, incoming)?;
        let old = self.calls.get(&self.board.promises.of(customer, number)?)?;
        Some((old.stood_for()?, old.place_kept()?))
    }

    /// An operator's phone dials: a second call for the caller who waits, or nothing that we do (R03).
    fn operator_dials(&mut self, now: Instant, who: OperatorId, incoming: &Incoming) {
        if let Some(old) = incoming.replaces {
            return match self.board.legs.get(&old).copied() {
                Some(call) => {
                    self.with_call(now, call, |call, board| call.take_over(board, now, who, incoming, old));
                }
                None => refuse(&mut self.board, incoming.leg, 481),
            };
        }
        let codes = &self.board.directory.settings.feature_codes;
        if let Some(state) = State::dialled(&incoming.request_user, codes) {
            return self.run_errand(now, who, incoming, state);
        }
        let talking =
            self.board.queue.operator(who).filter(|operator| operator.talking).and_then(|operator| operator.call);
        // Whoever only supervises a call cannot pass it on.
        let is_theirs = |call: &Call| call.talk().is_some_and(|talk| talk.operator == who);
        match talking.filter(|call| self.calls.get(call).is_some_and(is_theirs)) {
            Some(call) => self.with_call(now, call, |call, board| call.second_call(board, now, who, incoming)),
            None if looks_like_a_number(&incoming.request_user) => {
                let number = plain(&incoming.request_user);
                self.board.alarm(Alarm::TollFraud { who: format!("operator {who}"), number });
                refuse(&mut self.board, incoming.leg, 403);
            }
            None => refuse(&mut self.board, incoming.leg, 404),
        }
    }
}
