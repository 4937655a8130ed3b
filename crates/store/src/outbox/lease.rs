//! Leasing: whoever delivers takes the heads of rooms for a while. Nothing is in flight in memory alone: a lease that runs out is
//! leased again, with the same delivery's id.

use report::{Channel, Content};
use sqlx::any::AnyRow;

use super::room;
use crate::database::{Backend, Store, Tx};
use crate::error::StoreError;
use crate::row::Columns;

/// Rooms that one lease takes at most.
pub const LEASE_MAX: u32 = 500;

/// A delivery that is its holder's until `lease_until_ms`.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// The delivery: UUID, idempotency key, the same at every attempt.
    pub id: String,
    /// Of which report.
    pub report: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// The firm's recipient, by id.
    pub recipient: String,
    /// Which attempt this is, from 1: its outcome has to name it.
    pub attempt: u32,
    /// How the recipient is reached.
    pub channel: Channel,
    /// What is told.
    pub content: Content,
    /// What is delivered in order.
    pub room: String,
    /// Of an urgent report.
    pub urgent: bool,
    /// When it was saved, together with its report.
    pub created_ms: i64,
    /// The first attempt, perhaps this one.
    pub first_ms: i64,
    /// Nobody else has it before.
    pub lease_until_ms: i64,
}

/// Why a delivery is tried again whose holder died.
pub(super) const LOST: &str = "nobody could write down how the attempt ended";
/// Why one is given up that was tried again and again like that.
const NOBODY_SAID: &str = "tried for a day and a half, and nobody could write down how it ended";

/// Which rooms are asked for: mail has one server for all of them, and is leased by itself, so that it holds up nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kinds {
    /// Every room.
    All,
    /// Mailboxes.
    Mail,
    /// Chats and webhooks.
    Chats,
}

impl Kinds {
    /// As a condition on `rooms`, by how [`Channel::room`] begins.
    fn condition(self) -> &'static str {
        match self {
            Kinds::All => "1 = 1",
            Kinds::Mail => "room LIKE 'email:%'",
            Kinds::Chats => "room NOT LIKE 'email:%'",
        }
    }
}

impl Store {
    /// [`Store::lease_of`] every kind.
    ///
    /// # Errors
    /// As there.
    pub async fn lease_deliveries(&self, now_ms: i64, lease_ms: i64, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.lease_of(Kinds::All, now_ms, lease_ms, limit).await
    }

    /// Takes the heads of at most `limit` rooms that are due, for `lease_ms`: urgent ones first, then those due longest. Two who
    /// ask at once never get the same.
    ///
    /// What cannot be read is given up at once with a task for the supervisors, so that it holds up nobody.
    ///
    /// # Errors
    /// What the database says; nothing is leased then.
    pub async fn lease_of(&self, kinds: Kinds, now_ms: i64, lease_ms: i64, limit: u32) -> Result<Vec<Job>, StoreError> {
        let mut tx = self.begin().await?;
        let due = due(&mut tx, self.backend(), kinds, now_ms, limit).await?;
        let (mut jobs, mut given_up) = (Vec::with_capacity(due.len()), Vec::new());
        for row in &due {
            let (room, head) = (row.text("room")?, row.text("head")?);
            let until_ms = now_ms.saturating_add(lease_ms);
            match lost(&mut tx, &head, now_ms).await? {
                Lost::Now => {}
                Lost::Until { next_ms } => {
                    rest(&mut tx, &room, &head, next_ms, now_ms).await?;
                    continue;
                }
                Lost::ForEver { attempt } => {
                    given_up.push((head, attempt, NOBODY_SAID.to_owned()));
                    continue;
                }
            }
            match lease(&mut tx, &head, now_ms, until_ms).await? {
                Some(leased) => {
                    sqlx::query("UPDATE rooms SET due_ms = $1 WHERE room = $2")
                        .bind(until_ms)
                        .bind(&room)
                        .execute(&mut *tx)
                        .await?;
                    match job(&leased) {
                        Ok(job) => jobs.push(job),
                        Err(error) => {
                            given_up.push((head, leased.small("attempts", "deliveries.attempts")?, error.to_string()));
                        }
                    }
                }
                // The head is over: somebody has changed the outbox by hand.
                None => {
                    room::refresh(&mut tx, &room).await?;
                }
            }
        }
        tx.commit().await?;
        for (delivery, attempt, why) in given_up {
            self.delivery_dead(&delivery, attempt, &why, &[], now_ms).await?;
        }
        Ok(jobs)
    }

    /// When the next delivery is due, unix milliseconds; `None`: there is none. May be in the past.
    ///
    /// # Errors
    /// What the database says.
    pub async fn outbox_due_ms(&self) -> Result<Option<i64>, StoreError> {
        self.due_ms_of(Kinds::All).await
    }

    /// The same of some kinds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_ms_of(&self, kinds: Kinds) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT MIN(due_ms) FROM rooms WHERE {}", kinds.condition());
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.pool).await?)
    }
}

/// Rooms that are due, and their heads. A condition on the few rows of rooms alone: millions of delivered ones cost nothing here.
async fn due(tx: &mut Tx, backend: Backend, kinds: Kinds, now_ms: i64, limit: u32) -> Result<Vec<AnyRow>, StoreError> {
    let lock = match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "SELECT room, head FROM rooms WHERE due_ms <= $1 AND {} ORDER BY urgent DESC, due_ms, room LIMIT $2{lock}",
        kinds.condition()
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now_ms).bind(i64::from(limit.min(LEASE_MAX)));
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// A delivery whose lease ran out without a word.
enum Lost {
    /// None, or it can be tried again.
    Now,
    /// To be tried again then, as after any attempt that failed: it may have been taken each time, and must not come every half
    /// minute.
    Until { next_ms: i64 },
    /// Tried for long enough.
    ForEver { attempt: u32 },
}

async fn lost(tx: &mut Tx, delivery: &str, now_ms: i64) -> Result<Lost, StoreError> {
    let row = sqlx::query(
        "SELECT deliveries.attempts, deliveries.first_ms, deliveries.moved_attempt, attempts.begun_ms FROM deliveries JOIN attempts \
         ON attempts.delivery = deliveries.id AND attempts.number = deliveries.attempts \
         WHERE deliveries.id = $1 AND deliveries.is_open = 1 AND deliveries.state = 'leased'",
    )
    .bind(delivery)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(Lost::Now) };
    let (attempt, begun_ms) = (row.small("attempts", "deliveries.attempts")?, row.int("begun_ms")?);
    // It went to where the recipient is no more: nobody has tried the new place yet.
    if row.maybe_int("moved_attempt")?.is_some_and(|moved| i64::from(attempt) <= moved) {
        return Ok(Lost::Now);
    }
    let first_ms = row.maybe_int("first_ms")?.unwrap_or(begun_ms);
    Ok(match report::retry::next(attempt, first_ms, begun_ms, None) {
        // An attempt that begins in the future began before the clock was set back: its moment says nothing.
        Some(next_ms) if begun_ms <= now_ms && next_ms > now_ms => Lost::Until { next_ms },
        Some(_) => Lost::Now,
        None => Lost::ForEver { attempt },
    })
}

/// It waits as after an attempt that failed, so that whoever is behind it waits no longer than then, and urgent ones may pass it. The
/// attempt stays open: its holder may still say how it ended.
async fn rest(tx: &mut Tx, room: &str, delivery: &str, next_ms: i64, now_ms: i64) -> Result<(), StoreError> {
    let others = room::has_others(tx, room, delivery).await?;
    let next_ms = if others { next_ms.min(now_ms.saturating_add(report::retry::WAITED_FOR_MS)) } else { next_ms };
    // What a server said before tells more.
    sqlx::query(
        "UPDATE deliveries SET state = 'retry', next_ms = $1, lease_until_ms = NULL, \
         error = CASE WHEN error = '' THEN $2 ELSE error END WHERE id = $3",
    )
    .bind(next_ms)
    .bind(LOST)
    .bind(delivery)
    .execute(&mut **tx)
    .await?;
    room::refresh(tx, room).await?;
    Ok(())
}

async fn lease(tx: &mut Tx, delivery: &str, now_ms: i64, until_ms: i64) -> Result<Option<AnyRow>, StoreError> {
    let row = sqlx::query(
        "UPDATE deliveries SET state = 'leased', attempts = attempts + 1, lease_until_ms = $1, \
         first_ms = COALESCE(first_ms, $2) WHERE id = $3 AND is_open = 1 RETURNING *",
    )
    .bind(until_ms)
    .bind(now_ms)
    .bind(delivery)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query(
        "INSERT INTO attempts (delivery, number, begun_ms, outcome, detail) VALUES ($1, $2, $3, '', '') \
         ON CONFLICT (delivery, number) DO NOTHING",
    )
    .bind(delivery)
    .bind(row.int("attempts")?)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    Ok(Some(row))
}

fn job(row: &AnyRow) -> Result<Job, StoreError> {
    let created_ms = row.int("created_ms")?;
    Ok(Job {
        id: row.text("id")?,
        report: row.text("report")?,
        customer: row.maybe_int("customer")?,
        recipient: row.text("recipient")?,
        attempt: row.small("attempts", "deliveries.attempts")?,
        channel: row.json("target", "deliveries.target")?,
        content: Content { link: row.maybe_text("listen_link")?, ..row.json("content", "deliveries.content")? },
        room: row.text("room")?,
        urgent: row.flag("urgent")?,
        created_ms,
        first_ms: row.maybe_int("first_ms")?.unwrap_or(created_ms),
        lease_until_ms: row.maybe_int("lease_until_ms")?.unwrap_or(created_ms),
    })
}
