//! Operators: who they are, what they wish, what state the queue sees them in.

use crate::{CallId, OperatorId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Who rings when. Whoever stands above [`Tier::Operator`] is asked only when a plan widens to them or the promise is in
/// danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tier {
    /// Answers calls.
    #[default]
    Operator,
    /// Answers when the operators cannot.
    Supervisor,
    /// Answers when nobody else can.
    Manager,
}

/// An operator as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The row in the store.
    pub id: OperatorId,
    /// Skills by name, with a level that plans may weigh (higher is better). Languages are skills too ("lang:en").
    pub skills: BTreeMap<String, u8>,
    /// How long after a talk the operator writes the report before the next call; zero for none.
    pub wrap_up: Duration,
    /// How long a report that is still open may make the wrap-up; less than `wrap_up`: no longer than that.
    pub wrap_up_max: Duration,
    /// Who rings when.
    pub tier: Tier,
    /// Teams by name. A call with a team is offered to its free members first.
    pub teams: Vec<String>,
    /// Place in the top-down plan; 0 is asked first.
    pub rank: u16,
    /// Rows of the firms that the operator knows: preferred for their calls, not required.
    pub customers: BTreeSet<u64>,
    /// Rows of the firms whose changed manual they have not acknowledged: their calls ring there only where everyone's phones ring.
    pub unread: BTreeSet<u64>,
}

impl Operator {
    /// An operator without skills, teams or wrap-up.
    pub fn new(id: OperatorId) -> Self {
        Self {
            id,
            skills: BTreeMap::new(),
            wrap_up: Duration::ZERO,
            wrap_up_max: Duration::ZERO,
            tier: Tier::Operator,
            teams: Vec::new(),
            rank: 0,
            customers: BTreeSet::new(),
            unread: BTreeSet::new(),
        }
    }
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
    /// Who rings when.
    pub tier: Tier,
    /// Teams by name.
    pub teams: Vec<String>,
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
    /// When the wrap-up is over at the latest.
    pub wrap_up_until: Option<Instant>,
    /// Whether the desk said that the report of the last talk is not done.
    pub report_open: bool,
    /// How many reports of their calls are not done.
    pub reports_open: u32,
    /// Calls answered today.
    pub calls_today: u32,
    /// Time talked today, in talks that are over.
    pub talk_today: Duration,
}
