//! Seen, and the ladder of what nobody has seen (X05).

use report::ladder::Ladder;
use report::{Rung, RungTo};
use store::{NewDelivery, NewTask, Sending, Store, TaskKind};

use crate::databases::{Sqlite, execute};
use crate::on_both;
use crate::records::NOON_MS;
use crate::writing::{accept, completion, draft, firm, hanako, lease, mail, sending};

const SECOND: i64 = 1000;

fn ladder() -> Ladder {
    Ladder::new(&[
        Rung { after_seconds: 600, to: RungTo::Supervisor },
        Rung { after_seconds: 120, to: RungTo::Recipient("office".to_owned()) },
        Rung { after_seconds: 300, to: RungTo::Phone("090-1234-5678".to_owned()) },
    ])
}

/// An urgent report to sato and suzuki; its id.
async fn sent(store: &Store) -> String {
    let customer = firm(store).await;
    let report = draft(store, customer, 1).await;
    let report = store.edit_report(&report.id, &completion(&report.draft), &hanako(), NOON_MS).await.unwrap();
    let urgent = |to: &str| NewDelivery { urgent: true, seen_hash: Some(format!("hash of {to}")), ..mail(to, NOON_MS) };
    let sending =
        Sending { ladder: Some(ladder()), ..sending(report.revision, vec![urgent("sato"), urgent("suzuki")]) };
    store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
    report.id
}

on_both! {
    async fn x05_the_ladder_counts_from_the_first_server_that_has_it(store: Store) {
        let report = sent(&store).await;
        assert!(store.due_ladders(NOON_MS + 130 * SECOND, 1).await.unwrap().is_empty());
        let accepted = NOON_MS + 20 * SECOND;
        for (later, job) in lease(&store, NOON_MS).await.iter().enumerate() {
            accept(&store, job, accepted + i64::try_from(later).unwrap()).await;
        }
        assert!(store.due_ladders(accepted + 119_999, 30_000).await.unwrap().is_empty());
        let due = store.due_ladders(accepted + 120_000, 30_000).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].report.as_str(), due[0].steps.len(), due[0].steps[0].rung), (report.as_str(), 1, 0));
        assert_eq!(due[0].steps[0].to, RungTo::Recipient("office".to_owned()));
        // Leased: a second worker gets nothing; when the first dies, the rung comes again.
        assert!(store.due_ladders(accepted + 149_999, 30_000).await.unwrap().is_empty());
        assert_eq!(store.due_ladders(accepted + 150_000, 30_000).await.unwrap().len(), 1);
        let now = accepted + 151_000;
        assert!(store.advance_ladder(&report, 0, &[mail("office", now)], &[], now).await.unwrap());
        assert!(!store.advance_ladder(&report, 0, &[mail("office", now)], &[], now).await.unwrap(), "climbed once");
        assert_eq!(store.report_deliveries(&report).await.unwrap().len(), 3);
        // Nobody looked for a long time: both are due at once.
        let due = store.due_ladders(accepted + 700_000, 30_000).await.unwrap();
        assert_eq!(due[0].steps.iter().map(|step| step.rung).collect::<Vec<_>>(), [1, 2]);
        let now = accepted + 700_000;
        assert!(store.advance_ladder(&report, 1, &[], &[], now).await.unwrap());
        let task = NewTask { report: Some(report.clone()), ..NewTask::new(TaskKind::Unread, report.as_str(), "緊急・未確認") };
        assert!(store.advance_ladder(&report, 2, &[], &[task], now).await.unwrap());
        assert!(store.due_ladders(i64::MAX, 1).await.unwrap().is_empty(), "the top");
        assert_eq!(store.open_tasks().await.unwrap()[0].kind, TaskKind::Unread);
        // Seen after all: the task ends.
        store.seen("hash of sato", now + 1).await.unwrap().unwrap();
        assert!(store.open_tasks().await.unwrap().is_empty());
    }

    async fn x05_without_any_server_the_ladder_begins_when_it_is_late(store: Store) {
        sent(&store).await;
        let late = NOON_MS + report::retry::LATE_URGENT_MS;
        assert!(store.due_ladders(late + 119_999, 1).await.unwrap().is_empty());
        assert_eq!(store.due_ladders(late + 120_000, 1).await.unwrap().len(), 1);
    }

    async fn x05_only_who_confirms_has_seen_it(store: Store) {
        let report = sent(&store).await;
        // A mail scanner fetches the page.
        let page = store.seen_page("hash of sato").await.unwrap().unwrap();
        assert_eq!((page.report.id.as_str(), page.recipient.as_str(), page.delivery_seen_ms), (report.as_str(), "sato", None));
        assert_eq!(store.report(&report).await.unwrap().seen_ms, None);
        assert_eq!(store.due_ladders(i64::MAX, 0).await.unwrap().len(), 1, "it climbs on");
        // A person presses the button.
        let seen = store.seen("hash of sato", NOON_MS + 5).await.unwrap().unwrap();
        assert_eq!((seen.report.seen_ms, seen.delivery_seen_ms), (Some(NOON_MS + 5), Some(NOON_MS + 5)));
        assert!(store.due_ladders(i64::MAX, 1).await.unwrap().is_empty());
        let (_, state) = store.ladder(&report).await.unwrap().unwrap();
        assert_eq!(state.seen_ms, Some(NOON_MS + 5));
        assert!(!store.advance_ladder(&report, 0, &[mail("office", 0)], &[], NOON_MS).await.unwrap());
        assert_eq!(store.report_deliveries(&report).await.unwrap().len(), 2);
        // Again, and by another: no earlier time changes.
        assert_eq!(store.seen("hash of sato", NOON_MS + 9).await.unwrap().unwrap().delivery_seen_ms, Some(NOON_MS + 5));
        let other = store.seen("hash of suzuki", NOON_MS + 9).await.unwrap().unwrap();
        assert_eq!((other.report.seen_ms, other.delivery_seen_ms), (Some(NOON_MS + 5), Some(NOON_MS + 9)));
        assert_eq!(store.seen("nobody's", NOON_MS).await.unwrap(), None);
        assert_eq!(store.seen_page("nobody's").await.unwrap(), None);
    }

    async fn x05_confirmed_at_the_telephone(store: Store) {
        let report = sent(&store).await;
        let seen = store.report_seen(&report, "+819012345678", NOON_MS + 7).await.unwrap();
        assert_eq!(seen.seen_ms, Some(NOON_MS + 7));
        assert!(store.due_ladders(i64::MAX, 1).await.unwrap().is_empty());
        assert_eq!(store.audit(Some(&format!("report {report}")), None, 1).await.unwrap()[0].what, "report.seen");
    }
}

/// One that cannot be read ends with a person, and the others climb.
#[tokio::test]
async fn sqlite_x05_a_damaged_ladder_keeps_no_other_waiting() {
    let database = Sqlite::new();
    let store = Store::open(&database.url()).await.unwrap();
    let damaged = sent(&store).await;
    execute(&database.url(), "UPDATE ladders SET rungs = 'x'").await;
    let report = draft(&store, store.report(&damaged).await.unwrap().customer.unwrap(), 2).await;
    let report = store.edit_report(&report.id, &completion(&report.draft), &hanako(), NOON_MS).await.unwrap();
    let sending = Sending { ladder: Some(ladder()), ..sending(report.revision, vec![mail("sato", NOON_MS)]) };
    store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
    let due = store.due_ladders(NOON_MS + 200 * SECOND, 1).await.unwrap();
    assert_eq!(due.iter().map(|due| due.report.as_str()).collect::<Vec<_>>(), [report.id.as_str()]);
    let tasks = store.open_tasks().await.unwrap();
    assert_eq!(
        tasks.iter().map(|task| (task.kind, task.report.clone())).collect::<Vec<_>>(),
        [(TaskKind::Unread, Some(damaged))]
    );
}
