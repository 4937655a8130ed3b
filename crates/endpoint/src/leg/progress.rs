//! We tell the caller how it goes: provisional responses, reliable where the caller requires it (RFC 3262 section 3).

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Name};
use sip::transaction::ServerKey;

use super::Leg;
use super::session::Theirs;
use crate::config::OFFER_PATIENCE;
use crate::core::{Core, body_of};
use crate::event::{Ending, LegEvent};
use crate::timer::LegTimer;
use crate::wire::{ALLOW, SDP};

/// Provisionals that wait behind one without PRACK.
const WAITING_MAX: usize = 8;

/// A reliable provisional without its PRACK.
#[derive(Debug)]
pub(crate) struct Reliable {
    pub(crate) response: Message,
    pub(crate) rseq: u32,
    /// Until it is sent again.
    pub(crate) interval: Duration,
}

impl Leg {
    /// Order: a provisional response.
    pub(crate) fn progress(&mut self, core: &mut Core, status: u16, body: Option<Bytes>) {
        let status = if (101..200).contains(&status) { status } else { 180 };
        let Some(uas) = &mut self.uas else { return };
        uas.rings = true;
        if uas.wants_reliable && (uas.unpracked.is_some() || !uas.waiting.is_empty()) {
            if uas.waiting.len() < WAITING_MAX {
                uas.waiting.push_back((status, body));
            }
            return;
        }
        self.send_progress(core, status, body);
    }

    fn send_progress(&mut self, core: &mut Core, status: u16, body: Option<Bytes>) {
        let voice = self.voice();
        let (Some(uas), Some(session)) = (&mut self.uas, &mut self.session) else { return };
        let mut builder = core
            .reply(&uas.invite, status, Some(session.tag))
            .header(Name::Contact, core.contact(uas.flow, &self.contact_user))
            .header(Name::Allow, ALLOW);
        if uas.wants_reliable {
            // Section 3: the first number is chosen at random so that PRACKs of another call cannot fit.
            uas.rseq = if uas.rseq == 0 { 1 + (core.token().0 & 0xFFFF) as u32 } else { uas.rseq + 1 };
            builder = builder.header(Name::Require, "100rel").header(Name::RSeq, uas.rseq.to_string());
        }
        if let Some(body) = body {
            builder = builder.body(SDP, &body);
            session.local_sdp = body;
            uas.said |= uas.wants_reliable;
        }
        let response = core.respond(Some(voice), uas.flow, uas.key, builder.finish());
        if uas.wants_reliable {
            let interval = core.t1();
            uas.unpracked = Some(Reliable { response, rseq: uas.rseq, interval });
            core.wake(self.id, LegTimer::RepeatReliable, interval);
            core.wake(self.id, LegTimer::NoPrack, core.patience());
        }
    }

    /// Timer: no PRACK yet.
    pub(crate) fn repeat_reliable(&mut self, core: &mut Core) {
        let Some(uas) = &mut self.uas else { return };
        let Some(reliable) = &mut uas.unpracked else { return };
        reliable.interval = reliable.interval.saturating_mul(2);
        core.respond_again(uas.key, &reliable.response);
        core.wake(self.id, LegTimer::RepeatReliable, reliable.interval);
    }

    /// Timer: no PRACK within 64*T1: "the UAS SHOULD reject the original request with a 5xx response" (R42).
    pub(crate) fn no_prack(&mut self, core: &mut Core) {
        self.refuse(core, 504, None, None);
        self.end(core, Ending::Lost);
    }

    /// PRACK came (section 3): 200 if it is for the one that waits, else 481.
    pub(crate) fn receive_prack(&mut self, core: &mut Core, key: ServerKey, flow: Flow, prack: &Message) {
        let voice = Some(self.voice());
        let fits = match (&self.uas, prack.rack()) {
            (Some(uas), Ok(rack)) => {
                uas.unpracked.as_ref().is_some_and(|one| one.rseq == rack.rseq)
                    && uas.invite.cseq().is_ok_and(|cseq| cseq.number == rack.cseq.number)
            }
            (None, _) | (_, Err(_)) => false,
        };
        if !fits {
            return core.answer(voice, flow, key, prack, 481);
        }
        core.stop(self.id, LegTimer::RepeatReliable);
        core.stop(self.id, LegTimer::NoPrack);
        let (Some(uas), Some(session)) = (&mut self.uas, &mut self.session) else { return };
        uas.unpracked = None;
        let they_offered = !body_of(&uas.invite).is_empty();
        let body = body_of(prack);
        // RFC 3262 section 5: where the provisional had our answer the PRACK may offer anew, and its 200 has the answer.
        let offers = !body.is_empty() && they_offered && uas.said && session.theirs.is_none();
        if offers {
            session.theirs = Some(Theirs { key, flow, request: prack.clone() });
            core.wake(self.id, LegTimer::Unanswered, OFFER_PATIENCE);
            core.tell(LegEvent::Offer { leg: self.id, body });
        } else {
            core.answer(voice, flow, key, prack, 200);
            // Where it had our offer the PRACK has the answer.
            if !body.is_empty() && !they_offered && uas.said && !uas.settled {
                session.remote_sdp = body.clone();
                core.tell(LegEvent::Acknowledged { leg: self.id, body: Some(body) });
                uas.settled = true;
            }
        }
        uas.settled |= they_offered && uas.said;
        let next = uas.waiting.pop_front();
        let answer = if uas.waiting.is_empty() && next.is_none() { uas.answer.take() } else { None };
        if let Some((status, body)) = next {
            self.send_progress(core, status, body);
        }
        if let Some(body) = answer {
            self.answer(core, body);
        }
    }
}
