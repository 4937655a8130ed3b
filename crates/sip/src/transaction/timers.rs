//! The timers of RFC 3261 table 4 and RFC 6026, their lengths, and the one table in which all of them run.

use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a length of zero becomes where time must pass, as between two retransmissions.
const SHORTEST: Duration = Duration::from_millis(1);

/// The lengths from which every timer is derived (RFC 3261 §17.1.1.1 and table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// T1, the estimate of a round trip: 500 ms.
    pub t1: Duration,
    /// T2, the longest interval between retransmissions of anything but an INVITE: 4 s.
    pub t2: Duration,
    /// T4, how long a message may stay in the network: 5 s.
    pub t4: Duration,
    /// How long a server INVITE transaction waits before it says 100 by itself: 200 ms (§17.2.1).
    pub trying: Duration,
    /// Timer C, how long a ringing INVITE may go without any further provisional before we cancel it: more than 3 min
    /// (§16.6 item 11).
    pub c: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(4), Duration::from_secs(5))
    }
}

impl Timers {
    /// Own values of T1, T2 and T4; the rest as by default. For tests and for networks of a known slowness.
    #[must_use]
    pub const fn new(t1: Duration, t2: Duration, t4: Duration) -> Self {
        Self { t1, t2, t4, trying: Duration::from_millis(200), c: Duration::from_secs(185) }
    }

    /// 64*T1, 32 s by default: how long anybody tries anything.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        at_least(self.t1).saturating_mul(64)
    }

    /// Table 4. `None`: the timer does not run on this kind of transport; zero: its moment comes at once.
    pub(super) fn length(&self, timer: Timer, reliable: bool) -> Option<Duration> {
        match timer {
            // Reliable transports retransmit by themselves.
            Timer::A | Timer::E | Timer::G => (!reliable).then_some(at_least(self.t1)),
            Timer::B | Timer::F | Timer::H | Timer::L | Timer::M => Some(self.patience()),
            Timer::Withdrawal | Timer::Unanswered => Some(self.patience()),
            // They wait for duplicates, of which a reliable transport has none. D is "at least 32 s" for UDP.
            Timer::D | Timer::J => Some(if reliable { Duration::ZERO } else { self.patience() }),
            Timer::I | Timer::K => Some(if reliable { Duration::ZERO } else { self.t4 }),
            Timer::C => Some(at_least(self.c)),
            Timer::Trying => Some(at_least(self.trying)),
        }
    }

    /// The next interval of a timer that grows: A doubles without end (B ends it), E and G stop growing at T2.
    pub(super) fn grown(&self, timer: Timer, last: Duration) -> Duration {
        let doubled = last.saturating_mul(2);
        if timer == Timer::A { doubled } else { doubled.min(self.slowest()) }
    }

    /// T2.
    pub(super) fn slowest(&self) -> Duration {
        at_least(self.t2)
    }
}

const fn at_least(length: Duration) -> Duration {
    if length.is_zero() { SHORTEST } else { length }
}

/// Every moment a transaction may wait for. Letters as in RFC 3261 table 4 and RFC 6026 §7; the others are spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// Send the INVITE again.
    A,
    /// Nobody answered the INVITE.
    B,
    /// It has been ringing without a word for too long: cancel it.
    C,
    /// No further non-2xx final responses will come.
    D,
    /// Send the request again.
    E,
    /// Nobody answered the request.
    F,
    /// Send the non-2xx final response to the INVITE again.
    G,
    /// Nobody sent the ACK.
    H,
    /// No further ACKs will come.
    I,
    /// No further copies of the request will come.
    J,
    /// No further copies of the response will come.
    K,
    /// No further copies of an INVITE answered with 2xx will come.
    L,
    /// No further 2xx will come.
    M,
    /// 200 ms after the INVITE: say 100.
    Trying,
    /// 64*T1 after our CANCEL: the INVITE counts as dead without a final response (§9.1).
    Withdrawal,
    /// 64*T1 after a non-INVITE request that we never answered: its sender has given up (timer F there).
    Unanswered,
}

/// The running timers of one transaction: never more than a handful.
#[derive(Debug, Default)]
pub(super) struct Running(SmallVec<[(Timer, Instant); 3]>);

impl Running {
    /// A timer of this transaction came out of [`Schedule::pop_due`].
    pub(super) fn fired(&mut self, timer: Timer) {
        self.take(timer);
    }

    fn take(&mut self, timer: Timer) -> Option<Instant> {
        let place = self.0.iter().position(|(running, _)| *running == timer)?;
        Some(self.0.swap_remove(place).1)
    }
}

/// All running timers of all transactions, ordered by deadline: O(log n) to start, stop and find, nothing to scan.
///
/// A stopped timer leaves at once, so the table is never larger than what the transactions really wait for.
#[derive(Debug)]
pub(super) struct Schedule<Owner> {
    queue: BTreeSet<(Instant, Owner, Timer)>,
}

impl<Owner: Ord + Copy> Schedule<Owner> {
    pub(super) const fn new() -> Self {
        Self { queue: BTreeSet::new() }
    }

    /// Starts a timer, or starts it again. One that would end later than the clock can say does not run.
    pub(super) fn start(&mut self, running: &mut Running, owner: Owner, timer: Timer, now: Instant, length: Duration) {
        self.stop(running, owner, timer);
        if let Some(at) = now.checked_add(length) {
            running.0.push((timer, at));
            self.queue.insert((at, owner, timer));
        }
    }

    pub(super) fn stop(&mut self, running: &mut Running, owner: Owner, timer: Timer) {
        if let Some(at) = running.take(timer) {
            self.queue.remove(&(at, owner, timer));
        }
    }

    pub(super) fn stop_all(&mut self, running: &mut Running, owner: Owner) {
        for (timer, at) in running.0.drain(..) {
            self.queue.remove(&(at, owner, timer));
        }
    }

    /// The next timer whose moment has come. It no longer runs; its owner is to be told ([`Running::fired`]).
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Owner, Timer)> {
        let (at, _, _) = self.queue.first()?;
        if *at > now {
            return None;
        }
        self.queue.pop_first().map(|(_, owner, timer)| (owner, timer))
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _, _)| *at)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }
}
