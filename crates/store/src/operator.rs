//! Operators and their telephones' accounts.

use acd::{OperatorId, Tier};
use endpoint::{Account, AccountId, DigestPolicy};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;
use std::time::Duration;
use switch::SrtpPolicy;

use crate::check::{CODE_CHARS_MAX, Checks, NAME_CHARS_MAX};
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::known;
use crate::plan::{checked_tier, tier_from, tier_text};
use crate::row::{Columns, to_json};
use crate::secret;
use crate::seen::unchanged;

/// Longest wrap-up.
const WRAP_UP_SECONDS_MAX: i64 = 3600;
/// Longest that an unfinished report may extend it to.
const WRAP_UP_EXTENDED_SECONDS_MAX: i64 = 4 * 3600;
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
    /// Skills and how well, 1 to 100. A language is a skill, too: "lang:en".
    pub skills: Vec<(String, u8)>,
    /// "operator"; "supervisor" or "manager" are rung only when a plan widens to them, or the promise would be broken.
    pub tier: String,
    /// Teams that the operator is in; the calls of a team's firms are for them first.
    pub teams: Vec<String>,
    /// Place in a top-down plan: 0 first.
    pub rank: u16,
    /// Codes of client firms that the operator knows: preferred for their calls, not required.
    pub knows: Vec<String>,
    /// Seconds for the report after a call.
    pub wrap_up_seconds: u32,
    /// A report that is not finished then extends the wrap-up up to this; less than `wrap_up_seconds`: never.
    pub wrap_up_max_seconds: u32,
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
            tier: tier_text(Tier::Operator).to_owned(),
            teams: Vec::new(),
            rank: 0,
            knows: Vec::new(),
            wrap_up_seconds: 30,
            wrap_up_max_seconds: 180,
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
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query("SELECT * FROM operators ORDER BY login").fetch_all(&mut *connection).await?;
        let mut known = known::by_operator(&mut connection).await?;
        rows.iter()
            .map(|row| {
                let mut operator = operator_row(row)?;
                operator.form.knows = known.remove(&operator.id).unwrap_or_default();
                Ok(operator)
            })
            .collect()
    }

    /// One operator.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn operator(&self, id: i64) -> Result<OperatorRow, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row =
            sqlx::query("SELECT * FROM operators WHERE id = $1").bind(id).fetch_optional(&mut *connection).await?;
        with_known(&mut connection, operator_row(&row.ok_or_else(|| missing(id))?)?).await
    }

    /// One operator by login.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn operator_by_login(&self, login: &str) -> Result<OperatorRow, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row = sqlx::query("SELECT * FROM operators WHERE login = $1")
            .bind(login)
            .fetch_optional(&mut *connection)
            .await?;
        with_known(&mut connection, operator_row(&row.ok_or_else(|| missing(login))?)?).await
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
             ha1_sha256, srtp, tier, teams, rank, wrap_up_max_seconds, active) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)",
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
        .bind(&form.tier)
        .bind(to_json(&form.teams, "operators.teams")?)
        .bind(i64::from(form.rank))
        .bind(i64::from(form.wrap_up_max_seconds))
        .execute(&mut *tx)
        .await?;
        known::replace(&mut tx, id, &form.knows).await?;
        tx.commit().await?;
        Ok((OperatorRow { id, active: true, realm: realm.to_owned(), form }, password))
    }

    /// New values for an operator, who becomes active again if he was not. The login stays.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`], and what the database says.
    pub async fn update_operator(&self, id: i64, form: &OperatorForm) -> Result<OperatorRow, StoreError> {
        self.update_operator_as_seen(id, form, None).await
    }

    /// The same, if the operator is still as he was seen ([`crate::state_of`]).
    ///
    /// # Errors
    /// The same, and [`StoreError::Conflict`].
    pub async fn update_operator_as_seen(
        &self,
        id: i64,
        form: &OperatorForm,
        seen: Option<&str>,
    ) -> Result<OperatorRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin_directory_change().await?;
        let row = sqlx::query("SELECT * FROM operators WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
        let before = with_known(&mut tx, operator_row(&row.ok_or_else(|| missing(id))?)?).await?;
        unchanged(&before, seen)?;
        if before.form.login != form.login {
            return Err(StoreError::invalid(
                "login",
                format!("the login {:?} cannot be changed", before.form.login),
                "make a new operator, and end this one",
            ));
        }
        sqlx::query(
            "UPDATE operators SET name = $1, skills = $2, wrap_up_seconds = $3, ready_on_register = $4, digest = $5, \
             srtp = $6, tier = $7, teams = $8, rank = $9, wrap_up_max_seconds = $10, active = 1 WHERE id = $11",
        )
        .bind(&form.name)
        .bind(to_json(&form.skills, "operators.skills")?)
        .bind(i64::from(form.wrap_up_seconds))
        .bind(i64::from(form.ready_on_register))
        .bind(&form.digest)
        .bind(&form.srtp)
        .bind(&form.tier)
        .bind(to_json(&form.teams, "operators.teams")?)
        .bind(i64::from(form.rank))
        .bind(i64::from(form.wrap_up_max_seconds))
        .bind(id)
        .execute(&mut *tx)
        .await?;
        known::replace(&mut tx, id, &form.knows).await?;
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
        tier: checked_tier(&mut checks, &form.tier),
        teams: checks.teams("teams", &form.teams),
        rank: form.rank,
        knows: known::checked(&mut checks, &form.knows),
        wrap_up_seconds: form.wrap_up_seconds,
        wrap_up_max_seconds: form.wrap_up_max_seconds,
        ready_on_register: form.ready_on_register,
        digest: form.digest.trim().to_ascii_lowercase(),
        srtp: form.srtp.trim().to_ascii_lowercase(),
    };
    for (_, level) in &kept.skills {
        checks.within("skills", i64::from(*level), 1, LEVEL_MAX);
    }
    checks.within("wrap_up_seconds", i64::from(form.wrap_up_seconds), 0, WRAP_UP_SECONDS_MAX);
    checks.within("wrap_up_max_seconds", i64::from(form.wrap_up_max_seconds), 0, WRAP_UP_EXTENDED_SECONDS_MAX);
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

/// A row without the firms that the operator knows, which are in another table.
pub(crate) fn operator_row(row: &AnyRow) -> Result<OperatorRow, StoreError> {
    Ok(OperatorRow {
        id: row.int("id")?,
        active: row.flag("active")?,
        realm: row.text("realm")?,
        form: OperatorForm {
            login: row.text("login")?,
            name: row.text("name")?,
            skills: row.json("skills", "operators.skills")?,
            tier: row.text("tier")?,
            teams: row.json("teams", "operators.teams")?,
            rank: row.small("rank", "operators.rank")?,
            knows: Vec::new(),
            wrap_up_seconds: row.small("wrap_up_seconds", "operators.wrap_up_seconds")?,
            wrap_up_max_seconds: row.small("wrap_up_max_seconds", "operators.wrap_up_max_seconds")?,
            ready_on_register: row.flag("ready_on_register")?,
            digest: row.text("digest")?,
            srtp: row.text("srtp")?,
        },
    })
}

async fn with_known(connection: &mut AnyConnection, mut operator: OperatorRow) -> Result<OperatorRow, StoreError> {
    operator.form.knows = known::of_operator(connection, operator.id).await?;
    Ok(operator)
}

/// What the switch knows of an operator; `Err` says why the row cannot be used. `customers`: rows of firms that the operator knows.
pub(crate) fn directory_operator(
    row: &AnyRow,
    realm: &str,
    customers: BTreeSet<u64>,
) -> Result<switch::Operator, String> {
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
    let tier = tier_from(&kept.form.tier).ok_or_else(|| format!("tier {:?} is none", kept.form.tier))?;
    let wrap_up = Duration::from_secs(u64::from(kept.form.wrap_up_seconds));
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
        tier,
        teams: kept.form.teams,
        rank: kept.form.rank,
        customers,
        unread: BTreeSet::new(),
        wrap_up,
        wrap_up_max: wrap_up.max(Duration::from_secs(u64::from(kept.form.wrap_up_max_seconds))),
        srtp,
        ready_on_register: kept.form.ready_on_register,
    })
}
