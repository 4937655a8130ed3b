//! What a firm says of a report and of whoever took it (F63): praise, a complaint, a wish. A supervisor answers it; the operator reads it.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{Checks, GREETING_CHARS_MAX};
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::report::variant;
use crate::row::{Columns, word};
use crate::search::{Conditions, Value};
use crate::task::{self, NewTask, TaskKind};
use crate::text::storable;

/// Entries on one page.
const PAGE_ROWS: i64 = 200;
/// The report that it is about is not purged.
const IS_KEPT: &str = "EXISTS (SELECT 1 FROM reports WHERE reports.id = feedback.report AND reports.purged_ms IS NULL)";
/// Entries about one report: whoever has more to say telephones.
const OF_REPORT_MAX: i64 = 20;

/// What sort of word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// お褒め
    Praise,
    /// ご不満
    Complaint,
    /// ご要望
    Wish,
}

/// What a firm says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeedback {
    /// What sort of word.
    pub kind: FeedbackKind,
    /// In the firm's words; only praise may be without.
    #[serde(default)]
    pub words: String,
}

/// A word of a firm's as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct FeedbackRow {
    /// Row id.
    pub id: i64,
    /// About which report.
    pub report: String,
    /// Whose.
    pub customer: i64,
    /// Operator who took the call.
    pub operator: Option<i64>,
    /// What sort of word.
    pub kind: FeedbackKind,
    /// In the firm's words.
    pub words: String,
    /// Said when,
    pub said_ms: i64,
    /// and by whom of the firm.
    pub said_by: String,
    /// What the firm was answered; empty: nothing yet.
    pub answer: String,
    /// Answered when,
    pub answered_ms: Option<i64>,
    /// and by whom.
    pub answered_by: String,
    /// The operator has seen it.
    pub read_ms: Option<i64>,
}

/// Which of them. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedbackQuery {
    /// Client firm.
    pub customer: Option<i64>,
    /// A report's id.
    pub report: Option<String>,
    /// Operator's row.
    pub operator: Option<i64>,
    /// Not answered yet, or answered.
    pub open: Option<bool>,
    /// Before this row: the last one of the page before.
    pub before: Option<i64>,
}

impl Store {
    /// A firm says something of one of its reports; supervisors have a task from then on.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], [`StoreError::Missing`] as [`Store::my_report`], and what the database says.
    pub async fn say_feedback(
        &self,
        customer: i64,
        report: &str,
        new: &NewFeedback,
        who: &str,
        now_ms: i64,
    ) -> Result<FeedbackRow, StoreError> {
        let mut checks = Checks::default();
        let words = checks.prose("words", &new.words, GREETING_CHARS_MAX);
        if words.is_empty() && new.kind != FeedbackKind::Praise {
            checks.fail("words", "it is empty", "write what it is about");
        }
        checks.end(())?;
        let about = self.my_report(customer, report, now_ms).await?.report;
        let mut tx = self.begin().await?;
        crate::report::take(&mut tx, &about.id).await?;
        let sql = "SELECT COUNT(*) FROM feedback WHERE report = $1";
        let said: i64 = sqlx::query_scalar(sql).bind(&about.id).fetch_one(&mut *tx).await?;
        if said >= OF_REPORT_MAX {
            let remedy = "telephone the answering service";
            return Err(StoreError::invalid("words", "so much was said of this report already", remedy));
        }
        let id = next_id(&mut tx, "feedback").await?;
        let row = sqlx::query(
            "INSERT INTO feedback (id, report, customer, operator, kind, words, said_ms, said_by, answer, answered_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '') RETURNING *",
        )
        .bind(id)
        .bind(&about.id)
        .bind(customer)
        .bind(about.operator)
        .bind(word(&new.kind))
        .bind(storable(&words).into_owned())
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .fetch_one(&mut *tx)
        .await?;
        let todo = NewTask {
            customer: Some(customer),
            report: Some(about.id.clone()),
            call: about.call,
            ..NewTask::new(TaskKind::Feedback, id.to_string(), format!("{}: {words}", word(&new.kind)))
        };
        task::add(&mut tx, &todo, now_ms).await?;
        let said_of = format!("report {}", about.id);
        audit::add(&mut tx, now_ms, who, "report.feedback", &said_of, &word(&new.kind)).await?;
        tx.commit().await?;
        feedback_row(&row)
    }

    /// What firms say of reports that are still kept, newest first: 200 at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn feedback(&self, query: &FeedbackQuery) -> Result<Vec<FeedbackRow>, StoreError> {
        let mut found = Conditions::default();
        // Of a purged one the figures count the row; there is nothing left to read.
        found.add(IS_KEPT, []);
        if let Some(customer) = query.customer {
            found.add("customer = $", [Value::Int(customer)]);
        }
        if let Some(report) = &query.report {
            found.add("report = $", [Value::Text(storable(report).into_owned())]);
        }
        if let Some(operator) = query.operator {
            found.add("operator = $", [Value::Int(operator)]);
        }
        match query.open {
            Some(true) => found.add("answered_ms IS NULL", []),
            Some(false) => found.add("answered_ms IS NOT NULL", []),
            None => {}
        }
        if let Some(before) = query.before {
            found.add("id < $", [Value::Int(before)]);
        }
        let sql = format!("SELECT * FROM feedback {} ORDER BY id DESC LIMIT {PAGE_ROWS}", found.sql());
        let rows = found.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        rows.iter().map(feedback_row).collect()
    }

    /// Answers the firm, and ends the task. Answered again, the firm reads the later one; the audit log keeps that there were two.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], [`StoreError::Missing`], and what the database says.
    pub async fn answer_feedback(
        &self,
        id: i64,
        answer: &str,
        who: &str,
        now_ms: i64,
    ) -> Result<FeedbackRow, StoreError> {
        let mut checks = Checks::default();
        let answer = checks.prose("answer", answer, GREETING_CHARS_MAX);
        if answer.is_empty() {
            checks.fail("answer", "it is empty", "write what the firm is to read");
        }
        checks.end(())?;
        let mut tx = self.begin().await?;
        // Held until the answer is written: a purge that comes between would leave words behind that nothing takes away any more.
        let sql = "UPDATE reports SET revision = revision WHERE purged_ms IS NULL \
                   AND id = (SELECT report FROM feedback WHERE id = $1)";
        if sqlx::query(sql).bind(id).execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(missing(id));
        }
        let row = sqlx::query(
            "UPDATE feedback SET answer = $1, answered_ms = $2, answered_by = $3 WHERE id = $4 RETURNING *",
        )
        .bind(storable(&answer).into_owned())
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        let row = feedback_row(&row.ok_or_else(|| missing(id))?)?;
        finish(&mut tx, &row, who, now_ms).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// An operator has seen these words of the own calls; others' and what is read already stay as they are. What came meanwhile is none
    /// of them: nothing is read unseen.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] of more than one page, and what the database says.
    pub async fn feedback_read(&self, operator: i64, ids: &[i64], now_ms: i64) -> Result<(), StoreError> {
        if i64::try_from(ids.len()).unwrap_or(i64::MAX) > PAGE_ROWS {
            return Err(StoreError::invalid("ids", "they are more than one page shows", "give those that were shown"));
        }
        let mut tx = self.begin().await?;
        for id in ids {
            let sql = "UPDATE feedback SET read_ms = $1 WHERE id = $2 AND operator = $3 AND read_ms IS NULL";
            sqlx::query(sql).bind(now_ms).bind(id).bind(operator).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn finish(tx: &mut Tx, row: &FeedbackRow, who: &str, now_ms: i64) -> Result<(), StoreError> {
    task::close(tx, TaskKind::Feedback, &row.id.to_string(), "answered", now_ms).await?;
    audit::add(tx, now_ms, who, "feedback.answer", &format!("report {}", row.report), &row.id.to_string()).await
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "feedback", id: id.to_string() }
}

fn feedback_row(row: &AnyRow) -> Result<FeedbackRow, StoreError> {
    Ok(FeedbackRow {
        id: row.int("id")?,
        report: row.text("report")?,
        customer: row.int("customer")?,
        operator: row.maybe_int("operator")?,
        kind: variant(&row.text("kind")?, "feedback.kind")?,
        words: row.text("words")?,
        said_ms: row.int("said_ms")?,
        said_by: row.text("said_by")?,
        answer: row.text("answer")?,
        answered_ms: row.maybe_int("answered_ms")?,
        answered_by: row.text("answered_by")?,
        read_ms: row.maybe_int("read_ms")?,
    })
}
