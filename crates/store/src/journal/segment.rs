//! The journal's files.
//!
//! `00000001.jsonl`, `00000002.jsonl`, …: one record a line. A file is only appended to by the process that made it, and
//! only whole synced lines count while that process lives; the next one takes the file as long as it is, but for a torn
//! last line. `repaired.json`: recordings that still wait for their calls. `rejected.jsonl`: lines for a person to look at.
//! `lock`: held by the process that uses the folder.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use switch::CallRecord;
use switch::media::Recording;
use tokio::sync::Notify;

use super::JournalError;

/// A file that is this long gets no further line.
const SEGMENT_BYTES_MAX: u64 = 4 << 20;
/// Records that are read, and saved in one transaction, at once.
const BATCH_RECORDS_MAX: usize = 64;
/// Bytes after which a batch is full.
const BATCH_BYTES_MAX: usize = 1 << 20;
const EXTENSION: &str = "jsonl";
const REPAIRED: &str = "repaired.json";
const REJECTED: &str = "rejected.jsonl";
const UNREADABLE: &str = "unreadable";

/// All files in order, and how much of each may be read. The scribe adds at the end, the drain takes from the front.
pub(crate) struct Shelf {
    folder: PathBuf,
    state: Mutex<State>,
    pub(crate) changed: Notify,
}

struct State {
    segments: VecDeque<Segment>,
    next: u64,
    /// The scribe has ended: no further file will come.
    finished: bool,
}

/// A file as far as it is known to be on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Readable bytes.
    pub(crate) bytes: u64,
    /// Lines in them; of an old one unknown, 0.
    pub(crate) lines: u64,
    /// More may come.
    pub(crate) open: bool,
    /// An earlier process wrote it.
    pub(crate) old: bool,
}

/// What the drain finds at the front.
pub(crate) enum Front {
    /// This file.
    Segment(Segment),
    /// Nothing now.
    Empty,
    /// Nothing any more.
    Finished,
}

impl Shelf {
    /// All files that are there, as old ones.
    pub(crate) fn open(folder: &Path) -> Result<Shelf, JournalError> {
        let failed = |error| JournalError::Folder { path: folder.to_owned(), error };
        let mut found: Vec<(u64, Segment)> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(number) = number_of(&path) else { continue };
            let bytes = path.metadata().map_err(failed)?.len();
            found.push((number, Segment { path, bytes, lines: 0, open: false, old: true }));
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        let next = found.last().map_or(1, |(number, _)| number + 1);
        let segments = found.into_iter().map(|(_, segment)| segment).collect();
        let state = Mutex::new(State { segments, next, finished: false });
        Ok(Shelf { folder: folder.to_owned(), state, changed: Notify::new() })
    }

    pub(crate) fn front(&self) -> Front {
        let state = self.state();
        match state.segments.front() {
            Some(segment) => Front::Segment(segment.clone()),
            None if state.finished => Front::Finished,
            None => Front::Empty,
        }
    }

    /// Removes the front file, all of which is saved; or leaves it under another name, because it cannot be read.
    pub(crate) fn remove_front(&self, readable: bool) -> io::Result<()> {
        let segment = self.state().segments.pop_front();
        match segment {
            Some(segment) if readable => std::fs::remove_file(segment.path),
            Some(segment) => std::fs::rename(&segment.path, segment.path.with_extension(UNREADABLE)),
            None => Ok(()),
        }
    }

    /// A new file at the end; the one before is closed. The file's name is on the disk when this returns.
    fn begin(&self) -> io::Result<File> {
        let path = {
            let mut state = self.state();
            let path = self.folder.join(format!("{:08}.{EXTENSION}", state.next));
            state.next += 1;
            path
        };
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        File::open(&self.folder)?.sync_all()?;
        let mut state = self.state();
        if let Some(last) = state.segments.back_mut() {
            last.open = false;
        }
        state.segments.push_back(Segment { path, bytes: 0, lines: 0, open: true, old: false });
        drop(state);
        self.changed.notify_one();
        Ok(file)
    }

    /// The last file is readable up to `bytes`, which are `lines` more lines.
    fn publish(&self, bytes: u64, lines: u64) {
        if let Some(last) = self.state().segments.back_mut() {
            last.bytes = bytes;
            last.lines += lines;
        }
        self.changed.notify_one();
    }

    /// The last file gets no further line.
    fn end(&self) {
        if let Some(last) = self.state().segments.back_mut() {
            last.open = false;
        }
        self.changed.notify_one();
    }

    /// No further file will come.
    pub(crate) fn finish(&self) {
        self.end();
        self.state().finished = true;
        self.changed.notify_one();
    }

    /// Puts a line aside for a person.
    pub(crate) fn reject(&self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.folder.join(REJECTED))?;
        file.write_all(line.trim_end().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_data()
    }

    /// The repaired recordings are attached.
    pub(crate) fn forget_repaired(&self) -> io::Result<()> {
        match std::fs::remove_file(self.folder.join(REPAIRED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scribe's pen.
#[derive(Default)]
pub(crate) struct Pen {
    file: Option<(File, u64)>,
}

impl Pen {
    /// Writes `count` lines and waits until they are on the disk; only then the drain sees them.
    pub(crate) fn write(&mut self, shelf: &Shelf, lines: &[u8], count: u64) -> io::Result<()> {
        let written = self.try_write(shelf, lines, count);
        if written.is_err() {
            // Half a line may be in it: it ends where it was last known to be whole.
            self.file = None;
            shelf.end();
        }
        written
    }

    fn try_write(&mut self, shelf: &Shelf, lines: &[u8], count: u64) -> io::Result<()> {
        let (mut file, mut bytes) = match self.file.take() {
            Some((file, bytes)) if bytes < SEGMENT_BYTES_MAX => (file, bytes),
            Some(_) | None => (shelf.begin()?, 0),
        };
        file.write_all(lines)?;
        file.sync_data()?;
        bytes += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        shelf.publish(bytes, count);
        self.file = Some((file, bytes));
        Ok(())
    }
}

/// Lines of a file, read.
#[derive(Default)]
pub(crate) struct Batch {
    /// Records in order.
    pub(crate) records: Vec<CallRecord>,
    /// Lines that are no records, and why.
    pub(crate) unreadable: Vec<(String, String)>,
    /// Where the next batch begins.
    pub(crate) end: u64,
}

/// Reads some lines of `segment`, from `offset` on.
pub(crate) fn read(segment: &Segment, offset: u64) -> io::Result<Batch> {
    let mut file = File::open(&segment.path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut lines = BufReader::new(io::Read::take(file, segment.bytes.saturating_sub(offset)));
    let mut batch = Batch { end: offset, ..Batch::default() };
    let mut bytes = 0;
    while batch.records.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX {
        let mut line = Vec::new();
        let length = lines.read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        bytes += length;
        batch.end += u64::try_from(length).unwrap_or(u64::MAX);
        match serde_json::from_slice(&line) {
            Ok(record) => batch.records.push(record),
            // The last line that a dying process wrote: the record was never promised to anyone.
            Err(_) if !line.ends_with(b"\n") => tracing::warn!(segment = %segment.path.display(), "torn last line"),
            Err(error) => batch.unreadable.push((String::from_utf8_lossy(&line).into_owned(), error.to_string())),
        }
    }
    Ok(batch)
}

/// Records that earlier processes have put aside, because they could not be read or the database would not have them; a file that
/// could not be read counts as one.
pub(crate) fn put_aside(folder: &Path) -> Result<u64, JournalError> {
    let failed = |error| JournalError::Folder { path: folder.to_owned(), error };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        count += u64::from(path.extension().is_some_and(|extension| extension == UNREADABLE));
    }
    match File::open(folder.join(REJECTED)) {
        Ok(file) => {
            for line in BufReader::new(file).split(b'\n') {
                count += u64::from(!line.map_err(failed)?.is_empty());
            }
            Ok(count)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(count),
        Err(error) => Err(failed(error)),
    }
}

/// Takes the folder for this process.
pub(crate) fn lock(folder: &Path) -> Result<File, JournalError> {
    let failed = |error| JournalError::Folder { path: folder.to_owned(), error };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Adds to the repaired recordings that still wait for their calls, and gives all of them. They are found only once, at the
/// start after the crash, and the database may be away then until after the next one.
pub(crate) fn keep_repaired(folder: &Path, new: Vec<Recording>) -> Result<Vec<Recording>, JournalError> {
    let path = folder.join(REPAIRED);
    let failed = |error| JournalError::Folder { path: path.clone(), error };
    let mut all: Vec<Recording> = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed(error)),
    };
    if new.is_empty() {
        return Ok(all);
    }
    all.retain(|old| new.iter().all(|recording| recording.path != old.path));
    all.extend(new);
    let bytes = serde_json::to_vec(&all).map_err(|error| failed(error.into()))?;
    let beside = folder.join("repaired.json.new");
    let mut file = File::create(&beside).map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, &path).map_err(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(all)
}

fn number_of(path: &Path) -> Option<u64> {
    (path.extension()? == EXTENSION).then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
}
