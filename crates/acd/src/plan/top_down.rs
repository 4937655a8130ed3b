//! Down a list: the receptionist first, the back office only when the receptionist talks.

use super::{Candidate, Plan};

pub(super) struct TopDown;

impl Plan for TopDown {
    fn name(&self) -> &'static str {
        "top_down"
    }

    fn key(&self, candidate: &Candidate) -> u64 {
        u64::from(candidate.rank)
    }
}
