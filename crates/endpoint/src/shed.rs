//! Which new calls an overloaded house takes (R45; RFC 7339 section 5.10.1 has the same for networks of servers): a share
//! of them, evenly spread, and never fewer than a few a second. Whatever comes inside dialogs, responses, registrations and
//! the calls of operators are not asked about: they serve calls that are taken already.

use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;

/// A house that takes everything.
const ALL: u8 = 100;
/// However great the need, a call is taken when none was for so long: whoever floods us must not silence everyone else.
const ONE_EACH: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(crate) struct Shed {
    admitted_percent: u8,
    /// Hundredths of a call that may be taken.
    credit: u16,
    taken: Option<Instant>,
    refused: u64,
}

impl Default for Shed {
    fn default() -> Self {
        Self { admitted_percent: ALL, credit: 0, taken: None, refused: 0 }
    }
}

impl Shed {
    /// Whether this new call is taken; counts those that are not.
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        if self.admitted_percent >= ALL {
            return true;
        }
        self.credit += u16::from(self.admitted_percent);
        let waited = self.taken.is_none_or(|taken| now.saturating_duration_since(taken) >= ONE_EACH);
        let admitted = waited || self.credit >= u16::from(ALL);
        if admitted {
            self.credit = self.credit.saturating_sub(u16::from(ALL));
            self.taken = Some(now);
        } else {
            self.refused += 1;
        }
        admitted
    }
}

impl Endpoint {
    /// Of a hundred new calls take so many; a hundred: all. Gives how many were refused since it was last all.
    pub fn admit(&mut self, percent: u8) -> u64 {
        let shed = &mut self.shed;
        let before = shed.refused;
        if percent >= ALL {
            *shed = Shed::default();
        } else {
            shed.admitted_percent = percent;
        }
        before
    }

    /// Of a hundred new calls so many are taken.
    pub fn admitted_percent(&self) -> u8 {
        self.shed.admitted_percent
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    /// Of `count` calls within a second, how many are taken.
    fn taken(percent: u8, count: u32) -> usize {
        let begun = Instant::now();
        let mut shed = Shed { admitted_percent: percent, ..Shed::default() };
        (0..count).filter(|call| shed.admits(begun + Duration::from_secs(1) * *call / count)).count()
    }

    #[test]
    fn r45_a_share_of_the_calls_is_taken_evenly() {
        assert_eq!(taken(100, 1000), 1000);
        for percent in [30, 50, 75, 90] {
            let share = taken(percent, 1000);
            assert!(share.abs_diff(usize::from(percent) * 10) <= 11, "{percent} %: {share}");
        }
    }

    #[test]
    fn r45_a_few_calls_a_second_are_always_taken() {
        assert_eq!(taken(0, 1000), 10);
        // Fewer than that come: nobody is refused.
        assert_eq!(taken(0, 5), 5);
    }
}
