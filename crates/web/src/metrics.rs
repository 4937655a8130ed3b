//! `GET /metrics`: figures for Prometheus, in its text format 0.0.4.
//!
//! Who may read them: whoever has the token of `web.metrics_token` as `Authorization: Bearer`, and the socket of the command line.
//! Without a token nobody may, and there is nothing at this address: pages are usually behind a proxy on this machine, so that an
//! address proves nothing.
//!
//! No figure is about a caller or a firm. Labels are words of ours, and names of trunks and teams, as many as [`LABELS_MAX`]: what
//! is kept of them there does not grow with the calls.

mod text;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use switch::desk::Snapshot;
use switch::promise::{Figures, WITHIN_MS};
use switch::{CallState, Command, Reply};

use crate::api::Api;
use crate::auth::Local;
use crate::error::Refusal;
use crate::switchboard::Machine;
use text::{Kind, Page};

/// Values that a label with names from the directory may have.
pub const LABELS_MAX: usize = 64;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const STATES: [(CallState, &str); 4] = [
    (CallState::Queued, "queued"),
    (CallState::Delivered, "delivered"),
    (CallState::Established, "established"),
    (CallState::Held, "held"),
];
const OPERATOR_STATES: [&str; 5] = ["logged_out", "not_ready", "ready", "busy", "working_after_call"];

/// Who may read the figures.
#[derive(Clone, Default)]
pub struct MetricsToken(Option<Arc<str>>);

impl MetricsToken {
    /// Whoever has this; empty: nobody.
    pub fn new(token: &str) -> Self {
        Self((!token.is_empty()).then(|| token.into()))
    }

    /// Whether this is it. Takes as long for one that is nearly right as for any other.
    fn is(&self, given: &str) -> bool {
        let Some(token) = &self.0 else { return false };
        let differing = token.bytes().zip(given.bytes()).fold(0, |differing, (one, other)| differing | (one ^ other));
        token.len() == given.len() && differing == 0
    }
}

pub(crate) fn routes() -> Router<Api> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(api): State<Api>, parts: Parts) -> Result<Response, Refusal> {
    let is_local = parts.extensions.get::<Local>().is_some();
    let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !is_local && !api.metrics_token.is(bearer) {
        return Err(match &api.metrics_token.0 {
            Some(_) => Refusal::unauthorized(),
            None => Refusal::not_found("figures are given by a token: set web.metrics_token"),
        });
    }
    let snapshot = match api.switchboard.command(Command::Snapshot).await? {
        Reply::Snapshot(snapshot) => *snapshot,
        Reply::Accepted
        | Reply::Bans(_)
        | Reply::Today(_)
        | Reply::RecordingClock(_)
        | Reply::Route(_)
        | Reply::Trunks(_) => {
            return Err(Refusal::unavailable("the switch gave none"));
        }
    };
    let text = page(&snapshot, &api.switchboard.machine());
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// All figures as text.
fn page(snapshot: &Snapshot, machine: &Machine) -> String {
    let mut page = Page::default();
    page.one("denwaban_build_info", Kind::Gauge, "Version that runs.", &[("version", VERSION)], 1.0);
    now(&mut page, snapshot);
    promise(&mut page, snapshot);
    voice(&mut page, snapshot, machine);
    engine(&mut page, machine);
    process(&mut page, machine);
    page.text()
}

/// Calls, operators and trunks as they are.
fn now(page: &mut Page, snapshot: &Snapshot) {
    page.family("denwaban_calls", Kind::Gauge, "Calls in hand by state.");
    for (state, word) in STATES {
        let count = snapshot.calls.iter().filter(|call| call.state == state).count();
        page.sample("denwaban_calls", &[("state", word)], count as f64);
    }
    let waiting = snapshot.today.waiting as f64;
    page.one("denwaban_queue_depth", Kind::Gauge, "Callers who wait for an operator.", &[], waiting);
    let longest = seconds(snapshot.today.longest_waiting_ms);
    let help = "How long the caller has waited who has waited longest.";
    page.one("denwaban_queue_longest_wait_seconds", Kind::Gauge, help, &[], longest);
    page.family("denwaban_operators", Kind::Gauge, "Operators by state.");
    for state in OPERATOR_STATES {
        let count = snapshot.operators.iter().filter(|operator| operator.state == state).count();
        page.sample("denwaban_operators", &[("state", state)], count as f64);
    }
    let reachable = snapshot.operators.iter().filter(|operator| operator.reachable).count();
    let help = "Operators with a registered phone.";
    page.one("denwaban_operators_reachable", Kind::Gauge, help, &[], reachable as f64);
    page.family("denwaban_trunk_up", Kind::Gauge, "Whether a trunk can be used.");
    for trunk in snapshot.trunks.iter().take(LABELS_MAX) {
        page.sample("denwaban_trunk_up", &[("trunk", &trunk.name)], f64::from(u8::from(trunk.up)));
    }
}

/// How callers were answered: since the start, and today.
fn promise(page: &mut Page, snapshot: &Snapshot) {
    let counters = &snapshot.counters;
    let help = "Callers that were taken since the start.";
    page.one("denwaban_callers_total", Kind::Counter, help, &[], counters.arrived as f64);
    page.family("denwaban_callers_ended_total", Kind::Counter, "What became of callers since the start.");
    for (outcome, count) in
        [("answered", counters.answered), ("abandoned", counters.abandoned), ("otherwise", counters.otherwise)]
    {
        page.sample("denwaban_callers_ended_total", &[("outcome", outcome)], count as f64);
    }
    let help = "From our first 180 to the answer of a person; promised are 9 seconds.";
    page.family("denwaban_answer_seconds", Kind::Histogram, help);
    for (within, count) in WITHIN_MS.iter().zip(counters.answered_within) {
        page.sample("denwaban_answer_seconds_bucket", &[("le", &seconds(*within).to_string())], count as f64);
    }
    page.sample("denwaban_answer_seconds_bucket", &[("le", "+Inf")], counters.answered as f64);
    page.sample("denwaban_answer_seconds_sum", &[], counters.answered_ms as f64 / 1000.0);
    page.sample("denwaban_answer_seconds_count", &[], counters.answered as f64);
    let total = &snapshot.today.total;
    page.family("denwaban_today_callers", Kind::Gauge, "Callers of today, Japan's.");
    for (what, count) in [
        ("offered", total.offered),
        ("answered", total.answered),
        ("abandoned", total.abandoned),
        ("otherwise", total.otherwise),
        ("two_rings", total.two_rings),
        ("three_rings", total.three_rings),
    ] {
        page.sample("denwaban_today_callers", &[("what", what)], f64::from(count));
    }
    let help = "Of today's callers answered or abandoned, how many within so many rings.";
    page.family("denwaban_today_kept_ratio", Kind::Gauge, help);
    kept(page, &[], total);
    let help = "95 of 100 answered today waited no longer.";
    page.one("denwaban_today_answer_p95_seconds", Kind::Gauge, help, &[], seconds(total.p95_ms));
    page.family("denwaban_today_team_kept_ratio", Kind::Gauge, "The same by team.");
    for team in snapshot.today.teams.iter().take(LABELS_MAX) {
        kept(page, &[("team", &team.team)], &team.figures);
    }
    let alarms = counters.alarms as f64;
    page.one("denwaban_alarms_total", Kind::Counter, "Alarms raised by calls since the start.", &[], alarms);
}

/// The two shares; none before the first caller.
fn kept(page: &mut Page, label: &[(&str, &str)], figures: &Figures) {
    let name = if label.is_empty() { "denwaban_today_kept_ratio" } else { "denwaban_today_team_kept_ratio" };
    for (rings, percent) in [("2", figures.two_rings_percent), ("3", figures.three_rings_percent)] {
        if let Some(percent) = percent {
            let labels: Vec<_> = label.iter().copied().chain([("rings", rings)]).collect();
            page.sample(name, &labels, percent / 100.0);
        }
    }
}

/// The voice path and the recorder.
fn voice(page: &mut Page, snapshot: &Snapshot, machine: &Machine) {
    let counters = &snapshot.counters;
    page.family("denwaban_rtp_packets_total", Kind::Counter, "RTP packets of legs that are over.");
    page.sample("denwaban_rtp_packets_total", &[("what", "received")], counters.rtp_received as f64);
    page.sample("denwaban_rtp_packets_total", &[("what", "lost")], counters.rtp_lost as f64);
    page.family("denwaban_recordings_total", Kind::Counter, "Recordings: whole, or with something missing or wrong.");
    page.sample("denwaban_recordings_total", &[("result", "whole")], counters.recordings as f64);
    page.sample("denwaban_recordings_total", &[("result", "failed")], counters.recordings_failed as f64);
    let help = "Share of its time that the busiest voice thread, or the recorder, is at work.";
    page.one("denwaban_media_busy_ratio", Kind::Gauge, help, &[], machine.voice_busy);
    let help = "How late the latest tick of the voice threads was in the last second.";
    page.one("denwaban_media_late_seconds", Kind::Gauge, help, &[], machine.voice_late_us as f64 / 1e6);
}

/// The loop that joins the switch to the world.
fn engine(page: &mut Page, machine: &Machine) {
    let help = "Events handled since the start.";
    page.one("denwaban_engine_inputs_total", Kind::Counter, help, &[], machine.inputs as f64);
    let help = "Processor time of the engine.";
    page.one("denwaban_engine_cpu_seconds_total", Kind::Counter, help, &[], machine.engine_cpu_us as f64 / 1e6);
    let help = "The longest that one event took in the last second.";
    page.one("denwaban_engine_longest_event_seconds", Kind::Gauge, help, &[], machine.longest_us as f64 / 1e6);
    let help = "Share of new calls that is taken.";
    page.one("denwaban_admitted_ratio", Kind::Gauge, help, &[], f64::from(machine.admitted_percent) / 100.0);
    let help = "Invariants that were found broken: each is a bug.";
    page.one("denwaban_violations_total", Kind::Counter, help, &[], machine.violations as f64);
    page.family("denwaban_lost_total", Kind::Counter, "What was lost because a queue was full.");
    for (what, count) in [
        ("media_events", machine.media_events_lost),
        ("media_orders", machine.media_orders_lost),
        ("records", machine.records_lost),
    ] {
        page.sample("denwaban_lost_total", &[("what", what)], count as f64);
    }
    page.family("denwaban_sip_messages_total", Kind::Counter, "SIP messages, and what was none or came too fast.");
    for (what, count) in [
        ("received", machine.sip_received),
        ("sent", machine.sip_sent),
        ("junk", machine.sip_junk),
        ("flooded", machine.sip_flooded),
    ] {
        page.sample("denwaban_sip_messages_total", &[("what", what)], count as f64);
    }
    let help = "Open SIP connections (TCP, TLS, WebSocket).";
    page.one("denwaban_sip_connections", Kind::Gauge, help, &[], machine.sip_connections as f64);
}

/// The process, under the names that all programs use.
fn process(page: &mut Page, machine: &Machine) {
    let help = "Processor time of the process.";
    page.one("process_cpu_seconds_total", Kind::Counter, help, &[], machine.cpu_us as f64 / 1e6);
    let help = "Resident memory.";
    page.one("process_resident_memory_bytes", Kind::Gauge, help, &[], machine.resident_bytes as f64);
    page.one("process_open_fds", Kind::Gauge, "Open files and sockets.", &[], machine.open_files as f64);
    let started = seconds(machine.started_ms);
    page.one("process_start_time_seconds", Kind::Gauge, "When it began, unix time.", &[], started);
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_opens_and_none_opens_nothing() {
        let token = MetricsToken::new("0123456789abcdef");
        assert!(token.is("0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF"] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(!MetricsToken::new("").is("") && !MetricsToken::default().is(""));
    }
}
