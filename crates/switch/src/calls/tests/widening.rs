//! More phones ring, the promise is watched, and what is broken is mended.

use std::sync::Arc;
use std::time::Duration;

use acd::{CallId, OperatorId, PromiseLoop, RingPlan};

use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::desk::{Command, CommandError, OperatorNow};

impl House {
    fn operator_now(&self, id: i64) -> OperatorNow {
        let operators = self.calls.snapshot(self.now).operators;
        operators.into_iter().find(|operator| operator.operator == id).expect("an operator")
    }
}

#[test]
fn f03_more_phones_ring_while_the_first_goes_on() {
    let mut house = House::with(sakura(|customer| customer.plan = Arc::new(RingPlan::three_rings())));
    house.call("A", SAKURA).orders(["180 A", "ring hanako: さくら歯科 <09099998888>"]);
    let heard = house.seconds(3);
    heard.orders(["ring taro: さくら歯科 <09099998888>", "ring sachiko: さくら歯科 <09099998888>"]);
    assert_eq!(heard.tells_of().first().map(String::as_str), Some("widened best_3 step"));
    house.answers("taro");
    house.hangs_up("A");
    house.catch_up();
    house.everything_is_over();
    let told = house.facts("A", "widened");
    assert_eq!(told[0], serde_json::json!({"who": "best_3", "why": "step"}), "{told:?}");
}

#[test]
fn f05_x07_a_caller_whom_nobody_will_answer_in_time_is_an_alarm_at_once() {
    let mut house = House::promising(Some(PromiseLoop::default()), |_| {});
    for (caller, operator) in [("A", "hanako"), ("B", "taro"), ("C", "sachiko")] {
        house.call(caller, SAKURA);
        house.answers(operator);
    }
    let told = house.call("D", SAKURA).tells_of();
    assert!(told.contains(&"alarm promise_at_risk".to_owned()), "{told:?}");
    let told = house.seconds(9).tells_of();
    assert!(!told.contains(&"alarm promise_at_risk".to_owned()), "once for each call: {told:?}");
    // The call's own story says so, too.
    house.ends("D", endpoint::Ending::Cancelled);
    for caller in ["A", "B", "C"] {
        house.hangs_up(caller);
    }
    house.everything_is_over();
    let risk = house.facts("D", "promise_at_risk");
    assert!(matches!(risk.as_slice(), [fact] if fact["chance_percent"].as_u64() < Some(50)), "{risk:?}");
}

#[test]
fn w16_an_open_report_makes_the_wrap_up_longer_and_the_snapshot_tells() {
    let mut house = House::talk_in(
        House::with(|directory| {
            for operator in directory.operators.values_mut() {
                Arc::make_mut(operator).wrap_up_max = Duration::from_secs(60);
            }
        }),
        "A",
    );
    let report = |open| Command::ReportOpen { operator: OperatorId(1), open };
    house.command(report(true));
    house.after(Duration::from_secs(10));
    house.hangs_up("A");
    let now = house.operator_now(1);
    assert_eq!((now.state.as_str(), now.report_open, now.calls_today), ("working_after_call", true, 1));
    assert_eq!((now.wrap_up_left_ms, now.talk_today_ms), (Some(60_000), 20_000));
    assert_eq!(now.tier, "operator");
    house.command(report(false));
    house.seconds(20);
    assert_eq!(house.operator_now(1).wrap_up_left_ms, None);
    house.command(Command::ReportOpen { operator: OperatorId(9), open: true });
    assert_eq!(house.refused(), CommandError::UnknownOperator);
}

#[test]
fn counters_begin_again_at_midnight_in_japan() {
    let mut house = House::talk("A");
    house.hangs_up("A");
    // 2026-11-21 18:25 in Japan is in the house's clock.
    house.calls.board.set_wall_clock(house.now, 1_795_253_100_000 + 5 * 3_600_000);
    assert_eq!(house.operator_now(1).calls_today, 1, "23:25");
    house.calls.board.set_wall_clock(house.now, 1_795_253_100_000 + 6 * 3_600_000);
    assert_eq!(house.operator_now(1).calls_today, 0, "0:25");
}

#[test]
fn w04_what_queue_and_calls_do_not_agree_on_is_mended() {
    let mut house = House::new();
    house.call("A", SAKURA).orders(["180 A", "ring hanako: さくら歯科 <09099998888>"]);
    let (now, call) = (house.now, house.call_id("A"));
    house.calls.board.queue.withdraw(now, call);
    house.calls.board.queue.engaged(now, OperatorId(2), CallId(99));
    assert_eq!(house.calls.audit().len(), 2, "{:?}", house.calls.audit());
    house.calls.repair(now);
    house.heard();
    assert_eq!(house.calls.board.queue.waiting().next().map(|waiting| waiting.call), Some(call));
    assert_eq!(house.operator_state(2), "WorkingAfterCall");
}
