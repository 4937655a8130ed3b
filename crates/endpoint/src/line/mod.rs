//! Trunks: whose packet is it, are they up, and how are they called.

mod challenge;
mod identity;
mod probe;
mod register;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use sip::digest::Challenge;
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::Name;
use sip::transaction::ClientKey;

use crate::core::{Core, Token};
use crate::output::{Output, TrunkEvent};
use crate::timer::Timer;
use crate::trunk::{Hop, Trunk, TrunkId, TrunkState};

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

/// Streams whose certified names are kept.
const CERTIFIED_MAX: usize = 1_000;

/// One trunk and what is known of it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) trunk: Trunk,
    /// The trunk's addresses: its proxy's and its blocks.
    pub(crate) sources: Arc<[(IpAddr, u8)]>,
    /// Random user part of our Contact: what comes to it is this trunk's (JAPAN.md).
    pub(crate) contact_user: Token,
    state: TrunkState,
    register: register::Register,
    probe: probe::Probe,
    /// The realm whose challenges are answered, once known (R16).
    realm: Option<String>,
    /// The last challenge to our REGISTER, to answer before it is asked again.
    challenge: Option<(Name, Challenge, u32)>,
    /// Service-Route of the registrar (RFC 3608).
    pub(crate) routes: Vec<Bytes>,
}

impl Line {
    fn new(core: &mut Core, trunk: Trunk) -> Self {
        let mut sources: Vec<(IpAddr, u8)> = trunk.hops.iter().map(|hop| (hop.address.ip(), 128)).collect();
        sources.extend(trunk.sources.iter().copied());
        Self {
            sources: sources.into(),
            contact_user: core.token(),
            state: if trunk.registration.is_some() { TrunkState::Down } else { TrunkState::Up },
            register: register::Register::new(core),
            probe: probe::Probe::default(),
            realm: trunk.credentials.as_ref().and_then(|credentials| credentials.realm.clone()),
            challenge: None,
            routes: Vec::new(),
            trunk,
        }
    }

    /// Where its requests go.
    pub(crate) fn hop(&self) -> Option<Hop> {
        self.trunk.hops.first().copied()
    }

    /// The way there.
    pub(crate) fn flow(&self, core: &Core) -> Option<Flow> {
        self.hop().and_then(|hop| core.flow_to(hop.protocol, hop.address))
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
        self.trunk.hops.iter().any(|hop| plain(hop.address) == plain(source))
    }

    /// Whether the peer of a stream has proved one of the names that this trunk goes by.
    fn is_certified(&self, names: &[String]) -> bool {
        self.trunk.certificate_names.iter().any(|name| names.contains(name))
    }

    /// Says whether the trunk's health has changed.
    fn settle(&mut self, core: &mut Core, why: impl FnOnce() -> String) {
        let registered = self.trunk.registration.is_none() || self.register.is_registered();
        let state = if registered && self.probe.is_up() { TrunkState::Up } else { TrunkState::Down };
        if state != self.state {
            self.state = state;
            core.outputs.push_back(Output::Trunk(TrunkEvent { trunk: self.trunk.id, state, why: why() }));
        }
    }

    /// Starts what this trunk needs, and says how it stands.
    fn begin(&mut self, core: &mut Core) {
        let why = if self.trunk.registration.is_some() { "not registered yet" } else { "configured" };
        let (trunk, state) = (self.trunk.id, self.state);
        core.outputs.push_back(Output::Trunk(TrunkEvent { trunk, state, why: why.to_owned() }));
        if self.trunk.registration.is_some() {
            self.send_register(core, None);
        }
        if self.trunk.probe.is_some() {
            self.send_probe(core);
        }
    }
}

/// Every trunk.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: BTreeMap<TrunkId, Line>,
    /// The names that peers of open streams have proved.
    certified: HashMap<ConnectionId, Vec<String>>,
}

impl Lines {
    /// All trunks there are. Those that stay the same are not touched.
    pub(crate) fn set_trunks(&mut self, core: &mut Core, trunks: Vec<Trunk>) {
        let mut before = std::mem::take(&mut self.lines);
        for trunk in trunks {
            let id = trunk.id;
            let line = match before.remove(&id) {
                Some(line) if line.trunk == trunk => line,
                old => {
                    if let Some(mut old) = old {
                        old.leave(core);
                    }
                    let mut line = Line::new(core, trunk);
                    line.begin(core);
                    line
                }
            };
            self.lines.insert(id, line);
        }
        for line in before.values_mut() {
            line.leave(core);
        }
    }

    pub(crate) fn get(&self, id: TrunkId) -> Option<&Line> {
        self.lines.get(&id)
    }

    /// Every trunk and its health.
    pub(crate) fn states(&self) -> Vec<(TrunkId, TrunkState)> {
        self.lines.iter().map(|(id, line)| (*id, line.state)).collect()
    }

    /// Whether any trunk has this address: then it is never banned.
    pub(crate) fn own(&self, ip: IpAddr) -> bool {
        self.lines.values().any(|line| line.owns(ip))
    }

    /// The peer of this stream is each of `names`, by its certificate.
    pub(crate) fn certified(&mut self, core: &mut Core, flow: Flow, names: Vec<String>) {
        if flow.connection == ConnectionId::NONE {
            return;
        }
        if self.certified.len() >= CERTIFIED_MAX && !self.certified.contains_key(&flow.connection) {
            return core.alarm_full("certified streams", CERTIFIED_MAX);
        }
        self.certified.insert(flow.connection, names);
    }

    /// Whose request this is: it came to the Contact that we have registered (nobody else can guess it), over a stream whose peer
    /// has a trunk's certificate, or from an address of the trunk's; the exact address of a hop before a block, and the first in
    /// order of priority before others.
    pub(crate) fn of_request(&self, flow: Flow, request_user: &str) -> Option<&Line> {
        let source = flow.remote;
        if let Some(token) = Token::parse(request_user)
            && let Some(line) =
                self.lines.values().find(|line| line.contact_user == token && line.register.is_registered())
        {
            return Some(line);
        }
        let names = self.certified.get(&flow.connection).map(Vec::as_slice).unwrap_or_default();
        let certified = self.lines.values().filter(|line| line.is_certified(names));
        if let Some(line) = certified.min_by_key(|line| (line.trunk.priority, line.trunk.id)) {
            return Some(line);
        }
        let of_source = self.lines.values().filter(|line| line.is_from(source));
        of_source.min_by_key(|line| (!line.is_hop(source), line.trunk.priority, line.trunk.id))
    }

    /// Timer: register again.
    pub(crate) fn register(&mut self, core: &mut Core, id: TrunkId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.send_register(core, None);
        }
    }

    /// Timer: probe again.
    pub(crate) fn probe(&mut self, core: &mut Core, id: TrunkId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.send_probe(core);
        }
    }

    pub(crate) fn get_mut(&mut self, id: TrunkId) -> Option<&mut Line> {
        self.lines.get_mut(&id)
    }

    /// A stream closed: a trunk that registered over it registers again, over a new one.
    pub(crate) fn flow_closed(&mut self, core: &mut Core, flow: Flow) {
        if flow.protocol == Protocol::Udp {
            return;
        }
        self.certified.remove(&flow.connection);
        for line in self.lines.values_mut() {
            let its = line.trunk.hops.contains(&Hop { protocol: flow.protocol, address: flow.remote });
            if its && line.trunk.registration.is_some() && line.register.is_registered() {
                core.timers.set(Timer::Register(line.trunk.id), core.now);
            }
        }
    }
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
