//! Ring plans: which of the suitable idle operators ring for a call.

use crate::OperatorId;
use std::time::Instant;

/// The plans, as configured per queue or customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RingPlan {
    /// One at a time, the longest idle first.
    #[default]
    LongestIdle,
    /// All at once; the first to pick up gets the call.
    RingAll,
}

/// An idle operator who suits a call and has not declined it in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub operator: OperatorId,
    /// Since when idle.
    pub idle_since: Instant,
}

/// What a ring plan decides. A further plan is one file with an implementation of this, and a variant of [`RingPlan`].
pub trait Plan {
    /// Whether a call that rings at `ringing` operators is offered to a further one who comes free.
    fn wants_more(&self, ringing: usize) -> bool;

    /// Who rings now, out of `candidates` (longest idle first), while `ringing` phones ring for the call already.
    fn choose(&self, ringing: usize, candidates: &mut dyn Iterator<Item = Candidate>) -> Vec<OperatorId>;
}

impl RingPlan {
    /// The rule behind the name.
    pub fn rule(self) -> &'static dyn Plan {
        match self {
            Self::LongestIdle => &LongestIdle,
            Self::RingAll => &RingAll,
        }
    }
}

struct LongestIdle;

impl Plan for LongestIdle {
    fn wants_more(&self, ringing: usize) -> bool {
        ringing == 0
    }

    fn choose(&self, ringing: usize, candidates: &mut dyn Iterator<Item = Candidate>) -> Vec<OperatorId> {
        if ringing > 0 { Vec::new() } else { candidates.next().map(|first| first.operator).into_iter().collect() }
    }
}

struct RingAll;

impl Plan for RingAll {
    fn wants_more(&self, _ringing: usize) -> bool {
        true
    }

    fn choose(&self, _ringing: usize, candidates: &mut dyn Iterator<Item = Candidate>) -> Vec<OperatorId> {
        candidates.map(|candidate| candidate.operator).collect()
    }
}
