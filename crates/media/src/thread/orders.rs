//! Carrying out orders.

use std::net::SocketAddr;
use std::sync::Arc;

use endpoint::LegId;
use rtp::Keypad;
use rustix::event::epoll;
use rustix::rand::{GetRandomFlags, getrandom};
use switch::CallId;
use switch::media::{Event, LegMedia, Prompt, RecordingFile, Side, Source};

use super::leg::{Cursor, Leg, Plays};
use super::mix::Mixer;
use super::transcode::ticks;
use super::{Message, Worker};
use crate::clock;
use crate::prompts::Asset;

impl Worker {
    /// One order. Orders for legs that have gone are ignored: their end is on its way up.
    pub(super) fn carry_out(&mut self, message: Message, now: u64) {
        use switch::media::Order;
        let asset = message.asset;
        match message.order {
            Order::OpenLeg { leg, call, local, side } => self.open(leg, call, local, side, now),
            Order::Negotiated { leg, media } => self.negotiated(leg, media, now),
            Order::Hear { leg, source } => self.hear(leg, source, asset),
            Order::Whisper { leg, prompt } => self.whisper(leg, prompt, asset),
            Order::StopWhisper { leg } => {
                if let Some(index) = self.index(leg)
                    && let Some(leg) = self.leg(index)
                {
                    leg.whisper = None;
                    self.put_on_wheel(index);
                    self.fit_codecs(index);
                }
            }
            Order::DetectDigits { leg, on } => {
                if let Some(index) = self.index(leg)
                    && let Some(leg) = self.leg(index)
                {
                    leg.detect_digits = on;
                    leg.listen_for_keys();
                    self.fit_codecs(index);
                }
            }
            Order::RelayDigits { leg, on } => {
                if let Some(leg) = self.index(leg).and_then(|index| self.leg(index)) {
                    leg.relay_digits = on;
                }
            }
            Order::RecordLeg { leg, on } => self.record_leg(leg, on, now),
            Order::StartRecording { call, at, file } => {
                self.start_recording(call, self.epoch.nanoseconds(at), file, now)
            }
            Order::StopRecording { call, at } => self.stop_recording(call, self.epoch.nanoseconds(at), now),
            Order::PauseRecording { call, on, at } => {
                if self.calls.get(&call).is_some_and(|call| call.recording) {
                    self.tap.pause(now, call, on, self.epoch.nanoseconds(at));
                }
            }
            Order::CloseLeg { leg } => {
                if let Some(index) = self.index(leg) {
                    self.close(index, now);
                }
            }
        }
    }

    /// Ends everything: the switchboard has gone.
    pub(super) fn close_all(&mut self) {
        let now = clock::now();
        let recorded: Vec<CallId> =
            self.calls.iter().filter(|(_, call)| call.recording).map(|(&call, _)| call).collect();
        for call in recorded {
            self.stop_recording(call, now, now);
        }
        for index in 0..self.legs.len() {
            self.close(index, now);
        }
        self.tap.hand_over(now);
    }

    fn index(&self, leg: LegId) -> Option<usize> {
        self.by_id.get(&leg).copied()
    }

    fn open(&mut self, id: LegId, call: CallId, local: SocketAddr, side: Side, now: u64) {
        if self.by_id.contains_key(&id) {
            return self.tell(Event::LegFailed { leg: id, why: "the leg is already open".to_owned() });
        }
        let leg = match Leg::open(id, call, side, local) {
            Ok(leg) => leg,
            Err(error) => {
                return self.tell(Event::LegFailed { leg: id, why: format!("{local} cannot be bound: {error}") });
            }
        };
        let index = self.free.pop().unwrap_or(self.legs.len());
        let mark = (index as u64) << 1;
        let added =
            epoll::add(&self.epoll, &leg.rtp, epoll::EventData::new_u64(mark), epoll::EventFlags::IN).and_then(|()| {
                epoll::add(&self.epoll, &leg.rtcp, epoll::EventData::new_u64(mark | 1), epoll::EventFlags::IN)
            });
        if let Err(error) = added {
            self.free.push(index);
            return self.tell(Event::LegFailed { leg: id, why: format!("epoll: {error}") });
        }
        if index >= self.legs.len() {
            self.legs.resize_with(index + 1, || None);
        }
        if let Some(place) = self.legs.get_mut(index) {
            *place = Some(Box::new(leg));
        }
        self.by_id.insert(id, index);
        let entry = self.calls.entry(call).or_default();
        let others = entry.legs.clone();
        entry.legs.push(index);
        if entry.recording {
            let stream = self.tap.join(now, call, side);
            if let Some(leg) = self.leg(index) {
                leg.stream = Some(stream);
            }
        }
        // Legs that were to hear this one before it was there.
        for other in others {
            if self.leg(other).is_some_and(|other| other.hears(id))
                && let Some(leg) = self.leg(index)
            {
                leg.listeners.push(other);
            }
        }
        self.put_on_wheel(index);
    }

    fn negotiated(&mut self, id: LegId, media: LegMedia, now: u64) {
        let soon = u64::from(self.random() % 2500) * clock::MILLISECOND;
        let mut random = [0; 10];
        if let Err(error) = getrandom(&mut random, GetRandomFlags::empty()) {
            tracing::error!(%error, "no random numbers for a new stream");
        }
        let Some(index) = self.index(id) else { return };
        let handshakes = &mut self.handshakes;
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        leg.out.set_ticks(ticks(media.codec), random);
        let moved = leg.latch.negotiated(media.remote, media.signalled_from);
        if moved {
            leg.disconnect();
            leg.reports.from = None;
        }
        leg.secure(&media, moved, now, handshakes);
        leg.watch.expected_since = media.receive.then(|| leg.watch.expected_since.unwrap_or(now));
        if !media.receive {
            leg.watch.told = 0;
        }
        if leg.media.is_none() {
            leg.reports.next_at = now + 2500 * clock::MILLISECOND + soon;
        }
        match (media.telephone_event, &leg.keypad) {
            (None, None) => leg.keypad = Some(Box::default()),
            (Some(_), Some(_)) => leg.keypad = None,
            (None, Some(_)) | (Some(_), None) => {}
        }
        leg.media = Some(media);
        leg.listen_for_keys();
        self.fit_codecs(index);
    }

    fn hear(&mut self, id: LegId, source: Source, asset: Option<Arc<Asset>>) {
        let Some(index) = self.index(id) else { return };
        let before = self.stop_hearing(index);
        let goes_on = before.is_some() && matches!(source, Source::Mix(_));
        let no_more: Vec<LegId> = before.iter().flat_map(Mixer::sources).collect();
        let mut missing = None;
        let plays = match source {
            Source::Silence => Plays::Silence,
            Source::Leg(of) => {
                if self.attach(index, of) {
                    Plays::Leg(of)
                } else {
                    Plays::Silence
                }
            }
            Source::Mix(legs) => Plays::Mix(self.mix(index, &legs, before)),
            Source::Prompt { prompt, repeat } => match asset {
                Some(asset) => Plays::Prompt(Cursor::new(prompt, asset, repeat)),
                None => {
                    missing = Some(prompt);
                    Plays::Silence
                }
            },
        };
        if let Some(leg) = self.leg(index) {
            leg.mixes = matches!(plays, Plays::Mix(_));
            leg.plays = plays;
            leg.comfort = None;
            if !goes_on {
                leg.passed_at = 0;
                if let Some(keypad) = &mut leg.keypad {
                    **keypad = Keypad::default();
                }
                leg.out.switch();
            }
        }
        self.put_on_wheel(index);
        self.fit_codecs(index);
        // Only now: a decoder that is needed again must not forget what it knows.
        self.fit_ears(&no_more);
        if let Some(prompt) = missing {
            self.tell(Event::PromptEnded { leg: id, prompt, missing: true });
        }
    }

    /// Makes `index` a listener of `of`; false if they are not on the same call, for no call ever hears another.
    pub(super) fn attach(&mut self, index: usize, of: LegId) -> bool {
        let Some(source) = self.index(of) else { return true };
        let call = self.leg(index).map(|leg| leg.call);
        let Some(leg) = self.leg(source) else { return true };
        if Some(leg.call) != call || source == index {
            tracing::error!(leg = %of.0, "a leg was to hear one of another call, or itself: refused");
            return false;
        }
        leg.listeners.push(index);
        true
    }

    /// The leg hears nothing more. Gives what it heard of several, for the next mix to go on with.
    fn stop_hearing(&mut self, index: usize) -> Option<Mixer> {
        let leg = self.leg(index)?;
        leg.mixes = false;
        let plays = std::mem::replace(&mut leg.plays, Plays::Silence);
        match plays {
            Plays::Leg(of) => {
                self.detach(index, of);
                self.fit_ears(&[of]);
                None
            }
            Plays::Mix(mixer) => {
                for of in mixer.sources() {
                    self.detach(index, of);
                }
                Some(mixer)
            }
            Plays::Silence | Plays::Prompt(_) => None,
        }
    }

    fn detach(&mut self, index: usize, of: LegId) {
        if let Some(source) = self.index(of).and_then(|source| self.leg(source)) {
            source.listeners.retain(|&listener| listener != index);
        }
    }

    fn whisper(&mut self, id: LegId, prompt: Prompt, asset: Option<Arc<Asset>>) {
        let Some(index) = self.index(id) else { return };
        match asset {
            Some(asset) => {
                if let Some(leg) = self.leg(index) {
                    leg.whisper = Some(Cursor::new(prompt, asset, false));
                }
                self.put_on_wheel(index);
                self.fit_codecs(index);
            }
            None => self.tell(Event::PromptEnded { leg: id, prompt, missing: true }),
        }
    }

    /// Puts a leg on the wheel, or takes it off, as it now needs.
    pub(super) fn put_on_wheel(&mut self, index: usize) {
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        match (leg.wants_wheel(), leg.slot) {
            (true, None) => leg.slot = Some(self.wheel.put(index)),
            (false, Some(slot)) => {
                self.wheel.take(slot, index);
                leg.slot = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    fn start_recording(&mut self, call: CallId, at: u64, file: RecordingFile, now: u64) {
        let entry = self.calls.entry(call).or_default();
        if std::mem::replace(&mut entry.recording, true) {
            return tracing::error!(%call, "a recording was begun twice");
        }
        let legs = entry.legs.clone();
        self.tap.start(now, call, at, file);
        for index in legs {
            if let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut).filter(|leg| leg.recorded) {
                leg.stream = Some(self.tap.join(now, call, leg.side));
            }
        }
    }

    fn record_leg(&mut self, id: LegId, on: bool, now: u64) {
        let Some(index) = self.index(id) else { return };
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        leg.recorded = on;
        match (leg.stream, on) {
            (Some(stream), false) => {
                leg.stream = None;
                self.tap.leave(now, stream);
            }
            (None, true) if self.calls.get(&leg.call).is_some_and(|call| call.recording) => {
                leg.stream = Some(self.tap.join(now, leg.call, leg.side));
            }
            (None, true) | (None, false) | (Some(_), true) => {}
        }
    }

    fn stop_recording(&mut self, call: CallId, at: u64, now: u64) {
        let Some(entry) = self.calls.get_mut(&call) else { return };
        if !std::mem::replace(&mut entry.recording, false) {
            return;
        }
        let legs = entry.legs.clone();
        for &index in &legs {
            if let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut)
                && let Some(stream) = leg.stream.take()
            {
                self.tap.leave(now, stream);
            }
        }
        self.tap.stop(now, call, at);
        // Whoever waits for the recording should not wait for the next hand-over too.
        self.tap.hand_over(now);
        if legs.is_empty() {
            self.calls.remove(&call);
        }
    }

    fn close(&mut self, index: usize, now: u64) {
        if let Some(mixer) = self.stop_hearing(index) {
            let of: Vec<LegId> = mixer.sources().collect();
            self.fit_ears(&of);
        }
        self.say_goodbye(index, now);
        let Some(mut leg) = self.legs.get_mut(index).and_then(Option::take) else { return };
        leg.unsecure(&mut self.handshakes);
        self.free.push(index);
        self.by_id.remove(&leg.id);
        if let Some(slot) = leg.slot {
            self.wheel.take(slot, index);
        }
        if let Some(stream) = leg.stream {
            self.tap.leave(now, stream);
        }
        if let Some(call) = self.calls.get_mut(&leg.call) {
            call.legs.retain(|&other| other != index);
            if call.legs.is_empty() && !call.recording {
                self.calls.remove(&leg.call);
            }
        }
        for &listener in &leg.listeners {
            if let Some(listener) = self.leg(listener) {
                match &mut listener.plays {
                    Plays::Mix(mixer) => mixer.leave(leg.id),
                    Plays::Silence | Plays::Leg(_) | Plays::Prompt(_) => {
                        listener.plays = Plays::Silence;
                        listener.out.switch();
                    }
                }
            }
            self.put_on_wheel(listener);
        }
        // A closed socket leaves its epoll by itself. The ports must be free before that is told.
        let (id, statistics) = (leg.id, leg.statistics());
        drop(leg);
        self.tell(Event::LegClosed { leg: id, statistics });
    }
}
