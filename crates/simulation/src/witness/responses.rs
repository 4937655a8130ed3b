//! Requests to the switch, and its responses.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Method, Name};

use super::{Witness, key};
use crate::ua::PATIENCE;
use crate::view::View;

/// A request that the switch has to answer.
#[derive(Debug)]
pub(super) struct Served {
    request: View,
    pub(super) connection: u64,
    pub(super) status: u16,
    tag: String,
    final_bytes: Option<Bytes>,
    acked: bool,
    since: Duration,
}

impl Witness {
    pub(super) fn switch_is_asked(&mut self, flow: Flow, view: &View) {
        let name = (view.call_id.clone(), view.to_tag.clone(), view.from_tag.clone());
        if view.method == Method::Ack {
            // That of a failure belongs to the transaction, that of a 2xx to the dialog.
            if let Some(served) = self.served.get_mut(&key(&view.branch, &Method::Invite)) {
                served.acked = true;
            } else if let Some(dialog) = self.dialogs.get_mut(&name) {
                dialog.acked.push(view.cseq);
                dialog.unacked_since = None;
            }
            return;
        }
        let name = key(&view.branch, &view.method);
        if self.served.contains_key(&name) {
            return;
        }
        if view.method == Method::Invite {
            self.owed_words.insert(name.clone());
        }
        let served = Served {
            request: view.clone(),
            connection: flow.connection.0,
            status: 0,
            tag: String::new(),
            final_bytes: None,
            acked: false,
            since: Duration::ZERO,
        };
        self.served.insert(name, served);
        let name = (view.call_id.clone(), view.to_tag.clone(), view.from_tag.clone());
        if let Some(dialog) = self.dialogs.get_mut(&name) {
            dialog.connections.insert(flow.connection.0);
            dialog.known_there |= dialog.confirmed;
        }
    }

    pub(super) fn switch_answers(&mut self, now: Duration, view: &View) {
        let name = key(&view.branch, &view.method);
        self.owed_words.remove(&name);
        // Strangers' requests are not kept.
        let Some(served) = self.served.get_mut(&name) else { return };
        // Timer J has let go of it: a copy that was so late is a request of its own.
        if served.final_bytes.is_some() && now.saturating_sub(served.since) >= PATIENCE {
            return;
        }
        let request = &served.request;
        let vias = |view: &View| view.message.values(Name::Via).count();
        let same_to = request.to == view.to || (request.to_tag.is_empty() && view.to.starts_with(&request.to));
        let mut faults = Vec::new();
        if request.from != view.from || request.call_id != view.call_id || request.cseq != view.cseq || !same_to {
            faults.push("does not repeat its request's headers (section 8.2.6.2)");
        }
        if vias(request) != vias(view) {
            faults.push("has other Vias");
        }
        if view.status > 100 && view.to_tag.is_empty() {
            faults.push("has no To tag");
        }
        if view.status > 100 && !served.tag.is_empty() && served.tag != view.to_tag {
            faults.push("has another To tag than the response before");
        }
        match &served.final_bytes {
            Some(_) if view.status < 200 => faults.push("is a provisional after the final response"),
            // Each copy of a request that is challenged gets a challenge of its own (section 26.3.2.4): only the nonce differs.
            Some(_) if view.status == 401 && served.status == 401 => {}
            Some(bytes) if bytes != view.message.bytes() => faults.push("is another final response"),
            Some(_) if served.acked && view.status >= 300 && !is_forgotten(view.status) => {
                faults.push("is repeated after its ACK");
            }
            Some(_) | None => {}
        }
        if view.status > 100 {
            served.tag.clone_from(&view.to_tag);
        }
        let is_first = view.status >= 200 && served.final_bytes.is_none();
        served.status = served.status.max(view.status);
        if is_first {
            served.final_bytes = Some(view.message.bytes().clone());
            served.since = now;
        }
        let (outside, connection) = (request.to_tag.is_empty(), served.connection);
        for fault in faults {
            self.complain(now, &format!("{} {fault}", view.title()));
        }
        self.dialog_of_answer(now, view, outside, connection, is_first);
    }

    fn dialog_of_answer(&mut self, now: Duration, view: &View, outside: bool, connection: u64, is_first: bool) {
        let name = (view.call_id.clone(), view.to_tag.clone(), view.from_tag.clone());
        if view.accepts_invite() {
            let dialog = self.dialogs.entry(name).or_default();
            dialog.confirmed = true;
            if outside && is_first {
                dialog.connections.insert(connection);
                dialog.unacked_since = Some(now);
            }
            if !is_first && dialog.acked.contains(&view.cseq) {
                self.complain(now, &format!("{} is repeated after its ACK", view.title()));
            }
            return;
        }
        if view.method == Method::Invite && outside && (101..200).contains(&view.status) {
            self.dialogs.entry(name).or_default();
            return;
        }
        let Some(dialog) = self.dialogs.get_mut(&name) else { return };
        if view.method == Method::Bye && (200..300).contains(&view.status) {
            (dialog.they_said_bye, dialog.closed) = (true, true);
        }
        // While its 2xx waits for the ACK the switch may have ended the call, and may not say BYE yet (section 15).
        let may_be_leaving = dialog.unacked_since.is_some();
        let lives = dialog.confirmed && !dialog.is_over() && !dialog.excused && !may_be_leaving;
        if view.status == 481 && is_first && lives {
            self.complain(now, &format!("{} in {}, which has not ended", view.title(), view.call_id));
        }
    }
}

/// What is refused before anything begins leaves nothing behind, so that a late copy of it is refused again (R02).
fn is_forgotten(status: u16) -> bool {
    matches!(status, 400 | 401 | 415 | 416 | 420 | 481)
}
