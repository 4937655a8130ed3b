//! Every transaction of one endpoint: which message belongs to which, and when to wake the next one.

use super::incoming::{self, Incoming};
use super::outgoing::{self, Outgoing};
use super::reach::Reach;
use super::sends::Sends;
use super::timers::{Schedule, Timers};
use super::{ClientKey, Context, Effect, Owner, ServerKey, key};
use crate::flow::Flow;
use crate::message::{Message, Method, Name};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

mod lost;
mod requests;
#[cfg(test)]
mod tests;

/// How many transactions a layer keeps unless told otherwise: at 32 s each, some 2,000 calls a second.
pub const TRANSACTIONS_MAX: usize = 65_536;

/// One part in so many of the table is kept for requests inside dialogs, for CANCEL and for our own: under overload new calls
/// are shed first, and those that talk can still hang up (R45).
pub const RESERVED_SHARE: usize = 8;

/// What Retry-After says in the 503 of a full table.
pub const RETRY_AFTER_S: u32 = 5;

/// How large a [`Layer`] may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Server and client transactions together.
    pub transactions_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { transactions_max: TRANSACTIONS_MAX }
    }
}

/// Every transaction of one endpoint.
///
/// Hand it each parsed message ([`Layer::receive`]) and each failure of a flow, start and answer requests through it, wake it
/// at [`Layer::poll_timeout`], and do what the [`Effect`]s say, in their order.
#[derive(Debug)]
pub struct Layer {
    timers: Timers,
    limits: Limits,
    /// The last key given; each is new.
    serial: u64,
    servers: HashMap<ServerKey, Incoming>,
    clients: HashMap<ClientKey, Outgoing>,
    by_request: HashMap<Arc<[u8]>, ServerKey>,
    by_response: HashMap<Arc<[u8]>, ClientKey>,
    /// Requests outside dialogs, to tell merged ones (§8.2.2.2).
    by_origin: HashMap<Arc<[u8]>, ServerKey>,
    reach: Reach,
    schedule: Schedule<Owner>,
    sends: Sends,
    /// Where keys are written to be looked up.
    wire_key: Vec<u8>,
}

impl Layer {
    /// A layer without transactions.
    #[must_use]
    pub fn new(timers: Timers, limits: Limits) -> Self {
        Self {
            timers,
            limits,
            serial: 0,
            servers: HashMap::new(),
            clients: HashMap::new(),
            by_request: HashMap::new(),
            by_response: HashMap::new(),
            by_origin: HashMap::new(),
            reach: Reach::default(),
            schedule: Schedule::new(),
            sends: Sends::default(),
            wire_key: Vec::new(),
        }
    }

    /// One parsed message from the network. What is new comes out as effects; retransmissions are absorbed or answered (R37).
    ///
    /// A request without a readable Via or a response without Via and CSeq can belong to nothing and vanishes.
    pub fn receive(&mut self, now: Instant, flow: Flow, message: Message, fx: &mut Vec<Effect>) {
        if message.is_request() {
            self.receive_request(now, flow, message, fx);
        } else {
            self.receive_response(now, flow, message, fx);
        }
    }

    /// Sends a request in a new client transaction. Its topmost Via, with a branch never used before, must be in it.
    ///
    /// If the request has no such Via, or the table is full, [`Effect::TransportFailed`] comes at once. An ACK to a 2xx is no
    /// transaction: [`Layer::send_stateless`].
    pub fn send_request(&mut self, now: Instant, flow: Flow, request: Message, fx: &mut Vec<Effect>) -> ClientKey {
        let key = ClientKey(self.next_serial());
        if self.len() >= self.limits.transactions_max || !self.depart(now, key, flow, request, false, fx) {
            fx.push(Effect::TransportFailed { key });
            fx.push(Effect::Terminated { server: None, client: Some(key) });
        }
        key
    }

    /// Gives a response of the user's to the request `key`: provisionals as many as wanted, then one final response.
    ///
    /// Whatever comes after the final one is discarded, except a 2xx to an INVITE after a 2xx (RFC 6026): the user repeats it
    /// until its ACK comes (§13.3.1.4). A transaction that has ended takes nothing.
    pub fn respond(&mut self, now: Instant, key: &ServerKey, response: Message, fx: &mut Vec<Effect>) {
        if let Some(status) = response.status() {
            self.feed_server(now, *key, incoming::Input::Respond(status), Some(response), fx);
        }
    }

    /// Takes an INVITE back (§9.1): sends CANCEL, or waits with it for the first provisional. `extra` headers go into it,
    /// a Reason for example.
    ///
    /// The INVITE still gets a final response: 487, or a 2xx that crossed the CANCEL and must be acknowledged and ended (R40),
    /// or [`Effect::TimedOut`] when none comes within 64*T1. After a final response, and for other methods, nothing happens.
    pub fn cancel(&mut self, now: Instant, key: &ClientKey, extra: &[(Name, &str)], fx: &mut Vec<Effect>) {
        let mut context =
            Context { now, timers: &self.timers, schedule: &mut self.schedule, sends: &mut self.sends, fx };
        let Some(client) = self.clients.get_mut(key) else { return };
        let outcome = client.withdraw(extra, &mut context);
        self.settle(now, *key, outcome, fx);
    }

    /// Lets go of a client transaction whose answer nobody wants any more, without a message. Only `Terminated` is told.
    pub fn abandon(&mut self, key: &ClientKey, fx: &mut Vec<Effect>) {
        if let Some(client) = self.clients.get_mut(key) {
            client.stop(&mut self.schedule);
            self.bury_client(*key, fx);
        }
    }

    /// Answers a request once and for all, and forgets it: what anybody may ask must cost no memory (§26.3.2.4, R02). A copy of the
    /// request is a new one, and is due the same answer with the same To tag (§8.2.7).
    pub fn dismiss(&mut self, key: &ServerKey, response: &Message, fx: &mut Vec<Effect>) {
        let Some(server) = self.servers.get_mut(key) else { return };
        let flow = server.flow;
        server.stop(&mut self.schedule);
        self.send_stateless(flow, response.clone(), fx);
        self.bury_server(*key, fx);
    }

    /// The To tag that the responses to this request will have. With it the 200 to a CANCEL bears the same (§9.2), also when it
    /// comes before any of them.
    pub fn promise_tag(&mut self, key: &ServerKey, tag: &str) {
        if let Some(server) = self.servers.get_mut(key) {
            server.promised_tag = Some(tag.into());
        }
    }

    /// Sends a message that belongs to no transaction: the ACK to a 2xx, and its copies.
    pub fn send_stateless(&mut self, flow: Flow, message: Message, fx: &mut Vec<Effect>) {
        self.sends.note_stateless(flow);
        fx.push(Effect::Transmit { flow, bytes: message.bytes().clone() });
    }

    /// When [`Layer::handle_timeout`] wants to be called, if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.schedule.next()
    }

    /// Does what has become due. To call early or late does no harm.
    pub fn handle_timeout(&mut self, now: Instant, fx: &mut Vec<Effect>) {
        while let Some((owner, timer)) = self.schedule.pop_due(now) {
            match owner {
                Owner::Server(key) => self.feed_server(now, key, incoming::Input::Timer(timer), None, fx),
                Owner::Client(key) => self.feed_client(now, key, outgoing::Input::Timer(timer), None, fx),
            }
        }
    }

    /// How many transactions there are, on both sides.
    #[must_use]
    pub fn len(&self) -> usize {
        self.servers.len() + self.clients.len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// §17.1.3, §18.1.2: a response to its client transaction, or up as a stray, or nowhere.
    fn receive_response(&mut self, now: Instant, flow: Flow, response: Message, fx: &mut Vec<Effect>) {
        let (Ok(via), Some(status)) = (response.via(), response.status()) else { return };
        // §8.1.3.3: more than one Via: it was misrouted, the rest of its way is not ours to go.
        if response.values(Name::Via).nth(1).is_some() {
            return;
        }
        let method = response.method();
        let found = key::client(&mut self.wire_key, &via, &method)
            .then(|| self.by_response.get(self.wire_key.as_slice()).copied())
            .flatten();
        match found {
            Some(key) => self.feed_client(now, key, outgoing::Input::Response(status), Some(response), fx),
            None if method == Method::Invite && (200..300).contains(&status) => {
                fx.push(Effect::StrayResponse { key: None, flow, response });
            }
            None => {}
        }
    }

    /// Starts a client transaction; false if the request has no Via with a branch.
    fn depart(
        &mut self,
        now: Instant,
        key: ClientKey,
        flow: Flow,
        request: Message,
        silent: bool,
        fx: &mut Vec<Effect>,
    ) -> bool {
        let method = request.method();
        if !request.via().is_ok_and(|via| key::client(&mut self.wire_key, &via, &method)) {
            return false;
        }
        let wire_key: Arc<[u8]> = self.wire_key.as_slice().into();
        self.by_response.insert(Arc::clone(&wire_key), key);
        self.reach.insert(flow, Owner::Client(key));
        let mut context =
            Context { now, timers: &self.timers, schedule: &mut self.schedule, sends: &mut self.sends, fx };
        let departure = outgoing::Departure { flow, wire_key, silent, request };
        self.clients.insert(key, Outgoing::begin(key, departure, &mut context));
        true
    }

    fn feed_server(
        &mut self,
        now: Instant,
        key: ServerKey,
        input: incoming::Input,
        message: Option<Message>,
        fx: &mut Vec<Effect>,
    ) {
        let mut context =
            Context { now, timers: &self.timers, schedule: &mut self.schedule, sends: &mut self.sends, fx };
        let Some(server) = self.servers.get_mut(&key) else { return };
        if server.input(input, message, &mut context) {
            self.bury_server(key, fx);
        }
    }

    fn feed_client(
        &mut self,
        now: Instant,
        key: ClientKey,
        input: outgoing::Input,
        message: Option<Message>,
        fx: &mut Vec<Effect>,
    ) {
        let mut context =
            Context { now, timers: &self.timers, schedule: &mut self.schedule, sends: &mut self.sends, fx };
        let Some(client) = self.clients.get_mut(&key) else { return };
        let outcome = client.input(input, message, &mut context);
        self.settle(now, key, outcome, fx);
    }

    /// Does for a client transaction what it cannot do alone.
    fn settle(&mut self, now: Instant, key: ClientKey, outcome: outgoing::Outcome, fx: &mut Vec<Effect>) {
        if let Some(cancel) = outcome.cancel
            && let Some(flow) = self.clients.get(&key).map(|invite| invite.flow)
        {
            fx.push(Effect::Cancelling { key, flow, request: cancel.clone() });
            // §9.1: its own transaction, to the same place. It is let in even when the table is full: it ends calls.
            let key = ClientKey(self.next_serial());
            self.depart(now, key, flow, cancel, true, fx);
        }
        if outcome.ended {
            self.bury_client(key, fx);
        }
    }

    fn bury_server(&mut self, key: ServerKey, fx: &mut Vec<Effect>) {
        let Some(server) = self.servers.remove(&key) else { return };
        self.reach.remove(server.flow, Owner::Server(key));
        self.sends.forget(server.sent);
        self.by_request.remove(&server.wire_key);
        if let Some(origin_key) = &server.origin_key {
            self.by_origin.remove(origin_key);
        }
        if !server.silent {
            fx.push(Effect::Terminated { server: Some(key), client: None });
        }
    }

    fn bury_client(&mut self, key: ClientKey, fx: &mut Vec<Effect>) {
        let Some(client) = self.clients.remove(&key) else { return };
        self.reach.remove(client.flow, Owner::Client(key));
        self.sends.forget(client.sent);
        // A branch used twice belongs to the later request.
        if self.by_response.get(&client.wire_key) == Some(&key) {
            self.by_response.remove(&client.wire_key);
        }
        if !client.silent {
            fx.push(Effect::Terminated { server: None, client: Some(key) });
        }
    }
}
