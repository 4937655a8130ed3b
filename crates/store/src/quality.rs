//! Listening to calls for their quality (F62): which calls, drawn so that nobody chooses them, and the sheet on which they are scored.
//!
//! A draw is of a week that is over. Its seed is made of that week's calls, so that nobody can draw until the outcome pleases; each call's
//! lot is made of the seed and its id, so that whoever has the calls draws the same ones again. Calls of new operators, long, urgent and
//! disputed ones have more weight (Efraimidis and Spirakis: the smallest −ln(u)/w are drawn).

mod draw;
mod sheet;

use serde::Serialize;
use sqlx::any::AnyRow;
use switch::CallId;

pub use draw::{Drawn, PER_OPERATOR_MAX, Week};
pub use sheet::{Criterion, Mark, POINTS_MAX, Sheet};

use crate::call::{call_of_key, key};
use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::row::Columns;
use crate::search::{Conditions, Value};
use crate::text::storable;

/// Samples on a page.
const PAGE_ROWS: i64 = 500;

/// A call that is to be listened to, or was. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct SampleRow {
    /// Row id.
    pub id: i64,
    /// The call, as 13 characters.
    #[serde(serialize_with = "call_text")]
    #[schema(value_type = String)]
    pub call: CallId,
    /// Who answered it.
    pub operator: i64,
    /// Its report.
    pub report: Option<String>,
    /// The Monday with which its week begins: `2026-11-16`.
    pub week: String,
    /// What the draw began with; empty: chosen by hand.
    pub seed: String,
    /// Why it had more weight: `new_operator long_call urgent disputed`; of one chosen by hand, the reason.
    pub why: String,
    /// Somebody chose it.
    pub by_hand: bool,
    /// Drawn when,
    pub drawn_ms: i64,
    /// and by whom.
    pub drawn_by: String,
    /// The sheet; `None`: nobody has listened yet.
    pub sheet: Option<Sheet>,
    /// Of all points, so many percent.
    pub percent: Option<i64>,
    /// Scored when,
    pub scored_ms: Option<i64>,
    /// and by whom.
    pub scored_by: String,
    /// The operator has seen it.
    pub read_ms: Option<i64>,
}

fn call_text<S: serde::Serializer>(call: &CallId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(call)
}

/// Which samples. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampleQuery {
    /// The week's Monday.
    pub week: Option<String>,
    /// Operator's row.
    pub operator: Option<i64>,
    /// Scored, or not.
    pub scored: Option<bool>,
}

impl Store {
    /// Samples, newest first: 500 at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn samples(&self, query: &SampleQuery) -> Result<Vec<SampleRow>, StoreError> {
        let mut found = Conditions::default();
        // Of a purged call a score stays for the figures; there is nothing left to be scored.
        let kept = "SELECT 1 FROM calls WHERE calls.id = samples.call AND calls.purged_ms IS NULL";
        found.add(&format!("(scored_ms IS NOT NULL OR EXISTS ({kept}))"), []);
        if let Some(week) = &query.week {
            found.add("week = $", [Value::Text(storable(week).into_owned())]);
        }
        if let Some(operator) = query.operator {
            found.add("operator = $", [Value::Int(operator)]);
        }
        match query.scored {
            Some(true) => found.add("scored_ms IS NOT NULL", []),
            Some(false) => found.add("scored_ms IS NULL", []),
            None => {}
        }
        let sql = format!("SELECT * FROM samples {} ORDER BY id DESC LIMIT {PAGE_ROWS}", found.sql());
        let rows = found.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        rows.iter().map(sample_row).collect()
    }

    /// One sample.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn sample(&self, id: i64) -> Result<SampleRow, StoreError> {
        let row = sqlx::query("SELECT * FROM samples WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        sample_row(&row.ok_or_else(|| missing(id))?)
    }

    /// An operator has seen the scores of these calls.
    ///
    /// # Errors
    /// What the database says.
    pub async fn scores_read(&self, operator: i64, now_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE samples SET read_ms = $1 WHERE operator = $2 AND scored_ms IS NOT NULL AND read_ms IS NULL";
        sqlx::query(sql).bind(now_ms).bind(operator).execute(&self.pool).await?;
        Ok(())
    }
}

/// Takes the call's row, so that no purge passes between; false: it was purged.
async fn take_call(tx: &mut Tx, call: CallId) -> Result<bool, StoreError> {
    let sql = "UPDATE calls SET settled = settled WHERE id = $1 AND purged_ms IS NULL";
    Ok(sqlx::query(sql).bind(key(call)).execute(&mut **tx).await?.rows_affected() == 1)
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "sample", id: id.to_string() }
}

fn sample_row(row: &AnyRow) -> Result<SampleRow, StoreError> {
    let sheet = row.maybe_text("sheet")?;
    let damaged = |error: serde_json::Error| StoreError::Damaged { place: "samples.sheet", why: error.to_string() };
    Ok(SampleRow {
        id: row.int("id")?,
        call: call_of_key(row.int("call")?),
        operator: row.int("operator")?,
        report: row.maybe_text("report")?,
        week: row.text("week")?,
        seed: row.text("seed")?,
        why: row.text("why")?,
        by_hand: row.flag("by_hand")?,
        drawn_ms: row.int("drawn_ms")?,
        drawn_by: row.text("drawn_by")?,
        sheet: sheet.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()?,
        percent: row.maybe_int("percent")?,
        scored_ms: row.maybe_int("scored_ms")?,
        scored_by: row.text("scored_by")?,
        read_ms: row.maybe_int("read_ms")?,
    })
}
