//! The waiting calls, in order.

use crate::{CallId, OperatorId, Waiting, WaitingSnapshot, Who};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Place in the order of service: higher priority first, then those at the head, then as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    priority: Reverse<u8>,
    behind_head: bool,
    arrival: u64,
}

/// One waiting call.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) waiting: Waiting,
    pub(crate) place: Place,
    since: Instant,
    /// Operators whose phones are asked now.
    pub(crate) offered: BTreeSet<OperatorId>,
    /// Operators who declined in this round.
    pub(crate) declined: BTreeSet<OperatorId>,
    rounds: u32,
    /// Set while everyone free has declined: when they are asked again.
    pub(crate) restart: Option<Instant>,
    /// The position last told.
    pub(crate) told: Option<usize>,
}

impl Entry {
    /// Whether the call wants the next operator who comes free.
    fn appetite(&self) -> Appetite {
        if self.offered.is_empty() {
            Appetite::Hungry
        } else if self.asks_preferred() || self.offered.len() >= self.width() {
            Appetite::Sated
        } else {
            Appetite::Open
        }
    }

    /// How many phones may ring for it at once.
    pub(crate) fn width(&self) -> usize {
        match self.waiting.plan.steps().first().map(|step| step.who) {
            Some(Who::Best(count)) => usize::from(count.max(1)),
            Some(Who::Suited | Who::Everyone | Who::Supervisors | Who::Managers) | None => usize::MAX,
        }
    }

    /// The preferred operator is being asked, alone.
    fn asks_preferred(&self) -> bool {
        self.waiting.prefer.is_some_and(|preferred| self.offered.contains(&preferred))
    }

    pub(crate) fn is_new_to(&self, operator: OperatorId) -> bool {
        !self.offered.contains(&operator) && !self.declined.contains(&operator)
    }

    fn snapshot(&self) -> WaitingSnapshot {
        WaitingSnapshot {
            call: self.waiting.call,
            since: self.since,
            priority: self.waiting.priority,
            offered_to: self.offered.iter().copied().collect(),
            rounds: self.rounds,
        }
    }
}

/// How a call looks at an operator who comes free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appetite {
    /// No phone rings for it.
    Hungry,
    /// Phones ring, and its plan would ring more.
    Open,
    /// Enough phones ring.
    Sated,
}

/// Calls by the skills they need: as many entries as there are distinct sets of skills waited for.
type ByNeeds = BTreeMap<Vec<String>, BTreeMap<Place, CallId>>;

/// All waiting calls.
#[derive(Debug, Default)]
pub(crate) struct Line {
    calls: BTreeMap<CallId, Entry>,
    order: BTreeMap<Place, CallId>,
    hungry: BTreeMap<Place, CallId>,
    hungry_by_needs: ByNeeds,
    open_by_needs: ByNeeds,
    arrivals: u64,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) fn get(&self, call: CallId) -> Option<&Entry> {
        self.calls.get(&call)
    }

    pub(crate) fn join(&mut self, now: Instant, mut waiting: Waiting) {
        waiting.needs.sort_unstable();
        waiting.needs.dedup();
        let place =
            Place { priority: Reverse(waiting.priority), behind_head: !waiting.at_head, arrival: self.arrivals };
        self.arrivals += 1;
        let call = waiting.call;
        let entry = Entry {
            waiting,
            place,
            since: now,
            offered: BTreeSet::new(),
            declined: BTreeSet::new(),
            rounds: 0,
            restart: None,
            told: None,
        };
        self.order.insert(place, call);
        self.calls.insert(call, entry);
        self.list(call);
    }

    pub(crate) fn leave(&mut self, call: CallId) -> Option<Entry> {
        self.unlist(call);
        let entry = self.calls.remove(&call)?;
        self.order.remove(&entry.place);
        Some(entry)
    }

    /// The only way to change a call: keeps the lists true.
    pub(crate) fn change<T>(&mut self, call: CallId, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.unlist(call);
        let result = self.calls.get_mut(&call).map(change);
        self.list(call);
        result
    }

    pub(crate) fn begin_round(&mut self, call: CallId) {
        self.change(call, |entry| {
            entry.declined.clear();
            entry.restart = None;
            entry.rounds = entry.rounds.saturating_add(1);
        });
    }

    /// The call that a free operator should be offered: the first that no phone rings for, else the first that would
    /// have more phones ring.
    pub(crate) fn first_for(&self, operator: OperatorId, suits: impl Fn(&[String]) -> bool) -> Option<CallId> {
        let first_in = |lists: &ByNeeds| {
            lists
                .iter()
                .filter(|(needs, _)| suits(needs))
                .filter_map(|(_, calls)| calls.iter().find(|(_, call)| self.is_new_to(**call, operator)))
                .min_by_key(|(place, _)| **place)
                .map(|(_, call)| *call)
        };
        first_in(&self.hungry_by_needs).or_else(|| first_in(&self.open_by_needs))
    }

    fn is_new_to(&self, call: CallId, operator: OperatorId) -> bool {
        self.calls.get(&call).is_some_and(|entry| entry.is_new_to(operator))
    }

    /// Calls that no phone rings for, in order.
    pub(crate) fn hungry(&self) -> impl Iterator<Item = CallId> {
        self.hungry.values().copied()
    }

    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Entry> {
        self.order.values().filter_map(|call| self.calls.get(call))
    }

    pub(crate) fn snapshots(&self) -> impl Iterator<Item = WaitingSnapshot> {
        self.in_order().map(Entry::snapshot)
    }

    /// Remembers the position told; changes no list.
    pub(crate) fn tell(&mut self, call: CallId, position: usize) -> bool {
        self.calls.get_mut(&call).is_some_and(|entry| entry.told.replace(position) != Some(position))
    }

    pub(crate) fn is_listed_rightly(&self, entry: &Entry) -> bool {
        let listed = |lists: &ByNeeds| lists.get(&entry.waiting.needs).is_some_and(|l| l.contains_key(&entry.place));
        let appetite = entry.appetite();
        self.order.get(&entry.place) == Some(&entry.waiting.call)
            && self.order.len() == self.calls.len()
            && self.hungry.contains_key(&entry.place) == (appetite == Appetite::Hungry)
            && listed(&self.hungry_by_needs) == (appetite == Appetite::Hungry)
            && listed(&self.open_by_needs) == (appetite == Appetite::Open)
    }

    fn list(&mut self, call: CallId) {
        let Some(entry) = self.calls.get(&call) else { return };
        let lists = match entry.appetite() {
            Appetite::Hungry => {
                self.hungry.insert(entry.place, call);
                &mut self.hungry_by_needs
            }
            Appetite::Open => &mut self.open_by_needs,
            Appetite::Sated => return,
        };
        match lists.get_mut(&entry.waiting.needs) {
            Some(list) => list.insert(entry.place, call),
            None => lists.entry(entry.waiting.needs.clone()).or_default().insert(entry.place, call),
        };
    }

    fn unlist(&mut self, call: CallId) {
        let Some(entry) = self.calls.get(&call) else { return };
        self.hungry.remove(&entry.place);
        for lists in [&mut self.hungry_by_needs, &mut self.open_by_needs] {
            let Some(list) = lists.get_mut(&entry.waiting.needs) else { continue };
            list.remove(&entry.place);
            if list.is_empty() {
                lists.remove(&entry.waiting.needs);
            }
        }
    }
}
