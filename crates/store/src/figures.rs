//! What each operator did, day by day: calls, talk, reports, corrections, disputes (F50), firms' words (F63) and scores (F62).

use std::collections::BTreeMap;

use report::japan;
use serde::Serialize;
use sqlx::any::AnyRow;
use switch::promise::THREE_RINGS_MS;

use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Japan is so far ahead of UTC.
const JAPAN_MS: i64 = 9 * japan::HOUR_MS;
/// Who writes a report later than so long after the call was not at it all the time: it counts as so long.
const WRAP_UP_MS_MAX: i64 = 30 * 60 * 1000;
/// Longest time that figures are made of at once: two years.
const SPAN_MS_MAX: i64 = 732 * japan::DAY_MS;

/// What an operator did in some time. Milliseconds are sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
#[schema(as = OperatorFigures)]
pub struct Figures {
    /// Calls answered.
    pub calls: i64,
    /// Of them within three rings.
    pub in_time: i64,
    /// From the answer to the end, or until the caller was passed on.
    pub talk_ms: i64,
    /// Reports sent that belong to a call.
    pub reports: i64,
    /// From the call's end until its report was sent.
    pub wrap_up_ms: i64,
    /// Reports of the operator's calls that were corrected or completed later.
    pub corrected: i64,
    /// Disputes that ended: misheard,
    pub misheard: i64,
    /// the caller said it wrongly,
    pub misspoken: i64,
    /// typed wrongly,
    pub mistyped: i64,
    /// correct as it was.
    pub correct: i64,
    /// What firms said of the operator's calls (F63): praise,
    pub praise: i64,
    /// complaints,
    pub complaints: i64,
    /// wishes.
    pub wishes: i64,
    /// Calls that were scored,
    pub scored: i64,
    /// and the sum of their percents.
    pub percent: i64,
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        let sums = [
            (&mut self.calls, other.calls),
            (&mut self.in_time, other.in_time),
            (&mut self.talk_ms, other.talk_ms),
            (&mut self.reports, other.reports),
            (&mut self.wrap_up_ms, other.wrap_up_ms),
            (&mut self.corrected, other.corrected),
            (&mut self.misheard, other.misheard),
            (&mut self.misspoken, other.misspoken),
            (&mut self.mistyped, other.mistyped),
            (&mut self.correct, other.correct),
            (&mut self.praise, other.praise),
            (&mut self.complaints, other.complaints),
            (&mut self.wishes, other.wishes),
            (&mut self.scored, other.scored),
            (&mut self.percent, other.percent),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
    }
}

/// By which time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Days in Japan.
    #[default]
    Day,
    /// Weeks, from Monday on.
    Week,
    /// Months.
    Month,
}

impl By {
    /// The first day of that time, of a day that is told by its number since 1970 in Japan.
    fn begins(self, day: i64) -> String {
        let date = japan::civil(day.saturating_mul(japan::DAY_MS) - JAPAN_MS).date();
        let back = match self {
            By::Day => 0,
            By::Week => i64::from(date.weekday().to_monday_zero_offset()),
            By::Month => i64::from(date.day()) - 1,
        };
        japan::civil((day - back).saturating_mul(japan::DAY_MS) - JAPAN_MS).date().to_string()
    }
}

/// An operator's figures of a day, a week or a month.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct OperatorFigures {
    /// Operator's row.
    pub operator: i64,
    /// The time's first day: `2026-11-16`.
    pub from: String,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The statements that are added up: each gives operator, day and the columns that it knows.
fn questions() -> [String; 5] {
    let day = |column: &str| format!("({column} + {}) / {}", JAPAN_MS, japan::DAY_MS);
    let sum = |of: &str, name: &str| format!("CAST(COALESCE(SUM({of}), 0) AS BIGINT) AS {name}");
    let one = |when: &str, name: &str| sum(&format!("CASE WHEN {when} THEN 1 ELSE 0 END"), name);
    let talk = "CASE WHEN bridged_ms IS NULL THEN talk_ms ELSE bridged_ms - answered_ms END";
    let wrap_up = format!(
        "CASE WHEN reports.sent_ms < calls.ended_ms THEN 0 WHEN reports.sent_ms - calls.ended_ms > {WRAP_UP_MS_MAX} \
         THEN {WRAP_UP_MS_MAX} ELSE reports.sent_ms - calls.ended_ms END"
    );
    let causes =
        ["misheard", "misspoken", "mistyped", "correct"].map(|cause| one(&format!("cause = '{cause}'"), cause));
    [
        format!(
            "SELECT operator, {day} AS day, COUNT(*) AS calls, {}, {} FROM calls WHERE arrived_ms >= $1 AND arrived_ms < $2 \
             AND operator IS NOT NULL AND answered_ms IS NOT NULL AND state IN ('cleared', 'interrupted') GROUP BY operator, {day}",
            one(&format!("wait_ms < {THREE_RINGS_MS}"), "in_time"),
            sum(talk, "talk_ms"),
            day = day("arrived_ms"),
        ),
        format!(
            "SELECT reports.sender AS operator, {day} AS day, COUNT(*) AS reports, {}, {} FROM reports \
             JOIN calls ON calls.id = reports.call WHERE reports.created_ms >= $1 AND reports.created_ms < $2 \
             AND reports.state = 'sent' AND reports.sender IS NOT NULL GROUP BY reports.sender, {day}",
            sum(&wrap_up, "wrap_up_ms"),
            one(
                // An answer that the report was right corrects nothing.
                "EXISTS (SELECT 1 FROM reports AS later WHERE later.follows = reports.id AND later.state = 'sent' \
                 AND NOT EXISTS (SELECT 1 FROM disputes WHERE disputes.report = reports.id \
                 AND disputes.follow_up = later.id AND disputes.cause = 'correct'))",
                "corrected"
            ),
            day = day("reports.created_ms"),
        ),
        format!(
            "SELECT operator, {day} AS day, {} FROM disputes WHERE decided_ms >= $1 AND decided_ms < $2 \
             AND operator IS NOT NULL GROUP BY operator, {day}",
            causes.join(", "),
            day = day("decided_ms"),
        ),
        format!(
            "SELECT operator, {day} AS day, {}, {}, {} FROM feedback WHERE said_ms >= $1 AND said_ms < $2 \
             AND operator IS NOT NULL GROUP BY operator, {day}",
            one("kind = 'praise'", "praise"),
            one("kind = 'complaint'", "complaints"),
            one("kind = 'wish'", "wishes"),
            day = day("said_ms"),
        ),
        format!(
            "SELECT operator, {day} AS day, COUNT(*) AS scored, {} FROM samples WHERE scored_ms >= $1 AND scored_ms < $2 \
             GROUP BY operator, {day}",
            sum("percent", "percent"),
            day = day("scored_ms"),
        ),
    ]
}

impl Store {
    /// What each operator did from `from_ms` on and before `to_ms`, by day, week or month in Japan: in order of time.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a time that is none or longer than two years, and what the database says.
    pub async fn operator_figures(&self, from_ms: i64, to_ms: i64, by: By) -> Result<Vec<OperatorFigures>, StoreError> {
        if !(1..=SPAN_MS_MAX).contains(&to_ms.saturating_sub(from_ms)) {
            return Err(StoreError::invalid(
                "to_ms",
                "that is no time",
                "choose at most two years, from the earlier on",
            ));
        }
        let mut found: BTreeMap<(String, i64), Figures> = BTreeMap::new();
        for sql in questions() {
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from_ms).bind(to_ms).fetch_all(&self.pool).await?;
            for row in &rows {
                let place = (by.begins(row.int("day")?), row.int("operator")?);
                found.entry(place).or_default().add(&figures(row));
            }
        }
        let told = |((from, operator), figures)| OperatorFigures { operator, from, figures };
        Ok(found.into_iter().map(told).collect())
    }
}

/// A statement knows some of them; the others are nought.
fn figures(row: &AnyRow) -> Figures {
    let of = |column: &str| row.int(column).unwrap_or(0);
    Figures {
        calls: of("calls"),
        in_time: of("in_time"),
        talk_ms: of("talk_ms"),
        reports: of("reports"),
        wrap_up_ms: of("wrap_up_ms"),
        corrected: of("corrected"),
        misheard: of("misheard"),
        misspoken: of("misspoken"),
        mistyped: of("mistyped"),
        correct: of("correct"),
        praise: of("praise"),
        complaints: of("complaints"),
        wishes: of("wishes"),
        scored: of("scored"),
        percent: of("percent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_and_months_begin_in_japan() {
        // 2025-11-21 is a Friday.
        let day = (1_763_717_100_000 + JAPAN_MS) / japan::DAY_MS;
        let begins = |by: By| by.begins(day);
        assert_eq!([begins(By::Day), begins(By::Week), begins(By::Month)], ["2025-11-21", "2025-11-17", "2025-11-01"]);
    }
}
