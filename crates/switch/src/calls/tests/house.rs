//! A small house for stories: three operators, two trunks, two firms, and peers who do as they are told.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::{CallId, OperatorId};
use bytes::Bytes;
use endpoint::{
    AccountId, Destination, Ending, Extractor, Incoming, LegEvent, LegId, Order, ReferTo, Rejection, Source as From,
    TrunkId,
};

use super::firms::directory;
use crate::board::{Effect, Phone};
use crate::calls::Calls;
use crate::desk::{Command, CommandError, Transfer, TransferMode};
use crate::dial_in;
use crate::directory::Directory;
use crate::io::Event;
use crate::media::{self, Recording, Source, Statistics};
use crate::record::{CallRecord, CallState, LegRecord};
use crate::switch::Config;

pub(super) const SAKURA: &str = "0312345678";
pub(super) const MOBILE: &str = "09011112222";
pub(super) const SECOND_MOBILE: &str = "08033334444";
pub(super) const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(super) const PHONE: Phone = Phone { address: PEER, has_browser: false };
/// After so long every operator says the first word.
pub(super) const FIRST_SPEECH_MS: u32 = 850;
pub(super) const OPERATORS: [&str; 3] = ["hanako", "taro", "sachiko"];

pub(super) struct House {
    pub(super) calls: Calls,
    pub(super) now: Instant,
    start: Instant,
    /// The newest leg of each name.
    legs: BTreeMap<String, LegId>,
    names: HashMap<LegId, String>,
    call_of: HashMap<String, CallId>,
    next_incoming: u64,
    /// What peers and the voice path have yet to do.
    owed: Vec<Owed>,
    pub(super) records: BTreeMap<CallId, Vec<CallRecord>>,
    pub(super) recordings: BTreeMap<CallId, (Instant, Option<Instant>)>,
    command: u64,
    /// The voice path always tells that it closed.
    pub(super) peers_are_reliable: bool,
    pub(super) done: Vec<Result<crate::Reply, CommandError>>,
    /// Today's figures as they were told.
    pub(super) figures: Vec<String>,
    /// What callers of the recordings line need.
    pub(super) asked: Vec<(CallId, u64, dial_in::Ask)>,
}

pub(super) enum Owed {
    Leg(LegEvent),
    Media(media::Event),
}

/// What one event led to.
pub(super) struct Heard {
    orders: Vec<String>,
    hears: Vec<String>,
    tells: Vec<String>,
    other: Vec<String>,
}

impl Heard {
    /// Exactly these orders to the SIP side, in this order.
    #[track_caller]
    pub(super) fn orders<const N: usize>(&self, expected: [&str; N]) -> &Self {
        assert_eq!(self.orders, expected);
        self
    }

    /// Exactly these changes of what is heard.
    #[track_caller]
    pub(super) fn hears<const N: usize>(&self, expected: [&str; N]) -> &Self {
        assert_eq!(self.hears, expected);
        self
    }

    /// Exactly these events, in this order.
    #[track_caller]
    pub(super) fn tells<const N: usize>(&self, expected: [&str; N]) -> &Self {
        assert_eq!(self.tells, expected);
        self
    }

    /// The events.
    pub(super) fn tells_of(&self) -> Vec<String> {
        self.tells.clone()
    }

    /// This order to the voice path is among the others.
    #[track_caller]
    pub(super) fn media(&self, expected: &str) -> &Self {
        assert!(self.other.iter().any(|line| line == expected), "{expected} is not in {:?}", self.other);
        self
    }

    #[track_caller]
    pub(super) fn no_media(&self, unexpected: &str) -> &Self {
        assert!(!self.other.iter().any(|line| line.starts_with(unexpected)), "{:?}", self.other);
        self
    }
}

impl House {
    /// Everybody at work, one phone at a time (longest idle first: hanako, taro, sachiko).
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same with another directory. Stories tell what one event leads to, so here nobody watches the promise.
    pub(super) fn with(edit: impl FnOnce(&mut Directory)) -> Self {
        Self::promising(None, edit)
    }

    /// The same where the promise is watched.
    pub(super) fn promising(promise: Option<acd::PromiseLoop>, edit: impl FnOnce(&mut Directory)) -> Self {
        let start = crate::calls::tests::some_moment();
        let mut config = Config::new(endpoint::Config::new("house.test", Vec::new()), vec![PEER], 40_000..=49_999);
        config.queue.promise = promise;
        let mut directory = directory();
        edit(&mut directory);
        let mut house = Self {
            calls: Calls::new(&config, [5; 32]),
            now: start,
            start,
            legs: BTreeMap::new(),
            names: HashMap::new(),
            call_of: HashMap::new(),
            next_incoming: 1,
            owed: Vec::new(),
            records: BTreeMap::new(),
            recordings: BTreeMap::new(),
            command: 0,
            peers_are_reliable: true,
            done: Vec::new(),
            figures: Vec::new(),
            asked: Vec::new(),
        };
        house.calls.board.set_wall_clock(start, 1_795_253_100_000);
        house.calls.set_directory(start, Arc::new(directory));
        for id in 1..=3 {
            house.now += Duration::from_millis(10);
            house.calls.set_phone(house.now, OperatorId(id), Some(PHONE));
            house.command(Command::SetOperatorState { operator: OperatorId(id), ready: true, reason: String::new() });
        }
        house.calls.set_trunk(house.now, TrunkId(1), true, "");
        house.calls.set_trunk(house.now, TrunkId(2), true, "");
        house.heard();
        house
    }

    // ---- what happens ----

    /// A caller dials: the leg is known by `name` from now on.
    pub(super) fn call(&mut self, name: &str, did: &str) -> Heard {
        let incoming = self.incoming(name, did);
        self.arrives(name, incoming)
    }

    pub(super) fn incoming(&mut self, name: &str, did: &str) -> Incoming {
        let leg = LegId(self.next_incoming);
        self.next_incoming += 2;
        self.name(name, leg);
        Incoming {
            leg,
            source: From::Trunk(TrunkId(1)),
            sip_call_id: format!("{name}@carrier"),
            session_id: format!("{name}-session"),
            dialled: vec![(Extractor::To, did.to_owned()), (Extractor::RequestUri, "gw77".to_owned())],
            caller_display: String::new(),
            caller: "09099998888".to_owned(),
            caller_host: "carrier.test".to_owned(),
            privacy: false,
            request_user: did.to_owned(),
            device: None,
            replaces: None,
            offer: Some(sdp(20_000, "sendrecv")),
            from_ip: PEER,
            max_forwards: 70,
            diversions: 0,
        }
    }

    pub(super) fn arrives(&mut self, name: &str, incoming: Incoming) -> Heard {
        let leg = incoming.leg;
        let heard = self.on(LegEvent::Incoming(Box::new(incoming)));
        if let Some(call) = self.calls.board.legs.get(&leg) {
            self.call_of.insert(name.to_owned(), *call);
        }
        heard
    }

    /// An operator's phone dials by itself.
    pub(super) fn dials(&mut self, name: &str, operator: i64, number: &str) -> Heard {
        let incoming = self.incoming(name, number);
        self.arrives(name, Incoming { source: From::Operator(AccountId(operator)), ..incoming })
    }

    pub(super) fn rings(&mut self, name: &str) -> Heard {
        let leg = self.leg(name);
        self.on(LegEvent::Progress { leg, dialog: String::new(), status: 180, body: None })
    }

    pub(super) fn answers(&mut self, name: &str) -> Heard {
        let leg = self.leg(name);
        self.on(LegEvent::Answered { leg, body: sdp(30_000, "sendrecv"), from_ip: PEER })
    }

    pub(super) fn rejects(&mut self, name: &str, status: u16) -> Heard {
        self.rejects_by(name, status, false)
    }

    pub(super) fn rejects_by(&mut self, name: &str, status: u16, try_next_trunk: bool) -> Heard {
        let leg = self.leg(name);
        let rejection = Rejection { status, phrase: String::new(), retry_after: None, try_next_trunk, cause: None };
        self.on(LegEvent::Rejected { leg, rejection })
    }

    pub(super) fn ends(&mut self, name: &str, how: Ending) -> Heard {
        let leg = self.leg(name);
        self.on(LegEvent::Ended { leg, how, cause: None })
    }

    pub(super) fn hangs_up(&mut self, name: &str) -> Heard {
        self.ends(name, Ending::PeerHungUp)
    }

    pub(super) fn reinvites(&mut self, name: &str, direction: &str) -> Heard {
        let leg = self.leg(name);
        self.on(LegEvent::Offer { leg, body: sdp(30_000, direction) })
    }

    pub(super) fn keys(&mut self, name: &str, digits: &str) -> Heard {
        let leg = self.leg(name);
        for digit in digits.chars() {
            self.calls.media_event(self.now, media::Event::Digit { leg, digit });
        }
        self.heard()
    }

    pub(super) fn refers(&mut self, name: &str, user: &str, replaces: Option<&str>) -> Heard {
        let replaces = replaces.map(|other| Ok(self.leg(other)));
        let leg = self.leg(name);
        self.on(LegEvent::Refer { leg, refer_to: ReferTo { user: user.to_owned(), device: None, replaces } })
    }

    /// The prompt that is being played to this leg has ended, or is not there.
    pub(super) fn prompt_ends(&mut self, name: &str, prompt: &str, missing: bool) -> Heard {
        let leg = self.leg(name);
        self.media(media::Event::PromptEnded { leg, prompt: media::Prompt::named(prompt), missing })
    }

    pub(super) fn silent(&mut self, name: &str, seconds: u32) -> Heard {
        let leg = self.leg(name);
        self.media(media::Event::Silent { leg, seconds })
    }

    pub(super) fn on(&mut self, event: LegEvent) -> Heard {
        self.calls.leg_event(self.now, event);
        self.heard()
    }

    pub(super) fn media(&mut self, event: media::Event) -> Heard {
        self.calls.media_event(self.now, event);
        self.heard()
    }

    pub(super) fn trace(&mut self, trace: endpoint::Trace) {
        self.calls.trace(self.now, trace);
    }

    pub(super) fn command(&mut self, command: Command) -> Heard {
        self.command += 1;
        self.calls.command(self.now, self.command, command);
        self.heard()
    }

    /// The desk asks for a transfer, without a reason and without urgency.
    pub(super) fn transfer(&mut self, caller: &str, mode: TransferMode) -> Heard {
        self.transfer_to(caller, Transfer { mode, to: None, urgent: false, reason: None })
    }

    pub(super) fn transfer_to(&mut self, caller: &str, transfer: Transfer) -> Heard {
        let call = self.call_id(caller);
        self.command(Command::Transfer { call, transfer })
    }

    /// The last command's answer.
    #[track_caller]
    pub(super) fn refused(&self) -> CommandError {
        match self.done.last() {
            Some(Err(error)) => error.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Time passes; what becomes due is done when it is due. Peers who owe something do it at once.
    pub(super) fn after(&mut self, time: Duration) -> Heard {
        let until = self.now + time;
        let mut all = Heard { orders: Vec::new(), hears: Vec::new(), tells: Vec::new(), other: Vec::new() };
        while let Some(due) = self.calls.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.calls.handle_timeout(self.now);
            all.append(self.heard());
        }
        self.now = until;
        all
    }

    pub(super) fn seconds(&mut self, seconds: u64) -> Heard {
        self.after(Duration::from_secs(seconds))
    }

    /// Peers and voice path do what they owe: hang-ups are confirmed, legs closed, recordings finished.
    pub(super) fn catch_up(&mut self) -> Heard {
        let mut all = Heard { orders: Vec::new(), hears: Vec::new(), tells: Vec::new(), other: Vec::new() };
        while !self.owed.is_empty() {
            match self.owed.remove(0) {
                Owed::Leg(event) => all.append(self.on(event)),
                Owed::Media(event) => all.append(self.media(event)),
            }
        }
        all
    }

    /// A talk between `caller` and the operator who is asked first.
    pub(super) fn talk(caller: &str) -> Self {
        Self::talk_in(Self::new(), caller)
    }

    pub(super) fn talk_in(mut house: Self, caller: &str) -> Self {
        house.call(caller, SAKURA);
        house.seconds(2);
        house.answers("hanako");
        house.seconds(10);
        house
    }

    // ---- what is true ----

    #[track_caller]
    pub(super) fn leg(&self, name: &str) -> LegId {
        *self.legs.get(name).unwrap_or_else(|| panic!("no leg {name} in {:?}", self.legs))
    }

    #[track_caller]
    pub(super) fn call_id(&self, caller: &str) -> CallId {
        self.call_of[caller]
    }

    #[track_caller]
    pub(super) fn state(&self, caller: &str) -> CallState {
        self.calls.calls[&self.call_id(caller)].state()
    }

    pub(super) fn operator_state(&self, id: i64) -> String {
        format!("{:?}", self.calls.board.queue.operator(OperatorId(id)).expect("an operator").state)
    }

    /// The last revision of a call's record.
    #[track_caller]
    pub(super) fn record(&self, caller: &str) -> &CallRecord {
        self.records[&self.call_id(caller)].last().expect("a record")
    }

    /// All of a call's timeline, as kinds.
    #[track_caller]
    pub(super) fn timeline(&self, caller: &str) -> Vec<String> {
        let events = self.records[&self.call_id(caller)].iter().flat_map(|record| &record.events);
        let events: Vec<_> = events.collect();
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event.index as usize, place, "a timeline without gaps");
        }
        events.into_iter().map(|event| event.kind.clone()).collect()
    }

    /// The details of all of a call's events of a kind.
    pub(super) fn facts(&self, caller: &str, kind: &str) -> Vec<serde_json::Value> {
        let events = self.records[&self.call_id(caller)].iter().flat_map(|record| &record.events);
        events.filter(|event| event.kind == kind).map(|event| event.detail.json().into_owned()).collect()
    }

    /// Everyone hangs up; afterwards nothing is left over, and every call has one closed record and at most one recording.
    #[track_caller]
    pub(super) fn everything_is_over(&mut self) {
        self.catch_up();
        self.seconds(120);
        self.catch_up();
        assert_eq!(self.calls.audit(), Vec::<String>::new());
        assert!(self.calls.is_idle(), "left over: {:?} {:?}", self.calls.calls.keys(), self.calls.board.legs);
        for (call, revisions) in &self.records {
            let last = revisions.last().expect("a record");
            assert_eq!(last.state, CallState::Cleared, "{call}");
            let numbers: Vec<u32> = revisions.iter().map(|record| record.revision).collect();
            assert_eq!(numbers, (1..=u32::try_from(numbers.len()).expect("few")).collect::<Vec<_>>(), "{call}");
            let is_connected = last.announced_ms.or(last.answered_ms).is_some();
            assert_eq!(is_connected, last.recording.is_some(), "{call}: {}", last.no_recording);
            assert!(last.recording.as_ref().is_none_or(|recording| recording.fault.is_empty()), "{last:#?}");
            assert_eq!(last.recording.is_none(), last.no_recording.starts_with("none, because "), "{call}");
            let is_closed =
                |leg: &LegRecord| !self.peers_are_reliable || leg.statistics.is_some() || leg.ending == "voice_failed";
            assert!(last.legs.iter().all(|leg| leg.ended_ms.is_some() && is_closed(leg)), "{last:#?}");
        }
        assert!(self.recordings.values().all(|(_, end)| end.is_some()), "a recording runs on");
    }

    /// Drains what came of the last event, and checks every promise.
    #[track_caller]
    pub(super) fn heard(&mut self) -> Heard {
        let mut heard = Heard { orders: Vec::new(), hears: Vec::new(), tells: Vec::new(), other: Vec::new() };
        while let Some(effect) = self.calls.poll_effect() {
            match effect {
                Effect::Leg(Order::Couple { one, other }) => {
                    heard.other.push(format!("couple {} {}", self.named(one), self.named(other)));
                }
                Effect::Leg(order) => heard.orders.push(self.order(order)),
                Effect::Media(order) => self.voice(order, &mut heard),
                // Figures come by their own clock: no line of a story.
                Effect::Event(event @ Event::Promise { .. }) => self.figures.push(told(&event)),
                // Before every answer that is connected: `w14_…` looks at it.
                Effect::Event(event @ Event::PreConnect { .. }) => heard.other.push(told(&event)),
                Effect::Event(event) => heard.tells.push(told(&event)),
                Effect::Record(record) => self.records.entry(record.call).or_default().push(*record),
                Effect::DialIn { line, number, ask } => self.asked.push((line, number, ask)),
                Effect::Trunks { .. } | Effect::Bans { .. } | Effect::ClearBans { .. } => {} // the SIP side's: tested with it
                Effect::Presence { .. } | Effect::Waiting(_) => {}
                Effect::Done { number: _, result } => self.done.push(result),
            }
        }
        assert_eq!(self.calls.audit(), Vec::<String>::new());
        heard
    }

    fn name(&mut self, name: &str, leg: LegId) {
        self.legs.insert(name.to_owned(), leg);
        self.names.insert(leg, name.to_owned());
    }

    fn named(&self, leg: LegId) -> &str {
        self.names.get(&leg).map_or("stranger", String::as_str)
    }

    fn order(&mut self, order: Order) -> String {
        match order {
            Order::Invite(invite) => {
                assert_eq!(invite.leg.0 % 2, 0, "outgoing legs are even");
                let (name, line) = match &invite.to {
                    Destination::Account(AccountId(id)) => {
                        let name = OPERATORS[usize::try_from(id - 1).expect("1..=3")].to_owned();
                        let caller = invite.caller.as_deref().unwrap_or("anonymous");
                        (name.clone(), format!("ring {name}: {} <{caller}>", invite.display))
                    }
                    Destination::Trunk { trunk, number } => (number.clone(), format!("dial {number} over {}", trunk.0)),
                    Destination::Device(..) | Destination::Address(..) => panic!("nobody is called by address"),
                };
                self.name(&name, invite.leg);
                line
            }
            Order::Progress { leg, status, body } => {
                assert!(body.is_none(), "no early media");
                format!("{status} {}", self.named(leg))
            }
            Order::Answer { leg, body } => {
                assert!(!body.is_empty());
                format!("200 {}", self.named(leg))
            }
            Order::Reject { leg, status, retry_after, reason: _ } => {
                assert_eq!(status == 503, retry_after.is_some());
                self.owed.push(Owed::Leg(LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None }));
                format!("{status} {}", self.named(leg))
            }
            Order::Hangup { leg, reason } => {
                self.owed.push(Owed::Leg(LegEvent::Ended { leg, how: Ending::WeHungUp, cause: None }));
                let reason = reason.map(|reason| format!(" ({} {})", reason.cause, reason.text)).unwrap_or_default();
                format!("hang up {}{reason}", self.named(leg))
            }
            Order::Offer { leg, .. } => format!("offer {}", self.named(leg)),
            Order::AnswerOffer { leg, answer } => match answer {
                Ok(body) => {
                    let text = String::from_utf8_lossy(&body).into_owned();
                    let direction = ["sendrecv", "sendonly", "recvonly", "inactive"]
                        .into_iter()
                        .find(|direction| text.contains(direction))
                        .unwrap_or("sendrecv");
                    format!("accept {} {direction}", self.named(leg))
                }
                Err(status) => format!("refuse {} {status}", self.named(leg)),
            },
            Order::AnswerRefer { leg, status } => format!("refer {} {status}", self.named(leg)),
            Order::ReferProgress { leg, status } => format!("notify {} {status}", self.named(leg)),
            Order::Probe { leg } => format!("probe {}", self.named(leg)),
            Order::Couple { .. } => unreachable!("the caller has it"),
        }
    }

    fn voice(&mut self, order: media::Order, heard: &mut Heard) {
        let line = match order {
            media::Order::OpenLeg { local, .. } => {
                assert_eq!(local.port() % 2, 0);
                return heard.other.push("open".to_owned());
            }
            media::Order::Negotiated { leg, media } => {
                format!("negotiated {} send={} receive={}", self.named(leg), media.send, media.receive)
            }
            media::Order::Hear { leg, source } => {
                let source = match source {
                    Source::Silence => "silence".to_owned(),
                    Source::Leg(other) => self.named(other).to_owned(),
                    Source::Mix(others) => others.iter().map(|&other| self.named(other)).collect::<Vec<_>>().join("+"),
                    Source::Prompt { prompt, repeat } => format!("{prompt}{}", if repeat { "" } else { " once" }),
                };
                return heard.hears.push(format!("{} hears {source}", self.named(leg)));
            }
            media::Order::Whisper { leg, prompt } => format!("whisper {} {prompt}", self.named(leg)),
            media::Order::StopWhisper { leg } => format!("stop whisper {}", self.named(leg)),
            media::Order::DetectDigits { leg, on } => format!("detect {} {on}", self.named(leg)),
            media::Order::RelayDigits { leg, on } => format!("relay {} {on}", self.named(leg)),
            media::Order::RecordLeg { leg, on } => format!("tape {} {on}", self.named(leg)),
            media::Order::StartRecording { call, at, file } => {
                assert!(self.recordings.insert(call, (at, None)).is_none(), "one recording a call");
                format!("record {}", file.stem)
            }
            media::Order::PauseRecording { on, .. } => format!("pause recording {on}"),
            media::Order::StopRecording { call, at } => {
                let (start, end) = self.recordings.get_mut(&call).expect("a recording");
                assert!(end.replace(at).is_none(), "stopped once");
                let samples = u64::try_from((at - *start).as_millis()).expect("short") * 8;
                let first_speech_ms = Some(FIRST_SPEECH_MS);
                let path = "x".to_owned();
                let recording = Recording { path, samples, first_speech_ms, ..Recording::default() };
                self.owed.push(Owed::Media(media::Event::RecordingFinished { call, recording }));
                "stop recording".to_owned()
            }
            media::Order::CloseLeg { leg } => {
                self.owed.push(Owed::Media(media::Event::LegClosed { leg, statistics: Statistics::default() }));
                format!("close {}", self.named(leg))
            }
        };
        heard.other.push(line);
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.start
    }
}

impl Heard {
    fn append(&mut self, mut other: Self) {
        self.orders.append(&mut other.orders);
        self.hears.append(&mut other.hears);
        self.tells.append(&mut other.tells);
        self.other.append(&mut other.other);
    }
}

/// An event in few words.
fn told(event: &Event) -> String {
    match event {
        Event::CallArrived { customer_name, did, caller, withheld, .. } => {
            format!("arrived {customer_name} {did} {caller}{withheld}")
        }
        Event::ScreenPop { operator, customer_name, greeting, callback, closed, earlier, is_new, .. } => {
            let callback = if *callback { " callback" } else { "" };
            let earlier = earlier.as_ref().map(|earlier| format!(" earlier {}", earlier.calls)).unwrap_or_default();
            let closed = if closed.is_empty() { String::new() } else { format!(" closed: {closed}") };
            let new = if *is_new { " new" } else { "" };
            format!("pop {operator} {customer_name} {greeting}{callback}{closed}{earlier}{new}")
        }
        Event::MessageLeft { from_ms, to_ms, .. } => format!("message {from_ms} {to_ms}"),
        Event::PopClosed { operator, why, .. } => format!("pop closed {operator} {why}"),
        Event::PreConnect { operator, .. } => format!("pre-connect {operator}"),
        Event::Notified { id, outcome } => format!("notified {id} {}", outcome.word()),
        Event::CallAnswered { operator, wait_ms, .. } => format!("answered {operator} {wait_ms}"),
        Event::CallChanged { what, detail, .. } => format!("{what} {detail}").trim().to_owned(),
        Event::TransferFailed { number, why, .. } => format!("transfer failed {number} {why}"),
        Event::CallEnded { ending, answered, .. } => {
            format!("ended {ending}{}", if *answered { "" } else { " unanswered" })
        }
        Event::OperatorState { operator, state, .. } => format!("operator {operator} {state}"),
        Event::TrunkState { trunk, up, .. } => format!("trunk {trunk} {up}"),
        Event::Promise { total, waiting, .. } => {
            format!("promise {} of {}, {waiting} wait", total.three_rings, total.offered)
        }
        Event::Alarm(alarm) => {
            format!("alarm {}", serde_json::to_value(alarm).expect("JSON")["alarm"].as_str().expect("a name"))
        }
    }
}

/// A description of one audio stream; the same text does for offers and answers.
pub(super) fn sdp(port: u16, direction: &str) -> Bytes {
    Bytes::from(format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    ))
}
