//! What is told and kept of each call: screen pops that close, records that tell one coherent story.

use std::collections::{BTreeMap, BTreeSet};

use switch::{CallRecord, CallState, Event};

use crate::coverage::Coverage;

/// All calls of a history.
#[derive(Debug, Default)]
pub struct Books {
    /// Calls that were announced.
    arrived: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Screens that show a call as ringing: call and operator.
    pops: BTreeSet<(String, i64)>,
    /// Told last: call and operator.
    about_to_be_connected: Option<(String, i64)>,
    /// Notices that are being spoken.
    notices: BTreeSet<String>,
    records: BTreeMap<String, Kept>,
}

/// What is kept of one call so far.
#[derive(Debug)]
struct Kept {
    last: CallRecord,
    events: u32,
    offset_ms: i64,
    finals: u32,
}

impl Books {
    /// Calls that came in.
    pub fn calls(&self) -> u64 {
        u64::try_from(self.arrived.len()).unwrap_or(u64::MAX)
    }

    /// A notice was begun.
    pub fn notice_begun(&mut self, id: String) {
        self.notices.insert(id);
    }

    /// An event for desks.
    pub fn event(&mut self, event: &Event, seen: &mut Coverage, complaints: &mut Vec<String>) {
        match event {
            Event::CallArrived { call, .. } => {
                if !self.arrived.insert(call.clone()) {
                    complaints.push(format!("books: {call} arrives twice"));
                }
            }
            Event::ScreenPop { call, operator, .. } => {
                if !self.pops.insert((call.clone(), *operator)) {
                    complaints.push(format!("books: {call} pops up twice for {operator}"));
                }
            }
            Event::MessageLeft { call, from_ms, to_ms, .. } => {
                seen.note("message left");
                if from_ms >= to_ms {
                    complaints.push(format!("books: a message of {call} from {from_ms} to {to_ms}"));
                }
            }
            Event::PopClosed { call, operator, .. } => {
                if !self.pops.remove(&(call.clone(), *operator)) {
                    complaints.push(format!("books: a pop of {call} for {operator} that was never open is closed"));
                }
            }
            Event::CallAnswered { call, operator, .. } => {
                if !self.pops.remove(&(call.clone(), *operator)) {
                    complaints.push(format!("books: {operator} answers {call} without having seen it"));
                }
                if self.about_to_be_connected.take() != Some((call.clone(), *operator)) {
                    complaints.push(format!("books: nobody was told before {operator} was connected with {call}"));
                }
            }
            Event::CallEnded { call, ending, .. } => {
                seen.note(&format!("ending: {ending}"));
                if !self.ended.insert(call.clone()) {
                    complaints.push(format!("books: {call} ends twice"));
                }
            }
            Event::Alarm(alarm) => {
                let word = format!("{alarm:?}");
                let word = word.split([' ', '{', '(']).next().unwrap_or_default();
                seen.note(&format!("alarm: {word}"));
                // Whatever had to be repaired is a bug somewhere, here too: the voice path of the simulation tells all.
                if let switch::Alarm::Repaired { what } = alarm {
                    complaints.push(format!("books: repaired: {what}"));
                }
            }
            Event::CallChanged { .. } => {}
            Event::TransferFailed { call, why, tried, .. } => {
                if why.is_empty() || tried.is_empty() {
                    complaints.push(format!("books: a transfer of {call} fails for no reason"));
                }
            }
            Event::PreConnect { call, operator, .. } => {
                if !self.pops.contains(&(call.clone(), *operator)) {
                    complaints.push(format!("books: {operator} is about to be connected with {call}, unseen"));
                }
                self.about_to_be_connected = Some((call.clone(), *operator));
            }
            Event::Notified { id, outcome } => {
                seen.note(&format!("notice: {}", outcome.word()));
                if !self.notices.remove(id) {
                    complaints.push(format!("books: {id} is told of, and not under way"));
                }
            }
            Event::OperatorState { .. } | Event::TrunkState { .. } | Event::Promise { .. } => {}
        }
    }

    /// A record.
    pub fn record(&mut self, record: CallRecord, seen: &mut Coverage, complaints: &mut Vec<String>) {
        let call = record.call.to_string();
        let (before, mut events, mut offset_ms, finals) = match self.records.remove(&call) {
            Some(kept) => (Some(kept.last), kept.events, kept.offset_ms, kept.finals),
            None => (None, 0, 0, 0),
        };
        for event in &record.events {
            if event.index != events || event.offset_ms < offset_ms {
                complaints
                    .push(format!("books: event {} of {call} at {} is out of order", event.index, event.offset_ms));
            }
            events = event.index + 1;
            offset_ms = offset_ms.max(event.offset_ms);
            if event.kind != switch::record::SIP {
                seen.note(&format!("fact: {}", event.kind));
            }
        }
        if let Some(before) = &before
            && (record.revision <= before.revision || before.arrived_ms != record.arrived_ms)
        {
            complaints.push(format!("books: {call} revision {} after {}", record.revision, before.revision));
        }
        coherent(&record, complaints);
        let finals = finals + u32::from(record.state == CallState::Cleared);
        self.records.insert(call, Kept { last: record, events, offset_ms, finals });
    }

    /// At the end: every call that arrived has ended, once, and its record says so.
    pub fn judge(&self, complaints: &mut Vec<String>) {
        for id in &self.notices {
            complaints.push(format!("books: it was never told what became of {id}"));
        }
        for (call, operator) in &self.pops {
            complaints.push(format!("books: the pop of {call} for {operator} was never closed"));
        }
        for call in self.arrived.symmetric_difference(&self.ended) {
            complaints.push(format!("books: {call} has arrived or ended, not both"));
        }
        for call in &self.arrived {
            match self.records.get(call) {
                // The end, then statistics and recording; a late recording makes one more.
                Some(kept) if kept.last.state == CallState::Cleared && (1..=3).contains(&kept.finals) => {}
                Some(kept) => complaints.push(format!("books: {call} stays {:?}", kept.last.state)),
                None => complaints.push(format!("books: no record of {call}")),
            }
        }
        for (call, kept) in &self.records {
            let (last, name) = (&kept.last, call);
            if !self.arrived.contains(name) {
                complaints.push(format!("books: a record of {name}, which never arrived"));
            }
            let connected = last.announced_ms.or(last.answered_ms);
            if connected.is_some() && last.recording.is_none() && last.no_recording.is_empty() {
                complaints.push(format!("books: {name} was answered and has no recording, and no reason"));
            }
        }
    }
}

/// One record in itself.
fn coherent(record: &CallRecord, complaints: &mut Vec<String>) {
    let times = [
        Some(record.arrived_ms),
        record.ringing_ms,
        record.announced_ms,
        record.answered_ms,
        record.bridged_ms,
        record.ended_ms,
    ];
    let known: Vec<i64> = times.into_iter().flatten().collect();
    let is_over = record.state == CallState::Cleared;
    let mut wrong = Vec::new();
    if !known.is_sorted() {
        wrong.push("times run backwards");
    }
    if is_over != record.ended_ms.is_some() || is_over == record.ending.is_empty() {
        wrong.push("the end is half told");
    }
    if record.talk_ms < 0 || record.wait_ms < 0 || (record.answered_ms.is_none() && record.talk_ms > 0) {
        wrong.push("talk or wait make no sense");
    }
    for leg in &record.legs {
        let times = [Some(leg.started_ms), leg.answered_ms, leg.ended_ms];
        if !times.into_iter().flatten().is_sorted() {
            wrong.push("a leg's times run backwards");
        }
        if is_over && leg.ended_ms.is_none() {
            wrong.push("a leg has no end");
        }
    }
    for what in wrong {
        complaints.push(format!("books: {} revision {}: {what}", record.call, record.revision));
    }
}
