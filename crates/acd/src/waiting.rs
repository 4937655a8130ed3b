//! A call that waits for an operator.

use crate::{CallId, OperatorId, PROMISE, RingPlan, Tier};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A call as it enters the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which call.
    pub call: CallId,
    /// Skills that an operator must have, all of them. Empty: everyone suits.
    pub needs: Vec<String>,
    /// Who rings.
    pub plan: Arc<RingPlan>,
    /// How long one operator's phone rings before the next is tried.
    pub ring: Duration,
    /// Higher goes first; within a priority first come, first served.
    pub priority: u8,
    /// Before all of its priority that are not at the head themselves: a caller who comes back after a failed
    /// transfer or a lost operator.
    pub at_head: bool,
    /// Asked first, alone, if idle; after that (or if busy) the plan decides.
    pub prefer: Option<OperatorId>,
    /// The firm's row: operators who know it are asked before others.
    pub customer: Option<u64>,
    /// The team whose members are asked before others.
    pub team: Option<String>,
    /// When the caller's ringing began, if that was before now: the call keeps its place by it, and its promise.
    pub since: Option<Instant>,
}

impl Waiting {
    /// A call that anyone may take, that rings for three rings at the longest idle.
    pub fn new(call: CallId) -> Self {
        Self {
            call,
            needs: Vec::new(),
            plan: Arc::default(),
            ring: PROMISE,
            priority: 0,
            at_head: false,
            prefer: None,
            customer: None,
            team: None,
            since: None,
        }
    }
}

/// A waiting call at a moment, for screens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingSnapshot {
    /// Which call.
    pub call: CallId,
    /// When the caller's ringing began.
    pub since: Instant,
    /// Its priority.
    pub priority: u8,
    /// Whether it goes before others of its priority.
    pub at_head: bool,
    /// Whose members are asked first.
    pub team: Option<String>,
    /// Operators whose phones are asked now; empty while nobody is free.
    pub offered_to: Vec<OperatorId>,
    /// How often all free operators have declined it.
    pub rounds: u32,
    /// Steps of its plan that are taken.
    pub steps: usize,
    /// Up to which tier the control loop has called in help.
    pub pulled: Option<Tier>,
    /// How likely it was that the promise is kept, when the control loop looked last.
    pub chance_percent: Option<u8>,
}
