//! Reports (受電報告): a draft for every call that a person answered, what was written into it, and what became of it.
//!
//! The invariant (F38, X02): [`Store::save_call`] makes the draft in its own transaction, so that an answered call without a
//! report cannot exist. A draft leaves its state by [`Store::send_report`] or [`Store::waive_report`], and by nothing else.
//! What was sent does not change: a correction ([`Store::correct_report`]) is a report of its own that follows it.

mod bridge;
mod correct;
mod draft;
mod due;
mod earlier;
mod lock;
mod open;
mod search;
mod send;

use report::{Draft, Kind, Urgency};
use serde::Serialize;
use sqlx::any::AnyRow;
use switch::CallId;

use crate::call::call_of_key;
use crate::database::{Store, Tx};
use crate::error::{Conflict, StoreError};
use crate::row::{Columns, from_word};

pub use draft::{CallFacts, StoredEdit};
pub(crate) use draft::{ensure_of_call, ensure_of_row, number_reversed, words_of};
pub use due::DueByThemselves;
pub use earlier::EarlierReport;
pub use lock::LOCK_MS;
pub use search::{ReportCursor, ReportPage, ReportQuery};
pub use send::{Sending, Sent};

/// Why there is a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person answered the call.
    Answered,
    /// The caller's words are in the message box.
    MessageBox,
    /// The caller gave up before a person answered, and the firm wants to be told.
    Abandoned,
    /// It corrects or completes one that was sent.
    FollowUp,
    /// It tells of several others (F27).
    Digest,
    /// Written by hand, without a call.
    Manual,
}

/// Where a report stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// Being written, or waiting for it.
    Draft,
    /// Done; its deliveries are rows of their own.
    Sent,
    /// There will be none, for a reason that is kept.
    Waived,
}

/// Who does something to a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Writer {
    /// Login of the web user, or "command line".
    pub login: String,
    /// Name, as the firm reads it.
    pub name: String,
    /// Operator's row, if it is one.
    pub operator: Option<i64>,
}

/// Who writes a draft at present.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Lock {
    /// Login.
    pub login: String,
    /// Name.
    pub name: String,
    /// From then on anybody may (unix milliseconds).
    pub until_ms: i64,
}

/// A report as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct ReportRow {
    /// UUID.
    pub id: String,
    /// Of which call, as 13 characters.
    #[serde(serialize_with = "maybe_call_text")]
    #[schema(value_type = Option<String>)]
    pub call: Option<CallId>,
    /// Why there is one.
    pub origin: Origin,
    /// Client firm; `None`: the call was for an unknown number.
    pub customer: Option<i64>,
    /// Its name at the time.
    pub customer_name: String,
    /// Caller, E.164 digits, or empty.
    pub caller: String,
    /// Where it stands.
    pub state: ReportState,
    /// Grows with each change of what is written.
    pub revision: i64,
    /// Operator who answered.
    pub operator: Option<i64>,
    /// His or her name.
    pub operator_name: String,
    /// Who writes it now; may have run out.
    pub lock: Option<Lock>,
    /// When the call came, or the report was begun.
    pub created_ms: i64,
    /// Last change.
    pub updated_ms: i64,
    /// Sent (saved together with its deliveries).
    pub sent_ms: Option<i64>,
    /// By whom, as the firm reads it.
    pub sent_by: String,
    /// The operator who sent or waived it, if it was one.
    pub sender: Option<i64>,
    /// First confirmed by one of its recipients.
    pub seen_ms: Option<i64>,
    /// What is written.
    pub draft: Draft,
    /// The report that this one corrects.
    pub follows: Option<String>,
    /// Why there will be none.
    pub waiver: String,
    /// What the firm's rules made of it when it was sent.
    #[schema(value_type = Option<String>)]
    pub policy: Option<report::Policy>,
    /// Billing class; empty: not counted.
    pub class: String,
}

impl ReportRow {
    /// What sort of call it was.
    pub fn kind(&self) -> Kind {
        self.draft.kind
    }

    /// How urgent.
    pub fn urgency(&self) -> Urgency {
        self.draft.urgency()
    }
}

fn maybe_call_text<S: serde::Serializer>(call: &Option<CallId>, serializer: S) -> Result<S::Ok, S::Error> {
    match call {
        Some(call) => serializer.collect_str(call),
        None => serializer.serialize_none(),
    }
}

impl Store {
    /// One report.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn report(&self, id: &str) -> Result<ReportRow, StoreError> {
        let row = sqlx::query("SELECT * FROM reports WHERE id = $1 AND purged_ms IS NULL")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        report_row(&row.ok_or_else(|| missing(id))?)
    }

    /// The report of a call, if there is one: without making it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report_of_call(&self, call: CallId) -> Result<Option<ReportRow>, StoreError> {
        let sql = "SELECT * FROM reports WHERE call = $1 AND purged_ms IS NULL";
        let row = sqlx::query(sql).bind(crate::call::key(call)).fetch_optional(&self.pool).await?;
        row.as_ref().map(report_row).transpose()
    }
}

/// Takes the report's row, so that nobody else changes it before this transaction ends, and reads it.
pub(crate) async fn take(tx: &mut Tx, id: &str) -> Result<ReportRow, StoreError> {
    let row = sqlx::query("UPDATE reports SET revision = revision WHERE id = $1 AND purged_ms IS NULL RETURNING *")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    report_row(&row.ok_or_else(|| missing(id))?)
}

/// The same, if it is a draft.
pub(crate) async fn take_draft(tx: &mut Tx, id: &str) -> Result<ReportRow, StoreError> {
    let report = take(tx, id).await?;
    match report.state {
        ReportState::Draft => Ok(report),
        state @ (ReportState::Sent | ReportState::Waived) => Err(Conflict::NotDraft { state }.into()),
    }
}

pub(crate) fn missing(id: &str) -> StoreError {
    StoreError::Missing { what: "report", id: id.to_owned() }
}

pub(crate) fn report_row(row: &AnyRow) -> Result<ReportRow, StoreError> {
    let lock_login = row.text("lock_login")?;
    let lock = if lock_login.is_empty() {
        None
    } else {
        Some(Lock { login: lock_login, name: row.text("lock_name")?, until_ms: row.int("lock_until_ms")? })
    };
    let policy = row.text("policy")?;
    Ok(ReportRow {
        id: row.text("id")?,
        call: row.maybe_int("call")?.map(call_of_key),
        origin: variant(&row.text("origin")?, "reports.origin")?,
        customer: row.maybe_int("customer")?,
        customer_name: row.text("customer_name")?,
        caller: row.text("caller")?,
        state: variant(&row.text("state")?, "reports.state")?,
        revision: row.int("revision")?,
        operator: row.maybe_int("operator")?,
        operator_name: row.text("operator_name")?,
        lock,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
        sent_ms: row.maybe_int("sent_ms")?,
        sent_by: row.text("sent_by")?,
        sender: row.maybe_int("sender")?,
        seen_ms: row.maybe_int("seen_ms")?,
        draft: row.json("draft", "reports.draft")?,
        follows: row.maybe_text("follows")?,
        waiver: row.text("waiver")?,
        policy: if policy.is_empty() { None } else { Some(variant(&policy, "reports.policy")?) },
        class: row.text("class")?,
    })
}

/// The variant of a word in a column.
pub(crate) fn variant<T: serde::de::DeserializeOwned>(word: &str, place: &'static str) -> Result<T, StoreError> {
    from_word(word).ok_or_else(|| StoreError::Damaged { place, why: format!("{word:?} is none of its words") })
}
