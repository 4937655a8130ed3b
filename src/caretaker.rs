//! What the pages may ask of the program: how the house is, by asking `denwaban check` itself, and backups.

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use report::Language;
use serde_json::Value;
use web::{Asking, Backups, Caretaker, Finding};

use crate::backup::{self, Keeper};
use crate::clock;

/// `check` asks trunks and mail servers, and gives each of them seconds.
const CHECK_MAX: Duration = Duration::from_secs(50);

/// The caretaker of a running house.
pub struct House {
    /// Makes backups.
    pub keeper: Keeper,
    /// The configuration that the house runs with, as TOML.
    pub config: Arc<str>,
}

impl Caretaker for House {
    fn check(&self, language: Language) -> Asking<Result<Vec<Finding>, String>> {
        let (config, keeper) = (Arc::clone(&self.config), self.keeper.clone());
        Box::pin(async move {
            let mut findings = ask(config, language).await?;
            findings.push(backup_finding(&keeper, language).await);
            Ok(findings)
        })
    }

    fn backups(&self) -> Asking<Backups> {
        let keeper = self.keeper.clone();
        Box::pin(async move {
            let folder = keeper.places.folder.clone();
            let listed = tokio::task::spawn_blocking(move || backup::list(&folder)).await.unwrap_or_default();
            let settings = &keeper.settings;
            Backups {
                daily: settings.daily,
                hour: settings.hour,
                keep: settings.keep,
                folder: keeper.places.folder.display().to_string(),
                late: keeper.is_late(clock::unix_ms()),
                late_hours: settings.late_hours,
                busy: keeper.is_busy(),
                failed: keeper.failed(),
                backups: serde_json::to_value(listed).unwrap_or_default(),
            }
        })
    }

    fn back_up(&self) -> bool {
        if self.keeper.is_busy() {
            return false;
        }
        let keeper = self.keeper.clone();
        tokio::spawn(async move { keeper.run().await });
        true
    }
}

/// A process of our own program: it looks at the house as an administrator at the command line would, in the asker's language, and
/// whatever it trips over does not touch the calls.
async fn ask(config: Arc<str>, language: Language) -> Result<Vec<Finding>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = std::process::Command::new(program);
    let locale = match language {
        Language::Ja => "ja_JP.UTF-8",
        Language::En => "C.UTF-8",
    };
    // Not as a file: there are passwords in it.
    command.args(["--config", "/dev/stdin", "check", "--json"]).env("LC_ALL", locale);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let work = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(config.as_bytes())?;
        }
        child.wait_with_output()
    });
    let done = tokio::time::timeout(CHECK_MAX, work).await.map_err(|_| "denwaban check takes too long".to_owned())?;
    let output = done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    // It says what failed by its exit code, too; what counts here are its lines.
    let said: Value = serde_json::from_slice(&output.stdout).map_err(|_| "denwaban check said nothing".to_owned())?;
    serde_json::from_value(said).map_err(|error| error.to_string())
}

/// The last backup, as one more line.
async fn backup_finding(keeper: &Keeper, language: Language) -> Finding {
    let folder = keeper.places.folder.clone();
    let listed = tokio::task::spawn_blocking(move || backup::list(&folder)).await.unwrap_or_default();
    let newest = listed.iter().filter(|one| one.checked).find_map(|one| one.manifest.as_ref());
    let ja = language == Language::Ja;
    let or = |ja_text: &str, en: &str| if ja { ja_text.to_owned() } else { en.to_owned() };
    let detail = newest.map_or_else(
        || or("バックアップはまだありません", "there is no backup yet"),
        |manifest| {
            let hours = (clock::unix_ms() - manifest.made_ms).max(0) / report::japan::HOUR_MS;
            if ja {
                format!("最新のバックアップは{hours}時間前")
            } else {
                format!("the newest is {hours} hours old")
            }
        },
    );
    let (verdict, remedy) = match (keeper.is_late(clock::unix_ms()), keeper.settings.daily) {
        (true, _) => ("FAIL", or("バックアップの記録を確認してください", "look at the backups: why was none made?")),
        (false, true) => ("OK", String::new()),
        (false, false) => ("WARN", or("[backup] daily を true にしてください", "set daily in [backup]")),
    };
    let name = or("バックアップ", "backup");
    Finding { verdict: verdict.to_owned(), what: "backup".to_owned(), name, detail, remedy }
}
