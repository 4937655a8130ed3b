//! What a recording must hold, whatever the network does.

use super::*;
use crate::g711;
use crate::track::Track;
use proptest::prelude::*;

const FRAME: i64 = 160;

fn at(place: Place) -> i64 {
    match place {
        Place::At { position, .. } => position,
        Place::Late => panic!("late"),
    }
}

fn frame(timeline: &mut Timeline, arrival: i64, ssrc: u32, timestamp: u32) -> Place {
    timeline.place(arrival, ssrc, timestamp, 160, || true)
}

#[test]
fn jitter_and_reordering_leave_no_trace() {
    let mut timeline = Timeline::default();
    let mut places = Vec::new();
    for (n, jitter) in [(0, 0), (1, 90), (3, 10), (2, 300), (4, 30), (5, 0)] {
        places.push((n, at(frame(&mut timeline, 1000 + n * FRAME + jitter, 1, 5000 + n as u32 * 160))));
    }
    for (n, position) in places {
        assert_eq!(position, 1000 + n * FRAME);
    }
}

#[test]
fn timestamps_wrap() {
    let mut timeline = Timeline::default();
    for n in 0..100 {
        let timestamp = (u32::MAX - 5000).wrapping_add(n as u32 * 160);
        assert_eq!(at(frame(&mut timeline, n * FRAME, 1, timestamp)), n * FRAME);
    }
}

#[test]
fn w09_a_new_ssrc_is_placed_where_it_arrives() {
    let mut timeline = Timeline::default();
    frame(&mut timeline, 0, 1, 777);
    assert_eq!(at(frame(&mut timeline, 900, 2, 123_456_789)), 900);
    assert_eq!(at(frame(&mut timeline, 1060, 2, 123_456_949)), 1060);
}

#[test]
fn a_jump_of_the_timestamps_moves_nothing() {
    let mut timeline = Timeline::default();
    for n in 0..10 {
        frame(&mut timeline, n * FRAME, 1, n as u32 * 160);
    }
    assert_eq!(at(frame(&mut timeline, 1600, 1, 900_000)), 1600);
    // Set back: believed once it goes on.
    let mut lost = 0;
    let mut last = Place::Late;
    for n in 0..20 {
        last = frame(&mut timeline, 1760 + n * FRAME, 1, 4000 + n as u32 * 160);
        lost += u32::from(last == Place::Late);
    }
    assert_eq!((lost, at(last)), (STEADY_PACKETS - 1, 1760 + 19 * FRAME));
}

#[test]
fn a_sender_that_stopped_its_clock_on_hold_is_found_again() {
    let mut timeline = Timeline::default();
    for n in 0..10 {
        frame(&mut timeline, n * FRAME, 1, n as u32 * 160);
    }
    assert_eq!(at(frame(&mut timeline, 100_000, 1, 1600)), 100_000);
    // A silence during which the clock ran on is simply silence.
    assert_eq!(at(frame(&mut timeline, 200_000, 1, 101_600)), 200_000);
}

#[test]
fn a_burst_after_a_stall_is_placed_or_late_but_never_piled_up() {
    let mut timeline = Timeline::default();
    for n in 0..50 {
        frame(&mut timeline, n * FRAME, 1, n as u32 * 160);
    }
    // 25 packets held for half a second come at once; those of the last 250 ms find their place.
    let mut placed = 0;
    for n in 50..75 {
        match frame(&mut timeline, 74 * FRAME, 1, n as u32 * 160) {
            Place::At { position, skip } => {
                assert_eq!((position, skip), (n * FRAME, 0));
                placed += 1;
            }
            Place::Late => assert!((74 - n) * FRAME > LATE_MAX),
        }
    }
    assert_eq!(placed, 13);
    assert_eq!(at(frame(&mut timeline, 75 * FRAME, 1, 75 * 160)), 75 * FRAME);
}

#[test]
fn a_first_packet_that_was_late_is_corrected_in_a_pause() {
    let mut timeline = Timeline::default();
    frame(&mut timeline, 200, 1, 0);
    let spoken = timeline.place(160, 1, 160, 160, || false);
    assert_eq!(at(spoken), 360);
    let pause = timeline.place(320, 1, 320, 160, || true);
    assert_eq!(pause, Place::At { position: 320, skip: 200 });
    assert_eq!(timeline.place(480, 1, 480, 160, || false), Place::At { position: 480, skip: 40 });
    assert_eq!(timeline.place(640, 1, 640, 160, || false), Place::At { position: 640, skip: 0 });
}

#[test]
fn duplicates_land_on_the_original_even_after_a_correction() {
    let mut timeline = Timeline::default();
    let first = frame(&mut timeline, 300, 1, 0);
    assert_eq!(at(frame(&mut timeline, 160, 1, 160)), 160);
    assert_eq!(frame(&mut timeline, 161, 1, 0), first);
}

/// A peer: its clock, its network, what it sends.
#[derive(Clone, Debug)]
struct Peer {
    ppm: i64,
    jitter: Vec<i64>,
    loss: Vec<bool>,
    twice: Vec<bool>,
    quiet: Vec<bool>,
    /// Frame numbers at which the SSRC changes, with the new stream's first timestamp.
    restarts: Vec<(usize, u32)>,
    first: u32,
}

fn peer(frames: usize) -> impl Strategy<Value = Peer> {
    let some = |percent: f64, length: usize| prop::collection::vec(prop::bool::weighted(percent), length);
    (
        -400i64..400,
        prop::collection::vec(0i64..280, frames),
        some(0.2, frames),
        some(0.1, frames),
        some(0.3, frames),
        prop::collection::vec((0..frames, any::<u32>()), 0..3),
        any::<u32>(),
    )
        .prop_map(|(ppm, jitter, loss, twice, quiet, restarts, first)| Peer {
            ppm,
            jitter,
            loss,
            twice,
            quiet,
            restarts,
            first,
        })
}

/// A packet on its way: when it arrives, when (on our clock) it was spoken, and what it says.
#[derive(Clone, Copy)]
struct Sent {
    arrival: i64,
    spoken: i64,
    frame: usize,
    ssrc: u32,
    timestamp: u32,
}

impl Peer {
    fn packets(&self) -> Vec<Sent> {
        let mut packets = Vec::new();
        let (mut ssrc, mut timestamp) = (1, self.first);
        for frame in 0..self.jitter.len() {
            if let Some((_, first)) = self.restarts.iter().find(|(at, _)| *at == frame) {
                (ssrc, timestamp) = (ssrc + 1, *first);
            }
            let spoken = frame as i64 * FRAME;
            let spoken = 4000 + spoken + spoken * self.ppm / 1_000_000;
            let sent = Sent { arrival: spoken + self.jitter[frame], spoken, frame, ssrc, timestamp };
            if !self.loss[frame] {
                packets.push(sent);
                if self.twice[frame] {
                    packets.push(Sent { arrival: sent.arrival + 100, ..sent });
                }
            }
            timestamp = timestamp.wrapping_add(160);
        }
        packets.sort_by_key(|packet| packet.arrival);
        packets
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// F48, W09: drift up to 400 ppm, jitter up to 35 ms, a fifth lost, some doubled, the SSRC changing.
    #[test]
    fn f48_nothing_is_ever_more_than_40_ms_from_the_calls_clock(peer in peer(3000)) {
        let mut timeline = Timeline::default();
        for packet in peer.packets() {
            let quiet = peer.quiet[packet.frame];
            if let Place::At { position, .. } = timeline.place(packet.arrival, packet.ssrc, packet.timestamp, 160, || quiet) {
                let error = (position - packet.spoken).abs();
                prop_assert!(error <= 320, "frame {}: {} samples", packet.frame, error);
            }
        }
    }

    /// What was lost is silence; what came is there, once, and the recording is as long as the call.
    #[test]
    fn w11_loss_leaves_silence_and_duplicates_leave_nothing(mut peer in peer(400)) {
        (peer.ppm, peer.restarts) = (0, Vec::new());
        // The first packet is the fastest: then every place is exact.
        peer.jitter.iter_mut().for_each(|jitter| *jitter += 1);
        (peer.jitter[0], peer.loss[0]) = (0, false);
        let mut timeline = Timeline::default();
        let mut track = Track::default();
        let mut recorded = Vec::new();
        for packet in peer.packets() {
            while recorded.len() as i64 + 4000 < packet.arrival {
                let mut block = [0; 1000];
                track.drain(&mut block);
                recorded.extend(block);
            }
            let tone = [g711::mu_encode(1000 + packet.frame as i16 * 8); 160];
            if let Place::At { position, skip } = timeline.place(packet.arrival, packet.ssrc, packet.timestamp, 160, || true) {
                track.write(position, &tone[skip.min(160)..]);
            }
        }
        let mut rest = [0; 8000];
        track.drain(&mut rest);
        recorded.extend(rest);
        for frame in 0..400 {
            let value = g711::mu_decode(g711::mu_encode(1000 + frame as i16 * 8));
            let expected = if peer.loss[frame] { 0 } else { value };
            let from = 4000 + frame * 160;
            prop_assert!(recorded[from..from + 160].iter().all(|&sample| sample == expected), "frame {}", frame);
        }
    }

    #[test]
    fn anything_may_come(packets in prop::collection::vec((any::<i32>(), 0u32..2, any::<u32>(), any::<u32>(), any::<bool>()), 0..200)) {
        let mut timeline = Timeline::default();
        for (arrival, ssrc, timestamp, samples, quiet) in packets {
            timeline.place(i64::from(arrival), ssrc, timestamp, samples, || quiet);
        }
    }
}
