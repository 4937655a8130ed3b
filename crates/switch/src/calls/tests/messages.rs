//! The message box: announcement, tone, the caller's words.

use endpoint::Ending;

use super::announcing::{go, nobody_with};
use super::house::{House, SAKURA};
use crate::call::message::MESSAGE_MAX;
use crate::desk::Command;
use crate::waiting::WaitingPolicy;

fn boxed() -> WaitingPolicy {
    WaitingPolicy { announce_after_seconds: Some(10), message_after_seconds: Some(40), ..WaitingPolicy::default() }
}

/// A caller who hears the tone.
fn at_the_tone() -> House {
    let mut house = nobody_with(boxed(), |_| {});
    house.call("A", SAKURA);
    house.seconds(10);
    house.prompt_ends("A", "customer/1/announcement", false).hears(["A hears hold-music"]);
    house.seconds(30).hears(["A hears customer/1/message once"]).tells(["message_box"]);
    house.seconds(5);
    house.prompt_ends("A", "customer/1/message", false).hears(["A hears beep once"]);
    house
}

/// The same, after the tone.
fn speaking() -> House {
    let mut house = at_the_tone();
    house.prompt_ends("A", "beep", false).hears(["A hears silence"]);
    house
}

#[test]
fn a_message_ends_when_the_caller_hangs_up_and_says_where_it_is() {
    let mut house = speaking();
    house.seconds(12);
    house.hangs_up("A").tells(["message 35000 47000", "ended message_left unanswered"]);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.ending.as_str(), record.answered_ms), ("message_left", None));
    assert_eq!(record.recording.as_ref().map(|recording| recording.samples), Some(47_000 * 8));
    assert_eq!(house.facts("A", "message_left")[0]["by"], "hang_up");
}

#[test]
fn a_message_ends_by_key_by_silence_and_by_its_limit() {
    for by in ["key", "silence", "limit"] {
        let mut house = speaking();
        house.seconds(20);
        let heard = match by {
            "key" => house.keys("A", "7#"),
            "silence" => house.silent("A", 15),
            _ => house.after(MESSAGE_MAX),
        };
        heard.hears(["A hears message-taken once"]);
        house.prompt_ends("A", "message-taken", false).orders(["hang up A"]).tells(["ended message_left unanswered"]);
        house.everything_is_over();
        assert_eq!(house.facts("A", "message_left")[0]["by"], by);
    }
}

#[test]
fn a_phone_that_sent_nothing_during_the_announcement_has_its_time_after_the_tone() {
    let mut house = speaking();
    house.seconds(9);
    house.silent("A", 20).hears([]);
    house.seconds(10);
    house.silent("A", 10).hears(["A hears message-taken once"]);
    house.hangs_up("A").tells(["ended message_left unanswered"]);
    house.everything_is_over();
    assert_eq!(house.facts("A", "message_left").len(), 1);
}

#[test]
fn a_message_is_kept_whoever_ends_the_call() {
    let mut house = speaking();
    house.seconds(12);
    let call = house.call_id("A");
    house
        .command(Command::Hangup { call })
        .tells(["message 35000 47000", "ended hung_up_by_desk unanswered"])
        .orders(["hang up A"]);
    house.everything_is_over();
    assert_eq!(house.facts("A", "message_left")[0]["by"], "hung_up_by_desk");
}

#[test]
fn whoever_says_nothing_has_left_no_message() {
    let mut house = at_the_tone();
    house.hangs_up("A").tells(["alarm abandoned", "ended abandoned unanswered"]);
    house.everything_is_over();
    let mut house = speaking();
    house.seconds(1);
    house.hangs_up("A").tells(["alarm abandoned", "ended abandoned unanswered"]);
    house.everything_is_over();
}

/// Silence and hanging up count alike: an open firm's caller has given up.
#[test]
fn f04_whoever_is_silent_after_the_tone_has_given_up() {
    for key in [false, true] {
        let mut house = speaking();
        house.seconds(if key { 1 } else { 16 });
        if key {
            house.keys("A", "#").tells(["alarm abandoned", "ended abandoned unanswered"]);
        } else {
            let tells = ["silent caller", "alarm one_way_audio", "alarm abandoned", "ended abandoned unanswered"];
            house.silent("A", 15).tells(tells);
        }
        house.everything_is_over();
        assert!(house.facts("A", "message_left").is_empty());
        let counters = house.calls.snapshot(house.now).counters;
        assert_eq!((counters.abandoned, counters.otherwise), (1, 0));
    }
}

#[test]
fn without_a_voice_there_is_the_tone() {
    let mut house = nobody_with(boxed(), |_| {});
    house.call("A", SAKURA);
    house.seconds(40);
    house.prompt_ends("A", "customer/1/message", true).hears(["A hears beep once"]);
    house.prompt_ends("A", "beep", false).hears(["A hears silence"]);
    house.seconds(3);
    house.hangs_up("A").tells(["message 30000 33000", "ended message_left unanswered"]);
    house.everything_is_over();
}

#[test]
fn phones_that_ring_stop_when_the_message_box_takes_the_caller() {
    let mut house = nobody_with(boxed(), |_| {});
    house.call("A", SAKURA);
    house.seconds(35);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]);
    house.rings("hanako");
    house.seconds(5).orders(["hang up hanako"]).hears(["A hears customer/1/message once"]);
    // Her 200 was on its way.
    house.answers("hanako").orders(["hang up hanako (200 Call completed elsewhere)"]).hears([]);
    house.catch_up();
    assert_eq!(house.operator_state(1), "Ready");
    house.ends("A", Ending::PeerHungUp);
    house.everything_is_over();
}

#[test]
fn a_firm_may_have_a_message_box_and_no_announcement() {
    let policy = WaitingPolicy { announce_after_seconds: None, ..boxed() };
    let mut house = nobody_with(policy, |_| {});
    house.call("A", SAKURA);
    house.seconds(39).orders([]);
    house.seconds(1).orders(["200 A"]).hears(["A hears customer/1/message once"]);
    house.hangs_up("A");
    house.everything_is_over();
    assert_eq!(house.record("A").announced_ms, Some(house.record("A").arrived_ms + 40_000));
}
