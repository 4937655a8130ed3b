//! Key presses in the audio: Goertzel filters at the eight frequencies of ITU-T Q.23, with the tests that keep speech out.
//!
//! Blocks of 102 samples (12.75 ms): two in a row that agree make a digit, so any tone of 40 ms (Q.24's shortest that must
//! be heard) holds at least two whole blocks. Two blocks without it end the press.

use crate::telephone_event::KEYS;

/// Samples in a block: the classic compromise between the filters' width and the shortest digit.
pub const BLOCK: usize = 102;

const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// Digit of a (low, high) pair, as an index into [`KEYS`].
const GRID: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];

/// Weakest tone, as mean square of a block: about -35 dBm0 for each of the two.
const POWER_MIN: f32 = 40_000.0;
/// The two tones may differ by this much: 8 dB when the high one is weaker, 4 dB when the low one is (Q.24).
const TWIST: f32 = 6.3;
const REVERSE_TWIST: f32 = 2.5;
/// A tone stands this far above the others of its group: 8 dB.
const DOMINANCE: f32 = 6.3;
/// The two tones hold at least this share of the block's energy. A perfect pair in a rectangular window has about 0.95.
const SHARE_MIN: f32 = 0.82;
/// Speech has harmonics, keys have none: at twice a tone's frequency no more than this share of the tone, -10 dB.
const HARMONIC_MAX: f32 = 0.1;
/// Twice a low tone may lie so near the high one (two filter widths) that the filter could not tell them apart.
const APART_HZ: f32 = 156.0;

/// Listens to one stream.
#[derive(Clone, Debug)]
pub struct Detector {
    block: [f32; BLOCK],
    filled: usize,
    /// What the last block held.
    last: Option<u8>,
    /// The press that was told and has not ended.
    pressed: Option<u8>,
    /// Blocks without it since.
    misses: u8,
}

impl Default for Detector {
    fn default() -> Self {
        Self { block: [0.0; BLOCK], filled: 0, last: None, pressed: None, misses: 0 }
    }
}

impl Detector {
    /// Takes samples, of which there may be at most one press in 20 ms; the key when one was pressed.
    pub fn hear(&mut self, samples: impl IntoIterator<Item = i16>) -> Option<char> {
        let mut digit = None;
        for sample in samples {
            if let Some(place) = self.block.get_mut(self.filled) {
                *place = f32::from(sample);
            }
            self.filled += 1;
            if self.filled == BLOCK {
                self.filled = 0;
                digit = digit.or(self.block_done());
            }
        }
        digit
    }

    fn block_done(&mut self) -> Option<char> {
        let found = classify(&self.block);
        let agreed = found.is_some() && found == self.last;
        self.last = found;
        if self.pressed.is_some() && found == self.pressed {
            self.misses = 0;
            return None;
        }
        if self.pressed.is_some() {
            self.misses += 1;
            if self.misses >= 2 {
                self.pressed = None;
            }
        }
        if !agreed {
            return None;
        }
        self.pressed = found;
        self.misses = 0;
        found.and_then(|key| KEYS.get(usize::from(key)).copied())
    }
}

/// The key that a block holds, if it holds one.
fn classify(block: &[f32; BLOCK]) -> Option<u8> {
    let energy: f32 = block.iter().map(|sample| sample * sample).sum();
    if energy < POWER_MIN * 2.0 * BLOCK as f32 {
        return None;
    }
    let (low_at, low) = strongest(block, LOW_HZ)?;
    let (high_at, high) = strongest(block, HIGH_HZ)?;
    let enough = low.min(high) >= POWER_MIN;
    let level = high <= low * REVERSE_TWIST && low <= high * TWIST;
    let alone = (low + high) * BLOCK as f32 >= SHARE_MIN * energy;
    if !(enough && level && alone) {
        return None;
    }
    let low_hz = LOW_HZ.get(low_at)?;
    let high_hz = HIGH_HZ.get(high_at)?;
    let low_harmonic = (low_hz * 2.0 - high_hz).abs() > APART_HZ && power(block, low_hz * 2.0) > low * HARMONIC_MAX;
    if low_harmonic || power(block, high_hz * 2.0) > high * HARMONIC_MAX {
        return None;
    }
    GRID.get(low_at)?.get(high_at).copied()
}

/// Place and power of the strongest of a group, if it dominates the rest.
fn strongest(block: &[f32; BLOCK], group: [f32; 4]) -> Option<(usize, f32)> {
    let powers = group.map(|hz| power(block, hz));
    let (at, &best) = powers.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let dominant = powers.iter().enumerate().all(|(other, &power)| other == at || power * DOMINANCE < best);
    dominant.then_some((at, best))
}

/// Mean-square power of `samples` at `hz` (8 kHz clock), by Goertzel's recurrence.
pub fn power(samples: &[f32], hz: f32) -> f32 {
    let coefficient = 2.0 * (std::f32::consts::TAU * hz / crate::SAMPLE_RATE as f32).cos();
    let (mut last, mut before) = (0.0f32, 0.0f32);
    for sample in samples {
        (last, before) = (sample + coefficient * last - before, last);
    }
    let energy = last * last + before * before - coefficient * last * before;
    let length = samples.len().max(1) as f32;
    2.0 * energy / (length * length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone;

    fn press(digit: char, milliseconds: usize, low_gain: f32, high_gain: f32) -> Vec<i16> {
        let (low, high) = tone::dtmf(digit).unwrap();
        let low = tone::sine(low, 6000.0 * low_gain, milliseconds * 8);
        let high = tone::sine(high, 6000.0 * high_gain, milliseconds * 8);
        low.iter().zip(&high).map(|(low, high)| low + high).collect()
    }

    fn heard(samples: &[i16], offset: usize) -> String {
        let mut detector = Detector::default();
        let mut padded = vec![0i16; offset];
        padded.extend(samples);
        padded.extend([0; 800]);
        padded.chunks(160).filter_map(|frame| detector.hear(frame.iter().copied())).collect()
    }

    #[test]
    fn every_key_of_40_ms_at_any_offset_is_heard_once() {
        for digit in KEYS {
            for offset in 0..BLOCK {
                assert_eq!(heard(&press(digit, 40, 1.0, 1.0), offset), digit.to_string(), "offset {offset}");
            }
            assert_eq!(heard(&press(digit, 1000, 1.0, 1.0), 0), digit.to_string());
        }
    }

    #[test]
    fn a_number_with_pauses_is_heard_in_order() {
        let number = "0312345678#*11";
        let samples: Vec<i16> =
            number.chars().flat_map(|key| [press(key, 70, 0.5, 0.4), vec![0; 400]].concat()).collect();
        assert_eq!(heard(&samples, 33), number);
    }

    #[test]
    fn through_g711_and_noise() {
        let mut seed = 1u32;
        let noisy: Vec<i16> = press('6', 60, 0.3, 0.3)
            .into_iter()
            .map(|sample| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (seed >> 24) as i16 - 128;
                crate::g711::mu_decode(crate::g711::mu_encode(sample + noise))
            })
            .collect();
        assert_eq!(heard(&noisy, 7), "6");
    }

    #[test]
    fn twist_is_tolerated_as_q24_says_and_no_further() {
        let decibel = |value: f32| 10f32.powf(value / 20.0);
        assert_eq!(heard(&press('5', 80, 1.0, decibel(-7.0)), 0), "5");
        assert_eq!(heard(&press('5', 80, decibel(-3.0), 1.0), 0), "5");
        assert_eq!(heard(&press('5', 80, 1.0, decibel(-12.0)), 0), "");
        assert_eq!(heard(&press('5', 80, decibel(-8.0), 1.0), 0), "");
    }

    #[test]
    fn single_tones_short_tones_and_harmonics_are_no_keys() {
        assert_eq!(heard(&tone::sine(770.0, 8000.0, 8000), 0), "");
        assert_eq!(heard(&tone::sine(1336.0, 8000.0, 8000), 0), "");
        assert_eq!(heard(&press('5', 12, 1.0, 1.0), 0), "");
        let harmonic: Vec<i16> =
            press('5', 200, 1.0, 1.0).iter().zip(tone::sine(2672.0, 4000.0, 1600)).map(|(a, b)| a + b).collect();
        assert_eq!(heard(&harmonic, 0), "");
    }

    /// A voice-like sound: a pulse train at a gliding pitch through two resonances, ten seconds of it.
    #[test]
    fn voiced_speech_is_no_key() {
        let mut samples = Vec::new();
        let (mut phase, mut y1, mut y2, mut z1, mut z2) = (0f32, 0f32, 0f32, 0f32, 0f32);
        for n in 0..80_000 {
            let time = n as f32 / 8000.0;
            phase += (150.0 + 60.0 * (time * 2.1).sin()) / 8000.0;
            let pulse = if phase >= 1.0 { 8000.0 } else { 0.0 };
            phase %= 1.0;
            let resonance = |hz: f32| 2.0 * 0.97 * (std::f32::consts::TAU * hz / 8000.0).cos();
            let y = pulse + resonance(600.0 + 250.0 * (time * 3.0).sin()) * y1 - 0.94 * y2;
            (y1, y2) = (y, y1);
            let z = pulse + resonance(1400.0 + 300.0 * (time * 1.7).cos()) * z1 - 0.94 * z2;
            (z1, z2) = (z, z1);
            samples.push(((y + z) * 0.2).clamp(-30_000.0, 30_000.0) as i16);
        }
        assert_eq!(heard(&samples, 0), "");
    }
}
