//! Waiting for an operator, the first time or again.

use std::sync::Arc;
use std::time::Instant;

use acd::{EnqueueError, OperatorId, Waiting, Why};

use super::lobby::Lobby;
use super::record::{Fact, operator};
use super::{Call, ELSEWHERE, Phase};
use crate::board::Board;
use crate::directory::Customer;
use crate::io::{Alarm, Event};
use crate::leg::Role;

/// How long an operator's phone rings for a call to a number that is in no table: three rings and a little.
const RING_UNKNOWN: std::time::Duration = std::time::Duration::from_secs(12);

/// Within a priority of firms: callers who were with us already go before those who call again (F09), and those before the others.
const CLASSES: u8 = 3;

/// The class of those who were with us.
const RETURNED: u8 = 2;

impl Call {
    /// The caller begins to wait, and hears ringing.
    pub(super) fn wait(&mut self, board: &mut Board, now: Instant) -> Result<(), EnqueueError> {
        self.phase = Phase::Waiting(Lobby::ringing(now, self.policy()));
        self.enqueue(board, now, false)
    }

    /// Into the queue: anyone may take a call to an unknown number, a firm's call who has its skills.
    pub(crate) fn enqueue(&mut self, board: &mut Board, now: Instant, at_head: bool) -> Result<(), EnqueueError> {
        let waiting = self.waiting(now, at_head);
        self.story.tell(now, Fact::Queued { at_head });
        board.queue.enqueue(now, waiting)
    }

    fn waiting(&self, now: Instant, at_head: bool) -> Waiting {
        let customer = self.customer.as_deref();
        let is_firms_wish = matches!(&self.phase, Phase::Away(away) if away.is_by_policy());
        let class = if at_head { RETURNED } else { u8::from(self.is_repeated() && !is_firms_wish) };
        let priority = customer.map_or(0, |customer: &Customer| customer.priority).saturating_mul(CLASSES);
        // With nobody on the line its steps, all due at once, are not worth everybody's phone: operators, one at a time.
        let plan =
            customer.filter(|_| !matches!(self.phase, Phase::Away(_))).map(|customer| Arc::clone(&customer.plan));
        Waiting {
            needs: customer.map(|customer| customer.needs.clone()).unwrap_or_default(),
            plan: plan.unwrap_or_default(),
            ring: customer.map_or(RING_UNKNOWN, |customer| customer.ring),
            priority: priority.saturating_add(class),
            at_head,
            team: customer.and_then(|customer| customer.team.clone()),
            customer: customer.and_then(|customer| u64::try_from(customer.id.0).ok()),
            since: Some(self.since).filter(|since| !at_head && *since < now),
            ..Waiting::new(self.id)
        }
    }

    /// Back to the head of the queue: the operator is gone, the caller is not. Hears music, and the recording runs on.
    pub(super) fn wait_again(&mut self, board: &mut Board, now: Instant) {
        self.waits_since = now;
        self.wait_connected(board, now, true, None);
    }

    /// The operator's phone has forgotten the call and is there again: the caller hears music until it has it back.
    pub(super) fn wait_for(&mut self, board: &mut Board, now: Instant, who: OperatorId) {
        self.waits_since = now;
        self.wait_connected(board, now, true, Some(who));
    }

    /// Into the queue at the ordinary place, as nothing can be said to this caller instead. Hears music.
    pub(super) fn wait_after_all(&mut self, board: &mut Board, now: Instant) {
        self.wait_connected(board, now, false, None);
    }

    fn wait_connected(&mut self, board: &mut Board, now: Instant, at_head: bool, back_to: Option<OperatorId>) {
        self.phase = Phase::Waiting(Lobby::returned(now, self.policy()));
        let waits = match back_to {
            Some(who) => {
                self.story.tell(now, Fact::Queued { at_head });
                board.queue.interrupted(now, who, self.waiting(now, at_head))
            }
            None => self.enqueue(board, now, at_head),
        };
        self.changed(board, "queued", if at_head { "at_head" } else { "" });
        let state = self.state();
        self.story.write(board, now, state);
        match waits {
            Ok(()) => {}
            Err(EnqueueError::Full) => {
                let limit = board.queue.waiting_count();
                board.alarm(Alarm::Full { table: "queue".to_owned(), limit });
                self.end(board, now, "queue_full");
            }
            Err(EnqueueError::Duplicate) => {
                board.alarm(Alarm::Repaired { what: format!("{} was in the queue twice", self.id) });
            }
        }
    }

    /// Out of the queue: phones stop ringing.
    pub(super) fn leave_queue(&mut self, board: &mut Board, now: Instant) {
        let ringing: Vec<_> = self.ringing_legs().map(|leg| (leg.id, leg.role)).collect();
        for (leg, role) in ringing {
            self.drop_leg(board, now, leg, None, "caller_gone");
            if let Role::Operator(who) = role {
                self.close_pop(board, now, who, "caller_gone");
            }
        }
        board.queue.withdraw(now, self.id);
    }

    /// The queue wants this operator's phone to stop ringing. Who loses a race is told so (it is no missed call).
    pub(crate) fn withdraw(&mut self, board: &mut Board, now: Instant, who: OperatorId, why: Why) {
        let ringing = self.ringing_legs().find(|leg| leg.role == Role::Operator(who)).map(|leg| leg.id);
        let Some(leg) = ringing else { return };
        let (reason, word) = match why {
            Why::AnsweredElsewhere => (Some(ELSEWHERE), "answered_elsewhere"),
            Why::CallerGone => (None, "caller_gone"),
            Why::NoAnswer => (None, "no_answer"),
            Why::OperatorLeft => (None, "operator_left"),
            Why::Unreachable => (None, "unreachable"),
        };
        self.drop_leg(board, now, leg, reason, word);
        self.close_pop(board, now, who, word);
    }

    /// This operator's screen no longer shows the call as ringing.
    pub(super) fn close_pop(&mut self, board: &mut Board, now: Instant, who: OperatorId, why: &str) {
        self.story.tell(now, Fact::OfferEnded { operator: operator(who), why: why.to_owned() });
        board.event(Event::PopClosed { call: self.id.to_string(), operator: who.0, why: why.to_owned() });
    }
}
