//! Server transactions: RFC 3261 section 17.2, and the 2xx that its core repeats (section 13.3.1.4).

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use sip::message::{Method, Name, reason_phrase};

use super::talk::{State, Unacked};
use super::{PATIENCE, Scene, T1, T2, Ua, Wake};
use crate::view::View;

/// A request of theirs.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) request: View,
    pub(super) talk: Option<u32>,
    /// Our last response.
    pub(super) last: Option<Bytes>,
    /// Its status.
    pub(super) status: u16,
    /// Our failure is acknowledged, or our reliable provisional.
    pub(super) is_quiet: bool,
    interval: Duration,
}

impl Ua {
    /// A new transaction.
    pub(super) fn serve(&mut self, request: View, talk: Option<u32>) -> u64 {
        let id = self.fresh();
        let server = Server { request, talk, last: None, status: 0, is_quiet: false, interval: T1 };
        self.servers.insert(id, server);
        id
    }

    /// The transaction of a copy, of an ACK to a failure, or of a CANCEL.
    pub(super) fn served(&self, branch: &str, method: &Method) -> Option<u64> {
        let wanted = if matches!(method, Method::Ack | Method::Cancel) { &Method::Invite } else { method };
        let of = |server: &Server| server.request.branch == branch && server.request.method == *wanted;
        self.servers.iter().find(|(_, server)| of(server)).map(|(id, _)| *id)
    }

    /// Answers. `tag` is our tag, where the request has none; `extra` whole header lines; `body` SDP.
    pub(super) fn respond(&mut self, scene: &mut Scene<'_>, id: u64, status: u16, tag: &str, extra: &str, body: &str) {
        let (is_reliable, who) = (self.protocol.is_reliable(), self.who());
        let Some(server) = self.servers.get_mut(&id).filter(|server| server.status < 200) else { return };
        let bytes = response(&server.request, status, tag, &who, extra, body);
        let is_invite = server.request.method == Method::Invite;
        server.last = Some(bytes.clone());
        server.status = status;
        scene.send(bytes);
        if status >= 200 {
            scene.wake(PATIENCE, Wake::Forget(id));
        }
        if is_invite && status >= 300 && !is_reliable {
            server.interval = T1;
            server.is_quiet = false;
            scene.wake(T1, Wake::Repeat(id));
        }
    }

    /// A reliable provisional (RFC 3262): repeated until its PRACK, over streams too.
    pub(super) fn respond_reliably(&mut self, scene: &mut Scene<'_>, id: u64, tag: &str, rseq: u32, body: &str) {
        let extra = format!("Require: 100rel\r\nRSeq: {rseq}\r\n");
        self.respond(scene, id, 183, tag, &extra, body);
        if let Some(server) = self.servers.get_mut(&id) {
            server.interval = T1;
            server.is_quiet = false;
            scene.wake(T1, Wake::Repeat(id));
        }
    }

    /// A 2xx to an INVITE, first or later: the dialog is confirmed, and the 2xx repeated until its ACK.
    pub(super) fn accept(&mut self, scene: &mut Scene<'_>, talk: u32, id: u64, extra: &str, body: &str) {
        let Some(tag) = self.talks.get(&talk).map(|talk| talk.local_tag.clone()) else { return };
        self.respond(scene, id, 200, &tag, extra, body);
        let Some(server) = self.servers.get(&id) else { return };
        let (cseq, wants_answer) = (server.request.cseq, !server.request.has_sdp());
        let Some(bytes) = server.last.clone() else { return };
        let Some(talk) = self.talks.get_mut(&talk) else { return };
        talk.state = State::Up;
        talk.owed = None;
        talk.unacked = Some(Unacked { cseq, bytes, interval: T1, since: scene.now, wants_answer });
        scene.wake(T1, Wake::Repeat2xx(talk.id));
    }

    /// Timer G, and its like of RFC 3262.
    pub(super) fn repeat(&mut self, scene: &mut Scene<'_>, id: u64) {
        let Some(server) = self.servers.get_mut(&id).filter(|server| !server.is_quiet) else { return };
        if (200..300).contains(&server.status) {
            return;
        }
        server.interval *= 2;
        if server.status >= 300 {
            server.interval = server.interval.min(T2);
        } else if server.interval > PATIENCE {
            // No PRACK for 64*T1: "the UAS SHOULD reject the original request with a 5xx response".
            let tag = server.talk.and_then(|talk| self.talks.get(&talk)).map(|talk| talk.local_tag.clone());
            return self.refuse(scene, id, 504, &tag.unwrap_or_default());
        }
        let interval = server.interval;
        if let Some(bytes) = server.last.clone() {
            scene.send(bytes);
        }
        scene.wake(interval, Wake::Repeat(id));
    }

    /// A failure to an INVITE: its attempt is over.
    pub(super) fn refuse(&mut self, scene: &mut Scene<'_>, id: u64, status: u16, tag: &str) {
        let extra = match status {
            503 if scene.chance.percent(50) => "Retry-After: 7\r\n",
            302 => "Contact: <sip:09055556666@198.51.100.77>\r\n",
            _ => "",
        };
        self.respond(scene, id, status, tag, extra, "");
        let talk = self.servers.get(&id).and_then(|server| server.talk);
        if let Some(talk) = talk.and_then(|talk| self.talks.get_mut(&talk)) {
            talk.owed = None;
            if talk.state != State::Up {
                talk.state = State::Ended;
            }
        }
    }

    /// No ACK yet.
    pub(super) fn repeat_2xx(&mut self, scene: &mut Scene<'_>, number: u32) {
        let Some(talk) = self.talks.get_mut(&number).filter(|talk| !talk.dead) else { return };
        let Some(unacked) = &mut talk.unacked else { return };
        if scene.now.saturating_sub(unacked.since) >= PATIENCE {
            talk.unacked = None;
            if talk.state == State::Up {
                scene.seen.note("ua: no ACK for 64*T1");
                self.bye(scene, number);
            }
            return;
        }
        unacked.interval = (unacked.interval * 2).min(T2);
        let (bytes, interval) = (unacked.bytes.clone(), unacked.interval);
        scene.send(bytes);
        scene.wake(interval, Wake::Repeat2xx(number));
    }
}

/// RFC 3261 section 8.2.6, written out.
fn response(request: &View, status: u16, tag: &str, who: &str, extra: &str, body: &str) -> Bytes {
    let mut text = format!("SIP/2.0 {status} {}\r\n", reason_phrase(status));
    for via in request.message.values(Name::Via) {
        let _ = write!(text, "Via: {}\r\n", String::from_utf8_lossy(&via));
    }
    let needs_tag = request.to_tag.is_empty() && status > 100 && !tag.is_empty();
    let to = if needs_tag { format!("{};tag={tag}", request.to) } else { request.to.clone() };
    let _ = write!(text, "From: {}\r\nTo: {to}\r\nCall-ID: {}\r\n", request.from, request.call_id);
    let _ = write!(text, "CSeq: {} {}\r\n", request.cseq, request.method);
    let names_us = matches!(request.method, Method::Invite | Method::Update | Method::Refer);
    if names_us && (101..300).contains(&status) {
        text.push_str(who);
    }
    text.push_str(extra);
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    Bytes::from(text)
}
