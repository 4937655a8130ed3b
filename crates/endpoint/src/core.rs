//! What every part of the endpoint needs: time, chance, timers, transactions, and the way out.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{Rng, RngExt as _, SeedableRng};
use rand_chacha::ChaCha12Rng;
use sip::flow::{Flow, Protocol};
use sip::message::{Host, MAGIC_COOKIE, Message, MessageBuilder, Name, Via, reason_phrase};
use sip::transaction::{self, ClientKey, Effect, Layer, ServerKey};

use crate::account::AccountId;
use crate::clock::{Clock, imf_fixdate, later};
use crate::config::Config;
use crate::event::LegEvent;
use crate::large::{NoTcp, TCP_PATIENCE};
use crate::leg::Errand as LegErrand;
use crate::order::LegId;
use crate::output::{Alarm, Output, Trace, TraceDirection};
use crate::session_id::{SessionIds, Uuid};
use crate::subscription::SubscriptionId;
use crate::timer::{LegTimer, Timer, Timers};
use crate::trunk::TrunkId;
use crate::wire;

/// The same alarm is not given again before this.
const ALARM_EVERY: Duration = Duration::from_secs(60);

/// Our tag of a dialog, or any other unguessable name: 64 bits of the seeded generator in hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Token(pub(crate) u64);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Token {
    /// Reads one of ours; anything else is nobody's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        ours.then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

/// What a request of ours was sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Errand {
    /// Something of a leg.
    Leg(LegId, LegErrand),
    /// REGISTER of a trunk.
    Register(TrunkId),
    /// The last REGISTER of a line that had this Contact.
    Leave(Token),
    /// OPTIONS to a trunk.
    Probe(TrunkId),
    /// OPTIONS to a phone.
    KeepAlive(AccountId, Token),
    /// NOTIFY of a subscription.
    Notify(SubscriptionId),
}

/// A request of ours that has no final response yet.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) errand: Errand,
    pub(crate) flow: Flow,
    pub(crate) request: Message,
    /// How many times it was answered with credentials.
    pub(crate) tries: u8,
    /// It is too large for this way, was sent over TCP, and nothing has come back yet.
    pub(crate) datagram: Option<Flow>,
}

/// Whose line of the ladder a message is, and how it is spelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    /// The leg it is traced under.
    pub(crate) leg: LegId,
    /// Write compact header names.
    pub(crate) compact: bool,
    /// It is an operator's phone that hears it.
    pub(crate) is_phone: bool,
}

/// Shared by legs, registrar and trunks.
pub(crate) struct Core {
    /// The moment of the call that is being served.
    pub(crate) now: Instant,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) timers: Timers,
    pub(crate) outputs: VecDeque<Output>,
    /// Our tags, and whose they are.
    pub(crate) tags: HashMap<Token, LegId>,
    /// INVITEs that we owe a final response, for CANCEL.
    pub(crate) invites: HashMap<ServerKey, LegId>,
    /// What each leg is called across systems (RFC 7989).
    pub(crate) session_ids: SessionIds,
    /// Peers that do not take TCP.
    pub(crate) no_tcp: NoTcp,
    rng: ChaCha12Rng,
    /// Makes the tags of what is not remembered ours alone.
    passing_key: u64,
    layer: Layer,
    effects: Vec<Effect>,
    sent: HashMap<ClientKey, Sent>,
    /// T1, T2 and 64*T1 for what the dialog retransmits by itself.
    protocol_timers: transaction::Timers,
    date: (u64, String),
    alarmed: HashMap<&'static str, Instant>,
}

impl Core {
    pub(crate) fn new(config: Config, seed: [u8; 32], now: Instant) -> Self {
        let protocol_timers = transaction::Timers::default();
        let mut rng = ChaCha12Rng::from_seed(seed);
        let passing_key = rng.next_u64();
        let limits = transaction::Limits { transactions_max: config.limits.transactions_max };
        Self {
            now,
            config,
            clock: Clock::new(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            tags: HashMap::new(),
            invites: HashMap::new(),
            session_ids: SessionIds::default(),
            no_tcp: NoTcp::default(),
            rng,
            passing_key,
            layer: Layer::new(protocol_timers, limits),
            effects: Vec::new(),
            sent: HashMap::new(),
            protocol_timers,
            date: (0, String::new()),
            alarmed: HashMap::new(),
        }
    }

    // ---- chance and time ---------------------------------------------------------------------------------------

    /// A name that nobody can guess.
    pub(crate) fn token(&mut self) -> Token {
        Token(self.rng.next_u64())
    }

    /// A name for a session.
    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid::random(u128::from(self.rng.next_u64()) << 64 | u128::from(self.rng.next_u64()))
    }

    /// A key for nonces.
    pub(crate) fn key(&mut self) -> [u8; 32] {
        let mut key = [0; 32];
        self.rng.fill_bytes(&mut key);
        key
    }

    /// A tag for a new dialog of this leg.
    pub(crate) fn tag(&mut self, leg: LegId) -> Token {
        let tag = self.token();
        self.tags.insert(tag, leg);
        tag
    }

    /// A duration between the two, in steps of 10 ms (RFC 3261 section 14.1).
    pub(crate) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let steps = |duration: Duration| u64::try_from(duration.as_millis() / 10).unwrap_or(u64::MAX / 10);
        Duration::from_millis(self.rng.random_range(steps(from)..=steps(to)) * 10)
    }

    /// T1 of RFC 3261.
    pub(crate) fn t1(&self) -> Duration {
        self.protocol_timers.t1
    }

    /// T2 of RFC 3261.
    pub(crate) fn t2(&self) -> Duration {
        self.protocol_timers.t2
    }

    /// 64*T1.
    pub(crate) fn patience(&self) -> Duration {
        self.protocol_timers.patience()
    }

    /// Sets a timer of a leg.
    pub(crate) fn wake(&mut self, leg: LegId, timer: LegTimer, after: Duration) {
        self.timers.set(Timer::Leg(leg, timer), later(self.now, after));
    }

    /// Stops a timer of a leg.
    pub(crate) fn stop(&mut self, leg: LegId, timer: LegTimer) {
        self.timers.stop(Timer::Leg(leg, timer));
    }

    /// The Date header, if the wall clock is known.
    pub(crate) fn date(&mut self) -> Option<&str> {
        let unix_s = self.clock.unix_s(self.now)?;
        if self.date.0 != unix_s || self.date.1.is_empty() {
            self.date = (unix_s, imf_fixdate(unix_s));
        }
        Some(&self.date.1)
    }

    // ---- headers that name us ----------------------------------------------------------------------------------

    /// A Via with a branch never used before.
    pub(crate) fn via(&mut self, flow: Flow) -> String {
        let branch = self.token();
        let public = self.config.public(flow.protocol, flow.local);
        format!("SIP/2.0/{} {public};rport;branch=z9hG4bK{branch}", flow.protocol)
    }

    /// One of its Vias is ours: a request of ours has come back to us by way of others.
    pub(crate) fn has_sent(&self, request: &Message) -> bool {
        request.vias().is_ok_and(|vias| vias.iter().any(|via| self.is_ours(via)))
    }

    fn is_ours(&self, via: &Via) -> bool {
        let branch = via.branch().and_then(|branch| std::str::from_utf8(branch).ok());
        let made = branch.and_then(|branch| branch.strip_prefix(MAGIC_COOKIE)).and_then(Token::parse);
        let (Some(Host::Ip(ip)), Some(protocol), Some(_)) = (via.host(), via.protocol(), made) else { return false };
        let sent_by = SocketAddr::new(ip, via.port().unwrap_or(protocol.default_port()));
        self.config.listeners.iter().any(|listener| listener.public == sent_by)
    }

    /// A Contact on which this peer reaches us.
    pub(crate) fn contact(&self, flow: Flow, user: &str) -> String {
        let public = self.config.public(flow.protocol, flow.local);
        match flow.protocol {
            Protocol::Udp => format!("<sip:{user}@{public}>"),
            Protocol::Tcp => format!("<sip:{user}@{public};transport=tcp>"),
            Protocol::Tls => format!("<sip:{user}@{public};transport=tls>"),
            Protocol::Ws | Protocol::Wss => format!("<sip:{user}@{public};transport=ws>"),
        }
    }

    /// A flow of our own choice to this address: over UDP from the first fitting socket, else by a connection that is
    /// there or to be dialled.
    pub(crate) fn flow_to(&self, protocol: Protocol, remote: SocketAddr) -> Option<Flow> {
        let local = self.config.local(protocol, remote)?;
        Some(Flow { protocol, local, remote, connection: sip::flow::ConnectionId::NONE })
    }

    // ---- out ---------------------------------------------------------------------------------------------------

    /// Tells the call logic.
    pub(crate) fn tell(&mut self, event: LegEvent) {
        self.outputs.push_back(Output::Leg(event));
    }

    /// Tells the administrator, once a minute for each kind.
    pub(crate) fn alarm_full(&mut self, table: &'static str, limit: usize) {
        if self.alarmed.get(table).is_some_and(|at| self.now.saturating_duration_since(*at) < ALARM_EVERY) {
            return;
        }
        self.alarmed.insert(table, self.now);
        self.outputs.push_back(Output::Alarm(Alarm::Full { table, limit }));
    }

    /// Notes a message in the ladder of its leg.
    pub(crate) fn trace(&mut self, leg: LegId, direction: TraceDirection, flow: Flow, message: &Message) {
        if self.config.trace {
            let message = message.bytes().clone();
            self.outputs.push_back(Output::Trace(Trace { leg, direction, flow, message }));
        }
    }

    /// Sends a request in a transaction of its own.
    pub(crate) fn send(&mut self, voice: Option<Voice>, flow: Flow, request: Message, errand: Errand) -> ClientKey {
        self.send_again(voice, Sent { errand, flow, request, tries: 0, datagram: None })
    }

    /// The same for a request that was sent before and is now changed.
    pub(crate) fn send_again(&mut self, voice: Option<Voice>, mut sent: Sent) -> ClientKey {
        sent.request = self.spell(voice, sent.request);
        self.enlarge(voice, &mut sent);
        if let Some(voice) = voice {
            self.trace(voice.leg, TraceDirection::Out, sent.flow, &sent.request);
        }
        let key = self.layer.send_request(self.now, sent.flow, sent.request.clone(), &mut self.effects);
        if sent.datagram.is_some() {
            self.timers.set(Timer::Stream(key), later(self.now, TCP_PATIENCE));
        }
        self.sent.insert(key, sent);
        key
    }

    /// Sends an ACK to a 2xx, which has no transaction.
    pub(crate) fn send_ack(&mut self, voice: Voice, flow: Flow, ack: Message) -> Message {
        let ack = self.spell_and_trace(Some(voice), flow, ack);
        self.layer.send_stateless(flow, ack.clone(), &mut self.effects);
        ack
    }

    /// Sends such an ACK once more.
    pub(crate) fn repeat(&mut self, flow: Flow, message: &Message) {
        self.layer.send_stateless(flow, message.clone(), &mut self.effects);
    }

    /// Answers a request.
    pub(crate) fn respond(&mut self, voice: Option<Voice>, flow: Flow, key: ServerKey, response: Message) -> Message {
        let response = self.spell_and_trace(voice, flow, response);
        self.layer.respond(self.now, &key, response.clone(), &mut self.effects);
        response
    }

    /// Answers a request for good and forgets it: what a stranger asks must cost no memory (R02, RFC 3261 section 26.3.2.4).
    pub(crate) fn dismiss(&mut self, key: ServerKey, response: &Message) {
        self.layer.dismiss(&key, response, &mut self.effects);
    }

    /// The To tag of an answer of which nothing is remembered: the same for each copy of its request (section 8.2.7).
    pub(crate) fn passing_tag(&self, request: &Message) -> Token {
        let mut hasher = DefaultHasher::new();
        self.passing_key.hash(&mut hasher);
        request.call_id().unwrap_or_default().hash(&mut hasher);
        request.via().ok().and_then(|via| via.branch().map(<[u8]>::to_vec)).hash(&mut hasher);
        Token(hasher.finish())
    }

    /// Sends the 2xx of this transaction once more.
    pub(crate) fn respond_again(&mut self, key: ServerKey, response: &Message) {
        self.layer.respond(self.now, &key, response.clone(), &mut self.effects);
    }

    /// Answers a request with nothing but a status.
    pub(crate) fn answer(&mut self, voice: Option<Voice>, flow: Flow, key: ServerKey, request: &Message, status: u16) {
        let response = self.reply(request, status, None).finish();
        self.respond(voice, flow, key, response);
    }

    /// A response to `request` with what each of ours has. Without `tag` a final one gets one that opens no dialog.
    pub(crate) fn reply(&mut self, request: &Message, status: u16, tag: Option<Token>) -> MessageBuilder {
        let tag = tag.unwrap_or_else(|| self.token()).to_string();
        MessageBuilder::reply(request, status, reason_phrase(status), Some(&tag))
            .header(Name::Server, &self.config.server_name)
    }

    /// Takes an INVITE of ours back.
    pub(crate) fn cancel(&mut self, key: ClientKey, reason: Option<&str>) {
        match reason {
            Some(reason) => self.layer.cancel(self.now, &key, &[(Name::Reason, reason)], &mut self.effects),
            None => self.layer.cancel(self.now, &key, &[], &mut self.effects),
        }
    }

    /// A message in the words of its leg.
    fn spell(&mut self, voice: Option<Voice>, message: Message) -> Message {
        let Some(voice) = voice else { return message };
        let message = match self.session_ids.header(voice.leg) {
            Some(value) if !message.has(Name::SessionId) => message.with_header(Name::SessionId, value),
            Some(_) | None => message,
        };
        if voice.compact { wire::compact(message) } else { message }
    }

    /// The same, noted in the ladder.
    fn spell_and_trace(&mut self, voice: Option<Voice>, flow: Flow, message: Message) -> Message {
        let message = self.spell(voice, message);
        if let Some(voice) = voice {
            self.trace(voice.leg, TraceDirection::Out, flow, &message);
        }
        message
    }

    // ---- transactions ------------------------------------------------------------------------------------------

    /// A message from the network.
    pub(crate) fn receive(&mut self, flow: Flow, message: Message) {
        self.layer.receive(self.now, flow, message, &mut self.effects);
    }

    pub(crate) fn transport_failed(&mut self, flow: Flow) {
        self.layer.transport_failed(self.now, flow, &mut self.effects);
    }

    pub(crate) fn flow_closed(&mut self, flow: Flow) {
        self.layer.flow_closed(self.now, flow, &mut self.effects);
    }

    /// Lets the transactions do what is due.
    pub(crate) fn handle_timeout(&mut self) {
        self.layer.handle_timeout(self.now, &mut self.effects);
    }

    /// The next moment of anything.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match (self.layer.poll_timeout(), self.timers.next()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// What the transactions have to say since the last call.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Gives the emptied list back, so that it is not allocated anew for every packet.
    pub(crate) fn keep_effects(&mut self, mut list: Vec<Effect>) {
        if self.effects.is_empty() {
            list.clear();
            self.effects = list;
        }
    }

    /// What a transaction was for, as long as it may still be answered.
    pub(crate) fn sent(&self, key: ClientKey) -> Option<&Sent> {
        self.sent.get(&key)
    }

    /// The same, to change.
    pub(crate) fn sent_mut(&mut self, key: ClientKey) -> Option<&mut Sent> {
        self.sent.get_mut(&key)
    }

    /// Lets a transaction of ours go without a word: another has taken its place.
    pub(crate) fn abandon(&mut self, key: ClientKey) {
        self.layer.abandon(&key, &mut self.effects);
    }

    /// Every answer to this INVITE will have this tag, also one that the transaction gives by itself.
    pub(crate) fn promise_tag(&mut self, key: ServerKey, tag: Token) {
        self.layer.promise_tag(&key, &tag.to_string());
    }

    /// The transaction is over.
    pub(crate) fn forget(&mut self, key: ClientKey) -> Option<Sent> {
        self.sent.remove(&key)
    }

    /// Nothing is going on.
    pub(crate) fn is_idle(&self) -> bool {
        self.layer.is_empty()
            && self.sent.is_empty()
            && self.tags.is_empty()
            && self.invites.is_empty()
            && self.session_ids.is_empty()
    }
}

/// The session description of a message, sharing its bytes; empty for none.
pub(crate) fn body_of(message: &Message) -> Bytes {
    message.session_description().ok().flatten().unwrap_or_default()
}
