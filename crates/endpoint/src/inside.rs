//! A request inside a dialog: whose leg it is for, and whether it may be its peer's (RFC 3261 section 12.2.2).

use sip::flow::Flow;
use sip::message::{Message, MessageBuilder, Method, Name, Replaces, Uri};
use sip::transaction::ServerKey;

use crate::core::Token;
use crate::endpoint::Endpoint;
use crate::event::ReferTo;
use crate::leg::Peer;
use crate::line::contains;
use crate::order::LegId;
use crate::output::TraceDirection;
use crate::wire::{ALLOW, SDP};

impl Endpoint {
    pub(crate) fn inside(&mut self, key: ServerKey, flow: Flow, request: Message) {
        let method = request.method();
        let Some(id) = self.leg_of(&request) else {
            return self.dismiss(key, &request, 481);
        };
        if !self.may_speak(id, flow, &request) {
            return self.dismiss(key, &request, 481);
        }
        // Of a login whose time is over the call goes on, and no other begins.
        if method == Method::Refer && self.guard.has_lapsed(flow) {
            return self.dismiss(key, &request, 403);
        }
        let refer_to = (method == Method::Refer).then(|| self.refer_to(&request)).flatten();
        self.with_leg(id, |leg, core| {
            core.trace(id, TraceDirection::In, flow, &request);
            core.session_ids.learn(id, &request);
            let voice = Some(leg.voice());
            let Some(session) = &mut leg.session else { return leg.receive_early(core, key, flow, request) };
            if let Err(refusal) = session.dialog.receive(&request) {
                let response = MessageBuilder::reply(&request, refusal.status, refusal.reason, None);
                // 500 for what is out of order would have a phone come back at once.
                core.respond(voice, flow, key, response.finish());
                return;
            }
            leg.heard(core, flow);
            match method {
                Method::Invite | Method::Update => leg.receive_modify(core, key, flow, request),
                Method::Bye => leg.receive_bye(core, key, flow, &request),
                Method::Prack => leg.receive_prack(core, key, flow, &request),
                Method::Info => leg.receive_info(core, key, flow, &request),
                Method::Refer => leg.receive_refer(core, key, flow, request, refer_to),
                Method::Options => {
                    let status = if leg.over { 481 } else { 200 };
                    let response = core.reply(&request, status, None);
                    let response = response.header(Name::Allow, ALLOW).header(Name::Accept, SDP).finish();
                    core.respond(voice, flow, key, response);
                }
                // We subscribe to nothing.
                Method::Notify => core.answer(voice, flow, key, &request, 481),
                Method::Register | Method::Ack | Method::Cancel => core.answer(voice, flow, key, &request, 400),
                Method::Subscribe | Method::Message | Method::Publish | Method::Other(_) => {
                    core.answer(voice, flow, key, &request, 405);
                }
            }
        });
    }

    pub(crate) fn on_ack(&mut self, flow: Flow, ack: &Message) {
        if ack.validate().is_err() {
            return;
        }
        if let Some(id) = self.leg_of(ack).filter(|id| self.may_speak(*id, flow, ack)) {
            self.with_leg(id, |leg, core| {
                leg.heard(core, flow);
                leg.receive_ack(core, flow, ack);
            });
        }
    }

    /// The leg whose dialog a request names: our tag in To, their tag in From, and the Call-ID.
    fn leg_of(&self, request: &Message) -> Option<LegId> {
        let (to, from, call_id) = (request.to().ok()?, request.from().ok()?, request.call_id().ok()?);
        let tag = Token::parse(to.tag()?)?;
        let id = *self.core.tags.get(&tag)?;
        let theirs = from.tag().unwrap_or_default();
        self.legs.get(&id)?.knows(tag, call_id, theirs).then_some(id)
    }

    /// Whether a request that names the dialog may be its peer's. The three names are no secret: whoever has seen one packet of the
    /// call knows them. So it also has to come from where the peer is: from the address it was heard at last (any port: R30), or, if
    /// it has moved, from one at which a phone of the account has registered since; of a carrier from any address of the trunk's, over
    /// a stream with the trunk's certificate, to the Contact that we have registered there, or from where its own Contact and
    /// Record-Route say.
    fn may_speak(&self, id: LegId, flow: Flow, request: &Message) -> bool {
        let Some(leg) = self.legs.get(&id) else { return false };
        let ip = flow.remote.ip();
        if leg.is_heard_from(ip) {
            return true;
        }
        match &leg.peer {
            Peer::Operator(account) => self.registrar.is_at(*account, ip),
            Peer::Trunk(trunk, sources) => {
                let target = request.target().ok();
                let user = target.as_ref().and_then(Uri::user).unwrap_or_default();
                sources.iter().any(|(network, length)| contains(*network, *length, ip))
                    || self.lines.of_request(flow, &user).is_some_and(|line| line.trunk.id == *trunk)
                    || leg.session.as_ref().is_some_and(|session| session.leads_to(ip))
            }
            Peer::Address => leg.session.as_ref().is_some_and(|session| session.leads_to(ip)),
        }
    }

    fn refer_to(&self, request: &Message) -> Option<ReferTo> {
        let target = request.refer_to().ok()?;
        let replaces = target.uri.header("Replaces").map(|value| {
            let named = Replaces::parse(value.as_bytes());
            let found = named.and_then(|one| self.find_dialog(&one.call_id, &one.to_tag, &one.from_tag));
            found.ok_or(())
        });
        let device = self.registrar.device_of(&target.uri, &self.core.config.realm);
        let user = match device.as_ref().and_then(|device| self.registrar.account(device.account)) {
            Some(account) => account.user.clone(),
            None => target.uri.user().map(|user| user.into_owned()).unwrap_or_default(),
        };
        Some(ReferTo { user, device, replaces })
    }
}
