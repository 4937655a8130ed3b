//! What comes to a media port: single packets, and streams of them with any sequence numbers, timestamps and delays.

use super::choices::Choices;
use rtp::dtmf;
use rtp::packet::{HEADER_BYTES, is_rtcp};
use rtp::telephone_event::{Presses, TelephoneEvent};
use rtp::{Packet, Place, Reception, Timeline, g711};

/// How far timestamps may run ahead before their stream is found anew: a second.
const JUMP: i64 = 8_000;

/// The target: the same bytes as a packet and as a story of packets.
pub fn run(bytes: &[u8]) {
    packet(bytes);
    story(&mut Choices::new(bytes));
}

fn packet(bytes: &[u8]) {
    let _ = is_rtcp(bytes);
    let Ok(packet) = Packet::parse(bytes) else { return };
    let range = packet.payload_range();
    assert!(range.start >= HEADER_BYTES && range.end <= bytes.len());
    assert_eq!(&bytes[range], packet.payload);
    assert!(packet.csrcs().count() <= 15);
    let mut copy = [0; HEADER_BYTES];
    assert!(packet.header.write(&mut copy));
    assert_eq!(Packet::parse(&copy).map(|packet| packet.header), Ok(packet.header));
    if let Some(event) = TelephoneEvent::parse(packet.payload) {
        let _ = event.digit();
    }
}

fn story(choices: &mut Choices<'_>) {
    let (mut timeline, mut reception) = (Timeline::default(), Reception::default());
    let (mut presses, mut detector) = (Presses::default(), dtmf::Detector::default());
    let (mut arrival, mut sequence, mut timestamp) = (0_i64, choices.word(), choices.long());
    while !choices.is_over() {
        let step = choices.byte();
        arrival += i64::from(if step & 1 == 0 { 160 } else { choices.word() });
        sequence = if step & 2 == 0 { sequence.wrapping_add(1) } else { choices.word() };
        timestamp = if step & 4 == 0 { timestamp.wrapping_add(160) } else { choices.long() };
        let ssrc = u32::from(step >> 6);
        let quiet = step & 8 == 0;
        let samples = if step & 16 == 0 { 160 } else { u32::from(choices.word() % 2_048) };
        reception.heard(ssrc, sequence, timestamp, arrival as u32);
        if let Place::At { position, .. } = timeline.place(arrival, ssrc, timestamp, samples, || quiet) {
            // A recording is hardly longer than the call, whatever the timestamps say: three stretches, a jump each.
            assert!(position <= arrival + 3 * JUMP, "{position} at {arrival}");
        }
        let payload = choices.bytes(usize::from(step & 32 >> 3));
        let _ = presses.heard(timestamp, payload);
        let _ = detector.hear(payload.iter().map(|byte| g711::mu_decode(*byte)));
    }
    let _ = (reception.report(), reception.lost(), reception.jitter(), timeline.corrections());
}
