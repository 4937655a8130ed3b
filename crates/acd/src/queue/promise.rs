//! The control loop (X07): help is called in before the promise is broken, not after a fixed time.
//!
//! At a call's arrival, at each ring while it waits, and whenever something changes the odds, it is asked how likely it is
//! that the call is answered within [`PROMISE`] of its first ringing ([`Chance`]). If that is less than wanted, and help now
//! is worth its price, a supervisor's phone rings for it, or a manager's if no supervisor is free; and as long as that is
//! not enough, another one's.

use super::{Queue, RING_MAX, RING_MIN};
use crate::line::Entry;
use crate::roster::{Activity, Post};
use crate::timers::Timer;
use crate::{BusyCounts, CallId, Chance, Effect, Outlook, PROMISE, Phones, RING, Tier, When, Who, Whose, Widening};
use std::time::{Duration, Instant};

/// Calls that are looked at when something changes the odds, in the order of service: one event must not cost the length
/// of the queue. The others are looked at when they arrive and at each ring.
const LOOKED_AT_MAX: usize = 16;

/// Calls before this one that are counted; with so many, what is left of the promise is a matter of course.
const AHEAD_MAX: usize = 64;

/// Phones that ring for one call and are looked at one by one; with so many, one more changes nothing.
const PHONES_MAX: usize = 32;

/// When help is called in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromiseLoop {
    /// Only when the promise is kept with less than this chance, in percent.
    pub threshold_percent: u8,
    /// What one ringing phone of a supervisor or manager costs, in percent of a kept promise ([`Chance::help`]).
    pub price_percent: u8,
    /// How many of them ring at once for one call.
    pub phones: u16,
}

impl Default for PromiseLoop {
    fn default() -> Self {
        Self { threshold_percent: 95, price_percent: 25, phones: 1 }
    }
}

impl Queue {
    /// A call has begun to wait.
    pub(super) fn watch(&mut self, now: Instant, call: CallId) {
        if self.limits.promise.is_some() {
            self.line.change(call, |entry| entry.watched = true);
            self.look(now, call);
            self.odds.have_changed();
        }
    }

    /// After an event that changed the odds: looks at the first calls again.
    pub(super) fn look_again(&mut self, now: Instant) {
        if self.odds.take_changed() {
            let first: Vec<CallId> = self.line.watched().take(LOOKED_AT_MAX).collect();
            for call in first {
                self.look(now, call);
            }
        }
    }

    /// Looks at one call.
    pub(super) fn look(&mut self, now: Instant, call: CallId) {
        let Some(rule) = self.limits.promise else { return };
        let Some(entry) = self.line.get(call).filter(|entry| entry.watched) else { return };
        let ends = entry.since + PROMISE;
        let left = ends.saturating_duration_since(now);
        if left.is_zero() {
            return self.stop_watching(call);
        }
        let phones = self.phones(now, entry);
        let price = f64::from(rule.price_percent) / 100.0;
        let help = self.odds.chance.help(now, &self.outlook(left, entry, &phones), usize::from(rule.phones), price);
        let chance = percent(help.chance);
        let rings = now.saturating_duration_since(entry.since).as_secs() / RING.as_secs() + 1;
        let boundary = entry.since + RING * u32::try_from(rings).unwrap_or(u32::MAX / 4);
        let next = match help.when {
            When::In(after) => boundary.min(now + after),
            When::Now | When::Never => boundary,
        };
        let is_low = chance < rule.threshold_percent;
        let is_news = is_low && !entry.at_risk;
        self.look_next(call, (next < ends).then_some(next));
        self.line.change(call, |entry| {
            entry.chance = Some(chance);
            entry.at_risk |= is_low;
        });
        if is_news {
            self.effects.push_back(Effect::PromiseAtRisk { call, chance_percent: chance });
        }
        if is_low && help.when == When::Now {
            self.call_in_help(now, call, usize::from(rule.phones.max(1)));
        }
    }

    /// Supervisors; managers where no supervisor is free.
    fn call_in_help(&mut self, now: Instant, call: CallId, phones: usize) {
        for (tier, who) in [(Tier::Supervisor, Who::Supervisors), (Tier::Manager, Who::Managers)] {
            let Some(entry) = self.line.get(call) else { return };
            let is_news = entry.pulled < Some(tier);
            let wanted = entry.ringing(tier) + phones;
            self.line.change(call, |entry| {
                entry.pulled = entry.pulled.max(Some(tier));
                entry.reach.pull(tier, wanted);
                if entry.asks_preferred() {
                    entry.waiting.prefer = None; // is no longer asked alone
                }
            });
            if is_news && self.anyone_at_work(call, who) {
                self.effects.push_back(Effect::Widened { call, who, why: Widening::Promise });
            }
            let ringing = |queue: &Self| queue.line.get(call).map_or(0, |entry| entry.ringing(tier));
            let before = ringing(self);
            self.find_operators_for(now, call);
            if ringing(self) > before {
                return;
            }
        }
    }

    fn stop_watching(&mut self, call: CallId) {
        self.look_next(call, None);
        self.line.change(call, |entry| entry.watched = false);
    }

    fn look_next(&mut self, call: CallId, next: Option<Instant>) {
        let before = self.line.change(call, |entry| std::mem::replace(&mut entry.look, next));
        if let Some(at) = before.flatten() {
            self.timers.cancel(at, Timer::Looks(call));
        }
        if let Some(at) = next {
            self.timers.set(at, Timer::Looks(call));
        }
    }

    /// How the caller stands.
    fn outlook<'a>(&'a self, left: Duration, entry: &Entry, phones: &'a [Phones]) -> Outlook<'a> {
        let wants_more = entry.is_silent() || entry.room().suited > 0;
        let ahead = if entry.is_silent() { self.line.silent_before(entry.place, AHEAD_MAX) } else { 0 };
        let busy = if wants_more { self.roster.busy(entry.needs()) } else { &NOBODY };
        Outlook { left, phones, ahead, busy }
    }

    /// The phones that ring for the call, and those of operators that are free and will, by its plan: at the steps to come,
    /// and when those that ring have rung long enough.
    fn phones(&self, now: Instant, entry: &Entry) -> Vec<Phones> {
        let mut phones = Vec::new();
        let mut first_ends: Option<Duration> = None;
        for post in entry.offered().take(PHONES_MAX).filter_map(|operator| self.roster.get(operator)) {
            let Activity::Offered { since, until, .. } = &post.activity else { continue };
            let (rung, stops) = (now.saturating_duration_since(*since), until.saturating_duration_since(now));
            first_ends = Some(first_ends.map_or(stops, |first| first.min(stops)));
            phones.push(Phones { count: 1, whose: whose(post), rung, starts: Duration::ZERO, stops });
        }
        let Some(first_ends) = first_ends else { return phones };
        let ring = entry.waiting.ring.clamp(RING_MIN, RING_MAX);
        let mut spare = self.roster.free_count(entry.needs());
        let mut later = |starts: Duration, wanted: usize| {
            let count = wanted.min(spare);
            spare -= count;
            if count > 0 {
                let stops = starts + ring;
                phones.push(Phones { count, whose: Whose::Operator, rung: Duration::ZERO, starts, stops });
            }
        };
        let mut reached = entry.reach.suited.max(entry.reach.anyone);
        for step in entry.waiting.plan.steps().iter().skip(entry.steps) {
            let wanted = match step.who {
                Who::Best(count) => usize::from(count),
                Who::Suited | Who::Everyone => usize::MAX,
                Who::Supervisors | Who::Managers => continue,
            };
            let starts = (entry.since + step.after.min(RING_MAX)).saturating_duration_since(now);
            later(starts, wanted.saturating_sub(reached));
            reached = reached.max(wanted);
        }
        for rings in 0..RINGS_AHEAD {
            later(first_ends + ring * rings, reached);
        }
        phones
    }
}

/// After so many further rings the promise is broken.
const RINGS_AHEAD: u32 = 9;

/// Who could answer, if the plan does not want more phones.
static NOBODY: BusyCounts = BusyCounts::new();

fn percent(chance: f64) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    let percent = (chance.clamp(0.0, 1.0) * 100.0).floor() as u8;
    percent
}

fn whose(post: &Post) -> Whose {
    match post.operator.tier {
        Tier::Operator => Whose::Operator,
        Tier::Supervisor | Tier::Manager => Whose::Helper,
    }
}

/// What is learnt, and whether it is to be asked again.
#[derive(Debug, Default)]
pub(crate) struct Odds {
    chance: Chance,
    changed: bool,
}

impl Odds {
    /// Something made an answer more or less likely for calls that wait.
    pub(super) fn have_changed(&mut self) {
        self.changed = true;
    }

    fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The offer to this operator is over.
    pub(super) fn offer_ended(&mut self, now: Instant, post: Option<&Post>, is_picked_up: bool) {
        let Some(post) = post else { return };
        let Activity::Offered { since, .. } = &post.activity else { return };
        let after = now.saturating_duration_since(*since);
        if is_picked_up {
            self.chance.picked_up(whose(post), after);
        } else {
            self.chance.not_picked_up(whose(post), after);
        }
    }

    /// A talk is over.
    pub(super) fn talked(&mut self, length: Duration) {
        self.chance.talked(length);
    }

    /// A wrap-up is over; zero for none.
    pub(super) fn wrote(&mut self, length: Duration) {
        self.chance.wrapped_up(length);
    }
}
