//! The last steps of a recording, and flushing of those in progress: all that may take long, on a thread of its own.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use switch::CallId;
use switch::media::{Event, Recording};

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
    /// (offset, length) in milliseconds.
    pub gaps: Vec<(u32, u32)>,
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
                    if let Err(error) = file.sync_data().and_then(|()| sync_folder_of(&path)) {
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

/// Sets the length, flushes, gives the file its name, and hashes it.
fn complete(finish: &mut Finish, folder: &Path) -> io::Result<Recording> {
    let path = format!("{}.wav", finish.stem);
    let whole = folder.join(&path);
    let part = finish.file.path().to_owned();
    // After a first attempt that failed late, the file may have its name already.
    if part.exists() || !whole.exists() {
        finish.file.set_frames(finish.frames)?.sync_all()?;
        fs::rename(&part, &whole)?;
    }
    sync_folder_of(&whole)?;
    let sha256 = hash(&whole)?;
    let bytes = HEADER_BYTES + finish.frames * FRAME_BYTES;
    Ok(Recording {
        path,
        samples: finish.frames,
        sha256,
        bytes,
        gaps: std::mem::take(&mut finish.gaps),
        pauses: Vec::new(),
        peaks: None,
    })
}

/// SHA-256 of a whole file, lower-case hex.
pub fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hash.update(bytes),
            Some(_) | None => return Ok(crate::hex(&hash.finalize())),
        }
    }
}
