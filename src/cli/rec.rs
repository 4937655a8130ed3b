//! `denwaban rec`: recordings.

mod keep;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use acd::CallId;
use clap::Subcommand;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{CallQuery, Store};
use switch::media::Recording;

use super::api::{ask, send};
use super::dispute::milliseconds;
use super::files::into_file;
use super::{Context, call};
use crate::local::Question;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Calls looked at in one query.
const PAGE_ROWS: u32 = 500;

/// What can be done with recordings.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Recordings and where they are, newest first
    #[command(after_help = "Example:\n  denwaban rec find --client sakura-dental --from 2026-11-21")]
    Find(call::List),
    /// Compare files with the database: length and SHA-256
    #[command(after_help = "Examples:\n  denwaban rec verify 01K3ABCDEFGHJ\n  denwaban rec verify --all")]
    Verify {
        /// The call's 13 characters
        #[arg(required_unless_present = "all")]
        id: Option<CallId>,
        /// Every recording there is
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
    /// Copy a recording out, verified; or some seconds of it, both voices mixed
    #[command(after_help = "Examples:\n  denwaban rec export 01K3ABCDEFGHJ call.wav\n  \
        denwaban rec export 01K3ABCDEFGHJ clip.wav --from 12.5 --to 22.5")]
    Export(Export),
    /// A recording's waveform as JSON
    #[command(after_help = "Example:\n  denwaban rec peaks 01K3ABCDEFGHJ > peaks.json")]
    Peaks {
        /// The call's 13 characters
        id: CallId,
    },
    /// Purge what is past its time: recordings, what reports say, who called
    Purge(keep::Purge),
    /// How long recordings and reports are kept: see it, set it
    Keep(keep::Keep),
    /// Hold something back from the purge
    #[command(subcommand)]
    Hold(keep::Hold),
}

/// Arguments of `rec export`.
#[derive(clap::Args, Debug)]
pub struct Export {
    /// The call's 13 characters
    id: CallId,
    /// The new file; it must not exist
    file: PathBuf,
    /// From this second of the recording on
    #[arg(long, value_name = "SECONDS", requires = "to", value_parser = milliseconds)]
    from: Option<i64>,
    /// To this second: 1 to 60 seconds
    #[arg(long, value_name = "SECONDS", requires = "from", value_parser = milliseconds)]
    to: Option<i64>,
}

/// A recording of a call.
#[derive(Serialize)]
struct Found {
    call: String,
    arrived_ms: i64,
    firm: String,
    seconds: u64,
    file: PathBuf,
}

/// How a file compares with the database.
#[derive(Serialize)]
struct Verdict {
    call: String,
    file: PathBuf,
    ok: bool,
    /// What is wrong; empty when nothing is.
    why: String,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let store = context.store().await?;
    let folder = &context.config().recordings.folder;
    match verb {
        Verb::Find(list) => find(context, &store, folder, list).await,
        Verb::Verify { id: Some(id), .. } => {
            let recording = store.recording(id).await?;
            report(context, &[verify(folder, id, &recording)])
        }
        Verb::Verify { id: None, .. } => verify_all(context, &store, folder).await,
        Verb::Export(Export { id, file, from: Some(from), to: Some(to) }) => clip(context, id, &file, from, to).await,
        Verb::Export(Export { id, file, .. }) => export(context, &store, folder, id, &file).await,
        Verb::Peaks { id } => {
            let peaks = ask(context, "GET", &format!("/calls/{id}/recording/peaks"), None).await?;
            context.out.one(&peaks, || peaks.to_string());
            Ok(())
        }
        Verb::Purge(arguments) => keep::purge(context, &store, &arguments).await,
        Verb::Keep(arguments) => keep::keep(context, &store, arguments).await,
        Verb::Hold(verb) => keep::hold(context, &store, verb).await,
    }
}

async fn find(context: &Context, store: &Store, folder: &Path, list: call::List) -> Result<(), Troubles> {
    let page = store.find_calls(&call::query(store, list).await?).await?;
    let mut found = Vec::new();
    for call in page.calls.iter().filter(|call| call.recording_ms.is_some()) {
        let recording = store.recording(call.call).await?;
        found.push(Found {
            call: call.call.to_string(),
            arrived_ms: call.arrived_ms,
            firm: call.customer_name.clone(),
            seconds: recording.samples / 8000,
            file: folder.join(&recording.path),
        });
    }
    let heads = [words::CALL, words::ARRIVED, words::FIRM, words::LENGTH, words::FILE];
    context.out.list(&found, &heads, |row| {
        let length = super::output::seconds(row.seconds);
        vec![row.call.clone(), call::time(row.arrived_ms), row.firm.clone(), length, row.file.display().to_string()]
    });
    Ok(())
}

async fn verify_all(context: &Context, store: &Store, folder: &Path) -> Result<(), Troubles> {
    let mut query = CallQuery { limit: Some(PAGE_ROWS), ..CallQuery::default() };
    let mut verdicts = Vec::new();
    loop {
        let page = store.find_calls(&query).await?;
        for call in page.calls.iter().filter(|call| call.recording_ms.is_some()) {
            verdicts.push(verify(folder, call.call, &store.recording(call.call).await?));
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return report(context, &verdicts),
        }
    }
}

fn report(context: &Context, verdicts: &[Verdict]) -> Result<(), Troubles> {
    context.out.list(verdicts, &[words::CALL, words::VERDICT, words::FILE], |row| {
        let verdict = if row.ok { "OK".to_owned() } else { format!("FAIL {}", row.why) };
        vec![row.call.clone(), verdict, row.file.display().to_string()]
    });
    let bad = verdicts.iter().filter(|verdict| !verdict.ok).count();
    if bad == 0 {
        return Ok(());
    }
    let what = words::RECORDINGS_DIFFER.with(&[&bad, &verdicts.len()]);
    Err(Trouble::new(Exit::Failed, "", what, words::RECORDINGS_DIFFER_REMEDY.text()).into())
}

fn verify(folder: &Path, call: CallId, recording: &Recording) -> Verdict {
    let why = mismatch(folder, recording);
    Verdict { call: call.to_string(), file: folder.join(&recording.path), ok: why.is_empty(), why }
}

/// How a file is not as it was recorded; empty when it is.
pub(crate) fn mismatch(folder: &Path, recording: &Recording) -> String {
    match digest(&folder.join(&recording.path)) {
        Err(error) => error.to_string(),
        Ok((bytes, _)) if bytes != recording.bytes => words::BYTES_DIFFER.with(&[&bytes, &recording.bytes]),
        Ok((_, sha256)) if sha256 != recording.sha256 => words::HASH_DIFFERS.text().to_owned(),
        Ok(_) => String::new(),
    }
}

/// Length and SHA-256 of a file.
fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    const CHUNK_BYTES: usize = 64 << 10;
    let mut file = File::open(path)?;
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok((length, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()));
        }
        hash.update(chunk.get(..count).unwrap_or_default());
        length += u64::try_from(count).unwrap_or(0);
    }
}

/// Some seconds of a recording; the running switch cuts them, and notes that they were heard.
async fn clip(context: &Context, id: CallId, file: &Path, from: i64, to: i64) -> Result<(), Troubles> {
    let route = format!("/calls/{id}/recording/clip?from_ms={from}&until_ms={to}");
    let sound = send(context, &Question { method: "GET", route: &route, ..Question::default() }).await?.body;
    into_file(file, &sound)?;
    context
        .out
        .one(&serde_json::json!({ "call": id.to_string(), "file": file }), || format!("{id} → {}", file.display()));
    Ok(())
}

async fn export(context: &Context, store: &Store, folder: &Path, id: CallId, target: &Path) -> Result<(), Troubles> {
    let recording = store.recording(id).await?;
    let verdict = verify(folder, id, &recording);
    if !verdict.ok {
        return report(context, &[verdict]);
    }
    let place = target.display().to_string();
    let copy = || {
        let mut source = File::open(&verdict.file)?;
        let mut copy = File::options().write(true).create_new(true).open(target)?;
        std::io::copy(&mut source, &mut copy)?;
        copy.sync_all()
    };
    copy()
        .map_err(|error| Trouble::new(Exit::Data, place.clone(), error.to_string(), words::NEW_FILE_REMEDY.text()))?;
    // Listening outside the pages is listening all the same.
    store.note_playback(crate::clock::unix_ms(), "command line", id).await?;
    context.out.one(&serde_json::json!({ "call": id.to_string(), "file": target }), || format!("{id} → {place}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_compared_by_length_and_hash() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wav"), b"abc").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned();
        let recording = |path: &str, bytes, sha256: &str| Recording {
            path: path.into(),
            sha256: sha256.into(),
            bytes,
            ..Recording::default()
        };
        let verdict = |recording: &Recording| verify(folder.path(), CallId(1), recording).why;
        assert_eq!(verdict(&recording("a.wav", 3, &sha256)), "");
        assert_eq!(verdict(&recording("a.wav", 4, &sha256)), words::BYTES_DIFFER.with(&[&3, &4]));
        assert_eq!(verdict(&recording("a.wav", 3, "00")), words::HASH_DIFFERS.text());
        assert!(!verdict(&recording("b.wav", 3, &sha256)).is_empty());
    }
}
