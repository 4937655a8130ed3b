//! Seen (X05): a recipient has pressed the button behind the link. Whoever only fetches the page (a mail scanner) reads, and changes
//! nothing: that is [`Store::seen_page`].

use sqlx::any::AnyRow;

use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::report::{ReportRow, report_row};
use crate::row::Columns;
use crate::task::{self, TaskKind};

/// What a confirmation link is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The report.
    pub report: ReportRow,
    /// The delivery whose link it is.
    pub delivery: String,
    /// Its recipient, by id.
    pub recipient: String,
    /// When this recipient confirmed first; `None`: not yet.
    pub delivery_seen_ms: Option<i64>,
}

impl Store {
    /// What the link with this token's SHA-256 is about, without confirming anything; `None`: no link of ours.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seen_page(&self, token_hash: &str) -> Result<Option<Seen>, StoreError> {
        let sql = "SELECT id, recipient, seen_ms, report FROM deliveries WHERE seen_hash = $1";
        let Some(row) = sqlx::query(sql).bind(token_hash).fetch_optional(&self.pool).await? else { return Ok(None) };
        let report = self.report(&row.text("report")?).await?;
        seen(&row, report).map(Some)
    }

    /// A recipient confirms: the ladder ends, and so do the tasks about an unread report. Again, or by another recipient, changes no
    /// earlier time. `None`: no link of ours.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seen(&self, token_hash: &str, now_ms: i64) -> Result<Option<Seen>, StoreError> {
        let mut tx = self.begin().await?;
        let report: Option<String> = sqlx::query_scalar("SELECT report FROM deliveries WHERE seen_hash = $1")
            .bind(token_hash)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(report) = report else { return Ok(None) };
        let report = mark(&mut tx, &report, now_ms).await?;
        let row = sqlx::query(
            "UPDATE deliveries SET seen_ms = COALESCE(seen_ms, $1) WHERE seen_hash = $2 \
             RETURNING id, recipient, seen_ms",
        )
        .bind(now_ms)
        .bind(token_hash)
        .fetch_one(&mut *tx)
        .await?;
        stop(&mut tx, &report.id, now_ms).await?;
        let seen = seen(&row, report)?;
        tx.commit().await?;
        Ok(Some(seen))
    }

    /// The same without a link: confirmed at the telephone ("press 1"), or by a person on the firm's behalf. `by` goes to the audit
    /// log.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn report_seen(&self, report: &str, by: &str, now_ms: i64) -> Result<ReportRow, StoreError> {
        let mut tx = self.begin().await?;
        let row = mark(&mut tx, report, now_ms).await?;
        crate::audit::add(&mut tx, now_ms, by, "report.seen", &format!("report {report}"), "").await?;
        stop(&mut tx, report, now_ms).await?;
        tx.commit().await?;
        Ok(row)
    }
}

async fn mark(tx: &mut Tx, report: &str, now_ms: i64) -> Result<ReportRow, StoreError> {
    let row = sqlx::query("UPDATE reports SET seen_ms = COALESCE(seen_ms, $1) WHERE id = $2 RETURNING *")
        .bind(now_ms)
        .bind(report)
        .fetch_optional(&mut **tx)
        .await?;
    report_row(&row.ok_or_else(|| crate::report::missing(report))?)
}

/// Nobody has to be chased any more.
async fn stop(tx: &mut Tx, report: &str, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE ladders SET done_ms = $1, done_why = 'seen' WHERE report = $2 AND done_ms IS NULL")
        .bind(now_ms)
        .bind(report)
        .execute(&mut **tx)
        .await?;
    task::close(tx, TaskKind::Unread, report, "seen", now_ms).await
}

fn seen(row: &AnyRow, report: ReportRow) -> Result<Seen, StoreError> {
    Ok(Seen {
        report,
        delivery: row.text("id")?,
        recipient: row.text("recipient")?,
        delivery_seen_ms: row.maybe_int("seen_ms")?,
    })
}
