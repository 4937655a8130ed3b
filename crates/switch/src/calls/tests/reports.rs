//! Reports that are not done keep an operator from new calls (F38); and what the operator is shown of firm and hour (F07).

use std::time::Duration;

use acd::{CallId, OperatorId, REPORTS_OPEN};

use super::announcing::go;
use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::desk::{Command, CommandError};
use crate::directory::Greeting;
use crate::owed::LATELY;

const HANAKO: OperatorId = OperatorId(1);

/// Only hanako is at work, and one report of hers may be open; she has taken A and B, and their reports are not done.
fn owing() -> House {
    let mut house = House::with(|directory| directory.settings.open_reports_max = Some(1));
    for id in [2, 3] {
        go(&mut house, id, false);
    }
    for caller in ["A", "B"] {
        assert_eq!(house.operator_state(1), "Ready");
        house.call(caller, SAKURA);
        house.answers("hanako");
        house.seconds(5);
        house.hangs_up(caller);
        house.catch_up();
        house.seconds(20);
    }
    house
}

fn kept() -> String {
    format!("NotReady {{ reason: \"{REPORTS_OPEN}\" }}")
}

#[test]
fn f38_with_too_many_reports_open_an_operator_is_ready_when_enough_are_done() {
    let mut house = owing();
    assert_eq!(house.operator_state(1), kept());
    go(&mut house, 1, true).tells([]);
    assert_eq!(house.refused(), CommandError::ReportsOpen { open: 2, max: 1 });
    let now = house.calls.snapshot(house.now).operators;
    assert_eq!(now.iter().map(|operator| operator.reports_open).collect::<Vec<_>>(), [2, 0, 0]);
    house.call("C", SAKURA).orders(["180 C"]);
    // Whose report it is counts, not who sends it.
    house.calls.report_done(house.now, house.call_id("A"));
    house.heard().orders(["ring hanako: さくら歯科 <09099998888>"]);
    house.calls.report_done(house.now, house.call_id("A"));
    house.heard().orders([]);
    house.answers("hanako");
    house.seconds(5);
    house.hangs_up("C");
    house.everything_is_over();
    assert_eq!(house.operator_state(1), kept(), "two again");
}

#[test]
fn f38_neither_a_new_phone_nor_a_finished_wrap_up_is_a_way_around() {
    let mut house = owing();
    house.calls.set_phone(house.now, HANAKO, None);
    let mut directory = crate::Directory::clone(&house.calls.board.directory);
    for operator in directory.operators.values_mut() {
        std::sync::Arc::make_mut(operator).ready_on_register = true;
    }
    house.calls.set_directory(house.now, std::sync::Arc::new(directory));
    house.command(Command::SetOperatorState { operator: HANAKO, ready: false, reason: "lunch".to_owned() });
    house.calls.set_phone(house.now, HANAKO, Some(super::house::PHONE));
    assert_eq!(house.operator_state(1), kept());
    house.command(Command::FinishWrapUp { operator: HANAKO });
    assert_eq!(house.operator_state(1), kept());
    // The house wants no limit any more.
    let mut directory = crate::Directory::clone(&house.calls.board.directory);
    directory.settings.open_reports_max = None;
    house.calls.set_directory(house.now, std::sync::Arc::new(directory));
    assert_eq!(house.operator_state(1), "Ready");
    house.everything_is_over();
}

#[test]
fn f38_what_was_done_past_the_switch_is_mended_by_what_the_database_says() {
    let mut house = owing();
    house.calls.open_reports(house.now, &[]);
    assert_eq!(house.operator_state(1), kept(), "calls of the last minute may not be there yet");
    house.after(LATELY);
    house.calls.open_reports(house.now, &[(house.call_id("B"), HANAKO), (CallId(5), OperatorId(2))]);
    assert_eq!(house.operator_state(1), "Ready");
    let owe = |house: &House, who| house.calls.board.queue.operator(OperatorId(who)).expect("an operator").reports_open;
    assert_eq!([owe(&house, 1), owe(&house, 2), owe(&house, 3)], [1, 1, 0]);
    house.everything_is_over();
}

#[test]
fn f07_what_is_said_first_is_the_greeting_of_the_hour() {
    let greeting = |hours: Option<(u16, u16)>, text: &str| Greeting {
        minutes: hours.map(|(from, until)| (from * 60, until * 60)),
        text: text.to_owned(),
        reading: format!("{text}の読み"),
    };
    let all = vec![
        greeting(None, "お電話ありがとうございます"),
        greeting(Some((5, 11)), "おはようございます"),
        greeting(Some((22, 5)), "夜分に恐れ入ります"),
    ];
    let mut house = House::with(sakura(|firm| firm.greetings = all));
    // The house's day has begun at 18:25.
    let begun_ms = house.calls.board.unix_ms(house.now);
    let hour = |hour: i64| (hour - 18) * 3_600_000 - 25 * 60_000;
    let said = [
        (18, "お電話ありがとうございます"),
        (22, "夜分に恐れ入ります"),
        (24 + 4, "夜分に恐れ入ります"),
        (24 + 5, "おはようございます"),
        (24 + 10, "おはようございます"),
        (24 + 11, "お電話ありがとうございます"),
    ];
    for (place, (at, said)) in said.into_iter().enumerate() {
        house.calls.set_wall_clock(house.now, begun_ms + hour(at));
        let name = format!("A{place}");
        let told = house.call(&name, SAKURA).tells_of();
        let pop = told.iter().find(|line| line.starts_with("pop")).expect("a pop");
        assert!(pop.contains(&format!("さくら歯科 {said}")), "at {at}: {pop}");
        house.ends(&name, endpoint::Ending::Cancelled);
        house.catch_up();
        house.after(Duration::from_secs(1));
    }
    house.everything_is_over();
    let firm = crate::calls::tests::firms::customer(1, "a", "青葉", crate::TransferPolicy::Never);
    assert_eq!(firm.greeting_at(0), ("青葉でございます", ""), "a firm without any has its own at all times");
}
