//! Who has ever called which firm (F06): a caller who has not is new. Eight bytes and a little for each: a hash of firm and number.
//!
//! Bounded by forgetting: what was told or seen goes into the younger of two halves; when that is full, the older one is dropped.
//! So those are forgotten first who have not called for longest.

use std::collections::HashSet;

use number::Number;

use crate::directory::CustomerId;

/// Callers of one half. Both take some 40 MB when they are full.
pub(crate) const HALF_MAX: usize = 1_000_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Known {
    half_max: usize,
    young: HashSet<u64>,
    old: HashSet<u64>,
    /// All that earlier processes knew is in it.
    is_complete: bool,
}

impl Known {
    /// Nobody is known. `half_max`: of how many each half is made.
    pub(crate) fn new(half_max: usize) -> Self {
        Self { half_max, young: HashSet::new(), old: HashSet::new(), is_complete: false }
    }

    /// This number has called this firm.
    pub(crate) fn learn(&mut self, customer: CustomerId, number: Number) {
        let key = key(customer, number);
        if self.young.len() >= self.half_max && !self.young.contains(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key);
    }

    /// Nothing is missing any more.
    pub(crate) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// This number has never called this firm. Not said before that is known.
    pub(crate) fn is_new(&self, customer: CustomerId, number: Number) -> bool {
        let key = key(customer, number);
        self.is_complete && !self.young.contains(&key) && !self.old.contains(&key)
    }
}

/// Two rounds of SplitMix64's mixing step: who forges a number that collides with another is taken for known, and gains nothing.
fn key(customer: CustomerId, number: Number) -> u64 {
    mixed(mixed(customer.0.cast_unsigned()) ^ number.digits())
}

fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64) -> Number {
        format!("090{n:08}").parse().unwrap()
    }

    #[test]
    fn f06_who_has_called_is_known_to_that_firm_alone_and_nobody_is_new_before_all_is_told() {
        let mut known = Known::new(100);
        known.learn(CustomerId(1), number(1));
        assert!(!known.is_new(CustomerId(1), number(2)), "who knows?");
        known.complete();
        assert!(known.is_new(CustomerId(1), number(2)));
        assert!(known.is_new(CustomerId(2), number(1)), "another firm's caller");
        assert!(!known.is_new(CustomerId(1), number(1)));
    }

    #[test]
    fn f06_what_is_remembered_is_limited_and_the_oldest_are_forgotten_first() {
        let mut known = Known::new(100);
        known.complete();
        let half = 100;
        for n in 0..2 * half {
            known.learn(CustomerId(1), number(n));
        }
        assert!(!known.is_new(CustomerId(1), number(0)));
        known.learn(CustomerId(1), number(2 * half));
        assert!(known.is_new(CustomerId(1), number(0)));
        assert!(!known.is_new(CustomerId(1), number(half)) && !known.is_new(CustomerId(1), number(2 * half)));
        assert!(known.young.len() + known.old.len() <= 2 * 100);
    }
}
