//! Stories in simulated time: scripted SIP peers around one endpoint.

mod answering;
mod calling;
mod corpus;
mod forking;
mod gruu;
mod guarding;
mod hops;
mod inside;
mod large;
mod looping;
mod modifying;
mod negotiating;
mod network;
mod ngn;
mod outbound;
mod page;
mod registering;
mod session_ids;
mod subscribing;
mod timers;
mod trunking;
mod watching;
mod witness;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::digest::{Algorithm, Challenge, Secret, Signed, answer, ha1};
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::{Message, MessageBuilder, Method, Name};

use crate::*;

pub(super) const HOUSE: &str = "192.0.2.1:5060";
pub(super) const CARRIER: &str = "198.51.100.1:5060";
pub(super) const PHONE: &str = "203.0.113.5:40000";
pub(super) const TABLET: &str = "203.0.113.6:40001";
pub(super) const STRANGER: &str = "203.0.113.66:5060";
pub(super) const REALM: &str = "denwaban.test";
pub(super) const HANAKO: AccountId = AccountId(1);
pub(super) const TARO: AccountId = AccountId(2);
pub(super) const NGN: TrunkId = TrunkId(1);
pub(super) const SPARE: TrunkId = TrunkId(2);
pub(super) const OFFER: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
pub(super) const ANSWER: &str =
    "v=0\r\no=- 2 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";
pub(super) const HOLD: &str =
    "v=0\r\no=- 2 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=sendonly\r\n";

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn udp(remote: &str) -> Flow {
    Flow::udp(addr(HOUSE), addr(remote))
}

pub(super) fn tcp(remote: &str, connection: u64) -> Flow {
    Flow { protocol: Protocol::Tcp, local: addr(HOUSE), remote: addr(remote), connection: ConnectionId(connection) }
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn text(message: &Message, name: Name) -> String {
    message.text(name).unwrap_or_default().into_owned()
}

/// The endpoint, its clock, and what came out of it.
pub(super) struct House {
    pub endpoint: Endpoint,
    pub now: Instant,
    /// Time spent inside the endpoint.
    pub spent: Duration,
    pub sent: VecDeque<(Flow, Message)>,
    pub events: VecDeque<LegEvent>,
    pub other: VecDeque<Output>,
    pub traces: Vec<Trace>,
}

impl House {
    /// Two operators, one trunk by address, one spare.
    pub fn new() -> Self {
        Self::with(|_| {}, vec![trunk(NGN, CARRIER), trunk(SPARE, "198.51.100.2:5060")])
    }

    pub fn with(change: impl FnOnce(&mut Config), trunks: Vec<Trunk>) -> Self {
        let now = Instant::now();
        let listeners = [Protocol::Udp, Protocol::Tcp].map(|protocol| Listener {
            protocol,
            local: addr(HOUSE),
            public: addr(HOUSE),
        });
        let mut config = Config::new(REALM, listeners.to_vec());
        config.times.keep_alive = None;
        change(&mut config);
        let endpoint = Endpoint::new(now, config, [7; 32]);
        let mut house = Self {
            endpoint,
            now,
            spent: Duration::ZERO,
            sent: VecDeque::new(),
            events: VecDeque::new(),
            other: VecDeque::new(),
            traces: Vec::new(),
        };
        house.endpoint.set_wall_clock(now, 1_700_000_000_000);
        house.endpoint.set_accounts(now, vec![account(HANAKO, "101"), account(TARO, "102")]);
        house.endpoint.set_trunks(now, trunks);
        house.drain();
        house.other.clear();
        house
    }

    pub fn drain(&mut self) {
        let begin = Instant::now();
        let outputs: Vec<Output> = std::iter::from_fn(|| self.endpoint.poll_output()).collect();
        self.spent += begin.elapsed();
        for output in outputs {
            match output {
                Output::Transmit { flow, bytes } => {
                    let message = Message::parse(bytes).unwrap();
                    // What answers a stranger repeats whatever the stranger wrote.
                    if message.is_request() || flow.remote != addr(STRANGER) {
                        witness::agrees(&message);
                    }
                    self.sent.push_back((flow, message));
                }
                Output::Leg(event) => self.events.push_back(event),
                Output::Trace(trace) => self.traces.push(trace),
                other @ (Output::Binding(_) | Output::Trunk(_) | Output::Alarm(_) | Output::Spent { .. }) => {
                    self.other.push_back(other)
                }
            }
        }
    }

    pub fn hear(&mut self, from: &str, message: impl Into<Said>) {
        self.hear_flow(udp(from), message);
    }

    pub fn hear_flow(&mut self, flow: Flow, message: impl Into<Said>) {
        let Said(packet) = message.into();
        let begin = Instant::now();
        self.endpoint.receive(self.now, flow, packet);
        self.spent += begin.elapsed();
        self.drain();
    }

    pub fn hear_unframed(&mut self, flow: Flow, head: Bytes, fault: sip::framing::FramingFault) {
        self.endpoint.unframed(self.now, flow, head, fault);
        self.drain();
    }

    pub fn order(&mut self, order: Order) {
        let begin = Instant::now();
        self.endpoint.order(self.now, order);
        self.spent += begin.elapsed();
        self.drain();
    }

    /// Time goes by, and everything that becomes due happens.
    pub fn after(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let begin = Instant::now();
            self.endpoint.handle_timeout(self.now);
            self.spent += begin.elapsed();
            self.drain();
        }
        self.now = end;
    }

    /// The next message to this address.
    #[track_caller]
    pub fn to(&mut self, remote: &str) -> Message {
        let place = self.sent.iter().position(|(flow, _)| flow.remote == addr(remote));
        let place = place.unwrap_or_else(|| panic!("nothing was sent to {remote}; sent: {:?}", self.sent));
        self.sent.remove(place).unwrap().1
    }

    /// The next request with this method to this address.
    #[track_caller]
    pub fn request(&mut self, remote: &str, method: Method) -> Message {
        let message = self.to(remote);
        assert!(message.is_request() && message.method() == method, "wanted {method}, got {message:?}");
        message
    }

    /// The next response to this address, which has this status.
    #[track_caller]
    pub fn response(&mut self, remote: &str, status: u16) -> Message {
        let message = self.to(remote);
        assert_eq!(message.status(), Some(status), "{message:?}");
        message
    }

    #[track_caller]
    pub fn event(&mut self) -> LegEvent {
        self.events.pop_front().expect("an event")
    }

    #[track_caller]
    pub fn silent(&self) {
        assert!(self.sent.is_empty(), "sent: {:?}", self.sent);
        assert!(self.events.is_empty(), "events: {:?}", self.events);
    }

    /// Everything has ended and nothing is left.
    #[track_caller]
    pub fn assert_idle(&mut self) {
        self.after(seconds(70));
        assert_eq!(self.endpoint.leg_count(), 0);
        assert!(self.endpoint.is_idle(), "{:?}", self.endpoint);
    }

    /// A phone registers, over this flow.
    pub fn register(&mut self, flow: Flow, user: &str, contact: &str) {
        let mut side = Side::new(&flow.remote.to_string(), user, REALM, REALM);
        let first = side.request("REGISTER", &format!("Contact: {contact}\r\nExpires: 600\r\n"), "");
        self.hear_flow(flow, first.as_str());
        let challenge = self.to(&flow.remote.to_string());
        assert_eq!(challenge.status(), Some(401));
        let authorization = authorize(&challenge, user, "secret", &Method::Register, &format!("sip:{REALM}"));
        let again = side.request(
            "REGISTER",
            &format!("Contact: {contact}\r\nExpires: 600\r\nAuthorization: {authorization}\r\n"),
            "",
        );
        self.hear_flow(flow, again.as_str());
        assert_eq!(self.to(&flow.remote.to_string()).status(), Some(200));
        self.other.clear();
    }

    /// A caller comes in over the trunk; 100 is sent and the call logic told.
    pub fn arrives(&mut self, extra: &str, body: &str) -> (Side, LegId) {
        let mut caller = Side::new(CARRIER, "09012345678", "carrier.test", "192.0.2.1:5060");
        caller.remote = "<sip:0312345678@192.0.2.1:5060>".to_owned();
        caller.target = "sip:0312345678@192.0.2.1:5060".to_owned();
        let invite = caller.request("INVITE", extra, body);
        self.hear(CARRIER, invite.as_str());
        self.response(CARRIER, 100);
        let LegEvent::Incoming(incoming) = self.event() else { panic!("Incoming") };
        (caller, incoming.leg)
    }

    /// The same, answered and acknowledged.
    pub fn talks(&mut self) -> (Side, LegId) {
        let (mut caller, leg) = self.arrives("Supported: timer\r\nAllow: INVITE, UPDATE\r\n", OFFER);
        self.order(Order::Answer { leg, body: bytes(ANSWER) });
        let ok = self.response(CARRIER, 200);
        caller.learn(&ok);
        let ack = caller.ack(1);
        self.hear(CARRIER, ack.as_str());
        assert_eq!(self.event(), LegEvent::Acknowledged { leg, body: None });
        (caller, leg)
    }

    /// A call of さくら歯科's.
    pub fn invite(leg: LegId, to: Destination) -> Invite {
        Invite {
            leg,
            to,
            display: "さくら歯科".to_owned(),
            caller: Some("09012345678".to_owned()),
            withheld: false,
            redirected: None,
            body: bytes(OFFER),
            headers: vec![("Alert-Info", "<urn:denwaban:ring>".to_owned()), ("X-Evil", "1".to_owned())],
            max_forwards: 70,
            auto_answer: false,
            web_body: None,
            on_behalf_of: None,
        }
    }

    /// We call a bare address.
    pub fn calls(&mut self, leg: u64, to: Destination) -> LegId {
        let leg = LegId(leg);
        self.order(Order::Invite(Self::invite(leg, to)));
        leg
    }
}

/// Something a peer says.
pub(super) struct Said(Bytes);

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self(bytes(text))
    }
}

impl From<Message> for Said {
    fn from(message: Message) -> Self {
        Self(message.bytes().clone())
    }
}

impl From<Bytes> for Said {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// One dialog as a scripted peer sees it.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub address: String,
    pub local: String,
    pub remote: String,
    pub target: String,
    pub call_id: String,
    pub cseq: u32,
    pub transport: &'static str,
    branch: u32,
}

impl Side {
    pub fn new(address: &str, user: &str, domain: &str, target: &str) -> Self {
        Self {
            address: address.to_owned(),
            local: format!("<sip:{user}@{domain}>;tag=from-{user}"),
            remote: format!("<sip:{user}@{domain}>"),
            target: format!("sip:{target}"),
            call_id: format!("call-{user}-{address}"),
            cseq: 0,
            transport: "UDP",
            branch: 0,
        }
    }

    /// The callee's view of this INVITE.
    pub fn callee(address: &str, invite: &Message, tag: &str) -> Self {
        Self {
            address: address.to_owned(),
            local: format!("{};tag={tag}", text(invite, Name::To)),
            remote: text(invite, Name::From),
            target: contact_uri(invite),
            call_id: text(invite, Name::CallId),
            cseq: 100,
            transport: "UDP",
            branch: 0,
        }
    }

    /// The dialog that this response made.
    pub fn learn(&mut self, response: &Message) {
        self.remote = text(response, Name::To);
        self.target = contact_uri(response);
    }

    pub fn request(&mut self, method: &str, extra: &str, body: &str) -> String {
        self.cseq += 1;
        self.write(method, self.cseq, extra, body)
    }

    pub fn ack(&mut self, cseq: u32) -> String {
        self.write("ACK", cseq, "", "")
    }

    pub fn write(&mut self, method: &str, cseq: u32, extra: &str, body: &str) -> String {
        // A CANCEL has the branch of its INVITE.
        if method != "CANCEL" {
            self.branch += 1;
        }
        let kind =
            if body.is_empty() || extra.contains("Content-Type") { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/{} {};rport;branch=z9hG4bK-{}-{}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: \
             {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n{}{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            self.target,
            self.transport,
            self.address,
            self.call_id,
            self.branch,
            self.local,
            self.remote,
            self.call_id,
            if method == "REGISTER" || extra.contains("Contact:") {
                String::new()
            } else {
                format!("Contact: <sip:peer@{}>\r\n", self.address)
            },
            body.len(),
        )
    }
}

pub(super) fn contact_uri(message: &Message) -> String {
    let contact = message.contacts().unwrap().first().cloned().unwrap();
    String::from_utf8_lossy(contact.uri.raw()).into_owned()
}

/// The ACK to a failure of this INVITE, which has its branch.
pub(super) fn ack_of(invite: &str) -> String {
    invite.replacen("INVITE ", "ACK ", 1).replacen(" INVITE\r\n", " ACK\r\n", 1)
}

/// A peer's response to a request of ours.
pub(super) fn reply(request: &Message, status: u16, tag: &str, extra: &[(&str, &str)], body: &str) -> Message {
    let mut builder = MessageBuilder::reply(request, status, "Reply", Some(tag).filter(|tag| !tag.is_empty()));
    for (name, value) in extra {
        builder = builder.raw_header(name, value);
    }
    if body.is_empty() { builder.finish() } else { builder.body("application/sdp", body.as_bytes()).finish() }
}

/// A callee's 200 with its Contact.
pub(super) fn accept(request: &Message, tag: &str, address: &str, body: &str) -> Message {
    reply(request, 200, tag, &[("Contact", &format!("<sip:peer@{address}>"))], body)
}

pub(super) fn authorize(challenge: &Message, user: &str, password: &str, method: &Method, uri: &str) -> String {
    let (_, challenge) = Challenge::all(challenge).next().unwrap();
    let signed = Signed { method, uri, body: b"" };
    answer(&challenge, user, &Secret::Password(password), signed, "cnonce", 1).to_string()
}

pub(super) fn account(id: AccountId, user: &str) -> Account {
    Account {
        id,
        user: user.to_owned(),
        ha1_md5: ha1(user, REALM, "secret", Algorithm::Md5).as_hex().to_owned(),
        ha1_sha256: ha1(user, REALM, "secret", Algorithm::Sha256).as_hex().to_owned(),
        digest: DigestPolicy::Md5,
    }
}

pub(super) fn trunk(id: TrunkId, proxy: &str) -> Trunk {
    let hop = Hop { protocol: Protocol::Udp, address: addr(proxy) };
    Trunk {
        provider: "carrier".to_owned(),
        priority: 1,
        extractors: vec![Extractor::To],
        caller_id: "0312345678".to_owned(),
        calls_max: 10,
        ..Trunk::new(id, format!("trunk {}", id.0), hop)
    }
}
