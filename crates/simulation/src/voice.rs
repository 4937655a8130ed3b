//! The voice path as the switch sees it: ports, who hears whom, recordings. It does what it is told, tells what a media
//! thread would tell, and complains about orders that make no sense.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use acd::CallId;
use endpoint::LegId;
use switch::media::{Event, MIX_MAX, Order, Recording, Side, Source, Statistics};

use crate::chance::Chance;

/// How often the path looks whether a leg is heard.
pub const LISTEN_EVERY: Duration = Duration::from_secs(1);

/// One leg.
#[derive(Debug)]
struct Leg {
    call: CallId,
    port: u16,
    side: Side,
    remote: Option<SocketAddr>,
    /// Something should be heard.
    expects: bool,
    hears: Source,
    detects: bool,
    silent_s: u32,
    heard: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tape {
    Running(Instant),
    Stopped,
}

/// All legs and recordings.
#[derive(Debug, Default)]
pub struct Voice {
    legs: BTreeMap<LegId, Leg>,
    ports: BTreeSet<u16>,
    tapes: BTreeMap<CallId, Tape>,
    closed: BTreeSet<LegId>,
}

impl Voice {
    /// An order; what is told of it and when goes to `tell`, what is wrong with it to `complaints`.
    pub fn order(
        &mut self,
        order: &Order,
        failures: u64,
        chance: &mut Chance,
        tell: &mut Vec<(Duration, Event)>,
        complaints: &mut Vec<String>,
    ) {
        match order {
            Order::OpenLeg { leg, call, local, side } => {
                self.open(*leg, *call, *local, *side, complaints);
                if chance.permille(failures) {
                    self.ports.remove(&local.port());
                    self.legs.remove(leg);
                    let why = "address in use".to_owned();
                    tell.push((chance.between_ms(0, 3), Event::LegFailed { leg: *leg, why }));
                }
            }
            Order::CloseLeg { leg } => {
                if let Some(known) = self.legs.remove(leg) {
                    self.ports.remove(&known.port);
                } else if self.closed.contains(leg) {
                    complaints.push(format!("voice: {leg} is closed twice"));
                }
                self.closed.insert(*leg);
                let statistics = Statistics::default();
                tell.push((chance.between_ms(1, 40), Event::LegClosed { leg: *leg, statistics }));
            }
            Order::StartRecording { call, at, .. } => {
                if self.tapes.insert(*call, Tape::Running(*at)).is_some() {
                    complaints.push(format!("voice: a second recording of {call}"));
                }
                if chance.permille(failures) {
                    let why = "no space".to_owned();
                    tell.push((chance.between_ms(10, 5_000), Event::RecordingFailed { call: *call, why }));
                }
            }
            Order::StopRecording { call, at } => self.stop(*call, *at, chance, tell, complaints),
            Order::PauseRecording { call, .. } => {
                if !matches!(self.tapes.get(call), Some(Tape::Running(_))) {
                    complaints.push(format!("voice: the recording of {call} is paused, and does not run"));
                }
            }
            Order::Hear { leg, source: Source::Prompt { prompt, repeat: false } } => {
                self.change(order, complaints);
                let missing = chance.percent(10);
                let after = if missing { Duration::ZERO } else { chance.between_ms(300, 6_000) };
                tell.push((after, Event::PromptEnded { leg: *leg, prompt: prompt.clone(), missing }));
            }
            Order::Negotiated { .. } | Order::Hear { .. } | Order::Whisper { .. } => self.change(order, complaints),
            Order::StopWhisper { .. }
            | Order::DetectDigits { .. }
            | Order::RelayDigits { .. }
            | Order::RecordLeg { .. } => self.change(order, complaints),
        }
    }

    /// Whether there is something to be told: a prompt ends only where it is played, and silence is after it.
    pub fn is_told(&mut self, event: &Event) -> bool {
        let Event::PromptEnded { leg, prompt, .. } = event else { return true };
        let plays = |leg: &&mut Leg| leg.hears == Source::Prompt { prompt: prompt.clone(), repeat: false };
        match self.legs.get_mut(leg).filter(plays) {
            Some(leg) => {
                leg.hears = Source::Silence;
                true
            }
            None => false,
        }
    }

    fn open(&mut self, leg: LegId, call: CallId, local: SocketAddr, side: Side, complaints: &mut Vec<String>) {
        let port = local.port();
        if !port.is_multiple_of(2) || !crate::house::RTP_PORTS.contains(&port) {
            complaints.push(format!("voice: {leg} is opened at {port}"));
        }
        if !self.ports.insert(port) {
            complaints.push(format!("voice: {port} is shared by {leg} and another"));
        }
        let known = Leg {
            call,
            port,
            side,
            remote: None,
            expects: false,
            hears: Source::Silence,
            detects: false,
            silent_s: 0,
            heard: false,
        };
        if self.legs.insert(leg, known).is_some() {
            complaints.push(format!("voice: {leg} is opened twice"));
        }
        // A port that could not be bound is opened anew under the same number.
        self.closed.remove(&leg);
    }

    fn stop(
        &mut self,
        call: CallId,
        at: Instant,
        chance: &mut Chance,
        tell: &mut Vec<(Duration, Event)>,
        complaints: &mut Vec<String>,
    ) {
        let start = match self.tapes.insert(call, Tape::Stopped) {
            Some(Tape::Running(start)) => start,
            before @ (Some(Tape::Stopped) | None) => {
                complaints.push(format!("voice: the recording of {call} is stopped, and was {before:?}"));
                at
            }
        };
        let samples = u64::try_from((at - start).as_millis()).unwrap_or(0) * 8;
        let recording = Recording { path: "x".to_owned(), samples, bytes: 1, ..Recording::default() };
        let after = if chance.percent(3) { chance.between_ms(31_000, 40_000) } else { chance.between_ms(5, 2_000) };
        tell.push((after, Event::RecordingFinished { call, recording }));
    }

    fn change(&mut self, order: &Order, complaints: &mut Vec<String>) {
        let id = match order {
            Order::Negotiated { leg, .. } | Order::Hear { leg, .. } | Order::Whisper { leg, .. } => *leg,
            Order::StopWhisper { leg } | Order::DetectDigits { leg, .. } | Order::RelayDigits { leg, .. } => *leg,
            Order::RecordLeg { leg, .. } => *leg,
            Order::OpenLeg { .. } | Order::CloseLeg { .. } => return,
            Order::StartRecording { .. } | Order::StopRecording { .. } | Order::PauseRecording { .. } => return,
        };
        let Some(leg) = self.legs.get_mut(&id) else {
            if self.closed.contains(&id) {
                complaints.push(format!("voice: {order:?} to a closed leg"));
            }
            return;
        };
        match order {
            Order::Negotiated { media, .. } => {
                leg.remote = Some(media.remote);
                leg.expects = media.receive;
                leg.silent_s = 0;
            }
            Order::Hear { source, .. } => leg.hears = source.clone(),
            Order::DetectDigits { on, .. } => leg.detects = *on,
            Order::Whisper { .. } | Order::StopWhisper { .. } => {}
            Order::RelayDigits { .. } | Order::RecordLeg { .. } => {}
            Order::OpenLeg { .. } | Order::CloseLeg { .. } => {}
            Order::StartRecording { .. } | Order::StopRecording { .. } | Order::PauseRecording { .. } => {}
        }
    }

    /// A second has passed: who is heard, who is silent.
    pub fn listen(
        &mut self,
        speaks: impl Fn(SocketAddr) -> bool,
        tell: &mut Vec<(Duration, Event)>,
        at: std::time::Instant,
    ) {
        for (id, leg) in &mut self.legs {
            let Some(remote) = leg.remote.filter(|_| leg.expects) else { continue };
            if speaks(remote) {
                if !std::mem::replace(&mut leg.heard, true) {
                    tell.push((Duration::ZERO, Event::FirstPacket { leg: *id, at }));
                }
                if leg.silent_s >= 3 {
                    tell.push((Duration::ZERO, Event::Audible { leg: *id }));
                }
                leg.silent_s = 0;
                continue;
            }
            leg.silent_s += 1;
            let seconds = leg.silent_s;
            if seconds == 3 || seconds == 5 || (seconds > 5 && (seconds - 5).is_multiple_of(10)) {
                tell.push((Duration::ZERO, Event::Silent { leg: *id, seconds }));
            }
        }
    }

    /// Who takes a key that is pressed towards this port.
    pub fn key(&self, port: u16, digit: char) -> Option<Event> {
        let (id, _) = self.legs.iter().find(|(_, leg)| leg.port == port && leg.detects)?;
        Some(Event::Digit { leg: *id, digit })
    }

    /// Nothing is open.
    pub fn is_idle(&self) -> bool {
        self.legs.is_empty() && self.tapes.values().all(|tape| *tape == Tape::Stopped)
    }

    /// One winner: whoever hears the caller is the one whom the caller hears, and nobody else listens.
    pub fn judge(&self, complaints: &mut Vec<String>) {
        let mut listeners: BTreeMap<LegId, LegId> = BTreeMap::new();
        for (id, leg) in &self.legs {
            if let Source::Mix(others) = &leg.hears {
                self.judge_mix(*id, leg, others, complaints);
            }
            let Source::Leg(other) = &leg.hears else { continue };
            let Some(known) = self.legs.get(other) else {
                complaints.push(format!("voice: {id} hears {other}, which is closed"));
                continue;
            };
            if known.call != leg.call {
                complaints.push(format!("voice: {id} of {} hears {other} of {}", leg.call, known.call));
            }
            if let Some(third) = listeners.insert(*other, *id) {
                complaints.push(format!("voice: both {third} and {id} hear {other}"));
            }
            if leg.side == Side::Caller
                && let Source::Leg(back) = &known.hears
                && back != id
            {
                complaints.push(format!("voice: the caller {id} hears {other}, who hears {back}"));
            }
        }
    }

    /// Of several at once too: they are there, of the same call, and nobody hears himself.
    fn judge_mix(&self, id: LegId, leg: &Leg, others: &[LegId], complaints: &mut Vec<String>) {
        if others.is_empty() || others.len() > MIX_MAX || others.contains(&id) {
            complaints.push(format!("voice: {id} hears {others:?}"));
        }
        for other in others {
            match self.legs.get(other) {
                Some(known) if known.call == leg.call => {}
                Some(_) => complaints.push(format!("voice: {id} hears {other} of another call")),
                None => complaints.push(format!("voice: {id} hears {other}, which is closed")),
            }
        }
    }
}
