//! Who may speak how fast, decided before a byte is parsed (RESILIENCE R02).
//!
//! Trunks, and everyone to whom we have sent a request of our own lately (a registered phone is asked whether it is alive
//! every half minute), pass at once. Anyone else has a token bucket per address. What a flood costs is one look into a map.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::config::{Limits, Network};

/// Addresses whose buckets are remembered. More strangers than this share one bucket.
const STRANGERS_MAX: usize = 20_000;
/// Addresses that we talk to.
const ACQUAINTANCES_MAX: usize = 50_000;
/// How long an address is known after our last request to it.
const ACQUAINTANCE_LASTS: Duration = Duration::from_secs(600);
/// A full table is swept at most this often, so that a flood of new addresses does not pay for a sweep each.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// A stream whose peer is too fast is not read for at most this long at a time. Shorter than what would make it look dead.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The gate in front of the parser.
pub(crate) struct Gate {
    rate: f64,
    burst: f64,
    trusted: Vec<Network>,
    acquaintances: HashMap<IpAddr, Instant>,
    strangers: HashMap<IpAddr, Bucket>,
    crowd: Bucket,
    swept: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant, rate: f64, burst: f64) -> bool {
        let waited = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + waited * rate).min(burst);
        self.at = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }

    /// Takes even what is not there. Gives how long it takes until that is paid.
    fn owe(&mut self, now: Instant, rate: f64, burst: f64) -> Duration {
        if self.take(now, rate, burst) {
            return Duration::ZERO;
        }
        self.tokens = (self.tokens - 1.0).max(-rate * PAUSE_MAX.as_secs_f64());
        Duration::try_from_secs_f64(-self.tokens / rate).map_or(PAUSE_MAX, |debt| debt.min(PAUSE_MAX))
    }
}

impl Gate {
    pub(crate) fn new(now: Instant, limits: &Limits) -> Self {
        Self {
            rate: limits.stranger_rate,
            burst: limits.stranger_burst,
            trusted: Vec::new(),
            acquaintances: HashMap::new(),
            strangers: HashMap::new(),
            crowd: Bucket { tokens: limits.stranger_burst, at: now },
            swept: None,
        }
    }

    /// These always pass: the trunks' addresses.
    pub(crate) fn trust(&mut self, trusted: Vec<Network>) {
        self.trusted = trusted;
    }

    /// We have sent this address a request.
    pub(crate) fn acquaint(&mut self, now: Instant, address: IpAddr) {
        if self.acquaintances.len() >= ACQUAINTANCES_MAX && !self.acquaintances.contains_key(&address) {
            self.sweep(now);
            if self.acquaintances.len() >= ACQUAINTANCES_MAX {
                return;
            }
        }
        self.acquaintances.insert(address, now);
        self.strangers.remove(&address);
    }

    /// Whether a packet of this address may be looked at.
    pub(crate) fn admits(&mut self, now: Instant, address: IpAddr) -> bool {
        let (rate, burst) = (self.rate, self.burst);
        self.bucket(now, address).is_none_or(|bucket| bucket.take(now, rate, burst))
    }

    /// Counts a message of a stream, which is taken in any case: nobody sends it again (RFC 3261 section 17.1.1.1). Gives how
    /// long its stream should not be read, so that its peer gets no more than its share.
    pub(crate) fn owes(&mut self, now: Instant, address: IpAddr) -> Duration {
        let (rate, burst) = (self.rate, self.burst);
        self.bucket(now, address).map_or(Duration::ZERO, |bucket| bucket.owe(now, rate, burst))
    }

    /// The bucket that counts for this address; `None`: it always passes.
    fn bucket(&mut self, now: Instant, address: IpAddr) -> Option<&mut Bucket> {
        if let Some(since) = self.acquaintances.get(&address)
            && now.saturating_duration_since(*since) < ACQUAINTANCE_LASTS
        {
            return None;
        }
        if self.trusted.iter().any(|network| network.contains(address)) {
            return None;
        }
        let full = self.strangers.len() >= STRANGERS_MAX;
        if full && !self.strangers.contains_key(&address) {
            self.sweep(now);
            if self.strangers.len() >= STRANGERS_MAX {
                return Some(&mut self.crowd);
            }
        }
        let fresh = Bucket { tokens: self.burst, at: now };
        Some(self.strangers.entry(address).or_insert(fresh))
    }

    /// Forgets addresses that have been quiet long enough to be strangers again with a full bucket.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < SWEEP_INTERVAL) {
            return;
        }
        self.swept = Some(now);
        let (rate, burst) = (self.rate, self.burst);
        self.strangers
            .retain(|_, bucket| bucket.tokens + now.saturating_duration_since(bucket.at).as_secs_f64() * rate < burst);
        self.acquaintances.retain(|_, since| now.saturating_duration_since(*since) < ACQUAINTANCE_LASTS);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // a test needs one instant to count from
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn gate() -> (Gate, Instant) {
        let now = Instant::now();
        let limits = Limits { stranger_rate: 10.0, stranger_burst: 20.0, ..Limits::default() };
        (Gate::new(now, &limits), now)
    }

    fn admitted(gate: &mut Gate, now: Instant, address: IpAddr, packets: usize) -> usize {
        (0..packets).filter(|_| gate.admits(now, address)).count()
    }

    #[test]
    fn r02_a_stranger_gets_a_burst_and_then_a_trickle() {
        let (mut gate, now) = gate();
        let stranger = IpAddr::from([203, 0, 113, 9]);
        assert_eq!(admitted(&mut gate, now, stranger, 1_000), 20);
        assert_eq!(admitted(&mut gate, now + Duration::from_secs(1), stranger, 1_000), 10);
        assert_eq!(
            admitted(&mut gate, now, IpAddr::from([203, 0, 113, 10]), 5),
            5,
            "another address has its own bucket"
        );
    }

    #[test]
    fn r02_who_sends_too_fast_by_a_stream_waits_for_its_share_and_not_for_ever() {
        let (mut gate, now) = gate();
        let stranger = IpAddr::from([203, 0, 113, 9]);
        let waits: Vec<Duration> = (0..25).map(|_| gate.owes(now, stranger)).collect();
        assert!(waits[..20].iter().all(Duration::is_zero), "{waits:?}");
        assert_eq!(waits[20..].iter().map(Duration::as_millis).collect::<Vec<_>>(), [100, 200, 300, 400, 500]);
        assert!(!gate.admits(now, stranger), "what it sends otherwise counts with it");
        assert!(gate.admits(now + Duration::from_secs(1), stranger), "paid");
        let longest = (0..1_000).map(|_| gate.owes(now, stranger)).max();
        assert_eq!(longest, Some(PAUSE_MAX));
        gate.acquaint(now, stranger);
        assert_eq!(gate.owes(now, stranger), Duration::ZERO);
    }

    #[test]
    fn r02_trunks_and_phones_that_we_ask_are_never_slowed() {
        let (mut gate, now) = gate();
        gate.trust(vec![Network { address: IpAddr::from([198, 51, 100, 0]), prefix: 24 }]);
        assert_eq!(admitted(&mut gate, now, IpAddr::from([198, 51, 100, 77]), 5_000), 5_000);
        let phone = IpAddr::from([203, 0, 113, 50]);
        gate.acquaint(now, phone);
        assert_eq!(admitted(&mut gate, now, phone, 5_000), 5_000);
        let later = now + ACQUAINTANCE_LASTS;
        assert_eq!(admitted(&mut gate, later, phone, 5_000), 20, "forgotten after a while");
    }

    #[test]
    fn r02_more_strangers_than_the_table_holds_share_one_bucket() {
        let (mut gate, now) = gate();
        let address = |number: u32| IpAddr::from(Ipv4Addr::from_bits(0x0a00_0000 + number));
        let passed = (0..60_000).filter(|number| gate.admits(now, address(*number))).count();
        assert_eq!(passed, STRANGERS_MAX + 20);
        assert!(gate.strangers.len() <= STRANGERS_MAX);
        let later = now + Duration::from_secs(5);
        assert!(gate.admits(later, address(100_000)));
        assert!(gate.strangers.len() < 10, "those who fell silent are forgotten");
    }
}
