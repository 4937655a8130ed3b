//! Operators: who they are, what they wish, what state the queue sees them in.

use crate::{CallId, OperatorId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// An operator as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The row in the store.
    pub id: OperatorId,
    /// Skills by name, with a level that plans may weigh (higher is better).
    pub skills: BTreeMap<String, u8>,
    /// How long after a talk the operator writes the report before the next call; zero for none.
    pub wrap_up: Duration,
}

/// An operator's state, in the words of CSTA (ECMA-269 §17.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not at work.
    LoggedOut,
    /// At work, not to be offered calls.
    NotReady {
        /// In the operator's own words (lunch, training), or why the queue did it.
        reason: String,
    },
    /// Waits for a call.
    Ready,
    /// A call is offered, or the operator talks.
    Busy,
    /// The talk is over, the report is being written.
    WorkingAfterCall,
}

/// The states an operator can ask for. The other two only happen to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Go home.
    LogOut,
    /// Be left alone.
    NotReady {
        /// Shown to supervisors.
        reason: String,
    },
    /// Be offered calls; ends wrap-up early.
    Ready,
}

/// An operator at a moment, for screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSnapshot {
    /// Who.
    pub operator: OperatorId,
    /// The state.
    pub state: State,
    /// Since when the state.
    pub since: Instant,
    /// Whether a phone is registered. A ready operator without one is not offered calls.
    pub reachable: bool,
    /// The call offered or talked in.
    pub call: Option<CallId>,
    /// Whether the operator talks (a call may as yet only be offered).
    pub talking: bool,
}
