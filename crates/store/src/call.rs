//! Call records: saving them exactly once, and reading one with all that belongs to it.

use serde::de::DeserializeOwned;
use sqlx::Transaction;
use sqlx::any::{Any, AnyRow};
use switch::media::Recording;
use switch::{CallId, CallRecord, CallState, LegRecord, TimelineEvent};

use crate::database::Store;
use crate::error::StoreError;
use crate::row::{Columns, to_json};
use crate::text::{digits, fold_fields, reversed, storable};

/// Legs of one call that are read back.
const LEGS_MAX: i64 = 1000;
/// Timeline lines of one call that are read back.
const EVENTS_MAX: i64 = 20_000;

impl Store {
    /// Saves a snapshot of a call in one transaction; saving it again changes nothing.
    ///
    /// Of the call, its legs and its recording the highest revision is kept; a lower or equal one only adds timeline lines
    /// that are not there yet. So records may come twice and in any order (the [`Journal`](crate::Journal) relies on it).
    ///
    /// A call that a person answered, whose caller left a message, or who gave up and whose firm wants to be told, has its
    /// report's draft with the same commit (F38, X02).
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the database will never take this record, [`StoreError::Away`] if it may later.
    pub async fn save_call(&self, record: &CallRecord) -> Result<(), StoreError> {
        self.save_calls(std::slice::from_ref(record)).await
    }

    /// Saves several snapshots in one transaction: all or none.
    ///
    /// # Errors
    /// As [`Store::save_call`], for the first that fails.
    pub async fn save_calls(&self, records: &[CallRecord]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for record in records {
            save(&mut tx, record).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A call with its legs, its whole timeline and its recording.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn call(&self, call: CallId) -> Result<CallRecord, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let id = key(call);
        let row = sqlx::query("SELECT * FROM calls WHERE id = $1").bind(id).fetch_optional(&mut *connection).await?;
        let mut record = call_row(&row.ok_or_else(|| missing("call", call))?)?;
        let legs = sqlx::query("SELECT * FROM legs WHERE call = $1 ORDER BY place LIMIT $2")
            .bind(id)
            .bind(LEGS_MAX)
            .fetch_all(&mut *connection)
            .await?;
        record.legs = legs.iter().map(leg_row).collect::<Result<_, _>>()?;
        let events = sqlx::query("SELECT * FROM events WHERE call = $1 ORDER BY place LIMIT $2")
            .bind(id)
            .bind(EVENTS_MAX)
            .fetch_all(&mut *connection)
            .await?;
        record.events = events.iter().map(event_row).collect::<Result<_, _>>()?;
        let recording =
            sqlx::query("SELECT * FROM recordings WHERE call = $1").bind(id).fetch_optional(&mut *connection).await?;
        record.recording = recording.as_ref().map(recording_row).transpose()?;
        Ok(record)
    }

    /// When a call's recording began and ended, as far as its record has come.
    ///
    /// # Errors
    /// What the database says.
    pub async fn recording_times(&self, call: CallId) -> Result<RecordingTimes, StoreError> {
        let row = sqlx::query("SELECT announced_ms, answered_ms, ended_ms, no_recording FROM calls WHERE id = $1")
            .bind(key(call))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(RecordingTimes::default()) };
        Ok(RecordingTimes {
            began_ms: row.maybe_int("announced_ms")?.or(row.maybe_int("answered_ms")?),
            ended_ms: row.maybe_int("ended_ms")?,
            is_missing: !row.text("no_recording")?.is_empty(),
        })
    }

    /// A call's recording: its path below the recordings folder, length, hash. Whoever plays it calls
    /// [`Store::note_playback`] too.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and what the database says.
    pub async fn recording(&self, call: CallId) -> Result<Recording, StoreError> {
        let row =
            sqlx::query("SELECT * FROM recordings WHERE call = $1").bind(key(call)).fetch_optional(&self.pool).await?;
        recording_row(&row.ok_or_else(|| missing("recording of call", call))?)
    }
}

/// When a call's recording began and ended (unix milliseconds).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordingTimes {
    /// Our 200 to the caller.
    pub began_ms: Option<i64>,
    /// The call's end.
    pub ended_ms: Option<i64>,
    /// There is none, for a reason that the record tells.
    pub is_missing: bool,
}

fn missing(what: &'static str, call: CallId) -> StoreError {
    StoreError::Missing { what, id: call.to_string() }
}

/// A call id as BIGINT: the same 64 bits. Ids of real calls are positive for the next 200 years.
pub(crate) fn key(call: CallId) -> i64 {
    call.0.cast_signed()
}

pub(crate) fn call_of_key(key: i64) -> CallId {
    CallId(key.cast_unsigned())
}

/// The word of an enum as its JSON has it.
pub(crate) fn state_text(state: CallState) -> &'static str {
    match state {
        CallState::Queued => "queued",
        CallState::Delivered => "delivered",
        CallState::Established => "established",
        CallState::Held => "held",
        CallState::Cleared => "cleared",
        CallState::Interrupted => "interrupted",
    }
}

pub(crate) fn state_from(text: &str) -> Result<CallState, StoreError> {
    let states = [
        CallState::Queued,
        CallState::Delivered,
        CallState::Established,
        CallState::Held,
        CallState::Cleared,
        CallState::Interrupted,
    ];
    states
        .into_iter()
        .find(|state| state_text(*state) == text)
        .ok_or_else(|| StoreError::Damaged { place: "calls.state", why: format!("{text:?} is no state") })
}

/// Nothing more will come of this call, not even its recording.
fn is_settled(record: &CallRecord) -> bool {
    let over = matches!(record.state, CallState::Cleared | CallState::Interrupted);
    let is_recorded = record.answered_ms.or(record.announced_ms).is_some();
    over && (!is_recorded || record.recording.is_some() || !record.no_recording.is_empty())
}

async fn save(tx: &mut Transaction<'static, Any>, record: &CallRecord) -> Result<(), StoreError> {
    let newer = upsert(tx, record).await?;
    if newer {
        for leg in &record.legs {
            upsert_leg(tx, key(record.call), leg).await?;
        }
        if let Some(recording) = &record.recording {
            upsert_recording(tx, key(record.call), recording).await?;
        }
    }
    for event in &record.events {
        add_event(tx, key(record.call), event).await?;
    }
    crate::report::ensure_of_call(tx, record, newer).await
}

/// True if this revision is newer than what was there.
async fn upsert(tx: &mut Transaction<'static, Any>, record: &CallRecord) -> Result<bool, StoreError> {
    let text = |text: &str| storable(text).into_owned();
    let done = sqlx::query(
        "INSERT INTO calls (id, revision, state, customer, customer_name, did, diverted_from, caller, caller_reversed, \
         withheld, trunk, operator, operator_name, arrived_ms, ringing_ms, answered_ms, bridged_ms, ended_ms, talk_ms, \
         wait_ms, ending, no_recording, recording_stem, search, settled, announced_ms, first_speech_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
         $24, $25, $26, $27) \
         ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, state = excluded.state, customer = excluded.customer, \
         customer_name = excluded.customer_name, did = excluded.did, diverted_from = excluded.diverted_from, \
         caller = excluded.caller, caller_reversed = excluded.caller_reversed, withheld = excluded.withheld, \
         trunk = excluded.trunk, operator = excluded.operator, operator_name = excluded.operator_name, \
         arrived_ms = excluded.arrived_ms, ringing_ms = excluded.ringing_ms, answered_ms = excluded.answered_ms, \
         bridged_ms = excluded.bridged_ms, ended_ms = excluded.ended_ms, talk_ms = excluded.talk_ms, \
         wait_ms = excluded.wait_ms, ending = excluded.ending, no_recording = excluded.no_recording, \
         recording_stem = excluded.recording_stem, search = excluded.search, settled = excluded.settled, \
         announced_ms = excluded.announced_ms, first_speech_ms = excluded.first_speech_ms \
         WHERE excluded.revision > calls.revision",
    )
    .bind(key(record.call))
    .bind(i64::from(record.revision))
    .bind(state_text(record.state))
    .bind(record.customer)
    .bind(text(&record.customer_name))
    .bind(text(&record.did))
    .bind(text(&record.diverted_from))
    .bind(text(&record.caller))
    .bind(reversed(&digits(&record.caller)))
    .bind(text(&record.withheld))
    .bind(record.trunk)
    .bind(record.operator)
    .bind(text(&record.operator_name))
    .bind(record.arrived_ms)
    .bind(record.ringing_ms)
    .bind(record.answered_ms)
    .bind(record.bridged_ms)
    .bind(record.ended_ms)
    .bind(record.talk_ms)
    .bind(record.wait_ms)
    .bind(text(&record.ending))
    .bind(text(&record.no_recording))
    .bind(text(&record.recording_stem))
    .bind(fold_fields(&[&record.customer_name, &record.operator_name]))
    .bind(i64::from(is_settled(record)))
    .bind(record.announced_ms)
    .bind(record.first_speech_ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn upsert_leg(tx: &mut Transaction<'static, Any>, call: i64, leg: &LegRecord) -> Result<(), StoreError> {
    let text = |text: &str| storable(text).into_owned();
    sqlx::query(
        "INSERT INTO legs (call, place, role, party, sip_call_id, started_ms, answered_ms, ended_ms, status, ending, \
         statistics) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (call, place) DO UPDATE SET role = excluded.role, party = excluded.party, \
         sip_call_id = excluded.sip_call_id, started_ms = excluded.started_ms, answered_ms = excluded.answered_ms, \
         ended_ms = excluded.ended_ms, status = excluded.status, ending = excluded.ending, statistics = excluded.statistics",
    )
    .bind(call)
    .bind(i64::from(leg.index))
    .bind(text(&leg.role))
    .bind(text(&leg.party))
    .bind(text(&leg.sip_call_id))
    .bind(leg.started_ms)
    .bind(leg.answered_ms)
    .bind(leg.ended_ms)
    .bind(i64::from(leg.status))
    .bind(text(&leg.ending))
    .bind(leg.statistics.as_ref().map(|statistics| to_json(statistics, "legs.statistics")).transpose()?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn upsert_recording(
    tx: &mut Transaction<'static, Any>,
    call: i64,
    recording: &Recording,
) -> Result<(), StoreError> {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO recordings (call, path, samples, sha256, bytes, gaps, pauses, peaks, fault, first_speech_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (call) DO UPDATE SET path = excluded.path, samples = excluded.samples, sha256 = excluded.sha256, \
         bytes = excluded.bytes, gaps = excluded.gaps, pauses = excluded.pauses, peaks = excluded.peaks, \
         fault = excluded.fault, first_speech_ms = excluded.first_speech_ms",
    )
    .bind(call)
    .bind(storable(&recording.path).into_owned())
    .bind(count(recording.samples))
    .bind(&recording.sha256)
    .bind(count(recording.bytes))
    .bind(to_json(&recording.gaps, "recordings.gaps")?)
    .bind(to_json(&recording.pauses, "recordings.pauses")?)
    .bind(recording.peaks.as_deref().map(|peaks| storable(peaks).into_owned()))
    .bind(storable(&recording.fault).into_owned())
    .bind(recording.first_speech_ms.map(i64::from))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn add_event(
    tx: &mut Transaction<'static, Any>,
    call: i64,
    event: &TimelineEvent,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO events (call, place, offset_ms, kind, detail) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (call, place) DO NOTHING",
    )
    .bind(call)
    .bind(i64::from(event.index))
    .bind(event.offset_ms)
    .bind(storable(&event.kind).into_owned())
    // NUL is \u0000 in JSON, which TEXT holds.
    .bind(to_json(&event.detail, "events.detail")?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn call_row(row: &AnyRow) -> Result<CallRecord, StoreError> {
    Ok(CallRecord {
        call: call_of_key(row.int("id")?),
        revision: row.small("revision", "calls.revision")?,
        state: state_from(&row.text("state")?)?,
        customer: row.maybe_int("customer")?,
        customer_name: row.text("customer_name")?,
        did: row.text("did")?,
        diverted_from: row.text("diverted_from")?,
        caller: row.text("caller")?,
        withheld: row.text("withheld")?,
        trunk: row.maybe_int("trunk")?,
        operator: row.maybe_int("operator")?,
        operator_name: row.text("operator_name")?,
        arrived_ms: row.int("arrived_ms")?,
        ringing_ms: row.maybe_int("ringing_ms")?,
        announced_ms: row.maybe_int("announced_ms")?,
        answered_ms: row.maybe_int("answered_ms")?,
        first_speech_ms: row.maybe_int("first_speech_ms")?,
        bridged_ms: row.maybe_int("bridged_ms")?,
        ended_ms: row.maybe_int("ended_ms")?,
        talk_ms: row.int("talk_ms")?,
        wait_ms: row.int("wait_ms")?,
        ending: row.text("ending")?,
        legs: Vec::new(),
        recording: None,
        no_recording: row.text("no_recording")?,
        recording_stem: row.text("recording_stem")?,
        events: Vec::new(),
    })
}

fn leg_row(row: &AnyRow) -> Result<LegRecord, StoreError> {
    Ok(LegRecord {
        index: row.small("place", "legs.place")?,
        role: row.text("role")?,
        party: row.text("party")?,
        sip_call_id: row.text("sip_call_id")?,
        started_ms: row.int("started_ms")?,
        answered_ms: row.maybe_int("answered_ms")?,
        ended_ms: row.maybe_int("ended_ms")?,
        status: row.small("status", "legs.status")?,
        ending: row.text("ending")?,
        statistics: row.maybe_text("statistics")?.map(|text| from_json(&text, "legs.statistics")).transpose()?,
    })
}

fn event_row(row: &AnyRow) -> Result<TimelineEvent, StoreError> {
    Ok(TimelineEvent {
        index: row.small("place", "events.place")?,
        offset_ms: row.int("offset_ms")?,
        kind: row.text("kind")?,
        detail: row.json("detail", "events.detail")?,
    })
}

fn recording_row(row: &AnyRow) -> Result<Recording, StoreError> {
    Ok(Recording {
        path: row.text("path")?,
        samples: row.small("samples", "recordings.samples")?,
        sha256: row.text("sha256")?,
        bytes: row.small("bytes", "recordings.bytes")?,
        gaps: row.json("gaps", "recordings.gaps")?,
        pauses: row.json("pauses", "recordings.pauses")?,
        peaks: row.maybe_text("peaks")?,
        first_speech_ms: row.maybe_int("first_speech_ms")?.and_then(|ms| ms.try_into().ok()),
        fault: row.text("fault")?,
    })
}

fn from_json<T: DeserializeOwned>(text: &str, place: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged { place, why: error.to_string() })
}
