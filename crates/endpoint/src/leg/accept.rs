//! A 2xx of ours to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4), and that ACK.

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Name};
use sip::transaction::ServerKey;

use super::Leg;
use super::session::{Bye, Unacked};
use crate::core::{Core, body_of};
use crate::event::{Ending, LegEvent};
use crate::output::TraceDirection;
use crate::timer::LegTimer;
use crate::wire::{ALLOW, SDP, SUPPORTED};

impl Leg {
    /// Order: answer the call.
    pub(crate) fn answer(&mut self, core: &mut Core, body: Bytes) {
        let Some(uas) = &mut self.uas else { return };
        // RFC 3262 section 3: no 2xx while a reliable provisional with SDP is without its PRACK.
        let offered = self.session.as_ref().is_some_and(|session| session.theirs.is_some());
        if uas.unpracked.is_some() || offered {
            uas.waiting.clear();
            uas.answer = Some(body);
            return;
        }
        let Some(uas) = self.uas.take() else { return };
        core.invites.remove(&uas.key);
        core.stop(self.id, LegTimer::RepeatReliable);
        core.stop(self.id, LegTimer::NoPrack);
        // Our offer stood in a provisional and its answer in the PRACK: said again it would be another offer.
        let is_said = uas.settled && body_of(&uas.invite).is_empty();
        let body = if is_said { Bytes::new() } else { body };
        self.accept(core, uas.key, uas.flow, &uas.invite, body, true);
    }

    /// 200 to their INVITE, first or later.
    pub(crate) fn accept(
        &mut self,
        core: &mut Core,
        key: ServerKey,
        flow: Flow,
        invite: &Message,
        body: Bytes,
        initial: bool,
    ) {
        let (voice, wanted_s, id) = (self.voice(), self.session_wanted_s, self.id);
        let contact = core.contact(flow, &self.contact_user);
        let Some(session) = &mut self.session else { return };
        let mut builder = core
            .reply(invite, 200, Some(session.tag))
            .header(Name::Contact, contact)
            .header(Name::Allow, ALLOW)
            .header(Name::Supported, SUPPORTED);
        if let Some(date) = core.date() {
            builder = builder.header(Name::Date, date);
        }
        builder = session.grant_timer(invite, wanted_s, builder);
        if !body.is_empty() {
            builder = builder.body(SDP, &body);
        }
        let offer = body_of(invite);
        let wants_answer = offer.is_empty() && !body.is_empty();
        if !wants_answer {
            session.remote_sdp = offer;
        }
        if !body.is_empty() {
            session.local_sdp = body;
        }
        let response = core.respond(Some(voice), flow, key, builder.finish());
        let cseq = invite.cseq().map_or(0, |cseq| cseq.number);
        let interval = core.t1();
        session.unacked = Some(Unacked { key, response, cseq, interval, wants_answer, initial });
        session.arm_timer(core, id);
        core.wake(id, LegTimer::Repeat2xx, interval);
        core.wake(id, LegTimer::NoAck, core.patience());
    }

    /// Timer: no ACK yet. On streams too: the ACK comes end to end.
    pub(crate) fn repeat_2xx(&mut self, core: &mut Core) {
        let Some(session) = &mut self.session else { return };
        let Some(unacked) = &mut session.unacked else { return };
        unacked.interval = unacked.interval.saturating_mul(2).min(core.t2());
        core.respond_again(unacked.key, &unacked.response);
        core.wake(self.id, LegTimer::Repeat2xx, unacked.interval);
    }

    /// Timer: no ACK within 64*T1: "the dialog is confirmed, but the session SHOULD be terminated" with a BYE (R38).
    pub(crate) fn no_ack(&mut self, core: &mut Core) {
        core.stop(self.id, LegTimer::Repeat2xx);
        let Some(session) = &mut self.session else { return };
        session.unacked = None;
        let reason = match &session.bye {
            Bye::AfterAck(reason) => reason.clone(),
            Bye::No | Bye::Sent => None,
        };
        self.send_bye(core, reason.as_ref());
        self.end(core, Ending::NoAck);
    }

    /// An ACK to a 2xx.
    pub(crate) fn receive_ack(&mut self, core: &mut Core, flow: Flow, ack: &Message) {
        let id = self.id;
        let Some(session) = &mut self.session else { return };
        let cseq = ack.cseq().map_or(0, |cseq| cseq.number);
        // Another copy of it, or an ACK to something older.
        let Some(unacked) = session.unacked.take_if(|unacked| unacked.cseq == cseq) else { return };
        core.trace(id, TraceDirection::In, flow, ack);
        core.stop(id, LegTimer::Repeat2xx);
        core.stop(id, LegTimer::NoAck);
        let answer = unacked.wants_answer.then(|| body_of(ack)).filter(|body| !body.is_empty());
        if let Some(answer) = &answer {
            session.remote_sdp = answer.clone();
        }
        if let Bye::AfterAck(reason) = &session.bye {
            let reason = reason.clone();
            return self.send_bye(core, reason.as_ref());
        }
        if !self.over && (unacked.initial || unacked.wants_answer) {
            core.tell(LegEvent::Acknowledged { leg: id, body: answer });
        }
        self.next_offer(core);
    }
}
