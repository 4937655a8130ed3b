//! Bringing a backup back: into nothing, or with `--force` over what is there, which is put aside.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use store::{Store, journal};

use super::read::{each, verify};
use super::{BackupError, Manifest, POSTGRES, Places, RECORDINGS, SQLITE, at, digest, postgres};

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
    /// Where what was there is now: files, or the schema of a PostgreSQL database.
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
    let (mut aside, mut there) = (Vec::new(), None);
    let database = match (manifest.backend.as_str(), sqlite_file(&places.database)) {
        ("sqlite", Some(database)) => {
            if database.exists() && !force {
                return Err(BackupError::NotEmpty(database.display().to_string()));
            }
            database
        }
        ("postgres", None) => {
            there = Store::postgres_is_empty(&places.database).await?;
            if there == Some(false) && !force {
                return Err(BackupError::NotEmpty("a database with calls, firms or users".to_owned()));
            }
            let dump = places.folder.join(".restoring.pgdump");
            // What a dead process left is of no use.
            let _ = fs::remove_file(&dump);
            dump
        }
        (other, _) => return Err(BackupError::Backend { found: other.to_owned() }),
    };
    let (path, target, files) = (file.to_owned(), places.clone(), database.clone());
    let counted = tokio::task::spawn_blocking(move || unpack(&path, &target, &files, force)).await;
    let (recordings, prompts, moved) = counted.map_err(|error| BackupError::Tool(error.to_string()))??;
    aside.extend(moved);
    let calls = if manifest.backend == "postgres" {
        let calls = into_postgres(&places.database, &database, (there, manifest.made_ms), &mut aside).await;
        let _ = fs::remove_file(&database);
        calls?
    } else {
        calls_of(&places.database).await?
    };
    let Manifest { made_ms, .. } = manifest;
    Ok(Restored { made_ms, calls, recordings, prompts, aside })
}

/// An older schema is brought up to date here, and a database that is none is found out.
async fn calls_of(url: &str) -> Result<i64, BackupError> {
    let store = Store::open(url).await?;
    let calls = store.call_count().await?;
    store.close().await;
    Ok(calls)
}

/// Restores a dump. What is there (`Some`; true: nothing in it) is in another schema meanwhile, and comes back if it fails.
async fn into_postgres(
    url: &str,
    dump: &Path,
    (there, made_ms): (Option<bool>, i64),
    aside: &mut Vec<PathBuf>,
) -> Result<i64, BackupError> {
    let before = match there {
        Some(_) => Some(Store::put_postgres_aside(url, &made_ms.to_string()).await?),
        None => None,
    };
    let restored = match postgres::restore(url, dump).await {
        Ok(()) => calls_of(url).await,
        Err(error) => Err(error),
    };
    let Some(before) = before else { return restored };
    match restored {
        Ok(calls) => {
            aside.push(before.into());
            Ok(calls)
        }
        Err(error) => match Store::bring_postgres_back(url, &before).await {
            Ok(()) => Err(error),
            Err(other) => {
                Err(BackupError::Tool(format!("{error}; what was there is in the schema {before} still: {other}")))
            }
        },
    }
}

/// The file of an SQLite database; `None`: it is another.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

/// A path with something more at its end.
fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Puts a file that is there aside; a database with its write-ahead log, under names that belong together.
fn make_room(path: &Path, ends: &[&str], made_ms: i64, aside: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    let named = |n: i64, end: &str| with(path, &format!(".before-{made_ms}-{n}{end}"));
    let free = (0..).find(|n| ends.iter().all(|end| !named(*n, end).exists())).unwrap_or_default();
    for end in ends {
        let (there, to) = (with(path, end), named(free, end));
        if there.exists() {
            fs::rename(&there, &to).map_err(at(&there))?;
            aside.push(to);
        }
    }
    Ok(())
}

/// What is unpacked bears this end until all of it is.
const RESTORING: &str = ".restoring";

/// Unpacks everything beside its place, and moves it there when all of it is as it was made: what was there is whole until then, and
/// aside afterwards if it was something else. Gives the number of recordings and of prompts, and what is aside.
fn unpack(file: &Path, places: &Places, database: &Path, force: bool) -> Result<(u64, u64, Vec<PathBuf>), BackupError> {
    let (mut recordings, mut prompts, mut targets) = (0, 0, Vec::new());
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
        let part = with(&target, RESTORING);
        let out = File::create(&part).map_err(at(&part))?;
        targets.push(target);
        Ok(Box::new(out))
    };
    let read = match each(file, &mut sink) {
        Ok((manifest, problems)) if problems.is_empty() => Ok(manifest),
        Ok((_, problems)) => Err(BackupError::Damaged(problems)),
        Err(error) => Err(error),
    };
    let mut aside = Vec::new();
    let placed = read.and_then(|manifest| {
        targets.iter().try_for_each(|target| put_in_place(target, target == database, manifest.made_ms, &mut aside))
    });
    if placed.is_err() {
        for target in &targets {
            let _ = fs::remove_file(with(target, RESTORING));
        }
    }
    placed.map(|()| (recordings, prompts, aside))
}

/// Moves what was unpacked to its place.
fn put_in_place(target: &Path, is_database: bool, made_ms: i64, aside: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    let part = with(target, RESTORING);
    let file = File::open(&part).map_err(at(&part))?;
    file.sync_all().map_err(at(&part))?;
    if is_database {
        make_room(target, &["", "-wal", "-shm"], made_ms, aside)?;
    } else if let Ok(there) = File::open(target) {
        let (old, new) = (digest(there, io::sink()).map_err(at(target))?, digest(file, io::sink()).map_err(at(&part))?);
        if old == new {
            return fs::remove_file(&part).map_err(at(&part));
        }
        make_room(target, &[""], made_ms, aside)?;
    }
    fs::rename(&part, target).map_err(at(target))
}

/// A path of the backup below a folder: plain names only, so that it leads nowhere else (R18).
fn below(folder: &Path, path: &str) -> Result<PathBuf, BackupError> {
    let plain = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if plain { Ok(folder.join(path)) } else { Err(BackupError::Damaged(vec![format!("{path} leads elsewhere")])) }
}
