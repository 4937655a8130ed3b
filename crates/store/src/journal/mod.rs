//! The journal: from the engine to the database without ever waiting for it (R24).
//!
//! ```text
//! engine ── append ──► queue (memory, bounded) ──► scribe (thread) ──► segment files ──► drain (task) ──► Store
//! ```
//! The engine's [`Journal::append`] takes a lock for the length of a push, never a disk or a database. The scribe writes all that
//! waits as JSON lines and syncs once (the disk's pace makes the batches). The drain reads the files in order, saves the
//! records, retries while the database is away, and removes a file only when all of it is saved. There is one path: a record
//! of a healthy minute takes the same way as one found after a crash, so the recovery is exercised by every call.
//!
//! A record may be saved twice (a crash between saving and removing); [`Store::save_call`] makes that once. While the disk
//! fails, the scribe saves to the database directly; if both are away records wait in memory up to
//! [`QUEUE_MAX`], and only beyond that they are lost, counted and told. Files are as many as the outage is long: the disk's
//! own alarm watches them (R22).

mod drain;
mod queue;
mod scribe;
mod segment;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io};

use switch::media::Recording;
use switch::{CallId, CallRecord};
use tokio::sync::watch;

use crate::database::{Store, Unsaved};
use crate::interrupted::Interrupted;
use drain::Drain;
use queue::Queue;
use scribe::Scribe;
use segment::Shelf;

pub use queue::{QUEUE_LONG, QUEUE_MAX};

/// What the journal has to tell; the roof logs it, counts it, and shows it to supervisors.
#[derive(Debug)]
pub enum Notice {
    /// This many records wait in memory for the disk: it stalls. Told once until the queue is short again.
    QueueLong {
        /// Records.
        waiting: usize,
    },
    /// Disk and database were away for so long that records had to be dropped.
    Lost {
        /// Records lost since the start.
        total: u64,
    },
    /// The journal's disk refuses; records go to the database directly. Told once until it works again.
    DiskFailed {
        /// What it said.
        why: String,
    },
    /// The journal's disk takes records again.
    DiskBack,
    /// The database does not take records; they wait in files. Told once until it works again.
    DatabaseAway {
        /// What it said.
        why: String,
    },
    /// The database takes records again.
    DatabaseBack,
    /// The database will never take this record; it is in `rejected.jsonl` in the journal's folder.
    Rejected {
        /// Whose.
        call: CallId,
        /// What the database said.
        why: String,
    },
    /// A line of a file could not be read; it is in `rejected.jsonl`. (A torn last line after a crash is not told.)
    Unreadable {
        /// The file.
        segment: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Everything that the last process left is saved, and its open calls are closed.
    Recovered(Interrupted),
}

/// Who is told. Called from the journal's thread and task: it must not block.
pub type Hook = Arc<dyn Fn(Notice) + Send + Sync>;

/// How to open a journal.
pub struct Options {
    /// Folder of its files; made if it is not there. One process at a time.
    pub folder: PathBuf,
    /// When the process started, unix milliseconds: calls found open end no later.
    pub started_ms: i64,
    /// Recordings that were repaired at this start. They are kept until they are attached to their calls, also over restarts.
    pub repaired: Vec<Recording>,
    /// Who is told.
    pub hook: Hook,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Why the journal cannot be opened.
#[derive(Debug)]
pub enum JournalError {
    /// Another process has this folder.
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder or a file in it.
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::InUse { folder } => {
                write!(
                    f,
                    "another process has the journal {}; stop it, or give this one a folder of its own",
                    folder.display()
                )
            }
            JournalError::Folder { path, error } => write!(f, "journal {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for JournalError {}

/// How the journal is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// Records in memory that no disk has yet.
    pub waiting: usize,
    /// Records that the database does not have yet, those in memory included; without what an earlier process left.
    pub unsaved: u64,
    /// Records lost since the start.
    pub lost: u64,
    /// All that an earlier process left is saved.
    pub recovered: bool,
}

/// How far the drain is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Progress {
    recovered: bool,
    /// Records of this process that are saved (or rejected).
    done: u64,
}

/// The journal. Dropping it leaves what is unsaved to the next start; [`Journal::close`] waits.
pub struct Journal {
    queue: Arc<Queue>,
    progress: watch::Receiver<Progress>,
    scribe: Option<JoinHandle<()>>,
    drain: tokio::task::JoinHandle<()>,
    hook: Hook,
    unsaved: Arc<Unsaved>,
    /// Held by the scribe too: nobody else opens the folder before its last write.
    _lock: Arc<File>,
}

/// A journal's folder, held: no other process works with it, nor with the recordings that belong to it.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
}

impl Claim {
    /// Takes the folder, which is made if it is not there; to be let go before [`Journal::open`]. May wait for the disk.
    ///
    /// # Errors
    /// [`JournalError::InUse`] while another process has it.
    pub fn of(folder: &Path) -> Result<Claim, JournalError> {
        Ok(Claim { _lock: segment::lock(folder)? })
    }
}

impl Journal {
    /// Opens the folder and begins to save what is in it: first what an earlier process left, then
    /// [`Store::close_interrupted`], then what is appended. Comes back before any of that is done, also with the database away.
    ///
    /// # Errors
    /// [`JournalError`]. Must be called within a tokio runtime.
    pub async fn open(store: Store, options: Options) -> Result<Journal, JournalError> {
        let Options { folder, started_ms, repaired, hook } = options;
        let opened = tokio::task::spawn_blocking(move || {
            let lock = segment::lock(&folder)?;
            let repaired = segment::keep_repaired(&folder, repaired)?;
            let shelf = Shelf::open(&folder)?;
            let put_aside = segment::put_aside(&folder)?;
            Ok((lock, repaired, shelf, put_aside, folder))
        });
        let (lock, repaired, shelf, put_aside, folder) = match opened.await {
            Ok(opened) => opened?,
            Err(error) => {
                return Err(JournalError::Folder { path: PathBuf::new(), error: io::Error::other(error.to_string()) });
            }
        };
        let (lock, shelf, queue) = (Arc::new(lock), Arc::new(shelf), Arc::new(Queue::default()));
        let unsaved = store.unsaved();
        unsaved.rejected(put_aside);
        let (progress_in, progress) = watch::channel(Progress::default());
        let progress_in = Arc::new(progress_in);
        let scribe = Scribe {
            queue: Arc::clone(&queue),
            shelf: Arc::clone(&shelf),
            store: store.clone(),
            runtime: tokio::runtime::Handle::current(),
            progress: Arc::clone(&progress_in),
            hook: Arc::clone(&hook),
            _lock: Arc::clone(&lock),
        };
        let scribe = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || scribe.run())
            .map_err(|error| JournalError::Folder { path: folder.clone(), error })?;
        let drain = Drain::new(store, shelf, progress_in, Arc::clone(&hook));
        let drain = tokio::spawn(drain.run(started_ms, repaired));
        Ok(Journal { queue, progress, scribe: Some(scribe), drain, hook, unsaved, _lock: lock })
    }

    /// Hands over a record. Never waits for a disk or a database.
    pub fn append(&self, record: CallRecord) {
        if let Some(notice) = self.queue.push(record) {
            if let Notice::Lost { total } = notice {
                self.unsaved.lost(total);
            }
            (self.hook)(notice);
        }
    }

    /// Waits until everything appended before is in the database, as long as that takes.
    pub async fn flush(&self) {
        let target = self.queue.appended();
        let mut progress = self.progress.clone();
        // An error means that the drain is gone, and nothing more will be saved by this process.
        let _ = progress.wait_for(|progress| progress.recovered && progress.done >= target).await;
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let progress = *self.progress.borrow();
        Status {
            waiting: self.queue.waiting(),
            unsaved: self.queue.appended().saturating_sub(progress.done),
            lost: self.queue.lost(),
            recovered: progress.recovered,
        }
    }

    /// Writes what waits to the disk, waits at most `wait` for the database to have it, and stops. What is unsaved is saved
    /// after the next start.
    pub async fn close(mut self, wait: Duration) -> Status {
        self.queue.close();
        if let Some(scribe) = self.scribe.take() {
            // A panic there has been printed, and everything it had synced is on the disk.
            let _ = tokio::task::spawn_blocking(move || scribe.join()).await;
        }
        let _ = tokio::time::timeout(wait, self.flush()).await;
        if self.status().unsaved == 0 && self.status().recovered {
            // It ends by itself, after removing the last file.
            let _ = tokio::time::timeout(wait, &mut self.drain).await;
        }
        self.status()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue.close();
        self.drain.abort();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("status", &self.status()).finish_non_exhaustive()
    }
}
