//! Each firm's account of a month (F38, F60): answered calls on one side, what became of their reports on the other. The sides are
//! counted from different tables.

use serde::Serialize;
use sqlx::any::AnyRow;

use crate::billing::Month;
use crate::database::Store;
use crate::error::StoreError;
use crate::reconcile::{NEEDS_REPORT, id_at};
use crate::report::{ReportState, variant};
use crate::row::Columns;

/// A firm's account of a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Account {
    /// Client firm; `None`: calls for numbers of nobody.
    pub customer: Option<i64>,
    /// Calls that are over and need a report, by their records.
    pub answered: i64,
    /// Reports of calls: sent,
    pub sent: i64,
    /// not written, for a reason that is kept,
    pub waived: i64,
    /// being written.
    pub open: i64,
}

impl Account {
    /// Both sides are the same.
    pub fn holds(&self) -> bool {
        self.answered == self.sent + self.waived + self.open
    }
}

impl Store {
    /// All firms' accounts of a month, by firm. Calls from before reports were kept are not counted, nor those that are not over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn accounts(&self, month: Month) -> Result<Vec<Account>, StoreError> {
        let (from_ms, to_ms) = month.range_ms();
        let mut connection = self.pool.acquire().await?;
        let since: i64 =
            sqlx::query_scalar("SELECT calls_after FROM reporting WHERE id = 1").fetch_one(&mut *connection).await?;
        let (first, end) = (id_at(from_ms).max(since.saturating_add(1)), id_at(to_ms));
        let calls = format!(
            "SELECT customer, COUNT(*) AS number FROM calls WHERE id >= $1 AND id < $2 AND {NEEDS_REPORT} GROUP BY customer"
        );
        let calls = sqlx::query(sqlx::AssertSqlSafe(calls)).bind(first).bind(end).fetch_all(&mut *connection).await?;
        let reports = sqlx::query(
            "SELECT reports.customer, reports.state, COUNT(*) AS number FROM reports JOIN calls ON calls.id = reports.call \
             WHERE reports.call >= $1 AND reports.call < $2 AND calls.state IN ('cleared', 'interrupted') \
             GROUP BY reports.customer, reports.state",
        )
        .bind(first)
        .bind(end)
        .fetch_all(&mut *connection)
        .await?;
        let mut accounts: Vec<Account> = Vec::new();
        for row in &calls {
            of(&mut accounts, row)?.answered = row.int("number")?;
        }
        for row in &reports {
            let account = of(&mut accounts, row)?;
            let count = match variant(&row.text("state")?, "reports.state")? {
                ReportState::Sent => &mut account.sent,
                ReportState::Waived => &mut account.waived,
                ReportState::Draft => &mut account.open,
            };
            *count = row.int("number")?;
        }
        accounts.sort_by_key(|account| account.customer);
        Ok(accounts)
    }

    /// One firm's account of a month.
    ///
    /// # Errors
    /// As [`Store::accounts`].
    pub async fn account(&self, customer: i64, month: Month) -> Result<Account, StoreError> {
        let found = self.accounts(month).await?.into_iter().find(|account| account.customer == Some(customer));
        Ok(found.unwrap_or(Account { customer: Some(customer), ..Account::default() }))
    }
}

/// The account of a row's firm, begun if there is none yet.
fn of<'a>(accounts: &'a mut Vec<Account>, row: &AnyRow) -> Result<&'a mut Account, StoreError> {
    let customer = row.maybe_int("customer")?;
    let place = match accounts.iter().position(|account| account.customer == customer) {
        Some(place) => place,
        None => {
            accounts.push(Account { customer, ..Account::default() });
            accounts.len() - 1
        }
    };
    let known = accounts.get_mut(place);
    known.ok_or_else(|| StoreError::Damaged { place: "accounts", why: "a firm without one".to_owned() })
}
