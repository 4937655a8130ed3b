//! Another phone of the same operator takes the call over: an INVITE with Replaces (RFC 3891). On the line it takes the
//! place of the phone that talks; while it still rings it answers for it. Nobody takes a colleague's call: who rings is the queue's to say.

use std::time::Instant;

use acd::OperatorId;
use endpoint::{Incoming, LegId, Order, Reason};

use super::arrive::refuse;
use super::transfer::feature_code::Keys;
use super::{Call, ELSEWHERE, Phase, Talk};
use crate::board::Board;
use crate::leg::{LEAVING_MAX, Leg, Role, Signalling};

/// What the phone is told whose place is taken.
const TAKEN_OVER: Reason = Reason { cause: 200, text: "Call taken over" };

impl Call {
    /// `old` is the leg that the INVITE names.
    pub(crate) fn take_over(
        &mut self,
        board: &mut Board,
        now: Instant,
        who: OperatorId,
        incoming: &Incoming,
        old: LegId,
    ) {
        let own = self.leg(old).filter(|leg| leg.role == Role::Operator(who));
        let rings = own.is_some_and(Leg::is_early) && self.is_queued();
        let talks = own.is_some_and(Leg::is_up) && self.talk().is_some_and(|talk| talk.leg == old);
        if !rings && !talks {
            return refuse(board, incoming.leg, 403);
        }
        let id = incoming.leg;
        let leg = (id, Role::Operator(who), who.to_string(), incoming.sip_call_id.as_str());
        let terms = board.operator_terms(who);
        if self.add_leg(board, now, leg, Some(incoming.from_ip), terms).is_none() {
            return refuse(board, id, 503);
        }
        let answer = match (self.leg_mut(id), &incoming.offer) {
            (Some(leg), Some(offer)) => leg.description.answer(offer),
            (Some(leg), None) => Ok(leg.description.offer()),
            (None, _) => Err(500),
        };
        let is_late = |board: &mut Board| rings && board.queue.answered(now, self.id, who).is_err();
        let answer = answer.and_then(|answer| if is_late(board) { Err(486) } else { Ok(answer) });
        match answer {
            Ok(body) => self.seat(board, now, who, (id, body), old),
            Err(status) => {
                refuse(board, id, status);
                if let Some(leg) = self.leg_mut(id) {
                    leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
                    leg.close(board, now);
                }
            }
        }
    }

    /// The new leg in the old one's place.
    fn seat(
        &mut self,
        board: &mut Board,
        now: Instant,
        who: OperatorId,
        (id, body): (LegId, bytes::Bytes),
        old: LegId,
    ) {
        board.order(Order::Couple { one: self.caller, other: id });
        board.order(Order::Answer { leg: id, body });
        if let Some(leg) = self.leg_mut(id) {
            leg.signalling = Signalling::Up;
            let index = leg.index;
            self.story.leg_answered(now, index);
        }
        match self.talk_mut() {
            Some(talk) => {
                talk.leg = id;
                self.drop_leg(board, now, old, Some(TAKEN_OVER), "replaced");
                self.negotiated(board, id);
                self.changed(board, "taken_over", "");
            }
            None => {
                self.drop_leg(board, now, old, Some(ELSEWHERE), "answered_elsewhere");
                let talk = Talk { operator: who, leg: id, held: false, muted: false, keys: Keys::default() };
                if matches!(self.phase, Phase::Away(_)) {
                    return self.turn_comes(board, now, talk);
                }
                self.phase = Phase::Talking(talk);
                self.answer_caller(board, now);
                self.negotiated(board, id);
                self.tell_answered(board, now, who);
            }
        }
    }
}
