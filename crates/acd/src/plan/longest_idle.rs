//! Whoever has been free longest: fair, and what most houses use.

use super::{Candidate, Plan, nanoseconds};

pub(super) struct LongestIdle;

impl Plan for LongestIdle {
    fn name(&self) -> &'static str {
        "longest_idle"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        nanoseconds(candidate.idle_since)
    }
}
