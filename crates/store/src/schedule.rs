//! Where firms' people are (F20).

use report::schedule::Entry;
use sqlx::any::AnyRow;

use crate::check::{CODE_CHARS_MAX, Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::report::variant;
use crate::row::{Columns, word};
use crate::text::storable;

/// Entries that one question is answered with.
const ENTRIES_MAX: i64 = 2_000;
/// Longest that one entry lasts, milliseconds: a year.
const ENTRY_MS_MAX: i64 = 366 * 86_400_000;

impl Store {
    /// Entries of a firm's people that end after `from_ms` and begin before `to_ms`, by their begin.
    ///
    /// # Errors
    /// What the database says.
    pub async fn schedule(&self, customer: i64, from_ms: i64, to_ms: i64) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM schedules WHERE customer = $1 AND until_ms > $2 AND from_ms < $3 ORDER BY from_ms, id LIMIT $4",
        )
        .bind(customer)
        .bind(from_ms)
        .bind(to_ms)
        .bind(ENTRIES_MAX)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(entry_row).collect()
    }

    /// Saves an entry: a new one if its id is 0, else over the one with that id.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`] customer or entry, and what the database says.
    pub async fn put_schedule(
        &self,
        customer: i64,
        entry: &Entry,
        who: &str,
        now_ms: i64,
    ) -> Result<Entry, StoreError> {
        let mut checks = Checks::default();
        let person = checks.needed_line("person", &entry.person, CODE_CHARS_MAX);
        let note = checks.line("note", &entry.note, NAME_CHARS_MAX);
        checks.within("until_ms", entry.until_ms.saturating_sub(entry.from_ms), 1, ENTRY_MS_MAX);
        let mut entry = checks.end(Entry { person, note, ..entry.clone() })?;
        let mut tx = self.begin().await?;
        let profile = crate::profile::load(&mut tx, customer).await?;
        let profile = profile.ok_or_else(|| crate::customer::missing(customer))?.profile;
        if profile.person(&entry.person).is_none() {
            let what = format!("the roster has no {:?}", entry.person);
            return Err(StoreError::invalid("person", what, "give the id of one of the firm's people"));
        }
        let is_new = entry.id == 0;
        if is_new {
            entry.id = next_id(&mut tx, "schedules").await?;
        }
        let sql = if is_new {
            "INSERT INTO schedules (customer, person, from_ms, until_ms, away, note, updated_ms, updated_by, id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        } else {
            "UPDATE schedules SET person = $2, from_ms = $3, until_ms = $4, away = $5, note = $6, updated_ms = $7, \
             updated_by = $8 WHERE customer = $1 AND id = $9"
        };
        let done = sqlx::query(sql)
            .bind(customer)
            .bind(storable(&entry.person).into_owned())
            .bind(entry.from_ms)
            .bind(entry.until_ms)
            .bind(word(&entry.away))
            .bind(storable(&entry.note).into_owned())
            .bind(now_ms)
            .bind(storable(who).into_owned())
            .bind(entry.id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(missing(entry.id));
        }
        tx.commit().await?;
        Ok(entry)
    }

    /// Takes an entry out.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn remove_schedule(&self, customer: i64, id: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("DELETE FROM schedules WHERE customer = $1 AND id = $2")
            .bind(customer)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(missing(id));
        }
        tx.commit().await?;
        Ok(())
    }
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "schedule entry", id: id.to_string() }
}

fn entry_row(row: &AnyRow) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.int("id")?,
        person: row.text("person")?,
        from_ms: row.int("from_ms")?,
        until_ms: row.int("until_ms")?,
        away: variant(&row.text("away")?, "schedules.away")?,
        note: row.text("note")?,
    })
}
