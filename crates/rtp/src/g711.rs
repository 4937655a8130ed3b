//! G.711: μ-law and A-law to and from 16-bit samples, and into each other, all by table.

/// μ-law silence.
pub const MU_SILENCE: u8 = 0xFF;
/// A-law silence.
pub const A_SILENCE: u8 = 0xD5;

/// μ-law drops the two lowest bits of a 16-bit sample, A-law three: tables by what is left stay small enough for the
/// first-level cache.
const MU_SHIFT: u32 = 2;
const A_SHIFT: u32 = 3;

static MU_DECODE: [i16; 256] = decode_table(true);
static A_DECODE: [i16; 256] = decode_table(false);
static MU_ENCODE: [u8; 1 << 14] = mu_encode_table();
static A_ENCODE: [u8; 1 << 13] = a_encode_table();
static MU_TO_A: [u8; 256] = transcode_table(true);
static A_TO_MU: [u8; 256] = transcode_table(false);

/// One μ-law byte as a sample.
#[inline]
pub fn mu_decode(byte: u8) -> i16 {
    MU_DECODE.get(usize::from(byte)).copied().unwrap_or(0)
}

/// One A-law byte as a sample.
#[inline]
pub fn a_decode(byte: u8) -> i16 {
    A_DECODE.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The μ-law byte for a sample.
#[inline]
pub fn mu_encode(sample: i16) -> u8 {
    MU_ENCODE.get(usize::from(sample.cast_unsigned() >> MU_SHIFT)).copied().unwrap_or(MU_SILENCE)
}

/// The A-law byte for a sample.
#[inline]
pub fn a_encode(sample: i16) -> u8 {
    A_ENCODE.get(usize::from(sample.cast_unsigned() >> A_SHIFT)).copied().unwrap_or(A_SILENCE)
}

/// The A-law byte that sounds like this μ-law byte.
#[inline]
pub fn mu_to_a(byte: u8) -> u8 {
    MU_TO_A.get(usize::from(byte)).copied().unwrap_or(A_SILENCE)
}

/// The μ-law byte that sounds like this A-law byte.
#[inline]
pub fn a_to_mu(byte: u8) -> u8 {
    A_TO_MU.get(usize::from(byte)).copied().unwrap_or(MU_SILENCE)
}

/// ITU-T G.711 table 2a: sign, three bits of segment, four of step, all inverted; bias 132 on the 16-bit scale.
const fn mu_expand(byte: u8) -> i16 {
    let inverted = !byte;
    let magnitude = (((((inverted & 0x0F) as i16) << 3) + 132) << ((inverted & 0x70) >> 4)) - 132;
    if inverted & 0x80 != 0 { -magnitude } else { magnitude }
}

/// ITU-T G.711 table 1a: even bits inverted.
const fn a_expand(byte: u8) -> i16 {
    let plain = byte ^ 0x55;
    let step = ((plain & 0x0F) as i16) << 4;
    let magnitude = match (plain & 0x70) >> 4 {
        0 => step + 8,
        segment => (step + 264) << (segment - 1),
    };
    if plain & 0x80 != 0 { magnitude } else { -magnitude }
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn decode_table(mu: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if mu { mu_expand(byte as u8) } else { a_expand(byte as u8) };
        byte += 1;
    }
    table
}

const fn mu_compress(sample: i16) -> u8 {
    const CLIP: i32 = 32_635;
    let magnitude = (sample as i32).abs();
    let biased = if magnitude > CLIP { CLIP } else { magnitude } + 132;
    let segment = 24 - biased.leading_zeros();
    let step = (biased >> (segment + 3)) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !(sign | (segment << 4) as u8 | step as u8)
}

const fn a_compress(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample as i32) } else { (0, -1 - sample as i32) };
    let coded = if magnitude < 256 {
        magnitude >> 4
    } else {
        let segment = 24 - magnitude.leading_zeros() as i32;
        segment << 4 | (magnitude >> (segment + 3)) & 0x0F
    };
    (sign | coded as u8) ^ 0x55
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn mu_encode_table() -> [u8; 1 << 14] {
    let mut table = [0; 1 << 14];
    let mut index = 0;
    while index < table.len() {
        let sample = ((index as u16) << MU_SHIFT) as i16;
        // The dropped bits of a negative sample bring it towards zero, not away from it.
        table[index] = mu_compress(if sample < 0 { sample + 3 } else { sample });
        index += 1;
    }
    table
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn a_encode_table() -> [u8; 1 << 13] {
    let mut table = [0; 1 << 13];
    let mut index = 0;
    while index < table.len() {
        table[index] = a_compress(((index as u16) << A_SHIFT) as i16);
        index += 1;
    }
    table
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn transcode_table(from_mu: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if from_mu { a_compress(mu_expand(byte as u8)) } else { mu_compress(a_expand(byte as u8)) };
        byte += 1;
    }
    // A-law has no zero: its silence is 8, which must not become a hum of 8 in μ-law.
    if !from_mu {
        table[A_SILENCE as usize] = MU_SILENCE;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_of_g711() {
        assert_eq!((mu_decode(0xFF), mu_decode(0x7F), mu_decode(0x00), mu_decode(0x80)), (0, 0, -32_124, 32_124));
        assert_eq!((a_decode(0xD5), a_decode(0x55), a_decode(0x2A), a_decode(0xAA)), (8, -8, -32_256, 32_256));
        assert_eq!((mu_encode(0), a_encode(0)), (MU_SILENCE, A_SILENCE));
        assert_eq!((mu_encode(i16::MAX), mu_encode(i16::MIN)), (0x80, 0x00));
        assert_eq!((a_encode(i16::MAX), a_encode(i16::MIN)), (0xAA, 0x2A));
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255u8 {
            let expected = if byte == 0x7F { 0xFF } else { byte };
            assert_eq!(mu_encode(mu_decode(byte)), expected, "mu {byte:#x}");
            assert_eq!(a_encode(a_decode(byte)), byte, "a {byte:#x}");
        }
    }

    /// The error of a sample stays within half a step of its segment.
    #[test]
    fn every_sample_is_near_its_code() {
        for sample in i16::MIN..=i16::MAX {
            let magnitude = i32::from(sample).abs();
            let allowed = (magnitude / 32 + 8).max(8);
            if magnitude <= 32_124 {
                let error = (i32::from(mu_decode(mu_encode(sample))) - i32::from(sample)).abs();
                assert!(error <= allowed, "mu {sample}: {error}");
            }
            if magnitude <= 32_256 {
                let error = (i32::from(a_decode(a_encode(sample))) - i32::from(sample)).abs();
                assert!(error <= allowed, "a {sample}: {error}");
            }
        }
    }

    #[test]
    fn transcoding_is_near_and_keeps_silence() {
        assert_eq!((mu_to_a(MU_SILENCE), a_to_mu(A_SILENCE)), (A_SILENCE, MU_SILENCE));
        for byte in 0..=255u8 {
            let (mu, a) = (i32::from(mu_decode(byte)), i32::from(a_decode(byte)));
            assert!((i32::from(a_decode(mu_to_a(byte))) - mu).abs() <= mu.abs() / 16 + 16);
            assert!((i32::from(mu_decode(a_to_mu(byte))) - a).abs() <= a.abs() / 16 + 16);
        }
    }
}
