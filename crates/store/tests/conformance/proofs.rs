//! Counts that agree: answered calls = reports + reasons (F38, F40), and bills that can be counted anew (F60).

use report::{Kind, key};
use store::{Month, NewTask, ReportState, Sending, Store, TaskEnd, TaskKind};
use switch::{CallRecord, CallState};

use crate::databases::{Sqlite, execute, shared_postgres};
use crate::on_both;
use crate::records::{NOON_MS, answered, cleared, event, waiting};
use crate::writing::{accept, completion, draft, edit, firm, hanako, lease, mail, send, sending};

const HOUR: i64 = 3_600_000;

/// A draft of this kind, complete.
async fn complete(store: &Store, customer: i64, number: u32, kind: Kind) -> store::ReportRow {
    let report = draft(store, customer, number).await;
    let report =
        store.edit_report(&report.id, &[edit(key::KIND, kind.code(), NOON_MS)], &hanako(), NOON_MS).await.unwrap();
    store.edit_report(&report.id, &completion(&report.draft), &hanako(), NOON_MS).await.unwrap()
}

on_both! {
    async fn f38_answered_calls_are_reports_and_waivers(store: Store) {
        let customer = firm(&store).await;
        let sent = draft(&store, customer, 1).await;
        send(&store, &sent, &["sato"], NOON_MS).await;
        let waived = draft(&store, customer, 2).await;
        store.waive_report(&waived.id, "試験", &hanako(), NOON_MS).await.unwrap();
        draft(&store, customer, 3).await;
        let box_left = CallRecord { revision: 2, state: CallState::Cleared, ending: "message_left".to_owned(), events: vec![event(2, "message_left")], ..waiting(4) };
        store.save_call(&box_left).await.unwrap();
        // Still talking, never answered, not in the hour: not in the proof.
        store.save_calls(&[answered(5), CallRecord { revision: 2, state: CallState::Cleared, ..waiting(6) }, cleared(4_000)]).await.unwrap();
        let proved = store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + HOUR).await.unwrap();
        let proof = &proved.proof;
        assert_eq!((proof.answered, proof.sent, proof.waived, proof.open), (4, 1, 1, 2), "{proof:?}");
        assert!(proof.holds() && !proof.is_complete(), "{proof:?}");
        assert!(proof.overdue_calls.is_empty());
        let later = store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + 3 * HOUR).await.unwrap();
        assert_eq!((later.proof.overdue, later.proof.overdue_calls.len(), later.proof.holds()), (2, 2, false));
        assert_eq!((proved.id, later.id, later.previous.as_str()), (1, 2, proved.hash.as_str()));
        assert_eq!(store.reconciliations(None, 10).await.unwrap(), [later, proved]);
        assert_eq!(store.broken_proof().await.unwrap(), None);
        // Each forgotten draft is told once, until it is sent or waived.
        store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + 4 * HOUR).await.unwrap();
        let tasks = store.open_tasks().await.unwrap();
        assert_eq!(tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), [TaskKind::Unfinished; 2]);
        assert_eq!(store.open_since_ms().await.unwrap(), Some(answered(3).call.unix_ms()));
        for task in tasks {
            assert!(task.call.is_some());
            store.waive_report(&task.report.unwrap(), "試験", &hanako(), NOON_MS + 4 * HOUR).await.unwrap();
        }
        assert!(store.open_tasks().await.unwrap().is_empty());
        // The call that is not over yet.
        assert_eq!(store.open_since_ms().await.unwrap(), Some(answered(5).call.unix_ms()));
    }

    async fn f40_the_evidence_names_every_recipients_server(store: Store) {
        let customer = firm(&store).await;
        let report = draft(&store, customer, 1).await;
        send(&store, &report, &["sato", "suzuki"], NOON_MS + 65_000).await;
        let jobs = lease(&store, NOON_MS + 65_000).await;
        accept(&store, jobs.iter().find(|job| job.recipient == "sato").unwrap(), NOON_MS + 65_300).await;
        draft(&store, customer + 1, 2).await;
        let rows = store.proof_rows(Some(customer), NOON_MS, NOON_MS + HOUR).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].call.as_str(), rows[0].ended_ms), (cleared(1).call.to_string().as_str(), cleared(1).ended_ms));
        assert_eq!((rows[0].recipient.as_deref(), rows[0].accepted_ms), (Some("sato"), Some(NOON_MS + 65_300)));
        assert_eq!((rows[0].sent_ms, rows[0].remote_id.as_deref()), (Some(NOON_MS + 65_000), Some("250 2.0.0 ok")));
        assert_eq!((rows[1].recipient.as_deref(), rows[1].accepted_ms), (Some("suzuki"), None));
        let all = store.proof_rows(None, NOON_MS, NOON_MS + HOUR).await.unwrap();
        assert_eq!((all.len(), all[2].state, all[2].delivery.as_deref()), (3, ReportState::Draft, None));
    }

    async fn f60_each_firms_answered_calls_are_sent_waived_and_open(store: Store) {
        let customer = firm(&store).await;
        let sent = draft(&store, customer, 1).await;
        send(&store, &sent, &["sato"], NOON_MS).await;
        let waived = draft(&store, customer, 2).await;
        store.waive_report(&waived.id, "試験", &hanako(), NOON_MS).await.unwrap();
        draft(&store, customer, 3).await;
        // A correction is of no call; another firm's, an unknown number's, one in hand.
        let follow = store.correct_report(&sent.id, &hanako(), NOON_MS).await.unwrap();
        send(&store, &follow, &["sato"], NOON_MS).await;
        draft(&store, customer + 1, 4).await;
        store.save_calls(&[cleared(5), CallRecord { customer: Some(customer), ..answered(6) }]).await.unwrap();
        let month = Month::of(NOON_MS);
        let account = |customer, answered, sent, waived, open| store::Account { customer, answered, sent, waived, open };
        assert_eq!(
            store.accounts(month).await.unwrap(),
            [account(None, 1, 0, 0, 1), account(Some(customer), 3, 1, 1, 1), account(Some(customer + 1), 1, 0, 0, 1)]
        );
        assert!(store.account(customer, month).await.unwrap().holds());
        let none = store.account(customer + 2, month).await.unwrap();
        assert_eq!((none.answered, none.holds()), (0, true));
    }

    async fn f60_counters_equal_a_recount(store: Store) {
        let customer = firm(&store).await;
        let kinds = [Kind::Message, Kind::Inquiry, Kind::Sales, Kind::Complaint, Kind::BookingNew, Kind::WrongNumber];
        let to = ["sato", "suzuki", "tanaka", "office", "night"];
        let mut seed: u32 = 12345;
        let mut next = |end: u32| {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            (seed >> 16) % end
        };
        for number in 1..40 {
            let kind = kinds[usize::try_from(next(6)).unwrap()];
            let report = complete(&store, customer, number, kind).await;
            match next(8) {
                0 => drop(store.waive_report(&report.id, "試験", &hanako(), NOON_MS).await.unwrap()),
                1 => {}
                _ => {
                    let count = usize::try_from(1 + next(5)).unwrap();
                    let deliveries = to.iter().take(count).map(|to| mail(to, NOON_MS)).collect();
                    let call_out = NewTask { report: Some(report.id.clone()), customer: Some(customer), ..NewTask::new(TaskKind::CallOut, report.id.as_str(), "03-1234-5678") };
                    let tasks = if next(3) == 0 { vec![call_out] } else { vec![] };
                    let sending = Sending { tasks, ..sending(report.revision, deliveries) };
                    store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
                    store.send_report(&report.id, &sending, &hanako(), NOON_MS).await.unwrap();
                    if next(5) == 0 {
                        let follow = store.correct_report(&report.id, &hanako(), NOON_MS).await.unwrap();
                        send(&store, &follow, &to, NOON_MS).await;
                    }
                }
            }
        }
        for task in store.open_tasks().await.unwrap() {
            let end = if next(2) == 0 { TaskEnd::Done } else { TaskEnd::Dropped };
            store.finish_task(task.id, "jiro", end, "", NOON_MS).await.unwrap();
        }
        // A delivery that died and went another way does not count twice.
        let job = lease(&store, NOON_MS).await.remove(0);
        store.delivery_dead(&job.id, job.attempt, "550", &[mail("fallback", NOON_MS)], NOON_MS).await.unwrap();
        let month = Month::of(NOON_MS);
        let counted = store.counters(customer, month).await.unwrap();
        assert_eq!(counted, store.recount(customer, month).await.unwrap());
        for class in ["standard", "noise", "complaint", "booking", "extra_recipient", "call_out"] {
            assert!(counted.get(class).is_some_and(|count| *count > 0), "{class}: {counted:?}");
        }
        let all = store.all_counters(month).await.unwrap();
        assert_eq!(all.iter().map(|(_, class, count)| (class.clone(), *count)).collect::<store::Counts>(), counted);
        assert!(store.counters(customer, Month::of(NOON_MS + 40 * 24 * HOUR)).await.unwrap().is_empty());
        assert!(store.counters(customer + 1, month).await.unwrap().is_empty());
    }
}

/// A recount is from what calls and reports say, not from what was counted: a count that somebody changed, and a class, are found.
#[tokio::test]
async fn sqlite_f60_a_recount_is_from_the_records_and_from_what_was_ordered_then() {
    let database = Sqlite::new();
    let store = Store::open(&database.url()).await.unwrap();
    let (customer, month) = (firm(&store).await, Month::of(NOON_MS));
    let send_one = async |number| {
        let report = complete(&store, customer, number, Kind::Sales).await;
        store
            .send_report(&report.id, &sending(report.revision, vec![mail("sato", NOON_MS)]), &hanako(), NOON_MS)
            .await
            .unwrap();
    };
    let order = async |revision, class: &str| {
        let billing = report::Billing { classes: [(Kind::Sales, class.to_owned())].into() };
        let profile = report::Profile { billing, ..report::Profile::default() };
        store.put_profile(customer, revision, &profile, "test", NOON_MS).await.unwrap();
    };
    send_one(1).await;
    order(0, "cold_call").await;
    send_one(2).await;
    send_one(3).await;
    order(1, "free").await;
    send_one(4).await;
    let counted = store.counters(customer, month).await.unwrap();
    let expected: store::Counts =
        [("cold_call", 2), ("free", 1), ("noise", 1)].map(|(class, count)| (class.to_owned(), count)).into();
    assert_eq!((&counted, &store.recount(customer, month).await.unwrap()), (&expected, &expected));
    execute(&database.url(), "UPDATE reports SET class = 'free'").await;
    assert_eq!(store.recount(customer, month).await.unwrap(), expected, "not what the report's row says");
    execute(&database.url(), "UPDATE billing SET count = count + 1 WHERE class = 'free'").await;
    assert_ne!(store.counters(customer, month).await.unwrap(), store.recount(customer, month).await.unwrap());
    execute(&database.url(), "UPDATE reports SET draft = '{' WHERE created_ms = (SELECT MIN(created_ms) FROM reports)")
        .await;
    assert_eq!(
        store.recount(customer, month).await.unwrap().values().sum::<i64>(),
        4,
        "one that cannot be read is counted, too"
    );
}

/// What somebody does behind our back is found.
async fn f38_a_missing_report_and_a_changed_proof_are_found(url: &str) {
    let store = Store::open(url).await.unwrap();
    for number in 1..4 {
        draft(&store, 1, number).await;
        store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + i64::from(number)).await.unwrap();
    }
    execute(url, "DELETE FROM reports WHERE created_ms = (SELECT MIN(created_ms) FROM reports)").await;
    let proof = store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + 9).await.unwrap().proof;
    assert_eq!((proof.answered, proof.missing, proof.missing_calls.len(), proof.holds()), (3, 1, 1, false));
    assert_eq!(proof.missing_calls[0].cast_unsigned(), cleared(1).call.0);
    store.reconcile(NOON_MS, NOON_MS + HOUR, NOON_MS + 10).await.unwrap();
    let tasks = store.open_tasks().await.unwrap();
    assert_eq!(tasks.iter().map(|task| task.kind).collect::<Vec<_>>(), [TaskKind::Unproven], "once, not every hour");
    assert_eq!(store.broken_proof().await.unwrap(), None);
    execute(url, "UPDATE reconciliations SET to_ms = to_ms + 1 WHERE id = 2").await;
    assert_eq!(store.broken_proof().await.unwrap(), Some(2));
    execute(url, "DELETE FROM reconciliations WHERE id = 2").await;
    assert_eq!(store.broken_proof().await.unwrap(), Some(3), "one was taken out");
}

#[tokio::test]
async fn sqlite_f38_a_missing_report_and_a_changed_proof_are_found() {
    let database = Sqlite::new();
    f38_a_missing_report_and_a_changed_proof_are_found(&database.url()).await;
}

#[tokio::test]
async fn postgres_f38_a_missing_report_and_a_changed_proof_are_found() {
    let url = shared_postgres().create("proof").await;
    f38_a_missing_report_and_a_changed_proof_are_found(&url).await;
}
