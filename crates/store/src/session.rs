//! Sessions of users and members: a random token in the browser, its hash here, and where it was opened. Each ends at a time, and
//! earlier when nothing was asked with it for long.

use std::time::Duration;

use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::database::{Store, Tx};
use crate::door::Door;
use crate::error::StoreError;
use crate::member::{LIVE, MemberRow, member_row};
use crate::password::{hash, new_or};
use crate::person::Person;
use crate::row::Columns;
use crate::secret::{Token, new_token, token_hash};
use crate::text::storable;
use crate::user::{UserRow, user_row};

/// That a session was used is written down this often at most.
const SEEN_MS: i64 = 60_000;
/// A session that time has ended is remembered so long: a talk that it began is not cut off, and may still be by whoever ends the session.
const LAPSED_KEPT_MS: i64 = 24 * 3_600_000;
/// Letters of the token's hash by which a person names a session.
const ID_LETTERS: usize = 16;
/// Sessions of one person; the longest unused makes room.
const SESSIONS_MAX: i64 = 50;

/// How a session begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entrance {
    /// It ends then, however much it is used.
    pub lasts: Duration,
    /// It ends when nothing was asked for so long; zero: only at its end.
    pub idle: Duration,
    /// From where.
    pub address: String,
    /// With what, for people: "Firefox, Windows".
    pub device: String,
    /// With a second factor or a passkey.
    pub strong: bool,
}

impl Entrance {
    /// One that only time ends.
    pub fn lasting(lasts: Duration) -> Entrance {
        Entrance { lasts, idle: Duration::ZERO, address: String::new(), device: String::new(), strong: false }
    }
}

/// A session as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct SessionRow {
    /// Names it; nobody logs in with it.
    pub id: String,
    /// When it was opened.
    pub begun_ms: i64,
    /// When it was used last, within a minute.
    pub seen_ms: i64,
    /// When it ends at the latest.
    pub expires_ms: i64,
    /// From where it was opened.
    pub address: String,
    /// With what: "Firefox, Windows".
    pub device: String,
    /// With a second factor or a passkey.
    pub strong: bool,
}

/// Who stands behind a session's token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit<T> {
    /// The user or member.
    pub who: T,
    /// Which of the sessions it is.
    pub session: String,
    /// It was opened with a second factor or a passkey.
    pub strong: bool,
    /// A second factor is demanded, and this session was opened without: it reaches the account's page alone.
    pub lacks_factor: bool,
}

impl Store {
    /// A new session of a user who has logged in; long expired ones of everybody are removed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_session(&self, user: i64, now_ms: i64, entrance: &Entrance) -> Result<Token, StoreError> {
        self.open_for(Person::User(user), now_ms, entrance).await
    }

    /// A new session of either side's person; long expired ones of everybody are removed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_for(&self, person: Person, now_ms: i64, entrance: &Entrance) -> Result<Token, StoreError> {
        let (table, whose) = person.sessions();
        let token = new_token()?;
        let lasts_ms = i64::try_from(entrance.lasts.as_millis()).unwrap_or(i64::MAX);
        let idle_ms = i64::try_from(entrance.idle.as_millis()).unwrap_or(i64::MAX);
        let mut tx = self.begin().await?;
        let gone = format!("DELETE FROM {table} WHERE expires_ms <= $1 OR (idle_ms > 0 AND seen_ms + idle_ms <= $1)");
        sqlx::query(AssertSqlSafe(gone)).bind(now_ms.saturating_sub(LAPSED_KEPT_MS)).execute(&mut *tx).await?;
        let crowd = format!(
            "DELETE FROM {table} WHERE token_hash IN (SELECT token_hash FROM {table} WHERE {whose} = $1 \
             ORDER BY seen_ms DESC, token_hash LIMIT 1000 OFFSET $2)"
        );
        sqlx::query(AssertSqlSafe(crowd)).bind(person.id()).bind(SESSIONS_MAX - 1).execute(&mut *tx).await?;
        let open = format!(
            "INSERT INTO {table} (token_hash, {whose}, begun_ms, seen_ms, expires_ms, idle_ms, address, device, strong) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        sqlx::query(AssertSqlSafe(open))
            .bind(token_hash(token.as_str()))
            .bind(person.id())
            .bind(now_ms)
            .bind(now_ms)
            .bind(now_ms.saturating_add(lasts_ms))
            .bind(idle_ms)
            .bind(storable(&entrance.address).into_owned())
            .bind(storable(&entrance.device).into_owned())
            .bind(i64::from(entrance.strong))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whose session this is; `None`: nobody's, or expired, or unused for too long, or the user has ended, or the role needs a second
    /// factor and the session was opened without.
    ///
    /// # Errors
    /// What the database says.
    pub async fn session(&self, token: &str, now_ms: i64) -> Result<Option<UserRow>, StoreError> {
        Ok(self.visit(token, now_ms).await?.filter(|visit| !visit.lacks_factor).map(|visit| visit.who))
    }

    /// The same with those who still need a second factor.
    ///
    /// # Errors
    /// What the database says.
    pub async fn visit(&self, token: &str, now_ms: i64) -> Result<Option<Visit<UserRow>>, StoreError> {
        let hash = token_hash(token);
        let sql = format!(
            "SELECT users.*, sessions.strong, sessions.seen_ms, (SELECT json FROM door WHERE id = 1) AS demanded \
             FROM sessions JOIN users ON users.id = sessions.user_id WHERE users.active = 1 AND {OPEN}"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(&hash).bind(now_ms).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        self.was_seen(Person::User(0), &row, &hash, now_ms).await?;
        let who = user_row(&row)?;
        let door = match row.maybe_text("demanded")? {
            Some(_) => row.json("demanded", "door.json")?,
            None => Door::default(),
        };
        let strong = row.flag("strong")?;
        let lacks_factor = !strong && door.demands(who.form.role);
        Ok(Some(Visit { who, session: id_of(&hash), strong, lacks_factor }))
    }

    /// Whose session this was, if nothing has ended it but time; `None`: it has not ended, or was ended, or the user has, or it is too
    /// long ago.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lapsed_session(&self, token: &str, now_ms: i64) -> Result<Option<UserRow>, StoreError> {
        let sql = format!(
            "SELECT users.* FROM sessions JOIN users ON users.id = sessions.user_id \
             WHERE users.active = 1 AND sessions.token_hash = $1 AND NOT ({OPEN})"
        );
        let hash = token_hash(token);
        let row = sqlx::query(AssertSqlSafe(sql)).bind(hash).bind(now_ms).fetch_optional(&self.pool).await?;
        row.as_ref().map(user_row).transpose()
    }

    /// Whose session this is; `None`: nobody's, or expired, or unused for too long, or the member or the firm has ended, or the firm
    /// demands a second factor and the session was opened without.
    ///
    /// # Errors
    /// What the database says.
    pub async fn member_session(&self, token: &str, now_ms: i64) -> Result<Option<MemberRow>, StoreError> {
        Ok(self.member_visit(token, now_ms).await?.filter(|visit| !visit.lacks_factor).map(|visit| visit.who))
    }

    /// The same with those who still need a second factor.
    ///
    /// # Errors
    /// What the database says.
    pub async fn member_visit(&self, token: &str, now_ms: i64) -> Result<Option<Visit<MemberRow>>, StoreError> {
        let hash = token_hash(token);
        let sql = format!(
            "SELECT members.*, sessions.seen_ms, sessions.strong, sessions.begun_ms, \
             (SELECT since_ms FROM firm_doors WHERE firm_doors.customer = members.customer) AS demanded_ms FROM member_sessions sessions \
             JOIN ({LIVE}) members ON members.id = sessions.member WHERE {OPEN}"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(&hash).bind(now_ms).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        self.was_seen(Person::Member(0), &row, &hash, now_ms).await?;
        let strong = row.flag("strong")?;
        // Whoever was in when it was demanded stays until the next login.
        let begun_ms = row.int("begun_ms")?;
        let demanded = row.maybe_int("demanded_ms")?.is_some_and(|since_ms| begun_ms >= since_ms);
        Ok(Some(Visit { who: member_row(&row)?, session: id_of(&hash), strong, lacks_factor: demanded && !strong }))
    }

    async fn was_seen(&self, side: Person, row: &AnyRow, hash: &str, now_ms: i64) -> Result<(), StoreError> {
        if now_ms.saturating_sub(row.int("seen_ms")?) < SEEN_MS {
            return Ok(());
        }
        let sql = format!("UPDATE {} SET seen_ms = $1 WHERE token_hash = $2 AND seen_ms < $1", side.sessions().0);
        sqlx::query(AssertSqlSafe(sql)).bind(now_ms).bind(hash).execute(&self.pool).await?;
        Ok(())
    }

    /// Somebody's open sessions, the latest used first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn sessions_of(&self, person: Person, now_ms: i64) -> Result<Vec<SessionRow>, StoreError> {
        let (table, whose) = person.sessions();
        let sql = format!(
            "SELECT * FROM {table} WHERE {whose} = $1 AND expires_ms > $2 AND (idle_ms = 0 OR seen_ms + idle_ms > $2) \
             ORDER BY seen_ms DESC, token_hash"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(person.id()).bind(now_ms).fetch_all(&self.pool).await?;
        rows.iter().map(session_row).collect()
    }

    /// Ends one of somebody's sessions, and with it those that time has ended: nothing that one of them has left lives on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none of this name, also for another's; and what the database says.
    pub async fn end_session_of(&self, person: Person, session: &str, now_ms: i64) -> Result<(), StoreError> {
        let (table, whose) = person.sessions();
        let mut tx = self.begin().await?;
        let sql = format!("DELETE FROM {table} WHERE {whose} = $1 AND substr(token_hash, 1, 16) = $2");
        let done = sqlx::query(AssertSqlSafe(sql)).bind(person.id()).bind(session).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "session", id: session.to_owned() });
        }
        end_over(&mut tx, person, person.id(), now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends all of somebody's sessions but the one named. How many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn end_sessions_of(&self, person: Person, but: Option<&str>) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let ended = end_all(&mut tx, person, but).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// From now on the session counts as opened with a second factor: its owner has just made one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn strengthen(&self, person: Person, session: &str) -> Result<(), StoreError> {
        let (table, whose) = person.sessions();
        let sql = format!("UPDATE {table} SET strong = 1 WHERE {whose} = $1 AND substr(token_hash, 1, 16) = $2");
        sqlx::query(AssertSqlSafe(sql)).bind(person.id()).bind(session).execute(&self.pool).await?;
        Ok(())
    }

    /// Is the user of this name logged in from there? An unknown one is not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_user_at(&self, name: &str, address: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM sessions JOIN users ON users.id = sessions.user_id \
                   WHERE users.name = $1 AND sessions.address = $2 AND sessions.expires_ms > $3";
        self.any(sql, name, address, now_ms).await
    }

    /// Is the member of this login logged in from there? An unknown one is not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_member_at(&self, login: &str, address: &str, now_ms: i64) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM member_sessions sessions JOIN members ON members.id = sessions.member \
                   WHERE members.login = $1 AND sessions.address = $2 AND sessions.expires_ms > $3";
        self.any(sql, login, address, now_ms).await
    }

    async fn any(&self, sql: &'static str, name: &str, address: &str, now_ms: i64) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(sql).bind(name).bind(address).bind(now_ms).fetch_one(&self.pool).await?;
        Ok(count > 0)
    }

    /// Another password for somebody who has one; ends all sessions but the one named.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is weak, [`StoreError::Missing`], and what the database says.
    pub async fn change_password(&self, person: Person, new: &str, but: &str) -> Result<(), StoreError> {
        let (named, change) = match person {
            Person::User(_) => ("SELECT name FROM users WHERE id = $1", "UPDATE users SET hash = $1 WHERE id = $2"),
            Person::Member(_) => {
                ("SELECT login FROM members WHERE id = $1", "UPDATE members SET hash = $1 WHERE id = $2")
            }
        };
        let name: Option<String> = sqlx::query_scalar(named).bind(person.id()).fetch_optional(&self.pool).await?;
        let missing = || StoreError::Missing { what: person.side(), id: person.id().to_string() };
        let hashed = hash(new_or(Some(new), &name.ok_or_else(missing)?)?).await?;
        let mut tx = self.begin().await?;
        sqlx::query(change).bind(hashed).bind(person.id()).execute(&mut *tx).await?;
        end_all(&mut tx, person, Some(but)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends a session, and with it those of the same user that time has ended: a talk that outlived one of them ends, too.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close_session(&self, token: &str, now_ms: i64) -> Result<(), StoreError> {
        self.close_for(Person::User(0), token, now_ms).await
    }

    /// The same of a member.
    ///
    /// # Errors
    /// What the database says.
    pub async fn close_member_session(&self, token: &str, now_ms: i64) -> Result<(), StoreError> {
        self.close_for(Person::Member(0), token, now_ms).await
    }

    async fn close_for(&self, side: Person, token: &str, now_ms: i64) -> Result<(), StoreError> {
        let (table, whose) = side.sessions();
        let mut tx = self.begin().await?;
        let sql = format!("DELETE FROM {table} WHERE token_hash = $1 RETURNING {whose} AS person");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(token_hash(token)).fetch_optional(&mut *tx).await?;
        if let Some(row) = row {
            end_over(&mut tx, side, row.int("person")?, now_ms).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A session that has not ended: $1 is the token's hash, $2 now.
const OPEN: &str = "sessions.token_hash = $1 AND sessions.expires_ms > $2 \
                    AND (sessions.idle_ms = 0 OR sessions.seen_ms + sessions.idle_ms > $2)";

pub(crate) async fn end_all(tx: &mut Tx, person: Person, but: Option<&str>) -> Result<u64, StoreError> {
    let (table, whose) = person.sessions();
    let sql = format!("DELETE FROM {table} WHERE {whose} = $1 AND substr(token_hash, 1, 16) <> $2");
    let done = sqlx::query(AssertSqlSafe(sql)).bind(person.id()).bind(but.unwrap_or("")).execute(&mut **tx).await?;
    Ok(done.rows_affected())
}

/// Ends those of somebody's sessions that time has ended, on this side.
async fn end_over(tx: &mut Tx, side: Person, id: i64, now_ms: i64) -> Result<(), StoreError> {
    let (table, whose) = side.sessions();
    let sql = format!(
        "DELETE FROM {table} WHERE {whose} = $1 AND (expires_ms <= $2 OR (idle_ms > 0 AND seen_ms + idle_ms <= $2))"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(id).bind(now_ms).execute(&mut **tx).await?;
    Ok(())
}

fn id_of(hash: &str) -> String {
    hash.chars().take(ID_LETTERS).collect()
}

fn session_row(row: &AnyRow) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: id_of(&row.text("token_hash")?),
        begun_ms: row.int("begun_ms")?,
        seen_ms: row.int("seen_ms")?,
        expires_ms: row.int("expires_ms")?,
        address: row.text("address")?,
        device: row.text("device")?,
        strong: row.flag("strong")?,
    })
}
