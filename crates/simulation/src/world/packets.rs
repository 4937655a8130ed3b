//! Packets on their way, both ways.

use std::time::Duration;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow};
use switch::Input;

use super::crowd::Party;
use super::{Event, World};
use crate::house;
use crate::ladder::Fate;
use crate::ua::{Role, Wake};
use crate::view::View;

/// How long it takes to find out that nobody is there.
const FOUND_OUT: Duration = Duration::from_millis(30);

impl World {
    /// A party sends.
    pub(super) fn party_sends(&mut self, index: usize, bytes: Bytes) {
        let Some(party) = self.parties.get(index) else { return };
        if View::read(&bytes).is_some_and(|view| view.is_request() && view.to_tag.is_empty()) {
            self.overheard = Some(bytes.clone());
        }
        if party.ua.protocol.is_reliable() {
            return self.party_streams(index, bytes);
        }
        let flow = Flow::udp(house::address(house::HOUSE), party.ua.address);
        let Some(party) = self.parties.get_mut(index) else { return };
        let arrivals = party.link.datagram(self.now, &mut self.chance);
        if arrivals.is_empty() {
            self.seen.note("network: lost");
            self.ladder.packet(self.now, index, true, || title(&bytes), Fate::Lost);
        }
        for at in arrivals {
            self.at(at, Event::ToSwitch { party: Some(index), flow, bytes: bytes.clone() });
        }
    }

    fn party_streams(&mut self, index: usize, bytes: Bytes) {
        let Some(flow) = self.stream_of(index) else { return };
        if self.stream_dies(index, flow) {
            return;
        }
        let Some(party) = self.parties.get_mut(index) else { return };
        let at = party.link.stream(self.now, flow.connection.0, true, &mut self.chance);
        self.at(at, Event::ToSwitch { party: Some(index), flow, bytes });
    }

    /// A party's stream, opened if there is none.
    fn stream_of(&mut self, index: usize) -> Option<Flow> {
        let party = self.parties.get_mut(index)?;
        if let Some(flow) = party.flow {
            return Some(flow);
        }
        self.connections += 1;
        let mut remote = party.ua.address;
        if party.ua.role == Role::Carrier {
            // It dials us from whatever port it has.
            remote.set_port(30_000 + u16::try_from(self.connections % 20_000).unwrap_or(0));
        }
        let (protocol, local) = (party.ua.protocol, house::address(house::HOUSE));
        let flow = Flow { protocol, local, remote, connection: ConnectionId(self.connections) };
        party.flow = Some(flow);
        Some(flow)
    }

    /// Now and then a stream dies of being used.
    fn stream_dies(&mut self, index: usize, flow: Flow) -> bool {
        if self.chance.below(10_000) >= self.profile.deaths {
            return false;
        }
        let Some(party) = self.parties.get_mut(index) else { return false };
        party.flow = None;
        let (life, is_phone) = (party.life, party.ua.role != Role::Carrier);
        let last = party.link.stream(self.now, flow.connection.0, true, &mut self.chance);
        self.seen.note("network: stream died");
        let after = self.chance.between_ms(0, 3_000);
        self.at(last + after, Event::StreamDied { flow });
        if is_phone {
            let after = self.chance.between_ms(100, 3_000);
            self.after(after, Event::Wake { party: index, life, wake: Wake::Register });
        }
        true
    }

    /// The switch sends.
    pub(super) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        let Some(index) = self.party_at(flow) else { return self.nobody_there(flow, &bytes) };
        self.witness.sends(self.now, flow, &bytes);
        if flow.protocol.is_reliable() {
            return self.switch_streams(index, flow, bytes);
        }
        let Some(party) = self.parties.get_mut(index) else { return };
        let (life, is_alive) = (party.life, party.ua.alive);
        let arrivals = if is_alive { party.link.datagram(self.now, &mut self.chance) } else { Vec::new() };
        let fate = if arrivals.is_empty() { Fate::Lost } else { Fate::Arrived };
        self.ladder.packet(self.now, index, false, || title(&bytes), fate);
        if !is_alive && self.chance.percent(20) {
            // Its host is up again, its SIP is not.
            self.after(FOUND_OUT, Event::CannotSend { flow });
        }
        for at in arrivals {
            self.at(at, Event::ToParty { party: index, life, bytes: bytes.clone() });
        }
    }

    fn switch_streams(&mut self, index: usize, flow: Flow, bytes: Bytes) {
        let Some(party) = self.parties.get_mut(index) else { return };
        let is_ghost = self.ghosts.contains(&flow.connection.0);
        // Phones do not listen for connections.
        let may_dial = party.ua.alive && party.ua.role == Role::Carrier;
        if party.flow.is_none() && (is_ghost || !may_dial) {
            self.ladder.packet(self.now, index, false, || title(&bytes), Fate::Lost);
            if !is_ghost {
                self.after(FOUND_OUT, Event::CannotSend { flow });
            }
            return;
        }
        if party.flow.is_none() {
            self.connections += 1;
            party.flow = Some(Flow { connection: ConnectionId(self.connections), ..flow });
        }
        let Some(open) = party.flow else { return };
        self.ladder.packet(self.now, index, false, || title(&bytes), Fate::Arrived);
        if self.stream_dies(index, open) {
            self.after(FOUND_OUT, Event::CannotSend { flow });
            return;
        }
        let Some(party) = self.parties.get_mut(index) else { return };
        let life = party.life;
        let at = party.link.stream(self.now, open.connection.0, false, &mut self.chance);
        self.at(at, Event::ToParty { party: index, life, bytes });
    }

    /// Whose packets these are: by the stream, else by the address.
    fn party_at(&self, flow: Flow) -> Option<usize> {
        let of_stream = |at: &Party| at.flow.is_some_and(|open| open.connection == flow.connection);
        let of_ip = |at: &Party| at.ua.address.ip() == flow.remote.ip() && at.ua.protocol == flow.protocol;
        let of_address = |at: &Party| of_ip(at) && (at.ua.protocol.is_reliable() || at.ua.address == flow.remote);
        let is_stream = flow.connection != ConnectionId::NONE;
        let found = self.parties.iter().position(of_stream).filter(|_| is_stream);
        found.or_else(|| self.parties.iter().position(of_address))
    }

    /// Strangers, and phones that are no longer where they were.
    fn nobody_there(&mut self, flow: Flow, bytes: &Bytes) {
        self.ladder.note(self.now, || format!("to {}, where nobody is: {}", flow.remote, title(bytes)));
        let was_somebody = self.parties.iter().any(|party| party.ua.address.ip() == flow.remote.ip());
        if was_somebody {
            self.witness.sends(self.now, flow, bytes);
            // Whoever speaks datagrams alone listens for no streams.
            if flow.protocol.is_reliable() || self.chance.percent(10) {
                self.after(FOUND_OUT, Event::CannotSend { flow });
            }
        }
    }

    pub(super) fn reaches_switch(&mut self, party: Option<usize>, flow: Flow, bytes: Bytes) {
        match party {
            Some(index) => {
                self.ladder.packet(self.now, index, true, || title(&bytes), Fate::Arrived);
                if let Some(view) = View::read(&bytes) {
                    self.witness.hears(self.now, flow, &view);
                }
            }
            None => self.ladder.note(self.now, || format!("a stranger says {}", title(&bytes))),
        }
        self.tell(Input::Packet { flow, bytes });
    }

    pub(super) fn reaches_party(&mut self, index: usize, life: u32, bytes: &Bytes) {
        let lives = self.parties.get(index).is_some_and(|party| party.life == life && party.ua.alive);
        if lives {
            self.play(index, |ua, scene| ua.hear(scene, bytes));
        }
    }
}

fn title(bytes: &Bytes) -> String {
    let first = || bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    View::read(bytes).map_or_else(|| String::from_utf8_lossy(first()).into_owned(), |view| view.title())
}
