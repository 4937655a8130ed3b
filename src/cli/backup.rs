//! `denwaban backup`: make, check, list and bring back backups.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::Context;
use super::call::time;
use crate::backup::{self, BackupError, Listed, Places};
use crate::clock;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// What can be done with backups.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Make one, while calls go on
    #[command(
        after_help = "Examples:\n  denwaban backup create\n  denwaban backup create --recordings --folder /mnt/backup"
    )]
    Create {
        /// With the recordings themselves; their hashes are always in it
        #[arg(long)]
        recordings: bool,
        /// Another folder than the configured one
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Those that there are, newest first
    #[command(after_help = "Example:\n  denwaban backup list")]
    List {
        /// Another folder than the configured one
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Read one from its first to its last byte: is it as it was made?
    #[command(after_help = "Example:\n  denwaban backup verify data/backups/denwaban-2026-11-22T02-00-00.tar")]
    Verify {
        /// The file
        file: PathBuf,
    },
    /// Bring one back; the switch must not be running
    #[command(after_help = "Example:\n  denwaban backup restore data/backups/denwaban-2026-11-22T02-00-00.tar")]
    Restore {
        /// The file
        file: PathBuf,
        /// Also over what is there already, which is put aside
        #[arg(long)]
        force: bool,
    },
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    let mut places = Places::of(context.config());
    match verb {
        Verb::Create { recordings, folder } => {
            places.folder = folder.unwrap_or(places.folder);
            let store = context.store().await?;
            let with = recordings || context.config().backup.recordings;
            let (file, manifest) = backup::create(&store, &places, with, clock::unix_ms())
                .await
                .map_err(|error| trouble(&places.folder, &error))?;
            let json = serde_json::json!({ "file": file, "manifest": manifest });
            context.out.one(&json, || words::BACKUP_MADE.with(&[&file.display(), &manifest.recordings]));
        }
        Verb::List { folder } => {
            let all = backup::list(&folder.unwrap_or(places.folder));
            let heads =
                [words::FILE, words::BACKUP_MADE_AT, words::BACKUP_BYTES, words::RECORDING, words::BACKUP_CHECKED];
            context.out.list(&all, &heads, cells);
        }
        Verb::Verify { file } => {
            let manifest = backup::verify(&file).map_err(|error| trouble(&file, &error))?;
            context.out.one(&manifest, || words::BACKUP_WHOLE.with(&[&file.display(), &time(manifest.made_ms)]));
        }
        Verb::Restore { file, force } => {
            let restored = backup::restore(&file, &places, &context.config().database.journal, force).await;
            let restored = restored.map_err(|error| trouble(&file, &error))?;
            context.out.one(&restored, || {
                let mut lines = vec![words::BACKUP_RESTORED.with(&[
                    &time(restored.made_ms),
                    &restored.calls,
                    &restored.recordings,
                    &restored.prompts,
                ])];
                lines.extend(restored.aside.iter().map(|path| words::BACKUP_ASIDE.with(&[&path.display()])));
                lines.join("\n")
            });
        }
    }
    Ok(())
}

fn cells(one: &Listed) -> Vec<String> {
    let made = one.manifest.as_ref().map_or_else(String::new, |manifest| time(manifest.made_ms));
    let recordings = one.manifest.as_ref().map_or_else(String::new, |manifest| {
        let count = manifest.recordings;
        if manifest.has_recordings { count.to_string() } else { format!("({count})") }
    });
    vec![one.file.display().to_string(), made, one.bytes.to_string(), recordings, super::output::yes(one.checked)]
}

/// Each with the place and what to do.
fn trouble(place: &Path, error: &BackupError) -> Troubles {
    let place = place.display().to_string();
    let (exit, remedy) = match error {
        BackupError::File(..) => (Exit::Unavailable, words::NOT_WRITABLE_REMEDY.text()),
        BackupError::Store(_) => (Exit::Unavailable, ""),
        BackupError::Tool(_) => (Exit::Failed, ""),
        BackupError::Damaged(problems) => {
            let one = |what: &String| {
                Trouble::new(Exit::Data, place.clone(), what.clone(), words::BACKUP_DAMAGED_REMEDY.text())
            };
            return Troubles(problems.iter().map(one).collect());
        }
        BackupError::Newer { .. } | BackupError::Backend { .. } => (Exit::Data, ""),
        BackupError::NotEmpty(_) => (Exit::Failed, words::BACKUP_FORCE_REMEDY.text()),
        BackupError::Running(_) => (Exit::Failed, words::BACKUP_STOP_REMEDY.text()),
    };
    Trouble::new(exit, place, error.to_string(), remedy).into()
}
