//! The past of callers, as the switch and the desk need it: who has called a firm before (F06), who lately (F09), and who was promised
//! a call back that was not made.

use sqlx::any::AnyRow;
use switch::{CallId, TimelineEvent};

use crate::call::{add_event, call_of_key, key};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;
use crate::text::{digits, reversed};

/// Visits that are loaded at most, the latest ones: what the switch remembers.
pub const RECENT_MAX: i64 = 50_000;
/// The kind of the event that tells that a promise is somebody's again.
const TAKEN_OVER: &str = "callback_taken_over";
/// Promises that are loaded at most, the latest ones.
const PROMISED_MAX: i64 = 1_000;

/// Calls that are looked at for [`Store::callers_page`].
const PAGE_ROWS: i64 = 2_000;

/// A page of callers, and where the next one begins; `None`: there is none.
pub type CallersPage = (Vec<(i64, String)>, Option<(i64, CallId)>);

/// A visit of the last hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecentCaller {
    /// Client firm.
    pub customer: i64,
    /// Caller, E.164 digits.
    pub caller: String,
    /// The call.
    pub call: CallId,
    /// When it came, unix milliseconds.
    pub arrived_ms: i64,
}

/// A call back that was promised and not made when the process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromisedCallBack {
    /// Client firm.
    pub customer: i64,
    /// Its name at the time.
    pub customer_name: String,
    /// Whom to call, E.164 digits.
    pub caller: String,
    /// The call in which it was promised.
    pub call: CallId,
    /// Dialled number of that call.
    pub did: String,
    /// When that call came, unix milliseconds.
    pub arrived_ms: i64,
    /// When it was promised, unix milliseconds.
    pub promised_ms: i64,
    /// Tries that failed.
    pub tries: u32,
    /// The firm wanted it, for a caller who gave up; the caller had not asked for it.
    pub by_policy: bool,
}

impl Store {
    /// Has this number called this firm in an earlier call than `before` (F06)? One step into an index, however many calls there are.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_known_caller(&self, customer: i64, caller: &str, before: CallId) -> Result<bool, StoreError> {
        let caller = reversed(&digits(caller));
        if caller.is_empty() {
            return Ok(false);
        }
        let sql = "SELECT id FROM calls WHERE customer = $1 AND caller_reversed = $2 AND id < $3 LIMIT 1";
        let found: Option<i64> =
            sqlx::query_scalar(sql).bind(customer).bind(caller).bind(key(before)).fetch_optional(&self.pool).await?;
        Ok(found.is_some())
    }

    /// Visits that began at `since_ms` or later and are over, of callers who told their number, oldest first: what the switch takes
    /// into memory when it starts (F09). Of more than [`RECENT_MAX`] the latest.
    ///
    /// # Errors
    /// What the database says.
    pub async fn recent_callers(&self, since_ms: i64) -> Result<Vec<RecentCaller>, StoreError> {
        let rows = sqlx::query(
            "SELECT customer, caller, id, arrived_ms FROM calls WHERE arrived_ms >= $1 AND customer IS NOT NULL AND caller <> '' \
             AND state IN ('cleared', 'interrupted') ORDER BY arrived_ms DESC, id DESC LIMIT $2",
        )
        .bind(since_ms)
        .bind(RECENT_MAX)
        .fetch_all(&self.pool)
        .await?;
        let visit = |row: &AnyRow| {
            Ok(RecentCaller {
                customer: row.int("customer")?,
                caller: row.text("caller")?,
                call: call_of_key(row.int("id")?),
                arrived_ms: row.int("arrived_ms")?,
            })
        };
        rows.iter().rev().map(visit).collect()
    }

    /// Firms and callers of calls after this one (when it arrived, its name), oldest first, a page at a time: what the switch takes
    /// into memory when it starts, so that new callers are seen to be new (F06). A caller may come more than once.
    ///
    /// # Errors
    /// What the database says.
    pub async fn callers_page(&self, after: (i64, CallId)) -> Result<CallersPage, StoreError> {
        let rows = sqlx::query(
            "SELECT customer, caller, id, arrived_ms FROM calls WHERE (arrived_ms, id) > ($1, $2) \
             ORDER BY arrived_ms, id LIMIT $3",
        )
        .bind(after.0)
        .bind(key(after.1))
        .bind(PAGE_ROWS)
        .fetch_all(&self.pool)
        .await?;
        let mut callers = Vec::new();
        for row in &rows {
            if let Some(customer) = row.maybe_int("customer")? {
                callers.push((customer, row.text("caller")?));
            }
        }
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= PAGE_ROWS);
        let next = match rows.last().filter(|_| is_full) {
            Some(row) => Some((row.int("arrived_ms")?, call_of_key(row.int("id")?))),
            None => None,
        };
        callers.retain(|(_, caller)| !caller.is_empty());
        Ok((callers, next))
    }

    /// Calls since `since_ms` whose callers were promised a call back, and which a dying process left before it was made: oldest first.
    /// Those that were made or given up, or whose caller got through in a later call, are not among them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn promised_call_backs(&self, since_ms: i64) -> Result<Vec<PromisedCallBack>, StoreError> {
        let rows = sqlx::query(
            "SELECT customer, customer_name, caller, id, did, arrived_ms, \
             (SELECT MAX(offset_ms) FROM events WHERE call = calls.id AND kind = 'callback_promised') AS promised_after_ms, \
             (SELECT COUNT(*) FROM events WHERE call = calls.id AND kind = 'callback_failed') AS tries, \
             (SELECT COUNT(*) FROM events WHERE call = calls.id AND kind = 'callback_promised' \
              AND detail LIKE '%\"policy\"%') AS by_policy \
             FROM calls WHERE arrived_ms >= $1 AND state = 'interrupted' AND answered_ms IS NULL AND customer IS NOT NULL \
             AND caller <> '' \
             AND EXISTS (SELECT 1 FROM events WHERE call = calls.id AND kind = 'callback_promised') \
             AND NOT EXISTS (SELECT 1 FROM events WHERE call = calls.id AND kind IN ('callback_reached', 'callback_taken_over')) \
             AND NOT EXISTS (SELECT 1 FROM calls AS later WHERE later.customer = calls.customer \
              AND later.caller_reversed = calls.caller_reversed AND later.id > calls.id AND later.answered_ms IS NOT NULL) \
             ORDER BY arrived_ms DESC, id DESC LIMIT $2",
        )
        .bind(since_ms)
        .bind(PROMISED_MAX)
        .fetch_all(&self.pool)
        .await?;
        let promise = |row: &AnyRow| {
            let arrived_ms = row.int("arrived_ms")?;
            Ok(PromisedCallBack {
                customer: row.int("customer")?,
                customer_name: row.text("customer_name")?,
                caller: row.text("caller")?,
                call: call_of_key(row.int("id")?),
                did: row.text("did")?,
                arrived_ms,
                promised_ms: arrived_ms.saturating_add(row.maybe_int("promised_after_ms")?.unwrap_or(0)),
                tries: row.small("tries", "events")?,
                by_policy: row.int("by_policy")? > 0,
            })
        };
        rows.iter().rev().map(promise).collect()
    }

    /// A promised call back is somebody's again (the switch has it in its queue, or a person has called): a line in the call's story,
    /// and it is owed no longer.
    ///
    /// # Errors
    /// [`StoreError::Missing`] call, and what the database says.
    pub async fn call_back_taken_over(
        &self,
        call: CallId,
        detail: &serde_json::Value,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // The call's row is taken, so that no other line gets this place.
        let arrived_ms: Option<i64> =
            sqlx::query_scalar("UPDATE calls SET settled = settled WHERE id = $1 RETURNING arrived_ms")
                .bind(key(call))
                .fetch_optional(&mut *tx)
                .await?;
        let arrived_ms = arrived_ms.ok_or_else(|| StoreError::Missing { what: "call", id: call.to_string() })?;
        let next = sqlx::query("SELECT COALESCE(MAX(place), -1) + 1 AS place FROM events WHERE call = $1")
            .bind(key(call))
            .fetch_one(&mut *tx)
            .await?;
        let event = TimelineEvent {
            index: next.small("place", "events.place")?,
            offset_ms: now_ms.saturating_sub(arrived_ms),
            kind: TAKEN_OVER.to_owned(),
            detail: detail.clone().into(),
        };
        add_event(&mut tx, key(call), &event).await?;
        tx.commit().await?;
        Ok(())
    }
}
