//! People of a client firm who log in to my page (F55, F59). They are not users: they have tables, sessions and rights of their own,
//! and each of them belongs to exactly one firm.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{CODE_CHARS_MAX, Checks, NAME_CHARS_MAX};
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::password::{hash, new_or, verify};
use crate::person::Person;
use crate::report::variant;
use crate::row::{Columns, word};
use crate::session::end_all;
use crate::text::storable;

/// Logins of one firm.
const MEMBERS_MAX: i64 = 200;
/// Characters of a mail address (RFC 5321 section 4.5.3.1).
const ADDRESS_CHARS_MAX: usize = 254;

/// What a member may do on the firm's page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Everything, and the other members.
    Owner,
    /// Reads, deals with reports, disputes them, keeps schedules and notes.
    #[default]
    Member,
    /// Reads.
    Reader,
}

/// A member as written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberForm {
    /// What one types to log in, unique in the house: a mail address, or letters, digits, `-`, `_` and `.`.
    pub login: String,
    /// What colleagues read.
    pub name: String,
    /// What the member may do.
    #[serde(default)]
    pub role: MemberRole,
}

/// A member as it is kept, without the password's hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct MemberRow {
    /// Row id.
    pub id: i64,
    /// Whose.
    pub customer: i64,
    /// False: cannot log in.
    pub active: bool,
    /// The rest.
    #[serde(flatten)]
    pub form: MemberForm,
}

impl Store {
    /// A firm's members in the order in which they came, those who have left too.
    ///
    /// # Errors
    /// What the database says.
    pub async fn members(&self, customer: i64) -> Result<Vec<MemberRow>, StoreError> {
        let sql = "SELECT * FROM members WHERE customer = $1 ORDER BY id";
        sqlx::query(sql).bind(customer).fetch_all(&self.pool).await?.iter().map(member_row).collect()
    }

    /// A new member with the password `chosen`, or one made here; it is given back to be told, and only its hash is kept.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`] customer, and what the database says.
    pub async fn create_member(
        &self,
        customer: i64,
        form: &MemberForm,
        chosen: Option<&str>,
        who: &str,
        now_ms: i64,
    ) -> Result<(MemberRow, String), StoreError> {
        let form = checked(form)?;
        let password = new_or(chosen, &form.login)?;
        let hash = hash(password.clone()).await?;
        let mut tx = self.begin().await?;
        crate::customer::need(&mut tx, customer).await?;
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM members WHERE customer = $1 AND active = 1")
            .bind(customer)
            .fetch_one(&mut *tx)
            .await?;
        if count >= MEMBERS_MAX {
            return Err(StoreError::invalid(
                "login",
                format!("the firm has {count} logins already"),
                "end some of them",
            ));
        }
        let taken: Option<i64> = sqlx::query_scalar("SELECT id FROM members WHERE login = $1")
            .bind(&form.login)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            let what = format!("the login {:?} is taken", form.login);
            return Err(StoreError::invalid("login", what, "choose another one"));
        }
        let id = next_id(&mut tx, "members").await?;
        sqlx::query(
            "INSERT INTO members (id, customer, login, name, hash, role, active) VALUES ($1, $2, $3, $4, $5, $6, 1)",
        )
        .bind(id)
        .bind(customer)
        .bind(&form.login)
        .bind(storable(&form.name).into_owned())
        .bind(hash)
        .bind(word(&form.role))
        .execute(&mut *tx)
        .await?;
        note(&mut tx, customer, "member.create", &form.login, who, now_ms).await?;
        tx.commit().await?;
        Ok((MemberRow { id, customer, active: true, form }, password))
    }

    /// Another name or role for a member of this firm. The login stays. One that has ended stays so: whoever wants it back gives it a new
    /// password.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, or if the firm would have no owner left; [`StoreError::Missing`], also
    /// for another firm's member and one that has ended; and what the database says.
    pub async fn update_member(
        &self,
        customer: i64,
        id: i64,
        form: &MemberForm,
        who: &str,
        now_ms: i64,
    ) -> Result<MemberRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin().await?;
        let before = Some(take(&mut tx, customer, id).await?).filter(|before| before.active);
        let before = before.ok_or_else(|| missing(id))?;
        if before.form.login != form.login {
            let what = format!("the login {:?} cannot be changed", before.form.login);
            return Err(StoreError::invalid("login", what, "make a new one, and end this one"));
        }
        sqlx::query("UPDATE members SET name = $1, role = $2 WHERE id = $3")
            .bind(storable(&form.name).into_owned())
            .bind(word(&form.role))
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if before.form.role == MemberRole::Owner {
            need_owner(&mut tx, customer, "role").await?;
        }
        note(&mut tx, customer, "member.update", &form.login, who, now_ms).await?;
        tx.commit().await?;
        Ok(MemberRow { id, customer, active: true, form })
    }

    /// A new password for a member, `chosen` or made here; ends the member's sessions.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if `chosen` is weak, [`StoreError::Missing`], also for another firm's member; and what the database
    /// says.
    pub async fn set_member_password(
        &self,
        customer: i64,
        id: i64,
        chosen: Option<&str>,
        who: &str,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let row = sqlx::query("SELECT * FROM members WHERE customer = $1 AND id = $2")
            .bind(customer)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        let member = member_row(&row.ok_or_else(|| missing(id))?)?;
        let password = new_or(chosen, &member.form.login)?;
        let hash = hash(password.clone()).await?;
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE members SET hash = $1, active = 1 WHERE id = $2")
            .bind(hash)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        end_all(&mut tx, Person::Member(id), None).await?;
        note(&mut tx, customer, "member.password", &member.form.login, who, now_ms).await?;
        tx.commit().await?;
        Ok(password)
    }

    /// Ends a member and the member's sessions. What he or she has dealt with stays.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the firm would have no owner left, [`StoreError::Missing`], also for another firm's member; and
    /// what the database says.
    pub async fn end_member(&self, customer: i64, id: i64, who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let before = take(&mut tx, customer, id).await?;
        sqlx::query("UPDATE members SET active = 0 WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if before.active && before.form.role == MemberRole::Owner {
            need_owner(&mut tx, customer, "login").await?;
        }
        end_all(&mut tx, Person::Member(id), None).await?;
        note(&mut tx, customer, "member.end", &before.form.login, who, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The member of this login and password, if the firm is a client still; `None` for a wrong one. An unknown login takes as long
    /// as a wrong password (R01). The limit on tries is the web's.
    ///
    /// # Errors
    /// What the database says.
    pub async fn member_login(&self, login: &str, password: &str) -> Result<Option<MemberRow>, StoreError> {
        let sql = format!("{LIVE} AND members.login = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(login.trim().to_ascii_lowercase())
            .fetch_optional(&self.pool)
            .await?;
        let hash = row.as_ref().map(|row| row.text("hash")).transpose()?;
        let right = verify(password, hash, "members.hash").await?;
        row.filter(|_| right).as_ref().map(member_row).transpose()
    }

    /// Is there a member of this login, in whatever firm?
    ///
    /// # Errors
    /// What the database says.
    pub async fn has_member(&self, login: &str) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM members WHERE login = $1";
        let count: i64 = sqlx::query_scalar(sql).bind(login).fetch_one(&self.pool).await?;
        Ok(count > 0)
    }

    /// An active member of an active firm.
    ///
    /// # Errors
    /// What the database says.
    pub async fn member(&self, id: i64) -> Result<Option<MemberRow>, StoreError> {
        let sql = format!("{LIVE} AND members.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(member_row).transpose()
    }
}

/// Members who may be here: they are active, and so is their firm.
pub(crate) const LIVE: &str = "SELECT members.* FROM members JOIN customers ON customers.id = members.customer \
                    WHERE members.active = 1 AND customers.active = 1";

async fn take(tx: &mut Tx, customer: i64, id: i64) -> Result<MemberRow, StoreError> {
    let sql = "UPDATE members SET active = active WHERE customer = $1 AND id = $2 RETURNING *";
    let row = sqlx::query(sql).bind(customer).bind(id).fetch_optional(&mut **tx).await?;
    member_row(&row.ok_or_else(|| missing(id))?)
}

async fn need_owner(tx: &mut Tx, customer: i64, field: &str) -> Result<(), StoreError> {
    let sql = "SELECT COUNT(*) FROM members WHERE customer = $1 AND role = 'owner' AND active = 1";
    let owners: i64 = sqlx::query_scalar(sql).bind(customer).fetch_one(&mut **tx).await?;
    if owners == 0 {
        let remedy = "make another one the owner first";
        return Err(StoreError::invalid(field, "the firm would have nobody who can manage its logins", remedy));
    }
    Ok(())
}

async fn note(tx: &mut Tx, customer: i64, what: &str, login: &str, who: &str, now_ms: i64) -> Result<(), StoreError> {
    audit::add(tx, now_ms, who, what, &format!("customer {customer}"), login).await
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "member", id: id.to_string() }
}

fn checked(form: &MemberForm) -> Result<MemberForm, StoreError> {
    let mut checks = Checks::default();
    let login = form.login.trim().to_ascii_lowercase();
    let kept = MemberForm {
        login: if login.contains('@') { address(&mut checks, login) } else { checks.login("login", &login) },
        name: checks.needed_line("name", &form.name, NAME_CHARS_MAX),
        role: form.role,
    };
    checks.end(kept)
}

/// A mail address as a login: nothing is sent there, so it only has to be one word that looks like one.
fn address(checks: &mut Checks, text: String) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.+@".contains(c);
    let parts: Vec<_> = text.split('@').collect();
    let whole = matches!(parts.as_slice(), [local, host] if !local.is_empty() && host.contains('.'));
    if !whole || !text.chars().all(fits) || text.len() > ADDRESS_CHARS_MAX {
        let what = format!("{text:.CODE_CHARS_MAX$?} is no mail address");
        checks.fail("login", what, "write it as hanako@sakura.example, or use a short name");
    }
    text
}

pub(crate) fn member_row(row: &AnyRow) -> Result<MemberRow, StoreError> {
    Ok(MemberRow {
        id: row.int("id")?,
        customer: row.int("customer")?,
        active: row.flag("active")?,
        form: MemberForm {
            login: row.text("login")?,
            name: row.text("name")?,
            role: variant(&row.text("role")?, "members.role")?,
        },
    })
}
