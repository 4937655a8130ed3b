//! Keys: told once, passed on only when allowed.

use super::house::*;
use endpoint::LegId;
use rtp::telephone_event::TelephoneEvent;
use rtp::{g711, tone};
use sdp::Codec::{Pcma, Pcmu};
use switch::media::{Event, Order, Side};

/// Presses a key by events: five packets and three ends.
fn press(phone: &mut Phone, digit: char, payload_type: u8) {
    let event = TelephoneEvent::event_of(digit).unwrap();
    for n in 1..=8u16 {
        let block = TelephoneEvent { event, end: n > 5, volume: 10, duration: 160 * n.min(6) };
        phone.send(payload_type, &block.to_bytes());
        phone.sequence = phone.sequence.wrapping_add(1);
    }
    phone.timestamp = phone.timestamp.wrapping_add(160 * 7);
}

fn digits(house: &House, leg: LegId) -> String {
    let digit =
        |event: &Event| if let Event::Digit { leg: of, digit } = event { (*of == leg).then_some(*digit) } else { None };
    house.told().iter().filter_map(digit).collect()
}

#[test]
fn keys_are_told_once_and_passed_on_only_when_allowed() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    caller.telephone_event = Some(101);
    operator.telephone_event = Some(96);
    house.order(Order::Negotiated { leg: CALLER, media: caller.media() });
    house.order(Order::Negotiated { leg: OPERATOR, media: operator.media() });
    house.order(Order::DetectDigits { leg: CALLER, on: true });
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 800) > LOUD);
    for digit in ['1', '1', '#'] {
        press(&mut caller, digit, 101);
        talk(&mut [&mut caller, &mut operator], 60);
    }
    talk_until(&mut [&mut caller, &mut operator], "keys", |_| digits(&house, CALLER).len() >= 3);
    assert_eq!(digits(&house, CALLER), "11#");
    assert!(operator.others.is_empty(), "not passed on");
    assert!(operator.headers.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));

    house.order(Order::RelayDigits { leg: CALLER, on: true });
    house.order(Order::DetectDigits { leg: CALLER, on: false });
    talk(&mut [&mut caller, &mut operator], 100);
    press(&mut caller, '5', 101);
    talk_until(&mut [&mut caller, &mut operator], "passed on", |phones| phones[1].others.len() == 8);
    assert!(operator.others.iter().all(|(header, payload)| header.payload_type == 96 && payload[0] == 5));
    assert!(operator.others.windows(2).all(|pair| pair[1].0.timestamp == pair[0].0.timestamp));
    assert_eq!(digits(&house, CALLER), "11#", "no longer told");
}

#[test]
fn keys_in_the_audio_are_heard_where_there_are_no_events() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcma, 700.0);
    house.order(Order::DetectDigits { leg: CALLER, on: true });
    caller.speaks = false;
    talk(&mut [&mut caller], 100);
    for digit in "0120#".chars() {
        let (low, high) = tone::dtmf(digit).unwrap();
        let (low, high) = (tone::sine(low, 5000.0, 800), tone::sine(high, 5000.0, 800));
        let audio: Vec<u8> = low.iter().zip(&high).map(|(low, high)| g711::a_encode(low + high)).collect();
        for frame in audio.chunks(160).chain(vec![&[0xD5u8; 160][..]; 4]) {
            caller.send(8, frame);
            caller.sequence = caller.sequence.wrapping_add(1);
            talk(&mut [&mut caller], 20);
        }
    }
    talk_until(&mut [&mut caller], "keys", |_| digits(&house, CALLER).len() >= 5);
    assert_eq!(digits(&house, CALLER), "0120#");
}
