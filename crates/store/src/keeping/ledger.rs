//! The ledger of what was purged: counts and hashes, each row with the hash of the one before it, so that a purge can be proved later
//! and cannot be hidden.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::secret::hex;
use crate::text::storable;

/// Rows that one question is answered with.
const PURGES_MAX: i64 = 1000;

/// One thing that is gone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Purged {
    /// The call, as 13 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// SHA-256 of the recording as it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// Bytes of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// SHA-256 of what the report said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<i64>,
    /// When the call came, or the report was begun, unix milliseconds.
    pub at_ms: i64,
}

/// One purge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct PurgeRow {
    /// Row; grows without gaps.
    pub id: i64,
    /// When, unix milliseconds.
    pub at_ms: i64,
    /// Who: "denwaban" by itself, a user, the command line.
    pub who: String,
    /// Calls whose caller data is gone.
    pub calls: i64,
    /// Reports whose content is gone.
    pub reports: i64,
    /// Recordings that are gone,
    pub recordings: i64,
    /// and their bytes.
    pub bytes: i64,
    /// Each of them.
    pub items: Vec<Purged>,
    /// Hash of the one before it; empty for the first.
    pub previous: String,
    /// SHA-256 over `previous`, id, time, who and items as JSON.
    pub hash: String,
}

impl Store {
    /// What was purged, newest first; `before`: only ids below, for the next page.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purges(&self, before: Option<i64>, limit: u32) -> Result<Vec<PurgeRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM purges WHERE id < $1 ORDER BY id DESC LIMIT $2")
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit).clamp(1, PURGES_MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(purge_row).collect()
    }

    /// Goes through the ledger: the first row that was changed, whose predecessor was taken out, or that is missing at its end;
    /// `None`: it is whole.
    ///
    /// # Errors
    /// What the database says.
    pub async fn broken_purge(&self) -> Result<Option<i64>, StoreError> {
        // Asked first: rows that come meanwhile are more, not fewer.
        let given: i64 =
            sqlx::query_scalar("SELECT last FROM counters WHERE name = 'purges'").fetch_one(&self.pool).await?;
        let (mut previous, mut last) = (String::new(), 0);
        loop {
            let rows = sqlx::query("SELECT * FROM purges WHERE id > $1 ORDER BY id LIMIT $2")
                .bind(last)
                .bind(PURGES_MAX)
                .fetch_all(&self.pool)
                .await?;
            if rows.is_empty() {
                // The newest rows have no successor that misses them.
                return Ok((last < given).then_some(last + 1));
            }
            for row in &rows {
                let (id, own) = (row.int("id")?, row.text("hash")?);
                let is_next = id == last + 1 && row.text("previous")? == previous;
                let again = hash(&previous, id, row.int("at_ms")?, &row.text("who")?, &row.text("items")?);
                let counted = Counted::of(&row.json::<Vec<Purged>>("items", "purges.items")?);
                let said = [row.int("calls")?, row.int("reports")?, row.int("recordings")?, row.int("bytes")?];
                if !is_next || again != own || counted.0 != said {
                    return Ok(Some(id));
                }
                (previous, last) = (own, id);
            }
        }
    }
}

/// Calls, reports, recordings, bytes.
struct Counted([i64; 4]);

impl Counted {
    fn of(items: &[Purged]) -> Counted {
        let count = |has: fn(&Purged) -> bool| i64::try_from(items.iter().filter(|item| has(item)).count());
        let or_most = |count: Result<i64, _>| count.unwrap_or(i64::MAX);
        Counted([
            or_most(count(|item| item.call.is_some() && item.report.is_none())),
            or_most(count(|item| item.report.is_some())),
            or_most(count(|item| item.recording.is_some())),
            items.iter().filter_map(|item| item.bytes).sum(),
        ])
    }
}

/// Keeps every other purge out, and whoever would hold something back, until the transaction ends.
pub(super) async fn take(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("UPDATE counters SET last = last WHERE name = 'purges'").execute(&mut **tx).await?;
    Ok(())
}

/// One more row. Nothing was purged: none.
pub(super) async fn add(
    tx: &mut Tx,
    who: &str,
    now_ms: i64,
    items: Vec<Purged>,
) -> Result<Option<PurgeRow>, StoreError> {
    if items.is_empty() {
        return Ok(None);
    }
    let id = next_id(tx, "purges").await?;
    let previous: Option<String> =
        sqlx::query_scalar("SELECT hash FROM purges ORDER BY id DESC LIMIT 1").fetch_optional(&mut **tx).await?;
    let previous = previous.unwrap_or_default();
    let json = to_json(&items, "purges.items")?;
    let who = storable(who).into_owned();
    let hash = hash(&previous, id, now_ms, &who, &json);
    let Counted([calls, reports, recordings, bytes]) = Counted::of(&items);
    sqlx::query(
        "INSERT INTO purges (id, at_ms, who, calls, reports, recordings, bytes, items, previous, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(now_ms)
    .bind(&who)
    .bind(calls)
    .bind(reports)
    .bind(recordings)
    .bind(bytes)
    .bind(&json)
    .bind(&previous)
    .bind(&hash)
    .execute(&mut **tx)
    .await?;
    Ok(Some(PurgeRow { id, at_ms: now_ms, who, calls, reports, recordings, bytes, items, previous, hash }))
}

fn purge_row(row: &AnyRow) -> Result<PurgeRow, StoreError> {
    Ok(PurgeRow {
        id: row.int("id")?,
        at_ms: row.int("at_ms")?,
        who: row.text("who")?,
        calls: row.int("calls")?,
        reports: row.int("reports")?,
        recordings: row.int("recordings")?,
        bytes: row.int("bytes")?,
        items: row.json("items", "purges.items")?,
        previous: row.text("previous")?,
        hash: row.text("hash")?,
    })
}

fn hash(previous: &str, id: i64, at_ms: i64, who: &str, items: &str) -> String {
    let mut sum = Sha256::new();
    for part in [previous, &id.to_string(), &at_ms.to_string(), who, items] {
        sum.update(part.as_bytes());
        sum.update([0]);
    }
    hex(&sum.finalize())
}
