//! A caller who could not be put through (F42): the call's own timeline writes it into the report, whether or not a desk has its page
//! open.

use report::{Edit, Language, Value, key, words};
use switch::CallRecord;

use super::draft::{add_edit, write};
use super::{ReportState, report_row, take};
use crate::call::key as call_key;
use crate::database::Tx;
use crate::error::StoreError;
use crate::profile;
use crate::row::Columns;

/// Nobody of the firm was reached.
const FAILED: &str = "transfer_failed";
/// Caller and firm are joined.
const BRIDGED: &str = "bridged";
/// Lines of a timeline about putting through that are looked at.
const LINES_MAX: i64 = 1_000;
/// Who writes it.
const WHO: &str = "denwaban";

/// The last attempt to put a caller through, as the timeline tells it.
struct Attempt {
    /// When it ended, milliseconds since the call came.
    offset_ms: i64,
    /// Whom was called and why in vain; `None`: the caller was put through after all.
    failed: Option<Failed>,
}

struct Failed {
    name: String,
    number: String,
    why: String,
}

/// Writes into the call's draft why its caller was not put through, or takes that away when it was at another try. Whoever has
/// written the field since that moment knows better.
///
/// A draft or a timeline that cannot be read keeps no call record from being saved.
pub(super) async fn not_put_through(tx: &mut Tx, record: &CallRecord) -> Result<(), StoreError> {
    if !record.events.iter().any(|event| event.kind == FAILED || event.kind == BRIDGED) {
        return Ok(());
    }
    match tell(tx, record).await {
        Err(error @ (StoreError::Damaged { .. } | StoreError::Unfit(_) | StoreError::Missing { .. })) => {
            tracing::error!(%error, call = %record.call, "the report cannot say that the caller was not put through");
            Ok(())
        }
        told => told,
    }
}

async fn tell(tx: &mut Tx, record: &CallRecord) -> Result<(), StoreError> {
    let Some(attempt) = last_attempt(tx, record).await? else { return Ok(()) };
    let row =
        sqlx::query("SELECT * FROM reports WHERE call = $1").bind(call_key(record.call)).fetch_optional(&mut **tx);
    let Some(row) = row.await? else { return Ok(()) };
    let mut report = take(tx, &report_row(&row)?.id).await?;
    if report.state != ReportState::Draft {
        return Ok(());
    }
    let at_ms = record.arrived_ms.saturating_add(attempt.offset_ms);
    let since: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM report_edits WHERE report = $1 AND key = $2 AND at_ms >= $3")
            .bind(&report.id)
            .bind(key::BRIDGE_FAILED)
            .bind(at_ms)
            .fetch_one(&mut **tx)
            .await?;
    let value = match &attempt.failed {
        Some(failed) => Some(Value::said(failed.sentence(language(tx, record.customer).await?))),
        None => None,
    };
    if since > 0 || report.draft.answers.get(key::BRIDGE_FAILED) == value.as_ref() {
        return Ok(());
    }
    let offset_ms = record.recording_began_ms().map(|began_ms| at_ms.saturating_sub(began_ms).max(0));
    let edit = Edit { key: key::BRIDGE_FAILED.to_owned(), value, at_ms, offset_ms, who: WHO.to_owned() };
    report.draft.apply(&edit).map_err(|problem| StoreError::Unfit(vec![problem]))?;
    let place: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(place), -1) + 1 FROM report_edits WHERE report = $1")
        .bind(&report.id)
        .fetch_one(&mut **tx)
        .await?;
    report.revision = report.revision.saturating_add(1);
    report.updated_ms = report.updated_ms.max(at_ms);
    add_edit(tx, &report.id, place, report.revision, &edit).await?;
    write(tx, &report, &[]).await
}

/// From everything that the database has of the timeline: a record brings only what is new in it.
async fn last_attempt(tx: &mut Tx, record: &CallRecord) -> Result<Option<Attempt>, StoreError> {
    let rows = sqlx::query(
        "SELECT offset_ms, kind, detail FROM events WHERE call = $1 AND kind IN ('target_called', 'transfer_failed', \
         'bridged') ORDER BY place DESC LIMIT $2",
    )
    .bind(call_key(record.call))
    .bind(LINES_MAX)
    .fetch_all(&mut **tx)
    .await?;
    let mut last: Option<Attempt> = None;
    for row in &rows {
        let kind = row.text("kind")?;
        let detail: serde_json::Value = row.json("detail", "events.detail")?;
        let said = |key: &str| detail.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        match (&mut last, kind.as_str()) {
            (None, BRIDGED) => return Ok(Some(Attempt { offset_ms: row.int("offset_ms")?, failed: None })),
            (None, FAILED) => {
                let failed = Failed { name: String::new(), number: String::new(), why: said("why") };
                last = Some(Attempt { offset_ms: row.int("offset_ms")?, failed: Some(failed) });
            }
            // Whoever was called last before it failed.
            (Some(Attempt { failed: Some(failed), .. }), "target_called") => {
                (failed.name, failed.number) = (said("name"), said("number"));
                break;
            }
            (Some(_) | None, _) => {}
        }
    }
    Ok(last)
}

/// The firm's; of a firm that is not known, or whose profile cannot be read, the usual one.
async fn language(tx: &mut Tx, customer: Option<i64>) -> Result<Language, StoreError> {
    let Some(customer) = customer else { return Ok(Language::default()) };
    match profile::load(tx, customer).await {
        Ok(row) => Ok(row.map(|row| row.profile.language).unwrap_or_default()),
        Err(StoreError::Damaged { .. }) => Ok(Language::default()),
        Err(error) => Err(error),
    }
}

impl Failed {
    /// `鈴木: 話し中でした`
    fn sentence(&self, language: Language) -> String {
        let number = || self.number.parse::<number::Number>().map_or_else(|_| self.number.clone(), |n| n.display());
        let who = if self.name.is_empty() { number() } else { self.name.clone() };
        let why = words::not_put_through(&self.why, language);
        if who.is_empty() { why.to_owned() } else { format!("{who}: {why}") }
    }
}
