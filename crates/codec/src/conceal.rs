//! What is played in a lost packet's place, for codecs that do not see to it themselves: the last period of the voice again and
//! again, fading to silence within 60 ms (after ITU-T G.711 appendix I, without its delay).

/// Samples remembered: two of the longest period, and the stretch that is compared.
const HISTORY: usize = 400;
/// Periods sought: 5 to 15 ms, 200 down to 66 Hz.
const PERIOD_MIN: usize = 40;
const PERIOD_MAX: usize = 120;
/// The stretch that is compared: 20 ms.
const COMPARED: usize = 160;
/// At full level for 10 ms, gone at 60 ms.
const FULL: usize = 80;
const GONE: usize = 480;
/// The return is cross-faded over 5 ms.
const RETURN: usize = 40;

/// Remembers a stream's last sounds.
#[derive(Clone, Debug)]
pub struct Concealment {
    history: [i16; HISTORY],
    /// The period being repeated, and samples concealed so far.
    period: usize,
    concealed: usize,
}

impl Default for Concealment {
    fn default() -> Self {
        Self { history: [0; HISTORY], period: PERIOD_MAX, concealed: 0 }
    }
}

impl Concealment {
    /// What was received; its beginning is joined softly to what was made up before it.
    pub fn heard(&mut self, samples: &mut [i16]) {
        let concealed = std::mem::take(&mut self.concealed);
        if concealed > 0 {
            for (n, sample) in samples.iter_mut().take(RETURN).enumerate() {
                let share = n as f32 / RETURN as f32;
                *sample = (f32::from(*sample) * share + self.made_up(concealed + n) * (1.0 - share)) as i16;
            }
        }
        self.remember(samples);
    }

    /// Fills `samples` in place of what was lost.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        if self.concealed == 0 {
            self.period = self.find_period();
        }
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample = self.made_up(self.concealed.saturating_add(n)) as i16;
        }
        self.concealed = self.concealed.saturating_add(samples.len());
    }

    /// Sample `n` of a loss.
    fn made_up(&self, n: usize) -> f32 {
        let gain = (GONE.saturating_sub(n) as f32 / (GONE - FULL) as f32).min(1.0);
        let sample = self.history.get(HISTORY - self.period + n % self.period);
        gain * sample.map_or(0.0, |&sample| f32::from(sample))
    }

    fn remember(&mut self, samples: &[i16]) {
        let samples = samples.get(samples.len().saturating_sub(HISTORY)..).unwrap_or_default();
        self.history.copy_within(samples.len().., 0);
        let place = self.history.get_mut(HISTORY - samples.len()..).unwrap_or_default();
        place.iter_mut().zip(samples).for_each(|(place, &sample)| *place = sample);
    }

    /// The lag at which the last 20 ms are most like what was before them.
    fn find_period(&self) -> usize {
        let last = self.history.get(HISTORY - COMPARED..).unwrap_or_default();
        let likeness = |period: usize| {
            let before = self.history.get(HISTORY - COMPARED - period..HISTORY - period).unwrap_or_default();
            let (mut product, mut energy) = (0.0f32, 1.0f32);
            for (&one, &two) in last.iter().zip(before) {
                let (one, two) = (f32::from(one), f32::from(two));
                product += one * two;
                energy += two * two;
            }
            product.max(0.0) * product / energy
        };
        let best = (PERIOD_MIN..=PERIOD_MAX).map(|period| (period, likeness(period)));
        best.max_by(|one, two| one.1.total_cmp(&two.1)).map_or(PERIOD_MAX, |(period, _)| period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{power, sine};

    #[test]
    fn a_lost_packet_of_a_steady_voice_is_hardly_heard() {
        for hz in [100.0, 150.0, 700.0, 1100.0] {
            let mut samples = sine(hz, 8000.0, 8000.0, 1600);
            let mut concealment = Concealment::default();
            concealment.heard(&mut samples[..800]);
            concealment.conceal(&mut samples[800..960]);
            concealment.heard(&mut samples[960..]);
            let heard: Vec<f32> = samples.iter().map(|&sample| f32::from(sample)).collect();
            let total = heard.iter().map(|sample| sample * sample).sum::<f32>() / 1600.0;
            assert!(power(&heard, hz, 8000.0) > 0.9 * total, "{hz} Hz: the pitch stays");
            assert!(power(&heard[800..960], hz, 8000.0) > 1.6e7, "{hz} Hz: half its power at least");
        }
    }

    #[test]
    fn a_long_loss_is_silence_after_60_ms() {
        let mut samples = sine(440.0, 8000.0, 8000.0, 4000);
        let mut concealment = Concealment::default();
        concealment.heard(&mut samples[..800]);
        for part in samples[800..].chunks_mut(160) {
            concealment.conceal(part);
        }
        assert!(samples[800..880].iter().any(|sample| sample.unsigned_abs() > 7000));
        assert!(samples[800 + GONE..].iter().all(|&sample| sample == 0));
        let mut nothing = [1i16; 160];
        Concealment::default().conceal(&mut nothing);
        assert_eq!(nothing, [0; 160], "nothing was heard, nothing is made up");
    }
}
