//! The one place of this crate that asks the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix milliseconds.
#[allow(clippy::disallowed_methods, reason = "the one place")]
pub(crate) fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
