//! Deliveries that take too long: told once each, with a task and another way (F39).

use sqlx::any::AnyRow;

use super::{Belongs, DeliveryRow, NewDelivery, add, begin_round, delivery_row, missing};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;
use crate::task::{self, NewTask, TaskKind};

/// Late deliveries that one question is answered with.
const LATE_ROWS_MAX: i64 = 200;

/// A delivery that no server has accepted for too long, and of which nobody was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Late {
    /// It.
    pub delivery: DeliveryRow,
    /// Since when it has been late, unix milliseconds.
    pub since_ms: i64,
    /// It was tried, or waits behind one that was: its destination is at fault, not we.
    pub tried: bool,
}

impl Store {
    /// Deliveries that are late ([`report::retry::late_after`]) and were not told of by [`Store::delivery_late`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn late_deliveries(&self, now_ms: i64) -> Result<Vec<Late>, StoreError> {
        let rows = sqlx::query(
            "SELECT deliveries.*, CAST(CASE WHEN attempts > 0 OR EXISTS (SELECT 1 FROM rooms JOIN deliveries AS heads \
              ON heads.id = rooms.head WHERE rooms.room = deliveries.room AND heads.attempts > 0) THEN 1 ELSE 0 END AS BIGINT) \
             AS tried FROM deliveries WHERE is_open = 1 AND late_ms IS NULL AND late_due_ms <= $1 \
             ORDER BY late_due_ms LIMIT $2",
        )
        .bind(now_ms)
        .bind(LATE_ROWS_MAX)
        .fetch_all(&self.pool)
        .await?;
        let late = |row: &AnyRow| {
            let (since_ms, tried) = (row.int("late_due_ms")?, row.flag("tried")?);
            Ok(Late { delivery: delivery_row(row)?, since_ms, tried })
        };
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let read: Result<Late, StoreError> = late(row);
            match read {
                Ok(late) => found.push(late),
                Err(error) => {
                    // Nobody can tell another way for it, but a person is told of it, and it keeps no other.
                    let id = row.text("id")?;
                    tracing::error!(%error, delivery = id, "a delivery cannot be read");
                    self.delivery_late(&id, &[], now_ms).await?;
                }
            }
        }
        Ok(found)
    }

    /// A delivery is late: supervisors have a task, and the report goes to `fallback` as well. True: nobody had said so before, and
    /// it is still open.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn delivery_late(&self, id: &str, fallback: &[NewDelivery], now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        begin_round(&mut tx).await?;
        // Under the outbox's own lock nobody else says so at the same time; the row itself is changed after the rooms are taken.
        let row = sqlx::query("SELECT report, customer, error, is_open, late_ms FROM deliveries WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
        let row = row.ok_or_else(|| missing(id))?;
        if !row.flag("is_open")? || row.maybe_int("late_ms")?.is_some() {
            tx.rollback().await?;
            return Ok(false);
        }
        let (report, customer) = (row.text("report")?, row.maybe_int("customer")?);
        add(&mut tx, Belongs { report: &report, customer, first: false, now_ms }, fallback).await?;
        let done = sqlx::query("UPDATE deliveries SET late_ms = $1 WHERE id = $2 AND is_open = 1 AND late_ms IS NULL")
            .bind(now_ms)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            // It was accepted at this moment: nobody has to be told anything.
            tx.rollback().await?;
            return Ok(false);
        }
        let task = NewTask {
            report: Some(report),
            delivery: Some(id.to_owned()),
            customer,
            ..NewTask::new(TaskKind::Late, id, row.text("error")?)
        };
        task::add(&mut tx, &task, now_ms).await?;
        tx.commit().await?;
        Ok(true)
    }
}
