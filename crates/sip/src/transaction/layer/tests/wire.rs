//! The messages and flows of the stories.

use super::*;
use crate::flow::{ConnectionId, Protocol};

pub(super) const CALLER: &str = "192.0.2.10:5060";
const HOUSE: &str = "203.0.113.1:5060";

pub(super) fn udp_flow() -> Flow {
    Flow::udp(address(HOUSE), address(CALLER))
}

pub(super) fn tcp_flow(connection: u64) -> Flow {
    stream(Protocol::Tcp, connection)
}

pub(super) fn stream(protocol: Protocol, connection: u64) -> Flow {
    // The far port of a stream is whatever the caller's kernel chose, not the one it listens on.
    let remote = address("192.0.2.10:40001");
    Flow { protocol, local: address(HOUSE), remote, connection: ConnectionId(connection) }
}

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[allow(clippy::disallowed_methods, reason = "a test needs some moment to begin with; it passes by adding")]
pub(super) fn some_instant() -> Instant {
    Instant::now()
}

pub(super) fn parse(text: &str) -> Message {
    Message::parse(Bytes::from(text.replace('\n', "\r\n"))).expect("a message")
}

/// A request as the other side, or we, would send it.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) cseq: u32,
    pub(super) branch: &'a str,
    pub(super) sent_by: &'a str,
    pub(super) from_tag: &'a str,
    pub(super) to_tag: &'a str,
    pub(super) call_id: &'a str,
    pub(super) more: &'a str,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            method: "INVITE",
            cseq: 1,
            branch: ";branch=z9hG4bKfirst",
            sent_by: "192.0.2.10:5060",
            from_tag: ";tag=hers",
            to_tag: "",
            call_id: "a1@example.jp",
            more: "",
        }
    }
}

impl Ask<'_> {
    pub(super) fn message(&self) -> Message {
        let Self { method, cseq, branch, sent_by, from_tag, to_tag, call_id, more } = self;
        parse(&format!(
            "{method} sip:0312345678@203.0.113.1 SIP/2.0
Via: SIP/2.0/UDP {sent_by}{branch}
Max-Forwards: 70
{more}From: \"さくら\" <sip:0901111@example.jp>{from_tag}
To: <sip:0312345678@example.jp>{to_tag}
Call-ID: {call_id}
CSeq: {cseq} {method}
Contact: <sip:0901111@192.0.2.10>
Content-Length: 0

"
        ))
    }
}

pub(super) fn invite() -> Message {
    Ask::default().message()
}

pub(super) fn options() -> Message {
    Ask { method: "OPTIONS", ..Ask::default() }.message()
}

/// The ACK of the same branch, as for a non-2xx.
pub(super) fn ack() -> Message {
    Ask { method: "ACK", to_tag: ";tag=ours", ..Ask::default() }.message()
}

pub(super) fn cancel() -> Message {
    Ask { method: "CANCEL", ..Ask::default() }.message()
}

/// A response to [`Ask::message`], from either side.
pub(super) fn reply(status: u16, to: &Message) -> Message {
    reply_of("ours", status, to)
}

/// The response of one of several forks.
pub(super) fn reply_of(to_tag: &str, status: u16, to: &Message) -> Message {
    let tag = (status > 100).then_some(to_tag);
    crate::message::MessageBuilder::reply(to, status, crate::message::reason_phrase(status), tag).finish()
}

pub(super) fn text(message: &Message, name: Name) -> String {
    message.text(name).map(|value| value.into_owned()).unwrap_or_default()
}
