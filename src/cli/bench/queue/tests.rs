//! The bench's own arithmetic, and the claim that it is there for, on a small house.

use acd::Who;
use acd::traffic::{Arrival, Outcome, Tally};
use acd::{OperatorId, PROMISE};
use std::time::Duration;

use super::compare::{best_ring, plans, play, widening, with_timers};
use super::figures::at_equal;
use super::*;

/// A third of the house.
fn small(days: u64, calls: u32) -> Vec<Day> {
    let rota = Rota { operators: 11, supervisors: 2, managers: 1 };
    let shape = Shape { calls, rota, ..Shape::default() };
    (1..=days).map(|seed| Day::generate(&shape, seed)).collect()
}

fn table(days: &[Day]) -> Vec<Row> {
    let mut rows = Vec::new();
    plans(days, false, &mut |row| rows.push(row.clone()));
    rows
}

#[test]
fn x07_the_same_seed_is_the_same_table() {
    let rows = table(&small(1, 200));
    assert_eq!(rows, table(&small(1, 200)));
    for plan in ["longest_idle", "ring_all", "widening"] {
        for managers in ["never", if plan == "widening" { "loop" } else { "equal" }] {
            assert!(rows.iter().any(|row| (row.plan.as_str(), row.managers) == (plan, managers)), "{plan} {managers}");
        }
    }
    let row = serde_json::to_value(&rows[0]).unwrap();
    for field in ["plan", "promise_kept_pct", "abandoned_pct", "manager_interruptions", "p95_answer_s"] {
        assert!(!row[field].is_null(), "{field}");
    }
    assert!(rows.iter().filter(|row| row.managers == "never").all(|row| row.manager_interruptions == 0.0));
}

/// The claim: fewer promises are broken than by either rival that interrupts supervisors and managers as often.
#[test]
fn x07_the_loop_keeps_more_promises_at_equal_interruptions() {
    let days = small(3, 600);
    let looped = play(&days, widening(), PROMISE, Some(25));
    assert!(looped.interruptions() > 1.0, "the days are too tame to show anything");
    for (first, ring) in [(Who::Best(1), best_ring(&days)), (Who::Suited, PROMISE)] {
        let equal = at_equal(&with_timers(&days, first, ring), looped.interruptions()).unwrap();
        let difference = equal.interruptions() - looped.interruptions();
        assert!(difference.abs() < 1e-6, "{difference}");
        assert!(
            looped.kept_pct() > equal.kept_pct(),
            "{} against {} of {first:?}",
            looped.kept_pct(),
            equal.kept_pct()
        );
    }
}

#[test]
fn days_are_counted_and_mixed_by_their_share() {
    let answered = |ms| Outcome::Answered { after: Duration::from_millis(ms), by: OperatorId(1) };
    let abandoned = |ms| Outcome::Abandoned { after: Duration::from_millis(ms) };
    let zero = Duration::ZERO;
    let arrival = Arrival { at: zero, customer: 1, patience: zero, talk: zero, wrap_up: zero };
    let day = |outcomes: &[Outcome], helpers_rung| {
        let mut figures = figures::Figures::default();
        let outcomes: Vec<(&Arrival, Outcome)> = outcomes.iter().map(|outcome| (&arrival, *outcome)).collect();
        figures.add(&outcomes, Tally { helpers_rung, calls_helped: 1, ..Tally::default() });
        figures
    };
    // 8.999 s is kept, 9.000 s is not; who hangs up before counts neither way, who does after has been failed.
    let mixed = [answered(5_000), answered(8_999), answered(9_000), abandoned(8_000), abandoned(9_500)];
    let (one, other) = (day(&mixed, 10), day(&[answered(1_000); 5], 0));
    let row = one.row("x", "never");
    assert_eq!((row.promise_kept_pct, row.abandoned_pct, row.calls, row.days), (50.0, 40.0, 5, 1));
    assert_eq!((row.two_ring_pct, row.p95_answer_s, row.mean_answer_s), (20.0, 9.0, 7.67));
    let half = one.mixed(&other, 0.5).row("x", "equal");
    assert_eq!((half.manager_interruptions, half.calls, half.days), (5.0, 5, 1));
    assert_eq!(half.promise_kept_pct, 77.78); // 7 of 9
}

#[test]
fn a_house_without_days_is_refused() {
    let arguments = Arguments { days: 0, operators: 30, traffic: None, sweep: false };
    assert!(days(&arguments, None).is_err());
    assert_eq!(days(&Arguments { days: 2, ..arguments }, Some(100)).unwrap().len(), 2);
}
