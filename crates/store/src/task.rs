//! What supervisors have to do because of a report: made where it happens, in the same transaction, once per occasion.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use switch::CallId;

use crate::call::{call_of_key, key as call_key};
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::report::variant;
use crate::row::{Columns, word};
use crate::text::storable;

/// Tasks that one question is answered with.
const TASKS_MAX: u32 = 500;

/// What has to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A delivery was given up (F39).
    Undelivered,
    /// A delivery takes too long.
    Late,
    /// A delivery came back.
    Bounced,
    /// An urgent report that nobody of the firm has seen (X05).
    Unread,
    /// The firm wants to be told by telephone, too (F35).
    CallOut,
    /// A report of a firm that has no place to send it to.
    NoRecipient,
    /// A call back was promised, and the process ended before it was made.
    CallBack,
    /// The proof that every answered call has its report does not hold (F38).
    Unproven,
    /// There is no backup that is young enough.
    NoBackup,
    /// A call ended long ago, and its report is still a draft (F38).
    Unfinished,
    /// A firm says that something in a report is wrong (F49).
    Disputed,
    /// A firm praises, complains or wishes (F63).
    Feedback,
}

/// A task to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTask {
    /// What.
    pub kind: TaskKind,
    /// The occasion, with the kind unique for ever: a delivery's, a report's, a call's id. Said again, there is no second task.
    pub about: String,
    /// For people.
    pub detail: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// Report.
    pub report: Option<String>,
    /// Delivery.
    pub delivery: Option<String>,
    /// Call.
    pub call: Option<CallId>,
}

impl NewTask {
    /// Of a kind, about something.
    pub fn new(kind: TaskKind, about: impl Into<String>, detail: impl Into<String>) -> Self {
        NewTask {
            kind,
            about: about.into(),
            detail: detail.into(),
            customer: None,
            report: None,
            delivery: None,
            call: None,
        }
    }
}

/// How a task ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// Done: the firm knows. A call-out counts on the bill (F60).
    Done,
    /// Tried in vain, or not needed.
    Dropped,
}

/// A task as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct TaskRow {
    /// Row.
    pub id: i64,
    /// What.
    pub kind: TaskKind,
    /// Client firm.
    pub customer: Option<i64>,
    /// Report.
    pub report: Option<String>,
    /// Delivery.
    pub delivery: Option<String>,
    /// Call, as 13 characters.
    pub call: Option<String>,
    /// Since when.
    pub created_ms: i64,
    /// For people.
    pub detail: String,
    /// When it ended; `None`: it is open.
    pub done_ms: Option<i64>,
    /// By whom; empty: it ended by itself.
    pub done_by: String,
    /// "done", "dropped", "accepted", "seen", and what was written beside it.
    pub result: String,
}

impl Store {
    /// Makes a task, unless there was one of this kind about the same.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add_task(&self, task: &NewTask, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        add(&mut tx, task, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is to be done, oldest first: 500 at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_tasks(&self) -> Result<Vec<TaskRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tasks WHERE done_ms IS NULL ORDER BY created_ms, id LIMIT $1")
            .bind(i64::from(TASKS_MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(task_row).collect()
    }

    /// All tasks about a report, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report_tasks(&self, report: &str) -> Result<Vec<TaskRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tasks WHERE report = $1 ORDER BY id LIMIT $2")
            .bind(report)
            .bind(i64::from(TASKS_MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(task_row).collect()
    }

    /// Somebody has dealt with a task. False: it had ended before.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn finish_task(
        &self,
        id: i64,
        who: &str,
        end: TaskEnd,
        note: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let about = format!("task {id}");
        // What was written beside it stands with the task alone: it goes with the report, the audit log stays.
        crate::audit::add(&mut tx, now_ms, who, "task.finish", &about, &word(&end)).await?;
        let result = format!("{} {note}", word(&end));
        let row = sqlx::query(
            "UPDATE tasks SET done_ms = $1, done_by = $2, result = $3 WHERE id = $4 AND done_ms IS NULL RETURNING *",
        )
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .bind(storable(result.trim()).into_owned())
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else {
            let known: Option<i64> =
                sqlx::query_scalar("SELECT id FROM tasks WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
            tx.rollback().await?;
            return known.map(|_| false).ok_or(StoreError::Missing { what: "task", id: id.to_string() });
        };
        let task = task_row(&row)?;
        if let (TaskKind::CallOut, TaskEnd::Done, Some(report)) = (task.kind, end, &task.report) {
            crate::billing::count_call_out(&mut tx, report).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

fn key(kind: TaskKind, about: &str) -> String {
    format!("{}:{}", word(&kind), storable(about))
}

pub(crate) async fn add(tx: &mut Tx, task: &NewTask, now_ms: i64) -> Result<(), StoreError> {
    let id = next_id(tx, "tasks").await?;
    sqlx::query(
        "INSERT INTO tasks (id, key, kind, customer, report, delivery, call, created_ms, detail, done_by, result) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '') ON CONFLICT (key) DO NOTHING",
    )
    .bind(id)
    .bind(key(task.kind, &task.about))
    .bind(word(&task.kind))
    .bind(task.customer)
    .bind(task.report.as_deref())
    .bind(task.delivery.as_deref())
    .bind(task.call.map(call_key))
    .bind(now_ms)
    .bind(storable(&task.detail).into_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The occasion is over by itself; also what has a key below it, `about/…`.
pub(crate) async fn close(
    tx: &mut Tx,
    kind: TaskKind,
    about: &str,
    result: &'static str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE tasks SET done_ms = $1, result = $2 WHERE done_ms IS NULL AND (key = $3 OR (key >= $4 AND key < $5))",
    )
    .bind(now_ms)
    .bind(result)
    .bind(key(kind, about))
    .bind(key(kind, &format!("{about}/")))
    // The character after '/'.
    .bind(key(kind, &format!("{about}0")))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn task_row(row: &AnyRow) -> Result<TaskRow, StoreError> {
    Ok(TaskRow {
        id: row.int("id")?,
        kind: variant(&row.text("kind")?, "tasks.kind")?,
        customer: row.maybe_int("customer")?,
        report: row.maybe_text("report")?,
        delivery: row.maybe_text("delivery")?,
        call: row.maybe_int("call")?.map(|call| call_of_key(call).to_string()),
        created_ms: row.int("created_ms")?,
        detail: row.text("detail")?,
        done_ms: row.maybe_int("done_ms")?,
        done_by: row.text("done_by")?,
        result: row.text("result")?,
    })
}
