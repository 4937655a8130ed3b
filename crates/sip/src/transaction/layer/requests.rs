//! Requests from the network: retransmissions, ACK, CANCEL, merged ones, too many, and the new.

use super::{Layer, RESERVED_SHARE, RETRY_AFTER_S};
use crate::flow::Flow;
use crate::message::{Message, MessageBuilder, Method, Name, Via, reason_phrase, stamp_received};
use crate::transaction::incoming::{Arrival, Incoming, Input};
use crate::transaction::{Context, Effect, Owner, ServerKey, key};
use bytes::Bytes;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

impl Layer {
    /// §17.2.3: which server transaction a request belongs to, or a new one.
    pub(super) fn receive_request(&mut self, now: Instant, flow: Flow, request: Message, fx: &mut Vec<Effect>) {
        let Ok(via) = request.via() else { return };
        let method = request.method();
        if !key::server(&mut self.wire_key, &request, &via, &method) {
            return;
        }
        let found = self.by_request.get(self.wire_key.as_slice()).copied();
        match found {
            Some(key) if method == Method::Ack => self.feed_server(now, key, Input::Ack, Some(request), fx),
            Some(key) => {
                self.follow(key, flow);
                self.feed_server(now, key, Input::Request, None, fx);
            }
            // §17.1.1.3: the ACK to a 2xx has a branch of its own.
            None if method == Method::Ack => fx.push(Effect::Ack { flow, request }),
            None if method == Method::Cancel => self.receive_cancel(now, flow, &via, &request, fx),
            None => self.receive_new(now, flow, &via, &request, fx),
        }
    }

    /// A copy that comes by another way than the first: its sender's NAT has another port now (RFC 3581), or its connection is a new
    /// one. The responses go where it is. Another address is not believed: it could be anybody's (R10).
    fn follow(&mut self, key: ServerKey, flow: Flow) {
        let Some(server) = self.servers.get_mut(&key).filter(|server| server.flow != flow) else { return };
        if server.flow.protocol != flow.protocol || server.flow.remote.ip() != flow.remote.ip() {
            return;
        }
        self.reach.remove(server.flow, Owner::Server(key));
        server.flow = flow;
        self.reach.insert(flow, Owner::Server(key));
    }

    /// §9.2: "if the UAS did not find a matching transaction, it SHOULD respond with a 481"; otherwise 200, whatever the CANCEL
    /// may still achieve (R40).
    fn receive_cancel(&mut self, now: Instant, flow: Flow, via: &Via, request: &Message, fx: &mut Vec<Effect>) {
        let arrival = self.arrival(flow, via, request);
        let found = key::server(&mut self.wire_key, request, via, &Method::Invite)
            .then(|| self.by_request.get(self.wire_key.as_slice()).copied())
            .flatten();
        let Some(invite) = found else { return self.answer(now, arrival, 481, None, fx) };
        // §9.2: "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the
        // same": so it is, if the INVITE has had a response with one.
        let (tag, cancel) = (self.tag_given(invite), arrival.request.clone());
        self.answer(now, arrival, 200, tag, fx);
        self.feed_server(now, invite, Input::Cancel, Some(cancel), fx);
    }

    fn receive_new(&mut self, now: Instant, flow: Flow, via: &Via, request: &Message, fx: &mut Vec<Effect>) {
        let mut arrival = self.arrival(flow, via, request);
        let inside = request.to().is_ok_and(|to| to.tag().is_some());
        if !self.has_room(inside) {
            return shed(&arrival, fx);
        }
        if !inside && key::origin(&mut self.wire_key, request) {
            // §8.2.2.2, R35: the same request by another way; the first one rings already.
            if self.by_origin.contains_key(self.wire_key.as_slice()) {
                return self.answer(now, arrival, 482, None, fx);
            }
            arrival.origin_key = Some(self.wire_key.as_slice().into());
        }
        let request = arrival.request.clone();
        let key = self.arrive(now, arrival, fx);
        fx.push(Effect::Request { key, flow, request });
    }

    /// What a new transaction is made of, its key being the one just written.
    fn arrival(&self, flow: Flow, via: &Via, request: &Message) -> Arrival {
        Arrival {
            flow,
            sent_by: SocketAddr::new(flow.remote.ip(), via.port().unwrap_or(flow.protocol.default_port())),
            wire_key: self.wire_key.as_slice().into(),
            origin_key: None,
            silent: false,
            request: stamp_received(request, flow.remote),
        }
    }

    /// Answers a request in a transaction that the user never hears of; statelessly when the table is full.
    fn answer(&mut self, now: Instant, arrival: Arrival, status: u16, tag: Option<String>, fx: &mut Vec<Effect>) {
        let tag = tag.unwrap_or_else(|| tag_of(&arrival.wire_key));
        let answer = MessageBuilder::reply(&arrival.request, status, reason_phrase(status), Some(&tag)).finish();
        if !self.has_room(true) {
            return fx.push(Effect::Transmit { flow: arrival.flow, bytes: answer.bytes().clone() });
        }
        let key = self.arrive(now, Arrival { silent: true, ..arrival }, fx);
        self.respond(now, &key, answer, fx);
    }

    /// Starts a server transaction.
    fn arrive(&mut self, now: Instant, arrival: Arrival, fx: &mut Vec<Effect>) -> ServerKey {
        let key = ServerKey(self.next_serial());
        self.by_request.insert(Arc::clone(&arrival.wire_key), key);
        if let Some(origin_key) = &arrival.origin_key {
            self.by_origin.insert(Arc::clone(origin_key), key);
        }
        self.reach.insert(arrival.flow, Owner::Server(key));
        let mut context =
            Context { now, timers: &self.timers, schedule: &mut self.schedule, sends: &mut self.sends, fx };
        self.servers.insert(key, Incoming::begin(key, arrival, &mut context));
        key
    }

    /// R45: the last part of the table is for what ends or continues calls.
    fn has_room(&self, inside_dialog: bool) -> bool {
        let max = self.limits.transactions_max;
        let open_to_all = max - max / RESERVED_SHARE;
        self.len() < if inside_dialog { max } else { open_to_all }
    }

    /// The To tag of the last response in this transaction.
    fn tag_given(&self, key: ServerKey) -> Option<String> {
        let server = self.servers.get(&key)?;
        if let Some(tag) = &server.promised_tag {
            return Some(tag.to_string());
        }
        let response = server.last_response()?;
        let to = Message::parse(Bytes::clone(response)).ok()?.to().ok()?;
        to.tag().map(str::to_owned)
    }
}

/// R02, R45: no room: 503 and when to come back, remembering nothing (§8.2.7).
fn shed(arrival: &Arrival, fx: &mut Vec<Effect>) {
    let tag = tag_of(&arrival.wire_key);
    let answer = MessageBuilder::reply(&arrival.request, 503, reason_phrase(503), Some(&tag))
        .header(Name::RetryAfter, RETRY_AFTER_S.to_string())
        .finish();
    fx.push(Effect::Transmit { flow: arrival.flow, bytes: answer.bytes().clone() });
}

/// The To tag of our own answers: the same for each copy of the same request (§8.2.7). It opens no dialog, so it need not be
/// hard to guess.
fn tag_of(wire_key: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    wire_key.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
