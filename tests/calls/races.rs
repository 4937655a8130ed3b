//! The races of the issue over the wire. After each: no leg, port or operator left over; one record; one recording.

use std::time::Duration;

use serde_json::json;

use crate::support::audio::{CALLER_HZ, OPERATOR_2_HZ, OPERATOR_HZ, seconds_of};
use crate::support::house::House;
use crate::support::sipp::{Run, Sipp};
use crate::support::{pause, ports, until};

#[test]
fn r31_an_operators_phone_dies_and_the_caller_is_answered_by_another() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let one = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut first = house.phone(&one, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    first.wait("CALL_ESTABLISHED");
    pause(Duration::from_millis(1500));
    let two = house.operator("102", 0);
    let mut second = house.phone(&two, OPERATOR_2_HZ, true);
    first.kill();
    second.wait_for("CALL_ESTABLISHED", Duration::from_secs(40)).expect("the other operator has the caller");
    pause(Duration::from_millis(1500));
    caller.command("hangup", "");
    second.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    assert_eq!(record["operator"], two.id, "{record}");
    let heard = &caller.heard()[0];
    assert!(seconds_of(heard, OPERATOR_HZ) > 1.0 && seconds_of(heard, OPERATOR_2_HZ) > 1.0);
}

#[test]
fn f04_w05_a_caller_who_gives_up_leaves_no_phone_ringing() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_INCOMING");
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    assert!(record["answered_ms"].is_null() && record["recording"].is_null(), "{record}");
    house.until_operator(operator.id, "ready");
}

#[test]
fn an_operator_who_does_not_answer_is_passed_over_for_the_next() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({ "ring_seconds": 3 }));
    let (one, two) = (house.operator("101", 0), house.operator("102", 0));
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut first = house.phone(&one, OPERATOR_HZ, false);
    let mut second = house.phone(&two, OPERATOR_2_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    first.wait("CALL_INCOMING");
    first.wait("CALL_CLOSED");
    second.wait("CALL_ESTABLISHED");
    caller.command("hangup", "");
    second.wait("CALL_CLOSED");
    house.assert_idle();
    assert_eq!(house.finished(1)["operator"], two.id);
}

/// Many calls of one scenario against phones that answer at once; then nothing may be left.
fn many(scenario: &str, calls: u32) {
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({}));
    let (phones, registering, carrier) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
    let mut accounts = Vec::new();
    for n in 0..10 {
        let operator = house.operator(&format!("{}", 200 + n), 0);
        accounts.push(format!("{0};[authentication username={0} password={1}];{phones}", operator.login, operator.password));
    }
    house.trunk("carrier", carrier, json!({}));
    let run = |scenario, port, fields| Run { scenario, server: &house.sip, from: "127.0.0.1", port, fields, calls: 0, rate: 20, more: &[] };
    let _phones = Sipp::start(house.root.path(), &run("phones", phones, &[]));
    Sipp::start(house.root.path(), &Run { calls: 10, ..run("register", registering, &accounts) }).finish(Duration::from_secs(60));
    let fields: Vec<String> = (0..calls).map(|n| format!("0355500101;0901{n:07}")).collect();
    let calling = Run { calls, more: &["-l", "8"], ..run(scenario, carrier, &fields) };
    Sipp::start(house.root.path(), &calling).finish(Duration::from_secs(240));
    house.assert_idle();
    until("every operator is ready again", Duration::from_secs(60), || {
        let now = house.get("/now");
        now["operators"].as_array()?.iter().all(|o| o["state"] == "ready").then_some(())
    });
    let records = house.get("/calls?limit=500");
    assert_eq!(records["calls"].as_array().map(Vec::len), Some(calls as usize), "one record a call");
}

#[test]
fn r40_cancel_crossing_200() {
    many("cancel_crossing", 60);
}

#[test]
fn r38_a_caller_that_never_acknowledges_is_freed() {
    many("never_ack", 4);
}

#[test]
fn r43_both_hang_up_at_once_and_bye_during_reinvite() {
    many("bye_during_reinvite", 40);
}
