//! What days came to, and what a mixture of days would.

use std::time::Duration;

use acd::traffic::{Arrival, Outcome, Tally};
use acd::{PROMISE, RING};
use serde::Serialize;

use super::compare::Timed;

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `queue`.
    pub bench: &'static str,
    /// The plan.
    pub plan: String,
    /// Managers and supervisors: `never`, `timer` (the plan's own step), `loop` (the promise is in danger), `equal` (a mixture of
    /// timers that interrupts them as often as the loop of this price).
    pub managers: &'static str,
    /// Seconds after which a timer fetches them.
    pub timer_s: Option<f64>,
    /// How many phones ring then, and whether the others do two seconds later.
    pub timer_phones: Option<(usize, bool)>,
    /// What an interruption costs the loop, in kept promises.
    pub price: Option<f64>,
    /// Callers who were answered within three rings, of all but those who hung up sooner.
    pub promise_kept_pct: f64,
    /// The standard error of that, from day to day.
    pub promise_kept_error_pct: f64,
    /// Callers who were answered within two rings, of all but those who hung up sooner.
    pub two_ring_pct: f64,
    /// Callers who hung up, of all.
    pub abandoned_pct: f64,
    /// How often a supervisor's or manager's phone was asked to ring, a day.
    pub manager_interruptions: f64,
    /// Calls for which that was done, a day.
    pub calls_helped: f64,
    /// From the first ring to the answer, over the answered.
    pub mean_answer_s: f64,
    /// 95 of 100 answers came sooner.
    pub p95_answer_s: f64,
    /// Days played.
    pub days: usize,
    /// Calls in them.
    pub calls: usize,
}

/// Sums over days; each day with a weight, so that days can be mixed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    days: Vec<Daily>,
    /// Seconds to the answer, with the weight of the day.
    waits: Vec<(f64, f64)>,
}

/// One day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Daily {
    weight: f64,
    calls: f64,
    kept: f64,
    broken: f64,
    two: f64,
    not_two: f64,
    abandoned: f64,
    rung: f64,
    helped: f64,
}

impl Figures {
    /// Counts a day.
    pub fn add(&mut self, outcomes: &[(&Arrival, Outcome)], tally: Tally) {
        let mut day = Daily {
            weight: 1.0,
            calls: outcomes.len() as f64,
            rung: f64::from(tally.helpers_rung),
            helped: f64::from(tally.calls_helped),
            ..Daily::default()
        };
        for (_, outcome) in outcomes {
            let (after, answered) = match outcome {
                Outcome::Answered { after, .. } => (*after, true),
                Outcome::Abandoned { after } => (*after, false),
            };
            if answered {
                self.waits.push((after.as_secs_f64(), 1.0));
            } else {
                day.abandoned += 1.0;
            }
            let judge = |limit: Duration, kept: &mut f64, broken: &mut f64| match (answered, after < limit) {
                (true, true) => *kept += 1.0,
                (true | false, false) => *broken += 1.0,
                (false, true) => {}
            };
            judge(PROMISE, &mut day.kept, &mut day.broken);
            judge(2 * RING, &mut day.two, &mut day.not_two);
        }
        self.days.push(day);
    }

    /// As if on `share` of the days the house had been run as in `self`, on the others as in `other`.
    pub fn mixed(&self, other: &Self, share: f64) -> Self {
        let parts = [(self, share), (other, 1.0 - share)];
        let days = parts.iter().flat_map(|(figures, share)| {
            figures.days.iter().map(move |day| Daily { weight: day.weight * share, ..*day })
        });
        let waits = parts
            .iter()
            .flat_map(|(figures, share)| figures.waits.iter().map(move |(wait, weight)| (*wait, weight * share)));
        Self { days: days.collect(), waits: waits.collect() }
    }

    /// How often managers were interrupted, a day.
    pub fn interruptions(&self) -> f64 {
        self.sum(|day| day.rung) / self.sum(|_| 1.0).max(1.0)
    }

    /// The share of promises kept, percent.
    pub fn kept_pct(&self) -> f64 {
        self.percent(|day| day.kept, |day| day.kept + day.broken)
    }

    /// The line of the table.
    pub fn row(&self, plan: &str, managers: &'static str) -> Row {
        let days = self.sum(|_| 1.0).max(1.0);
        let answered: f64 = self.waits.iter().map(|(_, weight)| weight).sum();
        let waited: f64 = self.waits.iter().map(|(wait, weight)| wait * weight).sum();
        Row {
            bench: "queue",
            plan: plan.to_owned(),
            managers,
            timer_s: None,
            timer_phones: None,
            price: None,
            promise_kept_pct: round(self.kept_pct()),
            promise_kept_error_pct: round(self.error_pct()),
            two_ring_pct: round(self.percent(|day| day.two, |day| day.two + day.not_two)),
            abandoned_pct: round(self.percent(|day| day.abandoned, |day| day.calls)),
            manager_interruptions: round(self.interruptions()),
            calls_helped: round(self.sum(|day| day.helped) / days),
            mean_answer_s: round(waited / answered.max(1.0)),
            p95_answer_s: round(self.quantile(0.95)),
            days: days.round() as usize,
            calls: self.sum(|day| day.calls).round() as usize,
        }
    }

    fn sum(&self, of: impl Fn(&Daily) -> f64) -> f64 {
        self.days.iter().map(|day| day.weight * of(day)).sum()
    }

    fn percent(&self, part: impl Fn(&Daily) -> f64, whole: impl Fn(&Daily) -> f64) -> f64 {
        let whole = self.sum(whole);
        if whole > 0.0 { 100.0 * self.sum(part) / whole } else { 100.0 }
    }

    /// The days' kept shares scatter by so much about their mean, over the root of how many they are.
    fn error_pct(&self) -> f64 {
        let days = self.sum(|_| 1.0);
        if days < 2.0 {
            return 0.0;
        }
        let kept = |day: &Daily| 100.0 * day.kept / (day.kept + day.broken).max(1.0);
        let mean = self.sum(kept) / days;
        (self.sum(|day| (kept(day) - mean).powi(2)) / (days - 1.0) / days).sqrt()
    }

    fn quantile(&self, share: f64) -> f64 {
        let mut waits = self.waits.clone();
        waits.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let mut left = share * waits.iter().map(|(_, weight)| weight).sum::<f64>();
        for (wait, weight) in waits {
            left -= weight;
            if left <= 0.0 {
                return wait;
            }
        }
        0.0
    }
}

/// To hundredths: more is noise.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Of houses that fetch managers by a timer, each with another one: the best that interrupts them exactly `interruptions` times a
/// day, by running one timer on some days and another on the others. `None` if no two timers lie on both sides of it.
pub fn at_equal(timers: &[Timed], interruptions: f64) -> Option<Figures> {
    let timers = || timers.iter().map(|timed| &timed.figures);
    let mut best: Option<Figures> = None;
    for (rare, often) in timers().flat_map(|rare| timers().map(move |often| (rare, often))) {
        let (low, high) = (rare.interruptions(), often.interruptions());
        if !(low <= interruptions && interruptions <= high && low < high) {
            continue;
        }
        let mixture = often.mixed(rare, (interruptions - low) / (high - low));
        if best.as_ref().is_none_or(|best| mixture.kept_pct() > best.kept_pct()) {
            best = Some(mixture);
        }
    }
    best
}
