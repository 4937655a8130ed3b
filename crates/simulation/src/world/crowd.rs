//! Who is around the house, and what they do in the course of the day.

use std::sync::Arc;
use std::time::Duration;

use sip::flow::{Flow, Protocol};
use switch::{Command, Input};

use super::{Event, World};
use crate::desk::Desk;
use crate::house::{self, Carrier};
use crate::post::Link;
use crate::strangers;
use crate::ua::{Role, Ua, Wake};

/// Where strangers are.
const STRANGER: &str = "203.0.113.66:5060";
/// Carriers: name and address.
const CARRIERS: [(&str, &str); 2] = [("carrier-a", "198.51.100.1:5060"), ("carrier-b", "198.51.100.2:5060")];
/// Phones: operator and address.
const PHONES: [(i64, &str, &str); 4] = [
    (1, "hanako-1", "203.0.113.5:40000"),
    (1, "hanako-2", "203.0.113.6:40000"),
    (2, "taro", "203.0.113.7:40000"),
    (3, "jiro", "203.0.113.8:40000"),
];

/// A party and its link.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) ua: Ua,
    pub(super) link: Link,
    /// Grows with each crash: what was meant for an earlier life is not heard.
    pub(super) life: u32,
    /// Its stream, if it speaks over one and that is open.
    pub(super) flow: Option<Flow>,
}

impl World {
    /// Carriers, phones, and the directory.
    pub(super) fn open_the_house(&mut self) {
        self.happen(Event::WallClock);
        let mut carriers = Vec::new();
        for (name, at) in CARRIERS {
            let protocol = self.protocol();
            let carrier = Carrier { protocol, address: house::address(at) };
            carriers.push(carrier);
            self.join(Ua::new(name.to_owned(), Role::Carrier, protocol, carrier.address));
        }
        let directory = house::directory(&carriers, &mut self.chance);
        self.tell(Input::Directory(Arc::new(directory)));
        for (operator, name, at) in PHONES {
            let protocol = self.protocol();
            let index = self.join(Ua::new(name.to_owned(), Role::Phone { operator }, protocol, house::address(at)));
            let after = self.chance.between_ms(0, 2_000);
            self.after(after, Event::Wake { party: index, life: 0, wake: Wake::Register });
        }
        self.after(crate::voice::LISTEN_EVERY, Event::Listen);
    }

    fn protocol(&mut self) -> Protocol {
        if self.chance.percent(self.profile.streams) { Protocol::Tcp } else { Protocol::Udp }
    }

    fn join(&mut self, ua: Ua) -> usize {
        let ua = if self.chance.percent(40) { ua.without_update() } else { ua };
        let link = Link::new(self.profile.weather(&mut self.chance));
        self.parties.push(Party { ua, link, life: 0, flow: None });
        self.parties.len() - 1
    }

    /// When calls come and what else befalls; the end of the day.
    pub(super) fn plan_the_day(&mut self) -> Duration {
        let day = self.chance.between_ms(40_000, 150_000);
        let calls = 3 + self.chance.below(8);
        self.some(day, calls, 500, || Event::Call);
        let presses = self.chance.below(30);
        self.some(day, presses, 3_000, || Event::Desk);
        let notices = self.chance.below(4);
        self.some(day, notices, 3_000, || Event::Notice);
        self.some(day, self.profile.strangers, 100, || Event::Stranger);
        if self.chance.percent(self.profile.partitions) {
            self.some(day, 1, 5_000, || Event::Cut);
        }
        for party in 0..self.parties.len() {
            let is_phone = self.parties.get(party).is_some_and(|party| party.ua.role != Role::Carrier);
            if is_phone && self.chance.percent(self.profile.crashes) {
                self.some(day, 1, 4_000, move || Event::Crash { party });
            }
        }
        day
    }

    /// So many of these at any time of the day.
    fn some(&mut self, day: Duration, count: u64, from_ms: u64, event: impl Fn() -> Event) {
        let millis = u64::try_from(day.as_millis()).unwrap_or(0);
        for _ in 0..count {
            let at = self.chance.between_ms(from_ms, millis);
            self.at(at, event());
        }
    }

    pub(super) fn somebody_calls(&mut self) {
        let [first, others @ ..] = house::DIALLED;
        let dialled = if self.chance.percent(60) { first } else { self.chance.of(first, &others) };
        let carrier = usize::from(self.chance.percent(30));
        self.play(carrier, |ua, scene| ua.call_in(scene, dialled));
    }

    pub(super) fn somebody_presses(&mut self) {
        let command = self.desk.presses(&mut self.chance);
        self.commands += 1;
        let number = self.commands;
        self.ladder.note(self.now, || format!("command {number}: {command:?}"));
        self.tell(Input::Command { number, command });
    }

    pub(super) fn somebody_is_notified(&mut self) {
        self.commands += 1;
        let number = self.commands;
        let command = Desk::notifies(&mut self.chance, number);
        self.ladder.note(self.now, || format!("command {number}: {command:?}"));
        if let Command::NotifyCall(notice) = &command {
            self.asked_notices.insert(number, notice.id.clone());
        }
        self.tell(Input::Command { number, command });
    }

    pub(super) fn a_stranger_speaks(&mut self) {
        let bytes = strangers::packet(&mut self.chance, self.overheard.as_ref());
        let flow = Flow::udp(house::address(house::HOUSE), house::address(STRANGER));
        self.seen.note("stranger: packet");
        let after = self.chance.between_ms(1, 50);
        self.after(after, Event::ToSwitch { party: None, flow, bytes });
    }

    pub(super) fn a_link_is_cut(&mut self) {
        let count = u64::try_from(self.parties.len()).unwrap_or(1);
        let index = usize::try_from(self.chance.below(count)).unwrap_or(0);
        let until = self.now + self.chance.between_ms(2_000, 60_000);
        self.seen.note("network: partition");
        if let Some(party) = self.parties.get_mut(index) {
            party.link.cut(until);
            let name = party.ua.name.clone();
            self.ladder.note(self.now, || format!("{name} is cut off until {:.3}", until.as_secs_f64()));
        }
    }

    /// A phone loses its power. Its stream says so, or nobody.
    pub(super) fn crashes(&mut self, index: usize) {
        let Some(party) = self.parties.get_mut(index).filter(|party| party.ua.alive) else { return };
        party.ua.crash();
        party.life += 1;
        let (name, flow) = (party.ua.name.clone(), party.flow.take());
        self.ladder.note(self.now, || format!("{name} crashes"));
        self.seen.note("phone: crash");
        if let Some(flow) = flow {
            let is_told = self.chance.percent(50);
            let after = if is_told { self.chance.between_ms(1, 500) } else { Duration::from_secs(60) };
            self.ghosts.insert(flow.connection.0);
            self.after(after, Event::StreamDied { flow });
        }
        let after = self.chance.between_ms(1_000, 40_000);
        self.after(after, Event::Restart { party: index });
    }

    /// It comes back, with another port.
    pub(super) fn restarts(&mut self, index: usize) {
        let Some(party) = self.parties.get_mut(index) else { return };
        party.ua.alive = true;
        let port = party.ua.address.port();
        party.ua.address.set_port(port + 2);
        let life = party.life;
        self.wakes(index, life, Wake::Register);
    }
}
