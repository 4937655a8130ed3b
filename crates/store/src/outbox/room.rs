//! Rooms: whose turn it is where.

use std::collections::BTreeSet;

use crate::database::Tx;
use crate::error::StoreError;
use crate::row::Columns;

/// Times that a delivery may be moved to another room while we wait for its room's lock.
const MOVES_MAX: usize = 5;
/// A head that failed is tried out of turn for somebody new at most so often.
const WAKE_MS: i64 = 60_000;
/// What a room has to know of a delivery. Who has failed five times, which takes some ten minutes, is stuck and lets urgent ones pass.
const HEAD: &str = "id, urgent, CASE WHEN state = 'leased' THEN COALESCE(lease_until_ms, next_ms) ELSE next_ms END AS due_ms, \
                    CASE WHEN state = 'retry' AND attempts >= 5 THEN 1 ELSE 0 END AS stuck FROM deliveries";

/// Takes a room's row, if it has one, so that nobody else changes its order before this transaction ends.
pub(super) async fn lock(tx: &mut Tx, room: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE rooms SET due_ms = due_ms WHERE room = $1").bind(room).execute(&mut **tx).await?;
    Ok(())
}

/// Takes the rooms of these deliveries and those that come with them, by name, as everybody takes several.
pub(super) async fn lock_all(
    tx: &mut Tx,
    deliveries: impl Iterator<Item = &str>,
    mut rooms: BTreeSet<String>,
) -> Result<(), StoreError> {
    for id in deliveries {
        let sql = "SELECT room FROM deliveries WHERE id = $1";
        rooms.extend(sqlx::query_scalar::<_, String>(sql).bind(id).fetch_optional(&mut **tx).await?);
    }
    for room in rooms {
        lock(tx, &room).await?;
    }
    Ok(())
}

/// Takes the room of a delivery, and gives it back.
pub(super) async fn lock_of(tx: &mut Tx, delivery: &str) -> Result<String, StoreError> {
    let mut locked: Option<String> = None;
    for _ in 0..MOVES_MAX {
        let room: Option<String> = sqlx::query_scalar("SELECT room FROM deliveries WHERE id = $1")
            .bind(delivery)
            .fetch_optional(&mut **tx)
            .await?;
        let room = room.ok_or_else(|| super::missing(delivery))?;
        if locked.as_deref() == Some(room.as_str()) {
            return Ok(room);
        }
        lock(tx, &room).await?;
        locked = Some(room);
    }
    Err(StoreError::Away(sqlx::Error::Protocol("a delivery moves from room to room".to_owned())))
}

/// A delivery comes into the room: its turn is when all before it are over. Makes the room, or takes its row.
pub(super) async fn enter(
    tx: &mut Tx,
    room: &str,
    delivery: &str,
    urgent: bool,
    now_ms: i64,
) -> Result<(), StoreError> {
    let head: String = sqlx::query_scalar(
        "INSERT INTO rooms (room, head, urgent, due_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (room) DO UPDATE SET \
         urgent = CASE WHEN excluded.urgent > rooms.urgent THEN excluded.urgent ELSE rooms.urgent END RETURNING head",
    )
    .bind(room)
    .bind(delivery)
    .bind(i64::from(urgent))
    .bind(now_ms)
    .fetch_one(&mut **tx)
    .await?;
    if head != delivery {
        wake(tx, room, &head, now_ms).await?;
    }
    Ok(())
}

/// Somebody new waits behind a head that failed: it is tried at once, or a minute after it was tried last; its server's own wish for
/// patience is kept.
async fn wake(tx: &mut Tx, room: &str, head: &str, now_ms: i64) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT deliveries.attempts, deliveries.next_ms, COALESCE(attempts.ended_ms, attempts.begun_ms) AS ended_ms \
         FROM deliveries JOIN attempts \
         ON attempts.delivery = deliveries.id AND attempts.number = deliveries.attempts \
         WHERE deliveries.id = $1 AND deliveries.state = 'retry'",
    )
    .bind(head)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let ended_ms = row.int("ended_ms")?;
    let pause = row.int("next_ms")?.saturating_sub(ended_ms);
    let is_ours = pause <= report::retry::pause(row.small("attempts", "deliveries.attempts")?);
    if is_ours {
        sqlx::query("UPDATE deliveries SET next_ms = $1 WHERE id = $2 AND next_ms > $1")
            .bind(now_ms.max(ended_ms.saturating_add(WAKE_MS)))
            .bind(head)
            .execute(&mut **tx)
            .await?;
    }
    refresh(tx, room).await?;
    Ok(())
}

/// Whether anybody waits behind this one.
pub(super) async fn has_others(tx: &mut Tx, room: &str, delivery: &str) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM deliveries WHERE room = $1 AND is_open = 1 AND id <> $2 LIMIT 1";
    let other: Option<String> = sqlx::query_scalar(sql).bind(room).bind(delivery).fetch_optional(&mut **tx).await?;
    Ok(other.is_some())
}

/// Something in the room has changed, whose row is taken: the head is the first that is open; of those, an urgent one goes before one
/// that has failed for long. True: there is one.
pub(super) async fn refresh(tx: &mut Tx, room: &str) -> Result<bool, StoreError> {
    let sql = format!("SELECT {HEAD} WHERE room = $1 AND is_open = 1 ORDER BY place LIMIT 1");
    let first = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(room).fetch_optional(&mut **tx).await?;
    let Some(first) = first else {
        sqlx::query("DELETE FROM rooms WHERE room = $1").bind(room).execute(&mut **tx).await?;
        return Ok(false);
    };
    let overtakes = if first.flag("stuck")? && !first.flag("urgent")? {
        let sql = format!(
            "SELECT {HEAD} WHERE room = $1 AND is_open = 1 AND urgent = 1 \
             AND NOT (state = 'retry' AND attempts >= 5) ORDER BY place LIMIT 1"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(room).fetch_optional(&mut **tx).await?
    } else {
        None
    };
    let head = overtakes.unwrap_or(first);
    sqlx::query(
        "INSERT INTO rooms (room, head, urgent, due_ms) \
         VALUES ($1, $2, (SELECT MAX(urgent) FROM deliveries WHERE room = $1 AND is_open = 1), $3) \
         ON CONFLICT (room) DO UPDATE SET head = excluded.head, urgent = excluded.urgent, due_ms = excluded.due_ms",
    )
    .bind(room)
    .bind(head.text("id")?)
    .bind(head.int("due_ms")?)
    .execute(&mut **tx)
    .await?;
    Ok(true)
}
