//! Screens on a wall: each shows the board by a link of its own, so that nobody's login hangs on a television. A link opens the board
//! and nothing else, lasts until somebody revokes it, and only its hash is kept.

use serde::Serialize;
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::Columns;
use crate::secret::{Token, new_token, token_hash};
use crate::text::storable;

/// Screens that are told of.
const DISPLAYS_MAX: i64 = 200;
/// That a screen has asked is written down once in so long.
const SEEN_EVERY_MS: i64 = 60_000;

/// A screen. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DisplayRow {
    /// Row id.
    pub id: i64,
    /// Where it hangs.
    pub name: String,
    /// Made when,
    pub made_ms: i64,
    /// by whom.
    pub made_by: String,
    /// It asked last, to the minute.
    pub seen_ms: Option<i64>,
    /// It shows nothing since then.
    pub revoked_ms: Option<i64>,
    /// Whoever revoked it.
    pub revoked_by: String,
}

impl Store {
    /// A new screen, and its token, which is known this once.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], and what the database says.
    pub async fn create_display(&self, name: &str, who: &str, now_ms: i64) -> Result<(DisplayRow, Token), StoreError> {
        let mut checks = Checks::default();
        let name = checks.needed_line("name", name, NAME_CHARS_MAX);
        checks.end(())?;
        let token = new_token()?;
        let mut tx = self.begin().await?;
        let id = next_id(&mut tx, "displays").await?;
        sqlx::query(
            "INSERT INTO displays (id, name, token_hash, made_ms, made_by, revoked_by) VALUES ($1, $2, $3, $4, $5, '')",
        )
        .bind(id)
        .bind(storable(&name).into_owned())
        .bind(token_hash(token.as_str()))
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .execute(&mut *tx)
        .await?;
        audit::add(&mut tx, now_ms, who, "display.create", &format!("display {id}"), &name).await?;
        tx.commit().await?;
        Ok((self.display(id).await?, token))
    }

    /// One screen.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn display(&self, id: i64) -> Result<DisplayRow, StoreError> {
        let row = sqlx::query("SELECT * FROM displays WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        display_row(&row.ok_or(StoreError::Missing { what: "display", id: id.to_string() })?)
    }

    /// Screens, newest first: 200 at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn displays(&self) -> Result<Vec<DisplayRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM displays ORDER BY id DESC LIMIT $1")
            .bind(DISPLAYS_MAX)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(display_row).collect()
    }

    /// The screen with this token; `None`: there is none, or it was revoked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn display_of(&self, token: &str, now_ms: i64) -> Result<Option<DisplayRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM displays WHERE token_hash = $1 AND revoked_ms IS NULL")
            .bind(token_hash(token))
            .fetch_optional(&self.pool)
            .await?;
        let Some(display) = row.as_ref().map(display_row).transpose()? else { return Ok(None) };
        if display.seen_ms.is_none_or(|seen_ms| now_ms.saturating_sub(seen_ms) >= SEEN_EVERY_MS) {
            let sql = "UPDATE displays SET seen_ms = $1 WHERE id = $2";
            sqlx::query(sql).bind(now_ms).bind(display.id).execute(&self.pool).await?;
        }
        Ok(Some(display))
    }

    /// It shows nothing from now on. Said again, nothing changes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn revoke_display(&self, id: i64, who: &str, now_ms: i64) -> Result<DisplayRow, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE displays SET revoked_ms = $1, revoked_by = $2 WHERE id = $3 AND revoked_ms IS NULL";
        let ended = sqlx::query(sql).bind(now_ms).bind(storable(who).into_owned()).bind(id).execute(&mut *tx).await?;
        if ended.rows_affected() > 0 {
            audit::add(&mut tx, now_ms, who, "display.revoke", &format!("display {id}"), "").await?;
        }
        tx.commit().await?;
        self.display(id).await
    }
}

fn display_row(row: &AnyRow) -> Result<DisplayRow, StoreError> {
    Ok(DisplayRow {
        id: row.int("id")?,
        name: row.text("name")?,
        made_ms: row.int("made_ms")?,
        made_by: row.text("made_by")?,
        seen_ms: row.maybe_int("seen_ms")?,
        revoked_ms: row.maybe_int("revoked_ms")?,
        revoked_by: row.text("revoked_by")?,
    })
}
