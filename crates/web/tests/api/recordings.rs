//! Hearing calls: whole, in parts, never anything else, and never without a line in the audit log (R18).

use crate::common::House;
use store::Role;
use switch::CallId;

fn sound() -> Vec<u8> {
    (0..100_000u32).map(|place| place.to_le_bytes()[0] ^ place.to_le_bytes()[1]).collect()
}

fn put(house: &House, path: &str, bytes: &[u8]) {
    let file = house.recordings().join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
}

fn path(call: CallId) -> String {
    format!("/calls/{call}/recording")
}

/// Lines of the audit log about playing this call.
fn plays(house: &House, call: CallId) -> Vec<(String, String)> {
    let lines = house.wait(house.store.audit(Some(&call.to_string()), None, 100)).unwrap();
    lines.into_iter().map(|line| (line.who, line.what)).collect()
}

#[test]
fn r18_a_recording_is_heard_whole_or_in_part_with_one_line_a_playback() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Supervisor, None);
    let bytes = sound();
    put(&house, "2025/11/21/a.wav", &bytes);
    let call = house.recorded(1, "2025/11/21/a.wav", &bytes);
    let bearer = format!("Bearer {token}");
    let part = |range: &str| house.send("GET", &path(call), &[("authorization", &bearer), ("range", range)], None);

    let head = house.ask("HEAD", &path(call), Some(&token), None);
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (200, "100000", 0));
    assert_eq!(plays(&house, call), [], "nothing was heard yet");

    let whole = house.get(&path(call), &token);
    assert_eq!(
        (whole.status, whole.header("content-type"), whole.header("accept-ranges")),
        (200, "audio/wav", "bytes")
    );
    assert_eq!(whole.header("cache-control"), "private, no-store");
    assert!(whole.bytes == bytes);
    assert_eq!(plays(&house, call), [("hanako".to_owned(), "recording.play".to_owned())]);

    let seek = part("bytes=40000-49999");
    assert_eq!((seek.status, seek.header("content-range")), (206, "bytes 40000-49999/100000"));
    assert!(seek.bytes == bytes[40_000..50_000]);
    assert!(part("bytes=-10").bytes == bytes[99_990..]);
    assert_eq!(plays(&house, call).len(), 1, "pieces of one playback");
    assert!(part("bytes=0-").bytes == bytes);
    assert_eq!(plays(&house, call).len(), 2, "from the beginning once more");

    let beyond = part("bytes=100000-");
    assert_eq!((beyond.status, beyond.header("content-range"), beyond.bytes.len()), (416, "bytes */100000", 0));
}

#[test]
fn r18_a_part_alone_is_a_playback_too() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Supervisor, None);
    put(&house, "a.wav", &sound());
    let call = house.recorded(1, "a.wav", &sound());
    let bearer = format!("Bearer {token}");
    let said = house.send("GET", &path(call), &[("authorization", &bearer), ("range", "bytes=1-")], None);
    assert_eq!((said.status, said.bytes.len()), (206, 99_999));
    assert_eq!(plays(&house, call).len(), 1);
}

#[test]
fn r18_a_row_that_points_elsewhere_gives_nothing() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    let secret = house.recordings().parent().unwrap().join("secret.wav");
    std::fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, house.recordings().join("link.wav")).unwrap();
    std::os::unix::fs::symlink(house.recordings().parent().unwrap(), house.recordings().join("up")).unwrap();
    std::fs::create_dir(house.recordings().join("folder.wav")).unwrap();
    let absolute = secret.display().to_string();
    let evil = [
        "../secret.wav",
        "2025/../../secret.wav",
        "..%2fsecret.wav",
        &absolute,
        "/etc/passwd",
        "../denwaban.db",
        "link.wav",
        "up/secret.wav",
        "folder.wav",
        "a\0.wav",
        "",
        ".",
    ];
    for (id, row) in (1..).zip(evil) {
        let call = house.recorded(id, row, b"RIFF");
        let said = house.get(&path(call), &token);
        said.is_refusal(404, "not_found", None);
        assert!(!said.text().contains("secret\n") && said.text() != "secret", "{row}");
        assert_eq!(plays(&house, call), [], "{row}");
    }
}

#[test]
fn r18_ids_that_are_none_give_nothing() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    let unknown = CallId(99).to_string();
    for id in [unknown.as_str(), "1", "..", "..%2f..%2fetc%2fpasswd", "%00", "%ff", "0000000000000%00", "'--"] {
        house.get(&format!("/calls/{id}/recording"), &token).is_refusal(404, "not_found", None);
    }
}

#[test]
fn a_file_that_is_gone_is_said_to_be_gone() {
    let house = House::new();
    let token = house.logged_in("root", Role::Admin, None);
    let call = house.recorded(1, "2025/gone.wav", b"RIFF");
    let said = house.get(&path(call), &token);
    said.is_refusal(404, "not_found", None);
    assert!(said.text().contains("2025/gone.wav"), "{}", said.text());
    let never = house.call(2, |_| {});
    house.get(&path(never), &token).is_refusal(404, "not_found", None);
}

#[test]
fn a_waveform_is_seen_by_whom_may_listen_and_is_no_playback() {
    let house = House::new();
    let token = house.logged_in("hanako", Role::Supervisor, None);
    let call = house.recorded(1, "2025/a.wav", b"RIFF");
    let peaks = format!("/calls/{call}/recording/peaks");
    house.get(&peaks, &token).is_refusal(404, "not_found", None);
    put(&house, "2025/a.peaks.json", br#"{"version":2,"length":0,"data":[]}"#);
    let said = house.get(&peaks, &token);
    assert_eq!((said.status, said.header("content-type")), (200, "application/json"));
    assert_eq!(said.header("cache-control"), "private, no-store");
    assert_eq!(said.text(), r#"{"version":2,"length":0,"data":[]}"#);
    assert_eq!(plays(&house, call), []);
    let operator = house.logged_in("taro", Role::Operator, Some(house.operator("101", "太郎")));
    house.get(&peaks, &operator).is_refusal(403, "forbidden", None);
    // Nothing but a waveform, whatever the row says.
    let other = house.call(2, |record| {
        record.recording = Some(switch::media::Recording {
            path: "2025/a.wav".into(),
            peaks: Some("../denwaban.db".into()),
            ..switch::media::Recording::default()
        });
    });
    house.get(&format!("/calls/{other}/recording/peaks"), &token).is_refusal(404, "not_found", None);
}
