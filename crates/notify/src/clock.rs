//! Where the worker's time comes from. Everything that decides is told the time; only the endless loops ask for it.

use std::time::Duration;

use futures_util::future::BoxFuture;

/// A clock: the machine's in the product, one that a test moves in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now, in unix milliseconds.
    fn now_ms(&self) -> i64;

    /// Until then.
    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()>;
}

/// The machine's clock, read by the one function of the roof that may.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock(pub fn() -> i64);

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        (self.0)()
    }

    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()> {
        let wait = u64::try_from(at_ms.saturating_sub(self.now_ms())).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait)))
    }
}
