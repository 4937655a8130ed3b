//! People who log in to the web: supervisors, administrators, operators.

use serde::{Deserialize, Serialize};
use sqlx::Transaction;
use sqlx::any::{Any, AnyRow};

use crate::check::Checks;
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::password::{hash, new_or, verify};
use crate::person::Person;
use crate::row::Columns;
use crate::session::end_all;

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Calls and recordings of all.
    Supervisor,
    /// The own desk.
    Operator,
}

impl Role {
    /// As in JSON and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Supervisor => "supervisor",
            Role::Operator => "operator",
        }
    }

    /// From the command line and the database.
    pub fn from_text(text: &str) -> Option<Role> {
        [Role::Admin, Role::Supervisor, Role::Operator].into_iter().find(|role| role.as_str() == text)
    }
}

/// A user as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserForm {
    /// Login, unique.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Which operator the user is; an operator's login needs it.
    #[serde(default)]
    pub operator_id: Option<i64>,
}

/// A user as it is kept, without the password's hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct UserRow {
    /// Row id.
    pub id: i64,
    /// False: cannot log in.
    pub active: bool,
    /// The rest.
    #[serde(flatten)]
    pub form: UserForm,
}

impl Store {
    /// All users by name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        sqlx::query("SELECT * FROM users ORDER BY name").fetch_all(&self.pool).await?.iter().map(user_row).collect()
    }

    /// An active user.
    ///
    /// # Errors
    /// What the database says.
    pub async fn user(&self, id: i64) -> Result<Option<UserRow>, StoreError> {
        let sql = "SELECT * FROM users WHERE id = $1 AND active = 1";
        sqlx::query(sql).bind(id).fetch_optional(&self.pool).await?.as_ref().map(user_row).transpose()
    }

    /// Which operator the user of this name is, if any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn operator_of_user(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let operator: Option<Option<i64>> = sqlx::query_scalar("SELECT operator_id FROM users WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(operator.flatten())
    }

    /// A new user with the password `chosen`, or one made here; it is given back to be told, and only its Argon2 hash is kept.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn create_user(&self, form: &UserForm, chosen: Option<&str>) -> Result<(UserRow, String), StoreError> {
        let form = checked(form)?;
        let password = new_or(chosen, &form.name)?;
        let hash = hash(password.clone()).await?;
        let mut tx = self.begin().await?;
        let id = next_id(&mut tx, "users").await?;
        let user = insert(&mut tx, id, &form, &hash).await?;
        tx.commit().await?;
        Ok((user, password))
    }

    /// Another role or operator for a user. The name stays. Sessions go on with the new role. A login that has ended stays so: whoever
    /// wants it back gives it a new password.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`] also if it has ended, and what the database says.
    pub async fn update_user(&self, id: i64, form: &UserForm) -> Result<UserRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin().await?;
        need_operator(&mut tx, form.operator_id).await?;
        let before = take(&mut tx, id).await?;
        if before.form.name != form.name {
            let what = format!("the name {:?} cannot be changed", before.form.name);
            return Err(StoreError::invalid("name", what, "make a new user, and end this one"));
        }
        sqlx::query("UPDATE users SET role = $1, operator_id = $2 WHERE id = $3")
            .bind(form.role.as_str())
            .bind(form.operator_id)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(UserRow { id, active: true, form })
    }

    /// A new password for a user, `chosen` or made here; ends the user's sessions.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if `chosen` is weak, [`StoreError::Missing`], and what the database says.
    pub async fn set_user_password(&self, id: i64, chosen: Option<&str>) -> Result<String, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        let user = user_row(&row.ok_or_else(|| missing(id))?)?;
        let password = new_or(chosen, &user.form.name)?;
        let hash = hash(password.clone()).await?;
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE users SET hash = $1, active = 1 WHERE id = $2")
            .bind(hash)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        end_all(&mut tx, Person::User(id), None).await?;
        tx.commit().await?;
        Ok(password)
    }

    /// Ends a user and the user's sessions.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn deactivate_user(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("UPDATE users SET active = 0 WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(missing(id));
        }
        end_all(&mut tx, Person::User(id), None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The user of this name and password; `None` for a wrong one. An unknown name takes as long as a wrong password (R01). The
    /// limit on tries is the web's.
    ///
    /// # Errors
    /// What the database says.
    pub async fn login(&self, name: &str, password: &str) -> Result<Option<UserRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE name = $1 AND active = 1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        let hash = row.as_ref().map(|row| row.text("hash")).transpose()?;
        let right = verify(password, hash, "users.hash").await?;
        row.filter(|_| right).as_ref().map(user_row).transpose()
    }
}

/// A user who may log in, whom nobody ends before this transaction is over.
async fn take(tx: &mut Transaction<'static, Any>, id: i64) -> Result<UserRow, StoreError> {
    let sql = "UPDATE users SET active = active WHERE id = $1 AND active = 1 RETURNING *";
    let row = sqlx::query(sql).bind(id).fetch_optional(&mut **tx).await?;
    user_row(&row.ok_or_else(|| missing(id))?)
}

/// A new row, active.
pub(crate) async fn insert(
    tx: &mut Transaction<'static, Any>,
    id: i64,
    form: &UserForm,
    hash: &str,
) -> Result<UserRow, StoreError> {
    let taken: Option<i64> =
        sqlx::query_scalar("SELECT id FROM users WHERE name = $1").bind(&form.name).fetch_optional(&mut **tx).await?;
    if taken.is_some() {
        let what = format!("there is a user {:?} already", form.name);
        return Err(StoreError::invalid("name", what, "choose another name"));
    }
    need_operator(tx, form.operator_id).await?;
    sqlx::query("INSERT INTO users (id, name, hash, role, operator_id, active) VALUES ($1, $2, $3, $4, $5, 1)")
        .bind(id)
        .bind(&form.name)
        .bind(hash)
        .bind(form.role.as_str())
        .bind(form.operator_id)
        .execute(&mut **tx)
        .await?;
    Ok(UserRow { id, active: true, form: form.clone() })
}

async fn need_operator(tx: &mut Transaction<'static, Any>, operator: Option<i64>) -> Result<(), StoreError> {
    let Some(id) = operator else { return Ok(()) };
    let known: Option<i64> =
        sqlx::query_scalar("SELECT id FROM operators WHERE id = $1").bind(id).fetch_optional(&mut **tx).await?;
    match known {
        Some(_) => Ok(()),
        None => {
            let what = format!("there is no operator {id}");
            Err(StoreError::invalid("operator_id", what, "create the operator first"))
        }
    }
}

pub(crate) fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "user", id: id.to_string() }
}

fn checked(form: &UserForm) -> Result<UserForm, StoreError> {
    let mut checks = Checks::default();
    let kept = UserForm { name: checks.login("name", &form.name), ..form.clone() };
    if form.role == Role::Operator && form.operator_id.is_none() {
        checks.fail("operator_id", "it is not set", "say which operator this user is");
    }
    checks.end(kept)
}

pub(crate) fn user_row(row: &AnyRow) -> Result<UserRow, StoreError> {
    let role = row.text("role")?;
    Ok(UserRow {
        id: row.int("id")?,
        active: row.flag("active")?,
        form: UserForm {
            name: row.text("name")?,
            role: Role::from_text(&role)
                .ok_or_else(|| StoreError::Damaged { place: "users.role", why: format!("{role:?} is no role") })?,
            operator_id: row.maybe_int("operator_id")?,
        },
    })
}
