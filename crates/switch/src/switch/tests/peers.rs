//! A carrier and two phones, and the switch between them.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::OperatorId;
use bytes::Bytes;
use endpoint::{LegId, Listener};
use sip::digest::{Algorithm, Challenge, Secret, Signed, answer, ha1};
use sip::flow::{Flow, Protocol};
use sip::message::{Message, MessageBuilder, Method};

use crate::calls::tests::{house_directory, some_moment};
use crate::desk::{Command, Reply};
use crate::directory::Directory;
use crate::io::{Event, Input, Output};
use crate::media::{self, Recording, Source, Statistics};
use crate::record::CallRecord;
use crate::switch::{Config, MediaAddress, Switch};

const HOUSE: &str = "192.0.2.1:5060";
const REALM: &str = "house.test";
pub(super) const CARRIER: &str = "198.51.100.1:5060";
pub(super) const HANAKO: &str = "203.0.113.5:40000";
pub(super) const TARO: &str = "203.0.113.6:40000";

pub(super) struct World {
    switch: Switch,
    now: Instant,
    sent: VecDeque<(SocketAddr, Message)>,
    pub(super) media: Vec<media::Order>,
    pub(super) records: Vec<CallRecord>,
    pub(super) alarms: Vec<String>,
    /// Events about answers, and every 200, in the order in which they came out.
    pub(super) order: Vec<String>,
    pub(super) replies: Vec<Reply>,
    pub(super) says_everything_twice: bool,
    /// Commands may be refused.
    pub(super) forgives_refusals: bool,
    names: HashMap<LegId, &'static str>,
    directory: Directory,
    recorded_from: Option<Instant>,
    command: u64,
    dialogs: u32,
}

impl World {
    /// Hanako and Taro are registered and ready; both ring for every call of the first firm.
    pub(super) fn new() -> Self {
        let house: SocketAddr = HOUSE.parse().unwrap();
        Self::with_voice_at(house.ip().into())
    }

    /// The same with this address for voice.
    pub(super) fn with_voice_at(address: MediaAddress) -> Self {
        let now = some_moment();
        let local: SocketAddr = HOUSE.parse().unwrap();
        let listener = Listener { protocol: Protocol::Udp, local, public: local };
        let mut endpoint = endpoint::Config::new(REALM, vec![listener]);
        endpoint.times.keep_alive = None;
        let config = Config::new(endpoint, [address], 40_000..=41_000);
        let mut world = Self {
            switch: Switch::new(now, config, [3; 32]),
            now,
            sent: VecDeque::new(),
            media: Vec::new(),
            records: Vec::new(),
            alarms: Vec::new(),
            order: Vec::new(),
            replies: Vec::new(),
            says_everything_twice: false,
            forgives_refusals: false,
            names: HashMap::new(),
            directory: Directory::default(),
            recorded_from: None,
            command: 0,
            dialogs: 0,
        };
        world.input(Input::WallClock { unix_ms: 1_795_253_100_000 });
        let mut directory = house_directory();
        for operator in directory.operators.values_mut() {
            let operator = Arc::make_mut(operator);
            let user = operator.account.user.clone();
            operator.account.ha1_md5 = ha1(&user, REALM, "secret", Algorithm::Md5).as_hex().to_owned();
            operator.ready_on_register = true;
        }
        for customer in directory.customers.values_mut() {
            Arc::make_mut(customer).plan = acd::RingPlan::RingAll.into();
        }
        directory.trunks.truncate(1);
        directory.trunks[0].id = endpoint::TrunkId(1);
        directory.trunks[0].hops[0].address = CARRIER.parse().unwrap();
        world.directory = directory;
        world.change_directory(|_| {});
        world.register(HANAKO, "101");
        world.register(TARO, "102");
        world
    }

    // ---- what peers do ----

    fn register(&mut self, address: &str, user: &str) {
        let mut side = self.side(address, user, &format!("sip:{REALM}"));
        side.remote = format!("<sip:{user}@{REALM}>");
        self.say(address, &side.request("REGISTER", "", ""));
        let authorization = self.authorization(address, 401, user, Method::Register, &side.target);
        self.say(address, &side.request("REGISTER", &format!("Authorization: {authorization}\r\n"), ""));
        self.response(address, 200);
    }

    fn authorization(&mut self, address: &str, status: u16, user: &str, method: Method, uri: &str) -> String {
        let challenge = self.response(address, status);
        let (_, challenge) = Challenge::all(&challenge).next().unwrap();
        answer(&challenge, user, &Secret::Password("secret"), Signed { method: &method, uri, body: b"" }, "c", 1)
            .to_string()
    }

    /// A guess at a phone's password from anywhere.
    pub(super) fn guess(&mut self, address: &str, user: &str) {
        let mut side = self.side(address, user, &format!("sip:{REALM}"));
        side.remote = format!("<sip:{user}@{REALM}>");
        self.say(address, &side.request("REGISTER", "", ""));
        let challenge = self.response(address, 401);
        let (_, challenge) = Challenge::all(&challenge).next().unwrap();
        let signed = Signed { method: &Method::Register, uri: &side.target, body: b"" };
        let guess = answer(&challenge, user, &Secret::Password("guess"), signed, "c", 1);
        self.say(address, &side.request("REGISTER", &format!("Authorization: {guess}\r\n"), ""));
        self.response(address, 401);
    }

    /// The administrator changes something.
    pub(super) fn change_directory(&mut self, change: impl Fn(&mut Directory)) {
        change(&mut self.directory);
        self.input(Input::Directory(Arc::new(self.directory.clone())));
    }

    /// A caller's INVITE over the trunk.
    pub(super) fn call(&mut self, did: &str) -> Side {
        self.call_with(did, &sdp(20_000))
    }

    /// The same with this offer.
    pub(super) fn call_with(&mut self, did: &str, offer: &str) -> Side {
        let mut side = self.side(CARRIER, "09099998888", &format!("sip:{did}@{HOUSE}"));
        side.remote = format!("<sip:{did}@{HOUSE}>");
        self.say(CARRIER, &side.request("INVITE", "", offer));
        side
    }

    /// A phone dials by itself, and is challenged.
    pub(super) fn dial(&mut self, address: &str, user: &str, number: &str) -> Side {
        let mut side = self.side(address, user, &format!("sip:{number}@{REALM}"));
        side.remote = format!("<sip:{number}@{REALM}>");
        self.say(address, &side.request("INVITE", "", &sdp(30_002)));
        let authorization = self.authorization(address, 401, user, Method::Invite, &side.target);
        self.say(address, &side.write("ACK", 1, "", ""));
        self.say(address, &side.request("INVITE", &format!("Authorization: {authorization}\r\n"), &sdp(30_002)));
        self.response(address, 100);
        side
    }

    /// A talk between a caller and Hanako.
    pub(super) fn talk(&mut self) -> (Side, Side) {
        let mut caller = self.call("0312345678");
        let invite = self.request(HANAKO, Method::Invite);
        let other = self.request(TARO, Method::Invite);
        self.answer(TARO, &other, 180, "");
        let phone = self.answer(HANAKO, &invite, 200, &sdp(30_000));
        let cancel = self.request(TARO, Method::Cancel);
        self.answer(TARO, &cancel, 200, "");
        self.answer(TARO, &other, 487, "");
        let ok = self.response_after(CARRIER, 200);
        caller.learn(&ok);
        self.say(CARRIER, &caller.write("ACK", 1, "", ""));
        self.sent.clear();
        (caller, phone)
    }

    /// A peer's response to a request of ours; its view of the dialog, to go on with.
    pub(super) fn answer(&mut self, address: &str, request: &Message, status: u16, body: &str) -> Side {
        self.dialogs += 1;
        let tag = format!("answer-{address}-{}", text(request, "Call-ID")).replace(['@', ':'], "-");
        let has_tag = text(request, "To").contains("tag=");
        let mut builder =
            MessageBuilder::reply(request, status, "Reply", Some(tag.as_str()).filter(|_| !has_tag && status > 100));
        builder = builder.raw_header("Contact", format!("<sip:peer@{address}>"));
        let reply =
            if body.is_empty() { builder.finish() } else { builder.body("application/sdp", body.as_bytes()).finish() };
        self.packet(address, reply.bytes().clone());
        let mut side = self.side(address, "peer", &contact(request));
        side.local = if has_tag { text(request, "To") } else { format!("{};tag={tag}", text(request, "To")) };
        side.remote = text(request, "From");
        side.call_id = text(request, "Call-ID");
        side
    }

    pub(super) fn say(&mut self, address: &str, message: &str) {
        self.packet(address, Bytes::copy_from_slice(message.as_bytes()));
    }

    pub(super) fn key(&mut self, name: &str, digit: char) {
        if let Some(leg) = self.leg(name) {
            self.input(Input::Media(media::Event::Digit { leg, digit }));
        }
    }

    pub(super) fn silent(&mut self, name: &str, seconds: u32) {
        let leg = self.leg(name).expect("a leg");
        self.input(Input::Media(media::Event::Silent { leg, seconds }));
    }

    pub(super) fn command(&mut self, command: Command) {
        self.command += 1;
        self.input(Input::Command { number: self.command, command });
    }

    pub(super) fn seconds(&mut self, seconds: u64) {
        self.milliseconds(seconds * 1_000);
    }

    pub(super) fn milliseconds(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        while let Some(due) = self.switch.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.switch.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    pub(super) fn input(&mut self, input: Input) {
        self.switch.handle_input(self.now, input);
        self.drain();
    }

    fn packet(&mut self, address: &str, bytes: Bytes) {
        let flow = Flow::udp(HOUSE.parse().unwrap(), address.parse().unwrap());
        for _ in 0..if self.says_everything_twice { 2 } else { 1 } {
            self.input(Input::Packet { flow, bytes: bytes.clone() });
        }
    }

    // ---- what the switch does ----

    /// Statuses of all responses to this address so far.
    pub(super) fn statuses(&mut self, address: &str) -> Vec<u16> {
        let address: SocketAddr = address.parse().unwrap();
        let of_address = |(to, message): &(SocketAddr, Message)| (*to == address).then(|| message.status()).flatten();
        let statuses = self.sent.iter().filter_map(of_address).collect();
        self.sent.retain(|(to, message)| *to != address || message.status().is_none());
        statuses
    }

    #[track_caller]
    pub(super) fn request(&mut self, address: &str, method: Method) -> Message {
        self.take(address, &method.to_string(), |message| message.is_request() && message.method() == method)
    }

    #[track_caller]
    pub(super) fn response(&mut self, address: &str, status: u16) -> Message {
        self.take(address, &status.to_string(), |message| message.status() == Some(status))
    }

    #[track_caller]
    fn response_after(&mut self, address: &str, status: u16) -> Message {
        self.response(address, status)
    }

    #[track_caller]
    fn take(&mut self, address: &str, what: &str, fits: impl Fn(&Message) -> bool) -> Message {
        let address: SocketAddr = address.parse().unwrap();
        let place = self.sent.iter().position(|(to, message)| *to == address && fits(message));
        let lines =
            || self.sent.iter().map(|(to, message)| format!("{to}: {}", first_line(message))).collect::<Vec<_>>();
        let place = place.unwrap_or_else(|| panic!("no {what} to {address} in {:#?}", lines()));
        self.sent.remove(place).unwrap().1
    }

    pub(super) fn nothing_sent_to(&self, address: &str) -> bool {
        let address: SocketAddr = address.parse().unwrap();
        self.sent.iter().all(|(to, _)| *to != address)
    }

    /// Who hears what, in the order ordered.
    pub(super) fn heard(&self) -> Vec<String> {
        let hears = self.media.iter().filter_map(|order| {
            if let media::Order::Hear { leg, source } = order { Some((leg, source)) } else { None }
        });
        let name = |leg: &LegId| self.names.get(leg).copied().unwrap_or("carrier");
        hears
            .map(|(leg, source)| match source {
                Source::Silence => format!("{} hears silence", name(leg)),
                Source::Leg(other) => format!("{} hears {}", name(leg), name(other)),
                Source::Mix(others) => {
                    format!("{} hears {}", name(leg), others.iter().map(name).collect::<Vec<_>>().join("+"))
                }
                Source::Prompt { prompt, .. } => format!("{} hears {prompt}", name(leg)),
            })
            .collect()
    }

    /// Nothing of any call is left.
    #[track_caller]
    pub(super) fn over(&mut self) {
        self.seconds(70);
        assert!(self.switch.idle(), "{} calls, {} legs", self.switch.calls(), self.switch.endpoint().leg_count());
        assert_eq!(self.switch.calls(), 0);
        let lasts: HashMap<_, _> = self.records.iter().map(|record| (record.call, record)).collect();
        for record in lasts.values() {
            assert_eq!(record.answered_ms.is_some(), record.recording.is_some());
            assert!(record.ended_ms.is_some());
        }
    }

    fn leg(&self, name: &str) -> Option<LegId> {
        self.names.iter().filter(|(_, known)| **known == name).map(|(leg, _)| *leg).max()
    }

    /// Everything that was sent.
    pub(super) fn take_all(&mut self) -> Vec<(String, Message)> {
        self.sent.drain(..).map(|(address, message)| (address.to_string(), message)).collect()
    }

    /// Legs of calls that are not over.
    pub(super) fn live_legs(&self) -> Vec<LegId> {
        self.switch.calls.calls.values().flat_map(|call| call.legs.iter().map(|leg| leg.id)).collect()
    }

    /// Callers who wait and whose CANCEL was lost would wait until the carrier gives up: it does.
    pub(super) fn end_waiting(&mut self) {
        let calls = &self.switch.calls.calls;
        let talks = calls.values().filter(|call| call.is_answered() && call.state() != crate::CallState::Cleared);
        assert_eq!(talks.count(), 0, "R34: a call that nobody speaks in goes on");
        let calls: Vec<_> = calls.keys().copied().collect();
        for call in calls {
            self.command(Command::Hangup { call });
        }
    }

    fn drain(&mut self) {
        let mut owed = Vec::new();
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => {
                    let message = Message::parse(bytes).unwrap();
                    if message.status() == Some(200) {
                        self.order.push(format!("200 to {}", flow.remote));
                    }
                    self.sent.push_back((flow.remote, message));
                }
                Output::Close { flow } => panic!("{flow:?} is closed, and no login has lapsed"),
                Output::Media(order) => {
                    owed.extend(self.voice_path(&order));
                    self.media.push(order);
                }
                Output::Event(Event::Alarm(alarm)) => self.alarms.push(format!("{alarm:?}")),
                Output::Event(Event::PreConnect { operator, .. }) => self.order.push(format!("pre-connect {operator}")),
                Output::Event(Event::CallAnswered { .. }) => self.order.push("answered".to_owned()),
                Output::Event(_) => {}
                Output::Record(record) => self.name_legs(*record),
                Output::DialIn { .. } => panic!("no house here has a recordings line"),
                Output::Done { result, .. } => {
                    assert!(result.is_ok() || self.forgives_refusals, "{result:?}");
                    self.replies.extend(result.ok());
                }
            }
        }
        self.look_up_names();
        assert_eq!(self.switch.audit(), Vec::<String>::new());
        for event in owed {
            self.input(Input::Media(event));
        }
    }

    fn name_legs(&mut self, record: CallRecord) {
        self.records.push(record);
    }

    /// Legs by whose they are.
    fn look_up_names(&mut self) {
        for call in self.switch.calls.calls.values() {
            for leg in &call.legs {
                let name = match leg.role {
                    crate::leg::Role::Caller => "carrier",
                    crate::leg::Role::Operator(OperatorId(1)) => "hanako",
                    crate::leg::Role::Operator(_) => "taro",
                    crate::leg::Role::Second(_) => "second",
                    crate::leg::Role::Target => "mobile",
                    crate::leg::Role::Supervisor(_) => "supervisor",
                };
                self.names.insert(leg.id, name);
            }
        }
    }

    /// What the voice path says to an order.
    fn voice_path(&mut self, order: &media::Order) -> Option<media::Event> {
        match order {
            media::Order::CloseLeg { leg } => {
                Some(media::Event::LegClosed { leg: *leg, statistics: Statistics::default() })
            }
            media::Order::StartRecording { at, .. } => {
                self.recorded_from = Some(*at);
                None
            }
            media::Order::StopRecording { call, at } => {
                let length = self.recorded_from.map(|from| *at - from).unwrap_or_default();
                let samples = u64::try_from(length.as_millis()).unwrap() * 8;
                let recording = Recording { path: "x".to_owned(), samples, bytes: 1, ..Recording::default() };
                Some(media::Event::RecordingFinished { call: *call, recording })
            }
            media::Order::OpenLeg { .. }
            | media::Order::Negotiated { .. }
            | media::Order::Hear { .. }
            | media::Order::Whisper { .. }
            | media::Order::StopWhisper { .. }
            | media::Order::DetectDigits { .. }
            | media::Order::RelayDigits { .. }
            | media::Order::RecordLeg { .. }
            | media::Order::PauseRecording { .. } => None,
        }
    }

    fn side(&mut self, address: &str, user: &str, target: &str) -> Side {
        self.dialogs += 1;
        Side {
            address: address.to_owned(),
            local: format!("<sip:{user}@{REALM}>;tag=from-{}", self.dialogs),
            remote: String::new(),
            target: target.to_owned(),
            call_id: format!("call-{}@{}", self.dialogs, address.split(':').next().unwrap()),
            cseq: 0,
            branch: 0,
        }
    }
}

/// One dialog as a peer sees it.
pub(super) struct Side {
    address: String,
    pub(super) local: String,
    pub(super) remote: String,
    target: String,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    branch: u32,
}

impl Side {
    /// The dialog that this response made.
    pub(super) fn learn(&mut self, response: &Message) {
        self.remote = text(response, "To");
        self.target = contact(response);
    }

    pub(super) fn request(&mut self, method: &str, extra: &str, body: &str) -> String {
        self.cseq += 1;
        self.write(method, self.cseq, extra, body)
    }

    pub(super) fn write(&mut self, method: &str, cseq: u32, extra: &str, body: &str) -> String {
        if method != "CANCEL" {
            self.branch += 1;
        }
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let Self { address, local, remote, target, call_id, branch, .. } = self;
        let expires = if method == "REGISTER" { "Expires: 600\r\n" } else { "" };
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {address};rport;branch=z9hG4bK-{call_id}-{branch}\r\n\
             Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:peer@{address}>\r\n{expires}{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// A header of a message, as text.
pub(super) fn text(message: &Message, name: &str) -> String {
    let all = whole(message);
    let wanted = format!("{}:", name.to_ascii_lowercase());
    let line = all.lines().find(|line| line.to_ascii_lowercase().starts_with(&wanted));
    line.map(|line| line[wanted.len()..].trim().to_owned()).unwrap_or_default()
}

/// All of a message, as text.
pub(super) fn whole(message: &Message) -> String {
    String::from_utf8_lossy(message.bytes()).into_owned()
}

fn contact(message: &Message) -> String {
    text(message, "Contact").split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

fn first_line(message: &Message) -> String {
    whole(message).lines().next().unwrap_or_default().to_owned()
}

pub(super) fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    )
}
