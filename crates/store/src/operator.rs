//! Operators and their telephones' accounts.

use acd::OperatorId;
use endpoint::{Account, AccountId, DigestPolicy};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use std::time::Duration;
use switch::SrtpPolicy;

use crate::check::{CODE_CHARS_MAX, Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::secret;

/// Longest wrap-up.
const WRAP_UP_SECONDS_MAX: i64 = 3600;
/// Highest skill level.
const LEVEL_MAX: i64 = 100;
/// Shortest password that a person may choose (R01); the ones we make are longer.
const PASSWORD_CHARS_MIN: usize = 12;

/// An operator as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorForm {
    /// Extension and digest user ("101"); fixed once created, because the password's hash depends on it.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Skills and how well, 1 to 100.
    pub skills: Vec<(String, u8)>,
    /// Seconds for the report after a call.
    pub wrap_up_seconds: u32,
    /// Ready when the phone registers (an operator without a desk).
    pub ready_on_register: bool,
    /// "md5", "sha256" or "both".
    pub digest: String,
    /// Whether the voice is encrypted (SRTP): "off", "preferred" (where the phone can) or "required". A browser's always is.
    pub srtp: String,
}

impl Default for OperatorForm {
    fn default() -> Self {
        OperatorForm {
            login: String::new(),
            name: String::new(),
            skills: Vec::new(),
            wrap_up_seconds: 30,
            ready_on_register: true,
            digest: "md5".to_owned(),
            srtp: SrtpPolicy::Preferred.word().to_owned(),
        }
    }
}

/// An operator as it is kept, without anything secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct OperatorRow {
    /// Row id; also the account's.
    pub id: i64,
    /// False: cannot register.
    pub active: bool,
    /// Realm that the password was made for.
    pub realm: String,
    /// The rest.
    #[serde(flatten)]
    pub form: OperatorForm,
}

impl Store {
    /// All operators by login.
    ///
    /// # Errors
    /// What the database says.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM operators ORDER BY login").fetch_all(&self.pool).await?;
        rows.iter().map(operator_row).collect()
    }

    /// One operator.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn operator(&self, id: i64) -> Result<OperatorRow, StoreError> {
        let row = sqlx::query("SELECT * FROM operators WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        operator_row(&row.ok_or_else(|| missing(id))?)
    }

    /// One operator by login.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn operator_by_login(&self, login: &str) -> Result<OperatorRow, StoreError> {
        let row =
            sqlx::query("SELECT * FROM operators WHERE login = $1").bind(login).fetch_optional(&self.pool).await?;
        operator_row(&row.ok_or_else(|| missing(login))?)
    }

    /// A new operator, and the password for the telephone: made here, told this once, stored only as H(login:`realm`:password).
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn create_operator(&self, realm: &str, form: &OperatorForm) -> Result<(OperatorRow, String), StoreError> {
        let form = checked(form)?;
        let password = secret::new_password()?;
        let (ha1_md5, ha1_sha256) = secret::ha1(&form.login, realm, &password);
        let mut tx = self.begin_directory_change().await?;
        let taken: Option<i64> = sqlx::query_scalar("SELECT id FROM operators WHERE login = $1")
            .bind(&form.login)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            return Err(StoreError::invalid(
                "login",
                format!("there is an operator {:?} already", form.login),
                "choose another login",
            ));
        }
        let id = next_id(&mut tx, "operators").await?;
        sqlx::query(
            "INSERT INTO operators (id, login, name, skills, wrap_up_seconds, ready_on_register, digest, realm, ha1_md5, \
             ha1_sha256, srtp, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
        )
        .bind(id)
        .bind(&form.login)
        .bind(&form.name)
        .bind(to_json(&form.skills, "operators.skills")?)
        .bind(i64::from(form.wrap_up_seconds))
        .bind(i64::from(form.ready_on_register))
        .bind(&form.digest)
        .bind(realm)
        .bind(ha1_md5)
        .bind(ha1_sha256)
        .bind(&form.srtp)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((OperatorRow { id, active: true, realm: realm.to_owned(), form }, password))
    }

    /// New values for an operator, who becomes active again if he was not. The login stays.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`], and what the database says.
    pub async fn update_operator(&self, id: i64, form: &OperatorForm) -> Result<OperatorRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin_directory_change().await?;
        let row = sqlx::query("SELECT * FROM operators WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
        let before = operator_row(&row.ok_or_else(|| missing(id))?)?;
        if before.form.login != form.login {
            return Err(StoreError::invalid(
                "login",
                format!("the login {:?} cannot be changed", before.form.login),
                "make a new operator, and end this one",
            ));
        }
        sqlx::query(
            "UPDATE operators SET name = $1, skills = $2, wrap_up_seconds = $3, ready_on_register = $4, digest = $5, \
             srtp = $6, active = 1 WHERE id = $7",
        )
        .bind(&form.name)
        .bind(to_json(&form.skills, "operators.skills")?)
        .bind(i64::from(form.wrap_up_seconds))
        .bind(i64::from(form.ready_on_register))
        .bind(&form.digest)
        .bind(&form.srtp)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(OperatorRow { active: true, form, ..before })
    }

    /// A new password for an operator's telephone: `chosen`, or one made here. It is given back to be told, and stored nowhere.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if `chosen` is weak, [`StoreError::Missing`], and what the database says.
    pub async fn set_operator_password(
        &self,
        realm: &str,
        id: i64,
        chosen: Option<&str>,
    ) -> Result<String, StoreError> {
        let login = self.operator(id).await?.form.login;
        let password = match chosen {
            Some(chosen) => strong("password", &login, chosen)?.to_owned(),
            None => secret::new_password()?,
        };
        let (ha1_md5, ha1_sha256) = secret::ha1(&login, realm, &password);
        let mut tx = self.begin_directory_change().await?;
        sqlx::query("UPDATE operators SET realm = $1, ha1_md5 = $2, ha1_sha256 = $3 WHERE id = $4")
            .bind(realm)
            .bind(ha1_md5)
            .bind(ha1_sha256)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(password)
    }

    /// Ends an operator: the phone can no longer register. Calls keep the name.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn deactivate_operator(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let done = sqlx::query("UPDATE operators SET active = 0 WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(missing(id));
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A password that a person chose: long, and not the login (R01).
pub(crate) fn strong<'a>(field: &str, login: &str, chosen: &'a str) -> Result<&'a str, StoreError> {
    let remedy = format!(
        "take at least {PASSWORD_CHARS_MIN} characters that are not the login and not one letter again and again"
    );
    let mut letters = chosen.chars();
    let first = letters.next();
    if chosen.chars().count() < PASSWORD_CHARS_MIN {
        return Err(StoreError::invalid(field, "it is too short", remedy));
    }
    if letters.all(|c| Some(c) == first) || chosen.to_lowercase().contains(&login.to_lowercase()) {
        return Err(StoreError::invalid(field, "it is easily guessed", remedy));
    }
    Ok(chosen)
}

fn missing(id: impl ToString) -> StoreError {
    StoreError::Missing { what: "operator", id: id.to_string() }
}

fn checked(form: &OperatorForm) -> Result<OperatorForm, StoreError> {
    let mut checks = Checks::default();
    let names = checks.skills("skills", form.skills.iter().map(|(name, _)| name.as_str()));
    let kept = OperatorForm {
        login: checks.login("login", &form.login),
        name: checks.needed_line("name", &form.name, NAME_CHARS_MAX),
        skills: names.into_iter().zip(form.skills.iter().map(|(_, level)| *level)).collect(),
        wrap_up_seconds: form.wrap_up_seconds,
        ready_on_register: form.ready_on_register,
        digest: form.digest.trim().to_ascii_lowercase(),
        srtp: form.srtp.trim().to_ascii_lowercase(),
    };
    for (_, level) in &kept.skills {
        checks.within("skills", i64::from(*level), 1, LEVEL_MAX);
    }
    checks.within("wrap_up_seconds", i64::from(form.wrap_up_seconds), 0, WRAP_UP_SECONDS_MAX);
    if digest_policy(&kept.digest).is_none() {
        checks.fail("digest", format!("{:.CODE_CHARS_MAX$?} is no policy", form.digest), "give md5, sha256 or both");
    }
    checks.srtp(&kept.srtp);
    checks.end(kept)
}

fn digest_policy(text: &str) -> Option<DigestPolicy> {
    match text {
        "md5" => Some(DigestPolicy::Md5),
        "sha256" => Some(DigestPolicy::Sha256),
        "both" => Some(DigestPolicy::Both),
        _ => None,
    }
}

pub(crate) fn operator_row(row: &AnyRow) -> Result<OperatorRow, StoreError> {
    Ok(OperatorRow {
        id: row.int("id")?,
        active: row.flag("active")?,
        realm: row.text("realm")?,
        form: OperatorForm {
            login: row.text("login")?,
            name: row.text("name")?,
            skills: row.json("skills", "operators.skills")?,
            wrap_up_seconds: row.small("wrap_up_seconds", "operators.wrap_up_seconds")?,
            ready_on_register: row.flag("ready_on_register")?,
            digest: row.text("digest")?,
            srtp: row.text("srtp")?,
        },
    })
}

/// What the switch knows of an operator; `Err` says why the row cannot be used.
pub(crate) fn directory_operator(row: &AnyRow, realm: &str) -> Result<switch::Operator, String> {
    let said = |error: StoreError| error.to_string();
    let kept = operator_row(row).map_err(said)?;
    if kept.realm != realm {
        return Err(format!(
            "the password was made for realm {:?}, and the realm is {realm:?} now; give a new one: denwaban operator password {}",
            kept.realm, kept.form.login
        ));
    }
    let digest =
        digest_policy(&kept.form.digest).ok_or_else(|| format!("digest {:?} is no policy", kept.form.digest))?;
    let srtp =
        SrtpPolicy::from_word(&kept.form.srtp).ok_or_else(|| format!("srtp {:?} is no policy", kept.form.srtp))?;
    Ok(switch::Operator {
        id: OperatorId(kept.id),
        account: Account {
            id: AccountId(kept.id),
            user: kept.form.login,
            ha1_md5: row.text("ha1_md5").map_err(said)?,
            ha1_sha256: row.text("ha1_sha256").map_err(said)?,
            digest,
        },
        name: kept.form.name,
        skills: kept.form.skills,
        wrap_up: Duration::from_secs(u64::from(kept.form.wrap_up_seconds)),
        srtp,
        ready_on_register: kept.form.ready_on_register,
    })
}
