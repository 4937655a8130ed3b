//! New legs: a caller's, or an operator's phone that dials.

use std::time::Instant;

use acd::{CallId, OperatorId};
use endpoint::{Incoming, Source, TrunkId};

use super::Calls;
use super::errand::State;
use crate::call::arrive::{arrive, refuse, who_calls};
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
        if self.calls.len() >= self.board.calls_max {
            self.board.alarm(Alarm::Full { table: "calls".to_owned(), limit: self.board.calls_max });
            return refuse(&mut self.board, incoming.leg, 503);
        }
        let unix_ms = self.board.unix_ms(now);
        let mut id = CallId::new(unix_ms, self.board.random());
        while self.calls.contains_key(&id) {
            id = CallId::new(unix_ms, self.board.random());
        }
        let promised = self.promised_to(trunk, incoming);
        let since = promised.map(|(_, since)| since);
        let Some(call) = arrive(&mut self.board, now, (id, since), trunk, incoming) else { return };
        let waits = matches!(call.phase, Phase::Waiting(_));
        self.calls.insert(id, call);
        self.with_call(now, id, |_, _| {});
        // Not before: whoever is refused now still has the promise.
        if let Some((old, _)) = promised.filter(|_| waits) {
            self.with_call(now, old, |call, board| call.called_again(board, now));
        }
    }

    /// A caller to whom a call back was promised calls again: the call in which it was, and the place that the new one has.
    fn promised_to(&self, trunk: TrunkId, incoming: &Incoming) -> Option<(CallId, Instant)> {
        let (customer, number) = who_calls(&self.board, trunk, incoming)?;
        let old = self.board.promises.of(customer, number)?;
        Some((old, self.calls.get(&old)?.place_kept()?))
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
