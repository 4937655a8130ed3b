//! A follow-up: what was sent stays as it was sent, and the correction is a report of its own that names it (F49).

use super::draft::{Known, Seed, insert};
use super::{Origin, ReportRow, ReportState, Writer, lock, take};
use crate::audit;
use crate::database::Store;
use crate::error::{Conflict, StoreError};
use crate::uuid::new_id;

impl Store {
    /// Begins a draft that corrects or completes a report that was sent, with what that one said. It is not counted again. While one
    /// is being written there is no second: that one is given.
    ///
    /// # Errors
    /// [`Conflict::NotSent`], [`Conflict::Locked`] if another one is writing it, [`StoreError::Missing`], and what the database says.
    pub async fn correct_report(&self, id: &str, writer: &Writer, now_ms: i64) -> Result<ReportRow, StoreError> {
        let new = new_id(now_ms)?;
        let mut tx = self.begin().await?;
        let before = take(&mut tx, id).await?;
        if before.state != ReportState::Sent {
            return Err(Conflict::NotSent { state: before.state }.into());
        }
        let open: Option<String> = sqlx::query_scalar(
            "SELECT id FROM reports WHERE follows = $1 AND state = 'draft' ORDER BY created_ms, id LIMIT 1",
        )
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(open) = open {
            let mut report = take(&mut tx, &open).await?;
            lock::refuse_locked(&report, writer, now_ms)?;
            report.lock = Some(lock::renew(&mut tx, &open, writer, now_ms).await?);
            tx.commit().await?;
            return Ok(report);
        }
        let seed = Seed {
            id: new.clone(),
            // The call has its report; a follow-up is found by what it follows.
            call: None,
            origin: Origin::FollowUp,
            customer: before.customer,
            customer_name: before.customer_name,
            caller: before.caller,
            operator: writer.operator,
            operator_name: writer.name.clone(),
            created_ms: now_ms,
            follows: Some(before.id),
            draft: before.draft,
        };
        insert(&mut tx, &seed, Known::First).await?;
        let mut report = take(&mut tx, &new).await?;
        super::draft::write(&mut tx, &report, &[]).await?;
        report.lock = Some(lock::renew(&mut tx, &new, writer, now_ms).await?);
        audit::add(&mut tx, now_ms, &writer.login, "report.correct", &lock::about(id), &new).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// The reports that correct or complete one, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn follow_ups(&self, id: &str) -> Result<Vec<ReportRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM reports WHERE follows = $1 AND purged_ms IS NULL ORDER BY created_ms, id LIMIT 100",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(super::report_row).collect()
    }
}
