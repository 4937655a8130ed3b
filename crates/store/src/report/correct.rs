//! A follow-up: what was sent stays as it was sent, and the correction is a report of its own that names it (F49).

use report::Draft;

use super::draft::{Known, Seed, insert};
use super::{Origin, ReportRow, ReportState, Writer, lock, take};
use crate::audit;
use crate::database::{Store, Tx};
use crate::error::{Conflict, StoreError};
use crate::row::Columns;
use crate::text::storable;
use crate::uuid::new_id;

/// Whose half-written draft is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// Whoever's: it is looked at before it is sent.
    ByAnybody,
    /// None that another one has written in.
    ByWriter,
}

impl Store {
    /// Begins a draft that corrects or completes a report that was sent, with what the firm was told last: what that one says, or
    /// the newest correction of it. It is not counted again. While one is being written there is no second: that one is given.
    ///
    /// # Errors
    /// [`Conflict::NotSent`], [`Conflict::Locked`] if another one is writing it, [`StoreError::Missing`], and what the database says.
    pub async fn correct_report(&self, id: &str, writer: &Writer, now_ms: i64) -> Result<ReportRow, StoreError> {
        self.follow_up(id, writer, Begun::ByAnybody, now_ms).await
    }

    /// The same for somebody who sends it without looking at it: what another one has written into a draft is not given.
    ///
    /// # Errors
    /// [`Conflict::Begun`], and as [`Store::correct_report`].
    pub async fn correct_report_alone(&self, id: &str, writer: &Writer, now_ms: i64) -> Result<ReportRow, StoreError> {
        self.follow_up(id, writer, Begun::ByWriter, now_ms).await
    }

    async fn follow_up(&self, id: &str, writer: &Writer, begun: Begun, now_ms: i64) -> Result<ReportRow, StoreError> {
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
            if begun == Begun::ByWriter {
                refuse_written(&mut tx, &open, writer).await?;
            }
            report.lock = Some(lock::renew(&mut tx, &open, writer, now_ms).await?);
            tx.commit().await?;
            return Ok(report);
        }
        let told = told_last(&mut tx, id).await?;
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
            draft: told.unwrap_or(before.draft),
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

/// Refuses whoever would send what another one has written.
async fn refuse_written(tx: &mut Tx, draft: &str, writer: &Writer) -> Result<(), StoreError> {
    let by: Option<String> =
        sqlx::query_scalar("SELECT who FROM report_edits WHERE report = $1 AND who <> $2 ORDER BY place DESC LIMIT 1")
            .bind(draft)
            .bind(storable(&writer.login).into_owned())
            .fetch_optional(&mut **tx)
            .await?;
    match by {
        Some(by) => Err(Conflict::Begun { by }.into()),
        None => Ok(()),
    }
}

/// What the newest correction of a report says, or of a correction of it; `None`: there was none.
async fn told_last(tx: &mut Tx, id: &str) -> Result<Option<Draft>, StoreError> {
    let row = sqlx::query(
        "WITH RECURSIVE later(id) AS (SELECT id FROM reports WHERE follows = $1 \
         UNION SELECT reports.id FROM reports JOIN later ON reports.follows = later.id) \
         SELECT reports.draft FROM reports JOIN later ON later.id = reports.id \
         WHERE reports.state = 'sent' AND reports.purged_ms IS NULL ORDER BY reports.sent_ms DESC, reports.id DESC LIMIT 1",
    )
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| row.json("draft", "reports.draft")).transpose()
}
