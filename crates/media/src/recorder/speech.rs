//! When somebody begins to speak in a recording (X11): the caller's wait ends with a voice, not with a signal.
//!
//! The level of every 5 ms is compared with what the room sounds like. Speech is louder than -40 dBm0, and ten decibels louder than
//! the quietest tenth of what is heard; beyond -30 dBm0 it is speech in any room. A click is none: of the 50 ms that begin there,
//! more than half must be as loud. Digital silence, which is what a phone that says nothing leaves, is not looked at, so an
//! announcement of any length before the operator costs nothing.

/// Samples of one level: 5 ms.
const WINDOW: u32 = 40;
/// The same in milliseconds.
const WINDOW_MS: u32 = 5;
/// Levels that are remembered: half a minute of sound from the first on. Who says nothing for so long is not measured.
const WINDOWS_MAX: usize = 6_000;
/// Windows that belong to a beginning: 50 ms,
const STRETCH: usize = 10;
/// and how many of them must be loud.
const LOUD_MIN: usize = 6;
/// A sine of 0 dBm0 has this amplitude in 16 bits (ITU-T G.711: 3.17 dB below full scale), squared and halved: its power.
const POWER_0_DBM0: f64 = 22_746.0 * 22_746.0 / 2.0;
/// The quietest speech, and the loudest room, as power: -40 and -30 dBm0.
const QUIETEST: f64 = POWER_0_DBM0 / 10_000.0;
const LOUDEST_ROOM: f64 = POWER_0_DBM0 / 1_000.0;
/// Speech is so much more power than the room: 10 dB.
const ABOVE_ROOM: f64 = 10.0;
/// Which share of the windows is the room alone, at the quiet end: a tenth.
const ROOM_SHARE: usize = 10;

/// Listens to one side of a recording.
#[derive(Debug, Default)]
pub struct Speech {
    /// Of the window in hand: samples so far and the sum of their squares.
    samples: u32,
    energy: u64,
    /// Windows so far.
    windows: u32,
    /// Those that are not silence: which, and its mean power.
    levels: Vec<(u32, f32)>,
}

impl Speech {
    /// The next sample.
    pub fn hear(&mut self, sample: i16) {
        let amplitude = u64::from(sample.unsigned_abs());
        self.energy += amplitude * amplitude;
        self.samples += 1;
        if self.samples == WINDOW {
            if self.energy > 0 && self.levels.len() < WINDOWS_MAX {
                self.levels.push((self.windows, (self.energy as f64 / f64::from(WINDOW)) as f32));
            }
            self.windows = self.windows.saturating_add(1);
            (self.samples, self.energy) = (0, 0);
        }
    }

    /// When speech begins, milliseconds; `None`: it does not.
    pub fn begins_ms(&self) -> Option<u32> {
        let threshold = self.threshold()?;
        let is_loud = |&&(_, power): &&(u32, f32)| f64::from(power) >= threshold;
        (0..self.levels.len()).find_map(|first| {
            let stretch = self.levels.get(first..)?;
            let &(begins, _) = stretch.first().filter(is_loud)?;
            let near = stretch.iter().take(STRETCH).filter(|(window, _)| *window < begins + STRETCH as u32);
            (near.filter(is_loud).count() >= LOUD_MIN).then_some(begins.saturating_mul(WINDOW_MS))
        })
    }

    /// From which power on it is speech.
    fn threshold(&self) -> Option<f64> {
        let mut powers: Vec<f32> = self.levels.iter().map(|(_, power)| *power).collect();
        powers.sort_unstable_by(f32::total_cmp);
        let room = f64::from(*powers.get(powers.len() / ROOM_SHARE)?);
        Some((room * ABOVE_ROOM).clamp(QUIETEST, LOUDEST_ROOM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amplitude of a sine at so many dBm0.
    fn amplitude(dbm0: f64) -> f64 {
        22_746.0 * 10f64.powf(dbm0 / 20.0)
    }

    /// Noise of the same power as a sine at so many dBm0, the same at every run.
    fn noise(dbm0: f64, samples: usize) -> impl Iterator<Item = i16> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        // Even chances from -1 to 1 have a third of the power of 1.
        let scale = amplitude(dbm0) / 2f64.sqrt() * 3f64.sqrt();
        (0..samples).map(move |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0).mul_add(scale, 0.0) as i16
        })
    }

    /// Syllables of 180 ms with pauses of 70 ms between them.
    fn talk(dbm0: f64, samples: usize) -> impl Iterator<Item = i16> {
        let loud = amplitude(dbm0);
        (0..samples).map(move |n| {
            let sounds = n % 2_000 < 1_440;
            let phase = 2.0 * std::f64::consts::PI * 220.0 * n as f64 / 8000.0;
            if sounds { (phase.sin() * loud) as i16 } else { 0 }
        })
    }

    fn begins(samples: impl Iterator<Item = i16>) -> Option<u32> {
        let mut speech = Speech::default();
        samples.for_each(|sample| speech.hear(sample));
        speech.begins_ms()
    }

    fn silence(samples: usize) -> impl Iterator<Item = i16> {
        std::iter::repeat_n(0, samples)
    }

    /// The two sounds together.
    fn over(one: impl Iterator<Item = i16>, other: impl Iterator<Item = i16>) -> impl Iterator<Item = i16> {
        one.zip(other).map(|(one, other)| one.saturating_add(other))
    }

    #[track_caller]
    fn near(found: Option<u32>, truth_ms: u32) {
        assert!(found.is_some_and(|found| found.abs_diff(truth_ms) <= 20), "{found:?} is not {truth_ms} ms");
    }

    #[test]
    fn x11_the_beginning_is_found_to_20_ms_in_silence_and_in_a_noisy_room() {
        for at in [0, 37, 800, 1_234] {
            let truth_ms = at as u32 / 8;
            near(begins(silence(at).chain(talk(-20.0, 16_000))), truth_ms);
            for room in [-60.0, -50.0, -42.0] {
                let voice = silence(at + 800).chain(talk(-20.0, 16_000));
                near(begins(over(noise(room, at + 16_800), voice)), truth_ms + 100);
            }
        }
    }

    #[test]
    fn x11_a_click_a_breath_and_a_humming_room_are_no_speech() {
        let click = || silence(800).chain(talk(-10.0, 120)).chain(silence(8_000));
        assert_eq!(begins(click()), None);
        near(begins(click().chain(talk(-20.0, 8_000))), (800 + 120 + 8_000) / 8);
        assert_eq!(begins(noise(-43.0, 80_000)), None);
        assert_eq!(begins(silence(80_000)), None);
        assert_eq!(begins(std::iter::empty()), None);
    }

    #[test]
    fn x11_who_speaks_all_the_time_speaks_from_the_beginning() {
        near(begins(noise(-20.0, 80_000)), 0);
    }

    #[test]
    fn x11_silence_before_it_may_be_as_long_as_it_likes() {
        let long = 8_000 * 600;
        near(begins(silence(long).chain(talk(-25.0, 8_000))), 600_000);
    }
}
