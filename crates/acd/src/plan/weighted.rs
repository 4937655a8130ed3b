//! By lot, and who is better at what the call needs has more lots: level 3 is asked three times as often as level 1.
//!
//! A race of exponential clocks: each operator who comes free gets a clock that rings after a random time with mean
//! 1 / level, set against the time that the race has come to. The first to ring is a draw by weight (the probability is
//! level / sum of levels); and since what is left of an exponential time is again exponential, so is every later draw
//! among those who stayed. (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.)
//!
//! Of several needed skills the level counts in the one that the fewest free operators have. A call that needs none draws
//! all alike.

use super::{Candidate, Plan};

/// One unit of the race's time, in keys: fine enough that equal keys are rare, coarse enough that the race never ends.
const UNIT: f64 = 4_294_967_296.0;

pub(super) struct Weighted;

impl Plan for Weighted {
    fn name(&self) -> &'static str {
        "weighted"
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a random number needs no more than 53 bits, and the result lies between 0 and 2^38"
    )]
    fn key(&self, candidate: &Candidate) -> u64 {
        let uniform = ((candidate.lot >> 11) as f64 + 1.0) / (1u64 << 53) as f64; // over 0, up to 1
        let clock = -uniform.ln() / f64::from(candidate.level.max(1));
        candidate.passed.saturating_add((clock * UNIT) as u64)
    }
}
