//! What all calls share: the directory, the queue, ports, trunks, clocks, and the one place where effects are put.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::{CallId, OperatorId, Queue};
use bytes::Bytes;
use endpoint::{Incoming, LegId, Trunk, TrunkId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use sdp::SrtpPolicy;

use crate::call::lobby::Pace;
use crate::call::record::milliseconds;
use crate::dial_in;
use crate::directory::Directory;
use crate::io::{Alarm, Event};
use crate::known::{HALF_MAX, Known};
use crate::leg::{Description, Leg, Role, Signalling, Terms, Vault};
use crate::media;
use crate::outages::Outages;
use crate::owed::Owed;
use crate::ports::Ports;
use crate::promise::Promise;
use crate::promises::Promises;
use crate::record::CallRecord;
use crate::switch::{Config, MediaAddress};
use crate::usage::Usage;
use crate::visitors::Visitors;
use crate::{CommandError, Reply};

/// A trunk is left alone no longer than this, whatever its Retry-After says.
const TRUNK_REST_MAX: Duration = Duration::from_secs(300);

/// What the calls want done.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// By the SIP side.
    Leg(endpoint::Order),
    /// By the voice path.
    Media(media::Order),
    /// Shown.
    Event(Event),
    /// Kept.
    Record(Box<CallRecord>),
    /// What a caller of the recordings line needs.
    DialIn { line: CallId, number: u64, ask: dial_in::Ask },
    /// Told to a desk: the trunks with their registrations.
    Trunks { number: u64 },
    /// Told to a desk: the sources that are not listened to.
    Bans { number: u64 },
    /// Listened to again: one source, or all.
    ClearBans { number: u64, source: Option<IpAddr> },
    /// What an operator does, for colleagues' phones.
    Presence { operator: OperatorId, presence: endpoint::Presence },
    /// How many callers wait, for the lamps of phones.
    Waiting(u32),
    /// Answer to a command.
    Done { number: u64, result: Result<Reply, CommandError> },
}

/// The wall clock as last told: for display, never for measuring (R26).
#[derive(Clone, Copy, Debug)]
struct WallClock {
    at: Instant,
    unix_ms: i64,
}

/// An operator's phones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Phone {
    /// Where the newest is.
    pub(crate) address: IpAddr,
    /// One of them is a browser.
    pub(crate) has_browser: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Board {
    media_address: Vec<MediaAddress>,
    pub(crate) desk_url: String,
    pub(crate) calls_max: usize,
    pub(crate) directory: Arc<Directory>,
    pub(crate) queue: Queue,
    pub(crate) ports: Ports,
    pub(crate) draining: bool,
    /// Which call a leg belongs to.
    pub(crate) legs: HashMap<LegId, CallId>,
    /// Usable trunks are `true`.
    pub(crate) trunks: HashMap<TrunkId, bool>,
    /// Since when they are so (unix ms), and why.
    pub(crate) trunk_turns: HashMap<TrunkId, (i64, String)>,
    /// Which of them are down for so long that it is told.
    pub(crate) outages: Outages,
    /// Trunks that asked to be left alone (Retry-After), until then.
    resting_trunks: HashMap<TrunkId, Instant>,
    /// What each firm's outgoing calls use.
    pub(crate) usage: Usage,
    /// Callers to be called back.
    pub(crate) promises: Promises,
    /// How fast callers are answered.
    pub(crate) pace: Pace,
    /// Who has called whom lately.
    pub(crate) visitors: Visitors,
    /// Who has ever called whom.
    pub(crate) known: Known,
    /// Reports that are not done, and whose.
    pub(crate) owed: Owed,
    /// Outgoing legs on each trunk.
    pub(crate) load: HashMap<TrunkId, u16>,
    /// How the callers of today were answered.
    pub(crate) promise: Promise,
    /// Where each operator's phone is; absent: no phone.
    pub(crate) phones: HashMap<OperatorId, Phone>,
    effects: VecDeque<Effect>,
    /// Callers waiting, as last told.
    waiting: u32,
    fingerprint: Option<sdp::Fingerprint>,
    rng: ChaCha12Rng,
    wall: Option<WallClock>,
    next_leg: u64,
}

/// Days since 1970 as a calendar in Japan counts them (UTC+9, no summer time).
fn day_in_japan(unix_ms: i64) -> i64 {
    unix_ms.saturating_add(9 * 3_600_000).div_euclid(24 * 3_600_000)
}

/// What the queue draws lots from.
fn lots_of(seed: [u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = seed;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Board {
    pub(crate) fn new(config: &Config, seed: [u8; 32]) -> Self {
        Self {
            media_address: config.media_address.clone(),
            desk_url: config.desk_url.clone(),
            calls_max: config.calls_max,
            directory: Arc::default(),
            queue: Queue::new(acd::Limits { seed: config.queue.seed ^ lots_of(seed), ..config.queue }),
            ports: Ports::new(config.rtp_ports.clone()),
            draining: false,
            legs: HashMap::new(),
            trunks: HashMap::new(),
            trunk_turns: HashMap::new(),
            outages: Outages::default(),
            resting_trunks: HashMap::new(),
            usage: Usage::default(),
            promises: Promises::default(),
            pace: Pace::default(),
            visitors: Visitors::default(),
            known: Known::new(HALF_MAX),
            owed: Owed::default(),
            load: HashMap::new(),
            promise: Promise::default(),
            phones: HashMap::new(),
            effects: VecDeque::new(),
            waiting: 0,
            fingerprint: config.fingerprint,
            rng: ChaCha12Rng::from_seed(seed),
            wall: None,
            next_leg: 2,
        }
    }

    pub(crate) fn order(&mut self, order: endpoint::Order) {
        self.effects.push_back(Effect::Leg(order));
    }

    pub(crate) fn media(&mut self, order: media::Order) {
        self.effects.push_back(Effect::Media(order));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.effects.push_back(Effect::Event(event));
    }

    pub(crate) fn alarm(&mut self, alarm: Alarm) {
        self.promise.counters.alarms += 1;
        self.event(Event::Alarm(alarm));
    }

    pub(crate) fn record(&mut self, record: CallRecord) {
        self.effects.push_back(Effect::Record(Box::new(record)));
    }

    pub(crate) fn dial_in(&mut self, line: CallId, number: u64, ask: dial_in::Ask) {
        self.effects.push_back(Effect::DialIn { line, number, ask });
    }

    pub(crate) fn done(&mut self, number: u64, result: Result<Reply, CommandError>) {
        self.effects.push_back(Effect::Done { number, result });
    }

    pub(crate) fn tell_trunks(&mut self, number: u64) {
        self.effects.push_back(Effect::Trunks { number });
    }

    pub(crate) fn bans(&mut self, number: u64) {
        self.effects.push_back(Effect::Bans { number });
    }

    pub(crate) fn clear_bans(&mut self, number: u64, source: Option<IpAddr>) {
        self.effects.push_back(Effect::ClearBans { number, source });
    }

    pub(crate) fn presence(&mut self, operator: OperatorId, presence: endpoint::Presence) {
        self.effects.push_back(Effect::Presence { operator, presence });
    }

    /// Tells how many callers wait, if that is news.
    pub(crate) fn count_waiting(&mut self) {
        let waiting = u32::try_from(self.queue.waiting_count()).unwrap_or(u32::MAX);
        if waiting != self.waiting {
            self.waiting = waiting;
            self.promise.touch();
            self.effects.push_back(Effect::Waiting(waiting));
        }
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Midnight in Japan begins the operators' counters again, and today's figures.
    pub(crate) fn set_wall_clock(&mut self, now: Instant, unix_ms: i64) {
        let before = self.wall.map(|wall| day_in_japan(wall.unix_ms));
        if before.is_some_and(|before| before != day_in_japan(unix_ms)) {
            self.queue.day_begins();
            self.promise.day_begins(unix_ms);
        }
        self.wall = Some(WallClock { at: now, unix_ms });
    }

    /// What the wall clock shows; 1970 before it was told.
    pub(crate) fn unix_ms(&self, now: Instant) -> i64 {
        self.wall.map_or(0, |wall| wall.unix_ms.saturating_add(milliseconds(wall.at, now)))
    }

    /// 32 random bits.
    pub(crate) fn random(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// A number for an outgoing leg: even.
    pub(crate) fn new_leg(&mut self) -> LegId {
        let leg = LegId(self.next_leg);
        self.next_leg += 2;
        leg
    }

    /// A free port for `leg` on our address of the peer's family. `None`: no port, and an alarm is given.
    pub(crate) fn open(&mut self, now: Instant, leg: LegId, peer: Option<IpAddr>) -> Option<SocketAddr> {
        let of_family = |address: &&MediaAddress| peer.is_none_or(|peer| peer.is_ipv4() == address.bind.is_ipv4());
        let address = self.media_address.iter().find(of_family).map(|address| address.bind);
        let port = address.and_then(|_| self.ports.take(now, &mut self.rng, leg));
        let local = address.zip(port).map(|(address, port)| SocketAddr::new(address, port));
        if local.is_none() {
            self.alarm(Alarm::NoPort);
        }
        local
    }

    /// A trunk's terms for its legs.
    pub(crate) fn trunk_terms(&self, trunk: TrunkId) -> Terms {
        let known = self.directory.trunk(trunk);
        Terms::of_trunk(known.is_some_and(|trunk| trunk.plain_pcmu), known.map_or(SrtpPolicy::Off, |trunk| trunk.srtp))
    }

    /// An operator's terms for the legs of all phones.
    pub(crate) fn operator_terms(&self, who: OperatorId) -> Terms {
        Terms::of_operator(self.directory.operators.get(&who).map_or(SrtpPolicy::Preferred, |known| known.srtp))
    }

    /// The description of a new leg whose voice path is bound at `local`.
    pub(crate) fn describe(&mut self, local: SocketAddr, terms: &Terms) -> Description {
        let session_id = u64::from(self.random());
        let vault = terms.need_secrets().then(|| {
            let mut seed = [0; 32];
            self.rng.fill_bytes(&mut seed);
            Box::new(Vault::new(seed, self.fingerprint))
        });
        Description::new(self.reached_at(local), session_id, terms, vault)
    }

    /// A leg for whoever calls us, and the body of its answer; or the status to refuse it with: no port is free, or nothing is in common.
    pub(crate) fn take_up(
        &mut self,
        now: Instant,
        incoming: &Incoming,
        (role, signalling): (Role, Signalling),
        terms: Terms,
    ) -> Result<(Leg, Bytes), u16> {
        let peer = Some(incoming.from_ip);
        let local = self.open(now, incoming.leg, peer).ok_or(503_u16)?;
        let mut description = self.describe(local, &Terms { peer, ..terms });
        let answer = match &incoming.offer {
            Some(offer) => description.answer(offer),
            None => Ok(description.offer()),
        };
        match answer {
            Ok(body) => Ok((Leg::new((incoming.leg, role), signalling, local, description, peer), body)),
            Err(status) => {
                self.ports.give_back(now, local.port());
                Err(status)
            }
        }
    }

    /// Where peers reach the voice path that is bound at `local`: what SDP says.
    pub(crate) fn reached_at(&self, local: SocketAddr) -> SocketAddr {
        let address = self.media_address.iter().find(|address| address.bind == local.ip());
        SocketAddr::new(address.map_or(local.ip(), |address| address.public), local.port())
    }

    /// This operator has answered this call: there is a report to be written (F38).
    pub(crate) fn report_begins(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        self.owed.begins(now, call, operator);
        self.queue.owes(now, operator, self.owed.of(operator));
    }

    /// Tells the administrator of teams that firms want and nobody is in, where that is news.
    pub(crate) fn look_at_teams(&mut self, directory: &Directory) {
        let before = self.directory.empty_teams();
        let news = directory.empty_teams().into_iter().filter(|(team, _)| !before.contains_key(team));
        let news: Vec<Alarm> =
            news.map(|(team, customers)| Alarm::EmptyTeam { team: team.to_owned(), customers }).collect();
        for alarm in news {
            self.alarm(alarm);
        }
    }

    /// Tells the administrator of trunks, new or changed, that would be told to send voice to an address they cannot reach.
    pub(crate) fn look_at_addresses(&mut self, directory: &Directory) {
        let is_new = |trunk: &&Trunk| self.directory.trunk(trunk.id).is_none_or(|old| old.hops != trunk.hops);
        let told = directory.trunks.iter().filter(is_new).filter_map(|trunk| {
            let hop = trunk.hops.iter().find(|hop| !endpoint::is_private(hop.address.ip()))?.address.ip();
            let ours = self.media_address.iter().find(|ours| ours.bind.is_ipv4() == hop.is_ipv4())?.public;
            endpoint::is_private(ours).then_some(Alarm::PrivateAddress { trunk: trunk.id.0, address: ours })
        });
        for alarm in told.collect::<Vec<_>>() {
            self.alarm(alarm);
        }
    }

    /// Usable trunks with room for one more call, best first.
    pub(crate) fn trunks_for_calling(&self, now: Instant) -> VecDeque<TrunkId> {
        let has_room = |id: TrunkId, max: u16| self.load.get(&id).copied().unwrap_or(0) < max;
        let rests = |id: TrunkId| self.resting_trunks.get(&id).is_some_and(|until| *until > now);
        let is_up = |id: TrunkId| self.trunks.get(&id).copied().unwrap_or(false) && !rests(id);
        let usable =
            self.directory.trunks.iter().filter(|trunk| is_up(trunk.id) && has_room(trunk.id, trunk.calls_max));
        let mut usable: Vec<_> = usable.map(|trunk| (trunk.priority, trunk.id)).collect();
        usable.sort_unstable();
        usable.into_iter().map(|(_, id)| id).collect()
    }

    /// Calls that we make over a trunk now.
    pub(crate) fn load_of(&self, trunk: TrunkId) -> u16 {
        self.load.get(&trunk).copied().unwrap_or(0)
    }

    /// The trunk asked to be left alone for so long (R32).
    pub(crate) fn rest_trunk(&mut self, now: Instant, trunk: TrunkId, seconds: u32) {
        let rest = Duration::from_secs(u64::from(seconds)).min(TRUNK_REST_MAX);
        self.resting_trunks.insert(trunk, now + rest);
    }

    /// A leg uses the trunk, or no longer.
    pub(crate) fn count_trunk(&mut self, trunk: TrunkId, more: bool) {
        let load = self.load.entry(trunk).or_default();
        *load = if more { load.saturating_add(1) } else { load.saturating_sub(1) };
        if *load == 0 {
            self.load.remove(&trunk);
        }
    }
}
