//! Between 16 and 8 kHz: a half-band filter of 51 taps (Kaiser's window, beta 6.2). Flat to 3.4 kHz; from 4.6 kHz on 59 dB and more
//! are taken out, so that nothing of the upper band folds into speech. Half of its taps are zero, and it is symmetric:
//! 13 multiplications a sample.

/// Taps at distances 1, 3, 5 … 25 from the middle, which is one half.
const TAPS: [f32; 13] = [
    0.316_894_4,
    -0.102_131_63,
    0.057_254_035,
    -0.036_880_89,
    0.024_923_252,
    -0.017_023_02,
    0.011_507_713,
    -0.007_582_152,
    0.004_799_258,
    -0.002_868_837,
    0.001_579_734,
    -0.000_766_391,
    0.000_294_503,
];
/// Samples of one phase that the filter spans.
const SPAN: usize = 26;
/// Samples of the other phase until the middle.
const MIDDLE: usize = 12;

/// The sum over one phase's last 26 samples.
fn sum(line: &[f32; SPAN]) -> f32 {
    let (early, late) = line.split_at(SPAN / 2);
    TAPS.iter().zip(early.iter().rev().zip(late)).map(|(tap, (before, after))| tap * (before + after)).sum()
}

fn push<const N: usize>(line: &mut [f32; N], sample: f32) {
    line.copy_within(1.., 0);
    if let Some(last) = line.last_mut() {
        *last = sample;
    }
}

fn to_sample(value: f32) -> i16 {
    value.round() as i16
}

/// From 16 to 8 kHz.
#[derive(Clone, Debug)]
pub struct Down {
    odd: [f32; SPAN],
    even: [f32; MIDDLE + 1],
}

impl Default for Down {
    fn default() -> Self {
        Self { odd: [0.0; SPAN], even: [0.0; MIDDLE + 1] }
    }
}

impl Down {
    /// Two samples in, one out, 12.5 of its own later.
    pub fn pass(&mut self, [first, second]: [i16; 2]) -> i16 {
        push(&mut self.even, f32::from(first));
        push(&mut self.odd, f32::from(second));
        let [middle, ..] = self.even;
        to_sample(0.5 * middle + sum(&self.odd))
    }
}

/// From 8 to 16 kHz.
#[derive(Clone, Debug)]
pub struct Up {
    line: [f32; SPAN],
}

impl Default for Up {
    fn default() -> Self {
        Self { line: [0.0; SPAN] }
    }
}

impl Up {
    /// One sample in, two out, 12.5 of its own later.
    pub fn pass(&mut self, sample: i16) -> [i16; 2] {
        push(&mut self.line, f32::from(sample));
        let [.., middle, _, _, _, _, _, _, _, _, _, _, _, _] = self.line;
        [to_sample(2.0 * sum(&self.line)), to_sample(middle)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{power, sine};

    fn down(samples: &[i16]) -> Vec<f32> {
        let mut down = Down::default();
        samples.chunks_exact(2).map(|pair| f32::from(down.pass([pair[0], pair[1]]))).collect()
    }

    fn decibel(power: f32, of: f32) -> f32 {
        10.0 * (power / of).log10()
    }

    #[test]
    fn what_is_speech_stays_and_what_is_above_does_not_fold() {
        for hz in [200.0, 1000.0, 2000.0, 3000.0, 3400.0] {
            let level = decibel(power(&down(&sine(hz, 16_000.0, 10_000.0, 16_000))[200..], hz, 8000.0), 5e7);
            assert!(level.abs() < 0.1, "{hz} Hz: {level} dB");
        }
        for hz in [4600.0, 5000.0, 6000.0, 7000.0, 7900.0] {
            let heard = &down(&sine(hz, 16_000.0, 10_000.0, 16_000))[200..];
            let all = heard.iter().map(|sample| sample * sample).sum::<f32>() / heard.len() as f32;
            assert!(decibel(all, 5e7) < -55.0, "{hz} Hz: {} dB", decibel(all, 5e7));
        }
    }

    #[test]
    fn there_are_no_images_above_4600_hz() {
        for hz in [200.0, 1000.0, 2000.0, 3000.0, 3400.0] {
            let mut up = Up::default();
            let all: Vec<f32> =
                sine(hz, 8000.0, 10_000.0, 8000).into_iter().flat_map(|s| up.pass(s)).map(f32::from).collect();
            let level = decibel(power(&all[400..], hz, 16_000.0), 5e7);
            assert!(level.abs() < 0.1, "{hz} Hz: {level} dB");
            let image = decibel(power(&all[400..], 8000.0 - hz, 16_000.0), 5e7);
            assert!(image < -55.0, "{hz} Hz: image at {image} dB");
        }
    }

    #[test]
    fn full_scale_saturates_and_does_not_wrap() {
        let (mut down, mut up) = (Down::default(), Up::default());
        let mut worst = 0i32;
        for n in 0..4000 {
            let sample = if n / 20 % 2 == 0 { i16::MAX } else { i16::MIN };
            for sample in up.pass(sample) {
                worst = worst.max(i32::from(sample).abs());
            }
            worst = worst.max(i32::from(down.pass([sample, sample])).abs());
        }
        assert!(worst >= 32_767);
    }
}
