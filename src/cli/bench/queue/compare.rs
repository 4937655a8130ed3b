//! The plans' table.

use std::sync::Arc;
use std::time::Duration;

use acd::traffic::{Day, Player, Rules};
use acd::{Limits, PROMISE, PromiseLoop, RING, RingPlan, Step, Tier, Who};

use super::figures::{Figures, Row, at_equal};
use crate::clock;

/// Timers that fetch help, milliseconds from the first ring.
const TIMERS_MS: [u64; 10] = [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 8_900];
/// A timed house rings so many of its supervisors and managers first.
const FIRST: [usize; 3] = [1, 2, usize::MAX];
/// And the others so much later, if at all.
const OTHERS_LATER: Duration = Duration::from_secs(2);
/// How long one phone may ring where one is asked after another, milliseconds: the one with which longest idle does best on these
/// days is what it is compared with.
const RINGS_MS: [u64; 4] = [3_000, 4_500, 6_000, 9_000];
/// Prices of an interruption, in percent of a kept promise, that are shown; with `--sweep` all.
const PRICES_SHOWN: &[u8] = &[10, 25, 50];
const PRICES: &[u8] = &[2, 5, 10, 15, 25, 35, 50, 70];
/// What the loop costs is measured at this price.
pub const PRICE: u8 = 25;

/// A house that fetches help by the clock.
pub struct Timed {
    /// Seconds; `None`: never.
    pub after: Option<f64>,
    /// How many phones ring then, and whether the others do later.
    pub first: (usize, bool),
    /// What came of it.
    pub figures: Figures,
}

/// The plans as they are, in a house whose supervisors and managers have their own work.
fn alone() -> [(&'static str, RingPlan); 8] {
    [
        ("longest_idle", RingPlan::LongestIdle),
        ("fewest_calls", RingPlan::FewestCalls),
        ("least_talk", RingPlan::LeastTalk),
        ("round_robin", RingPlan::RoundRobin),
        ("top_down", RingPlan::TopDown),
        ("weighted", RingPlan::Weighted),
        ("ring_all", RingPlan::RingAll),
        ("widening", widening()),
    ]
}

/// The steps of the three-ring plan that are for operators.
pub fn widening() -> RingPlan {
    let plan = RingPlan::three_rings();
    let operators = |step: &Step| match step.who {
        Who::Supervisors | Who::Managers => false,
        Who::Best(_) | Who::Suited | Who::Everyone => true,
    };
    RingPlan::Widening(plan.steps().iter().copied().filter(operators).collect())
}

/// Shows the table, row by row.
pub fn plans(days: &[Day], sweep: bool, show: &mut dyn FnMut(&Row)) {
    let one = best_ring(days);
    for (name, plan) in alone() {
        let ring = if plan.steps() == RingPlan::LongestIdle.steps() { one } else { PROMISE };
        show(&play(days, plan, ring, None).row(name, "never"));
    }
    show(&play(days, RingPlan::three_rings(), PROMISE, None).row("widening", "timer"));
    let rivals = [("longest_idle", Who::Best(1), one), ("ring_all", Who::Suited, PROMISE)];
    let rivals = rivals.map(|(name, first, ring)| (name, with_timers(days, first, ring)));
    for (name, timers) in rivals.iter().filter(|_| sweep) {
        for timed in timers {
            show(&Row { timer_s: timed.after, timer_phones: Some(timed.first), ..timed.figures.row(name, "timer") });
        }
    }
    for price in if sweep { PRICES } else { PRICES_SHOWN } {
        let looped = play(days, widening(), PROMISE, Some(*price));
        let also = [("longest_idle", RingPlan::LongestIdle, one), ("ring_all", RingPlan::RingAll, PROMISE)];
        let also = also.map(|(name, plan, ring)| play(days, plan, ring, Some(*price)).row(name, "loop"));
        let price = Some(f64::from(*price) / 100.0);
        show(&Row { price, ..looped.row("widening", "loop") });
        for (name, timers) in &rivals {
            if let Some(equal) = at_equal(timers, looped.interruptions()) {
                show(&Row { price, ..equal.row(name, "equal") });
            }
        }
        for row in also {
            show(&Row { price, ..row });
        }
    }
}

/// A plan's first step, then help after each of the timers, in each of the ways; and none.
pub fn with_timers(days: &[Day], operators: Who, ring: Duration) -> Vec<Timed> {
    let at_once = Step { after: Duration::ZERO, who: operators };
    let never = play(days, RingPlan::Widening(vec![at_once]), ring, None);
    let mut timed = vec![Timed { after: None, first: (0, false), figures: never }];
    for (first, others) in FIRST.into_iter().flat_map(|first| [(first, false), (first, true)]) {
        if first == usize::MAX && others {
            continue; // there are none
        }
        let days: Vec<Day> = days.iter().map(|day| ranked(day, first)).collect();
        for milliseconds in TIMERS_MS {
            let after = Duration::from_millis(milliseconds);
            let mut steps = vec![at_once, Step { after, who: Who::Supervisors }];
            if others {
                steps.push(Step { after: after + OTHERS_LATER, who: Who::Managers });
            }
            let figures = play(&days, RingPlan::Widening(steps), ring, None);
            timed.push(Timed { after: Some(after.as_secs_f64()), first: (first.min(99), others), figures });
        }
    }
    timed
}

/// The day with so many supervisors, and managers for the rest of those above operators.
fn ranked(day: &Day, supervisors: usize) -> Day {
    let mut day = day.clone();
    let helpers = day.people.iter_mut().filter(|person| person.tier != Tier::Operator);
    for (place, person) in helpers.enumerate() {
        person.tier = if place < supervisors { Tier::Supervisor } else { Tier::Manager };
    }
    day
}

/// Where one phone is asked after another, a short ring cuts off those who are about to pick up, a long one waits for those who are
/// not there.
pub fn best_ring(days: &[Day]) -> Duration {
    let kept = |ring| play(days, RingPlan::LongestIdle, ring, None).kept_pct();
    let rings = RINGS_MS.map(Duration::from_millis).map(|ring| (kept(ring), ring));
    rings.into_iter().max_by(|(one, _), (other, _)| one.total_cmp(other)).map_or(RING, |(_, ring)| ring)
}

/// All the days with a plan whose phones ring so long each, and with the control loop at a price, in percent, or without it.
pub fn play(days: &[Day], plan: RingPlan, ring: Duration, price: Option<u8>) -> Figures {
    let rules = Rules { ring, plan: Arc::new(plan), limits: limits(price) };
    let mut figures = Figures::default();
    for day in days {
        let (outcomes, tally) = Player::new(day, &rules, clock::now()).finish();
        figures.add(&outcomes, tally);
    }
    figures
}

/// The queue's bounds, with the loop at a price or without it.
pub fn limits(price: Option<u8>) -> Limits {
    let promise = price.map(|price_percent| PromiseLoop { price_percent, ..PromiseLoop::default() });
    Limits { promise, ..Limits::default() }
}
