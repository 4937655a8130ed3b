//! A call's SIP ladder: one column per peer, an arrow per message, facts of the call between them, time going down.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use crate::record::{CallRecord, SIP, TimelineEvent};

/// Columns of the terminal between two peers' lines.
const GAP: usize = 34;
/// Before our own line: the time.
const MARGIN: usize = 11;
/// Peers that get a column of their own; calls have three or four.
const PEERS_MAX: usize = 12;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Milliseconds since the call arrived.
    pub offset_ms: i64,
    /// It came to us.
    pub incoming: bool,
    /// The other side: protocol and address.
    pub peer: String,
    /// Its first line, shortened: `INVITE 0355500101 (SDP)`, `200 OK [INVITE]`.
    pub title: String,
    /// All of it.
    pub message: String,
}

/// The SIP messages of a call's timeline.
pub fn steps(call: &CallRecord) -> Vec<Step> {
    call.events.iter().filter_map(step).collect()
}

fn step(event: &TimelineEvent) -> Option<Step> {
    if event.kind != SIP {
        return None;
    }
    let detail = event.detail.json();
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let message = text("message")?.to_owned();
    let incoming = text("direction") == Some("in");
    let address = text(if incoming { "from" } else { "to" }).unwrap_or("?");
    let peer = clean(&format!("{} {address}", text("protocol").unwrap_or("?")));
    Some(Step { offset_ms: event.offset_ms, incoming, peer, title: title(&message), message })
}

/// Draws the ladder, with the whole messages if wanted. We stand leftmost; every peer that sent or got a message has a
/// column, in the order of appearance. Only ASCII: in Japanese fonts the characters made for such lines may be two wide.
///
/// ```text
///            denwaban                          UDP 192.0.2.1:5060
///     0.000  |<----- INVITE 0355500101 (SDP) ---|
/// ```
pub fn draw(call: &CallRecord, messages: bool) -> String {
    let mut peers: Vec<String> = Vec::new();
    for step in steps(call) {
        if !peers.contains(&step.peer) && peers.len() < PEERS_MAX {
            peers.push(step.peer);
        }
    }
    let mut text = clean(&format!("{}  {} -> {}  {}", call.call, call.caller, call.did, call.customer_name));
    let _ = write!(text, "\n\n{:MARGIN$}{:<GAP$}", "", "denwaban");
    for peer in &peers {
        let _ = write!(text, "{peer:<GAP$}");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    for event in &call.events {
        let _ = write!(text, "{:>9.3}  ", event.offset_ms as f64 / 1000.0);
        match step(event) {
            Some(step) => {
                let column = peers.iter().position(|peer| *peer == step.peer);
                text.push_str(&arrow(&step, column.unwrap_or(0), peers.len()));
                if messages {
                    for line in step.message.trim_end().lines() {
                        let _ = write!(text, "\n{:MARGIN$}    {}", "", clean(line));
                    }
                }
            }
            None => text.push_str(&clean(&format!("* {}{}", event.kind, facts(&event.detail.json())))),
        }
        text.push('\n');
    }
    text
}

/// `|<------ INVITE -------|              |`: the arrow crosses the lines of peers in between.
fn arrow(step: &Step, column: usize, peers: usize) -> String {
    let long = GAP * (column + 1) - 1;
    let title: String = step.title.chars().take(long.saturating_sub(5)).collect();
    let dashes = long.saturating_sub(title.chars().count() + 3);
    let (left, right) = ("-".repeat(dashes / 2), "-".repeat(dashes - dashes / 2));
    let rest = format!("{:width$}|", "", width = GAP - 1).repeat(peers.saturating_sub(column + 1));
    if step.incoming { format!("|<{left} {title} {right}|{rest}") } else { format!("|{left} {title} {right}>|{rest}") }
}

/// The first line, shortened to what one looks for.
fn title(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let session = if message.contains("\r\n\r\nv=0") || message.contains("\n\nv=0") { " (SDP)" } else { "" };
    match first.strip_prefix("SIP/2.0 ") {
        Some(status) => clean(&format!("{status} [{}]{session}", method_of(message).unwrap_or("?"))),
        None => {
            let (method, rest) = first.split_once(' ').unwrap_or((first, ""));
            let uri = rest.split_once(':').map_or(rest, |(_, after)| after);
            let user = uri.split_once('@').map_or("", |(user, _)| user).split(';').next().unwrap_or_default();
            let space = if user.is_empty() { "" } else { " " };
            clean(&format!("{method}{space}{user}{session}"))
        }
    }
}

/// The method of a response: from its CSeq.
fn method_of(message: &str) -> Option<&str> {
    let mut head = message.lines().skip(1).take_while(|line| !line.is_empty());
    head.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.trim().eq_ignore_ascii_case("cseq") { value.split_whitespace().nth(1) } else { None }
    })
}

/// Details of a fact that say something, as ` key=value`.
fn facts(detail: &Value) -> String {
    let mut text = String::new();
    for (key, value) in detail.as_object().into_iter().flatten() {
        let shown = match value {
            Value::String(string) => string.clone(),
            Value::Null => continue,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        };
        if !shown.is_empty() {
            let _ = write!(text, " {key}={shown}");
        }
    }
    text
}

/// Without characters that move a terminal's cursor (R20).
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(index: u32, offset_ms: i64, kind: &str, detail: Value) -> TimelineEvent {
        TimelineEvent { index, offset_ms, kind: kind.to_owned(), detail: detail.into() }
    }

    fn sip(index: u32, offset_ms: i64, direction: &str, peer: &str, message: &str) -> TimelineEvent {
        let (from, to) = if direction == "in" { (peer, "192.0.2.1:5060") } else { ("192.0.2.1:5060", peer) };
        let detail = json!({"direction": direction, "protocol": "UDP", "from": from, "to": to, "message": message});
        event(index, offset_ms, "sip", detail)
    }

    fn call(events: &[TimelineEvent]) -> CallRecord {
        serde_json::from_value(json!({
            "call": "0000000000001", "revision": 1, "state": "cleared", "customer": null, "customer_name": "", "did": "81355500101",
            "diverted_from": "", "caller": "", "withheld": "anonymous", "trunk": null, "operator": null, "operator_name": "",
            "arrived_ms": 0, "ringing_ms": null, "answered_ms": null, "bridged_ms": null, "ended_ms": null, "talk_ms": 0,
            "wait_ms": 0, "ending": "", "legs": [], "recording": null, "no_recording": "", "recording_stem": "", "events": events,
        }))
        .unwrap()
    }

    #[test]
    fn titles_say_what_one_looks_for() {
        assert_eq!(title("INVITE sip:1@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n"), "INVITE 1 (SDP)");
        assert_eq!(title("BYE sip:b;lr SIP/2.0\r\n\r\n"), "BYE");
        assert_eq!(title("SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n"), "180 Ringing [INVITE]");
        assert_eq!(title("SIP/2.0 200 O\u{1b}[2JK\r\ncseq : 2 BYE\r\n\r\n"), "200 O [2JK [BYE]");
    }

    #[test]
    fn every_message_has_its_arrow_and_every_fact_its_line() {
        let call = call(&[
            sip(0, 0, "in", "203.0.113.5:5060", "INVITE sip:0355500101@192.0.2.1 SIP/2.0\r\n\r\n"),
            event(1, 0, "arrived", json!({"did": "0355500101", "withheld": ""})),
            sip(2, 1, "out", "203.0.113.5:5060", "SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n"),
            sip(3, 2, "out", "198.51.100.7:5070", "INVITE sip:101@198.51.100.7:5070 SIP/2.0\r\n\r\n"),
        ]);
        let text = draw(&call, false);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert!(lines[0].contains("UDP 203.0.113.5:5060") && lines[0].contains("UDP 198.51.100.7:5070"), "{text}");
        assert_eq!(
            lines[1], "    0.000  |<------ INVITE 0355500101 -------|                                 |",
            "{text}"
        );
        assert_eq!(lines[2], "    0.000  * arrived did=0355500101");
        assert!(lines[3].contains(" 180 Ringing [INVITE] ") && lines[3].contains(">| "), "{text}");
        assert!(lines[4].contains(" INVITE 101 ") && lines[4].ends_with(">|"), "{text}");
        assert_eq!(lines[4].chars().count(), lines[1].chars().count());
        assert!(draw(&call, true).contains("\n               CSeq: 1 INVITE\n"));
        assert_eq!(steps(&call).len(), 3);
    }
}
