//! What is past its time goes: a report's content, a call's caller and recording. What is left of them counts in figures and bills.
//!
//! Never: what is held, what an open dispute or task is about, a report that nobody has finished, deliveries that are under way; and
//! what such a report corrects, or is corrected by.

use report::Draft;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;

use super::Cutoffs;
use super::ledger::{self, PurgeRow, Purged};
use crate::call::call_of_key;
use crate::database::{Backend, Store, Tx};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::secret::hex;

/// Reports, and calls, of one purge: a batch is one transaction, and calls must not wait for it.
pub const PURGE_MAX: u32 = 100;

/// Something that goes next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DueCase {
    /// The call, as 13 characters; `None`: a report without one.
    pub call: Option<String>,
    /// The report; `None`: the call has none, or it is gone already.
    pub report: Option<String>,
    /// Client firm.
    pub customer: Option<i64>,
    /// Its name.
    pub customer_name: String,
    /// When the call came, or the report was begun, unix milliseconds.
    pub at_ms: i64,
    /// Bytes of its recording; `None`: there is none.
    pub bytes: Option<i64>,
}

/// How much is past its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// Reports that go.
    pub reports: i64,
    /// Calls that go,
    pub calls: i64,
    /// with so many recordings
    pub recordings: i64,
    /// of so many bytes.
    pub bytes: i64,
    /// Reports that stay although their time is over: held, disputed, unfinished or under way.
    pub kept_reports: i64,
    /// Calls that stay.
    pub kept_calls: i64,
}

/// A report's time is over: $1 midnight, $2 the usual limit, $3 the latest.
const REPORT_PAST: &str = "reports.purged_ms IS NULL AND reports.created_ms < $3 AND reports.created_ms < \
     COALESCE($1 - (SELECT days FROM retentions WHERE retentions.customer = reports.customer) * 86400000, $2)";
/// Reports that stay whatever their age, as `kept (id)`, for the queries below: unfinished ones, and those that are held, disputed,
/// under way or still to be dealt with; and with each of them all that it corrects and all that corrects it.
const KEPT: &str = "WITH RECURSIVE kept (id) AS ( \
     SELECT id FROM reports WHERE state = 'draft' \
     UNION SELECT report FROM deliveries WHERE is_open = 1 \
     UNION SELECT report FROM disputes WHERE decided_ms IS NULL \
     UNION SELECT report FROM tasks WHERE done_ms IS NULL AND report IS NOT NULL \
     UNION SELECT report FROM holds WHERE ended_ms IS NULL AND report IS NOT NULL \
     UNION SELECT reports.id FROM holds JOIN reports ON reports.call = holds.call WHERE holds.ended_ms IS NULL \
     UNION SELECT links.other FROM kept JOIN (SELECT id AS one, follows AS other FROM reports WHERE follows IS NOT NULL \
      UNION ALL SELECT follows AS one, id AS other FROM reports WHERE follows IS NOT NULL) links ON links.one = kept.id)";
/// Nothing keeps a report.
const REPORT_FREE: &str = "reports.id NOT IN (SELECT id FROM kept) \
     AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.ended_ms IS NULL AND holds.customer = reports.customer)";
/// The same for a call. Its report goes first.
const CALL_PAST: &str = "calls.purged_ms IS NULL AND calls.state IN ('cleared', 'interrupted') AND calls.arrived_ms < $3 \
     AND calls.arrived_ms < COALESCE($1 - (SELECT days FROM retentions WHERE retentions.customer = calls.customer) * 86400000, $2)";
/// One that is not settled names a recording that nobody has taken up yet: without its name the file would stay for good.
const CALL_FREE: &str = "calls.settled = 1 AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.ended_ms IS NULL \
     AND (holds.call = calls.id OR holds.customer = calls.customer)) \
     AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.call = calls.id AND tasks.done_ms IS NULL)";
const REPORT_GONE: &str =
    "NOT EXISTS (SELECT 1 FROM reports WHERE reports.call = calls.id AND reports.purged_ms IS NULL)";

impl Store {
    /// What the next purge would take, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge_due(&self, now_ms: i64, limit: u32) -> Result<Vec<DueCase>, StoreError> {
        let cutoffs = self.cutoffs(now_ms).await?;
        let reports = format!(
            "{KEPT} SELECT reports.id AS report, reports.call, reports.customer, reports.customer_name, reports.created_ms AS since_ms, \
             recordings.bytes FROM reports LEFT JOIN recordings ON recordings.call = reports.call \
             WHERE {REPORT_PAST} AND {REPORT_FREE} ORDER BY reports.created_ms, reports.id LIMIT $4"
        );
        let calls = format!(
            "SELECT NULL AS report, calls.id AS call, calls.customer, calls.customer_name, calls.arrived_ms AS since_ms, \
             recordings.bytes FROM calls LEFT JOIN recordings ON recordings.call = calls.id \
             WHERE {CALL_PAST} AND {CALL_FREE} AND {REPORT_GONE} ORDER BY calls.arrived_ms, calls.id LIMIT $4"
        );
        let mut due = Vec::new();
        for sql in [reports, calls] {
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(cutoffs.today_ms)
                .bind(cutoffs.usual_ms)
                .bind(cutoffs.latest_ms)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
            for row in &rows {
                due.push(due_case(row)?);
            }
        }
        due.sort_by(|a, b| (a.at_ms, &a.report, &a.call).cmp(&(b.at_ms, &b.report, &b.call)));
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(due)
    }

    /// How much is past its time, and how much of it stays all the same.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge_waiting(&self, now_ms: i64) -> Result<Waiting, StoreError> {
        let cutoffs = self.cutoffs(now_ms).await?;
        let mut waiting = Waiting::default();
        let free = format!("CASE WHEN {REPORT_FREE} THEN 1 ELSE 0 END");
        let sql = format!(
            "{KEPT} SELECT free, COUNT(*) AS number FROM (SELECT {free} AS free FROM reports WHERE {REPORT_PAST}) counted GROUP BY free"
        );
        for row in bound(&sql, &cutoffs).fetch_all(&self.pool).await? {
            let number = row.int("number")?;
            if row.int("free")? == 1 { waiting.reports = number } else { waiting.kept_reports = number }
        }
        // A call goes with its report, or after it.
        let free = format!(
            "CASE WHEN {CALL_FREE} AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.call = calls.id \
             AND reports.purged_ms IS NULL AND NOT ({REPORT_FREE})) THEN 1 ELSE 0 END"
        );
        let sql = format!(
            "{KEPT} SELECT free, COUNT(*) AS number, COUNT(bytes) AS files, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS total FROM \
             (SELECT {free} AS free, recordings.bytes FROM calls LEFT JOIN recordings ON recordings.call = calls.id \
              WHERE {CALL_PAST}) counted GROUP BY free"
        );
        for row in bound(&sql, &cutoffs).fetch_all(&self.pool).await? {
            let number = row.int("number")?;
            if row.int("free")? == 1 {
                (waiting.calls, waiting.recordings, waiting.bytes) = (number, row.int("files")?, row.int("total")?);
            } else {
                waiting.kept_calls = number;
            }
        }
        Ok(waiting)
    }

    /// Purges what is past its time, [`PURGE_MAX`] at most, in one transaction with its row of the ledger; `None`: there is nothing.
    /// The recordings' files are then in no table: [`Store::purged_files`] names them until they are gone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purge(&self, who: &str, now_ms: i64) -> Result<Option<PurgeRow>, StoreError> {
        let cutoffs = self.cutoffs(now_ms).await?;
        let mut tx = self.begin().await?;
        // One purge at a time: a second one must not find what the first has just emptied, and prove it again.
        ledger::take(&mut tx).await?;
        if self.backend() == Backend::Postgres {
            hold_still(&mut tx, &cutoffs).await?;
        }
        let mut items = purge_reports(&mut tx, &cutoffs, now_ms).await?;
        let (calls, files) = purge_calls(&mut tx, &cutoffs, now_ms).await?;
        items.extend(calls);
        let row = ledger::add(&mut tx, who, now_ms, items).await?;
        for path in files {
            sqlx::query("INSERT INTO purged_files (path, purge) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING")
                .bind(path)
                .bind(row.as_ref().map_or(0, |row| row.id))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(row)
    }

    /// Recordings below their folder that are in no table any more and may still be on the disk.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purged_files(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT path FROM purged_files ORDER BY purge, path LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| row.text("path")).collect()
    }

    /// Such a file is gone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn purged_file_gone(&self, path: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM purged_files WHERE path = $1").bind(path).execute(&self.pool).await?;
        Ok(())
    }
}

fn bound(sql: &str, cutoffs: &Cutoffs) -> Query<'static, Any, AnyArguments> {
    let query = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()));
    query.bind(cutoffs.today_ms).bind(cutoffs.usual_ms).bind(cutoffs.latest_ms)
}

fn due_case(row: &AnyRow) -> Result<DueCase, StoreError> {
    Ok(DueCase {
        call: row.maybe_int("call")?.map(|call| call_of_key(call).to_string()),
        report: row.maybe_text("report")?,
        customer: row.maybe_int("customer")?,
        customer_name: row.text("customer_name")?,
        at_ms: row.int("since_ms")?,
        bytes: row.maybe_int("bytes")?,
    })
}

/// The reports that go next, in their order.
fn next_reports(columns: &str) -> String {
    format!(
        "{KEPT} SELECT {columns} FROM reports WHERE {REPORT_PAST} AND {REPORT_FREE} ORDER BY created_ms, id LIMIT {PURGE_MAX}"
    )
}

/// Takes the rows of the reports that go next, as whoever disputes, corrects or sends one again takes its row: what they did before is
/// seen when it is asked again what is free, and what they would do after finds nothing left. SQLite has one writer at a time.
async fn hold_still(tx: &mut Tx, cutoffs: &Cutoffs) -> Result<(), StoreError> {
    for row in bound(&next_reports("id"), cutoffs).fetch_all(&mut **tx).await? {
        let sql = "UPDATE reports SET revision = revision WHERE id = $1";
        sqlx::query(sql).bind(row.text("id")?).execute(&mut **tx).await?;
    }
    Ok(())
}

/// What a purged report keeps of what it said: its kind, which it is billed by.
async fn purge_reports(tx: &mut Tx, cutoffs: &Cutoffs, now_ms: i64) -> Result<Vec<Purged>, StoreError> {
    let sql = next_reports("id, call, customer, created_ms, draft");
    let rows = bound(&sql, cutoffs).fetch_all(&mut **tx).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, said) = (row.text("id")?, row.text("draft")?);
        let kind = serde_json::from_str::<Draft>(&said).map(|draft| draft.kind).unwrap_or_default();
        let empty = to_json(&Draft { kind, ..Draft::default() }, "reports.draft")?;
        sqlx::query(
            "UPDATE reports SET purged_ms = $1, draft = $2, caller = '', caller_reversed = '', callback_reversed = '', person = '', \
             waiver = '', search = '' WHERE id = $3",
        )
        .bind(now_ms)
        .bind(empty)
        .bind(&id)
        .execute(&mut **tx)
        .await?;
        for about in OF_REPORT {
            sqlx::query(*about).bind(&id).execute(&mut **tx).await?;
        }
        items.push(Purged {
            call: row.maybe_int("call")?.map(|call| call_of_key(call).to_string()),
            report: Some(id),
            content: Some(hex(&Sha256::digest(said.as_bytes()))),
            customer: row.maybe_int("customer")?,
            at_ms: row.int("created_ms")?,
            ..Purged::default()
        });
    }
    Ok(items)
}

/// What goes with a report: what was written and sent, and who dealt with it. Deliveries' rows stay: recipients are counted by them.
const OF_REPORT: &[&str] = &[
    "DELETE FROM report_edits WHERE report = $1",
    "UPDATE attempts SET detail = '' WHERE delivery IN (SELECT id FROM deliveries WHERE report = $1)",
    "UPDATE deliveries SET target = '', content = '{}', room = '', remote_id = '', error = '', seen_hash = NULL, \
     listen_link = NULL, listen_hash = NULL WHERE report = $1",
    "DELETE FROM ladders WHERE report = $1",
    "DELETE FROM digests WHERE report = $1 OR digest = $1",
    "DELETE FROM handlings WHERE report = $1",
    "UPDATE disputes SET field = '', words = '', answer = '', opened_by = '' WHERE report = $1",
    "UPDATE holds SET why = '' WHERE report = $1",
    "UPDATE feedback SET words = '', said_by = '', answer = '' WHERE report = $1",
    // A call-out that was done counts on the bill; what was written beside it goes.
    "UPDATE tasks SET detail = '', result = CASE WHEN result LIKE 'done%' THEN 'done' WHEN result LIKE 'dropped%' THEN 'dropped' \
     ELSE '' END WHERE report = $1",
    "DELETE FROM clips WHERE report = $1",
];

/// What goes with a call. Of its story stays what the figures count by.
const OF_CALL: &[&str] = &[
    "DELETE FROM legs WHERE call = $1",
    "DELETE FROM events WHERE call = $1",
    "DELETE FROM recordings WHERE call = $1",
    "UPDATE tasks SET detail = '', result = CASE WHEN result LIKE 'done%' THEN 'done' WHEN result LIKE 'dropped%' THEN 'dropped' \
     ELSE '' END WHERE call = $1",
    "UPDATE holds SET why = '' WHERE call = $1",
    // What was said of the call goes; how many percent it had stays with the operator's figures.
    "UPDATE samples SET sheet = NULL, why = '' WHERE call = $1",
];

async fn purge_calls(tx: &mut Tx, cutoffs: &Cutoffs, now_ms: i64) -> Result<(Vec<Purged>, Vec<String>), StoreError> {
    let sql = format!(
        "SELECT calls.id, calls.customer, calls.arrived_ms, recordings.path, recordings.sha256, recordings.bytes \
         FROM calls LEFT JOIN recordings ON recordings.call = calls.id \
         WHERE {CALL_PAST} AND {CALL_FREE} AND {REPORT_GONE} ORDER BY calls.arrived_ms, calls.id LIMIT {PURGE_MAX}"
    );
    let rows = bound(&sql, cutoffs).fetch_all(&mut **tx).await?;
    let (mut items, mut files) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let (id, path) = (row.int("id")?, row.maybe_text("path")?);
        sqlx::query(
            "UPDATE calls SET purged_ms = $1, caller = '', caller_reversed = '', diverted_from = '', recording_stem = '', \
             no_recording = CASE WHEN $2 = 1 THEN 'purged' ELSE no_recording END WHERE id = $3",
        )
        .bind(now_ms)
        .bind(i64::from(path.is_some()))
        .bind(id)
        .execute(&mut **tx)
        .await?;
        for about in OF_CALL {
            sqlx::query(*about).bind(id).execute(&mut **tx).await?;
        }
        items.push(Purged {
            call: Some(call_of_key(id).to_string()),
            recording: row.maybe_text("sha256")?,
            bytes: row.maybe_int("bytes")?,
            customer: row.maybe_int("customer")?,
            at_ms: row.int("arrived_ms")?,
            ..Purged::default()
        });
        files.extend(path);
    }
    Ok((items, files))
}
