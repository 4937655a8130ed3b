//! Between legs whose codecs differ and where one of them has a memory (G.722, Opus): the hearer's packets are made anew.
//!
//! The one who speaks has an [`Ear`]: a buffer that puts a few packets in order, and a decoder. The one who hears has a [`Voice`]: an
//! encoder, and what is left until 20 ms are full. Both are made when orders are carried out, never in the packet path, and
//! exist only where they are needed: legs of one codec pass packets on untouched, and both kinds of G.711 go by a table.

use codec::{Concealment, Decoder, Encoder, Kind, SAMPLES_MAX, Samples, Unavailable};
use endpoint::LegId;
use rtp::packet::HEADER_BYTES;
use rtp::{ClockRate, FRAME, Header, SAMPLE_RATE};
use sdp::Codec;
use switch::media::Event;

use super::Worker;
use super::leg::{Leg, Plays, decode, encode};

/// So many packets wait for one before them; then it is lost.
const HELD_MAX: usize = 2;
/// Lost packets in a row that are concealed; after more the stream goes on where it is.
const CONCEALED_MAX: u16 = 5;
/// A packet so many numbers away begins the stream anew.
const RESTART: u16 = 100;
/// Bytes of a payload that are kept: more than 120 ms of any codec that we speak.
const PAYLOAD_MAX: usize = 1500;

/// One 20 ms frame.
pub type Frame = [i16; FRAME];

/// The codec's kind, if it has a memory.
pub fn kind(codec: Codec) -> Option<Kind> {
    match codec {
        Codec::Pcmu | Codec::Pcma => None,
        Codec::G722 => Some(Kind::G722),
        Codec::Opus => Some(Kind::Opus),
    }
}

/// Samples at 8 kHz in a payload.
pub fn samples_of(codec: Codec, payload: &[u8]) -> usize {
    kind(codec).map_or(payload.len(), |kind| kind.duration(payload).unwrap_or(FRAME))
}

/// Ticks of a codec's RTP clock in a sample.
pub fn ticks(codec: Codec) -> u32 {
    codec.clock_rate() / SAMPLE_RATE
}

/// A packet that waits.
#[derive(Clone, Debug)]
struct Held {
    used: bool,
    sequence: u16,
    timestamp: u32,
    /// 0: a number that was used for something else, such as a key.
    length: usize,
    bytes: [u8; PAYLOAD_MAX],
}

#[derive(Debug)]
enum Hears {
    Table(Codec, Box<Concealment>),
    Decoder(Decoder),
}

/// Understands the packets of one leg, in order.
#[derive(Debug)]
pub struct Ear {
    codec: Codec,
    hears: Hears,
    rate: ClockRate,
    ssrc: Option<u32>,
    /// The number that comes next.
    next: u16,
    held: [Held; HELD_MAX + 1],
    /// Timestamp at 8 kHz that follows what was heard, and samples of the last packet.
    ends: u32,
    last: usize,
    samples: Samples,
}

impl Ear {
    fn new(codec: Codec) -> Result<Self, Unavailable> {
        let hears = match kind(codec) {
            None => Hears::Table(codec, Box::default()),
            Some(kind) => Hears::Decoder(Decoder::new(kind)?),
        };
        let free = Held { used: false, sequence: 0, timestamp: 0, length: 0, bytes: [0; PAYLOAD_MAX] };
        Ok(Self {
            codec,
            hears,
            rate: ClockRate::new(codec.clock_rate()),
            ssrc: None,
            next: 0,
            held: std::array::from_fn(|_| free.clone()),
            ends: 0,
            last: FRAME,
            samples: [0; SAMPLES_MAX],
        })
    }

    /// A packet came; with an empty payload: its number was used for something else.
    pub fn take_in(&mut self, header: &Header, payload: &[u8]) {
        let step = header.sequence.wrapping_sub(self.next).cast_signed();
        if self.ssrc != Some(header.ssrc) || step.unsigned_abs() >= RESTART {
            self.restart(header);
        } else if step < 0 || self.held.iter().any(|held| held.used && held.sequence == header.sequence) {
            return;
        }
        let timestamp = self.rate.to_call(header.ssrc, header.timestamp);
        let Some(place) = self.held.iter_mut().find(|held| !held.used) else { return };
        let length = payload.len().min(PAYLOAD_MAX);
        place.bytes.iter_mut().zip(payload).for_each(|(place, &byte)| *place = byte);
        (place.used, place.sequence, place.timestamp, place.length) = (true, header.sequence, timestamp, length);
    }

    fn restart(&mut self, header: &Header) {
        self.held.iter_mut().for_each(|held| held.used = false);
        match &mut self.hears {
            Hears::Table(_, concealment) => **concealment = Concealment::default(),
            Hears::Decoder(decoder) => decoder.reset(),
        }
        (self.ssrc, self.next) = (Some(header.ssrc), header.sequence);
    }

    /// The next sounds, if they are to be heard now: their timestamp at 8 kHz, and how many of [`Ear::samples`] they are.
    pub fn next(&mut self) -> Option<(u32, usize)> {
        loop {
            let waiting = self.held.iter().filter(|held| held.used);
            let steps = waiting.map(|held| held.sequence.wrapping_sub(self.next));
            let (count, nearest) = steps.fold((0, u16::MAX), |(count, least), step| (count + 1, least.min(step)));
            let heard = match nearest {
                0 => self.decode(),
                _ if count < HELD_MAX => return None,
                1..=CONCEALED_MAX => self.conceal(nearest == 1),
                _ => {
                    self.next = self.next.wrapping_add(nearest);
                    continue;
                }
            };
            self.next = self.next.wrapping_add(1);
            if let Some((timestamp, length)) = heard {
                self.ends = timestamp.wrapping_add(length as u32);
                return heard;
            }
        }
    }

    /// What [`Ear::next`] told of.
    pub fn samples(&self, length: usize) -> &[i16] {
        self.samples.get(..length).unwrap_or_default()
    }

    fn decode(&mut self) -> Option<(u32, usize)> {
        let held = self.held.iter_mut().find(|held| held.used && held.sequence == self.next)?;
        held.used = false;
        let payload = held.bytes.get(..held.length).filter(|payload| !payload.is_empty())?;
        let length = match &mut self.hears {
            Hears::Table(codec, concealment) => {
                let samples = self.samples.get_mut(..payload.len().min(SAMPLES_MAX)).unwrap_or_default();
                samples.iter_mut().zip(payload).for_each(|(place, &byte)| *place = decode(*codec, byte));
                concealment.heard(samples);
                samples.len()
            }
            Hears::Decoder(decoder) => decoder.decode(payload, &mut self.samples),
        };
        self.last = if length > 0 { length } else { self.last };
        (length > 0).then_some((held.timestamp, length))
    }

    /// Makes up a lost packet; `last`: the one after it is here.
    fn conceal(&mut self, last: bool) -> Option<(u32, usize)> {
        let after = self.next.wrapping_add(1);
        let length = match &mut self.hears {
            Hears::Table(_, concealment) => {
                let samples = self.samples.get_mut(..self.last).unwrap_or_default();
                concealment.conceal(samples);
                samples.len()
            }
            Hears::Decoder(decoder) => {
                let next = self.held.iter().find(|held| last && held.used && held.sequence == after);
                let next = next.and_then(|held| held.bytes.get(..held.length)).filter(|bytes| !bytes.is_empty());
                decoder.conceal(next, self.last, &mut self.samples)
            }
        };
        (length > 0).then_some((self.ends, length))
    }
}

/// Speaks to one leg's far end.
#[derive(Debug)]
pub struct Voice {
    codec: Codec,
    /// `None`: G.711.
    encoder: Option<Encoder>,
    pending: Frame,
    filled: usize,
    /// Timestamp of the first that is pending.
    begins: u32,
}

impl Voice {
    fn new(codec: Codec) -> Result<Self, Unavailable> {
        let encoder = kind(codec).map(Encoder::new).transpose()?;
        Ok(Self { codec, encoder, pending: [0; FRAME], filled: 0, begins: 0 })
    }

    /// Takes samples until a frame is full: the frame and its timestamp.
    fn fill(&mut self, timestamp: &mut u32, samples: &mut &[i16]) -> Option<(u32, Frame)> {
        if self.filled > 0 && self.begins.wrapping_add(self.filled as u32) != *timestamp {
            // Less than 20 ms before a gap.
            self.filled = 0;
        }
        if self.filled == 0 {
            self.begins = *timestamp;
        }
        let count = samples.len().min(FRAME - self.filled);
        let (now, later) = samples.split_at(count);
        let places = self.pending.get_mut(self.filled..).unwrap_or_default();
        places.iter_mut().zip(now).for_each(|(place, &sample)| *place = sample);
        *samples = later;
        *timestamp = timestamp.wrapping_add(count as u32);
        self.filled += count;
        if self.filled < FRAME {
            return None;
        }
        self.filled = 0;
        Some((self.begins, self.pending))
    }

    /// A frame's bytes; how many.
    pub fn encode(&mut self, frame: &Frame, out: &mut [u8]) -> usize {
        match &mut self.encoder {
            Some(encoder) => encoder.encode(frame, out),
            None => {
                out.iter_mut().zip(frame).for_each(|(place, &sample)| *place = encode(self.codec, sample));
                FRAME.min(out.len())
            }
        }
    }

    /// The peer loses this share of our packets, in 1/256.
    pub fn expect_loss(&mut self, fraction: u8) {
        if let Some(encoder) = &mut self.encoder {
            encoder.expect_loss((u16::from(fraction) * 100 / 256) as u8);
        }
    }
}

impl Leg {
    /// Whether what comes in `from` must be made anew for this leg.
    pub fn needs_translation(&self, from: Codec) -> bool {
        if self.mixes {
            return kind(from).is_some();
        }
        self.media.as_ref().is_some_and(|media| {
            let memory = kind(from).is_some() || kind(media.codec).is_some();
            memory && (media.codec != from || self.whisper.is_some())
        })
    }

    /// Brings the frame made in `packet` (as G.711) into the leg's codec; how many bytes of payload it has now.
    pub fn voice_frame(&mut self, packet: &mut [u8]) -> usize {
        let Some(codec) = self.media.as_ref().map(|media| media.codec) else { return 0 };
        if kind(codec).is_none() {
            return FRAME;
        }
        let Some(voice) = self.voice.as_mut().filter(|voice| voice.codec == codec) else { return 0 };
        let payload = packet.get_mut(HEADER_BYTES..).unwrap_or_default();
        let mut frame = [0; FRAME];
        frame.iter_mut().zip(payload.iter()).for_each(|(sample, &byte)| *sample = decode(codec, byte));
        voice.encode(&frame, payload)
    }
}

impl Worker {
    /// Gives a leg, and those whom it hears and who hear it, what they need to understand each other; and takes it away.
    pub(super) fn fit_codecs(&mut self, index: usize) {
        self.fit_voice(index);
        self.fit_ear(index);
        for n in 0.. {
            let Some(listener) = self.leg(index).and_then(|leg| leg.listeners.get(n).copied()) else { break };
            self.fit_voice(listener);
        }
        if let Some(source) = self.source_of(index) {
            self.fit_ear(source);
        }
        if let Some(Plays::Mix(mixer)) = self.leg(index).map(|leg| &leg.plays) {
            let of: Vec<_> = mixer.sources().collect();
            self.fit_ears(&of);
        }
    }

    /// The same for some who speak, alone.
    pub(super) fn fit_ears(&mut self, of: &[LegId]) {
        for of in of {
            if let Some(source) = self.by_id.get(of).copied() {
                self.fit_ear(source);
            }
        }
    }

    fn source_of(&mut self, index: usize) -> Option<usize> {
        match self.leg(index)?.plays {
            Plays::Leg(of) => self.by_id.get(&of).copied(),
            Plays::Silence | Plays::Mix(_) | Plays::Prompt(_) => None,
        }
    }

    fn fit_ear(&mut self, index: usize) {
        let Some(leg) = self.leg(index) else { return };
        let Some(codec) = leg.media.as_ref().map(|media| media.codec) else { return };
        let listens = kind(codec).is_some() && leg.detector.is_some();
        let legs = &self.legs;
        let needed = listens
            || legs.get(index).and_then(Option::as_deref).is_some_and(|leg| {
                let mut listeners = leg.listeners.iter().filter_map(|&n| legs.get(n)?.as_deref());
                listeners.any(|listener| listener.needs_translation(codec))
            });
        let Some(leg) = self.leg(index) else { return };
        if !needed {
            leg.ear = None;
        } else if leg.ear.as_ref().is_none_or(|ear| ear.codec != codec) {
            leg.ear = boxed(Ear::new(codec));
        }
    }

    fn fit_voice(&mut self, index: usize) {
        let source = self.source_of(index);
        let from = source.and_then(|source| self.leg(source)?.media.as_ref().map(|media| media.codec));
        let Some(leg) = self.leg(index) else { return };
        let Some(codec) = leg.media.as_ref().map(|media| media.codec) else { return };
        let needed = kind(codec).is_some() || from.is_some_and(|from| leg.needs_translation(from));
        if !needed {
            leg.voice = None;
        } else if leg.voice.as_ref().is_none_or(|voice| voice.codec != codec) {
            leg.voice = boxed(Voice::new(codec));
        }
    }

    /// A packet of a leg that somebody hears in another codec (or whose keys are listened for): decoded, encoded, sent. An
    /// empty payload: its number was used for something else.
    pub(super) fn translate(&mut self, index: usize, now: u64, header: &Header, payload: &[u8], made: &mut [u8]) {
        let Some(mut ear) = self.leg(index).and_then(|leg| leg.ear.take()) else { return };
        ear.take_in(header, payload);
        while let Some((timestamp, length)) = ear.next() {
            let samples = ear.samples(length);
            self.listen_in(index, ear.codec, samples);
            self.say(index, now, (header.ssrc, timestamp), ear.codec, samples, made);
        }
        if let Some(leg) = self.leg(index) {
            leg.ear = Some(ear);
        }
    }

    /// Keys in the audio of a codec with a memory; of G.711 they are heard without decoding anything twice.
    fn listen_in(&mut self, index: usize, codec: Codec, samples: &[i16]) {
        let Some(leg) = self.leg(index).filter(|_| kind(codec).is_some()) else { return };
        let id = leg.id;
        if let Some(digit) = leg.detector.as_mut().and_then(|ear| ear.hear(samples.iter().copied())) {
            self.tell(Event::Digit { leg: id, digit });
        }
    }

    /// Sends samples to those who hear the leg in another codec.
    fn say(
        &mut self,
        index: usize,
        now: u64,
        (ssrc, timestamp): (u32, u32),
        from: Codec,
        samples: &[i16],
        made: &mut [u8],
    ) {
        for n in 0.. {
            let Some(listener) = self.leg(index).and_then(|leg| leg.listeners.get(n).copied()) else { break };
            let Some(leg) = self.leg(listener) else { continue };
            if !leg.needs_translation(from) || (leg.is_keyed() && !leg.mixes) {
                continue;
            }
            if leg.mixes {
                self.pass_to_mix(index, listener, (ssrc, timestamp), samples.iter().copied());
                continue;
            }
            let Some(media) = leg.media.as_ref().filter(|media| media.send && leg.protection.is_ready()) else {
                continue;
            };
            let payload_type = media.payload_type;
            let (mut rest, mut at) = (samples, timestamp);
            while let Some((begins, mut frame)) = leg.voice.as_mut().and_then(|voice| voice.fill(&mut at, &mut rest)) {
                if let Some(whisper) = &mut leg.whisper {
                    leg.whispered |= whisper.mix_samples(&mut frame);
                }
                let header = leg.out.translated(now, ssrc, begins, payload_type);
                header.write(made);
                let payload = made.get_mut(HEADER_BYTES..).unwrap_or_default();
                let length = leg.voice.as_mut().map_or(0, |voice| voice.encode(&frame, payload));
                leg.spoken_to(now);
                if length > 0 {
                    leg.send(made, HEADER_BYTES + length);
                }
            }
        }
    }

    /// Whispers that ended in [`Worker::translate`]: not there, for who no longer needs translation would be passed the
    /// same packet once more as it is.
    pub(super) fn end_whispers(&mut self, index: usize) {
        let mut n = 0;
        while let Some(listener) = self.leg(index).and_then(|leg| leg.listeners.get(n).copied()) {
            n += 1;
            if self.leg(listener).is_some_and(|leg| std::mem::take(&mut leg.whispered)) {
                self.whisper_ended(listener);
            }
        }
    }
}

fn boxed<T>(made: Result<T, Unavailable>) -> Option<Box<T>> {
    match made {
        Ok(made) => Some(Box::new(made)),
        Err(error) => {
            tracing::error!(%error, "a leg cannot be understood, or spoken to");
            None
        }
    }
}
