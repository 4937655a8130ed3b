//! The soft noise of a line on which nobody speaks: RFC 3389.

/// Noise is never louder than this, whatever a packet says, nor quieter than can be told from nothing: dB below full scale.
const LEVELS: std::ops::RangeInclusive<u8> = 40..=78;
/// Where no level is said.
const LEVEL: u8 = 65;

/// A source of noise. Of the spectrum that a packet may describe nothing is kept: it falls gently towards high frequencies, as
/// that of a room does.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    amplitude: f32,
    seed: u32,
    last: f32,
}

impl Noise {
    /// Noise as a packet's payload says: its first byte is the level, in dB below full scale (§3.1).
    pub fn new(payload: &[u8]) -> Self {
        let level = payload.first().map_or(LEVEL, |level| (level & 0x7F).clamp(*LEVELS.start(), *LEVELS.end()));
        // Root mean square of uniform noise is its peak through √3; the filter takes √2.
        let amplitude = 32_768.0 * 10f32.powf(-f32::from(level) / 20.0) * 6f32.sqrt();
        Self { amplitude, seed: 0x9E37_79B9, last: 0.0 }
    }

    /// The same noise, at the level that another packet says.
    pub fn follow(&mut self, payload: &[u8]) {
        self.amplitude = Self::new(payload).amplitude;
    }

    /// The next samples.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (self.seed >> 8) as f32 / 8_388_608.0 - 1.0;
            *sample = (self.amplitude * 0.5 * (noise + self.last)).round() as i16;
            self.last = noise;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_level_that_was_said_within_limits() {
        for (payload, decibel) in
            [(&[50u8][..], -50.0f32), (&[65, 1, 2], -65.0), (&[], -65.0), (&[0], -40.0), (&[127], -78.0)]
        {
            let mut noise = Noise::new(payload);
            let mut samples = [0; 8000];
            noise.fill(&mut samples);
            let power = samples.iter().map(|&sample| f32::from(sample).powi(2)).sum::<f32>() / 8000.0;
            let level = 10.0 * power.log10() - 90.31;
            assert!((level - decibel).abs() < 1.0, "{payload:?}: {level} dBov");
            let mean = samples.iter().map(|&sample| f32::from(sample)).sum::<f32>() / 8000.0;
            assert!(mean.abs() < 4.0);
        }
    }
}
