//! Two legs that hear each other.

use super::house::*;
use rtp::dtmf::power;
use sdp::Codec::{self, Pcma, Pcmu};
use switch::media::{Event, Order, Side, Source};

fn both_hear_each_other(one: Codec, two: Codec) {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, one, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, two, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "both hear", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    // What was heard may be made of one packet less than is counted on below.
    talk(&mut [&mut caller, &mut operator], 200);
    // Neither hears itself.
    assert!(caller.hears(700.0, 1600) < LOUD / 100.0);
    assert!(operator.hears(1100.0, 1600) < LOUD / 100.0);
    for leg in [CALLER, OPERATOR] {
        house.wait(|event| matches!(event, Event::FirstPacket { leg: of, .. } if *of == leg));
        let statistics = house.close(leg);
        assert!(statistics.received >= 10 && statistics.sent >= 10, "{statistics:?}");
        assert_eq!((statistics.lost, statistics.strangers), (0, 0));
    }
}

#[test]
fn w12_pcmu_is_passed_both_ways() {
    both_hear_each_other(Pcmu, Pcmu);
}

#[test]
fn w12_pcma_is_passed_both_ways() {
    both_hear_each_other(Pcma, Pcma);
}

#[test]
fn w12_codecs_that_differ_are_translated_both_ways() {
    both_hear_each_other(Pcmu, Pcma);
}

#[test]
fn one_stream_from_ringback_to_bridge_to_hold_and_back() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.play(CALLER, "ringback", true);
    talk_until(&mut [&mut caller, &mut operator], "ringback", |phones| phones[0].hears(400.0, 1600) > LOUD / 4.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[0].hears(1100.0, 1600) > LOUD);
    house.play(CALLER, "long", true);
    talk_until(&mut [&mut caller, &mut operator], "hold", |phones| phones[0].hears(500.0, 1600) > LOUD);
    talk(&mut [&mut caller, &mut operator], 300);
    assert!(caller.hears(1100.0, 1600) < LOUD / 100.0, "on hold the operator is not heard");
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge again", |phones| phones[0].hears(1100.0, 1600) > LOUD);
    // One SSRC, no number missed or doubled, time only forwards, a marker at each switch.
    for pair in caller.headers.windows(2) {
        assert_eq!(pair[1].ssrc, pair[0].ssrc);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert!((1..8000).contains(&pair[1].timestamp.wrapping_sub(pair[0].timestamp)));
    }
    assert!((4..=6).contains(&caller.headers.iter().filter(|header| header.marker).count()));
}

#[test]
fn w01_an_answer_ends_the_prompt_at_once() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.play(CALLER, "long", true);
    talk_until(&mut [&mut caller, &mut operator], "prompt", |phones| phones[0].hears(500.0, 1600) > LOUD);
    caller.forget();
    house.bridge(CALLER, OPERATOR);
    let marker = |phone: &Phone| phone.headers.iter().position(|header| header.marker);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| {
        marker(phones[0]).is_some_and(|at| phones[0].headers.len() >= at + 10)
    });
    // The packet after the prompt's last is the operator's, whole, and no packet of the prompt comes after it.
    let at = marker(&caller).unwrap();
    let frames: Vec<&[f32]> = caller.heard.chunks_exact(rtp::FRAME).collect();
    assert_eq!(frames.len(), caller.headers.len());
    for (n, frame) in frames.iter().enumerate() {
        let (prompt, operator) = (power(frame, 500.0), power(frame, 1100.0));
        let (loud, soft) = if n < at { (prompt, operator) } else { (operator, prompt) };
        assert!(loud > LOUD && soft < LOUD / 100.0, "packet {n} of {at}: prompt {prompt}, operator {operator}");
    }
    assert_eq!(caller.headers.iter().filter(|header| header.marker).count(), 1);
}

#[test]
fn no_leg_hears_another_call() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut other = Phone::new(house.address(30, 4000), house.address(1, 12_000), Pcmu, 1100.0);
    let leg = endpoint::LegId(99);
    house.order(Order::OpenLeg { leg, call: switch::CallId(78), local: other.to, side: Side::Caller });
    house.order(Order::Negotiated { leg, media: other.media() });
    house.order(Order::Hear { leg: CALLER, source: Source::Leg(leg) });
    house.order(Order::Hear { leg, source: Source::Leg(CALLER) });
    talk(&mut [&mut caller, &mut other], 600);
    assert!(caller.heard.iter().chain(&other.heard).all(|sample| *sample == 0.0), "silence");
    assert!(!caller.heard.is_empty());
}

#[test]
fn a_leg_that_may_not_send_sends_nothing_and_a_port_in_use_is_told() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut media = caller.media();
    media.send = false;
    house.order(Order::Negotiated { leg: CALLER, media });
    talk(&mut [&mut caller], 100);
    caller.forget();
    talk(&mut [&mut caller], 200);
    assert!(caller.heard.is_empty());
    house.order(Order::OpenLeg { leg: OPERATOR, call: CALL, local: caller.to, side: Side::Ours });
    house.wait(|event| matches!(event, Event::LegFailed { leg: OPERATOR, .. }));
    // A closed leg's port is free at once.
    house.close(CALLER);
    house.order(Order::OpenLeg { leg: OPERATOR, call: CALL, local: caller.to, side: Side::Ours });
    house.close(OPERATOR);
}

#[test]
fn many_legs_by_the_tick_hear_each_other_too() {
    let house = House::new();
    let mut phones: Vec<Phone> = (1..=20)
        .map(|n| {
            let (side, hz) = if n % 2 == 1 { (Side::Caller, 700.0) } else { (Side::Ours, 1100.0) };
            house.phone(endpoint::LegId(n), side, Pcmu, hz)
        })
        .collect();
    for n in 0..10 {
        house.bridge(endpoint::LegId(2 * n + 1), endpoint::LegId(2 * n + 2));
    }
    let mut all: Vec<&mut Phone> = phones.iter_mut().collect();
    talk_until(&mut all, "all hear", |phones| {
        phones.iter().enumerate().all(|(n, phone)| phone.hears(if n % 2 == 0 { 1100.0 } else { 700.0 }, 1600) > LOUD)
    });
}
