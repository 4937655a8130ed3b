//! Digests: reports that go out together, once a day (F27). A digest is a report of its own, so that its deliveries are like all.

use report::{Draft, Kind};

use crate::audit;
use crate::database::Store;
use crate::error::StoreError;
use crate::outbox::{Belongs, NewDelivery, add, begin_round};
use crate::report::{Origin, ReportRow, report_row};
use crate::row::{Columns, to_json, word};

/// Digests that one question is answered with.
const DIGESTS_MAX: i64 = 100;
/// Reports in one digest; the rest goes into the next.
const REPORTS_MAX: i64 = 500;

/// A firm's reports that are due to go out together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueDigest {
    /// Client firm.
    pub customer: i64,
    /// Its name.
    pub customer_name: String,
    /// The reports, oldest first.
    pub reports: Vec<ReportRow>,
}

impl Store {
    /// Firms with reports whose digest is due, by their rows; `after`: only those after this one, for the next page. The last page is
    /// empty.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_digests(&self, now_ms: i64, after: Option<i64>) -> Result<Vec<DueDigest>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let firms: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT customer FROM digests WHERE digest IS NULL AND due_ms <= $1 AND customer > $3 ORDER BY customer LIMIT $2",
        )
        .bind(now_ms)
        .bind(DIGESTS_MAX)
        .bind(after.unwrap_or(i64::MIN))
        .fetch_all(&mut *connection)
        .await?;
        let mut due = Vec::with_capacity(firms.len());
        for customer in firms {
            let rows = sqlx::query(
                "SELECT reports.* FROM digests JOIN reports ON reports.id = digests.report \
                 WHERE digests.customer = $1 AND digests.digest IS NULL AND digests.due_ms <= $2 \
                 ORDER BY reports.created_ms, reports.id LIMIT $3",
            )
            .bind(customer)
            .bind(now_ms)
            .bind(REPORTS_MAX)
            .fetch_all(&mut *connection)
            .await?;
            // One that cannot be read stays, and keeps no other back.
            let readable = |row| match report_row(row) {
                Ok(report) => Some(report),
                Err(error) => {
                    tracing::error!(%error, customer, "a report of a digest cannot be read");
                    None
                }
            };
            let reports: Vec<ReportRow> = rows.iter().filter_map(readable).collect();
            let customer_name = reports.last().map(|report| report.customer_name.clone()).unwrap_or_default();
            due.push(DueDigest { customer, customer_name, reports });
        }
        Ok(due)
    }

    /// A digest goes out: its own report (`id`, a new UUID, which its content names) and deliveries, in one transaction with the mark
    /// that these reports are told of. False: one of them had been told of before; nothing is done then.
    ///
    /// # Errors
    /// What the database says.
    pub async fn send_digest(
        &self,
        id: &str,
        digest: &DueDigest,
        deliveries: &[NewDelivery],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let about = format!("report {id}");
        let detail = format!("{} reports", digest.reports.len());
        audit::add(&mut tx, now_ms, "denwaban", "report.digest", &about, &detail).await?;
        begin_round(&mut tx).await?;
        let draft = Draft { kind: Kind::Sales, ..Draft::default() };
        sqlx::query(
            "INSERT INTO reports (id, origin, customer, customer_name, caller, caller_reversed, callback_reversed, state, revision, \
             kind, urgency, desired, person, operator_name, lock_login, lock_name, lock_until_ms, created_ms, updated_ms, sent_ms, \
             sent_by, draft, waiver, policy, class, search) \
             VALUES ($1, $2, $3, $4, '', '', '', 'sent', 1, $5, 'normal', '', '', '', '', '', 0, $6, $6, $6, '', $7, '', 'send', '', \
             '')",
        )
        .bind(id)
        .bind(word(&Origin::Digest))
        .bind(digest.customer)
        .bind(&digest.customer_name)
        .bind(draft.kind.code())
        .bind(now_ms)
        .bind(to_json(&draft, "reports.draft")?)
        .execute(&mut *tx)
        .await?;
        for report in &digest.reports {
            let done = sqlx::query("UPDATE digests SET digest = $1 WHERE report = $2 AND digest IS NULL")
                .bind(id)
                .bind(&report.id)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
        }
        let belongs = Belongs { report: id, customer: Some(digest.customer), first: true, now_ms };
        add(&mut tx, belongs, deliveries).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The reports that a digest tells of, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn digest_reports(&self, id: &str) -> Result<Vec<ReportRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT reports.* FROM digests JOIN reports ON reports.id = digests.report WHERE digests.digest = $1 \
             ORDER BY reports.created_ms, reports.id LIMIT $2",
        )
        .bind(id)
        .bind(REPORTS_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(report_row).collect()
    }

    /// When the next digest is due, unix milliseconds; `None`: there is none. May be in the past.
    ///
    /// # Errors
    /// What the database says.
    pub async fn digests_due_ms(&self) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query("SELECT MIN(due_ms) AS due_ms FROM digests WHERE digest IS NULL").fetch_one(&self.pool);
        row.await?.maybe_int("due_ms")
    }
}
