//! The transaction layer: whatever comes in whatever order, its table keeps its limit and in the end everything ends.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::{Message, MessageBuilder, Method};
use sip::transaction::{ClientKey, Effect, Layer, Limits, ServerKey, Timers};

use super::choices::Choices;

const TRANSACTIONS_MAX: usize = 24;
/// Steps of one story.
const STEPS_MAX: usize = 400;
const METHODS: [&str; 6] = ["INVITE", "ACK", "CANCEL", "OPTIONS", "BYE", "PRACK"];
const BRANCHES: [&str; 6] =
    [";branch=z9hG4bKa", ";branch=z9hG4bKb", ";branch=z9hG4bKc", ";branch=old", "", ";branch=z9hG4bKa;rport"];
const STATUSES: [u16; 10] = [100, 180, 183, 200, 202, 302, 401, 486, 487, 603];

/// The target.
pub fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let protocol = choices.of(&[Protocol::Udp, Protocol::Tcp, Protocol::Wss]);
    let connection = ConnectionId(u64::from(protocol.is_reliable()));
    let (local, remote) = ("192.0.2.1:5060".parse().unwrap(), "198.51.100.9:5060".parse().unwrap());
    let mut story = Story {
        layer: Layer::new(Timers::default(), Limits { transactions_max: TRANSACTIONS_MAX }),
        now: Instant::now(),
        flow: Flow { protocol, local, remote, connection },
        servers: Vec::new(),
        clients: Vec::new(),
        alive: BTreeSet::new(),
    };
    for _ in 0..STEPS_MAX {
        if choices.is_over() {
            break;
        }
        story.step(&mut choices);
    }
    story.ends_well();
}

/// One transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Owner {
    Server(ServerKey),
    Client(ClientKey),
}

/// A layer with a user who forgets nothing and checks everything.
struct Story {
    layer: Layer,
    now: Instant,
    flow: Flow,
    servers: Vec<ServerKey>,
    clients: Vec<ClientKey>,
    alive: BTreeSet<Owner>,
}

impl Story {
    fn step(&mut self, choices: &mut Choices<'_>) {
        let (now, flow, mut fx) = (self.now, self.flow, Vec::new());
        match choices.below(10) {
            0 | 1 => self.layer.receive(now, flow, request(choices), &mut fx),
            2 | 3 => {
                let request = request(choices);
                let response = MessageBuilder::reply(&request, choices.of(&STATUSES), "x", Some("t")).finish();
                self.layer.receive(now, flow, response, &mut fx);
            }
            4 => {
                let key = self.layer.send_request(now, flow, request(choices), &mut fx);
                self.clients.push(key);
                assert!(self.alive.insert(Owner::Client(key)), "a key used twice");
            }
            5 | 6 => {
                if let Some(key) = nth(&self.servers, choices.below(8)) {
                    let response = MessageBuilder::reply(&request(choices), choices.of(&STATUSES), "x", Some("t"));
                    self.layer.respond(now, &key, response.finish(), &mut fx);
                }
            }
            7 => {
                if let Some(key) = nth(&self.clients, choices.below(8)) {
                    self.layer.cancel(now, &key, &[], &mut fx);
                }
            }
            8 => match choices.below(3) {
                0 => self.layer.flow_closed(now, flow, &mut fx),
                1 => self.layer.transport_failed(now, flow, &mut fx),
                _ => {
                    if let Ok(message) = Message::parse(Bytes::copy_from_slice(choices.some_bytes())) {
                        self.layer.receive(now, flow, message, &mut fx);
                    }
                }
            },
            _ => return self.waits(u64::from(choices.word())),
        }
        self.sees(fx);
    }

    fn waits(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut wakings = 0;
        while let Some(deadline) = self.layer.poll_timeout().filter(|deadline| *deadline <= end) {
            assert!(deadline >= self.now, "a timer in the past");
            self.now = deadline;
            let mut fx = Vec::new();
            self.layer.handle_timeout(self.now, &mut fx);
            self.sees(fx);
            wakings += 1;
            assert!(wakings < 10_000, "the clock stands still");
        }
        self.now = end;
    }

    fn sees(&mut self, fx: Vec<Effect>) {
        assert!(fx.len() <= 8 * TRANSACTIONS_MAX, "one input has {} effects", fx.len());
        for effect in fx {
            match effect {
                Effect::Transmit { bytes, .. } => {
                    Message::parse(bytes).expect("what we send can be read");
                }
                Effect::Request { key, request, .. } => {
                    assert!(request.method() != Method::Ack && request.method() != Method::Cancel);
                    assert!(self.alive.insert(Owner::Server(key)), "a key used twice");
                    self.servers.push(key);
                }
                Effect::Cancelled { key, .. } | Effect::NoAck { key } => {
                    assert!(self.alive.contains(&Owner::Server(key)));
                }
                Effect::Cancelling { key, .. }
                | Effect::Response { key, .. }
                | Effect::TimedOut { key }
                | Effect::TransportFailed { key } => assert!(self.alive.contains(&Owner::Client(key))),
                Effect::Terminated { server, client } => {
                    let owner = server.map(Owner::Server).or(client.map(Owner::Client)).expect("somebody ended");
                    assert!(self.alive.remove(&owner), "nobody ends twice, or unheard of");
                }
                Effect::Ack { .. } | Effect::StrayResponse { .. } => {}
            }
        }
        // CANCELs of our own are let in above the limit, one per INVITE.
        assert!(self.layer.len() <= 2 * TRANSACTIONS_MAX);
    }

    /// The user answers whatever rings; two INVITEs' lives and timer C later nothing is left.
    fn ends_well(mut self) {
        let last = request(&mut Choices::new(b""));
        for key in self.servers.clone() {
            let mut fx = Vec::new();
            let response = MessageBuilder::reply(&last, 486, "x", Some("t")).finish();
            self.layer.respond(self.now, &key, response, &mut fx);
            self.sees(fx);
        }
        self.waits(185_000 + 3 * 32_000);
        assert!(self.alive.is_empty(), "left: {:?}", self.alive);
        assert_eq!((self.layer.len(), self.layer.poll_timeout()), (0, None));
    }
}

fn nth<T: Copy>(keys: &[T], which: usize) -> Option<T> {
    keys.iter().rev().nth(which).copied()
}

fn request(choices: &mut Choices<'_>) -> Message {
    let (method, branch) = (choices.of(&METHODS), choices.of(&BRANCHES));
    let what = choices.byte();
    let to_tag = if what & 1 == 0 { "" } else { ";tag=ours" };
    let from_tag = (what >> 1) & 1;
    let cseq = 1 + (what >> 2 & 1);
    let text = format!(
        "{method} sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9{branch}\r\nFrom: <sip:b@c>;tag={from_tag}\r\n\
         To: <sip:a@192.0.2.1>{to_tag}\r\nCall-ID: 1\r\nCSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.into()).expect("a message of ours")
}
