//! Writes the switch's events into the log, one line each with the same field names everywhere, and into the history that
//! desks resume from. On a task of its own: a slow terminal never slows a call.

use std::collections::HashMap;
use std::sync::Arc;

use store::journal::{Hook, Notice};
use switch::{Alarm, Event};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tracing::{Span, error, info, info_span, warn};
use web::{News, Stamped, Told};

use crate::engine::EngineHandle;
use crate::telemetry::Pii;

/// Spans of calls remembered; a call whose end was missed must not be remembered for ever.
const CALLS_MAX: usize = 10_000;

/// Follows the events for ever.
pub async fn follow(engine: EngineHandle, mut events: Receiver<Stamped>) {
    let mut teller = Teller::default();
    loop {
        match events.recv().await {
            Ok(stamped) => {
                match &*stamped.event {
                    Told::Switch(event) => teller.tell(event),
                    Told::Report(news) => report(news),
                }
                engine.remember(stamped);
            }
            Err(RecvError::Lagged(missed)) => warn!(missed, "the log is behind: events were left out"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Notices of the journal that wait for the log. More at once are all the same trouble.
const NOTICES_MAX: usize = 256;

/// Whom the journal tells: a task of its own, because the journal's thread must not wait for a terminal.
pub fn journal_hook() -> Hook {
    let (sender, mut notices) = tokio::sync::mpsc::channel(NOTICES_MAX);
    tokio::spawn(async move {
        while let Some(notice) = notices.recv().await {
            journal_notice(&notice);
        }
    });
    Arc::new(move |notice| {
        let _ = sender.try_send(notice);
    })
}

fn journal_notice(notice: &Notice) {
    match notice {
        Notice::QueueLong { waiting } => warn!(waiting, "the journal's disk stalls: records wait in memory"),
        Notice::Lost { total } => error!(total, "disk and database were away for too long: call records were lost"),
        Notice::DiskFailed { why } => error!(why, "the journal's disk refuses: records go to the database directly"),
        Notice::DiskBack => info!("the journal's disk takes records again"),
        Notice::DatabaseAway { why } => error!(why, "the database takes no records: they wait in the journal"),
        Notice::DatabaseBack => info!("the database takes records again"),
        Notice::Rejected { call, why } => {
            error!(%call, why, "the database refused a call's record: see rejected.jsonl")
        }
        Notice::Unreadable { segment, why } => {
            error!(segment = %segment.display(), why, "a line of the journal cannot be read: see rejected.jsonl");
        }
        Notice::Recovered(found) => {
            for call in &found.closed {
                warn!(%call, "call closed: the switchboard had stopped in the middle of it");
            }
            for call in &found.recordings {
                info!(%call, "repaired recording attached to its call");
            }
            for recording in &found.strangers {
                warn!(recording, "this recording belongs to no call");
            }
        }
    }
}

/// A line for what becomes of a report; what its desks do with a draft is in the audit log.
fn report(news: &News) {
    match news {
        News::ReportSent { report, call, urgent, deliveries, .. } => {
            info!(report, call, urgent, deliveries, "report sent");
        }
        News::Delivery { delivery, report, recipient, state, why, .. } => match state.as_str() {
            "dead" | "bounced" | "late" => warn!(delivery, report, recipient, state, why, "report not delivered"),
            _other => info!(delivery, report, recipient, state, why, "delivery"),
        },
        News::Task { task, report, what, sort, .. } => info!(task, report, what, sort, "task"),
        News::ReportChanged { .. } | News::FirmChanged { .. } => {}
    }
}

/// Remembers each call's span, so that every line of a call carries its number.
#[derive(Default)]
struct Teller {
    calls: HashMap<String, Span>,
}

impl Teller {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::CallArrived { call, customer_name, did, caller, withheld, .. } => {
                let span = info_span!("call", call, did);
                span.in_scope(|| info!(firm = customer_name, caller = %Pii(caller), withheld, "arrived"));
                if self.calls.len() >= CALLS_MAX {
                    self.calls.clear();
                }
                self.calls.insert(call.clone(), span);
            }
            Event::ScreenPop { call, operator, waited_ms, .. } => {
                self.of(call).in_scope(|| info!(operator, waited_ms, "offered"));
            }
            Event::MessageLeft { call, from_ms, to_ms, .. } => {
                self.of(call).in_scope(|| info!(from_ms, to_ms, "a message was left"));
            }
            Event::PopClosed { call, operator, why } => self.of(call).in_scope(|| info!(operator, why, "offer over")),
            Event::CallAnswered { call, operator, wait_ms } => {
                self.of(call).in_scope(|| info!(operator, wait_ms, "answered"));
            }
            Event::PreConnect { call, operator, .. } => {
                self.of(call).in_scope(|| info!(operator, "about to be connected"))
            }
            Event::Notified { id, outcome } => info!(notice = id, outcome = outcome.word(), "notice spoken"),
            Event::CallChanged { call, what, detail } => self.of(call).in_scope(|| info!(what, detail, "changed")),
            Event::TransferFailed { call, number, why, .. } => {
                self.of(call).in_scope(|| info!(number = %Pii(number), why, "transfer failed"));
            }
            Event::CallEnded { call, ending, talk_ms, wait_ms, answered } => {
                self.of(call).in_scope(|| info!(ending, talk_ms, wait_ms, answered, "ended"));
                self.calls.remove(call);
            }
            Event::OperatorState { operator, state, reason } => info!(operator, state, reason, "operator"),
            Event::TrunkState { trunk, up: true, why } => info!(trunk, why, "trunk up"),
            Event::TrunkState { trunk, up: false, why } => warn!(trunk, why, "trunk down"),
            Event::Promise { .. } => {} // figures are for screens
            Event::Alarm(alarm) => self.alarm(alarm),
        }
    }

    fn alarm(&self, alarm: &Alarm) {
        match alarm {
            Alarm::UnknownNumber { call, candidates } => {
                self.of(call).in_scope(|| warn!(?candidates, "number in no table: answered with the default greeting"));
            }
            Alarm::Abandoned { call, customer: _, did, caller, wait_ms, policy } => {
                let policy = policy.word();
                self.of(call).in_scope(|| info!(did, caller = %Pii(caller), wait_ms, policy, "given up by the caller"));
            }
            Alarm::RecordingFailed { call, why } => self.of(call).in_scope(|| warn!(why, "recording failed")),
            Alarm::DiskScarce { free_percent } => {
                warn!(free_percent, "little room is left for recordings: make room");
            }
            Alarm::DiskRoomy { free_percent } => info!(free_percent, "there is room for recordings again"),
            Alarm::OneWayAudio { call, leg } => self.of(call).in_scope(|| warn!(leg, "nothing is heard of this party")),
            Alarm::PromiseAtRisk { call, customer, chance_percent } => {
                self.of(call).in_scope(|| warn!(customer, chance_percent, "hardly answered within three rings"));
            }
            Alarm::EmptyTeam { team, customers } => {
                warn!(team, customers, "firms want a team that has no operators: others get their calls");
            }
            Alarm::OperatorUnreliable { operator } => warn!(operator, "phone did not answer twice"),
            Alarm::TollFraud { who, number } => warn!(who, number = %Pii(number), "number may not be dialled: refused"),
            Alarm::OverLimit { call, customer, limit } => {
                self.of(call)
                    .in_scope(|| warn!(customer, limit, "outgoing call refused: a cap of the firm is reached"));
            }
            Alarm::AuthenticationFailures { source, user, failures } => {
                warn!(%source, user, failures, "authentication failures");
            }
            Alarm::PinLocked { customer, caller } => {
                warn!(?customer, caller = %Pii(caller), "recordings line: too many wrong PINs, locked for a while");
            }
            Alarm::OverloadBegan { admitted_percent } => {
                warn!(admitted_percent, "more comes in than this machine can do: a share of the new calls is refused");
            }
            Alarm::OverloadEnded { refused } => warn!(refused, "new calls are all taken again"),
            Alarm::Full { table, limit } => warn!(table, limit, "table full: new work is refused"),
            Alarm::HopChanged { trunk, hop } => warn!(trunk, %hop, "calls go to another address of this trunk"),
            Alarm::PrivateAddress { trunk, address } => {
                warn!(trunk, %address, "this trunk is told a private address of ours: set sip.public and media.public");
            }
            Alarm::Banned { source, reason, failures } => {
                warn!(%source, reason, failures, "not listened to for a while")
            }
            Alarm::RegistrationRefused { trunk, status } => warn!(trunk, status, "registration refused"),
            Alarm::TrunkDown { trunk, why } => warn!(trunk, why, "trunk down for a while: no call comes over it"),
            Alarm::TrunkUp { trunk, down_ms } => warn!(trunk, down_ms, "trunk usable again"),
            Alarm::NoPort => warn!("no RTP port is free: widen media.ports"),
            Alarm::Repaired { what } => error!(what, "an invariant was broken: please report this"),
        }
    }

    fn of(&self, call: &str) -> Span {
        self.calls.get(call).cloned().unwrap_or_else(|| info_span!("call", call))
    }
}
