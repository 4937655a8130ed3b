//! The wall clock as an argument: unix time at a monotonic moment, and the Date header.

use std::time::{Duration, Instant};

/// What the wall clock showed last, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    at: Option<Instant>,
    unix_ms: i64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { at: None, unix_ms: 0 }
    }

    /// The wall clock shows `unix_ms` at `now`.
    pub(crate) fn set(&mut self, now: Instant, unix_ms: i64) {
        *self = Self { at: Some(now), unix_ms };
    }

    /// Seconds since 1970 at `now`; `None` before the clock was ever set.
    pub(crate) fn unix_s(&self, now: Instant) -> Option<u64> {
        let at = self.at?;
        let since = i64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(i64::MAX);
        u64::try_from(self.unix_ms.saturating_add(since).div_euclid(1000)).ok()
    }
}

/// Instants that may be far away.
pub(crate) fn later(now: Instant, by: Duration) -> Instant {
    // A year is beyond every timer here; an overflow would otherwise panic.
    now + by.min(Duration::from_secs(366 * 86_400))
}

/// IMF-fixdate (RFC 9110 section 5.6.7, which RFC 3261 section 20.17 demands): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn imf_fixdate(unix_s: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = unix_s / 86_400;
    let second = unix_s % 86_400;
    let (year, month, day) = civil(days);
    let name = |table: &'static [&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| table.get(index)).copied().unwrap_or("")
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month - 1),
        second / 3600,
        second / 60 % 60,
        second % 60,
    )
}

/// Year, month (1-12) and day of a day since 1970, Gregorian: counted in eras of 400 years that begin on 1 March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    #[test]
    fn dates_are_imf_fixdates() {
        assert_eq!(imf_fixdate(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(imf_fixdate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(imf_fixdate(1_709_164_800), "Thu, 29 Feb 2024 00:00:00 GMT");
        assert_eq!(imf_fixdate(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 GMT");
    }

    #[test]
    fn r26_time_goes_on_from_the_last_setting() {
        let start = Instant::now();
        let mut clock = Clock::new();
        assert_eq!(clock.unix_s(start), None);
        clock.set(start, 1_000_999);
        assert_eq!(clock.unix_s(start + Duration::from_millis(1)), Some(1001));
    }
}
