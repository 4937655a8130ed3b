//! SRTP with keys out of the SDP, against phones that speak it; and RTCP on the RTP port.

use std::cell::RefCell;

use rtp::rtcp::{Compound, Rtcp, SenderInfo, parse};
use sdp::Codec::Pcmu;
use sdp::{KeySalt, Suite};
use srtp::Context;
use switch::media::{LegMedia, Order, Sdes, Security, Side};

use super::house::*;

const HERE: u8 = 1;
const THERE: u8 = 2;

/// A key as long as its suite wants it.
fn key(suite: Suite, n: u8) -> KeySalt {
    KeySalt(vec![n; ours(suite).key_salt_bytes()])
}

fn ours(suite: Suite) -> srtp::Suite {
    match suite {
        Suite::AesCm128HmacSha1_80 => srtp::Suite::AesCm128HmacSha1_80,
        Suite::AesCm128HmacSha1_32 => srtp::Suite::AesCm128HmacSha1_32,
        Suite::AeadAes128Gcm => srtp::Suite::AeadAes128Gcm,
        Suite::AeadAes256Gcm => srtp::Suite::AeadAes256Gcm,
    }
}

/// A leg protected by SDES, and the phone at its other end.
fn safe_phone(house: &House, leg: endpoint::LegId, suite: Suite, hz: f32) -> (Phone, LegMedia) {
    let sdes = Sdes { suite, send: key(suite, HERE), receive: key(suite, THERE) };
    let terms = |phone: &Phone| LegMedia { security: Security::Sdes(Box::new(sdes.clone())), ..phone.media() };
    let mut phone = house.phone_with(leg, Side::Ours, Pcmu, hz, terms);
    let context = |n| Context::new(ours(suite), &key(suite, n).0).unwrap();
    phone.wire = Some(RefCell::new(Wire { keys: Some((context(THERE), context(HERE))), ..Wire::default() }));
    let media = terms(&phone);
    (phone, media)
}

fn refused(phone: &Phone) -> usize {
    phone.wire.as_ref().unwrap().borrow().refused
}

#[test]
fn voice_and_recording_pass_between_a_plain_leg_and_one_with_srtp() {
    for suite in [Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32, Suite::AeadAes128Gcm, Suite::AeadAes256Gcm] {
        let house = House::new();
        let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
        let (mut operator, _) = safe_phone(&house, OPERATOR, suite, 1100.0);
        let start = house.record();
        house.bridge(CALLER, OPERATOR);
        talk_until(&mut [&mut caller, &mut operator], "both hear", |phones| {
            phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
        });
        // What came all at once reaches beyond the moment: it is not to be cut off.
        talk(&mut [&mut caller, &mut operator], 500);
        let (_, samples) = house.recorded(start, start.elapsed());
        // On a busy machine the phones falter: somewhere each is heard whole.
        let speaks =
            |channel, hz| samples.windows(640).step_by(80).any(|part| recorded_power(part, channel, hz) > LOUD);
        assert!(speaks(0, 700.0) && speaks(1, 1100.0));
        house.play(OPERATOR, "low", true);
        talk_until(&mut [&mut caller, &mut operator], "a prompt", |phones| phones[1].hears(500.0, 800) > LOUD);
    }
}

#[test]
fn two_protected_legs_that_hear_one_each_get_it_under_their_own_key() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, _) = safe_phone(&house, OPERATOR, Suite::AesCm128HmacSha1_80, 1100.0);
    let (mut mobile, _) = safe_phone(&house, MOBILE, Suite::AeadAes128Gcm, 1500.0);
    house.bridge(CALLER, OPERATOR);
    house.order(Order::Hear { leg: MOBILE, source: switch::media::Source::Leg(CALLER) });
    talk_until(&mut [&mut caller, &mut operator, &mut mobile], "both hear the caller", |phones| {
        phones[1].hears(700.0, 1600) > LOUD && phones[2].hears(700.0, 1600) > LOUD
    });
}

#[test]
fn r13_a_wrong_key_is_silence_both_ways_and_ends_nothing() {
    let house = House::new();
    let suite = Suite::AesCm128HmacSha1_80;
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, media) = safe_phone(&house, OPERATOR, suite, 1100.0);
    let wrong = Sdes { suite, send: key(suite, 8), receive: key(suite, 9) };
    let media_wrong = LegMedia { security: Security::Sdes(Box::new(wrong)), ..media.clone() };
    house.order(Order::Negotiated { leg: OPERATOR, media: media_wrong });
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 200);
    caller.forget();
    operator.forget();
    talk(&mut [&mut caller, &mut operator], 500);
    assert!(caller.hears(1100.0, 800) < 3000.0 && operator.heard.is_empty());
    assert!(refused(&operator) > 10);
    // The right keys, and it is as if nothing had been.
    house.order(Order::Negotiated { leg: OPERATOR, media });
    talk_until(&mut [&mut caller, &mut operator], "the right keys", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    assert!(house.close(OPERATOR).strangers >= 20);
}

#[test]
fn r13_ten_thousand_bad_packets_from_the_peers_own_address_end_nothing() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, _) = safe_phone(&house, OPERATOR, Suite::AeadAes256Gcm, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[0].hears(1100.0, 1600) > LOUD);
    let bad = [vec![0x80, 0, 1, 2], vec![7; 184]].concat();
    for n in 0..10_000u32 {
        operator.socket.send_to(&bad, operator.to).unwrap();
        if n % 500 == 0 {
            talk(&mut [&mut caller, &mut operator], 20);
        }
    }
    caller.forget();
    talk_until(&mut [&mut caller, &mut operator], "unharmed", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    assert!(house.close(OPERATOR).strangers >= 1000, "counted");
}

#[test]
fn r15_a_protected_leg_takes_nothing_and_sends_nothing_in_the_clear() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, media) = safe_phone(&house, OPERATOR, Suite::AesCm128HmacSha1_80, 1100.0);
    // The phone itself speaks plain RTP.
    let keys = operator.wire.take();
    house.bridge(CALLER, OPERATOR);
    let mut clear = Vec::new();
    for _ in 0..30 {
        talk(&mut [&mut caller], 20);
        operator.say();
        let mut buffer = [0; 2000];
        while let Ok((length, _)) = operator.socket.recv_from(&mut buffer) {
            clear.push(buffer[..length].to_vec());
        }
    }
    assert!(clear.len() > 10);
    // All of it is longer by a tag, and none is the tone.
    assert!(clear.iter().all(|packet| packet.len() == 12 + rtp::FRAME + 10), "{:?}", clear[0].len());
    let bytes: Vec<f32> =
        clear.iter().flat_map(|packet| &packet[12..172]).map(|&b| f32::from(rtp::g711::mu_decode(b))).collect();
    assert!(rtp::dtmf::power(&bytes, 700.0) < LOUD / 10.0);
    assert!(caller.hears(1100.0, 800) < 3000.0, "plain RTP is not heard");
    // A key of a length that its suite does not know: silence, not plain voice.
    let short = Sdes { suite: Suite::AeadAes256Gcm, send: KeySalt(vec![1; 30]), receive: KeySalt(vec![2; 30]) };
    let media = LegMedia { security: Security::Sdes(Box::new(short)), ..media };
    house.order(Order::Negotiated { leg: OPERATOR, media });
    talk(&mut [&mut caller], 100);
    while operator.socket.recv_from(&mut [0; 2000]).is_ok() {}
    talk(&mut [&mut caller], 300);
    assert!(operator.socket.recv_from(&mut [0; 2000]).is_err(), "nothing at all");
    drop(keys);
}

#[test]
fn keys_that_did_not_change_keep_their_place_through_a_new_negotiation() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, media) = safe_phone(&house, OPERATOR, Suite::AesCm128HmacSha1_80, 1100.0);
    house.bridge(CALLER, OPERATOR);
    // Its sequence numbers begin shortly before their end: from here on its packets count under rollover 1.
    talk(&mut [&mut caller, &mut operator], 1200);
    assert!(operator.sequence < 1000);
    house.order(Order::Negotiated { leg: OPERATOR, media: LegMedia { send: false, ..media.clone() } });
    talk(&mut [&mut caller, &mut operator], 200);
    house.order(Order::Negotiated { leg: OPERATOR, media });
    talk(&mut [&mut caller, &mut operator], 100);
    caller.forget();
    operator.forget();
    let before = refused(&operator);
    talk_until(&mut [&mut caller, &mut operator], "as before", |phones| {
        phones[0].hears(1100.0, 1600) > LOUD && phones[1].hears(700.0, 1600) > LOUD
    });
    assert_eq!(refused(&operator), before);
}

#[test]
fn r12_reports_of_a_protected_leg_are_protected_and_others_are_not_read() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let (mut operator, media) = safe_phone(&house, OPERATOR, Suite::AesCm128HmacSha1_80, 1100.0);
    house.order(Order::Negotiated { leg: OPERATOR, media: LegMedia { rtcp_mux: true, ..media } });
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "a report", |phones| {
        !phones[1].wire.as_ref().unwrap().borrow().reports.is_empty()
    });
    let ssrc = operator.headers[0].ssrc;
    let report = |fraction_lost| {
        let info = SenderInfo { ntp: 0x1122_3344_5566_7788, timestamp: 0, packets: 1, bytes: 160 };
        let loss = rtp::statistics::LossReport { fraction_lost, cumulative_lost: 3, highest: 7, jitter: 0 };
        let block = rtp::rtcp::Block { ssrc, loss, last_sender_report: 0, delay_since: 0 };
        Compound::report(operator.ssrc, Some(info), Some(block), "operator", false).as_bytes().to_vec()
    };
    let mut protected = report(25);
    let length = protected.len();
    protected.resize(length + srtp::OVERHEAD_MAX, 0);
    {
        let mut wire = operator.wire.as_ref().unwrap().borrow_mut();
        let (send, _) = wire.keys.as_mut().unwrap();
        let length = send.protect_rtcp(&mut protected, length).unwrap();
        operator.socket.send_to(&protected[..length], operator.to).unwrap();
    }
    let rtcp = std::net::SocketAddr::new(operator.to.ip(), operator.to.port() + 1);
    operator.socket.send_to(&report(99), operator.to).unwrap();
    operator.rtcp.send_to(&report(99), rtcp).unwrap();
    talk(&mut [&mut caller, &mut operator], 200);
    assert_eq!(house.close(OPERATOR).remote_fraction_lost, Some(25));
    operator.listen();
    let wire = operator.wire.as_ref().unwrap().borrow();
    let last = wire.reports.last().unwrap();
    assert!(parse(last).any(|packet| matches!(packet, Rtcp::Goodbye { .. })), "the last one, protected too");
    assert_eq!(wire.refused, 0);
}

#[test]
fn reports_share_the_port_of_a_plain_leg_that_wants_it() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let media = LegMedia { rtcp_mux: true, ..caller.media() };
    house.order(Order::Negotiated { leg: CALLER, media });
    let _operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller], 100);
    let mut buffer = [0; 2000];
    let mut reports = 0;
    for _ in 0..500 {
        caller.say();
        talk(&mut [], 20);
        while let Ok((length, _)) = caller.socket.recv_from(&mut buffer) {
            reports += usize::from(rtp::packet::is_rtcp(&buffer[..length]));
        }
        if reports > 0 {
            break;
        }
    }
    assert!(reports > 0, "on the RTP port");
    assert!(caller.rtcp.recv_from(&mut buffer).is_err(), "and on no other");
}
