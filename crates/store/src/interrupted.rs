//! After a crash: closing the calls that were open, and attaching what was saved of their recordings (R27).

use std::collections::HashMap;

use sqlx::Transaction;
use sqlx::any::Any;
use switch::media::Recording;
use switch::{CallId, CallState, TimelineEvent};

use crate::call::{add_event, call_of_key, key, state_from, state_text, upsert_recording};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Samples per millisecond of a recording (8 kHz).
const SAMPLES_PER_MS: u64 = 8;
/// How an interrupted call ended.
const ENDING: &str = "interrupted: the switchboard stopped during the call";
/// Why an answered call has no recording after a crash.
const NO_RECORDING: &str = "none, because the switchboard stopped during the call and no file was left";

/// What was found and closed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Interrupted {
    /// Calls that were open, and are closed now.
    pub closed: Vec<CallId>,
    /// Calls that got their repaired recording.
    pub recordings: Vec<CallId>,
    /// Repaired files that belong to no call (by path): a person should look.
    pub strangers: Vec<String>,
}

impl Store {
    /// Closes every call that is not over as [`CallState::Interrupted`], and gives each answered call that has no recording the
    /// repaired one, found by its path without extension, or an explicit "none, because …". Each has its report's draft then.
    ///
    /// For the start of the process, after everything that the dead one left in its journal is saved, and before a call of the
    /// new one is: [`Journal::open`](crate::Journal::open) calls it at exactly that moment.
    ///
    /// # Errors
    /// What the database says; nothing is changed then.
    pub async fn close_interrupted(&self, now_ms: i64, repaired: &[Recording]) -> Result<Interrupted, StoreError> {
        let mut found = Interrupted::default();
        let mut by_stem: HashMap<&str, &Recording> = repaired.iter().map(|r| (stem(&r.path), r)).collect();
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "SELECT id, state, arrived_ms, announced_ms, answered_ms, ringing_ms, recording_stem, no_recording FROM calls \
             WHERE settled = 0 ORDER BY id",
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let id = row.int("id")?;
            let answered_ms = row.maybe_int("answered_ms")?;
            // What was said to a caller who waited is recorded, too.
            let recorded_from_ms = row.maybe_int("announced_ms")?.or(answered_ms);
            let recording = by_stem.remove(row.text("recording_stem")?.as_str());
            let state = state_from(&row.text("state")?)?;
            if !matches!(state, CallState::Cleared | CallState::Interrupted) {
                let times = Times {
                    arrived_ms: row.int("arrived_ms")?,
                    ringing_ms: row.maybe_int("ringing_ms")?,
                    recorded_from_ms,
                    answered_ms,
                    now_ms,
                };
                close(&mut tx, id, &times, recording).await?;
                found.closed.push(call_of_key(id));
            }
            let reason = match recording {
                Some(_) => "",
                None if recorded_from_ms.is_some() && row.text("no_recording")?.is_empty() => NO_RECORDING,
                None => "",
            };
            sqlx::query(
                "UPDATE calls SET settled = 1, revision = revision + 1, no_recording = CASE WHEN $1 <> '' THEN $1 \
                 ELSE no_recording END WHERE id = $2",
            )
            .bind(reason)
            .bind(id)
            .execute(&mut *tx)
            .await?;
            if let Some(recording) = recording {
                attach(&mut tx, id, recording).await?;
                found.recordings.push(call_of_key(id));
            }
            crate::report::ensure_of_row(&mut tx, call_of_key(id), recording.is_some()).await?;
        }
        self.place_the_rest(&mut tx, by_stem, &mut found).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Stems of recordings that were begun and of which the database knows no end: a process that finishes the file and dies
    /// before it can say so leaves one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unsettled_recordings(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT recording_stem FROM calls WHERE settled = 0 AND recording_stem <> '' ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| row.text("recording_stem")).collect()
    }

    /// Repaired files of calls that counted as settled ("recording failed", and yet a file is there).
    async fn place_the_rest(
        &self,
        tx: &mut Transaction<'static, Any>,
        rest: HashMap<&str, &Recording>,
        found: &mut Interrupted,
    ) -> Result<(), StoreError> {
        for (stem, recording) in rest {
            let call: Option<i64> = match stem {
                "" => None,
                _ => {
                    sqlx::query_scalar("SELECT id FROM calls WHERE recording_stem = $1 ORDER BY id LIMIT 1")
                        .bind(stem)
                        .fetch_optional(&mut **tx)
                        .await?
                }
            };
            match call {
                Some(id) => {
                    attach(tx, id, recording).await?;
                    found.recordings.push(call_of_key(id));
                }
                None => found.strangers.push(recording.path.clone()),
            }
        }
        found.recordings.sort_unstable_by_key(|call| key(*call));
        found.strangers.sort_unstable();
        Ok(())
    }
}

struct Times {
    arrived_ms: i64,
    ringing_ms: Option<i64>,
    recorded_from_ms: Option<i64>,
    answered_ms: Option<i64>,
    now_ms: i64,
}

/// The call ended when its recording did, else with the last thing that is known of it; never after `now_ms`.
async fn close(
    tx: &mut Transaction<'static, Any>,
    id: i64,
    times: &Times,
    recording: Option<&Recording>,
) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT place, offset_ms FROM events WHERE call = $1 ORDER BY place DESC LIMIT 1")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    let (next_place, last_offset) = match &last {
        Some(row) => (row.small::<u32>("place", "events.place")?.saturating_add(1), row.int("offset_ms")?),
        None => (0, 0),
    };
    let recorded_ms = recording.map_or(0, |r| i64::try_from(r.samples / SAMPLES_PER_MS).unwrap_or(0));
    let known_ms = times.arrived_ms.saturating_add(last_offset);
    let heard_ms = times.recorded_from_ms.map_or(known_ms, |begun| begun.saturating_add(recorded_ms));
    let ended_ms = known_ms.max(heard_ms).min(times.now_ms.max(known_ms));
    let talk_ms = times.answered_ms.map_or(0, |answered| (ended_ms - answered).max(0));
    let wait_ms = times.ringing_ms.map_or(0, |ringing| (times.answered_ms.unwrap_or(ended_ms) - ringing).max(0));
    sqlx::query("UPDATE calls SET state = $1, ended_ms = $2, talk_ms = $3, wait_ms = $4, ending = $5 WHERE id = $6")
        .bind(state_text(CallState::Interrupted))
        .bind(ended_ms)
        .bind(talk_ms)
        .bind(wait_ms)
        .bind(ENDING)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    sqlx::query("UPDATE legs SET ended_ms = $1, ending = $2 WHERE call = $3 AND ended_ms IS NULL")
        .bind(ended_ms)
        .bind(ENDING)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    let event = TimelineEvent {
        index: next_place,
        offset_ms: ended_ms - times.arrived_ms,
        kind: "interrupted".to_owned(),
        detail: serde_json::json!({ "found_ms": times.now_ms }).into(),
    };
    add_event(tx, id, &event).await
}

async fn attach(tx: &mut Transaction<'static, Any>, id: i64, recording: &Recording) -> Result<(), StoreError> {
    upsert_recording(tx, id, recording).await?;
    // The recording begins with our 200, be it for an announcement; nobody speaks in it who has not answered.
    let sql = "UPDATE calls SET no_recording = '', first_speech_ms = CASE WHEN answered_ms IS NULL THEN NULL \
               ELSE COALESCE(announced_ms, answered_ms) + $1 END WHERE id = $2";
    sqlx::query(sql).bind(recording.first_speech_ms.map(i64::from)).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// A recording's path without its extension.
fn stem(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => stem,
        Some(_) | None => path,
    }
}
