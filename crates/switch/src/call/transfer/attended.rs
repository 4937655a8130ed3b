//! The operator speaks with the person first: join, give up, and the operator's own second call.

use std::time::Instant;

use acd::OperatorId;
use endpoint::{Incoming, LegId, Order};

use super::super::arrive::refuse;
use super::super::record::Fact;
use super::super::{Call, Phase};
use super::{Asked, Second, Stage};
use crate::board::Board;
use crate::desk::{CommandError, TransferMode};
use crate::leg::{LEAVING_MAX, Leg, Role, Signalling};

impl Call {
    /// The operator leaves: joins caller and person, or, while it still rings there, leaves the rest to us (then the person
    /// must press 1).
    pub(crate) fn complete_transfer(&mut self, board: &mut Board, now: Instant) -> Result<(), CommandError> {
        match &self.phase {
            Phase::Passing(passing) if passing.operator.is_some() => match &passing.stage {
                Stage::Consulting { .. } => self.bridge(board, now),
                Stage::Calling(_) | Stage::Confirming { .. } => self.hand_over(board, now),
            },
            Phase::Passing(_)
            | Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => {
                return Err(CommandError::WrongState(self.state()));
            }
        }
        Ok(())
    }

    /// The operator gives up: the person is hung up on, the caller is taken back.
    pub(crate) fn cancel_transfer(&mut self, board: &mut Board, now: Instant) -> Result<(), CommandError> {
        let target = match &self.phase {
            Phase::Passing(passing) if passing.operator.is_some() => passing.stage.leg(),
            Phase::Passing(_)
            | Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => {
                return Err(CommandError::WrongState(self.state()));
            }
        };
        self.finish_refer(board, 487);
        self.drop_leg(board, now, target, None, "cancelled");
        self.story.tell(now, Fact::TransferCancelled {});
        self.changed(board, "transfer_cancelled", "");
        self.back(board, now);
        Ok(())
    }

    /// The operator's phone is off the line while the caller is being passed on: what he or she has begun is brought to its
    /// end. Whoever has answered is joined with the caller; whoever still rings must press 1.
    pub(crate) fn operator_left_transfer(&mut self, board: &mut Board, now: Instant) {
        let Phase::Passing(passing) = &self.phase else { return };
        match &passing.stage {
            Stage::Consulting { .. } => self.bridge(board, now),
            Stage::Calling(_) | Stage::Confirming { .. } => self.hand_over(board, now),
        }
    }

    /// The operator's phone calls a number while its caller waits (attended transfer as softphones do it): the firm's
    /// numbers only (R03). The new leg becomes the operator's ear and mouth towards the person.
    pub(crate) fn second_call(&mut self, board: &mut Board, now: Instant, who: OperatorId, incoming: &Incoming) {
        let number = &incoming.request_user;
        let permitted = self.check_talking().and_then(|()| self.permitted(Some(number), false, None));
        let targets = match permitted {
            Ok(targets) => targets,
            Err(why) => {
                self.refused(board, now, &format!("operator {who}"), number, &why);
                return refuse(board, incoming.leg, 403);
            }
        };
        let leg = (incoming.leg, Role::Second(who), who.to_string(), incoming.sip_call_id.as_str());
        let terms = board.operator_terms(who);
        if self.add_leg(board, now, leg, Some(incoming.from_ip), terms).is_none() {
            return refuse(board, incoming.leg, 503);
        }
        let id = incoming.leg;
        let answer = match (self.leg_mut(id), &incoming.offer) {
            (Some(leg), Some(offer)) => leg.description.answer(offer),
            (Some(leg), None) => Ok(leg.description.offer()),
            (None, _) => Err(500),
        };
        let begun = answer.and_then(|answer| {
            let second = Some(Second { leg: id, answer });
            let asked = Asked { mode: TransferMode::Attended, by: "phone", reason: String::new(), second, refer: None };
            self.pass_on(board, now, asked, targets).map_err(|_| 503)
        });
        if let Err(status) = begun {
            refuse(board, id, status);
            if let Some(leg) = self.leg_mut(id) {
                leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
                leg.close(board, now);
            }
        }
    }

    /// The person has picked up: so does the operator's second call.
    pub(super) fn answer_second(&mut self, board: &mut Board, now: Instant) {
        let Phase::Passing(passing) = &self.phase else { return };
        let Some((id, body)) = passing.second.as_ref().map(|second| (second.leg, second.answer.clone())) else {
            return;
        };
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_early()) else { return };
        leg.signalling = Signalling::Up;
        let index = leg.index;
        board.order(Order::Answer { leg: id, body });
        self.story.leg_answered(now, index);
        self.negotiated(board, id);
    }

    /// The operator has hung up the second call: back to the caller.
    pub(crate) fn second_left(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let is_ear = matches!(&self.phase, Phase::Passing(passing) if passing.ear() == Some(id));
        if !is_ear {
            return;
        }
        let first_is_there = self.talk().and_then(|talk| self.leg(talk.leg)).is_some_and(Leg::is_up);
        if first_is_there && self.cancel_transfer(board, now).is_ok() {
            return;
        }
        self.operator_left_transfer(board, now);
    }
}
