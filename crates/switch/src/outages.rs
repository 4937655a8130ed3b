//! Trunks that cannot be used for so long that somebody must be told, and when that is over: whom nobody can call, nobody calls,
//! and a silent room looks like a quiet day.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use endpoint::TrunkId;

/// A trunk that worked may be down for so long before it is told: a probe that is lost, a registration that is moved.
pub(crate) const BRIEF: Duration = Duration::from_secs(5);

/// One that has not been up yet may take so long: its name is looked up, it registers.
pub(crate) const COMES_UP: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    /// Trunks that have been up.
    were_up: BTreeSet<TrunkId>,
    /// Those that are down now.
    down: BTreeMap<TrunkId, Outage>,
}

#[derive(Debug)]
struct Outage {
    since: Instant,
    /// When it is told; `None`: it is told.
    due: Option<Instant>,
}

impl Outages {
    /// The trunk cannot be used from now on.
    pub(crate) fn begins(&mut self, now: Instant, trunk: TrunkId) {
        let patience = if self.were_up.contains(&trunk) { BRIEF } else { COMES_UP };
        self.down.entry(trunk).or_insert(Outage { since: now, due: Some(now + patience) });
    }

    /// It can be used. Gives since when it could not, if that was told.
    pub(crate) fn ends(&mut self, trunk: TrunkId) -> Option<Instant> {
        self.were_up.insert(trunk);
        self.down.remove(&trunk).filter(|outage| outage.due.is_none()).map(|outage| outage.since)
    }

    /// Trunks that are to be told of now: each outage once.
    pub(crate) fn tell(&mut self, now: Instant) -> Vec<TrunkId> {
        let is_due = |outage: &Outage| outage.due.is_some_and(|due| due <= now);
        let told = self.down.iter_mut().filter(|(_, outage)| is_due(outage));
        told.map(|(trunk, outage)| {
            outage.due = None;
            *trunk
        })
        .collect()
    }

    /// When [`Outages::tell`] has something to tell.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.down.values().filter_map(|outage| outage.due).min()
    }

    /// Whether it was told that this trunk is down, and it still is.
    pub(crate) fn is_told(&self, trunk: TrunkId) -> bool {
        self.down.get(&trunk).is_some_and(|outage| outage.due.is_none())
    }

    /// Forgets all other trunks: of one that was taken away nothing is over.
    pub(crate) fn keep(&mut self, is_known: impl Fn(TrunkId) -> bool) {
        self.were_up.retain(|trunk| is_known(*trunk));
        self.down.retain(|trunk, _| is_known(*trunk));
    }
}
