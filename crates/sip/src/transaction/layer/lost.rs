//! Flows that fail: RFC 3261 §17.1.4, §17.2.4, §18.2.2 and §18.4, RFC 6026 §8.8, R09.

use super::Layer;
use crate::flow::{ConnectionId, Flow, Protocol};
use crate::transaction::{ClientKey, Effect, Owner, ServerKey, incoming, outgoing};
use std::time::Instant;

impl Layer {
    /// Something could not be sent over `flow`: its socket refused it, its connection broke, or could not be opened.
    ///
    /// A stream: client transactions over it end with [`Effect::TransportFailed`], server transactions end too, as there is
    /// nobody left to answer. Datagrams (§18.4): one packet is lost, and nothing is said of any other to the same address. So only
    /// the transaction that sent last is told: a request without an answer ends with [`Effect::TransportFailed`]; a call that
    /// rings goes on, and so does a server transaction (RFC 6026 §8.8: the next copy of the request gets the response
    /// another try). Whoever else cannot be heard will fail by itself, with its next packet.
    pub fn transport_failed(&mut self, now: Instant, flow: Flow, fx: &mut Vec<Effect>) {
        if !flow.protocol.is_reliable() {
            return self.datagram_failed(now, flow, fx);
        }
        for owner in self.reach.over(flow.remote, flow.connection) {
            match owner {
                Owner::Client(key) => self.fail_client(now, key, flow, fx),
                Owner::Server(key) if self.server_uses(key, flow) => {
                    self.feed_server(now, key, incoming::Input::PeerGone, None, fx);
                }
                Owner::Server(_) => {}
            }
        }
    }

    fn datagram_failed(&mut self, now: Instant, flow: Flow, fx: &mut Vec<Effect>) {
        match self.sends.failed(flow.remote) {
            Some(Owner::Client(key)) => {
                if let Some(client) = self.clients.get_mut(&key) {
                    client.sent = None;
                }
                self.feed_client(now, key, outgoing::Input::TransportError, None, fx);
            }
            Some(Owner::Server(key)) => {
                if let Some(server) = self.servers.get_mut(&key) {
                    server.sent = None;
                }
                self.feed_server(now, key, incoming::Input::TransportError, None, fx);
            }
            // An ACK to a 2xx: its loss shows when the 2xx comes again.
            None => {}
        }
    }

    /// The stream of `flow` is closed, by whichever side.
    ///
    /// Client transactions over it end with [`Effect::TransportFailed`]: no answer can come. Responses of server transactions
    /// go to the sent-by over a new connection (§18.2.2), except to a browser, which nobody can dial: those end. A caller who
    /// still waits is told at once what was said last: if nobody can be reached there, the call is over (R09).
    pub fn flow_closed(&mut self, now: Instant, flow: Flow, fx: &mut Vec<Effect>) {
        // Transactions may have been started towards an address before it had a connection.
        for owner in self.reach.over(flow.remote, ConnectionId::NONE) {
            match owner {
                Owner::Client(key) => self.fail_client(now, key, flow, fx),
                Owner::Server(_) => {}
            }
        }
        if flow.connection == ConnectionId::NONE {
            return;
        }
        for owner in self.reach.over(flow.remote, flow.connection) {
            match (owner, flow.protocol) {
                (Owner::Client(key), _) => self.fail_client(now, key, flow, fx),
                (Owner::Server(key), Protocol::Ws | Protocol::Wss) => {
                    self.feed_server(now, key, incoming::Input::PeerGone, None, fx);
                }
                (Owner::Server(key), Protocol::Udp | Protocol::Tcp | Protocol::Tls) => {
                    self.reroute(key);
                    if self.servers.get(&key).is_some_and(incoming::Incoming::rings) {
                        self.feed_server(now, key, incoming::Input::Request, None, fx);
                    }
                }
            }
        }
    }

    fn fail_client(&mut self, now: Instant, key: ClientKey, flow: Flow, fx: &mut Vec<Effect>) {
        if self.clients.get(&key).is_some_and(|client| client.flow.protocol == flow.protocol) {
            self.feed_client(now, key, outgoing::Input::PeerGone, None, fx);
        }
    }

    fn server_uses(&self, key: ServerKey, flow: Flow) -> bool {
        self.servers.get(&key).is_some_and(|server| server.flow.protocol == flow.protocol)
    }

    /// §18.2.2: "the response SHOULD be sent by opening a connection to the IP address in the received parameter, using the port
    /// in the sent-by".
    fn reroute(&mut self, key: ServerKey) {
        let Some(server) = self.servers.get_mut(&key) else { return };
        self.reach.remove(server.flow, Owner::Server(key));
        server.flow.connection = ConnectionId::NONE;
        server.flow.remote = server.sent_by;
        self.reach.insert(server.flow, Owner::Server(key));
    }
}
