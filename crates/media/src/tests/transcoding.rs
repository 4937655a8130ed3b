//! Legs of different codecs: what is heard, what is recorded, keys as tones, comfort noise.

use std::time::Duration;

use super::house::*;
use rtp::dtmf::power;
use rtp::telephone_event::TelephoneEvent;
use rtp::tone;
use sdp::Codec::{self, G722, Opus, Pcma, Pcmu};
use switch::media::{Event, Order, Prompt, Side};

/// Part of what was heard lately that is this tone.
fn share(phone: &Phone, hz: f32, samples: usize) -> f32 {
    let part = &phone.heard[phone.heard.len() - samples..];
    power(part, hz) / (part.iter().map(|sample| sample * sample).sum::<f32>() / samples as f32).max(1.0)
}

fn both_hear_each_other(one: Codec, two: Codec) {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, one, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, two, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "both hear", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    talk(&mut [&mut caller, &mut operator], 500);
    for (phone, hz) in [(&caller, 1100.0), (&operator, 700.0)] {
        let level = 10.0 * (phone.hears(hz, 1600) / 3.2e7).log10();
        assert!(level.abs() < 4.0, "{one:?}-{two:?}: {hz} Hz at {level} dB");
        assert!(share(phone, hz, 1600) > 0.8, "{one:?}-{two:?}: {hz} Hz is {} of all", share(phone, hz, 1600));
        for pair in phone.headers.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "{one:?}-{two:?}");
            assert_eq!(pair[1].ssrc, pair[0].ssrc);
            let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!(step % phone.ticks() == 0 || pair[1].marker, "{one:?}-{two:?}: {step} ticks");
        }
    }
}

#[test]
fn w12_g722_is_heard_by_all_and_hears_all() {
    for other in [Pcmu, Pcma, Opus, G722] {
        both_hear_each_other(G722, other);
    }
}

#[test]
fn w12_opus_is_heard_by_all_and_hears_all() {
    for other in [Pcmu, Pcma, Opus] {
        both_hear_each_other(Opus, other);
    }
}

#[test]
fn legs_of_one_codec_pass_packets_on_untouched() {
    for codec in [Opus, G722] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, codec, 700.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, codec, 1100.0);
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 800) > LOUD);
        operator.forget();
        let payload = b"\x78 whatever it is";
        for _ in 0..5 {
            caller.send(codec.payload_type(), payload);
            caller.sequence = caller.sequence.wrapping_add(1);
            caller.timestamp = caller.timestamp.wrapping_add(caller.ticks());
        }
        talk_until(&mut [&mut caller, &mut operator], "untouched", |phones| {
            phones[1].payloads.iter().filter(|passed| *passed == payload).count() == 5
        });
        for pair in operator.headers.windows(2) {
            assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), operator.ticks());
        }
    }
}

#[test]
fn loss_and_disorder_are_mended_before_another_codec_hears_them() {
    for codec in [Opus, G722] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, codec, 700.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 800) > LOUD);
        operator.forget();
        let samples = tone::sine(700.0, 8000.0, 160 * 100);
        let mut kept = None;
        for (n, frame) in samples.chunks(160).enumerate() {
            let payload = caller.encoded(frame);
            match n % 10 {
                // Lost.
                4 => {}
                // These two change places.
                7 => kept = Some((caller.sequence, caller.timestamp, payload)),
                8 => {
                    caller.send(codec.payload_type(), &payload);
                    let now = (caller.sequence, caller.timestamp);
                    let (sequence, timestamp, payload) = kept.take().unwrap();
                    (caller.sequence, caller.timestamp) = (sequence, timestamp);
                    caller.send(codec.payload_type(), &payload);
                    (caller.sequence, caller.timestamp) = now;
                }
                _ => caller.send(codec.payload_type(), &payload),
            }
            caller.sequence = caller.sequence.wrapping_add(1);
            caller.timestamp = caller.timestamp.wrapping_add(caller.ticks());
            caller.speaks = false;
            talk(&mut [&mut operator], 20);
        }
        talk_until(&mut [&mut operator], "all", |phones| phones[0].heard.len() >= 160 * 100);
        assert!(share(&operator, 700.0, 12_000) > 0.7, "{codec:?}: {}", share(&operator, 700.0, 12_000));
        for pair in operator.headers.windows(2) {
            assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1);
            assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 160, "{codec:?}: its time goes on evenly");
        }
    }
}

#[test]
fn prompts_whispers_and_silence_are_spoken_in_every_codec() {
    for codec in [Opus, G722] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, codec, 700.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, codec, 1100.0);
        talk_until(&mut [&mut caller, &mut operator], "silence", |phones| phones[0].heard.len() > 1600);
        assert!(caller.heard.iter().all(|sample| sample.abs() < 100.0), "{codec:?}");
        house.play(CALLER, "long", true);
        talk_until(&mut [&mut caller, &mut operator], "music", |phones| phones[0].hears(500.0, 1600) > LOUD);
        house.bridge(CALLER, OPERATOR);
        house.order(Order::Whisper { leg: OPERATOR, prompt: Prompt::named("long") });
        talk_until(&mut [&mut caller, &mut operator], "whisper over the caller", |phones| {
            phones[1].hears(500.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
        });
        assert!(caller.hears(1100.0, 800) > LOUD, "{codec:?}: and the caller hears the operator alone");
        house.order(Order::StopWhisper { leg: OPERATOR });
        talk_until(&mut [&mut caller, &mut operator], "the caller alone", |phones| {
            phones[1].hears(500.0, 1600) < LOUD / 30.0 && phones[1].hears(700.0, 1600) > LOUD
        });
    }
}

#[test]
fn w09_a_codec_that_changes_in_mid_call_is_heard_and_recorded_on() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcma, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 100);
    let start = house.record();
    for codec in [Pcmu, Opus, G722, Pcma] {
        caller.change(codec);
        house.order(Order::Negotiated { leg: CALLER, media: caller.media() });
        caller.forget();
        operator.forget();
        talk_until(&mut [&mut caller, &mut operator], "both hear", |phones| {
            phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
        });
        talk(&mut [&mut caller, &mut operator], 700);
    }
    let length = start.elapsed();
    let (_, samples) = house.recorded(start, length);
    // A busy machine leaves silence; what sounds has the right pitch, but for the moments of change.
    for (channel, hz) in [(0, 700.0), (1, 1100.0)] {
        let (mut loud, mut good) = (0, 0);
        for part in samples.chunks_exact(800) {
            let total = part.iter().map(|pair| f32::from(pair[channel]).powi(2)).sum::<f32>() / 800.0;
            loud += usize::from(total > LOUD);
            good += usize::from(recorded_power(part, channel, hz) > 0.8 * total && total > LOUD);
        }
        assert!(good >= 12 && good * 10 >= loud * 7, "channel {channel}: {good} of {loud}");
    }
}

/// 20 ms in the clock of `telephone-event/8000`, which is agreed beside every codec.
const EVENT_STEP: u16 = 160;

fn press(phone: &mut Phone, digit: char, payload_type: u8) {
    let event = TelephoneEvent::event_of(digit).unwrap();
    for n in 1..=8u16 {
        let block = TelephoneEvent { event, end: n > 5, volume: 10, duration: EVENT_STEP * n.min(6) };
        phone.send(payload_type, &block.to_bytes());
        phone.sequence = phone.sequence.wrapping_add(1);
    }
    phone.timestamp = phone.timestamp.wrapping_add(phone.ticks() * 7);
}

fn with_events(house: &House, leg: endpoint::LegId, phone: &mut Phone, payload_type: Option<u8>) {
    phone.telephone_event = payload_type;
    house.order(Order::Negotiated { leg, media: phone.media() });
}

#[test]
fn keys_are_passed_on_as_events_between_clocks() {
    for (one, two) in [(Opus, Pcmu), (Pcmu, Opus), (G722, Pcma), (Opus, Opus)] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, one, 700.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, two, 1100.0);
        with_events(&house, CALLER, &mut caller, Some(101));
        with_events(&house, OPERATOR, &mut operator, Some(110));
        house.order(Order::RelayDigits { leg: CALLER, on: true });
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 800) > LOUD);
        for digit in ['5', '#'] {
            operator.forget();
            press(&mut caller, digit, 101);
            talk_until(&mut [&mut caller, &mut operator], "the key", |phones| phones[1].others.len() == 8);
            let (first, _) = operator.others[0];
            for (n, (header, payload)) in operator.others.iter().enumerate() {
                let event = TelephoneEvent::parse(payload).unwrap();
                assert_eq!((header.payload_type, header.timestamp), (110, first.timestamp));
                assert_eq!(event.digit(), Some(digit));
                let lasts = EVENT_STEP * (n as u16 + 1).min(6);
                assert_eq!((event.duration, event.end), (lasts, n >= 5), "{one:?}-{two:?}");
            }
            talk_until(&mut [&mut caller, &mut operator], "speech goes on", |phones| {
                phones[1].hears(700.0, 800) > LOUD
            });
        }
    }
}

/// The frequencies of Q.23 that stand out in a stretch of sound: another opinion than the product's detector.
fn tones_in(part: &[f32]) -> Vec<u32> {
    let all = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0f32];
    let total = part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32;
    all.into_iter().filter(|&hz| power(part, hz) > 0.3 * total && total > 1e5).map(|hz| hz as u32).collect()
}

#[test]
fn a_key_becomes_a_tone_for_those_who_have_no_events() {
    for (one, two) in [(Pcmu, Pcmu), (Pcmu, G722), (Opus, Pcma), (Opus, Opus)] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, one, 400.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, two, 1100.0);
        with_events(&house, CALLER, &mut caller, Some(101));
        house.order(Order::RelayDigits { leg: CALLER, on: true });
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(400.0, 800) > LOUD);
        operator.forget();
        press(&mut caller, '5', 101);
        press(&mut caller, '5', 101);
        talk(&mut [&mut caller, &mut operator], 100);
        talk_until(&mut [&mut caller, &mut operator], "speech again", |phones| phones[1].hears(400.0, 800) > LOUD);
        assert!(operator.others.is_empty());
        // The key's two tones and nothing else, not even the caller's voice, for 100 ms, twice.
        let blocks: Vec<bool> = operator.heard.chunks_exact(80).map(|part| tones_in(part).len() >= 2).collect();
        let keys = operator.heard.windows(640).step_by(40).filter(|part| tones_in(part) == [770, 1336]).count();
        assert!(keys >= 4, "{one:?}-{two:?}: {keys} of {}", blocks.len());
        let mut heard = rtp::dtmf::Detector::default();
        let digits: String = operator
            .heard
            .chunks(160)
            .filter_map(|part| heard.hear(part.iter().map(|&sample| sample as i16)))
            .collect();
        assert_eq!(digits, "55", "{one:?}-{two:?}");
    }
}

#[test]
fn keys_in_the_audio_of_every_codec_are_told() {
    for codec in [Opus, G722] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, codec, 700.0);
        house.order(Order::DetectDigits { leg: CALLER, on: true });
        caller.speaks = false;
        for digit in "0120#".chars() {
            let (low, high) = tone::dtmf(digit).unwrap();
            let (low, high) = (tone::sine(low, 5000.0, 960), tone::sine(high, 5000.0, 960));
            let mut audio: Vec<i16> = low.iter().zip(&high).map(|(low, high)| low + high).collect();
            audio.extend([0; 640]);
            for frame in audio.chunks(160) {
                caller.say_frame(frame);
                let mut nobody: [&mut Phone; 0] = [];
                talk(&mut nobody, 20);
            }
        }
        let digits = || -> String {
            let digit = |event: &Event| if let Event::Digit { digit, .. } = event { Some(*digit) } else { None };
            house.told().iter().filter_map(digit).collect()
        };
        talk_until(&mut [&mut caller], "keys", |_| digits().len() >= 5);
        assert_eq!(digits(), "0120#", "{codec:?}");
    }
}

#[test]
fn w09_comfort_noise_is_soft_noise_to_the_hearer_and_silence_in_the_recording() {
    for two in [Pcmu, Opus] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
        let mut operator = house.phone(OPERATOR, Side::Ours, two, 1100.0);
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 800) > LOUD);
        let start = house.record();
        caller.speaks = false;
        caller.send(13, &[45]);
        caller.sequence = caller.sequence.wrapping_add(1);
        talk(&mut [&mut caller, &mut operator], 300);
        operator.forget();
        talk_until(&mut [&mut caller, &mut operator], "noise", |phones| phones[1].heard.len() >= 4000);
        let level = operator.heard.iter().map(|sample| sample * sample).sum::<f32>() / operator.heard.len() as f32;
        let level = 10.0 * level.log10() - 90.31;
        assert!((-52.0..-42.0).contains(&level), "{two:?}: {level} dBov");
        assert!(operator.others.is_empty(), "as audio: a phone need not know more");
        caller.speaks = true;
        operator.forget();
        talk_until(&mut [&mut caller, &mut operator], "speech again", |phones| {
            phones[1].hears(700.0, 1600) > 3.0 * LOUD
        });
        let (_, samples) = house.recorded(start, Duration::from_millis(600));
        assert!(samples[800..].iter().take(3000).all(|pair| pair[0] == 0), "{two:?}");
    }
}
