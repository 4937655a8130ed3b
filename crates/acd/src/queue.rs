//! The machine.

use crate::{CallId, Operator, OperatorId, OperatorSnapshot, State, Violation, Waiting, WaitingSnapshot, Wish};
use std::time::{Duration, Instant};

/// Bounds of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls that may wait or ring at once.
    pub waiting_max: usize,
    /// How long a call pauses after every free operator has declined it, before all are asked again.
    pub rest: Duration,
    /// Unanswered offers in a row after which an operator is taken out.
    pub unanswered_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { waiting_max: 10_000, rest: Duration::from_secs(2), unanswered_max: 2 }
    }
}

/// What the owner of the queue is to do or to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ring this operator's phones for the call.
    Offer {
        /// The call.
        call: CallId,
        /// The operator.
        operator: OperatorId,
    },
    /// Stop ringing this operator for the call.
    Withdraw {
        /// The call.
        call: CallId,
        /// The operator.
        operator: OperatorId,
        /// For the CANCEL's Reason and the log.
        why: Why,
    },
    /// The operator's state changed.
    OperatorState {
        /// The operator.
        operator: OperatorId,
        /// The new state.
        state: State,
    },
    /// The call's place among those for which no phone rings (1 = next). Told for the first few places only.
    Waiting {
        /// The call.
        call: CallId,
        /// From 1.
        position: usize,
    },
    /// The operator failed to answer several times in a row: alarm. They are not ready now, unless they were the
    /// last one at work.
    OperatorUnreliable {
        /// The operator.
        operator: OperatorId,
    },
}

/// Why an offer ends without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another operator was faster.
    AnsweredElsewhere,
    /// The caller hung up, or the call was taken out of the queue.
    CallerGone,
    /// The phone rang for its time.
    NoAnswer,
    /// The operator logged out, went not ready, was removed or took another call.
    OperatorLeft,
    /// The operator's last phone is gone.
    Unreachable,
}

/// How an operator's phone refused an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declined {
    /// 486: the phone is in a call of its own.
    Busy,
    /// 603 or a key: the operator does not want it.
    Rejected,
    /// 480 after ringing, or our own time limit.
    NoAnswer,
    /// 408, 404, 503 or no phone at all.
    Unreachable,
}

/// An answer that came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostRace {
    /// Another operator has the call.
    AnsweredElsewhere {
        /// The winner.
        by: OperatorId,
    },
    /// The offer was withdrawn, or the call is gone.
    NotOffered,
}

/// Why a call cannot wait here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnqueueError {
    /// [`Limits::waiting_max`] calls are in the queue.
    Full,
    /// This call waits, or talks with an operator, already.
    Duplicate,
}

/// No operator has this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOperator(pub OperatorId);

/// The queue. See the crate's documentation.
#[derive(Debug)]
pub struct Queue {
    limits: Limits,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Replaces the operators. New ones are logged out; one who is removed while talking finishes the talk; offers
    /// to a removed one are withdrawn.
    pub fn set_operators(&mut self, now: Instant, operators: Vec<Operator>) {
        let _ = (now, operators, self.limits);
        todo!()
    }

    /// What the operator asked for, from desk or phone. While talking, it is kept and comes true after the talk.
    pub fn set_state(&mut self, now: Instant, operator: OperatorId, wish: Wish) -> Result<(), UnknownOperator> {
        let _ = (now, operator, wish);
        todo!()
    }

    /// Whether the operator has a registered phone.
    pub fn set_reachable(&mut self, now: Instant, operator: OperatorId, reachable: bool) {
        let _ = (now, operator, reachable);
        todo!()
    }

    /// A call begins to wait.
    pub fn enqueue(&mut self, now: Instant, waiting: Waiting) -> Result<(), EnqueueError> {
        let _ = (now, waiting);
        todo!()
    }

    /// The caller is gone, or somebody else takes the call out: its offers are withdrawn.
    pub fn withdraw(&mut self, now: Instant, call: CallId) {
        let _ = (now, call);
        todo!()
    }

    /// The operator's phone rings: the time it may ring counts from here.
    pub fn ringing(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        let _ = (now, call, operator);
        todo!()
    }

    /// The operator picked up. `Ok` for exactly one; the call has left the queue, the others' offers are withdrawn.
    pub fn answered(&mut self, now: Instant, call: CallId, operator: OperatorId) -> Result<(), LostRace> {
        let _ = (now, call, operator);
        todo!()
    }

    /// The operator's phone refused.
    pub fn declined(&mut self, now: Instant, call: CallId, operator: OperatorId, how: Declined) {
        let _ = (now, call, operator, how);
        todo!()
    }

    /// The operator is in a call that this queue did not offer (an outgoing one, one that was transferred to them).
    /// An offer that rings there is withdrawn. Ends with [`Queue::cleared`].
    pub fn engaged(&mut self, now: Instant, operator: OperatorId, call: CallId) {
        let _ = (now, operator, call);
        todo!()
    }

    /// The operator's talk is over: wrap-up, then ready (or what was wished meanwhile).
    pub fn cleared(&mut self, now: Instant, operator: OperatorId) {
        let _ = (now, operator);
        todo!()
    }

    /// The report is written before the wrap-up time is over.
    pub fn finish_wrap_up(&mut self, now: Instant, operator: OperatorId) {
        let _ = (now, operator);
        todo!()
    }

    /// Time has passed: call at or after [`Queue::poll_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
        todo!()
    }

    /// When the queue wants to be woken; ask again after every event.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// The next effect; drain after every event.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        todo!()
    }

    /// All operators, by id.
    pub fn operators(&self) -> Vec<OperatorSnapshot> {
        todo!()
    }

    /// One operator.
    pub fn operator(&self, operator: OperatorId) -> Option<OperatorSnapshot> {
        let _ = operator;
        todo!()
    }

    /// All calls in the queue, in order of service.
    pub fn waiting(&self) -> Vec<WaitingSnapshot> {
        todo!()
    }

    /// How many calls are in the queue.
    pub fn waiting_count(&self) -> usize {
        todo!()
    }

    /// Broken promises: always empty, and checked at run time because "always" wants a witness.
    pub fn audit(&self) -> Vec<Violation> {
        todo!()
    }
}
