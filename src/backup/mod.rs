//! A backup is one tar file: a manifest, the database as it was at one moment, the list of all recordings with their hashes, the
//! prompts, and the recordings themselves if they are wanted. Beside it lies its SHA-256, written when the whole file has been read
//! again. It is made while calls go on.

mod make;
mod postgres;
mod read;
mod restore;
mod watch;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::hex;

pub use make::{create, prune};
pub use read::{Listed, list, verify};
pub use restore::restore;
pub use watch::{Keeper, follow};

use crate::config::Config;

/// The layout of the tar file.
const FORMAT: u32 = 1;
/// The first entry.
const MANIFEST: &str = "manifest.json";
/// The list of recordings: a line of JSON each.
const RECORDINGS: &str = "recordings.jsonl";
/// The database of SQLite, and the dump of PostgreSQL.
const SQLITE: &str = "database/denwaban.db";
const POSTGRES: &str = "database/denwaban.pgdump";
/// Bytes read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// What is copied, and where to.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where backups lie.
    pub folder: PathBuf,
    /// The database's address.
    pub database: String,
    /// Recordings.
    pub recordings: PathBuf,
    /// Recorded prompts.
    pub prompts: PathBuf,
}

impl Places {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Places {
        Places {
            folder: config.backup.folder.clone(),
            database: config.database.url.clone(),
            recordings: config.recordings.folder.clone(),
            prompts: config.speech.prompts.clone(),
        }
    }
}

/// What is in a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout.
    pub format: u32,
    /// Program that made it.
    pub version: String,
    /// When, unix milliseconds.
    pub made_ms: i64,
    /// "sqlite" or "postgres".
    pub backend: String,
    /// The database's schema: an older program cannot use it.
    pub schema: i64,
    /// Everything but recordings, with hashes.
    pub entries: Vec<Entry>,
    /// How many recordings the database knows,
    pub recordings: u64,
    /// their bytes,
    pub recording_bytes: u64,
    /// and whether they are in it.
    pub has_recordings: bool,
}

/// A file in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Below the tar file's root.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Why there is no backup, or no restoration. `what` and `remedy` are for people.
#[derive(Debug)]
pub enum BackupError {
    /// A file or a folder.
    File(PathBuf, io::Error),
    /// The database.
    Store(store::StoreError),
    /// A program that is needed did not do it.
    Tool(String),
    /// The file is no backup, or is damaged: what is wrong with it.
    Damaged(Vec<String>),
    /// It is from a newer program.
    Newer { found: i64, known: i64 },
    /// There is something already where it would go.
    NotEmpty(String),
    /// It is of the other sort of database.
    Backend { found: String },
    /// The switch runs here.
    Running(String),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Store(error) => write!(f, "{error}"),
            Self::Tool(what) => f.write_str(what),
            Self::Damaged(problems) => f.write_str(&problems.join("; ")),
            Self::Newer { found, known } => {
                write!(f, "the backup has schema {found}; this program knows {known}: use a newer one")
            }
            Self::NotEmpty(what) => write!(f, "{what} is there already: --force puts it aside"),
            Self::Backend { found } => {
                write!(f, "the backup is of {found}, and the configuration names another database")
            }
            Self::Running(why) => write!(f, "the switch is running: stop it first ({why})"),
        }
    }
}

impl From<store::StoreError> for BackupError {
    fn from(error: store::StoreError) -> Self {
        BackupError::Store(error)
    }
}

/// `File` with its path.
fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::File(path.clone(), error)
}

/// Length and SHA-256 of what is read.
fn digest(mut from: impl Read, mut to: impl Write) -> io::Result<(u64, String)> {
    let (mut sum, mut length) = (Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = from.read(&mut chunk)?;
        let read = chunk.get(..count).unwrap_or_default();
        if read.is_empty() {
            return Ok((length, hex(&sum.finalize())));
        }
        sum.update(read);
        to.write_all(read)?;
        length += u64::try_from(count).unwrap_or(0);
    }
}

/// Where a backup's own hash lies.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

#[cfg(test)]
mod tests;
