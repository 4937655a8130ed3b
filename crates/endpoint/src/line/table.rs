//! Every trunk: whose a request is, and what changes when the settings do.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Instant;

use sip::flow::{ConnectionId, Flow, Protocol};

use super::Line;
use crate::core::{Core, Token};
use crate::order::LegId;
use crate::timer::Timer;
use crate::trunk::{Hop, RegistrationNow, Trunk, TrunkId, TrunkState};

/// Streams whose certified names are kept.
const CERTIFIED_MAX: usize = 1_000;
/// Registrations that are being removed.
const LEAVING_MAX: usize = 100;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    lines: BTreeMap<TrunkId, Line>,
    /// Lines that are no more, until their registration is removed; by the user part of their Contact.
    leaving: HashMap<Token, Line>,
    /// The names that peers of open streams have proved.
    certified: HashMap<ConnectionId, Vec<String>>,
}

impl Lines {
    /// All trunks there are. One that stays the same line to its carrier goes on as it is, with its new settings; another
    /// identity is registered anew, and the old registration goes when the new one stands. Gives the legs that waited for a
    /// trunk that is no more.
    pub(crate) fn set_trunks(&mut self, core: &mut Core, trunks: Vec<Trunk>) -> Vec<LegId> {
        let mut before = std::mem::take(&mut self.lines);
        let mut stranded = Vec::new();
        for trunk in trunks {
            let id = trunk.id;
            let line = match before.remove(&id) {
                Some(line) if line.trunk == trunk => line,
                Some(mut line) if line.is_same_line(&trunk) => {
                    line.change(core, trunk);
                    line
                }
                old => self.replace(core, old, trunk),
            };
            if let Some(twice) = self.lines.insert(id, line) {
                stranded.extend(self.remove(core, twice));
            }
        }
        for line in before.into_values() {
            stranded.extend(self.remove(core, line));
        }
        stranded
    }

    /// A line with another identity than it had.
    fn replace(&mut self, core: &mut Core, old: Option<Line>, trunk: Trunk) -> Line {
        let mut line = Line::new(core, trunk);
        let old = old.map(|mut old| {
            old.stop_timers(core);
            line.turns = std::mem::take(&mut old.turns);
            // Not registered yet itself: what it was to follow is followed by this one.
            match old.before.take() {
                Some(before) if !old.register.is_registered() => *before,
                Some(before) => {
                    self.leave(core, *before);
                    old
                }
                None => old,
            }
        });
        let (stays, goes) = if line.trunk.registration.is_some() { (old, None) } else { (None, old) };
        line.begin(core, stays);
        if let Some(goes) = goes {
            self.leave(core, goes);
        }
        line
    }

    /// The trunk is taken away: nothing of it goes on.
    fn remove(&mut self, core: &mut Core, mut line: Line) -> Vec<LegId> {
        line.stop_timers(core);
        core.timers.stop(Timer::Turn(line.trunk.id));
        let stranded = line.turns.clear().into_iter().map(|invite| invite.leg).collect();
        if let Some(before) = line.before.take() {
            self.leave(core, *before);
        }
        self.leave(core, line);
        stranded
    }

    /// Removes a registration from its carrier.
    fn leave(&mut self, core: &mut Core, mut line: Line) {
        if line.register.stands(core.now) && self.leaving.len() < LEAVING_MAX && line.send_farewell(core) {
            self.leaving.insert(line.contact_user, line);
        }
    }

    /// The line that is being left under this Contact.
    pub(crate) fn leaving(&mut self, contact: Token) -> Option<&mut Line> {
        self.leaving.get_mut(&contact)
    }

    /// The carrier has heard that we left, or never will.
    pub(crate) fn left(&mut self, contact: Token) {
        self.leaving.remove(&contact);
    }

    /// A registration stands now: the one whose place it takes is removed.
    pub(crate) fn drop_before(&mut self, core: &mut Core, id: TrunkId) {
        let Some(line) = self.lines.get_mut(&id).filter(|line| line.register.is_registered()) else { return };
        if let Some(before) = line.before.take() {
            self.leave(core, *before);
        }
    }

    pub(crate) fn get(&self, id: TrunkId) -> Option<&Line> {
        self.lines.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: TrunkId) -> Option<&mut Line> {
        self.lines.get_mut(&id)
    }

    /// Every trunk and its health.
    pub(crate) fn states(&self) -> Vec<(TrunkId, TrunkState)> {
        self.lines.iter().map(|(id, line)| (*id, line.state)).collect()
    }

    /// How each registration stands; trunks that do not register have none.
    pub(crate) fn registrations(&self, now: Instant) -> Vec<(TrunkId, RegistrationNow)> {
        let registers = self.lines.iter().filter(|(_, line)| line.trunk.registration.is_some());
        registers.map(|(id, line)| (*id, line.register.told(now))).collect()
    }

    /// Whether any trunk has this address.
    fn own(&self, ip: IpAddr) -> bool {
        self.lines.values().any(|line| line.owns(ip))
    }

    /// Whether a flow is some trunk's, by its address or its certificate: then it is never banned.
    pub(crate) fn own_flow(&self, flow: Flow) -> bool {
        let names = self.certified.get(&flow.connection).filter(|_| flow.connection != ConnectionId::NONE);
        self.own(flow.remote.ip())
            || names.is_some_and(|names| self.lines.values().any(|line| line.is_certified(names)))
    }

    /// Calls that wait for their turn on some trunk.
    pub(crate) fn waiting(&self) -> usize {
        self.lines.values().map(|line| line.turns.len()).sum()
    }

    /// Whether this leg waits for its turn.
    pub(crate) fn has_waiting(&self, leg: LegId) -> bool {
        self.lines.values().any(|line| line.turns.has(leg))
    }

    /// A leg waits no longer. `false`: it did not.
    pub(crate) fn give_up(&mut self, leg: LegId) -> bool {
        self.lines.values_mut().any(|line| line.turns.leave(leg))
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

    /// Whose request this is: it came to a Contact that we have registered (nobody else can guess it), over a stream whose peer
    /// has a trunk's certificate, or from an address of the trunk's; the exact address of a hop before a block, and the first in
    /// order of priority before others.
    pub(crate) fn of_request(&self, flow: Flow, request_user: &str) -> Option<&Line> {
        let source = flow.remote;
        if let Some(token) = Token::parse(request_user)
            && let Some(line) = self.lines.values().find(|line| line.has_registered(token))
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
            line.send_register(core);
        }
    }

    /// Timer: our REGISTER was not answered by this hop.
    pub(crate) fn register_silent(&mut self, core: &mut Core, id: TrunkId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.register_silent(core);
        }
    }

    /// Timer: probe again.
    pub(crate) fn probe(&mut self, core: &mut Core, id: TrunkId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.send_probes(core);
        }
    }

    /// A stream closed: a trunk that registered over it registers again, over a new one.
    pub(crate) fn flow_closed(&mut self, core: &mut Core, flow: Flow) {
        if flow.protocol == Protocol::Udp {
            return;
        }
        self.certified.remove(&flow.connection);
        let hop = Hop { protocol: flow.protocol, address: flow.remote };
        for line in self.lines.values_mut() {
            if line.register.over() == Some(hop) {
                line.register_anew(core);
            }
        }
    }
}
