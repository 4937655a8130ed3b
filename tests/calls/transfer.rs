//! On to the mobile (取次, F44–F47): joined, and never dropped.

use std::time::Duration;

use serde_json::{Value, json};

use super::story::{length_is_talk_time, strip};
use crate::support::audio::{CALLER_HZ, Heard, MOBILE_HZ, OPERATOR_HZ, assert_in_order, channel, seconds_of, story};
use crate::support::baresip::Baresip;
use crate::support::house::{House, Operator};
use crate::support::peer::Peer;
use crate::support::{pause, ports};
use sip::message::Method;

const A_WHILE: Duration = Duration::from_millis(3000);
const MOBILE: &str = "09055500101";

/// A house with one firm, one operator who talks to a caller, and a mobile beyond a second trunk.
struct Scene {
    house: House,
    operator: Operator,
    phone: Baresip,
    caller: Baresip,
    mobile: Baresip,
    call: String,
}

impl Scene {
    fn talking(mobile_answers: bool, firm: Value) -> Scene {
        let house = House::start();
        let mut more = json!({ "targets": [{ "name": "院長", "number": MOBILE, "ring_seconds": 8 }] });
        for (key, value) in firm.as_object().into_iter().flatten() {
            more[key] = value.clone();
        }
        house.firm("sakura", "さくら歯科", "0355500101", more);
        let operator = house.operator("101", 0);
        let (inbound, outbound) = (ports::free_block(2), ports::free_block(2));
        house.trunk("inbound", inbound, json!({ "priority": 9 }));
        house.trunk("outbound", outbound, json!({ "priority": 0 }));
        let mut phone = house.phone(&operator, OPERATOR_HZ, true);
        let mut caller = house.outside("09011112222", inbound, CALLER_HZ, true);
        let mobile = house.outside(MOBILE, outbound, MOBILE_HZ, mobile_answers);
        caller.command("dial", &format!("sip:0355500101@{}", house.sip));
        phone.wait("CALL_ESTABLISHED");
        caller.wait("CALL_ESTABLISHED");
        let call = house.until_call("established");
        pause(A_WHILE);
        Scene { house, operator, phone, caller, mobile, call }
    }

    fn tell(&self, verb: &str, body: Value) {
        self.house.post(&format!("/calls/{}/{verb}", self.call), body);
    }

    fn transfer(&self, mode: &str) {
        self.tell("transfer", json!({ "mode": mode, "to": null }));
    }

    /// The caller hangs up; the record with everybody's ears.
    fn end(mut self) -> End {
        self.caller.command("hangup", "");
        self.caller.wait("CALL_CLOSED");
        self.house.assert_idle();
        self.house.until_operator(self.operator.id, "ready");
        let record = self.house.finished(1);
        let file = self.house.recording(&record);
        let (left, right) = (channel(&file, 0), channel(&file, 1));
        length_is_talk_time(&record, left.len());
        let ear = |phone: &Baresip| phone.heard().into_iter().next().unwrap_or_default();
        End {
            caller: ear(&self.caller),
            operator: ear(&self.phone),
            mobile: ear(&self.mobile),
            left,
            right,
            record,
            _house: self.house,
        }
    }
}

struct End {
    caller: Vec<i16>,
    operator: Vec<i16>,
    mobile: Vec<i16>,
    left: Vec<i16>,
    right: Vec<i16>,
    record: Value,
    _house: House,
}

#[test]
fn f44_attended_the_operator_announces_joins_them_and_leaves_and_one_file_has_it_all() {
    let mut scene = Scene::talking(true, json!({}));
    scene.transfer("attended");
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.tell("transfer/complete", json!({}));
    scene.phone.wait("CALL_CLOSED");
    scene.house.until_operator(scene.operator.id, "ready");
    pause(A_WHILE);
    let end = scene.end();
    let heard = story(&end.caller, 5);
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(MOBILE_HZ)];
    assert_in_order(&heard, &wanted, "the caller: operator, music, mobile");
    assert!(
        seconds_of(&end.operator, MOBILE_HZ) >= 0.8,
        "the operator announces to the mobile: {:?}",
        story(&end.operator, 3)
    );
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Tone(CALLER_HZ)];
    assert_in_order(&story(&end.mobile, 5), &wanted, "the mobile: operator, then caller");
    assert!(seconds_of(&end.left, CALLER_HZ) > 3.5, "the caller's channel: {:?}", story(&end.left, 3));
    let ours = story(&end.right, 5);
    assert_eq!(ours.first(), Some(&Heard::Tone(OPERATOR_HZ)), "{ours:?}");
    assert_eq!(strip(&ours).last(), Some(&Heard::Tone(MOBILE_HZ)), "{ours:?}");
    assert!(!end.record["bridged_ms"].is_null());
}

#[test]
fn f44_attended_and_given_up_the_operator_is_back_with_the_caller() {
    let mut scene = Scene::talking(true, json!({}));
    scene.transfer("attended");
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.tell("transfer/cancel", json!({}));
    scene.mobile.wait("CALL_CLOSED");
    pause(A_WHILE);
    let end = scene.end();
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&story(&end.caller, 5), &wanted, "the caller");
    assert!(end.record["bridged_ms"].is_null());
}

#[test]
fn f46_confirmed_with_1_the_caller_is_joined_and_the_operator_is_free() {
    let mut scene = Scene::talking(true, json!({}));
    scene.transfer("confirmed");
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.mobile.command("sndcode", "1");
    scene.phone.wait("CALL_CLOSED");
    scene.house.until_operator(scene.operator.id, "ready");
    pause(A_WHILE);
    let end = scene.end();
    assert_eq!(strip(&story(&end.caller, 5)).last(), Some(&Heard::Tone(MOBILE_HZ)), "{:?}", story(&end.caller, 3));
    assert!(seconds_of(&end.mobile, CALLER_HZ) >= 0.8, "{:?}", story(&end.mobile, 3));
    assert!(!end.record["bridged_ms"].is_null());
}

#[test]
fn f46_a_mailbox_that_answers_and_never_presses_1_does_not_swallow_the_caller() {
    let mut scene = Scene::talking(true, json!({}));
    scene.house.cli(&["check", "--json"]);
    scene.transfer("confirmed");
    scene.mobile.wait("CALL_ESTABLISHED");
    // The person has `confirm_seconds` (15) to press a key.
    scene.mobile.wait_for("CALL_CLOSED", Duration::from_secs(30)).expect("the mailbox is left");
    pause(A_WHILE);
    let end = scene.end();
    assert_eq!(seconds_of(&end.caller, MOBILE_HZ), 0.0, "the caller never heard the mailbox");
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&story(&end.caller, 5), &wanted, "the caller");
}

#[test]
fn f46_rejected_the_caller_is_back_with_the_operator() {
    let mut scene = Scene::talking(false, json!({}));
    scene.transfer("attended");
    scene.mobile.wait("CALL_INCOMING");
    scene.mobile.command("hangup", "");
    pause(A_WHILE);
    let end = scene.end();
    assert_eq!(strip(&story(&end.caller, 5)).last(), Some(&Heard::Tone(OPERATOR_HZ)), "{:?}", story(&end.caller, 3));
    assert!(seconds_of(&end.operator, CALLER_HZ) >= 2.0);
}

#[test]
fn f46_no_answer_and_the_operator_gone_the_caller_is_at_the_head_of_the_queue_with_music() {
    let mut scene =
        Scene::talking(false, json!({ "targets": [{ "name": "院長", "number": MOBILE, "ring_seconds": 3 }] }));
    scene.transfer("confirmed");
    scene.mobile.wait("CALL_INCOMING");
    scene.phone.command("hangup", "");
    scene.mobile.wait("CALL_CLOSED");
    // The same operator is free again and the phone answers by itself.
    scene.phone.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    let end = scene.end();
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&story(&end.caller, 5), &wanted, "the caller");
    assert!(end.record["bridged_ms"].is_null());
}

#[test]
fn r03_numbers_that_are_not_the_firms_are_never_dialled() {
    let mut scene = Scene::talking(true, json!({}));
    for number in ["09099999999", "0101234567890", "0570000000", "110", "+1900555000", "abc"] {
        let path = format!("/calls/{}/transfer", scene.call);
        let (status, answer) = scene.house.ask("POST", &path, Some(&json!({ "mode": "attended", "to": number })));
        assert_eq!(status, 409, "{number}: {answer}");
    }
    for number in ["0101234567890", "09099999999"] {
        scene.phone.command("dial", &format!("sip:{number}@{}", scene.house.sip));
        scene.phone.wait("CALL_CLOSED");
    }
    assert!(scene.mobile.wait_for("CALL_INCOMING", Duration::from_secs(1)).is_err(), "nothing has reached the trunk");
    scene.house.until_call("established");
    scene.end();
}

#[test]
fn f45_the_firms_policy_is_kept() {
    let scene = Scene::talking(true, json!({ "transfer": "never" }));
    let path = format!("/calls/{}/transfer", scene.call);
    let (status, _) =
        scene.house.ask("POST", &path, Some(&json!({ "mode": "attended", "to": null, "urgent": true, "reason": "x" })));
    assert_eq!(status, 409);
    scene.end();
    let mut scene = Scene::talking(true, json!({ "transfer": "urgent_only" }));
    let path = format!("/calls/{}/transfer", scene.call);
    let (status, _) = scene.house.ask("POST", &path, Some(&json!({ "mode": "attended", "to": null })));
    assert_eq!(status, 409);
    scene.tell("transfer", json!({ "mode": "attended", "to": null, "urgent": true }));
    scene.mobile.wait("CALL_ESTABLISHED");
    scene.tell("transfer/complete", json!({}));
    scene.phone.wait("CALL_CLOSED");
    scene.end();
}

#[test]
fn f44_a_blind_refer_of_the_softphone_passes_the_caller_on_with_confirmation() {
    let mut scene = Scene::talking(true, json!({}));
    scene.phone.command("transfer", &format!("sip:{MOBILE}@{}", scene.house.sip));
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.mobile.command("sndcode", "1");
    pause(A_WHILE);
    let end = scene.end();
    assert_eq!(strip(&story(&end.caller, 5)).last(), Some(&Heard::Tone(MOBILE_HZ)), "{:?}", story(&end.caller, 3));
}

#[test]
fn f44_feature_codes_do_the_same_from_the_keys_of_any_phone() {
    let mut scene = Scene::talking(true, json!({}));
    for key in ["*", "1"] {
        scene.phone.command("sndcode", key);
        pause(Duration::from_millis(400));
    }
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    for key in ["*", "3"] {
        scene.phone.command("sndcode", key);
        pause(Duration::from_millis(400));
    }
    scene.phone.wait("CALL_CLOSED");
    pause(A_WHILE);
    let end = scene.end();
    assert_eq!(strip(&story(&end.caller, 5)).last(), Some(&Heard::Tone(MOBILE_HZ)), "{:?}", story(&end.caller, 3));
}

#[test]
fn the_caller_hangs_up_while_the_mobile_rings_and_nobody_is_left_ringing() {
    let mut scene = Scene::talking(false, json!({}));
    scene.transfer("attended");
    scene.mobile.wait("CALL_INCOMING");
    scene.caller.command("hangup", "");
    scene.mobile.wait("CALL_CLOSED");
    scene.phone.wait("CALL_CLOSED");
    scene.house.assert_idle();
    scene.house.finished(1);
}

/// One trunk of the carrier fails in this way; the call goes over the other one, and the operator notices nothing but a moment.
fn fails_over(fails: impl FnOnce(&mut Peer)) {
    let house = House::start();
    let target = json!({ "targets": [{ "name": "院長", "number": MOBILE, "ring_seconds": 20 }] });
    house.firm("sakura", "さくら歯科", "0355500101", target);
    let operator = house.operator("101", 0);
    let (inbound, first, second) = (ports::free_block(2), ports::free_block(2), ports::free_block(2));
    house.trunk("inbound", inbound, json!({ "priority": 9 }));
    house.trunk("first", first, json!({ "priority": 0 }));
    house.trunk("second", second, json!({ "priority": 1 }));
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", inbound, CALLER_HZ, true);
    let mut mobile = house.outside(MOBILE, second, MOBILE_HZ, true);
    let mut broken = Peer::bind(first, &house.sip);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    let call = house.until_call("established");
    house.post(&format!("/calls/{call}/transfer"), json!({ "mode": "attended", "to": null }));
    fails(&mut broken);
    mobile.wait("CALL_ESTABLISHED");
    house.post(&format!("/calls/{call}/transfer/complete"), json!({}));
    phone.wait("CALL_CLOSED");
    caller.command("hangup", "");
    mobile.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    let events = record["events"].as_array().expect("events");
    let at = |kind: &str, nth: usize| {
        events.iter().filter(|e| e["kind"] == kind).nth(nth).and_then(|e| e["offset_ms"].as_i64()).expect("an event")
    };
    let delay = at("target_called", 1) - at("target_called", 0);
    assert!(delay <= 4000, "the next trunk was tried after {delay} ms");
}

#[test]
fn r32_a_trunk_that_answers_503_is_passed_over() {
    fails_over(|trunk| {
        let invite = trunk.wait_request(&Method::Invite);
        trunk.reply(&invite, 503, None);
    });
}

#[test]
fn r32_a_trunk_that_says_nothing_is_passed_over_within_four_seconds() {
    fails_over(|trunk| {
        trunk.wait_request(&Method::Invite);
    });
}
