//! One number after the other, one trunk after the other, until somebody picks up.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use endpoint::{LegId, Order, Redirected, Rejection, TrunkId};
use number::Number;

use super::super::outgoing::{Outgoing, why_not};
use super::super::record::Fact;
use super::super::{Call, Phase};
use super::policy::dialable;
use super::{Calling, Failure, Stage};
use crate::board::Board;
use crate::desk::{CommandError, TransferMode};
use crate::directory::Target;
use crate::leg::{Leg, Role, Signalling};
use crate::record::Tried;

/// A target rings at least and at most so long, whatever its row says.
const RING_SECONDS: std::ops::RangeInclusive<u16> = 5..=180;

impl Call {
    /// Calls the next target that can be called. `Err`: there is none.
    pub(super) fn dial(
        &mut self,
        board: &mut Board,
        now: Instant,
        targets: &mut VecDeque<Target>,
    ) -> Result<Stage, Failure> {
        let (name, number) = (String::new(), String::new());
        let mut failure = Failure { name, number, why: "no_target".to_owned(), status: 480 };
        while let Some(target) = targets.pop_front() {
            failure.name.clone_from(&target.name);
            failure.number.clone_from(&target.number);
            let Some(number) = dialable(&target.number) else {
                "not_dialable".clone_into(&mut failure.why);
                continue;
            };
            if let Err(CommandError::OverLimit(cap)) = self.within_caps(board, now) {
                cap.word().clone_into(&mut failure.why);
                failure.status = 403;
                break;
            }
            let seconds = target.ring_seconds.clamp(*RING_SECONDS.start(), *RING_SECONDS.end());
            let until = now + Duration::from_secs(u64::from(seconds));
            let mut trunks = board.trunks_for_calling(now);
            if let Some(leg) = self.call_over(board, now, &target, number, &mut trunks, false) {
                return Ok(Stage::Calling(Calling { leg, target, trunks, until }));
            }
            "no_trunk".clone_into(&mut failure.why);
            failure.status = 503;
        }
        Err(failure)
    }

    /// Calls the target over the first of the trunks, which is taken off the list. `again`: another trunk has failed.
    fn call_over(
        &mut self,
        board: &mut Board,
        now: Instant,
        target: &Target,
        number: Number,
        trunks: &mut VecDeque<TrunkId>,
        again: bool,
    ) -> Option<LegId> {
        let redirected = Some(Box::new(self.redirected()));
        let (id, trunk) =
            self.call_out(board, now, Outgoing { role: Role::Target, number, redirected }, trunks, again)?;
        let (name, number) = (target.name.clone(), target.number.clone());
        self.story.tell(now, Fact::TargetCalled { name, number: number.clone(), trunk: trunk.0 });
        self.changed(board, "target_called", &number);
        Some(id)
    }

    /// What a carrier may be told of the call that is passed on.
    fn redirected(&self) -> Redirected {
        let record = &self.story.record;
        let national = |text: &str| Number::parse(text, number::JAPAN).ok().map(Number::national);
        Redirected {
            dialled: national(&record.did).unwrap_or_default(),
            caller: national(&record.caller).filter(|_| record.withheld.is_empty()),
            withheld: !record.withheld.is_empty(),
            before: self.diversions,
        }
    }

    /// 18x from over there.
    pub(crate) fn target_rings(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_early() && !leg.rang()) else { return };
        leg.signalling = Signalling::Early { rang: true };
        let Phase::Passing(passing) = &self.phase else { return };
        let number = passing.stage.target().number.clone();
        let (second, refer) = (passing.second.as_ref().map(|second| second.leg), passing.refer);
        if let Some(second) = second.and_then(|second| self.leg_mut(second)).filter(|leg| leg.is_early() && !leg.rang())
        {
            second.signalling = Signalling::Early { rang: true };
            board.order(Order::Progress { leg: second.id, status: 180, body: None });
        }
        if let Some(refer) = refer {
            board.order(Order::ReferProgress { leg: refer, status: 180 });
        }
        self.story.tell(now, Fact::TargetRinging { number: number.clone() });
        self.changed(board, "target_ringing", &number);
    }

    /// Somebody, or something, has picked up over there.
    pub(crate) fn target_answers(&mut self, board: &mut Board, now: Instant, id: LegId, body: &[u8], from_ip: IpAddr) {
        match self.outside_answers(board, now, id, body, from_ip) {
            None => return,
            Some(false) => {
                self.drop_leg(board, now, id, None, "bad_answer");
                return self.target_left(board, now, id, "bad_answer");
            }
            Some(true) => self.negotiated(board, id),
        }
        let confirm_seconds = u64::from(board.directory.settings.confirm_seconds.max(1));
        let until = now + Duration::from_secs(confirm_seconds);
        let Phase::Passing(passing) = &mut self.phase else { return };
        let target = passing.stage.target().clone();
        let number = target.number.clone();
        let is_announced = passing.mode == TransferMode::Attended && passing.operator.is_some();
        passing.stage = if is_announced {
            Stage::Consulting { leg: id, target }
        } else {
            Stage::Confirming { leg: id, target, until }
        };
        if is_announced {
            self.answer_second(board, now);
        }
        self.story.tell(now, Fact::TargetAnswered { number: number.clone() });
        self.changed(board, "target_answered", &number);
    }

    /// Our INVITE to the target failed: another trunk if it was the trunk's fault, else the next target.
    pub(crate) fn target_rejects(&mut self, board: &mut Board, now: Instant, id: LegId, rejection: &Rejection) {
        let was_wanted = self.leg(id).is_some_and(Leg::is_early);
        let trunk = self.leg(id).and_then(|leg| leg.trunk);
        let word = why_not(rejection.status);
        self.leg_is_gone(board, now, id, rejection.status, word);
        if !was_wanted {
            return;
        }
        if let (true, Some(seconds), Some(trunk)) = (rejection.try_next_trunk, rejection.retry_after, trunk) {
            board.rest_trunk(now, trunk, seconds);
        }
        if rejection.try_next_trunk && self.next_trunk(board, now, id, rejection.status) {
            return;
        }
        self.next_target(board, now, id, word, rejection.status);
    }

    /// The same number over the next trunk (R32). Each trunk is tried once.
    fn next_trunk(&mut self, board: &mut Board, now: Instant, id: LegId, status: u16) -> bool {
        let Some(calling) = self.calling(id) else { return false };
        let (target, mut trunks) = (calling.target.clone(), std::mem::take(&mut calling.trunks));
        let Some(number) = dialable(&target.number) else { return false };
        let why = format!("trunk_{status}");
        self.story.tell(now, Fact::TargetFailed { number: target.number.clone(), why });
        let Some(leg) = self.call_over(board, now, &target, number, &mut trunks, true) else { return false };
        if let Some(calling) = self.calling(id) {
            calling.leg = leg;
            calling.trunks = trunks;
        }
        true
    }

    /// The attempt that this leg is.
    fn calling(&mut self, id: LegId) -> Option<&mut Calling> {
        match &mut self.phase {
            Phase::Passing(passing) => match &mut passing.stage {
                Stage::Calling(calling) if calling.leg == id => Some(calling),
                Stage::Calling(_) | Stage::Consulting { .. } | Stage::Confirming { .. } => None,
            },
            Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => None,
        }
    }

    /// This target is not to be had (`id` is its leg, already over or left): the next one, or nobody.
    pub(super) fn next_target(&mut self, board: &mut Board, now: Instant, id: LegId, why: &str, status: u16) {
        let Phase::Passing(passing) = &mut self.phase else { return };
        if passing.stage.leg() != id {
            return;
        }
        let Target { name, number, .. } = passing.stage.target().clone();
        let mut targets = std::mem::take(&mut passing.targets);
        self.was_tried(why);
        self.story.tell(now, Fact::TargetFailed { number: number.clone(), why: why.to_owned() });
        self.changed(board, "target_failed", why);
        match self.dial(board, now, &mut targets) {
            Ok(stage) => {
                if let Phase::Passing(passing) = &mut self.phase {
                    passing.stage = stage;
                    passing.targets = targets;
                }
            }
            Err(_) => self.transfer_fails(board, now, Failure { name, number, why: why.to_owned(), status }),
        }
    }

    /// Notes what became of whom is being tried.
    fn was_tried(&mut self, why: &str) {
        if let Phase::Passing(passing) = &mut self.phase {
            let Target { name, number, .. } = passing.stage.target().clone();
            passing.tried.push(Tried { name, number, why: why.to_owned() });
        }
    }

    /// The target's leg is over after it was answered.
    pub(crate) fn target_left(&mut self, board: &mut Board, now: Instant, id: LegId, how: &str) {
        match &self.phase {
            Phase::Bridged { target } if *target == id => self.end(board, now, "target_hung_up"),
            Phase::Passing(passing) if passing.stage.leg() == id => match &passing.stage {
                // Spoke with the operator and hung up: will not take the call, and nobody else is asked without a word.
                Stage::Consulting { target, .. } => {
                    let (name, number, why) = (target.name.clone(), target.number.clone(), how.to_owned());
                    self.was_tried(&why);
                    self.transfer_fails(board, now, Failure { name, number, why, status: 603 });
                }
                Stage::Confirming { .. } => self.next_target(board, now, id, "not_confirmed", 603),
                Stage::Calling(_) => self.next_target(board, now, id, how, 480),
            },
            Phase::Passing(_)
            | Phase::Bridged { .. }
            | Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Talking(_)
            | Phase::Over { .. } => {}
        }
    }
}
