//! Sources that guess passwords, look for accounts or send rubbish are not listened to for a while (R01).
//!
//! Only what proves its source counts: wrong credentials over a nonce that we sent to that very address, or what comes over a
//! stream, whose handshake has proved it. So nobody can have a stranger banned by forging datagrams, and an old nonce after a
//! restart bans nobody. Many phones may share one address (NAT): one that logs in clears what was counted against it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::clock::later;
use crate::endpoint::{Ban, BanReason};

/// Wrong passwords after which a source is dropped.
const PASSWORDS_MAX: u32 = 20;
/// Requests without credentials, or for what we do not offer, after which it is. A whole office may come back at once after
/// a power cut, each phone with one.
const SCANS_MAX: u32 = 500;
/// Streams' worth of rubbish after which it is.
const MALFORMED_MAX: u32 = 20;

/// Where it stops.
const fn most(reason: BanReason) -> u32 {
    match reason {
        BanReason::Passwords => PASSWORDS_MAX,
        BanReason::Scanning => SCANS_MAX,
        BanReason::Malformed => MALFORMED_MAX,
    }
}

/// A source that was quiet for so long starts afresh.
const FORGET_AFTER: Duration = Duration::from_secs(3600);
/// A full table is looked through for sources to forget this often at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// What counts as one source: an IPv4 address; of IPv6 the /64, of which any host can have every address (RFC 7421).
fn key(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.into(),
            None => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        },
    }
}

/// What is known of one source.
#[derive(Debug)]
struct Record {
    passwords: u32,
    scans: u32,
    malformed: u32,
    last: Instant,
    until: Option<Instant>,
    /// What the last ban was for.
    reason: BanReason,
    /// Bans so far: each is twice as long as the one before.
    bans: u32,
}

impl Record {
    fn new(now: Instant) -> Self {
        let (passwords, scans, malformed) = (0, 0, 0);
        Self { passwords, scans, malformed, last: now, until: None, reason: BanReason::Passwords, bans: 0 }
    }

    fn count(&mut self, reason: BanReason) -> &mut u32 {
        match reason {
            BanReason::Passwords => &mut self.passwords,
            BanReason::Scanning => &mut self.scans,
            BanReason::Malformed => &mut self.malformed,
        }
    }
}

/// Every source with failures.
#[derive(Debug)]
pub(crate) struct Bans {
    records: HashMap<IpAddr, Record>,
    sources_max: usize,
    /// When a full table was last looked through.
    swept: Option<Instant>,
    first: Duration,
    longest: Duration,
}

impl Bans {
    pub(crate) fn new(sources_max: usize, first: Duration, longest: Duration) -> Self {
        Self { records: HashMap::new(), sources_max, swept: None, first, longest }
    }

    /// Whether packets of this source are to be dropped unread.
    pub(crate) fn drops(&self, now: Instant, source: IpAddr) -> bool {
        // Most houses have no records at all: then this costs nothing.
        !self.records.is_empty()
            && self.records.get(&key(source)).and_then(|record| record.until).is_some_and(|until| until > now)
    }

    /// One more offence. Gives the number of that kind when a ban begins with this one.
    pub(crate) fn failed(&mut self, now: Instant, source: IpAddr, reason: BanReason) -> Option<u32> {
        let source = key(source);
        if self.records.len() >= self.sources_max && !self.records.contains_key(&source) {
            self.make_room(now);
            if self.records.len() >= self.sources_max {
                return None;
            }
        }
        let record = self.records.entry(source).or_insert_with(|| Record::new(now));
        if now.saturating_duration_since(record.last) > FORGET_AFTER && record.until.is_none_or(|until| until <= now) {
            *record = Record::new(now);
        }
        record.last = now;
        let count = record.count(reason);
        *count = count.saturating_add(1);
        let count = *count;
        if !count.is_multiple_of(most(reason)) {
            return None;
        }
        record.reason = reason;
        let length = self.first.saturating_mul(1 << record.bans.min(16)).min(self.longest);
        record.bans += 1;
        record.until = Some(later(now, length));
        Some(count)
    }

    /// Right credentials: what failed before was a typing error.
    pub(crate) fn succeeded(&mut self, source: IpAddr) {
        if !self.records.is_empty() {
            self.records.remove(&key(source));
        }
    }

    /// Listens to this source again.
    pub(crate) fn clear(&mut self, source: IpAddr) {
        self.records.remove(&key(source));
    }

    /// Who is banned now.
    pub(crate) fn list(&self, now: Instant) -> Vec<Ban> {
        let banned = self.records.iter().filter_map(|(&source, record)| {
            let until = record.until.filter(|until| *until > now)?;
            let failures = match record.reason {
                BanReason::Passwords => record.passwords,
                BanReason::Scanning => record.scans,
                BanReason::Malformed => record.malformed,
            };
            Some(Ban { source, until, failures, reason: record.reason })
        });
        let mut bans: Vec<Ban> = banned.collect();
        bans.sort_by_key(|ban| ban.source);
        bans
    }

    /// Forgets who was quiet for long; if nobody was, the one of those not banned who was quiet the longest. At most once a
    /// second, however many ask: it costs a look at every source.
    fn make_room(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < SWEEP_EVERY) {
            return;
        }
        self.swept = Some(now);
        let banned = |record: &Record| record.until.is_some_and(|until| until > now);
        self.records.retain(|_, record| now.saturating_duration_since(record.last) <= FORGET_AFTER || banned(record));
        if self.records.len() < self.sources_max {
            return;
        }
        let free = self.records.iter().filter(|(_, record)| !banned(record));
        if let Some(oldest) = free.min_by_key(|(_, record)| record.last).map(|(&source, _)| source) {
            self.records.remove(&oldest);
        }
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
        for _ in 1..PASSWORDS_MAX {
            assert_eq!(bans.failed(start, ATTACKER, BanReason::Passwords), None);
            assert!(!bans.drops(start, ATTACKER));
        }
        assert_eq!(bans.failed(start, ATTACKER, BanReason::Passwords), Some(PASSWORDS_MAX));
        assert!(bans.drops(start + Duration::from_secs(299), ATTACKER));
        let again = start + Duration::from_secs(300);
        assert!(!bans.drops(again, ATTACKER));
        for _ in 0..PASSWORDS_MAX {
            bans.failed(again, ATTACKER, BanReason::Passwords);
        }
        assert!(bans.drops(again + Duration::from_secs(599), ATTACKER));
        assert_eq!(bans.list(again).len(), 1);
        bans.clear(ATTACKER);
        assert!(!bans.drops(again, ATTACKER));
        assert!(bans.list(again).is_empty());
    }

    #[test]
    fn r01_each_kind_of_offence_has_its_own_measure_and_is_told() {
        let now = Instant::now();
        let mut bans = Bans::new(9, Duration::from_secs(300), Duration::from_secs(300));
        for reason in [BanReason::Scanning, BanReason::Malformed, BanReason::Passwords] {
            let source = IpAddr::from([10, 0, 0, u8::try_from(most(reason) % 251).unwrap()]);
            for _ in 1..most(reason) {
                assert_eq!(bans.failed(now, source, reason), None);
            }
            // Some of another kind do not add up with it.
            bans.failed(now, source, BanReason::Passwords);
            if reason != BanReason::Passwords {
                assert!(!bans.drops(now, source));
                assert_eq!(bans.failed(now, source, reason), Some(most(reason)));
            }
            let ban = bans.list(now).into_iter().find(|ban| ban.reason == reason).unwrap();
            assert_eq!((ban.source, ban.failures), (source, most(reason)));
            bans.clear(source);
        }
    }

    #[test]
    fn r02_the_table_of_sources_is_limited() {
        let start = Instant::now();
        let mut bans = Bans::new(3, Duration::from_secs(300), Duration::from_secs(300));
        for last in 0..200 {
            bans.failed(start, IpAddr::from([10, 0, 0, last]), BanReason::Scanning);
        }
        assert_eq!(bans.records.len(), 3);
        bans.failed(start + Duration::from_secs(3601), ATTACKER, BanReason::Scanning);
        assert_eq!(bans.records.len(), 1);
    }

    #[test]
    fn r02_a_full_table_has_room_for_a_new_source_and_keeps_its_bans() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let source = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut bans = Bans::new(3, Duration::from_secs(300), Duration::from_secs(300));
        for _ in 0..PASSWORDS_MAX {
            bans.failed(start, ATTACKER, BanReason::Passwords);
        }
        bans.failed(at(1), source(1), BanReason::Passwords);
        bans.failed(at(2), source(2), BanReason::Passwords);
        bans.failed(at(3), source(3), BanReason::Passwords);
        assert!(bans.records.contains_key(&source(3)) && !bans.records.contains_key(&source(1)));
        // Looked through once a second only.
        bans.failed(at(3), source(4), BanReason::Passwords);
        assert!(!bans.records.contains_key(&source(4)) && bans.drops(at(3), ATTACKER));
        bans.failed(at(4), source(4), BanReason::Passwords);
        assert!(bans.records.contains_key(&source(4)) && !bans.records.contains_key(&source(2)));
    }

    #[test]
    fn r01_a_guesser_with_a_whole_ipv6_network_is_one_source() {
        let now = Instant::now();
        let mut bans = Bans::new(9, Duration::from_secs(300), Duration::from_secs(300));
        let host = |text: &str| text.parse::<IpAddr>().unwrap();
        for last in 1..=PASSWORDS_MAX {
            bans.failed(now, host(&format!("2001:db8:1:2::{last:x}")), BanReason::Passwords);
        }
        assert!(bans.drops(now, host("2001:db8:1:2:3:4:5:6")));
        assert!(!bans.drops(now, host("2001:db8:1:3::1")));
        assert_eq!(bans.list(now)[0].source, host("2001:db8:1:2::"));
        bans.clear(host("2001:db8:1:2::77"));
        assert!(!bans.drops(now, host("2001:db8:1:2::1")));
    }
}
