//! pjsua2 as the operator's phone: the ceiling of what phones can do.

use std::time::Duration;

use serde_json::json;

use super::story::strip;
use crate::support::audio::{CALLER_HZ, Heard, MOBILE_HZ, OPERATOR_HZ, assert_in_order, seconds_of, story};
use crate::support::baresip::Baresip;
use crate::support::house::{House, Operator};
use crate::support::pjsua2::Pjsua;
use crate::support::{pause, ports};

const A_WHILE: Duration = Duration::from_millis(3000);
const MOBILE: &str = "09055500101";

/// A caller talks with an operator on pjsua2; the firm's mobile is beyond a second trunk.
struct Scene {
    house: House,
    operator: Operator,
    phone: Pjsua,
    caller: Baresip,
    mobile: Baresip,
}

impl Scene {
    fn talking(operator: serde_json::Value, phone: serde_json::Value) -> Scene {
        let house = House::start();
        let target = json!({ "targets": [{ "name": "院長", "number": MOBILE, "ring_seconds": 20 }] });
        house.firm("sakura", "さくら歯科", "0355500101", target);
        let operator = house.operator_with("101", operator);
        let (inbound, outbound) = (ports::free_block(2), ports::free_block(2));
        house.trunk("inbound", inbound, json!({ "priority": 9 }));
        house.trunk("outbound", outbound, json!({ "priority": 0 }));
        let mut phone = Pjsua::start(&house, &operator, OPERATOR_HZ, phone);
        let mut caller = house.outside("09011112222", inbound, CALLER_HZ, true);
        let mobile = house.outside(MOBILE, outbound, MOBILE_HZ, true);
        caller.command("dial", &format!("sip:0355500101@{}", house.sip));
        let ringing = phone.wait("incoming");
        assert!(ringing["text"].to_string().contains("さくら歯科"), "the phone shows the firm: {ringing}");
        phone.order("answer", json!({ "status": 180 }));
        caller.wait("CALL_RINGING");
        phone.order("answer", json!({}));
        phone.wait_state("CONFIRMED");
        caller.wait("CALL_ESTABLISHED");
        house.until_call("established");
        pause(A_WHILE);
        Scene { house, operator, phone, caller, mobile }
    }

    /// The caller hangs up: nothing is left, and what the caller heard, without silence at both ends.
    fn end(&mut self) -> Vec<Heard> {
        self.caller.command("hangup", "");
        self.caller.wait("CALL_CLOSED");
        self.house.assert_idle();
        self.house.until_operator(self.operator.id, "ready");
        self.house.finished(1);
        strip(&story(&self.caller.heard()[0], 5)).to_vec()
    }
}

#[test]
fn a_phone_with_each_digest_registers_holds_resumes_and_both_hear_each_other() {
    for digest in ["md5", "sha256", "both"] {
        let mut scene = Scene::talking(json!({ "digest": digest }), json!({}));
        let messages = scene.phone.messages();
        let signed = messages.lines().find(|line| line.starts_with("Authorization:")).expect("signed");
        let (md5, sha256) = (signed.contains("algorithm=MD5"), signed.contains("algorithm=SHA-256"));
        assert_eq!((md5 && digest != "sha256", sha256 && digest != "md5"), (md5, sha256), "{digest}: {signed}");
        assert!(md5 || sha256, "{digest}: {signed}");
        scene.phone.order("hold", json!({}));
        scene.house.until_call("held");
        pause(A_WHILE);
        scene.phone.order("resume", json!({}));
        scene.house.until_call("established");
        pause(A_WHILE);
        let heard = scene.end();
        assert_in_order(&heard, &[Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)], digest);
        scene.phone.wait("ended");
        assert!(seconds_of(&scene.phone.heard(0), CALLER_HZ) > 1.0, "{digest}");
    }
}

#[test]
fn a_phone_over_tcp_that_wants_session_timers_and_changes_its_call_by_update() {
    let mut scene = Scene::talking(json!({}), json!({ "transport": "tcp", "timer": "always" }));
    scene.phone.order("update", json!({}));
    pause(A_WHILE);
    let messages = scene.phone.messages();
    let updates = messages.lines().filter(|line| line.starts_with("UPDATE sip:")).count();
    assert!(updates >= 1, "the phone sent its UPDATE");
    let answered =
        messages.split("SIP/2.0 200").any(|rest| rest.split("\r\n\r\n").next().is_some_and(|m| m.contains("UPDATE")));
    assert!(answered || messages.contains("CSeq: ") && messages.contains("200 OK"), "and got its 200");
    assert_eq!(scene.end(), [Heard::Tone(OPERATOR_HZ)]);
}

#[test]
fn f44_digits_of_the_phone_are_feature_codes() {
    let mut scene = Scene::talking(json!({}), json!({}));
    scene.phone.order("digits", json!({ "digits": "*1" }));
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.phone.order("digits", json!({ "digits": "*3" }));
    scene.phone.wait("ended");
    pause(A_WHILE);
    assert_eq!(scene.end().last(), Some(&Heard::Tone(MOBILE_HZ)));
}

#[test]
fn f44_a_blind_refer_is_followed_by_notify_and_the_caller_talks_with_the_mobile() {
    let mut scene = Scene::talking(json!({}), json!({}));
    scene.phone.order("refer", json!({ "number": MOBILE }));
    scene.mobile.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    scene.mobile.command("sndcode", "1");
    scene.phone.wait_where("transfer", |event| event["status"] == 200 && event["final"] == true);
    pause(A_WHILE);
    assert_eq!(scene.end().last(), Some(&Heard::Tone(MOBILE_HZ)));
}

#[test]
fn f44_an_attended_refer_with_replaces_joins_the_caller_and_the_mobile() {
    let mut scene = Scene::talking(json!({}), json!({}));
    scene.phone.order("hold", json!({ "call": 0 }));
    scene.house.until_call("held");
    scene.phone.order("dial", json!({ "number": MOBILE }));
    scene.mobile.wait("CALL_ESTABLISHED");
    scene.phone.wait_where("call", |event| event["call"] == 1 && event["state"] == "CONFIRMED");
    pause(A_WHILE);
    scene.phone.order("refer_replaces", json!({ "call": 0, "to": 1 }));
    scene.phone.wait("ended");
    pause(A_WHILE);
    assert_eq!(scene.end().last(), Some(&Heard::Tone(MOBILE_HZ)));
    assert!(seconds_of(&scene.mobile.heard()[0], CALLER_HZ) > 1.0, "the mobile hears the caller");
}

#[test]
fn a_phone_that_requires_reliable_provisionals_calls_the_firms_mobile() {
    let mut scene = Scene::talking(json!({}), json!({}));
    scene.phone.order("hold", json!({ "call": 0 }));
    scene.house.until_call("held");
    scene.phone.order("dial", json!({ "number": MOBILE, "prack": true }));
    scene.mobile.wait("CALL_ESTABLISHED");
    scene.phone.wait_where("call", |event| event["call"] == 1 && event["state"] == "CONFIRMED");
    assert!(scene.phone.messages().contains("PRACK sip:"), "its PRACK was sent");
    scene.phone.order("hangup", json!({ "call": 1 }));
    scene.mobile.wait("CALL_CLOSED");
    scene.phone.order("resume", json!({ "call": 0 }));
    scene.house.until_call("established");
    pause(A_WHILE);
    assert_eq!(scene.end().last(), Some(&Heard::Tone(OPERATOR_HZ)));
}
