//! What the page's telephone is heard and heard by: no microphone, one that comes or goes in mid-talk, where the voice and the bells
//! are, a page that nobody looks at, and a prompt that is recorded in the browser.

use std::time::Duration;

use serde_json::{Value, json};

use super::barriers::is_open_to_all;
use super::encrypted::scene;
use super::page_phone::{EARS, STATE, TRUSTING, answered, desk, heard, microphone};
use super::pages::Desk;
use crate::support::audio::{CALLER_HZ, Heard, MOBILE_HZ, OPERATOR_HZ, channel, in_order, seconds_of, story};
use crate::support::house::SOON;
use crate::support::{pause, until};

const HINT: &str = "#phone-hint";
const TALK: Duration = Duration::from_millis(1300);

/// What the person at the browser allows from now on.
fn allow(desk: &mut Desk, name: &str, setting: &str) {
    let permission = json!({ "permission": { "name": name }, "setting": setting });
    let answer = desk.0.ask("Browser.setPermission", permission);
    assert!(answer["error"].is_null(), "{answer}");
}

#[test]
fn whoever_has_no_microphone_is_told_so_listens_by_wish_alone_and_is_heard_as_soon_as_there_is_one() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = Desk::open_with(&house, "operator", Some(operator.id), &microphone(&house, &TRUSTING[1..]));
    allow(&mut desk, "microphone", "denied");
    desk.until("the choice", "document.getElementById('phone').hidden === false");
    desk.0.evaluate(&format!("{EARS}; 1"));
    desk.write("#phone-place", "page");
    desk.until_text(STATE, "no microphone, no calls");
    desk.until_text(HINT, "the browser does not allow it");
    is_open_to_all(&mut desk, "a telephone without a microphone");
    desk.click("#language");
    desk.until_text(STATE, "マイクがないため着信しません");
    desk.until_text(HINT, "ブラウザで許可されていません");
    desk.click("#language");
    let reachable = || house.get("/now")["operators"][0]["reachable"] == true;
    assert!(!reachable(), "whoever is not heard is not called");

    desk.click("#phone-listen");
    desk.until_text(STATE, "listening only");
    house.until_operator(operator.id, "ready");
    answered(&house, &mut desk, &mut caller);
    desk.until_text(HINT, "the caller does not hear you");
    desk.until("it is said aloud", "document.querySelector('#phone-hint.loud[role=alert]') != null");
    is_open_to_all(&mut desk, "a talk without a microphone");
    pause(TALK);
    let sent = "calls.at(-1).getStats().then((all) => [...all.values()].find((one) => one.type === 'outbound-rtp').packetsSent)";
    let sent = desk.0.evaluate(sent);
    assert!(sent.as_u64().is_some_and(|packets| packets > 40), "silence is sent, or the telephone were gone: {sent}");
    assert!(seconds_of(&heard(&mut desk), CALLER_HZ) > 0.8, "the operator hears the caller\n{}", house.log());

    // Allowed in mid-talk: used at once, and nothing is pressed.
    allow(&mut desk, "microphone", "granted");
    desk.until("he is heard", "document.getElementById('phone-hint').hidden");
    pause(TALK);
    // Another one is chosen in mid-talk.
    let other =
        "[...document.querySelectorAll('#phone-microphone option')].map((one) => one.value).filter(Boolean).at(-1)";
    let other = desk.until("microphones to choose from", other);
    let other = other.as_str().expect("a device");
    let used = "calls.at(-1).getSenders()[0].track.getSettings().deviceId";
    assert_ne!(desk.0.evaluate(used), other);
    desk.write("#phone-microphone", other);
    desk.until("the other one is used", &format!("{used} === {}", json!(other)));
    pause(TALK);
    // It is taken away in mid-talk: said aloud, and the talk goes on.
    allow(&mut desk, "microphone", "denied");
    desk.until_text(HINT, "the caller does not hear you");
    pause(TALK);
    house.until_call("established");
    allow(&mut desk, "microphone", "granted");
    desk.until("he is heard again", "document.getElementById('phone-hint').hidden");
    pause(TALK);
    caller.command("hangup", "");
    desk.until_text(STATE, "telephone ready");
    house.assert_idle();
    let file = house.recording(&house.finished(1));
    let heard = story(&channel(&file, 1), 8);
    let tone = Heard::Tone(OPERATOR_HZ);
    assert!(in_order(&heard, &[Heard::Silence, tone, Heard::Silence, tone]), "the operator is recorded so: {heard:?}");
    let seconds = seconds_of(&caller.heard().concat(), OPERATOR_HZ);
    assert!(seconds > 2.4, "the caller hears each of the microphones: {seconds} s");
    assert_eq!(desk.0.complaints(), [] as [String; 0]);
}

/// A microphone that is connected now: a tone.
const CONNECTED: &str = "{ const context = new AudioContext(), tone = context.createOscillator(), place = context.createMediaStreamDestination();
    tone.connect(place); tone.start(); window.plugged = place.stream;
    navigator.mediaDevices.getUserMedia = async () => window.plugged;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange')); 1 }";
/// And pulled out again: its track ends, as a device's does.
const PULLED: &str =
    "{ navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); };
    const [track] = window.plugged.getAudioTracks(); track.stop(); track.dispatchEvent(new Event('ended')); 1 }";

#[test]
fn a_microphone_that_is_connected_or_pulled_out_while_nobody_talks_decides_whether_the_telephone_rings() {
    let (house, operator, _caller) = scene(json!({}));
    // A machine of the tests has no sound at all.
    let mut desk =
        Desk::open_with(&house, "operator", Some(operator.id), &["--autoplay-policy=no-user-gesture-required"]);
    allow(&mut desk, "microphone", "granted");
    desk.until("the choice", "document.getElementById('phone').hidden === false");
    // A browser whose question nobody has answered yet.
    desk.0.evaluate("navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); 1");
    desk.write("#phone-place", "page");
    desk.until_text(HINT, "please allow it");
    desk.reload();
    desk.until_text(STATE, "no microphone, no calls");
    desk.until_text(HINT, "none is connected");
    desk.0.evaluate(CONNECTED);
    desk.until_text(STATE, "telephone ready");
    house.until_operator(operator.id, "ready");
    desk.0.evaluate(PULLED);
    desk.until_text(STATE, "no microphone, no calls");
    until("the telephone is gone", SOON, || (house.get("/now")["operators"][0]["reachable"] == false).then_some(()));
    desk.0.evaluate("navigator.mediaDevices.getUserMedia = async () => window.plugged.clone(); 1");
    desk.0.evaluate(CONNECTED);
    desk.until_text(STATE, "telephone ready");
    assert_eq!(desk.0.complaints(), [] as [String; 0]);
}

/// Where each of the page's sounds is, and whether something is there: the voice, the bell, the second bell.
fn places(desk: &mut Desk) -> Vec<(String, bool)> {
    let found = desk.0.evaluate("sounds.map((one) => [one.sinkId, one.srcObject != null])");
    let found: Vec<(String, bool)> = serde_json::from_value(found).expect("places");
    found
}

#[test]
fn the_voice_and_two_bells_are_where_each_was_chosen_to_be_and_a_page_that_nobody_sees_says_who_calls() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = desk(&house, &operator);
    allow(&mut desk, "notifications", "granted");
    // The page anew has the ears, and its sounds are known.
    desk.reload();
    desk.until_text(STATE, "telephone ready");
    let outputs = desk.until("places to choose from", "(() => { const found = [...document.querySelectorAll('#phone-speaker option')].map((one) => one.value).filter(Boolean); return found.length > 1 && found; })()");
    let outputs: Vec<String> = serde_json::from_value(outputs).expect("devices");
    assert_eq!(places(&mut desk), vec![(String::new(), false); 3], "the usual device");
    let labels = desk.text("#phone-ringer");
    assert!(labels.starts_with("where the caller is heard"), "{labels}");

    let headset = outputs[0].clone();
    desk.write("#phone-speaker", &headset);
    let until_places = |desk: &mut Desk, wanted: [&str; 3]| {
        let wanted = json!(wanted);
        desk.until(
            "the places",
            &format!("JSON.stringify(sounds.map((one) => one.sinkId)) === JSON.stringify({wanted})"),
        );
    };
    until_places(&mut desk, [&headset, &headset, ""]);
    desk.write("#phone-ringer", &outputs[1]);
    until_places(&mut desk, [&headset, &outputs[1], ""]);
    desk.write("#phone-bell", &headset);
    until_places(&mut desk, [&headset, &outputs[1], &headset]);
    desk.reload();
    desk.until_text(STATE, "telephone ready");
    until_places(&mut desk, [&headset, &outputs[1], &headset]);
    is_open_to_all(&mut desk, "a telephone with its places");

    // Somebody looks at another page, and this one says for which firm it rings.
    let other = desk.0.ask("Target.createTarget", json!({ "url": "about:blank" }));
    desk.until("nobody sees the page", "document.hidden");
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    desk.until_text(STATE, "it rings");
    let ringing: Vec<bool> = places(&mut desk).into_iter().map(|(_, is)| is).collect();
    assert_eq!(ringing, [false, true, true], "both bells, and no voice yet");
    desk.until("the notice", "notices.length === 1");
    assert_eq!(desk.0.evaluate("notices[0].title"), "Call for さくら歯科");
    desk.0.ask("Target.closeTarget", json!({ "targetId": other["result"]["targetId"] }));
    desk.click("#phone-answer");
    caller.wait("CALL_ESTABLISHED");
    desk.until_text(STATE, "in a call");
    desk.until("the notice is gone", "notices[0].isClosed");
    let talking: Vec<bool> = places(&mut desk).into_iter().map(|(_, is)| is).collect();
    assert_eq!(talking, [true, false, false], "the voice, and no bell any more");
    // What was chosen is pulled out: the voice is not lost with it.
    desk.0.evaluate("{ const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices); \
        navigator.mediaDevices.enumerateDevices = async () => (await list()).filter((one) => one.kind !== 'audiooutput'); \
        navigator.mediaDevices.dispatchEvent(new Event('devicechange')); 1 }");
    until_places(&mut desk, ["", "", ""]);
    assert_eq!(desk.0.complaints(), [] as [String; 0]);
}

#[test]
fn what_an_administrator_records_in_the_browser_is_what_callers_on_hold_hear() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = Desk::open_with(&house, "admin", None, &microphone(&house, &TRUSTING));
    desk.0.evaluate(&format!("{EARS}; 1"));
    desk.until("the administration", "document.querySelector('#admin summary') != null");
    desk.click("#admin summary");
    desk.click("#admin-tab-prompts");
    desk.until("the prompts", "document.querySelector('[data-prompt=hold-music]') != null");
    desk.click("[data-prompt=hold-music]");
    desk.click("#admin-prompt-record");
    desk.until("it records", "document.getElementById('admin-prompt-stop') != null");
    is_open_to_all(&mut desk, "a prompt that is being recorded");
    pause(TALK);
    desk.click("#admin-prompt-stop");
    desk.until("what was recorded", "document.getElementById('admin-prompt-take') != null");
    assert_eq!(
        desk.0.evaluate("recorded.every((track) => track.readyState === 'ended')"),
        true,
        "the microphone is off"
    );
    desk.click("#admin-prompt-take");
    desk.until_text("#admin-said", "Saved");
    let library = house.get("/prompts");
    let music = library["prompts"].as_array().into_iter().flatten().find(|row| row["name"] == "hold-music");
    let music = music.expect("hold music");
    assert_eq!(
        (&music["origin"], &music["source"], &music["by"]),
        (&json!("own"), &json!("recorded"), &json!("hanako"))
    );
    assert!(music["length_ms"].as_i64().is_some_and(|ms| ms > 1000), "{music}");

    let phone = house.phone(&operator, MOBILE_HZ, true);
    house.until_operator(operator.id, "ready");
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let call = house.until_call("established");
    house.post(&format!("/calls/{call}/hold"), json!({ "on": true }));
    house.until_call("held");
    pause(2 * TALK);
    caller.command("hangup", "");
    caller.wait("CALL_CLOSED");
    let (caller, phone) = (caller.heard().concat(), phone.heard().concat());
    let seconds = seconds_of(&caller, OPERATOR_HZ);
    assert!(seconds > 1.0, "the caller hears what was recorded: {seconds} s of {:?}", story(&caller, 3));
    assert!(seconds_of(&phone, OPERATOR_HZ) < 0.2, "the operator does not");
    assert_eq!(desk.0.complaints(), [] as [String; 0]);
}

/// `document` of the page that the first one has opened.
fn other(script: &str) -> String {
    format!("other.document?.{script}")
}

#[test]
fn r31_a_talk_goes_to_the_tab_that_takes_it_over_and_comes_back_when_that_is_closed() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut desk = desk(&house, &operator);
    answered(&house, &mut desk, &mut caller);
    let call = house.calls_now()[0]["call"].clone();
    let open = json!({ "expression": "window.other = window.open('/'); 1", "userGesture": true });
    desk.0.ask("Runtime.evaluate", open);
    let there =
        |wanted: &str| other(&format!("getElementById('phone-state')?.textContent.includes({})", json!(wanted)));
    desk.until("the other tab leaves it alone", &there("another tab"));
    pause(TALK);
    assert_eq!(house.until_call("established"), call);
    desk.until_text(STATE, "in a call");
    assert!(seconds_of(&heard(&mut desk), CALLER_HZ) > 0.8, "a second tab disturbs nobody");

    desk.0.evaluate(&other("getElementById('phone-take').click()"));
    desk.until("the talk is there", &there("in a call"));
    desk.until_text(STATE, "another tab");
    assert_eq!(house.until_call("established"), call);
    // It dies without a word.
    desk.0.evaluate("other.close()");
    desk.until_text(STATE, "in a call");
    assert_eq!(house.until_call("established"), call);
    heard(&mut desk);
    pause(TALK);
    assert!(seconds_of(&heard(&mut desk), CALLER_HZ) > 0.8, "the talk is back\n{}", house.log());
    desk.key("F9");
    caller.wait("CALL_CLOSED");
    desk.until_text(STATE, "telephone ready");
    let record: Value = house.finished(1);
    assert_eq!(record["call"], call);
    assert_eq!(desk.0.complaints(), [] as [String; 0]);
}
