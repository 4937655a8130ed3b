//! Reliable provisionals of theirs: we acknowledge each with PRACK (RFC 3262 section 4). One that bears an offer, because our
//! INVITE had none, gets its PRACK with the call logic's answer (section 5).

use bytes::Bytes;
use sip::dialog::Dialog;
use sip::message::{CSeq, Message, Method, Name, RAck};

use super::fork::DIALOGS_MAX;
use super::session::Theirs;
use super::{Errand, Leg};
use crate::config::OFFER_PATIENCE;
use crate::core::{Core, body_of};
use crate::event::LegEvent;
use crate::timer::LegTimer;
use crate::wire::SDP;

/// An early dialog with reliable provisionals.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) dialog: Dialog,
    /// RSeq of the last one in order.
    rseq: u32,
    /// The SDP of a reliable provisional: the answer to our offer, which the 2xx need not repeat (RFC 6337 section 2.1).
    pub(crate) answer: Bytes,
    /// One offer was answered: another may follow before the 2xx (RFC 3311 section 5.1).
    pub(crate) settled: bool,
    /// Our last SDP in this dialog, if it is not that of the INVITE; and theirs, if they offered.
    pub(crate) local_sdp: Bytes,
    pub(crate) remote_sdp: Bytes,
    /// The RAck of the PRACK that waits for our answer to their offer.
    pub(crate) owed: Option<RAck>,
    /// Their UPDATE that the call logic has not answered.
    pub(crate) theirs: Option<Theirs>,
}

impl Early {
    fn new(dialog: Dialog, rseq: u32) -> Self {
        Self {
            dialog,
            rseq,
            answer: Bytes::new(),
            settled: false,
            local_sdp: Bytes::new(),
            remote_sdp: Bytes::new(),
            owed: None,
            theirs: None,
        }
    }
}

impl Leg {
    /// PRACK, if the provisional is reliable and in order.
    pub(crate) fn acknowledge_reliable(&mut self, core: &mut Core, index: usize, response: &Message) {
        if !response.requires("100rel") {
            return;
        }
        let (Ok(Some(rseq)), Ok(cseq), Ok(to)) = (response.rseq(), response.cseq(), response.to()) else { return };
        let waits = self.wants_answer(index) && self.session.is_none();
        let id = self.id;
        let Some(uac) = &mut self.uac else { return };
        let we_offered = !uac.body.is_empty();
        let owes = uac.forks.iter().any(|fork| fork.early.iter().any(|early| early.owed.is_some()));
        let Some(fork) = uac.forks.get_mut(index) else { return };
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
                fork.early.push(Early::new(dialog, rseq));
                fork.early.len() - 1
            }
        };
        let Some(early) = fork.early.get_mut(place) else { return };
        early.rseq = rseq;
        let rack = RAck { rseq, cseq: CSeq { number: cseq.number, method: Method::Invite } };
        let body = body_of(response);
        let is_offer = !we_offered && !early.settled && !body.is_empty();
        if is_offer && waits && !owes {
            early.owed = Some(rack);
            early.remote_sdp = body.clone();
            core.wake(id, LegTimer::Unanswered, OFFER_PATIENCE);
            return core.tell(LegEvent::Offer { leg: id, body });
        }
        if we_offered && !body.is_empty() {
            early.answer = body;
            early.settled = true;
        }
        self.send_prack(core, (index, place), &rack, Bytes::new());
    }

    /// PRACK in this early dialog, with our answer if it had an offer.
    pub(crate) fn send_prack(&mut self, core: &mut Core, (index, place): (usize, usize), rack: &RAck, body: Bytes) {
        let (id, voice) = (self.id, self.voice());
        let Some(fork) = self.uac.as_mut().and_then(|uac| uac.forks.get_mut(index)) else { return };
        let flow = fork.flow;
        let Some(early) = fork.early.get_mut(place) else { return };
        let via = core.via(flow);
        let mut prack = early.dialog.request(&Method::Prack, &via, None).header(Name::RAck, rack.to_string());
        if !body.is_empty() {
            prack = prack.body(SDP, &body);
            early.local_sdp = body;
            early.settled = true;
        }
        core.send(Some(voice), flow, prack.finish(), crate::core::Errand::Leg(id, Errand::Prack));
    }
}
