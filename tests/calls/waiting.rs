//! Callers who wait, over the wire (F03, F04): the announcement in the firm's name, the turn and the music; the call back in turn;
//! the message box. Prompts are tones, so that ears can tell them apart.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::audio::{
    CALLER_HZ, Heard, MOBILE_HZ, OPERATOR_2_HZ, OPERATOR_HZ, assert_in_order, channel, seconds_of, story,
};
use crate::support::baresip::write_tone_for;
use crate::support::house::{House, SOON};
use crate::support::{pause, ports, until};

const A_WHILE: Duration = Duration::from_millis(2500);
/// What the firm says.
const FIRM_HZ: f32 = OPERATOR_2_HZ;
/// What the house says for every firm.
const HOUSE_HZ: f32 = MOBILE_HZ;
const NUMBER: &str = "09011112222";

/// Firms with these policies, their prompts and the house's recorded as tones: `(name, firm, hz, seconds)`, no firm for the house's.
fn house_that_says(firms: &[(&str, Value)], prompts: &[(&str, Option<usize>, f32, f32)]) -> House {
    let mut house = House::start();
    let ids: Vec<i64> = firms
        .iter()
        .enumerate()
        .map(|(n, (code, policy))| {
            let form = json!({ "waiting": policy, "ring_seconds": 60 });
            house.firm(code, code, &format!("035550010{}", n + 1), form)
        })
        .collect();
    let folder = house.root.path().join("prompts");
    for (name, firm, hz, seconds) in prompts {
        let name = firm.map_or_else(|| (*name).to_owned(), |firm| format!("customer/{}/{name}", ids[firm]));
        let file = folder.join(format!("{name}.wav"));
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).expect("a folder");
        write_tone_for(&file, *hz, *seconds);
    }
    // Prompts are read at the start.
    house.kill_and_restart();
    house
}

/// What a call in hand is waiting in.
fn until_waiting(house: &House, word: &str) {
    until(word, SOON, || house.calls_now().iter().any(|call| call["waiting"] == word).then_some(()));
}

fn kinds(record: &Value) -> Vec<&str> {
    record["events"].as_array().into_iter().flatten().filter_map(|event| event["kind"].as_str()).collect()
}

#[test]
fn f03_w01_a_waiting_caller_hears_the_firms_announcement_the_turn_and_music_and_an_answer_cuts_them() {
    let policy = json!({ "announce_after_seconds": 1, "tell": "position" });
    let firms = [("sakura", policy.clone()), ("aoba", policy)];
    let prompts = [
        ("announcement", Some(0), FIRM_HZ, 2.0),
        // Longer than anybody lets it be: the operator answers in the middle.
        ("announcement", Some(1), CALLER_HZ, 12.0),
        ("place/1", None, HOUSE_HZ, 1.0),
    ];
    let house = house_that_says(&firms, &prompts);
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    let mut caller = house.outside(NUMBER, trunk, CALLER_HZ, true);
    for number in ["0355500101", "0355500102"] {
        caller.command("dial", &format!("sip:{number}@{}", house.sip));
        phone.wait("CALL_INCOMING");
        caller.wait("CALL_ESTABLISHED");
        until_waiting(&house, "announced");
        // The phone rings on meanwhile.
        pause(if number == "0355500101" { 2 * A_WHILE } else { A_WHILE });
        phone.command("accept", "");
        phone.wait("CALL_ESTABLISHED");
        pause(A_WHILE);
        caller.command("hangup", "");
        phone.wait("CALL_CLOSED");
        house.assert_idle();
    }
    let heard = caller.heard();
    let told = story(&heard[0], 5);
    let wanted = [Heard::Tone(FIRM_HZ), Heard::Tone(HOUSE_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    assert_in_order(&told, &wanted, "the caller: announcement, turn, music, operator");
    assert_eq!(seconds_of(&heard[0], CALLER_HZ), 0.0, "another firm's announcement: {told:?}");
    // Cut in the middle: nothing of it beneath the operator, nothing after.
    let cut = story(&heard[1], 3);
    let (said, answered) = (seconds_of(&heard[1], CALLER_HZ), seconds_of(&heard[1], OPERATOR_HZ));
    assert!(said > 1.0 && said < 9.0 && answered > 1.5, "{said} s of 12, {answered} s of the operator: {cut:?}");
    assert_in_order(&cut, &[Heard::Tone(CALLER_HZ), Heard::Tone(OPERATOR_HZ)], "the caller");
    assert!(
        !cut.contains(&Heard::Several) && cut.iter().filter(|h| **h == Heard::Tone(CALLER_HZ)).count() == 1,
        "{cut:?}"
    );
    // An announcement is not an answer: the wait is a person's.
    let record = house.finished(2);
    let ms = |name: &str| record[name].as_i64().unwrap_or_else(|| panic!("no {name}: {record}"));
    assert!(ms("announced_ms") < ms("answered_ms"), "{record}");
    assert_eq!(ms("wait_ms"), ms("answered_ms") - ms("ringing_ms"), "{record}");
}

#[test]
fn f04_who_presses_1_keeps_the_place_and_is_called_back_in_turn_over_the_trunk() {
    let policy = json!({ "announce_after_seconds": 1, "callback": true });
    let prompts = [
        ("announcement", Some(0), FIRM_HZ, 1.0),
        ("callback-offer", None, HOUSE_HZ, 1.0),
        ("callback-promised", None, FIRM_HZ, 1.0),
    ];
    let house = house_that_says(&[("sakura", policy)], &prompts);
    let operator = house.operator("101", 0);
    let (first, second) = (ports::free_block(2), ports::free_block(2));
    // Calls out go over the first.
    house.trunk("first", first, json!({ "priority": 0 }));
    house.trunk("second", second, json!({ "priority": 9 }));
    let phone = house.phone(&operator, OPERATOR_HZ, true);
    let state = format!("/operators/{}/state", operator.id);
    house.post(&state, json!({ "ready": false, "reason": "lunch" }));
    let mut caller = house.outside(NUMBER, first, CALLER_HZ, true);
    let mut later = house.outside("09033334444", second, OPERATOR_2_HZ, true);
    let mut events = house.events();
    let dial = format!("sip:0355500101@{}", house.sip);

    caller.command("dial", &dial);
    caller.wait("CALL_ESTABLISHED");
    // The announcement, and then the offer.
    pause(A_WHILE);
    until("the key is taken", SOON, || {
        caller.command("sndcode", "1");
        pause(Duration::from_secs(1));
        house.calls_now().iter().any(|call| call["waiting"] == "callback").then_some(())
    });
    events.wait(|told| told["event"]["what"] == "callback_promised");
    caller.wait("CALL_CLOSED");
    later.command("dial", &dial);
    later.wait("CALL_ESTABLISHED");
    let line = house.get("/now")["waiting"].clone();
    let away: Vec<Option<bool>> = line.as_array().expect("a queue").iter().map(|one| one["away"].as_bool()).collect();
    assert_eq!(away, [Some(true), Some(false)], "who was promised it keeps the place: {line}");

    house.post(&state, json!({ "ready": true }));
    let pop = events.wait(|told| told["event"]["kind"] == "screen_pop");
    assert_eq!((&pop["event"]["callback"], &pop["event"]["caller"]), (&json!(true), &json!("819011112222")), "{pop}");
    // The phone out there answers by itself.
    caller.wait("CALL_ESTABLISHED");
    events.wait(|told| told["event"]["kind"] == "call_answered" && told["event"]["call"] == pop["event"]["call"]);
    pause(A_WHILE);
    caller.command("hangup", "");
    // And then it is the other's turn.
    let next = events.wait(|told| told["event"]["kind"] == "call_answered");
    assert_ne!(next["event"]["call"], pop["event"]["call"], "{next}");
    pause(A_WHILE);
    later.command("hangup", "");
    house.assert_idle();
    house.finished(2);

    let record = house.get(&format!("/calls/{}", pop["event"]["call"].as_str().expect("a call")));
    let told = kinds(&record);
    let story_of_it = ["announced", "callback_promised", "callback_begun", "callback_reached", "answered", "ended"];
    let mut wanted = story_of_it.iter().peekable();
    for kind in &told {
        wanted.next_if(|wanted| **wanted == *kind);
    }
    assert!(wanted.peek().is_none(), "{:?} is not in {told:?}", wanted.peek());
    assert!(!told.contains(&"callback_failed"), "{told:?}");
    assert_eq!((&record["operator"], &record["caller"]), (&json!(operator.id), &json!("819011112222")));
    let heard = caller.heard();
    let [first, back] = &heard[..] else { panic!("{} calls at the caller's phone", heard.len()) };
    assert_in_order(&story(first, 4), &[Heard::Tone(FIRM_HZ), Heard::Tone(HOUSE_HZ)], "the caller, waiting");
    assert!(seconds_of(back, OPERATOR_HZ) > 1.5, "{:?}", story(back, 3));
    // One recording has both, and the operator heard both callers.
    let file = house.recording(&record);
    assert!(seconds_of(&channel(&file, 1), OPERATOR_HZ) > 1.5 && seconds_of(&channel(&file, 0), CALLER_HZ) > 1.5);
    let ears = phone.heard().concat();
    assert!(seconds_of(&ears, CALLER_HZ) > 1.5 && seconds_of(&ears, OPERATOR_2_HZ) > 1.5, "{:?}", story(&ears, 3));
}

#[test]
fn f04_the_message_box_is_the_last_resort_and_its_words_are_found_in_the_recording() {
    let policy = json!({ "announce_after_seconds": null, "message_after_seconds": 1 });
    let prompts = [("message", Some(0), FIRM_HZ, 1.0), ("message-taken", None, HOUSE_HZ, 1.0)];
    let house = house_that_says(&[("sakura", policy)], &prompts);
    let operator = house.operator("101", 0);
    let trunk = ports::free_block(2);
    house.trunk("carrier", trunk, json!({}));
    let mut phone = house.phone(&operator, OPERATOR_HZ, false);
    let mut caller = house.outside(NUMBER, trunk, CALLER_HZ, true);
    let mut events = house.events();
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    phone.wait("CALL_INCOMING");
    caller.wait("CALL_ESTABLISHED");
    // Nobody has picked up: the phone stops, and is not asked again.
    phone.wait("CALL_CLOSED");
    until_waiting(&house, "message");
    // The announcement, the tone, and a few seconds of the caller's own words.
    pause(2 * A_WHILE);
    caller.command("sndcode", "#");
    let told = events.wait(|told| told["event"]["kind"] == "message_left");
    let ms = |name: &str| told["event"][name].as_u64().unwrap_or_else(|| panic!("no {name}: {told}"));
    let (from, to) = (ms("from_ms") as usize, ms("to_ms") as usize);
    caller.wait("CALL_CLOSED");
    house.assert_idle();
    house.until_operator(operator.id, "ready");
    let record = house.finished(1);
    assert_eq!((&record["ending"], &record["answered_ms"]), (&json!("message_left"), &Value::Null), "{record}");
    assert_eq!((&record["call"], &record["customer_name"]), (&told["event"]["call"], &json!("sakura")));
    let heard = story(&caller.heard()[0], 4);
    assert_in_order(&heard, &[Heard::Tone(FIRM_HZ), Heard::Tone(HOUSE_HZ)], "the caller: the box, and thanks");
    let left = channel(&house.recording(&record), 0);
    let message = &left[from * 8..(to * 8).min(left.len())];
    let spoken = seconds_of(message, CALLER_HZ);
    assert!(spoken > 1.5 && spoken > 0.7 * message.len() as f32 / 8000.0, "{spoken} s of {from}–{to} ms");
    // Neither answered nor lost.
    let total = house.get("/promise")["total"].clone();
    assert_eq!((&total["answered"], &total["abandoned"]), (&json!(0), &json!(0)), "{total}");
}
