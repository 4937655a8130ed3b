//! A call's SIP messages as a ladder: one column per peer, an arrow per message, time going down.

use std::collections::HashMap;

use serde::Serialize;
use switch::CallRecord;

use super::output::{clean, padded, width};

/// The kind of a timeline event that holds a SIP message.
pub const SIP: &str = "sip";
/// Columns between two peers' lines.
const GAP: usize = 34;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Milliseconds since the call arrived.
    pub offset_ms: i64,
    /// It came to us.
    pub incoming: bool,
    /// The other side's address.
    pub peer: String,
    /// Its first line, shortened: `INVITE (SDP)`, `200 OK (INVITE)`.
    pub title: String,
    /// All of it.
    pub message: String,
}

/// The SIP messages of a call's timeline.
pub fn steps(call: &CallRecord) -> Vec<Step> {
    call.events
        .iter()
        .filter(|event| event.kind == SIP)
        .filter_map(|event| {
            let text = |name: &str| event.detail.get(name).and_then(|value| value.as_str());
            let message = text("message")?;
            let incoming = text("direction") == Some("in");
            let peer = text(if incoming { "from" } else { "to" }).unwrap_or("?").to_owned();
            Some(Step {
                offset_ms: event.offset_ms,
                incoming,
                peer,
                title: title(message),
                message: message.to_owned(),
            })
        })
        .collect()
}

/// The first line, shortened to what one looks for.
fn title(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let session = if message.contains("\r\n\r\nv=0") || message.contains("\n\nv=0") { " (SDP)" } else { "" };
    match first.strip_prefix("SIP/2.0 ") {
        Some(status) => {
            let method = header(message, "cseq").and_then(|cseq| cseq.split_whitespace().nth(1)).unwrap_or("?");
            clean(&format!("{status} [{method}]{session}"))
        }
        None => clean(&format!("{}{session}", first.split(' ').next().unwrap_or_default())),
    }
}

fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let mut head = message.lines().skip(1).take_while(|line| !line.is_empty());
    head.find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The picture.
pub fn draw(call: &CallRecord, steps: &[Step], messages: bool) -> String {
    let mut peers: Vec<&str> = Vec::new();
    for step in steps {
        if !peers.contains(&step.peer.as_str()) {
            peers.push(&step.peer);
        }
    }
    let names: HashMap<&str, usize> = peers.iter().enumerate().map(|(place, peer)| (*peer, place)).collect();
    let mut text =
        format!("call {}  {}  {}\n\n", call.call, super::call::time(call.arrived_ms), clean(&call.customer_name));
    text.push_str(&padded("", 11));
    text.push_str(&padded("denwaban", GAP));
    for peer in &peers {
        text.push_str(&padded(peer, GAP));
    }
    text = text.trim_end().to_owned();
    text.push('\n');
    for step in steps {
        let column = names.get(step.peer.as_str()).copied().unwrap_or(0);
        text.push_str(&format!("{:>9}  {}\n", offset(step.offset_ms), line(step, column, peers.len())));
        if messages {
            for part in step.message.trim_end().lines() {
                text.push_str(&format!("{:11}    {}\n", "", clean(part)));
            }
            text.push('\n');
        }
    }
    text
}

fn offset(ms: i64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// `|------- INVITE ------>|              |`: the arrow crosses the lines of peers in between.
fn line(step: &Step, column: usize, peers: usize) -> String {
    let long = GAP * (column + 1) - 1;
    let room = long.saturating_sub(4);
    let mut title = step.title.clone();
    while width(&title) > room {
        title.pop();
    }
    let dashes = long.saturating_sub(width(&title) + 3);
    let (left, right) = (dashes / 2, dashes - dashes / 2);
    let shaft = format!("{} {title} {}", "-".repeat(left), "-".repeat(right));
    let arrow = if step.incoming { format!("|<{shaft}|") } else { format!("|{shaft}>|") };
    let rest = format!("{}|", " ".repeat(GAP - 1)).repeat(peers - 1 - column);
    format!("{arrow}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(offset_ms: i64, incoming: bool, peer: &str, message: &str) -> Step {
        Step { offset_ms, incoming, peer: peer.to_owned(), title: title(message), message: message.to_owned() }
    }

    #[test]
    fn titles_say_what_one_looks_for() {
        let invite = "INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n";
        assert_eq!(title(invite), "INVITE (SDP)");
        assert_eq!(title("SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n"), "180 Ringing [INVITE]");
        assert_eq!(title("SIP/2.0 200 O\u{1b}[2JK\r\ncseq : 2 BYE\r\n\r\n"), "200 O [2JK [BYE]");
    }

    #[test]
    fn arrows_reach_from_us_to_their_peer() {
        let steps = [
            step(0, true, "192.0.2.1:5060", "INVITE sip:a@b SIP/2.0\r\n\r\n"),
            step(12, false, "10.0.0.7:5062", "INVITE sip:101@b SIP/2.0\r\n\r\n"),
        ];
        let lines: Vec<String> = [line(&steps[0], 0, 2), line(&steps[1], 1, 2)].to_vec();
        assert_eq!(lines[0], "|<------------ INVITE ------------|                                 |");
        assert_eq!(lines[1].chars().count(), lines[0].chars().count());
        assert!(lines[1].ends_with(">|"));
    }
}
