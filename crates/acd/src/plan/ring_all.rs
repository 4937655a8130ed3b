//! All who suit, at once. By nature each call costs as much as there are free operators, and each takes their phones from
//! the calls that come after it: for small houses.

use super::{Candidate, Plan, Step, Who, nanoseconds};
use std::time::Duration;

pub(super) struct RingAll;

impl Plan for RingAll {
    fn name(&self) -> &'static str {
        "ring_all"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        nanoseconds(candidate.idle_since)
    }

    fn steps(&self) -> &'static [Step] {
        const ALL: &[Step] = &[Step { after: Duration::ZERO, who: Who::Suited }];
        ALL
    }
}
