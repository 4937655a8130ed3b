//! Drafts: made with the call, changed edit by edit, so that no browser, operator or process takes anything with it (F26, X01).

use report::{Draft, Edit, key};
use serde::Serialize;
use switch::{CallId, CallRecord};

use super::{Origin, ReportRow, Writer, lock, report_row, take_draft};
use crate::call::key as call_key;
use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::row::{Columns, to_json, word};
use crate::text::{digits, fold_fields, reversed, storable};
use crate::uuid::{new_id, report_id_of_call};

/// Edits that one request brings.
const EDITS_AT_ONCE_MAX: usize = 200;
/// Edits of one report that are kept.
const EDITS_MAX: i64 = 10_000;
/// The kind of the event that tells of a message in the box, and the ending of such a call.
const MESSAGE_LEFT: &str = "message_left";

/// What is known of a call before its record is saved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallFacts {
    /// Client firm; `None`: unknown number.
    pub customer: Option<i64>,
    /// Its name.
    pub customer_name: String,
    /// Caller, E.164 digits, or empty.
    pub caller: String,
    /// Operator who answered.
    pub operator: Option<i64>,
    /// His or her name.
    pub operator_name: String,
}

/// An edit as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct StoredEdit {
    /// The report's revision that it made.
    pub revision: i64,
    /// The edit.
    #[serde(flatten)]
    pub edit: Edit,
}

impl Store {
    /// The draft of a call, made if the call's record has not come yet: then of these facts, which the record will replace.
    ///
    /// # Errors
    /// What the database says.
    pub async fn draft_of_call(&self, call: CallId, facts: &CallFacts) -> Result<ReportRow, StoreError> {
        // Reading first: a draft is made once, and asked for again and again.
        if let Some(report) = self.report_of_call(call).await? {
            return Ok(report);
        }
        let mut tx = self.begin().await?;
        insert(&mut tx, &Seed::of_facts(call, facts), Known::First).await?;
        let row = sqlx::query("SELECT * FROM reports WHERE call = $1").bind(call_key(call)).fetch_one(&mut *tx).await?;
        let report = report_row(&row)?;
        tx.commit().await?;
        Ok(report)
    }

    /// A draft without a call, or of one that no operator took.
    ///
    /// # Errors
    /// [`StoreError::Missing`] customer, and what the database says.
    pub async fn begin_report(&self, customer: i64, writer: &Writer, now_ms: i64) -> Result<ReportRow, StoreError> {
        let id = new_id(now_ms)?;
        let mut tx = self.begin().await?;
        let name: Option<String> = sqlx::query_scalar("SELECT name FROM customers WHERE id = $1")
            .bind(customer)
            .fetch_optional(&mut *tx)
            .await?;
        let seed = Seed {
            id: id.clone(),
            call: None,
            origin: Origin::Manual,
            customer: Some(customer),
            customer_name: name.ok_or_else(|| crate::customer::missing(customer))?,
            caller: String::new(),
            operator: writer.operator,
            operator_name: writer.name.clone(),
            created_ms: now_ms,
            follows: None,
            draft: Draft::default(),
        };
        insert(&mut tx, &seed, Known::First).await?;
        crate::audit::add(&mut tx, now_ms, &writer.login, "report.begin", &lock::about(&id), "").await?;
        tx.commit().await?;
        self.report(&id).await
    }

    /// Saves changes of a draft, all or none, and renews the writer's lock. A change that changes nothing leaves no trace, so that
    /// a browser may send again what it is not sure of.
    ///
    /// # Errors
    /// [`Conflict::Locked`](crate::Conflict) by another, `NotDraft`, [`StoreError::Unfit`] for an answer that cannot be one,
    /// [`StoreError::Missing`], and what the database says.
    pub async fn edit_report(
        &self,
        id: &str,
        edits: &[Edit],
        writer: &Writer,
        now_ms: i64,
    ) -> Result<ReportRow, StoreError> {
        if edits.len() > EDITS_AT_ONCE_MAX {
            let what = format!("{} at once are too many", edits.len());
            return Err(StoreError::invalid("edits", what, format!("send at most {EDITS_AT_ONCE_MAX}")));
        }
        let mut tx = self.begin().await?;
        let mut report = take_draft(&mut tx, id).await?;
        lock::refuse_locked(&report, writer, now_ms)?;
        let mut place: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(place), -1) + 1 FROM report_edits WHERE report = $1")
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
        let (begun, revision) = (place, report.revision.saturating_add(1));
        for edit in edits {
            let before = report.draft.clone();
            report.draft.apply(edit).map_err(|problem| StoreError::Unfit(vec![problem]))?;
            if report.draft != before {
                add_edit(&mut tx, id, place, revision, edit).await?;
                place = place.saturating_add(1);
            }
        }
        if place > EDITS_MAX {
            let what = format!("this report has been changed {EDITS_MAX} times");
            return Err(StoreError::invalid("edits", what, "send it, or write another"));
        }
        if place > begun {
            (report.revision, report.updated_ms) = (revision, now_ms);
            write(&mut tx, &report, &[]).await?;
        }
        report.lock = Some(lock::renew(&mut tx, id, writer, now_ms).await?);
        tx.commit().await?;
        Ok(report)
    }

    /// Every change of a report, in order: who wrote what, and at which moment of the recording.
    ///
    /// # Errors
    /// What the database says.
    pub async fn report_edits(&self, id: &str) -> Result<Vec<StoredEdit>, StoreError> {
        let rows = sqlx::query("SELECT * FROM report_edits WHERE report = $1 ORDER BY place LIMIT $2")
            .bind(id)
            .bind(EDITS_MAX)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let value = row.maybe_text("value")?;
                let value = value.map(|text| from_json(&text)).transpose()?;
                Ok(StoredEdit {
                    revision: row.int("revision")?,
                    edit: Edit {
                        key: row.text("key")?,
                        value,
                        at_ms: row.int("at_ms")?,
                        offset_ms: row.maybe_int("offset_ms")?,
                        who: row.text("who")?,
                    },
                })
            })
            .collect()
    }
}

fn from_json(text: &str) -> Result<report::Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Damaged { place: "report_edits.value", why: error.to_string() })
}

pub(super) async fn add_edit(tx: &mut Tx, id: &str, place: i64, revision: i64, edit: &Edit) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO report_edits (report, place, revision, at_ms, offset_ms, who, key, value) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(place)
    .bind(revision)
    .bind(edit.at_ms)
    .bind(edit.offset_ms)
    .bind(storable(&edit.who).into_owned())
    .bind(storable(&edit.key).into_owned())
    .bind(edit.value.as_ref().map(|value| to_json(value, "report_edits.value")).transpose()?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes what a draft says, and the columns by which it is found. `also`: words that are found with it.
pub(super) async fn write(tx: &mut Tx, report: &ReportRow, also: &[&str]) -> Result<(), StoreError> {
    let words = [words_of(&report.draft).as_slice(), also].concat();
    sqlx::query(
        "UPDATE reports SET draft = $1, revision = $2, updated_ms = $3, kind = $4, urgency = $5, desired = $6, person = $7, \
         callback_reversed = $8, search = $9 WHERE id = $10",
    )
    .bind(storable(&to_json(&report.draft, "reports.draft")?).into_owned())
    .bind(report.revision)
    .bind(report.updated_ms)
    .bind(report.kind().code())
    .bind(report.urgency().code())
    .bind(report.draft.desired().map_or("", report::Desired::code))
    .bind(storable(report.draft.said(key::PERSON).unwrap_or_default()).into_owned())
    .bind(number_reversed(report.draft.said(key::CALLBACK).unwrap_or_default()))
    .bind(fold_fields(&words))
    .bind(&report.id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was written, answer by answer: the words by which a report is found.
pub(crate) fn words_of(draft: &Draft) -> Vec<&str> {
    let said = draft.answers.values().filter_map(|value| match value {
        report::Value::Said(said) => Some(said.as_str()),
        report::Value::Unheard => None,
    });
    said.collect()
}

/// A number's E.164 digits from the last to the first; of what is no number, its digits.
pub(crate) fn number_reversed(text: &str) -> String {
    let digits =
        number::Number::parse(text, number::JAPAN).map_or_else(|_| digits(text), |number| number.digits().to_string());
    reversed(&digits)
}

/// What a new report begins with.
pub(super) struct Seed {
    pub(super) id: String,
    pub(super) call: Option<CallId>,
    pub(super) origin: Origin,
    pub(super) customer: Option<i64>,
    pub(super) customer_name: String,
    pub(super) caller: String,
    pub(super) operator: Option<i64>,
    pub(super) operator_name: String,
    pub(super) created_ms: i64,
    pub(super) follows: Option<String>,
    pub(super) draft: Draft,
}

impl Seed {
    fn of_facts(call: CallId, facts: &CallFacts) -> Self {
        Seed {
            id: report_id_of_call(call),
            call: Some(call),
            origin: Origin::Answered,
            customer: facts.customer,
            customer_name: facts.customer_name.clone(),
            caller: facts.caller.clone(),
            operator: facts.operator,
            operator_name: facts.operator_name.clone(),
            created_ms: call.unix_ms(),
            follows: None,
            draft: Draft::default(),
        }
    }

    fn of_record(record: &CallRecord, origin: Origin) -> Self {
        let facts = CallFacts {
            customer: record.customer,
            customer_name: record.customer_name.clone(),
            caller: record.caller.clone(),
            operator: record.operator,
            operator_name: record.operator_name.clone(),
        };
        Seed { origin, ..Seed::of_facts(record.call, &facts) }
    }
}

/// What is to be done with a draft that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It stays as it is.
    First,
    /// The call's facts are newer.
    Newer,
}

/// The begin of both statements of [`insert`].
macro_rules! insert_sql {
    () => {
        "INSERT INTO reports (id, call, origin, customer, customer_name, caller, caller_reversed, callback_reversed, state, \
         revision, kind, urgency, desired, person, operator, operator_name, lock_login, lock_name, lock_until_ms, created_ms, \
         updated_ms, sent_by, draft, follows, waiver, policy, class, search) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, '', 'draft', 1, $8, $9, '', '', $10, $11, '', '', 0, $12, $12, '', $13, $14, '', \
         '', '', '') "
    };
}

pub(super) async fn insert(tx: &mut Tx, seed: &Seed, known: Known) -> Result<(), StoreError> {
    let text = |text: &str| storable(text).into_owned();
    let sql = match known {
        Known::First => concat!(insert_sql!(), "ON CONFLICT DO NOTHING"),
        // What an operator has written is not touched, and what was sent is as it was sent.
        Known::Newer => concat!(
            insert_sql!(),
            "ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, customer = excluded.customer, \
             customer_name = excluded.customer_name, caller = excluded.caller, caller_reversed = excluded.caller_reversed, \
             operator = excluded.operator, operator_name = excluded.operator_name WHERE reports.state = 'draft'"
        ),
    };
    sqlx::query(sql)
        .bind(&seed.id)
        .bind(seed.call.map(call_key))
        .bind(word(&seed.origin))
        .bind(seed.customer)
        .bind(text(&seed.customer_name))
        .bind(text(&seed.caller))
        .bind(reversed(&digits(&seed.caller)))
        .bind(seed.draft.kind.code())
        .bind(seed.draft.urgency().code())
        .bind(seed.operator)
        .bind(text(&seed.operator_name))
        .bind(seed.created_ms)
        .bind(storable(&to_json(&seed.draft, "reports.draft")?).into_owned())
        .bind(seed.follows.as_deref())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Why this snapshot of a call asks for a report; `None`: it does not.
fn origin_of(record: &CallRecord) -> Option<Origin> {
    if record.answered_ms.is_some() {
        return Some(Origin::Answered);
    }
    if record.ending == MESSAGE_LEFT || record.events.iter().any(|event| event.kind == MESSAGE_LEFT) {
        return Some(Origin::MessageBox);
    }
    let is_wanted = |detail: &serde_json::Value| {
        detail.get("policy").and_then(serde_json::Value::as_str) == Some(switch::AbandonedPolicy::Report.word())
    };
    let mut abandoned = record.events.iter().filter(|event| event.kind == "abandoned");
    abandoned.any(|event| is_wanted(&event.detail.json())).then_some(Origin::Abandoned)
}

/// The invariant (F38, X02): this call has its report, if it needs one. `newer`: this snapshot is the newest there is.
pub(crate) async fn ensure_of_call(tx: &mut Tx, record: &CallRecord, newer: bool) -> Result<(), StoreError> {
    let Some(origin) = origin_of(record) else { return Ok(()) };
    let known = if newer { Known::Newer } else { Known::First };
    insert(tx, &Seed::of_record(record, origin), known).await?;
    super::bridge::not_put_through(tx, record).await
}

/// The same for a call that a dead process left (R27): what it said last may not have told of its end, nor of a message that was
/// being spoken.
pub(crate) async fn ensure_of_row(tx: &mut Tx, call: CallId, is_recorded: bool) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT * FROM calls WHERE id = $1").bind(call_key(call)).fetch_one(&mut **tx).await?;
    let origin = if row.maybe_int("answered_ms")?.is_some() {
        Origin::Answered
    } else {
        let kinds: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT kind FROM events WHERE call = $1 AND kind IN ('message_left', 'message_begun')",
        )
        .bind(call_key(call))
        .fetch_all(&mut **tx)
        .await?;
        if !kinds.iter().any(|kind| kind == MESSAGE_LEFT || is_recorded) {
            return Ok(());
        }
        Origin::MessageBox
    };
    let facts = CallFacts {
        customer: row.maybe_int("customer")?,
        customer_name: row.text("customer_name")?,
        caller: row.text("caller")?,
        operator: row.maybe_int("operator")?,
        operator_name: row.text("operator_name")?,
    };
    insert(tx, &Seed { origin, ..Seed::of_facts(call, &facts) }, Known::First).await
}
