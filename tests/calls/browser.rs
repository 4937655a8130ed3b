//! A browser as an operator's phone: JsSIP in Chromium over secure WebSocket, its voice encrypted, against a carrier that has
//! nothing but plain G.711.

use std::time::Duration;

use serde_json::json;

use super::encrypted::{each_was_heard, scene};
use crate::support::audio::{CALLER_HZ, Heard, OPERATOR_HZ, in_order, seconds_of, story};
use crate::support::baresip::Baresip;
use crate::support::browser::Browser;
use crate::support::house::House;
use crate::support::pause;

const A_WHILE: Duration = Duration::from_millis(3500);

/// The caller calls, the browser is shown who calls for which firm, and answers.
fn talk(house: &House, browser: &mut Browser, caller: &mut Baresip) {
    caller.command("dial", &format!("sip:0355500101@{}", house.sip));
    let incoming = browser.wait("incoming");
    assert_eq!((&incoming["name"], &incoming["number"]), (&json!("さくら歯科"), &json!("09011112222")), "{incoming}");
    browser.answer();
    browser.wait("confirmed");
    caller.wait("CALL_ESTABLISHED");
    browser.wait_media("connected");
    house.until_call("established");
}

#[test]
fn a_browser_and_a_plain_caller_hear_each_other_without_transcoding_around_hold_and_keys() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut browser = Browser::start(&house, &operator, OPERATOR_HZ);
    talk(&house, &mut browser, &mut caller);
    pause(A_WHILE);
    let statistics = browser.statistics();
    assert_eq!(
        (&statistics["hears"], &statistics["speaks"]),
        (&json!("audio/PCMU"), &json!("audio/PCMU")),
        "{statistics}"
    );
    assert_eq!(statistics["dtls"], "connected", "{statistics}");
    assert!(statistics["srtp"].as_str().is_some_and(|suite| !suite.is_empty()), "{statistics}");
    // By itself: a new offer. Then by a key, which comes encrypted too.
    browser.hold();
    house.until_call("held");
    pause(A_WHILE);
    browser.resume();
    house.until_call("established");
    pause(A_WHILE);
    browser.press("*5");
    house.until_call("held");
    pause(A_WHILE);
    browser.press("*5");
    house.until_call("established");
    pause(A_WHILE);
    let heard = browser.heard();
    let record = each_was_heard(&house, &mut caller, || heard);
    browser.wait("ended");
    let talk_hold_talk_hold_talk =
        [Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ), Heard::Other, Heard::Tone(OPERATOR_HZ)];
    let heard = story(&caller.heard()[0], 5);
    assert!(in_order(&heard, &talk_hold_talk_hold_talk), "the caller heard {heard:?}");
    assert!(!heard.contains(&Heard::Several), "nobody's voice in the music: {heard:?}");
    super::story::length_is_talk_time(&record, crate::support::audio::channel(&house.recording(&record), 0).len());
}

#[test]
fn r31_a_browser_that_is_loaded_again_has_lost_its_call_and_is_called_again_by_the_caller_who_waits() {
    let (house, operator, mut caller) = scene(json!({}));
    let mut browser = Browser::start(&house, &operator, OPERATOR_HZ);
    talk(&house, &mut browser, &mut caller);
    pause(A_WHILE);
    browser.reload();
    browser.register();
    browser.wait("incoming");
    browser.answer();
    browser.wait_media("connected");
    house.until_call("established");
    pause(A_WHILE);
    let heard = browser.heard();
    assert!(seconds_of(&heard, CALLER_HZ) > 1.0, "after it was loaded again");
    each_was_heard(&house, &mut caller, || heard);
    let caller_heard = caller.heard().concat();
    let seconds = seconds_of(&caller_heard, OPERATOR_HZ);
    assert!(
        seconds > 3.0,
        "the caller heard the operator before and after: {seconds} s of {:?}",
        story(&caller_heard, 3)
    );
}
