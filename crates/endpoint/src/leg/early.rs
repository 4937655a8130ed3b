//! Requests of the callee before our INVITE is answered, and our answers to what it offers then (RFC 3311 section 5.2).

use std::time::Duration;

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, MessageBuilder, Method, Name};
use sip::transaction::ServerKey;

use super::session::Theirs;
use super::{Fork, Leg};
use crate::config::OFFER_PATIENCE;
use crate::core::{Core, Voice, body_of};
use crate::event::{LegEvent, Rejection};
use crate::order::Reason;
use crate::timer::LegTimer;
use crate::wire::{ALLOW, SDP};

impl Leg {
    /// A request in an early dialog of our own INVITE.
    pub(crate) fn receive_early(&mut self, core: &mut Core, key: ServerKey, flow: Flow, request: Message) {
        let voice = Some(self.voice());
        let status = match request.method() {
            Method::Update if !body_of(&request).is_empty() => {
                return self.receive_early_offer(core, key, flow, request);
            }
            Method::Update | Method::Options | Method::Info => 200,
            Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Register | Method::Prack => 481,
            Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Other(_) => 481,
        };
        let mut response = core.reply(&request, status, None);
        if status == 200 {
            let contact = core.contact(flow, &self.contact_user);
            response = response.header(Name::Contact, contact).header(Name::Allow, ALLOW);
        }
        core.respond(voice, flow, key, response.finish());
    }

    /// UPDATE with an offer. Only after the first offer was answered reliably: else ours is still open (491), or theirs (500).
    fn receive_early_offer(&mut self, core: &mut Core, key: ServerKey, flow: Flow, request: Message) {
        let (id, voice) = (self.id, Some(self.voice()));
        let named = request.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
        let theirs = request.from().ok().and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
        let forks = self.uac.iter_mut().flat_map(|uac| uac.forks.iter_mut());
        let early = forks
            .filter(|fork| fork.tag.to_string() == named)
            .flat_map(|fork| fork.early.iter_mut())
            .find(|early| early.dialog.id.remote_tag == theirs && early.settled);
        let Some(early) = early.filter(|_| !self.over) else { return core.answer(voice, flow, key, &request, 491) };
        if let Err(refusal) = early.dialog.receive(&request) {
            let response = MessageBuilder::reply(&request, refusal.status, refusal.reason, None).finish();
            core.respond(voice, flow, key, response);
            return;
        }
        if early.theirs.is_some() {
            let wait = core.between(Duration::ZERO, Duration::from_secs(10)).as_secs().to_string();
            let response = core.reply(&request, 500, None).header(Name::RetryAfter, wait).finish();
            core.respond(voice, flow, key, response);
            return;
        }
        let body = body_of(&request);
        early.theirs = Some(Theirs { key, flow, request });
        core.wake(id, LegTimer::Unanswered, OFFER_PATIENCE);
        core.tell(LegEvent::Offer { leg: id, body });
    }

    /// Order: the answer to an offer that came before the 2xx.
    pub(crate) fn answer_early_offer(&mut self, core: &mut Core, answer: Result<Bytes, u16>) {
        let voice = self.voice();
        let Some(uac) = &mut self.uac else { return };
        let places =
            uac.forks.iter().enumerate().flat_map(|(index, fork)| {
                fork.early.iter().enumerate().map(move |(place, early)| ((index, place), early))
            });
        let found = places.filter(|(_, early)| early.owed.is_some() || early.theirs.is_some()).map(|(at, _)| at).next();
        let Some((index, place)) = found else { return };
        let Some(early) = uac.forks.get_mut(index).and_then(|fork| fork.early.get_mut(place)) else { return };
        if let Some(rack) = early.owed.take() {
            return match answer {
                Ok(body) => self.send_prack(core, (index, place), &rack, body),
                // There is no way to refuse it but to give the call up (RFC 6337 section 3.1).
                Err(_) => {
                    self.send_prack(core, (index, place), &rack, Bytes::new());
                    self.withdraw(core, Some(&Reason { cause: 488, text: "Offer not acceptable" }));
                    let phrase = "Not Acceptable Here".to_owned();
                    let rejection =
                        Rejection { status: 488, phrase, retry_after: None, try_next_trunk: false, cause: None };
                    self.reject(core, rejection);
                }
            };
        }
        let Some(Theirs { key, flow, request }) = early.theirs.take() else { return };
        match answer {
            Ok(body) => {
                early.answer = Bytes::new();
                early.remote_sdp = body_of(&request);
                early.local_sdp = body.clone();
                let response = core
                    .reply(&request, 200, None)
                    .header(Name::Contact, core.contact(flow, &self.contact_user))
                    .header(Name::Allow, ALLOW)
                    .body(SDP, &body)
                    .finish();
                core.respond(Some(voice), flow, key, response);
            }
            Err(status) => core.answer(Some(voice), flow, key, &request, status),
        }
    }
}

impl Fork {
    /// Its early dialogs are over. Their numbers are kept: one of them may still become a dialog by a late 2xx, and the BYE to that
    /// counts on from the PRACK (RFC 3261 section 12.2.1.1).
    pub(crate) fn forget_early(&mut self, core: &mut Core, voice: Voice) {
        for early in &mut self.early {
            early.owed = None;
            if let Some(Theirs { key, flow, request }) = early.theirs.take() {
                core.answer(Some(voice), flow, key, &request, 487);
            }
        }
    }
}
