//! Trunks: whose packet is it, are they up, and how are they called.

mod challenge;
pub(crate) mod hear;
mod hops;
mod identity;
mod probe;
mod redirection;
mod register;
mod table;
mod turns;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use sip::digest::Challenge;
use sip::flow::Flow;
use sip::message::Name;
use sip::transaction::ClientKey;

use crate::core::{Core, Token};
use crate::output::{Alarm, Output, TrunkEvent};
use crate::timer::Timer;
use crate::trunk::{HOPS_MAX, Hop, Trunk, TrunkState, is_private};

use hops::Hops;
pub(crate) use hops::Outcome;
pub(crate) use table::Lines;
pub(crate) use turns::{Turn, Turns};

/// Whether an address lies in a block (`192.0.2.0/24`); IPv4 in IPv6 clothes is IPv4.
pub(crate) fn contains(network: IpAddr, length: u8, ip: IpAddr) -> bool {
    let (width, network, ip) = match (network.to_canonical(), ip.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => (32, u128::from(network.to_bits()), u128::from(ip.to_bits())),
        (IpAddr::V6(network), IpAddr::V6(ip)) => (128, network.to_bits(), ip.to_bits()),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let free = width - u32::from(length).min(width);
    let cut = |bits: u128| bits.checked_shr(free).unwrap_or(0);
    cut(network) == cut(ip)
}

/// One trunk and what is known of it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) trunk: Trunk,
    /// The trunk's addresses: its hops' and its blocks.
    pub(crate) sources: Arc<[(IpAddr, u8)]>,
    /// Random user part of our Contact: what comes to it is this trunk's (JAPAN.md).
    pub(crate) contact_user: Token,
    /// Calls that wait until the trunk takes another.
    pub(crate) turns: Turns,
    hops: Hops,
    /// Where calls went last.
    used: Option<Hop>,
    state: TrunkState,
    register: register::Register,
    /// The realm whose challenges are answered, once known (R16).
    realm: Option<String>,
    /// The last challenge to our REGISTER, to answer before it is asked again.
    challenge: Option<(Name, Challenge, u32)>,
    /// Service-Route of the registrar (RFC 3608), good for the hop we have registered over.
    routes: Vec<Bytes>,
    /// The registration whose place this line takes: it goes when this one stands.
    before: Option<Box<Line>>,
}

impl Line {
    fn new(core: &mut Core, trunk: Trunk) -> Self {
        Self {
            sources: sources(&trunk),
            contact_user: core.token(),
            turns: Turns::default(),
            used: trunk.hops.first().copied(),
            hops: Hops::new(&trunk.hops),
            state: if trunk.registration.is_some() { TrunkState::Down } else { TrunkState::Up },
            register: register::Register::new(core),
            realm: trunk.credentials.as_ref().and_then(|credentials| credentials.realm.clone()),
            challenge: None,
            routes: Vec::new(),
            before: None,
            trunk,
        }
    }

    /// Every way to the trunk that may be tried now, best first.
    pub(crate) fn ways(&self, core: &Core) -> Vec<(Hop, Flow)> {
        let hops = self.hops.order(core.now, self.register.over()).into_iter();
        hops.filter_map(|hop| Some((hop, core.flow_to(hop.protocol, hop.address)?))).collect()
    }

    /// How long every hop wants to be left alone, in seconds; `None`: some may be tried.
    pub(crate) fn rest_s(&self, core: &Core) -> Option<u32> {
        let rest = self.hops.rest(core.now)?.saturating_duration_since(core.now);
        u32::try_from(rest.as_secs()).ok().map(|seconds| seconds.saturating_add(1))
    }

    /// Where a dialog with this address goes on when its connection is gone.
    pub(crate) fn hop_near(&self, core: &Core, ip: IpAddr) -> Option<Hop> {
        let near = self.hops.iter().find(|hop| hop.address.ip().to_canonical() == ip.to_canonical());
        near.or_else(|| self.hops.order(core.now, self.register.over()).first().copied())
    }

    /// The routes of requests over this hop.
    pub(crate) fn routes(&self, hop: Hop) -> Vec<Bytes> {
        if self.register.over() == Some(hop) { self.routes.clone() } else { Vec::new() }
    }

    /// Whether this address is one of the trunk's.
    pub(crate) fn owns(&self, ip: IpAddr) -> bool {
        self.sources.iter().any(|(network, length)| contains(*network, *length, ip))
    }

    /// The session timer that we want on its calls, in seconds; 0: none.
    pub(crate) fn session_s(&self) -> u32 {
        self.trunk.session_expires.map_or(0, |wanted| u32::try_from(wanted.as_secs()).unwrap_or(u32::MAX))
    }

    fn is_from(&self, source: SocketAddr) -> bool {
        if self.trunk.match_port { self.is_hop(source) } else { self.owns(source.ip()) }
    }

    /// Whether this is exactly the address of one of its hops.
    fn is_hop(&self, source: SocketAddr) -> bool {
        let plain = |address: SocketAddr| (address.ip().to_canonical(), address.port());
        self.hops.iter().any(|hop| plain(hop.address) == plain(source))
    }

    /// Whether the peer of a stream has proved one of the names that this trunk goes by.
    fn is_certified(&self, names: &[String]) -> bool {
        self.trunk.certificate_names.iter().any(|name| names.contains(name))
    }

    /// Whether this user part is that of a Contact which we have registered.
    fn has_registered(&self, user: Token) -> bool {
        (self.contact_user == user && self.register.is_registered())
            || self.before.as_ref().is_some_and(|before| before.has_registered(user))
    }

    /// What a hop did counts for the next request. A registration over a hop that fails moves to another.
    fn note(&mut self, core: &mut Core, flow: Flow, outcome: Outcome) {
        let hop = self.hops.of(flow);
        let is_no_news = outcome == Outcome::Answered && self.used == Some(hop) && self.hops.is_good(core.now, hop);
        if is_no_news || !self.hops.has(hop) {
            return;
        }
        self.hops.note(core.now, hop, outcome);
        if outcome != Outcome::Answered && self.register.over() == Some(hop) {
            self.move_registration(core);
        }
        self.look(core);
    }

    /// Tells the administrator when calls go another way than before.
    fn look(&mut self, core: &mut Core) {
        let first = self.hops.order(core.now, self.register.over()).first().copied();
        if let Some(hop) = first.filter(|hop| self.used != Some(*hop)) {
            if self.used.is_some() {
                let alarm = Alarm::HopChanged { trunk: self.trunk.id, hop: hop.address };
                core.outputs.push_back(Output::Alarm(alarm));
            }
            self.used = Some(hop);
        }
    }

    /// Says whether the trunk's health has changed.
    fn settle(&mut self, core: &mut Core, why: impl FnOnce() -> String) {
        let registered = self.trunk.registration.is_none() || self.register.is_registered() || self.is_bridged(core);
        let state = if registered && self.hops.is_up() { TrunkState::Up } else { TrunkState::Down };
        if state != self.state {
            self.state = state;
            core.outputs.push_back(Output::Trunk(TrunkEvent { trunk: self.trunk.id, state, why: why() }));
        }
    }

    /// The registration before this one still stands, and nothing is wrong with this one yet.
    fn is_bridged(&self, core: &Core) -> bool {
        !self.register.has_failed() && self.before.as_ref().is_some_and(|before| before.register.stands(core.now))
    }

    /// Starts what this trunk needs, and says how it stands. `before`: what has its place so far.
    fn begin(&mut self, core: &mut Core, before: Option<Line>) {
        let mut why = if self.trunk.registration.is_some() { "not registered yet" } else { "configured" };
        let known = before.as_ref().map(|before| before.state);
        self.before = before.filter(|before| before.register.stands(core.now)).map(Box::new);
        if self.is_bridged(core) && self.trunk.registration.is_some() {
            (self.state, why) = (known.unwrap_or(self.state), "registers anew");
        }
        if self.hops.iter().next().is_none() {
            (self.state, why) = (TrunkState::Down, "no address");
        }
        if known != Some(self.state) {
            let (trunk, state) = (self.trunk.id, self.state);
            core.outputs.push_back(Output::Trunk(TrunkEvent { trunk, state, why: why.to_owned() }));
        }
        self.look_at_addresses(core);
        if self.trunk.registration.is_some() {
            self.send_register(core);
        }
        if self.trunk.probe.is_some() {
            self.send_probes(core);
        }
    }

    /// Tells the administrator if Via and Contact name an address that the trunk cannot send to.
    fn look_at_addresses(&self, core: &mut Core) {
        let told = self.hops.iter().filter(|hop| !is_private(hop.address.ip())).find_map(|hop| {
            let flow = core.flow_to(hop.protocol, hop.address)?;
            let ours = core.config.public(flow.protocol, flow.local).ip();
            is_private(ours).then_some(ours)
        });
        if let Some(address) = told {
            let alarm = Alarm::PrivateAddress { trunk: self.trunk.id, address };
            core.outputs.push_back(Output::Alarm(alarm));
        }
    }

    /// Whether these settings are the same line to the carrier: then they are taken over while everything goes on.
    fn is_same_line(&self, new: &Trunk) -> bool {
        let who = |trunk: &Trunk| {
            let registration = trunk.registration.as_ref();
            registration.map(|registration| (registration.registrar.clone(), registration.aor.clone()))
        };
        let old = &self.trunk;
        who(old) == who(new) && old.credentials == new.credentials && old.domain == new.domain
    }

    /// New settings of the same line.
    fn change(&mut self, core: &mut Core, trunk: Trunk) {
        let probe_before = std::mem::replace(&mut self.trunk, trunk).probe;
        self.sources = sources(&self.trunk);
        let is_moved = !self.hops.iter().eq(self.trunk.hops.iter().copied().take(HOPS_MAX));
        self.hops.change(&self.trunk.hops);
        if is_moved {
            self.look_at_addresses(core);
        }
        if self.trunk.probe != probe_before {
            core.timers.stop(Timer::Probe(self.trunk.id));
            self.hops.forget_probes();
            self.send_probes(core);
        }
        // Where it is registered is no longer one of the trunk's places.
        if self.register.over().is_some_and(|hop| !self.hops.has(hop)) {
            self.move_registration(core);
        }
        self.used = self.used.filter(|hop| self.hops.has(*hop));
        self.look(core);
        let is_empty = self.hops.iter().next().is_none();
        self.settle(core, || if is_empty { "no address" } else { "configured" }.to_owned());
    }
}

/// The addresses whose requests are a trunk's.
fn sources(trunk: &Trunk) -> Arc<[(IpAddr, u8)]> {
    let hops = trunk.hops.iter().map(|hop| (hop.address.ip(), 128));
    hops.chain(trunk.sources.iter().copied()).collect()
}

/// One request of a trunk that is not a leg's, on its way.
pub(crate) type Pending = Option<ClientKey>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_their_addresses() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(contains(ip("192.0.2.0"), 24, ip("192.0.2.255")));
        assert!(!contains(ip("192.0.2.0"), 24, ip("192.0.3.0")));
        assert!(contains(ip("192.0.2.1"), 32, ip("::ffff:192.0.2.1")));
        assert!(contains(ip("192.0.2.1"), 128, ip("192.0.2.1")));
        assert!(!contains(ip("192.0.2.1"), 128, ip("192.0.2.0")));
        assert!(contains(ip("0.0.0.0"), 0, ip("203.0.113.7")));
        assert!(!contains(ip("0.0.0.0"), 0, ip("2001:db8::1")));
        assert!(contains(ip("2001:db8::"), 32, ip("2001:db8:1::1")));
        assert!(contains(ip("::"), 0, ip("2001:db8:1::1")));
    }
}
