//! What tests of reports need: a firm, a writer, finished drafts, deliveries.

use report::{Channel, Content, Draft, Edit, Form, Policy, Value};
use store::{NewDelivery, ReportRow, Sending, Settled, Store, Writer};

use crate::customers::sakura;
use crate::records::{NOON_MS, cleared};

pub fn hanako() -> Writer {
    Writer { login: "hanako".to_owned(), name: "山田 花子".to_owned(), operator: Some(101) }
}

pub fn jiro() -> Writer {
    Writer { login: "jiro".to_owned(), name: "佐藤 次郎".to_owned(), operator: Some(102) }
}

/// A firm, and the draft of its call that was answered so many seconds after noon.
pub async fn draft(store: &Store, customer: i64, number: u32) -> ReportRow {
    let record = switch::CallRecord { customer: Some(customer), ..cleared(number) };
    store.save_call(&record).await.unwrap();
    store.report_of_call(record.call).await.unwrap().expect("x02: an answered call has its draft")
}

pub async fn firm(store: &Store) -> i64 {
    store.create_customer(&sakura()).await.unwrap().id
}

pub fn edit(key: &str, value: &str, at_ms: i64) -> Edit {
    let value = (!value.is_empty()).then(|| Value::said(value));
    Edit { key: key.to_owned(), value, at_ms, offset_ms: Some(at_ms - NOON_MS), who: "hanako".to_owned() }
}

/// What makes a draft complete: everything that is asked for was not to be heard.
pub fn completion(draft: &Draft) -> Vec<Edit> {
    let mut draft = draft.clone();
    let mut edits = Vec::new();
    while let Some(missing) = report::missing(&Form::standard(), &draft).into_iter().next() {
        let value = Some(Value::Unheard);
        let edit = Edit { key: missing.key, value, at_ms: NOON_MS, offset_ms: None, who: "hanako".to_owned() };
        draft.apply(&edit).unwrap();
        edits.push(edit);
        assert!(edits.len() < 50, "{draft:?}");
    }
    edits
}

/// Completes and sends a draft to these recipients by mail.
pub async fn send(store: &Store, report: &ReportRow, to: &[&str], now_ms: i64) -> store::Sent {
    let edited = store.edit_report(&report.id, &completion(&report.draft), &hanako(), now_ms).await.unwrap();
    let deliveries = to.iter().map(|to| mail(to, now_ms)).collect();
    store.send_report(&report.id, &sending(edited.revision, deliveries), &hanako(), now_ms).await.unwrap()
}

pub fn sending(revision: i64, deliveries: Vec<NewDelivery>) -> Sending {
    Sending { revision, policy: Policy::Send, deliveries, digest_due_ms: None, ladder: None, tasks: Vec::new() }
}

pub fn mail(recipient: &str, now_ms: i64) -> NewDelivery {
    NewDelivery {
        id: store::new_id(now_ms).unwrap(),
        recipient: recipient.to_owned(),
        channel: Channel::Email { address: format!("{recipient}@sakura.example") },
        reason: "\"named\"".to_owned(),
        content: Content { firm: "さくら歯科".to_owned(), who: "佐藤様".to_owned(), ..Content::default() },
        urgent: false,
        seen_hash: None,
        listen_hash: None,
    }
}

/// Leases all that is due, as ids.
pub async fn lease(store: &Store, now_ms: i64) -> Vec<store::Job> {
    store.lease_deliveries(now_ms, 30_000, 100).await.unwrap()
}

pub async fn accept(store: &Store, job: &store::Job, now_ms: i64) -> Settled {
    store.delivery_accepted(&job.id, job.attempt, "250 2.0.0 ok", now_ms).await.unwrap()
}

/// Sends reports of calls 1 to `count` to one recipient, a second apart; the deliveries' ids in order.
pub async fn queue(store: &Store, customer: i64, count: u32, to: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=count {
        let report = draft(store, customer, number).await;
        let sent = send(store, &report, &[to], NOON_MS + i64::from(number)).await;
        ids.push(sent.deliveries[0].id.clone());
    }
    ids
}
