//! The proof that nothing was forgotten (F38), kept in a chain in which each has the hash of the one before it, and the rows behind it
//! for whoever wants to see that the firm was told at once (F40).

use report::reconcile::{AnsweredCall, Outcome, Proof, ReportOf, prove};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;

use crate::call::{call_of_key, state_from};
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::outbox::{DeliveryState, state_of};
use crate::report::{ReportState, variant};
use crate::row::{Columns, to_json};
use crate::secret::hex;
use crate::task::{self, NewTask, TaskKind};

/// A draft of a call that ended so long ago, milliseconds, is overdue.
pub const OVERDUE_MS: i64 = 3_600_000;
/// Rows that one export has at most.
const PROOF_ROWS_MAX: i64 = 200_000;
/// Proofs that one question is answered with.
const PROOFS_MAX: i64 = 1_000;
/// What the first proof follows.
const GENESIS: &str = "";
/// A call's id is its time and 20 random bits: so a span of time is a range of ids.
const ID_BITS: u32 = 20;

/// A proof as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Reconciliation {
    /// Row; grows without gaps.
    pub id: i64,
    /// When it was made.
    pub at_ms: i64,
    /// Of calls that came at or after,
    pub from_ms: i64,
    /// and before.
    pub to_ms: i64,
    /// The proof.
    pub proof: Proof,
    /// SHA-256 of the one before it; empty for the first.
    pub previous: String,
    /// SHA-256 over `previous`, the times and the proof as JSON.
    pub hash: String,
}

/// A line of the evidence (F40): an answered call, its report, and one recipient. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct ProofRow {
    /// The call, as 13 characters; empty: the report has none.
    pub call: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// When the call came.
    pub arrived_ms: i64,
    /// A person answered.
    pub answered_ms: Option<i64>,
    /// The call's end.
    pub ended_ms: Option<i64>,
    /// The report.
    pub report: String,
    /// Where it stands.
    pub state: ReportState,
    /// Saved together with its deliveries.
    pub sent_ms: Option<i64>,
    /// Why there is none.
    pub waiver: String,
    /// The delivery; `None`: it has none.
    pub delivery: Option<String>,
    /// Its recipient, by id.
    pub recipient: Option<String>,
    /// By what.
    pub channel: Option<String>,
    /// Where it stands.
    pub delivery_state: Option<DeliveryState>,
    /// The recipient's server accepted it,
    pub accepted_ms: Option<i64>,
    /// and calls it so.
    pub remote_id: Option<String>,
    /// A person confirmed to have read it.
    pub seen_ms: Option<i64>,
}

impl Store {
    /// Compares the answered calls that came from `from_ms` to before `to_ms` with the reports, and keeps the proof. One that does
    /// not hold is a task for the supervisors.
    ///
    /// Calls from before reports were kept are not counted (migration 0006); calls that are not over are not counted yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reconcile(&self, from_ms: i64, to_ms: i64, now_ms: i64) -> Result<Reconciliation, StoreError> {
        let mut tx = self.begin().await?;
        let id = next_id(&mut tx, "reconciliations").await?;
        let since: i64 =
            sqlx::query_scalar("SELECT calls_after FROM reporting WHERE id = 1").fetch_one(&mut *tx).await?;
        let (first, end) = (id_at(from_ms).max(since.saturating_add(1)), id_at(to_ms));
        let calls = answered_calls(&mut tx, first, end).await?;
        let reports = reports_of_calls(&mut tx, first, end).await?;
        let unsaved = self.unsaved_records();
        let proof = Proof { unsaved, ..prove(&calls, &reports, now_ms.saturating_sub(OVERDUE_MS)) };
        let previous: Option<String> = sqlx::query_scalar("SELECT hash FROM reconciliations ORDER BY id DESC LIMIT 1")
            .fetch_optional(&mut *tx)
            .await?;
        let previous = previous.unwrap_or_else(|| GENESIS.to_owned());
        let json = to_json(&proof, "reconciliations.proof")?;
        let hash = hash(&previous, [id, now_ms, from_ms, to_ms], &json);
        sqlx::query(
            "INSERT INTO reconciliations (id, at_ms, from_ms, to_ms, proof, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(now_ms)
        .bind(from_ms)
        .bind(to_ms)
        .bind(&json)
        .bind(&previous)
        .bind(&hash)
        .execute(&mut *tx)
        .await?;
        add_tasks(&mut tx, &proof, now_ms).await?;
        tx.commit().await?;
        Ok(Reconciliation { id, at_ms: now_ms, from_ms, to_ms, proof, previous, hash })
    }

    /// From when on calls are not accounted for: the first whose report is still a draft; `None`: there is none. However long ago that
    /// was, the next proof begins there (unix milliseconds).
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_since_ms(&self) -> Result<Option<i64>, StoreError> {
        let row =
            sqlx::query("SELECT MIN(call) AS call FROM reports WHERE state = 'draft'").fetch_one(&self.pool).await?;
        Ok(row.maybe_int("call")?.map(|call| call >> ID_BITS))
    }

    /// The proofs, newest first; `before`: only ids below, for the next page.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reconciliations(&self, before: Option<i64>, limit: u32) -> Result<Vec<Reconciliation>, StoreError> {
        let rows = sqlx::query("SELECT * FROM reconciliations WHERE id < $1 ORDER BY id DESC LIMIT $2")
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit).clamp(1, PROOFS_MAX))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(reconciliation).collect()
    }

    /// Goes through the chain of proofs: the first that was changed, or whose predecessor was taken out; `None`: it is whole.
    ///
    /// # Errors
    /// What the database says.
    pub async fn broken_proof(&self) -> Result<Option<i64>, StoreError> {
        let (mut previous, mut last) = (GENESIS.to_owned(), 0);
        loop {
            let rows = sqlx::query("SELECT * FROM reconciliations WHERE id > $1 ORDER BY id LIMIT $2")
                .bind(last)
                .bind(PROOFS_MAX)
                .fetch_all(&self.pool)
                .await?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in &rows {
                let id = row.int("id")?;
                let times = [id, row.int("at_ms")?, row.int("from_ms")?, row.int("to_ms")?];
                let own = row.text("hash")?;
                let is_next = id == last + 1 && row.text("previous")? == previous;
                if !is_next || hash(&previous, times, &row.text("proof")?) != own {
                    return Ok(Some(id));
                }
                (previous, last) = (own, id);
            }
        }
    }

    /// The evidence of a span of time, of one firm or of all (F40): for each report whose call came then, one row for each
    /// recipient, or one without; oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn proof_rows(
        &self,
        customer: Option<i64>,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<ProofRow>, StoreError> {
        let of_firm = if customer.is_some() { "AND reports.customer = $4" } else { "" };
        let sql = format!(
            "SELECT reports.call AS of_call, reports.customer AS firm, reports.created_ms AS begun_ms, calls.arrived_ms, \
             calls.answered_ms, calls.ended_ms, reports.id AS report_id, reports.state AS report_state, reports.sent_ms, \
             reports.waiver, deliveries.id AS delivery_id, deliveries.recipient, deliveries.channel, deliveries.state, \
             deliveries.accepted_ms, deliveries.remote_id, deliveries.seen_ms \
             FROM reports LEFT JOIN calls ON calls.id = reports.call LEFT JOIN deliveries ON deliveries.report = reports.id \
             WHERE reports.purged_ms IS NULL AND reports.created_ms >= $1 AND reports.created_ms < $2 {of_firm} \
             ORDER BY reports.created_ms, reports.id, deliveries.place LIMIT $3"
        );
        let bound = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from_ms).bind(to_ms).bind(PROOF_ROWS_MAX);
        let bound = if let Some(customer) = customer { bound.bind(customer) } else { bound };
        bound.fetch_all(&self.pool).await?.iter().map(proof_row).collect()
    }
}

/// The first id that a call of this moment can have.
pub(crate) fn id_at(unix_ms: i64) -> i64 {
    unix_ms.max(0).checked_mul(1 << ID_BITS).unwrap_or(i64::MAX)
}

/// Whoever looks after reports hears of each call that does not fit once, and not every hour.
async fn add_tasks(tx: &mut Tx, proof: &Proof, now_ms: i64) -> Result<(), StoreError> {
    if let Some(first) = proof.first_faulty() {
        let detail = format!("missing {}, doubled {}, strangers {}", proof.missing, proof.doubled, proof.strangers);
        task::add(tx, &NewTask::new(TaskKind::Unproven, call_of_key(first).to_string(), detail), now_ms).await?;
    }
    if proof.unsaved > 0 {
        // Again when there are more of them.
        let about = format!("journal/{}", proof.unsaved);
        let detail = format!("{} call records are in no table", proof.unsaved);
        task::add(tx, &NewTask::new(TaskKind::Unproven, about, detail), now_ms).await?;
    }
    for call in &proof.overdue_calls {
        let row = sqlx::query("SELECT id, customer, operator_name FROM reports WHERE call = $1 AND state = 'draft'")
            .bind(call)
            .fetch_optional(&mut **tx)
            .await?;
        let Some(row) = row else { continue };
        let report = row.text("id")?;
        let task = NewTask {
            customer: row.maybe_int("customer")?,
            call: Some(call_of_key(*call)),
            report: Some(report.clone()),
            ..NewTask::new(TaskKind::Unfinished, report, row.text("operator_name")?)
        };
        task::add(tx, &task, now_ms).await?;
    }
    Ok(())
}

/// Of a row of `calls`: it is over, and somebody has to be told of it.
pub(crate) const NEEDS_REPORT: &str = "state IN ('cleared', 'interrupted') \
     AND (answered_ms IS NOT NULL OR ending = 'message_left' \
      OR EXISTS (SELECT 1 FROM events WHERE call = calls.id AND kind = 'message_left') \
      OR EXISTS (SELECT 1 FROM events WHERE call = calls.id AND kind = 'abandoned' AND detail LIKE '%\"policy\":\"report\"%') \
      OR (state = 'interrupted' AND EXISTS (SELECT 1 FROM events WHERE call = calls.id AND kind = 'message_begun') \
       AND EXISTS (SELECT 1 FROM recordings WHERE call = calls.id)))";

/// Calls of these ids that are over and need a report: asked without a look at reports, so that what counts is what the calls
/// themselves say.
async fn answered_calls(tx: &mut Tx, first: i64, end: i64) -> Result<Vec<AnsweredCall>, StoreError> {
    let sql = format!(
        "SELECT id, ended_ms, arrived_ms FROM calls WHERE id >= $1 AND id < $2 AND purged_ms IS NULL AND {NEEDS_REPORT}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(first).bind(end).fetch_all(&mut **tx).await?;
    let call = |row: &AnyRow| {
        let ended_ms = row.maybe_int("ended_ms")?.unwrap_or(row.int("arrived_ms")?);
        Ok(AnsweredCall { id: row.int("id")?, ended_ms })
    };
    rows.iter().map(call).collect()
}

/// The reports of calls of these ids.
async fn reports_of_calls(tx: &mut Tx, first: i64, end: i64) -> Result<Vec<ReportOf>, StoreError> {
    let rows = sqlx::query(
        "SELECT reports.call, reports.state, calls.state AS call_state FROM reports \
         LEFT JOIN calls ON calls.id = reports.call WHERE reports.call >= $1 AND reports.call < $2 \
         AND calls.purged_ms IS NULL",
    )
    .bind(first)
    .bind(end)
    .fetch_all(&mut **tx)
    .await?;
    let mut reports = Vec::with_capacity(rows.len());
    for row in &rows {
        reports.extend(report_of(row)?);
    }
    Ok(reports)
}

/// A report as the proof sees it. One whose call is not over is not looked at yet.
fn report_of(row: &AnyRow) -> Result<Option<ReportOf>, StoreError> {
    use switch::CallState::{Cleared, Interrupted};
    let call_state = row.maybe_text("call_state")?.map(|state| state_from(&state)).transpose()?;
    let is_over = call_state.is_none_or(|state| matches!(state, Cleared | Interrupted));
    if !is_over {
        return Ok(None);
    }
    let outcome = match variant(&row.text("state")?, "reports.state")? {
        ReportState::Draft => Outcome::Draft,
        ReportState::Sent => Outcome::Sent,
        ReportState::Waived => Outcome::Waived,
    };
    Ok(Some(ReportOf { call: row.int("call")?, outcome }))
}

fn hash(previous: &str, times: [i64; 4], proof: &str) -> String {
    let [id, at_ms, from_ms, to_ms] = times;
    hex(&Sha256::digest(format!("{previous}\n{id}\n{at_ms}\n{from_ms}\n{to_ms}\n{proof}").as_bytes()))
}

fn reconciliation(row: &AnyRow) -> Result<Reconciliation, StoreError> {
    Ok(Reconciliation {
        id: row.int("id")?,
        at_ms: row.int("at_ms")?,
        from_ms: row.int("from_ms")?,
        to_ms: row.int("to_ms")?,
        proof: row.json("proof", "reconciliations.proof")?,
        previous: row.text("previous")?,
        hash: row.text("hash")?,
    })
}

fn proof_row(row: &AnyRow) -> Result<ProofRow, StoreError> {
    let delivery = row.maybe_text("delivery_id")?;
    Ok(ProofRow {
        call: row.maybe_int("of_call")?.map(|call| call_of_key(call).to_string()).unwrap_or_default(),
        customer: row.maybe_int("firm")?,
        arrived_ms: row.maybe_int("arrived_ms")?.unwrap_or(row.int("begun_ms")?),
        answered_ms: row.maybe_int("answered_ms")?,
        ended_ms: row.maybe_int("ended_ms")?,
        report: row.text("report_id")?,
        state: variant(&row.text("report_state")?, "reports.state")?,
        sent_ms: row.maybe_int("sent_ms")?,
        waiver: row.text("waiver")?,
        delivery_state: if delivery.is_some() { Some(state_of(row)?) } else { None },
        delivery,
        recipient: row.maybe_text("recipient")?,
        channel: row.maybe_text("channel")?,
        accepted_ms: row.maybe_int("accepted_ms")?,
        remote_id: row.maybe_text("remote_id")?,
        seen_ms: row.maybe_int("seen_ms")?,
    })
}
