//! Drafts that nobody has to write: the house sends them when their call is over (F04, F43).

use super::{ReportRow, report_row};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Drafts that one question is answered with.
const DUE_MAX: i64 = 200;

/// A page of drafts that nobody has to write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DueByThemselves {
    /// Oldest first; those that cannot be read are left out, and told in the log.
    pub reports: Vec<ReportRow>,
    /// Where the next page begins ([`Store::due_by_themselves`]); `None`: this was the last.
    pub next: Option<(i64, String)>,
}

impl Store {
    /// Drafts of calls whose record says that they ended at `ended_before_ms` or before, which nobody is writing, and which need
    /// nobody: the caller gave up at a firm that wants to be told, or the firm wants no more than a notice. Oldest first, page by
    /// page: those that cannot go keep no others from going.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_by_themselves(
        &self,
        ended_before_ms: i64,
        now_ms: i64,
        after: Option<&(i64, String)>,
    ) -> Result<DueByThemselves, StoreError> {
        let (after_ms, after_id) = after.map_or((i64::MIN, ""), |(ms, id)| (*ms, id.as_str()));
        let rows = sqlx::query(
            "SELECT reports.* FROM reports JOIN calls ON calls.id = reports.call \
             LEFT JOIN profiles ON profiles.customer = reports.customer \
             WHERE reports.state = 'draft' AND reports.lock_until_ms <= $1 AND calls.state IN ('cleared', 'interrupted') \
             AND COALESCE(calls.ended_ms, calls.arrived_ms) <= $2 AND (reports.origin = 'abandoned' OR profiles.notice_only = 1) \
             AND (reports.created_ms > $3 OR (reports.created_ms = $3 AND reports.id > $4)) \
             ORDER BY reports.created_ms, reports.id LIMIT $5",
        )
        .bind(now_ms)
        .bind(ended_before_ms)
        .bind(after_ms)
        .bind(after_id)
        .bind(DUE_MAX)
        .fetch_all(&self.pool)
        .await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= DUE_MAX);
        let next = match rows.last().filter(|_| is_full) {
            Some(last) => Some((last.int("created_ms")?, last.text("id")?)),
            None => None,
        };
        let mut reports = Vec::with_capacity(rows.len());
        for row in &rows {
            match report_row(row) {
                Ok(report) => reports.push(report),
                // The proof names its call, because the draft grows old (F38).
                Err(error) => tracing::error!(%error, report = row.text("id")?, "a draft cannot be read"),
            }
        }
        Ok(DueByThemselves { reports, next })
    }
}
