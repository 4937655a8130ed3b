//! TCP and IPv6.

use std::time::Duration;

use serde_json::json;
use sip::message::Method;

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, seconds_of};
use crate::support::house::House;
use crate::support::peer::{Peer, sdp};
use crate::support::{pause, ports};

#[test]
fn an_operators_phone_over_tcp_is_called_over_its_own_connection() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone_over_tcp(&operator, OPERATOR_HZ);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    pause(Duration::from_millis(1500));
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    let over_tcp = |e: &&serde_json::Value| e["kind"] == "sip" && e["detail"]["protocol"] == "TCP";
    assert!(record["events"].as_array().expect("events").iter().filter(over_tcp).count() >= 5, "{}", record["events"]);
    assert!(seconds_of(&caller.heard()[0], OPERATOR_HZ) > 1.0);
    assert!(seconds_of(&phone.heard()[0], CALLER_HZ) > 1.0);
}

#[test]
fn a_trunk_over_ipv6_brings_calls_to_a_phone_over_ipv4() {
    let house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({}));
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({ "host": format!("[::1]:{trunk}") }));
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let port = house.sip.rsplit(':').next().expect("a port");
    let mut caller = Peer::bind(trunk, &format!("[::1]:{port}"));
    let offer = sdp(40_000).replace("IN IP4 127.0.0.1", "IN IP6 ::1");
    caller.invite("0355500101", "09011112222", &offer);
    caller.response(180, "INVITE");
    let answered = caller.response(200, "INVITE");
    let body = String::from_utf8_lossy(answered.body()).into_owned();
    assert!(body.contains("c=IN IP6 ::1"), "{body}");
    let mut dialog = caller.caller_dialog(&answered);
    caller.ack(&dialog);
    phone.wait("CALL_ESTABLISHED");
    house.until_call("established");
    caller.request(&mut dialog, &Method::Bye, None);
    caller.response(200, "BYE");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    house.finished(1);
}
