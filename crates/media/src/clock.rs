//! The one place where this crate asks what time it is.

use std::time::{Duration, Instant, SystemTime};

use rustix::thread::{ClockId, clock_nanosleep_absolute};
use rustix::time::{Timespec, clock_gettime};

const SECOND: u64 = 1_000_000_000;
/// A millisecond in nanoseconds.
pub const MILLISECOND: u64 = 1_000_000;
/// Seconds from 1900 (NTP) to 1970.
const NTP_OFFSET: u64 = 2_208_988_800;

/// Nanoseconds of the monotonic clock: what every thread here counts in.
pub fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// CPU time of the calling thread, nanoseconds.
pub fn thread_cpu() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// Sleeps until the monotonic clock shows `at`.
pub fn sleep_until(at: u64) {
    // An early end is harmless: the caller looks at the clock again.
    let _ = clock_nanosleep_absolute(ClockId::Monotonic, &timespec(at));
}

/// A duration in nanoseconds as the system takes it.
pub fn timespec(nanoseconds: u64) -> Timespec {
    Timespec { tv_sec: (nanoseconds / SECOND) as i64, tv_nsec: (nanoseconds % SECOND) as i64 }
}

/// The wall clock as NTP writes it: seconds since 1900, and their fraction (RFC 3550 §4).
#[allow(clippy::disallowed_methods, reason = "the one place")]
pub fn ntp() -> u64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / SECOND;
    (since_1970.as_secs() + NTP_OFFSET) << 32 | fraction
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec.cast_unsigned() * SECOND + time.tv_nsec.cast_unsigned()
}

/// What an `Instant` shows in nanoseconds of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    instant: Instant,
    nanoseconds: u64,
}

impl Epoch {
    /// Ties the two together, now.
    #[allow(clippy::disallowed_methods, reason = "the one place")]
    pub fn new() -> Self {
        Self { instant: Instant::now(), nanoseconds: now() }
    }

    /// Nanoseconds of an instant, before the epoch too.
    pub fn nanoseconds(&self, instant: Instant) -> u64 {
        let since = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        match instant.checked_duration_since(self.instant) {
            Some(after) => self.nanoseconds.saturating_add(since(after)),
            None => self.nanoseconds.saturating_sub(since(self.instant.duration_since(instant))),
        }
    }

    /// The instant of nanoseconds.
    pub fn instant(&self, nanoseconds: u64) -> Instant {
        let ahead = Duration::from_nanos(nanoseconds.saturating_sub(self.nanoseconds));
        let behind = Duration::from_nanos(self.nanoseconds.saturating_sub(nanoseconds));
        self.instant.checked_add(ahead).and_then(|at| at.checked_sub(behind)).unwrap_or(self.instant)
    }
}

/// Samples at 8 kHz in a span of nanoseconds, rounded.
pub fn samples(nanoseconds: u64) -> u64 {
    (nanoseconds + 62_500) / 125_000
}

/// Samples from one moment to another; negative if it lies before.
pub fn samples_between(from: u64, to: u64) -> i64 {
    let span = |nanoseconds: u64| i64::try_from(samples(nanoseconds)).unwrap_or(i64::MAX);
    if to >= from { span(to - from) } else { -span(from - to) }
}
