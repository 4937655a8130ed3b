//! The journal on a healthy database, on broken files, on a broken disk, and after a kill.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::journal::{Claim, JournalError, Notice, Options};
use store::{Journal, Store};
use switch::{CallRecord, CallState};

use crate::databases::{Sqlite, execute, shared_postgres};
use crate::on_both;
use crate::records::{NOON_MS, answered, cleared, count, recording, waiting, with_events};

const SOON: Duration = Duration::from_secs(20);

/// What the journal told.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<Notice>>>);

impl Told {
    pub fn count(&self, what: impl Fn(&Notice) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|notice| what(notice)).count()
    }
}

pub async fn open(store: &Store, folder: &Path) -> (Journal, Told) {
    open_with(store, folder, Vec::new()).await
}

pub async fn open_with(store: &Store, folder: &Path, repaired: Vec<switch::media::Recording>) -> (Journal, Told) {
    let told = Told::default();
    let hook = told.clone();
    let options = Options {
        folder: folder.to_owned(),
        started_ms: NOON_MS + 3_600_000,
        repaired,
        hook: Arc::new(move |notice| hook.0.lock().unwrap().push(notice)),
    };
    (Journal::open(store.clone(), options).await.unwrap(), told)
}

pub fn segments(folder: &Path) -> usize {
    let is_segment =
        |name: &str| name.len() == "00000001.jsonl".len() && name.ends_with(".jsonl") && name.starts_with('0');
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| is_segment(entry.as_ref().unwrap().file_name().to_str().unwrap()))
        .count()
}

fn story(number: u32) -> [CallRecord; 3] {
    [waiting(number), answered(number), cleared(number)]
}

on_both! {
    async fn r24_what_is_appended_is_saved_and_its_files_go(store: Store) {
        let folder = tempfile::tempdir().unwrap();
        let (journal, told) = open(&store, folder.path()).await;
        for number in 0..50 {
            story(number).into_iter().for_each(|record| journal.append(record));
        }
        tokio::time::timeout(SOON, journal.flush()).await.unwrap();
        assert_eq!(count(&store).await.unwrap(), 50);
        assert_eq!(store.call(cleared(7).call).await.unwrap(), with_events(cleared(7), 4));
        let status = journal.close(SOON).await;
        assert_eq!((status.unsaved, status.waiting, status.lost, status.recovered), (0, 0, 0, true));
        assert_eq!(segments(folder.path()), 0);
        assert_eq!(told.count(|notice| !matches!(notice, Notice::Recovered(_))), 0);
    }

    async fn r27_files_of_a_dead_process_are_saved_first_and_then_its_calls_closed(store: Store) {
        let folder = tempfile::tempdir().unwrap();
        let line = |record: &CallRecord| serde_json::to_string(record).unwrap() + "\n";
        let torn = line(&cleared(1));
        let torn = torn.get(..torn.len() / 2).unwrap();
        std::fs::write(folder.path().join("00000003.jsonl"), line(&waiting(1)) + "not JSON\n" + &line(&waiting(2))).unwrap();
        std::fs::write(folder.path().join("00000004.jsonl"), line(&answered(1)) + torn).unwrap();
        let (journal, told) = open_with(&store, folder.path(), vec![recording(1)]).await;
        // A call of the new process, at once: it must not be taken for a dead one.
        journal.append(waiting(3));
        tokio::time::timeout(SOON, journal.flush()).await.unwrap();
        assert_eq!(store.call(waiting(1).call).await.unwrap().recording, Some(recording(1)));
        assert_eq!(store.call(waiting(1).call).await.unwrap().state, CallState::Interrupted);
        assert_eq!(store.call(waiting(2).call).await.unwrap().state, CallState::Interrupted);
        assert_eq!(store.call(waiting(3).call).await.unwrap(), waiting(3));
        assert_eq!(told.count(|notice| matches!(notice, Notice::Recovered(found) if found.closed.len() == 2)), 1);
        assert_eq!(told.count(|notice| matches!(notice, Notice::Unreadable { .. })), 1, "the torn line is not told");
        assert_eq!(std::fs::read_to_string(folder.path().join("rejected.jsonl")).unwrap(), "not JSON\n");
        assert!(!folder.path().join("repaired.json").exists());
        journal.close(SOON).await;
        assert_eq!(segments(folder.path()), 0);
    }

    async fn r22_without_a_disk_records_go_to_the_database_directly(store: Store) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("journal");
        let (journal, told) = open(&store, &folder).await;
        std::fs::remove_dir_all(&folder).unwrap();
        story(1).into_iter().for_each(|record| journal.append(record));
        tokio::time::timeout(SOON, journal.flush()).await.unwrap();
        assert_eq!(store.call(cleared(1).call).await.unwrap(), with_events(cleared(1), 4));
        assert_eq!(told.count(|notice| matches!(notice, Notice::DiskFailed { .. })), 1);

        std::fs::create_dir_all(&folder).unwrap();
        story(2).into_iter().for_each(|record| journal.append(record));
        tokio::time::timeout(SOON, journal.flush()).await.unwrap();
        assert_eq!(count(&store).await.unwrap(), 2);
        assert_eq!(told.count(|notice| matches!(notice, Notice::DiskBack)), 1);
    }
}

async fn a_record_that_is_never_taken_does_not_stop_the_others(url: &str) {
    let store = Store::open(url).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // A rule that nobody's record can know of.
    execute(url, "CREATE UNIQUE INDEX poison ON calls (ending) WHERE ending = 'poison'").await;
    let (journal, told) = open(&store, folder.path()).await;
    let poison = |number| CallRecord { ending: "poison".to_owned(), ..cleared(number) };
    for record in [cleared(1), poison(2), cleared(3), poison(4), cleared(5)] {
        journal.append(record);
    }
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 4);
    assert_eq!(told.count(|notice| matches!(notice, Notice::Rejected { call, .. } if *call == cleared(4).call)), 1);
    let rejected = std::fs::read_to_string(folder.path().join("rejected.jsonl")).unwrap();
    assert_eq!(serde_json::from_str::<CallRecord>(&rejected).unwrap(), poison(4));
    // What is in no table, no count over the tables can find: the proof asks the journal, too.
    let proof = store.reconcile(NOON_MS, NOON_MS + 3_600_000, NOON_MS + 60_000).await.unwrap().proof;
    assert_eq!((proof.answered, proof.open, proof.missing, proof.unsaved, proof.holds()), (4, 4, 0, 1, false));
}

/// Also what earlier processes have put aside counts, until somebody has dealt with it; it is told once, and again when there is more.
#[tokio::test]
async fn sqlite_f38_records_that_no_table_has_are_in_the_proof() {
    let (database, folder) = (Sqlite::new(), tempfile::tempdir().unwrap());
    let store = Store::open(&database.url()).await.unwrap();
    std::fs::write(folder.path().join("rejected.jsonl"), "{\"call\":1}\n{\"call\":2}\n").unwrap();
    std::fs::write(folder.path().join("00000007.unreadable"), "?").unwrap();
    // A line that is none, of a process that died.
    std::fs::write(folder.path().join("00000008.jsonl"), "{}\n").unwrap();
    let (journal, told) = open(&store, folder.path()).await;
    assert!(store.unsaved_records() >= 3);
    journal.append(cleared(1));
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    assert_eq!(told.count(|notice| matches!(notice, Notice::Unreadable { .. })), 1);
    for again in 0..2 {
        let proof = store.reconcile(NOON_MS, NOON_MS + 3_600_000, NOON_MS + 60_000 + again).await.unwrap().proof;
        assert_eq!((proof.answered, proof.unsaved, proof.holds()), (1, 4, false));
    }
    let tasks = store.open_tasks().await.unwrap();
    assert_eq!(tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), [store::TaskKind::Unproven]);
    drop(journal);
    // Dealt with.
    let store = Store::open(&database.url()).await.unwrap();
    let empty = tempfile::tempdir().unwrap();
    let (_journal, _) = open(&store, empty.path()).await;
    let proof = store.reconcile(NOON_MS, NOON_MS + 3_600_000, NOON_MS + 70_000).await.unwrap().proof;
    assert!(proof.holds(), "{proof:?}");
}

#[tokio::test]
async fn sqlite_a_record_that_is_never_taken_does_not_stop_the_others() {
    a_record_that_is_never_taken_does_not_stop_the_others(&Sqlite::new().url()).await;
}

#[tokio::test]
async fn postgres_a_record_that_is_never_taken_does_not_stop_the_others() {
    a_record_that_is_never_taken_does_not_stop_the_others(&shared_postgres().create("poison").await).await;
}

#[tokio::test]
async fn two_processes_do_not_share_a_folder() {
    let database = Sqlite::new();
    let store = database.open().await;
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(&store, folder.path()).await;
    let options =
        Options { folder: folder.path().to_owned(), started_ms: 0, repaired: Vec::new(), hook: Arc::new(drop) };
    assert!(matches!(Journal::open(store.clone(), options).await, Err(JournalError::InUse { .. })));
    assert!(matches!(Claim::of(folder.path()), Err(JournalError::InUse { .. })));
    journal.close(SOON).await;
    let claim = Claim::of(folder.path()).unwrap();
    assert!(matches!(Claim::of(folder.path()), Err(JournalError::InUse { .. })));
    drop(claim);
    open(&store, folder.path()).await;
}

/// Calls that the child tells to be appended before it is killed.
const CALLS_BEFORE_KILL: u32 = 300;

/// Not a test: the process that `r27_kill_9_…` kills. It appends calls until it dies, and prints each that is on the disk.
#[tokio::test]
#[ignore = "run by r27_kill_9_loses_nothing_that_was_synced"]
async fn child_that_is_killed() {
    use std::io::Write;
    let folder = std::env::var("STORE_TEST_FOLDER").unwrap();
    let store = Store::open(&std::env::var("STORE_TEST_URL").unwrap()).await.unwrap();
    let (journal, _) = open(&store, Path::new(&folder)).await;
    let mut out = std::io::stdout();
    for number in 0.. {
        story(number).into_iter().for_each(|record| journal.append(record));
        // Taken by the scribe, and the one after it too: so the first is synced.
        while journal.status().waiting > 0 {
            tokio::task::yield_now().await;
        }
        writeln!(out, "appended {number}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn r27_kill_9_loses_nothing_that_was_synced() {
    use std::io::BufRead;
    let database = Sqlite::new();
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "journal::child_that_is_killed", "--ignored", "--nocapture"])
        .env("STORE_TEST_FOLDER", folder.path())
        .env("STORE_TEST_URL", database.url())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let last = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("appended ").and_then(|number| number.parse::<u32>().ok()))
        .find(|number| *number >= CALLS_BEFORE_KILL)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let store = database.open().await;
    let (journal, told) = open(&store, folder.path()).await;
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    // The batch of the last call may have been on its way to the disk; those before it were there.
    for number in 0..last {
        let call = store.call(cleared(number).call).await.unwrap();
        assert_eq!(call, with_events(cleared(number), 4), "call {number} of {last}");
    }
    assert_eq!(told.count(|notice| matches!(notice, Notice::Unreadable { .. })), 0);
    journal.close(SOON).await;
    assert_eq!(segments(folder.path()), 0);
}
