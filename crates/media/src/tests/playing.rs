//! Prompts, whispers, silence.

use super::house::*;
use sdp::Codec::{Pcma, Pcmu};
use switch::media::{Event, Order, Prompt, Side};

fn ended(house: &House, wanted: &str) -> bool {
    let event = house.wait(|event| matches!(event, Event::PromptEnded { prompt, .. } if *prompt.0 == *wanted));
    let Event::PromptEnded { missing, .. } = event else { panic!("{event:?}") };
    !missing
}

#[test]
fn a_prompt_plays_once_then_silence() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcma, 700.0);
    house.play(CALLER, "low", false);
    talk_until(&mut [&mut caller], "prompt", |phones| phones[0].heard.len() > 8000);
    assert!(ended(&house, "low"));
    // Two of the sixteen samples of a period are zero.
    let loud = caller.heard.iter().filter(|sample| sample.abs() > 100.0).count();
    assert_eq!(loud, 3500, "the whole prompt, once");
    assert!(caller.hears(500.0, 1600) < 1000.0, "then silence");
    for pair in caller.headers.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
    }
}

#[test]
fn a_missing_prompt_is_told_at_once() {
    let house = House::new();
    let _caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    house.play(CALLER, "nowhere", true);
    assert!(!ended(&house, "nowhere"));
    house.order(Order::Whisper { leg: CALLER, prompt: Prompt::named("nobody") });
    assert!(!ended(&house, "nobody"));
}

#[test]
fn a_whisper_is_heard_over_the_other_side_and_cuts_nothing() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcma, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    operator.forget();
    house.order(Order::Whisper { leg: OPERATOR, prompt: Prompt::named("long") });
    talk_until(&mut [&mut caller, &mut operator], "both at once", |phones| {
        phones[1].hears(500.0, 3200) > LOUD && phones[1].hears(700.0, 3200) > LOUD
    });
    assert!(caller.hears(500.0, 3200) < LOUD / 100.0, "the caller hears nothing of it");
    house.order(Order::StopWhisper { leg: OPERATOR });
    talk(&mut [&mut caller, &mut operator], 100);
    talk_until(&mut [&mut caller, &mut operator], "alone again", |phones| {
        phones[1].hears(500.0, 1600) < LOUD / 100.0 && phones[1].hears(700.0, 1600) > LOUD
    });
    for pair in operator.headers.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
    }
}

#[test]
fn a_whisper_is_heard_when_the_other_side_sends_nothing() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    caller.speaks = false;
    talk(&mut [&mut caller, &mut operator], 100);
    house.order(Order::Whisper { leg: OPERATOR, prompt: Prompt::named("low") });
    talk_until(&mut [&mut caller, &mut operator], "whisper", |phones| phones[1].hears(500.0, 1600) > LOUD);
    assert!(ended(&house, "low"));
    caller.speaks = true;
    talk_until(&mut [&mut caller, &mut operator], "caller again", |phones| phones[1].hears(700.0, 1600) > LOUD);
}

#[test]
fn r33_silence_is_told_and_its_end() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    let mut held = operator.media();
    held.receive = false;
    house.order(Order::Negotiated { leg: OPERATOR, media: held });
    operator.speaks = false;
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 200);
    caller.speaks = false;
    house.wait(|event| matches!(event, Event::Silent { leg: CALLER, seconds: 3 }));
    house.wait(|event| matches!(event, Event::Silent { leg: CALLER, seconds: 5 }));
    caller.speaks = true;
    talk_until(&mut [&mut caller, &mut operator], "audible", |_| {
        house.told().iter().any(|event| matches!(event, Event::Audible { leg: CALLER }))
    });
    let told = house.told();
    assert!(!told.iter().any(|event| matches!(event, Event::Silent { .. })), "nobody else, not the held one: {told:?}");
}
