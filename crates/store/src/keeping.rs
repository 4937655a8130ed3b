//! How long things are kept (F54): six calendar months in Japan (F56) unless the house or a firm says otherwise; and what is held back
//! whatever its age.

mod ledger;
mod purge;

pub use ledger::{PurgeRow, Purged};
pub use purge::{DueCase, PURGE_MAX, Waiting};

use report::japan;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use switch::CallId;

use crate::audit;
use crate::call::{call_of_key, key};
use crate::check::Checks;
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::handling::visible_from_ms;
use crate::row::Columns;
use crate::text::storable;

/// The house's own retention, as a customer's row.
pub const HOUSE: i64 = 0;
/// Longest retention: ten years.
const DAYS_MAX: i64 = 3653;
/// Characters of a reason.
const WHY_CHARS_MAX: usize = 500;
/// Holds that one question is answered with.
const HOLDS_MAX: i64 = 1000;

/// How long a firm's calls and reports are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Retention {
    /// The firm; 0: every firm that has none of its own.
    pub customer: i64,
    /// Whole days in Japan.
    pub days: i64,
    /// Last change, unix milliseconds.
    pub changed_ms: i64,
    /// By whom.
    pub changed_by: String,
}

/// What is to be held back: one of the three.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewHold {
    /// A call, as 13 characters, with its recording and its report.
    pub call: Option<String>,
    /// A report, with its call.
    pub report: Option<String>,
    /// Everything of a firm.
    pub customer: Option<i64>,
    /// Why: for whoever asks in a year.
    pub why: String,
}

/// A hold. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct HoldRow {
    /// Row.
    pub id: i64,
    /// A call, as 13 characters,
    pub call: Option<String>,
    /// or a report,
    pub report: Option<String>,
    /// or everything of a firm.
    pub customer: Option<i64>,
    /// Why.
    pub why: String,
    /// Since when.
    pub held_ms: i64,
    /// By whom.
    pub held_by: String,
    /// Until when; `None`: it holds.
    pub ended_ms: Option<i64>,
    /// Who ended it.
    pub ended_by: String,
}

/// Until when things are purged now: what came before goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cutoffs {
    /// Midnight in Japan: a firm's days are counted back from it.
    pub(crate) today_ms: i64,
    /// Of firms without days of their own.
    pub(crate) usual_ms: i64,
    /// The latest of all.
    pub(crate) latest_ms: i64,
}

impl Store {
    /// Every retention that somebody has set; the house's first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn retentions(&self) -> Result<Vec<Retention>, StoreError> {
        let rows = sqlx::query("SELECT * FROM retentions ORDER BY customer").fetch_all(&self.pool).await?;
        let retention = |row: &AnyRow| {
            Ok(Retention {
                customer: row.int("customer")?,
                days: row.int("days")?,
                changed_ms: row.int("changed_ms")?,
                changed_by: row.text("changed_by")?,
            })
        };
        rows.iter().map(retention).collect()
    }

    /// Sets a firm's days, or those of the house ([`HOUSE`]); `None`: the usual ones again.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for days that are none, [`StoreError::Missing`] without such a firm, and what the database says.
    pub async fn set_retention(
        &self,
        customer: i64,
        days: Option<i64>,
        who: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut checks = Checks::default();
        checks.within("days", days.unwrap_or(1), 1, DAYS_MAX);
        checks.end(())?;
        if customer != HOUSE {
            self.customer(customer).await?;
        }
        let mut tx = self.begin().await?;
        match days {
            Some(days) => {
                sqlx::query(
                    "INSERT INTO retentions (customer, days, changed_ms, changed_by) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (customer) DO UPDATE SET days = excluded.days, changed_ms = excluded.changed_ms, \
                     changed_by = excluded.changed_by",
                )
                .bind(customer)
                .bind(days)
                .bind(now_ms)
                .bind(storable(who).into_owned())
                .execute(&mut *tx)
                .await?
            }
            None => sqlx::query("DELETE FROM retentions WHERE customer = $1").bind(customer).execute(&mut *tx).await?,
        };
        let detail = days.map_or_else(|| "usual".to_owned(), |days| format!("{days} days"));
        let about = if customer == HOUSE { "house".to_owned() } else { format!("customer {customer}") };
        audit::add(&mut tx, now_ms, who, "retention.change", &about, &detail).await?;
        tx.commit().await?;
        Ok(())
    }

    /// From when on things are kept now, by the house's own rule, unix milliseconds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn kept_from_ms(&self, now_ms: i64) -> Result<i64, StoreError> {
        Ok(self.cutoffs(now_ms).await?.usual_ms)
    }

    pub(crate) async fn cutoffs(&self, now_ms: i64) -> Result<Cutoffs, StoreError> {
        let today_ms = japan::ms(japan::civil(now_ms).date(), 0);
        let back = |days: i64| today_ms.saturating_sub(days.saturating_mul(japan::DAY_MS));
        let all = self.retentions().await?;
        let house = all.iter().find(|one| one.customer == HOUSE);
        let usual_ms = house.map_or_else(|| visible_from_ms(now_ms), |house| back(house.days));
        let own = all.iter().filter(|one| one.customer != HOUSE).map(|one| back(one.days));
        Ok(Cutoffs { today_ms, usual_ms, latest_ms: own.chain([usual_ms]).max().unwrap_or(usual_ms) })
    }

    /// The holds, newest first: those that hold, or all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holds(&self, open: bool) -> Result<Vec<HoldRow>, StoreError> {
        let which = if open { "WHERE ended_ms IS NULL" } else { "" };
        let sql = format!("SELECT * FROM holds {which} ORDER BY id DESC LIMIT $1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(HOLDS_MAX).fetch_all(&self.pool).await?;
        rows.iter().map(hold_row).collect()
    }

    /// Holds something back from the purge from now on.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a reason, or if it is not about one thing; [`StoreError::Missing`] if that is not there, or was
    /// purged; and what the database says.
    pub async fn hold(&self, new: &NewHold, who: &str, now_ms: i64) -> Result<HoldRow, StoreError> {
        let mut checks = Checks::default();
        checks.needed_line("why", &new.why, WHY_CHARS_MAX);
        let given = [new.call.is_some(), new.report.is_some(), new.customer.is_some()];
        if given.into_iter().filter(|given| *given).count() != 1 {
            checks.fail("about", "a hold is about one thing", "give a call, a report or a client firm");
        }
        checks.end(())?;
        let mut tx = self.begin().await?;
        // Behind a purge that is under way: what it takes is not there to be held.
        ledger::take(&mut tx).await?;
        let call = check_there(&mut tx, new).await?;
        let id = next_id(&mut tx, "holds").await?;
        let row = sqlx::query(
            "INSERT INTO holds (id, call, report, customer, why, held_ms, held_by, ended_ms, ended_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, '') RETURNING *",
        )
        .bind(id)
        .bind(call.map(key))
        .bind(new.report.as_deref())
        .bind(new.customer)
        .bind(storable(new.why.trim()).into_owned())
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .fetch_one(&mut *tx)
        .await?;
        let row = hold_row(&row)?;
        // Why stands with the hold alone, and goes with what was held.
        audit::add(&mut tx, now_ms, who, "hold.set", &row.about(), "").await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Ends a hold: what it was about goes with the next purge, if its time is over.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none, or it has ended; and what the database says.
    pub async fn release(&self, id: i64, who: &str, now_ms: i64) -> Result<HoldRow, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE holds SET ended_ms = $1, ended_by = $2 WHERE id = $3 AND ended_ms IS NULL RETURNING *";
        let row =
            sqlx::query(sql).bind(now_ms).bind(storable(who).into_owned()).bind(id).fetch_optional(&mut *tx).await?;
        let row = row.ok_or_else(|| StoreError::Missing { what: "hold", id: id.to_string() })?;
        let row = hold_row(&row)?;
        audit::add(&mut tx, now_ms, who, "hold.end", &row.about(), "").await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// That what is to be held is there and was not purged; the call's row, if it is about one.
async fn check_there(tx: &mut Tx, new: &NewHold) -> Result<Option<CallId>, StoreError> {
    if let Some(report) = &new.report {
        crate::report::take(tx, report).await?;
    }
    if let Some(customer) = new.customer {
        let found: Option<i64> = sqlx::query_scalar("SELECT id FROM customers WHERE id = $1")
            .bind(customer)
            .fetch_optional(&mut **tx)
            .await?;
        found.ok_or_else(|| StoreError::Missing { what: "customer", id: customer.to_string() })?;
    }
    let Some(text) = &new.call else { return Ok(None) };
    let missing = || StoreError::Missing { what: "call", id: text.clone() };
    let call: CallId = text.parse().map_err(|_| missing())?;
    let sql = "SELECT id FROM calls WHERE id = $1 AND purged_ms IS NULL";
    let found: Option<i64> = sqlx::query_scalar(sql).bind(key(call)).fetch_optional(&mut **tx).await?;
    found.map(|_| Some(call)).ok_or_else(missing)
}

impl HoldRow {
    /// As the audit log names it.
    fn about(&self) -> String {
        match (&self.call, &self.report, self.customer) {
            (Some(call), _, _) => call.clone(),
            (None, Some(report), _) => format!("report {report}"),
            (None, None, Some(customer)) => format!("customer {customer}"),
            (None, None, None) => String::new(),
        }
    }
}

fn hold_row(row: &AnyRow) -> Result<HoldRow, StoreError> {
    Ok(HoldRow {
        id: row.int("id")?,
        call: row.maybe_int("call")?.map(|call| call_of_key(call).to_string()),
        report: row.maybe_text("report")?,
        customer: row.maybe_int("customer")?,
        why: row.text("why")?,
        held_ms: row.int("held_ms")?,
        held_by: row.text("held_by")?,
        ended_ms: row.maybe_int("ended_ms")?,
        ended_by: row.text("ended_by")?,
    })
}
