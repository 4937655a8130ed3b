//! Settings of the whole service: one row of JSON.

use sqlx::AnyConnection;
use switch::{NotReadyReason, Settings};

use crate::check::{CODE_CHARS_MAX, Checks, GREETING_CHARS_MAX, NAME_CHARS_MAX};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::seen::unchanged;

/// Keys of a feature code.
const FEATURE_KEYS_MAX: usize = 6;

/// The codes that may be empty: in settings that are older than they, their keys may be taken.
const PAUSE: &str = "feature_codes.pause";
const READY: &str = "feature_codes.ready";
const NOT_READY: &str = "feature_codes.not_ready";
const LOG_OUT: &str = "feature_codes.log_out";

impl Store {
    /// The settings; the defaults if none were ever saved.
    ///
    /// # Errors
    /// What the database says, [`StoreError::Damaged`] if the row is no settings.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        let mut connection = self.pool.acquire().await?;
        load(&mut connection).await
    }

    /// Saves the settings.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn save_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        self.save_settings_as_seen(settings, None).await.map(|_| ())
    }

    /// The same, if the settings are still as they were seen ([`crate::state_of`]); gives them as they are kept.
    ///
    /// # Errors
    /// The same, and [`StoreError::Conflict`].
    pub async fn save_settings_as_seen(&self, settings: &Settings, seen: Option<&str>) -> Result<Settings, StoreError> {
        let settings = check(settings)?;
        let mut tx = self.begin_directory_change().await?;
        if let Some(firm) = crate::did::owner(&mut tx, &settings.recordings_line).await? {
            let what = format!("+{} belongs to {firm}", settings.recordings_line);
            return Err(StoreError::invalid("recordings_line", what, "take a number that is no firm's"));
        }
        // What cannot be read is mended by saving it.
        if seen.is_some() {
            unchanged(&load(&mut tx).await?, seen)?;
        }
        sqlx::query(
            "INSERT INTO settings (id, json) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET json = excluded.json",
        )
        .bind(to_json(&settings, "settings.json")?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(settings)
    }
}

pub(crate) async fn load(connection: &mut AnyConnection) -> Result<Settings, StoreError> {
    match sqlx::query("SELECT json FROM settings WHERE id = 1").fetch_optional(connection).await? {
        Some(row) => row.json("json", "settings.json"),
        None => Ok(Settings::default()),
    }
}

/// As it is kept.
fn check(settings: &Settings) -> Result<Settings, StoreError> {
    let mut checks = Checks::default();
    let mut kept = settings.clone();
    if !settings.recordings_line.trim().is_empty() {
        // Digits that are kept already have no plus.
        let text = settings.recordings_line.trim();
        let is_kept = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let text = if is_kept { format!("+{text}") } else { text.to_owned() };
        kept.recordings_line = checks.number("recordings_line", &text).unwrap_or_default();
    }
    checks.prose("default_greeting", &settings.default_greeting, GREETING_CHARS_MAX);
    checks.needed_line("hold_music", &settings.hold_music, NAME_CHARS_MAX);
    checks.within("confirm_seconds", i64::from(settings.confirm_seconds), 5, 60);
    checks.within("call_seconds_max", i64::from(settings.call_seconds_max), 60, 86_400);
    checks.within("open_reports_max", i64::from(settings.open_reports_max.unwrap_or(0)), 0, 100);
    check_reasons(&mut checks, &settings.not_ready_reasons);
    let codes = &settings.feature_codes;
    let named = [
        ("feature_codes.hold", &codes.hold),
        ("feature_codes.attended", &codes.attended),
        ("feature_codes.confirmed", &codes.confirmed),
        ("feature_codes.complete", &codes.complete),
        ("feature_codes.cancel", &codes.cancel),
        (PAUSE, &codes.pause),
        (READY, &codes.ready),
        (NOT_READY, &codes.not_ready),
        (LOG_OUT, &codes.log_out),
    ];
    for (place, (field, code)) in named.iter().enumerate() {
        let keys = code.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#'));
        if code.is_empty() && [PAUSE, READY, NOT_READY, LOG_OUT].contains(field) {
            continue; // not in use
        }
        if code.is_empty() || code.len() > FEATURE_KEYS_MAX || !keys {
            checks.fail(field, format!("{code:?} cannot be keyed"), "use 1 to 6 of the keys 0-9, * and #");
        }
        // A code that begins like another would be taken for it before its last key.
        let begins = |other: &str| !other.is_empty() && (code.starts_with(other) || other.starts_with(*code));
        let earlier = named.iter().take(place).find(|(_, other)| begins(other));
        if let Some((other, _)) = earlier {
            checks.fail(
                field,
                format!("{code:?} begins like that of {other}"),
                "choose codes of which none begins another",
            );
        }
    }
    checks.end(kept)
}

fn check_reasons(checks: &mut Checks, reasons: &[NotReadyReason]) {
    const FIELD: &str = "not_ready_reasons";
    checks.list(FIELD, reasons.len());
    for (place, reason) in reasons.iter().enumerate() {
        if checks.code(FIELD, &reason.code) != reason.code {
            checks.fail(
                FIELD,
                format!("{:.CODE_CHARS_MAX$?} is no code", reason.code),
                "write it in small letters: lunch",
            );
        }
        checks.needed_line(FIELD, &reason.ja, CODE_CHARS_MAX);
        checks.needed_line(FIELD, &reason.en, CODE_CHARS_MAX);
        if reasons.iter().take(place).any(|earlier| earlier.code == reason.code) {
            checks.fail(FIELD, format!("{:?} is there twice", reason.code), "give each reason a code of its own");
        }
    }
}
