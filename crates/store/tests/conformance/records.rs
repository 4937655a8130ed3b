//! Call records for tests.

use serde_json::json;
use store::{Store, StoreError};
use switch::media::{Recording, Statistics};
use switch::{CallId, CallRecord, CallState, LegRecord, TimelineEvent};

pub const NOON_MS: i64 = 1_795_000_000_000;

/// A call that arrived `number` seconds after noon and waits.
pub fn waiting(number: u32) -> CallRecord {
    let arrived_ms = NOON_MS + i64::from(number) * 1000;
    CallRecord {
        call: CallId::new(arrived_ms, number),
        revision: 1,
        state: CallState::Delivered,
        customer: None,
        customer_name: "さくら歯科".to_owned(),
        did: "81312345678".to_owned(),
        diverted_from: String::new(),
        caller: "819012345678".to_owned(),
        withheld: String::new(),
        trunk: Some(3),
        operator: None,
        operator_name: String::new(),
        arrived_ms,
        ringing_ms: Some(arrived_ms + 10),
        announced_ms: None,
        answered_ms: None,
        first_speech_ms: None,
        bridged_ms: None,
        ended_ms: None,
        talk_ms: 0,
        wait_ms: 0,
        ending: String::new(),
        legs: vec![leg(0, "caller", arrived_ms)],
        recording: None,
        no_recording: String::new(),
        recording_stem: format!("2026/11/18/call-{number}"),
        events: vec![event(0, "arrived"), event(1, "ringing")],
    }
}

/// The same, answered by operator 101.
pub fn answered(number: u32) -> CallRecord {
    let before = waiting(number);
    let mut legs = before.legs.clone();
    legs.push(leg(1, "operator", before.arrived_ms + 20));
    CallRecord {
        revision: 2,
        state: CallState::Established,
        operator: Some(101),
        operator_name: "山田 花子".to_owned(),
        answered_ms: Some(before.arrived_ms + 4010),
        wait_ms: 4000,
        legs,
        events: vec![event(2, "answered")],
        ..before
    }
}

/// The same, over, with its recording.
pub fn cleared(number: u32) -> CallRecord {
    let before = answered(number);
    let mut legs = before.legs.clone();
    for leg in &mut legs {
        leg.ended_ms = Some(before.arrived_ms + 64_010);
        leg.ending = "caller hung up".to_owned();
        leg.statistics = Some(Statistics { received: 3000, sent: 3000, ..Statistics::default() });
    }
    CallRecord {
        revision: 3,
        state: CallState::Cleared,
        ended_ms: Some(before.arrived_ms + 64_010),
        talk_ms: 60_000,
        ending: "caller hung up".to_owned(),
        first_speech_ms: before.answered_ms.map(|answered_ms| answered_ms + 850),
        legs,
        recording: Some(recording(number)),
        events: vec![event(3, "cleared")],
        ..before
    }
}

pub fn recording(number: u32) -> Recording {
    Recording {
        path: format!("2026/11/18/call-{number}.wav"),
        samples: 480_000,
        sha256: "ab".repeat(32),
        bytes: 1_920_044,
        gaps: vec![(100, 20)],
        pauses: vec![(5000, 3000)],
        peaks: Some(format!("2026/11/18/call-{number}.peaks.json")),
        first_speech_ms: Some(850),
        fault: "a fault".to_owned(),
    }
}

/// What a record becomes in the store after those before it: the same, with all events.
pub fn with_events(record: CallRecord, events: u32) -> CallRecord {
    let kinds = ["arrived", "ringing", "answered", "cleared"];
    let events = (0..events).zip(kinds).map(|(index, kind)| event(index, kind)).collect();
    CallRecord { events, ..record }
}

fn leg(index: u32, role: &str, started_ms: i64) -> LegRecord {
    LegRecord {
        index,
        role: role.to_owned(),
        party: "819012345678".to_owned(),
        sip_call_id: format!("{index}@test"),
        started_ms,
        answered_ms: None,
        ended_ms: None,
        status: 0,
        ending: String::new(),
        statistics: None,
    }
}

pub fn event(index: u32, kind: &str) -> TimelineEvent {
    TimelineEvent {
        index,
        offset_ms: i64::from(index) * 10,
        kind: kind.to_owned(),
        detail: json!({ "n": index }).into(),
    }
}

pub async fn count(store: &Store) -> Result<usize, StoreError> {
    let mut query = store::CallQuery { limit: Some(500), ..Default::default() };
    let mut found = 0;
    loop {
        let page = store.find_calls(&query).await?;
        found += page.calls.len();
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(found),
        }
    }
}
