//! When a delivery that failed is tried again (F39, R25), and from when it is late.

/// After the first attempts, milliseconds: 5 s, 30 s, 2 min, 10 min, 1 h; hourly after that.
pub const STEPS_MS: [i64; 5] = [5_000, 30_000, 120_000, 600_000, HOURLY_MS];
/// Between the later attempts.
pub const HOURLY_MS: i64 = 3_600_000;
/// So long after the first attempt nobody tries any more.
pub const GIVE_UP_AFTER_MS: i64 = 36 * HOURLY_MS;
/// But not before so many attempts: a clock that is set forward, or a house that was off for days, is no reason to give up.
pub const ATTEMPTS_MIN: u32 = 6;
/// While somebody waits behind a delivery in its room, it is tried again after so long at the latest.
pub const WAITED_FOR_MS: i64 = 600_000;
/// A server may ask for more patience (Retry-After), up to this.
pub const HINT_MS_MAX: i64 = 6 * HOURLY_MS;
/// An urgent report that no server has accepted after so long is late: alarm, and another channel.
pub const LATE_URGENT_MS: i64 = 60_000;
/// Any other report.
pub const LATE_MS: i64 = 600_000;

/// When to try again: `attempts` have failed (1 or more), the first at `first_ms`, the last now. A server's `hint` of how long to
/// wait (milliseconds) is kept to where it is longer than our own pause, up to [`HINT_MS_MAX`]. `None`: no more; the delivery is
/// dead.
pub fn next(attempts: u32, first_ms: i64, now_ms: i64, hint: Option<i64>) -> Option<i64> {
    let pause = pause(attempts);
    let hint = hint.unwrap_or(0).clamp(0, HINT_MS_MAX);
    let next = now_ms.saturating_add(pause.max(hint));
    (attempts < ATTEMPTS_MIN || next.saturating_sub(first_ms) <= GIVE_UP_AFTER_MS).then_some(next)
}

/// Our own pause after so many attempts that failed (1 or more), milliseconds.
pub fn pause(attempts: u32) -> i64 {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    STEPS_MS.get(place).copied().unwrap_or(HOURLY_MS)
}

/// How long after a report was sent a delivery that no server has accepted is late.
pub fn late_after(urgent: bool) -> i64 {
    if urgent { LATE_URGENT_MS } else { LATE_MS }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r25_a_server_that_never_answers_is_tried_for_a_day_and_a_half() {
        let first = 1_795_337_040_000;
        let (mut now, mut attempts, mut pauses) = (first, 1, Vec::new());
        while let Some(next) = next(attempts, first, now, None) {
            pauses.push(next - now);
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(pauses[..7], [5_000, 30_000, 120_000, 600_000, 3_600_000, 3_600_000, 3_600_000]);
        assert!(pauses[5..].iter().all(|pause| *pause == HOURLY_MS));
        assert!(now - first > 34 * HOURLY_MS && now - first <= GIVE_UP_AFTER_MS, "the last after {} ms", now - first);
        assert_eq!(attempts, 40);
    }

    #[test]
    fn f39_a_server_may_ask_for_patience() {
        assert_eq!(next(1, 0, 0, Some(2_000)), Some(5_000), "our own pause is longer");
        assert_eq!(next(1, 0, 0, Some(90_000)), Some(90_000));
        assert_eq!(next(1, 0, 0, Some(i64::MAX)), Some(HINT_MS_MAX), "not for years");
        assert_eq!(next(1, 0, 0, Some(-5)), Some(5_000));
    }

    #[test]
    fn r25_a_clock_that_jumps_two_days_ahead_gives_nothing_up() {
        assert_eq!(next(1, 0, 48 * HOURLY_MS, None), Some(48 * HOURLY_MS + 5_000));
        assert!(next(ATTEMPTS_MIN - 1, 0, 48 * HOURLY_MS, None).is_some());
        assert_eq!(next(ATTEMPTS_MIN, 0, 48 * HOURLY_MS, None), None);
    }

    #[test]
    fn f39_urgent_is_late_after_a_minute() {
        assert_eq!(late_after(true), 60_000);
        assert_eq!(late_after(false), 600_000);
    }

    proptest! {
        /// Never before now, never later for fewer attempts, and the end is the end.
        #[test]
        fn r25_pauses_only_grow(attempts in 0_u32..200, first in -1_i64..1 << 50, waited in 0_i64..200 * HOURLY_MS, hint: Option<i64>) {
            let now = first + waited;
            let this = next(attempts, first, now, hint);
            if let Some(this) = this {
                prop_assert!(this > now);
                prop_assert!(attempts < ATTEMPTS_MIN || this - first <= GIVE_UP_AFTER_MS);
            }
            if let (Some(this), Some(later)) = (this, next(attempts + 1, first, now, hint)) {
                prop_assert!(later >= this);
            }
            prop_assert!(this.is_some() || next(attempts + 1, first, now, hint).is_none());
        }
    }
}
