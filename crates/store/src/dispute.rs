//! "That number was wrong" (F49, F50, X04): what a firm says is wrong in a report, and what listening to the recording found.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{Checks, GREETING_CHARS_MAX};
use crate::database::{Store, Tx, next_id};
use crate::error::{Conflict, StoreError};
use crate::report::{missing, variant};
use crate::row::{Columns, word};
use crate::search::{Conditions, Value};
use crate::task::{self, NewTask, TaskKind};
use crate::text::storable;

/// Disputes on one page.
const PAGE_ROWS: i64 = 200;
/// A firm has its answer so long after its word (F49).
pub const ANSWER_MS: i64 = 30 * 60 * 1000;
/// Characters of a field's key.
const KEY_CHARS_MAX: usize = 100;

/// Whose mistake it was (F50).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// 聞き間違い: the operator understood something else.
    Misheard,
    /// 言い間違い: the caller said it wrongly.
    Misspoken,
    /// 入力ミス: it was understood and written wrongly.
    Mistyped,
    /// 正しい: the report is as it was said.
    Correct,
}

/// What a firm says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// Key of the field that is wrong: `callback`.
    pub field: String,
    /// In the firm's words; may be empty.
    #[serde(default)]
    pub words: String,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whose mistake it was.
    pub cause: Cause,
    /// What the firm is told beside it; may be empty.
    #[serde(default)]
    pub answer: String,
    /// The corrected report, if there is one.
    #[serde(default)]
    pub follow_up: Option<String>,
}

impl Verdict {
    /// The answer as it is kept.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] of one that is too long, or has characters that are none.
    pub fn checked(&self) -> Result<String, StoreError> {
        let mut checks = Checks::default();
        let answer = checks.prose("answer", &self.answer, GREETING_CHARS_MAX);
        checks.end(answer)
    }
}

/// A dispute as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DisputeRow {
    /// Row id.
    pub id: i64,
    /// About which report.
    pub report: String,
    /// Whose.
    pub customer: i64,
    /// Operator who answered that call.
    pub operator: Option<i64>,
    /// Key of the field.
    pub field: String,
    /// In the firm's words.
    pub words: String,
    /// Said when: the clock by which an answer is measured.
    pub opened_ms: i64,
    /// By whom.
    pub opened_by: String,
    /// The firm is to have its answer by then.
    pub due_ms: i64,
    /// `None`: nobody has decided yet.
    pub cause: Option<Cause>,
    /// What the firm was told.
    pub answer: String,
    /// Decided when.
    pub decided_ms: Option<i64>,
    /// By whom.
    pub decided_by: String,
    /// The corrected report.
    pub follow_up: Option<String>,
}

/// Which disputes. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DisputeQuery {
    /// Customer's row.
    pub customer: Option<i64>,
    /// A report's id.
    pub report: Option<String>,
    /// Undecided, or decided.
    pub open: Option<bool>,
    /// Before this row: the last one of the page before.
    pub before: Option<i64>,
}

/// How many disputes of an operator and a firm ended so (F50).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DisputeCount {
    /// Whose mistake.
    pub cause: Cause,
    /// Operator who answered.
    pub operator: Option<i64>,
    /// Client firm.
    pub customer: i64,
    /// So many.
    pub count: i64,
    /// Mean time from the firm's word to the answer, milliseconds.
    pub mean_answer_ms: i64,
    /// Of them, answered later than the house promises.
    pub late: i64,
}

impl Store {
    /// A firm says that a field of one of its reports is wrong; supervisors have a task from then on. Said again before it is
    /// decided, it is the same dispute.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], [`StoreError::Missing`] as [`Store::my_report`], and what the database says.
    pub async fn open_dispute(
        &self,
        customer: i64,
        report: &str,
        new: &NewDispute,
        who: &str,
        now_ms: i64,
    ) -> Result<DisputeRow, StoreError> {
        let mut checks = Checks::default();
        let field = checks.needed_line("field", &new.field, KEY_CHARS_MAX);
        let words = checks.prose("words", &new.words, GREETING_CHARS_MAX);
        checks.end(())?;
        let about = self.my_report(customer, report, now_ms).await?.report;
        let mut tx = self.begin().await?;
        crate::report::take(&mut tx, &about.id).await?;
        let sql = "SELECT * FROM disputes WHERE report = $1 AND field = $2 AND decided_ms IS NULL";
        let open = sqlx::query(sql).bind(&about.id).bind(&field).fetch_optional(&mut *tx).await?;
        if let Some(row) = open {
            return dispute_row(&row);
        }
        let id = next_id(&mut tx, "disputes").await?;
        sqlx::query(
            "INSERT INTO disputes (id, report, customer, operator, field, words, opened_ms, opened_by, cause, answer, decided_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '')",
        )
        .bind(id)
        .bind(&about.id)
        .bind(customer)
        .bind(about.operator)
        .bind(storable(&field).into_owned())
        .bind(storable(&words).into_owned())
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .execute(&mut *tx)
        .await?;
        let detail = format!("{field}: {words}");
        let todo = NewTask {
            customer: Some(customer),
            report: Some(about.id.clone()),
            call: about.call,
            ..NewTask::new(TaskKind::Disputed, id.to_string(), detail.trim())
        };
        task::add(&mut tx, &todo, now_ms).await?;
        // Whatever the firm has written stands with the dispute alone, and goes with its report.
        audit::add(&mut tx, now_ms, who, "report.dispute", &format!("report {}", about.id), "").await?;
        let row = take(&mut tx, id).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Disputes of reports that are still kept, newest first: 200 at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn disputes(&self, query: &DisputeQuery) -> Result<Vec<DisputeRow>, StoreError> {
        let mut found = Conditions::default();
        // Of a purged one the figures count the row; there is nothing left to read.
        found
            .add("EXISTS (SELECT 1 FROM reports WHERE reports.id = disputes.report AND reports.purged_ms IS NULL)", []);
        if let Some(customer) = query.customer {
            found.add("customer = $", [Value::Int(customer)]);
        }
        if let Some(report) = &query.report {
            found.add("report = $", [Value::Text(storable(report).into_owned())]);
        }
        match query.open {
            Some(true) => found.add("decided_ms IS NULL", []),
            Some(false) => found.add("decided_ms IS NOT NULL", []),
            None => {}
        }
        if let Some(before) = query.before {
            found.add("id < $", [Value::Int(before)]);
        }
        let sql = format!("SELECT * FROM disputes {} ORDER BY id DESC LIMIT {PAGE_ROWS}", found.sql());
        let rows = found.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        rows.iter().map(dispute_row).collect()
    }

    /// One dispute.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn dispute(&self, id: i64) -> Result<DisputeRow, StoreError> {
        let row = sqlx::query("SELECT * FROM disputes WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        dispute_row(&row.ok_or_else(|| no_dispute(id))?)
    }

    /// Ends a dispute and its task.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the corrected report follows another one, [`StoreError::Conflict`] if it was decided before,
    /// [`StoreError::Missing`], and what the database says.
    pub async fn decide_dispute(
        &self,
        id: i64,
        verdict: &Verdict,
        who: &str,
        now_ms: i64,
    ) -> Result<DisputeRow, StoreError> {
        let mut tx = self.begin().await?;
        let row = decide(&mut tx, id, verdict, who, now_ms).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// How the disputes ended that were decided in that time, by cause, operator and firm (F50).
    ///
    /// # Errors
    /// What the database says.
    pub async fn dispute_counts(&self, from_ms: i64, to_ms: i64) -> Result<Vec<DisputeCount>, StoreError> {
        let rows = sqlx::query(
            "SELECT cause, operator, customer, COUNT(*) AS count, CAST(SUM(decided_ms - opened_ms) AS BIGINT) AS waited, \
             CAST(SUM(CASE WHEN decided_ms - opened_ms > $3 THEN 1 ELSE 0 END) AS BIGINT) AS late \
             FROM disputes WHERE decided_ms >= $1 AND decided_ms < $2 \
             GROUP BY cause, operator, customer ORDER BY cause, operator, customer",
        )
        .bind(from_ms)
        .bind(to_ms)
        .bind(ANSWER_MS)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(count_row).collect()
    }
}

/// Ends a dispute and its task within a transaction: see [`Store::decide_dispute`].
pub(crate) async fn decide(
    tx: &mut Tx,
    id: i64,
    verdict: &Verdict,
    who: &str,
    now_ms: i64,
) -> Result<DisputeRow, StoreError> {
    let answer = verdict.checked()?;
    let before = take(tx, id).await?;
    if before.cause.is_some() {
        return Err(Conflict::Decided { by: before.decided_by }.into());
    }
    if let Some(follow_up) = &verdict.follow_up {
        let follows: Option<Option<String>> = sqlx::query_scalar("SELECT follows FROM reports WHERE id = $1")
            .bind(storable(follow_up).into_owned())
            .fetch_optional(&mut **tx)
            .await?;
        match follows {
            None => return Err(missing(follow_up)),
            Some(of) if of.as_deref() == Some(before.report.as_str()) => {}
            Some(_) => {
                let what = "that report does not correct this one";
                return Err(StoreError::invalid("follow_up", what, "begin the correction from this report"));
            }
        }
    }
    sqlx::query(
        "UPDATE disputes SET cause = $1, answer = $2, decided_ms = $3, decided_by = $4, follow_up = $5 WHERE id = $6",
    )
    .bind(word(&verdict.cause))
    .bind(storable(&answer).into_owned())
    .bind(now_ms)
    .bind(storable(who).into_owned())
    .bind(verdict.follow_up.as_deref())
    .bind(id)
    .execute(&mut **tx)
    .await?;
    task::close(tx, TaskKind::Disputed, &id.to_string(), "decided", now_ms).await?;
    let about = format!("report {}", before.report);
    audit::add(tx, now_ms, who, "dispute.decide", &about, &word(&verdict.cause)).await?;
    take(tx, id).await
}

async fn take(tx: &mut Tx, id: i64) -> Result<DisputeRow, StoreError> {
    let sql = "UPDATE disputes SET cause = cause WHERE id = $1 RETURNING *";
    let row = sqlx::query(sql).bind(id).fetch_optional(&mut **tx).await?;
    dispute_row(&row.ok_or_else(|| no_dispute(id))?)
}

fn no_dispute(id: i64) -> StoreError {
    StoreError::Missing { what: "dispute", id: id.to_string() }
}

fn dispute_row(row: &AnyRow) -> Result<DisputeRow, StoreError> {
    let cause = row.text("cause")?;
    Ok(DisputeRow {
        id: row.int("id")?,
        report: row.text("report")?,
        customer: row.int("customer")?,
        operator: row.maybe_int("operator")?,
        field: row.text("field")?,
        words: row.text("words")?,
        opened_ms: row.int("opened_ms")?,
        due_ms: row.int("opened_ms")?.saturating_add(ANSWER_MS),
        opened_by: row.text("opened_by")?,
        cause: if cause.is_empty() { None } else { Some(variant(&cause, "disputes.cause")?) },
        answer: row.text("answer")?,
        decided_ms: row.maybe_int("decided_ms")?,
        decided_by: row.text("decided_by")?,
        follow_up: row.maybe_text("follow_up")?,
    })
}

fn count_row(row: &AnyRow) -> Result<DisputeCount, StoreError> {
    let count = row.int("count")?;
    Ok(DisputeCount {
        cause: variant(&row.text("cause")?, "disputes.cause")?,
        operator: row.maybe_int("operator")?,
        customer: row.int("customer")?,
        count,
        mean_answer_ms: row.int("waited")? / count.max(1),
        late: row.int("late")?,
    })
}
