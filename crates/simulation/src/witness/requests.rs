//! Requests of the switch, and the responses that reach it.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::Method;

use super::{DialogKey, Witness, key};
use crate::ua::PATIENCE;
use crate::view::View;

/// Copies of a request over datagrams: 7 of an INVITE, 11 of another (RFC 3261 section 17.1), the first counted.
const COPIES_MAX: u32 = 11;

/// A request of the switch.
#[derive(Debug)]
pub(super) struct Asked {
    bytes: Bytes,
    copies: u32,
    since: Duration,
    pub(super) provisional: bool,
    pub(super) status: u16,
    to: String,
    cancelled: Option<Duration>,
    accepted: Option<Duration>,
    uri: Vec<u8>,
    call_id: String,
    cseq: u32,
    pub(super) flow: Flow,
    /// The transport has said that it failed.
    lost: bool,
    /// Its dialog, and whether it is a BYE.
    inside: Option<(DialogKey, bool)>,
}

impl Asked {
    /// It has failed on its way; what was accepted stays so.
    pub(super) fn is_lost(&mut self) {
        self.lost |= self.accepted.is_none();
    }

    /// Its dialog, if it has failed on its way; true: it was a BYE.
    pub(super) fn lost_in(&self) -> Option<(DialogKey, bool)> {
        self.inside.clone().filter(|_| self.lost)
    }
}

impl Witness {
    pub(super) fn switch_asks(&mut self, now: Duration, flow: Flow, view: &View) {
        if let Err(refusal) = view.message.validate() {
            self.complain(now, &format!("an invalid request: {} in {}", refusal.reason, view.title()));
        }
        match view.message.max_forwards() {
            Ok(Some(1..=70)) => {}
            other => self.complain(now, &format!("Max-Forwards is {other:?} in {}", view.title())),
        }
        if !view.branch.starts_with("z9hG4bK") || view.from_tag.is_empty() {
            self.complain(now, &format!("no magic cookie or no tag in {}", view.title()));
        }
        if view.method == Method::Ack {
            return self.switch_acknowledges(now, view);
        }
        if view.method == Method::Cancel {
            self.switch_cancels(now, view);
        }
        if let Some(known) = self.asked.get_mut(&key(&view.branch, &view.method)) {
            known.copies += 1;
            let is_same = known.bytes == *view.message.bytes();
            let is_late = now.saturating_sub(known.since) > PATIENCE;
            let is_answered = known.status >= 200 || (view.method == Method::Invite && known.provisional);
            let wrong = !is_same || is_late || is_answered || flow.protocol.is_reliable() || known.copies > COPIES_MAX;
            if wrong {
                let why = format!("same {is_same}, late {is_late}, answered {is_answered}");
                self.complain(now, &format!("a wrong copy ({why}) of {}", view.title()));
            }
            return;
        }
        if !view.to_tag.is_empty() {
            self.inside(now, view);
        }
        let asked = Asked {
            bytes: view.message.bytes().clone(),
            copies: 1,
            since: now,
            provisional: false,
            status: 0,
            to: view.to.clone(),
            cancelled: None,
            accepted: None,
            uri: view.message.request_uri().unwrap_or_default().to_vec(),
            call_id: view.call_id.clone(),
            cseq: view.cseq,
            flow,
            lost: false,
            inside: (!view.to_tag.is_empty()).then(|| {
                let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
                (name, view.method == Method::Bye)
            }),
        };
        self.asked.insert(key(&view.branch, &view.method), asked);
    }

    /// A new request inside a dialog: numbers grow, and nothing is said after the end.
    fn inside(&mut self, now: Duration, view: &View) {
        let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
        let Some(dialog) = self.dialogs.get_mut(&name) else {
            return self.complain(now, &format!("{} in a dialog that nobody has made", view.title()));
        };
        let (before, was_over) = (dialog.cseq, dialog.is_over());
        let unacked = dialog.unacked_since.filter(|_| !dialog.known_there);
        dialog.cseq = view.cseq;
        dialog.we_said_bye |= view.method == Method::Bye;
        if view.cseq <= before {
            self.complain(now, &format!("{} after CSeq {before}", view.title()));
        }
        // A BYE may meet another one, and follow a silence that only looked like the end.
        if was_over && view.method != Method::Bye {
            self.complain(now, &format!("{} after the end of its dialog", view.title()));
        }
        if view.method == Method::Bye && unacked.is_some_and(|since| now.saturating_sub(since) < PATIENCE) {
            self.complain(now, &format!("{} before the ACK (section 15)", view.title()));
        }
    }

    fn switch_acknowledges(&mut self, now: Duration, view: &View) {
        if let Some(invite) = self.asked.get(&key(&view.branch, &Method::Invite)) {
            if !(300..700).contains(&invite.status) || invite.cseq != view.cseq || invite.call_id != view.call_id {
                self.complain(now, &format!("{} with the branch of an INVITE that has not failed", view.title()));
            }
            return;
        }
        let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
        self.owed_acks.remove(&(name.clone(), view.cseq));
        let its = self.dialogs.get_mut(&name).filter(|dialog| dialog.confirmed || dialog.may_be);
        let is_known = its.map(|dialog| dialog.confirmed = true).is_some();
        if !is_known {
            self.complain(now, &format!("{} in a dialog without a 2xx", view.title()));
        }
    }

    fn switch_cancels(&mut self, now: Duration, view: &View) {
        let Some(invite) = self.asked.get_mut(&key(&view.branch, &Method::Invite)) else {
            return self.complain(now, &format!("{} cancels nothing", view.title()));
        };
        let is_copy = invite.cancelled.is_some();
        invite.cancelled.get_or_insert(now);
        let same_uri = invite.uri == view.message.request_uri().unwrap_or_default();
        let fits = same_uri && invite.cseq == view.cseq && invite.to == view.to;
        let (provisional, status) = (invite.provisional, invite.status);
        if !fits {
            self.complain(now, &format!("{} does not look like its INVITE (section 9.1)", view.title()));
        }
        if !is_copy && (!provisional || status >= 200) {
            self.complain(now, &format!("{} although provisional {provisional}, final {status}", view.title()));
        }
    }

    /// A response reaches the switch.
    pub(super) fn switch_is_answered(&mut self, now: Duration, flow: Flow, view: &View) {
        let Some(asked) = self.asked.get_mut(&key(&view.branch, &view.method)) else { return };
        if view.status < 200 {
            // After timer B nobody waits for it any more.
            asked.provisional |= now.saturating_sub(asked.since) < PATIENCE;
            if !view.to_tag.is_empty() {
                let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
                let dialog = self.dialogs.entry(name).or_default();
                dialog.cseq = dialog.cseq.max(asked.cseq);
            }
            return;
        }
        // What came after the transaction's life is nobody's.
        let since = asked.accepted.or(asked.cancelled).unwrap_or(asked.since);
        let is_patient = view.method == Method::Invite && asked.provisional && asked.cancelled.is_none();
        let is_late = now.saturating_sub(since) >= PATIENCE && !(is_patient && asked.accepted.is_none());
        let is_first = asked.status < 200;
        if is_first {
            asked.status = view.status;
        }
        let (cseq, streams) = (asked.cseq, [asked.flow.connection.0, flow.connection.0]);
        let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
        if view.accepts_invite() && !is_late {
            let is_lost = asked.lost;
            let dialog = self.dialogs.entry(name.clone()).or_default();
            dialog.cseq = dialog.cseq.max(cseq);
            if is_lost {
                dialog.may_be = true;
                return;
            }
            asked.accepted.get_or_insert(now);
            dialog.confirmed = true;
            dialog.connections.extend(streams);
            // A copy that comes when all is over can be of no use to anybody.
            if !dialog.closed {
                self.owed_acks.insert((name, view.cseq));
            }
        } else if matches!(view.status, 408 | 481)
            && is_first
            && let Some(dialog) = self.dialogs.get_mut(&name)
        {
            dialog.denied |= view.method != Method::Bye || dialog.we_said_bye;
        }
        let name = (view.call_id.clone(), view.from_tag.clone(), view.to_tag.clone());
        if view.method == Method::Bye
            && let Some(dialog) = self.dialogs.get_mut(&name)
        {
            dialog.closed = true;
        }
    }
}
