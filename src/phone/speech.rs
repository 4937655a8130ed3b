//! Voices of test phones: the configured speech command, or a hum of their own where there is none.

use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::config::Speech;

/// A hum's length for each character that would have been spoken.
const HUM_SAMPLES_PER_CHARACTER: usize = 800;
/// A command that speaks one sentence for longer hangs.
const SPEAKING_MAX: Duration = Duration::from_secs(10);
/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(10);
/// Of a command's complaint, this much is repeated.
const COMPLAINT_BYTES_MAX: u64 = 4_096;

/// A speaker with a pitch of its own.
#[derive(Clone, Debug)]
pub struct Speaker {
    command: Vec<String>,
    voice: PathBuf,
    folder: PathBuf,
}

/// Why nothing is spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mute {
    /// No command is configured.
    NoCommand,
    /// It cannot be run.
    NotRunning { program: String, why: String },
    /// It ended with a complaint, or did not end.
    Failed { program: String, why: String },
    /// It ended well, and nothing is to be heard.
    Silent { program: String, why: String },
}

impl fmt::Display for Mute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => f.write_str("-"),
            Self::NotRunning { program, why } | Self::Failed { program, why } | Self::Silent { program, why } => {
                write!(f, "{program}: {why}")
            }
        }
    }
}

impl Speaker {
    /// Speaks with the configured command, into files below `folder`.
    pub fn new(config: &Speech, folder: &Path) -> Self {
        Self { command: config.command.clone(), voice: config.voice.clone(), folder: folder.to_owned() }
    }

    /// 8 kHz samples of a sentence; `pitch_hz` is the hum's.
    pub fn speak(&self, text: &str, pitch_hz: f32) -> Arc<[i16]> {
        self.try_speak(text).unwrap_or_else(|_| hum(text.chars().count(), pitch_hz)).into()
    }

    /// 8 kHz samples of a sentence by the command alone, or why there are none.
    pub fn try_speak(&self, text: &str) -> Result<Vec<i16>, Mute> {
        let out = self.folder.join(format!("test-speech-{}.wav", std::process::id()));
        let spoken = self.run(text, &out).and_then(|program| {
            let silent = |why: String| Mute::Silent { program: program.clone(), why };
            let samples = media::read_wav(&out).map_err(|error| silent(error.to_string()))?;
            if samples.iter().any(|sample| *sample != 0) { Ok(samples) } else { Err(silent("0".to_owned())) }
        });
        // A file that stays would be taken for the next sentence if its command failed.
        let _ = std::fs::remove_file(&out);
        spoken
    }

    /// Runs the command; gives its name.
    fn run(&self, text: &str, out: &Path) -> Result<String, Mute> {
        let fill = |argument: &String| {
            let argument = argument.replace("{voice}", &self.voice.to_string_lossy());
            argument.replace("{out}", &out.to_string_lossy()).replace("{text}", text)
        };
        let (program, arguments) = self.command.split_first().ok_or(Mute::NoCommand)?;
        let program = program.clone();
        let mut child = Command::new(&program)
            .args(arguments.iter().map(fill))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Mute::NotRunning { program: program.clone(), why: error.to_string() })?;
        // A command that takes the text as an argument may have closed its input: its exit code tells how it went.
        let _ = child.stdin.take().map(|mut input| input.write_all(text.as_bytes()));
        match end(&mut child) {
            Ok(()) => Ok(program),
            Err(why) => Err(Mute::Failed { program, why }),
        }
    }
}

/// Waits for the command; kills one that hangs.
fn end(child: &mut Child) -> Result<(), String> {
    let deadline = clock::now() + SPEAKING_MAX;
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                let mut complaint = String::new();
                let _ = child.stderr.take().map(|error| error.take(COMPLAINT_BYTES_MAX).read_to_string(&mut complaint));
                let first = complaint.lines().map(str::trim).find(|line| !line.is_empty());
                return Err(first.map_or_else(|| status.to_string(), str::to_owned));
            }
            None if clock::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("> {} s", SPEAKING_MAX.as_secs()));
            }
            None => std::thread::park_timeout(LOOK),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with(command: &[&str]) -> Result<Vec<i16>, Mute> {
        let folder = tempfile::tempdir().unwrap();
        let command = command.iter().map(|part| (*part).to_owned()).collect();
        Speaker { command, voice: PathBuf::new(), folder: folder.path().to_owned() }.try_speak("はい")
    }

    #[test]
    fn a_command_that_does_not_speak_says_why() {
        assert_eq!(with(&[]), Err(Mute::NoCommand));
        assert!(matches!(with(&["/no/such/program"]), Err(Mute::NotRunning { .. })));
        let complains = with(&["sh", "-c", "echo 'no dictionary' >&2; exit 3"]);
        assert_eq!(complains, Err(Mute::Failed { program: "sh".to_owned(), why: "no dictionary".to_owned() }));
        assert!(matches!(with(&["true"]), Err(Mute::Silent { .. })));
    }

    #[test]
    fn what_the_command_writes_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let tone = folder.path().join("tone.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&tone, spec).unwrap();
        hum(2, 200.0).into_iter().for_each(|sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
        assert_eq!(with(&["cp", tone.to_str().unwrap(), "{out}"]).map(|samples| samples.len()), Ok(1600));
    }
}
