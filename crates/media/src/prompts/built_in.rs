//! Sounds that need no file: ringback, a beep, silence, and a piece of hold music, computed.

use std::f32::consts::TAU;

use rtp::{SAMPLE_RATE, tone};

/// Their names.
pub const NAMES: [&str; 4] = ["ringback", "beep", "silence", "hold-music"];

/// Name and samples of every built-in prompt. Music is work: not for a look at a list.
pub fn all() -> [(&'static str, Vec<i16>); 4] {
    [
        ("ringback", tone::ringback(7000.0)),
        ("beep", beep()),
        ("silence", vec![0; SAMPLE_RATE as usize]),
        ("hold-music", hold_music()),
    ]
}

fn beep() -> Vec<i16> {
    let length = SAMPLE_RATE as usize / 4;
    let tone = tone::sine(1000.0, 8000.0, length);
    tone.iter().enumerate().map(|(n, &sample)| (f32::from(sample) * tone::fade(n, length)) as i16).collect()
}

/// An eighth note at 92 beats a minute.
const EIGHTH: usize = 2608;
const EIGHTHS_PER_BAR: usize = 8;

/// Four bars, each a bass note and a broken chord, as semitones from middle C: F major 7, E minor 7, D minor 9, C major 7.
const BARS: [(i32, [i32; EIGHTHS_PER_BAR]); 4] = [
    (-19, [5, 9, 12, 16, 21, 16, 12, 9]),
    (-20, [4, 7, 11, 14, 19, 14, 11, 7]),
    (-22, [2, 5, 9, 12, 16, 12, 9, 5]),
    (-24, [0, 4, 7, 11, 16, 14, 11, 7]),
];

/// About eleven seconds of a soft broken-chord melody. Every note rings on past the end into the beginning, so that the
/// loop has no seam.
fn hold_music() -> Vec<i16> {
    let mut mix = vec![0f32; BARS.len() * EIGHTHS_PER_BAR * EIGHTH];
    for (bar, (bass, chord)) in BARS.iter().enumerate() {
        let begin = bar * EIGHTHS_PER_BAR * EIGHTH;
        pluck(&mut mix, begin, *bass, 0.30, 1.6);
        pluck(&mut mix, begin + 4 * EIGHTH, *bass + 7, 0.18, 1.2);
        for (eighth, &semitone) in chord.iter().enumerate() {
            // The first and the highest note of a bar are played a little louder, as a hand would.
            let accent = if eighth == 0 || eighth == 4 { 0.26 } else { 0.19 };
            pluck(&mut mix, begin + eighth * EIGHTH, semitone, accent, 0.7);
        }
    }
    let peak = mix.iter().fold(0f32, |peak, sample| peak.max(sample.abs())).max(0.001);
    mix.iter().map(|sample| (sample / peak * 9000.0) as i16).collect()
}

/// A struck string: a few harmonics, the higher the sooner gone, with a soft attack.
fn pluck(mix: &mut [f32], begin: usize, semitone: i32, gain: f32, seconds: f32) {
    let rate = SAMPLE_RATE as f32;
    let hz = 261.63 * 2f32.powf(semitone as f32 / 12.0);
    let length = (seconds * 3.0 * rate) as usize;
    let size = mix.len();
    for n in 0..length {
        let time = n as f32 / rate;
        let attack = (time / 0.008).min(1.0);
        // The last tenth fades to nothing, so that the note ends without a click.
        let release = ((length - n) as f32 / (length as f32 * 0.1)).min(1.0);
        let sound: f32 = [(1.0, 1.0), (2.0, 0.35), (3.0, 0.12), (4.0, 0.05)]
            .iter()
            .filter(|(harmonic, _)| hz * harmonic < 3400.0)
            .map(|(harmonic, share)| {
                let decay = (-time * (1.0 + 0.6 * (harmonic - 1.0)) / (seconds * 0.55)).exp();
                share * decay * (TAU * (hz * harmonic * time).fract()).sin()
            })
            .sum();
        if let Some(place) = mix.get_mut((begin + n) % size) {
            *place += gain * attack * release * sound;
        }
    }
}
