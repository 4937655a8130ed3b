//! G.722 at 64 kbit/s (ITU-T G.722, mode 1): two sub-bands of 8 kHz, each by adaptive differences. 16 kHz here; the resampling to
//! and from 8 kHz is beside it ([`crate::half_band`]).
//!
//! Our own, because what is published allocates for every packet; the arithmetic is the standard's, block by block, and
//! bit for bit that of SpanDSP's public-domain code, of which the tests hold check sums.

/// Quantiser steps of the low band: Q6, table 7.
const Q6: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/// Codes of a negative and a positive difference, by quantiser interval.
const LOW_NEGATIVE: [i32; 31] = [
    0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
];
const LOW_POSITIVE: [i32; 31] = [
    0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34,
    33, 32,
];
/// Inverse quantisers: 6 bits to hear by, 4 to adapt by, 2 of the high band.
const QM6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
const QM4: [i32; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];
const QM2: [i32; 4] = [-7408, -1616, 7408, 1616];
/// How a code moves the logarithm of the step, low and high band.
const LOW_STEPS: [i32; 16] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const HIGH_STEPS: [i32; 4] = [798, -214, 798, -214];
/// The antilogarithm: 2048 * 2^(n/32).
const ILB: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Half of the quadrature mirror filter; the other half is the same backwards.
const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

fn at<const N: usize>(table: &[i32; N], index: i32) -> i32 {
    usize::try_from(index).ok().and_then(|index| table.get(index)).copied().unwrap_or(0)
}

fn saturate(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// The predictor and the step of one sub-band.
#[derive(Clone, Debug)]
struct Band {
    /// What is expected of the next sample, and the zeros' part of it.
    expected: i32,
    zeros: i32,
    /// The last two of each: reconstructed, partly reconstructed, pole coefficients.
    r: [i32; 2],
    p: [i32; 2],
    a: [i32; 2],
    /// The last six differences, and the zero coefficients.
    d: [i32; 6],
    b: [i32; 6],
    /// Logarithm of the step, and the step.
    log: i32,
    step: i32,
}

impl Band {
    fn new(step: i32) -> Self {
        Self { expected: 0, zeros: 0, r: [0; 2], p: [0; 2], a: [0; 2], d: [0; 6], b: [0; 6], log: 0, step }
    }

    /// Blocks 3: the step follows the code. `depth` is 8 for the low band, 10 for the high.
    fn adapt_step(&mut self, by: i32, max: i32, depth: i32) {
        self.log = (((self.log * 127) >> 7) + by).clamp(0, max);
        let fraction = at(&ILB, self.log >> 6 & 31);
        let shift = depth - (self.log >> 11);
        self.step = if shift < 0 { fraction << -shift } else { fraction >> shift } << 2;
    }

    /// Block 4: the predictor follows the difference `d`.
    fn adapt(&mut self, d: i32) {
        let r0 = saturate(self.expected + d);
        let p0 = saturate(self.zeros + d);
        let [a1, a2] = self.a;
        let [p1, p2] = self.p;
        let (same1, same2) = (p0 >> 15 == p1 >> 15, p0 >> 15 == p2 >> 15);
        // UPPOL2
        let wd1 = saturate(a1 << 2);
        let wd2 = if same1 { -wd1 } else { wd1 }.min(32_767);
        let wd3 = (wd2 >> 7) + if same2 { 128 } else { -128 } + ((a2 * 32_512) >> 15);
        let a2 = wd3.clamp(-12_288, 12_288);
        // UPPOL1
        let limit = saturate(15_360 - a2);
        let a1 = saturate(if same1 { 192 } else { -192 } + ((a1 * 32_640) >> 15)).clamp(-limit, limit);
        // UPZERO
        let gain = if d == 0 { 0 } else { 128 };
        for (b, before) in self.b.iter_mut().zip(self.d) {
            let by = if before >> 15 == d >> 15 { gain } else { -gain };
            *b = saturate(by + ((*b * 32_640) >> 15));
        }
        // DELAYA
        let [d1, d2, d3, d4, d5, _] = self.d;
        let [r1, _] = self.r;
        self.d = [d, d1, d2, d3, d4, d5];
        self.r = [r0, r1];
        self.p = [p0, p1];
        self.a = [a1, a2];
        // FILTEP, FILTEZ, PREDIC
        let poles = saturate(((a1 * saturate(r0 + r0)) >> 15) + ((a2 * saturate(r1 + r1)) >> 15));
        self.zeros = saturate(self.d.iter().zip(self.b).map(|(&d, b)| (b * saturate(d + d)) >> 15).sum());
        self.expected = saturate(poles + self.zeros);
    }

    /// Takes the four bits of a low-band code that are adapted by.
    fn low_adapts(&mut self, code: i32) {
        let d = (self.step * at(&QM4, code)) >> 15;
        self.adapt_step(at(&LOW_STEPS, code), 18_432, 8);
        self.adapt(d);
    }

    /// Takes a high-band code; the difference it stands for.
    fn high_adapts(&mut self, code: i32) -> i32 {
        let d = (self.step * at(&QM2, code)) >> 15;
        self.adapt_step(at(&HIGH_STEPS, code), 22_528, 10);
        self.adapt(d);
        d
    }
}

/// The quadrature mirror filter's memory.
#[derive(Clone, Debug, Default)]
struct Mirror {
    x: [i32; 24],
}

impl Mirror {
    /// Takes two samples; the filter's two sums.
    fn pass(&mut self, first: i32, second: i32) -> (i32, i32) {
        self.x.copy_within(2.., 0);
        let [.., one, two] = &mut self.x;
        (*one, *two) = (first, second);
        let pairs = self.x.chunks_exact(2);
        pairs.zip(QMF.iter().zip(QMF.iter().rev())).fold((0, 0), |(odd, even), (pair, (forth, back))| match pair {
            [one, two] => (odd + one * forth, even + two * back),
            _ => (odd, even),
        })
    }
}

/// Makes G.722 of samples.
#[derive(Clone, Debug)]
pub struct Encoder {
    mirror: Mirror,
    low: Band,
    high: Band,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { mirror: Mirror::default(), low: Band::new(32), high: Band::new(8) }
    }
}

impl Encoder {
    /// The byte of two samples at 16 kHz.
    pub fn encode(&mut self, first: i16, second: i16) -> u8 {
        let (odd, even) = self.mirror.pass(i32::from(first), i32::from(second));
        let low = self.encode_low((even + odd) >> 14);
        let high = self.encode_high((even - odd) >> 14);
        (high << 6 | low) as u8
    }

    fn encode_low(&mut self, sample: i32) -> i32 {
        let difference = saturate(sample - self.low.expected);
        let size = if difference >= 0 { difference } else { -(difference + 1) };
        let step = self.low.step;
        let interval = 1 + Q6.iter().take_while(|&&q| size >= (q * step) >> 12).count() as i32;
        let code = at(if difference < 0 { &LOW_NEGATIVE } else { &LOW_POSITIVE }, interval);
        self.low.low_adapts(code >> 2);
        code
    }

    fn encode_high(&mut self, sample: i32) -> i32 {
        let difference = saturate(sample - self.high.expected);
        let size = if difference >= 0 { difference } else { -(difference + 1) };
        let far = size >= (564 * self.high.step) >> 12;
        let code = match (difference < 0, far) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        self.high.high_adapts(code);
        code
    }
}

/// Makes samples of G.722.
#[derive(Clone, Debug)]
pub struct Decoder {
    mirror: Mirror,
    low: Band,
    high: Band,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { mirror: Mirror::default(), low: Band::new(32), high: Band::new(8) }
    }
}

impl Decoder {
    /// The two samples at 16 kHz of a byte. Any byte is G.722.
    pub fn decode(&mut self, byte: u8) -> [i16; 2] {
        let code = i32::from(byte);
        let (low, high) = (code & 0x3F, code >> 6);
        let heard_low = self.low.expected + ((self.low.step * at(&QM6, low)) >> 15);
        let heard_low = heard_low.clamp(-16_384, 16_383);
        self.low.low_adapts(low >> 2);
        let expected = self.high.expected;
        let heard_high = (self.high.high_adapts(high) + expected).clamp(-16_384, 16_383);
        let (odd, even) = self.mirror.pass(heard_low + heard_high, heard_low - heard_high);
        [saturate(even >> 11) as i16, saturate(odd >> 11) as i16]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
        bytes.into_iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
    }

    fn random(seed: &mut u32) -> u32 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *seed
    }

    /// A sweep with noise, from quiet to overdriven: every quantiser step and every limit is met.
    fn signal() -> Vec<i16> {
        let mut seed = 1;
        let sample = |n: u32| {
            let noise = (random(&mut seed) >> 16) as i32 - 32_768;
            let phase = (n.wrapping_mul(200 + n / 8) & 0xFFFF) as i32;
            let triangle = if phase < 32_768 { phase * 2 - 32_768 } else { 98_303 - phase * 2 };
            let gain = 1 + (n / 1000) as i32 % 8;
            (triangle * gain / 8 + noise / 8).clamp(-32_768, 32_767) as i16
        };
        (0..16_000).map(sample).collect()
    }

    /// The sums are of what libg722 (SpanDSP's code, as published for Rust, begun with the standard's steps of 32 and 8)
    /// makes of the same input.
    #[test]
    fn bit_for_bit_what_spandsp_says() {
        let mut encoder = Encoder::default();
        let bytes: Vec<u8> = signal().chunks(2).map(|pair| encoder.encode(pair[0], pair[1])).collect();
        let mut decoder = Decoder::default();
        let back: Vec<i16> = bytes.iter().flat_map(|&byte| decoder.decode(byte)).collect();
        assert_eq!(fnv(bytes), 0x665A_E6BA_A89C_BD97);
        assert_eq!(fnv(back.iter().flat_map(|sample| sample.to_le_bytes())), 0xBB41_EE97_8B13_2784);
        let (mut seed, mut decoder) = (7, Decoder::default());
        let noise: Vec<i16> = (0..16_000).flat_map(|_| decoder.decode((random(&mut seed) >> 24) as u8)).collect();
        assert_eq!(fnv(noise.iter().flat_map(|sample| sample.to_le_bytes())), 0xE5EE_9005_73E4_A25E);
    }
}
