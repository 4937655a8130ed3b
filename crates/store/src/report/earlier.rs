//! What the desk shows beside a call: what this caller, or somebody who left this number, said before (F09, X06).

use std::collections::BTreeSet;

use sqlx::any::AnyRow;

use super::draft::number_reversed;
use super::{ReportRow, report_row};
use crate::database::Store;
use crate::error::StoreError;
use crate::row::Columns;

/// Numbers that one question is about.
const NUMBERS_MAX: usize = 4;
/// Reports that it is answered with.
const EARLIER_MAX: u32 = 50;

/// An earlier report, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct EarlierReport {
    /// The report.
    #[serde(flatten)]
    pub report: ReportRow,
    /// Recipients that it was sent to.
    pub deliveries: u32,
    /// Of these, whose server has it.
    pub accepted: u32,
}

impl Store {
    /// A firm's reports that were begun at `since_ms` or later and in which one of these numbers called, or is the one to call back:
    /// newest first. Numbers in any form.
    ///
    /// # Errors
    /// What the database says.
    pub async fn earlier_reports(
        &self,
        customer: i64,
        numbers: &[&str],
        since_ms: i64,
        limit: u32,
    ) -> Result<Vec<EarlierReport>, StoreError> {
        let wanted: BTreeSet<String> = numbers
            .iter()
            .take(NUMBERS_MAX)
            .map(|number| number_reversed(number))
            .filter(|number| !number.is_empty())
            .collect();
        let limit = limit.clamp(1, EARLIER_MAX);
        let mut found: Vec<EarlierReport> = Vec::new();
        for number in &wanted {
            // Two indexes, one after the other: an OR over both is planned badly by either database.
            for sql in [EARLIER_BY_CALLER, EARLIER_BY_CALLBACK] {
                let rows = sqlx::query(sql)
                    .bind(number)
                    .bind(customer)
                    .bind(since_ms)
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await?;
                for row in &rows {
                    found.push(earlier(row)?);
                }
            }
        }
        found.sort_by(|a, b| (b.report.created_ms, &b.report.id).cmp(&(a.report.created_ms, &a.report.id)));
        found.dedup_by(|a, b| a.report.id == b.report.id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

macro_rules! earlier_sql {
    ($column:literal) => {
        concat!(
            "SELECT reports.*, (SELECT COUNT(*) FROM deliveries WHERE deliveries.report = reports.id) AS deliveries, \
             (SELECT COUNT(accepted_ms) FROM deliveries WHERE deliveries.report = reports.id) AS accepted FROM reports WHERE ",
            $column,
            " = $1 AND customer = $2 AND created_ms >= $3 ORDER BY created_ms DESC, id DESC LIMIT $4"
        )
    };
}

const EARLIER_BY_CALLER: &str = earlier_sql!("caller_reversed");
const EARLIER_BY_CALLBACK: &str = earlier_sql!("callback_reversed");

fn earlier(row: &AnyRow) -> Result<EarlierReport, StoreError> {
    Ok(EarlierReport {
        report: report_row(row)?,
        deliveries: row.small("deliveries", "deliveries")?,
        accepted: row.small("accepted", "deliveries")?,
    })
}
