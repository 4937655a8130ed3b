//! Reading backups: which there are, and whether one is as it was made.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use store::KeptRecording;
use tar::Archive;

use super::{BackupError, FORMAT, MANIFEST, Manifest, RECORDINGS, at, beside, digest};

/// Longest manifest: some hundred thousand prompts.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Problems that are told of one file.
const PROBLEMS_MAX: usize = 50;

/// A backup in the folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Where.
    pub file: PathBuf,
    /// Length.
    pub bytes: u64,
    /// It was read again, whole, when it was made.
    pub checked: bool,
    /// What is in it; `None`: it is no backup that can be read.
    pub manifest: Option<Manifest>,
}

/// The backups of a folder, newest first.
pub fn list(folder: &Path) -> Vec<Listed> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_backup = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("denwaban-") && name.ends_with(".tar")
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_backup(path)).collect();
    // Their names are their times.
    files.sort();
    files.reverse();
    let listed = |file: PathBuf| Listed {
        bytes: fs::metadata(&file).map_or(0, |found| found.len()),
        checked: beside(&file).is_file(),
        manifest: manifest(&file).ok(),
        file,
    };
    files.into_iter().map(listed).collect()
}

/// What is in a backup, by its first entry.
pub fn manifest(path: &Path) -> Result<Manifest, BackupError> {
    let mut archive = Archive::new(BufReader::new(File::open(path).map_err(at(path))?));
    let first = archive.entries().map_err(at(path))?.next();
    let first = first.ok_or_else(|| BackupError::Damaged(vec!["it is empty".to_owned()]))?.map_err(at(path))?;
    read_manifest(first)
}

fn read_manifest(mut entry: tar::Entry<'_, impl Read>) -> Result<Manifest, BackupError> {
    let no_backup = |why: String| BackupError::Damaged(vec![format!("it is no backup of denwaban: {why}")]);
    if entry.path_bytes().as_ref() != MANIFEST.as_bytes() {
        return Err(no_backup("it does not begin with a manifest".to_owned()));
    }
    let mut text = String::new();
    let read = entry.by_ref().take(MANIFEST_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| no_backup(error.to_string()))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| no_backup(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(no_backup(format!("its layout is {}, not {FORMAT}", manifest.format)));
    }
    Ok(manifest)
}

/// Reads the whole file, and compares everything in it with the hashes that were written when it was made.
pub fn verify(path: &Path) -> Result<Manifest, BackupError> {
    let mut problems = Vec::new();
    if let Ok(written) = fs::read_to_string(beside(path)) {
        let (_, sum) = digest(File::open(path).map_err(at(path))?, io::sink()).map_err(at(path))?;
        if written.split_whitespace().next() != Some(sum.as_str()) {
            problems.push("the file is not the one that was made: its SHA-256 differs".to_owned());
        }
    }
    let read = each(path, &mut |_| Ok(Box::new(io::sink())));
    match read {
        Ok((manifest, found)) if problems.is_empty() && found.is_empty() => Ok(manifest),
        Ok((_, found)) => {
            problems.extend(found);
            Err(BackupError::Damaged(problems))
        }
        Err(BackupError::Damaged(found)) => {
            problems.extend(found);
            Err(BackupError::Damaged(problems))
        }
        Err(error) => Err(error),
    }
}

/// Where an entry of this name goes.
pub type Sink<'a> = &'a mut dyn FnMut(&str) -> Result<Box<dyn io::Write>, BackupError>;

/// Reads every entry into its sink. Gives the manifest, and what is not as it was.
pub fn each(path: &Path, sink: Sink<'_>) -> Result<(Manifest, Vec<String>), BackupError> {
    let broken = |error: io::Error| BackupError::Damaged(vec![format!("it cannot be read to its end: {error}")]);
    let mut archive = Archive::new(BufReader::new(File::open(path).map_err(at(path))?));
    let mut entries = archive.entries().map_err(broken)?;
    let first = entries.next().ok_or_else(|| BackupError::Damaged(vec!["it is empty".to_owned()]))?;
    let manifest = read_manifest(first.map_err(broken)?)?;
    let mut wanted: HashMap<String, (u64, String)> = HashMap::new();
    wanted.extend(manifest.entries.iter().map(|entry| (entry.path.clone(), (entry.bytes, entry.sha256.clone()))));
    let (mut problems, mut seen) = (Vec::new(), HashSet::new());
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut listed = Vec::new();
        let found = if name == RECORDINGS {
            let found = digest(&mut entry, &mut listed).map_err(broken)?;
            sink(&name)?.write_all(&listed).map_err(at(path))?;
            found
        } else {
            digest(&mut entry, sink(&name)?).map_err(broken)?
        };
        match wanted.get(&name) {
            Some(made) if *made == found => {}
            Some(_) => problems.push(format!("{name} is not as it was made")),
            None => problems.push(format!("{name} does not belong to it")),
        }
        if manifest.has_recordings && name == RECORDINGS {
            let lines = String::from_utf8_lossy(&listed);
            let recordings = lines.lines().filter_map(|line| serde_json::from_str::<KeptRecording>(line).ok());
            let hashed = |one: KeptRecording| {
                (format!("recordings/{}", one.path), (u64::try_from(one.bytes).unwrap_or(0), one.sha256))
            };
            wanted.extend(recordings.map(hashed));
        }
        seen.insert(name);
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    for entry in manifest.entries.iter().filter(|entry| !seen.contains(&entry.path)) {
        problems.push(format!("{} is missing", entry.path));
    }
    Ok((manifest, problems))
}
