//! One-time links: the first administrator's, and a new password for somebody who has none that works. Of a link only the hash of its
//! secret is kept; it is good once, and not for long.

use std::time::Duration;

use crate::check::Checks;
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::password::{hash, new_or};
use crate::person::Person;
use crate::row::Columns;
use crate::secret::{Token, new_token, token_hash};
use crate::session::end_all;
use crate::user::{Role, UserForm, UserRow, insert, missing, user_row};

/// What a link is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invited {
    /// The first administrator, who chooses a name.
    First,
    /// A new password for this user.
    User(String),
}

impl Store {
    /// Has the house anybody who can administer it?
    ///
    /// # Errors
    /// What the database says.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND active = 1";
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await?;
        Ok(count > 0)
    }

    /// The secret of a link by which the first administrator comes in; one that was made before is void. `None`: there is an
    /// administrator.
    ///
    /// # Errors
    /// What the database says.
    pub async fn invite_first(&self, now_ms: i64, lasts: Duration) -> Result<Option<Token>, StoreError> {
        if self.has_administrator().await? {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM invitations WHERE user_id IS NULL").execute(&mut *tx).await?;
        let token = add(&mut tx, None, now_ms, lasts).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// The secret of a link by which this user sets a new password; one that was made before is void.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for a user who is not there or has ended, and what the database says.
    pub async fn invite(&self, user: i64, now_ms: i64, lasts: Duration) -> Result<Token, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT id FROM users WHERE id = $1 AND active = 1";
        let known: Option<i64> = sqlx::query_scalar(sql).bind(user).fetch_optional(&mut *tx).await?;
        known.ok_or_else(|| missing(user))?;
        sqlx::query("DELETE FROM invitations WHERE user_id = $1").bind(user).execute(&mut *tx).await?;
        let token = add(&mut tx, Some(user), now_ms, lasts).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// What the link of this secret is for; `None`: it is none, or used up, or too old.
    ///
    /// # Errors
    /// What the database says.
    pub async fn invitation(&self, secret: &str, now_ms: i64) -> Result<Option<Invited>, StoreError> {
        let sql = "SELECT invitations.user_id, users.name FROM invitations \
                   LEFT JOIN users ON users.id = invitations.user_id AND users.active = 1 \
                   WHERE invitations.hash = $1 AND invitations.expires_ms > $2";
        let row = sqlx::query(sql).bind(token_hash(secret)).bind(now_ms).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        match (row.maybe_int("user_id")?, row.maybe_text("name")?) {
            (None, _) => Ok(Some(Invited::First)),
            (Some(_), Some(name)) => Ok(Some(Invited::User(name))),
            (Some(_), None) => Ok(None),
        }
    }

    /// Uses a link up: the first administrator of this name, or its user, has this password from now on. A user's sessions end.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the link is none, or used up, or too old, or there is an administrator already;
    /// [`StoreError::Invalid`] with each field that is wrong, and then the link stays good; and what the database says.
    pub async fn accept(&self, secret: &str, name: &str, password: &str, now_ms: i64) -> Result<UserRow, StoreError> {
        let invited = self.invitation(secret, now_ms).await?.ok_or_else(no_link)?;
        let form = match &invited {
            Invited::First => {
                let mut checks = Checks::default();
                let name = checks.login("name", name);
                checks.end(UserForm { name, role: Role::Admin, operator_id: None })?
            }
            Invited::User(name) => UserForm { name: name.clone(), role: Role::Operator, operator_id: None },
        };
        let hashed = hash(new_or(Some(password), &form.name)?).await?;
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM invitations WHERE hash = $1 AND expires_ms > $2 RETURNING user_id";
        let taken = sqlx::query(sql).bind(token_hash(secret)).bind(now_ms).fetch_optional(&mut *tx).await?;
        let user = match taken.ok_or_else(no_link)?.maybe_int("user_id")? {
            None => {
                let sql = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND active = 1";
                let others: i64 = sqlx::query_scalar(sql).fetch_one(&mut *tx).await?;
                if others > 0 {
                    return Err(no_link());
                }
                let id = next_id(&mut tx, "users").await?;
                insert(&mut tx, id, &form, &hashed).await?
            }
            Some(id) => {
                let sql = "UPDATE users SET hash = $1 WHERE id = $2 AND active = 1 RETURNING *";
                let row = sqlx::query(sql).bind(hashed).bind(id).fetch_optional(&mut *tx).await?;
                end_all(&mut tx, Person::User(id), None).await?;
                user_row(&row.ok_or_else(no_link)?)?
            }
        };
        tx.commit().await?;
        Ok(user)
    }
}

async fn add(tx: &mut Tx, user: Option<i64>, now_ms: i64, lasts: Duration) -> Result<Token, StoreError> {
    let token = new_token()?;
    let lasts_ms = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM invitations WHERE expires_ms <= $1").bind(now_ms).execute(&mut **tx).await?;
    sqlx::query("INSERT INTO invitations (hash, user_id, expires_ms) VALUES ($1, $2, $3)")
        .bind(token_hash(token.as_str()))
        .bind(user)
        .bind(now_ms.saturating_add(lasts_ms))
        .execute(&mut **tx)
        .await?;
    Ok(token)
}

fn no_link() -> StoreError {
    StoreError::Missing { what: "link", id: "like this any more".to_owned() }
}
