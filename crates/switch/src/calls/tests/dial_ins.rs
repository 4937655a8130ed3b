//! The recordings line (F52): answered at once, nobody's call, hung up on at its end whatever happens.

use std::time::Duration;

use endpoint::{Ending, LegEvent};

use super::house::{House, SAKURA};
use crate::CallId;
use crate::calls::dial_in::{DIAL_INS_MAX, SILENT_SECONDS_MAX};
use crate::dial_in::{Answer, Ask, Kept, Keyed, Locked, Tongue};
use crate::media::{self, Prompt};

const LINE: &str = "0399990000";

fn house() -> House {
    House::with(|directory| directory.settings.recordings_line = "81399990000".to_owned())
}

/// What is asked since the last time.
fn asked(house: &mut House) -> Vec<Ask> {
    house.asked.drain(..).map(|(_, _, ask)| ask).collect()
}

fn answer(house: &mut House, answer: Answer) -> super::house::Heard {
    let (line, number, _) = house.asked.last().cloned().unwrap();
    house.calls.dial_in_answer(house.now, line, number, answer);
    house.heard()
}

/// The new caller is asked for the code, keys it and the PIN.
fn keyed(house: &mut House) {
    let heard = house.call("firm", LINE);
    heard.orders(["200 firm"]).hears(["firm hears dial-in/ja/code once"]).tells([]).media("detect firm true");
    house.keys("firm", "12#").hears(["firm hears silence", "firm hears dial-in/ja/pin once"]);
    house.keys("firm", "604217#").hears(["firm hears silence"]).orders([]);
    let (code, pin) = (Keyed("12".to_owned()), Keyed("604217".to_owned()));
    let asked: Vec<Ask> = house.asked.iter().map(|(_, _, ask)| ask.clone()).collect();
    assert_eq!(asked, [Ask::Open { code, pin, caller: "819099998888".to_owned() }]);
}

fn opened() -> Answer {
    let recordings = vec![Kept { call: CallId(7), arrived_ms: 0 }];
    Answer::Opened { customer: 12, tongue: Tongue::Japanese, recordings }
}

#[test]
fn f52_a_caller_of_the_line_is_nobodys_call() {
    let mut house = house();
    keyed(&mut house);
    answer(&mut house, opened()).orders([]);
    answer(&mut house, Answer::Introduction(Prompt::named("intro"))).hears(["firm hears intro once"]);
    house.prompt_ends("firm", "intro", false).hears([]);
    let piece = Answer::Piece { prompt: Prompt::named("piece"), length_ms: 4_000, whole_ms: 4_000 };
    answer(&mut house, piece).hears(["firm hears piece once"]);
    house.seconds(4);
    house.prompt_ends("firm", "piece", false).hears(["firm hears dial-in/ja/keys once"]);
    house.keys("firm", "#").hears(["firm hears dial-in/ja/goodbye once"]);
    house.prompt_ends("firm", "dial-in/ja/goodbye", false).orders(["hang up firm"]).media("close firm").tells([]);
    assert_eq!(asked(&mut house).last(), Some(&Ask::Close));
    house.everything_is_over();
    assert!(house.records.is_empty() && house.recordings.is_empty(), "no report, no statistics, no recording");
    assert!(house.figures.iter().all(|line| line.contains("waiting 0")) || house.figures.is_empty());
}

#[test]
fn f52_whoever_hangs_up_leaves_nothing_and_late_answers_find_nobody() {
    let mut house = house();
    keyed(&mut house);
    let (line, number, _) = house.asked.last().cloned().unwrap();
    house.hangs_up("firm").orders([]).media("close firm");
    assert_eq!(asked(&mut house).last(), Some(&Ask::Close));
    house.calls.dial_in_answer(house.now, line, number, opened());
    house.heard().orders([]).hears([]);
    house.everything_is_over();
    assert!(asked(&mut house).is_empty(), "it is closed once");
}

#[test]
fn f52_silence_a_dead_phone_and_a_port_that_fails_end_the_call() {
    let mut house = house();
    house.call("firm", LINE);
    house.silent("firm", SILENT_SECONDS_MAX - 10).orders([]);
    house.silent("firm", SILENT_SECONDS_MAX).orders(["hang up firm"]);
    house.everything_is_over();
    house.call("firm", LINE);
    let leg = house.leg("firm");
    house.media(media::Event::LegFailed { leg, why: "taken".to_owned() }).orders(["hang up firm"]);
    house.everything_is_over();
    house.call("firm", LINE);
    house.ends("firm", Ending::Lost);
    house.everything_is_over();
    house.call("firm", LINE);
    // Nobody keys anything: it ends by itself, whatever the voice path says of its prompts.
    house.after(Duration::from_secs(600)).orders(["hang up firm"]);
    house.everything_is_over();
}

#[test]
fn f52_too_many_wrong_pins_are_told() {
    let mut house = house();
    keyed(&mut house);
    let locked = Answer::Refused { locked: Some(Locked::Firm(12)) };
    answer(&mut house, locked).hears(["firm hears dial-in/ja/wrong once"]).tells(["alarm pin_locked"]);
    house.hangs_up("firm");
    house.everything_is_over();
}

#[test]
fn f52_a_call_without_an_offer_and_a_new_offer_are_taken() {
    let mut house = house();
    let incoming = endpoint::Incoming { offer: None, ..house.incoming("firm", LINE) };
    house.arrives("firm", incoming).orders(["200 firm"]).hears([]);
    let leg = house.leg("firm");
    let body = super::house::sdp(20_000, "sendrecv");
    house.on(LegEvent::Acknowledged { leg, body: Some(body) }).hears(["firm hears dial-in/ja/code once"]);
    house.reinvites("firm", "sendonly").orders(["accept firm recvonly"]);
    house.on(LegEvent::Digit { leg, digit: '1' }).hears(["firm hears silence"]);
    house.hangs_up("firm");
    house.everything_is_over();
}

#[test]
fn r01_a_name_that_is_no_number_counts_as_withheld() {
    // Whoever makes up a name for each call would have new tries with each.
    for (n, name) in ["mallory", "mallory-2", "1"].into_iter().enumerate() {
        let mut house = house();
        let incoming = endpoint::Incoming { caller: name.to_owned(), ..house.incoming("firm", LINE) };
        house.arrives("firm", incoming);
        house.keys("firm", "12#604217#");
        let caller = house.asked.iter().find_map(|(_, _, ask)| match ask {
            Ask::Open { caller, .. } => Some(caller.clone()),
            Ask::Introduce { .. } | Ask::Piece { .. } | Ask::Close => None,
        });
        assert_eq!(caller.as_deref(), Some(""), "{n}: {name}");
    }
}

#[test]
fn r45_a_house_that_closes_does_not_wait_for_the_line() {
    let mut house = house();
    keyed(&mut house);
    answer(&mut house, opened());
    house.calls.drain(house.now);
    house.heard().orders(["hang up firm"]).media("close firm");
    assert_eq!(asked(&mut house).last(), Some(&Ask::Close));
    house.everything_is_over();
    house.call("late", LINE).orders(["503 late"]);
}

#[test]
fn f52_only_so_many_at_once_and_none_where_there_is_no_line() {
    let mut house = house();
    for n in 0..DIAL_INS_MAX {
        house.call(&format!("firm {n}"), LINE).tells([]);
    }
    house.call("one too many", LINE).orders(["486 one too many"]).tells(["alarm full"]);
    for n in 0..DIAL_INS_MAX {
        house.hangs_up(&format!("firm {n}"));
    }
    house.everything_is_over();
    // A firm's number stays the firm's, and an unknown one unknown.
    let mut house = House::with(|directory| directory.settings.recordings_line = "81312345678".to_owned());
    house.call("suzuki", SAKURA).orders(["180 suzuki", "ring hanako: さくら歯科 <09099998888>"]);
    let mut house = House::new();
    assert!(house.call("suzuki", LINE).tells_of().iter().any(|line| line.contains("unknown_number")));
}

#[test]
fn r36_a_call_from_the_line_itself_goes_round() {
    let mut house = house();
    let incoming = endpoint::Incoming { caller: LINE.to_owned(), ..house.incoming("round", LINE) };
    house.arrives("round", incoming).orders(["482 round"]);
    assert_eq!(house.asked.len(), 0);
    house.everything_is_over();
}
