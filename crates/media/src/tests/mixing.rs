//! Legs that hear several others: what each party hears, by tone.

use super::house::*;
use endpoint::LegId;
use rtp::dtmf::power;
use rtp::telephone_event::TelephoneEvent;
use sdp::Codec::{Pcma, Pcmu};
use std::time::Duration;
use switch::media::{Order, Prompt, Side, Source};

const SUPERVISOR: LegId = LegId(6);
const CALLERS: f32 = 700.0;
const OPERATORS: f32 = 1100.0;
const SUPERVISORS: f32 = 1500.0;

/// A caller, an operator with another codec, and a supervisor who is opened off the recording.
fn three(house: &House) -> [Phone; 3] {
    let caller = house.phone(CALLER, Side::Caller, Pcmu, CALLERS);
    let operator = house.phone(OPERATOR, Side::Ours, Pcma, OPERATORS);
    let supervisor = house.phone(SUPERVISOR, Side::Ours, Pcmu, SUPERVISORS);
    house.order(Order::RecordLeg { leg: SUPERVISOR, on: false });
    house.bridge(CALLER, OPERATOR);
    [caller, operator, supervisor]
}

fn mix(house: &House, leg: LegId, of: &[LegId]) {
    house.order(Order::Hear { leg, source: Source::Mix(of.to_vec()) });
}

/// Lets them talk until each hears exactly these tones.
#[track_caller]
fn until_each_hears(phones: &mut [Phone; 3], expected: [&[f32]; 3]) {
    let hears = |phone: &Phone, tones: &[f32]| {
        [CALLERS, OPERATORS, SUPERVISORS].iter().all(|hz| {
            let power = phone.hears(*hz, 1600);
            if tones.contains(hz) { power > LOUD } else { phone.heard.len() >= 1600 && power < LOUD / 100.0 }
        })
    };
    let [caller, operator, supervisor] = phones;
    talk_until(&mut [caller, operator, supervisor], "each hears what it should", |phones| {
        phones.iter().zip(expected).all(|(phone, tones)| hears(phone, tones))
    });
}

#[test]
fn w13_listening_whispering_and_joining_by_what_each_party_hears() {
    let house = House::new();
    let mut phones = three(&house);
    mix(&house, SUPERVISOR, &[CALLER, OPERATOR]);
    until_each_hears(&mut phones, [&[OPERATORS], &[CALLERS], &[CALLERS, OPERATORS]]);
    mix(&house, OPERATOR, &[CALLER, SUPERVISOR]);
    until_each_hears(&mut phones, [&[OPERATORS], &[CALLERS, SUPERVISORS], &[CALLERS, OPERATORS]]);
    mix(&house, CALLER, &[OPERATOR, SUPERVISOR]);
    until_each_hears(&mut phones, [&[OPERATORS, SUPERVISORS], &[CALLERS, SUPERVISORS], &[CALLERS, OPERATORS]]);
    // The supervisor leaves; the caller's leg is told so only later.
    house.order(Order::Hear { leg: OPERATOR, source: Source::Leg(CALLER) });
    house.close(SUPERVISOR);
    phones[2].forget();
    let [caller, operator, _] = &mut phones;
    talk_until(&mut [caller, operator], "as before", |phones| {
        phones[0].hears(SUPERVISORS, 1600) < LOUD / 100.0
            && phones[0].hears(OPERATORS, 1600) > LOUD
            && phones[1].hears(CALLERS, 1600) > LOUD
    });
    house.bridge(CALLER, OPERATOR);
    talk(&mut [caller, operator], 200);
    // One stream for each from beginning to end: no other SSRC, no number missed or doubled, time only forwards.
    for phone in [caller, operator] {
        for pair in phone.headers.windows(2) {
            assert_eq!(pair[1].ssrc, pair[0].ssrc);
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
            assert!((1..8000).contains(&pair[1].timestamp.wrapping_sub(pair[0].timestamp)));
        }
    }
}

#[test]
fn w13_a_change_of_who_is_heard_leaves_no_gap() {
    let house = House::new();
    let mut phones = three(&house);
    mix(&house, SUPERVISOR, &[CALLER]);
    until_each_hears(&mut phones, [&[OPERATORS], &[CALLERS], &[CALLERS]]);
    phones[1].forget();
    phones[2].forget();
    let [caller, operator, supervisor] = &mut phones;
    for _ in 0..3 {
        mix(&house, SUPERVISOR, &[OPERATOR, CALLER]);
        talk(&mut [caller, operator, supervisor], 160);
        mix(&house, SUPERVISOR, &[CALLER]);
        talk(&mut [caller, operator, supervisor], 160);
    }
    assert!(supervisor.headers.iter().all(|header| !header.marker), "nothing begins anew");
    // The caller's tone was heard in every frame but those that a busy machine's test itself sent too late: the operator, for
    // whom nothing changes, missed those as well.
    let silent = |phone: &Phone| {
        let frames = phone.heard.chunks(rtp::FRAME);
        frames.filter(|frame| power(frame, CALLERS) < LOUD / 100.0).count()
    };
    let (changing, steady) = (silent(supervisor), silent(operator));
    assert!(changing <= steady + 3, "{changing} and {steady} of {}", supervisor.headers.len());
}

#[test]
fn w13_only_who_joins_is_on_the_recording() {
    let house = House::new();
    let mut phones = three(&house);
    let start = house.record();
    mix(&house, SUPERVISOR, &[CALLER, OPERATOR]);
    mix(&house, OPERATOR, &[CALLER, SUPERVISOR]);
    until_each_hears(&mut phones, [&[OPERATORS], &[CALLERS, SUPERVISORS], &[CALLERS, OPERATORS]]);
    let [caller, operator, supervisor] = &mut phones;
    talk(&mut [caller, operator, supervisor], 500);
    house.order(Order::RecordLeg { leg: SUPERVISOR, on: true });
    talk(&mut [caller, operator, supervisor], 1000);
    house.order(Order::RecordLeg { leg: SUPERVISOR, on: false });
    house.order(Order::RecordLeg { leg: SUPERVISOR, on: false });
    talk(&mut [caller, operator, supervisor], 1000);
    let length = start.elapsed();
    let (_, samples) = house.recorded(start, length);
    let power = |channel: usize, hz: f32, samples: &[[i16; 2]]| recorded_power(samples, channel, hz);
    // By seconds: in some the supervisor is on our side, at the beginning and the end not; on the caller's side never.
    let with = samples.chunks_exact(1600).filter(|part| power(1, SUPERVISORS, part) > LOUD).count();
    assert!((3..=8).contains(&with), "{with} fifths of a second");
    let whole = samples.chunks_exact(1600);
    assert!(whole.clone().all(|part| power(0, SUPERVISORS, part) < LOUD / 100.0));
    let spoken = whole.clone().filter(|part| power(1, OPERATORS, part) > LOUD).count();
    assert!(spoken * 10 >= whole.len() * 7, "{spoken} of {}", whole.len());
    let tail = &samples[samples.len() - 4800..samples.len() - 800];
    assert!(power(1, SUPERVISORS, tail) < LOUD / 100.0, "off the file again");
    assert_eq!(Duration::from_millis(samples.len() as u64 / 8).as_secs(), length.as_secs());
}

#[test]
fn a_whispered_prompt_is_heard_over_a_mix() {
    let house = House::new();
    let mut phones = three(&house);
    mix(&house, OPERATOR, &[CALLER, SUPERVISOR]);
    let [caller, operator, supervisor] = &mut phones;
    house.order(Order::Whisper { leg: OPERATOR, prompt: Prompt::named("long") });
    talk_until(&mut [caller, operator, supervisor], "all three", |phones| {
        [500.0, CALLERS, SUPERVISORS].iter().all(|hz| phones[1].hears(*hz, 1600) > LOUD)
    });
}

#[test]
fn a_mix_hears_no_other_call_and_never_itself_and_waits_for_a_leg_that_is_not_open_yet() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, CALLERS);
    let mut other = Phone::new(house.address(30, 4000), house.address(1, 12_000), Pcmu, SUPERVISORS);
    let stranger = LegId(99);
    house.order(Order::OpenLeg { leg: stranger, call: switch::CallId(78), local: other.to, side: Side::Caller });
    house.order(Order::Negotiated { leg: stranger, media: other.media() });
    mix(&house, CALLER, &[stranger, CALLER, OPERATOR]);
    talk(&mut [&mut caller, &mut other], 400);
    assert!(!caller.heard.is_empty() && caller.heard.iter().all(|sample| *sample == 0.0), "silence");
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcma, OPERATORS);
    talk_until(&mut [&mut caller, &mut other, &mut operator], "the operator", |phones| {
        phones[0].hears(OPERATORS, 1600) > LOUD
    });
    assert!(caller.hears(SUPERVISORS, 1600) < LOUD / 100.0 && caller.hears(CALLERS, 1600) < LOUD / 100.0);
}

#[test]
fn keys_pass_a_mix_and_speech_comes_back_after_them() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, CALLERS);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, OPERATORS);
    for (leg, phone) in [(CALLER, &mut caller), (OPERATOR, &mut operator)] {
        phone.telephone_event = Some(101);
        house.order(Order::Negotiated { leg, media: phone.media() });
    }
    house.order(Order::RelayDigits { leg: CALLER, on: true });
    mix(&house, OPERATOR, &[CALLER]);
    talk_until(&mut [&mut caller, &mut operator], "speech", |phones| phones[1].hears(CALLERS, 1600) > LOUD);
    operator.forget();
    let at = caller.timestamp;
    let mut duration = 0;
    for n in 0..8 {
        duration += 160;
        caller.timestamp = at;
        let event = TelephoneEvent { event: 5, end: n > 4, volume: 10, duration };
        caller.send(101, &event.to_bytes());
        caller.sequence = caller.sequence.wrapping_add(1);
        caller.speaks = false;
        talk(&mut [&mut operator, &mut caller], 20);
    }
    (caller.speaks, caller.timestamp) = (true, at + 8 * 160);
    talk_until(&mut [&mut caller, &mut operator], "speech again", |phones| phones[1].hears(CALLERS, 1600) > LOUD);
    let keys: Vec<_> = operator.others.iter().filter(|(header, _)| header.payload_type == 101).collect();
    assert_eq!(keys.len(), 8);
    assert!(keys.windows(2).all(|pair| pair[0].0.timestamp == pair[1].0.timestamp), "one key, not several");
}
