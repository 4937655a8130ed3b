//! A call's SIP ladder as text: one column per peer, one arrow per message, facts of the call between them.

use std::fmt::Write;

use serde_json::Value;

use crate::record::{CallRecord, TimelineEvent};

/// Characters between two peers' lines.
const COLUMN: usize = 34;
/// Characters of the time column, and before the first peer's line.
const MARGIN: usize = 10;
/// Peers that get a column of their own; calls have three or four.
const PEERS_MAX: usize = 12;

/// Draws the ladder. We stand leftmost; every peer that sent or got a message has a column, in the order of appearance.
///
/// ```text
///   +0.000   │──INVITE 0355500101──►…
/// ```
pub fn draw(call: &CallRecord) -> String {
    let peers = peers(call);
    let mut text = format!("{}  {} → {}\n\n", call.call, call.caller, call.did);
    let _ = write!(text, "{:MARGIN$}{:<COLUMN$}", "", "denwaban");
    for peer in &peers {
        let _ = write!(text, "{peer:<COLUMN$}");
    }
    text.push('\n');
    for event in &call.events {
        let _ = write!(text, "{:>9.3} ", event.offset_ms as f64 / 1000.0);
        match arrow(event, &peers) {
            Some(line) => text.push_str(&line),
            None => {
                let _ = write!(text, "· {}{}", event.kind, facts(&event.detail));
            }
        }
        text.push('\n');
    }
    text
}

/// The other party of a message.
fn peer(event: &TimelineEvent) -> Option<String> {
    if event.kind != "sip" {
        return None;
    }
    let field = if event.detail.get("direction")?.as_str()? == "in" { "from" } else { "to" };
    let address = event.detail.get(field)?.as_str()?;
    let protocol = event.detail.get("protocol").and_then(Value::as_str).unwrap_or("");
    Some(format!("{protocol} {address}"))
}

fn peers(call: &CallRecord) -> Vec<String> {
    let mut peers: Vec<String> = Vec::new();
    for peer in call.events.iter().filter_map(peer) {
        if !peers.contains(&peer) && peers.len() < PEERS_MAX {
            peers.push(peer);
        }
    }
    peers
}

/// A message's line: dashes from our line to the peer's, the words in the middle of its own column.
fn arrow(event: &TimelineEvent, peers: &[String]) -> Option<String> {
    let column = peers.iter().position(|known| Some(known) == peer(event).as_ref())?;
    let incoming = event.detail.get("direction")?.as_str()? == "in";
    let words = words(event.detail.get("start_line")?.as_str()?);
    let width = COLUMN - 2;
    let words: String = words.chars().take(width - 4).collect();
    let dashes = width - words.chars().count() - 1;
    let (left, right) = ("─".repeat(dashes / 2), "─".repeat(dashes - dashes / 2));
    let far = "─".repeat(column * COLUMN);
    Some(if incoming {
        format!("│◄{far}{left}{words}{right}│")
    } else {
        format!("│{far}{left}{words}{right}►│")
    })
}

/// `INVITE sip:0355500101@…` as `INVITE 0355500101`, `SIP/2.0 180 Ringing` as `180 Ringing`.
fn words(start_line: &str) -> String {
    match start_line.strip_prefix("SIP/2.0 ") {
        Some(status) => format!(" {status} "),
        None => {
            let mut parts = start_line.split(' ');
            let method = parts.next().unwrap_or_default();
            let uri = parts.next().unwrap_or_default();
            let uri = uri.split_once(':').map_or(uri, |(_, rest)| rest);
            let user = uri.split(['@', ';']).next().unwrap_or_default();
            format!(" {method} {user} ")
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(index: u32, offset_ms: i64, kind: &str, detail: Value) -> TimelineEvent {
        TimelineEvent { index, offset_ms, kind: kind.to_owned(), detail }
    }

    fn sip(index: u32, offset_ms: i64, direction: &str, peer: &str, start_line: &str) -> TimelineEvent {
        let (from, to) = if direction == "in" { (peer, "192.0.2.1:5060") } else { ("192.0.2.1:5060", peer) };
        event(
            index,
            offset_ms,
            "sip",
            json!({"direction": direction, "protocol": "UDP", "from": from, "to": to, "start_line": start_line}),
        )
    }

    #[test]
    fn every_message_has_its_arrow_and_every_fact_its_line() {
        let events = vec![
            sip(0, 0, "in", "203.0.113.5:5060", "INVITE sip:0355500101@192.0.2.1 SIP/2.0"),
            event(1, 0, "arrived", json!({"did": "0355500101", "withheld": ""})),
            sip(2, 1, "out", "203.0.113.5:5060", "SIP/2.0 180 Ringing"),
            sip(3, 2, "out", "198.51.100.7:5070", "INVITE sip:101@198.51.100.7:5070 SIP/2.0"),
        ];
        let call: CallRecord = serde_json::from_value(json!({
            "call": "0000000000001", "revision": 1, "state": "cleared", "customer": null, "customer_name": "", "did": "81355500101",
            "diverted_from": "", "caller": "", "withheld": "anonymous", "trunk": null, "operator": null, "operator_name": "",
            "arrived_ms": 0, "ringing_ms": null, "answered_ms": null, "bridged_ms": null, "ended_ms": null, "talk_ms": 0,
            "wait_ms": 0, "ending": "", "legs": [], "recording": null, "no_recording": "", "recording_stem": "", "events": events,
        }))
        .unwrap();
        let text = draw(&call);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert!(lines[0].contains("UDP 203.0.113.5:5060") && lines[0].contains("UDP 198.51.100.7:5070"), "{text}");
        assert!(lines[1].starts_with("    0.000 │◄─") && lines[1].contains(" INVITE 0355500101 "), "{text}");
        assert_eq!(lines[2], "    0.000 · arrived did=0355500101");
        assert!(lines[3].contains(" 180 Ringing ") && lines[3].ends_with("►│"), "{text}");
        assert!(
            lines[4].contains(" INVITE 101 ") && lines[4].chars().count() > lines[3].chars().count() + 30,
            "{text}"
        );
    }
}
