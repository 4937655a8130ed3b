//! Reliable provisionals of theirs: we acknowledge each with PRACK (RFC 3262 section 4).

use bytes::Bytes;
use sip::dialog::Dialog;
use sip::message::{CSeq, Message, Method, Name, RAck};

use super::fork::DIALOGS_MAX;
use super::{Errand, Leg};
use crate::core::{Core, body_of};

/// An early dialog with reliable provisionals.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) dialog: Dialog,
    /// RSeq of the last one in order.
    rseq: u32,
    /// The SDP of a reliable provisional: the answer to our offer, which the 2xx need not repeat (RFC 6337 section 2.1).
    pub(crate) answer: Bytes,
}

impl Leg {
    /// PRACK, if the provisional is reliable and in order.
    pub(crate) fn acknowledge_reliable(&mut self, core: &mut Core, index: usize, response: &Message) {
        if !response.requires("100rel") {
            return;
        }
        let (Ok(Some(rseq)), Ok(cseq), Ok(to)) = (response.rseq(), response.cseq(), response.to()) else { return };
        let voice = self.voice();
        let contact_errand = crate::core::Errand::Leg(self.id, Errand::Prack);
        let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) else { return };
        let remote_tag = to.tag().unwrap_or_default();
        let known = fork.early.iter_mut().position(|early| early.dialog.id.remote_tag == remote_tag);
        let place = match known {
            Some(place) => {
                // Copies, and those that overtook another: section 4 forbids to acknowledge them.
                let in_order = fork.early.get(place).is_some_and(|early| early.rseq.checked_add(1) == Some(rseq));
                if !in_order {
                    return;
                }
                place
            }
            None => {
                let Ok(dialog) = Dialog::as_uac(&fork.invite, response, fork.flow) else { return };
                if fork.early.len() >= DIALOGS_MAX {
                    return;
                }
                fork.early.push(Early { dialog, rseq, answer: Bytes::new() });
                fork.early.len() - 1
            }
        };
        let Some(early) = fork.early.get_mut(place) else { return };
        early.rseq = rseq;
        let answer = body_of(response);
        if !answer.is_empty() {
            early.answer = answer;
        }
        let via = core.via(fork.flow);
        let rack = RAck { rseq, cseq: CSeq { number: cseq.number, method: Method::Invite } };
        let prack = early.dialog.request(&Method::Prack, &via, None).header(Name::RAck, rack.to_string()).finish();
        core.send(Some(voice), fork.flow, prack, contact_errand);
    }
}
