//! The free operators, in the order of each plan that is in use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Candidate, OperatorId, Plan, Tier};

/// What free operators are listed under. Supervisors and managers stand in the list of their tier alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    Tier(Tier),
    Skill(Arc<str>),
    Team(Arc<str>),
}

/// The plan's key, then since when idle, then who.
pub(crate) type Key = (u64, Duration, OperatorId);

/// Where an operator stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    order: usize,
    label: Label,
    key: Key,
}

#[derive(Debug, Default)]
struct List {
    free: BTreeSet<Key>,
    /// The highest key whose operator left from the front.
    passed: u64,
}

/// One plan's lists.
struct Order {
    plan: &'static dyn Plan,
    lists: BTreeMap<Label, List>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("plan", &self.plan.name()).field("lists", &self.lists).finish()
    }
}

/// One order for each plan that was ever asked for: as many as there are plans.
#[derive(Debug)]
pub(crate) struct Orders {
    orders: Vec<Order>,
    seed: u64,
    draws: u64,
}

impl Orders {
    pub(crate) fn new(seed: u64) -> Self {
        Self { orders: Vec::new(), seed, draws: 0 }
    }

    /// The plan's order; whether it is a new one, in which nobody stands yet.
    pub(crate) fn keep(&mut self, plan: &'static dyn Plan) -> bool {
        let is_new = self.index(plan).is_none();
        if is_new {
            self.orders.push(Order { plan, lists: BTreeMap::new() });
        }
        is_new
    }

    /// How many spots a free operator with so many labels has.
    pub(crate) fn spots(&self, labels: usize) -> usize {
        self.orders.len() * labels
    }

    /// Puts an operator into all orders. `labels` with the level in each.
    pub(crate) fn list(&mut self, candidate: Candidate, labels: &[(Label, u8)]) -> Vec<Spot> {
        let mut spots = Vec::with_capacity(self.spots(labels.len()));
        for (index, order) in self.orders.iter_mut().enumerate() {
            for (label, level) in labels {
                self.draws = self.draws.wrapping_add(1);
                let lot = shuffled(self.seed.wrapping_add(self.draws.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
                let list = match order.lists.get_mut(label) {
                    Some(list) => list,
                    None => order.lists.entry(label.clone()).or_default(),
                };
                let facts = Candidate { level: *level, lot, passed: list.passed, ..candidate };
                let key = (order.plan.key(&facts), candidate.idle_since, candidate.operator);
                list.free.insert(key);
                spots.push(Spot { order: index, label: label.clone(), key });
            }
        }
        spots
    }

    pub(crate) fn unlist(&mut self, spots: &[Spot]) {
        for spot in spots {
            let Some(order) = self.orders.get_mut(spot.order) else { continue };
            let Some(list) = order.lists.get_mut(&spot.label) else { continue };
            if list.free.first() == Some(&spot.key) {
                list.passed = list.passed.max(spot.key.0);
            }
            list.free.remove(&spot.key);
            if list.free.is_empty() {
                order.lists.remove(&spot.label);
            }
        }
    }

    pub(crate) fn holds(&self, spot: &Spot) -> bool {
        let list = self.orders.get(spot.order).and_then(|order| order.lists.get(&spot.label));
        list.is_some_and(|list| list.free.contains(&spot.key))
    }

    /// All spots that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.orders.iter().flat_map(|order| order.lists.values()).map(|list| list.free.len()).sum()
    }

    /// Empties all lists; whoever stood in them must be listed again.
    pub(crate) fn clear(&mut self) {
        for order in &mut self.orders {
            order.lists.clear();
        }
    }

    /// Free operators under this label, in the plan's order.
    pub(crate) fn free<'a>(&'a self, plan: &dyn Plan, label: &Label) -> impl Iterator<Item = OperatorId> + use<'a> {
        self.list_of(plan, label).into_iter().flat_map(|list| list.free.iter().map(|(_, _, operator)| *operator))
    }

    /// The key of an operator under this label, among their spots.
    pub(crate) fn key(&self, plan: &dyn Plan, label: &Label, spots: &[Spot]) -> Option<Key> {
        let index = self.index(plan)?;
        spots.iter().find(|spot| spot.order == index && spot.label == *label).map(|spot| spot.key)
    }

    /// How many free operators stand under this label.
    pub(crate) fn count(&self, label: &Label) -> usize {
        let list = self.orders.first().and_then(|order| order.lists.get(label));
        list.map_or(0, |list| list.free.len())
    }

    fn index(&self, plan: &dyn Plan) -> Option<usize> {
        self.orders.iter().position(|order| order.plan.name() == plan.name())
    }

    fn list_of(&self, plan: &dyn Plan, label: &Label) -> Option<&List> {
        self.index(plan).and_then(|index| self.orders.get(index)).and_then(|order| order.lists.get(label))
    }
}

/// SplitMix64's mixing step (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn shuffled(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
