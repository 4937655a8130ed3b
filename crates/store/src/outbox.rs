//! The outbox: one row per report and recipient, made in the transaction that sends the report, and leased to whoever delivers.
//!
//! ```text
//! waiting ──lease──► leased ──► accepted | dead | retry ──lease──► leased …        bounced, withdrawn: from anywhere open
//!                      └─ its time runs out: leased to the next who asks, with the same id, or a retry, if it was tried often
//! ```
//! What goes to one place (`room`) goes one after the other, in the order of sending (F41): only the head of a room is ever leased,
//! and a head that is done, dead or withdrawn makes way for the next. `rooms` has one row per room that has something open, with
//! its head and when that is due, so finding work costs as much as there are due rooms, whatever has been delivered and however
//! long a queue is. That row is also the lock of its room.
//!
//! Locks are taken in one order, so that nobody waits in a circle: report, counters, rooms by name, deliveries, ladders, tasks.

mod add;
mod again;
mod channels;
mod hold;
mod lease;
mod listen;
mod outcome;
mod retarget;
mod room;
mod seen;
mod trouble;

use report::{Channel, Content};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::database::Store;
use crate::error::StoreError;
use crate::report::variant;
use crate::row::Columns;

pub use add::NewDelivery;
pub(crate) use add::{Belongs, add, begin_round};
pub use channels::ChannelRow;
pub use hold::Returned;
pub use lease::{Job, Kinds, LEASE_MAX};
pub use listen::Listen;
pub use outcome::{Ended, Settled};
pub(crate) use retarget::retarget;
pub use seen::Seen;
pub use trouble::Late;

/// Of a row of deliveries: nobody has said how its last attempt ended.
const UNKNOWN: &str = "EXISTS (SELECT 1 FROM attempts WHERE attempts.delivery = deliveries.id \
                       AND attempts.number = deliveries.attempts AND attempts.ended_ms IS NULL)";
/// Deliveries that one question is answered with.
const LIST_MAX: u32 = 500;

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not tried yet.
    Waiting,
    /// Somebody delivers it now, or died doing so.
    Leased,
    /// Tried in vain, and will be again.
    Retry,
    /// The recipient's server has it.
    Accepted,
    /// Given up.
    Dead,
    /// Accepted, and sent back later (F39).
    Bounced,
    /// Called back by a person before it was accepted.
    Withdrawn,
}

/// A delivery as people look at it: without secrets. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DeliveryRow {
    /// UUID; also the idempotency key.
    pub id: String,
    /// Of which report.
    pub report: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// The firm's recipient, by id.
    pub recipient: String,
    /// 0: as sent; more: a further one to the same recipient.
    pub round: i64,
    /// The word of the channel: "email".
    pub channel: String,
    /// Where it goes, secrets masked.
    pub target: Option<Channel>,
    /// Why it goes there, as JSON of [`report::Why`], or a word: "fallback", "ladder".
    pub reason: String,
    /// Of an urgent report.
    pub urgent: bool,
    /// Where it stands.
    pub state: DeliveryState,
    /// Times that it was tried.
    pub attempts: u32,
    /// When it was saved, together with its report.
    pub created_ms: i64,
    /// First attempt.
    pub first_ms: Option<i64>,
    /// Next attempt, of one that waits.
    pub next_ms: i64,
    /// It was found to be late then.
    pub late_ms: Option<i64>,
    /// The recipient's server accepted it.
    pub accepted_ms: Option<i64>,
    /// What that server calls it: its 250 line, a message id.
    pub remote_id: String,
    /// It came back.
    pub bounced_ms: Option<i64>,
    /// Somebody confirmed that it was read.
    pub seen_ms: Option<i64>,
    /// Its recording was listened to so often, by its link.
    pub listens: u32,
    /// The last that went wrong.
    pub error: String,
}

/// One try. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct AttemptRow {
    /// From 1.
    pub number: u32,
    /// Leased.
    pub begun_ms: i64,
    /// Its outcome was saved; `None`: it runs, or whoever tried died.
    pub ended_ms: Option<i64>,
    /// "accepted", "retry", "dead", or empty.
    pub outcome: String,
    /// What the server said.
    pub detail: String,
}

/// Which deliveries; newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeliveryQuery {
    /// Client firm.
    pub customer: Option<i64>,
    /// Only those that are neither accepted nor given up.
    pub open: bool,
    /// Only those before this place ([`Outbox::next`]).
    pub before: Option<i64>,
    /// At most so many; 500 at most.
    pub limit: u32,
}

/// A page of the outbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Outbox {
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<i64>,
}

impl Store {
    /// A report's deliveries, in the order in which they were made.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report_deliveries(&self, report: &str) -> Result<Vec<DeliveryRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM deliveries WHERE report = $1 ORDER BY place")
            .bind(report)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(delivery_row).collect()
    }

    /// One delivery.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn delivery(&self, id: &str) -> Result<DeliveryRow, StoreError> {
        let row = sqlx::query("SELECT * FROM deliveries WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        delivery_row(&row.ok_or_else(|| missing(id))?)
    }

    /// What was or will be sent with a delivery.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`], and what the database says.
    pub async fn delivery_content(&self, id: &str) -> Result<Content, StoreError> {
        let row =
            sqlx::query("SELECT content FROM deliveries WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| missing(id))?.json("content", "deliveries.content")
    }

    /// Every try of a delivery, in order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn attempts(&self, delivery: &str) -> Result<Vec<AttemptRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM attempts WHERE delivery = $1 ORDER BY number")
            .bind(delivery)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AttemptRow {
                    number: row.small("number", "attempts.number")?,
                    begun_ms: row.int("begun_ms")?,
                    ended_ms: row.maybe_int("ended_ms")?,
                    outcome: row.text("outcome")?,
                    detail: row.text("detail")?,
                })
            })
            .collect()
    }

    /// The outbox, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn deliveries(&self, query: &DeliveryQuery) -> Result<Outbox, StoreError> {
        let limit = query.limit.clamp(1, LIST_MAX);
        let mut sql = String::from("SELECT * FROM deliveries WHERE place < $1");
        if query.open {
            sql.push_str(" AND is_open = 1");
        }
        if query.customer.is_some() {
            sql.push_str(" AND customer = $3");
        }
        sql.push_str(" ORDER BY place DESC LIMIT $2");
        let bound = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(query.before.unwrap_or(i64::MAX));
        let bound = bound.bind(i64::from(limit) + 1);
        let bound = if let Some(customer) = query.customer { bound.bind(customer) } else { bound };
        let rows = bound.fetch_all(&self.pool).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let page: Vec<_> = rows.iter().take(wanted).collect();
        let next = match page.last() {
            Some(last) if rows.len() > wanted => Some(last.int("place")?),
            Some(_) | None => None,
        };
        Ok(Outbox { deliveries: page.into_iter().map(delivery_row).collect::<Result<_, _>>()?, next })
    }
}

pub(crate) fn missing(id: &str) -> StoreError {
    StoreError::Missing { what: "delivery", id: id.to_owned() }
}

pub(crate) fn state_of(row: &AnyRow) -> Result<DeliveryState, StoreError> {
    variant(&row.text("state")?, "deliveries.state")
}

pub(crate) fn delivery_row(row: &AnyRow) -> Result<DeliveryRow, StoreError> {
    // A target that cannot be read is shown as none: the row is there to be looked at above all then.
    let target: Option<Channel> = serde_json::from_str(&row.text("target")?).ok();
    Ok(DeliveryRow {
        id: row.text("id")?,
        report: row.text("report")?,
        customer: row.maybe_int("customer")?,
        recipient: row.text("recipient")?,
        round: row.int("round")?,
        channel: row.text("channel")?,
        // What was accepted is kept masked; a mask of a mask would tell less.
        target: target.map(|target| if target.has_masked_secret() { target } else { target.masked() }),
        reason: row.text("reason")?,
        urgent: row.flag("urgent")?,
        state: state_of(row)?,
        attempts: row.small("attempts", "deliveries.attempts")?,
        created_ms: row.int("created_ms")?,
        first_ms: row.maybe_int("first_ms")?,
        next_ms: row.int("next_ms")?,
        late_ms: row.maybe_int("late_ms")?,
        accepted_ms: row.maybe_int("accepted_ms")?,
        remote_id: row.text("remote_id")?,
        bounced_ms: row.maybe_int("bounced_ms")?,
        seen_ms: row.maybe_int("seen_ms")?,
        listens: row.small("listens", "deliveries.listens")?,
        error: row.text("error")?,
    })
}
