//! Retention, holds and the purge over the API: files go with their rows, and only administrators may.

use crate::common::{House, NOW};
use serde_json::json;
use store::Role;

const DAY: i64 = 86_400_000;

/// A call that ended so many days ago, with its recording on the disk.
fn old(house: &House, id: u64, days: i64, path: &str) -> String {
    let call = house.call(id, |record| {
        record.answered_ms = None;
        record.arrived_ms = NOW - days * DAY;
        record.recording = Some(switch::media::Recording {
            path: path.into(),
            sha256: "ab".repeat(32),
            bytes: 4,
            ..switch::media::Recording::default()
        });
    });
    let file = house.recordings().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, b"RIFF").unwrap();
    std::fs::write(file.with_extension("peaks.json"), b"{}").unwrap();
    call.to_string()
}

#[test]
fn f54_what_is_past_its_time_goes_with_its_files_and_what_is_held_stays() {
    let house = House::new();
    let token = house.logged_in("admin", Role::Admin, None);
    let (gone, held, young) =
        (old(&house, 1, 200, "2025/a/1.wav"), old(&house, 2, 200, "2025/b/2.wav"), old(&house, 3, 183, "2025/b/3.wav"));
    let hold = house.post("/holds", &token, json!({"call": held, "why": "訴訟のため"}));
    assert_eq!((hold.status, &hold.json()["held_by"]), (201, &json!("admin")), "{}", hold.text());
    let keeping = house.get("/keeping", &token).json();
    assert_eq!((&keeping["days"], &keeping["broken"]), (&json!(null), &json!(null)));
    assert_eq!((&keeping["waiting"]["calls"], &keeping["waiting"]["kept_calls"]), (&json!(1), &json!(1)), "{keeping}");
    assert_eq!(keeping["next"][0]["call"], json!(gone));
    // A file that has gone already, and one that nobody can name outside the folder, stop nothing.
    let outside = house.recordings().parent().unwrap().join("outside.wav");
    std::fs::write(&outside, b"RIFF").unwrap();
    old(&house, 4, 300, "2025/c/4.wav");
    house.call(4, |record| {
        record.revision = 2;
        record.answered_ms = None;
        record.arrived_ms = NOW - 300 * DAY;
        record.recording =
            Some(switch::media::Recording { path: "../outside.wav".into(), ..switch::media::Recording::default() });
    });
    let done = house.ask("POST", "/purges", Some(&token), None).json();
    assert_eq!((&done["calls"], &done["recordings"], &done["files_left"]), (&json!(2), &json!(2), &json!(0)), "{done}");
    let there = |path: &str| house.recordings().join(path).exists();
    assert_eq!([there("2025/a/1.wav"), there("2025/a/1.peaks.json"), there("2025/a")], [false; 3]);
    assert!(there("2025/b/2.wav") && there("2025/b/3.wav") && there("2025/b/3.peaks.json"));
    assert!(outside.exists(), "nothing outside the folder is touched");
    house.get(&format!("/calls/{gone}/recording"), &token).is_refusal(404, "not_found", None);
    assert_eq!(house.get(&format!("/calls/{young}"), &token).json()["caller"], "819012345678");
    let ledger = house.get("/purges", &token).json();
    assert_eq!((&ledger[0]["who"], &ledger[0]["calls"]), (&json!("admin"), &json!(2)));
    assert!(!ledger.to_string().contains("9012345678"), "the proof tells nobody's number");
    // Without the hold the other goes, too, and by the house's days the youngest.
    let id = hold.json()["id"].clone();
    assert_eq!(house.ask("DELETE", &format!("/holds/{id}"), Some(&token), None).status, 200);
    house.ask("DELETE", &format!("/holds/{id}"), Some(&token), None).is_refusal(404, "not_found", None);
    let days = |customer: i64, days: serde_json::Value| {
        house.ask("PUT", &format!("/keeping/{customer}"), Some(&token), Some(json!({ "days": days })))
    };
    assert_eq!(days(0, json!(90)).status, 204);
    assert_eq!(house.ask("POST", "/purges", Some(&token), None).json()["calls"], 2);
    assert!(!there("2025/b"));
    days(0, json!(0)).is_refusal(422, "invalid", Some("days"));
    days(77, json!(9)).is_refusal(404, "not_found", None);
    assert_eq!(days(0, json!(null)).status, 204);
    house.post("/holds", &token, json!({"why": "x"})).is_refusal(422, "invalid", Some("about"));
    assert_eq!(house.get("/holds?all=true", &token).json().as_array().unwrap().len(), 1);
}

#[test]
fn f54_keeping_is_the_administrators() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Supervisor, None);
    for (method, path, body) in [
        ("GET", "/keeping", None),
        ("PUT", "/keeping/0", Some(json!({"days": 1}))),
        ("GET", "/holds", None),
        ("POST", "/holds", Some(json!({"customer": 1, "why": "x"}))),
        ("DELETE", "/holds/1", None),
        ("GET", "/purges", None),
        ("POST", "/purges", None),
    ] {
        house.ask(method, path, Some(&token), body).is_refusal(403, "forbidden", None);
    }
}
