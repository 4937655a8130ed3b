//! What became of an attempt. Each is one transaction; whoever says it twice, or too late, changes nothing.

use std::collections::BTreeSet;

use report::retry;

use super::{Belongs, DeliveryState, NewDelivery, UNKNOWN, add, begin_round, room, state_of};
use crate::database::{Store, Tx};
use crate::error::{Conflict, StoreError};
use crate::row::{Columns, to_json};
use crate::task::{self, NewTask, TaskKind};
use crate::text::storable;

/// Characters kept of what a server said.
const DETAIL_CHARS_MAX: usize = 1000;

/// How an attempt ended, for [`Store::settle_deliveries`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// The delivery.
    pub id: String,
    /// Which attempt ([`Job::attempt`](super::Job)).
    pub attempt: u32,
    /// What the recipient's server calls it: its 250 line, a message id.
    pub remote_id: String,
}

/// What saying an outcome has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It is saved.
    Done {
        /// The room has another delivery, which may be due now.
        next: bool,
    },
    /// It had been accepted, given up or withdrawn before: nothing.
    Already,
    /// The lease had run out, and somebody else tries now: nothing.
    Stale,
}

/// A delivery as its outcome finds it, its room taken.
struct Found {
    room: String,
    report: String,
    customer: Option<i64>,
    state: DeliveryState,
    is_open: bool,
    is_accepted: bool,
    attempts: i64,
    /// Nobody has said how the last attempt ended.
    is_unknown: bool,
    /// The last attempt that went to where the recipient is no more.
    moved_attempt: Option<i64>,
    target: String,
    content: String,
}

async fn find(tx: &mut Tx, id: &str) -> Result<Found, StoreError> {
    let room = room::lock_of(tx, id).await?;
    let sql = format!(
        "SELECT deliveries.*, CASE WHEN {} THEN 1 ELSE 0 END AS is_unknown FROM deliveries WHERE id = $1",
        UNKNOWN
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(&mut **tx).await?;
    Ok(Found {
        room,
        report: row.text("report")?,
        customer: row.maybe_int("customer")?,
        state: state_of(&row)?,
        is_open: row.flag("is_open")?,
        is_accepted: row.maybe_int("accepted_ms")?.is_some(),
        attempts: row.int("attempts")?,
        is_unknown: row.flag("is_unknown")?,
        moved_attempt: row.maybe_int("moved_attempt")?,
        target: row.text("target")?,
        content: row.text("content")?,
    })
}

impl Found {
    /// Whether this attempt went to where the recipient is no more.
    fn has_moved_from(&self, attempt: u32) -> bool {
        self.moved_attempt.is_some_and(|moved| i64::from(attempt) <= moved)
    }

    /// Why this attempt's failure changes nothing; `None`: it does.
    fn refusal(&self, attempt: u32) -> Option<Settled> {
        match (self.is_open, self.state) {
            (false, _) => Some(Settled::Already),
            (true, DeliveryState::Leased) if self.attempts == i64::from(attempt) => None,
            // Its lease is over, and nobody has tried since.
            (true, DeliveryState::Retry) if self.attempts == i64::from(attempt) && self.is_unknown => None,
            (true, _) => Some(Settled::Stale),
        }
    }
}

impl Store {
    /// The recipient's server has it, and calls it `remote_id`. True whenever it is said, also after the lease: the message is there.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn delivery_accepted(
        &self,
        id: &str,
        attempt: u32,
        remote_id: &str,
        now_ms: i64,
    ) -> Result<Settled, StoreError> {
        let ended = Ended { id: id.to_owned(), attempt, remote_id: remote_id.to_owned() };
        let settled = self.settle_deliveries(std::slice::from_ref(&ended), now_ms).await?;
        Ok(settled.first().copied().unwrap_or(Settled::Already))
    }

    /// Several that were accepted, in one transaction: all or none, in the order given.
    ///
    /// # Errors
    /// As [`Store::delivery_accepted`].
    pub async fn settle_deliveries(&self, ended: &[Ended], now_ms: i64) -> Result<Vec<Settled>, StoreError> {
        let mut tx = self.begin().await?;
        room::lock_all(&mut tx, ended.iter().map(|one| one.id.as_str()), BTreeSet::new()).await?;
        let mut settled = Vec::with_capacity(ended.len());
        for one in ended {
            settled.push(accept(&mut tx, one, now_ms).await?);
        }
        tx.commit().await?;
        Ok(settled)
    }

    /// Not this time: once more at `next_ms`. What is behind it in its room waits, too.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn delivery_retry(
        &self,
        id: &str,
        attempt: u32,
        why: &str,
        next_ms: i64,
        now_ms: i64,
    ) -> Result<Settled, StoreError> {
        let mut tx = self.begin().await?;
        let found = find(&mut tx, id).await?;
        if let Some(refusal) = found.refusal(attempt) {
            // At once, not when the connection is next used: nobody is to find the room taken.
            tx.rollback().await?;
            return Ok(refusal);
        }
        if found.has_moved_from(attempt) {
            let next = move_on(&mut tx, &found, id, now_ms).await?;
            end_attempt(&mut tx, id, attempt, "retry", why, now_ms).await?;
            tx.commit().await?;
            return Ok(Settled::Done { next });
        }
        // While somebody waits behind it, our own pause (not one that its server asked for) has a limit.
        let pause = next_ms.saturating_sub(now_ms);
        let next_ms = if (retry::WAITED_FOR_MS..=retry::pause(attempt)).contains(&pause)
            && room::has_others(&mut tx, &found.room, id).await?
        {
            now_ms.saturating_add(retry::WAITED_FOR_MS)
        } else {
            next_ms
        };
        sqlx::query(
            "UPDATE deliveries SET state = 'retry', next_ms = $1, lease_until_ms = NULL, error = $2 WHERE id = $3",
        )
        .bind(next_ms)
        .bind(detail(why))
        .bind(id)
        .execute(&mut *tx)
        .await?;
        end_attempt(&mut tx, id, attempt, "retry", why, now_ms).await?;
        let next = room::refresh(&mut tx, &found.room).await?;
        tx.commit().await?;
        Ok(Settled::Done { next })
    }

    /// Given up: its room goes on, supervisors have a task, and the report goes to `fallback` instead, all in one transaction (F39).
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn delivery_dead(
        &self,
        id: &str,
        attempt: u32,
        why: &str,
        fallback: &[NewDelivery],
        now_ms: i64,
    ) -> Result<Settled, StoreError> {
        let mut tx = self.begin().await?;
        begin_round(&mut tx).await?;
        let rooms = fallback.iter().map(|delivery| delivery.channel.room()).collect();
        room::lock_all(&mut tx, std::iter::once(id), rooms).await?;
        let found = find(&mut tx, id).await?;
        if let Some(refusal) = found.refusal(attempt) {
            tx.rollback().await?;
            return Ok(refusal);
        }
        if found.has_moved_from(attempt) {
            let next = move_on(&mut tx, &found, id, now_ms).await?;
            end_attempt(&mut tx, id, attempt, "dead", why, now_ms).await?;
            tx.commit().await?;
            return Ok(Settled::Done { next });
        }
        close(&mut tx, &found, id, DeliveryState::Dead, why).await?;
        end_attempt(&mut tx, id, attempt, "dead", why, now_ms).await?;
        let next = room::refresh(&mut tx, &found.room).await?;
        found.trouble(&mut tx, TaskKind::Undelivered, id, why, now_ms).await?;
        let belongs = Belongs { report: &found.report, customer: found.customer, first: false, now_ms };
        add(&mut tx, belongs, fallback).await?;
        tx.commit().await?;
        Ok(Settled::Done { next })
    }

    /// It was accepted and came back (F39), or was refused later: supervisors have a task, and the report goes to `fallback`. Whoever
    /// reads the same bounce twice changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn bounced(
        &self,
        id: &str,
        why: &str,
        fallback: &[NewDelivery],
        now_ms: i64,
    ) -> Result<Settled, StoreError> {
        let mut tx = self.begin().await?;
        begin_round(&mut tx).await?;
        let rooms = fallback.iter().map(|delivery| delivery.channel.room()).collect();
        room::lock_all(&mut tx, std::iter::once(id), rooms).await?;
        let found = find(&mut tx, id).await?;
        // What was called back goes to nobody, and what was given up went another way then.
        if matches!(found.state, DeliveryState::Bounced | DeliveryState::Withdrawn | DeliveryState::Dead) {
            tx.rollback().await?;
            return Ok(Settled::Already);
        }
        close(&mut tx, &found, id, DeliveryState::Bounced, why).await?;
        sqlx::query("UPDATE deliveries SET bounced_ms = $1 WHERE id = $2")
            .bind(now_ms)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        let next = found.is_open && room::refresh(&mut tx, &found.room).await?;
        found.trouble(&mut tx, TaskKind::Bounced, id, why, now_ms).await?;
        let belongs = Belongs { report: &found.report, customer: found.customer, first: false, now_ms };
        add(&mut tx, belongs, fallback).await?;
        tx.commit().await?;
        Ok(Settled::Done { next })
    }

    /// A person calls it back; what is being sent at this moment may still arrive.
    ///
    /// # Errors
    /// [`Conflict::Over`] if it is accepted or given up, [`StoreError::Missing`], and what the database says.
    pub async fn withdraw_delivery(&self, id: &str, who: &str, why: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // The audit log's counter before the room, like all counters. Why stands with the delivery alone, and goes with its report.
        crate::audit::add(&mut tx, now_ms, who, "delivery.withdraw", &format!("delivery {id}"), "").await?;
        let found = find(&mut tx, id).await?;
        if !found.is_open {
            tx.rollback().await?;
            return Err(Conflict::Over { state: found.state }.into());
        }
        close(&mut tx, &found, id, DeliveryState::Withdrawn, why).await?;
        room::refresh(&mut tx, &found.room).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Found {
    /// A supervisor has to know of this delivery.
    async fn trouble(&self, tx: &mut Tx, kind: TaskKind, id: &str, why: &str, now_ms: i64) -> Result<(), StoreError> {
        let task = NewTask {
            report: Some(self.report.clone()),
            delivery: Some(id.to_owned()),
            customer: self.customer,
            ..NewTask::new(kind, id, detail(why))
        };
        task::add(tx, &task, now_ms).await
    }
}

async fn accept(tx: &mut Tx, ended: &Ended, now_ms: i64) -> Result<Settled, StoreError> {
    let found = find(tx, &ended.id).await?;
    if found.is_accepted {
        return Ok(Settled::Already);
    }
    if found.is_open && found.has_moved_from(ended.attempt) {
        // The old address has it. The new one does not.
        end_attempt(tx, &ended.id, ended.attempt, "accepted", &ended.remote_id, now_ms).await?;
        if found.refusal(ended.attempt).is_some() {
            return Ok(Settled::Stale);
        }
        return Ok(Settled::Done { next: move_on(tx, &found, &ended.id, now_ms).await? });
    }
    // A bounce may have been quicker than we: then it stays one, of something that was accepted. What was called back stays called
    // back: it must not go to somebody else should it come back.
    let state = match found.state {
        DeliveryState::Bounced => "bounced",
        DeliveryState::Withdrawn => "withdrawn",
        DeliveryState::Waiting
        | DeliveryState::Leased
        | DeliveryState::Retry
        | DeliveryState::Accepted
        | DeliveryState::Dead => "accepted",
    };
    sqlx::query(
        "UPDATE deliveries SET state = $1, is_open = 0, accepted_ms = $2, remote_id = $3, lease_until_ms = NULL, \
         listen_link = NULL, target = $4, content = $5, error = CASE WHEN $1 = 'accepted' THEN '' ELSE error END \
         WHERE id = $6 AND accepted_ms IS NULL",
    )
    .bind(state)
    .bind(now_ms)
    .bind(detail(&ended.remote_id))
    .bind(without_secrets(&found.target)?)
    .bind(without_link(&found.content)?)
    .bind(&ended.id)
    .execute(&mut **tx)
    .await?;
    end_attempt(tx, &ended.id, ended.attempt, "accepted", &ended.remote_id, now_ms).await?;
    let next = found.is_open && room::refresh(tx, &found.room).await?;
    match crate::ladder::accepted(tx, &found.report, now_ms).await {
        Ok(()) => {}
        Err(error) if error.is_away() => return Err(error),
        // That it was accepted is true all the same: if it were not written down, it would be sent again and again.
        Err(error) => tracing::error!(report = found.report, %error, "its ladder cannot be climbed"),
    }
    task::close(tx, TaskKind::Late, &ended.id, "accepted", now_ms).await?;
    Ok(Settled::Done { next })
}

/// Its recipient was moved while it was under way: once more, now, to the new place.
async fn move_on(tx: &mut Tx, found: &Found, id: &str, now_ms: i64) -> Result<bool, StoreError> {
    sqlx::query("UPDATE deliveries SET state = 'retry', next_ms = $1, lease_until_ms = NULL WHERE id = $2")
        .bind(now_ms)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    room::refresh(tx, &found.room).await
}

/// It is over, without having been accepted now.
async fn close(tx: &mut Tx, found: &Found, id: &str, state: DeliveryState, why: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE deliveries SET state = $1, is_open = 0, lease_until_ms = NULL, listen_link = NULL, error = $2, content = $3 \
         WHERE id = $4",
    )
    .bind(crate::row::word(&state))
    .bind(detail(why))
    .bind(without_link(&found.content)?)
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn end_attempt(
    tx: &mut Tx,
    id: &str,
    attempt: u32,
    outcome: &'static str,
    told: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE attempts SET ended_ms = $1, outcome = $2, detail = $3 WHERE delivery = $4 AND number = $5")
        .bind(now_ms)
        .bind(outcome)
        .bind(detail(told))
        .bind(id)
        .bind(i64::from(attempt))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The tokens have done their work: what is kept for years does not hold them.
fn without_secrets(target: &str) -> Result<String, StoreError> {
    match serde_json::from_str::<report::Channel>(target) {
        Ok(channel) => to_json(&channel.masked(), "deliveries.target"),
        Err(_) => Ok("null".to_owned()),
    }
}

/// Nor the confirmation link: whoever reads the database confirms nothing. Its hash stays, and with it the link that was sent.
fn without_link(content: &str) -> Result<String, StoreError> {
    match serde_json::from_str::<report::Content>(content) {
        Ok(content) => to_json(&report::Content { seen_link: None, ..content }, "deliveries.content"),
        Err(_) => Ok(content.to_owned()),
    }
}

pub(super) fn detail(text: &str) -> String {
    storable(&report::text::head(text, DETAIL_CHARS_MAX)).into_owned()
}
