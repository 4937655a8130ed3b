//! Customers: the client firms.

use serde::{Deserialize, Serialize};
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Transaction};
use switch::calendar::Calendar;
use switch::waiting::{ANNOUNCEMENT_CHARS_MAX, AbandonedPolicy, EVERY_SECONDS_MIN, WaitingPolicy};
use switch::{Target, TransferPolicy};

use crate::check::{CODE_CHARS_MAX, Checks, GREETING_CHARS_MAX, MANUAL_CHARS_MAX, NAME_CHARS_MAX};
use crate::database::{Store, Tx, next_id};
use crate::did;
use crate::error::StoreError;
use crate::plan::{Plan, Step, checked_steps};
use crate::row::{Columns, to_json};
use crate::seen::unchanged;
use crate::text::fold_fields;

/// Seconds that one operator's phone or one target may ring.
const RING_SECONDS_MAX: i64 = 120;
/// Highest priority.
const PRIORITY_MAX: i64 = 9;

/// A customer as it is written: all fields of a new one, or the new values of one that exists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CustomerForm {
    /// Short ASCII name, unique ("sakura-dental").
    pub code: String,
    /// The firm's name as the operator says it.
    pub name: String,
    /// Reading in kana.
    pub reading: String,
    /// What the operator says first.
    pub greeting: String,
    /// How to handle this firm's calls.
    pub manual: String,
    /// Skills an operator must have.
    pub needs: Vec<String>,
    /// Who rings.
    pub plan: Plan,
    /// Steps of a widening plan, in their order; none: the usual ones. Other plans have none.
    pub steps: Vec<Step>,
    /// The team whose operators answer first; empty: none.
    pub team: String,
    /// Seconds that one operator's phone rings before the next is tried.
    pub ring_seconds: u16,
    /// 0 is normal; higher waits less; 9 at most.
    pub priority: u8,
    /// What a caller gets who waits.
    pub waiting: WaitingPolicy,
    /// What becomes of a caller who hangs up before anyone answers.
    pub abandoned: AbandonedPolicy,
    /// When the firm is open, and what callers hear when it is not.
    pub calendar: Calendar,
    /// May a caller be bridged on?
    pub transfer: TransferPolicy,
    /// Whom to try, in order. Numbers in any form; stored as E.164 digits.
    pub targets: Vec<Target>,
    /// Play the firm's name to the operator at the answer.
    pub whisper: bool,
    /// Numbers that this firm forwards to, in any form; stored as E.164 digits. An update replaces them all.
    pub dids: Vec<String>,
}

impl Default for CustomerForm {
    fn default() -> Self {
        CustomerForm {
            code: String::new(),
            name: String::new(),
            reading: String::new(),
            greeting: String::new(),
            manual: String::new(),
            needs: Vec::new(),
            plan: Plan::default(),
            steps: Vec::new(),
            team: String::new(),
            ring_seconds: 15,
            priority: 0,
            waiting: WaitingPolicy::default(),
            abandoned: AbandonedPolicy::default(),
            calendar: Calendar::default(),
            transfer: TransferPolicy::Never,
            targets: Vec::new(),
            whisper: true,
            dids: Vec::new(),
        }
    }
}

/// A customer as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct CustomerRow {
    /// Row id.
    pub id: i64,
    /// False: calls for it are those of an unknown number; its calls and reports stay.
    pub active: bool,
    /// The rest.
    #[serde(flatten)]
    pub form: CustomerForm,
}

impl Store {
    /// All customers by code.
    ///
    /// # Errors
    /// What the database says.
    pub async fn customers(&self) -> Result<Vec<CustomerRow>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query("SELECT * FROM customers ORDER BY code").fetch_all(&mut *connection).await?;
        let mut dids = did::by_customer(&mut connection).await?;
        rows.iter()
            .map(|row| {
                let mut customer = customer_row(row)?;
                customer.form.dids = dids.remove(&customer.id).unwrap_or_default();
                Ok(customer)
            })
            .collect()
    }

    /// One customer.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn customer(&self, id: i64) -> Result<CustomerRow, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row =
            sqlx::query("SELECT * FROM customers WHERE id = $1").bind(id).fetch_optional(&mut *connection).await?;
        let row = row.ok_or_else(|| missing(id))?;
        with_dids(&mut connection, customer_row(&row)?).await
    }

    /// One customer by its code.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn customer_by_code(&self, code: &str) -> Result<CustomerRow, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row = sqlx::query("SELECT * FROM customers WHERE code = $1")
            .bind(code.trim().to_ascii_lowercase())
            .fetch_optional(&mut *connection)
            .await?;
        let row = row.ok_or_else(|| missing(code))?;
        with_dids(&mut connection, customer_row(&row)?).await
    }

    /// A new customer, with its numbers.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, and what the database says.
    pub async fn create_customer(&self, form: &CustomerForm) -> Result<CustomerRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin_directory_change().await?;
        let id = insert(&mut tx, &form).await?;
        tx.commit().await?;
        Ok(CustomerRow { id, active: true, form })
    }

    /// New values for all fields of a customer; it becomes active again if it was not.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`], and what the database says.
    pub async fn update_customer(&self, id: i64, form: &CustomerForm) -> Result<CustomerRow, StoreError> {
        self.update_customer_as_seen(id, form, None).await
    }

    /// The same, if the customer is still as it was seen ([`crate::state_of`]).
    ///
    /// # Errors
    /// The same, and [`StoreError::Conflict`].
    pub async fn update_customer_as_seen(
        &self,
        id: i64,
        form: &CustomerForm,
        seen: Option<&str>,
    ) -> Result<CustomerRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin_directory_change().await?;
        // A row that cannot be read is mended by writing it anew.
        if seen.is_some() {
            let row = sqlx::query("SELECT * FROM customers WHERE id = $1").bind(id).fetch_optional(&mut *tx).await?;
            let before = with_dids(&mut tx, customer_row(&row.ok_or_else(|| missing(id))?)?).await?;
            unchanged(&before, seen)?;
        }
        update(&mut tx, id, &form).await?;
        tx.commit().await?;
        Ok(CustomerRow { id, active: true, form })
    }

    /// Ends a customer. Its row, calls and recordings stay; its numbers may be given to another.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn deactivate_customer(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.begin_directory_change().await?;
        let done = sqlx::query("UPDATE customers SET active = 0 WHERE id = $1").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(missing(id));
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Is there such a firm?
pub(crate) async fn need(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    let known: Option<i64> =
        sqlx::query_scalar("SELECT id FROM customers WHERE id = $1").bind(id).fetch_optional(&mut **tx).await?;
    known.map(|_| ()).ok_or_else(|| missing(id))
}

pub(crate) fn missing(id: impl ToString) -> StoreError {
    StoreError::Missing { what: "customer", id: id.to_string() }
}

/// The form as it is stored, or what is wrong with it.
pub(crate) fn checked(form: &CustomerForm) -> Result<CustomerForm, StoreError> {
    let mut checks = Checks::default();
    let kept = CustomerForm {
        code: checks.code("code", &form.code),
        name: checks.needed_line("name", &form.name, NAME_CHARS_MAX),
        reading: checks.line("reading", &form.reading, NAME_CHARS_MAX),
        greeting: checks.prose("greeting", &form.greeting, GREETING_CHARS_MAX),
        manual: checks.prose("manual", &form.manual, MANUAL_CHARS_MAX),
        needs: checks.skills("needs", form.needs.iter().map(String::as_str)),
        plan: form.plan,
        steps: checked_steps(&mut checks, form.plan, &form.steps),
        team: checks.team("team", &form.team),
        ring_seconds: form.ring_seconds,
        priority: form.priority,
        waiting: checked_waiting(&mut checks, &form.waiting),
        abandoned: form.abandoned,
        calendar: checked_calendar(&mut checks, &form.calendar),
        transfer: checked_transfer(&mut checks, &form.transfer),
        targets: checked_targets(&mut checks, &form.targets),
        whisper: form.whisper,
        dids: checked_dids(&mut checks, &form.dids),
    };
    checks.within("ring_seconds", i64::from(form.ring_seconds), 1, RING_SECONDS_MAX);
    checks.within("priority", i64::from(form.priority), 0, PRIORITY_MAX);
    checks.end(kept)
}

/// Longest that a caller waits before something else is done.
const WAIT_SECONDS_MAX: i64 = 3600;

fn checked_waiting(checks: &mut Checks, policy: &WaitingPolicy) -> WaitingPolicy {
    let announcement = checks.line("waiting.announcement", &policy.announcement, ANNOUNCEMENT_CHARS_MAX);
    for (field, seconds) in [
        ("waiting.announce_after_seconds", policy.announce_after_seconds),
        ("waiting.message_after_seconds", policy.message_after_seconds),
    ] {
        if let Some(seconds) = seconds {
            checks.within(field, i64::from(seconds), 0, WAIT_SECONDS_MAX);
        }
    }
    let (least, most) = (i64::from(EVERY_SECONDS_MIN), WAIT_SECONDS_MAX);
    checks.within("waiting.every_seconds", i64::from(policy.every_seconds), least, most);
    WaitingPolicy { announcement, ..policy.clone() }
}

fn checked_calendar(checks: &mut Checks, calendar: &Calendar) -> Calendar {
    let mut kept = calendar.clone();
    kept.closed_wording = kept.closed_wording.trim().to_owned();
    for period in &mut kept.closed {
        period.wording = period.wording.trim().to_owned();
    }
    for fault in kept.faults() {
        checks.fail(&format!("calendar.{}", fault.field), fault.what, fault.remedy);
    }
    kept
}

fn checked_transfer(checks: &mut Checks, policy: &TransferPolicy) -> TransferPolicy {
    match policy {
        TransferPolicy::ListedCallers(callers) => {
            checks.list("transfer", callers.len());
            TransferPolicy::ListedCallers(callers.iter().filter_map(|c| checks.number("transfer", c)).collect())
        }
        TransferPolicy::Never | TransferPolicy::UrgentOnly | TransferPolicy::Always => policy.clone(),
    }
}

fn checked_targets(checks: &mut Checks, targets: &[Target]) -> Vec<Target> {
    checks.list("targets", targets.len());
    let mut kept = Vec::with_capacity(targets.len());
    for target in targets {
        let name = checks.needed_line("targets", &target.name, NAME_CHARS_MAX);
        checks.within("targets", i64::from(target.ring_seconds), 1, RING_SECONDS_MAX);
        if let Some(number) = checks.dialable("targets", &target.number) {
            kept.push(Target { name, number, ring_seconds: target.ring_seconds });
        }
    }
    kept
}

fn checked_dids(checks: &mut Checks, dids: &[String]) -> Vec<String> {
    checks.list("dids", dids.len());
    let mut kept: Vec<String> = Vec::with_capacity(dids.len());
    for text in dids {
        let Some(number) = checks.number("dids", text) else { continue };
        if kept.contains(&number) {
            checks.fail("dids", format!("{text:?} is there twice"), "give each number once");
        }
        kept.push(number);
    }
    kept
}

/// Inserts a checked form; within a directory change.
pub(crate) async fn insert(tx: &mut Transaction<'static, Any>, form: &CustomerForm) -> Result<i64, StoreError> {
    refuse_taken_code(tx, &form.code, None).await?;
    let id = next_id(tx, "customers").await?;
    let sql = "INSERT INTO customers (name, reading, greeting, manual, needs, plan, ring_seconds, priority, transfer, \
               targets, whisper, active, search, code, steps, team, waiting, abandoned, calendar, id) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14, $15, $16, $17, $18, $19)";
    write(tx, sql, id, form).await?;
    did::replace(tx, id, &form.dids).await?;
    Ok(id)
}

/// Updates with a checked form; within a directory change.
pub(crate) async fn update(tx: &mut Transaction<'static, Any>, id: i64, form: &CustomerForm) -> Result<(), StoreError> {
    refuse_taken_code(tx, &form.code, Some(id)).await?;
    let sql = "UPDATE customers SET name = $1, reading = $2, greeting = $3, manual = $4, needs = $5, plan = $6, \
               ring_seconds = $7, priority = $8, transfer = $9, targets = $10, whisper = $11, active = 1, search = $12, \
               code = $13, steps = $14, team = $15, waiting = $16, abandoned = $17, calendar = $18 WHERE id = $19";
    if write(tx, sql, id, form).await? == 0 {
        return Err(missing(id));
    }
    did::replace(tx, id, &form.dids).await
}

async fn write(
    tx: &mut Transaction<'static, Any>,
    sql: &'static str,
    id: i64,
    form: &CustomerForm,
) -> Result<u64, StoreError> {
    let done = sqlx::query(sql)
        .bind(&form.name)
        .bind(&form.reading)
        .bind(&form.greeting)
        .bind(&form.manual)
        .bind(to_json(&form.needs, "customers.needs")?)
        .bind(form.plan.as_str())
        .bind(i64::from(form.ring_seconds))
        .bind(i64::from(form.priority))
        .bind(to_json(&form.transfer, "customers.transfer")?)
        .bind(to_json(&form.targets, "customers.targets")?)
        .bind(i64::from(form.whisper))
        .bind(fold_fields(&[&form.code, &form.name, &form.reading]))
        .bind(&form.code)
        .bind(to_json(&form.steps, "customers.steps")?)
        .bind(&form.team)
        .bind(to_json(&form.waiting, "customers.waiting")?)
        .bind(to_json(&form.abandoned, "customers.abandoned")?)
        .bind(to_json(&form.calendar, "customers.calendar")?)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

async fn refuse_taken_code(tx: &mut Transaction<'static, Any>, code: &str, own: Option<i64>) -> Result<(), StoreError> {
    match id_of_code(tx, code).await? {
        Some(id) if Some(id) != own => Err(StoreError::invalid(
            "code",
            format!("{code:?} belongs to customer {id} already"),
            "choose another code, or change that customer",
        )),
        Some(_) | None => Ok(()),
    }
}

pub(crate) async fn id_of_code(tx: &mut Transaction<'static, Any>, code: &str) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM customers WHERE code = $1").bind(code).fetch_optional(&mut **tx).await?)
}

/// A row without its numbers, which are in another table.
pub(crate) fn customer_row(row: &AnyRow) -> Result<CustomerRow, StoreError> {
    let plan = row.text("plan")?;
    Ok(CustomerRow {
        id: row.int("id")?,
        active: row.flag("active")?,
        form: CustomerForm {
            code: row.text("code")?,
            name: row.text("name")?,
            reading: row.text("reading")?,
            greeting: row.text("greeting")?,
            manual: row.text("manual")?,
            needs: row.json("needs", "customers.needs")?,
            plan: Plan::from_text(&plan).ok_or_else(|| StoreError::Damaged {
                place: "customers.plan",
                why: format!("{plan:.CODE_CHARS_MAX$} is no plan"),
            })?,
            steps: row.json("steps", "customers.steps")?,
            team: row.text("team")?,
            ring_seconds: row.small("ring_seconds", "customers.ring_seconds")?,
            priority: row.small("priority", "customers.priority")?,
            waiting: row.json("waiting", "customers.waiting")?,
            abandoned: row.json("abandoned", "customers.abandoned")?,
            calendar: row.json("calendar", "customers.calendar")?,
            transfer: row.json("transfer", "customers.transfer")?,
            targets: row.json("targets", "customers.targets")?,
            whisper: row.flag("whisper")?,
            dids: Vec::new(),
        },
    })
}

async fn with_dids(connection: &mut AnyConnection, mut customer: CustomerRow) -> Result<CustomerRow, StoreError> {
    customer.form.dids = did::of_customer(connection, customer.id).await?;
    Ok(customer)
}
