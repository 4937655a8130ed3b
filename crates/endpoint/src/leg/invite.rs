//! We call: INVITEs to every contact of the peer at once, one leg towards the call logic.

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, MessageBuilder, Method, Name};

use super::refresh::MIN_SE_S;
use super::{Errand, Fork, ForkState, Leg};
use crate::core::{Core, Token};
use crate::event::Rejection;
use crate::order::{Invite, Reason};
use crate::timer::LegTimer;
use crate::wire::{self, ALLOW, Identity, SDP};

/// Our INVITEs of one leg.
#[derive(Debug)]
pub(crate) struct Uac {
    pub(crate) forks: Vec<Fork>,
    /// Our offer: becomes the session's.
    pub(crate) body: Bytes,
    /// A carrier is called: another one may be tried (R32).
    pub(crate) to_trunk: bool,
    /// Anything has come back.
    pub(crate) responded: bool,
    /// A provisional above 100 has: the callee is reached.
    pub(crate) rang: bool,
    /// The most telling failure so far (RFC 3261 section 16.7 step 6).
    pub(crate) best: Option<Rejection>,
}

impl Uac {
    /// No INVITE can be answered any more, and none is lingering for copies of its late 2xx.
    pub(crate) fn is_done(&self) -> bool {
        self.forks.iter().all(|fork| matches!(fork.state, ForkState::Won | ForkState::Failed))
    }
}

/// One contact to call.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) flow: Flow,
    pub(crate) identity: Identity,
    /// Service-Route of the trunk.
    pub(crate) routes: Vec<Bytes>,
}

impl Leg {
    /// Sends the INVITEs. `targets` is not empty.
    pub(crate) fn start(&mut self, core: &mut Core, invite: Invite, targets: Vec<Target>, to_trunk: bool) {
        let mut forks = Vec::with_capacity(targets.len());
        let voice = Some(self.voice());
        for (index, target) in targets.into_iter().enumerate() {
            let tag = core.tag(self.id);
            let message = self.build(core, &invite, &target, tag);
            let errand = crate::core::Errand::Leg(self.id, Errand::Invite(index));
            let key = core.send(voice, target.flow, message, errand);
            let message = core.sent(key).map(|sent| sent.request.clone());
            forks.extend(message.map(|message| Fork::new(key, tag, target.flow, message)));
        }
        if to_trunk {
            core.wake(self.id, LegTimer::FirstResponse, core.config.times.first_response_max);
        }
        core.wake(self.id, LegTimer::Ring, core.config.times.ring_max);
        self.uac = Some(Uac { forks, body: invite.body, to_trunk, responded: false, rang: false, best: None });
    }

    fn build(&self, core: &mut Core, invite: &Invite, target: &Target, tag: Token) -> Message {
        let identity = &target.identity;
        let call_id = format!("{}{}", core.token(), core.token());
        let mut builder = MessageBuilder::request(&Method::Invite, &identity.target)
            .header(Name::Via, core.via(target.flow))
            .header(Name::MaxForwards, invite.max_forwards.to_string());
        for route in &target.routes {
            builder = builder.header(Name::Route, route);
        }
        builder = builder
            .header(Name::From, format!("{};tag={tag}", identity.from))
            .header(Name::To, &identity.to)
            .header(Name::CallId, call_id)
            .header(Name::CSeq, "1 INVITE")
            .header(Name::Contact, core.contact(target.flow, &self.contact_user))
            .header(Name::UserAgent, &core.config.server_name)
            .header(Name::Allow, ALLOW);
        // Carriers may want reliable provisionals; to a phone they would only cost.
        let supported = if matches!(self.peer, super::Peer::Trunk(..)) { wire::SUPPORTED } else { "timer, replaces" };
        builder = builder.header(Name::Supported, supported);
        if self.session_wanted_s > 0 {
            builder = builder
                .header(Name::SessionExpires, self.session_wanted_s.max(MIN_SE_S).to_string())
                .header(Name::MinSe, MIN_SE_S.to_string());
        }
        if let Some(asserted) = &identity.asserted {
            builder = builder.header(Name::PAssertedIdentity, asserted);
        }
        if identity.private {
            builder = builder.header(Name::Privacy, "id");
        }
        // Towards a carrier it would mean a stranger's telephone.
        if invite.auto_answer && !matches!(self.peer, super::Peer::Trunk(..)) {
            builder = wire::add_auto_answer(builder, &core.config.realm);
        }
        builder = wire::add_extra(builder, invite);
        if invite.body.is_empty() { builder.finish() } else { builder.body(SDP, &invite.body).finish() }
    }

    /// Takes back every INVITE without a final response.
    pub(crate) fn withdraw(&mut self, core: &mut Core, reason: Option<&Reason>) {
        let reason = reason.map(wire::reason);
        let Some(uac) = &mut self.uac else { return };
        for fork in &mut uac.forks {
            fork.withdraw(core, reason.as_deref());
        }
    }

    /// Timer: the carrier says nothing (R32), or it has rung for too long.
    pub(crate) fn no_answer(&mut self, core: &mut Core, first_response: bool) {
        let Some(uac) = &self.uac else { return };
        if self.session.is_some() || (first_response && uac.responded) {
            return;
        }
        let try_next_trunk = uac.to_trunk && !uac.rang && first_response;
        self.withdraw(core, None);
        let phrase = "Request Timeout".to_owned();
        self.reject(core, Rejection { status: 408, phrase, retry_after: None, try_next_trunk, cause: None });
    }
}
