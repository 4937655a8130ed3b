//! Bringing a backup back: into nothing, or with `--force` over what is there, which is put aside.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use store::{Store, journal};

use super::read::{each, verify};
use super::{BackupError, Manifest, POSTGRES, Places, RECORDINGS, SQLITE, at, postgres};

/// What was brought back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Restored {
    /// When it had been made, unix milliseconds.
    pub made_ms: i64,
    /// Calls of the database as it is now.
    pub calls: i64,
    /// Recordings that the backup had in it.
    pub recordings: u64,
    /// Prompts.
    pub prompts: u64,
    /// Where what was there is now.
    pub aside: Vec<PathBuf>,
}

/// Reads the whole backup first, and touches nothing if it is damaged, from a newer program, or if something is there already and
/// `force` is not given. The switch must not be running here.
pub async fn restore(file: &Path, places: &Places, journal: &Path, force: bool) -> Result<Restored, BackupError> {
    let path = file.to_owned();
    let checked = tokio::task::spawn_blocking(move || verify(&path)).await;
    let manifest = checked.map_err(|error| BackupError::Tool(error.to_string()))??;
    let known = store::newest_schema();
    if manifest.schema > known {
        return Err(BackupError::Newer { found: manifest.schema, known });
    }
    let _claim = journal::Claim::of(journal).map_err(|error| BackupError::Running(error.to_string()))?;
    let mut aside = Vec::new();
    let database = match (manifest.backend.as_str(), sqlite_file(&places.database)) {
        ("sqlite", Some(database)) => {
            make_room(&database, force, manifest.made_ms, &mut aside)?;
            database
        }
        ("postgres", None) => {
            let store = Store::open(&places.database).await?;
            let is_empty = store.is_empty().await?;
            store.close().await;
            if !is_empty && !force {
                return Err(BackupError::NotEmpty("a database with calls, firms or users".to_owned()));
            }
            places.folder.join(".restoring.pgdump")
        }
        (other, _) => return Err(BackupError::Backend { found: other.to_owned() }),
    };
    let (path, target, files) = (file.to_owned(), places.clone(), database.clone());
    let counted = tokio::task::spawn_blocking(move || unpack(&path, &target, &files, force)).await;
    let (recordings, prompts) = counted.map_err(|error| BackupError::Tool(error.to_string()))??;
    if manifest.backend == "postgres" {
        let restored = postgres::restore(&places.database, &database).await;
        let _ = fs::remove_file(&database);
        restored?;
    }
    // An older schema is brought up to date here, and a database that is none is found out.
    let store = Store::open(&places.database).await?;
    let calls = store.call_count().await?;
    store.close().await;
    let Manifest { made_ms, .. } = manifest;
    Ok(Restored { made_ms, calls, recordings, prompts, aside })
}

/// The file of an SQLite database; `None`: it is another.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

/// Puts a database that is there aside, with its write-ahead log.
fn make_room(database: &Path, force: bool, made_ms: i64, aside: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let with = |end: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    if database.exists() && !force {
        return Err(BackupError::NotEmpty(database.display().to_string()));
    }
    for end in ["", "-wal", "-shm"] {
        let there = with(end);
        if !there.exists() {
            continue;
        }
        let free = (0..).map(|n| with(&format!(".before-{made_ms}-{n}{end}"))).find(|path| !path.exists());
        let Some(to) = free else { continue };
        fs::rename(&there, &to).map_err(at(&there))?;
        aside.push(to);
    }
    Ok(())
}

fn unpack(file: &Path, places: &Places, database: &Path, force: bool) -> Result<(u64, u64), BackupError> {
    let (mut recordings, mut prompts) = (0, 0);
    let mut sink = |name: &str| -> Result<Box<dyn io::Write>, BackupError> {
        let target = match name.split_once('/') {
            Some(_) if name == SQLITE || name == POSTGRES => database.to_owned(),
            Some(("recordings", rest)) => {
                recordings += 1;
                below(&places.recordings, rest)?
            }
            Some(("prompts", rest)) => {
                prompts += 1;
                below(&places.prompts, rest)?
            }
            Some(_) | None if name == RECORDINGS => return Ok(Box::new(io::sink())),
            Some(_) | None => return Err(BackupError::Damaged(vec![format!("{name} belongs nowhere")])),
        };
        // A recording that is there is the same one: its name is its call's. Prompts may be others.
        if target.exists() && target != database && !force {
            return Ok(Box::new(io::sink()));
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        Ok(Box::new(File::create(&target).map_err(at(&target))?))
    };
    let (_, problems) = each(file, &mut sink)?;
    if problems.is_empty() { Ok((recordings, prompts)) } else { Err(BackupError::Damaged(problems)) }
}

/// A path of the backup below a folder: plain names only, so that it leads nowhere else (R18).
fn below(folder: &Path, path: &str) -> Result<PathBuf, BackupError> {
    let plain = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if plain { Ok(folder.join(path)) } else { Err(BackupError::Damaged(vec![format!("{path} leads elsewhere")])) }
}
