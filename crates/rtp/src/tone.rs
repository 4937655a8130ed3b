//! Tones made by calculation: ringback as Japan hears it, DTMF, test sines.

use std::f32::consts::TAU;

use crate::SAMPLE_RATE;

/// Frequency of the Japanese ringing tone, and of the 15 to 20 Hz that modulate it (TTC JJ-20.13; heard "プルルル").
const RINGBACK_HZ: f32 = 400.0;
const RINGBACK_MODULATION_HZ: f32 = 16.0;
/// One second on, two off.
const RINGBACK_ON: usize = SAMPLE_RATE as usize;
const RINGBACK_PERIOD: usize = 3 * SAMPLE_RATE as usize;
/// Edges are faded over this many samples, so that nothing clicks.
const FADE: usize = 40;

/// `length` samples of a sine from phase 0.
pub fn sine(hz: f32, amplitude: f32, length: usize) -> Vec<i16> {
    (0..length).map(|n| (amplitude * phase(hz, n).sin()) as i16).collect()
}

/// One period of ringback: repeat it for as long as it rings. `amplitude` is the modulated tone's peak.
pub fn ringback(amplitude: f32) -> Vec<i16> {
    (0..RINGBACK_PERIOD)
        .map(|n| {
            if n >= RINGBACK_ON {
                return 0;
            }
            let envelope = 0.5 + 0.5 * phase(RINGBACK_MODULATION_HZ, n).cos();
            (amplitude * fade(n, RINGBACK_ON) * (0.15 + 0.85 * envelope) * phase(RINGBACK_HZ, n).sin()) as i16
        })
        .collect()
}

/// The two frequencies of a key. ITU-T Q.23.
pub fn dtmf(digit: char) -> Option<(f32, f32)> {
    let (row, column) = match digit.to_ascii_uppercase() {
        '1' => (697.0, 1209.0),
        '2' => (697.0, 1336.0),
        '3' => (697.0, 1477.0),
        'A' => (697.0, 1633.0),
        '4' => (770.0, 1209.0),
        '5' => (770.0, 1336.0),
        '6' => (770.0, 1477.0),
        'B' => (770.0, 1633.0),
        '7' => (852.0, 1209.0),
        '8' => (852.0, 1336.0),
        '9' => (852.0, 1477.0),
        'C' => (852.0, 1633.0),
        '*' => (941.0, 1209.0),
        '0' => (941.0, 1336.0),
        '#' => (941.0, 1477.0),
        'D' => (941.0, 1633.0),
        _ => return None,
    };
    Some((row, column))
}

/// Gain of sample `n` of `length` with faded edges.
pub fn fade(n: usize, length: usize) -> f32 {
    let edge = n.min(length.saturating_sub(n + 1));
    (edge as f32 / FADE as f32).min(1.0)
}

/// Phase after `n` samples. Whole periods are taken off in integers, so that hours lose no precision.
fn phase(hz: f32, n: usize) -> f32 {
    let cycles = f64::from(hz) * n as f64 / f64::from(SAMPLE_RATE);
    TAU * cycles.fract() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::power;

    #[test]
    fn f03_ringback_is_400_hz_one_second_of_three() {
        let tone = ringback(8000.0);
        assert_eq!(tone.len(), 24_000);
        let on: Vec<f32> = tone[..8000].iter().map(|&sample| f32::from(sample)).collect();
        let total = on.iter().map(|sample| sample * sample).sum::<f32>() / 8000.0;
        assert!(power(&on, 400.0) > 0.5 * total, "the carrier");
        assert!(power(&on, 416.0) > 0.1 * total, "the modulation");
        assert!(tone[8000..].iter().all(|&sample| sample == 0));
        assert!(tone[0].abs() < 100 && tone[7999].abs() < 300, "no click");
    }

    #[test]
    fn a_sine_has_its_power_at_its_frequency() {
        let samples: Vec<f32> = sine(1000.0, 10_000.0, 8000).into_iter().map(f32::from).collect();
        assert!((power(&samples, 1000.0) / 5e7 - 1.0).abs() < 0.01);
        assert!(power(&samples, 1100.0) < 5e3);
    }
}
