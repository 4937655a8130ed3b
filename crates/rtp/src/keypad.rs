//! Keys as tones: for a hearer who has no telephone-event (RFC 4733 §2.5.2.2, ITU-T Q.23).
//!
//! A tone lasts as long as its key is down, and never less than 100 ms, whatever a burst of packets says; between two keys there
//! is a pause, or a key pressed twice would be heard once.

use std::f32::consts::TAU;

use crate::{SAMPLE_RATE, tone};

/// The shortest tone, 100 ms, and the longest, 5 s.
const TONE_MIN: usize = 800;
const TONE_MAX: usize = 40_000;
/// Between two tones: 60 ms.
const PAUSE: usize = 480;
/// A key of which nothing came for 200 ms was let go, and the packets that said so were lost.
const STALE: usize = 1600;
/// Keys that wait for their tone.
const WAITING_MAX: usize = 16;
/// Peak of a sine of 0 dBm0 (G.711's full scale of 32124 is +3.14 dBm0).
const PEAK_0_DBM0: f32 = 22_378.0;
/// Edges are this long, so that nothing clicks: 2.5 ms.
const EDGE: f32 = 20.0;
/// Level of both frequencies together where none is said, and the limits of one that is believed: dB below 0 dBm0.
const LEVEL: u8 = 10;
const LEVELS: std::ops::RangeInclusive<u8> = 4..=30;

#[derive(Clone, Copy, Debug, Default)]
struct Key {
    /// Frequencies, Hz.
    low: f32,
    high: f32,
    /// Peak of each.
    peak: f32,
    /// Samples played, and since something was last heard of it.
    played: usize,
    unheard: usize,
    released: bool,
}

/// The keys of one hearer.
#[derive(Clone, Debug, Default)]
pub struct Keypad {
    /// The one that sounds is the first.
    keys: [Key; WAITING_MAX],
    count: usize,
    /// Samples of the pause that are left.
    pause: usize,
}

impl Keypad {
    /// A key went down; its level is `volume` dB below 0 dBm0. One that is no key, or one too many, is left out.
    pub fn press(&mut self, digit: char, volume: u8) {
        self.release();
        let Some((low, high)) = tone::dtmf(digit) else { return };
        let volume = if volume == 0 { LEVEL } else { volume.clamp(*LEVELS.start(), *LEVELS.end()) };
        // Half the power each.
        let peak = PEAK_0_DBM0 * 10f32.powf(-(f32::from(volume) + 3.01) / 20.0);
        if let Some(place) = self.keys.get_mut(self.count) {
            *place = Key { low, high, peak, ..Key::default() };
            self.count += 1;
        }
    }

    /// The key that was pressed last is still down.
    pub fn hold(&mut self) {
        if let Some(key) = self.newest() {
            key.unheard = 0;
        }
    }

    /// It was let go.
    pub fn release(&mut self) {
        if let Some(key) = self.newest() {
            key.released = true;
        }
    }

    /// Whether a tone sounds, or the pause after it lasts.
    pub fn is_sounding(&self) -> bool {
        self.count > 0 || self.pause > 0
    }

    /// The next samples, instead of whatever else was to be heard. False: no tone sounds, and nothing was written.
    pub fn fill(&mut self, samples: &mut [i16]) -> bool {
        if !self.is_sounding() {
            return false;
        }
        let pause = self.pause.min(samples.len());
        self.pause -= pause;
        samples.fill(0);
        let sounding = samples.get_mut(pause..).unwrap_or_default();
        if let Some(key) = self.keys.first_mut().filter(|_| self.count > 0)
            && key.fill(sounding)
        {
            self.keys.copy_within(1.., 0);
            self.count -= 1;
            self.pause = PAUSE;
        }
        true
    }

    fn newest(&mut self) -> Option<&mut Key> {
        self.count.checked_sub(1).and_then(|at| self.keys.get_mut(at))
    }
}

impl Key {
    /// Its next samples. True: it has ended.
    fn fill(&mut self, samples: &mut [i16]) -> bool {
        self.unheard += samples.len();
        let ends = self.released || self.unheard > STALE;
        let rest = if ends { TONE_MIN.saturating_sub(self.played) } else { TONE_MAX.saturating_sub(self.played) };
        let length = rest.min(samples.len());
        for (n, sample) in samples.iter_mut().take(length).enumerate() {
            let at = self.played + n;
            let edge = (at as f32 / EDGE).min(1.0).min((rest - n) as f32 / EDGE);
            *sample = (self.peak * edge * (sine(self.low, at) + sine(self.high, at))) as i16;
        }
        self.played += length;
        rest <= samples.len()
    }
}

fn sine(hz: f32, n: usize) -> f32 {
    (TAU * (hz * n as f32 / SAMPLE_RATE as f32).fract()).sin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::{Detector, power};
    use crate::telephone_event::KEYS;

    fn play(keypad: &mut Keypad, frames: usize) -> Vec<i16> {
        let mut all = Vec::new();
        for _ in 0..frames {
            let mut frame = [0i16; 160];
            keypad.fill(&mut frame);
            all.extend(frame);
        }
        all
    }

    fn heard(samples: &[i16]) -> String {
        let mut detector = Detector::default();
        samples.chunks(160).filter_map(|frame| detector.hear(frame.iter().copied())).collect()
    }

    #[test]
    fn every_key_is_heard_and_lasts_100_ms_at_least() {
        for digit in KEYS {
            let mut keypad = Keypad::default();
            keypad.press(digit, 10);
            keypad.release();
            let samples = play(&mut keypad, 10);
            assert_eq!(heard(&samples), digit.to_string());
            assert!(!keypad.is_sounding());
            let last = samples.iter().rposition(|&sample| sample != 0).unwrap();
            assert!((790..=TONE_MIN).contains(&last), "{digit}: {last}");
        }
    }

    #[test]
    fn the_level_is_the_one_that_was_said() {
        for (said, decibel) in [(10, -10.0), (20, -20.0), (0, -10.0), (63, -30.0), (1, -4.0)] {
            let mut keypad = Keypad::default();
            keypad.press('5', said);
            keypad.release();
            let samples: Vec<f32> = play(&mut keypad, 5)[40..760].iter().map(|&sample| f32::from(sample)).collect();
            let total = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32;
            let level = 10.0 * (total / (PEAK_0_DBM0 * PEAK_0_DBM0 / 2.0)).log10();
            assert!((level - decibel).abs() < 0.3, "{said}: {level} dBm0");
            let twist = 10.0 * (power(&samples, 770.0) / power(&samples, 1336.0)).log10();
            assert!(twist.abs() < 0.5);
        }
    }

    #[test]
    fn a_burst_of_keys_is_heard_in_order_and_a_key_pressed_twice_twice() {
        let mut keypad = Keypad::default();
        for digit in "0120#99".chars() {
            keypad.press(digit, 10);
            keypad.release();
        }
        assert_eq!(heard(&play(&mut keypad, 80)), "0120#99");
        for _ in 0..100 {
            keypad.press('1', 10);
        }
        assert_eq!(heard(&play(&mut keypad, 400)).len(), WAITING_MAX);
    }

    #[test]
    fn a_key_held_down_sounds_until_it_is_let_go_or_forgotten() {
        let mut keypad = Keypad::default();
        keypad.press('7', 10);
        for _ in 0..50 {
            keypad.hold();
            assert!(play(&mut keypad, 1).iter().any(|sample| sample.unsigned_abs() > 1000));
        }
        let rest = play(&mut keypad, 20);
        let last = rest.iter().rposition(|&sample| sample != 0).unwrap();
        assert!((STALE - 320..=STALE).contains(&last), "the end was lost: {last}");
        keypad.press('7', 10);
        let mut samples = 0;
        while keypad.is_sounding() {
            keypad.hold();
            samples += play(&mut keypad, 1).len();
        }
        assert!((TONE_MAX..TONE_MAX + 1000).contains(&samples), "{samples}");
    }

    #[test]
    fn nothing_pressed_nothing_written() {
        let mut samples = [77i16; 160];
        let mut keypad = Keypad::default();
        keypad.press('?', 10);
        assert!(!keypad.fill(&mut samples));
        assert_eq!(samples, [77; 160]);
    }
}
