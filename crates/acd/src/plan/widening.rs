//! Best suited first, more at each ring: a call disturbs one phone if that is enough, and the whole house if it is not.
//!
//! Best suited is the highest level in the needed skill; of equals, and where no skill is needed, the longest idle. Whose
//! phone rang alone for a whole ring and was not picked up goes behind all others until they answer one: the first ring
//! is the dearest.

use super::{Candidate, Plan, Step, Who};
use std::time::Duration;

/// The steps of [`super::RingPlan::three_rings`]. Supervisors and managers ring half a ring before the promise would be
/// broken: time enough to pick up.
pub(super) const THREE_RINGS: &[Step] = &[
    Step { after: Duration::ZERO, who: Who::Best(1) },
    Step { after: Duration::from_secs(3), who: Who::Best(3) },
    Step { after: Duration::from_secs(6), who: Who::Everyone },
    Step { after: Duration::from_millis(7_500), who: Who::Supervisors },
    Step { after: Duration::from_millis(7_500), who: Who::Managers },
];

pub(super) struct Widening;

impl Plan for Widening {
    fn name(&self) -> &'static str {
        "widening"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        u64::from(candidate.missed) << 8 | u64::from(u8::MAX - candidate.level)
    }

    fn steps(&self) -> &'static [Step] {
        THREE_RINGS
    }
}
