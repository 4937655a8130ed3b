//! The caller's number is called, for an operator who waits: reached and joined, or not, and then the operator is free at once.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use acd::OperatorId;
use endpoint::{LegId, Order, Rejection, TrunkId};

use super::super::outgoing::{Outgoing, why_not};
use super::super::record::{Fact, operator};
use super::super::{Call, Phase, Talk};
use super::{Away, CallingBack, REST, RING, TRIES_MAX, Turn};
use crate::board::Board;
use crate::leg::{Leg, Role, Signalling};

impl Call {
    /// An operator takes the turn: the caller is called.
    pub(in crate::call) fn turn_comes(&mut self, board: &mut Board, now: Instant, talk: Talk) {
        let (who, leg) = (talk.operator, talk.leg);
        self.negotiated(board, leg);
        self.whisper_name(board, now, leg, who);
        let Phase::Away(away) = &mut self.phase else { return };
        let number = away.number;
        let calling = CallingBack { talk, trunks: VecDeque::new(), is_dialled: false, until: now + RING };
        away.turn = Turn::Calling(Box::new(calling));
        self.story.tell(now, Fact::CallbackBegun { operator: operator(who), number: number.digits().to_string() });
        self.changed(board, "calling_back", "");
        if self.within_caps(board, now).is_err() {
            return self.not_reached(board, now, "over_limit");
        }
        let trunks = board.trunks_for_calling(now);
        self.call_caller(board, now, trunks, false);
    }

    /// Calls the caller over the first of these trunks.
    fn call_caller(&mut self, board: &mut Board, now: Instant, mut trunks: VecDeque<TrunkId>, again: bool) {
        let Phase::Away(away) = &self.phase else { return };
        let to = Outgoing { role: Role::Caller, number: away.number, redirected: None };
        let Some((leg, _)) = self.call_out(board, now, to, &mut trunks, again) else {
            return self.not_reached(board, now, "no_trunk");
        };
        self.caller = leg;
        if let Phase::Away(away) = &mut self.phase {
            away.is_dialled = true;
            if let Some(calling) = away.calling_mut() {
                (calling.trunks, calling.is_dialled) = (trunks, true);
            }
        }
    }

    /// 18x from the caller's phone.
    pub(crate) fn caller_rings(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_early() && !leg.rang()) else { return };
        leg.signalling = Signalling::Early { rang: true };
        self.story.tell(now, Fact::CallerRinging {});
        self.changed(board, "caller_rings", "");
    }

    /// The caller has picked up, or a mailbox has: the operator hears it.
    pub(crate) fn caller_answers(&mut self, board: &mut Board, now: Instant, id: LegId, body: &[u8], from_ip: IpAddr) {
        match self.outside_answers(board, now, id, body, from_ip) {
            None => return,
            Some(false) => return self.not_reached(board, now, "bad_answer"),
            Some(true) => {}
        }
        let talk = match self.take_phase(now) {
            Phase::Away(away) => match away.turn {
                Turn::Calling(calling) => calling.talk,
                turn @ (Turn::Queued | Turn::Resting { .. } | Turn::OnTheLine) => {
                    // Nobody of ours is there: a leg without its place.
                    self.phase = Phase::Away(Box::new(Away { turn, ..*away }));
                    return self.drop_leg(board, now, id, None, "too_late");
                }
            },
            other @ (Phase::Waiting(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_)) => {
                self.phase = other;
                return self.drop_leg(board, now, id, None, "too_late");
            }
            other @ (Phase::Bridged { .. } | Phase::Over { .. }) => {
                self.phase = other;
                return self.drop_leg(board, now, id, None, "too_late");
            }
        };
        let (who, leg) = (talk.operator, talk.leg);
        self.pre_connect(board, who);
        self.phase = Phase::Talking(talk);
        board.order(Order::Couple { one: id, other: leg });
        self.forget_promise(board);
        self.resume_after_callback(board, now);
        if self.is_connected() {
            self.negotiated(board, id);
        }
        self.answer_caller(board, now);
        self.story.tell(now, Fact::CallbackReached {});
        self.tell_answered(board, now, who);
    }

    /// The caller's phone does not take the call.
    pub(crate) fn caller_rejects(&mut self, board: &mut Board, now: Instant, id: LegId, rejection: &Rejection) {
        let was_wanted = self.leg(id).is_some_and(Leg::is_early);
        let trunk = self.leg(id).and_then(|leg| leg.trunk);
        let word = why_not(rejection.status);
        self.leg_is_gone(board, now, id, rejection.status, word);
        if !was_wanted || self.caller != id {
            return;
        }
        if let (true, Some(seconds), Some(trunk)) = (rejection.try_next_trunk, rejection.retry_after, trunk) {
            board.rest_trunk(now, trunk, seconds);
        }
        let others = match &mut self.phase {
            Phase::Away(away) => away.calling_mut().map(|calling| std::mem::take(&mut calling.trunks)),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_) => None,
            Phase::Bridged { .. } | Phase::Over { .. } => None,
        };
        match others.filter(|others| rejection.try_next_trunk && !others.is_empty()) {
            Some(others) => self.call_caller(board, now, others, true),
            None => self.not_reached_or_never(board, now, word, is_final(rejection.status)),
        }
    }

    /// The caller was not reached, or the operator did not wait for it: the operator is free, and the turn comes again later.
    pub(in crate::call) fn not_reached(&mut self, board: &mut Board, now: Instant, why: &str) {
        self.not_reached_or_never(board, now, why, false);
    }

    /// The same; `never`: nobody will be reached there, however often it is tried.
    fn not_reached_or_never(&mut self, board: &mut Board, now: Instant, why: &str, never: bool) {
        let Some((who, is_dialled)) = self.leave_caller(board, now, why) else { return };
        // Nothing was spoken: there is no report to be written.
        board.queue.released(now, who);
        let Phase::Away(away) = &mut self.phase else { return };
        away.tries = away.tries.saturating_add(u8::from(is_dialled));
        let (tries, is_superseded) = (away.tries, away.is_superseded);
        away.turn = if is_superseded { Turn::OnTheLine } else { Turn::Resting { until: now + REST } };
        self.story.tell(now, Fact::CallbackFailed { why: why.to_owned(), tries });
        self.changed(board, "callback_failed", why);
        if !is_superseded && (never || tries >= TRIES_MAX || board.draining) {
            self.promise_is_broken(board, now, "callback_failed");
        }
    }

    /// The operator's phone is off the line before the caller has answered.
    pub(in crate::call) fn operator_left_callback(&mut self, board: &mut Board, now: Instant, is_lost: bool) {
        if !is_lost {
            return self.not_reached(board, now, "operator_hung_up");
        }
        let Some((who, _)) = self.leave_caller(board, now, "operator_lost") else { return };
        board.queue.released(now, who);
        match &mut self.phase {
            Phase::Away(away) if away.is_superseded => away.turn = Turn::OnTheLine,
            Phase::Away(_) if board.draining => self.promise_is_broken(board, now, "callback_failed"),
            Phase::Away(_) | Phase::Waiting(_) | Phase::Alone(_) => self.turn_again(board, now),
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {}
        }
    }

    /// Hangs up on both ends of a call back that is being made. Gives the operator, and whether the caller was dialled.
    fn leave_caller(&mut self, board: &mut Board, now: Instant, why: &str) -> Option<(OperatorId, bool)> {
        let Phase::Away(away) = &mut self.phase else { return None };
        let turn = std::mem::replace(&mut away.turn, Turn::Resting { until: now + REST });
        let (talk, is_dialled) = match turn {
            Turn::Calling(calling) => (calling.talk, calling.is_dialled),
            Turn::Queued | Turn::Resting { .. } | Turn::OnTheLine => {
                away.turn = turn;
                return None;
            }
        };
        let gone = [self.caller, talk.leg].into_iter().filter(|id| self.leg(*id).is_some_and(Leg::is_there));
        for leg in gone.collect::<Vec<_>>() {
            self.drop_leg(board, now, leg, None, why);
        }
        self.close_pop(board, now, talk.operator, why);
        Some((talk.operator, is_dialled))
    }

    fn resume_after_callback(&mut self, board: &mut Board, now: Instant) {
        if self.pause.is_some() {
            self.turn_pause(board, now, false, "callback");
        }
    }
}

/// Whoever says so once says it the next time: no such number (404, 410, 484), or a person who does not want the call (603, 607).
const fn is_final(status: u16) -> bool {
    matches!(status, 404 | 410 | 484 | 603 | 607)
}
