//! The one place of the roof that asks the clocks. Everything below is told the time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The monotonic clock: for deadlines and durations.
#[allow(clippy::disallowed_methods)] // this is the place
pub fn now() -> Instant {
    Instant::now()
}

/// The wall clock, in unix milliseconds: for display, never for durations (R26).
#[allow(clippy::disallowed_methods)] // this is the place
pub fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
