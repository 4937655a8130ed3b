//! Strangers, and peers that move.

use super::house::*;
use rtp::rtcp::{Block, Compound, Rtcp, SenderInfo, parse};
use rtp::statistics::LossReport;
use sdp::Codec::Pcmu;
use std::time::Duration;
use switch::media::{Event, Side};

#[test]
fn r11_a_strangers_packets_are_neither_passed_on_nor_recorded_nor_answered() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    let mut to_caller = Phone::new(house.address(66, 4000), caller.to, Pcmu, 1900.0);
    let mut to_operator = Phone::new(house.address(67, 4000), operator.to, Pcmu, 2300.0);
    let start = house.record();
    house.bridge(CALLER, OPERATOR);
    // They are there first, and go on throughout; one steals the caller's SSRC and numbers.
    talk(&mut [&mut to_caller, &mut to_operator], 300);
    (to_caller.ssrc, to_caller.sequence, to_caller.timestamp) = (caller.ssrc, caller.sequence, caller.timestamp);
    talk(&mut [&mut to_caller, &mut to_operator, &mut caller, &mut operator], 1500);
    for (stranger, hz) in [(&to_caller, 1900.0), (&to_operator, 2300.0)] {
        assert!(stranger.heard.is_empty() && stranger.others.is_empty(), "answered");
        assert!(caller.hears(hz, 8000) < 3000.0 && operator.hears(hz, 8000) < 3000.0, "passed on");
    }
    assert!(caller.hears(1100.0, 1600) > LOUD && operator.hears(700.0, 1600) > LOUD);
    let (_, samples) = house.recorded(start, Duration::from_millis(1800));
    for (channel, hz) in [(0, 1900.0), (1, 1900.0), (0, 2300.0), (1, 2300.0)] {
        assert!(recorded_power(&samples, channel, hz) < 3000.0, "recorded");
    }
    assert!(recorded_power(&samples, 0, 700.0) > LOUD && recorded_power(&samples, 1, 1100.0) > LOUD);
    assert!(house.close(CALLER).strangers >= 10);
    assert!(house.close(OPERATOR).strangers >= 10);
}

#[test]
fn r12_rubbish_and_a_goodbye_harm_nothing() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    let goodbye = Compound::report(caller.ssrc, None, None, "x", true);
    let mut random = 1u32;
    for n in 0..200usize {
        let bytes: Vec<u8> = (0..n)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        // Even from the peer's own address.
        caller.socket.send_to(&bytes, caller.to).unwrap();
        caller.socket.send_to(goodbye.as_bytes(), caller.to).unwrap();
        let rtcp = std::net::SocketAddr::new(caller.to.ip(), caller.to.port() + 1);
        caller.rtcp.send_to(&bytes, rtcp).unwrap();
        caller.rtcp.send_to(goodbye.as_bytes(), rtcp).unwrap();
    }
    operator.forget();
    talk_until(&mut [&mut caller, &mut operator], "unharmed", |phones| {
        phones[1].hears(700.0, 1600) > LOUD && phones[0].hears(1100.0, 1600) > LOUD
    });
}

#[test]
fn r30_after_three_seconds_of_silence_the_peer_may_come_from_another_port() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    let mut moved = Phone::new(house.address(11, 7000), caller.to, Pcmu, 1900.0);
    operator.forget();
    talk(&mut [&mut caller, &mut operator, &mut moved], 300);
    assert!(operator.hears(1900.0, 1600) < 3000.0 && moved.heard.is_empty(), "not while the first one speaks");
    caller.speaks = false;
    house.wait(|event| matches!(event, Event::Silent { leg: CALLER, seconds: 3 }));
    talk_until(&mut [&mut moved, &mut operator], "moved", |phones| {
        phones[1].hears(1900.0, 1600) > LOUD && phones[0].hears(1100.0, 1600) > LOUD
    });
}

#[test]
fn rtcp_is_sent_and_read() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 300);
    let ssrc = caller.headers[0].ssrc;
    let info = SenderInfo { ntp: 0x1122_3344_5566_7788, timestamp: 0, packets: 1, bytes: 160 };
    let loss = LossReport { fraction_lost: 25, cumulative_lost: 3, highest: 7, jitter: 0 };
    let block = Block { ssrc, loss, last_sender_report: 0, delay_since: 0 };
    let report = Compound::report(caller.ssrc, Some(info), Some(block), "caller", false);
    let to = std::net::SocketAddr::new(caller.to.ip(), caller.to.port() + 1);
    caller.rtcp.send_to(report.as_bytes(), to).unwrap();
    let mut buffer = [0; 500];
    talk_until(&mut [&mut caller, &mut operator], "a report", |phones| phones[0].rtcp.peek_from(&mut [0; 500]).is_ok());
    let (length, _) = caller.rtcp.recv_from(&mut buffer).unwrap();
    let packets: Vec<Rtcp<'_>> = parse(&buffer[..length]).collect();
    let Rtcp::Report { ssrc: from, sender: Some(sender), blocks } = packets[0] else { panic!("{packets:?}") };
    assert_eq!(from, ssrc);
    assert!(sender.packets > 10 && sender.bytes == sender.packets * 160);
    let block = blocks.iter().next().unwrap();
    assert_eq!((block.ssrc, block.last_sender_report), (caller.ssrc, 0x3344_5566));
    assert_eq!(block.loss.cumulative_lost, 0);
    assert_eq!(house.close(CALLER).remote_fraction_lost, Some(25));
    // Before LegClosed was told, the last report had been sent.
    let mut goodbyes = 0;
    while let Ok((length, _)) = caller.rtcp.recv_from(&mut buffer) {
        goodbyes += parse(&buffer[..length]).filter(|packet| matches!(packet, Rtcp::Goodbye { .. })).count();
    }
    assert_eq!(goodbyes, 1);
}
