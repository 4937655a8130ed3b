//! `[backup]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How often the database is backed up, and where to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// One a day, by itself.
    pub daily: bool,
    /// From this hour on, Japanese time.
    pub hour: u8,
    /// Where they lie.
    pub folder: PathBuf,
    /// So many are kept.
    pub keep: usize,
    /// With the recordings themselves; their hashes are always in it.
    pub recordings: bool,
    /// An alarm if the newest is older.
    pub late_hours: u32,
}

impl Default for Backup {
    fn default() -> Self {
        Self { daily: false, hour: 2, folder: "data/backups".into(), keep: 14, recordings: false, late_hours: 30 }
    }
}
