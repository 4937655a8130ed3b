//! In turn. Who was asked goes to the end, whether they answered, refused or were not quick enough; so, unlike with the
//! longest idle, a long talk and a short one cost the same turn.

use super::{Candidate, Plan};

pub(super) struct RoundRobin;

impl Plan for RoundRobin {
    fn name(&self) -> &'static str {
        "round_robin"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        candidate.turn
    }
}
