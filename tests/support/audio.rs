//! What is heard: which tone sounds when, in a WAV file or a run of samples.

use std::path::Path;

/// Tones that the tests' parties "speak" with. Far apart, no harmonics of each other, clear of DTMF.
pub const CALLER_HZ: f32 = 440.0;
/// The first operator.
pub const OPERATOR_HZ: f32 = 620.0;
/// The second operator.
pub const OPERATOR_2_HZ: f32 = 1040.0;
/// The client firm's mobile.
pub const MOBILE_HZ: f32 = 820.0;

const RATE: f32 = 8000.0;
/// 100 ms at 8 kHz.
const WINDOW: usize = 800;

/// One channel of an 8 kHz WAV file (0 = left).
pub fn channel(path: &Path, channel: usize) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{} does not open: {e}", path.display()));
    let spec = reader.spec();
    assert_eq!(spec.sample_rate, 8000, "{}", path.display());
    let channels = usize::from(spec.channels);
    reader.samples::<i16>().map(|s| s.expect("a sample")).skip(channel).step_by(channels).collect()
}

/// What a phone heard, at 8 kHz whatever its codec's rate: of the first channel, the mean of the samples in an eighth of a millisecond.
pub fn ear(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{} does not open: {e}", path.display()));
    let spec = reader.spec();
    assert_eq!(spec.sample_rate % 8000, 0, "{}", path.display());
    let samples: Vec<i32> =
        reader.samples::<i16>().step_by(usize::from(spec.channels)).map(|s| i32::from(s.expect("a sample"))).collect();
    let together = (spec.sample_rate / 8000) as usize;
    samples.chunks_exact(together).map(|few| (few.iter().sum::<i32>() / together as i32) as i16).collect()
}

/// The samples of a WAV file of one channel whose header nobody completed.
pub fn unfinished(path: &Path) -> Vec<i16> {
    const HEADER: usize = 44;
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{} does not open: {e}", path.display()));
    bytes.get(HEADER..).unwrap_or_default().chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Mean power of one frequency in a window, relative to full scale (a full-scale sine gives about 0.5).
pub fn power(samples: &[i16], hz: f32) -> f32 {
    let step = 2.0 * std::f32::consts::PI * hz / RATE;
    let (mut re, mut im) = (0.0f32, 0.0f32);
    for (n, &s) in samples.iter().enumerate() {
        let x = f32::from(s) / 32768.0;
        re += x * (step * n as f32).cos();
        im += x * (step * n as f32).sin();
    }
    let n = samples.len().max(1) as f32;
    2.0 * (re * re + im * im) / (n * n)
}

/// Root mean square of a window over full scale.
pub fn loudness(samples: &[i16]) -> f32 {
    let sum: f32 = samples.iter().map(|&s| (f32::from(s) / 32768.0).powi(2)).sum();
    (sum / samples.len().max(1) as f32).sqrt()
}

/// What one window of 100 ms holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Heard {
    /// Nothing.
    Silence,
    /// One of the parties' tones.
    Tone(f32),
    /// Several parties at once.
    Several,
    /// Something else: speech, music.
    Other,
}

/// The story of a recording: what is heard, run by run; runs shorter than `runs_min` windows of 100 ms are left out.
pub fn story(samples: &[i16], runs_min: usize) -> Vec<Heard> {
    let mut runs: Vec<(Heard, usize)> = Vec::new();
    for window in samples.chunks_exact(WINDOW) {
        let heard = hear(window);
        match runs.last_mut() {
            Some((last, length)) if *last == heard => *length += 1,
            _ => runs.push((heard, 1)),
        }
    }
    let mut story: Vec<Heard> = Vec::new();
    for (heard, length) in runs {
        if length >= runs_min && story.last() != Some(&heard) {
            story.push(heard);
        }
    }
    story
}

/// What is heard in one window.
pub fn hear(window: &[i16]) -> Heard {
    let total = loudness(window);
    if total < 0.003 {
        return Heard::Silence;
    }
    let loud = total * total;
    let tones = [CALLER_HZ, OPERATOR_HZ, OPERATOR_2_HZ, MOBILE_HZ];
    let present: Vec<f32> = tones.into_iter().filter(|&hz| power(window, hz) > 0.15 * loud).collect();
    let explained: f32 = present.iter().map(|&hz| power(window, hz)).sum();
    match present.as_slice() {
        [one] if explained > 0.5 * loud => Heard::Tone(*one),
        [_, _, ..] if explained > 0.5 * loud => Heard::Several,
        _ => Heard::Other,
    }
}

/// Whether these are heard one after the other, whatever else there is in between: a phone on a busy machine may stop for half a
/// second and go on.
pub fn in_order<T: PartialEq>(story: &[T], wanted: &[T]) -> bool {
    let mut story = story.iter();
    wanted.iter().all(|heard| story.any(|h| h == heard))
}

/// These are heard one after the other.
#[track_caller]
pub fn assert_in_order(story: &[Heard], wanted: &[Heard], who: &str) {
    assert!(in_order(story, wanted), "{who}: {story:?} has not {wanted:?}");
}

/// Nothing but this tone is heard, from its first to its last, and it is heard for most of that time.
pub fn assert_hears_only(samples: &[i16], hz: f32, who: &str) {
    let told = story(samples, 2);
    assert!(told.iter().all(|h| [Heard::Tone(hz), Heard::Silence].contains(h)), "{who}: {told:?}");
    let windows: Vec<Heard> = samples.chunks_exact(WINDOW).map(hear).collect();
    let heard = |h: &Heard| *h == Heard::Tone(hz);
    let (first, last) = (windows.iter().position(heard), windows.iter().rposition(heard));
    let length = first.zip(last).map_or(0.0, |(first, last)| (last + 1 - first) as f32 / 10.0);
    let seconds = seconds_of(samples, hz);
    assert!(seconds > 0.7 * length && seconds > 0.0, "{who}: {seconds} s of {hz} Hz in {length} s");
}

/// Seconds in which this tone is heard, to a tenth.
pub fn seconds_of(samples: &[i16], hz: f32) -> f32 {
    samples.chunks_exact(WINDOW).filter(|w| hear(w) == Heard::Tone(hz)).count() as f32 / 10.0
}

/// Seconds in which this tone is heard, alone or together with others, to a tenth.
pub fn seconds_with(samples: &[i16], hz: f32) -> f32 {
    let has = |window: &[i16]| match hear(window) {
        Heard::Tone(one) => one == hz,
        Heard::Several => power(window, hz) > 0.15 * loudness(window).powi(2),
        Heard::Silence | Heard::Other => false,
    };
    samples.chunks_exact(WINDOW).filter(|window| has(window)).count() as f32 / 10.0
}
