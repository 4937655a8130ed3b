//! Whoever has talked least today: as much talk for each, however many calls that is.

use super::{Candidate, Plan, nanoseconds};

pub(super) struct LeastTalk;

impl Plan for LeastTalk {
    fn name(&self) -> &'static str {
        "least_talk"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        nanoseconds(candidate.talk)
    }
}
