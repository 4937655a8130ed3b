//! A database as a house of half a year has it, filled in one go: for the benchmark that asks it questions.

use report::{Draft, key};
use switch::CallId;

use crate::call::key as call_key;
use crate::database::Store;
use crate::error::StoreError;
use crate::report::{number_reversed, words_of};
use crate::row::to_json;
use crate::text::{digits, fold_fields, reversed, storable};
use crate::uuid::report_id_of_call;

/// Reports of one statement: either database takes some 30,000 values at once.
const ROWS: usize = 400;
/// Values of a row.
const VALUES: usize = 19;

/// A report that was sent when its call came, without edits and deliveries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filling {
    /// Of which call; its time is the report's.
    pub call: CallId,
    /// Client firm, and its name.
    pub customer: (i64, String),
    /// Caller, E.164 digits.
    pub caller: String,
    /// What is written.
    pub draft: Draft,
}

impl Store {
    /// Adds them all. Nothing but a benchmark should: no call, no edit and no delivery belongs to them.
    ///
    /// # Errors
    /// What the database says; some of them may be there then.
    pub async fn fill_reports(&self, reports: &[Filling]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for rows in reports.chunks(ROWS) {
            let places: Vec<String> = (0..rows.len()).map(places).collect();
            let sql = format!(
                "INSERT INTO reports (id, call, origin, customer, customer_name, caller, caller_reversed, callback_reversed, \
                 state, revision, kind, urgency, desired, person, operator, operator_name, lock_login, lock_name, \
                 lock_until_ms, created_ms, updated_ms, sent_ms, sent_by, draft, waiver, policy, class, search) VALUES {}",
                places.join(", ")
            );
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
            for row in rows {
                let text = |text: &str| storable(text).into_owned();
                let at_ms = row.call.unix_ms();
                query = query
                    .bind(report_id_of_call(row.call))
                    .bind(call_key(row.call))
                    .bind(row.customer.0)
                    .bind(text(&row.customer.1))
                    .bind(text(&row.caller))
                    .bind(reversed(&digits(&row.caller)))
                    .bind(number_reversed(row.draft.said(key::CALLBACK).unwrap_or_default()))
                    .bind(row.draft.kind.code())
                    .bind(row.draft.urgency().code())
                    .bind(row.draft.desired().map_or("", report::Desired::code))
                    .bind(text(row.draft.said(key::PERSON).unwrap_or_default()))
                    .bind(1_i64)
                    .bind(String::new())
                    .bind(at_ms)
                    .bind(at_ms)
                    .bind(at_ms)
                    .bind(text(&to_json(&row.draft, "reports.draft")?))
                    .bind("message")
                    .bind(fold_fields(&words_of(&row.draft)));
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The database looks at its tables: it plans by what it knows of them. PostgreSQL does it by itself after a while.
    ///
    /// # Errors
    /// What the database says.
    pub async fn analyze(&self) -> Result<(), StoreError> {
        sqlx::query("ANALYZE").execute(&self.pool).await?;
        Ok(())
    }
}

/// The placeholders of the row at this place.
fn places(row: usize) -> String {
    let at = |value: usize| format!("${}", row * VALUES + value);
    let [id, call, customer, name, caller, caller_reversed, callback_reversed, kind, urgency, desired] =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(at);
    let [person, operator, operator_name, created, updated, sent, draft, class, search] =
        [11, 12, 13, 14, 15, 16, 17, 18, 19].map(at);
    format!(
        "({id}, {call}, 'answered', {customer}, {name}, {caller}, {caller_reversed}, {callback_reversed}, 'sent', 2, {kind}, \
         {urgency}, {desired}, {person}, {operator}, {operator_name}, '', '', 0, {created}, {updated}, {sent}, '', {draft}, '', \
         'send', {class}, {search})"
    )
}
