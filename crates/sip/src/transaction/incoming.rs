//! One server transaction: its machine, the response it repeats, its timers.

use super::action::ServerAction;
use super::sends::Sending;
use super::timers::{Running, Schedule, Timer};
use super::{Context, Effect, Owner, ServerKey, derived, invite_server, server};
use crate::flow::Flow;
use crate::message::{Message, Method};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A server transaction.
#[derive(Debug)]
pub(super) struct Incoming {
    key: ServerKey,
    machine: Machine,
    /// Where the request came from and the responses go.
    pub(super) flow: Flow,
    /// §18.2.2: where to dial if the connection of `flow` is lost.
    pub(super) sent_by: SocketAddr,
    pub(super) wire_key: Arc<[u8]>,
    pub(super) origin_key: Option<Arc<[u8]>>,
    /// Answered by the layer itself (CANCEL, 482): the user has never heard of it.
    pub(super) silent: bool,
    /// Kept as long as we may have to say 100.
    request: Option<Message>,
    last_response: Option<Bytes>,
    running: Running,
    interval: Duration,
    /// Its last datagram.
    pub(super) sent: Option<Sending>,
    /// The To tag that its responses will have.
    pub(super) promised_tag: Option<Box<str>>,
}

/// The two machines of §17.2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Machine {
    Invite(invite_server::State),
    Other(server::State),
}

/// What may happen to a server transaction, before it is known which machine it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The request came again.
    Request,
    Ack,
    Cancel,
    /// The user answers, with a status of this class.
    Respond(u16),
    Timer(Timer),
    TransportError,
    PeerGone,
}

/// What a new server transaction is made of.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) flow: Flow,
    pub(super) sent_by: SocketAddr,
    pub(super) wire_key: Arc<[u8]>,
    pub(super) origin_key: Option<Arc<[u8]>>,
    pub(super) silent: bool,
    pub(super) request: Message,
}

impl Incoming {
    pub(super) fn begin(key: ServerKey, arrival: Arrival, context: &mut Context<'_>) -> Self {
        let invite = arrival.request.method() == Method::Invite;
        let (machine, actions) = if invite {
            let (state, actions) = invite_server::START;
            (Machine::Invite(state), actions)
        } else {
            let (state, actions) = server::START;
            (Machine::Other(state), actions)
        };
        let mut this = Self {
            key,
            machine,
            flow: arrival.flow,
            sent_by: arrival.sent_by,
            wire_key: arrival.wire_key,
            origin_key: arrival.origin_key,
            silent: arrival.silent,
            request: invite.then_some(arrival.request),
            last_response: None,
            running: Running::default(),
            interval: context.timers.t1,
            sent: None,
            promised_tag: None,
        };
        for action in actions {
            this.act(*action, &mut None, context);
        }
        this
    }

    /// One event, with the message that it brought. True if the transaction has ended.
    pub(super) fn input(&mut self, input: Input, mut message: Option<Message>, context: &mut Context<'_>) -> bool {
        if let Input::Timer(timer) = input {
            self.running.fired(timer);
        }
        let mut next = Some(input);
        while let Some(input) = next.take() {
            for action in self.step(input) {
                next = self.act(*action, &mut message, context).map(Input::Timer).or(next);
            }
        }
        let ended = match self.machine {
            Machine::Invite(state) => state == invite_server::State::Terminated,
            Machine::Other(state) => state == server::State::Terminated,
        };
        if ended {
            context.schedule.stop_all(&mut self.running, Owner::Server(self.key));
        }
        ended
    }

    /// Ends without a word.
    pub(super) fn stop(&mut self, schedule: &mut Schedule<Owner>) {
        schedule.stop_all(&mut self.running, Owner::Server(self.key));
    }

    /// An INVITE whose caller still waits for an answer.
    pub(super) fn rings(&self) -> bool {
        self.machine == Machine::Invite(invite_server::State::Proceeding)
    }

    /// The last response that went.
    pub(super) fn last_response(&self) -> Option<&Bytes> {
        self.last_response.as_ref()
    }

    fn step(&mut self, input: Input) -> &'static [ServerAction] {
        match &mut self.machine {
            Machine::Invite(state) => {
                let Some(event) = invite_event(input) else { return &[] };
                let (next, actions) = invite_server::step(*state, event);
                *state = next;
                actions
            }
            Machine::Other(state) => {
                let Some(event) = other_event(input) else { return &[] };
                let (next, actions) = server::step(*state, event);
                *state = next;
                actions
            }
        }
    }

    /// Carries out one action; gives back a timer whose moment comes at once.
    fn act(&mut self, action: ServerAction, message: &mut Option<Message>, context: &mut Context<'_>) -> Option<Timer> {
        match action {
            ServerAction::Send => {
                if let Some(response) = message.take() {
                    self.last_response = Some(response.bytes().clone());
                    self.request = None;
                    self.transmit(context);
                }
            }
            ServerAction::Repeat => self.transmit(context),
            ServerAction::SendTrying => {
                if let Some(request) = self.request.take() {
                    self.last_response = Some(derived::trying(&request).bytes().clone());
                    self.transmit(context);
                }
            }
            ServerAction::PassAck => {
                let flow = self.flow;
                context.fx.extend(message.take().map(|request| Effect::Ack { flow, request }));
            }
            ServerAction::PassCancel if !self.silent => {
                let key = self.key;
                context.fx.extend(message.take().map(|request| Effect::Cancelled { key, request }));
            }
            ServerAction::NoAck if !self.silent => context.fx.push(Effect::NoAck { key: self.key }),
            ServerAction::PassCancel | ServerAction::NoAck => {}
            ServerAction::Start(timer) => {
                let length = context.timers.length(timer, self.flow.protocol.is_reliable())?;
                if length.is_zero() {
                    return Some(timer);
                }
                self.start(timer, length, context);
            }
            ServerAction::Backoff(timer) => {
                self.start(timer, context.timers.grown(timer, self.interval), context);
            }
            ServerAction::Stop(timer) => {
                context.schedule.stop(&mut self.running, Owner::Server(self.key), timer);
            }
        }
        None
    }

    fn start(&mut self, timer: Timer, length: Duration, context: &mut Context<'_>) {
        if timer == Timer::G {
            self.interval = length;
        }
        context.schedule.start(&mut self.running, Owner::Server(self.key), timer, context.now, length);
    }

    fn transmit(&mut self, context: &mut Context<'_>) {
        if let Some(response) = &self.last_response {
            context.transmit(Owner::Server(self.key), self.flow, response.clone(), &mut self.sent);
        }
    }
}

fn invite_event(input: Input) -> Option<invite_server::Event> {
    use invite_server::Event;
    Some(match input {
        Input::Request => Event::Invite,
        Input::Ack => Event::Ack,
        Input::Cancel => Event::Cancel,
        Input::Respond(..200) => Event::Provisional,
        Input::Respond(200..300) => Event::Success,
        Input::Respond(300..) => Event::Failure,
        Input::Timer(timer) => Event::of(timer)?,
        Input::TransportError => Event::TransportError,
        Input::PeerGone => Event::PeerGone,
    })
}

fn other_event(input: Input) -> Option<server::Event> {
    use server::Event;
    Some(match input {
        Input::Request => Event::Request,
        Input::Respond(..200) => Event::Provisional,
        Input::Respond(200..) => Event::Final,
        Input::Timer(timer) => Event::of(timer)?,
        Input::TransportError => Event::TransportError,
        Input::PeerGone => Event::PeerGone,
        // An ACK has no such transaction, and a CANCEL no effect on one (§9.2).
        Input::Ack | Input::Cancel => return None,
    })
}
