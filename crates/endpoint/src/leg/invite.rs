//! We call: INVITEs to every contact of the peer at once, one leg towards the call logic.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::flow::Flow;
use sip::message::{Message, MessageBuilder, Method, Name};

use super::refresh::MIN_SE_S;
use super::{Errand, Fork, ForkState, Leg};
use crate::clock::later;
use crate::core::{Core, Token};
use crate::event::Rejection;
use crate::order::{Invite, LegId, Reason};
use crate::timer::LegTimer;
use crate::wire::{self, ALLOW, Identity, SDP};

/// Our INVITEs of one leg.
#[derive(Debug)]
pub(crate) struct Uac {
    pub(crate) forks: Vec<Fork>,
    /// Our offer: becomes the session's.
    pub(crate) body: Bytes,
    /// The same for whoever is reached over WebSocket.
    pub(crate) web_body: Option<Bytes>,
    /// A carrier is called: its other hops, or another carrier, may be tried (R32).
    pub(crate) walk: Option<Box<Walk>>,
    /// Anything has come back.
    pub(crate) responded: bool,
    /// A provisional above 100 has: the callee is reached.
    pub(crate) rang: bool,
    /// The most telling failure so far (RFC 3261 section 16.7 step 6).
    pub(crate) best: Option<Rejection>,
    /// A branch's early media bears the network's leave (RFC 5009).
    pub(crate) authorized: bool,
    /// What to say again over another flow of a phone.
    pub(crate) again: Option<Box<Invite>>,
}

impl Uac {
    /// Whose early media is heard where several branches speak: the newest counts. Where the network gives leave
    /// (P-Early-Media: `sendrecv` or `sendonly`, RFC 5009), only that of branches that have it; what is said to be
    /// `inactive` or `recvonly` is never heard.
    pub(crate) fn may_be_heard(&mut self, response: &Message) -> bool {
        let Some(leave) = response.other("P-Early-Media") else { return !self.authorized };
        let is_one_of = |wanted: [&str; 2]| {
            leave
                .split(|&byte| byte == b',')
                .any(|word| wanted.iter().any(|wanted| word.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())))
        };
        if is_one_of(["sendrecv", "sendonly"]) {
            self.authorized = true;
            return true;
        }
        !self.authorized && !is_one_of(["inactive", "recvonly"])
    }

    /// No INVITE can be answered any more. The winner's too waits for its transaction to go: for 64*T1 other branches may answer
    /// it, and want an ACK and a BYE, however short the call was (RFC 3261 section 13.2.2.4, R39).
    pub(crate) fn is_done(&self) -> bool {
        self.forks.iter().all(|fork| match fork.state {
            ForkState::Won => fork.gone,
            ForkState::Failed => true,
            ForkState::Waiting | ForkState::Withdrawn | ForkState::Late | ForkState::Refused => false,
        })
    }
}

/// One contact to call.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) flow: Flow,
    pub(crate) identity: Identity,
    /// Service-Route of the trunk, Path of the phone.
    pub(crate) routes: Vec<Bytes>,
    /// Which phone it is, if it has said so (`+sip.instance`).
    pub(crate) instance: Option<String>,
    /// Other ways to the very same phone, for when this one turns out to be closed (RFC 5626 section 5.3).
    pub(crate) spare: Vec<Target>,
}

/// What names one INVITE wherever it is sent.
#[derive(Clone, Debug)]
struct Stamp {
    call_id: String,
    tag: Token,
    cseq: u32,
}

impl Stamp {
    fn new(core: &mut Core, leg: LegId) -> Self {
        Self { call_id: format!("{}{}", core.token(), core.token()), tag: core.tag(leg), cseq: 1 }
    }
}

/// A carrier's hops that are still to be tried with one call (RFC 3263 section 4.3).
#[derive(Debug)]
pub(crate) struct Walk {
    invite: Invite,
    left: VecDeque<Target>,
    /// No hop is tried after this.
    until: Instant,
    /// "A new request, which is identical to the previous, but has a different value of the Via branch ID": whoever gets both
    /// can tell (RFC 3261 section 8.2.2.2).
    stamp: Stamp,
    /// A hop has refused the call. One retry is enough (JAPAN.md).
    refused: bool,
}

impl Walk {
    /// How long the hop that is asked now may say nothing: half of the time that all have, if there is another.
    fn patience(&self, core: &Core) -> Duration {
        let times = &core.config.times;
        let alone = if self.left.is_empty() { times.first_response_max } else { times.post_dial_max / 2 };
        alone.min(self.until.saturating_duration_since(core.now))
    }
}

impl Leg {
    /// Sends INVITEs to all `targets` at once; they are not empty.
    pub(crate) fn start(&mut self, core: &mut Core, invite: Invite, targets: Vec<Target>) {
        let mut forks = Vec::with_capacity(targets.len());
        for (index, target) in targets.into_iter().enumerate() {
            let stamp = Stamp::new(core, self.id);
            let fork = self.send_invite(core, &invite, &target, &stamp, index);
            forks.extend(fork.map(|fork| Fork { spare: target.spare, ..fork }));
        }
        // A phone that is there says 100 or 180 at once; one whose connection is dead must not cost the caller its ring time (R29).
        core.wake(self.id, LegTimer::FirstResponse, core.config.times.first_response_max);
        core.wake(self.id, LegTimer::Ring, core.config.times.ring_max);
        let has_spare = forks.iter().any(|fork| !fork.spare.is_empty());
        let again = has_spare.then(|| Box::new(invite.clone()));
        self.uac = Some(Uac {
            forks,
            body: invite.body,
            web_body: invite.web_body,
            walk: None,
            responded: false,
            rang: false,
            best: None,
            authorized: false,
            again,
        });
    }

    /// The flow of this INVITE is closed: the same one goes to the same phone over its next flow, in the same words, so that a
    /// phone that has got both can tell (RFC 3261 section 8.2.2.2). False if there is none, or if the phone itself has spoken.
    pub(crate) fn try_next_flow(&mut self, core: &mut Core, index: usize, status: u16) -> bool {
        let wanted = !self.over && self.session.is_none() && matches!(status, 408 | 430 | 503);
        let Some(uac) = self.uac.as_mut().filter(|_| wanted) else { return false };
        let Some(fork) = uac.forks.get_mut(index) else { return false };
        let goes_on = fork.state == ForkState::Waiting && !fork.rang && !fork.spare.is_empty();
        let Some(invite) = uac.again.clone().filter(|_| goes_on) else { return false };
        let target = fork.spare.remove(0);
        let spare = std::mem::take(&mut fork.spare);
        fork.state = ForkState::Refused;
        let call_id = fork.invite.call_id().unwrap_or_default().to_owned();
        let stamp = Stamp { call_id, tag: fork.tag, cseq: fork.invite.cseq().map_or(1, |cseq| cseq.number) };
        let next = uac.forks.len();
        let fork = self.send_invite(core, &invite, &target, &stamp, next);
        let sent = fork.is_some();
        if let Some(uac) = &mut self.uac {
            uac.forks.extend(fork.map(|fork| Fork { spare, ..fork }));
        }
        sent
    }

    /// Sends the INVITE to the first of a carrier's hops; the others are for when it fails. `targets` is not empty.
    pub(crate) fn start_walk(&mut self, core: &mut Core, invite: Invite, mut targets: VecDeque<Target>) {
        let stamp = Stamp::new(core, self.id);
        let first = targets.pop_front();
        let forks = first.and_then(|target| self.send_invite(core, &invite, &target, &stamp, 0)).into_iter().collect();
        let until = later(core.now, core.config.times.post_dial_max);
        let body = invite.body.clone();
        let walk = Walk { invite, left: targets, until, stamp, refused: false };
        core.wake(self.id, LegTimer::FirstResponse, walk.patience(core));
        core.wake(self.id, LegTimer::Ring, core.config.times.ring_max);
        self.uac = Some(Uac {
            forks,
            body,
            web_body: None,
            walk: Some(Box::new(walk)),
            responded: false,
            rang: false,
            best: None,
            authorized: false,
            again: None,
        });
    }

    /// The hop that was asked has failed: the same call to the next one. `refused`: it was there, and said no. `false`: there is
    /// no next one, or it is too late for it.
    pub(crate) fn next_hop(&mut self, core: &mut Core, refused: bool) -> bool {
        let Some(mut walk) = self.uac.as_mut().and_then(|uac| uac.walk.take()) else { return false };
        let in_time = core.now < walk.until && !(refused && walk.refused);
        let target = if in_time { walk.left.pop_front() } else { None };
        let index = self.uac.as_ref().map_or(0, |uac| uac.forks.len());
        let fork = target.and_then(|target| {
            walk.refused |= refused;
            // A challenge may have numbered it anew.
            let last = self.uac.as_ref().and_then(|uac| uac.forks.last());
            walk.stamp.cseq = last.and_then(|fork| fork.invite.cseq().ok()).map_or(walk.stamp.cseq, |cseq| cseq.number);
            core.wake(self.id, LegTimer::FirstResponse, walk.patience(core));
            self.send_invite(core, &walk.invite, &target, &walk.stamp, index)
        });
        let goes_on = fork.is_some();
        if let Some(uac) = &mut self.uac {
            uac.forks.extend(fork);
            uac.walk = Some(walk);
            uac.responded &= !goes_on;
        }
        goes_on
    }

    /// The INVITE that has had no response at all, and where it was sent.
    pub(crate) fn unheard(&self) -> Option<(usize, Flow)> {
        let uac = self.uac.as_ref().filter(|uac| !uac.responded)?;
        let index = uac.forks.iter().rposition(|fork| fork.state == ForkState::Waiting)?;
        Some((index, uac.forks.get(index)?.flow))
    }

    fn send_invite(
        &self,
        core: &mut Core,
        invite: &Invite,
        target: &Target,
        stamp: &Stamp,
        index: usize,
    ) -> Option<Fork> {
        let message = self.build(core, invite, target, stamp);
        let errand = crate::core::Errand::Leg(self.id, Errand::Invite(index));
        let key = core.send(Some(self.voice()), target.flow, message, errand);
        let message = core.sent(key).map(|sent| sent.request.clone())?;
        Some(Fork { instance: target.instance.clone(), ..Fork::new(key, stamp.tag, target.flow, message) })
    }

    fn build(&self, core: &mut Core, invite: &Invite, target: &Target, stamp: &Stamp) -> Message {
        let identity = &target.identity;
        let mut builder = MessageBuilder::request(&Method::Invite, &identity.target)
            .header(Name::Via, core.via(target.flow))
            .header(Name::MaxForwards, invite.max_forwards.to_string());
        for route in &target.routes {
            builder = builder.header(Name::Route, route);
        }
        builder = builder
            .header(Name::From, format!("{};tag={}", identity.from, stamp.tag))
            .header(Name::To, &identity.to)
            .header(Name::CallId, &stamp.call_id)
            .header(Name::CSeq, format!("{} INVITE", stamp.cseq))
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
        if let Some((name, line)) = &identity.line {
            builder = builder.header(*name, line);
        }
        if identity.private {
            builder = builder.header(Name::Privacy, "id");
        }
        for (name, value) in &identity.redirection {
            builder = builder.header(*name, value);
        }
        // Towards a carrier it would mean a stranger's telephone.
        if invite.auto_answer && !matches!(self.peer, super::Peer::Trunk(..)) {
            builder = wire::add_auto_answer(builder, &core.config.realm);
        }
        builder = wire::add_extra(builder, invite);
        let offer = invite.offer_over(target.flow.protocol);
        if offer.is_empty() { builder.finish() } else { builder.body(SDP, offer).finish() }
    }

    /// Takes back every INVITE without a final response.
    pub(crate) fn withdraw(&mut self, core: &mut Core, reason: Option<&Reason>) {
        let reason = reason.map(wire::reason);
        let Some(uac) = &mut self.uac else { return };
        for fork in &mut uac.forks {
            fork.withdraw(core, reason.as_deref());
        }
    }

    /// Timer: the carrier (R32) or every phone (R29) says nothing, or it has rung for too long.
    pub(crate) fn no_answer(&mut self, core: &mut Core, first_response: bool) {
        let Some(uac) = &self.uac else { return };
        if self.session.is_some() || (first_response && uac.responded) {
            return;
        }
        let try_next_trunk = uac.walk.is_some() && !uac.rang && first_response;
        self.withdraw(core, None);
        if try_next_trunk && self.next_hop(core, false) {
            return;
        }
        let phrase = "Request Timeout".to_owned();
        self.reject(core, Rejection { status: 408, phrase, retry_after: None, try_next_trunk, cause: None });
    }
}
