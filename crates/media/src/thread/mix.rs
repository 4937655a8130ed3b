//! A leg that hears several others at once: the sum of what they say, made every 20 ms.
//!
//! What is relayed goes on as it comes, and the far end's own buffer smooths it. A sum cannot: its parts come at
//! different times and by different clocks, so each source gets a short ring of samples, placed by RTP timestamp, that is
//! read [`PREFILL`] behind. Memory is taken when the mix is ordered; the packet path only writes samples into it.

use endpoint::LegId;
use rtp::FRAME;
use switch::media::MIX_MAX;

use super::Worker;
use super::leg::Plays;

/// Samples kept of one source: a quarter of a second, more than the longest packet and [`PREFILL`].
const RING: usize = 2048;
/// A source is heard so many samples later than its first packet came: what may come late, or in another order.
const PREFILL: u32 = 2 * FRAME as u32;
/// A source whose timestamps go back by more than this has begun anew (1 s); by less, its packet is late.
const JUMP: i32 = 8000;
/// Turns after which it is judged whether a source runs ahead or falls behind: 1 s.
const WINDOW: u8 = 50;
/// With never fewer samples waiting than this, a frame too many waits.
const AHEAD: u32 = 4 * FRAME as u32;
/// With so many, it is left out even where somebody speaks.
const FAR_AHEAD: u32 = 6 * FRAME as u32;
/// With fewer than this at some time, the next late packet would be missed.
const BEHIND: u32 = 2 * FRAME as u32;
/// Below this a frame counts as silence, where leaving one out or putting one in is not heard (-40 dB of full scale).
const QUIET: u16 = 328;

/// What is heard of one source.
#[derive(Debug)]
struct Ear {
    of: LegId,
    /// Its stream, once anything came.
    ssrc: Option<u32>,
    /// Nothing is left to be heard (or nothing ever came): the next packet begins anew.
    dry: bool,
    /// Timestamp of the next sample to be heard, and the one after the newest that came.
    next: u32,
    end: u32,
    /// Fewest samples that waited at a turn of this window, and the turns of it.
    fewest: u32,
    turns: u8,
    /// What the last window asks for.
    wanted: Correction,
    /// By timestamp; silence where nothing came.
    ring: Box<[i16; RING]>,
}

/// How a source's clock is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Correction {
    None,
    /// Leave a frame out when it is quiet.
    Drop,
    /// Wait a frame when it is quiet.
    Wait,
}

impl Ear {
    fn new(of: LegId) -> Self {
        Self {
            of,
            ssrc: None,
            dry: true,
            next: 0,
            end: 0,
            fewest: u32::MAX,
            turns: 0,
            wanted: Correction::None,
            ring: Box::new([0; RING]),
        }
    }

    /// A packet's samples. What comes too late is dropped.
    fn hear(&mut self, ssrc: u32, timestamp: u32, samples: impl ExactSizeIterator<Item = i16>) {
        let length = samples.len().min(RING - PREFILL as usize);
        let end = timestamp.wrapping_add(length as u32);
        let after_newest = end.wrapping_sub(self.end).cast_signed();
        if self.ssrc == Some(ssrc) && (-JUMP..=0).contains(&after_newest) && self.dry {
            return;
        }
        let ahead = timestamp.wrapping_sub(self.next).cast_signed();
        let fits = (-JUMP..=RING as i32 - length as i32).contains(&ahead);
        if self.dry || self.ssrc != Some(ssrc) || !fits {
            self.begin(ssrc, timestamp);
        }
        let late = usize::try_from(self.next.wrapping_sub(timestamp).cast_signed()).unwrap_or(0);
        let first = timestamp.wrapping_add(late as u32) as usize;
        for (n, sample) in samples.take(length).skip(late).enumerate() {
            if let Some(place) = self.ring.get_mut(first.wrapping_add(n) % RING) {
                *place = sample;
            }
        }
        if end.wrapping_sub(self.end).cast_signed() > 0 {
            self.end = end;
        }
    }

    fn begin(&mut self, ssrc: u32, timestamp: u32) {
        self.ring.fill(0);
        self.ssrc = Some(ssrc);
        self.dry = false;
        self.next = timestamp.wrapping_sub(PREFILL);
        self.end = timestamp;
        (self.fewest, self.turns, self.wanted) = (u32::MAX, 0, Correction::None);
    }

    /// Adds the next 20 ms to a sum.
    fn add_to(&mut self, sum: &mut [i32; FRAME]) {
        if self.dry {
            return;
        }
        match self.correction() {
            Correction::Drop => {
                self.read(|_, _| {});
            }
            Correction::Wait => return,
            Correction::None => {}
        }
        self.read(|n, sample| {
            if let Some(place) = sum.get_mut(n) {
                *place += i32::from(sample);
            }
        });
        self.dry = self.waiting() == 0;
    }

    /// Takes the next frame out of the ring.
    fn read(&mut self, mut heard: impl FnMut(usize, i16)) {
        for n in 0..FRAME {
            if let Some(place) = self.ring.get_mut(self.next as usize % RING) {
                heard(n, std::mem::take(place));
            }
            self.next = self.next.wrapping_add(1);
        }
    }

    /// Samples that have come and are not yet heard.
    fn waiting(&self) -> u32 {
        u32::try_from(self.end.wrapping_sub(self.next).cast_signed()).unwrap_or(0)
    }

    /// Whether this turn leaves a frame out, or waits, so that the delay neither grows nor is used up.
    fn correction(&mut self) -> Correction {
        self.fewest = self.fewest.min(self.waiting());
        self.turns += 1;
        if self.turns >= WINDOW {
            let far = self.fewest >= FAR_AHEAD;
            self.wanted = match self.fewest {
                AHEAD.. => Correction::Drop,
                ..BEHIND => Correction::Wait,
                BEHIND..AHEAD => Correction::None,
            };
            (self.fewest, self.turns) = (u32::MAX, 0);
            if far {
                return std::mem::replace(&mut self.wanted, Correction::None);
            }
        }
        if self.wanted == Correction::None || !self.is_quiet() {
            return Correction::None;
        }
        // What the correction does must not be judged by turns from before it.
        (self.fewest, self.turns) = (u32::MAX, 0);
        std::mem::replace(&mut self.wanted, Correction::None)
    }

    /// Is the next frame silence?
    fn is_quiet(&self) -> bool {
        let at = |n: usize| self.ring.get((self.next as usize).wrapping_add(n) % RING);
        (0..FRAME).filter_map(at).all(|sample| sample.unsigned_abs() < QUIET)
    }
}

/// Several sources as one.
#[derive(Debug)]
pub struct Mixer {
    ears: Vec<Ear>,
}

impl Mixer {
    /// A mix of these legs. What `before` has of them goes on without a gap.
    pub fn new(of: &[LegId], before: Option<Self>) -> Self {
        let mut old = before.map(|before| before.ears).unwrap_or_default();
        let mut ears: Vec<Ear> = Vec::with_capacity(of.len().min(MIX_MAX));
        for &of in of.iter().take(MIX_MAX) {
            if ears.iter().any(|ear| ear.of == of) {
                continue;
            }
            let known = old.iter().position(|ear| ear.of == of);
            ears.push(known.map_or_else(|| Ear::new(of), |known| old.swap_remove(known)));
        }
        Self { ears }
    }

    /// The legs that are heard.
    pub fn sources(&self) -> impl Iterator<Item = LegId> {
        self.ears.iter().map(|ear| ear.of)
    }

    /// Is this leg one of them?
    pub fn hears(&self, leg: LegId) -> bool {
        self.ears.iter().any(|ear| ear.of == leg)
    }

    /// This leg has ended.
    pub fn leave(&mut self, leg: LegId) {
        self.ears.retain(|ear| ear.of != leg);
    }

    /// A packet of one of the legs: samples at 8 kHz, its timestamp by the same clock.
    pub fn hear(&mut self, of: LegId, ssrc: u32, timestamp: u32, samples: impl ExactSizeIterator<Item = i16>) {
        if let Some(ear) = self.ears.iter_mut().find(|ear| ear.of == of) {
            ear.hear(ssrc, timestamp, samples);
        }
    }

    /// The next 20 ms. Where the sum is too loud it is cut off, and nobody is made softer for it.
    pub fn turn(&mut self) -> [i16; FRAME] {
        let mut sum = [0i32; FRAME];
        for ear in &mut self.ears {
            ear.add_to(&mut sum);
        }
        sum.map(|sample| sample.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16)
    }
}

impl Worker {
    /// What a leg says, for one who hears it among others; the timestamp is that of 8 kHz.
    pub(super) fn pass_to_mix(
        &mut self,
        index: usize,
        listener: usize,
        (ssrc, timestamp): (u32, u32),
        samples: impl ExactSizeIterator<Item = i16>,
    ) {
        let Some(of) = self.leg(index).map(|leg| leg.id) else { return };
        if let Some(Plays::Mix(mixer)) = self.leg(listener).map(|leg| &mut leg.plays) {
            mixer.hear(of, ssrc, timestamp, samples);
        }
    }

    /// Makes `index` a listener of all these legs, but of none of another call, nor of itself.
    pub(super) fn mix(&mut self, index: usize, of: &[LegId], before: Option<Mixer>) -> Mixer {
        let mut mixer = Mixer::new(of, before);
        for of in mixer.sources().collect::<Vec<_>>() {
            if !self.attach(index, of) {
                mixer.leave(of);
            }
        }
        mixer
    }
}

#[cfg(test)]
mod tests;
