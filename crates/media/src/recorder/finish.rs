//! The last steps of a recording, and flushing of those in progress: all that may take long, on a thread of its own.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use switch::CallId;
use switch::media::{Event, Recording};

use super::marks::{self, Marks, Told};
use super::scan::{Peaks, scan};
use super::wav_file::{FRAME_BYTES, HEADER_BYTES, WavFile, sync_folder_of};
use crate::{EventSink, clock};

/// Recordings that may wait to be finished.
pub const QUEUE_MAX: usize = 4096;
/// A full disk is tried again so many times before the recording is given up (its `.part` stays, for `repair`).
const ATTEMPTS: u32 = 20;
const BETWEEN_ATTEMPTS: u64 = 500 * clock::MILLISECOND;

/// What is to be done.
#[derive(Debug)]
pub enum Job {
    /// A recording has ended.
    Finish(Finish),
    /// Put on the disk what was written so far, against a power cut.
    Flush { path: PathBuf, file: File },
}

/// A recording whose samples are all written.
#[derive(Debug)]
pub struct Finish {
    pub call: CallId,
    pub stem: String,
    pub file: WavFile,
    pub frames: u64,
    pub marks: Marks,
    /// Samples that are not silence, at least.
    pub sounding: u64,
    /// What is known to be wrong already; empty: nothing.
    pub fault: String,
}

/// The thread's state.
#[derive(Debug)]
pub struct Finisher {
    folder: PathBuf,
    events: EventSink,
    /// Recordings that could not be finished yet, with the number of attempts.
    again: VecDeque<(Finish, u32)>,
    again_at: u64,
}

impl Finisher {
    pub fn new(folder: PathBuf, events: EventSink) -> Self {
        Self { folder, events, again: VecDeque::new(), again_at: 0 }
    }

    /// Works until the recorder thread is gone.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        // Voices first. Linux counts niceness by thread.
        let _ = rustix::process::nice(10);
        loop {
            match jobs.recv_timeout(Duration::from_nanos(BETWEEN_ATTEMPTS)) {
                Ok(Job::Finish(finish)) => self.finish(finish, 1),
                Ok(Job::Flush { path, file }) => {
                    let flushed =
                        file.sync_data().and_then(|()| marks::flush(&path)).and_then(|()| sync_folder_of(&path));
                    if let Err(error) = flushed {
                        tracing::warn!(path = %path.display(), %error, "a recording cannot be flushed");
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if clock::now() >= self.again_at {
                self.again_at = clock::now() + BETWEEN_ATTEMPTS;
                for (finish, attempts) in std::mem::take(&mut self.again) {
                    self.finish(finish, attempts + 1);
                }
            }
        }
        for (finish, _) in std::mem::take(&mut self.again) {
            self.finish(finish, ATTEMPTS);
        }
    }

    fn finish(&mut self, mut finish: Finish, attempt: u32) {
        let call = finish.call;
        match complete(&mut finish, &self.folder) {
            Ok(recording) => (self.events)(Event::RecordingFinished { call, recording }),
            Err(error) if attempt < ATTEMPTS => {
                tracing::warn!(%call, %error, attempt, "a recording cannot be finished yet");
                self.again.push_back((finish, attempt));
            }
            Err(error) => {
                let why = format!("{} cannot be finished: {error}", finish.file.path().display());
                (self.events)(Event::RecordingFailed { call, why });
            }
        }
    }
}

/// Sets the length, flushes, gives the file its name, and reads it once more: hash, waveform, and whether it is what was
/// recorded (W11).
fn complete(finish: &mut Finish, folder: &Path) -> io::Result<Recording> {
    let path = format!("{}.wav", finish.stem);
    let whole = folder.join(&path);
    let part = finish.file.path().to_owned();
    // After a first attempt that failed late, the file may have its name already.
    if part.exists() || !whole.exists() {
        if !finish.marks.is_empty() {
            finish.marks.save_and_flush(folder, &finish.stem)?;
        }
        finish.file.set_frames(finish.frames)?.sync_all()?;
        fs::rename(&part, &whole)?;
    }
    sync_folder_of(&whole)?;
    let found = scan(&whole)?;
    let bytes = HEADER_BYTES + finish.frames * FRAME_BYTES;
    let mut fault = std::mem::take(&mut finish.fault);
    if found.bytes != bytes || !found.header_is_right {
        fault = format!("the file has {} bytes and not {bytes}, or its header does not say so", found.bytes);
    } else if found.sounding < finish.sounding {
        let (kept, written) = (found.sounding, finish.sounding);
        fault = format!("of {written} samples of sound that were written, {kept} are in the file");
    }
    let told = finish.marks.told();
    let peaks = save_peaks(folder, &finish.stem, &found.peaks);
    let (samples, sha256) = (finish.frames, found.sha256);
    let first_speech_ms = heard_whole(found.first_speech_ms, &told);
    Ok(Recording { path, samples, sha256, bytes, gaps: told.gaps, pauses: told.pauses, peaks, first_speech_ms, fault })
}

/// When our side first spoke, if nothing is missing before it: the first words could be among what is.
pub fn heard_whole(first_speech_ms: Option<u32>, told: &Told) -> Option<u32> {
    let missing = told.gaps.iter().chain(&told.pauses).map(|(from, _)| *from).min();
    first_speech_ms.filter(|spoke| missing.is_none_or(|missing| *spoke < missing))
}

/// Writes the waveform beside its recording. One that cannot be written costs nobody the recording.
pub fn save_peaks(folder: &Path, stem: &str, peaks: &Peaks) -> Option<String> {
    let path = format!("{stem}.peaks.json");
    let write = || {
        let mut options = File::options();
        // It tells when who spoke.
        let mut file = options.write(true).create(true).truncate(true).mode(0o640).open(folder.join(&path))?;
        file.write_all(&serde_json::to_vec(peaks)?)
    };
    match write() {
        Ok(()) => Some(path),
        Err(error) => {
            tracing::warn!(path, %error, "a waveform cannot be written");
            None
        }
    }
}
