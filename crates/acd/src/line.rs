//! The waiting calls, in order.

mod entry;

pub(crate) use entry::Entry;

use crate::roster::{Label, Post};
use crate::{CallId, OperatorId, Tier, Waiting, WaitingSnapshot};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A longer ageing is shortened to this.
const AGEING_MAX: Duration = Duration::from_secs(24 * 3600);

/// Place in the order of service: higher priority first, then those at the head, then by the time of their first ringing,
/// then as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    priority: Reverse<u8>,
    behind_head: bool,
    since: Instant,
    arrival: u64,
}

/// Through which an operator who comes free is found by a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// Operators with all these skills.
    Suited(Arc<[Label]>),
    /// Everyone of this tier.
    Tier(Tier),
    /// The preferred operator, if they have these skills.
    Preferred(OperatorId, Arc<[Label]>),
}

/// Calls by their doors: as many entries as there are distinct sets of skills waited for, and the tiers.
type ByDoor = BTreeMap<Door, BTreeMap<Place, CallId>>;

/// All waiting calls.
#[derive(Debug, Default)]
pub(crate) struct Line {
    calls: BTreeMap<CallId, Entry>,
    order: BTreeMap<Place, CallId>,
    /// No phone rings for them.
    silent: BTreeMap<Place, CallId>,
    /// The control loop looks at them.
    watched: BTreeMap<Place, CallId>,
    /// Calls that no phone rings for, by who may ring.
    hungry: ByDoor,
    /// Calls that phones ring for, by who may join.
    open: ByDoor,
    arrivals: u64,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) fn get(&self, call: CallId) -> Option<&Entry> {
        self.calls.get(&call)
    }

    /// `ageing`: how much longer than others a call must have waited to go before one whose priority is higher by one;
    /// without it the priority alone decides.
    pub(crate) fn join(&mut self, now: Instant, waiting: Waiting, ageing: Option<Duration>) {
        let since = waiting.since.map_or(now, |since| since.min(now));
        let (priority, since_by_priority) = match ageing {
            None => (waiting.priority, since),
            Some(step) => (0, since + step.min(AGEING_MAX) * u32::from(u8::MAX - waiting.priority)),
        };
        let place = Place {
            priority: Reverse(priority),
            behind_head: !waiting.at_head,
            since: since_by_priority,
            arrival: self.arrivals,
        };
        self.arrivals += 1;
        let call = waiting.call;
        self.order.insert(place, call);
        self.calls.insert(call, Entry::new(waiting, place, since));
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

    /// The call that a free operator should be offered: the first that no phone rings for, else the first that would
    /// have more phones ring.
    pub(crate) fn first_for(&self, post: &Post) -> Option<CallId> {
        let operator = post.operator.id;
        let opens = |door: &Door| match door {
            Door::Suited(needs) => post.operator.tier == Tier::Operator && post.suits(needs),
            Door::Tier(tier) => *tier == post.operator.tier,
            Door::Preferred(preferred, needs) => *preferred == operator && post.suits(needs),
        };
        let first_in = |lists: &ByDoor| {
            lists
                .iter()
                .filter(|(door, _)| opens(door))
                .filter_map(|(door, calls)| calls.iter().find(|(_, call)| self.may_go_to(**call, door, post)))
                .min_by_key(|(place, _)| **place)
                .map(|(_, call)| *call)
        };
        first_in(&self.hungry).or_else(|| first_in(&self.open))
    }

    /// Whether the operator, who fits this door, has not been asked for this call; and has read the firm's manual, unless everyone
    /// is asked.
    fn may_go_to(&self, call: CallId, door: &Door, post: &Post) -> bool {
        let may_serve = |entry: &Entry| match door {
            Door::Suited(_) | Door::Preferred(..) => post.may_serve(entry.waiting.customer),
            Door::Tier(_) => true,
        };
        self.calls.get(&call).is_some_and(|entry| entry.is_new_to(post.operator.id) && may_serve(entry))
    }

    /// Calls that no phone rings for, in order.
    pub(crate) fn silent(&self) -> impl Iterator<Item = CallId> {
        self.silent.values().copied()
    }

    /// How many calls that no phone rings for are served before this place; `max` at most.
    pub(crate) fn silent_before(&self, place: Place, max: usize) -> usize {
        self.silent.range(..place).take(max).count()
    }

    /// Calls that the control loop looks at, in order.
    pub(crate) fn watched(&self) -> impl Iterator<Item = CallId> {
        self.watched.values().copied()
    }

    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Entry> {
        self.order.values().filter_map(|call| self.calls.get(call))
    }

    pub(crate) fn ids(&self) -> Vec<CallId> {
        self.order.values().copied().collect()
    }

    pub(crate) fn snapshots(&self) -> impl Iterator<Item = WaitingSnapshot> {
        self.in_order().map(Entry::snapshot)
    }

    /// Remembers the position told; changes no list.
    pub(crate) fn tell(&mut self, call: CallId, position: usize) -> bool {
        self.calls.get_mut(&call).is_some_and(|entry| entry.told.replace(position) != Some(position))
    }

    /// Builds all lists anew.
    pub(crate) fn list_anew(&mut self) {
        self.order = self.calls.iter().map(|(call, entry)| (entry.place, *call)).collect();
        self.silent.clear();
        self.watched.clear();
        self.hungry.clear();
        self.open.clear();
        for call in self.ids() {
            if let Some(entry) = self.calls.get_mut(&call) {
                entry.recount();
            }
            self.list(call);
        }
    }

    pub(crate) fn is_listed_rightly(&self, entry: &Entry) -> bool {
        let listed = |lists: &ByDoor, door: &Door| lists.get(door).is_some_and(|list| list.contains_key(&entry.place));
        let is_silent = entry.is_silent();
        entry.is_counted_rightly()
            && self.order.get(&entry.place) == Some(&entry.waiting.call)
            && self.silent.contains_key(&entry.place) == is_silent
            && self.watched.contains_key(&entry.place) == entry.watched
            && entry
                .doors()
                .all(|door| listed(&self.hungry, &door) == is_silent && listed(&self.open, &door) != is_silent)
    }

    /// Whether there is nothing else in the lists.
    pub(crate) fn is_counted_rightly(&self) -> bool {
        let entries = || self.calls.values();
        let in_lists: usize = self.hungry.values().chain(self.open.values()).map(BTreeMap::len).sum();
        self.order.len() == self.calls.len()
            && self.silent.len() == entries().filter(|entry| entry.is_silent()).count()
            && self.watched.len() == entries().filter(|entry| entry.watched).count()
            && in_lists == entries().map(|entry| entry.doors().count()).sum::<usize>()
    }

    fn list(&mut self, call: CallId) {
        let Some(entry) = self.calls.get(&call) else { return };
        let place = entry.place;
        if entry.watched {
            self.watched.insert(place, call);
        }
        let lists = if entry.is_silent() {
            self.silent.insert(place, call);
            &mut self.hungry
        } else {
            &mut self.open
        };
        for door in entry.doors() {
            lists.entry(door).or_default().insert(place, call);
        }
    }

    fn unlist(&mut self, call: CallId) {
        let Some(entry) = self.calls.get(&call) else { return };
        self.silent.remove(&entry.place);
        self.watched.remove(&entry.place);
        let lists = if entry.is_silent() { &mut self.hungry } else { &mut self.open };
        for door in entry.doors() {
            let Some(list) = lists.get_mut(&door) else { continue };
            list.remove(&entry.place);
            if list.is_empty() {
                lists.remove(&door);
            }
        }
    }
}
