//! Orders of the call logic, each to its leg; and whom a new leg calls.

use std::collections::VecDeque;

use sip::flow::Protocol;

use crate::account::AccountId;
use crate::core::Core;
use crate::endpoint::Endpoint;
use crate::event::{LegEvent, Rejection};
use crate::leg::invite::Target;
use crate::leg::{Leg, Peer};
use crate::line::Turn;
use crate::order::{Destination, Invite, LegId, Order};
use crate::registrar::Bound;
use crate::wire::{ANONYMOUS, Identity, display_part, user_part};

/// User part of our Contact towards phones.
const CONTACT_USER: &str = "denwaban";

/// Whom to call and how.
struct Plan {
    peer: Peer,
    targets: Targets,
    compact: bool,
    contact_user: String,
    session_s: u32,
}

/// Contacts of one account ring together; a carrier's hops stand in for each other.
enum Targets {
    All(Vec<Target>),
    OneByOne(VecDeque<Target>),
}

impl Endpoint {
    pub(crate) fn carry_out(&mut self, order: Order) {
        match order {
            Order::Invite(invite) => self.call(invite),
            Order::Progress { leg, status, body } => self.with_leg(leg, |leg, core| leg.progress(core, status, body)),
            Order::Answer { leg, body } => self.with_leg(leg, |leg, core| leg.answer(core, body)),
            Order::Reject { leg, status, retry_after, reason } => {
                self.with_leg(leg, |leg, core| leg.reject_invite(core, status, retry_after, reason.as_ref()));
            }
            Order::Hangup { leg, .. } if self.give_up_turn(leg) => {}
            Order::Hangup { leg, reason } => self.with_leg(leg, |leg, core| leg.hang_up(core, reason.as_ref())),
            Order::Offer { leg, body } => self.with_leg(leg, |leg, core| leg.offer(core, body)),
            Order::AnswerOffer { leg, answer } => self.with_leg(leg, |leg, core| leg.answer_offer(core, answer)),
            Order::AnswerRefer { leg, status } => self.with_leg(leg, |leg, core| leg.answer_refer(core, status)),
            Order::ReferProgress { leg, status } => self.with_leg(leg, |leg, core| leg.refer_progress(core, status)),
            Order::Probe { leg } => self.with_leg(leg, Leg::probe),
            Order::Couple { one, other } => self.core.session_ids.couple(one, other),
        }
    }

    fn call(&mut self, invite: Invite) {
        let id = invite.leg;
        if self.legs.contains_key(&id) || self.lines.has_waiting(id) {
            return;
        }
        match self.turn(&invite) {
            Turn::Now => self.call_now(invite),
            Turn::At(_) => {}
            Turn::Never => self.refuse_call(id, 503, None, true),
        }
    }

    /// The call goes out.
    pub(crate) fn call_now(&mut self, invite: Invite) {
        let id = invite.leg;
        if self.alive >= self.core.config.limits.legs_max {
            self.core.alarm_full("legs", self.core.config.limits.legs_max);
            return self.refuse_call(id, 503, None, false);
        }
        let Some(plan) = self.plan(&invite) else {
            return match &invite.to {
                Destination::Trunk { trunk, .. } => {
                    let rest_s = self.lines.get(*trunk).and_then(|line| line.rest_s(&self.core));
                    self.refuse_call(id, 503, rest_s, true);
                }
                Destination::Account(_) | Destination::Device(_) | Destination::Address(..) => {
                    self.refuse_call(id, 480, None, false)
                }
            };
        };
        let leg = Leg {
            id,
            peer: plan.peer,
            over: false,
            compact: plan.compact,
            contact_user: plan.contact_user,
            session_wanted_s: plan.session_s,
            uas: None,
            uac: None,
            session: None,
            cause: None,
        };
        let uuid = self.core.uuid();
        self.core.session_ids.begin(id, uuid, invite.on_behalf_of, leg.compact);
        self.legs.insert(id, Box::new(leg));
        self.alive += 1;
        self.with_leg(id, |leg, core| match plan.targets {
            Targets::All(targets) => leg.start(core, invite, targets),
            Targets::OneByOne(targets) => leg.start_walk(core, invite, targets),
        });
    }

    pub(crate) fn refuse_call(&mut self, leg: LegId, status: u16, retry_after: Option<u32>, try_next_trunk: bool) {
        let phrase = sip::message::reason_phrase(status).to_owned();
        let rejection = Rejection { status, phrase, retry_after, try_next_trunk, cause: None };
        self.core.tell(LegEvent::Rejected { leg, rejection });
    }

    /// `None`: nobody to call.
    fn plan(&self, invite: &Invite) -> Option<Plan> {
        let core = &self.core;
        match &invite.to {
            Destination::Account(account) => {
                let targets = self.phones(invite, *account, |_| true)?;
                (!targets.is_empty()).then(|| house_plan(Peer::Operator(*account), targets))
            }
            Destination::Device(device) => {
                let is_it = |bound: &Bound| bound.instance.as_ref() == Some(&device.instance);
                let targets = self.phones(invite, device.account, is_it)?;
                (!targets.is_empty()).then(|| house_plan(Peer::Operator(device.account), targets))
            }
            Destination::Trunk { trunk, number } => {
                let line = self.lines.get(*trunk)?;
                let target = |(hop, flow)| Target {
                    flow,
                    identity: line.identity(invite, number, hop),
                    routes: line.routes(hop),
                    instance: None,
                    spare: Vec::new(),
                };
                let targets: VecDeque<Target> = line.ways(core).into_iter().map(target).collect();
                (!targets.is_empty()).then(|| Plan {
                    peer: Peer::Trunk(*trunk, line.sources.clone()),
                    targets: Targets::OneByOne(targets),
                    compact: line.trunk.compact,
                    contact_user: line.contact_user.to_string(),
                    session_s: line.session_s(),
                })
            }
            Destination::Address(address, user) => {
                let uri = format!("sip:{}@{address}", user_part(user));
                let to = format!("<{uri}>");
                let flow = core.flow_to(Protocol::Udp, *address)?;
                let identity = house_identity(core, invite, uri, &to);
                let target = Target { flow, identity, routes: Vec::new(), instance: None, spare: Vec::new() };
                Some(house_plan(Peer::Address, vec![target]))
            }
        }
    }
}

impl Endpoint {
    /// The phones of an operator, each over its first flow, with the others to spare (RFC 5626 section 5.3).
    fn phones(&self, invite: &Invite, account: AccountId, is_meant: impl Fn(&Bound) -> bool) -> Option<Vec<Target>> {
        let core = &self.core;
        let to = format!("<sip:{}@{}>", user_part(&self.registrar.account(account)?.user), core.config.realm);
        let target = |bound: &Bound| {
            let uri = String::from_utf8_lossy(bound.uri.without_headers().raw()).into_owned();
            let identity = house_identity(core, invite, uri, &to);
            let (routes, instance) = (bound.path.clone(), bound.instance.clone());
            Target { flow: bound.flow, identity, routes, instance, spare: Vec::new() }
        };
        let of_device = |flows: Vec<&Bound>| {
            let (first, others) = flows.split_first()?;
            Some(Target { spare: others.iter().map(|bound| target(bound)).collect(), ..target(first) })
        };
        let devices = self.registrar.devices(account).into_iter();
        let meant = devices.filter(|flows| flows.first().is_some_and(|bound| is_meant(bound)));
        Some(meant.filter_map(of_device).collect())
    }
}

fn house_plan(peer: Peer, targets: Vec<Target>) -> Plan {
    Plan { peer, targets: Targets::All(targets), compact: false, contact_user: CONTACT_USER.to_owned(), session_s: 0 }
}

/// How a call shows on a phone of the house: the display is the client firm's name, also when the caller hides.
fn house_identity(core: &Core, invite: &Invite, target: String, to: &str) -> Identity {
    let display = display_part(&invite.display);
    let caller = invite.caller.as_deref().filter(|caller| !caller.is_empty() && !invite.withheld);
    let from = match caller {
        Some(caller) => format!("{display}<sip:{}@{}>", user_part(caller), core.config.realm),
        None if display.is_empty() => ANONYMOUS.to_owned(),
        None => format!("{display}<sip:anonymous@anonymous.invalid>"),
    };
    Identity { target, from, to: to.to_owned(), line: None, private: invite.withheld, redirection: Vec::new() }
}
