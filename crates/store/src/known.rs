//! Which client firms an operator knows: preferred for their calls, not required.

use std::collections::{BTreeSet, HashMap};

use sqlx::any::Any;
use sqlx::{AnyConnection, Transaction};

use crate::check::{CODE_CHARS_MAX, Checks};
use crate::customer::id_of_code;
use crate::error::StoreError;
use crate::row::Columns;

/// Firms that one operator knows.
const KNOWN_MAX: usize = 500;
const FIELD: &str = "knows";

/// Codes as they are stored; whether there are such firms only [`replace`] can tell.
pub(crate) fn checked(checks: &mut Checks, codes: &[String]) -> Vec<String> {
    if codes.len() > KNOWN_MAX {
        checks.fail(FIELD, format!("{} firms are too many", codes.len()), format!("give at most {KNOWN_MAX}"));
    }
    let mut kept: Vec<String> = codes.iter().map(|code| code.trim().to_ascii_lowercase()).collect();
    kept.sort();
    kept.dedup();
    kept
}

/// The operator knows exactly these firms, by code; within a directory change.
pub(crate) async fn replace(
    tx: &mut Transaction<'static, Any>,
    operator: i64,
    codes: &[String],
) -> Result<(), StoreError> {
    let mut checks = Checks::default();
    let mut customers = BTreeSet::new();
    for code in codes {
        match id_of_code(tx, code).await? {
            Some(id) => {
                customers.insert(id);
            }
            None => checks.fail(
                FIELD,
                format!("there is no firm {code:.CODE_CHARS_MAX$?}"),
                "give the codes of firms, as in their list",
            ),
        }
    }
    checks.end(())?;
    sqlx::query("DELETE FROM known_customers WHERE operator = $1").bind(operator).execute(&mut **tx).await?;
    for customer in customers {
        sqlx::query("INSERT INTO known_customers (operator, customer) VALUES ($1, $2)")
            .bind(operator)
            .bind(customer)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Codes of the firms that one operator knows.
pub(crate) async fn of_operator(connection: &mut AnyConnection, operator: i64) -> Result<Vec<String>, StoreError> {
    let mut codes: Vec<String> = sqlx::query_scalar(
        "SELECT customers.code FROM known_customers JOIN customers ON customers.id = known_customers.customer \
         WHERE known_customers.operator = $1",
    )
    .bind(operator)
    .fetch_all(connection)
    .await?;
    // Not by the database, whose order of letters is its own.
    codes.sort();
    Ok(codes)
}

/// The same of all operators.
pub(crate) async fn by_operator(connection: &mut AnyConnection) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let rows = sqlx::query(
        "SELECT known_customers.operator, customers.code FROM known_customers \
         JOIN customers ON customers.id = known_customers.customer",
    )
    .fetch_all(connection)
    .await?;
    let mut known: HashMap<i64, Vec<String>> = HashMap::new();
    for row in &rows {
        known.entry(row.int("operator")?).or_default().push(row.text("code")?);
    }
    known.values_mut().for_each(|codes| codes.sort());
    Ok(known)
}

/// Rows of the firms that each operator knows, as the queue has them.
pub(crate) async fn rows_by_operator(
    connection: &mut AnyConnection,
) -> Result<HashMap<i64, BTreeSet<u64>>, StoreError> {
    let rows = sqlx::query("SELECT operator, customer FROM known_customers").fetch_all(connection).await?;
    let mut known: HashMap<i64, BTreeSet<u64>> = HashMap::new();
    for row in &rows {
        let customer = row.small("customer", "known_customers.customer")?;
        known.entry(row.int("operator")?).or_default().insert(customer);
    }
    Ok(known)
}
