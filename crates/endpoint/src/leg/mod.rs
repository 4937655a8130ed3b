//! One party's dialog in a call: from its INVITE to its BYE. One verb a file.
//!
//! A leg lives longer than its call: after `Ended` or `Rejected` went up, once and only once, it stays as long as anything of it is
//! on its way through the network: a BYE without its answer, a cancelled INVITE that may still be answered 200.

pub(crate) mod accept;
pub(crate) mod arrive;
pub(crate) mod bye;
pub(crate) mod early;
pub(crate) mod fork;
pub(crate) mod info;
pub(crate) mod invite;
pub(crate) mod modify;
pub(crate) mod offer;
pub(crate) mod prack;
pub(crate) mod probe;
pub(crate) mod progress;
pub(crate) mod refer;
pub(crate) mod refresh;
pub(crate) mod session;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use sip::flow::{Flow, Protocol};
use sip::message::{Message, MessageBuilder, Method, Name};

use crate::account::AccountId;
use crate::core::{Core, Token, Voice};
use crate::event::{Cause, Ending, LegEvent, Rejection};
use crate::order::LegId;
use crate::timer::LegTimer;
use crate::trunk::TrunkId;
use crate::wire;

pub(crate) use arrive::Uas;
pub(crate) use fork::{Fork, ForkState};
pub(crate) use invite::Uac;
pub(crate) use session::Session;

/// What a request of a leg was sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Errand {
    /// The INVITE of this fork.
    Invite(usize),
    /// PRACK of this fork.
    Prack,
    /// Our re-INVITE or UPDATE.
    Modify,
    /// The BYE of the leg's dialog.
    Bye,
    /// The BYE of a dialog that came too late.
    LateBye,
    /// NOTIFY of a REFER.
    Notify,
    /// OPTIONS inside the dialog.
    Probe,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A carrier. Its addresses: in-dialog requests may go to any of them, as its route set says.
    Trunk(TrunkId, Arc<[(IpAddr, u8)]>),
    /// An operator's phone: always reached by the way its own packets come (NAT).
    Operator(AccountId),
    /// A bare address.
    Address,
}

/// One leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) peer: Peer,
    /// `Ended` or `Rejected` is out.
    pub(crate) over: bool,
    /// Write compact header names.
    pub(crate) compact: bool,
    /// User part of our Contact.
    pub(crate) contact_user: String,
    /// Session timer that we want, in seconds; 0: none of our own.
    pub(crate) session_wanted_s: u32,
    /// Their INVITE, until our final response.
    pub(crate) uas: Option<Uas>,
    /// Our INVITEs.
    pub(crate) uac: Option<Uac>,
    /// The dialog: since their INVITE, or since their 2xx.
    pub(crate) session: Option<Session>,
    /// What the peer's Reason says of the end that is coming.
    pub(crate) cause: Option<Cause>,
}

impl Leg {
    pub(crate) fn voice(&self) -> Voice {
        Voice { leg: self.id, compact: self.compact, is_phone: matches!(self.peer, Peer::Operator(_)) }
    }

    /// Nothing of it is left anywhere.
    pub(crate) fn is_done(&self) -> bool {
        self.over
            && self.uas.is_none()
            && self.uac.as_ref().is_none_or(Uac::is_done)
            && self.session.as_ref().is_none_or(Session::is_done)
    }

    /// Every tag by which requests find it.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Token> {
        let forks = self.uac.iter().flat_map(|uac| uac.forks.iter().map(|fork| fork.tag));
        forks.chain(self.session.iter().map(|session| session.tag))
    }

    /// Whether this dialog is one of its: our tag, the Call-ID, their tag. Before our INVITE is answered only the first two are
    /// settled.
    pub(crate) fn knows(&self, tag: Token, call_id: &str, remote_tag: &str) -> bool {
        if let Some(session) = &self.session {
            let id = &session.dialog.id;
            return session.tag == tag && id.call_id == call_id && id.remote_tag == remote_tag;
        }
        let fork = self.uac.as_ref().and_then(|uac| uac.forks.iter().find(|fork| fork.tag == tag));
        fork.is_some_and(|fork| fork.invite.call_id().is_ok_and(|ours| ours == call_id))
    }

    /// Tells that the leg is over, once.
    pub(crate) fn end(&mut self, core: &mut Core, how: Ending) {
        if !self.over {
            self.over = true;
            // A BYE that waits for an ACK needs the clocks of our 2xx.
            let waits = self.session.as_ref().is_some_and(|session| matches!(session.bye, session::Bye::AfterAck(_)));
            core.timers.stop_leg(self.id, |timer| waits && matches!(timer, LegTimer::Repeat2xx | LegTimer::NoAck));
            core.tell(LegEvent::Ended { leg: self.id, how, cause: self.cause.take() });
        }
    }

    /// Tells that nobody answered, once.
    pub(crate) fn reject(&mut self, core: &mut Core, rejection: Rejection) {
        if !self.over {
            self.over = true;
            core.timers.stop_leg(self.id, |_| false);
            core.tell(LegEvent::Rejected { leg: self.id, rejection });
        }
    }

    /// A request inside the dialog, and the way it goes. `None` without a dialog.
    pub(crate) fn request(&mut self, core: &mut Core, method: &Method) -> Option<(MessageBuilder, Flow)> {
        let flow = self.way()?;
        let session = self.session.as_mut()?;
        session.aim(&core.config.realm);
        let via = core.via(flow);
        let names_us = matches!(method, Method::Invite | Method::Update | Method::Notify);
        let contact = names_us.then(|| core.contact(flow, &self.contact_user));
        let builder = session.dialog.request(method, &via, contact.as_deref());
        Some((builder.header(Name::UserAgent, &core.config.server_name), flow))
    }

    /// The ACK to a 2xx, with our answer if that brought an offer.
    pub(crate) fn ack(&mut self, core: &mut Core, invite_cseq: u32, body: Bytes) -> Option<(Message, Flow)> {
        let flow = self.way()?;
        let via = core.via(flow);
        let session = self.session.as_mut()?;
        session.aim(&core.config.realm);
        let mut ack = session.dialog.ack(invite_cseq, &via);
        if !body.is_empty() {
            ack = ack.body(wire::SDP, &body);
        }
        let ack = ack.finish();
        Some((core.send_ack(self.voice(), flow, ack), flow))
    }

    /// Which way a request inside the dialog goes. Phones: back the way their packets come, whatever their Contact claims
    /// (NAT). Carriers over UDP: where route set or Contact say, if that is an address of theirs.
    fn way(&self) -> Option<Flow> {
        let session = self.session.as_ref()?;
        let mut flow = session.flow;
        let follows = match &self.peer {
            Peer::Operator(_) => false,
            Peer::Trunk(..) | Peer::Address => flow.protocol == Protocol::Udp,
        };
        let hop = session.dialog.next_hop();
        if let Some(ip) = hop.host().and_then(|host| host.ip()).filter(|_| follows)
            && self.may_reach(ip, flow)
            && ip.is_ipv4() == flow.local.is_ipv4()
        {
            flow.remote = (ip, hop.port().unwrap_or(Protocol::Udp.default_port())).into();
        }
        Some(flow)
    }

    /// Nobody makes us send to a third party (R10).
    fn may_reach(&self, ip: IpAddr, flow: Flow) -> bool {
        let block = match &self.peer {
            Peer::Trunk(_, sources) => {
                sources.iter().any(|(network, length)| crate::line::contains(*network, *length, ip))
            }
            Peer::Operator(_) | Peer::Address => false,
        };
        block || ip == flow.remote.ip()
    }

    /// Whether this is the address that its peer was heard at last, or, before it has answered, one at which it is called.
    pub(crate) fn is_heard_from(&self, ip: IpAddr) -> bool {
        match &self.session {
            Some(session) => session.flow.remote.ip() == ip,
            None => self.uac.iter().flat_map(|uac| &uac.forks).any(|fork| fork.flow.remote.ip() == ip),
        }
    }

    /// The peer was heard on this flow: its NAT may have moved (R30), its connection may be a new one (R29).
    pub(crate) fn heard(&mut self, core: &mut Core, flow: Flow) {
        let Some(session) = &mut self.session else { return };
        let moves = match &self.peer {
            Peer::Operator(_) | Peer::Address => true,
            Peer::Trunk(..) => flow.protocol.is_reliable(),
        };
        if moves && session.flow != flow {
            session.flow = flow;
        }
        core.stop(self.id, LegTimer::Reconnect);
    }
}
