//! The machine itself: what goes in, what comes out, and when to be woken.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use sip::flow::Flow;
use sip::framing::FramingFault;
use sip::message::Message;

use crate::account::{Account, AccountId};
use crate::config::Config;
use crate::core::Core;
use crate::guard::{Guard, Shut};
use crate::leg::Leg;
use crate::line::Lines;
use crate::order::{LegId, Order};
use crate::output::{Alarm, Output};
use crate::presence::Presence;
use crate::registrar::Registrar;
use crate::shed::Shed;
use crate::subscription::Subscriptions;
use crate::timer::{LegTimer, SubscriptionTimer, Timer};
use crate::trunk::{RegistrationNow, Trunk, TrunkId, TrunkState};

/// The SIP side of the switch. One contract: change something, drain [`Endpoint::poll_output`], wait until
/// [`Endpoint::poll_timeout`], change something.
pub struct Endpoint {
    pub(crate) core: Core,
    pub(crate) guard: Guard,
    pub(crate) registrar: Registrar,
    pub(crate) lines: Lines,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) legs: HashMap<LegId, Box<Leg>>,
    /// The last number given to an incoming leg.
    pub(crate) last_leg: u64,
    /// Legs that are not over.
    pub(crate) alive: usize,
    pub(crate) shed: Shed,
}

/// One contact of an operator's account, for status pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Contact URI as the phone wrote it.
    pub contact: String,
    /// Where its packets come from and go to.
    pub flow: Flow,
    /// When it lapses.
    pub expires: Instant,
    /// `User-Agent` of the REGISTER.
    pub user_agent: String,
    /// `+sip.instance`: the same for all flows of one phone, and for its later registrations.
    pub instance: Option<String>,
    /// Which of the phone's flows this is (RFC 5626), if it keeps several.
    pub reg_id: Option<u32>,
    /// It has answered an OPTIONS of ours; always false over streams, whose end is seen by itself.
    pub answers: bool,
}

/// A source that is not listened to for a while (R01).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ban {
    /// Whose packets are dropped.
    pub source: IpAddr,
    /// Until when.
    pub until: Instant,
    /// Failures that led to it.
    pub failures: u32,
    /// What kind they were.
    pub reason: BanReason,
}

/// Why a source is not listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BanReason {
    /// It tried wrong passwords, or users that there are not.
    Passwords,
    /// It asked again and again for what no phone of ours asks for.
    Scanning,
    /// It sent what is no SIP message, over a stream.
    Malformed,
}

impl Endpoint {
    /// A new endpoint; `seed` must be unpredictable (tags, branches, nonces come of it) and fixed in tests.
    pub fn new(now: Instant, config: Config, seed: [u8; 32]) -> Self {
        let mut core = Core::new(config, seed, now);
        let key = core.key();
        let registrar = Registrar::new(core.key());
        let guard = Guard::new(&core.config, now, key);
        Self {
            core,
            guard,
            registrar,
            lines: Lines::default(),
            subscriptions: Subscriptions::default(),
            legs: HashMap::new(),
            last_leg: 1,
            alive: 0,
            shed: Shed::default(),
        }
    }

    /// One datagram, or one message framed out of a stream. What is no SIP message vanishes.
    pub fn receive(&mut self, now: Instant, flow: Flow, packet: Bytes) {
        self.core.now = now;
        if self.turns_away(now, flow) {
            return;
        }
        let Ok(message) = Message::parse(packet) else { return self.offence(flow, BanReason::Malformed) };
        // A response that cannot be believed is dropped; a request gets its refusal once its transaction is there.
        if !message.is_request() && message.validate().is_err() {
            return;
        }
        if message.is_request() && message.via().is_err() {
            self.refuse_statelessly(flow, &message);
        } else {
            self.core.receive(flow, message);
        }
        self.pump();
    }

    /// The head of a message on a stream where nobody can tell where the message ends (RFC 3261 section 18.3): a request is
    /// refused. Whoever framed it closes the stream.
    pub fn unframed(&mut self, now: Instant, flow: Flow, head: Bytes, fault: FramingFault) {
        self.core.now = now;
        if self.turns_away(now, flow) {
            return;
        }
        if let Ok(message) = Message::parse(head) {
            self.refuse_unframed(flow, &message, fault);
        }
        self.offence(flow, BanReason::Malformed);
        self.pump();
    }

    /// A stream was closed by either side.
    pub fn flow_closed(&mut self, now: Instant, flow: Flow) {
        self.core.now = now;
        self.core.flow_closed(flow);
        self.registrar.flow_closed(&mut self.core, flow);
        self.subscriptions.flow_closed(&mut self.core, flow);
        self.lines.flow_closed(&mut self.core, flow);
        self.guard.flow_closed(flow);
        self.legs_lose(flow);
        self.pump();
    }

    /// The peer of this stream proved by its certificate that it is each of `names` (host names, lower case). To be told once,
    /// before the stream's first packet; forgotten when it closes.
    pub fn flow_certified(&mut self, now: Instant, flow: Flow, names: Vec<String>) {
        self.core.now = now;
        self.lines.certified(&mut self.core, flow, names);
    }

    /// Somebody else knows that the peer of this stream is this operator (the web server, by the login that opened it): what it says
    /// in the operator's name needs no digest, and in another's it is refused. To be told before the stream's first packet; forgotten
    /// when it closes.
    pub fn flow_vouched(&mut self, now: Instant, flow: Flow, account: AccountId) {
        self.core.now = now;
        self.guard.vouch(flow, account);
    }

    /// Whoever vouched for this stream does so no more, because the time of a login is over and for no other reason: a talk over it goes
    /// on to its end, and nothing begins there, be it a call, a registration or a subscription. [`Output::Spent`] comes when nobody
    /// talks there, which may be at once. May be told again.
    pub fn flow_lapsed(&mut self, now: Instant, flow: Flow) {
        self.core.now = now;
        self.guard.lapse(flow);
        if self.guard.has_lapsed(flow) {
            self.registrar.flow_closed(&mut self.core, flow);
            self.subscriptions.flow_closed(&mut self.core, flow);
            self.tell_if_spent(flow);
        }
        self.pump();
    }

    /// Packets to this flow cannot be sent (connection refused, ICMP unreachable).
    pub fn transport_failed(&mut self, now: Instant, flow: Flow) {
        self.core.now = now;
        self.core.transport_failed(flow);
        self.pump();
    }

    /// All operators' accounts there are. Bindings of accounts that stay the same are kept.
    pub fn set_accounts(&mut self, now: Instant, accounts: Vec<Account>) {
        self.core.now = now;
        self.guard.set_accounts(&accounts);
        let changed = self.registrar.set_accounts(&mut self.core, accounts);
        let registrar = &self.registrar;
        self.subscriptions.set_accounts(&mut self.core, &changed, |account| registrar.account(account).is_some());
        self.pump();
    }

    /// All trunks there are. A trunk that is still the same line to its carrier (registrar, address of record, credentials and
    /// domain) goes on with its new settings; another is registered anew, and its old registration removed when the new one
    /// stands.
    pub fn set_trunks(&mut self, now: Instant, trunks: Vec<Trunk>) {
        self.core.now = now;
        for leg in self.lines.set_trunks(&mut self.core, trunks) {
            self.refuse_call(leg, 503, None, true);
        }
        self.pump();
    }

    /// What the wall clock shows at `now`: for Date headers. Call at start, and again every minute or so.
    pub fn set_wall_clock(&mut self, now: Instant, unix_ms: i64) {
        self.core.clock.set(now, unix_ms);
    }

    /// What this operator does now: told to the phones that watch it (RFC 3856). An account that there is not has no presence.
    pub fn set_presence(&mut self, now: Instant, account: AccountId, presence: Presence) {
        self.core.now = now;
        if self.registrar.account(account).is_some() {
            self.subscriptions.set_presence(&mut self.core, account, presence);
            self.pump();
        }
    }

    /// How many callers wait for an operator: the lamp of phones that subscribe to `message-summary` (RFC 3842).
    pub fn set_waiting(&mut self, now: Instant, callers: u32) {
        self.core.now = now;
        self.subscriptions.set_waiting(&mut self.core, callers);
        self.pump();
    }

    /// An order of the call logic to a leg.
    pub fn order(&mut self, now: Instant, order: Order) {
        self.core.now = now;
        self.carry_out(order);
        self.pump();
    }

    /// The next thing to do or to know; call until `None` after every other call that changes something.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.outputs.pop_front()
    }

    /// When to call [`Endpoint::handle_timeout`] at the latest; changes with every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.core.poll_timeout()
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.core.now = now;
        self.core.handle_timeout();
        self.pump();
        while let Some(timer) = self.core.timers.pop(now) {
            self.fire(timer);
            self.pump();
        }
    }

    /// Contacts bound now, of all accounts.
    pub fn binding_count(&self) -> usize {
        self.registrar.count()
    }

    /// The contacts of one account.
    pub fn bindings(&self, account: AccountId) -> Vec<Binding> {
        self.registrar.list(account)
    }

    /// Subscriptions of phones to lamps and presence.
    pub fn subscription_count(&self) -> usize {
        self.subscriptions.count()
    }

    /// Every trunk and its health.
    pub fn trunk_states(&self) -> Vec<(TrunkId, TrunkState)> {
        self.lines.states()
    }

    /// How each registration with a carrier stands.
    pub fn registrations(&self, now: Instant) -> Vec<(TrunkId, RegistrationNow)> {
        self.lines.registrations(now)
    }

    /// Legs that are not over.
    pub fn leg_count(&self) -> usize {
        self.alive + self.lines.waiting()
    }

    /// Nothing is left of any call: no leg, no transaction.
    pub fn is_idle(&self) -> bool {
        self.legs.is_empty() && self.core.is_idle() && self.lines.waiting() == 0
    }

    /// Sources that are not listened to at `now`.
    pub fn bans(&self, now: Instant) -> Vec<Ban> {
        self.guard.list(now)
    }

    /// Listens to this source again.
    pub fn clear_ban(&mut self, source: IpAddr) {
        self.guard.clear(source);
    }

    /// These address blocks are shut out from now on, and no others.
    pub fn shut_out(&mut self, shut: Vec<Shut>) {
        self.guard.shut_out(shut);
    }

    /// Not listened to. Whom an administrator has shut out is, be it a phone of ours; a carrier never is: its address is taken away
    /// with its trunk.
    fn turns_away(&self, now: Instant, flow: Flow) -> bool {
        let source = flow.remote.ip();
        (self.guard.drops(now, source) && !self.is_ours(flow))
            || (self.guard.is_shut(now, source) && !self.lines.own_flow(flow))
    }

    /// A carrier's flow, or one that a phone of ours is registered over: a ban of its address is meant for others behind the same
    /// NAT. It looks at every binding, so it is only asked about those who are about to be turned away.
    fn is_ours(&self, flow: Flow) -> bool {
        self.lines.own_flow(flow)
            || self.guard.vouched(flow).is_some()
            || self.registrar.is_bound_over(self.core.now, flow)
    }

    /// Counts what no phone or carrier of ours does: over a stream only, because anybody can write anybody's address on a
    /// datagram (R01).
    pub(crate) fn offence(&mut self, flow: Flow, reason: BanReason) {
        let source = flow.remote.ip();
        if !flow.protocol.is_reliable() || self.is_ours(flow) {
            return;
        }
        if let Some(failures) = self.guard.offence(self.core.now, source, reason) {
            self.core.outputs.push_back(Output::Alarm(Alarm::Banned { source, reason, failures }));
        }
    }

    fn fire(&mut self, timer: Timer) {
        let core = &mut self.core;
        match timer {
            Timer::Leg(id, LegTimer::FirstResponse) => {
                self.hop_silent(id);
                self.with_leg(id, |leg, core| fire_leg(leg, core, LegTimer::FirstResponse));
            }
            Timer::Turn(trunk) => self.next_turn(trunk),
            Timer::RegisterSilent(trunk) => self.lines.register_silent(core, trunk),
            Timer::Leg(id, timer) => self.with_leg(id, |leg, core| fire_leg(leg, core, timer)),
            Timer::Lapse(account) => self.registrar.lapse(core, account),
            Timer::KeepAlive(account) => self.registrar.keep_alive(core, account),
            Timer::Register(trunk) => self.lines.register(core, trunk),
            Timer::Probe(trunk) => self.lines.probe(core, trunk),
            Timer::Stream(key) => {
                self.fall_back(key);
            }
            Timer::Subscription(id, SubscriptionTimer::Expire) => self.subscriptions.expire(core, id),
            Timer::Subscription(id, SubscriptionTimer::Notify) => self.subscriptions.tell_now(core, id),
            Timer::Subscription(id, SubscriptionTimer::Reconnect) => self.subscriptions.lost(core, id),
        }
    }

    /// Lets a leg act, and lets go of it when nothing of it is left.
    pub(crate) fn with_leg(&mut self, id: LegId, act: impl FnOnce(&mut Leg, &mut Core)) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let was_over = leg.over;
        act(leg, &mut self.core);
        self.subscriptions.note(&mut self.core, leg);
        if leg.over && !was_over {
            self.alive = self.alive.saturating_sub(1);
        }
        let flow = leg.session.as_ref().filter(|session| leg.over && session.is_done()).map(|session| session.flow);
        if leg.is_done() {
            for tag in leg.tags() {
                self.core.tags.remove(&tag);
            }
            self.core.timers.stop_leg(id, |_| false);
            self.core.session_ids.end(id);
            self.legs.remove(&id);
        }
        if let Some(flow) = flow {
            self.tell_if_spent(flow);
        }
    }

    /// Nobody talks any more over a stream where nothing may begin.
    fn tell_if_spent(&mut self, flow: Flow) {
        let talks = |leg: &Leg| {
            let session = leg.session.as_ref().filter(|session| session.flow.connection == flow.connection);
            session.is_some_and(|session| !leg.over || !session.is_done())
        };
        if self.guard.has_lapsed(flow) && !self.legs.values().any(|leg| talks(leg)) {
            self.core.outputs.push_back(Output::Spent { flow });
        }
    }
}

fn fire_leg(leg: &mut Leg, core: &mut Core, timer: LegTimer) {
    match timer {
        LegTimer::FirstResponse => leg.no_answer(core, true),
        LegTimer::Ring => leg.no_answer(core, false),
        LegTimer::Repeat2xx => leg.repeat_2xx(core),
        LegTimer::NoAck => leg.no_ack(core),
        LegTimer::RepeatReliable => leg.repeat_reliable(core),
        LegTimer::NoPrack => leg.no_prack(core),
        LegTimer::Retry => leg.retry_modify(core),
        LegTimer::Refresh => leg.refresh(core),
        LegTimer::Expire => leg.expire(core),
        LegTimer::Unanswered => leg.answer_offer(core, Err(504)),
        LegTimer::Reconnect => leg.lost(core, false),
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("legs", &self.legs.len()).finish_non_exhaustive()
    }
}
