//! Retention, holds and the purge (F54, F56): what goes, what stays, and the proof of it.

use report::japan::{self, DAY_MS, HOUR_MS};
use store::{
    CallQuery, Cause, HOUSE, Month, NewDispute, NewHold, NewTask, ReportQuery, Store, StoreError, TaskEnd, TaskKind,
    Verdict,
};

use crate::customers::sakura;
use crate::records::{NOON_MS, cleared};
use crate::writing::{draft, firm, hanako, send};
use crate::{fields, on_both};

/// A report of a call at noon of this second that was sent and has arrived.
async fn arrived(store: &Store, customer: i64, second: u32) -> store::ReportRow {
    let report = draft(store, customer, second).await;
    send(store, &report, &["sato"], NOON_MS + 60_000).await;
    arrive(store).await;
    store.report(&report.id).await.unwrap()
}

/// The best of everything.
async fn marks(store: &Store) -> Vec<store::Mark> {
    let criteria = store.quality_criteria().await.unwrap();
    let mark = |code| serde_json::from_value(serde_json::json!({ "code": code, "points": 5 })).unwrap();
    criteria.into_iter().map(|one| mark(one.code)).collect()
}

/// What is under way arrives.
async fn arrive(store: &Store) {
    for job in crate::writing::lease(store, NOON_MS + 61_000).await {
        crate::writing::accept(store, &job, NOON_MS + 62_000).await;
    }
}

/// A correction of a report, sent.
async fn correction(store: &Store, report: &store::ReportRow) -> store::ReportRow {
    let follow = store.correct_report(&report.id, &hanako(), NOON_MS + 60_000).await.unwrap();
    send(store, &follow, &["sato"], NOON_MS + 60_000).await.report
}

/// Everything that a purge takes, batch after batch.
async fn purge(store: &Store, now_ms: i64) -> Vec<store::PurgeRow> {
    let mut rows = Vec::new();
    while let Some(row) = store.purge("denwaban", now_ms).await.unwrap() {
        rows.push(row);
        assert!(rows.len() < 100, "it never ends");
    }
    rows
}

/// So long after the calls of these tests.
const fn later(days: i64) -> i64 {
    NOON_MS + days * DAY_MS + HOUR_MS
}

on_both! {
    async fn f54_f56_a_report_of_183_days_is_there_and_one_of_200_is_gone_and_the_ledger_proves_it(store: Store) {
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        let call = report.call.unwrap();
        let recording = store.recording(call).await.unwrap();
        let month = Month::of(report.created_ms);
        let (billed, said) = (store.counters(customer, month).await.unwrap(), serde_json::to_string(&report.draft).unwrap());
        assert_eq!(store.recount(customer, month).await.unwrap(), billed);

        assert_eq!(purge(&store, later(183)).await, []);
        assert_eq!(store.report(&report.id).await.unwrap(), report);
        assert_eq!(store.my_report(customer, &report.id, later(183)).await.unwrap().report, report);
        // The day after the last on which it is kept, and no earlier than that day's first moment in Japan.
        let gone_on = (183..201).find(|day| report.created_ms < store::visible_from_ms(later(*day))).unwrap();
        assert!((184..=200).contains(&gone_on), "{gone_on}");
        assert_eq!(store.purge_due(later(gone_on - 1), 10).await.unwrap(), []);
        let due = store.purge_due(later(gone_on), 10).await.unwrap();
        assert_eq!((due.len(), due[0].report.as_ref(), due[0].call.clone()), (1, Some(&report.id), Some(call.to_string())));
        let waiting = store.purge_waiting(later(gone_on)).await.unwrap();
        assert_eq!((waiting.reports, waiting.calls, waiting.recordings), (1, 1, 1));
        assert_eq!(waiting.bytes, i64::try_from(recording.bytes).unwrap());

        let rows = purge(&store, later(200)).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = &rows[0];
        assert_eq!((row.calls, row.reports, row.recordings, row.bytes), (1, 1, 1, waiting.bytes));
        assert_eq!(row.items[1].recording.as_deref(), Some(recording.sha256.as_str()));
        let digest = |text: &str| {
            use sha2::Digest;
            sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(row.items[0].content.as_deref(), Some(digest(&said).as_str()), "whoever has a copy can prove it");
        assert_eq!(store.purged_files(10).await.unwrap(), std::slice::from_ref(&recording.path));
        store.purged_file_gone(&recording.path).await.unwrap();
        assert_eq!(store.purged_files(10).await.unwrap(), Vec::<String>::new());

        // Nothing is left that says anything of anybody.
        assert!(matches!(store.report(&report.id).await, Err(StoreError::Missing { .. })));
        assert!(store.report_of_call(call).await.unwrap().is_none());
        assert_eq!(store.reports(&ReportQuery::default()).await.unwrap().reports, []);
        assert!(store.earlier_reports(customer, &["09012345678"], 0, 10).await.unwrap().is_empty());
        assert!(matches!(store.recording(call).await, Err(StoreError::Missing { .. })));
        let record = store.call(call).await.unwrap();
        assert_eq!((record.caller.as_str(), record.legs.len(), record.events.len()), ("", 0, 0));
        assert_eq!((record.no_recording.as_str(), record.recording.is_none()), ("purged", true));
        let by_caller = CallQuery { caller: Some("09012345678".into()), ..CallQuery::default() };
        assert!(store.find_calls(&by_caller).await.unwrap().calls.is_empty());
        let deliveries = store.report_deliveries(&report.id).await.unwrap();
        assert!(deliveries.iter().all(|one| one.target.is_none() && one.remote_id.is_empty()), "{deliveries:?}");

        // What is counted stays, and the proof of that day holds without it.
        assert_eq!(store.recount(customer, month).await.unwrap(), billed);
        let proof = store.reconcile(NOON_MS - DAY_MS, NOON_MS + DAY_MS, later(200)).await.unwrap().proof;
        assert_eq!((proof.missing, proof.strangers), (0, 0), "{proof:?}");
        assert_eq!(purge(&store, later(400)).await, [], "once");
        assert_eq!(store.purges(None, 10).await.unwrap(), rows);
        assert_eq!(store.broken_purge().await.unwrap(), None);
    }

    async fn f54_firms_and_the_house_have_days_of_their_own(store: Store) {
        let short = firm(&store).await;
        let other = store::CustomerForm { code: "other".into(), name: "別の会社".into(), dids: Vec::new(), ..sakura() };
        let usual = store.create_customer(&other).await.unwrap().id;
        store.set_retention(short, Some(30), "admin", NOON_MS).await.unwrap();
        let (first, second) = (arrived(&store, short, 1).await, arrived(&store, usual, 2).await);
        let seen = |id: String| { let store = store.clone(); async move { store.report(&id).await.is_ok() } };
        // Thirty whole days in Japan: the last moment on which it is kept is the midnight after the thirtieth.
        let midnight = japan::ms(japan::civil(first.created_ms).date(), 0) + 31 * DAY_MS;
        assert_eq!(purge(&store, midnight - 1).await, []);
        assert_eq!(purge(&store, midnight).await.len(), 1);
        assert_eq!((seen(first.id.clone()).await, seen(second.id.clone()).await), (false, true));
        // The house's own is for those that have none.
        store.set_retention(HOUSE, Some(60), "admin", NOON_MS).await.unwrap();
        store.set_retention(short, Some(365), "admin", NOON_MS).await.unwrap();
        let third = arrived(&store, short, 3).await;
        assert_eq!(purge(&store, later(60)).await, []);
        assert_eq!(purge(&store, later(62)).await.len(), 1);
        assert_eq!((seen(second.id).await, seen(third.id.clone()).await), (false, true));
        store.set_retention(HOUSE, None, "admin", NOON_MS).await.unwrap();
        store.set_retention(short, None, "admin", NOON_MS).await.unwrap();
        assert!(store.retentions().await.unwrap().is_empty());
        assert_eq!(purge(&store, later(183)).await, []);
        assert_eq!(purge(&store, later(200)).await.len(), 1);
        for (customer, days, field) in [(short, 0, "days"), (HOUSE, -1, "days"), (short, 4000, "days")] {
            assert_eq!(fields(store.set_retention(customer, Some(days), "admin", NOON_MS).await.unwrap_err()), [field]);
        }
        let nobody = store.set_retention(999, Some(30), "admin", NOON_MS).await;
        assert!(matches!(nobody, Err(StoreError::Missing { .. })));
        let log = store.audit(Some("house"), None, 10).await.unwrap();
        assert_eq!(log.iter().map(|line| line.detail.as_str()).collect::<Vec<_>>(), ["usual", "60 days"]);
    }

    async fn f54_what_is_held_disputed_unfinished_or_under_way_stays(store: Store) {
        let customer = firm(&store).await;
        let mut cases = Vec::new();
        for second in 1..=4 {
            cases.push(arrived(&store, customer, second).await);
        }
        let hold = |new: NewHold| { let store = store.clone(); async move { store.hold(&new, "admin", NOON_MS).await } };
        let of_call = hold(NewHold { call: cases[0].call.map(|call| call.to_string()), why: "訴訟".into(), ..NewHold::default() }).await.unwrap();
        let of_report = hold(NewHold { report: Some(cases[1].id.clone()), why: "訴訟".into(), ..NewHold::default() }).await.unwrap();
        let new = NewDispute { field: "callback".into(), words: "違います".into() };
        let dispute = store.open_dispute(customer, &cases[2].id, &new, "sato", NOON_MS).await.unwrap();
        // One that nobody finished, and one that is under way.
        let unfinished = draft(&store, customer, 10).await;
        let waiting = draft(&store, customer, 11).await;
        send(&store, &waiting, &["sato"], NOON_MS + 60_000).await;
        let recordings = |now_ms: i64| { let store = store.clone(); async move { store.purge_waiting(now_ms).await.unwrap() } };
        let before = recordings(later(200)).await;
        assert_eq!((before.reports, before.kept_reports, before.calls, before.kept_calls), (1, 5, 1, 5));
        let rows = purge(&store, later(200)).await;
        assert_eq!((rows.len(), rows[0].reports, rows[0].calls), (1, 1, 1), "{rows:?}");
        assert!(store.report(&cases[3].id).await.is_err());
        for report in [&cases[0], &cases[1], &cases[2], &unfinished] {
            assert!(store.report(&report.id).await.is_ok());
            assert!(store.recording(report.call.unwrap()).await.is_ok(), "with its recording");
        }
        // What ends is free; a firm's hold is over everything of it.
        store.release(of_call.id, "admin", NOON_MS).await.unwrap();
        let of_firm = hold(NewHold { customer: Some(customer), why: "調査".into(), ..NewHold::default() }).await.unwrap();
        assert_eq!(purge(&store, later(200)).await, []);
        store.release(of_firm.id, "admin", NOON_MS).await.unwrap();
        let again = store.release(of_firm.id, "admin", NOON_MS).await;
        assert!(matches!(again, Err(StoreError::Missing { .. })));
        let verdict = Verdict { cause: Cause::Correct, answer: "録音のとおり".into(), follow_up: None };
        store.decide_dispute(dispute.id, &verdict, "admin", NOON_MS).await.unwrap();
        store.waive_report(&unfinished.id, "間違い", &hanako(), NOON_MS).await.unwrap();
        let rows = purge(&store, later(200)).await;
        assert_eq!(rows.iter().map(|row| row.reports).sum::<i64>(), 3, "{rows:?}");
        assert_eq!(store.holds(true).await.unwrap(), std::slice::from_ref(&of_report));
        assert_eq!(store.holds(false).await.unwrap().len(), 3);
        let decided = store.dispute(dispute.id).await.unwrap();
        assert_eq!((decided.words.as_str(), decided.opened_by.as_str(), decided.cause), ("", "", Some(Cause::Correct)), "the cause is counted");
        // Not about one thing, about nothing, without a reason, about what is not there.
        assert_eq!(fields(hold(NewHold { why: "x".into(), ..NewHold::default() }).await.unwrap_err()), ["about"]);
        assert_eq!(fields(hold(NewHold { customer: Some(customer), ..NewHold::default() }).await.unwrap_err()), ["why"]);
        for new in [
            NewHold { customer: Some(999), why: "x".into(), ..NewHold::default() },
            NewHold { report: Some("none".into()), why: "x".into(), ..NewHold::default() },
            NewHold { call: Some("none".into()), why: "x".into(), ..NewHold::default() },
        ] {
            assert!(matches!(hold(new).await, Err(StoreError::Missing { .. })));
        }
    }

    async fn f54_a_hold_is_over_the_whole_chain_of_corrections_whichever_it_names(store: Store) {
        let customer = firm(&store).await;
        // Each has a correction, and that one, too.
        let mut chains = Vec::new();
        for second in 1..=4 {
            let mut chain = vec![arrived(&store, customer, second).await];
            for _ in 0..2 {
                let follow = correction(&store, &chain[chain.len() - 1]).await;
                arrive(&store).await;
                chain.push(store.report(&follow.id).await.unwrap());
            }
            chains.push(chain);
        }
        let call = chains[0][0].call.map(|call| call.to_string());
        let hold = |new: NewHold| { let store = store.clone(); async move { store.hold(&new, "admin", NOON_MS).await } };
        let of_call = hold(NewHold { call, why: "訴訟".into(), ..NewHold::default() }).await.unwrap();
        let last = Some(chains[1][2].id.clone());
        let of_correction = hold(NewHold { report: last, why: "訴訟".into(), ..NewHold::default() }).await.unwrap();
        // An open correction, and one that is under way, keep what they correct.
        let open = store.correct_report(&chains[2][2].id, &hanako(), NOON_MS + 70_000).await.unwrap();
        correction(&store, &chains[3][2]).await;
        assert_eq!(purge(&store, later(200)).await, []);
        for report in chains.iter().flatten() {
            assert_eq!(&store.report(&report.id).await.unwrap(), report);
        }
        for chain in &chains {
            assert!(store.recording(chain[0].call.unwrap()).await.is_ok());
        }
        store.release(of_call.id, "admin", NOON_MS).await.unwrap();
        store.release(of_correction.id, "admin", NOON_MS).await.unwrap();
        store.waive_report(&open.id, "不要", &hanako(), NOON_MS).await.unwrap();
        arrive(&store).await;
        let rows = purge(&store, later(200)).await;
        assert_eq!(rows.iter().map(|row| (row.reports, row.calls)).collect::<Vec<_>>(), [(14, 4)]);
    }

    async fn f54_what_is_gone_cannot_be_held(store: Store) {
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        purge(&store, later(200)).await;
        for new in [
            NewHold { report: Some(report.id.clone()), why: "訴訟".into(), ..NewHold::default() },
            NewHold { call: report.call.map(|call| call.to_string()), why: "訴訟".into(), ..NewHold::default() },
        ] {
            assert!(matches!(store.hold(&new, "admin", NOON_MS).await, Err(StoreError::Missing { .. })));
        }
        assert!(store.holds(false).await.unwrap().is_empty());
    }

    async fn f54_what_firms_said_of_a_purged_report_is_in_no_list_and_takes_no_answer(store: Store) {
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        let new = store::NewFeedback { kind: store::FeedbackKind::Wish, words: "もっと早く".into() };
        let said = store.say_feedback(customer, &report.id, &new, "佐藤", NOON_MS + 70_000).await.unwrap();
        store.answer_feedback(said.id, "承知しました", "jiro", NOON_MS + 80_000).await.unwrap();
        let wrong = NewDispute { field: "callback".into(), words: "番号が違う".into() };
        let dispute = store.open_dispute(customer, &report.id, &wrong, "佐藤", NOON_MS + 70_000).await.unwrap();
        let verdict = Verdict { cause: Cause::Correct, answer: "録音のとおり".into(), follow_up: None };
        store.decide_dispute(dispute.id, &verdict, "admin", NOON_MS + 80_000).await.unwrap();
        let feedback = || async { store.feedback(&store::FeedbackQuery::default()).await.unwrap().len() };
        let disputes = || async { store.disputes(&store::DisputeQuery::default()).await.unwrap().len() };
        assert_eq!((feedback().await, disputes().await), (1, 1));
        assert_eq!(purge(&store, later(200)).await.len(), 1);
        assert_eq!((feedback().await, disputes().await), (0, 0));
        let late = store.answer_feedback(said.id, "佐藤様へ", "jiro", later(200)).await;
        assert!(matches!(late, Err(StoreError::Missing { what: "feedback", .. })), "{late:?}");
        assert_eq!(store.dispute_counts(0, later(200)).await.unwrap()[0].count, 1, "it is counted on");
    }

    async fn r18_the_audit_log_outlives_what_was_written_and_has_none_of_its_words(store: Store) {
        const WORDS: &str = "佐藤様に伝えた";
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        let todo = NewTask { customer: Some(customer), report: Some(report.id.clone()), ..NewTask::new(TaskKind::CallOut, &*report.id, WORDS) };
        store.add_task(&todo, NOON_MS).await.unwrap();
        let task = store.open_tasks().await.unwrap()[0].id;
        store.finish_task(task, "hanako", TaskEnd::Done, WORDS, NOON_MS).await.unwrap();
        let unfinished = draft(&store, customer, 2).await;
        store.waive_report(&unfinished.id, WORDS, &hanako(), NOON_MS).await.unwrap();
        store.choose_sample(report.call.unwrap(), WORDS, "jiro", NOON_MS).await.unwrap();
        let again = draft(&store, customer, 3).await;
        let sent = send(&store, &again, &["sato"], NOON_MS + 60_000).await;
        store.withdraw_delivery(&sent.deliveries[0].id, "jiro", WORDS, NOON_MS + 60_001).await.unwrap();
        let disputed = NewDispute { field: WORDS.into(), words: WORDS.into() };
        store.open_dispute(customer, &report.id, &disputed, "佐藤", NOON_MS + 70_000).await.unwrap();
        let held = NewHold { report: Some(report.id.clone()), why: WORDS.into(), ..NewHold::default() };
        let held = store.hold(&held, "admin", NOON_MS).await.unwrap();
        store.release(held.id, "admin", NOON_MS).await.unwrap();
        let lines = store.audit(None, None, 100).await.unwrap();
        for what in ["task.finish", "report.waive", "quality.choose", "delivery.withdraw", "report.dispute", "hold.set", "hold.end"] {
            assert!(lines.iter().any(|line| line.what == what), "{what}: {lines:?}");
        }
        assert!(lines.iter().all(|line| !line.detail.contains(WORDS)), "{lines:?}");
        assert!(lines.iter().any(|line| line.what == "task.finish" && line.detail == "done"), "{lines:?}");
    }

    async fn f54_nothing_is_written_of_what_is_gone_nor_sent_once_more(store: Store) {
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        let delivery = store.report_deliveries(&report.id).await.unwrap().remove(0);
        let (call, other) = (report.call.unwrap(), arrived(&store, customer, 2).await.call.unwrap());
        let open = store.choose_sample(call, "佐藤様", "jiro", NOON_MS).await.unwrap();
        let scored = store.choose_sample(other, "佐藤様", "jiro", NOON_MS).await.unwrap();
        for about in [NewHold { report: Some(report.id.clone()), ..NewHold::default() }, NewHold { call: Some(call.to_string()), ..NewHold::default() }] {
            let held = store.hold(&NewHold { why: "佐藤様より開示請求".into(), ..about }, "admin", NOON_MS).await.unwrap();
            store.release(held.id, "admin", NOON_MS).await.unwrap();
        }
        let samples = || async { store.samples(&store::SampleQuery::default()).await.unwrap().len() };
        assert_eq!(samples().await, 2);
        let sheet = store::Sheet { marks: marks(&store).await, comment: "佐藤様の件".into() };
        store.score_sample(scored.id, &sheet, "jiro", NOON_MS).await.unwrap();
        purge(&store, later(200)).await;
        assert_eq!(samples().await, 1, "a score counts on");
        for sample in [&open, &scored] {
            let late = store.score_sample(sample.id, &sheet, "jiro", later(200)).await;
            assert!(matches!(late, Err(StoreError::Missing { what: "sample", .. })), "{late:?}");
        }
        assert!(store.choose_sample(call, "佐藤様", "jiro", later(200)).await.is_err());
        let again = store.resend_delivery(&delivery.id, "x", None, "jiro", &|| None, later(200)).await;
        assert!(matches!(again, Err(StoreError::Missing { what: "report", .. })), "{again:?}");
        assert!(store.holds(false).await.unwrap().iter().all(|hold| hold.why.is_empty()));
    }

    async fn f54_open_tasks_keep_their_report_and_what_was_written_in_them_goes_with_it(store: Store) {
        let customer = firm(&store).await;
        let report = arrived(&store, customer, 1).await;
        let month = Month::of(report.created_ms);
        let todo = NewTask { customer: Some(customer), report: Some(report.id.clone()), ..NewTask::new(TaskKind::CallOut, &*report.id, "佐藤様へ") };
        store.add_task(&todo, NOON_MS).await.unwrap();
        assert_eq!(purge(&store, later(200)).await, []);
        let task = store.open_tasks().await.unwrap()[0].id;
        store.finish_task(task, "hanako", TaskEnd::Done, "ご本人に伝えた", NOON_MS).await.unwrap();
        let billed = store.counters(customer, month).await.unwrap();
        assert_eq!(purge(&store, later(200)).await.len(), 1);
        let tasks = store.report_tasks(&report.id).await.unwrap();
        assert_eq!(tasks.iter().map(|task| (task.detail.as_str(), task.result.as_str())).collect::<Vec<_>>(), [("", "done")]);
        assert_eq!(store.recount(customer, month).await.unwrap(), billed, "it counts on");
    }

    async fn f54_a_call_whose_recording_is_not_taken_up_yet_keeps_its_name(store: Store) {
        let lost = switch::CallRecord { recording: None, recording_stem: "2026/11/18/lost".into(), customer: None, ..cleared(1) };
        store.save_call(&lost).await.unwrap();
        let report = store.report_of_call(lost.call).await.unwrap().unwrap();
        store.waive_report(&report.id, "間違い", &hanako(), NOON_MS).await.unwrap();
        let rows = purge(&store, later(200)).await;
        assert_eq!(rows.iter().map(|row| (row.reports, row.calls)).collect::<Vec<_>>(), [(1, 0)]);
        assert_eq!(store.unsettled_recordings().await.unwrap(), ["2026/11/18/lost"]);
        let proof = store.reconcile(NOON_MS - DAY_MS, NOON_MS + DAY_MS, later(200)).await.unwrap().proof;
        assert_eq!((proof.missing, proof.strangers), (0, 0), "{proof:?}");
    }

    async fn f54_purges_at_the_same_time_prove_each_thing_once(store: Store) {
        for number in 1..=150 {
            store.save_call(&switch::CallRecord { answered_ms: None, ..cleared(number) }).await.unwrap();
        }
        let runs: Vec<_> = (0..3)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { purge(&store, later(200)).await })
            })
            .collect();
        let mut calls = Vec::new();
        for run in runs {
            let rows = run.await.unwrap();
            calls.extend(rows.into_iter().flat_map(|row| row.items).filter_map(|item| item.call));
        }
        assert_eq!(calls.len(), 150);
        calls.sort();
        calls.dedup();
        assert_eq!(calls.len(), 150, "each once");
        assert_eq!(store.broken_purge().await.unwrap(), None);
    }

    async fn f54_calls_without_a_report_go_too_and_more_than_a_batch_goes_in_several(store: Store) {
        for number in 1..=u32::from(u8::MAX) {
            store.save_call(&switch::CallRecord { answered_ms: None, ..cleared(number) }).await.unwrap();
        }
        let rows = purge(&store, later(200)).await;
        assert_eq!(rows.iter().map(|row| row.calls).collect::<Vec<_>>(), [100, 100, 55]);
        assert_eq!(store.broken_purge().await.unwrap(), None);
        assert_eq!(store.purges(Some(3), 10).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [2, 1]);
    }
}

#[tokio::test]
async fn f54_a_ledger_that_was_changed_is_found_out() {
    for (sql, broken) in [
        ("UPDATE purges SET items = '[]' WHERE id = 2", 2),
        ("UPDATE purges SET calls = 99 WHERE id = 1", 1),
        ("DELETE FROM purges WHERE id = 1", 2),
        ("UPDATE purges SET who = 'nobody' WHERE id = 3", 3),
        ("DELETE FROM purges WHERE id > 1", 2),
    ] {
        let database = crate::databases::Sqlite::new();
        let store = database.open().await;
        for (round, days) in [(1, 200), (2, 201), (3, 202)] {
            store.save_call(&switch::CallRecord { answered_ms: None, ..cleared(round) }).await.unwrap();
            assert_eq!(purge(&store, later(days)).await.len(), 1);
        }
        crate::databases::execute(&database.url(), sql).await;
        assert_eq!(store.broken_purge().await.unwrap(), Some(broken), "{sql}");
    }
}
