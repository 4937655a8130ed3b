//! How a client firm was identified before it was served (犯罪収益移転防止法): a record that is only added to. It is kept for seven
//! years after the contract's end, so nothing here takes a row away.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::audit;
use crate::check::{Checks, GREETING_CHARS_MAX, NAME_CHARS_MAX};
use crate::customer;
use crate::database::{Store, next_id};
use crate::error::StoreError;
use crate::report::variant;
use crate::row::{Columns, word};
use crate::text::storable;

/// Records of a firm that are read back.
const RECORDS_MAX: i64 = 50;

/// In which way somebody was identified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMethod {
    /// 対面: the documents were shown in person.
    #[default]
    InPerson,
    /// 郵送: copies came by post, and a letter that may not be forwarded reached the address.
    Post,
    /// オンライン: by a service that reads the document's chip, or the firm's register.
    Online,
}

/// What was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityForm {
    /// In which way.
    pub method: IdentityMethod,
    /// 登記事項証明書, 運転免許証, …
    pub document: String,
    /// The document's number or date; no copy of it is kept here.
    pub reference: String,
    /// Who acted for the firm.
    pub representative: String,
    /// What the firm uses the service for.
    pub purpose: String,
    /// The day in Japan: `2026-11-22`.
    pub checked_on: String,
    /// More.
    pub note: String,
}

/// A record as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct IdentityRow {
    /// Row id.
    pub id: i64,
    /// Client firm.
    pub customer: i64,
    /// What was looked at.
    #[serde(flatten)]
    pub form: IdentityForm,
    /// Written when, unix milliseconds,
    pub noted_ms: i64,
    /// and by whom.
    pub noted_by: String,
}

impl Store {
    /// How a firm was identified, newest first.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn identity_checks(&self, customer: i64) -> Result<Vec<IdentityRow>, StoreError> {
        let mut tx = self.begin().await?;
        customer::need(&mut tx, customer).await?;
        let rows = sqlx::query("SELECT * FROM identity_checks WHERE customer = $1 ORDER BY id DESC LIMIT $2")
            .bind(customer)
            .bind(RECORDS_MAX)
            .fetch_all(&mut *tx)
            .await?;
        tx.commit().await?;
        rows.iter().map(identity_row).collect()
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with each field that is wrong, [`StoreError::Missing`] customer, and what the database says.
    pub async fn add_identity_check(
        &self,
        customer: i64,
        form: &IdentityForm,
        who: &str,
        now_ms: i64,
    ) -> Result<IdentityRow, StoreError> {
        let form = checked(form)?;
        let mut tx = self.begin().await?;
        customer::need(&mut tx, customer).await?;
        let id = next_id(&mut tx, "identity_checks").await?;
        sqlx::query(
            "INSERT INTO identity_checks (id, customer, method, document, reference, representative, purpose, checked_on, note, \
             noted_ms, noted_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id)
        .bind(customer)
        .bind(word(&form.method))
        .bind(storable(&form.document).into_owned())
        .bind(storable(&form.reference).into_owned())
        .bind(storable(&form.representative).into_owned())
        .bind(storable(&form.purpose).into_owned())
        .bind(&form.checked_on)
        .bind(storable(&form.note).into_owned())
        .bind(now_ms)
        .bind(storable(who).into_owned())
        .execute(&mut *tx)
        .await?;
        audit::add(&mut tx, now_ms, who, "identity.check", &format!("customer {customer}"), &word(&form.method))
            .await?;
        tx.commit().await?;
        Ok(IdentityRow { id, customer, form, noted_ms: now_ms, noted_by: who.to_owned() })
    }
}

fn checked(form: &IdentityForm) -> Result<IdentityForm, StoreError> {
    let mut checks = Checks::default();
    let checked_on = form.checked_on.trim().to_owned();
    if checked_on.len() != 10 || checked_on.parse::<jiff::civil::Date>().is_err() {
        checks.fail("checked_on", format!("{:.20?} is no day", form.checked_on), "write it as 2026-11-22");
    }
    let form = IdentityForm {
        method: form.method,
        document: checks.needed_line("document", &form.document, NAME_CHARS_MAX),
        reference: checks.line("reference", &form.reference, NAME_CHARS_MAX),
        representative: checks.needed_line("representative", &form.representative, NAME_CHARS_MAX),
        purpose: checks.line("purpose", &form.purpose, NAME_CHARS_MAX),
        checked_on,
        note: checks.prose("note", &form.note, GREETING_CHARS_MAX),
    };
    checks.end(form)
}

fn identity_row(row: &AnyRow) -> Result<IdentityRow, StoreError> {
    Ok(IdentityRow {
        id: row.int("id")?,
        customer: row.int("customer")?,
        form: IdentityForm {
            method: variant(&row.text("method")?, "identity_checks.method")?,
            document: row.text("document")?,
            reference: row.text("reference")?,
            representative: row.text("representative")?,
            purpose: row.text("purpose")?,
            checked_on: row.text("checked_on")?,
            note: row.text("note")?,
        },
        noted_ms: row.int("noted_ms")?,
        noted_by: row.text("noted_by")?,
    })
}
