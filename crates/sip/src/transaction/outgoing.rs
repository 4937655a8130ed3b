//! One client transaction: its machine, the request it repeats, its timers, the CANCEL that waits.

use super::action::ClientAction;
use super::sends::Sending;
use super::timers::{Running, Schedule, Timer};
use super::{ClientKey, Context, Effect, Owner, client, derived, invite_client};
use crate::flow::Flow;
use crate::message::{Message, Method, Name};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// A client transaction.
#[derive(Debug)]
pub(super) struct Outgoing {
    key: ClientKey,
    machine: Machine,
    pub(super) flow: Flow,
    pub(super) wire_key: Arc<[u8]>,
    /// A CANCEL of the layer's own: the user has never heard of it.
    pub(super) silent: bool,
    request: Message,
    /// The CANCEL, from the moment it is wanted until it goes.
    cancel: Option<Message>,
    running: Running,
    interval: Duration,
    /// Its last datagram.
    pub(super) sent: Option<Sending>,
}

/// The two machines of §17.1.
#[derive(Clone, Copy, Debug)]
enum Machine {
    Invite(invite_client::State),
    Other(client::State),
}

/// What may happen to a client transaction, before it is known which machine it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A response came, with this status.
    Response(u16),
    Cancel,
    Timer(Timer),
    /// A packet of this transaction could not be sent.
    TransportError,
    /// Its connection is lost: nothing more can come on it.
    PeerGone,
}

/// What a new client transaction is made of.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) flow: Flow,
    pub(super) wire_key: Arc<[u8]>,
    pub(super) silent: bool,
    pub(super) request: Message,
}

/// What an event led to that the transaction cannot do alone.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The transaction is over.
    pub(super) ended: bool,
    /// A CANCEL to send in a transaction of its own.
    pub(super) cancel: Option<Message>,
}

impl Outgoing {
    pub(super) fn begin(key: ClientKey, departure: Departure, context: &mut Context<'_>) -> Self {
        let (machine, actions) = if departure.request.method() == Method::Invite {
            let (state, actions) = invite_client::START;
            (Machine::Invite(state), actions)
        } else {
            let (state, actions) = client::START;
            (Machine::Other(state), actions)
        };
        let mut this = Self {
            key,
            machine,
            flow: departure.flow,
            wire_key: departure.wire_key,
            silent: departure.silent,
            request: departure.request,
            cancel: None,
            running: Running::default(),
            interval: context.timers.t1,
            sent: None,
        };
        for action in actions {
            this.act(*action, &mut None, &mut Outcome::default(), context);
        }
        this
    }

    /// One event, with the message that it brought.
    pub(super) fn input(&mut self, input: Input, mut message: Option<Message>, context: &mut Context<'_>) -> Outcome {
        if let Input::Timer(timer) = input {
            self.running.fired(timer);
        }
        let mut outcome = Outcome::default();
        let mut next = Some(input);
        while let Some(input) = next.take() {
            for action in self.step(input) {
                next = self.act(*action, &mut message, &mut outcome, context).map(Input::Timer).or(next);
            }
        }
        outcome.ended = match self.machine {
            Machine::Invite(state) => state == invite_client::State::Terminated,
            Machine::Other(state) => state == client::State::Terminated,
        };
        if outcome.ended {
            context.schedule.stop_all(&mut self.running, Owner::Client(self.key));
        }
        outcome
    }

    /// §9.1: the user no longer wants the answer. Only an INVITE can be taken back.
    pub(super) fn withdraw(&mut self, extra: &[(Name, &str)], context: &mut Context<'_>) -> Outcome {
        let Machine::Invite(state) = self.machine else { return Outcome::default() };
        if matches!(state, invite_client::State::Calling | invite_client::State::Proceeding) {
            self.cancel = derived::cancel(&self.request, extra);
        }
        self.input(Input::Cancel, None, context)
    }

    /// No timer of it runs any more.
    pub(super) fn stop(&mut self, schedule: &mut Schedule<Owner>) {
        schedule.stop_all(&mut self.running, Owner::Client(self.key));
    }

    fn step(&mut self, input: Input) -> &'static [ClientAction] {
        match &mut self.machine {
            Machine::Invite(state) => {
                let Some(event) = invite_event(input) else { return &[] };
                let (next, actions) = invite_client::step(*state, event);
                *state = next;
                actions
            }
            Machine::Other(state) => {
                let Some(event) = other_event(input) else { return &[] };
                let (next, actions) = client::step(*state, event);
                *state = next;
                actions
            }
        }
    }

    /// Carries out one action; gives back a timer whose moment comes at once.
    fn act(
        &mut self,
        action: ClientAction,
        message: &mut Option<Message>,
        outcome: &mut Outcome,
        context: &mut Context<'_>,
    ) -> Option<Timer> {
        match action {
            ClientAction::SendRequest => self.transmit(self.request.bytes().clone(), context),
            // §17.1.1.3: each response has its own ACK, as copies may differ in the To tag (forks).
            ClientAction::SendAck => {
                if let Some(ack) = message.as_ref().and_then(|response| derived::ack(&self.request, response)) {
                    self.transmit(ack.bytes().clone(), context);
                }
            }
            // Timer C comes without one that waits.
            ClientAction::SendCancel => {
                outcome.cancel = self.cancel.take().or_else(|| derived::cancel(&self.request, &[]));
            }
            ClientAction::Pass => {
                let key = self.key;
                self.tell(message.take().map(|response| Effect::Response { key, response }), context);
            }
            ClientAction::PassAsStray => {
                let (key, flow) = (Some(self.key), self.flow);
                self.tell(message.take().map(|response| Effect::StrayResponse { key, flow, response }), context);
            }
            ClientAction::TimedOut => self.tell(Some(Effect::TimedOut { key: self.key }), context),
            ClientAction::TransportFailed => self.tell(Some(Effect::TransportFailed { key: self.key }), context),
            ClientAction::Start(timer) => {
                let length = context.timers.length(timer, self.flow.protocol.is_reliable())?;
                if length.is_zero() {
                    return Some(timer);
                }
                self.start(timer, length, context);
            }
            ClientAction::Backoff(timer) => {
                self.start(timer, context.timers.grown(timer, self.interval), context);
            }
            ClientAction::Slow(timer) => self.start(timer, context.timers.slowest(), context),
            ClientAction::Stop(timer) => {
                context.schedule.stop(&mut self.running, Owner::Client(self.key), timer);
            }
        }
        None
    }

    fn tell(&self, effect: Option<Effect>, context: &mut Context<'_>) {
        if !self.silent {
            context.fx.extend(effect);
        }
    }

    fn start(&mut self, timer: Timer, length: Duration, context: &mut Context<'_>) {
        if matches!(timer, Timer::A | Timer::E) {
            self.interval = length;
        }
        context.schedule.start(&mut self.running, Owner::Client(self.key), timer, context.now, length);
    }

    fn transmit(&mut self, bytes: Bytes, context: &mut Context<'_>) {
        context.transmit(Owner::Client(self.key), self.flow, bytes, &mut self.sent);
    }
}

fn invite_event(input: Input) -> Option<invite_client::Event> {
    use invite_client::Event;
    Some(match input {
        Input::Response(..200) => Event::Provisional,
        Input::Response(200..300) => Event::Success,
        Input::Response(300..) => Event::Failure,
        Input::Cancel => Event::Cancel,
        Input::Timer(timer) => Event::of(timer)?,
        Input::TransportError => Event::TransportError,
        Input::PeerGone => Event::PeerGone,
    })
}

fn other_event(input: Input) -> Option<client::Event> {
    use client::Event;
    Some(match input {
        Input::Response(..200) => Event::Provisional,
        Input::Response(200..) => Event::Final,
        Input::Timer(timer) => Event::of(timer)?,
        Input::TransportError => Event::TransportError,
        Input::PeerGone => Event::PeerGone,
        // §9.1: "a CANCEL request SHOULD NOT be sent to cancel a request other than INVITE".
        Input::Cancel => return None,
    })
}
