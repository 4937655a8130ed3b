//! What the tests with real peers share: the house under test, its phones, and ears for what they hear.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests with real peers live in real time"
)]

pub mod audio;
pub mod baresip;
pub mod base64;
pub mod browser;
pub mod callers;
pub mod chromium;
pub mod flood;
pub mod house;
pub mod linphone;
pub mod mail_server;
pub mod peer;
pub mod pjsua2;
pub mod ports;
pub mod robots;
pub mod siege;
pub mod sipp;
pub mod streams;
pub mod voice;

use std::time::{Duration, Instant};

/// Wait between two looks at something that another process does.
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Look until it is so; panics with `what` after `limit`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        pause(Duration::from_millis(50));
    }
}

/// The machine is small: this many tests with real peers run at once.
const AT_ONCE: usize = 3;

static PLACES: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
static FREED: std::sync::Condvar = std::sync::Condvar::new();

/// A place among the tests that run at once, or all of them; given back when dropped.
pub struct Place(usize);

impl Place {
    /// Waits for one.
    pub fn take() -> Place {
        Self::take_of(1)
    }

    /// Waits for all of them: whoever loads the machine fully would take its time from others, and they from him.
    pub fn alone() -> Place {
        Self::take_of(AT_ONCE)
    }

    fn take_of(places: usize) -> Place {
        let taken = PLACES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut taken = FREED
            .wait_while(taken, |taken| *taken + places > AT_ONCE)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *taken += places;
        Place(places)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *PLACES.lock().unwrap_or_else(std::sync::PoisonError::into_inner) -= self.0;
        FREED.notify_all();
    }
}
