//! What a holder does with deliveries that it has leased and not tried to their end: hold them longer, or give them back.

use std::collections::BTreeSet;

use super::room;
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// A delivery that is given back without having been tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// The delivery.
    pub id: String,
    /// Which attempt it was leased for ([`Job::attempt`](super::Job)).
    pub attempt: u32,
    /// Not to be leased before.
    pub next_ms: i64,
}

impl Store {
    /// The holder is alive: its leases (delivery and attempt) last until then. Those that it has lost stay lost.
    ///
    /// # Errors
    /// What the database says; all of them are as before then.
    pub async fn extend_deliveries(&self, held: &[(String, u32)], until_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        room::lock_all(&mut tx, held.iter().map(|(id, _)| id.as_str()), BTreeSet::new()).await?;
        for (id, attempt) in held {
            let row = sqlx::query(
                "UPDATE deliveries SET lease_until_ms = $1 WHERE id = $2 AND state = 'leased' AND attempts = $3 RETURNING room",
            )
            .bind(until_ms)
            .bind(id)
            .bind(i64::from(*attempt))
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(row) = row {
                room::refresh(&mut tx, &row.text("room")?).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// The clock was set back by `back_ms` to now: whatever was to happen later happens as much earlier by the new clock.
    ///
    /// # Errors
    /// What the database says; all is as before then.
    pub async fn shift_outbox(&self, now_ms: i64, back_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for sql in [
            "UPDATE rooms SET due_ms = due_ms - $1 WHERE due_ms > $2",
            "UPDATE deliveries SET next_ms = next_ms - $1 WHERE is_open = 1 AND next_ms > $2",
            "UPDATE deliveries SET lease_until_ms = lease_until_ms - $1 WHERE is_open = 1 AND lease_until_ms > $2",
        ] {
            sqlx::query(sql).bind(back_ms).bind(now_ms).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Gives leased deliveries back as if they had never been taken: no attempt is counted. Those that somebody else holds by now
    /// stay with him.
    ///
    /// # Errors
    /// What the database says; all of them are as before then.
    pub async fn return_deliveries(&self, returned: &[Returned]) -> Result<(), StoreError> {
        if returned.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        room::lock_all(&mut tx, returned.iter().map(|one| one.id.as_str()), BTreeSet::new()).await?;
        for one in returned {
            let attempt = i64::from(one.attempt);
            let row = sqlx::query(
                "UPDATE deliveries SET state = CASE WHEN attempts > 1 THEN 'retry' ELSE 'waiting' END, attempts = attempts - 1, \
                 first_ms = CASE WHEN attempts > 1 THEN first_ms ELSE NULL END, next_ms = $1, lease_until_ms = NULL, \
                 moved_attempt = CASE WHEN moved_attempt = attempts THEN attempts - 1 ELSE moved_attempt END \
                 WHERE id = $2 AND state = 'leased' AND attempts = $3 RETURNING room",
            )
            .bind(one.next_ms)
            .bind(&one.id)
            .bind(attempt)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else { continue };
            sqlx::query("DELETE FROM attempts WHERE delivery = $1 AND number = $2")
                .bind(&one.id)
                .bind(attempt)
                .execute(&mut *tx)
                .await?;
            room::refresh(&mut tx, &row.text("room")?).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
