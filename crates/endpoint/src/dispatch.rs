//! What the transactions have to say goes to the one it concerns.

use sip::flow::{ConnectionId, Flow};
use sip::message::Message;
use sip::transaction::{ClientKey, Effect};

use crate::core::{Errand, Sent};
use crate::endpoint::Endpoint;
use crate::event::Rejection;
use crate::leg::{Errand as LegErrand, Leg, Peer};
use crate::line::Outcome;
use crate::order::LegId;
use crate::output::{Output, TraceDirection};
use crate::timer::LegTimer;

/// How a request of ours ended without a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Silence {
    /// Nothing came: as a 408 (RFC 3261 section 8.1.3.1).
    TimedOut,
    /// It could not be sent: as a 503.
    TransportFailed,
}

impl Silence {
    const fn status(self) -> u16 {
        match self {
            Self::TimedOut => 408,
            Self::TransportFailed => 503,
        }
    }

    const fn outcome(self) -> Outcome {
        match self {
            Self::TimedOut => Outcome::Silent,
            Self::TransportFailed => Outcome::Unreachable,
        }
    }
}

impl Endpoint {
    /// Handles effects until there are none.
    pub(crate) fn pump(&mut self) {
        loop {
            let mut effects = self.core.take_effects();
            if effects.is_empty() {
                return self.core.keep_effects(effects);
            }
            for effect in effects.drain(..) {
                self.on_effect(effect);
            }
            self.core.keep_effects(effects);
        }
    }

    fn on_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Transmit { flow, bytes } => self.core.outputs.push_back(Output::Transmit { flow, bytes }),
            Effect::Request { key, flow, request } => self.on_request(key, flow, request),
            Effect::Ack { flow, request } => self.on_ack(flow, &request),
            Effect::Cancelled { key, request } => self.on_cancelled(key, &request),
            Effect::Response { key, response } => self.on_response(key, &response),
            // After a failure another branch has answered (section 16.7 step 5): it is acknowledged and ended.
            Effect::StrayResponse { key: Some(key), response, .. } => self.on_response(key, &response),
            Effect::Cancelling { key, flow, request } => {
                if let Some(Errand::Leg(id, _)) = self.core.sent(key).map(|sent| sent.errand) {
                    self.core.trace(id, TraceDirection::Out, flow, &request);
                }
            }
            // A 2xx without a transaction is 64*T1 too late: whoever sent it has given up as we have. An ACK to whatever names
            // our tags would only be a way to make us send (R10).
            Effect::StrayResponse { key: None, .. } | Effect::NoAck { .. } => {}
            Effect::TimedOut { key } => self.on_silence(key, Silence::TimedOut),
            Effect::TransportFailed { key } => self.on_silence(key, Silence::TransportFailed),
            Effect::Terminated { server, client } => {
                if let Some(key) = server {
                    self.on_server_over(key);
                }
                if let Some(key) = client {
                    self.on_client_over(key);
                }
            }
        }
    }

    /// An INVITE that we never answered is gone: its connection was lost (R09).
    fn on_server_over(&mut self, key: sip::transaction::ServerKey) {
        if let Some(id) = self.core.invites.remove(&key) {
            self.with_leg(id, |leg, core| {
                leg.uas = None;
                leg.end(core, crate::event::Ending::Lost);
            });
        }
    }

    fn on_client_over(&mut self, key: ClientKey) {
        let Some(sent) = self.core.forget(key) else { return };
        if let Errand::Leg(id, LegErrand::Invite(index)) = sent.errand {
            self.with_leg(id, |leg, _| leg.invite_over(key, index));
        }
    }

    fn on_cancelled(&mut self, key: sip::transaction::ServerKey, request: &Message) {
        let Some(id) = self.core.invites.get(&key).copied() else { return };
        self.with_leg(id, |leg, core| {
            if let Some(uas) = &leg.uas {
                core.trace(id, TraceDirection::In, uas.flow, request);
            }
            leg.cancelled(core, request);
        });
    }

    fn on_response(&mut self, key: ClientKey, response: &Message) {
        self.core.stream_works(key);
        let Some(sent) = self.core.sent(key) else { return };
        let (errand, flow) = (sent.errand, sent.flow);
        let status = response.status().unwrap_or(500);
        if let Errand::Leg(id, _) = errand {
            self.core.trace(id, TraceDirection::In, flow, response);
            self.core.session_ids.learn(id, response);
        }
        self.hop_answered(errand, flow, response);
        if matches!(status, 401 | 407) && self.answer_challenge(key, response) {
            return;
        }
        match errand {
            Errand::Leg(id, errand) => self.with_leg(id, |leg, core| match errand {
                LegErrand::Invite(index) => leg.invite_answered(core, index, response),
                LegErrand::Modify => leg.modify_answered(core, response),
                LegErrand::Prack | LegErrand::Bye | LegErrand::LateBye | LegErrand::Notify | LegErrand::Probe => {
                    if status >= 200 {
                        simple_answer(leg, core, errand, status);
                    }
                }
            }),
            Errand::Register(trunk) => {
                if let Some(line) = self.lines.get_mut(trunk) {
                    line.register_answered(&mut self.core, key, flow, response);
                }
                self.lines.drop_before(&mut self.core, trunk);
            }
            Errand::Probe(trunk) if status >= 200 => {
                if let Some(line) = self.lines.get_mut(trunk) {
                    line.probe_answered(&mut self.core, flow, Some(status));
                }
            }
            Errand::KeepAlive(account, bound) => self.registrar.kept_alive(&mut self.core, account, bound, true),
            Errand::Leave(contact) if status >= 200 => self.lines.left(contact),
            Errand::Notify(id) if status >= 200 => {
                self.subscriptions.notify_answered(&mut self.core, id, key, status, Some(response));
            }
            Errand::Probe(_) | Errand::Leave(_) | Errand::Notify(_) => {}
        }
    }

    /// 401 or 407: answered for trunks, for our own requests to them, for their realm; nobody else ever sees credentials
    /// (R16).
    fn answer_challenge(&mut self, key: ClientKey, response: &Message) -> bool {
        let Some(sent) = self.core.sent(key).cloned() else { return false };
        let trunk = match sent.errand {
            Errand::Register(trunk) => trunk,
            Errand::Leave(contact) => {
                let line = self.lines.leaving(contact);
                let again = line.and_then(|line| line.answer(&mut self.core, &sent, response));
                return again.is_some_and(|again| {
                    self.core.forget(key);
                    self.core.send_again(None, again);
                    true
                });
            }
            Errand::Leg(id, _) => match self.legs.get(&id).map(|leg| &leg.peer) {
                Some(Peer::Trunk(trunk, _)) => *trunk,
                Some(Peer::Operator(_) | Peer::Address) | None => return false,
            },
            Errand::Probe(_) | Errand::KeepAlive(..) | Errand::Notify(_) => return false,
        };
        let Some(line) = self.lines.get_mut(trunk) else { return false };
        let wanted = match sent.errand {
            // Nobody wants this INVITE any more: its failure is welcome.
            Errand::Leg(id, LegErrand::Invite(index)) => self.legs.get(&id).is_some_and(|leg| leg.wants_answer(index)),
            Errand::Leg(..) | Errand::Register(_) | Errand::Leave(_) | Errand::Probe(_) => true,
            Errand::KeepAlive(..) | Errand::Notify(_) => false,
        };
        if !wanted {
            return false;
        }
        let Some(again) = line.answer(&mut self.core, &sent, response) else { return false };
        self.core.forget(key);
        self.send_signed(again);
        true
    }

    pub(crate) fn send_signed(&mut self, again: Sent) {
        let errand = again.errand;
        match errand {
            Errand::Leg(id, errand) => {
                let Some(leg) = self.legs.get_mut(&id) else { return };
                let voice = leg.voice();
                let number = again.request.cseq().map_or(0, |cseq| cseq.number);
                let key = self.core.send_again(Some(voice), again);
                let request = self.core.sent(key).map(|sent| sent.request.clone());
                leg.sent_again(errand, key, number, request);
            }
            Errand::Register(trunk) => {
                let key = self.core.send_again(None, again);
                if let Some(line) = self.lines.get_mut(trunk) {
                    line.register_sent_again(key);
                }
            }
            Errand::Notify(id) => {
                let key = self.core.send_again(None, again);
                self.subscriptions.sent_again(id, key);
            }
            Errand::Leave(_) | Errand::Probe(_) | Errand::KeepAlive(..) => {}
        }
    }

    fn on_silence(&mut self, key: ClientKey, silence: Silence) {
        if self.fall_back(key) {
            return;
        }
        let Some((errand, flow)) = self.core.sent(key).map(|sent| (sent.errand, sent.flow)) else { return };
        let status = silence.status();
        self.note_hop(errand, flow, silence.outcome());
        match errand {
            Errand::Leg(id, errand) => self.with_leg(id, |leg, core| match errand {
                LegErrand::Invite(index) => {
                    let phrase = sip::message::reason_phrase(status).to_owned();
                    leg.failed(
                        core,
                        index,
                        Rejection { status, phrase, retry_after: None, try_next_trunk: true, cause: None },
                    );
                }
                LegErrand::Modify => leg.modify_refused(core, status, None, None),
                LegErrand::Prack | LegErrand::Bye | LegErrand::LateBye | LegErrand::Notify | LegErrand::Probe => {
                    simple_answer(leg, core, errand, status);
                }
            }),
            Errand::Register(trunk) => {
                if let Some(line) = self.lines.get_mut(trunk) {
                    line.register_lost(&mut self.core, key, flow, status);
                }
            }
            Errand::Probe(trunk) => {
                if let Some(line) = self.lines.get_mut(trunk) {
                    line.probe_answered(&mut self.core, flow, None);
                }
            }
            Errand::KeepAlive(account, bound) => self.registrar.kept_alive(&mut self.core, account, bound, false),
            Errand::Leave(contact) => self.lines.left(contact),
            Errand::Notify(id) => self.subscriptions.notify_answered(&mut self.core, id, key, status, None),
        }
    }

    /// A connection closed under legs: phones may come back with a new one, carriers are called anew.
    pub(crate) fn legs_lose(&mut self, flow: Flow) {
        if flow.connection == ConnectionId::NONE {
            return;
        }
        let wait = self.core.config.times.reconnect_max;
        for leg in self.legs.values_mut() {
            let Some(session) = leg.session.as_mut().filter(|session| session.flow.connection == flow.connection)
            else {
                continue;
            };
            session.flow.connection = ConnectionId::NONE;
            match &leg.peer {
                // Its calls may have come from a port that nobody listens on.
                Peer::Trunk(trunk, _) => {
                    let line = self.lines.get(*trunk);
                    if let Some(hop) = line.and_then(|line| line.hop_near(&self.core, flow.remote.ip())) {
                        session.flow.remote = hop.address;
                    }
                }
                Peer::Operator(_) | Peer::Address if leg.over => {}
                Peer::Operator(_) | Peer::Address => self.core.wake(leg.id, LegTimer::Reconnect, wait),
            }
        }
    }

    /// The leg and way of a dialog named by Replaces. Peers mix the two tags up, so both orders are tried; each names one
    /// dialog at most, because our tags are random.
    pub(crate) fn find_dialog(&self, call_id: &str, one: &str, other: &str) -> Option<LegId> {
        [(one, other), (other, one)].into_iter().find_map(|(ours, theirs)| {
            let id = self.core.tags.get(&crate::core::Token::parse(ours)?)?;
            let leg = self.legs.get(id).filter(|leg| !leg.over)?;
            let ours = crate::core::Token::parse(ours)?;
            leg.knows(ours, call_id, theirs).then_some(*id)
        })
    }
}

/// A final response to what needs no more than its status.
fn simple_answer(leg: &mut Leg, core: &mut crate::core::Core, errand: LegErrand, status: u16) {
    match errand {
        LegErrand::Bye => leg.bye_done(),
        LegErrand::Notify => leg.notify_answered(status),
        LegErrand::Probe => leg.probe_answered(core, status),
        LegErrand::Prack | LegErrand::LateBye | LegErrand::Invite(_) | LegErrand::Modify => {}
    }
}
