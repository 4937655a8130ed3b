//! The day's figures: whose they are, when they begin anew, when they are told.
#![allow(clippy::disallowed_methods, reason = "a test begins at some moment")]

use super::*;

/// 2026-11-21 00:00 in Japan.
const MIDNIGHT: i64 = 1_795_186_800_000;

fn at(hour: i64, customer: i64) -> Whose<'static> {
    Whose { arrived_ms: MIDNIGHT + hour * HOUR_MS, customer: Some(customer), team: None }
}

fn today(promise: &Promise, hour: i64, firms: usize) -> Today {
    promise.today(MIDNIGHT + hour * HOUR_MS, firms, |id| format!("firm {id}"))
}

#[test]
fn f03_a_call_counts_for_all_for_its_hour_for_its_firm_and_for_its_team() {
    let mut promise = Promise::default();
    let whose = Whose { team: Some("night"), ..at(9, 7) };
    promise.offered(whose);
    assert_eq!(promise.total(MIDNIGHT).offered, 1);
    promise.ended(whose, Outcome::Answered { wait_ms: 5_000 });
    promise.offered(at(12, 8));
    promise.ended(at(12, 8), Outcome::Abandoned);
    let today = today(&promise, 13, 10);
    assert_eq!((today.from_ms, today.total.offered, today.total.two_rings), (MIDNIGHT, 2, 1));
    let hours: Vec<_> = today.hours.iter().map(|hour| (hour.hour, hour.figures.answered)).collect();
    assert_eq!(hours, [(9, 1), (12, 0)]);
    let teams: Vec<_> = today.teams.iter().map(|team| (team.team.as_str(), team.figures.three_rings)).collect();
    assert_eq!(teams, [("night", 1)]);
    let firms: Vec<_> = today.firms.iter().map(|firm| (firm.customer, firm.name.as_str())).collect();
    assert_eq!(firms, [(Some(8), "firm 8"), (Some(7), "firm 7")], "who was let down comes first");
}

#[test]
fn the_day_is_japans_and_a_call_of_yesterday_does_not_count_today() {
    let mut promise = Promise::default();
    // 23:59:59.999 of the day before is still yesterday, though it is the same day in London.
    let late = Whose { arrived_ms: MIDNIGHT - 1, ..at(0, 1) };
    promise.offered(late);
    assert_eq!(day_begins_ms(MIDNIGHT - 1), MIDNIGHT - DAY_MS);
    promise.offered(at(0, 1));
    promise.ended(late, Outcome::Answered { wait_ms: 3_000 });
    let figures = promise.total(MIDNIGHT);
    assert_eq!((figures.offered, figures.answered), (1, 0));
    assert_eq!(promise.counters.answered, 1, "since the process began it did");
    assert_eq!(promise.total(MIDNIGHT + DAY_MS).offered, 0);
    assert_eq!(day_begins_ms(MIDNIGHT + DAY_MS - 1), MIDNIGHT);
}

#[test]
fn what_an_earlier_process_counted_is_taken_up_again() {
    let mut promise = Promise::default();
    let visit =
        |hour: i64, outcome| Visit { arrived_ms: MIDNIGHT + hour * HOUR_MS, customer: Some(3), outcome, ear_ms: None };
    let visits = [
        visit(-1, Outcome::Answered { wait_ms: 1 }),
        visit(1, Outcome::Answered { wait_ms: 1 }),
        visit(2, Outcome::Abandoned),
    ];
    promise.restore(MIDNIGHT + 3 * HOUR_MS, &visits, |_| Some("day"));
    let today = today(&promise, 3, 1);
    assert_eq!((today.total.offered, today.total.answered, today.total.abandoned), (2, 1, 1));
    assert_eq!(today.teams[0].figures.offered, 2);
    assert_eq!(promise.counters, Counters::default(), "this process has had no call yet");
}

#[test]
fn changes_are_told_at_once_and_then_once_a_second() {
    let mut promise = Promise::default();
    let start = Instant::now();
    assert!(!promise.is_to_tell(start) && promise.due().is_none());
    promise.offered(at(0, 1));
    assert!(promise.is_to_tell(start));
    assert!(!promise.is_to_tell(start) && promise.due().is_none(), "nothing has changed");
    let soon = start + Duration::from_millis(10);
    promise.offered(at(0, 1));
    promise.offered(at(0, 2));
    assert!(!promise.is_to_tell(soon));
    assert_eq!(promise.due(), Some(start + TELL_EVERY));
    assert!(promise.is_to_tell(start + TELL_EVERY));
    assert!(promise.due().is_none());
}

#[test]
fn the_tables_have_their_limits() {
    let mut promise = Promise::default();
    for n in 0..60_000 {
        promise.offered(at(0, n));
    }
    let names: Vec<String> = (0..300).map(|n| format!("team {n}")).collect();
    for name in &names {
        promise.offered(Whose { team: Some(name), ..at(0, 0) });
    }
    assert_eq!((promise.firms.len(), promise.worst.len(), promise.teams.len()), (FIRMS_MAX, FIRMS_MAX, TEAMS_MAX));
    assert_eq!(promise.total(MIDNIGHT).offered, 60_300, "all are counted");
}

#[test]
fn counters_tell_a_histogram() {
    let mut promise = Promise::default();
    for wait_ms in [2_999, 3_000, 8_999, 200_000] {
        promise.ended(at(0, 1), Outcome::Answered { wait_ms });
    }
    assert_eq!(promise.counters.answered_within, [1, 2, 3, 3, 3, 3, 3, 3, 3]);
    assert_eq!((promise.counters.answered, promise.counters.answered_ms), (4, 214_998));
}

#[test]
fn who_was_not_answered_counts_against_us_unless_the_firm_had_ordered_it() {
    assert_eq!(Outcome::of(Some(7), "abandoned"), Outcome::Answered { wait_ms: 7 });
    for ending in ["abandoned", "caller_hung_up", "queue_full", "no_port", "interrupted: the switchboard stopped"] {
        assert_eq!(Outcome::of(None, ending), Outcome::Abandoned, "{ending}");
    }
    for ending in SERVED_OTHERWISE {
        assert_eq!(Outcome::of(None, ending), Outcome::Otherwise);
    }
}
