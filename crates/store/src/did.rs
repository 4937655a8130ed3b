//! DIDs: the numbers that client firms forward to.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyConnection, Transaction};

use crate::check::Checks;
use crate::customer::missing;
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// A number and whose it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct DidRow {
    /// E.164 digits without the plus.
    pub number: String,
    /// Customer's row.
    pub customer: i64,
    /// Customer's code.
    pub code: String,
    /// Customer's name.
    pub name: String,
    /// False: the customer has ended, and calls to this number are those of an unknown number.
    pub active: bool,
}

const SELECT: &str = "SELECT dids.number, dids.customer, customers.code, customers.name, customers.active \
                      FROM dids JOIN customers ON customers.id = dids.customer";

impl Store {
    /// All numbers, by digits.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dids(&self) -> Result<Vec<DidRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY dids.number"));
        sqlx::query(sql).fetch_all(&self.pool).await?.iter().map(did_row).collect()
    }

    /// Whose number is this? `text` in any form.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is no number, [`StoreError::Missing`], and what the database says.
    pub async fn did(&self, text: &str) -> Result<DidRow, StoreError> {
        let number = parse(text)?;
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE dids.number = $1"));
        let row = sqlx::query(sql).bind(&number).fetch_optional(&self.pool).await?;
        did_row(&row.ok_or(StoreError::Missing { what: "number", id: number })?)
    }

    /// Gives a number to a customer, after those it has.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is no number or another active customer's, [`StoreError::Missing`] customer, and what
    /// the database says.
    pub async fn add_did(&self, text: &str, customer: i64) -> Result<DidRow, StoreError> {
        let number = parse(text)?;
        let mut tx = self.begin_directory_change().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT id FROM customers WHERE id = $1 AND active = 1")
            .bind(customer)
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_none() {
            return Err(missing(customer));
        }
        let mut numbers = of_customer(&mut tx, customer).await?;
        if !numbers.contains(&number) {
            numbers.push(number.clone());
        }
        replace(&mut tx, customer, &numbers).await?;
        tx.commit().await?;
        self.did(&number_text(&number)).await
    }

    /// Takes a number away from whoever has it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if it is no number, [`StoreError::Missing`], and what the database says.
    pub async fn remove_did(&self, text: &str) -> Result<(), StoreError> {
        let number = parse(text)?;
        let mut tx = self.begin_directory_change().await?;
        let done = sqlx::query("DELETE FROM dids WHERE number = $1").bind(&number).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing { what: "number", id: number });
        }
        tx.commit().await?;
        Ok(())
    }
}

fn parse(text: &str) -> Result<String, StoreError> {
    let mut checks = Checks::default();
    let number = checks.number("number", text);
    checks.end(number.unwrap_or_default())
}

/// Stored digits in a form that is parsed as what it is.
fn number_text(digits: &str) -> String {
    format!("+{digits}")
}

/// The customer's numbers become exactly `numbers` (E.164 digits); within a directory change.
pub(crate) async fn replace(
    tx: &mut Transaction<'static, Any>,
    customer: i64,
    numbers: &[String],
) -> Result<(), StoreError> {
    let mut checks = Checks::default();
    let line = crate::settings::load(tx).await?.recordings_line;
    for number in numbers {
        if *number == line {
            let what = format!("+{number} is the house's recordings line");
            checks.fail("dids", what, "give the line another number in the settings first");
        }
        let owner = sqlx::query(
            "SELECT customers.id, customers.code, customers.name FROM dids JOIN customers ON customers.id = dids.customer \
             WHERE dids.number = $1 AND customers.active = 1 AND customers.id <> $2",
        )
        .bind(number)
        .bind(customer)
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(owner) = owner {
            let (code, name) = (owner.text("code")?, owner.text("name")?);
            checks.fail(
                "dids",
                format!("+{number} belongs to {code} ({name}) already"),
                "take it away from that customer first",
            );
        }
    }
    checks.end(())?;
    sqlx::query("DELETE FROM dids WHERE customer = $1").bind(customer).execute(&mut **tx).await?;
    for (place, number) in (0i64..).zip(numbers) {
        // Only a customer that has ended can have it still.
        sqlx::query(
            "INSERT INTO dids (number, customer, place) VALUES ($1, $2, $3) \
             ON CONFLICT (number) DO UPDATE SET customer = excluded.customer, place = excluded.place",
        )
        .bind(number)
        .bind(customer)
        .bind(place)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The code of the active firm whose number this is.
pub(crate) async fn owner(tx: &mut Transaction<'static, Any>, number: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT customers.code FROM dids JOIN customers ON customers.id = dids.customer \
               WHERE dids.number = $1 AND customers.active = 1";
    Ok(sqlx::query_scalar(sql).bind(number).fetch_optional(&mut **tx).await?)
}

pub(crate) async fn of_customer(connection: &mut AnyConnection, customer: i64) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT number FROM dids WHERE customer = $1 ORDER BY place")
        .bind(customer)
        .fetch_all(connection)
        .await?)
}

pub(crate) async fn by_customer(connection: &mut AnyConnection) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let rows = sqlx::query("SELECT customer, number FROM dids ORDER BY customer, place").fetch_all(connection).await?;
    let mut dids: HashMap<i64, Vec<String>> = HashMap::new();
    for row in &rows {
        dids.entry(row.int("customer")?).or_default().push(row.text("number")?);
    }
    Ok(dids)
}

fn did_row(row: &AnyRow) -> Result<DidRow, StoreError> {
    Ok(DidRow {
        number: row.text("number")?,
        customer: row.int("customer")?,
        code: row.text("code")?,
        name: row.text("name")?,
        active: row.flag("active")?,
    })
}
