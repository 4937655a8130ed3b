//! A second of one stream's sound, into which packets are placed and out of which a recording is taken.

use crate::g711;

/// Samples held: 832 ms. Two of these are most of what a recorded call takes of memory.
pub const WINDOW: usize = 6656;

/// A window onto a stream, as μ-law: filled out of order, drained in order. What nothing was written to is silence.
#[derive(Clone, Debug)]
pub struct Track {
    ring: Box<[u8]>,
    /// Position of the next sample to drain.
    start: i64,
    /// Anything was written since the window was last known to be all silence.
    sounding_until: i64,
}

impl Default for Track {
    fn default() -> Self {
        Self { ring: vec![g711::MU_SILENCE; WINDOW].into_boxed_slice(), start: 0, sounding_until: 0 }
    }
}

impl Track {
    /// Puts μ-law samples at `position`; what lies outside the window is left out. Writing twice is the same as once.
    pub fn write(&mut self, position: i64, samples: &[u8]) {
        self.place(position, samples, |place, part| place.copy_from_slice(part));
    }

    /// The same with A-law samples.
    pub fn write_a_law(&mut self, position: i64, samples: &[u8]) {
        self.place(position, samples, |place, part| {
            for (place, &sample) in place.iter_mut().zip(part) {
                *place = g711::a_to_mu(sample);
            }
        });
    }

    /// Position of the next sample to drain.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// Adds the next samples to `mix`, saturating, and moves on by its length.
    pub fn drain(&mut self, mix: &mut [i16]) {
        let mut rest = mix;
        while !rest.is_empty() {
            let length = rest.len().min(WINDOW);
            let (part, after) = rest.split_at_mut(length);
            self.drain_part(part);
            rest = after;
        }
    }

    /// Moves on to `position` without keeping what lies before.
    pub fn skip_to(&mut self, position: i64) {
        if position > self.start {
            if position - self.start >= WINDOW as i64 || self.sounding_until > self.start {
                self.ring.fill(g711::MU_SILENCE);
            }
            self.start = position;
        }
    }

    fn drain_part(&mut self, mix: &mut [i16]) {
        if self.sounding_until > self.start {
            let (first, second) = ring_parts(&mut self.ring, self.start, mix.len());
            let (one, two) = mix.split_at_mut(first.len().min(mix.len()));
            take(one, first);
            take(two, second);
        }
        self.start += mix.len() as i64;
    }

    fn place(&mut self, position: i64, samples: &[u8], copy: impl Fn(&mut [u8], &[u8])) {
        let before = usize::try_from(self.start.saturating_sub(position)).unwrap_or(0);
        let samples = samples.get(before..).unwrap_or(&[]);
        let position = position.max(self.start);
        let room = usize::try_from(self.start + WINDOW as i64 - position).unwrap_or(0);
        let samples = samples.get(..room).unwrap_or(samples);
        if samples.is_empty() {
            return;
        }
        let (first, second) = ring_parts(&mut self.ring, position, samples.len());
        let (one, two) = samples.split_at(first.len().min(samples.len()));
        copy(first, one);
        copy(second, two);
        self.sounding_until = self.sounding_until.max(position + samples.len() as i64);
    }
}

/// Adds the samples of `ring` to `mix`, and leaves silence. (Two plain loops: a compiler makes more of them than of one.)
fn take(mix: &mut [i16], ring: &mut [u8]) {
    for (sample, &byte) in mix.iter_mut().zip(ring.iter()) {
        *sample = sample.saturating_add(g711::mu_decode(byte));
    }
    ring.fill(g711::MU_SILENCE);
}

/// The places of `length` samples from `position`: up to the ring's end, and on from its beginning.
fn ring_parts(ring: &mut [u8], position: i64, length: usize) -> (&mut [u8], &mut [u8]) {
    let at = usize::try_from(position.rem_euclid(WINDOW as i64)).unwrap_or(0).min(ring.len());
    let (head, tail) = ring.split_at_mut(at);
    let in_tail = length.min(tail.len());
    let in_head = (length - in_tail).min(head.len());
    (tail.get_mut(..in_tail).unwrap_or_default(), head.get_mut(..in_head).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut track = Track::default();
        track.write(-80, &[0x80; 160]);
        track.write(WINDOW as i64 - 80, &[0x80; 160]);
        track.write(i64::MAX, &[0x80; 160]);
        track.write(i64::MIN, &[0x80; 160]);
        let mut out = vec![0; WINDOW + 160];
        track.drain(&mut out);
        let sounding: Vec<usize> = (0..out.len()).filter(|&n| out[n] != 0).collect();
        assert_eq!(sounding, (0..80).chain(WINDOW - 80..WINDOW).collect::<Vec<_>>());
    }

    #[test]
    fn tracks_add_up_and_saturate() {
        let (mut one, mut two) = (Track::default(), Track::default());
        one.write(0, &[0x80; 10]);
        two.write_a_law(5, &[g711::a_encode(-1000), g711::a_encode(30_000)]);
        let mut mix = [0; 10];
        one.drain(&mut mix);
        two.drain(&mut mix);
        assert_eq!(mix[4], 32_124);
        assert!((31_000..31_300).contains(&mix[5]));
        assert_eq!(mix[6], i16::MAX);
    }

    #[test]
    fn skipping_forgets() {
        let mut track = Track::default();
        track.write(100, &[0x80; 160]);
        track.skip_to(50_000);
        let mut out = vec![0; WINDOW];
        track.drain(&mut out);
        assert!(out.iter().all(|&sample| sample == 0));
        assert_eq!(track.start(), 50_000 + WINDOW as i64);
    }

    proptest! {
        /// Against a plain long array.
        #[test]
        fn drains_what_was_written(writes in prop::collection::vec((0i64..WINDOW as i64 - 1, 1usize..400, any::<u8>(), 0usize..700), 1..60)) {
            let mut track = Track::default();
            let mut plain = vec![g711::MU_SILENCE; 100_000];
            let mut out = Vec::new();
            for (ahead, length, byte, drained) in writes {
                let position = track.start() + ahead;
                let length = length.min(WINDOW - ahead as usize);
                track.write(position, &vec![byte; length]);
                plain[position as usize..position as usize + length].fill(byte);
                let mut part = vec![0; drained];
                track.drain(&mut part);
                out.extend(part);
            }
            for (sample, &byte) in out.iter().zip(&plain) {
                prop_assert_eq!(*sample, g711::mu_decode(byte));
            }
        }
    }
}
