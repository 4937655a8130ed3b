//! Whoever has had the fewest calls today: as many for each, however long they talk.

use super::{Candidate, Plan};

pub(super) struct FewestCalls;

impl Plan for FewestCalls {
    fn name(&self) -> &'static str {
        "fewest_calls"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        u64::from(candidate.calls)
    }
}
