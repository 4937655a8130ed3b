//! Making a backup while calls go on.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use report::japan;
use store::{Backend, KeptRecording, Store};
use tar::{Builder, EntryType, Header};

use super::{
    BackupError, Entry, FORMAT, MANIFEST, Manifest, POSTGRES, Places, RECORDINGS, SQLITE, at, beside, digest, postgres,
    read,
};

/// Recordings asked of the database at once.
const PAGE_ROWS: u32 = 5000;
/// Folders within folders of prompts.
const DEPTH_MAX: usize = 8;

/// Nobody works at one backup for so long.
const BEGUN_MAX: Duration = Duration::from_secs(24 * 3600);

/// Makes a backup, reads it again from its first to its last byte, and says where it is. Recordings are in it only if they are wanted;
/// their hashes always are.
pub async fn create(
    store: &Store,
    places: &Places,
    with_recordings: bool,
    now_ms: i64,
) -> Result<(PathBuf, Manifest), BackupError> {
    let folder = places.folder.clone();
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let work = Work::new(&folder)?;
    let (database, name) = match store.backend() {
        Backend::Sqlite => {
            let file = work.0.join("denwaban.db");
            store.copy_to(&file).await?;
            (file, SQLITE)
        }
        Backend::Postgres => {
            let file = work.0.join("denwaban.pgdump");
            postgres::dump(&places.database, &file).await?;
            (file, POSTGRES)
        }
    };
    let (listed, count, bytes) = list_recordings(store, &work.0).await?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_ms: now_ms,
        backend: match store.backend() {
            Backend::Sqlite => "sqlite".to_owned(),
            Backend::Postgres => "postgres".to_owned(),
        },
        schema: store.schema().await?,
        entries: Vec::new(),
        recordings: count,
        recording_bytes: bytes,
        has_recordings: with_recordings,
    };
    let places = places.clone();
    let written = tokio::task::spawn_blocking(move || {
        let mut files = vec![(name.to_owned(), database), (RECORDINGS.to_owned(), listed)];
        prompts(&places.prompts, "prompts", DEPTH_MAX, &mut files)?;
        let written = write(&places, manifest, &files);
        drop(work);
        written
    });
    written.await.map_err(|error| BackupError::Tool(error.to_string()))?
}

/// A folder for what is not whole yet; gone when this is.
struct Work(PathBuf);

impl Work {
    fn new(folder: &Path) -> Result<Work, BackupError> {
        let path = folder.join(format!(".making-{}", std::process::id()));
        // What a dead process left is of no use.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(at(&path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(at(&path))?;
        Ok(Work(path))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn list_recordings(store: &Store, folder: &Path) -> Result<(PathBuf, u64, u64), BackupError> {
    let path = folder.join(RECORDINGS);
    let mut file = BufWriter::new(File::create(&path).map_err(at(&path))?);
    let (mut after, mut count, mut bytes) = (i64::MIN, 0, 0);
    loop {
        let page = store.kept_recordings(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = last.key;
        for recording in &page {
            let line = serde_json::to_string(recording).map_err(|error| BackupError::Tool(error.to_string()))?;
            writeln!(file, "{line}").map_err(at(&path))?;
            count += 1;
            bytes += u64::try_from(recording.bytes).unwrap_or(0);
        }
    }
    file.flush().map_err(at(&path))?;
    Ok((path, count, bytes))
}

/// Every prompt below a folder, as its name in the backup and its file.
fn prompts(folder: &Path, name: &str, depth: usize, found: &mut Vec<(String, PathBuf)>) -> Result<(), BackupError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(at(folder))?.path();
        let Some(own) = path.file_name().and_then(|own| own.to_str()) else { continue };
        let name = format!("{name}/{own}");
        if path.is_dir() && depth > 0 {
            prompts(&path, &name, depth - 1, found)?;
        } else if path.is_file() {
            found.push((name, path));
        }
    }
    Ok(())
}

/// The tar file: whole or not at all.
fn write(
    places: &Places,
    mut manifest: Manifest,
    files: &[(String, PathBuf)],
) -> Result<(PathBuf, Manifest), BackupError> {
    for (name, path) in files {
        let file = File::open(path).map_err(at(path))?;
        let (bytes, sha256) = digest(file, io::sink()).map_err(at(path))?;
        manifest.entries.push(Entry { path: name.clone(), bytes, sha256 });
    }
    let name = japan::civil(manifest.made_ms).strftime("denwaban-%Y-%m-%dT%H-%M-%S.tar").to_string();
    let (target, part) = (places.folder.join(&name), places.folder.join(format!(".{name}.part")));
    // What bears a backup's name was read again from its first byte to its last, and has its hash beside it.
    let done = tar(places, &manifest, files, &part)
        .and_then(|()| read::verify(&part).map(|_| ()))
        .and_then(|()| {
            let (_, sum) = digest(File::open(&part).map_err(at(&part))?, io::sink()).map_err(at(&part))?;
            fs::write(beside(&target), format!("{sum}  {name}\n")).map_err(at(&target))
        })
        .and_then(|()| fs::rename(&part, &target).map_err(at(&target)));
    match done {
        Ok(()) => Ok((target, manifest)),
        Err(error) => {
            let _ = fs::remove_file(&part);
            Err(error)
        }
    }
}

fn tar(places: &Places, manifest: &Manifest, files: &[(String, PathBuf)], part: &Path) -> Result<(), BackupError> {
    // It holds everything that the house knows: for its owner's eyes alone.
    let out = File::options().write(true).create(true).truncate(true).mode(0o600).open(part).map_err(at(part))?;
    let mut builder = Builder::new(BufWriter::new(out));
    let json = serde_json::to_vec_pretty(manifest).map_err(|error| BackupError::Tool(error.to_string()))?;
    let size = u64::try_from(json.len()).unwrap_or(0);
    builder.append_data(&mut header(size), MANIFEST, json.as_slice()).map_err(at(part))?;
    for ((name, path), entry) in files.iter().zip(&manifest.entries) {
        let file = File::open(path).map_err(at(path))?;
        // A file that has changed meanwhile is found out when the backup is read again.
        builder.append_data(&mut header(entry.bytes), name, io::Read::take(file, entry.bytes)).map_err(at(path))?;
    }
    if manifest.has_recordings {
        let listed = files.iter().find(|(name, _)| name == RECORDINGS).map(|(_, path)| path);
        let text = listed.map(|path| fs::read_to_string(path).map_err(at(path))).transpose()?.unwrap_or_default();
        for line in text.lines() {
            let Ok(recording) = serde_json::from_str::<KeptRecording>(line) else { continue };
            let path = places.recordings.join(&recording.path);
            // `denwaban rec verify` tells of it; the others are not to be without a backup because of it.
            let file = match as_listed(&path, &recording) {
                Ok(file) => file,
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "a recording is not in the backup");
                    continue;
                }
            };
            let size = u64::try_from(recording.bytes).unwrap_or(0);
            let name = format!("recordings/{}", recording.path);
            builder.append_data(&mut header(size), name, io::Read::take(file, size)).map_err(at(&path))?;
        }
    }
    let out = builder.into_inner().map_err(at(part))?;
    let out = out.into_inner().map_err(|error| at(part)(error.into_error()))?;
    out.sync_all().map_err(at(part))
}

/// A recording's file at its beginning, if it is the one that the database knows.
fn as_listed(path: &Path, recording: &KeptRecording) -> io::Result<File> {
    let mut file = File::open(path)?;
    let (bytes, sha256) = digest(&mut file, io::sink())?;
    if sha256 != recording.sha256 || u64::try_from(recording.bytes) != Ok(bytes) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not the one whose hash the database has"));
    }
    file.rewind()?;
    Ok(file)
}

fn header(size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(size);
    header
}

/// Removes the oldest backups, so that `keep` are left. One that has no hash beside it counts for nothing: it never takes the place of
/// one that was read again, and is not ours to remove. Also removes what processes that died had begun more than a day ago.
pub fn prune(folder: &Path, keep: usize) {
    remove_begun(folder);
    for old in read::list(folder).into_iter().filter(|one| one.checked).skip(keep.max(1)) {
        for path in [beside(&old.file), old.file] {
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "an old backup cannot be removed");
            }
        }
    }
}

fn remove_begun(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str().unwrap_or_default();
        let is_begun = name.starts_with(".denwaban-") && name.ends_with(".tar.part") || name.starts_with(".making-");
        let since = entry.metadata().and_then(|found| found.modified()).ok().and_then(|changed| changed.elapsed().ok());
        if !is_begun || since.is_none_or(|since| since < BEGUN_MAX) {
            continue;
        }
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if let Err(error) = removed {
            tracing::warn!(path = %path.display(), %error, "what is left of an unfinished backup cannot be removed");
        }
    }
}
