//! A house for the benchmark: the real engine on loopback with a directory made up here, and hands that carry no voice.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::{CallId, OperatorId};
use endpoint::{Account, AccountId, DigestPolicy, Extractor, Hop, Trunk, TrunkId};
use number::{JAPAN, Number};
use sip::digest::{Algorithm, ha1};
use sip::flow::Protocol;
use switch::media::{Event, Order, Recording, Statistics};
use switch::{AbandonedPolicy, CallRecord, Customer, CustomerId, Directory, Operator, TransferPolicy, WaitingPolicy};

use crate::engine::{self, EngineHandle, Hands, MediaEvents, MediaInbox, Setup, StartError, media_events};

/// Digest realm, and the password of every operator.
pub const REALM: &str = "bench";
pub const PASSWORD: &str = "bench-password";
/// Client firms.
pub const FIRMS: usize = 200;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A running engine.
pub struct House {
    pub engine: EngineHandle,
    pub sip: SocketAddr,
    pub thread: std::thread::JoinHandle<()>,
}

/// Starts it with so many operators; the trunk's calls come from `trunk`. It has no voice, and refuses nobody.
pub fn start(trunk: SocketAddr, operators: usize) -> std::io::Result<(House, Arc<Directory>)> {
    let (events, inbox) = media_events();
    start_with(trunk, operators, Box::new(Mute { events, recording: Vec::new() }), inbox, false)
}

/// The same, with these hands and the events of their voice path.
pub fn start_with(
    trunk: SocketAddr,
    operators: usize,
    hands: Box<dyn Hands>,
    inbox: MediaInbox,
    sheds: bool,
) -> std::io::Result<(House, Arc<Directory>)> {
    let setup = Setup {
        transport: transport::Config { udp: vec![SocketAddr::new(LOOPBACK, 0)], ..transport::Config::default() },
        switch: |locals: &[(Protocol, SocketAddr)]| {
            let listener = |(protocol, local): &(Protocol, SocketAddr)| endpoint::Listener {
                protocol: *protocol,
                local: *local,
                public: *local,
            };
            let endpoint = endpoint::Config::new(REALM, locals.iter().map(listener).collect());
            switch::Config::new(endpoint, vec![LOOPBACK], 20_000..=29_999)
        },
        seed: rand::random(),
        media: inbox,
        sheds,
        hands,
    };
    let started = engine::start(setup).map_err(|error| match error {
        StartError::Bind(error) => error.error,
        StartError::System(error) => error,
    })?;
    let sip = started.locals.first().map(|(_, local)| *local);
    let sip = sip.ok_or_else(|| std::io::Error::other("the engine has no socket"))?;
    let house = House { engine: started.handle, sip, thread: started.thread };
    Ok((house, Arc::new(directory(trunk, operators))))
}

/// The number of a firm, as a carrier dials it.
pub fn did(firm: usize) -> String {
    format!("03555{:05}", firm % FIRMS)
}

/// The login of an operator.
pub fn login(operator: usize) -> String {
    format!("{}", 1_000 + operator)
}

fn directory(trunk: SocketAddr, operators: usize) -> Directory {
    let mut directory = Directory::default();
    for (firm, id) in (0..FIRMS).zip(1_i64..) {
        let id = CustomerId(id);
        directory.customers.insert(id, Arc::new(customer(id, firm)));
        if let Ok(number) = Number::parse(&did(firm), JAPAN) {
            directory.dids.insert(number, id);
        }
    }
    for (place, id) in (0..operators).zip(1_i64..) {
        directory.operators.insert(OperatorId(id), Arc::new(operator(id, &login(place))));
    }
    let hop = Hop { protocol: Protocol::Udp, address: trunk };
    directory.trunks.push(Trunk {
        match_port: true,
        extractors: vec![Extractor::To],
        caller_id: "0355500000".to_owned(),
        calls_max: u16::MAX,
        ..Trunk::new(TrunkId(1), "bench", hop)
    });
    directory
}

fn customer(id: CustomerId, firm: usize) -> Customer {
    Customer {
        id,
        code: format!("firm-{firm}"),
        name: format!("株式会社ベンチ{firm}"),
        reading: String::new(),
        greeting: "お電話ありがとうございます。".to_owned(),
        manual: String::new(),
        needs: Vec::new(),
        plan: Arc::new(acd::RingPlan::LongestIdle),
        ring: Duration::from_secs(15),
        priority: 0,
        transfer: TransferPolicy::Never,
        targets: Vec::new(),
        greetings: Vec::new(),
        notice_phones: Vec::new(),
        whisper: false,
        waiting: WaitingPolicy::ringing_only(),
        abandoned: AbandonedPolicy::Report,
        team: None,
        calendar: Arc::default(),
    }
}

fn operator(id: i64, login: &str) -> Operator {
    let hashed = |algorithm| ha1(login, REALM, PASSWORD, algorithm).as_hex().to_owned();
    Operator {
        id: OperatorId(id),
        account: Account {
            id: AccountId(id),
            user: login.to_owned(),
            ha1_md5: hashed(Algorithm::Md5),
            ha1_sha256: hashed(Algorithm::Sha256),
            digest: DigestPolicy::Md5,
        },
        name: format!("Operator {login}"),
        skills: Vec::new(),
        wrap_up: Duration::ZERO,
        srtp: switch::SrtpPolicy::Preferred,
        ready_on_register: true,
        tier: acd::Tier::Operator,
        teams: Vec::new(),
        rank: 0,
        customers: Default::default(),
        unread: Default::default(),
        wrap_up_max: Duration::ZERO,
    }
}

/// No voice: orders are answered as the media threads would, records are thrown away.
struct Mute {
    events: MediaEvents,
    recording: Vec<(CallId, String, Instant)>,
}

impl Hands for Mute {
    fn media(&mut self, order: Order) -> bool {
        match order {
            Order::CloseLeg { leg } => self.events.tell(Event::LegClosed { leg, statistics: Statistics::default() }),
            Order::StartRecording { call, file, at } => self.recording.push((call, file.stem, at)),
            Order::StopRecording { call, at } => {
                if let Some(place) = self.recording.iter().position(|(known, ..)| *known == call) {
                    let (call, stem, start) = self.recording.swap_remove(place);
                    let samples = u64::try_from((at - start).as_millis()).unwrap_or(0) * 8;
                    let path = format!("{stem}.wav");
                    let recording = Recording { path, samples, bytes: 44, ..Recording::default() };
                    self.events.tell(Event::RecordingFinished { call, recording });
                }
            }
            Order::OpenLeg { .. }
            | Order::PauseRecording { .. }
            | Order::Negotiated { .. }
            | Order::Hear { .. }
            | Order::Whisper { .. }
            | Order::StopWhisper { .. }
            | Order::DetectDigits { .. }
            | Order::RelayDigits { .. }
            | Order::RecordLeg { .. } => {}
        }
        true
    }

    fn record(&mut self, _: Box<CallRecord>) -> bool {
        true
    }

    fn finish(self: Box<Self>) {}
}
