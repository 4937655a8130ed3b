//! Sources that guess passwords are not listened to for a while (R01).
//!
//! Only a failure that proves its source counts: wrong credentials over a nonce that we sent to that very address. So
//! nobody can have a stranger banned by forging datagrams, and an old nonce after a restart bans nobody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::clock::later;
use crate::endpoint::{Ban, BanReason};

/// Failures after which a source is dropped.
pub(crate) const FAILURES_MAX: u32 = 20;
/// A source that was quiet for so long starts afresh.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

/// What is known of one source.
#[derive(Debug)]
struct Record {
    failures: u32,
    last: Instant,
    until: Option<Instant>,
    /// Bans so far: each is twice as long as the one before.
    bans: u32,
}

/// Every source with failures.
#[derive(Debug)]
pub(crate) struct Bans {
    records: HashMap<IpAddr, Record>,
    sources_max: usize,
    first: Duration,
    longest: Duration,
}

impl Bans {
    pub(crate) fn new(sources_max: usize, first: Duration, longest: Duration) -> Self {
        Self { records: HashMap::new(), sources_max, first, longest }
    }

    /// Whether packets of this source are to be dropped unread.
    pub(crate) fn drops(&self, now: Instant, source: IpAddr) -> bool {
        // Most houses have no records at all: then this costs nothing.
        !self.records.is_empty()
            && self.records.get(&source).and_then(|record| record.until).is_some_and(|until| until > now)
    }

    /// Wrong credentials. Gives the number of failures when a ban begins with this one.
    pub(crate) fn failed(&mut self, now: Instant, source: IpAddr) -> Option<u32> {
        if self.records.len() >= self.sources_max && !self.records.contains_key(&source) {
            self.forget(now);
            if self.records.len() >= self.sources_max {
                return None;
            }
        }
        let record = self.records.entry(source).or_insert(Record { failures: 0, last: now, until: None, bans: 0 });
        if now.saturating_duration_since(record.last) > FORGET_AFTER && record.until.is_none_or(|until| until <= now) {
            *record = Record { failures: 0, last: now, until: None, bans: 0 };
        }
        record.failures += 1;
        record.last = now;
        if !record.failures.is_multiple_of(FAILURES_MAX) {
            return None;
        }
        let length = self.first.saturating_mul(1 << record.bans.min(16)).min(self.longest);
        record.bans += 1;
        record.until = Some(later(now, length));
        Some(record.failures)
    }

    /// Right credentials: what failed before was a typing error.
    pub(crate) fn succeeded(&mut self, source: IpAddr) {
        if !self.records.is_empty() {
            self.records.remove(&source);
        }
    }

    /// Listens to this source again.
    pub(crate) fn clear(&mut self, source: IpAddr) {
        self.records.remove(&source);
    }

    /// Who is banned now.
    pub(crate) fn list(&self, now: Instant) -> Vec<Ban> {
        let mut bans: Vec<Ban> = self
            .records
            .iter()
            .filter_map(|(&source, record)| {
                let until = record.until.filter(|until| *until > now)?;
                Some(Ban { source, until, failures: record.failures, reason: BanReason::Passwords })
            })
            .collect();
        bans.sort_by_key(|ban| ban.source);
        bans
    }

    fn forget(&mut self, now: Instant) {
        self.records.retain(|_, record| {
            now.saturating_duration_since(record.last) <= FORGET_AFTER || record.until.is_some_and(|until| until > now)
        });
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    const ATTACKER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    #[test]
    fn r01_twenty_failures_ban_a_source_and_the_next_twenty_for_twice_as_long() {
        let start = Instant::now();
        let mut bans = Bans::new(2, Duration::from_secs(300), Duration::from_secs(86_400));
        for _ in 1..FAILURES_MAX {
            assert_eq!(bans.failed(start, ATTACKER), None);
            assert!(!bans.drops(start, ATTACKER));
        }
        assert_eq!(bans.failed(start, ATTACKER), Some(FAILURES_MAX));
        assert!(bans.drops(start + Duration::from_secs(299), ATTACKER));
        let again = start + Duration::from_secs(300);
        assert!(!bans.drops(again, ATTACKER));
        for _ in 0..FAILURES_MAX {
            bans.failed(again, ATTACKER);
        }
        assert!(bans.drops(again + Duration::from_secs(599), ATTACKER));
        assert_eq!(bans.list(again).len(), 1);
        bans.clear(ATTACKER);
        assert!(!bans.drops(again, ATTACKER));
        assert!(bans.list(again).is_empty());
    }

    #[test]
    fn r02_the_table_of_sources_is_limited() {
        let start = Instant::now();
        let mut bans = Bans::new(3, Duration::from_secs(300), Duration::from_secs(300));
        for last in 0..200 {
            bans.failed(start, IpAddr::from([10, 0, 0, last]));
        }
        assert_eq!(bans.records.len(), 3);
        bans.failed(start + Duration::from_secs(3601), ATTACKER);
        assert_eq!(bans.records.len(), 1);
    }
}
