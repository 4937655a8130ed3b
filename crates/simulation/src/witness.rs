//! A witness on the wire: sees every message that the switch sends and gets, and says what RFC 3261 does not allow.
//!
//! It knows nothing of the switch's inside. What it judges: who may send what in which state of a transaction
//! (`requests`, `responses`), and how dialogs go (`dialogs`).

mod dialogs;
mod requests;
mod responses;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow};
use sip::message::Method;

use crate::view::View;
use dialogs::Dialog;
use requests::Asked;
use responses::Served;

/// The name of a dialog: Call-ID, the switch's tag, the party's tag.
type DialogKey = (String, String, String);

/// What it has seen.
#[derive(Debug, Default)]
pub struct Witness {
    /// Requests of the switch, by branch and method.
    asked: BTreeMap<(String, Method2), Asked>,
    /// Requests to the switch that it has to answer.
    served: BTreeMap<(String, Method2), Served>,
    dialogs: BTreeMap<DialogKey, Dialog>,
    /// 2xx that reached the switch in this turn and want an ACK: dialog and CSeq.
    owed_acks: BTreeSet<(DialogKey, u32)>,
    /// INVITEs that reached the switch in this turn and want a 100.
    owed_words: BTreeSet<(String, Method2)>,
    /// Streams that have died.
    dead: BTreeSet<u64>,
    complaints: Vec<String>,
}

/// A method, in an order of its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Method2(String);

fn key(branch: &str, method: &Method) -> (String, Method2) {
    (branch.to_owned(), Method2(method.to_string()))
}

impl Witness {
    /// The switch sends this.
    pub fn sends(&mut self, now: Duration, flow: Flow, bytes: &Bytes) -> Option<View> {
        let Some(view) = View::read(bytes) else {
            // An answer to a stranger may have to repeat what cannot be read.
            if !bytes.starts_with(b"SIP/2.0 ") {
                self.complain(now, &format!("unreadable: {:?}", String::from_utf8_lossy(bytes)));
            }
            return None;
        };
        if view.is_request() {
            self.switch_asks(now, flow, &view)
        } else {
            self.switch_answers(now, &view)
        }
        Some(view)
    }

    /// This reaches the switch, from a party that keeps the rules.
    pub fn hears(&mut self, now: Duration, flow: Flow, view: &View) {
        if view.is_request() { self.switch_is_asked(flow, view) } else { self.switch_is_answered(now, flow, view) }
    }

    /// The switch is told that a stream has died.
    pub fn stream_died(&mut self, flow: Flow) {
        self.dead.insert(flow.connection.0);
        for dialog in self.dialogs.values_mut().filter(|dialog| dialog.connections.contains(&flow.connection.0)) {
            dialog.excused = true;
        }
        self.cannot_send(flow);
        self.cannot_send(Flow { connection: ConnectionId::NONE, ..flow });
    }

    /// The switch is told that nobody is reached there: what was asked there has failed (RFC 3261 section 17.1.4), and no ACK
    /// is to be waited for.
    pub fn cannot_send(&mut self, flow: Flow) {
        self.asked.values_mut().filter(|asked| asked.flow == flow).for_each(Asked::is_lost);
        for (name, is_bye) in self.asked.values().filter_map(Asked::lost_in) {
            if let Some(dialog) = self.dialogs.get_mut(&name) {
                dialog.closed |= is_bye;
                dialog.unacked_since = None;
            }
        }
        let is_stream = flow.connection != ConnectionId::NONE;
        let its = |dialog: &&mut Dialog| is_stream && dialog.connections.contains(&flow.connection.0);
        for dialog in self.dialogs.values_mut().filter(its) {
            dialog.unacked_since = None;
        }
    }

    /// The switch has nothing more to do in this moment.
    pub fn turn_is_over(&mut self, now: Duration) {
        for ((call_id, ours, theirs), cseq) in std::mem::take(&mut self.owed_acks) {
            self.complain(now, &format!("no ACK to the 2xx {cseq} of {call_id} {ours} {theirs}"));
        }
        for (branch, _) in std::mem::take(&mut self.owed_words) {
            self.complain(now, &format!("an INVITE ({branch}) got no response at once"));
        }
    }

    /// What was wrong since the last time.
    pub fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// At the end: every request was answered, every dialog ended.
    pub fn judge(&mut self, now: Duration) {
        let mut faults = Vec::new();
        for ((branch, method), served) in &self.served {
            let is_lost = self.dead.contains(&served.connection);
            if served.status < 200 && !is_lost {
                faults.push(format!("{} {branch} never got a final response", method.0));
            }
        }
        for ((call_id, ours, theirs), dialog) in &self.dialogs {
            if dialog.confirmed && !dialog.is_over() && !dialog.excused {
                faults.push(format!("the dialog {call_id} {ours} {theirs} never ended"));
            }
        }
        for fault in faults {
            self.complain(now, &fault);
        }
    }

    fn complain(&mut self, now: Duration, fault: &str) {
        self.complaints.push(format!("wire, {:.3}: {fault}", now.as_secs_f64()));
    }
}
