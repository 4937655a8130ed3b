//! X11 through the recorder: packets with known times in, the moment of the first word out.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use rtp::g711;
use sdp::Codec;
use switch::CallId;
use switch::media::{RecordingFile, Side};

use super::desk::Desk;
use super::finish::{Job, heard_whole};
use super::marks::Told;
use super::scan::scan;
use super::tap::{Record, Tap};
use super::wav_file::RealDisk;
use crate::EventSink;
use crate::clock::MILLISECOND;

/// Milliseconds of a packet.
const PTIME: u64 = 20;

/// A call whose operator's packets begin `first` milliseconds after our 200 and whose voice begins at `voice`, both in 20 ms
/// packets that are up to `jitter` milliseconds late; when the recording says that the operator spoke first.
fn measured(codec: Codec, first: u64, voice: u64, jitter: u64) -> Option<u32> {
    let folder = tempfile::tempdir().unwrap();
    let (to_desk, blocks) = sync_channel(8);
    let (mut tap, returns) = Tap::new(0, to_desk, 8);
    let (finisher, jobs) = sync_channel(8);
    let events = EventSink(Arc::new(|event| panic!("{event:?}")));
    let mut desk = Desk::new(folder.path().to_owned(), events, vec![returns], finisher, Arc::new(RealDisk));
    let (call, start) = (CallId(7), 1_000 * MILLISECOND);
    tap.start(start, call, start, RecordingFile { stem: "call".to_owned() });
    let ours = tap.join(start, call, Side::Ours);
    let callers = tap.join(start, call, Side::Caller);
    let encode = |sample: i16| if codec == Codec::Pcma { g711::a_encode(sample) } else { g711::mu_encode(sample) };
    for n in 0..150u64 {
        // The same lateness at every run, none of it for the first packet.
        let late = n * 7 % (jitter + 1);
        let begins = first + n * PTIME;
        let sample = |at: u64| {
            let ms = begins as f64 + at as f64 / 8.0;
            let sounds = ms >= voice as f64;
            if sounds { ((ms * 1.382).sin() * 6_000.0) as i16 } else { 0 }
        };
        let payload: Vec<u8> = (0..160).map(|at| encode(sample(at))).collect();
        let arrival = start + (begins + late) * MILLISECOND;
        let timestamp = (n * 160) as u32;
        tap.record(&Record { stream: ours, arrival, timestamp, ssrc: 9, codec, payload: &payload });
        // The caller speaks all the time, and does not count.
        let payload = &[0x80; 160];
        tap.record(&Record { stream: callers, arrival, timestamp, ssrc: 8, codec: Codec::Pcmu, payload });
    }
    let end = start + (first + 3_100) * MILLISECOND;
    tap.stop(end, call, end);
    tap.hand_over(end);
    desk.take(blocks.try_recv().unwrap());
    assert!(matches!(jobs.try_recv().unwrap(), Job::Finish(_)));
    scan(&folder.path().join("call.wav.part")).unwrap().first_speech_ms
}

#[test]
fn x11_the_first_word_is_found_within_20_ms_of_when_its_packet_went_to_the_caller() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        for (first, voice) in [(0, 0), (35, 35), (60, 1_234), (700, 1_001), (10, 2_500)] {
            for jitter in [0, 15] {
                let found = measured(codec, first, voice, jitter);
                let near = found.is_some_and(|found| u64::from(found).abs_diff(voice) <= 20);
                assert!(near, "{codec:?}: {found:?} instead of {voice} ms, jitter {jitter} ms");
            }
        }
    }
}

#[test]
fn x11_an_operator_of_whom_nothing_is_heard_is_not_measured() {
    assert_eq!(measured(Codec::Pcmu, 0, 10_000, 0), None);
}

#[test]
fn x11_what_may_hide_the_first_word_leaves_it_unknown() {
    let told = |gaps: &[(u32, u32)], pauses: &[(u32, u32)]| Told { gaps: gaps.to_vec(), pauses: pauses.to_vec() };
    assert_eq!(heard_whole(Some(800), &told(&[], &[])), Some(800));
    assert_eq!(heard_whole(Some(800), &told(&[(900, 100)], &[(5_000, 1)])), Some(800));
    assert_eq!(heard_whole(Some(800), &told(&[(100, 20)], &[])), None);
    assert_eq!(heard_whole(Some(800), &told(&[], &[(0, 500)])), None);
    assert_eq!(heard_whole(None, &told(&[], &[])), None);
}
