//! The database away for a while (R24): calls go on, and afterwards everything is there exactly once.

use std::time::Duration;

use store::Store;
use store::journal::Notice;
use switch::CallState;

use crate::databases::{Postgres, Sqlite, connect};
use crate::journal::{open, open_with, segments};
use crate::records::{answered, cleared, count, recording, waiting, with_events};

const SOON: Duration = Duration::from_secs(60);

#[tokio::test]
async fn r24_a_server_that_dies_and_comes_back_has_every_call_exactly_once() {
    let mut server = Postgres::new(true);
    let url = server.create("outage").await;
    let store = Store::open(&url).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (journal, told) = open(&store, folder.path()).await;
    let append = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            for record in [waiting(number), answered(number), cleared(number)] {
                journal.append(record);
            }
        }
    };
    append(0..200);
    // In the middle of its work.
    server.stop();
    append(200..400);
    assert!(tokio::time::timeout(Duration::from_millis(300), journal.flush()).await.is_err());
    assert!(store.ping().await.is_err());
    append(400..500);
    server.start();
    append(500..600);
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();

    assert_eq!(count(&store).await.unwrap(), 600);
    for number in (0..600).step_by(37) {
        assert_eq!(store.call(cleared(number).call).await.unwrap(), with_events(cleared(number), 4));
    }
    assert_eq!(told.count(|notice| matches!(notice, Notice::DatabaseAway { .. })), 1);
    assert_eq!(told.count(|notice| matches!(notice, Notice::DatabaseBack)), 1);
    assert_eq!(told.count(|notice| matches!(notice, Notice::Lost { .. } | Notice::Rejected { .. })), 0);
    journal.close(SOON).await;
    assert_eq!(segments(folder.path()), 0);
}

#[tokio::test]
async fn r24_a_process_that_ends_while_the_server_is_away_leaves_nothing_behind() {
    let mut server = Postgres::new(true);
    let url = server.create("outage").await;
    let store = Store::open(&url).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(&store, folder.path()).await;
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    server.stop();
    journal.append(waiting(1));
    journal.append(answered(1));
    journal.append(cleared(2));
    let status = journal.close(Duration::from_millis(100)).await;
    assert_eq!((status.unsaved, status.waiting), (3, 0));

    // The next process starts while the server is still away, with the recording that was repaired, and dies too.
    let (journal, _) = open_with(&store, folder.path(), vec![recording(1)]).await;
    journal.append(cleared(3));
    journal.close(Duration::ZERO).await;

    // The one after it finds the server back.
    server.start();
    let (journal, told) = open(&store, folder.path()).await;
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 3);
    let interrupted = store.call(waiting(1).call).await.unwrap();
    assert_eq!((interrupted.state, interrupted.recording), (CallState::Interrupted, Some(recording(1))));
    assert_eq!(store.call(cleared(3).call).await.unwrap(), cleared(3));
    assert_eq!(told.count(|notice| matches!(notice, Notice::Recovered(_))), 1);
}

#[tokio::test]
async fn r24_a_locked_sqlite_file_delays_and_loses_nothing() {
    let database = Sqlite::new();
    let store = database.open().await;
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(&store, folder.path()).await;
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    let mut other = connect(&database.url()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    for number in 0..100 {
        journal.append(cleared(number));
    }
    assert!(tokio::time::timeout(Duration::from_millis(300), journal.flush()).await.is_err());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    tokio::time::timeout(SOON, journal.flush()).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 100);
}
