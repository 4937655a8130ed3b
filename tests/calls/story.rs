//! The main story: a forwarded call is answered in the right firm's name, both hear each other, hold and resume, and the recording
//! holds it all.

use std::time::Duration;

use serde_json::json;

use crate::support::audio::{
    CALLER_HZ, Heard, OPERATOR_2_HZ, OPERATOR_HZ, assert_in_order, channel, loudness, seconds_of, story,
};
use crate::support::baresip::{Baresip, write_tone_for};
use crate::support::house::House;
use crate::support::{pause, ports};

/// Long enough that a run of tone is a run, short enough for a test.
const A_WHILE: Duration = Duration::from_millis(3000);

#[test]
fn f01_f03_w12_the_right_firm_is_shown_and_both_hear_each_other_before_and_after_hold() {
    // The operator's telephone goes on sending: what is said aside is recorded, and the caller does not hear it.
    let ours = [Heard::Tone(OPERATOR_HZ)];
    talk_hold_talk(&ours, |house, _, call, on| {
        house.post(&format!("/calls/{call}/hold"), json!({ "on": on }));
    });
}

#[test]
fn w12_hold_and_resume_by_the_softphone_itself() {
    // Its ear's file ends with the hold: baresip does not open it again.
    let ours = [Heard::Tone(OPERATOR_HZ), Heard::Silence, Heard::Tone(OPERATOR_HZ)];
    talk_hold_talk(&ours, |_, phone, _, on| phone.command(if on { "hold" } else { "resume" }, ""));
}

/// Rings, talks, is put on hold by `hold`, and talks again; then everybody's ears and the recording are asked.
fn talk_hold_talk(ours: &[Heard], hold: impl Fn(&House, &mut Baresip, &str, bool)) {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({}));
    house.firm("aoba", "青葉法律事務所", "0355500102", json!({}));
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);

    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let ringing = phone.wait("CALL_INCOMING");
    assert!(ringing.to_string().contains("さくら歯科"), "the phone shows the firm: {ringing}");
    caller.wait("CALL_RINGING");
    let call = house.until_call("delivered");
    phone.command("accept", "");
    caller.wait("CALL_ESTABLISHED");
    phone.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    hold(&house, &mut phone, &call, true);
    house.until_call("held");
    pause(A_WHILE);
    hold(&house, &mut phone, &call, false);
    house.until_call("established");
    pause(A_WHILE);
    caller.command("hangup", "");
    phone.wait("CALL_CLOSED");
    house.assert_idle();
    house.until_operator(operator.id, "ready");

    let record = house.finished(1);
    assert_eq!(record["call"], call);
    assert_eq!(record["customer_name"], "さくら歯科");
    assert_eq!(record["caller"], "819011112222");
    assert_eq!(record["operator"], operator.id);

    // What each of them heard, in order. Music is "other".
    let caller_heard = story(&caller.heard()[0], 5);
    let wanted = [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&caller_heard, &wanted, "the caller heard");
    let operator_heard = story(&phone.heard()[0], 5);
    assert!(operator_heard.contains(&Heard::Tone(CALLER_HZ)), "the operator heard {operator_heard:?}");
    assert!(!operator_heard.contains(&Heard::Tone(OPERATOR_HZ)), "the operator heard {operator_heard:?}");

    // What the recording holds: the caller all along on the left, our side on the right.
    let file = house.recording(&record);
    let (left, right) = (channel(&file, 0), channel(&file, 1));
    assert!(seconds_of(&left, CALLER_HZ) > 3.5, "{:?}", story(&left, 3));
    assert_eq!(seconds_of(&left, OPERATOR_HZ), 0.0);
    assert_in_order(&story(&right, 5), ours, "our side");
    assert_eq!(seconds_of(&right, CALLER_HZ), 0.0);
    length_is_talk_time(&record, left.len());
}

#[test]
fn f48_the_recording_is_served_with_ranges_and_its_hash_is_the_files() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    caller.command("hangup", "");
    let record = house.finished(1);
    let file = std::fs::read(house.recording(&record)).expect("the recording");
    let path = format!("/calls/{}/recording", record["call"].as_str().expect("a call"));
    assert_eq!(house.bytes(&path, None), (200, file.clone()));
    assert_eq!(house.bytes(&path, Some("bytes=1000-1999")), (206, file[1000..2000].to_vec()));
    let verified = house.cli(&["rec", "verify", record["call"].as_str().expect("a call"), "--json"]);
    assert_eq!(verified[0]["ok"], true, "{verified}");
    let ladder = house.cli(&["call", "trace", record["call"].as_str().expect("a call")]);
    let ladder = ladder.as_str().expect("text");
    for word in ["INVITE", "180 Ringing", "200 OK", "ACK", "BYE"] {
        assert!(ladder.contains(word), "{word} is not in the ladder:\n{ladder}");
    }
}

#[test]
fn w02_two_phones_ring_the_first_to_pick_up_has_the_call_and_the_other_is_told_why_it_stops() {
    let house = House::start();
    house.firm("sakura", "さくら歯科", "0355500101", json!({ "plan": "ring_all" }));
    let (one, two) = (house.operator("101", 0), house.operator("102", 0));
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut first = house.phone(&one, OPERATOR_HZ, false);
    let mut second = house.phone(&two, OPERATOR_2_HZ, false);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    first.wait("CALL_INCOMING");
    second.wait("CALL_INCOMING");
    second.command("accept", "");
    second.wait("CALL_ESTABLISHED");
    first.wait("CALL_CLOSED");
    pause(A_WHILE);
    caller.command("hangup", "");
    second.wait("CALL_CLOSED");
    house.assert_idle();
    let record = house.finished(1);
    assert_eq!(record["operator"], two.id);
    assert!(seconds_of(&caller.heard()[0], OPERATOR_2_HZ) > 1.0);
    assert_eq!(seconds_of(&caller.heard()[0], OPERATOR_HZ), 0.0);
    let cancelled = record["events"].as_array().expect("events").iter().any(|event| {
        let message = event["detail"]["message"].as_str().unwrap_or_default();
        message.starts_with("CANCEL") && message.contains("SIP;cause=200;text=\"Call completed elsewhere\"")
    });
    assert!(cancelled, "the loser's CANCEL has its reason: {}", record["events"]);
}

#[test]
fn f01_an_unknown_number_is_answered_with_the_default_greeting_and_never_refused() {
    let (house, operator, trunk) = House::small();
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0399999999@{}", house.sip));
    let ringing = phone.wait("CALL_INCOMING");
    assert!(!ringing.to_string().contains("さくら歯科"), "never a wrong name: {ringing}");
    phone.command("accept", "");
    caller.wait("CALL_ESTABLISHED");
    pause(A_WHILE);
    caller.command("hangup", "");
    let record = house.finished(1);
    assert!(record["customer"].is_null(), "{record}");
    assert!(!record["recording"].is_null());
}

#[test]
fn whisper_is_heard_by_the_operator_alone_and_costs_the_caller_nothing() {
    let mut house = House::start();
    let firm = house.firm("sakura", "さくら歯科", "0355500101", json!({ "whisper": true }));
    // A recorded name: a second of noise-like tone that nobody else makes.
    let folder = house.root.path().join("prompts/customer").join(firm.to_string());
    std::fs::create_dir_all(&folder).expect("a folder");
    write_tone_for(&folder.join("name.wav"), 1500.0, 1.0);
    // Prompts are read at the start.
    house.kill_and_restart();
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, true);
    let mut caller = house.outside("09011112222", trunk, CALLER_HZ, true);
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_ESTABLISHED");
    pause(Duration::from_secs(3));
    caller.command("hangup", "");
    let record = house.finished(1);
    let name_in =
        |samples: &[i16]| samples.chunks_exact(800).filter(|w| crate::support::audio::power(w, 1500.0) > 0.005).count();
    let heard = &phone.heard()[0];
    assert!(name_in(heard) >= 7, "the operator hears the name: {} of 10 windows", name_in(heard));
    let while_named = heard.chunks_exact(800).filter(|w| crate::support::audio::power(w, 1500.0) > 0.005);
    let with_caller = while_named.filter(|w| crate::support::audio::power(w, CALLER_HZ) > 0.005).count();
    assert!(with_caller >= 5, "and the caller beneath it: {with_caller} windows");
    assert_eq!(name_in(&caller.heard()[0]), 0, "the caller does not");
    let file = house.recording(&record);
    assert_eq!(name_in(&channel(&file, 0)) + name_in(&channel(&file, 1)), 0, "nor does the recording");
    assert!(loudness(&channel(&file, 1)) > 0.05);
}

/// Without silence at both ends.
pub fn strip(story: &[Heard]) -> &[Heard] {
    let begin = story.iter().position(|h| *h != Heard::Silence).unwrap_or(story.len());
    let end = story.iter().rposition(|h| *h != Heard::Silence).map_or(begin, |last| last + 1);
    &story[begin..end]
}

/// F48: the file's length and the time from our 200 to the end differ by 40 ms at most.
pub fn length_is_talk_time(record: &serde_json::Value, samples: usize) {
    let talk = record["talk_ms"].as_i64().expect("talk_ms");
    let length = samples as i64 / 8;
    assert!((talk - length).abs() <= 40, "the file is {length} ms long, the call was {talk} ms");
}
