//! Crash-only: kill -9 during calls, a database that goes away.

use std::time::Duration;

use serde_json::json;

use crate::support::audio::{CALLER_HZ, OPERATOR_HZ, channel, seconds_of};
use crate::support::house::House;
use crate::support::pause;
use crate::support::sipp::Crowd;

#[test]
fn r27_after_kill_9_during_twenty_calls_every_recording_opens_and_holds_all_but_the_last_second() {
    const CALLS: usize = 20;
    let mut house = House::start();
    house.firm("sakura", "Sakura", "0355500101", json!({}));
    let _crowd = Crowd::talking(&house, CALLS, Duration::from_secs(60));
    let wall =
        || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis() as i64;
    pause(Duration::from_secs(6));
    let killed_ms = wall();
    house.kill();

    // As they lie there: every file opens already, before anything has repaired it.
    let lying = files(&house.root.path().join("recordings"), ".wav");
    assert_eq!(lying.len(), CALLS, "{lying:?}");
    for file in &lying {
        assert!(channel(file, 0).len() > 8000, "{}", file.display());
    }
    house.restart();
    let list = house.get("/calls?limit=100");
    let list = list["calls"].as_array().expect("calls");
    assert_eq!(list.len(), CALLS, "one record a call");
    for call in list {
        assert_eq!(call["state"], "interrupted", "{call}");
        let call = house.get(&format!("/calls/{}", call["call"].as_str().expect("a call")));
        let left = channel(&house.recording(&call), 0);
        let answered = call["answered_ms"].as_i64().expect("answered");
        let missing = (killed_ms - answered) - left.len() as i64 / 8;
        assert!(missing <= 1000, "{missing} ms are missing of {call}");
        let voice = seconds_of(&left, CALLER_HZ) + seconds_of(&left, OPERATOR_HZ);
        assert!(voice > 2.0, "{voice} s of voice in {call}");
    }
}

/// Files below a folder whose names hold `part`.
pub fn files(folder: &std::path::Path, part: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, part));
        } else if path.to_string_lossy().contains(part) {
            found.push(path);
        }
    }
    found
}
