//! My page's view of reports: those of six months of one firm, and what its people have dealt with (F55 to F59).
//!
//! Every verb takes the firm first and puts it into the statement: what belongs to another firm is not there (R18).

use jiff::ToSpan;
use report::japan;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::database::Store;
use crate::error::StoreError;
use crate::report::{Origin, ReportPage, ReportQuery, ReportRow, ReportState, missing};
use crate::row::Columns;
use crate::text::storable;

/// Months that a firm sees (F56).
const MONTHS: i32 = 6;
/// Six calendar months can have 181 days; a firm sees at least so many.
const DAYS_MIN: i32 = 184;

/// From when on a firm sees its reports (F56): since midnight in Japan six calendar months ago, unix milliseconds.
pub fn visible_from_ms(now_ms: i64) -> i64 {
    let today = japan::civil(now_ms).date();
    let months = today.checked_sub(MONTHS.months()).unwrap_or(today);
    let days = today.checked_sub(DAYS_MIN.days()).unwrap_or(today);
    japan::ms(months.min(days), 0)
}

/// What a firm says of a report: who deals with it, and whether that is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Handling {
    /// Member's row; `None`: nobody.
    pub assignee: Option<i64>,
    /// 対応済
    pub done: bool,
}

/// The same as it is kept. Times are unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct HandlingRow {
    /// Member's row.
    pub assignee: Option<i64>,
    /// His or her name; empty: nobody.
    pub assignee_name: String,
    /// When it was said to be done.
    pub done_ms: Option<i64>,
    /// By whom.
    pub done_by: String,
    /// Last change.
    pub updated_ms: i64,
    /// By whom.
    pub updated_by: String,
}

/// A report as its firm sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct MyReport {
    /// The report.
    pub report: ReportRow,
    /// `None`: nobody has touched it.
    pub handling: Option<HandlingRow>,
}

/// Reports, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct MyReportPage {
    /// This page.
    pub reports: Vec<MyReport>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<crate::ReportCursor>,
}

impl Store {
    /// The firm's reports that were sent, of the last six months: `query`'s own firm, state, origin and earlier times count for
    /// nothing. Digests are left out: what they tell of is there itself.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a condition that cannot be one, and what the database says.
    pub async fn my_reports(
        &self,
        customer: i64,
        query: &ReportQuery,
        now_ms: i64,
    ) -> Result<MyReportPage, StoreError> {
        let oldest = visible_from_ms(now_ms);
        let query = ReportQuery {
            customer: Some(customer),
            from_ms: Some(query.from_ms.map_or(oldest, |from| from.max(oldest))),
            state: Some(ReportState::Sent),
            origin: None,
            no_digests: true,
            ..query.clone()
        };
        let ReportPage { reports, next } = self.reports(&query).await?;
        let mut page = MyReportPage { reports: Vec::with_capacity(reports.len()), next };
        let mut handlings = self.handlings(&reports).await?;
        for report in reports {
            let handling = handlings.remove(&report.id);
            page.reports.push(MyReport { report, handling });
        }
        Ok(page)
    }

    /// One of the firm's reports that it may see.
    ///
    /// # Errors
    /// [`StoreError::Missing`], also for another firm's, one that was not sent or is too old; and what the database says.
    pub async fn my_report(&self, customer: i64, id: &str, now_ms: i64) -> Result<MyReport, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM reports WHERE id = $1 AND customer = $2 AND state = 'sent' AND created_ms >= $3 \
             AND purged_ms IS NULL",
        )
        .bind(storable(id).into_owned())
        .bind(customer)
        .bind(visible_from_ms(now_ms))
        .fetch_optional(&self.pool)
        .await?;
        let report = crate::report::report_row(&row.ok_or_else(|| missing(id))?)?;
        if report.origin == Origin::Digest {
            return Err(missing(id));
        }
        let handling = self.handlings(std::slice::from_ref(&report)).await?.remove(&report.id);
        Ok(MyReport { report, handling })
    }

    /// Says who deals with a report and whether that is done.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the assignee is none of the firm's members, [`StoreError::Missing`] as [`Store::my_report`], and
    /// what the database says.
    pub async fn handle_report(
        &self,
        customer: i64,
        id: &str,
        handling: Handling,
        who: &str,
        now_ms: i64,
    ) -> Result<MyReport, StoreError> {
        let before = self.my_report(customer, id, now_ms).await?;
        if let Some(member) = handling.assignee {
            let known: Option<i64> =
                sqlx::query_scalar("SELECT id FROM members WHERE id = $1 AND customer = $2 AND active = 1")
                    .bind(member)
                    .bind(customer)
                    .fetch_optional(&self.pool)
                    .await?;
            if known.is_none() {
                let what = format!("the firm has no member {member}");
                return Err(StoreError::invalid("assignee", what, "choose one of the firm's people"));
            }
        }
        // Whoever said first that it is done stays the one who did it.
        let sql = "INSERT INTO handlings (report, assignee, done_ms, done_by, updated_ms, updated_by) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (report) DO UPDATE SET assignee = excluded.assignee, \
                   done_ms = CASE WHEN excluded.done_ms IS NULL THEN NULL \
                             ELSE COALESCE(handlings.done_ms, excluded.done_ms) END, \
                   done_by = CASE WHEN excluded.done_ms IS NOT NULL AND handlings.done_ms IS NOT NULL \
                             THEN handlings.done_by ELSE excluded.done_by END, \
                   updated_ms = excluded.updated_ms, updated_by = excluded.updated_by";
        let who = storable(who).into_owned();
        sqlx::query(sql)
            .bind(&before.report.id)
            .bind(handling.assignee)
            .bind(handling.done.then_some(now_ms))
            .bind(if handling.done { who.clone() } else { String::new() })
            .bind(now_ms)
            .bind(who)
            .execute(&self.pool)
            .await?;
        self.my_report(customer, id, now_ms).await
    }

    async fn handlings(
        &self,
        reports: &[ReportRow],
    ) -> Result<std::collections::BTreeMap<String, HandlingRow>, StoreError> {
        if reports.is_empty() {
            return Ok(std::collections::BTreeMap::new());
        }
        let places: Vec<String> = (1..=reports.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT handlings.*, members.name AS assignee_name FROM handlings \
             LEFT JOIN members ON members.id = handlings.assignee WHERE handlings.report IN ({})",
            places.join(", ")
        );
        let query = reports.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, report| query.bind(&report.id));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.text("report")?, handling_row(row)?))).collect()
    }
}

fn handling_row(row: &AnyRow) -> Result<HandlingRow, StoreError> {
    Ok(HandlingRow {
        assignee: row.maybe_int("assignee")?,
        assignee_name: row.maybe_text("assignee_name")?.unwrap_or_default(),
        done_ms: row.maybe_int("done_ms")?,
        done_by: row.text("done_by")?,
        updated_ms: row.int("updated_ms")?,
        updated_by: row.text("updated_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use japan::DAY_MS;

    #[test]
    fn f56_183_days_are_seen_and_200_are_not_whatever_the_month() {
        let first = japan::ms(jiff::civil::date(2026, 1, 1), 0);
        for day in 0..1461 {
            let now_ms = first + day * DAY_MS + 13 * japan::HOUR_MS;
            let from = visible_from_ms(now_ms);
            assert!(from <= now_ms - 183 * DAY_MS, "day {day}");
            assert!(from > now_ms - 200 * DAY_MS, "day {day}");
            assert_eq!(japan::minute_of_day(from), 0, "day {day}: midnight in Japan");
        }
    }
}
