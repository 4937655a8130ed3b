//! How many operators are needed when: Erlang's formulas on the service's own history, a quarter of an hour at a time.
//!
//! Pure: gets counts, gives advice. What a day of a kind brings is the mean of the past days of that kind, the recent ones counting
//! more ([`HALF_LIFE_DAYS`]); with few of them, partly the mean of all days that are like it. From the calls and how long they keep
//! an operator, [`operators_needed`] finds the fewest who keep the promise, with callers as impatient as they are (Erlang A).

mod erlang;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use erlang::{Load, Service, erlang_a, erlang_b, erlang_c};

/// Operators that advice goes up to.
pub const OPERATORS_MAX: u32 = 20_000;
/// Intervals of a day.
pub const SLOTS_PER_DAY: u8 = 96;
/// How long one is.
pub const SLOT: Duration = Duration::from_secs(900);
/// A day this long ago counts half of one today.
pub const HALF_LIFE_DAYS: f64 = 28.0;

/// What all days alike know of a slot counts as so many days of the one asked for.
const ALIKE_DAYS: f64 = 1.0;
/// The mean handling time of all calls counts as so many calls of a slot.
const ALIKE_CALLS: f64 = 20.0;
/// One day in ten brings more than this many standard deviations above its mean.
const ONE_IN_TEN: f64 = 1.2816;

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Share of callers to be answered in time, 0 to 1.
    pub share: f64,
    /// From the first ring to the answer: [`crate::PROMISE`].
    pub within: Duration,
    /// Of that, how long a phone rings until it is picked up.
    pub pick_up: Duration,
    /// Share of callers who may hang up at most; 1 for whatever comes.
    pub abandons_max: f64,
    /// Callers' mean patience; `None` for callers who wait for ever (Erlang C).
    pub patience: Option<Duration>,
    /// Share of paid time that operators are away (breaks, training), below 1: that many more are advised.
    pub shrinkage: f64,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            share: 0.95,
            within: crate::PROMISE,
            pick_up: Duration::from_secs(3),
            abandons_max: 0.02,
            patience: Some(Duration::from_secs(90)),
            shrinkage: 0.0,
        }
    }
}

/// The kinds of days, which bring different calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
    /// A public holiday, whatever day of the week.
    Holiday,
}

impl DayKind {
    /// Days from which something can be learned of this one while it has too few of its own.
    fn is_like(self, other: Self) -> bool {
        let kind = |day| match day {
            Self::Monday | Self::Tuesday | Self::Wednesday | Self::Thursday | Self::Friday => 0,
            Self::Saturday => 1,
            Self::Sunday | Self::Holiday => 2,
        };
        kind(self) == kind(other)
    }
}

/// One interval of the past. Intervals without a call may be left out, days on which the service was closed must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// How many days before the day of the question.
    pub days_ago: u32,
    /// What kind of day it was.
    pub day: DayKind,
    /// Which interval of the day, 0 = from midnight.
    pub slot: u8,
    /// Calls that arrived in it, answered or not.
    pub calls: u32,
    /// Of those, how many were answered.
    pub answered: u32,
    /// How long the answered ones kept operators altogether: pick-up, talk and wrap-up.
    pub handled: Duration,
}

/// Advice for one interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    /// Which interval of the day.
    pub slot: u8,
    /// Calls to be expected.
    pub calls: f64,
    /// As many come on one such day in ten.
    pub calls_high: f64,
    /// How long a call keeps an operator.
    pub handling: Duration,
    /// Operators to have for the calls expected, shrinkage included.
    pub operators: u32,
    /// Operators to have for the busy day.
    pub operators_high: u32,
    /// With `operators` less shrinkage and the calls expected: the share of callers answered in time.
    pub within: f64,
    /// And the share who hang up.
    pub abandons: f64,
}

/// The fewest operators at work who reach the target in a steady state, without shrinkage. `None` if even [`OPERATORS_MAX`] do not: a
/// promise shorter than a pick-up, or a load that is no number.
pub fn operators_needed(load: &Load, target: &Target) -> Option<u32> {
    let enough = |operators| {
        let service = serve(operators, load, target);
        service.within >= target.share && service.abandons <= target.abandons_max
    };
    if load.calls <= 0.0 || load.handling <= 0.0 {
        return Some(0);
    }
    if target.within < target.pick_up {
        return None;
    }
    let mut few = 0;
    let mut many = 1;
    while !enough(many) {
        if many >= OPERATORS_MAX {
            return None;
        }
        (few, many) = (many, (many * 2).min(OPERATORS_MAX));
    }
    while many - few > 1 {
        let middle = u32::midpoint(few, many);
        if enough(middle) { many = middle } else { few = middle }
    }
    Some(many)
}

/// What callers find with so many operators at work. [`Target::within`] counts to the answer, the formulas to the first ring at an
/// operator: the pick-up lies between.
pub fn serve(operators: u32, load: &Load, target: &Target) -> Service {
    let load = Load { patience: target.patience.map_or(f64::INFINITY, |patience| patience.as_secs_f64()), ..*load };
    erlang_a(operators, &load, target.within.saturating_sub(target.pick_up).as_secs_f64())
}

/// Advice for a day, for those of its intervals that ever had a call on such a day or one like it.
pub fn advise(history: &[Past], day: DayKind, target: &Target) -> Vec<Advice> {
    let history = History::of(history, day);
    history.slots.iter().filter_map(|(slot, seen)| history.advice(*slot, seen, target)).collect()
}

/// Weighted sums over one slot's past.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    own_calls: f64,
    alike_calls: f64,
    answered: f64,
    handled: f64,
}

/// The past as it matters for one kind of day.
struct History {
    slots: BTreeMap<u8, Seen>,
    own_days: f64,
    alike_days: f64,
    /// Mean seconds of all calls.
    handling: f64,
}

impl History {
    fn of(history: &[Past], day: DayKind) -> Self {
        let weigh = |days_ago: u32| (-f64::from(days_ago) / HALF_LIFE_DAYS).exp2();
        let mut slots: BTreeMap<u8, Seen> = BTreeMap::new();
        let (mut own, mut alike) = (BTreeSet::new(), BTreeSet::new());
        let (mut handled, mut answered) = (0.0, 0.0);
        for past in history.iter().filter(|past| past.slot < SLOTS_PER_DAY) {
            let weight = weigh(past.days_ago);
            handled += weight * past.handled.as_secs_f64();
            answered += weight * f64::from(past.answered);
            if !past.day.is_like(day) {
                continue;
            }
            alike.insert(past.days_ago);
            let seen = slots.entry(past.slot).or_default();
            seen.alike_calls += weight * f64::from(past.calls);
            seen.answered += weight * f64::from(past.answered);
            seen.handled += weight * past.handled.as_secs_f64();
            if past.day == day {
                own.insert(past.days_ago);
                seen.own_calls += weight * f64::from(past.calls);
            }
        }
        let days = |days: BTreeSet<u32>| days.into_iter().map(weigh).sum();
        let handling = if answered > 0.0 { handled / answered } else { 0.0 };
        Self { slots, own_days: days(own), alike_days: days(alike), handling }
    }

    fn advice(&self, slot: u8, seen: &Seen, target: &Target) -> Option<Advice> {
        let alike = if self.alike_days > 0.0 { seen.alike_calls / self.alike_days } else { 0.0 };
        let calls = (seen.own_calls + ALIKE_DAYS * alike) / (self.own_days + ALIKE_DAYS);
        if calls <= 0.0 {
            return None;
        }
        // Poisson about a mean that is itself known from so many days only.
        let spread = (calls + calls / (self.own_days + ALIKE_DAYS)).sqrt();
        let calls_high = calls + ONE_IN_TEN * spread;
        let handling = (seen.handled + ALIKE_CALLS * self.handling) / (seen.answered + ALIKE_CALLS);
        let load = |calls: f64| Load { calls: calls / SLOT.as_secs_f64(), handling, patience: f64::INFINITY };
        let at_work = operators_needed(&load(calls), target)?;
        let service = serve(at_work, &load(calls), target);
        let paid = |at_work: u32| (f64::from(at_work) / (1.0 - target.shrinkage.clamp(0.0, 0.9))).ceil() as u32;
        Some(Advice {
            slot,
            calls,
            calls_high,
            handling: Duration::from_secs_f64(handling),
            operators: paid(at_work),
            operators_high: paid(operators_needed(&load(calls_high), target)?),
            within: service.within,
            abandons: service.abandons,
        })
    }
}
