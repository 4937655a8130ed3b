//! Operators' phones that encrypt their voice (SRTP with keys in SDP, RFC 4568), against a carrier that has nothing but plain
//! G.711; and that nobody who must encrypt is ever spoken to in the clear (R15).

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sip::message::{Message, Method};
use srtp::{Context, Suite};

use super::bleed::{address_in, sprayed};
use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, assert_hears_only, channel, seconds_of};
use crate::support::baresip::Baresip;
use crate::support::house::{House, Operator};
use crate::support::peer::{Dialog, Peer};
use crate::support::pjsua2::Pjsua;
use crate::support::voice::{SPRAY_HZ, Voice, frame};
use crate::support::{base64, pause, ports};

const A_WHILE: Duration = Duration::from_millis(3500);

/// A house with one operator of this form, and a caller behind a plain trunk.
pub fn scene(operator: Value) -> (House, Operator, Baresip) {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let operator = house.operator_with("101", operator);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    (house, operator, caller)
}

/// The caller hangs up. Each has heard the other and not itself, and the recording has each on its own side; the record.
pub fn each_was_heard(house: &House, caller: &mut Baresip, operator_heard: impl FnOnce() -> Vec<i16>) -> Value {
    caller.command("hangup", "");
    caller.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    let file = house.recording(&record);
    let (left, right) = (channel(&file, 0), channel(&file, 1));
    for (who, samples, voice, other) in [
        ("the caller's ear", caller.heard()[0].clone(), OPERATOR_HZ, CALLER_HZ),
        ("the operator's ear", operator_heard(), CALLER_HZ, OPERATOR_HZ),
        ("the recording's left", left, CALLER_HZ, OPERATOR_HZ),
        ("the recording's right", right, OPERATOR_HZ, CALLER_HZ),
    ] {
        let (heard, echo) = (seconds_of(&samples, voice), seconds_of(&samples, other));
        // The music that a caller on hold hears has notes of the same height; nobody else hears it.
        let music = if who == "the caller's ear" { heard / 4.0 } else { 0.0 };
        assert!(
            heard > 1.0 && echo <= music,
            "{who}: {heard} s of {voice} Hz, {echo} s of {other} Hz\n{}",
            house.log()
        );
    }
    record
}

/// A call answered by pjsua2, held and resumed by it: each was heard.
pub fn talk_around_hold(house: &House, phone: &mut Pjsua, caller: &mut Baresip) {
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("incoming");
    phone.order("answer", json!({}));
    phone.wait_state("CONFIRMED");
    caller.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    phone.order("hold", json!({}));
    house.until_call("held");
    phone.order("resume", json!({}));
    house.until_call("established");
    pause(A_WHILE);
    each_was_heard(house, caller, || {
        phone.wait("ended");
        phone.heard(0)
    });
}

/// The SIP messages of a call, as they are kept.
pub fn messages(record: &Value) -> String {
    let events = record["events"].as_array().into_iter().flatten();
    events.filter_map(|event| event["detail"]["message"].as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn baresip_with_srtp_talks_with_a_plain_caller() {
    // What baresip is told, and what the operator's form says.
    for (mediaenc, policy) in [("srtp", "preferred"), ("srtp-mand", "required")] {
        let (house, operator, mut caller) = scene(json!({ "srtp": policy }));
        let account = format!(";mediaenc={mediaenc}");
        let mut phone = house.phone_with(&operator, OPERATOR_HZ, &account, &["srtp"]);
        caller.command("dial", &format!("sip:0355500101@{}", house.sip));
        phone.wait("CALL_INCOMING");
        phone.command("accept", "");
        phone.wait("CALL_ESTABLISHED");
        caller.wait("CALL_ESTABLISHED");
        pause(A_WHILE);
        // A new offer in the middle, and a new key with it.
        phone.command("hold", "");
        house.until_call("held");
        phone.command("resume", "");
        house.until_call("established");
        pause(A_WHILE);
        let record = each_was_heard(&house, &mut caller, || phone.heard().concat());
        let messages = messages(&record);
        let profile = if policy == "required" { " RTP/SAVP " } else { " RTP/AVP " };
        let keys: Vec<&str> = messages.lines().filter(|line| line.starts_with("a=crypto:")).collect();
        assert!(messages.contains(profile) && keys.len() >= 2, "{mediaenc}: both said keys:\n{messages}");
        assert!(keys.iter().all(|line| line.ends_with(" inline: (removed)")), "keys are kept: {keys:#?}");
    }
}

#[test]
fn pjsua2_with_srtp_talks_with_a_plain_caller_over_udp_and_tls() {
    for (srtp, transport, policy) in [("optional", "udp", "preferred"), ("mandatory", "tls", "required")] {
        let (house, operator, mut caller) = scene(json!({ "srtp": policy }));
        let switch = if transport == "tls" { &house.tls } else { &house.sip };
        let certificate = house.root.path().join("tls/certificate.pem");
        let setup = json!({ "srtp": srtp, "transport": transport, "switch": switch, "tls_ca": certificate });
        let mut phone = Pjsua::start(&house, &operator, OPERATOR_HZ, setup);
        talk_around_hold(&house, &mut phone, &mut caller);
        let spoken = phone.messages();
        assert!(spoken.contains("a=crypto:"), "{srtp} over {transport}: keys were exchanged");
    }
}

/// A phone made of sockets, registered as the operator.
fn phone_of(house: &House, operator: &Operator) -> Peer {
    let mut phone = Peer::bind(0, &house.sip);
    phone.register(&operator.login, &operator.password);
    house.until_operator(operator.id, "ready");
    phone
}

const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";
/// Master key and salt of the phones here.
const KEY: [u8; 30] = *b"0123456789abcdefABCDEFGHIJKLMN";

/// Tag and key of the offer's line for our suite.
fn crypto_in(message: &Message) -> (String, Vec<u8>) {
    let body = String::from_utf8_lossy(message.body()).into_owned();
    let line = body.lines().find(|line| line.starts_with("a=crypto:") && line.contains(SUITE));
    let line = line.unwrap_or_else(|| panic!("no key in {body}"));
    let tag = line["a=crypto:".len()..].split(' ').next().expect("a tag");
    let key = line.split("inline:").nth(1).and_then(|rest| rest.split(['|', ' ']).next()).expect("a key");
    (tag.to_owned(), base64::decode(key))
}

fn contexts(theirs: &[u8]) -> (Context, Context) {
    let context = |key: &[u8]| Context::new(Suite::AesCm128HmacSha1_80, key).expect("a context");
    (context(&KEY), context(theirs))
}

/// An operator's encrypted call whose phone is two sockets of ours: its side of the dialog, and where its voice goes.
fn talks(house: &House, phone: &mut Peer, voice: &mut Voice, caller: &mut Baresip) -> (Dialog, SocketAddr) {
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let invite = phone.wait_request(&Method::Invite);
    let (tag, theirs) = crypto_in(&invite);
    let ours = format!("a=crypto:{tag} {SUITE} inline:{}\r\n", base64::encode(&KEY));
    phone.reply(&invite, 200, Some(&voice.sdp("RTP/SAVP", &ours)));
    phone.wait_request(&Method::Ack);
    caller.wait("CALL_ESTABLISHED");
    let to = address_in(&invite);
    voice.speak(to, OPERATOR_HZ, Some(contexts(&theirs)));
    pause(A_WHILE);
    (phone.callee_dialog(&invite), to)
}

#[test]
fn r13_ten_thousand_packets_that_are_not_the_phones_do_not_end_its_call_and_are_in_no_recording() {
    let (house, operator, mut caller) = scene(json!({ "srtp": "required" }));
    let mut phone = phone_of(&house, &operator);
    let mut voice = Voice::bind();
    let (_, to) = talks(&house, &mut phone, &mut voice, &mut caller);
    // From the phone's own address, in the name of its voice, and louder: only the tag is not right.
    for number in 0..10_000 {
        let mut packet = [0; 182];
        frame(&mut packet, voice.ssrc, number, SPRAY_HZ);
        voice.send(to, &packet);
        if number % 50 == 0 {
            pause(Duration::from_millis(5));
        }
    }
    pause(A_WHILE);
    let (came, unreadable) = voice.packets();
    assert!(came > 100 && unreadable == 0, "of {came} packets to the phone it could not read {unreadable}");
    let record = each_was_heard(&house, &mut caller, || voice.heard());
    let right = channel(&house.recording(&record), 1);
    assert_hears_only(&right, OPERATOR_HZ, "the recording's right");
    assert_eq!(sprayed(&right), 0);
}

#[test]
fn r15_a_phone_that_must_encrypt_and_answers_without_is_hung_up_on_and_not_one_packet_is_sent_to_it() {
    let (house, operator, mut caller) = scene(json!({ "srtp": "required" }));
    let mut phone = phone_of(&house, &operator);
    let voice = Voice::bind();
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let invite = phone.wait_request(&Method::Invite);
    let offer = String::from_utf8_lossy(invite.body()).into_owned();
    assert!(offer.contains(" RTP/SAVP ") && offer.contains("a=crypto:"), "{offer}");
    phone.reply(&invite, 200, Some(&voice.sdp("RTP/AVP", "")));
    phone.wait_request(&Method::Ack);
    let bye = phone.wait_request(&Method::Bye);
    phone.reply(&bye, 200, None);
    assert_eq!(voice.listens(Duration::from_secs(1)), 0, "packets in the clear");
    assert!(caller.wait_for("CALL_ESTABLISHED", Duration::from_millis(100)).is_err(), "nobody has answered the caller");
    assert_eq!(house.calls_now().len(), 1, "who waits on");
}

#[test]
fn r15_a_phone_that_must_encrypt_and_offers_to_do_without_in_its_call_is_refused_with_488_and_the_call_goes_on_encrypted()
 {
    let (house, operator, mut caller) = scene(json!({ "srtp": "required" }));
    let mut phone = phone_of(&house, &operator);
    let mut voice = Voice::bind();
    let (mut dialog, _) = talks(&house, &mut phone, &mut voice, &mut caller);
    phone.request(&mut dialog, &Method::Invite, Some(&voice.sdp("RTP/AVP", "")));
    assert_eq!(phone.final_response("INVITE").status(), Some(488));
    pause(A_WHILE);
    let (came, unreadable) = voice.packets();
    assert!(came > 100 && unreadable == 0, "of {came} packets to the phone {unreadable} were not encrypted");
    each_was_heard(&house, &mut caller, || voice.heard());
}

#[test]
fn r15_a_carrier_that_must_encrypt_and_offers_without_is_refused_with_488() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({ "srtp": "required" }));
    let mut carrier = Peer::bind(trunk, &house.sip);
    let voice = Voice::bind();
    carrier.invite("0355500101", "09011112222", &voice.sdp("RTP/AVP", ""));
    assert_eq!(carrier.final_response("INVITE").status(), Some(488));
    assert_eq!(voice.listens(Duration::from_millis(500)), 0);
}
