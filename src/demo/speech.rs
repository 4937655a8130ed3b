//! Voices of the demo's people: the configured speech command, or a hum of their own where there is none.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::config::Speech;

/// A hum's length for each character that would have been spoken.
const HUM_SAMPLES_PER_CHARACTER: usize = 800;

/// A speaker with a pitch of its own.
#[derive(Clone, Debug)]
pub struct Speaker {
    command: Vec<String>,
    voice: PathBuf,
    folder: PathBuf,
}

impl Speaker {
    /// Speaks with the configured command, into files below `folder`.
    pub fn new(config: &Speech, folder: &Path) -> Self {
        Self { command: config.command.clone(), voice: config.voice.clone(), folder: folder.to_owned() }
    }

    /// 8 kHz samples of a sentence; `pitch_hz` is the hum's.
    pub fn speak(&self, text: &str, pitch_hz: f32) -> Arc<[i16]> {
        self.spoken(text).unwrap_or_else(|| hum(text.chars().count(), pitch_hz)).into()
    }

    /// Whether the command works.
    pub fn works(&self) -> bool {
        self.spoken("はい").is_some()
    }

    fn spoken(&self, text: &str) -> Option<Vec<i16>> {
        let out = self.folder.join("demo-speech.wav");
        let fill = |argument: &String| {
            let argument = argument.replace("{voice}", &self.voice.to_string_lossy());
            argument.replace("{out}", &out.to_string_lossy()).replace("{text}", text)
        };
        let (program, arguments) = self.command.split_first()?;
        let mut child = Command::new(program)
            .args(arguments.iter().map(fill))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let spoken = child.wait().ok()?.success().then(|| media::read_wav(&out).ok()).flatten();
        // A file that stays would be taken for the next sentence if its command failed.
        let _ = std::fs::remove_file(&out);
        spoken.filter(|samples| !samples.is_empty())
    }
}

/// Syllables of a tone: loud and soft in turn, so that it has a shape that can be recognised.
fn hum(characters: usize, pitch_hz: f32) -> Vec<i16> {
    let sample = |n: usize| {
        let syllable = (n / HUM_SAMPLES_PER_CHARACTER).wrapping_mul(2_654_435_761) >> 16 & 3;
        let loudness = syllable as f32 * 2500.0;
        (loudness * (2.0 * std::f32::consts::PI * pitch_hz * n as f32 / 8000.0).sin()) as i16
    };
    (0..characters * HUM_SAMPLES_PER_CHARACTER).map(sample).collect()
}
