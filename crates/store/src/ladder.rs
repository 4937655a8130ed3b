//! The ladder of an urgent report that nobody has seen (X05), kept so that a rung is climbed also if whoever climbs it dies: a rung is
//! leased, and taken only by [`Store::advance_ladder`].

use report::ladder::{self, Ladder, State, Step};
use sqlx::any::AnyRow;

use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::outbox::{Belongs, NewDelivery, add, begin_round};
use crate::row::{Columns, to_json};
use crate::task::{self, NewTask, TaskKind};

/// Ladders that one question is answered with.
const DUE_ROWS_MAX: i64 = 100;

/// A report with rungs that are due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueLadder {
    /// The report.
    pub report: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// The rungs.
    pub ladder: Ladder,
    /// How far it has climbed.
    pub state: State,
    /// What is due: one or more, lowest first.
    pub steps: Vec<Step>,
}

impl Store {
    /// Reports whose next rung is due, leased for `lease_ms`: nobody else gets them before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_ladders(&self, now_ms: i64, lease_ms: i64) -> Result<Vec<DueLadder>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "SELECT report FROM ladders WHERE done_ms IS NULL AND due_ms <= $1 ORDER BY due_ms, report LIMIT $2",
        )
        .bind(now_ms)
        .bind(DUE_ROWS_MAX)
        .fetch_all(&mut *tx)
        .await?;
        let mut due = Vec::new();
        for row in &rows {
            // Somebody else may have it by now; the condition is looked at again when the row is taken.
            let taken = sqlx::query(
                "UPDATE ladders SET due_ms = $1 WHERE report = $2 AND done_ms IS NULL AND due_ms <= $3 RETURNING *",
            )
            .bind(now_ms.saturating_add(lease_ms.max(1)))
            .bind(row.text("report")?)
            .bind(now_ms)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(taken) = taken else { continue };
            let report = taken.text("report")?;
            let (ladder, state) = match read(&taken) {
                Ok(read) => read,
                Err(error) => {
                    // One that cannot be read keeps no other from being climbed: a person has it.
                    tracing::error!(%error, report, "a ladder cannot be read");
                    give_up(&mut tx, &report, taken.maybe_int("customer")?, now_ms).await?;
                    continue;
                }
            };
            let steps = ladder::due(&ladder, &state, now_ms);
            if steps.is_empty() {
                write(&mut tx, &report, &ladder, state, now_ms).await?;
            } else {
                due.push(DueLadder { report, customer: taken.maybe_int("customer")?, ladder, state, steps });
            }
        }
        tx.commit().await?;
        Ok(due)
    }

    /// A rung is climbed: what it makes, and the next one's time, in one transaction. False: it was climbed before, or the report
    /// has been seen; nothing is made then. A spoken call is made first and then said here, so that a crash rather calls twice than
    /// never.
    ///
    /// # Errors
    /// What the database says.
    pub async fn advance_ladder(
        &self,
        report: &str,
        rung: usize,
        deliveries: &[NewDelivery],
        tasks: &[NewTask],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        begin_round(&mut tx).await?;
        let customer: Option<Option<i64>> = sqlx::query_scalar("SELECT customer FROM ladders WHERE report = $1")
            .bind(report)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(customer) = customer else {
            tx.rollback().await?;
            return Ok(false);
        };
        add(&mut tx, Belongs { report, customer, first: false, now_ms }, deliveries).await?;
        let climbed = sqlx::query(
            "UPDATE ladders SET taken = taken + 1, taken_ms = $3 WHERE report = $1 AND taken = $2 AND done_ms IS NULL RETURNING *",
        )
        .bind(report)
        .bind(i64::try_from(rung).unwrap_or(i64::MAX))
        .bind(now_ms)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(climbed) = climbed else {
            tx.rollback().await?;
            return Ok(false);
        };
        let (ladder, state) = read(&climbed)?;
        write(&mut tx, report, &ladder, state, now_ms).await?;
        // Its end without that anybody has seen it is always a person's, whatever rungs the firm has.
        let end = ladder::next_ms(&ladder, &state).is_none() && tasks.is_empty();
        let end = end.then(|| unread(report, customer, rung, "nobody has confirmed it"));
        for each in tasks.iter().chain(&end) {
            task::add(&mut tx, each, now_ms).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// A rung that was not climbed is due again at this moment: its lease ends. Nothing happens if somebody has climbed it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_ladder_off(&self, report: &str, rung: usize, due_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE ladders SET due_ms = $1 WHERE report = $2 AND taken = $3 AND done_ms IS NULL")
            .bind(due_ms)
            .bind(report)
            .bind(i64::try_from(rung).unwrap_or(i64::MAX))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How far a report has climbed; `None`: it has no ladder.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ladder(&self, report: &str) -> Result<Option<(Ladder, State)>, StoreError> {
        let row =
            sqlx::query("SELECT * FROM ladders WHERE report = $1").bind(report).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }
}

/// An urgent report begins to climb; without rungs there is nothing to keep.
pub(crate) async fn begin(
    tx: &mut Tx,
    report: &str,
    customer: Option<i64>,
    ladder: &Ladder,
    now_ms: i64,
) -> Result<(), StoreError> {
    let state = State { sent_ms: now_ms, ..State::default() };
    let Some(due_ms) = ladder::next_ms(ladder, &state) else { return Ok(()) };
    sqlx::query(
        "INSERT INTO ladders (report, customer, rungs, sent_ms, taken, due_ms, done_why) VALUES ($1, $2, $3, $4, 0, $5, '')",
    )
    .bind(report)
    .bind(customer)
    .bind(to_json(ladder, "ladders.rungs")?)
    .bind(now_ms)
    .bind(due_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The first recipient's server has it: the clock begins.
pub(crate) async fn accepted(tx: &mut Tx, report: &str, now_ms: i64) -> Result<(), StoreError> {
    let row = sqlx::query(
        "UPDATE ladders SET accepted_ms = $1 WHERE report = $2 AND accepted_ms IS NULL AND done_ms IS NULL RETURNING *",
    )
    .bind(now_ms)
    .bind(report)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let (ladder, state) = read(&row)?;
    write(tx, report, &ladder, state, now_ms).await
}

/// What a person has to do about a rung: `detail` says why.
fn unread(report: &str, customer: Option<i64>, rung: usize, detail: &str) -> NewTask {
    NewTask {
        report: Some(report.to_owned()),
        customer,
        ..NewTask::new(TaskKind::Unread, format!("{report}/{rung}"), detail)
    }
}

/// A damaged ladder ends, and a person has it.
async fn give_up(tx: &mut Tx, report: &str, customer: Option<i64>, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE ladders SET done_ms = $1, done_why = 'damaged' WHERE report = $2 AND done_ms IS NULL")
        .bind(now_ms)
        .bind(report)
        .execute(&mut **tx)
        .await?;
    task::add(tx, &unread(report, customer, 0, "its ladder is damaged"), now_ms).await
}

/// When to look again, or that it is at its end.
async fn write(tx: &mut Tx, report: &str, ladder: &Ladder, state: State, now_ms: i64) -> Result<(), StoreError> {
    match ladder::next_ms(ladder, &state) {
        Some(due_ms) => {
            sqlx::query("UPDATE ladders SET due_ms = $1 WHERE report = $2")
                .bind(due_ms)
                .bind(report)
                .execute(&mut **tx)
                .await?
        }
        None => {
            sqlx::query("UPDATE ladders SET done_ms = $1, done_why = 'climbed' WHERE report = $2 AND done_ms IS NULL")
                .bind(now_ms)
                .bind(report)
                .execute(&mut **tx)
                .await?
        }
    };
    Ok(())
}

fn read(row: &AnyRow) -> Result<(Ladder, State), StoreError> {
    let seen = row.text("done_why")? == "seen";
    let state = State {
        sent_ms: row.int("sent_ms")?,
        accepted_ms: row.maybe_int("accepted_ms")?,
        seen_ms: if seen { row.maybe_int("done_ms")? } else { None },
        taken: row.small("taken", "ladders.taken")?,
        taken_ms: row.maybe_int("taken_ms")?,
    };
    Ok((row.json("rungs", "ladders.rungs")?, state))
}
