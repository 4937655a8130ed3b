//! Reports that nobody has to write go by themselves (F04, F43).

use std::sync::Arc;

use notify::chores::{Chores, FINISH_AFTER_MS, NoCaller};
use report::Profile;
use serde_json::{Value, json};
use store::{Origin, ReportState, TaskKind};
use switch::{CallId, CallRecord};

use super::house::*;

/// A call's record: what is not told of here is as in any call.
fn record(house: &House, number: u32, more: Value) -> CallRecord {
    let call = CallId::new(NINE, number);
    let mut record = json!({
        "call": call.to_string(), "revision": 2, "state": "cleared", "customer": house.customer, "customer_name": "さくら歯科",
        "did": "81312345678", "diverted_from": "", "caller": "819012345678", "withheld": "", "trunk": null, "operator": null,
        "operator_name": "", "arrived_ms": NINE, "ringing_ms": NINE, "announced_ms": null, "answered_ms": null,
        "first_speech_ms": null, "bridged_ms": null, "ended_ms": NINE + 60_000, "talk_ms": 0, "wait_ms": 0, "ending": "",
        "legs": [], "recording": null, "no_recording": "", "recording_stem": "x", "events": [],
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}

fn gave_up(house: &House, number: u32) -> CallRecord {
    let event = json!({ "index": 2, "offset_ms": 100, "kind": "abandoned", "detail": { "policy": "report" } });
    record(house, number, json!({ "ending": "abandoned", "events": [event] }))
}

#[tokio::test]
async fn f04_who_gave_up_is_told_to_the_firm_by_the_house_itself() {
    let house = House::new(vec![mail("a", "one.test")]).await;
    house.store.save_call(&gave_up(&house, 1)).await.unwrap();
    let mut chores = Chores::new(house.rescue(), Arc::new(NoCaller), bell());
    let over = NINE + 60_000;
    chores.round(over + FINISH_AFTER_MS - 1).await.unwrap();
    let report = house.store.report_of_call(CallId::new(NINE, 1)).await.unwrap().unwrap();
    assert_eq!((report.state, report.origin), (ReportState::Draft, Origin::Abandoned));
    chores.round(over + FINISH_AFTER_MS).await.unwrap();
    chores.round(over + FINISH_AFTER_MS + 2_000).await.unwrap();
    let report = house.store.report(&report.id).await.unwrap();
    assert_eq!((report.state, report.sent_by.as_str()), (ReportState::Sent, "denwaban"));
    let rows = house.store.report_deliveries(&report.id).await.unwrap();
    assert_eq!(rows.len(), 1);
    let content = house.store.delivery_content(&rows[0].id).await.unwrap();
    assert!(content.notice_only && content.lines.iter().any(|line| line.text.contains("切れました")), "{content:?}");
    // The proof counts it, and finds it sent.
    let proof = house.store.reconcile(NINE, NINE + 1_000, NINE + 9_000_000).await.unwrap().proof;
    assert_eq!((proof.answered, proof.sent, proof.is_complete()), (1, 1, true), "{proof:?}");
}

#[tokio::test]
async fn f43_a_firm_that_wants_notices_gets_one_when_the_call_is_over_and_nobody_writes() {
    let profile = Profile { recipients: vec![mail("a", "one.test")], notice_only: true, ..Profile::default() };
    let house = House::with(profile).await;
    let answered = record(&house, 1, json!({ "answered_ms": NINE + 4_000, "operator_name": "山本" }));
    let talking = record(&house, 2, json!({ "answered_ms": NINE + 4_000, "state": "established", "ended_ms": null }));
    let left = record(&house, 3, json!({ "ending": "message_left" }));
    house.store.save_calls(&[answered, talking, left]).await.unwrap();
    let id = |number| store::report_id_of_call(CallId::new(NINE, number));
    let due = NINE + 60_000 + FINISH_AFTER_MS;
    house.store.lock_report(&id(1), &writer(), false, due - 1_000).await.unwrap();
    let mut chores = Chores::new(house.rescue(), Arc::new(NoCaller), bell());
    chores.round(due).await.unwrap();
    assert_eq!(house.states(&id(1)).await, [], "somebody writes");
    assert_eq!(house.states(&id(2)).await, [], "somebody speaks");
    assert_eq!(house.states(&id(3)).await.len(), 1);
    chores.round(due + store::LOCK_MS).await.unwrap();
    assert_eq!(house.states(&id(1)).await.len(), 1, "the browser was closed");
    assert_eq!(house.states(&id(2)).await, []);
}

#[tokio::test]
async fn f43_a_firm_without_a_place_is_a_task_and_not_a_draft_for_ever() {
    let house = House::new(Vec::new()).await;
    house.store.save_call(&gave_up(&house, 1)).await.unwrap();
    let mut chores = Chores::new(house.rescue(), Arc::new(NoCaller), bell());
    chores.round(NINE + 60_000 + FINISH_AFTER_MS).await.unwrap();
    assert_eq!(house.tasks().await.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [TaskKind::NoRecipient]);
}
