//! The recording as evidence: what it lacks is marked, on purpose or not, also after a crash; disks that are full or stand still.

use super::house::*;
use crate::recorder::{Disk, Means, RealDisk};
use crate::repair;
use sdp::Codec::{Pcma, Pcmu};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use switch::media::{Event, Order, Side};

fn pause(house: &House, on: bool, at: Instant) {
    house.order(Order::PauseRecording { call: CALL, on, at });
}

fn failures(house: &House) -> Vec<String> {
    let why = |event| if let Event::RecordingFailed { why, .. } = event { Some(why) } else { None };
    house.told().into_iter().filter_map(why).collect()
}

#[test]
fn f48_a_pause_is_silence_of_exactly_its_length_and_no_gap() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcma, 1100.0);
    house.bridge(CALLER, OPERATOR);
    let start = house.record();
    let begin = start + Duration::from_millis(1000);
    talk(&mut [&mut caller, &mut operator], 1000);
    pause(&house, true, begin);
    pause(&house, true, begin + Duration::from_millis(100));
    talk(&mut [&mut caller, &mut operator], 1000);
    assert!(operator.hears(700.0, 1600) > LOUD, "who speaks is heard");
    pause(&house, false, begin + Duration::from_millis(1000));
    talk(&mut [&mut caller, &mut operator], 1000);
    let (recording, samples) = house.recorded(start, Duration::from_millis(3000));
    assert_eq!((recording.pauses.as_slice(), recording.gaps.as_slice()), (&[(1000, 1000)][..], &[][..]));
    assert_eq!((samples.len(), recording.fault.as_str()), (24_000, ""));
    assert!(samples[8000..16_000].iter().all(|pair| *pair == [0, 0]), "not a sample of it");
    for part in [&samples[1000..7900], &samples[16_100..23_000]] {
        assert!(recorded_power(part, 0, 700.0) > LOUD && recorded_power(part, 1, 1100.0) > LOUD);
    }
    assert!(failures(&house).is_empty());
}

#[test]
fn f48_what_was_written_already_when_the_pause_is_heard_of_is_taken_out() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let start = house.record();
    talk(&mut [&mut caller], 2000);
    // Said late: a second of it is on the disk.
    pause(&house, true, start + Duration::from_millis(500));
    talk(&mut [&mut caller], 500);
    let (recording, samples) = house.recorded(start, Duration::from_millis(2500));
    assert_eq!(recording.pauses, [(500, 2000)], "it ends with the recording");
    assert!(samples[4000..].iter().all(|pair| *pair == [0, 0]));
    assert!(recorded_power(&samples[1000..3900], 0, 700.0) > LOUD);
    assert_eq!(recording.fault, "");
}

#[test]
fn r27_what_is_repaired_still_says_what_it_lacks_and_has_its_waveform() {
    let house = House::new();
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let start = house.record();
    pause(&house, true, start + Duration::from_millis(500));
    pause(&house, false, start + Duration::from_millis(700));
    let part = house.recordings().join("2026/11/21/call.wav.part");
    let marks = house.recordings().join("2026/11/21/call.marks.json");
    let long = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() > 44 + 4 * 8000);
    // At one go, so that a busy machine makes up for what it is late.
    talk(&mut [&mut caller], 2000);
    talk_until(&mut [&mut caller], "file and marks", |_| long(&part) && marks.exists());
    // As a kill would leave it.
    let dead = tempfile::tempdir().unwrap();
    fs::create_dir_all(dead.path().join("2026")).unwrap();
    fs::copy(&part, dead.path().join("2026/call.wav.part")).unwrap();
    fs::copy(&marks, dead.path().join("2026/call.marks.json")).unwrap();
    let [repaired] = &repair(dead.path()).unwrap()[..] else { panic!() };
    assert_eq!(repaired.recording.pauses, [(500, 200)]);
    assert!(repaired.recording.samples > 8000);
    let peaks = fs::read(dead.path().join(repaired.recording.peaks.as_ref().unwrap())).unwrap();
    let peaks: serde_json::Value = serde_json::from_slice(&peaks).unwrap();
    assert_eq!(peaks["length"].as_u64().unwrap(), repaired.recording.samples.div_ceil(800));
    // The caller is loud on the left in the first tenth of a second that is whole; our side is silent.
    let data: Vec<i64> = peaks["data"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    assert!(data[8] < -20 && data[9] > 20 && data[10..12] == [0, 0], "{data:?}");
    assert_eq!(data[20..28], [0; 8], "the pause is flat");
}

/// A disk that stands still while it is told to.
#[derive(Debug, Default)]
struct Stalling(Mutex<()>);

impl Disk for Stalling {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        drop(self.0.lock().unwrap());
        RealDisk.write_at(file, bytes, at)
    }
}

#[test]
fn r23_a_disk_that_stalls_for_longer_than_memory_lasts_costs_a_marked_gap_one_alarm_and_no_packet() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    let disk = Arc::new(Stalling::default());
    // Ten hand-overs: a second.
    let means = Means { blocks: 10, disk: Arc::clone(&disk) as Arc<dyn Disk> };
    let house = House::with_means(folder, recordings, means);
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    let start = house.record();
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    let still = disk.0.lock().unwrap();
    operator.forget();
    talk(&mut [&mut caller, &mut operator], 3000);
    // All of them, while the disk stands still; on a busy machine the last ones are still on their way.
    caller.speaks = false;
    talk_until(&mut [&mut caller, &mut operator], "every packet", |phones| phones[1].headers.len() >= 148);
    caller.speaks = true;
    drop(still);
    talk_until(&mut [&mut caller, &mut operator], "it is told", |_| !failures(&house).is_empty());
    talk(&mut [&mut caller, &mut operator], 2500);
    let length = start.elapsed();
    let (recording, samples) = house.recorded(start, length);
    let [(from, gap)] = recording.gaps[..] else { panic!("{:?}", recording.gaps) };
    assert!((500..3500).contains(&gap), "{from} {gap}");
    let middle = (from as usize * 8 + 400)..((from + gap) as usize * 8 - 400);
    assert!(samples[middle].iter().all(|pair| *pair == [0, 0]), "nothing is made up");
    let last = samples.len() - 8000..samples.len() - 4000;
    assert!(recorded_power(&samples[last], 0, 700.0) > LOUD, "it goes on by itself");
    let told = failures(&house);
    assert_eq!((told.len(), recording.fault.as_str()), (1, ""), "told once: {told:?}");
}

/// A disk that loses what it takes.
#[derive(Debug)]
struct Lying;

impl Disk for Lying {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        if at == 0 { RealDisk.write_at(file, bytes, at) } else { Ok(()) }
    }
}

#[test]
fn w11_sound_that_did_not_get_onto_the_disk_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    let house = House::with_means(folder, recordings, Means { disk: Arc::new(Lying), ..Means::default() });
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let start = house.record();
    talk(&mut [&mut caller], 1000);
    let (recording, samples) = house.recorded(start, Duration::from_millis(1000));
    assert_eq!(samples.len(), 8000, "as long as it should be, and empty");
    assert!(recording.fault.contains("samples of sound"), "{:?}", recording.fault);
}

/// Says to the test below which folder lies on the small disk.
const SMALL_DISK: &str = "DENWABAN_TEST_SMALL_DISK";

/// Runs this very test on a real file system of 1 MiB: mounted in a namespace of its own, which needs no rights.
fn on_a_small_disk(test: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size=1m none {0} && exec \"$@\"", folder.path().display());
    let me = std::env::current_exe().unwrap();
    let done = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script, "sh"])
        .arg(me)
        .args(["--exact", test, "--nocapture"])
        .env(SMALL_DISK, folder.path())
        .output();
    let Ok(done) = done else { return false };
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    if said.contains("running 1 test") {
        assert!(done.status.success(), "{said}");
        return true;
    }
    eprintln!("no small file system can be mounted here: {said}");
    false
}

#[test]
fn r22_a_disk_that_is_really_full_costs_a_marked_gap_and_recording_resumes_when_there_is_room() {
    let Some(small) = std::env::var_os(SMALL_DISK) else {
        if !on_a_small_disk(
            "tests::evidence::r22_a_disk_that_is_really_full_costs_a_marked_gap_and_recording_resumes_when_there_is_room",
        ) {
            // Where that is forbidden, a limit on the size of files is a full disk for one file.
            full(None);
        }
        return;
    };
    full(Some(Path::new(&small)));
}

/// A disk on which nothing fits beyond the first second.
#[derive(Debug, Default)]
struct Full(std::sync::atomic::AtomicBool);

impl Disk for Full {
    fn write_at(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        let full = self.0.load(std::sync::atomic::Ordering::Relaxed);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { RealDisk.write_at(file, bytes, at) }
    }
}

/// On a real small disk, or one that says that it is full.
fn full(small: Option<&Path>) {
    let folder = match small {
        Some(small) => tempfile::tempdir_in(small).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    let (recordings, ballast) = (folder.path().join("recordings"), folder.path().join("ballast"));
    let disk = Arc::new(Full::default());
    let means = Means { disk: Arc::clone(&disk) as Arc<dyn Disk>, ..Means::default() };
    let house = House::with_means(folder, recordings.clone(), means);
    let mut caller = house.phone(CALLER, Side::Caller, Pcmu, 700.0);
    let mut operator = house.phone(OPERATOR, Side::Ours, Pcmu, 1100.0);
    house.bridge(CALLER, OPERATOR);
    let start = house.record();
    talk_until(&mut [&mut caller, &mut operator], "bridge", |phones| phones[1].hears(700.0, 1600) > LOUD);
    match small {
        Some(_) => {
            // Everything that is left.
            let mut file = File::create(&ballast).unwrap();
            while io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
        }
        None => disk.0.store(true, std::sync::atomic::Ordering::Relaxed),
    }
    let mut waited = 0;
    while failures(&house).is_empty() && waited < 500 {
        talk(&mut [&mut caller, &mut operator], 20);
        waited += 1;
    }
    operator.forget();
    talk(&mut [&mut caller, &mut operator], 1000);
    assert!(operator.headers.len() >= 45 && operator.hears(700.0, 1600) > LOUD, "the call goes on");
    match small {
        Some(_) => fs::remove_file(&ballast).unwrap(),
        None => disk.0.store(false, std::sync::atomic::Ordering::Relaxed),
    }
    talk(&mut [&mut caller, &mut operator], 2000);
    let length = start.elapsed();
    let (recording, samples) = house.recorded(start, length);
    assert!(!recording.gaps.is_empty(), "the gap is marked");
    let last = samples.len() - 8000..samples.len() - 4000;
    assert!(recorded_power(&samples[last], 0, 700.0) > LOUD, "recording has resumed");
    let told = failures(&house);
    assert_eq!(told.len(), 1, "one alarm: {told:?}");
    assert_eq!((recording.fault.as_str(), recording.peaks.is_some()), ("", true));
}
