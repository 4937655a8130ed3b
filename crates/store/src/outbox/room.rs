//! Rooms: whose turn it is where.

use std::collections::BTreeSet;

use crate::database::Tx;
use crate::error::StoreError;
use crate::row::Columns;

/// Times that a delivery may be moved to another room while we wait for its room's lock.
const MOVES_MAX: usize = 5;

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
    due_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rooms (room, head, urgent, due_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (room) DO UPDATE SET due_ms = rooms.due_ms",
    )
    .bind(room)
    .bind(delivery)
    .bind(i64::from(urgent))
    .bind(due_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something in the room has changed, whose row is taken: the head is the first that is open. True: there is one.
pub(super) async fn refresh(tx: &mut Tx, room: &str) -> Result<bool, StoreError> {
    let first = sqlx::query(
        "SELECT id, urgent, CASE WHEN state = 'leased' THEN COALESCE(lease_until_ms, next_ms) ELSE next_ms END AS due_ms \
         FROM deliveries WHERE room = $1 AND is_open = 1 ORDER BY place LIMIT 1",
    )
    .bind(room)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(first) = first else {
        sqlx::query("DELETE FROM rooms WHERE room = $1").bind(room).execute(&mut **tx).await?;
        return Ok(false);
    };
    sqlx::query(
        "INSERT INTO rooms (room, head, urgent, due_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (room) DO UPDATE SET head = excluded.head, urgent = excluded.urgent, due_ms = excluded.due_ms",
    )
    .bind(room)
    .bind(first.text("id")?)
    .bind(first.int("urgent")?)
    .bind(first.int("due_ms")?)
    .execute(&mut **tx)
    .await?;
    Ok(true)
}
