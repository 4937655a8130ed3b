//! A supervisor on the line: listens, whispers to the operator, or joins. Who hears whom is [`super::listen`]'s to say.
//!
//! A supervisor is a guest: whatever happens to the guest's leg changes nothing for the caller, and the guest leaves with
//! the call. While it lasts the queue knows the supervisor as engaged, so that no phone of theirs rings for a caller.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use acd::OperatorId;
use endpoint::{Destination, Invite, LegId, Order, Rejection};

use super::record::{Fact, operator};
use super::{Call, Phase};
use crate::board::Board;
use crate::desk::{CommandError, Obstacle, SuperviseMode};
use crate::leg::{Leg, Role, Signalling};

/// A supervisor's phone that does not answer by itself rings no longer than this.
const RING_MAX: Duration = Duration::from_secs(30);

/// Before the firm's name in the display of the supervisor's phone: "listening".
const DISPLAY: &str = "聴取: ";

/// A supervisor's visit.
#[derive(Debug)]
pub(crate) struct Supervision {
    pub(crate) operator: OperatorId,
    pub(crate) leg: LegId,
    pub(crate) mode: SuperviseMode,
    /// The phone rings no longer than that.
    until: Instant,
}

impl Call {
    /// A supervisor wants to hear this call, or to hear it in another way.
    pub(crate) fn supervise(
        &mut self,
        board: &mut Board,
        now: Instant,
        who: OperatorId,
        mode: SuperviseMode,
    ) -> Result<(), CommandError> {
        if let Some(visit) = &mut self.supervision {
            if visit.operator != who {
                return Err(CommandError::CannotSupervise(Obstacle::Another));
            }
            if std::mem::replace(&mut visit.mode, mode) != mode {
                self.story.tell(now, Fact::SupervisionMode { operator: operator(who), mode });
                self.changed(board, "supervised", mode.word());
            }
            return Ok(());
        }
        match &self.phase {
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } => {}
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Over { .. } => {
                return Err(CommandError::WrongState(self.state()));
            }
        }
        let known = board.directory.operators.get(&who).ok_or(CommandError::UnknownOperator)?;
        let account = known.account.id;
        let phone = *board.phones.get(&who).ok_or(CommandError::CannotSupervise(Obstacle::NoPhone))?;
        if board.queue.operator(who).is_none_or(|operator| operator.talking) {
            return Err(CommandError::CannotSupervise(Obstacle::Busy));
        }
        let (peer, terms) = (Some(phone.address), board.operator_terms(who));
        let leg = self.new_leg(board, now, Role::Supervisor(who), peer, terms, who.to_string());
        let leg = leg.ok_or(CommandError::CannotSupervise(Obstacle::NoPort))?;
        board.queue.engaged(now, who, self.id);
        let (body, web_body) = match self.leg_mut(leg).map(|leg| &mut leg.description) {
            Some(ours) => (ours.offer(), if phone.has_browser { ours.browser_offer() } else { None }),
            None => Default::default(),
        };
        board.order(Order::Invite(Invite {
            leg,
            to: Destination::Account(account),
            display: format!("{DISPLAY}{}", self.display_name()),
            caller: self.caller_user(),
            withheld: !self.story.record.withheld.is_empty(),
            redirected: None,
            body,
            web_body,
            headers: Vec::from([("X-Denwaban-Call", self.id.to_string())]),
            max_forwards: self.hops,
            auto_answer: true,
            on_behalf_of: None,
        }));
        self.supervision = Some(Box::new(Supervision { operator: who, leg, mode, until: now + RING_MAX }));
        self.story.tell(now, Fact::SupervisionAsked { operator: operator(who), mode });
        self.changed(board, "supervisor_called", mode.word());
        Ok(())
    }

    /// The supervisor has heard enough.
    pub(crate) fn stop_supervising(
        &mut self,
        board: &mut Board,
        now: Instant,
        who: OperatorId,
    ) -> Result<(), CommandError> {
        if self.supervision.as_ref().is_none_or(|visit| visit.operator != who) {
            return Err(CommandError::CannotSupervise(Obstacle::NotThere));
        }
        self.supervision_over(board, now, "stopped");
        Ok(())
    }

    /// The supervisor's phone has picked up.
    pub(crate) fn supervisor_answers(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: LegId,
        body: &[u8],
        from_ip: IpAddr,
    ) {
        let Some(leg) = self.leg_mut(id) else { return };
        if !leg.is_early() {
            self.drop_leg(board, now, id, None, "too_late");
            return self.supervisor_left(board, now, id, "too_late");
        }
        leg.signalling = Signalling::Up;
        leg.from_ip = Some(from_ip);
        let index = leg.index;
        let agreed = leg.description.taken(body);
        self.story.leg_answered(now, index);
        if agreed.is_err() {
            return self.supervision_over(board, now, "bad_answer");
        }
        self.negotiated(board, id);
        let Some(visit) = &self.supervision else { return };
        let (who, mode) = (visit.operator, visit.mode);
        self.story.tell(now, Fact::SupervisionBegun { operator: operator(who), mode });
        self.changed(board, "supervised", mode.word());
    }

    /// The supervisor's phone does not want to, or cannot be reached.
    pub(crate) fn supervisor_rejects(&mut self, board: &mut Board, now: Instant, id: LegId, rejection: &Rejection) {
        let word = match rejection.status {
            486 | 600 => "busy",
            603 | 607 => "rejected",
            408 | 480 | 487 => "no_answer",
            _ => "unreachable",
        };
        self.leg_is_gone(board, now, id, rejection.status, word);
        self.supervisor_left(board, now, id, word);
    }

    /// The supervisor's leg is over.
    pub(crate) fn supervisor_left(&mut self, board: &mut Board, now: Instant, id: LegId, how: &str) {
        if self.supervision.as_ref().is_some_and(|visit| visit.leg == id) {
            self.supervision_over(board, now, how);
        }
    }

    /// The phone has rung long enough.
    pub(crate) fn supervision_timeout(&mut self, board: &mut Board, now: Instant) {
        if self.supervision_deadline().is_some_and(|due| due <= now) {
            self.supervision_over(board, now, "no_answer");
        }
    }

    /// Until when the supervisor's phone may ring.
    pub(crate) fn supervision_deadline(&self) -> Option<Instant> {
        let visit = self.supervision.as_ref()?;
        self.leg(visit.leg).filter(|leg| leg.is_early()).map(|_| visit.until)
    }

    /// Ends the visit, if there is one. The supervisor is as ready, or not, as before; there is no report to be written.
    pub(super) fn supervision_over(&mut self, board: &mut Board, now: Instant, why: &str) {
        let Some(visit) = self.supervision.take() else { return };
        self.drop_leg(board, now, visit.leg, None, why);
        board.queue.released(now, visit.operator);
        self.story.tell(now, Fact::SupervisionEnded { operator: operator(visit.operator), why: why.to_owned() });
        self.changed(board, "supervision_ended", why);
    }

    /// The supervisor's leg, if it is heard by this one now.
    pub(super) fn whispers_to(&self, leg: &Leg) -> Option<LegId> {
        let visit = self.supervision.as_ref()?;
        let is_operators = match &self.phase {
            Phase::Talking(talk) => talk.leg == leg.id,
            Phase::Passing(passing) => passing.ear() == Some(leg.id),
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Bridged { .. } | Phase::Over { .. } => false,
        };
        let is_heard = match visit.mode {
            SuperviseMode::Listen => false,
            SuperviseMode::Whisper => is_operators,
            SuperviseMode::Join => true,
        };
        (is_heard && self.leg(visit.leg).is_some_and(Leg::can_hear)).then_some(visit.leg)
    }
}
