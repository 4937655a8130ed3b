//! One row that cannot be read keeps no other from being done (R25): whatever is asked for by time.

use store::{Store, TaskKind};
use switch::{CallRecord, CallState, TimelineEvent};

use crate::databases::{Sqlite, execute};
use crate::records::{NOON_MS, event, waiting};
use crate::writing::{draft, firm, hanako, send, sending};

const LATE: i64 = NOON_MS + 3_600_000;

async fn open() -> (Sqlite, Store, i64) {
    let database = Sqlite::new();
    let store = Store::open(&database.url()).await.unwrap();
    let customer = firm(&store).await;
    (database, store, customer)
}

#[tokio::test]
async fn f39_a_damaged_delivery_is_told_and_the_others_go_another_way() {
    let (database, store, customer) = open().await;
    let report = draft(&store, customer, 1).await;
    let sent = send(&store, &report, &["sato", "suzuki"], NOON_MS).await;
    execute(&database.url(), "UPDATE deliveries SET state = 'lost' WHERE recipient = 'sato'").await;
    for _ in 0..2 {
        let late = store.late_deliveries(LATE).await.unwrap();
        assert_eq!(late.iter().map(|late| late.delivery.recipient.as_str()).collect::<Vec<_>>(), ["suzuki"]);
    }
    let tasks = store.open_tasks().await.unwrap();
    let damaged = sent.deliveries.iter().find(|row| row.recipient == "sato").unwrap();
    assert_eq!(
        tasks.iter().map(|task| (task.kind, task.delivery.as_deref())).collect::<Vec<_>>(),
        [(TaskKind::Late, Some(damaged.id.as_str()))]
    );
}

#[tokio::test]
async fn f43_a_damaged_draft_keeps_no_other_from_going_by_itself_and_the_proof_names_it() {
    let (database, store, customer) = open().await;
    let gone = |number| CallRecord {
        revision: 2,
        state: CallState::Cleared,
        ending: "abandoned".to_owned(),
        ended_ms: Some(NOON_MS + 900_000),
        customer: Some(customer),
        events: vec![TimelineEvent {
            detail: serde_json::json!({ "policy": "report" }).into(),
            ..event(2, "abandoned")
        }],
        ..waiting(number)
    };
    // More than one page, and all of the first one's rows but two are damaged.
    store.save_calls(&(1..=250).map(gone).collect::<Vec<_>>()).await.unwrap();
    execute(
        &database.url(),
        "UPDATE reports SET draft = '{' WHERE created_ms <= (SELECT MIN(created_ms) + 197000 FROM reports)",
    )
    .await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.due_by_themselves(LATE, LATE, after.as_ref()).await.unwrap();
        found.extend(page.reports.iter().map(|report| report.call.unwrap()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, (199..=250).map(|number| waiting(number).call).collect::<Vec<_>>());
    let proof = store.reconcile(NOON_MS, LATE, LATE + 3_600_000).await.unwrap().proof;
    assert_eq!((proof.overdue, proof.holds()), (250, false));
    let tasks = store.open_tasks().await.unwrap();
    assert!(tasks.iter().all(|task| task.kind == TaskKind::Unfinished) && tasks.len() == 250, "{}", tasks.len());
}

#[tokio::test]
async fn f27_a_damaged_report_or_profile_keeps_no_other_firms_digest() {
    let (database, store, customer) = open().await;
    let momo = store::CustomerForm { code: "momo".into(), name: "もも".into(), ..Default::default() };
    let other = store.create_customer(&momo).await.unwrap().id;
    for (number, firm) in [(1, customer), (2, customer), (3, other)] {
        let report = draft(&store, firm, number).await;
        let edited = store
            .edit_report(&report.id, &crate::writing::completion(&report.draft), &hanako(), NOON_MS)
            .await
            .unwrap();
        let sending = store::Sending {
            policy: report::Policy::Digest,
            digest_due_ms: Some(NOON_MS),
            ..sending(edited.revision, Vec::new())
        };
        store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
    }
    execute(&database.url(), "UPDATE reports SET draft = '{' WHERE created_ms = (SELECT MIN(created_ms) FROM reports)")
        .await;
    let due = store.due_digests(LATE, None).await.unwrap();
    assert_eq!(
        due.iter().map(|due| (due.customer, due.reports.len())).collect::<Vec<_>>(),
        [(customer, 1), (other, 1)]
    );
    assert_eq!(store.due_digests(LATE, Some(customer)).await.unwrap().len(), 1);
    assert!(store.due_digests(LATE, Some(other)).await.unwrap().is_empty());
}
