//! What supervisors see of the promise: figures that follow the calls, who waits, and events that come once a second.

use endpoint::Ending;

use super::house::*;
use crate::desk::{Command, Reply, Snapshot};
use crate::promise::{Outcome, Today, Visit};

fn today(house: &mut House) -> Today {
    house.command(Command::Today { firms: 10 });
    match house.done.last() {
        Some(Ok(Reply::Today(today))) => (**today).clone(),
        other => panic!("{other:?}"),
    }
}

fn snapshot(house: &mut House) -> Snapshot {
    house.command(Command::Snapshot);
    match house.done.last() {
        Some(Ok(Reply::Snapshot(snapshot))) => (**snapshot).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn f03_each_caller_counts_once_whatever_happens_after_the_answer() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.seconds(7);
    house.answers("hanako");
    let figures = today(&mut house).total;
    assert_eq!((figures.offered, figures.answered, figures.two_rings, figures.three_rings), (1, 1, 0, 1));
    assert_eq!((figures.mean_ms, figures.three_rings_percent), (7_000, Some(100.0)));
    // The operator is lost, another one answers: the caller was answered once.
    house.ends("hanako", Ending::Lost);
    house.seconds(1);
    house.answers("taro");
    house.hangs_up("A");
    house.everything_is_over();
    let today = today(&mut house);
    assert_eq!((today.total.answered, today.total.abandoned), (1, 0));
    let firms: Vec<_> = today.firms.iter().map(|firm| (firm.name.as_str(), firm.figures.answered)).collect();
    assert_eq!(firms, [("さくら歯科", 1)]);
}

#[test]
fn f04_a_caller_who_gives_up_counts_against_us() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.seconds(2);
    house.ends("A", Ending::Cancelled);
    house.everything_is_over();
    let figures = today(&mut house).total;
    assert_eq!((figures.offered, figures.abandoned, figures.abandoned_percent), (1, 1, Some(100.0)));
    assert_eq!(figures.three_rings_percent, Some(0.0));
}

#[test]
fn f03_who_waits_is_seen_with_place_rings_and_whose_phone_rings() {
    let mut house = House::new();
    for caller in ["A", "B", "C", "D"] {
        house.call(caller, SAKURA);
    }
    house.seconds(4);
    let seen = snapshot(&mut house);
    let waiting: Vec<_> =
        seen.waiting.iter().map(|call| (call.position, call.rings, call.ringing.len(), call.again)).collect();
    assert_eq!(waiting, [(1, 1, 1, false), (2, 1, 1, false), (3, 1, 1, false), (4, 1, 0, false)]);
    assert_eq!((seen.today.waiting, seen.today.longest_waiting_ms), (4, 4_000));
    assert!(seen.today.firms.is_empty(), "they are asked for by themselves");
    let first = house.call_id("A").to_string();
    assert_eq!(seen.operators.iter().filter(|operator| operator.call.as_ref() == Some(&first)).count(), 1);
    for caller in ["A", "B", "C", "D"] {
        house.ends(caller, Ending::Cancelled);
    }
    house.everything_is_over();
    let after = snapshot(&mut house);
    assert_eq!((after.waiting.len(), after.today.longest_waiting_ms, after.counters.abandoned), (0, 0, 4));
}

#[test]
fn figures_are_told_at_once_and_then_once_a_second_and_silence_is_silent() {
    let mut house = House::new();
    house.seconds(5);
    house.figures.clear();
    house.call("A", SAKURA);
    assert_eq!(house.figures, ["promise 0 of 1, 1 wait"]);
    house.call("B", SAKURA);
    house.ends("B", Ending::Cancelled);
    house.catch_up();
    house.answers("hanako");
    assert_eq!(house.figures.len(), 1, "not so soon");
    house.seconds(1);
    assert_eq!(house.figures[1..], ["promise 1 of 2, 0 wait"]);
    house.seconds(10);
    assert_eq!(house.figures.len(), 2, "nothing has changed");
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn at_midnight_the_new_days_figures_are_told_though_nobody_calls() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.seconds(2);
    house.ends("A", Ending::Cancelled);
    house.catch_up();
    house.seconds(60);
    let told = house.figures.len();
    let unix_ms = house.calls.board.unix_ms(house.now);
    house.calls.set_wall_clock(house.now, unix_ms);
    house.heard();
    assert_eq!(house.figures.len(), told, "the same day");
    let midnight = crate::promise::day_begins_ms(unix_ms) + 86_400_000;
    house.calls.set_wall_clock(house.now, midnight);
    house.heard();
    assert_eq!(house.figures[told..], ["promise 0 of 0, 0 wait"]);
    house.everything_is_over();
}

#[test]
fn a_team_that_firms_want_and_nobody_is_in_is_told_once() {
    let wants = |team: &str| {
        let team = team.to_owned();
        super::firms::sakura(move |firm| firm.team = Some(team.clone()))
    };
    let mut house = House::with(wants("east"));
    let change = |house: &mut House, edit: &dyn Fn(&mut crate::Directory)| {
        let mut directory = crate::Directory::clone(&house.calls.board.directory);
        edit(&mut directory);
        house.calls.set_directory(house.now, std::sync::Arc::new(directory));
        house.heard().tells_of()
    };
    assert_eq!(house.calls.board.directory.empty_teams(), [("east", 1)].into());
    assert!(change(&mut house, &|_| {}).is_empty(), "it was told");
    assert_eq!(change(&mut house, &|directory| wants("west")(directory)), ["alarm empty_team"]);
    let joins = |directory: &mut crate::Directory| {
        for operator in directory.operators.values_mut() {
            std::sync::Arc::make_mut(operator).teams = vec!["west".to_owned()];
        }
    };
    assert!(change(&mut house, &joins).is_empty());
    assert!(house.calls.board.directory.empty_teams().is_empty());
}

#[test]
fn a_new_process_goes_on_with_the_days_figures() {
    let mut house = House::new();
    let arrived_ms = house.calls.board.unix_ms(house.now);
    let visit = |outcome| Visit { arrived_ms, customer: Some(1), outcome, ear_ms: None };
    let now = house.now;
    house.calls.restore(now, &[visit(Outcome::Answered { wait_ms: 3_000 }), visit(Outcome::Abandoned)]);
    house.call("A", SAKURA);
    house.seconds(1);
    house.answers("hanako");
    let figures = today(&mut house).total;
    assert_eq!((figures.offered, figures.answered, figures.abandoned), (3, 2, 1));
    assert_eq!(figures.three_rings_percent, Some(66.66));
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn x11_the_record_keeps_when_the_operator_spoke_first() {
    let mut house = House::new();
    house.call("A", SAKURA);
    house.seconds(3);
    house.answers("hanako");
    house.seconds(10);
    house.hangs_up("A");
    house.everything_is_over();
    let record = house.record("A");
    let ear_ms = record.first_speech_ms.expect("it was heard") - record.ringing_ms.expect("it rang");
    assert_eq!(ear_ms, 3_000 + i64::from(FIRST_SPEECH_MS));
}
