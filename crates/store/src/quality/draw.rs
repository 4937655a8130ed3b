//! Which calls of a week are listened to.

use std::collections::BTreeMap;

use report::japan;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use switch::CallId;

use super::{SampleQuery, SampleRow};
use crate::audit;
use crate::call::{call_of_key, key};
use crate::check::Checks;
use crate::database::{Store, Tx, next_id};
use crate::error::StoreError;
use crate::row::Columns;
use crate::secret::hex;
use crate::text::storable;

/// Calls of one operator in one week, at most.
pub const PER_OPERATOR_MAX: usize = 50;
/// Calls of a week that are drawn from.
const CALLS_MAX: i64 = 200_000;
/// Somebody is new for so long after the first call.
const NEW_MS: i64 = 60 * japan::DAY_MS;
/// A call is long from there on.
const LONG_MS: i64 = 5 * 60 * 1000;
/// Characters of the reason for which somebody chose a call.
const WHY_CHARS_MAX: usize = 200;

/// A week, by its Monday in Japan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Week {
    monday: String,
    from_ms: i64,
}

impl Week {
    /// The week in which this moment is.
    pub fn of(at_ms: i64) -> Week {
        let date = japan::civil(at_ms).date();
        let midnight_ms = japan::ms(date, 0);
        let from_ms = midnight_ms - i64::from(date.weekday().to_monday_zero_offset()) * japan::DAY_MS;
        Week { monday: japan::civil(from_ms).date().to_string(), from_ms }
    }

    /// `2026-11-16`; `None` for what is no Monday.
    pub fn parse(text: &str) -> Option<Week> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let week = Week::of(japan::ms(date, 0));
        (week.monday == text).then_some(week)
    }

    /// Its Monday.
    pub fn monday(&self) -> &str {
        &self.monday
    }

    /// The moment after it.
    pub fn until_ms(&self) -> i64 {
        self.from_ms + 7 * japan::DAY_MS
    }
}

/// A draw and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Made of the week's calls.
    pub seed: String,
    /// Calls that it was drawn from.
    pub of: usize,
    /// All samples of that week, those of earlier draws among them.
    pub samples: Vec<SampleRow>,
}

/// A call that may be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Candidate {
    call: i64,
    operator: i64,
    report: Option<String>,
    is_new: bool,
    is_long: bool,
    is_urgent: bool,
    is_disputed: bool,
}

impl Candidate {
    fn why(&self) -> String {
        let reasons = [
            (self.is_new, "new_operator"),
            (self.is_long, "long_call"),
            (self.is_urgent, "urgent"),
            (self.is_disputed, "disputed"),
        ];
        reasons.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    }

    /// Two more for each of the grave reasons, one for a long call.
    fn weight(&self) -> f64 {
        let grave = [self.is_new, self.is_urgent, self.is_disputed].into_iter().filter(|holds| *holds).count();
        1.0 + 2.0 * f64::from(u8::try_from(grave).unwrap_or(3)) + f64::from(u8::from(self.is_long))
    }

    /// The smaller, the sooner it is drawn.
    fn lot(&self, seed: &str) -> f64 {
        let digest = Sha256::digest(format!("{seed} {}", self.call).as_bytes());
        let mut first = [0u8; 4];
        first.iter_mut().zip(digest.iter()).for_each(|(byte, from)| *byte = *from);
        // From above 0 to 1.
        let chance = (f64::from(u32::from_be_bytes(first)) + 1.0) / (f64::from(u32::MAX) + 1.0);
        -chance.ln() / self.weight()
    }
}

/// Nobody can know it before the week is over, and nobody can have another one after it.
fn seed(week: &Week, candidates: &[Candidate]) -> String {
    let mut hash = Sha256::new();
    hash.update(week.monday.as_bytes());
    for candidate in candidates {
        hash.update(candidate.call.to_be_bytes());
    }
    hex(&hash.finalize()).chars().take(16).collect()
}

/// The calls that this seed draws: so many of each operator.
fn draw(candidates: Vec<Candidate>, seed: &str, per_operator: usize) -> Vec<Candidate> {
    let mut by_operator: BTreeMap<i64, Vec<(f64, Candidate)>> = BTreeMap::new();
    for candidate in candidates {
        by_operator.entry(candidate.operator).or_default().push((candidate.lot(seed), candidate));
    }
    let drawn = by_operator.into_values().flat_map(|mut calls| {
        calls.sort_by(|(one, a), (other, b)| one.total_cmp(other).then(a.call.cmp(&b.call)));
        calls.truncate(per_operator);
        calls
    });
    drawn.map(|(_, candidate)| candidate).collect()
}

impl Store {
    /// Draws so many calls of each operator in this week. Said again it draws the same ones; a greater number adds to them.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a week that is not over or too many calls, and what the database says.
    pub async fn draw_samples(
        &self,
        week: &Week,
        per_operator: usize,
        who: &str,
        now_ms: i64,
    ) -> Result<Drawn, StoreError> {
        if now_ms < week.until_ms() {
            let what = format!("the week of {} is not over", week.monday);
            return Err(StoreError::invalid("week", what, "draw from a week that is: who can wait cannot choose"));
        }
        if !(1..=PER_OPERATOR_MAX).contains(&per_operator) {
            let what = format!("{per_operator} calls of each operator");
            return Err(StoreError::invalid("per_operator", what, format!("choose from 1 to {PER_OPERATOR_MAX}")));
        }
        let mut tx = self.begin().await?;
        let candidates = candidates(&mut tx, week).await?;
        let (seed, of) = (seed(week, &candidates), candidates.len());
        for drawn in draw(candidates, &seed, per_operator) {
            add(&mut tx, &drawn, week, &seed, &drawn.why(), false, (who, now_ms)).await?;
        }
        let detail = format!("seed {seed}, {per_operator} of each operator, from {of} calls");
        audit::add(&mut tx, now_ms, who, "quality.draw", &format!("week {}", week.monday), &detail).await?;
        tx.commit().await?;
        let samples = self.samples(&SampleQuery { week: Some(week.monday.clone()), ..SampleQuery::default() }).await?;
        Ok(Drawn { seed, of, samples })
    }

    /// Somebody chooses a call: that is allowed, and it says so for ever. One that is a sample already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] without a reason or for a call that nobody can listen to, [`StoreError::Missing`], and what the
    /// database says.
    pub async fn choose_sample(
        &self,
        call: CallId,
        why: &str,
        who: &str,
        now_ms: i64,
    ) -> Result<SampleRow, StoreError> {
        let mut checks = Checks::default();
        let why = checks.needed_line("why", why, WHY_CHARS_MAX);
        checks.end(())?;
        let mut tx = self.begin().await?;
        super::take_call(&mut tx, call).await?;
        let sql = format!("{CANDIDATES} AND calls.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key(call)).fetch_optional(&mut *tx).await?;
        let Some(row) = row else {
            let what = format!("{call} was answered by nobody, or has no recording");
            return Err(StoreError::invalid("call", what, "choose one that can be heard"));
        };
        let arrived_ms = row.int("arrived_ms")?;
        add(&mut tx, &candidate(&row)?, &Week::of(arrived_ms), "", &why, true, (who, now_ms)).await?;
        // Why stands with the sample alone, and goes with its call.
        audit::add(&mut tx, now_ms, who, "quality.choose", &call.to_string(), "").await?;
        let id: i64 =
            sqlx::query_scalar("SELECT id FROM samples WHERE call = $1").bind(key(call)).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        self.sample(id).await
    }
}

/// Calls that a person answered and that can be heard.
const CANDIDATES: &str = "SELECT calls.id AS call, calls.operator AS operator, calls.arrived_ms AS arrived_ms, calls.talk_ms AS talk_ms, \
     reports.id AS report, reports.urgency AS urgency, \
     (SELECT COUNT(*) FROM disputes WHERE disputes.report = reports.id) AS disputed, \
     (SELECT MIN(earlier.arrived_ms) FROM calls AS earlier WHERE earlier.operator = calls.operator) AS first_ms \
     FROM calls JOIN recordings ON recordings.call = calls.id LEFT JOIN reports ON reports.call = calls.id \
     WHERE calls.operator IS NOT NULL AND calls.answered_ms IS NOT NULL";

async fn candidates(tx: &mut Tx, week: &Week) -> Result<Vec<Candidate>, StoreError> {
    let sql = format!(
        "{CANDIDATES} AND calls.arrived_ms >= $1 AND calls.arrived_ms < $2 ORDER BY calls.id LIMIT {CALLS_MAX}"
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(week.from_ms).bind(week.until_ms()).fetch_all(&mut **tx).await?;
    rows.iter().map(candidate).collect()
}

fn candidate(row: &AnyRow) -> Result<Candidate, StoreError> {
    let arrived_ms = row.int("arrived_ms")?;
    let urgency = row.maybe_text("urgency")?.unwrap_or_default();
    Ok(Candidate {
        call: row.int("call")?,
        operator: row.int("operator")?,
        report: row.maybe_text("report")?,
        is_new: row.maybe_int("first_ms")?.is_some_and(|first_ms| arrived_ms.saturating_sub(first_ms) < NEW_MS),
        is_long: row.int("talk_ms")? >= LONG_MS,
        is_urgent: urgency == "urgent" || urgency == "high",
        is_disputed: row.int("disputed")? > 0,
    })
}

/// `by`: who and when.
async fn add(
    tx: &mut Tx,
    one: &Candidate,
    week: &Week,
    seed: &str,
    why: &str,
    by_hand: bool,
    (who, now_ms): (&str, i64),
) -> Result<(), StoreError> {
    let known: Option<i64> =
        sqlx::query_scalar("SELECT id FROM samples WHERE call = $1").bind(one.call).fetch_optional(&mut **tx).await?;
    if known.is_some() {
        return Ok(());
    }
    let id = next_id(tx, "samples").await?;
    sqlx::query(
        "INSERT INTO samples (id, call, operator, report, week, seed, why, by_hand, drawn_ms, drawn_by, scored_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')",
    )
    .bind(id)
    .bind(one.call)
    .bind(one.operator)
    .bind(one.report.as_deref())
    .bind(&week.monday)
    .bind(seed)
    .bind(storable(why).into_owned())
    .bind(i64::from(by_hand))
    .bind(now_ms)
    .bind(storable(who).into_owned())
    .execute(&mut **tx)
    .await?;
    tracing::debug!(call = %call_of_key(one.call), "a call is to be listened to");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(count: i64) -> Vec<Candidate> {
        let one = |call| Candidate {
            call,
            operator: call % 3,
            report: None,
            is_new: false,
            is_long: false,
            is_urgent: call % 10 == 0,
            is_disputed: false,
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn f62_the_same_seed_draws_the_same_calls_whatever_their_order_and_more_adds_to_them() {
        let few = draw(calls(300), "seed", 5);
        let mut backwards = calls(300);
        backwards.reverse();
        assert_eq!(draw(backwards, "seed", 5), few);
        assert_eq!(few.len(), 15, "five of each operator");
        let more = draw(calls(300), "seed", 8);
        assert!(few.iter().all(|one| more.contains(one)));
        assert_ne!(draw(calls(300), "another", 5), few);
    }

    #[test]
    fn f62_what_weighs_three_times_as_much_is_drawn_about_three_times_as_often() {
        let (mut urgent, mut others) = (0, 0);
        for seed in 0..400 {
            for one in draw(calls(300), &seed.to_string(), 3) {
                *if one.is_urgent { &mut urgent } else { &mut others } += 1;
            }
        }
        // One of ten is urgent: 3/12 of the weight.
        let share = f64::from(urgent) / f64::from(urgent + others);
        assert!((0.21..0.29).contains(&share), "{share}");
    }

    #[test]
    fn f62_the_seed_is_the_weeks_own() {
        let week = Week::parse("2025-11-17").unwrap();
        assert_eq!(Week::of(1_763_717_100_000), week, "2025-11-21 is in it");
        assert_eq!(Week::parse("2025-11-18"), None, "a Tuesday");
        assert_eq!(seed(&week, &calls(3)), seed(&week, &calls(3)));
        assert_ne!(seed(&week, &calls(3)), seed(&week, &calls(4)), "with every call it is another one");
    }
}
