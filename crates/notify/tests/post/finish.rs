//! Reports that nobody has to write go by themselves (F04, F43).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use notify::chores::{Chores, FINISH_AFTER_MS, NoCaller};
use notify::{Links, Rescue};
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

/// Links that are counted.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Links for Counted {
    fn seen(&self, _: &str) -> Option<(String, String)> {
        None
    }

    fn listen(&self) -> Option<(String, String)> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Some((format!("https://house.test/l/{number}"), format!("hash of {number}")))
    }
}

#[tokio::test]
async fn f43_a_notice_that_goes_by_itself_has_the_link_to_the_recording_and_so_has_its_other_way() {
    let listening = report::Listening { on: true, ..report::Listening::default() };
    let recipients = vec![mail("a", "one.test"), mail("b", "two.test")];
    let rules = serde_json::from_value(json!([{ "to": [{ "who": { "recipient": "a" } }] }])).unwrap();
    let house = House::with(Profile { recipients, rules, notice_only: true, listening, ..Profile::default() }).await;
    // One was answered, and is being recorded still; of one that gave up nothing was.
    let answered = record(&house, 1, json!({ "answered_ms": NINE + 4_000, "operator_name": "山本" }));
    house.store.save_calls(&[answered, gave_up(&house, 2)]).await.unwrap();
    let rescue = Rescue { links: Arc::new(Counted::default()), ..house.rescue() };
    let mut chores = Chores::new(rescue.clone(), Arc::new(NoCaller), bell());
    chores.round(NINE + 60_000 + FINISH_AFTER_MS).await.unwrap();
    let mut links = std::collections::BTreeMap::new();
    for _ in 0..2 {
        // One room: one after the other.
        for job in house.store.lease_deliveries(NINE + 90_000, 30_000, 10).await.unwrap() {
            links.insert(job.report.clone(), job.content.link.clone());
            house.store.delivery_accepted(&job.id, job.attempt, "250", NINE + 91_000).await.unwrap();
        }
    }
    let id = |number| store::report_id_of_call(CallId::new(NINE, number));
    assert_eq!(links, [(id(1), Some("https://house.test/l/0".to_owned())), (id(2), None)].into());
    // It comes back: the other recipient has a link of its own.
    let first = house.store.report_deliveries(&id(1)).await.unwrap().remove(0);
    assert!(rescue.bounced(&first.id, "5.1.1 no such mailbox", NINE + 95_000).await.unwrap());
    let job = house.store.lease_deliveries(NINE + 96_000, 30_000, 10).await.unwrap().remove(0);
    assert_eq!((job.recipient.as_str(), job.content.link.as_deref()), ("b", Some("https://house.test/l/1")));
}
