//! WAV files of any rate and shape, brought to 8 kHz mono.

use std::f64::consts::PI;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::PromptError;

const RATE: u32 = rtp::SAMPLE_RATE;
/// Longest prompt: ten minutes of music.
const SECONDS_MAX: u32 = 600;
/// Sample rates that are resampled.
const RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;
/// Zero crossings of the filter on each side.
const CROSSINGS: f64 = 16.0;

/// The samples of a file.
pub fn read(path: &Path) -> Result<Vec<i16>, PromptError> {
    let not_wav = |why: String| PromptError::NotWav(path.to_owned(), why);
    let file = File::open(path).map_err(|error| PromptError::Read(path.to_owned(), error))?;
    let mut reader = WavReader::new(BufReader::new(file)).map_err(|error| not_wav(error.to_string()))?;
    let spec = reader.spec();
    if !RATES.contains(&spec.sample_rate) || spec.channels == 0 {
        return Err(not_wav(format!("{} Hz, {} channels: cannot be played", spec.sample_rate, spec.channels)));
    }
    if reader.duration() / spec.sample_rate >= SECONDS_MAX {
        return Err(not_wav(format!("longer than {SECONDS_MAX} s")));
    }
    let scale = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, _) => 1.0,
        (SampleFormat::Int, bits @ 8..=32) => 1.0 / f32::from(2u16).powi(i32::from(bits) - 1),
        (SampleFormat::Int, bits) => return Err(not_wav(format!("{bits} bits a sample: cannot be played"))),
    };
    let samples: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => reader.samples::<i32>().map(|sample| Ok(sample? as f32 * scale)).collect(),
    };
    let samples = samples.map_err(|error| not_wav(error.to_string()))?;
    let channels = usize::from(spec.channels);
    let mono: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    let mono = if spec.sample_rate == RATE { mono } else { resample(&mono, spec.sample_rate) };
    Ok(mono.into_iter().map(|sample| (sample * 32_767.0) as i16).collect())
}

/// To 8 kHz by a windowed-sinc filter, one set of coefficients per phase.
fn resample(input: &[f32], rate: u32) -> Vec<f32> {
    let common = gcd(rate, RATE);
    let (up, down) = (RATE / common, rate / common);
    // Below both Nyquist frequencies, with a little room for the slope.
    let cutoff = f64::from(RATE.min(rate)) / f64::from(rate) * 0.94;
    let half = (CROSSINGS / cutoff).ceil() as i64;
    let kernels: Vec<Vec<f32>> = (0..up).map(|phase| kernel(f64::from(phase) / f64::from(up), cutoff, half)).collect();
    let length = input.len() as u64 * u64::from(up) / u64::from(down);
    (0..length)
        .map(|n| {
            let position = n * u64::from(down);
            let (whole, phase) = (position / u64::from(up), position % u64::from(up));
            let kernel = usize::try_from(phase).ok().and_then(|phase| kernels.get(phase));
            let first = whole.cast_signed() - half + 1;
            let skip = usize::try_from(-first).unwrap_or(0);
            let from = usize::try_from(first).unwrap_or(0);
            let taps = kernel.and_then(|kernel| kernel.get(skip..)).unwrap_or_default();
            taps.iter().zip(input.get(from..).unwrap_or_default()).map(|(tap, sample)| tap * sample).sum()
        })
        .collect()
}

/// Coefficients for an output sample that lies `fraction` after an input sample, normalised to a gain of one.
fn kernel(fraction: f64, cutoff: f64, half: i64) -> Vec<f32> {
    let taps: Vec<f64> = (1 - half..=half)
        .map(|n| {
            let x = n as f64 - fraction;
            let sinc = if x.abs() < 1e-9 { cutoff } else { (PI * x * cutoff).sin() / (PI * x) };
            let window = 0.5 + 0.5 * (PI * x / half as f64).cos();
            if x.abs() < half as f64 { sinc * window } else { 0.0 }
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| (tap / sum) as f32).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
