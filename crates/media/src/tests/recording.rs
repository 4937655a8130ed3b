//! What the WAV holds.

use super::house::*;
use crate::repair;
use sdp::Codec::{Pcma, Pcmu};
use std::fs;
use std::path::Path;
use std::time::Duration;
use switch::media::{Event, Order, Side};

fn sha256(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    crate::hex(&Sha256::digest(fs::read(path).unwrap()))
}

#[test]
fn f48_one_wav_through_hold_and_transfer_caller_left_ours_right() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcma, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk(&mut [&mut caller, &mut operator], 100);
    let start = house.record();
    // A busy machine takes longer than a second for a second: where each part of the call ended.
    let mut ends = Vec::new();
    talk(&mut [&mut caller, &mut operator], 1000);
    ends.push(start.elapsed());
    // Hold: the caller hears music, which is not recorded; the caller goes on talking, which is.
    house.play(CALLER, "long", true);
    operator.speaks = false;
    talk(&mut [&mut caller, &mut operator], 1000);
    ends.push(start.elapsed());
    // Operator and mobile both talk: their sum is on the right.
    let mut mobile = house.phone(MOBILE, Side::Ours, Pcmu, 1700.0);
    operator.speaks = true;
    talk(&mut [&mut caller, &mut operator, &mut mobile], 1000);
    ends.push(start.elapsed());
    // The operator leaves.
    house.close(OPERATOR);
    house.bridge(CALLER, MOBILE);
    talk(&mut [&mut caller, &mut mobile], 1000);
    ends.push(start.elapsed());
    let frames = start.elapsed().as_millis() as u64 * 8 - 80;
    let (recording, samples) = house.recorded(start, Duration::from_micros(frames * 125));
    assert_eq!((recording.path.as_str(), recording.samples), ("2026/11/21/call.wav", frames));
    assert_eq!(samples.len() as u64, frames, "as long as the call, within a sample");
    let path = house.recordings().join(&recording.path);
    assert_eq!(recording.sha256, sha256(&path));
    assert_eq!(recording.bytes, fs::metadata(&path).unwrap().len());
    assert!(recording.gaps.is_empty());
    assert!(!path.with_extension("wav.part").exists());
    let at = |end: usize| ends[end].as_millis() as usize * 8;
    // Somewhere in the part: phones falter on a busy machine. What is late around its ends may be of the next.
    let heard = |part: usize| {
        let from = part.checked_sub(1).map_or(0, at) + 2000;
        let part = &samples[from..(at(part) - 1000).min(samples.len())];
        let hears = |channel, hz| part.windows(1600).step_by(400).any(|some| recorded_power(some, channel, hz) > LOUD);
        (hears(0, 700.0), hears(1, 1100.0), hears(1, 1700.0))
    };
    assert_eq!(
        [heard(0), heard(1), heard(2), heard(3)],
        [(true, true, false), (true, false, false), (true, true, true), (true, false, true)]
    );
    for (channel, hz) in [(0, 500.0), (1, 500.0), (0, 1100.0), (1, 700.0)] {
        assert!(recorded_power(&samples, channel, hz) < LOUD / 100.0, "{hz} Hz on channel {channel}");
    }
}

#[test]
fn w09_loss_and_a_new_ssrc_leave_silence_and_nothing_moves() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let start = house.record();
    talk(&mut [&mut caller], 1000);
    caller.speaks = false;
    talk(&mut [&mut caller], 1000);
    (caller.ssrc, caller.sequence, caller.timestamp) = (4242, 7, 99);
    caller.speaks = true;
    talk(&mut [&mut caller], 1000);
    let (_, samples) = house.recorded(start, Duration::from_secs(3));
    assert_eq!(samples.len(), 24_000);
    let power = |from: usize, to: usize| recorded_power(&samples[from..to], 0, 700.0);
    assert!(power(1000, 7000) > LOUD && power(17_000, 23_000) > LOUD);
    assert!(samples[9000..15_000].iter().all(|pair| *pair == [0, 0]), "silence, not the last packet again");
    assert!(samples.iter().all(|pair| pair[1] == 0));
}

#[test]
fn w11_a_call_in_which_nobody_speaks_has_a_recording_as_long_as_itself() {
    let house = House::new();
    let start = house.record();
    let (recording, samples) = house.recorded(start, Duration::from_millis(300));
    assert_eq!((recording.samples, samples.len()), (2400, 2400));
    assert!(samples.iter().all(|pair| *pair == [0, 0]));
}

#[test]
fn r27_a_copy_taken_at_any_moment_opens_and_repairs_and_lacks_less_than_a_second() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    let start = house.record();
    let part = house.recordings().join("2026/11/21/call.wav.part");
    let copies = tempfile::tempdir().unwrap();
    let mut taken = Vec::new();
    talk_until(&mut [&mut caller, &mut operator], "a file with a header", |_| {
        fs::metadata(&part).is_ok_and(|part| part.len() >= 44)
    });
    for n in 0..30u64 {
        talk(&mut [&mut caller, &mut operator], 120);
        let elapsed = start.elapsed();
        let bytes = fs::read(&part).unwrap();
        // As a kill leaves it: as it is, and with a header that was never completed or is cut short.
        let header = [&bytes[..], &b"RIFF\0\0\0\0"[..]][usize::from(n % 3 == 1)];
        let mut copy = bytes.clone();
        copy[..8].copy_from_slice(&header[..8]);
        copy.truncate(if n % 7 == 3 { bytes.len() - 3 } else { bytes.len() });
        fs::create_dir_all(copies.path().join(format!("{n}"))).unwrap();
        fs::write(copies.path().join(format!("{n}/call.wav.part")), &copy).unwrap();
        if n % 3 != 1 && n % 7 != 3 {
            let whole = copies.path().join(format!("{n}/as-it-is.wav"));
            fs::write(&whole, &bytes).unwrap();
            // The header follows the samples: between the two there are more of them than it says, and never fewer.
            assert!(read_wav(&whole).len() <= (bytes.len() - 44) / 4, "it can be read at any moment");
        }
        taken.push((n, elapsed));
    }
    let repaired = repair(copies.path()).unwrap();
    assert_eq!(repaired.len(), taken.len());
    let mut lacks = Vec::new();
    for (n, elapsed) in taken {
        let one = repaired.iter().find(|one| one.stem == format!("{n}/call")).unwrap();
        let path = copies.path().join(&one.recording.path);
        assert_eq!((one.recording.bytes, &one.recording.sha256), (fs::metadata(&path).unwrap().len(), &sha256(&path)));
        let samples = read_wav(&path);
        assert_eq!(samples.len() as u64, one.recording.samples);
        let held = Duration::from_micros(one.recording.samples * 125);
        lacks.push(elapsed.saturating_sub(held));
        if samples.len() >= 4000 {
            // Somewhere: a machine that stands still leaves silence between.
            let loud = |side, tone| samples.chunks_exact(2000).any(|part| recorded_power(part, side, tone) > LOUD);
            assert!(loud(0, 700.0) && loud(1, 1100.0), "{n}");
        }
    }
    // The recorder itself is never further behind (see its own test); a machine that stands still may be, now and then.
    lacks.sort();
    assert!(lacks[lacks.len() / 2] < Duration::from_millis(1000), "{lacks:?}");
    assert!(repair(copies.path()).unwrap().is_empty(), "once");
    house.recorded(start, Duration::from_secs(1));
}

#[test]
fn r27_rubbish_among_the_recordings_does_not_stop_the_repair() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty.wav.part"), b"").unwrap();
    fs::write(folder.path().join("short.wav.part"), b"RIFF").unwrap();
    fs::write(folder.path().join("taken.wav.part"), [0; 100]).unwrap();
    fs::write(folder.path().join("taken.wav"), b"finished").unwrap();
    fs::create_dir(folder.path().join("folder.wav.part")).unwrap();
    let stems: Vec<String> = repair(folder.path()).unwrap().into_iter().map(|one| one.stem).collect();
    assert_eq!(stems, ["empty", "short"]);
    assert_eq!(read_wav(&folder.path().join("empty.wav")).len(), 0);
    assert_eq!(fs::read(folder.path().join("taken.wav")).unwrap(), b"finished");
    assert!(repair(&folder.path().join("nowhere")).unwrap().is_empty());
}

#[test]
fn r22_a_disk_that_fails_costs_a_marked_gap_and_the_call_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    // Nothing can be written where a file stands in the folder's place.
    fs::write(&recordings, b"not a folder").unwrap();
    let house = House::in_folder(folder, recordings.clone());
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    let start = house.record();
    talk(&mut [&mut caller, &mut operator], 1500);
    house.wait(|event| matches!(event, Event::RecordingFailed { call: CALL, .. }));
    assert!(operator.hears(700.0, 1600) > LOUD, "the call goes on");
    fs::remove_file(&recordings).unwrap();
    talk(&mut [&mut caller, &mut operator], 2000);
    let (recording, samples) = house.recorded(start, Duration::from_millis(3500));
    assert_eq!(samples.len(), 28_000);
    let [(from, length)] = recording.gaps[..] else { panic!("{:?}", recording.gaps) };
    assert!(from == 0 && (800..3000).contains(&length), "{from} {length}");
    let end = (from + length) as usize * 8;
    // Gaps are told in whole milliseconds.
    assert!(samples[..end - 8].iter().all(|pair| *pair == [0, 0]));
    assert!(recorded_power(&samples[end..], 0, 700.0) > LOUD, "and so does the recording");
    let failures = house.told().iter().filter(|event| matches!(event, Event::RecordingFailed { .. })).count();
    assert_eq!(failures, 0, "told once, not for every write");
}

#[test]
fn r23_a_recorder_that_stands_still_is_not_waited_for_and_loses_nothing_soon() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    fs::write(&recordings, b"not a folder").unwrap();
    let house = House::in_folder(folder, recordings.clone());
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    // The recorder thread will stop in the middle of its first write.
    let gate = std::sync::Arc::clone(&house.gate);
    let closed = gate.lock().unwrap();
    let start = house.record();
    house.wait(|event| matches!(event, Event::RecordingFailed { call: CALL, .. }));
    fs::remove_file(&recordings).unwrap();
    operator.forget();
    let began = start.elapsed();
    talk(&mut [&mut caller, &mut operator], 3000);
    assert!(operator.headers.len() >= 140, "{} packets in 3 s", operator.headers.len());
    assert!(operator.hears(700.0, 16_000) > LOUD);
    drop(closed);
    let (recording, samples) = house.recorded(start, began + Duration::from_secs(3));
    assert!(recording.gaps.is_empty(), "it was all kept in memory: {:?}", recording.gaps);
    let from = samples.len() - 22_000;
    assert!(recorded_power(&samples[from..], 0, 700.0) > 8.0 * LOUD, "from the first second to the last");
    assert!(recorded_power(&samples[from..], 1, 1100.0) > 8.0 * LOUD);
}

#[test]
fn the_end_of_the_voice_path_finishes_what_is_open() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    house.record();
    talk(&mut [&mut caller], 500);
    house.order(Order::CloseLeg { leg: CALLER });
    let House { media, folder, .. } = house;
    media.shutdown();
    let samples = read_wav(&folder.path().join("recordings/2026/11/21/call.wav"));
    assert!((3000..16_000).contains(&samples.len()));
    assert!(recorded_power(&samples[..3000], 0, 700.0) > LOUD);
}
