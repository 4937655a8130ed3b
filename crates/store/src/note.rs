//! One-off and standing instructions of firms (F23).

use report::notes::Note;
use sqlx::any::AnyRow;

use crate::audit;
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::text::storable;

/// Notes of one firm that hold or will hold.
const NOTES_MAX: i64 = 500;

impl Store {
    /// A firm's notes that hold now or later: what has run out is never shown.
    ///
    /// # Errors
    /// What the database says.
    pub async fn notes(&self, customer: i64, now_ms: i64) -> Result<Vec<Note>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM notes WHERE customer = $1 AND (until_ms IS NULL OR until_ms > $2) ORDER BY from_ms, id LIMIT $3",
        )
        .bind(customer)
        .bind(now_ms)
        .bind(NOTES_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(note_row).collect()
    }

    /// Saves a note: a new one if its id is 0, else over the one with that id.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] with everything that is wrong with it, [`StoreError::Invalid`] if there are too many,
    /// [`StoreError::Missing`] customer or note, and what the database says.
    pub async fn put_note(&self, customer: i64, note: &Note, who: &str, now_ms: i64) -> Result<Note, StoreError> {
        let mut note = note.checked().map_err(StoreError::Unfit)?;
        let mut tx = self.begin().await?;
        crate::customer::need(&mut tx, customer).await?;
        let is_new = note.id == 0;
        if is_new {
            let count: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM notes WHERE customer = $1 AND (until_ms IS NULL OR until_ms > $2)",
            )
            .bind(customer)
            .bind(now_ms)
            .fetch_one(&mut *tx)
            .await?;
            if count >= NOTES_MAX {
                return Err(StoreError::invalid("notes", format!("there are {count} already"), "end some of them"));
            }
            note.id = next_id(&mut tx, "notes").await?;
        }
        let sql = if is_new {
            "INSERT INTO notes (customer, from_ms, until_ms, text, about, written_ms, written_by, id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        } else {
            "UPDATE notes SET from_ms = $2, until_ms = $3, text = $4, about = $5, written_ms = $6, written_by = $7 \
             WHERE customer = $1 AND id = $8"
        };
        let done = sqlx::query(sql)
            .bind(customer)
            .bind(note.from_ms)
            .bind(note.until_ms)
            .bind(storable(&note.text).into_owned())
            .bind(storable(&to_json(&note.about, "notes.about")?).into_owned())
            .bind(now_ms)
            .bind(storable(who).into_owned())
            .bind(note.id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "note", id: note.id.to_string() });
        }
        let about = format!("customer {customer}");
        audit::add(&mut tx, now_ms, who, "note.write", &about, &format!("note {}", note.id)).await?;
        tx.commit().await?;
        Ok(note)
    }

    /// A note holds no longer, from now on. It stays in the table.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn end_note(&self, customer: i64, id: i64, who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE notes SET until_ms = CASE WHEN until_ms IS NULL OR until_ms > $1 THEN $1 ELSE until_ms END \
             WHERE customer = $2 AND id = $3",
        )
        .bind(now_ms)
        .bind(customer)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "note", id: id.to_string() });
        }
        let about = format!("customer {customer}");
        audit::add(&mut tx, now_ms, who, "note.end", &about, &format!("note {id}")).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn note_row(row: &AnyRow) -> Result<Note, StoreError> {
    Ok(Note {
        id: row.int("id")?,
        text: row.text("text")?,
        from_ms: row.int("from_ms")?,
        until_ms: row.maybe_int("until_ms")?,
        about: row.json("about", "notes.about")?,
    })
}
