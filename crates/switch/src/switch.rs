//! The whole switchboard as one machine: SIP below, calls above.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use endpoint::{BanReason, Endpoint, TrunkState};
use sip::flow::Protocol;

use crate::board::Effect;
use crate::board::Phone;
use crate::call::record::milliseconds;
use crate::calls::Calls;
use crate::desk::{BanNow, Reply, TrunkHealth};
use crate::directory::Directory;
use crate::io::{Alarm, Event, Input, Output, account_of, operator_of};

/// Percent of new calls that a house takes that is not overloaded.
const ALL: u8 = 100;

/// An address for voice. Behind NAT the two differ; they are of one family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MediaAddress {
    /// Where the voice path binds its sockets: an address of this machine.
    pub bind: IpAddr,
    /// What SDP says (`o=` and `c=`): where peers reach it.
    pub public: IpAddr,
}

impl From<IpAddr> for MediaAddress {
    /// An address that peers reach as it is.
    fn from(address: IpAddr) -> Self {
        Self { bind: address, public: address }
    }
}

/// Everything that does not change while the switch lives.
#[derive(Clone, Debug)]
pub struct Config {
    /// The SIP side.
    pub endpoint: endpoint::Config,
    /// Addresses for voice: one of each family that is spoken.
    pub media_address: Vec<MediaAddress>,
    /// Where RTP ports are taken from; only even ones are used (JAPAN.md), RTCP is on the next.
    pub rtp_ports: RangeInclusive<u16>,
    /// Keep each call's SIP messages in its timeline.
    pub trace: bool,
    /// Address of the desk, for the `Call-Info` of operators' legs (`https://denwaban.example`); empty: no such header.
    pub desk_url: String,
    /// Bounds of the queue.
    pub queue: acd::Limits,
    /// Calls at once; more get 503 with Retry-After (R45).
    pub calls_max: usize,
    /// SHA-256 of the voice path's DTLS certificate; `None`: it has none, and browsers are no phones here.
    pub fingerprint: Option<sdp::Fingerprint>,
}

impl Config {
    /// A switch with these addresses; everything else as usual.
    pub fn new(
        endpoint: endpoint::Config,
        media_address: impl IntoIterator<Item = impl Into<MediaAddress>>,
        rtp_ports: RangeInclusive<u16>,
    ) -> Self {
        Self {
            trace: endpoint.trace,
            endpoint,
            media_address: media_address.into_iter().map(Into::into).collect(),
            rtp_ports,
            desk_url: String::new(),
            queue: acd::Limits::default(),
            calls_max: 5_000,
            fingerprint: None,
        }
    }
}

/// The switchboard. One contract: handle one input (or time-out), drain [`Switch::poll_output`] until `None`, wait until
/// [`Switch::poll_timeout`] or the next input.
pub struct Switch {
    endpoint: Endpoint,
    calls: Calls,
    outputs: VecDeque<Output>,
}

impl Switch {
    /// A switch that knows nobody yet: hand it a wall clock and a directory first. `seed` must be unpredictable.
    pub fn new(now: Instant, config: Config, seed: [u8; 32]) -> Self {
        let calls = Calls::new(&config, seed);
        // The two machines must not draw the same random numbers: tags and ports would betray each other.
        let other_seed = seed.map(|byte| !byte);
        let endpoint = endpoint::Config { trace: config.trace, ..config.endpoint };
        Self { endpoint: Endpoint::new(now, endpoint, other_seed), calls, outputs: VecDeque::new() }
    }

    /// One thing happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Packet { flow, bytes } => self.endpoint.receive(now, flow, bytes),
            Input::Unframed { flow, head, fault } => self.endpoint.unframed(now, flow, head, fault),
            Input::FlowClosed { flow } => self.endpoint.flow_closed(now, flow),
            Input::Certified { flow, names } => self.endpoint.flow_certified(now, flow, names),
            Input::Vouched { flow, operator } => self.endpoint.flow_vouched(now, flow, account_of(operator)),
            Input::Lapsed { flow } => self.endpoint.flow_lapsed(now, flow),
            Input::TransportFailed { flow } => self.endpoint.transport_failed(now, flow),
            Input::Media(event) => self.calls.media_event(now, event),
            Input::DialIn { line, number, answer } => self.calls.dial_in_answer(now, line, number, answer),
            Input::Command { number, command } => self.calls.command(now, number, command),
            Input::Directory(directory) => self.set_directory(now, directory),
            Input::WallClock { unix_ms } => {
                self.endpoint.set_wall_clock(now, unix_ms);
                self.calls.set_wall_clock(now, unix_ms);
            }
            Input::Today(visits) => self.calls.restore(now, &visits),
            Input::Past(past) => self.calls.past(now, past),
            Input::ReportDone { call } => self.calls.report_done(now, call),
            Input::OpenReports(open) => self.calls.open_reports(now, &open),
            Input::Disk { free_percent, scarce: true } => self.calls.board.alarm(Alarm::DiskScarce { free_percent }),
            Input::Disk { free_percent, scarce: false } => self.calls.board.alarm(Alarm::DiskRoomy { free_percent }),
            Input::Drain => self.calls.drain(now),
            Input::Repair => self.calls.repair(now),
            Input::Overload { admitted_percent } => self.overload(admitted_percent),
        }
        self.turn(now);
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.turn(now);
        self.calls.handle_timeout(now);
        self.turn(now);
    }

    /// The next thing to do; call until `None` after every input and time-out.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Switch::handle_timeout`] at the latest; changes with every input.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.endpoint.poll_timeout(), self.calls.poll_timeout()].into_iter().flatten().min()
    }

    /// Broken invariants, in words for a log; empty is right. [`Input::Repair`] mends those of the queue.
    pub fn audit(&self) -> Vec<String> {
        self.calls.audit()
    }

    /// Nothing is left of any call: no call, no leg, no port in use.
    pub fn idle(&self) -> bool {
        self.calls.is_idle() && self.endpoint.leg_count() == 0
    }

    /// Calls that are not over.
    pub fn calls(&self) -> usize {
        self.calls.live()
    }

    /// The SIP side, for status pages (bindings, trunks, bans).
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The SIP side, to lift a ban.
    pub fn endpoint_mut(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    fn set_directory(&mut self, now: Instant, directory: Arc<Directory>) {
        let accounts = directory.operators.values().map(|operator| operator.account.clone()).collect();
        self.endpoint.set_accounts(now, accounts);
        self.endpoint.set_trunks(now, directory.trunks.clone());
        self.endpoint.shut_out(shut_out(&directory, now, self.calls.board.unix_ms(now)));
        self.calls.set_directory(now, directory);
        // First what the SIP side says of its trunks, which has the reasons.
        self.turn(now);
        for (trunk, state) in self.endpoint.trunk_states() {
            self.calls.set_trunk(now, trunk, state == TrunkState::Up, "");
        }
    }

    /// Carries what one machine says to the other until both are silent.
    fn turn(&mut self, now: Instant) {
        loop {
            let mut is_silent = true;
            while let Some(output) = self.endpoint.poll_output() {
                is_silent = false;
                self.take_in(now, output);
            }
            while let Some(effect) = self.calls.poll_effect() {
                is_silent = false;
                self.carry_out(now, effect);
            }
            if is_silent {
                return;
            }
        }
    }

    fn take_in(&mut self, now: Instant, output: endpoint::Output) {
        match output {
            endpoint::Output::Transmit { flow, bytes } => self.outputs.push_back(Output::Transmit { flow, bytes }),
            endpoint::Output::Leg(event) => self.calls.leg_event(now, event),
            endpoint::Output::Binding(binding) => {
                let phones = self.endpoint.bindings(binding.account);
                let is_browser = |protocol| matches!(protocol, Protocol::Ws | Protocol::Wss);
                let has_browser = phones.iter().any(|phone| is_browser(phone.flow.protocol));
                let newest = phones.last().filter(|_| binding.contacts > 0);
                let phone = newest.map(|phone| Phone { address: phone.flow.remote.ip(), has_browser });
                self.calls.set_phone(now, operator_of(binding.account), phone);
            }
            endpoint::Output::Trunk(event) => {
                self.calls.set_trunk(now, event.trunk, event.state == TrunkState::Up, &event.why);
            }
            endpoint::Output::Spent { flow } => self.outputs.push_back(Output::Close { flow }),
            endpoint::Output::Trace(trace) => self.calls.trace(now, trace),
            endpoint::Output::Alarm(alarm) => self.outputs.push_back(Output::Event(Event::Alarm(alarm_of(alarm)))),
        }
    }

    fn carry_out(&mut self, now: Instant, effect: Effect) {
        match effect {
            Effect::Leg(order) => self.endpoint.order(now, order),
            Effect::Media(order) => self.outputs.push_back(Output::Media(order)),
            Effect::Event(event) => self.outputs.push_back(Output::Event(event)),
            Effect::Record(record) => self.outputs.push_back(Output::Record(record)),
            Effect::DialIn { line, number, ask } => self.outputs.push_back(Output::DialIn { line, number, ask }),
            Effect::Trunks { number } => {
                let trunks = self.trunks(now);
                self.outputs.push_back(Output::Done { number, result: Ok(Reply::Trunks(trunks)) });
            }
            Effect::Bans { number } => {
                let bans = self.bans(now);
                self.outputs.push_back(Output::Done { number, result: Ok(Reply::Bans(bans)) });
            }
            Effect::ClearBans { number, source } => {
                let mut bans = self.bans(now);
                bans.retain(|ban| source.is_none_or(|source| source == ban.source));
                for ban in &bans {
                    self.endpoint.clear_ban(ban.source);
                }
                self.outputs.push_back(Output::Done { number, result: Ok(Reply::Bans(bans)) });
            }
            Effect::Presence { operator, presence } => {
                self.endpoint.set_presence(now, endpoint::AccountId(operator.0), presence);
            }
            Effect::Waiting(callers) => self.endpoint.set_waiting(now, callers),
            Effect::Done { number, result } => self.outputs.push_back(Output::Done { number, result }),
        }
    }

    /// Each trunk with its registration, as desks see it.
    fn trunks(&self, now: Instant) -> Vec<TrunkHealth> {
        let board = &self.calls.board;
        let unix_ms = board.unix_ms(now);
        let of = |at: Instant| match at.checked_duration_since(now) {
            Some(ahead) => unix_ms.saturating_add(i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX)),
            None => unix_ms.saturating_sub(milliseconds(at, now)),
        };
        let registrations: HashMap<_, _> = self.endpoint.registrations(now).into_iter().collect();
        let health = |trunk: &endpoint::Trunk| {
            let (since_ms, why) = board.trunk_turns.get(&trunk.id).cloned().unwrap_or_default();
            let registration = registrations.get(&trunk.id);
            TrunkHealth {
                trunk: trunk.id.0,
                name: trunk.name.clone(),
                up: board.trunks.get(&trunk.id).copied().unwrap_or(false),
                since_ms,
                why,
                registration: registration.map_or("none", |one| standing_word(one.standing)).to_owned(),
                registration_since_ms: registration.map(|one| of(one.since)),
                registered_until_ms: registration.and_then(|one| one.until).map(of),
                answer: registration.and_then(|one| one.answer).map(|(status, _)| status),
                answer_ms: registration.and_then(|one| one.answer).map(|(_, at)| of(at)),
                outgoing: board.load_of(trunk.id),
            }
        };
        board.directory.trunks.iter().map(health).collect()
    }

    /// Who is not listened to, as desks see it.
    fn bans(&self, now: Instant) -> Vec<BanNow> {
        let unix_ms = self.calls.board.unix_ms(now);
        let bans = self.endpoint.bans(now).into_iter();
        bans.map(|ban| BanNow {
            source: ban.source,
            reason: match ban.reason {
                BanReason::Passwords => "passwords",
                BanReason::Scanning => "scanning",
                BanReason::Malformed => "malformed",
            }
            .to_owned(),
            failures: ban.failures,
            until_ms: unix_ms.saturating_add(milliseconds(now, ban.until)),
        })
        .collect()
    }

    /// Takes a share of the new calls; said when it begins and when it ends.
    fn overload(&mut self, admitted_percent: u8) {
        let was = self.endpoint.admitted_percent();
        let refused = self.endpoint.admit(admitted_percent);
        let alarm = match (was < ALL, admitted_percent < ALL) {
            (false, true) => Alarm::OverloadBegan { admitted_percent },
            (true, false) => Alarm::OverloadEnded { refused },
            (true, true) | (false, false) => return,
        };
        self.outputs.push_back(Output::Event(Event::Alarm(alarm)));
    }
}

/// The SIP side's alarms in the words of desks and logs.
fn alarm_of(alarm: endpoint::Alarm) -> Alarm {
    match alarm {
        endpoint::Alarm::AuthenticationFailures { source, user, failures } => {
            Alarm::AuthenticationFailures { source, user, failures }
        }
        endpoint::Alarm::Full { table, limit } => Alarm::Full { table: table.to_owned(), limit },
        endpoint::Alarm::PrivateAddress { trunk, address } => Alarm::PrivateAddress { trunk: trunk.0, address },
        endpoint::Alarm::HopChanged { trunk, hop } => Alarm::HopChanged { trunk: trunk.0, hop },
        endpoint::Alarm::Banned { source, reason, failures } => {
            let reason = match reason {
                BanReason::Passwords => "passwords",
                BanReason::Scanning => "scanning",
                BanReason::Malformed => "malformed",
            };
            Alarm::Banned { source, reason: reason.to_owned(), failures }
        }
        endpoint::Alarm::RegistrationRefused { trunk, status } => Alarm::RegistrationRefused { trunk: trunk.0, status },
    }
}

fn standing_word(standing: endpoint::Standing) -> &'static str {
    match standing {
        endpoint::Standing::Asking => "asking",
        endpoint::Standing::Registered => "registered",
        endpoint::Standing::Refused => "refused",
        endpoint::Standing::Unanswered => "unanswered",
        endpoint::Standing::Expired => "expired",
    }
}

/// Who is shut out, on the clock that does not jump (R26); what has ended is left out.
fn shut_out(directory: &Directory, now: Instant, unix_ms: i64) -> Vec<endpoint::Shut> {
    let held = directory.shut.iter().filter(|shut| shut.until_ms.is_none_or(|until_ms| until_ms > unix_ms));
    held.map(|shut| endpoint::Shut {
        network: shut.network,
        prefix: shut.prefix,
        until: shut.until_ms.and_then(|until_ms| {
            let left = u64::try_from(until_ms.saturating_sub(unix_ms)).unwrap_or_default();
            now.checked_add(Duration::from_millis(left))
        }),
    })
    .collect()
}

#[cfg(test)]
mod tests;
