//! A user-agent written plainly from RFC 3261, 3262, 3264, 3311, 3515 and 4028: a second opinion on the same RFCs. It shares
//! with the switch how a message is read, and nothing else: no transaction layer, no dialog, no endpoint.
//!
//! A [`Ua`] is a carrier's gateway (callers and mobiles behind one address) or one operator's phone. It knows the rules and
//! keeps them, except where its [`Deed`]s are mischief. What it is asked to do it says with [`Act`]s.

mod answers;
mod clients;
mod deeds;
mod dialogs;
mod incoming;
mod register;
pub mod sdp;
mod servers;
mod talk;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sip::flow::Protocol;

use crate::chance::Chance;
use crate::coverage::Coverage;
use crate::view::View;
use clients::Client;
pub use deeds::Deed;
use register::Registration;
use servers::Server;
pub use talk::Talk;

/// T1 of RFC 3261.
pub const T1: Duration = Duration::from_millis(500);
/// T2.
pub const T2: Duration = Duration::from_secs(4);
/// 64*T1.
pub const PATIENCE: Duration = Duration::from_secs(32);

/// What kind of party it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A carrier's gateway.
    Carrier,
    /// A phone of this operator.
    Phone {
        /// Row of the operator.
        operator: i64,
    },
}

/// What it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Sends this to the switch.
    Send(Bytes),
    /// Wants to be woken.
    Wake(Duration, Wake),
    /// Presses a key; it is heard at this port of the switch.
    Key(u16, char),
    /// Something for the ladder.
    Note(String),
}

/// Why it is woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// Timers A, E: send the request of this client transaction again.
    Resend(u64),
    /// Timers B, F: it is over.
    GiveUp(u64),
    /// Timer G, and reliable provisionals: send the response again.
    Repeat(u64),
    /// Timers H, I, J: forget the server transaction.
    Forget(u64),
    /// A 2xx that is not acknowledged yet goes out again.
    Repeat2xx(u32),
    /// Something this party does of its own will.
    Do(u32, Deed),
    /// Registers.
    Register,
}

/// What a party sees while it acts.
pub struct Scene<'a> {
    /// Since the beginning.
    pub now: Duration,
    /// Its decisions.
    pub chance: &'a mut Chance,
    /// What it does.
    pub acts: &'a mut Vec<Act>,
    /// What happened.
    pub seen: &'a mut Coverage,
    /// What the switch did wrong, in its opinion.
    pub complaints: &'a mut Vec<String>,
    /// Misbehaving parties, of a hundred calls.
    pub mischief: u64,
}

impl Scene<'_> {
    fn send(&mut self, bytes: Bytes) {
        self.acts.push(Act::Send(bytes));
    }

    fn wake(&mut self, after: Duration, wake: Wake) {
        self.acts.push(Act::Wake(after, wake));
    }

    /// A time between the two.
    fn time(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        self.chance.between_ms(from_ms, to_ms)
    }

    /// This dialog does it after that.
    fn plan(&mut self, after: Duration, talk: u32, deed: Deed) {
        self.wake(after, Wake::Do(talk, deed));
    }

    /// This dialog does it at some time between the two.
    fn sometime(&mut self, from_ms: u64, to_ms: u64, talk: u32, deed: Deed) {
        let after = self.time(from_ms, to_ms);
        self.plan(after, talk, deed);
    }
}

/// A party.
#[derive(Debug)]
pub struct Ua {
    /// For ladders, and in its branches.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it is.
    pub address: SocketAddr,
    /// Not crashed.
    pub alive: bool,
    /// Its dialogs.
    pub talks: BTreeMap<u32, Talk>,
    clients: BTreeMap<u64, Client>,
    servers: BTreeMap<u64, Server>,
    registration: Registration,
    next: u64,
    next_rtp: u16,
    /// It takes UPDATE.
    allows_update: bool,
}

impl Ua {
    /// A party that has done nothing yet.
    pub fn new(name: String, role: Role, protocol: Protocol, address: SocketAddr) -> Self {
        Self {
            name,
            role,
            protocol,
            address,
            alive: true,
            talks: BTreeMap::new(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            registration: Registration::default(),
            next: 1,
            next_rtp: 10_000,
            allows_update: true,
        }
    }

    /// It has never heard of UPDATE.
    pub fn without_update(self) -> Self {
        Self { allows_update: false, ..self }
    }

    /// Power is gone: nothing is remembered.
    pub fn crash(&mut self) {
        self.alive = false;
        self.talks.clear();
        self.clients.clear();
        self.servers.clear();
        self.registration = Registration::default();
    }

    /// A message from the switch.
    pub fn hear(&mut self, scene: &mut Scene<'_>, bytes: &Bytes) {
        let Some(view) = View::read(bytes) else {
            scene.complaints.push(format!("{} cannot read {:?}", self.name, String::from_utf8_lossy(bytes)));
            return;
        };
        // Whoever has fallen silent says nothing to anything of that call.
        if self.talks.values().any(|talk| talk.dead && talk.call_id == view.call_id) {
            return;
        }
        if view.is_request() { self.asked(scene, view) } else { self.answered(scene, view) }
    }

    /// A timer.
    pub fn woken(&mut self, scene: &mut Scene<'_>, wake: Wake) {
        match wake {
            Wake::Resend(id) => self.resend(scene, id),
            Wake::GiveUp(id) => self.give_up(scene, id),
            Wake::Repeat(id) => self.repeat(scene, id),
            Wake::Forget(id) => {
                self.servers.remove(&id);
            }
            Wake::Repeat2xx(talk) => self.repeat_2xx(scene, talk),
            Wake::Do(talk, deed) => self.act(scene, talk, deed),
            Wake::Register => self.register(scene),
        }
    }

    /// Does anybody speak at this address?
    pub fn speaks_at(&self, rtp: SocketAddr) -> bool {
        let here = |talk: &&Talk| rtp == SocketAddr::new(self.address.ip(), talk.sdp.port);
        self.alive && self.talks.values().any(|talk| here(&talk) && talk.speaks())
    }

    /// A number never used before.
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
