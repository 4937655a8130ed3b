//! The seconds of a recording that a corrected report brings along (X04): its deliveries' listening links open these alone, until they
//! run out or somebody revokes them.

use serde::Serialize;
use sqlx::any::AnyRow;
use switch::CallId;

use crate::audit;
use crate::call::{call_of_key, key};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;
use crate::text::storable;

/// A clip is at least and at most so long.
pub const CLIP_MS: std::ops::RangeInclusive<i64> = 1_000..=60_000;

macro_rules! clip_sql {
    ($column:literal) => {
        concat!(
            "SELECT clips.*, (SELECT CAST(COALESCE(SUM(deliveries.listens), 0) AS BIGINT) FROM deliveries \
             WHERE deliveries.report = clips.report) AS plays FROM clips WHERE ",
            $column,
            " = $1 ORDER BY made_ms"
        )
    };
}

const BY_REPORT: &str = clip_sql!("clips.report");
const BY_DISPUTE: &str = clip_sql!("clips.dispute");

/// Which seconds, and how long they can be heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewClip {
    /// The dispute that it answers.
    pub dispute: i64,
    /// Of this call's recording,
    pub call: CallId,
    /// from,
    pub from_ms: i64,
    /// until.
    pub until_ms: i64,
    /// Its links end then, unix milliseconds.
    pub expires_ms: i64,
}

/// A clip as it is kept. Times of the recording are milliseconds since it began; others unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Clip {
    /// The report that brings it.
    pub report: String,
    /// The dispute that it answers.
    pub dispute: i64,
    /// Whose recording, as 13 characters.
    #[serde(serialize_with = "call_text")]
    #[schema(value_type = String)]
    pub call: CallId,
    /// From.
    pub from_ms: i64,
    /// Until.
    pub until_ms: i64,
    /// When it was made.
    pub made_ms: i64,
    /// By whom.
    pub made_by: String,
    /// Its links end then.
    pub expires_ms: i64,
    /// Its links were ended before.
    pub revoked_ms: Option<i64>,
    /// By whom.
    pub revoked_by: String,
    /// Sittings by its links so far.
    pub plays: i64,
}

fn call_text<S: serde::Serializer>(call: &CallId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(call)
}

impl Clip {
    /// Its links open it now.
    pub fn opens(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && now_ms < self.expires_ms
    }
}

impl Store {
    /// A draft that corrects a report is to bring this clip; another one that it had is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for seconds that are none, [`crate::Conflict::NotDraft`], [`StoreError::Missing`], and what the
    /// database says.
    pub async fn put_clip(&self, report: &str, new: &NewClip, who: &str, now_ms: i64) -> Result<Clip, StoreError> {
        if new.from_ms < 0 || !CLIP_MS.contains(&new.until_ms.saturating_sub(new.from_ms)) {
            let what = format!("{} to {} ms", new.from_ms, new.until_ms);
            return Err(StoreError::invalid("clip", what, "choose from 1 to 60 seconds of the recording"));
        }
        let mut tx = self.begin().await?;
        let draft = crate::report::take_draft(&mut tx, report).await?;
        sqlx::query("DELETE FROM clips WHERE report = $1").bind(&draft.id).execute(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO clips (report, dispute, call, from_ms, until_ms, made_ms, made_by, expires_ms, revoked_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '')",
        )
        .bind(&draft.id)
        .bind(new.dispute)
        .bind(key(new.call))
        .bind(new.from_ms)
        .bind(new.until_ms)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .bind(new.expires_ms)
        .execute(&mut *tx)
        .await?;
        let about = format!("report {}", draft.id);
        let detail = format!("{}: {}–{} ms", new.call, new.from_ms, new.until_ms);
        audit::add(&mut tx, now_ms, who, "clip.make", &about, &detail).await?;
        tx.commit().await?;
        self.clip(report).await?.ok_or_else(|| none(report))
    }

    /// The draft brings none after all.
    ///
    /// # Errors
    /// As [`Store::put_clip`].
    pub async fn drop_clip(&self, report: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let draft = crate::report::take_draft(&mut tx, report).await?;
        sqlx::query("DELETE FROM clips WHERE report = $1").bind(&draft.id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The clip that a report brings, if it brings one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clip(&self, report: &str) -> Result<Option<Clip>, StoreError> {
        let row = sqlx::query(BY_REPORT).bind(storable(report).into_owned()).fetch_optional(&self.pool).await?;
        row.as_ref().map(clip_row).transpose()
    }

    /// The clips that answered a dispute.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clips_of_dispute(&self, dispute: i64) -> Result<Vec<Clip>, StoreError> {
        let rows = sqlx::query(BY_DISPUTE).bind(dispute).fetch_all(&self.pool).await?;
        rows.iter().map(clip_row).collect()
    }

    /// Its links open nothing from now on. Said again, nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn revoke_clip(&self, report: &str, who: &str, now_ms: i64) -> Result<Clip, StoreError> {
        let mut tx = self.begin().await?;
        let ended =
            sqlx::query("UPDATE clips SET revoked_ms = $1, revoked_by = $2 WHERE report = $3 AND revoked_ms IS NULL")
                .bind(now_ms)
                .bind(storable(who).into_owned())
                .bind(storable(report).into_owned())
                .execute(&mut *tx)
                .await?;
        if ended.rows_affected() > 0 {
            audit::add(&mut tx, now_ms, who, "clip.revoke", &format!("report {report}"), "").await?;
        }
        tx.commit().await?;
        self.clip(report).await?.ok_or_else(|| none(report))
    }
}

fn none(report: &str) -> StoreError {
    StoreError::Missing { what: "clip", id: report.to_owned() }
}

fn clip_row(row: &AnyRow) -> Result<Clip, StoreError> {
    Ok(Clip {
        report: row.text("report")?,
        dispute: row.int("dispute")?,
        call: call_of_key(row.int("call")?),
        from_ms: row.int("from_ms")?,
        until_ms: row.int("until_ms")?,
        made_ms: row.int("made_ms")?,
        made_by: row.text("made_by")?,
        expires_ms: row.int("expires_ms")?,
        revoked_ms: row.maybe_int("revoked_ms")?,
        revoked_by: row.text("revoked_by")?,
        plays: row.int("plays")?,
    })
}
