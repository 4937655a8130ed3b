//! Recording of each codec through loss, disorder, doubles and a change of source: nothing moves, nothing changes pitch.

use super::*;
use codec::{Encoder, FRAME, PAYLOAD_MAX};
use rtp::{dtmf::power, tone};
use sdp::Codec;

const QUIET: u16 = 320;

/// A recording as the desk makes it.
struct Desk {
    ear: Ear,
    timeline: Timeline,
    track: Track,
    out: Vec<f32>,
}

struct Packet {
    arrival_ms: u64,
    ssrc: u32,
    timestamp: u32,
    payload: Vec<u8>,
}

/// A stream of packets of `hz`, sent every 20 ms from `from_ms`, its clock begun at `clock`.
fn stream(kind: Kind, hz: f32, ssrc: u32, clock: u32, from_ms: u64, frames: u32) -> Vec<Packet> {
    let mut encoder = Encoder::new(kind).unwrap();
    encoder.expect_loss(20);
    let ticks = if kind == Kind::Opus { 960 } else { 160 };
    let mut samples = tone::sine(hz, 8000.0, FRAME * frames as usize);
    // Its first 60 ms are silent, so that its beginning shows.
    samples[..3 * FRAME].fill(0);
    (0..frames)
        .zip(samples.chunks(FRAME))
        .map(|(n, frame)| {
            let mut payload = vec![0; PAYLOAD_MAX];
            let length = encoder.encode(frame.try_into().unwrap(), &mut payload);
            payload.truncate(length);
            Packet { arrival_ms: from_ms + 20 * u64::from(n), ssrc, timestamp: clock.wrapping_add(n * ticks), payload }
        })
        .collect()
}

fn record(kind: Kind, packets: &[Packet], until_ms: u64) -> Vec<f32> {
    let rate = if kind == Kind::Opus { Codec::Opus } else { Codec::G722 }.clock_rate();
    let mut desk = Desk {
        ear: Ear::new(kind, rate).unwrap(),
        timeline: Timeline::default(),
        track: Track::default(),
        out: Vec::new(),
    };
    let mut packets = packets.iter().peekable();
    for now in 0..until_ms {
        while let Some(packet) = packets.next_if(|packet| packet.arrival_ms <= now) {
            let record = Record {
                stream: 0,
                arrival: packet.arrival_ms * MILLISECOND,
                timestamp: packet.timestamp,
                ssrc: packet.ssrc,
                codec: if kind == Kind::Opus { Codec::Opus } else { Codec::G722 },
                payload: &packet.payload,
            };
            let arrival = packet.arrival_ms as i64 * 8;
            desk.ear.hear(&record, arrival, QUIET, &mut desk.timeline, &mut desk.track);
        }
        desk.ear.release(now * MILLISECOND, QUIET, &mut desk.track);
        if now >= 250 {
            let mut part = [0i16; 8];
            desk.track.drain(&mut part);
            desk.out.extend(part.map(f32::from));
        }
    }
    desk.ear.flush(QUIET, &mut desk.track);
    let mut rest = [0i16; 2000];
    desk.track.drain(&mut rest);
    desk.out.extend(rest.map(f32::from));
    desk.out
}

fn share(samples: &[f32], hz: f32) -> f32 {
    power(samples, hz) / (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).max(1.0)
}

fn begins(samples: &[f32]) -> usize {
    samples.iter().position(|sample| sample.abs() > 2000.0).unwrap()
}

const KINDS: [Kind; 2] = [Kind::G722, Kind::Opus];

#[test]
fn w09_each_codec_is_recorded_at_its_time_and_pitch_even_where_its_clock_wraps() {
    for kind in KINDS {
        let packets = stream(kind, 700.0, 1, u32::MAX - 40_000, 500, 100);
        let out = record(kind, &packets, 3000);
        assert_eq!(out.len(), 24_000);
        let begin = begins(&out);
        // 500 ms, the 60 silent ones, and what the codec delays.
        assert!((4480..4480 + 320).contains(&begin), "{kind:?}: {begin}");
        let end = out.iter().rposition(|sample| sample.abs() > 2000.0).unwrap();
        assert!((19_600..=20_000).contains(&end), "{kind:?}: {end}");
        let part = &out[6000..19_000];
        assert!(share(part, 700.0) > 0.9, "{kind:?}: {}", share(part, 700.0));
        assert!(power(part, 700.0) > 1.6e7);
    }
}

#[test]
fn w09_disorder_and_doubles_leave_no_trace() {
    for kind in KINDS {
        let plain = stream(kind, 700.0, 1, 5000, 0, 100);
        let expected = record(kind, &plain, 2500);
        let mut packets = Vec::new();
        for (n, packet) in plain.into_iter().enumerate() {
            let double = n % 7 == 3;
            if double {
                packets.push(Packet { arrival_ms: packet.arrival_ms + 90, payload: packet.payload.clone(), ..packet });
            }
            let late = if n % 5 == 2 { 45 } else { 0 };
            packets.push(Packet { arrival_ms: packet.arrival_ms + late, ..packet });
        }
        packets.sort_by_key(|packet| packet.arrival_ms);
        assert_eq!(record(kind, &packets, 2500), expected, "{kind:?}");
    }
}

#[test]
fn w09_loss_moves_nothing_and_garbles_nothing() {
    for kind in KINDS {
        let mut packets = stream(kind, 700.0, 1, 5000, 0, 150);
        // Single ones, two in a row, and half a second.
        let mut n = 0;
        packets.retain(|_| {
            n += 1;
            n % 10 != 0 && n % 37 > 1 && !(100..125).contains(&n)
        });
        let out = record(kind, &packets, 3500);
        assert!((480..800).contains(&begins(&out)), "{kind:?}");
        assert!(out[16_400..19_500].iter().all(|sample| sample.abs() < 100.0), "{kind:?}: a long loss is silence");
        for part in [&out[1000..15_000], &out[20_500..23_500]] {
            // What is missing is silent or concealed; what is there has its pitch.
            assert!(share(part, 700.0) > 0.7, "{kind:?}: {}", share(part, 700.0));
        }
        let end = out.iter().rposition(|sample| sample.abs() > 2000.0).unwrap();
        // The last three are among the lost.
        assert!((23_200..=23_520).contains(&end), "{kind:?}: {end}");
    }
}

#[test]
fn w09_another_source_begins_where_it_comes() {
    for kind in KINDS {
        let mut packets = stream(kind, 700.0, 1, 5000, 0, 50);
        packets.extend(stream(kind, 1100.0, 2, 4_000_000_000, 1000, 50));
        // Stragglers of the first come after the second has begun.
        packets[48].arrival_ms = 1045;
        packets.sort_by_key(|packet| packet.arrival_ms);
        let out = record(kind, &packets, 2500);
        assert!(share(&out[800..7600], 700.0) > 0.9, "{kind:?}");
        let begin = 8000 + begins(&out[8000..]);
        assert!((8480..8480 + 320).contains(&begin), "{kind:?}: {begin}");
        assert!(share(&out[9000..15_800], 1100.0) > 0.9, "{kind:?}");
    }
}

#[test]
fn rubbish_is_neither_heard_nor_does_it_move_anything() {
    for kind in KINDS {
        let mut packets = stream(kind, 700.0, 1, 5000, 0, 100);
        let mut seed = 1u32;
        for n in 0..60u64 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 8
            };
            // Too long for either codec.
            let payload = (0..1000).map(|_| (next() | 3) as u8 | 0x83).collect();
            packets.push(Packet { arrival_ms: 7 + n * 30, ssrc: 1, timestamp: 5000 + next() % 20_000, payload });
        }
        packets.sort_by_key(|packet| packet.arrival_ms);
        let out = record(kind, &packets, 2500);
        if kind == Kind::G722 {
            assert!(share(&out[800..15_800], 700.0) > 0.9);
        }
        assert_eq!(out.len(), 20_000);
    }
}
