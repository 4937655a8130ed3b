//! The days are as they are said to be, and the players leave nothing over.

use super::*;
use crate::chance::tests::a_moment;
use crate::{Limits, RING, RingPlan, Tier};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn rules(plan: RingPlan) -> Rules {
    Rules { plan: Arc::new(plan), ring: RING, limits: Limits { promise: None, ..Limits::default() } }
}

/// A quarter of a day's people and calls: every test that plays is soon over.
pub(crate) fn small() -> Shape {
    let rota = Rota { operators: 9, supervisors: 2, managers: 1 };
    Shape { calls: 500, rota, ..Shape::default() }
}

#[test]
fn a_day_has_its_calls_its_peaks_and_its_lengths() {
    let shape = Shape::default();
    let days: Vec<Day> = (0..10).map(|seed| Day::generate(&shape, seed)).collect();
    let arrivals: Vec<Arrival> = days.iter().flat_map(|day| day.arrivals.clone()).collect();
    let count = arrivals.len() as f64;
    assert!((count - 20_000.0).abs() < 600.0, "{count}"); // four deviations of a Poisson count
    let between = |from: f64, to: f64| {
        let hours = |arrival: &&Arrival| (from..to).contains(&(arrival.at.as_secs_f64() / 3_600.0));
        arrivals.iter().filter(hours).count() as f64 / (to - from)
    };
    for peak in [between(9.75, 10.5), between(11.5, 12.0), between(13.0, 13.75)] {
        assert!(peak > 1.4 * between(12.25, 12.75) && peak > 1.15 * between(15.0, 17.0), "{peak}");
    }
    let mean = |of: fn(&Arrival) -> Duration| arrivals.iter().map(|a| of(a).as_secs_f64()).sum::<f64>() / count;
    assert!((mean(|a| a.talk) / shape.talk.mean().as_secs_f64() - 1.0).abs() < 0.03);
    assert!((mean(|a| a.wrap_up) / shape.wrap_up.mean().as_secs_f64() - 1.0).abs() < 0.03);
    assert!((mean(|a| a.patience) / 90.0 - 1.0).abs() < 0.03);
    assert!(arrivals.iter().all(|a| (1..=200).contains(&a.customer)));
    assert!(days.iter().all(|day| day.arrivals.is_sorted_by_key(|a| a.at)));
    assert_ne!(days[0].arrivals, days[1].arrivals);
    assert_eq!(days[0], Day::generate(&shape, 0));
}

#[test]
fn the_rota_covers_the_day() {
    let day = Day::generate(&Shape::default(), 1);
    let there = |hour: f64| {
        let time = Duration::from_secs_f64(hour * 3_600.0);
        let at_work = |person: &&Person| person.there.iter().any(|(from, to)| (*from..*to).contains(&time));
        day.people.iter().filter(|person| person.tier == Tier::Operator).filter(at_work).count()
    };
    assert_eq!(day.people.len(), 36);
    for quarter in 34..74 {
        let hour = f64::from(quarter) / 4.0;
        assert!((14..=26).contains(&there(hour)), "{hour}: {}", there(hour));
    }
    assert_eq!((there(8.0), there(19.0)), (0, 0));
}

/// The player with the real queue: every call ends, as it would have to by what the day says of it; nobody is lost; and what
/// the queue audits holds at every step.
#[test]
fn every_call_of_a_day_ends_and_the_queue_keeps_its_promises() {
    for (seed, plan) in [(1, RingPlan::LongestIdle), (2, RingPlan::RingAll), (3, RingPlan::three_rings())] {
        let (day, rules) = (Day::generate(&small(), seed), rules(plan));
        let mut player = Player::new(&day, &rules, a_moment());
        while player.step() {
            assert_eq!(player.queue().audit(), []);
        }
        assert_eq!(player.queue().waiting_count(), 0);
        let (outcomes, tally) = player.finish();
        assert_eq!(outcomes.len(), day.arrivals.len());
        for (arrival, outcome) in outcomes {
            match outcome {
                Outcome::Answered { after, .. } => assert!(after <= arrival.patience),
                Outcome::Abandoned { after } => assert_eq!(after, arrival.patience),
            }
        }
        assert!(tally.operators_rung as usize >= day.arrivals.len() / 2 && tally.events > 1_000);
    }
}

#[test]
fn the_same_seed_is_the_same_day() {
    let (day, rules) = (Day::generate(&small(), 5), rules(RingPlan::three_rings()));
    let play = || Player::new(&day, &rules, a_moment()).finish();
    assert_eq!(play(), play());
}

/// Two plans meet the same people: a phone that is asked for a call first is picked up after the same time in both.
#[test]
fn plans_are_compared_on_equal_luck() {
    let shape = Shape { calls: 20, ..Shape::default() }; // so few that everybody is free for each
    let day = Day::generate(&shape, 8);
    let first = |plan| {
        let rules = rules(plan);
        let (outcomes, _) = Player::new(&day, &rules, a_moment()).finish();
        outcomes.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>()
    };
    let (alone, all) = (first(RingPlan::LongestIdle), first(RingPlan::RingAll));
    let wait = |outcome: &Outcome| match outcome {
        Outcome::Answered { after, .. } | Outcome::Abandoned { after } => *after,
    };
    assert!(alone.iter().zip(&all).all(|(alone, all)| wait(all) <= wait(alone)));
}

#[test]
fn recorded_calls_keep_what_is_known_of_them() {
    let at = |seconds: u64| Duration::from_secs(36_000 + seconds);
    let answered = Recorded {
        at: at(10),
        customer: 7,
        wait: Duration::from_secs(4),
        talk: Some(Duration::from_secs(61)),
        wrap_up: Some(Duration::from_secs(17)),
    };
    let lost = Recorded { at: at(5), talk: None, wrap_up: None, wait: Duration::from_secs(33), ..answered };
    let day = Day::recorded(&[answered, lost], &Shape::default(), 3);
    assert_eq!(day.people.len(), 36);
    let [first, second] = day.arrivals[..] else { panic!("{day:?}") };
    assert_eq!((first.at, first.patience, first.talk), (at(5), Duration::from_secs(33), Duration::from_secs(61)));
    assert_eq!((second.at, second.talk, second.wrap_up), (at(10), Duration::from_secs(61), Duration::from_secs(17)));
    assert!(second.patience > Duration::from_secs(4));
}

#[test]
fn lots_are_even_and_lengths_are_lognormal() {
    let mut random = Random::new(1);
    let count = 100_000;
    let mean = |of: &mut dyn FnMut() -> f64| (0..count).map(|_| of()).sum::<f64>() / f64::from(count);
    assert!((mean(&mut || random.unit()) - 0.5).abs() < 0.005);
    assert!((mean(&mut || random.exponential()) - 1.0).abs() < 0.015);
    assert!(mean(&mut || random.normal()).abs() < 0.015);
    assert!((mean(&mut || random.normal().powi(2)) - 1.0).abs() < 0.03);
    let length = Length { median: Duration::from_secs(100), spread: 0.6 };
    let shorter = (0..count).filter(|_| length.draw(&mut random) < length.median).count() as f64 / f64::from(count);
    assert!((shorter - 0.5).abs() < 0.01);
    assert_eq!((random.index(0), random.index(1)), (0, 0));
}
