//! A caller who could not be put through is in the report by itself (F42): from the call's timeline, with no page open.

use report::{Edit, Language, Profile, Value, key};
use serde_json::json;
use store::{ReportRow, Store};
use switch::{CallRecord, TimelineEvent};

use crate::databases::{Sqlite, execute};
use crate::on_both;
use crate::records::{NOON_MS, answered, cleared, event};
use crate::writing::{firm, hanako, send};

fn told(index: u32, kind: &str, detail: serde_json::Value) -> TimelineEvent {
    TimelineEvent { detail: detail.into(), ..event(index, kind) }
}

/// The answered call, after these lines of its timeline.
fn then(customer: i64, revision: u32, events: Vec<TimelineEvent>) -> CallRecord {
    CallRecord { customer: Some(customer), revision, events, ..answered(1) }
}

fn called(index: u32, name: &str) -> TimelineEvent {
    told(index, "target_called", json!({ "name": name, "number": "819012345678", "trunk": 1 }))
}

fn failed(index: u32, why: &str) -> TimelineEvent {
    told(index, "transfer_failed", json!({ "why": why }))
}

async fn report(store: &Store) -> ReportRow {
    store.report_of_call(answered(1).call).await.unwrap().unwrap()
}

fn reason(report: &ReportRow) -> Option<&str> {
    report.draft.said(key::BRIDGE_FAILED)
}

on_both! {
    async fn f42_why_nobody_was_reached_is_in_the_report_without_a_page(store: Store) {
        let customer = firm(&store).await;
        store.save_call(&then(customer, 2, vec![event(2, "answered")])).await.unwrap();
        let before = report(&store).await;
        // The first was busy, the second did not answer: both in one record, or in two.
        store.save_call(&then(customer, 3, vec![called(3, "鈴木"), told(4, "target_failed", json!({ "why": "busy" })), called(5, "高橋")])).await.unwrap();
        assert_eq!(reason(&report(&store).await), None);
        let over = then(customer, 4, vec![failed(6, "no_answer")]);
        store.save_call(&over).await.unwrap();
        let after = report(&store).await;
        assert_eq!((reason(&after), after.revision), (Some("高橋: 応答がありませんでした"), before.revision + 1));
        let edits = store.report_edits(&after.id).await.unwrap();
        // At its moment, also in the recording, which began when the operator answered.
        let at_ms = answered(1).arrived_ms + 60;
        let edit = &edits.last().unwrap().edit;
        assert_eq!((edits.len(), edit.at_ms, edit.offset_ms, edit.who.as_str()), (1, at_ms, Some(0), "denwaban"));
        // The journal may say it twice.
        store.save_call(&over).await.unwrap();
        assert_eq!(report(&store).await, after);
    }

    async fn f42_whoever_writes_knows_better_and_a_later_try_counts(store: Store) {
        let customer = firm(&store).await;
        let busy = then(customer, 3, vec![called(3, ""), failed(4, "busy")]);
        store.save_call(&busy).await.unwrap();
        let first = report(&store).await;
        assert_eq!(reason(&first), Some("090-1234-5678: 話し中でした"));
        let value = Some(Value::said("鈴木様は会議中とのこと"));
        let own = Edit { key: key::BRIDGE_FAILED.to_owned(), value, at_ms: NOON_MS + 30_000, offset_ms: None, who: "hanako".to_owned() };
        store.edit_report(&first.id, std::slice::from_ref(&own), &hanako(), own.at_ms).await.unwrap();
        store.save_call(&CallRecord { revision: 4, ..busy }).await.unwrap();
        assert_eq!(reason(&report(&store).await), Some("鈴木様は会議中とのこと"));
        // Put through after all, a minute later.
        let bridged = TimelineEvent { offset_ms: 90_000, ..told(5, "bridged", json!({ "number": "819012345678" })) };
        store.save_call(&then(customer, 5, vec![bridged])).await.unwrap();
        assert_eq!(reason(&report(&store).await), None);
        // The record of a call whose report has gone changes nothing of it.
        let draft = report(&store).await;
        let sent = send(&store, &draft, &["sato"], NOON_MS + 100_000).await.report;
        let late = TimelineEvent { offset_ms: 120_000, ..failed(7, "busy") };
        store.save_call(&then(customer, 6, vec![late])).await.unwrap();
        assert_eq!(store.report(&sent.id).await.unwrap(), sent);
    }

    async fn f42_the_firm_reads_it_in_its_language(store: Store) {
        let customer = firm(&store).await;
        let profile = Profile { language: Language::En, ..Profile::default() };
        store.put_profile(customer, 0, &profile, "test", NOON_MS).await.unwrap();
        store.save_call(&then(customer, 3, vec![called(3, "Suzuki"), failed(4, "unreachable")])).await.unwrap();
        assert_eq!(reason(&report(&store).await), Some("Suzuki: the phone could not be reached"));
    }
}

#[tokio::test]
async fn sqlite_f42_a_draft_that_cannot_be_read_keeps_no_record_from_being_saved() {
    let database = Sqlite::new();
    let store = Store::open(&database.url()).await.unwrap();
    let customer = firm(&store).await;
    store.save_call(&then(customer, 2, Vec::new())).await.unwrap();
    execute(&database.url(), "UPDATE reports SET draft = '{'").await;
    execute(&database.url(), "UPDATE profiles SET json = '{'").await;
    let over =
        CallRecord { customer: Some(customer), events: vec![called(3, "鈴木"), failed(4, "busy")], ..cleared(1) };
    store.save_call(&over).await.unwrap();
    assert_eq!(store.call(over.call).await.unwrap().ended_ms, over.ended_ms);
}
