//! The races of the issue over the wire. After each: no leg, port or operator left over; one record; one recording.

use std::time::Duration;

use serde_json::json;

use crate::support::audio::{CALLER_HZ, MOBILE_HZ, OPERATOR_2_HZ, OPERATOR_HZ, seconds_of};
use crate::support::house::House;
use crate::support::peer::{Dialog, Peer, sdp};
use crate::support::{pause, ports};
use sip::message::Method;

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
    let answered = record["legs"]
        .as_array()
        .expect("legs")
        .iter()
        .filter(|leg| leg["role"] == "operator" && !leg["answered_ms"].is_null());
    assert_eq!(
        answered.map(|leg| leg["party"].as_str().expect("a party")).collect::<Vec<_>>(),
        ["101", "102"],
        "{record}"
    );
    let heard = &caller.heard()[0];
    assert!(seconds_of(heard, OPERATOR_HZ) > 1.0 && seconds_of(heard, OPERATOR_2_HZ) > 1.0);
}

#[test]
fn f04_w05_a_caller_who_gives_up_leaves_no_phone_ringing() {
    let (house, operator, trunk) = House::small();
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

/// A caller and two phones whose every message the test sends itself.
struct Ring {
    house: House,
    operators: [i64; 2],
    caller: Peer,
    phones: [Peer; 2],
}

impl Ring {
    fn new(plan: &str) -> Ring {
        let house = House::start();
        house.firm("sakura", "Sakura", "0355500101", json!({ "plan": plan, "ring_seconds": 60 }));
        let trunk = ports::free_block(2);
        house.trunk("carrier", trunk, json!({}));
        let caller = Peer::bind(trunk, &house.sip);
        let [one, two] = ["101", "102"].map(|login| house.operator(login, 0));
        let phones = [&one, &two].map(|operator| {
            let mut phone = Peer::bind(0, &house.sip);
            phone.register(&operator.login, &operator.password);
            house.until_operator(operator.id, "ready");
            phone
        });
        Ring { operators: [one.id, two.id], house, caller, phones }
    }

    /// A caller talks with the first operator; both sides' dialogs.
    fn talking() -> (Ring, Dialog, Dialog) {
        let mut ring = Ring::new("longest_idle");
        ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
        ring.caller.response(180, "INVITE");
        let offered = ring.phones[0].wait_request(&Method::Invite);
        ring.phones[0].reply(&offered, 200, Some(&sdp(40_010)));
        ring.phones[0].wait_request(&Method::Ack);
        let answered = ring.caller.response(200, "INVITE");
        let calling = ring.caller.caller_dialog(&answered);
        ring.caller.ack(&calling);
        ring.house.until_call("established");
        let called = ring.phones[0].callee_dialog(&offered);
        (ring, calling, called)
    }

    /// Nothing is left over: no leg, no operator, one record, and a recording if it was answered.
    fn is_clean(&self, answered: bool) -> serde_json::Value {
        self.house.assert_idle();
        for id in self.operators {
            self.house.until_operator(id, "ready");
        }
        let record = self.house.finished(1);
        assert_eq!(!record["answered_ms"].is_null(), answered, "{record}");
        assert_eq!(!record["recording"].is_null(), answered, "{record}");
        record
    }
}

#[test]
fn w02_two_operators_answer_at_once_and_exactly_one_has_the_call() {
    let mut ring = Ring::new("ring_all");
    ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offers = [0, 1].map(|n: usize| ring.phones[n].wait_request(&Method::Invite));
    ring.phones[0].reply(&offers[0], 200, Some(&sdp(40_010)));
    ring.phones[1].reply(&offers[1], 200, Some(&sdp(40_020)));
    // Each 2xx is acknowledged; one of them is then told BYE.
    for phone in &mut ring.phones {
        phone.wait_request(&Method::Ack);
    }
    let answered = ring.caller.response(200, "INVITE");
    let dialog = ring.caller.caller_dialog(&answered);
    ring.caller.ack(&dialog);
    let loser =
        (0..2).find(|&n| ring.phones[n].sees(Duration::from_secs(2), |m| m.is_request() && m.method() == Method::Bye));
    let loser = loser.expect("one of them loses");
    assert!(
        !ring.phones[1 - loser].sees(Duration::from_secs(1), |m| m.is_request() && m.method() == Method::Bye),
        "and only one"
    );
    let mut dialog = dialog;
    ring.caller.request(&mut dialog, &Method::Bye, None);
    ring.caller.response(200, "BYE");
    let bye = ring.phones[1 - loser].wait_request(&Method::Bye);
    ring.phones[1 - loser].reply(&bye, 200, None);
    assert_eq!(ring.is_clean(true)["operator"], ring.operators[1 - loser]);
}

#[test]
fn r40_the_callers_cancel_arrives_before_the_operators_200() {
    let mut ring = Ring::new("longest_idle");
    let invite = ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offered = ring.phones[0].wait_request(&Method::Invite);
    ring.phones[0].reply(&offered, 180, None);
    ring.caller.cancel(&invite);
    ring.caller.response(200, "CANCEL");
    ring.caller.response(487, "INVITE");
    // The operator picks up at the same moment: the 200 crosses our CANCEL.
    ring.phones[0].reply(&offered, 200, Some(&sdp(40_010)));
    ring.phones[0].wait_request(&Method::Ack);
    let bye = ring.phones[0].wait_request(&Method::Bye);
    ring.phones[0].reply(&bye, 200, None);
    ring.is_clean(false);
}

#[test]
fn r40_the_callers_cancel_arrives_after_our_200() {
    let mut ring = Ring::new("longest_idle");
    let invite = ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offered = ring.phones[0].wait_request(&Method::Invite);
    ring.phones[0].reply(&offered, 200, Some(&sdp(40_010)));
    let answered = ring.caller.response(200, "INVITE");
    ring.caller.cancel(&invite);
    ring.caller.response(200, "CANCEL");
    // The call stands; the caller acknowledges it and says BYE, as RFC 3261 15 has it.
    let mut dialog = ring.caller.caller_dialog(&answered);
    ring.caller.ack(&dialog);
    ring.caller.request(&mut dialog, &Method::Bye, None);
    ring.caller.response(200, "BYE");
    let bye = ring.phones[0].wait_request(&Method::Bye);
    ring.phones[0].reply(&bye, 200, None);
    ring.is_clean(true);
}

#[test]
fn r43_both_hang_up_at_once() {
    let (mut ring, mut calling, mut called) = Ring::talking();
    ring.caller.request(&mut calling, &Method::Bye, None);
    ring.phones[0].request(&mut called, &Method::Bye, None);
    let status = ring.caller.final_response("BYE").status();
    assert!(matches!(status, Some(200 | 481)), "{status:?}");
    let status = ring.phones[0].final_response("BYE").status();
    assert!(matches!(status, Some(200 | 481)), "{status:?}");
    ring.is_clean(true);
}

#[test]
fn r43_the_caller_hangs_up_during_the_operators_reinvite() {
    let (mut ring, mut calling, mut called) = Ring::talking();
    let hold = sdp(40_010) + "a=sendonly\r\n";
    ring.phones[0].request(&mut called, &Method::Invite, Some(&hold));
    ring.caller.request(&mut calling, &Method::Bye, None);
    ring.caller.response(200, "BYE");
    let bye = ring.phones[0].wait_request(&Method::Bye);
    ring.phones[0].reply(&bye, 200, None);
    ring.phones[0].final_response("INVITE");
    ring.is_clean(true);
}

#[test]
fn r38_a_caller_that_never_acknowledges_is_told_bye_after_32_seconds_and_freed() {
    let mut ring = Ring::new("longest_idle");
    ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
    let offered = ring.phones[0].wait_request(&Method::Invite);
    ring.phones[0].reply(&offered, 200, Some(&sdp(40_010)));
    ring.phones[0].wait_request(&Method::Ack);
    ring.caller.response(200, "INVITE");
    // The phones are there all the while: they say so when they are asked.
    let bye = crate::support::until("the caller is told BYE", Duration::from_secs(45), || {
        ring.phones.iter_mut().for_each(|phone| phone.listen(Duration::from_millis(100)));
        ring.caller.catch(Duration::from_millis(100), |m| m.is_request() && m.method() == Method::Bye)
    });
    ring.caller.reply(&bye, 200, None);
    let bye = ring.phones[0].wait_request(&Method::Bye);
    ring.phones[0].reply(&bye, 200, None);
    ring.is_clean(true);
}

#[test]
fn r37_a_retransmitted_invite_is_one_call_and_one_ring() {
    let mut ring = Ring::new("longest_idle");
    let invite = ring.caller.invite("0355500101", "09011112222", &sdp(40_000));
    for _ in 0..100 {
        ring.caller.send(&invite);
    }
    let offered = ring.phones[0].wait_request(&Method::Invite);
    assert!(!ring.phones[1].sees(Duration::from_millis(700), |m| m.is_request()), "only one phone rings");
    assert_eq!(ring.house.calls_now().len(), 1);
    // A CANCEL waits for the first provisional response (RFC 3261 9.1).
    ring.phones[0].reply(&offered, 180, None);
    ring.caller.cancel(&invite);
    ring.caller.response(487, "INVITE");
    let cancel = ring.phones[0].wait_request(&Method::Cancel);
    ring.phones[0].reply(&cancel, 200, None);
    ring.phones[0].reply(&offered, 487, None);
    ring.is_clean(false);
}

#[test]
fn f44_an_attended_refer_joins_the_caller_and_the_mobile_and_both_of_the_operators_calls_end() {
    const MOBILE: &str = "09055500101";
    let house = House::start();
    house.firm(
        "sakura",
        "Sakura",
        "0355500101",
        json!({ "targets": [{ "name": "x", "number": MOBILE, "ring_seconds": 20 }] }),
    );
    let operator = house.operator("101", 0);
    let (inbound, outbound) = (ports::free_block(2), ports::free_block(2));
    house.trunk("inbound", inbound, json!({ "priority": 9 }));
    house.trunk("outbound", outbound, json!({ "priority": 0 }));
    let mut caller = house.outside("09011112222", inbound, CALLER_HZ, true);
    let mut mobile = house.outside(MOBILE, outbound, MOBILE_HZ, true);
    let mut phone = Peer::bind(0, &house.sip);
    phone.register(&operator.login, &operator.password);
    house.until_operator(operator.id, "ready");
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let offered = phone.wait_request(&Method::Invite);
    phone.reply(&offered, 200, Some(&sdp(40_010)));
    phone.wait_request(&Method::Ack);
    caller.wait("CALL_ESTABLISHED");
    let mut first = phone.callee_dialog(&offered);

    // The second call, to the mobile; then the two are put together (RFC 3515, RFC 3891).
    phone.invite_as(&operator.login, &operator.password, MOBILE, &sdp(40_020));
    let answered = phone.response(200, "INVITE");
    let second = phone.caller_dialog(&answered);
    phone.ack_of(&second, 2);
    mobile.wait("CALL_ESTABLISHED");
    let tag = |value: &str| value.split("tag=").nth(1).expect("a tag").split(';').next().unwrap_or_default().to_owned();
    let replaces = format!("{}%3Bto-tag%3D{}%3Bfrom-tag%3D{}", second.call_id, tag(&second.theirs), tag(&second.ours));
    phone.refer(&mut first, &format!("<sip:{MOBILE}@{}?Replaces={replaces}>", house.sip));
    phone.response(202, "REFER");
    // Progress is told, and both calls of the operator end.
    let told = phone.wait_request(&Method::Notify);
    phone.reply(&told, 200, None);
    for _ in 0..2 {
        let bye = phone.wait_request(&Method::Bye);
        phone.reply(&bye, 200, None);
    }
    pause(Duration::from_millis(1500));
    caller.command("hangup", "");
    mobile.wait("CALL_CLOSED");
    house.assert_idle();
    house.until_operator(operator.id, "ready");
    let record = house.finished(1);
    assert!(!record["bridged_ms"].is_null(), "{record}");
    assert!(seconds_of(&caller.heard()[0], MOBILE_HZ) > 1.0, "the caller hears the mobile");
    assert!(seconds_of(&mobile.heard()[0], CALLER_HZ) > 1.0, "the mobile hears the caller");
}
