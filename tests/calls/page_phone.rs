//! The telephone in the operator's page, as it is served: a real caller, a real browser, one key for each thing, and a page that is
//! loaded again in the middle of a call. No password is typed but the login's.

use std::time::{Duration, Instant};

use serde_json::json;

use super::barriers::is_open_to_all;
use super::encrypted::scene;
use super::pages::Desk;
use crate::databases;
use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, channel, seconds_of};
use crate::support::baresip::{Baresip, write_tone};
use crate::support::house::{House, Operator, SOON};
use crate::support::{base64, pause, until};

const A_WHILE: Duration = Duration::from_millis(3000);
pub const EARS: &str = include_str!("../support/page_ears.js");
pub const STATE: &str = "#phone-state";

/// The first of them answers every question for a microphone with yes.
pub const TRUSTING: [&str; 4] = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
];

/// Arguments of a browser whose microphone hears a tone.
pub fn microphone(house: &House, arguments: &[&str]) -> Vec<String> {
    let tone = house.root.path().join("microphone.wav");
    write_tone(&tone, OPERATOR_HZ);
    let voice = format!("--use-file-for-fake-audio-capture={}", tone.display());
    arguments.iter().map(|one| (*one).to_owned()).chain([voice]).collect()
}

/// The operator's page, with a tone for a microphone and ears; its telephone is switched on and ready.
pub fn desk(house: &House, operator: &Operator) -> Desk {
    let arguments = microphone(house, &TRUSTING);
    let mut desk = Desk::open_with(house, "operator", Some(operator.id), &arguments);
    desk.0.ask("Page.enable", json!({}));
    desk.0.ask("Page.addScriptToEvaluateOnNewDocument", json!({ "source": EARS }));
    desk.0.evaluate(&format!("{EARS}; 1"));
    desk.until("the choice", "document.getElementById('phone').hidden === false");
    desk.write("#phone-place", "page");
    desk.until_text(STATE, "telephone ready");
    house.until_operator(operator.id, "ready");
    desk
}

/// What the operator has heard since it was asked last.
pub fn heard(desk: &mut Desk) -> Vec<i16> {
    let text = desk.0.evaluate("takeHeard()");
    let bytes = base64::decode(text.as_str().expect("base64"));
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

fn until_muted(house: &House, desk: &mut Desk, muted: bool) {
    let deadline = Instant::now() + SOON;
    while house.calls_now().first().is_none_or(|call| call["muted"] != muted) {
        assert!(Instant::now() < deadline, "not muted: {muted}; the page says {:?}", desk.text("#hand"));
        pause(Duration::from_millis(50));
    }
}

/// The caller calls, it rings in the page, and F2 answers.
pub fn answered(house: &House, desk: &mut Desk, caller: &mut Baresip) {
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    desk.until_text(STATE, "it rings");
    desk.until_text(".report-firm", "さくら歯科");
    is_open_to_all(desk, "a call that rings in the page");
    desk.key("F2");
    caller.wait("CALL_ESTABLISHED");
    house.until_call("established");
    desk.until_text(STATE, "in a call");
}

#[test]
fn r31_an_operator_answers_in_the_page_by_keys_and_a_page_that_is_loaded_again_has_its_call_back() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = desk(&house, &operator);
    is_open_to_all(&mut desk, "a page whose telephone is ready");
    answered(&house, &mut desk, &mut caller);
    pause(A_WHILE);
    let before = heard(&mut desk);
    assert!(seconds_of(&before, CALLER_HZ) > 1.0, "the operator hears the caller in the page\n{}", house.log());

    // Hold and mute are the server's doing, by their keys.
    desk.until_text("#hand-acts", "(F3)");
    desk.key("F3");
    house.until_call("held");
    desk.until_text("#hand-state", "on hold");
    desk.key("F3");
    house.until_call("established");
    desk.until_text("#hand-acts", "(Shift+F3)");
    desk.key("Shift+F3");
    until_muted(&house, &mut desk, true);
    desk.until_text("#hand-acts", "Unmute");
    desk.key("Shift+F3");
    until_muted(&house, &mut desk, false);

    // The page is loaded again: nobody presses anything, and both hear each other.
    let call = house.calls_now()[0]["call"].clone();
    desk.reload();
    desk.until_text(STATE, "in a call");
    assert_eq!(house.until_call("established"), call);
    pause(A_WHILE);
    let after = heard(&mut desk);
    assert!(seconds_of(&after, CALLER_HZ) > 1.0, "after it was loaded again\n{}", house.log());
    desk.until("the form is back", "document.getElementById('report-field-name') != null");

    desk.until_text("#hand-acts", "(F9)");
    desk.key("F9");
    caller.wait("CALL_CLOSED");
    desk.until_text(STATE, "telephone ready");
    house.assert_idle();
    let record = house.finished(1);
    let caller_heard = caller.heard().concat();
    assert!(seconds_of(&caller_heard, OPERATOR_HZ) > 3.0, "the caller hears the operator before and after");
    let file = house.recording(&record);
    for (side, voice, other) in [(0, CALLER_HZ, OPERATOR_HZ), (1, OPERATOR_HZ, CALLER_HZ)] {
        let samples = channel(&file, side);
        assert!(seconds_of(&samples, voice) > 3.0, "channel {side}");
        assert!(seconds_of(&samples, other) < 0.2, "channel {side}: each on its own");
    }
    let lost = record["events"].as_array().into_iter().flatten().find(|event| event["kind"] == "operator_lost");
    assert_eq!(lost.map(|event| &event["detail"]["why"]), Some(&json!("began_anew")), "{record}");
    assert_eq!(desk.0.complaints(), [] as [String; 0]);

    // An open report keeps the next call away.
    desk.click("#report-close");
    house.until_operator(operator.id, "ready");
    a_headset_answers_mutes_and_hangs_up(&house, &mut desk, &mut caller);
    one_telephone_for_two_pages(&house, &operator, &mut desk);
}

/// The time of the operator's login is over.
fn the_login_lapses(house: &House) {
    let database = house.root.path().join("denwaban.db").display().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sql = "UPDATE sessions SET expires_ms = seen_ms WHERE user_id = (SELECT id FROM users WHERE name = 'hanako')";
    runtime.block_on(databases::execute(&format!("sqlite:{database}"), sql));
}

fn until_reachable(house: &House, operator: &Operator, is: bool) {
    until("the telephone", SOON, || {
        let now = house.get("/now");
        let mut operators = now["operators"].as_array()?.iter();
        operators.any(|one| one["operator"] == operator.id && one["reachable"] == is).then_some(())
    });
}

#[test]
fn a_talk_outlives_the_login_and_the_next_login_has_it_in_hand() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = desk(&house, &operator);
    answered(&house, &mut desk, &mut caller);
    desk.until_text("#hand-acts", "(F3)");
    the_login_lapses(&house);
    desk.key("F3");
    desk.until("the login", "document.getElementById('login').hidden === false");
    desk.until_text(STATE, "logged out by time");
    is_open_to_all(&mut desk, "a talk beside the login");
    // The server has seen it, too: nothing more comes to this telephone, and the talk goes on.
    until_reachable(&house, &operator, false);
    heard(&mut desk);
    pause(A_WHILE / 2);
    house.until_call("established");
    let after = heard(&mut desk);
    assert!(seconds_of(&after, CALLER_HZ) > 0.8, "after the login\n{}", house.log());

    desk.log_in("hanako");
    desk.until_text(STATE, "in a call");
    desk.until_text("#hand-acts", "(F9)");
    assert_eq!(desk.text(STATE), "in a call");
    desk.key("F9");
    caller.wait("CALL_CLOSED");
    desk.until_text(STATE, "telephone ready");
    until_reachable(&house, &operator, true);
    desk.until("the form", "document.getElementById('report-close') != null");
    desk.click("#report-close");
    house.until_operator(operator.id, "ready");

    // Nobody logs in again: whoever talks can hang up, and the telephone is gone with the talk.
    answered(&house, &mut desk, &mut caller);
    the_login_lapses(&house);
    desk.key("F3");
    desk.until_text("#phone-answer", "Hang up (F9)");
    desk.key("F9");
    caller.wait("CALL_CLOSED");
    desk.until("no telephone", "document.getElementById('phone').hidden");
    house.assert_idle();
    assert!(desk.0.complaints().iter().all(|said| said.contains("401")), "{:?}", desk.0.complaints());
}

/// Its lamps show what is up, its buttons do what the keys do.
fn a_headset_answers_mutes_and_hangs_up(house: &House, desk: &mut Desk, caller: &mut Baresip) {
    let lamps = |bits: u8| format!("headset.lamps.at(-1)?.join() === '3,{bits}'");
    desk.click("#phone-headset");
    desk.until_text("#phone-headset", "Headset of the tests");
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    desk.until_text(STATE, "it rings");
    desk.until("the lamp for ringing", &lamps(1));
    desk.0.evaluate("press(1)");
    house.until_call("established");
    desk.until("the lamp for off the hook", &lamps(2));
    // The buttons of the call before still stand there while none is in hand.
    desk.until("the call is in hand", "document.getElementById('hand').hidden === false");
    desk.0.evaluate("press(3)");
    until_muted(house, desk, true);
    desk.until("the lamp for mute", &lamps(6));
    desk.0.evaluate("press(1); press(0)");
    caller.wait("CALL_CLOSED");
    house.assert_idle();
    desk.until("no lamp", &lamps(0));
}

/// The other page says where the telephone is, can have it, and gives it back when it is closed. Whoever logs out has none.
fn one_telephone_for_two_pages(house: &House, operator: &Operator, desk: &mut Desk) {
    let open = json!({ "expression": "window.other = window.open('/'); 1", "userGesture": true });
    desk.0.ask("Runtime.evaluate", open);
    let there = |wanted: &str| {
        format!("other.document?.getElementById('phone-state')?.textContent.includes({})", json!(wanted))
    };
    desk.until("the other page says so", &there("another tab"));
    desk.0.evaluate("other.document.getElementById('phone-take').click()");
    desk.until("the other page has it", &there("telephone ready"));
    desk.until_text(STATE, "another tab");
    desk.0.evaluate("other.close()");
    desk.until_text(STATE, "telephone ready");
    house.until_operator(operator.id, "ready");

    desk.click("#logout");
    desk.until("the login", "document.getElementById('login').hidden === false");
    until_reachable(house, operator, false);
}
