//! What became of callers, for figures: the promise of today, a firm's certificate of a month, what traffic there was when.

use std::time::Duration;

use sqlx::any::AnyRow;
use switch::promise::certificate::VISITS_MAX;
use switch::promise::staffing::{Assumed, HISTORY_DAYS, QUARTER_MS, Quarter, Staffing, staffing};
use switch::promise::{SERVED_OTHERWISE, day_begins_ms};
use switch::{Outcome, Visit};

use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Rows that are read at a time.
const PAGE_ROWS: usize = 10_000;
/// A wait counts as so many milliseconds at most: who is called back hours later has not been patient for hours.
const WAIT_MS_MAX: i64 = 600_000;
/// Quarters of an hour that are told: of half a year.
const QUARTERS_MAX: i64 = 26 * 7 * 96;

impl Store {
    /// Visits that are over, of one firm or of all, that began at `from_ms` or later and before `to_ms`: oldest first, and one
    /// more than [`VISITS_MAX`] at most.
    ///
    /// # Errors
    /// What the database says.
    pub async fn visits(&self, customer: Option<i64>, from_ms: i64, to_ms: i64) -> Result<Vec<Visit>, StoreError> {
        let of_firm = if customer.is_some() { "AND customer = $5" } else { "" };
        let sql = format!(
            "SELECT id, customer, arrived_ms, ringing_ms, answered_ms, first_speech_ms, wait_ms, ending FROM calls \
             WHERE arrived_ms < $1 AND (arrived_ms, id) > ($2, $3) AND state IN ('cleared', 'interrupted') {of_firm} \
             ORDER BY arrived_ms, id LIMIT $4"
        );
        let mut visits: Vec<Visit> = Vec::new();
        // Before the first call of that millisecond: ids sort by time, and may be negative after 2200.
        let (mut last_ms, mut last_id) = (from_ms.saturating_sub(1), i64::MAX);
        while visits.len() <= VISITS_MAX {
            let limit = PAGE_ROWS.min(VISITS_MAX + 1 - visits.len());
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(to_ms).bind(last_ms).bind(last_id);
            let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
            let query = if let Some(customer) = customer { query.bind(customer) } else { query };
            let rows = query.fetch_all(&self.pool).await?;
            for row in &rows {
                visits.push(visit(row)?);
            }
            match rows.last().filter(|_| rows.len() == limit) {
                Some(row) => (last_ms, last_id) = (row.int("arrived_ms")?, row.int("id")?),
                None => break,
            }
        }
        Ok(visits)
    }

    /// What came for operators in each quarter of an hour from `from_ms` to `to_ms`, those without a call left out: oldest first.
    /// Callers whom their firm did not want answered by a person are no work. A call that was passed on is its operator's until
    /// then.
    ///
    /// # Errors
    /// What the database says.
    pub async fn quarters(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Quarter>, StoreError> {
        // Times are BIGINT: a division cuts off in both databases. Sums are cast back from what they widen to.
        let otherwise = SERVED_OTHERWISE.map(|ending| format!("'{ending}'")).join(", ");
        let sql = format!(
            "SELECT arrived_ms / {QUARTER_MS} AS quarter, COUNT(*) AS offered, COUNT(answered_ms) AS answered, \
             CAST(SUM(CASE WHEN answered_ms IS NULL OR bridged_ms IS NULL THEN talk_ms ELSE bridged_ms - answered_ms END) \
             AS BIGINT) AS talk_ms, \
             CAST(SUM(CASE WHEN wait_ms < {WAIT_MS_MAX} THEN wait_ms ELSE {WAIT_MS_MAX} END) AS BIGINT) AS waited_ms \
             FROM calls WHERE arrived_ms >= $1 AND arrived_ms < $2 AND state IN ('cleared', 'interrupted') \
             AND (answered_ms IS NOT NULL OR ending NOT IN ({otherwise})) \
             GROUP BY arrived_ms / {QUARTER_MS} ORDER BY quarter LIMIT {QUARTERS_MAX}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from_ms).bind(to_ms).fetch_all(&self.pool).await?;
        rows.iter().map(quarter).collect()
    }
}

/// Of a hundred callers so many are to be answered within three rings, if nobody says.
pub const WANTED_PERCENT: f64 = 95.0;

impl Store {
    /// How many operators the coming days need, today among them, for so many of a hundred callers to be answered within three
    /// rings: from the calls of the last half year.
    ///
    /// # Errors
    /// What the database says.
    pub async fn staffing(&self, now_ms: i64, days: usize, wanted_percent: f64) -> Result<Staffing, StoreError> {
        // Whole days: what has come today so far is not what a day brings.
        let today_ms = day_begins_ms(now_ms);
        let past = self.quarters(today_ms.saturating_sub(HISTORY_DAYS * 96 * QUARTER_MS), today_ms).await?;
        let operators = self.operators().await?;
        let wrap_ups = operators.iter().filter(|row| row.active).map(|row| u64::from(row.form.wrap_up_seconds));
        let (count, seconds) = wrap_ups.fold((0, 0), |(count, sum), seconds| (count + 1, sum + seconds));
        let wrap_up = Duration::from_secs(seconds) / u32::max(count, 1);
        Ok(staffing(now_ms, days, &past, Assumed { wanted_percent, wrap_up }))
    }
}

fn visit(row: &AnyRow) -> Result<Visit, StoreError> {
    let answered = row.maybe_int("answered_ms")?.is_some();
    let wait_ms = row.int("wait_ms")?;
    let ear = row.maybe_int("first_speech_ms")?.zip(row.maybe_int("ringing_ms")?);
    Ok(Visit {
        arrived_ms: row.int("arrived_ms")?,
        customer: row.maybe_int("customer")?,
        outcome: Outcome::of(answered.then_some(wait_ms), &row.text("ending")?),
        ear_ms: ear.map(|(spoke_ms, rang_ms)| spoke_ms.saturating_sub(rang_ms)),
    })
}

fn quarter(row: &AnyRow) -> Result<Quarter, StoreError> {
    Ok(Quarter {
        from_ms: row.int("quarter")?.saturating_mul(QUARTER_MS),
        offered: row.small("offered", "calls")?,
        answered: row.small("answered", "calls")?,
        talk_ms: row.int("talk_ms")?,
        waited_ms: row.int("waited_ms")?,
    })
}
