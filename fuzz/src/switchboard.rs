//! The whole switch: a carrier, two phones, a stranger and a desk do whatever the bytes say, in whatever order, with broken
//! packets between. After each step its own audit holds; when everybody has gone home and time has passed, nothing is left.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use endpoint::{Account, AccountId, DigestPolicy, Extractor, Hop, LegId, Listener, Trunk, TrunkId};
use sip::digest::{Algorithm, Challenge, Secret, Signed, answer, ha1};
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::{Message, MessageBuilder, Method, Name};
use switch::media::{self, Recording, Statistics};
use switch::{
    CallId, Command, Config, Customer, CustomerId, Directory, Event, Input, Operator, OperatorId, Output, Settings,
    Switch, Target, Transfer, TransferMode, TransferPolicy,
};

use super::choices::Choices;

const HOUSE: &str = "192.0.2.1:5060";
const REALM: &str = "house.test";
const DID: &str = "0312345678";
/// Steps of one story.
const STEPS_MAX: usize = 200;
/// Packets that peers remember.
const MEMORY_MAX: usize = 48;
/// What one input may cause to be sent.
const SENT_BY_ONE_INPUT_MAX: usize = 64;

/// Who there is. The first two have accounts.
const PEERS: [(Protocol, &str); 5] = [
    (Protocol::Udp, "203.0.113.5:40000"),
    (Protocol::Tcp, "203.0.113.6:40000"),
    (Protocol::Udp, CARRIER),
    (Protocol::Udp, "203.0.113.66:5060"),
    (Protocol::Wss, "203.0.113.67:50000"),
];
const CARRIER: &str = "198.51.100.1:5060";
const THE_CARRIER: usize = 2;

/// Stories that get somewhere, to begin with. Each begins with the house's shape; then come steps and their choices.
pub const STORIES: [&[&[u8]]; 4] = [
    // Both phones register, a call comes, one rings and is answered, the caller's ACK, five seconds, the caller hangs up.
    &[&[0], REGISTER, REGISTER_OTHER, CALL, RING, ANSWER, ACK, FIVE_SECONDS, BYE, FIVE_SECONDS],
    // The operator's phone asks for a REFER, a re-INVITE, an UPDATE, an INFO, and is gone.
    &[
        &[1],
        REGISTER,
        CALL,
        ANSWER,
        ACK,
        &[3, 4, 0, 1, 2],
        FIVE_SECONDS,
        &[3, 2, 1, 2, 0, 1],
        &[3, 3, 2, 2, 0, 0],
        &[3, 5, 0, 5, 0, 0],
        ANSWER,
        FIVE_SECONDS,
        &[10, 1, 1],
        BYE,
    ],
    // The desk holds, resumes, and passes the call on to the firm's person, who presses 1.
    &[
        &[2],
        REGISTER,
        CALL,
        ANSWER,
        ACK,
        &[8, 0, 0, 1, 0, 2, 1],
        &[8, 0, 0, 1, 0, 2, 0],
        &[8, 0, 0, 1, 0, 4, 0],
        RING,
        ANSWER,
        FIVE_SECONDS,
        &[9, 0, 0, 2],
        &[9, 1, 0, 2],
        FIVE_SECONDS,
        BYE,
    ],
    // A call that nobody answers, and broken packets from everybody.
    &[
        &[4],
        REGISTER,
        CALL,
        FIVE_SECONDS,
        &[6, 0, 0, 0, 5, 1, 0, 30, 2, 1, 7],
        &[6, 1, 3, 3, 3, 2, 0, 90, 4, 0, 2, 65, 66],
        &[5, 0xFF, 0xFF],
        &[7, 3, 4, 71, 69, 84, 32],
        &[4, 1, 0],
        &[3, 9, 2, 0, 1, 0],
        &[5, 0xFF, 0xFF],
    ],
];
const REGISTER: &[u8] = &[0, 0, 0];
const REGISTER_OTHER: &[u8] = &[0, 1, 0];
const CALL: &[u8] = &[1, 0, 0, 0, 0, 0];
const RING: &[u8] = &[2, 1, 0, 0, 0, 1, 0];
const ANSWER: &[u8] = &[2, 0, 0, 0, 0, 0, 0];
const ACK: &[u8] = &[3, 1, 0, 1, 0, 0];
const FIVE_SECONDS: &[u8] = &[5, 0x13, 0x88];
const BYE: &[u8] = &[3, 0, 0, 1, 0, 0];

/// What means something to a reader of SIP or SDP.
const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"\0",
    b":",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"@",
    b"=",
    b"?",
    b"%",
    b"[",
    b"]",
    b"\xff",
    b"SIP/2.0",
    b"sip:",
    b"tel:",
    b"sips:",
    b"4294967296",
    b"-1",
    b"0",
    b";lr",
    b";tag=",
    b"z9hG4bK",
    b";ob",
    b"Require: 100rel\r\n",
    b"Require: x\r\n",
    b"Content-Length: 9\r\n",
    b"Max-Forwards: 0\r\n",
    b"Supported: timer\r\n",
    b"Session-Expires: 90\r\n",
    b"Replaces: a;to-tag=b;from-tag=c\r\n",
    b"Expires: 0\r\n",
    b"Contact: *\r\n",
    b"Record-Route: <sip:x;lr>\r\n",
    b"Privacy: id\r\n",
    b"Subscription-State: active\r\n",
    b"Event: dialog\r\n",
    b"m=audio 0 RTP/AVP 0\r\n",
    b"a=inactive\r\n",
    b"a=sendonly\r\n",
    b"c=IN IP4 0.0.0.0\r\n",
    b"RTP/SAVP",
    b"IP6",
];

const BODIES: [&str; 6] = [
    "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 101\r\n\
     a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n",
    "",
    "v=0\r\no=- 1 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\na=sendonly\r\n",
    "v=0\r\no=- 1 3 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n",
    "v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\nc=IN IP6 2001:db8::9\r\nt=0 0\r\nm=video 1 RTP/AVP 96\r\nm=audio 2 RTP/SAVP 0\r\n",
    "Signal=5\r\nDuration=160\r\n",
];
const STATUSES: [u16; 16] = [200, 180, 183, 100, 486, 487, 401, 407, 302, 481, 488, 491, 500, 503, 603, 422];
/// What is asked within a dialog; of the first two more is made than a request.
const METHODS: [&str; 14] = [
    "BYE",
    "ACK",
    "INVITE",
    "UPDATE",
    "REFER",
    "INFO",
    "NOTIFY",
    "PRACK",
    "OPTIONS",
    "CANCEL",
    "MESSAGE",
    "SUBSCRIBE",
    "REGISTER",
    "PUBLISH",
];
const EXTRAS: [&str; 10] = [
    "",
    "Supported: timer, 100rel, replaces, gruu, outbound\r\nSession-Expires: 90;refresher=uac\r\nAllow: INVITE, UPDATE\r\n",
    "Refer-To: <sip:819011112222@house.test>\r\n",
    "Refer-To: <sip:102@house.test?Replaces=call-1%3Bto-tag%3Dx%3Bfrom-tag%3Dy>\r\nReferred-By: <sip:101@house.test>\r\n",
    "Event: dialog\r\nAccept: application/dialog-info+xml\r\nExpires: 600\r\n",
    "RAck: 1 1 INVITE\r\nRSeq: 1\r\nRequire: 100rel\r\n",
    "Event: message-summary\r\nExpires: 0\r\nSubscription-State: terminated\r\n",
    "Privacy: id\r\nP-Asserted-Identity: <tel:+81901112222>\r\nDiversion: <sip:0312345678@x>;reason=user-busy\r\n",
    "Record-Route: <sip:198.51.100.77;lr>, <sip:198.51.100.78>\r\nMin-SE: 3600\r\n",
    "Retry-After: 1\r\nReason: Q.850;cause=16\r\nWarning: 399 x \"y\"\r\n",
];

/// The target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// Plays a story; the kinds of events that desks saw.
pub fn play(bytes: &[u8]) -> BTreeSet<&'static str> {
    let mut choices = Choices::new(bytes);
    let mut world = World::new(choices.byte());
    for _ in 0..STEPS_MAX {
        if choices.is_over() {
            break;
        }
        world.step(&mut choices);
    }
    world.goes_home();
    world.seen
}

/// What a caller with this session description hears in the end: `None` while it rings.
pub fn offered(body: &[u8]) -> Option<u16> {
    let mut world = World::new(0);
    for peer in [0, 1] {
        world.register(peer, 0);
    }
    world.heard.clear();
    let flow = world.flow(THE_CARRIER);
    let (uri, to) = (format!("sip:{DID}@{HOUSE}"), format!("<sip:{DID}@{HOUSE}>"));
    let invite = world.write(flow, "INVITE", &uri, ["<sip:09099998888@x>;tag=f", &to, "call"], "", body);
    world.say(flow, invite.into());
    let finals = world.heard.iter().filter(|(to, _)| *to == flow).filter_map(|(_, message)| message.status());
    let finals: Vec<u16> = finals.filter(|status| *status >= 200).collect();
    assert!(finals.len() <= 1, "one clear status, not {finals:?}");
    world.goes_home();
    finals.first().copied()
}

struct World {
    switch: Switch,
    now: Instant,
    /// What peers heard and said last, newest last.
    heard: VecDeque<(Flow, Message)>,
    said: VecDeque<(Flow, Bytes)>,
    calls: BTreeSet<CallId>,
    legs: BTreeSet<LegId>,
    /// Nonce counts, CSeqs, branches: always a new one.
    count: u32,
    number: u64,
    connections: u64,
    /// The connection of each peer that speaks over a stream.
    connected: HashMap<usize, u64>,
    seen: BTreeSet<&'static str>,
}

impl World {
    fn new(shape: u8) -> Self {
        let now = Instant::now();
        let local = HOUSE.parse().unwrap();
        let listeners = [Protocol::Udp, Protocol::Tcp, Protocol::Wss];
        let listeners = listeners.map(|protocol| Listener { protocol, local, public: local });
        let mut endpoint = endpoint::Config::new(REALM, listeners.to_vec());
        endpoint.times.keep_alive = (shape & 1 == 1).then_some(Duration::from_secs(30));
        endpoint.limits.legs_max = 40;
        let mut config = Config::new(endpoint, [local.ip()], 40_000..=40_200);
        config.calls_max = 12;
        let mut world = Self {
            switch: Switch::new(now, config, [3; 32]),
            now,
            heard: VecDeque::new(),
            said: VecDeque::new(),
            calls: BTreeSet::new(),
            legs: BTreeSet::new(),
            count: 0,
            number: 0,
            connections: 0,
            connected: HashMap::new(),
            seen: BTreeSet::new(),
        };
        world.input(Input::WallClock { unix_ms: 1_795_253_100_000 });
        world.input(Input::Directory(Arc::new(directory(shape))));
        world
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.below(11) {
            0 => self.register(choices.below(2), choices.byte()),
            1 => self.call(choices),
            2 => self.reply(choices),
            3 => self.ask(choices),
            4 => self.repeat(choices),
            5 => self.wait(Duration::from_millis(u64::from(choices.word()))),
            6 => self.mutate(choices),
            7 => {
                let flow = self.flow(choices.below(PEERS.len()));
                let text = choices.some_bytes();
                self.say(flow, Bytes::copy_from_slice(text));
            }
            8 => self.command(choices),
            9 => self.voice(choices),
            _ => self.lose(choices),
        }
    }

    // ---- what peers do ----

    fn flow(&mut self, peer: usize) -> Flow {
        let (protocol, remote) = PEERS[peer];
        let connection = if protocol.is_reliable() {
            *self.connected.entry(peer).or_insert_with(|| {
                self.connections += 1;
                self.connections
            })
        } else {
            0
        };
        let local = HOUSE.parse().unwrap();
        Flow { protocol, local, remote: remote.parse().unwrap(), connection: ConnectionId(connection) }
    }

    /// A phone registers, as a phone does, with what it was challenged with; or unregisters, or gets its password wrong.
    fn register(&mut self, peer: usize, how: u8) {
        let flow = self.flow(peer);
        let user = ["101", "102"][peer];
        let uri = format!("sip:{REALM}");
        let expires = [600, 0, 30, 5][usize::from(how & 3)];
        let extra = |authorization: &str| {
            let contact = format!(
                "<sip:{user}@{};transport={}>;+sip.instance=\"<urn:uuid:{user}>\";reg-id=1",
                flow.remote, flow.protocol
            );
            format!("Contact: {contact}\r\nExpires: {expires}\r\nSupported: outbound, gruu, path\r\n{authorization}")
        };
        let (from, to) = (format!("<sip:{user}@{REALM}>;tag=r"), format!("<sip:{user}@{REALM}>"));
        let call_id = format!("register-{peer}");
        let first = self.write(flow, "REGISTER", &uri, [&from, &to, &call_id], &extra(""), b"");
        self.say(flow, first.into());
        let challenged = self.heard.back().filter(|(_, message)| message.status() == Some(401));
        let Some((_, challenge)) = challenged.and_then(|(_, message)| Challenge::all(message).next()) else { return };
        let password = if how & 12 == 12 { "wrong" } else { "secret" };
        let signed = Signed { method: &Method::Register, uri: &uri, body: b"" };
        let credentials = answer(&challenge, user, &Secret::Password(password), signed, "c", 1);
        let again = extra(&format!("Authorization: {credentials}\r\n"));
        let second = self.write(flow, "REGISTER", &uri, [&from, &to, &call_id], &again, b"");
        self.say(flow, second.into());
    }

    /// A caller over the trunk, or somebody who would like to be one.
    fn call(&mut self, choices: &mut Choices<'_>) {
        let peer = [THE_CARRIER, THE_CARRIER, THE_CARRIER, 0, 1, 3, 4, THE_CARRIER][choices.below(8)];
        let flow = self.flow(peer);
        let body = body(choices);
        let extra = choices.of(&EXTRAS);
        let number = choices.of(&[DID, DID, "0399999999", "819011112222", "101"]);
        self.count += 1;
        let (from, call_id) =
            (format!("<sip:09099998888@carrier.test>;tag=f{}", self.count), format!("call-{}", self.count));
        let (uri, to) = (format!("sip:{number}@{HOUSE}"), format!("<sip:{number}@{HOUSE}>"));
        let invite = self.write(flow, "INVITE", &uri, [&from, &to, &call_id], extra, &body);
        self.say(flow, invite.into());
    }

    /// A peer answers one of our last requests.
    fn reply(&mut self, choices: &mut Choices<'_>) {
        let status = choices.of(&STATUSES);
        let which = choices.below(8);
        let requests =
            self.heard.iter().rev().filter(|(_, message)| message.is_request() && message.method() != Method::Ack);
        let Some((flow, request)) = requests.clone().nth(which).or_else(|| requests.clone().next()).cloned() else {
            return;
        };
        let tag = choices.of(&["peer", "peer", "peer", "fork"]);
        let mut builder = MessageBuilder::reply(&request, status, "Reply", Some(tag).filter(|_| status > 100));
        builder = builder.raw_header("Contact", format!("<sip:peer@{}>", flow.remote));
        for line in choices.of(&EXTRAS).split_terminator("\r\n") {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            builder = builder.raw_header(name, value);
        }
        if matches!(status, 401 | 407) {
            let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
            builder = builder.raw_header(name, "Digest realm=\"carrier\", nonce=\"n\", qop=\"auth\"");
        }
        let body = body(choices);
        let is_sdp = request.method() == Method::Invite || choices.coin();
        let reply =
            if body.is_empty() || !is_sdp { builder.finish() } else { builder.body("application/sdp", &body).finish() };
        self.say(flow, reply.bytes().clone());
    }

    /// A peer asks something in a dialog of which it heard a message.
    fn ask(&mut self, choices: &mut Choices<'_>) {
        let method = choices.of(&METHODS);
        let which = choices.below(8);
        let Some((flow, last)) = self.heard.iter().rev().nth(which).or_else(|| self.heard.back()).cloned() else {
            return;
        };
        let text = |name| last.text(name).unwrap_or_default().into_owned();
        let (mut from, to) =
            if last.is_request() { (text(Name::To), text(Name::From)) } else { (text(Name::From), text(Name::To)) };
        if !from.contains("tag=") {
            from += ";tag=peer";
        }
        let target = last.contacts().ok().and_then(|contacts| contacts.first().map(|contact| contact.uri.to_string()));
        let target = target.unwrap_or_else(|| format!("sip:{DID}@{HOUSE}"));
        let body = body(choices);
        // An ACK and a CANCEL have the number of their INVITE; a CANCEL its branch as well.
        let call_id = text(Name::CallId);
        let invite =
            self.said.iter().rev().filter_map(|(_, bytes)| Message::parse(bytes.clone()).ok()).find(|message| {
                message.is_request()
                    && message.method() == Method::Invite
                    && message.call_id().is_ok_and(|id| id == call_id)
            });
        let extra = choices.of(&EXTRAS);
        let written = self.write(flow, method, &target, [&from, &to, &call_id], extra, &body);
        let Ok(mut message) = Message::parse(Bytes::from(written)) else { return };
        if let Some(invite) = invite.filter(|_| matches!(method, "ACK" | "CANCEL")) {
            let number = invite.cseq().map_or(1, |cseq| cseq.number);
            message = message.edit().replace(Name::CSeq, format!("{number} {method}")).finish();
            if method == "CANCEL" {
                let via = invite.header(Name::Via).unwrap_or_default().into_owned();
                let uri = invite.request_uri().unwrap_or_default().to_vec();
                let to = invite.header(Name::To).unwrap_or_default().into_owned();
                message = message.edit().replace(Name::Via, via).replace(Name::To, to).request_uri(uri).finish();
            }
        }
        self.say(flow, message.bytes().clone());
    }

    fn write(
        &mut self,
        flow: Flow,
        method: &str,
        uri: &str,
        [from, to, call_id]: [&str; 3],
        extra: &str,
        body: &[u8],
    ) -> Vec<u8> {
        self.count += 1;
        let count = self.count;
        let kind = match body.first() {
            None => "",
            Some(b'S') => "Content-Type: application/dtmf-relay\r\n",
            Some(_) => "Content-Type: application/sdp\r\n",
        };
        let contact =
            if extra.contains("Contact:") { String::new() } else { format!("Contact: <sip:peer@{}>\r\n", flow.remote) };
        let head = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{} {};rport;branch=z9hG4bK-{count}\r\nMax-Forwards: 70\r\nFrom: {from}\r\n\
             To: {to}\r\nCall-ID: {call_id}\r\nCSeq: {count} {method}\r\n{contact}{extra}{kind}Content-Length: {}\r\n\r\n",
            flow.protocol,
            flow.remote,
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    /// One of the last packets once more, from the same or from another.
    fn repeat(&mut self, choices: &mut Choices<'_>) {
        let Some((flow, bytes)) = self.said.iter().rev().nth(choices.below(8)).cloned() else { return };
        let flow = if choices.below(4) == 3 { self.flow(choices.below(PEERS.len())) } else { flow };
        self.say(flow, bytes);
    }

    /// One of the last packets, broken: an old one of theirs, or one of ours sent back.
    fn mutate(&mut self, choices: &mut Choices<'_>) {
        let which = choices.below(8);
        let ours = choices.below(4) == 3;
        let heard = self.heard.iter().rev().map(|(flow, message)| (*flow, message.bytes().clone()));
        let said = self.said.iter().rev().cloned();
        let packet = if ours { heard.clone().nth(which) } else { said.clone().nth(which) };
        let Some((flow, bytes)) = packet else { return };
        let flow = if choices.below(4) == 3 { self.flow(choices.below(PEERS.len())) } else { flow };
        let broken = choices.mutate(&bytes, WORDS);
        self.say(flow, broken.into());
    }

    /// A connection closes, or a packet does not arrive.
    fn lose(&mut self, choices: &mut Choices<'_>) {
        let peer = choices.below(PEERS.len());
        let flow = self.flow(peer);
        if choices.coin() && flow.protocol.is_reliable() {
            self.connected.remove(&peer);
            self.input(Input::FlowClosed { flow });
        } else {
            self.input(Input::TransportFailed { flow });
        }
    }

    fn say(&mut self, flow: Flow, bytes: Bytes) {
        // Nothing longer than a message comes out of a socket.
        if bytes.len() > sip::framing::MESSAGE_BYTES_MAX {
            return;
        }
        remember(&mut self.said, (flow, bytes.clone()));
        self.input(Input::Packet { flow, bytes });
    }

    // ---- desk and voice ----

    fn command(&mut self, choices: &mut Choices<'_>) {
        let operator = OperatorId(1 + i64::from(choices.coin()));
        let call = self.calls.iter().rev().nth(choices.below(4)).copied().unwrap_or(CallId(1));
        let mode = choices.of(&[TransferMode::Attended, TransferMode::Confirmed]);
        let to = choices.of(&[None, Some("09011112222"), Some("0570123456"), Some("x")]).map(str::to_owned);
        let command = match choices.below(9) {
            0 => Command::SetOperatorState { operator, ready: choices.coin(), reason: String::new() },
            1 => Command::FinishWrapUp { operator },
            2 => Command::Hold { call, on: choices.coin() },
            3 => Command::Mute { call, on: choices.coin() },
            4 => Command::Transfer { call, transfer: Transfer { mode, to, urgent: choices.coin(), reason: None } },
            5 => Command::CompleteTransfer { call },
            6 => Command::CancelTransfer { call },
            7 => Command::Hangup { call },
            _ => Command::Snapshot,
        };
        self.order(command);
    }

    fn order(&mut self, command: Command) {
        self.number += 1;
        self.input(Input::Command { number: self.number, command });
    }

    fn voice(&mut self, choices: &mut Choices<'_>) {
        let leg = self.legs.iter().rev().nth(choices.below(6)).copied().unwrap_or(LegId(1));
        let call = self.calls.iter().next_back().copied().unwrap_or(CallId(1));
        let why = || "x".to_owned();
        let event = match choices.below(6) {
            0 => media::Event::Digit { leg, digit: choices.of(&['*', '0', '1', '2', '3', '5', '#']) },
            1 => media::Event::Silent { leg, seconds: choices.of(&[3, 5, 15, 35]) },
            2 => media::Event::Audible { leg },
            3 => media::Event::LegFailed { leg, why: why() },
            4 => media::Event::RecordingFailed { call, why: why() },
            _ => media::Event::FirstPacket { leg, at: self.now },
        };
        self.input(Input::Media(event));
    }

    // ---- what the switch does ----

    fn input(&mut self, input: Input) {
        self.switch.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let (mut sent, mut owed) = (0, Vec::new());
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => {
                    sent += 1;
                    let message = Message::parse(bytes).expect("what we send can be read");
                    if message.is_request() {
                        let judged = message.validate();
                        assert_eq!(judged, Ok(()), "we send: {}", String::from_utf8_lossy(message.bytes()));
                    }
                    remember(&mut self.heard, (flow, message));
                }
                Output::Close { flow } => panic!("{flow:?} is closed, and no login has lapsed"),
                Output::Media(order) => owed.extend(self.voice_path(&order)),
                Output::Event(Event::Alarm(switch::Alarm::Repaired { what })) => panic!("repaired: {what}"),
                Output::Event(event) => {
                    self.seen.extend(kind(&event));
                }
                Output::Done { .. } => {}
                Output::DialIn { .. } => {}
                Output::Record(record) => {
                    self.calls.insert(record.call);
                }
            }
        }
        assert!(sent <= SENT_BY_ONE_INPUT_MAX, "one input has {sent} packets sent");
        let broken = self.switch.audit();
        assert!(broken.is_empty(), "{broken:?}");
        for event in owed {
            self.input(Input::Media(event));
        }
    }

    /// What the voice path says to an order.
    fn voice_path(&mut self, order: &media::Order) -> Option<media::Event> {
        match order {
            media::Order::OpenLeg { leg, .. } => {
                self.legs.insert(*leg);
                None
            }
            media::Order::CloseLeg { leg } => {
                self.legs.remove(leg);
                Some(media::Event::LegClosed { leg: *leg, statistics: Statistics::default() })
            }
            media::Order::StopRecording { call, .. } => {
                let recording = Recording { path: "x".to_owned(), samples: 1, bytes: 1, ..Recording::default() };
                Some(media::Event::RecordingFinished { call: *call, recording })
            }
            media::Order::Negotiated { .. }
            | media::Order::Hear { .. }
            | media::Order::Whisper { .. }
            | media::Order::StopWhisper { .. }
            | media::Order::DetectDigits { .. }
            | media::Order::RelayDigits { .. }
            | media::Order::RecordLeg { .. }
            | media::Order::PauseRecording { .. }
            | media::Order::StartRecording { .. } => None,
        }
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        let mut wakings = 0_u32;
        while let Some(due) = self.switch.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.switch.handle_timeout(self.now);
            self.drain();
            wakings += 1;
            assert!(wakings < 100_000, "the clock stands still");
        }
        self.now = until;
    }

    /// Everybody hangs up, streams close, and all timers of RFC 3261 run out: nothing of any call is left; a day later no
    /// phone is bound either.
    fn goes_home(&mut self) {
        for call in self.calls.clone() {
            self.order(Command::Hangup { call });
        }
        for (peer, _) in PEERS.iter().enumerate().filter(|(_, (protocol, _))| protocol.is_reliable()) {
            let flow = self.flow(peer);
            self.input(Input::FlowClosed { flow });
        }
        self.wait(Duration::from_secs(400));
        let (calls, legs) = (self.switch.calls(), self.switch.endpoint().leg_count());
        assert!(self.switch.idle() && calls == 0, "{calls} calls and {legs} legs are left");
        self.wait(Duration::from_secs(2 * 3_600));
        assert_eq!(self.switch.endpoint().binding_count(), 0, "phones are gone");
        assert!(self.switch.endpoint().is_idle(), "no transaction is left");
    }
}

fn kind(event: &Event) -> Option<&'static str> {
    match event {
        Event::CallAnswered { .. } => Some("answered"),
        Event::CallChanged { what, .. } if what == "held" => Some("held"),
        Event::CallChanged { .. } => Some("changed"),
        Event::TransferFailed { .. } => Some("transfer failed"),
        Event::CallEnded { answered: true, .. } => Some("ended after a talk"),
        Event::CallEnded { .. } => Some("ended"),
        Event::Alarm(_) => Some("alarm"),
        Event::CallArrived { .. }
        | Event::ScreenPop { .. }
        | Event::PopClosed { .. }
        | Event::MessageLeft { .. }
        | Event::PreConnect { .. }
        | Event::Notified { .. }
        | Event::OperatorState { .. }
        | Event::TrunkState { .. }
        | Event::Promise { .. } => None,
    }
}

fn remember<T>(memory: &mut VecDeque<T>, what: T) {
    if memory.len() == MEMORY_MAX {
        memory.pop_front();
    }
    memory.push_back(what);
}

/// A body: as it should be, or broken.
fn body(choices: &mut Choices<'_>) -> Vec<u8> {
    let body = BODIES[choices.below(BODIES.len())].as_bytes();
    if choices.below(4) == 3 { choices.mutate(body, WORDS) } else { body.to_vec() }
}

fn directory(shape: u8) -> Directory {
    let target = Target { name: "院長".to_owned(), number: "819011112222".to_owned(), ring_seconds: 20 };
    let text = |text: &str| text.to_owned();
    let customer = Customer {
        id: CustomerId(1),
        code: text("sakura-dental"),
        name: text("さくら歯科"),
        reading: text("さくらしか"),
        greeting: text("さくら歯科でございます"),
        manual: String::new(),
        needs: Vec::new(),
        plan: Arc::new(if shape & 2 == 0 { acd::RingPlan::RingAll } else { acd::RingPlan::LongestIdle }),
        ring: Duration::from_secs(9),
        priority: 0,
        transfer: TransferPolicy::Always,
        targets: vec![target],
        greetings: Vec::new(),
        notice_phones: Vec::new(),
        whisper: shape & 4 == 0,
        waiting: switch::WaitingPolicy::default(),
        abandoned: switch::AbandonedPolicy::Report,
        team: None,
        calendar: Arc::default(),
    };
    let operators = [(1, "101"), (2, "102")].map(|(id, user)| {
        let hash = |algorithm| ha1(user, REALM, "secret", algorithm).as_hex().to_owned();
        let account = Account {
            id: AccountId(id),
            user: text(user),
            ha1_md5: hash(Algorithm::Md5),
            ha1_sha256: hash(Algorithm::Sha256),
            digest: DigestPolicy::Md5,
        };
        let (name, wrap_up) = (text(user), Duration::from_secs(5));
        let operator = Operator {
            id: OperatorId(id),
            account,
            name,
            skills: Vec::new(),
            wrap_up,
            srtp: switch::SrtpPolicy::Preferred,
            ready_on_register: true,
            tier: acd::Tier::Operator,
            teams: Vec::new(),
            rank: 0,
            customers: Default::default(),
            unread: Default::default(),
            wrap_up_max: Duration::ZERO,
        };
        (operator.id, Arc::new(operator))
    });
    let hop = Hop { protocol: Protocol::Udp, address: CARRIER.parse().unwrap() };
    let trunk = Trunk {
        extractors: vec![Extractor::To, Extractor::RequestUri, Extractor::DiversionTop],
        caller_id: text("0398765432"),
        session_expires: (shape & 8 == 0).then_some(Duration::from_secs(300)),
        compact: shape & 16 != 0,
        calls_max: 10,
        ..Trunk::new(TrunkId(1), "carrier", hop)
    };
    Directory {
        customers: [(customer.id, Arc::new(customer))].into(),
        dids: [(DID.parse().unwrap(), CustomerId(1))].into(),
        operators: operators.into(),
        trunks: vec![trunk],
        settings: Settings::default(),
        shut: Vec::new(),
    }
}
