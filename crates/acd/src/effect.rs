//! What the queue tells its owner, and what its owner tells it of phones.

use crate::{CallId, OperatorId, State, Who};
use std::fmt;

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
    /// More phones may ring for the call from now on.
    Widened {
        /// The call.
        call: CallId,
        /// Who joins.
        who: Who,
        /// Why now.
        why: Widening,
    },
    /// It has become unlikely that the call is answered within [`crate::PROMISE`]. Told once for each call.
    PromiseAtRisk {
        /// The call.
        call: CallId,
        /// How likely it is.
        chance_percent: u8,
    },
    /// The operator failed to answer several times in a row: alarm. They are not ready now, unless they were the
    /// last one at work.
    OperatorUnreliable {
        /// The operator.
        operator: OperatorId,
    },
}

/// Why a call rings at more phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Widening {
    /// Its plan's next step.
    Step,
    /// The promise was in danger.
    Promise,
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
    /// It rang, and nobody picked up: 480, or our own time limit.
    NoAnswer,
    /// 408, 404, 503 or no phone at all.
    Unreachable,
    /// The phone could not be asked, for want of something of ours: says nothing of the operator.
    NotAsked,
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
    /// This call waits already.
    Duplicate,
}

/// No operator has this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOperator(pub OperatorId);

/// Why an operator's state was not set. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateRefused {
    /// No operator has this id.
    UnknownOperator(OperatorId),
    /// So many of their reports are not done, and only so many may be (F38).
    ReportsOpen {
        /// Not done.
        open: u32,
        /// May be.
        max: u32,
    },
}

impl fmt::Display for StateRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOperator(operator) => UnknownOperator(*operator).fmt(f),
            Self::ReportsOpen { open, max } => write!(f, "{open} reports are not done, {max} may be"),
        }
    }
}

impl std::error::Error for StateRefused {}

impl fmt::Display for LostRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnsweredElsewhere { by } => write!(f, "operator {by} answered first"),
            Self::NotOffered => write!(f, "the call is not offered to this operator any more"),
        }
    }
}

impl std::error::Error for LostRace {}

impl fmt::Display for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "the queue is full"),
            Self::Duplicate => write!(f, "the call waits already"),
        }
    }
}

impl std::error::Error for EnqueueError {}

impl fmt::Display for UnknownOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no operator {}", self.0)
    }
}

impl std::error::Error for UnknownOperator {}
