//! A recorded stream of a codec with a memory (G.722, Opus): its packets are put in order, decoded, and placed by the recorder
//! thread. What comes out of order waits a moment for what is missing; what Opus repeats of a lost packet is kept, what else
//! was lost is as it is with G.711: silence.

use std::collections::VecDeque;

use codec::{Decoder, Kind, SAMPLES_MAX, Samples};
use rtp::timeline::Place;
use rtp::{ClockRate, Timeline, Track, g711};

use super::tap::Record;
use crate::clock::MILLISECOND;

/// A packet waits this long for one before it: well within the time for which places are kept (250 ms).
const WAIT: u64 = 100 * MILLISECOND;
/// Packets that wait: 120 ms of the shortest.
const HELD_MAX: usize = 12;
/// A loss of up to 60 ms is concealed, in the way of the codec; longer ones and pauses in sending are silence.
const CONCEALED_MAX: u32 = 480;
/// After a change of source a straggler of the one before may still come for this long.
const STRAGGLERS: u64 = 500 * MILLISECOND;

/// One stream's decoder, and what waits for it.
#[derive(Debug)]
pub struct Ear {
    decoder: Decoder,
    rate: ClockRate,
    /// In order of their timestamps.
    held: VecDeque<Held>,
    ssrc: Option<u32>,
    /// The source before this, and since when it is this one.
    former: Option<u32>,
    since: u64,
    /// Timestamp at 8 kHz that follows what was decoded.
    next: Option<u32>,
    /// No sample of the last packet was louder than a pause in speech.
    quiet: bool,
    /// Packets that became sound in their place.
    placed: u64,
    samples: Box<Samples>,
}

#[derive(Debug)]
struct Held {
    timestamp: u32,
    length: u32,
    position: i64,
    skip: usize,
    arrival: u64,
    payload: Vec<u8>,
}

impl Ear {
    /// For a leg of this codec, with this RTP clock.
    pub fn new(kind: Kind, clock_rate: u32) -> Result<Self, codec::Unavailable> {
        Ok(Self {
            decoder: Decoder::new(kind)?,
            rate: ClockRate::new(clock_rate),
            held: VecDeque::with_capacity(HELD_MAX),
            ssrc: None,
            former: None,
            since: 0,
            next: None,
            quiet: true,
            placed: 0,
            samples: Box::new([0; SAMPLES_MAX]),
        })
    }

    /// Which codec it understands.
    pub fn kind(&self) -> Kind {
        self.decoder.kind()
    }

    /// Packets that became sound in their place: not those that came too late or twice, or could not be decoded.
    pub fn placed(&self) -> u64 {
        self.placed
    }

    /// A packet came, at sample `arrival` of the recording.
    pub fn hear(&mut self, record: &Record<'_>, arrival: i64, quiet: u16, timeline: &mut Timeline, track: &mut Track) {
        let length = self.kind().duration(record.payload).and_then(|length| u32::try_from(length).ok());
        let Some(length) = length else { return };
        if self.ssrc != Some(record.ssrc) {
            if self.former == Some(record.ssrc) && record.arrival.saturating_sub(self.since) < STRAGGLERS {
                return;
            }
            self.flush(quiet, track);
            self.decoder.reset();
            (self.former, self.since, self.next) = (self.ssrc.replace(record.ssrc), record.arrival, None);
        }
        let timestamp = self.rate.to_call(record.ssrc, record.timestamp);
        let is_quiet = self.quiet;
        let Place::At { position, skip } = timeline.place(arrival, record.ssrc, timestamp, length, || is_quiet) else {
            return;
        };
        self.hold(Held {
            timestamp,
            length,
            position,
            skip,
            arrival: record.arrival,
            payload: record.payload.to_vec(),
        });
        self.release(record.arrival, quiet, track);
    }

    /// Decodes what need not wait any longer at `now`.
    pub fn release(&mut self, now: u64, quiet: u16, track: &mut Track) {
        while let Some(first) = self.held.front() {
            let follows = self.next.is_none_or(|next| first.timestamp == next);
            let due = now.saturating_sub(first.arrival) >= WAIT || self.held.len() >= HELD_MAX;
            if !follows && !due {
                return;
            }
            self.decode_first(quiet, track);
        }
    }

    /// Decodes all that waits: nothing more comes.
    pub fn flush(&mut self, quiet: u16, track: &mut Track) {
        while !self.held.is_empty() {
            self.decode_first(quiet, track);
        }
    }

    /// Puts a packet where it belongs among those that wait. One that is there already, or was decoded, or comes after its
    /// successors were, is left out.
    fn hold(&mut self, packet: Held) {
        let ahead = |from: u32| packet.timestamp.wrapping_sub(from).cast_signed();
        // A stream whose timestamps were set back goes on there, as the timeline says.
        if let Some(next) = self.next
            && ahead(next) < 0
        {
            if ahead(next) > -(2 * rtp::timeline::LATE_MAX as i32) {
                return;
            }
            self.next = None;
        }
        let at = self.held.iter().rposition(|held| ahead(held.timestamp) >= 0).map_or(0, |at| at + 1);
        let known = at.checked_sub(1).and_then(|at| self.held.get(at)).is_some_and(|held| ahead(held.timestamp) == 0);
        if !known {
            self.held.insert(at, packet);
        }
    }

    fn decode_first(&mut self, quiet: u16, track: &mut Track) {
        let Some(first) = self.held.pop_front() else { return };
        let lost = self.next.map_or(0, |next| first.timestamp.wrapping_sub(next));
        if (1..=CONCEALED_MAX).contains(&lost) && first.skip == 0 {
            self.conceal(&first, lost, track);
        }
        let length = self.decoder.decode(&first.payload, &mut self.samples);
        self.placed += u64::from(length > 0);
        let samples = self.samples.get(..length).unwrap_or_default();
        self.quiet = samples.iter().all(|sample| sample.unsigned_abs() <= quiet);
        let samples = samples.get(first.skip..).unwrap_or_default();
        write(track, first.position.saturating_add_unsigned(first.skip as u64), samples);
        self.next = Some(first.timestamp.wrapping_add(first.length));
    }

    /// What is before `first` and was lost: the last frame of it may be repeated in `first`.
    fn conceal(&mut self, first: &Held, lost: u32, track: &mut Track) {
        match self.decoder.kind() {
            Kind::G722 => {}
            Kind::Opus => {
                let repeated = lost.min(first.length);
                let mut position = first.position - i64::from(lost);
                for (samples, next) in [(lost - repeated, None), (repeated, Some(first.payload.as_slice()))] {
                    let length = self.decoder.conceal(next, samples as usize, &mut self.samples);
                    write(track, position, self.samples.get(..length).unwrap_or_default());
                    position += i64::from(samples);
                }
            }
        }
    }
}

fn write(track: &mut Track, position: i64, samples: &[i16]) {
    let mut bytes = [g711::MU_SILENCE; SAMPLES_MAX];
    bytes.iter_mut().zip(samples).for_each(|(byte, &sample)| *byte = g711::mu_encode(sample));
    track.write(position, bytes.get(..samples.len()).unwrap_or_default());
}

#[cfg(test)]
#[path = "ear_tests.rs"]
mod tests;
