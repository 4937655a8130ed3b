//! Backups made while calls are saved, restored elsewhere, damaged on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::{CustomerForm, Store};
use switch::{CallId, CallRecord};

use super::*;

const NOW: i64 = 1_795_000_000_000;

struct House {
    folder: tempfile::TempDir,
    store: Store,
    places: Places,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let database = format!("sqlite:{}", at("house.db").display());
    let store = Store::open(&database).await.unwrap();
    let places = Places { folder: at("backups"), database, recordings: at("recordings"), prompts: at("prompts") };
    let form = CustomerForm { code: "sakura".into(), name: "さくら歯科".into(), ..CustomerForm::default() };
    store.create_customer(&form).await.unwrap();
    std::fs::create_dir_all(at("recordings/2026")).unwrap();
    std::fs::create_dir_all(at("prompts/customer/1")).unwrap();
    std::fs::write(at("prompts/customer/1/name.wav"), b"RIFF-prompt").unwrap();
    House { folder, store, places }
}

/// A call that is over; with a recording, if a text is given for it.
async fn save(house: &House, number: u32, recording: Option<&str>) {
    let call = CallId::new(NOW + i64::from(number), number);
    let mut record: CallRecord = serde_json::from_value(serde_json::json!({
        "call": call.to_string(), "revision": 1, "state": "cleared", "customer": 1, "customer_name": "さくら歯科",
        "did": "81355500101", "diverted_from": "", "caller": "819012345678", "withheld": "", "trunk": null, "operator": null,
        "operator_name": "", "arrived_ms": NOW + i64::from(number), "ringing_ms": null, "answered_ms": null, "bridged_ms": null,
        "ended_ms": NOW + 64_200, "talk_ms": 0, "wait_ms": 0, "ending": "caller_hung_up", "legs": [], "recording": null,
        "no_recording": "", "recording_stem": "", "events": [],
    }))
    .unwrap();
    if let Some(text) = recording {
        let path = format!("2026/call-{number}.wav");
        std::fs::write(house.places.recordings.join(&path), text).unwrap();
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let bytes = text.len() as u64;
        record.recording =
            Some(switch::media::Recording { path, sha256, bytes, ..switch::media::Recording::default() });
    }
    house.store.save_call(&record).await.unwrap();
}

fn elsewhere(house: &House) -> (Places, PathBuf) {
    let at = |name: &str| house.folder.path().join("elsewhere").join(name);
    let database = format!("sqlite:{}", at("new.db").display());
    let places = Places { folder: at("backups"), database, recordings: at("recordings"), prompts: at("prompts") };
    (places, at("journal"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_made_while_calls_go_on_and_restored_elsewhere_with_everything() {
    let house = Arc::new(house().await);
    for number in 1..=20 {
        save(&house, number, Some("a recording")).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let calls = tokio::spawn({
        let (house, stop) = (Arc::clone(&house), Arc::clone(&stop));
        async move {
            let mut number = 20;
            while !stop.load(Ordering::Acquire) {
                number += 1;
                save(&house, number, None).await;
            }
            number
        }
    });
    let (file, manifest) = create(&house.store, &house.places, true, NOW).await.unwrap();
    stop.store(true, Ordering::Release);
    let saved = calls.await.unwrap();
    assert_eq!((manifest.recordings, manifest.recording_bytes, manifest.backend.as_str()), (20, 220, "sqlite"));
    assert_eq!(file.file_name().unwrap(), "denwaban-2026-11-18T20-06-40.tar");
    let listed = list(&house.places.folder);
    assert_eq!((listed.len(), listed[0].checked, listed[0].manifest.as_ref()), (1, true, Some(&manifest)));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "for its owner's eyes alone");
    let left: Vec<_> = std::fs::read_dir(&house.places.folder).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing but the backup and its hash: {left:?}");

    let (places, journal) = elsewhere(&house);
    let restored = restore(&file, &places, &journal, false).await.unwrap();
    assert!((20..=i64::from(saved)).contains(&restored.calls), "{restored:?} of {saved}");
    assert_eq!((restored.recordings, restored.prompts, restored.aside.len()), (20, 1, 0));
    let again = Store::open(&places.database).await.unwrap();
    assert_eq!(again.customer_by_code("sakura").await.unwrap().form.name, "さくら歯科");
    assert_eq!(std::fs::read(places.recordings.join("2026/call-7.wav")).unwrap(), b"a recording");
    assert_eq!(std::fs::read(places.prompts.join("customer/1/name.wav")).unwrap(), b"RIFF-prompt");
    again.close().await;

    // Over something only by force, and then what was there is put aside.
    let refused = restore(&file, &places, &journal, false).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
    std::fs::write(places.prompts.join("customer/1/name.wav"), b"RIFF-of-today").unwrap();
    let forced = restore(&file, &places, &journal, true).await.unwrap();
    assert!(forced.aside.iter().all(|path| path.exists()), "{forced:?}");
    let prompt = forced.aside.iter().find(|path| path.starts_with(&places.prompts)).unwrap();
    assert_eq!(std::fs::read(prompt).unwrap(), b"RIFF-of-today");
    assert_eq!(std::fs::read(places.prompts.join("customer/1/name.wav")).unwrap(), b"RIFF-prompt");
    // What is the same stays where it is.
    assert_eq!(std::fs::read_dir(places.recordings.join("2026")).unwrap().count(), 20);
    // Not while a switch works there.
    let claim = store::journal::Claim::of(&journal).unwrap();
    assert!(matches!(restore(&file, &places, &journal, true).await, Err(BackupError::Running(_))));
    drop(claim);
}

#[tokio::test]
async fn a_flipped_byte_is_found_wherever_it_is_and_nothing_is_restored_from_it() {
    let house = house().await;
    save(&house, 1, Some("a recording")).await;
    let (file, _) = create(&house.store, &house.places, true, NOW).await.unwrap();
    verify(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let (places, journal) = elsewhere(&house);
    let sum = beside(&file);
    for hashed in [true, false] {
        // With the hash beside it everything is found; without it all that is in the entries.
        if !hashed {
            std::fs::remove_file(&sum).unwrap();
        }
        let places_of_bytes =
            [600, whole.len() / 2, whole.windows(11).position(|part| part == b"a recording").unwrap()];
        for flipped in places_of_bytes {
            let mut bytes = whole.clone();
            bytes[flipped] ^= 1;
            std::fs::write(&file, &bytes).unwrap();
            let found = verify(&file);
            assert!(found.is_err(), "byte {flipped}, {hashed}");
            assert!(restore(&file, &places, &journal, false).await.is_err());
            assert!(!places.recordings.exists() && !house.folder.path().join("elsewhere/new.db").exists());
        }
    }
    // Cut short, or something else altogether.
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(verify(&file).is_err());
    std::fs::write(&file, b"hello").unwrap();
    assert!(verify(&file).is_err());
    assert_eq!(list(&house.places.folder)[0].manifest, None);
}

#[tokio::test]
async fn a_damaged_recording_costs_no_backup_and_one_that_was_not_checked_none_of_the_others() {
    let house = house().await;
    for number in 1..=3 {
        save(&house, number, Some("a recording")).await;
    }
    // Of the same length, cut short, and as it was.
    std::fs::write(house.places.recordings.join("2026/call-1.wav"), "A recording").unwrap();
    std::fs::write(house.places.recordings.join("2026/call-2.wav"), "a rec").unwrap();
    let (file, manifest) = create(&house.store, &house.places, true, NOW).await.unwrap();
    assert_eq!(verify(&file).unwrap(), manifest);
    let (places, journal) = elsewhere(&house);
    let restored = restore(&file, &places, &journal, false).await.unwrap();
    assert_eq!(restored.recordings, 1);
    assert!(places.recordings.join("2026/call-3.wav").exists());
    // Younger ones that nobody has read again count for nothing.
    for day in 1..=3 {
        let copied = house.places.folder.join(format!("denwaban-2027-01-0{day}T02-00-00.tar"));
        std::fs::write(copied, b"half of somethi").unwrap();
    }
    prune(&house.places.folder, 1);
    assert_eq!(list(&house.places.folder).iter().filter(|one| one.checked).count(), 1);
}

#[tokio::test]
async fn a_backup_that_fails_leaves_nothing_and_is_tried_again_an_hour_later() {
    let house = house().await;
    let settings = crate::config::Backup { daily: true, hour: 0, ..crate::config::Backup::default() };
    let keeper = Keeper::new(house.store.clone(), house.places.clone(), settings);
    let now = crate::clock::unix_ms();
    assert!(keeper.is_due(now));
    // Prompts that cannot be listed.
    std::fs::remove_dir_all(&house.places.prompts).unwrap();
    std::fs::write(&house.places.prompts, b"no folder").unwrap();
    assert!(keeper.run().await);
    assert_ne!(keeper.failed(), "");
    assert_eq!(std::fs::read_dir(&house.places.folder).unwrap().count(), 0);
    let minute = 60_000;
    assert!(!keeper.is_due(now + 30 * minute) && keeper.is_due(now + 62 * minute));
    std::fs::remove_file(&house.places.prompts).unwrap();
    assert!(keeper.run().await);
    assert_eq!((keeper.failed().as_str(), list(&house.places.folder).len()), ("", 1));
    assert!(!keeper.is_due(list(&house.places.folder)[0].manifest.as_ref().unwrap().made_ms));
}

#[tokio::test]
async fn a_backup_of_a_newer_program_or_of_the_other_database_is_refused_and_old_ones_go() {
    let house = house().await;
    let (file, _) = create(&house.store, &house.places, false, NOW).await.unwrap();
    let (places, journal) = elsewhere(&house);
    let other = Places { database: "postgres://nobody@192.0.2.1/none".into(), ..places.clone() };
    // It is asked before anything is touched; a server that does not answer says so.
    assert!(restore(&file, &other, &journal, false).await.is_err());
    // The same bytes with another schema: of the same length, so that the tar file stays one.
    let text = std::fs::read(&file).unwrap();
    let known = format!("\"schema\": {}", store::newest_schema());
    let at = text.windows(known.len()).position(|part| part == known.as_bytes()).unwrap();
    let mut newer = text.clone();
    newer[at + known.len() - 1] = b'9' + u8::from(known.ends_with('9'));
    std::fs::remove_file(beside(&file)).unwrap();
    std::fs::write(&file, &newer).unwrap();
    if !known.ends_with('9') {
        let refused = restore(&file, &places, &journal, false).await;
        assert!(matches!(refused, Err(BackupError::Newer { .. })), "{refused:?}");
    }
    for day in 1..=4 {
        create(&house.store, &house.places, false, NOW + day * 86_400_000).await.unwrap();
    }
    prune(&house.places.folder, 2);
    let checked = list(&house.places.folder).into_iter().filter(|one| one.checked);
    let left: Vec<_> = checked.map(|one| one.manifest.unwrap().made_ms).collect();
    assert_eq!(left, [NOW + 4 * 86_400_000, NOW + 3 * 86_400_000]);
    assert!(file.exists() && std::fs::read_dir(&house.places.folder).unwrap().count() == 5, "no hash: not ours");
}
