//! Who writes a draft now: a lease, so that a browser that died keeps nobody out for long, and anybody can finish another's draft
//! (F29).

use super::{Lock, ReportRow, Writer, report_row, take, take_draft};
use crate::audit;
use crate::database::{Store, Tx};
use crate::error::{Conflict, StoreError};
use crate::text::storable;

/// How long a lock holds without a sign of its holder. Every edit renews it.
pub const LOCK_MS: i64 = 60_000;

impl Store {
    /// Takes a draft for writing, or keeps it. `take_over`: also from somebody who has it; the audit log tells from whom.
    ///
    /// # Errors
    /// [`Conflict::Locked`] by another, [`Conflict::NotDraft`], [`StoreError::Missing`], and what the database says.
    pub async fn lock_report(
        &self,
        id: &str,
        writer: &Writer,
        take_over: bool,
        now_ms: i64,
    ) -> Result<ReportRow, StoreError> {
        let mut tx = self.begin().await?;
        let mut report = take_draft(&mut tx, id).await?;
        let held = held_by_another(&report, writer, now_ms).cloned();
        if let Some(holder) = &held {
            if !take_over {
                return Err(Conflict::Locked(holder.clone()).into());
            }
            let detail = format!("from {}", holder.login);
            audit::add(&mut tx, now_ms, &writer.login, "report.take_over", &about(id), &detail).await?;
        }
        report.lock = Some(renew(&mut tx, id, writer, now_ms).await?);
        tx.commit().await?;
        Ok(report)
    }

    /// Lets a draft go; of somebody else's lock nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn unlock_report(&self, id: &str, writer: &Writer) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        take(&mut tx, id).await?;
        sqlx::query(
            "UPDATE reports SET lock_login = '', lock_name = '', lock_until_ms = 0 WHERE id = $1 AND lock_login = $2",
        )
        .bind(id)
        .bind(storable(&writer.login).into_owned())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Store {
    /// Whether a login writes a draft now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holds_draft(&self, login: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM reports WHERE state = 'draft' AND lock_login = $1 AND lock_until_ms > $2 LIMIT 1";
        let held: Option<String> =
            sqlx::query_scalar(sql).bind(storable(login).into_owned()).bind(now_ms).fetch_optional(&self.pool).await?;
        Ok(held.is_some())
    }

    /// Lets go every draft that a login has, and tells which.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unlock_reports_of(&self, login: &str) -> Result<Vec<ReportRow>, StoreError> {
        let rows = sqlx::query(
            "UPDATE reports SET lock_login = '', lock_name = '', lock_until_ms = 0 \
             WHERE state = 'draft' AND lock_login = $1 RETURNING *",
        )
        .bind(storable(login).into_owned())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(report_row).collect()
    }
}

/// "report 0198…", as the audit log has it.
pub(super) fn about(id: &str) -> String {
    format!("report {id}")
}

/// A lock of somebody else that has not run out.
fn held_by_another<'a>(report: &'a ReportRow, writer: &Writer, now_ms: i64) -> Option<&'a Lock> {
    report.lock.as_ref().filter(|lock| lock.until_ms > now_ms && lock.login != writer.login)
}

/// Refuses whoever writes while another holds the lock.
pub(super) fn refuse_locked(report: &ReportRow, writer: &Writer, now_ms: i64) -> Result<(), StoreError> {
    match held_by_another(report, writer, now_ms) {
        Some(lock) => Err(Conflict::Locked(lock.clone()).into()),
        None => Ok(()),
    }
}

/// The lock is the writer's, from now on for [`LOCK_MS`].
pub(super) async fn renew(tx: &mut Tx, id: &str, writer: &Writer, now_ms: i64) -> Result<Lock, StoreError> {
    let lock = Lock {
        login: storable(&writer.login).into_owned(),
        name: storable(&writer.name).into_owned(),
        until_ms: now_ms.saturating_add(LOCK_MS),
    };
    sqlx::query("UPDATE reports SET lock_login = $1, lock_name = $2, lock_until_ms = $3 WHERE id = $4")
        .bind(&lock.login)
        .bind(&lock.name)
        .bind(lock.until_ms)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(lock)
}
