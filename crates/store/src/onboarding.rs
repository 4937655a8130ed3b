//! A new firm's proofs (F61): a call arrives, it is greeted right, mail arrives; each with its evidence, who confirmed it and when.
//!
//! A run is a row. Its evidence is written as it comes; when the last of the three holds, the run is proved and never changes again.
//! A further run is a new row. What was proved is compared with what is set today: a number, greeting or recipient of which nobody has
//! proved anything is told of ([`Changed`]).

mod evidence;
mod prove;
mod standing;

use serde::Serialize;
use sqlx::any::AnyRow;

pub use evidence::{CallProof, GreetingProof, Heard, MailProof, MailedTo, RouteProof};
pub use prove::GreetingHeard;
pub use standing::{Changed, FirmStanding, Standing};

use crate::audit;
use crate::customer;
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::text::storable;

/// Runs of a firm that are read back.
const RUNS_MAX: i64 = 100;

/// A run of the three proofs. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Onboarding {
    /// Row id.
    pub id: i64,
    /// Client firm.
    pub customer: i64,
    /// Begun when,
    pub begun_ms: i64,
    /// and by whom.
    pub begun_by: String,
    /// What the switch said of the number's route; no proof by itself.
    pub route: Option<RouteProof>,
    /// A call arrived.
    pub call: Option<CallProof>,
    /// What is to be said at that call's hour, as it is written now; `None`: no call has arrived, or the run is proved.
    pub written: Option<Written>,
    /// It was greeted as it is written; or was not.
    pub greeting: Option<GreetingProof>,
    /// The test report, and what became of it at each recipient.
    pub mail: Option<MailProof>,
    /// All three hold since then; `None`: not yet.
    pub proved_ms: Option<i64>,
    /// Who confirmed the last of them.
    pub proved_by: String,
}

/// A greeting as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Written {
    /// What is said.
    pub text: String,
    /// How it is read; empty: as anybody would.
    pub reading: String,
}

impl Onboarding {
    /// A call arrived, it was greeted right, and every recipient has the test report.
    pub fn holds(&self) -> bool {
        let greeted = self.greeting.as_ref().is_some_and(|greeting| greeting.right);
        let mailed = self.mail.as_ref().is_some_and(MailProof::holds);
        self.call.is_some() && greeted && mailed
    }
}

impl Store {
    /// Begins a run. Earlier ones stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn begin_onboarding(&self, customer: i64, who: &str, now_ms: i64) -> Result<Onboarding, StoreError> {
        let mut tx = self.begin().await?;
        customer::need(&mut tx, customer).await?;
        let id = next_id(&mut tx, "onboardings").await?;
        let row = sqlx::query(
            "INSERT INTO onboardings (id, customer, begun_ms, begun_by, proved_by) VALUES ($1, $2, $3, $4, '') RETURNING *",
        )
        .bind(id)
        .bind(customer)
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .fetch_one(&mut *tx)
        .await?;
        audit::add(&mut tx, now_ms, who, "onboarding.begin", &format!("customer {customer}"), &format!("run {id}"))
            .await?;
        tx.commit().await?;
        run(&row)
    }

    /// One run, its deliveries as they are now.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn onboarding(&self, id: i64) -> Result<Onboarding, StoreError> {
        let row = sqlx::query("SELECT * FROM onboardings WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        let mut found = run(&row.ok_or_else(|| missing(id))?)?;
        self.look(&mut found).await?;
        Ok(found)
    }

    /// A firm's runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn onboardings(&self, customer: i64) -> Result<Vec<Onboarding>, StoreError> {
        self.customer(customer).await?;
        let rows = sqlx::query("SELECT * FROM onboardings WHERE customer = $1 ORDER BY id DESC LIMIT $2")
            .bind(customer)
            .bind(RUNS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let mut found: Vec<Onboarding> = rows.iter().map(run).collect::<Result<_, _>>()?;
        for one in &mut found {
            self.look(one).await?;
        }
        Ok(found)
    }

    /// Runs that wait for this operator's word: the call that he or she took was to be greeted as it is written still.
    ///
    /// # Errors
    /// What the database says.
    pub async fn onboardings_to_confirm(&self, operator: i64) -> Result<Vec<Onboarding>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM onboardings WHERE proved_ms IS NULL AND call IS NOT NULL AND greeting IS NULL ORDER BY id DESC LIMIT $1",
        )
        .bind(RUNS_MAX)
        .fetch_all(&self.pool)
        .await?;
        let mut found: Vec<Onboarding> = rows.iter().map(run).collect::<Result<_, _>>()?;
        found.retain(|one| one.call.as_ref().is_some_and(|call| call.operator == Some(operator)));
        let mut waiting = Vec::new();
        for mut one in found {
            let greetings = one.call.as_ref().map(|call| call.greetings.as_str()).unwrap_or_default();
            if greetings.is_empty() || greetings == self.greetings_now(one.customer).await? {
                self.look(&mut one).await?;
                waiting.push(one);
            }
        }
        Ok(waiting)
    }
}

fn missing(id: i64) -> StoreError {
    StoreError::Missing { what: "onboarding", id: id.to_string() }
}

/// The row, locked until the transaction ends.
async fn take(tx: &mut Tx, id: i64) -> Result<Onboarding, StoreError> {
    let sql = "UPDATE onboardings SET proved_by = proved_by WHERE id = $1 RETURNING *";
    let row = sqlx::query(sql).bind(id).fetch_optional(&mut **tx).await?;
    run(&row.ok_or_else(|| missing(id))?)
}

/// Writes the evidence; if all three hold now, the run is proved.
async fn keep(tx: &mut Tx, run: &mut Onboarding, who: &str, now_ms: i64) -> Result<(), StoreError> {
    if run.holds() && run.proved_ms.is_none() {
        (run.proved_ms, run.proved_by) = (Some(now_ms), who.to_owned());
        let about = format!("customer {}", run.customer);
        audit::add(tx, now_ms, who, "onboarding.proved", &about, &format!("run {}", run.id)).await?;
    }
    // Who called stands with the call, and goes with it.
    let call = run.call.clone().map(|call| CallProof { caller: String::new(), purged_ms: None, ..call });
    sqlx::query(
        "UPDATE onboardings SET route = $1, call = $2, greeting = $3, mail = $4, proved_ms = $5, proved_by = $6 WHERE id = $7",
    )
    .bind(document(run.route.as_ref(), "onboardings.route")?)
    .bind(document(call.as_ref(), "onboardings.call")?)
    .bind(document(run.greeting.as_ref(), "onboardings.greeting")?)
    .bind(document(run.mail.as_ref(), "onboardings.mail")?)
    .bind(run.proved_ms)
    .bind(storable(&run.proved_by).into_owned())
    .bind(run.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn document<T: Serialize>(value: Option<&T>, place: &'static str) -> Result<Option<String>, StoreError> {
    value.map(|value| Ok(storable(&to_json(value, place)?).into_owned())).transpose()
}

fn run(row: &AnyRow) -> Result<Onboarding, StoreError> {
    Ok(Onboarding {
        id: row.int("id")?,
        customer: row.int("customer")?,
        begun_ms: row.int("begun_ms")?,
        begun_by: row.text("begun_by")?,
        route: read(row, "route", "onboardings.route")?,
        call: read(row, "call", "onboardings.call")?,
        written: None,
        greeting: read(row, "greeting", "onboardings.greeting")?,
        mail: read(row, "mail", "onboardings.mail")?,
        proved_ms: row.maybe_int("proved_ms")?,
        proved_by: row.text("proved_by")?,
    })
}

fn read<T: serde::de::DeserializeOwned>(
    row: &AnyRow,
    column: &str,
    place: &'static str,
) -> Result<Option<T>, StoreError> {
    let damaged = |error: serde_json::Error| StoreError::Damaged { place, why: error.to_string() };
    row.maybe_text(column)?.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}
