//! Web sessions: a random token in the browser, its hash here.

use std::time::Duration;

use crate::database::Store;
use crate::error::StoreError;
use crate::secret::{Token, new_token, token_hash};
use crate::user::{UserRow, user_row};

impl Store {
    /// A new session of a user who has logged in; expired ones of everybody are removed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_session(&self, user: i64, now_ms: i64, lasts: Duration) -> Result<Token, StoreError> {
        let token = new_token()?;
        let lasts_ms = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_ms <= $1").bind(now_ms).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO sessions (token_hash, user_id, expires_ms) VALUES ($1, $2, $3)")
            .bind(token_hash(token.as_str()))
            .bind(user)
            .bind(now_ms.saturating_add(lasts_ms))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whose session this is; `None`: nobody's, or expired, or the user has ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session(&self, token: &str, now_ms: i64) -> Result<Option<UserRow>, StoreError> {
        let row = sqlx::query(
            "SELECT users.* FROM sessions JOIN users ON users.id = sessions.user_id \
             WHERE sessions.token_hash = $1 AND sessions.expires_ms > $2 AND users.active = 1",
        )
        .bind(token_hash(token))
        .bind(now_ms)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(user_row).transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close_session(&self, token: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash(token)).execute(&self.pool).await?;
        Ok(())
    }
}
