//! Passkeys: public keys of people's devices. What is signed with them, the web floor looks at.

use serde::Serialize;
use sqlx::any::AnyRow;

use crate::check::{Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::person::Person;
use crate::row::Columns;
use crate::text::storable;

/// Passkeys of one person.
pub const PASSKEYS_MAX: usize = 20;

/// A passkey that somebody has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// The credential's id, base64url.
    pub credential: String,
    /// COSE key, base64url.
    pub public_key: String,
    /// The device's count of signatures; 0 if it does not count.
    pub uses: i64,
}

/// A passkey as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct PasskeyRow {
    /// Row id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_ms: i64,
    /// When somebody logged in with it last.
    pub used_ms: Option<i64>,
    /// The credential's id, base64url.
    #[serde(skip)]
    pub credential: String,
    /// COSE key, base64url.
    #[serde(skip)]
    pub public_key: String,
    /// The device's count of signatures at that time.
    #[serde(skip)]
    pub uses: i64,
}

impl Store {
    /// Somebody's passkeys, in the order in which they were made.
    ///
    /// # Errors
    /// What the database says.
    pub async fn passkeys(&self, person: Person) -> Result<Vec<PasskeyRow>, StoreError> {
        let sql = "SELECT * FROM passkeys WHERE side = $1 AND person = $2 ORDER BY id";
        let rows = sqlx::query(sql).bind(person.side()).bind(person.id()).fetch_all(&self.pool).await?;
        rows.iter().map(passkey_row).collect()
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the name is wrong, the credential known already, or there are too many; and what the database says.
    pub async fn add_passkey(&self, person: Person, new: &NewPasskey, now_ms: i64) -> Result<PasskeyRow, StoreError> {
        let name = checked_name(&new.name)?;
        if self.passkeys(person).await?.len() >= PASSKEYS_MAX {
            let what = format!("there are {PASSKEYS_MAX} passkeys already");
            return Err(StoreError::invalid("name", what, "remove one that is not used any more"));
        }
        let mut tx = self.begin().await?;
        let id = next_id(&mut tx, "passkeys").await?;
        let sql = "INSERT INTO passkeys (id, side, person, name, credential, public_key, uses, created_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (credential) DO NOTHING";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(person.side())
            .bind(person.id())
            .bind(storable(&name).into_owned())
            .bind(&new.credential)
            .bind(&new.public_key)
            .bind(new.uses)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::invalid("credential", "it is known already", "make a new passkey"));
        }
        tx.commit().await?;
        let NewPasskey { credential, public_key, uses, .. } = new.clone();
        Ok(PasskeyRow { id, name, created_ms: now_ms, used_ms: None, credential, public_key, uses })
    }

    /// Another name for one of somebody's.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is none, [`StoreError::Missing`], also for another's; and what the database says.
    pub async fn rename_passkey(&self, person: Person, id: i64, name: &str) -> Result<(), StoreError> {
        let sql = "UPDATE passkeys SET name = $1 WHERE side = $2 AND person = $3 AND id = $4";
        let name = storable(&checked_name(name)?).into_owned();
        let done =
            sqlx::query(sql).bind(name).bind(person.side()).bind(person.id()).bind(id).execute(&self.pool).await?;
        found(done.rows_affected(), id)
    }

    /// Removes one of somebody's.
    ///
    /// # Errors
    /// [`StoreError::Missing`], also for another's; and what the database says.
    pub async fn remove_passkey(&self, person: Person, id: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM passkeys WHERE side = $1 AND person = $2 AND id = $3";
        let done = sqlx::query(sql).bind(person.side()).bind(person.id()).bind(id).execute(&self.pool).await?;
        found(done.rows_affected(), id)
    }

    /// The passkey of this credential, and whose it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn passkey(&self, credential: &str) -> Result<Option<(Person, PasskeyRow)>, StoreError> {
        let sql = "SELECT * FROM passkeys WHERE credential = $1";
        let Some(row) = sqlx::query(sql).bind(credential).fetch_optional(&self.pool).await? else { return Ok(None) };
        let side = row.text("side")?;
        let person = Person::of(&side, row.int("person")?);
        let person = person
            .ok_or_else(|| StoreError::Damaged { place: "passkeys.side", why: format!("{side:?} is no side") })?;
        Ok(Some((person, passkey_row(&row)?)))
    }

    /// Somebody logs in with it. False: its count went back, so there are two of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn use_passkey(&self, id: i64, uses: i64, now_ms: i64) -> Result<bool, StoreError> {
        // A device that does not count says 0 for ever (WebAuthn section 6.1.1).
        let sql = "UPDATE passkeys SET uses = $1, used_ms = $2 WHERE id = $3 AND (uses < $1 OR (uses = 0 AND $1 = 0))";
        let done = sqlx::query(sql).bind(uses).bind(now_ms).bind(id).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }
}

fn checked_name(name: &str) -> Result<String, StoreError> {
    let mut checks = Checks::default();
    let name = checks.needed_line("name", name, NAME_CHARS_MAX);
    checks.end(name)
}

fn found(rows: u64, id: i64) -> Result<(), StoreError> {
    match rows {
        0 => Err(StoreError::Missing { what: "passkey", id: id.to_string() }),
        _ => Ok(()),
    }
}

fn passkey_row(row: &AnyRow) -> Result<PasskeyRow, StoreError> {
    Ok(PasskeyRow {
        id: row.int("id")?,
        name: row.text("name")?,
        created_ms: row.int("created_ms")?,
        used_ms: row.maybe_int("used_ms")?,
        credential: row.text("credential")?,
        public_key: row.text("public_key")?,
        uses: row.int("uses")?,
    })
}
