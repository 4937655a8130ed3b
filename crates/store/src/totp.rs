//! Second factors: programs that show codes (RFC 6238), and the recovery codes for when the telephone is lost. What a code is, the
//! web floor knows; here each is taken once.

use sqlx::any::AnyRow;

use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::person::Person;
use crate::row::Columns;
use crate::secret::{new_password, token_hash};
use crate::session::end_all;

/// Recovery codes that are given.
const RECOVERY_CODES: usize = 10;
/// Letters between two hyphens of a recovery code, for people.
const GROUP_LETTERS: usize = 5;

/// A program that shows codes, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpRow {
    /// The secret, sealed by the web floor.
    pub sealed: String,
    /// The last half minute whose code was taken.
    pub step: i64,
    /// Since when it counts; `None`: it was not confirmed yet.
    pub since_ms: Option<i64>,
}

impl Store {
    /// Somebody's program, confirmed or not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn totp(&self, person: Person) -> Result<Option<TotpRow>, StoreError> {
        let sql = "SELECT * FROM authenticators WHERE side = $1 AND person = $2";
        let row = sqlx::query(sql).bind(person.side()).bind(person.id()).fetch_optional(&self.pool).await?;
        row.as_ref().map(totp_row).transpose()
    }

    /// Begins with this secret; one that was begun and not confirmed is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if there is a confirmed one, and what the database says.
    pub async fn begin_totp(&self, person: Person, sealed: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO authenticators (side, person, secret, step) VALUES ($1, $2, $3, 0) \
                   ON CONFLICT (side, person) DO UPDATE SET secret = excluded.secret, step = 0 \
                   WHERE authenticators.since_ms IS NULL";
        let done = sqlx::query(sql).bind(person.side()).bind(person.id()).bind(sealed).execute(&self.pool).await?;
        match done.rows_affected() {
            0 => Err(StoreError::invalid("code", "there is one already", "remove it first")),
            _ => Ok(()),
        }
    }

    /// It counts from now on, and the code of this half minute is used up. The recovery codes, to be shown this once.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if none was begun, and what the database says.
    pub async fn confirm_totp(&self, person: Person, step: i64, now_ms: i64) -> Result<Vec<String>, StoreError> {
        let mut tx = self.begin().await?;
        let sql =
            "UPDATE authenticators SET since_ms = $1, step = $2 WHERE side = $3 AND person = $4 AND since_ms IS NULL";
        let done =
            sqlx::query(sql).bind(now_ms).bind(step).bind(person.side()).bind(person.id()).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "code program to confirm", id: person.id().to_string() });
        }
        let codes = renew_codes(&mut tx, person).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Takes the code of this half minute: false if it, or a later one, was taken before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take_totp_step(&self, person: Person, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE authenticators SET step = $1 WHERE side = $2 AND person = $3 AND step < $1 AND since_ms IS NOT NULL";
        let done = sqlx::query(sql).bind(step).bind(person.side()).bind(person.id()).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends the program and the recovery codes; false if there was none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn end_totp(&self, person: Person) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM authenticators WHERE side = $1 AND person = $2";
        let done = sqlx::query(sql).bind(person.side()).bind(person.id()).execute(&mut *tx).await?;
        forget_codes(&mut tx, person).await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends the program, the recovery codes, the passkeys and the sessions of somebody who has lost them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_factors(&self, person: Person) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for sql in [
            "DELETE FROM authenticators WHERE side = $1 AND person = $2",
            "DELETE FROM passkeys WHERE side = $1 AND person = $2",
        ] {
            sqlx::query(sql).bind(person.side()).bind(person.id()).execute(&mut *tx).await?;
        }
        forget_codes(&mut tx, person).await?;
        end_all(&mut tx, person, None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// New recovery codes instead of those before, to be shown this once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn renew_recovery_codes(&self, person: Person) -> Result<Vec<String>, StoreError> {
        let mut tx = self.begin().await?;
        let codes = renew_codes(&mut tx, person).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Takes a recovery code: false if it is none, or was taken before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take_recovery_code(&self, person: Person, code: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_codes WHERE side = $1 AND person = $2 AND hash = $3";
        let done = sqlx::query(sql)
            .bind(person.side())
            .bind(person.id())
            .bind(token_hash(&plain(code)))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Recovery codes that are left.
    ///
    /// # Errors
    /// What the database says.
    pub async fn recovery_codes_left(&self, person: Person) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM recovery_codes WHERE side = $1 AND person = $2";
        Ok(sqlx::query_scalar(sql).bind(person.side()).bind(person.id()).fetch_one(&self.pool).await?)
    }
}

async fn renew_codes(tx: &mut Tx, person: Person) -> Result<Vec<String>, StoreError> {
    forget_codes(tx, person).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = new_password()?;
        sqlx::query("INSERT INTO recovery_codes (side, person, hash) VALUES ($1, $2, $3)")
            .bind(person.side())
            .bind(person.id())
            .bind(token_hash(&code))
            .execute(&mut **tx)
            .await?;
        codes.push(grouped(&code));
    }
    Ok(codes)
}

async fn forget_codes(tx: &mut Tx, person: Person) -> Result<(), StoreError> {
    let sql = "DELETE FROM recovery_codes WHERE side = $1 AND person = $2";
    sqlx::query(sql).bind(person.side()).bind(person.id()).execute(&mut **tx).await?;
    Ok(())
}

fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(GROUP_LETTERS).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// As it was made, however a person types it.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn totp_row(row: &AnyRow) -> Result<TotpRow, StoreError> {
    Ok(TotpRow { sealed: row.text("secret")?, step: row.int("step")?, since_ms: row.maybe_int("since_ms")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        assert_eq!(grouped("0123456789abcdefghjk"), "01234-56789-abcde-fghjk");
        assert_eq!(plain(" 01234 56789-ABCDE-fghjk "), "0123456789abcdefghjk");
    }
}
