//! Drafts that nobody has to write: the house sends them when their call is over (F04, F43).

use super::{ReportRow, report_row};
use crate::database::Store;
use crate::error::StoreError;

/// Drafts that one question is answered with.
const DUE_MAX: i64 = 200;

impl Store {
    /// Drafts of calls whose record says that they ended at `ended_before_ms` or before, which nobody is writing, and which need
    /// nobody: the caller gave up at a firm that wants to be told, or the firm wants no more than a notice. Oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_by_themselves(&self, ended_before_ms: i64, now_ms: i64) -> Result<Vec<ReportRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT reports.* FROM reports JOIN calls ON calls.id = reports.call \
             LEFT JOIN profiles ON profiles.customer = reports.customer \
             WHERE reports.state = 'draft' AND reports.lock_until_ms <= $1 AND calls.state IN ('cleared', 'interrupted') \
             AND COALESCE(calls.ended_ms, calls.arrived_ms) <= $2 AND (reports.origin = 'abandoned' OR profiles.notice_only = 1) \
             ORDER BY reports.created_ms, reports.id LIMIT $3",
        )
        .bind(now_ms)
        .bind(ended_before_ms)
        .bind(DUE_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(report_row).collect()
    }
}
