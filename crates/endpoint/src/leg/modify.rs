//! Their re-INVITE or UPDATE: RFC 3261 section 14.2, RFC 3311 section 5.2.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, Method, Name};
use sip::transaction::ServerKey;

use super::Leg;
use super::refresh::{MIN_SE_S, is_too_short};
use super::session::Theirs;
use crate::config::OFFER_PATIENCE;
use crate::core::{Core, body_of};
use crate::event::LegEvent;
use crate::timer::LegTimer;
use crate::wire::{ALLOW, SDP, SUPPORTED};

impl Leg {
    /// It came, and its CSeq is in order.
    pub(crate) fn receive_modify(&mut self, core: &mut Core, key: ServerKey, flow: Flow, request: Message) {
        let voice = Some(self.voice());
        let is_invite = request.method() == Method::Invite;
        let body = body_of(&request);
        let early = self.uas.is_some();
        // Our reliable provisional had the answer to their offer, or the offer whose answer its PRACK brought.
        let settled = self.uas.as_ref().is_none_or(|uas| uas.settled);
        let Some(session) = &mut self.session else { return core.answer(voice, flow, key, &request, 481) };
        if self.over {
            return core.answer(voice, flow, key, &request, 481);
        }
        // "A UAS that receives a second INVITE before it sends the final response to a first INVITE ... MUST return a 500
        // (Server Internal Error) response ... and MUST include a Retry-After header field with a randomly chosen value of
        // between 0 and 10 seconds." An UPDATE with an offer likewise; one without is only a refresh.
        let unanswered = session.theirs.is_some() || (early && (is_invite || (!body.is_empty() && !settled)));
        if unanswered && (is_invite || !body.is_empty()) {
            let wait = core.between(Duration::ZERO, Duration::from_secs(10)).as_secs().to_string();
            let response = core.reply(&request, 500, None).header(Name::RetryAfter, wait).finish();
            core.respond(voice, flow, key, response);
            return;
        }
        // "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress MUST return a 491".
        let offering = session.ours.as_ref().is_some_and(|ours| ours.key.is_some() && (!ours.update || is_invite));
        let owed = session.unacked.as_ref().is_some_and(|unacked| unacked.wants_answer);
        if (offering || owed) && (is_invite || !body.is_empty()) {
            return core.answer(voice, flow, key, &request, 491);
        }
        if is_too_short(&request) {
            let response = core.reply(&request, 422, None).header(Name::MinSe, MIN_SE_S.to_string()).finish();
            core.respond(voice, flow, key, response);
            return;
        }
        if let Some(allows) = request.allows(&Method::Update) {
            session.peer_updates = allows;
        }
        // The same SDP again, or none in an UPDATE, changes nothing: a refresh.
        let nothing_new = body == session.remote_sdp && !session.local_sdp.is_empty();
        if !is_invite && body.is_empty() {
            return self.accept_update(core, key, flow, &request, Bytes::new());
        }
        if nothing_new && !body.is_empty() {
            let ours = session.local_sdp.clone();
            return self.accept_modify(core, key, flow, &request, ours);
        }
        session.theirs = Some(Theirs { key, flow, request });
        core.wake(self.id, LegTimer::Unanswered, OFFER_PATIENCE);
        core.tell(LegEvent::Offer { leg: self.id, body });
    }

    /// Order: the answer to it.
    pub(crate) fn answer_offer(&mut self, core: &mut Core, answer: Result<Bytes, u16>) {
        core.stop(self.id, LegTimer::Unanswered);
        let Some(session) = &mut self.session else { return self.answer_early_offer(core, answer) };
        if let Some(cseq) = session.owed_ack.take() {
            return self.answer_in_ack(core, cseq, answer);
        }
        let Some(Theirs { key, flow, request }) = session.theirs.take() else { return };
        match answer {
            Ok(body) => self.accept_modify(core, key, flow, &request, body),
            Err(status) => {
                let status = if (300..700).contains(&status) { status } else { 488 };
                core.answer(Some(self.voice()), flow, key, &request, status);
            }
        }
        // Our 200 to the INVITE has waited for the answer to what its PRACK offered.
        let waits = self.uas.as_mut().filter(|uas| uas.unpracked.is_none()).and_then(|uas| uas.answer.take());
        if let Some(body) = waits {
            return self.answer(core, body);
        }
        self.next_offer(core);
    }

    /// The leg ends before it was answered.
    pub(crate) fn refuse_theirs(&mut self, core: &mut Core, status: u16) {
        let voice = Some(self.voice());
        let Some(session) = &mut self.session else { return };
        if let Some(Theirs { key, flow, request }) = session.theirs.take() {
            core.answer(voice, flow, key, &request, status);
        }
        if let Some((key, flow, request)) = session.refer.take().and_then(|refer| refer.pending) {
            core.answer(voice, flow, key, &request, status);
        }
    }

    fn accept_modify(&mut self, core: &mut Core, key: ServerKey, flow: Flow, request: &Message, body: Bytes) {
        if request.method() == Method::Invite {
            self.accept(core, key, flow, request, body, false);
        } else {
            self.accept_update(core, key, flow, request, body);
        }
    }

    fn accept_update(&mut self, core: &mut Core, key: ServerKey, flow: Flow, request: &Message, body: Bytes) {
        let (voice, id, wanted_s) = (self.voice(), self.id, self.session_wanted_s);
        let contact = core.contact(flow, &self.contact_user);
        let confirmed = self.uas.is_none();
        let Some(session) = &mut self.session else { return };
        let mut builder = core
            .reply(request, 200, None)
            .header(Name::Contact, contact)
            .header(Name::Allow, ALLOW)
            .header(Name::Supported, SUPPORTED);
        if confirmed {
            builder = session.grant_timer(request, wanted_s, builder);
        }
        if !body.is_empty() {
            builder = builder.body(SDP, &body);
            session.remote_sdp = body_of(request);
            session.local_sdp = body;
        }
        core.respond(Some(voice), flow, key, builder.finish());
        if confirmed {
            session.arm_timer(core, id);
        }
    }
}
