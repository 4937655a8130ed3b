//! WAV files of any rate and shape, brought to 8 kHz mono.

use std::f64::consts::PI;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use rtp::g711;

use super::PromptError;

const RATE: u32 = rtp::SAMPLE_RATE;
/// Longest prompt: ten minutes of music.
const SECONDS_MAX: usize = 600;
/// Largest file that is read: ten minutes of a studio's stereo, of 24 bits and 48 kHz, have 173 MB.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Sample rates that are resampled.
const RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;
/// Zero crossings of the filter on each side.
const CROSSINGS: f64 = 16.0;
/// `wFormatTag` of A-law and of μ-law (RFC 2361), which telephone systems write.
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
/// The tag that says that the real one is the first word of the sub-format.
const EXTENSIBLE: u16 = 0xfffe;
/// What files that are no WAV begin with: place, bytes, and what people call them.
const OTHERS: [(usize, &[u8], &str); 12] = [
    (0, b"ID3", "an MP3 file"),
    (0, &[0xff, 0xfb], "an MP3 file"),
    (0, &[0xff, 0xf1], "an AAC file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"fLaC", "a FLAC file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, &[0x1a, 0x45, 0xdf, 0xa3], "a WebM file"),
    (0, b"FORM", "an AIFF file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK", "a ZIP archive"),
    (0, b"<", "a web page"),
];

/// The samples of a file.
pub fn read(path: &Path) -> Result<Vec<i16>, PromptError> {
    let unread = |error| PromptError::Read(path.to_owned(), error);
    let bytes = fs::metadata(path).map_err(unread)?.len();
    if bytes > FILE_BYTES_MAX {
        let why = format!("it is larger than {} MB", FILE_BYTES_MAX >> 20);
        return Err(PromptError::NotWav(path.to_owned(), why));
    }
    let bytes = fs::read(path).map_err(unread)?;
    decode(&bytes).map_err(|why| PromptError::NotWav(path.to_owned(), why))
}

/// What a file's bytes sound like at 8 kHz, or why they are no WAV that can be played.
pub fn decode(bytes: &[u8]) -> Result<Vec<i16>, String> {
    if let Some(other) =
        OTHERS.iter().find(|(at, begins, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(begins)))
    {
        return Err(format!("it is {}, no WAV: convert it to WAV first", other.2));
    }
    let (samples, channels, rate) = match g711(bytes) {
        Some(law) => law.sound()?,
        None => pcm(bytes)?,
    };
    let mono: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    let mono = if rate == RATE { mono } else { resample(&mono, rate) };
    Ok(mono.into_iter().map(|sample| (sample * 32_767.0) as i16).collect())
}

/// Samples from -1 to 1, channels, rate.
type Sound = (Vec<f32>, usize, u32);

/// Refuses what cannot be played or is too long, before any of it is decoded: a small file of eight bits is a large sound.
fn check(samples: usize, channels: usize, rate: u32) -> Result<(), String> {
    let frames = samples.checked_div(channels).filter(|_| RATES.contains(&rate));
    let Some(seconds) = frames.and_then(|frames| frames.checked_div(usize::try_from(rate).ok()?)) else {
        return Err(format!("{rate} Hz, {channels} channels: cannot be played"));
    };
    if seconds >= SECONDS_MAX { Err(format!("longer than {SECONDS_MAX} s")) } else { Ok(()) }
}

/// Linear samples, 8 to 32 bits, or floating point.
fn pcm(bytes: &[u8]) -> Result<Sound, String> {
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(|error| format!("it is no WAV file: {error}"))?;
    let spec = reader.spec();
    let scale = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, _) => 1.0,
        (SampleFormat::Int, bits @ 8..=32) => 1.0 / f32::from(2u16).powi(i32::from(bits) - 1),
        (SampleFormat::Int, bits) => return Err(format!("{bits} bits a sample: cannot be played")),
    };
    let (length, channels) = (usize::try_from(reader.len()).unwrap_or(usize::MAX), usize::from(spec.channels));
    check(length, channels, spec.sample_rate)?;
    let samples: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => reader.samples::<i32>().map(|sample| Ok(sample? as f32 * scale)).collect(),
    };
    Ok((samples.map_err(|error| error.to_string())?, channels, spec.sample_rate))
}

/// A WAV file of A-law or μ-law.
struct Law<'a> {
    decode: fn(u8) -> i16,
    data: &'a [u8],
    channels: usize,
    rate: u32,
}

impl Law<'_> {
    fn sound(&self) -> Result<Sound, String> {
        check(self.data.len(), self.channels, self.rate)?;
        let samples = self.data.iter().map(|byte| f32::from((self.decode)(*byte)) / 32_768.0).collect();
        Ok((samples, self.channels, self.rate))
    }
}

/// `None`: it is something else.
fn g711(bytes: &[u8]) -> Option<Law<'_>> {
    let format = chunk(bytes, b"fmt ")?;
    let word = |at: usize| Some(u16::from_le_bytes(format.get(at..at + 2)?.try_into().ok()?));
    let tag = match word(0)? {
        EXTENSIBLE => word(24)?,
        tag => tag,
    };
    let decode: fn(u8) -> i16 = match tag {
        A_LAW => g711::a_decode,
        MU_LAW => g711::mu_decode,
        _ => return None,
    };
    let rate = u32::from_le_bytes(format.get(4..8)?.try_into().ok()?);
    Some(Law { decode, data: chunk(bytes, b"data")?, channels: usize::from(word(2)?), rate })
}

/// The first chunk of a RIFF file that is called so. One that claims to be longer than the file ends with it.
fn chunk<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let (id, after) = rest.split_at_checked(4)?;
        let (size, body) = after.split_at_checked(4)?;
        let size = usize::try_from(u32::from_le_bytes(size.try_into().ok()?)).ok()?;
        if id == name {
            return Some(body.get(..size).unwrap_or(body));
        }
        rest = body.get(size + size % 2..)?;
    }
}

/// A WAV file of these samples at 8 kHz.
pub fn encode(samples: &[i16]) -> Result<Vec<u8>, String> {
    let spec = WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(|error| error.to_string())?;
    for sample in samples {
        writer.write_sample(*sample).map_err(|error| error.to_string())?;
    }
    writer.finalize().map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
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
