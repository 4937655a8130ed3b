//! Which nonce counts were used (RFC 7616 section 3.4): an Authorization that was overheard cannot be used again (R17).

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::clock::later;

/// The last count of each living nonce.
#[derive(Debug)]
pub(crate) struct Ledger {
    counts: HashMap<Box<str>, u32>,
    /// In the order of first use, which is the order in which they may be forgotten.
    ages: VecDeque<(Instant, Box<str>)>,
    nonces_max: usize,
    age_max: Duration,
}

impl Ledger {
    pub(crate) fn new(nonces_max: usize, age_max: Duration) -> Self {
        Self { counts: HashMap::new(), ages: VecDeque::new(), nonces_max, age_max }
    }

    /// Takes a count once: `false` if it, or a higher one, was used before. Credentials without a count (RFC 2069) are
    /// count 0, and so good for one request.
    pub(crate) fn take(&mut self, now: Instant, nonce: &str, count: u32) -> bool {
        self.forget(now);
        if let Some(last) = self.counts.get_mut(nonce) {
            let fresh = count > *last;
            *last = count.max(*last);
            return fresh;
        }
        // A full ledger makes phones ask once more for a nonce; it never lets one be used twice.
        if self.counts.len() >= self.nonces_max {
            return false;
        }
        self.counts.insert(nonce.into(), count);
        self.ages.push_back((later(now, self.age_max), nonce.into()));
        true
    }

    fn forget(&mut self, now: Instant) {
        // Twice the age of a nonce: it is refused as stale long before its count is forgotten.
        while self.ages.front().is_some_and(|(until, _)| later(*until, self.age_max) <= now) {
            if let Some((_, nonce)) = self.ages.pop_front() {
                self.counts.remove(&nonce);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    #[test]
    fn r17_a_count_is_good_once_and_only_upwards() {
        let start = Instant::now();
        let mut ledger = Ledger::new(2, Duration::from_secs(60));
        assert!(ledger.take(start, "a", 1));
        assert!(!ledger.take(start, "a", 1));
        assert!(ledger.take(start, "a", 3));
        assert!(!ledger.take(start, "a", 2));
        assert!(ledger.take(start, "b", 0));
        assert!(!ledger.take(start, "b", 0));
        assert!(!ledger.take(start, "c", 1), "full: ask for another nonce");
        assert!(ledger.take(start + Duration::from_secs(121), "c", 1));
        assert_eq!(ledger.counts.len(), 1);
    }
}
