//! One history: the switch, everybody around it, and time.

mod crowd;
mod packets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::flow::Flow;
use switch::{Config, Input, MediaAddress, Output, Switch, media};

use crate::Outcome;
use crate::books::Books;
use crate::chance::Chance;
use crate::coverage::Coverage;
use crate::desk::Desk;
use crate::house;
use crate::ladder::Ladder;
use crate::profile::Profile;
use crate::ua::{Act, Scene, Wake};
use crate::voice::{LISTEN_EVERY, Voice};
use crate::witness::Witness;
use crowd::Party;

/// When a history begins, by the wall clock: a day in November 2026.
const UNIX_MS: i64 = 1_795_253_100_000;
/// Things that may happen in one moment; more is a machine that runs in a circle.
const STEPS_AT_ONCE_MAX: u32 = 20_000;
/// Complaints kept of one history: the first ones tell.
const COMPLAINTS_MAX: usize = 20;
/// After everybody has gone home: two times 64*T1, and T4.
const QUIET: Duration = Duration::from_secs(70);

/// An INVITE may be on its way for so long: 64*T1, and as late as a packet may be.
const ON_ITS_WAY_MAX: Duration = Duration::from_secs(40);

/// Something that will happen.
#[derive(Debug)]
enum Event {
    ToSwitch { party: Option<usize>, flow: Flow, bytes: Bytes },
    ToParty { party: usize, life: u32, bytes: Bytes },
    StreamDied { flow: Flow },
    CannotSend { flow: Flow },
    Wake { party: usize, life: u32, wake: Wake },
    Voice(media::Event),
    Listen,
    WallClock,
    Call,
    Desk,
    Notice,
    Stranger,
    Cut,
    Crash { party: usize },
    Restart { party: usize },
}

/// See the module.
pub struct World {
    begin: Instant,
    now: Duration,
    profile: Profile,
    chance: Chance,
    switch: Switch,
    parties: Vec<Party>,
    due: BTreeMap<(Duration, u64), Event>,
    scheduled: u64,
    connections: u64,
    /// Streams whose other end lost its power: what goes there vanishes.
    ghosts: BTreeSet<u64>,
    voice: Voice,
    witness: Witness,
    books: Books,
    desk: Desk,
    ladder: Ladder,
    seen: Coverage,
    complaints: Vec<String>,
    commands: u64,
    /// Notices that were asked for, by the command's number.
    asked_notices: BTreeMap<u64, String>,
    /// Nobody begins anything any more.
    is_evening: bool,
    overheard: Option<Bytes>,
}

impl World {
    /// The house, its people and the network of this seed.
    pub fn new(begin: Instant, seed: u64, profile: Profile, keep: bool) -> Self {
        let mut chance = Chance::new(seed);
        let mut config = endpoint::Config::new(house::REALM, house::listeners());
        config.trace = chance.percent(50);
        config.times.keep_alive = chance.percent(70).then_some(Duration::from_secs(30));
        let media = MediaAddress::from(house::address(house::HOUSE).ip());
        let config = Config::new(config, [media], house::RTP_PORTS);
        let switch = Switch::new(begin, config, chance.key());
        let mut world = Self {
            begin,
            now: Duration::ZERO,
            profile,
            switch,
            parties: Vec::new(),
            due: BTreeMap::new(),
            scheduled: 0,
            connections: 0,
            ghosts: BTreeSet::new(),
            voice: Voice::default(),
            witness: Witness::default(),
            books: Books::default(),
            desk: Desk::default(),
            ladder: Ladder::new(keep),
            seen: Coverage::default(),
            complaints: Vec::new(),
            commands: 0,
            asked_notices: BTreeMap::new(),
            is_evening: false,
            overheard: None,
            chance,
        };
        world.open_the_house();
        world
    }

    /// Lives through the day, and tells.
    pub fn run(mut self) -> Outcome {
        let day = self.plan_the_day();
        self.until(day, |_| false);
        self.is_evening = true;
        let night = day + Duration::from_secs(u64::from(house::CALL_SECONDS_MAX) + 60);
        self.wait_until_idle(night);
        if !self.switch.idle() {
            let (calls, legs) = (self.switch.calls(), self.switch.endpoint().leg_count());
            self.complain(format!("not idle in the night: {calls} calls, {legs} legs"));
        }
        self.until(self.now + QUIET, |_| false);
        // Without accounts and trunks nothing is left to be kept alive.
        self.tell(Input::Directory(Arc::default()));
        self.until(self.now + QUIET, |_| false);
        self.judge();
        let names: Vec<String> = self.parties.iter().map(|party| party.ua.name.clone()).collect();
        Outcome {
            complaints: self.complaints,
            calls: self.books.calls(),
            coverage: self.seen,
            ladder: self.ladder.draw(&names),
        }
    }

    /// Until nothing is left of any call, and nothing more comes that was on its way.
    fn wait_until_idle(&mut self, night: Duration) {
        while self.now < night && self.complaints.is_empty() {
            self.until(night, |world| world.switch.idle());
            self.until(self.now + ON_ITS_WAY_MAX, |_| false);
            if self.switch.idle() {
                return;
            }
        }
    }

    fn judge(&mut self) {
        let endpoint = self.switch.endpoint();
        if !endpoint.is_idle() {
            let what = format!("something is left of the SIP side: {endpoint:?}");
            self.complain(what);
        }
        if self.switch.poll_timeout().is_some() {
            self.complain("a timer is left".to_owned());
        }
        if !self.voice.is_idle() {
            let what = format!("the voice path is not closed: {:?}", self.voice);
            self.complain(what);
        }
        self.witness.judge(self.now);
        self.books.judge(&mut self.complaints);
        self.collect();
    }

    /// Lets time pass until then, or until it is enough.
    fn until(&mut self, end: Duration, is_enough: impl Fn(&Self) -> bool) {
        let mut steps_at_once = 0;
        while self.complaints.is_empty() {
            if is_enough(self) {
                return;
            }
            let timeout = self.switch.poll_timeout().map(|at| at.saturating_duration_since(self.begin));
            let event = self.due.keys().next().map(|(at, _)| *at);
            let Some(next) = timeout.into_iter().chain(event).min().filter(|next| *next <= end) else { break };
            steps_at_once = if next > self.now { 0 } else { steps_at_once + 1 };
            self.now = self.now.max(next);
            if steps_at_once > STEPS_AT_ONCE_MAX {
                return self.complain("time stands still".to_owned());
            }
            if event == Some(next)
                && let Some((_, event)) = self.due.pop_first()
            {
                self.happen(event);
            } else {
                self.switch.handle_timeout(self.begin + self.now);
                self.turn();
            }
        }
        self.now = self.now.max(end);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::ToSwitch { party, flow, bytes } => self.reaches_switch(party, flow, bytes),
            Event::ToParty { party, life, bytes } => self.reaches_party(party, life, &bytes),
            Event::StreamDied { flow } => {
                self.witness.stream_died(flow);
                self.ladder.note(self.now, || format!("stream {} to {} is closed", flow.connection.0, flow.remote));
                self.tell(Input::FlowClosed { flow });
            }
            Event::CannotSend { flow } => {
                self.ladder.note(self.now, || format!("nobody is reached at {}", flow.remote));
                self.seen.note("network: cannot send");
                self.witness.cannot_send(flow);
                self.tell(Input::TransportFailed { flow });
            }
            Event::Wake { party, life, wake } => self.wakes(party, life, wake),
            Event::Voice(event) => {
                if !self.voice.is_told(&event) {
                    return;
                }
                self.ladder.note(self.now, || without_moments(&format!("voice: {event:?}")));
                self.tell(Input::Media(event));
            }
            Event::Listen => self.listen(),
            Event::WallClock => {
                let unix_ms = UNIX_MS + i64::try_from(self.now.as_millis()).unwrap_or(0);
                self.tell(Input::WallClock { unix_ms });
                if !self.is_evening {
                    self.after(Duration::from_secs(20), Event::WallClock);
                }
            }
            Event::Call => self.somebody_calls(),
            Event::Desk => self.somebody_presses(),
            Event::Notice => self.somebody_is_notified(),
            Event::Stranger => self.a_stranger_speaks(),
            Event::Cut => self.a_link_is_cut(),
            Event::Crash { party } => self.crashes(party),
            Event::Restart { party } => self.restarts(party),
        }
    }

    fn after(&mut self, after: Duration, event: Event) {
        self.at(self.now + after, event);
    }

    fn at(&mut self, at: Duration, event: Event) {
        self.scheduled += 1;
        if self.due.len() > crate::post::IN_THE_AIR_MAX {
            return self.complain("more and more is going to happen".to_owned());
        }
        self.due.insert((at, self.scheduled), event);
    }

    fn complain(&mut self, what: String) {
        self.ladder.note(self.now, || format!("BROKEN: {what}"));
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(format!("{:.3}: {what}", self.now.as_secs_f64()));
        }
    }

    /// Tells the switch something, and does what it wants.
    fn tell(&mut self, input: Input) {
        self.switch.handle_input(self.begin + self.now, input);
        self.turn();
    }

    /// Everything that the switch wants done now; then every promise is checked.
    fn turn(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => self.transmit(flow, bytes),
                Output::Media(order) => self.voice_order(&order),
                Output::Event(event) => {
                    self.ladder.note(self.now, || format!("{event:?}"));
                    self.desk.event(&event);
                    self.books.event(&event, &mut self.seen, &mut self.complaints);
                }
                Output::Record(record) => self.books.record(*record, &mut self.seen, &mut self.complaints),
                Output::DialIn { .. } => {
                    self.complain("somebody reached a recordings line that there is not".to_owned())
                }
                Output::Close { flow } => self.complain(format!("{flow:?} is closed, and nobody's login has lapsed")),
                Output::Done { number, result } => {
                    if let Some(id) = self.asked_notices.remove(&number).filter(|_| result.is_ok()) {
                        self.books.notice_begun(id);
                    }
                    self.ladder.note(self.now, || format!("command {number}: {result:?}"));
                    self.seen.note(if result.is_ok() { "desk: done" } else { "desk: refused" });
                }
            }
        }
        self.witness.turn_is_over(self.now);
        self.voice.judge(&mut self.complaints);
        for broken in self.switch.audit() {
            self.complain(format!("audit: {broken}"));
        }
        self.collect();
    }

    fn collect(&mut self) {
        for complaint in self.witness.complaints() {
            self.complain(complaint);
        }
    }

    fn voice_order(&mut self, order: &media::Order) {
        self.ladder.note(self.now, || without_moments(&format!("voice: {order:?}")));
        let mut tell = Vec::new();
        self.voice.order(order, self.profile.voice_failures, &mut self.chance, &mut tell, &mut self.complaints);
        for (after, event) in tell {
            self.after(after, Event::Voice(event));
        }
    }

    fn listen(&mut self) {
        let mut tell = Vec::new();
        let parties = &self.parties;
        let speaks = |at| parties.iter().any(|party| party.ua.speaks_at(at));
        self.voice.listen(speaks, &mut tell, self.begin + self.now);
        for (after, event) in tell {
            self.after(after, Event::Voice(event));
        }
        if !(self.is_evening && self.voice.is_idle()) {
            self.after(LISTEN_EVERY, Event::Listen);
        }
    }

    /// Lets a party act, and carries out what it does.
    fn play(&mut self, index: usize, what: impl FnOnce(&mut crate::ua::Ua, &mut Scene<'_>)) {
        let Some(party) = self.parties.get_mut(index) else { return };
        let mut acts = Vec::new();
        let mut scene = Scene {
            now: self.now,
            chance: &mut self.chance,
            acts: &mut acts,
            seen: &mut self.seen,
            complaints: &mut self.complaints,
            mischief: self.profile.mischief,
        };
        what(&mut party.ua, &mut scene);
        let life = party.life;
        for act in acts {
            match act {
                Act::Send(bytes) => self.party_sends(index, bytes),
                Act::Wake(after, wake) => self.after(after, Event::Wake { party: index, life, wake }),
                Act::Note(text) => self.ladder.note(self.now, || text),
                Act::Key(port, digit) => {
                    if let Some(event) = self.voice.key(port, digit) {
                        let after = self.chance.between_ms(10, 200);
                        self.after(after, Event::Voice(event));
                    }
                }
            }
        }
    }

    fn wakes(&mut self, index: usize, life: u32, wake: Wake) {
        let lives = self.parties.get(index).is_some_and(|party| party.life == life && party.ua.alive);
        let registers = wake == Wake::Register;
        if lives && !(registers && self.is_evening) {
            self.play(index, |ua, scene| ua.woken(scene, wake));
        }
    }
}

/// Moments of the machine that runs the history are no part of it.
fn without_moments(text: &str) -> String {
    match text.split_once("Instant {") {
        Some((before, after)) => format!("{before}now{}", after.split_once('}').map_or("", |(_, rest)| rest)),
        None => text.to_owned(),
    }
}
