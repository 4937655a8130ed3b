//! The last steps of a recording, and flushing of those in progress: all that may take long, on a thread of its own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

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
}

impl Finisher {
    pub fn new(folder: PathBuf, events: EventSink) -> Self {
        Self { folder, events }
    }

    pub fn run(&self, jobs: &Receiver<Job>) {
        // Voices first. Linux counts niceness by thread.
        let _ = rustix::process::nice(10);
        for job in jobs {
            match job {
                Job::Finish(finish) => self.finish(finish),
                Job::Flush { path, file } => {
                    if let Err(error) = file.sync_data().and_then(|()| sync_folder_of(&path)) {
                        tracing::warn!(path = %path.display(), %error, "a recording cannot be flushed");
                    }
                }
            }
        }
    }

    fn finish(&self, mut finish: Finish) {
        let mut result = complete(&mut finish, &self.folder);
        for _ in 1..ATTEMPTS {
            if result.is_ok() {
                break;
            }
            clock::sleep_until(clock::now() + BETWEEN_ATTEMPTS);
            result = complete(&mut finish, &self.folder);
        }
        let call = finish.call;
        (self.events)(match result {
            Ok(recording) => Event::RecordingFinished { call, recording },
            Err(error) => Event::RecordingFailed {
                call,
                why: format!("{} cannot be finished: {error}", finish.file.path().display()),
            },
        });
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
    Ok(Recording { path, samples: finish.frames, sha256, bytes, gaps: std::mem::take(&mut finish.gaps) })
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
