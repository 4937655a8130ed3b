//! RTP ports: even ones only (some trunks refuse odd ones, JAPAN.md), chosen at random, rested before they are used again.

use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use endpoint::LegId;
use rand::Rng;
use rand_chacha::ChaCha12Rng;

/// How long a port rests after use: late packets of the old call must not meet a new one.
pub(crate) const PORT_REST: Duration = Duration::from_secs(10);

/// The pool. Each port of it stands for itself (RTP) and the next one (RTCP).
#[derive(Debug)]
pub(crate) struct Ports {
    free: Vec<u16>,
    resting: VecDeque<(Instant, u16)>,
    used: HashMap<u16, LegId>,
}

impl Ports {
    /// The even ports of the range whose next one is in it too.
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        let last = *range.end();
        let free = range.filter(|port| port.is_multiple_of(2) && *port < last).collect();
        Self { free, resting: VecDeque::new(), used: HashMap::new() }
    }

    /// A port for the leg. When all are used or resting, the one that has rested longest: a caller is worth more than the rest.
    pub(crate) fn take(&mut self, now: Instant, rng: &mut ChaCha12Rng, leg: LegId) -> Option<u16> {
        while let Some((since, port)) = self.resting.front().copied() {
            if now.saturating_duration_since(since) < PORT_REST {
                break;
            }
            self.resting.pop_front();
            self.free.push(port);
        }
        let port = match u64::try_from(self.free.len()) {
            Ok(count @ 1..) => {
                let index = usize::try_from(rng.next_u64() % count).unwrap_or(0);
                self.free.swap_remove(index)
            }
            Ok(0) | Err(_) => self.resting.pop_front()?.1,
        };
        self.used.insert(port, leg);
        Some(port)
    }

    /// The leg's port is no longer bound.
    pub(crate) fn give_back(&mut self, now: Instant, port: u16) {
        if self.used.remove(&port).is_some() {
            self.resting.push_back((now, port));
        }
    }

    /// Ports in use, and whose they are.
    pub(crate) fn used(&self) -> impl Iterator<Item = (u16, LegId)> {
        self.used.iter().map(|(port, leg)| (*port, *leg))
    }

    /// How many are in use.
    pub(crate) fn used_count(&self) -> usize {
        self.used.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn ports_are_even_and_rest_before_they_are_used_again() {
        let mut rng = ChaCha12Rng::from_seed([7; 32]);
        let now = crate::calls::tests::some_moment();
        let mut ports = Ports::new(30_001..=30_008);
        let taken: Vec<u16> = (0..3).filter_map(|leg| ports.take(now, &mut rng, LegId(leg))).collect();
        assert_eq!(taken.len(), 3, "30002, 30004, 30006: 30008 has no next one");
        assert!(taken.iter().all(|port| port % 2 == 0));
        assert_eq!(ports.take(now, &mut rng, LegId(9)), None);

        ports.give_back(now, taken[0]);
        ports.give_back(now + Duration::from_secs(1), taken[1]);
        let later = now + PORT_REST;
        assert_eq!(ports.take(later, &mut rng, LegId(9)), Some(taken[0]), "only this one has rested");
        assert_eq!(ports.take(later, &mut rng, LegId(9)), Some(taken[1]), "rather too soon than no call");
        ports.give_back(later, 1);
        assert_eq!(ports.used_count(), 3, "a port that was never taken is not given");
    }
}
