//! The network between the switch and each party: datagrams are lost, doubled, late, out of order; streams are slow, keep
//! their order, and die.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chance::Chance;
use crate::profile::{BURST_MS_MAX, LATE_MS_MAX, Weather};

/// Packets that a history may have in the air at once; more would be a bug that answers itself.
pub const IN_THE_AIR_MAX: usize = 50_000;

/// One party's link.
#[derive(Debug)]
pub struct Link {
    weather: Weather,
    /// Nothing gets through until then.
    cut_until: Duration,
    /// Nearly nothing gets through until then.
    burst_until: Duration,
    /// When the last byte of each stream arrives, by connection and direction.
    last: BTreeMap<(u64, bool), Duration>,
}

impl Link {
    /// A link with this weather.
    pub fn new(weather: Weather) -> Self {
        Self { weather, cut_until: Duration::ZERO, burst_until: Duration::ZERO, last: BTreeMap::new() }
    }

    /// Nothing gets through from now until then.
    pub fn cut(&mut self, until: Duration) {
        self.cut_until = self.cut_until.max(until);
    }

    /// When the copies of a datagram arrive; none: it is lost.
    pub fn datagram(&mut self, now: Duration, chance: &mut Chance) -> Vec<Duration> {
        if now < self.cut_until {
            return Vec::new();
        }
        if chance.permille(self.weather.bursts) {
            self.burst_until = now + chance.between_ms(100, BURST_MS_MAX);
        }
        let loss = if now < self.burst_until { 900 } else { self.weather.loss };
        let copies = 1 + u64::from(chance.permille(self.weather.doubled));
        (0..copies).filter_map(|_| if chance.permille(loss) { None } else { Some(now + self.delay(chance)) }).collect()
    }

    /// When bytes of a stream arrive: after all before them. Cut or not: TCP tries again.
    pub fn stream(&mut self, now: Duration, connection: u64, to_switch: bool, chance: &mut Chance) -> Duration {
        let earliest = now.max(self.cut_until) + self.delay(chance);
        let last = self.last.entry((connection, to_switch)).or_default();
        *last = earliest.max(*last + Duration::from_micros(10));
        *last
    }

    fn delay(&self, chance: &mut Chance) -> Duration {
        if chance.permille(self.weather.late) {
            return chance.between_ms(self.weather.delay_max_ms, LATE_MS_MAX);
        }
        chance.between_ms(self.weather.delay_min_ms, self.weather.delay_max_ms)
    }
}
