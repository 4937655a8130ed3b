//! Erlang's formulas against published values, against the chain itself, and the advice against what it is about.

use super::*;

fn load(calls: f64, handling: f64, patience: f64) -> Load {
    Load { calls, handling, patience }
}

fn near(is: f64, should: f64, by: f64) {
    assert!((is - should).abs() <= by, "{is} should be {should} within {by}");
}

/// ITU-D SG 2/16, *Teletraffic Engineering Handbook* (Iversen, 2001), and every printed table of Erlang B: at 1 % loss 10 lines
/// carry 4.461 erlangs, 20 carry 12.03, 100 carry 84.06.
#[test]
fn erlang_b_is_as_in_the_tables() {
    for (lines, erlangs) in [(10, 4.461), (20, 12.03), (100, 84.06)] {
        near(erlang_b(lines, erlangs), 0.01, 0.000_05);
    }
    assert_eq!((erlang_b(0, 3.0), erlang_b(5, 0.0)), (1.0, 0.0));
}

/// The worked example of Call Centre Helper, "Erlang C Formula – Made Simple With an Easy Worked Example": 100 calls in half an
/// hour of 180 s each, 14 operators: 17.4 % wait, 88.8 % within 20 s, 7.8 s on average, occupancy 71.4 %.
#[test]
fn erlang_c_is_as_in_the_worked_example() {
    let service = erlang_c(14, &load(100.0 / 1_800.0, 180.0, f64::INFINITY), 20.0);
    near(service.waits, 0.174, 0.000_5);
    near(service.within, 0.888, 0.000_5);
    near(service.mean_wait, 7.8, 0.05);
    near(service.occupancy, 0.714, 0.000_5);
}

/// Mandelbaum and Zeltyn, *Service Engineering in Action: The Palm/Erlang-A Queue, with Applications to Call Centers* (2007),
/// section 1: 50 operators, 48 calls a minute of one minute each, a patience of two minutes. Erlang C: 20.8 s, 96 %; Erlang A: 3.1 %
/// abandon, 3.7 s, 93 %.
#[test]
fn erlang_a_is_as_in_the_paper() {
    let service = erlang_a(50, &load(48.0 / 60.0, 60.0, 120.0), 10.0);
    near(service.abandons, 0.031, 0.000_5);
    near(service.mean_wait, 3.7, 0.05);
    near(service.occupancy, 0.93, 0.005);
    let without = erlang_c(50, &load(48.0 / 60.0, 60.0, f64::INFINITY), 10.0);
    near(without.mean_wait, 20.8, 0.05);
    near(without.occupancy, 0.96, 0.000_5);
}

/// The integrals against the birth-and-death chain solved state by state, and the time limit against the chain of those ahead.
#[test]
fn erlang_a_is_what_its_chain_says() {
    for (operators, calls, handling, patience) in
        [(3, 0.02, 120.0, 60.0), (20, 0.08, 220.0, 90.0), (20, 0.2, 220.0, 90.0), (300, 1.5, 200.0, 40.0)]
    {
        let asked = load(calls, handling, patience);
        let (waits, abandons, within) = chain(operators, &asked, 6.0);
        let service = erlang_a(operators, &asked, 6.0);
        near(service.waits, waits, 1e-6);
        near(service.abandons, abandons, 1e-6);
        near(service.within, within, 2e-3); // the chain is stepped through time
    }
}

/// Share waiting, share abandoning, share served within `limit`.
fn chain(operators: u32, load: &Load, limit: f64) -> (f64, f64, f64) {
    let n = f64::from(operators);
    let leaves = |state: f64| state.min(n) / load.handling + (state - n).max(0.0) / load.patience;
    let mut weights = vec![0.0_f64];
    for state in 1..3_000_u32 {
        let before = weights[weights.len() - 1];
        weights.push(before + (load.calls / leaves(f64::from(state))).ln());
    }
    let top = weights.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = weights.iter().map(|weight| (weight - top).exp()).sum();
    let share: Vec<f64> = weights.iter().map(|weight| (weight - top).exp() / sum).collect();
    let first = usize::try_from(operators).unwrap();
    let waits: f64 = share[first..].iter().sum();
    let queue: f64 = share[first..].iter().enumerate().map(|(ahead, share)| ahead as f64 * share).sum();
    let steps = 3_000;
    let step = limit / f64::from(steps);
    let mut ahead: Vec<f64> = share[first..].to_vec(); // who arrives now, by how many wait before them
    let mut served = 0.0;
    for _ in 0..steps {
        let next = ahead[0] * n / load.handling * step;
        served += next;
        let moves = |place: usize, share: f64| share * (n / load.handling + place as f64 / load.patience) * step;
        for place in 0..ahead.len() {
            let from_behind = ahead.get(place + 1).map_or(0.0, |share| moves(place + 1, *share));
            let onward = moves(place, ahead[place]);
            let gives_up = ahead[place] / load.patience * step;
            ahead[place] += from_behind - onward - gives_up;
        }
    }
    (waits, queue / load.patience / load.calls, 1.0 - waits + served)
}

#[test]
fn large_loads_are_no_trouble() {
    let service = erlang_c(10_100, &load(50.0, 200.0, f64::INFINITY), 6.0);
    assert!(service.waits > 0.0 && service.waits < 0.5 && service.within > 0.5, "{service:?}");
    let over = erlang_a(10_000, &load(75.0, 200.0, 60.0), 6.0);
    near(over.abandons, 1.0 - 10_000.0 / 15_000.0, 0.001); // all are busy, the rest gives up
    near(over.occupancy, 1.0, 1e-6);
    let spare = erlang_a(20_000, &load(50.0, 200.0, 60.0), 6.0);
    assert_eq!((spare.waits, spare.within), (0.0, 1.0));
}

#[test]
fn patience_without_end_is_erlang_c() {
    let asked = load(0.08, 220.0, f64::INFINITY);
    assert_eq!(erlang_a(20, &asked, 6.0), erlang_c(20, &asked, 6.0));
    let patient = erlang_a(20, &load(0.08, 220.0, 1e6), 6.0);
    near(patient.within, erlang_c(20, &asked, 6.0).within, 1e-3);
}

#[test]
fn x07_as_many_operators_as_are_needed_and_not_one_more() {
    let target = Target::default();
    for calls in [0.001, 0.02, 0.1, 1.0, 20.0] {
        let asked = load(calls, 200.0, 0.0);
        let operators = operators_needed(&asked, &target).unwrap();
        let keeps = |operators| {
            let service = serve(operators, &asked, &target);
            service.within >= target.share && service.abandons <= target.abandons_max
        };
        assert!(keeps(operators) && !keeps(operators - 1), "{calls}: {operators}");
    }
    assert_eq!(operators_needed(&load(0.0, 200.0, 0.0), &target), Some(0));
    assert_eq!(operators_needed(&load(1_000.0, 200.0, 0.0), &target), None);
    let at_once = Target { within: Duration::from_secs(2), ..target };
    assert_eq!(operators_needed(&load(1.0, 200.0, 0.0), &at_once), None);
}

fn past(days_ago: u32, day: DayKind, slot: u8, calls: u32) -> Past {
    Past { days_ago, day, slot, calls, answered: calls, handled: Duration::from_secs(200) * calls }
}

#[test]
fn x07_mondays_are_advised_from_mondays() {
    let mut history = Vec::new();
    for week in 1..=6 {
        history.push(past(week * 7, DayKind::Monday, 40, 90));
        history.push(past(week * 7 - 1, DayKind::Tuesday, 40, 45));
        history.push(past(week * 7 - 5, DayKind::Saturday, 40, 5));
    }
    let for_day = |day| advise(&history, day, &Target::default());
    let (monday, tuesday) = (for_day(DayKind::Monday), for_day(DayKind::Tuesday));
    assert_eq!((monday.len(), monday[0].slot), (1, 40));
    assert!((75.0..90.0).contains(&monday[0].calls), "{:?}", monday[0]);
    assert!((45.0..60.0).contains(&tuesday[0].calls), "{:?}", tuesday[0]);
    assert!(monday[0].operators > tuesday[0].operators && monday[0].operators_high > monday[0].operators);
    assert_eq!(monday[0].handling, Duration::from_secs(200));
    assert!(monday[0].within >= 0.95 && monday[0].abandons <= 0.02);
    // A Thursday was never seen: what other working days brought is the best guess. A Sunday: nothing is known.
    assert!((45.0..90.0).contains(&for_day(DayKind::Thursday)[0].calls));
    assert_eq!(for_day(DayKind::Sunday), []);
    assert_eq!(advise(&[], DayKind::Monday, &Target::default()), []);
}

#[test]
fn recent_weeks_count_more_and_shrinkage_is_added() {
    let history: Vec<Past> =
        (1..=12).map(|week| past(week * 7, DayKind::Friday, 60, if week <= 3 { 80 } else { 20 })).collect();
    let advice = advise(&history, DayKind::Friday, &Target::default())[0];
    assert!(advice.calls > 35.0, "{advice:?}"); // the plain mean
    let with_breaks = advise(&history, DayKind::Friday, &Target { shrinkage: 0.25, ..Target::default() })[0];
    assert_eq!(with_breaks.operators, (f64::from(advice.operators) / 0.75).ceil() as u32);
}
