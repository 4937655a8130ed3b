//! What is counted for a firm's bill (F60): in the transaction that sends, and again from calls and reports. The two are equal.

use std::collections::BTreeMap;

use jiff::civil::Date;
use report::billing::{CALL_OUT, EXTRA_RECIPIENT, class, extra_recipients};
use report::{Billing, Draft, Profile, japan};
use sqlx::any::AnyRow;

use crate::database::{Store, Tx};
use crate::error::StoreError;
use crate::row::Columns;

/// Of each class, how many.
pub type Counts = BTreeMap<String, i64>;

/// A month in Japan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Month {
    /// Its first day.
    first: Date,
}

impl Month {
    /// The month of a moment.
    pub fn of(unix_ms: i64) -> Month {
        Month { first: japan::civil(unix_ms).date().first_of_month() }
    }

    /// `2026-11`.
    pub fn parse(text: &str) -> Option<Month> {
        let first: Date = format!("{text}-01").parse().ok()?;
        let month = Month { first };
        // Nothing else that a date may be written as.
        (month.to_string() == text).then_some(month)
    }

    /// Its first moment and that of the next month, unix milliseconds.
    pub fn range_ms(self) -> (i64, i64) {
        let next = self.first.last_of_month().tomorrow().unwrap_or(Date::MAX);
        (japan::ms(self.first, 0), japan::ms(next, 0))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl Store {
    /// A firm's counters of a month, as they grew.
    ///
    /// # Errors
    /// What the database says.
    pub async fn counters(&self, customer: i64, month: Month) -> Result<Counts, StoreError> {
        let rows = sqlx::query("SELECT class, count AS number FROM billing WHERE customer = $1 AND month = $2")
            .bind(customer)
            .bind(month.to_string())
            .fetch_all(&self.pool)
            .await?;
        counts(&rows)
    }

    /// All firms' counters of a month: firm, class, number; by firm and class.
    ///
    /// # Errors
    /// What the database says.
    pub async fn all_counters(&self, month: Month) -> Result<Vec<(i64, String, i64)>, StoreError> {
        let rows = sqlx::query("SELECT customer, class, count AS number FROM billing WHERE month = $1")
            .bind(month.to_string())
            .fetch_all(&self.pool)
            .await?;
        let line = |row: &AnyRow| Ok((row.int("customer")?, row.text("class")?, row.int("number")?));
        let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, StoreError>>()?;
        // Not by the database, whose order of letters is its own.
        lines.sort();
        Ok(lines)
    }

    /// The same, counted anew from the calls, what their reports say, and what the firm's kinds of call were billed as when they were
    /// sent. A report whose call the journal still holds is not in it yet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn recount(&self, customer: i64, month: Month) -> Result<Counts, StoreError> {
        let (from_ms, to_ms) = month.range_ms();
        // A report's month is its call's; one without a call is of the month in which it was begun. Nobody pays for a digest, a
        // correction or a trial.
        const REPORTS: &str = "SELECT reports.draft, reports.class, reports.purged_ms, reports.profile_revision, \
             (SELECT COUNT(*) FROM deliveries WHERE deliveries.report = reports.id AND deliveries.round = 0) AS recipients, \
             (SELECT COUNT(*) FROM tasks WHERE tasks.report = reports.id AND tasks.kind = 'call_out' \
              AND tasks.result LIKE 'done%') AS call_outs \
             FROM reports LEFT JOIN calls ON calls.id = reports.call \
             WHERE reports.customer = $1 AND reports.created_ms >= $2 AND reports.created_ms < $3 AND reports.state = 'sent' \
             AND reports.follows IS NULL AND reports.origin <> 'digest' \
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.report = reports.id AND deliveries.reason = 'test') \
             AND (reports.call IS NULL OR (calls.arrived_ms >= $2 AND calls.arrived_ms < $3))";
        let rows = sqlx::query(REPORTS).bind(customer).bind(from_ms).bind(to_ms).fetch_all(&self.pool).await?;
        let classes = self.billing_classes(customer).await?;
        let mut counted = Counts::new();
        let mut add = |class: &str, count: i64| {
            if count > 0 {
                *counted.entry(class.to_owned()).or_default() += count;
            }
        };
        for row in &rows {
            add(&class_of(row, &classes)?, 1);
            let recipients: usize = row.small("recipients", "deliveries")?;
            add(EXTRA_RECIPIENT, i64::try_from(extra_recipients(recipients)).unwrap_or(i64::MAX));
            add(CALL_OUT, row.int("call_outs")?);
        }
        Ok(counted)
    }

    /// What a firm's kinds of call were billed as, from which revision of its profile on; oldest first.
    async fn billing_classes(&self, customer: i64) -> Result<Vec<(i64, Profile)>, StoreError> {
        let rows = sqlx::query("SELECT revision, classes FROM billing_classes WHERE customer = $1 ORDER BY revision")
            .bind(customer)
            .fetch_all(&self.pool)
            .await?;
        let since = |row: &AnyRow| {
            let billing = Billing { classes: row.json("classes", "billing_classes.classes")? };
            Ok((row.int("revision")?, Profile { billing, ..Profile::default() }))
        };
        rows.iter().map(since).collect()
    }
}

/// The class that a report has by what it says and by what was ordered when it was sent.
fn class_of(row: &AnyRow, classes: &[(i64, Profile)]) -> Result<String, StoreError> {
    // Of a purged one the class is all that is left.
    if row.maybe_int("purged_ms")?.is_some() {
        return row.text("class");
    }
    // One that cannot be read any more keeps no other from being counted.
    let Ok(draft) = row.json::<Draft>("draft", "reports.draft") else { return row.text("class") };
    let revision = row.maybe_int("profile_revision")?.unwrap_or_default();
    let usual = Profile::default();
    let ordered = classes.iter().rev().find(|(since, _)| *since <= revision).map_or(&usual, |(_, profile)| profile);
    Ok(class(ordered, &draft).to_owned())
}

fn counts(rows: &[AnyRow]) -> Result<Counts, StoreError> {
    rows.iter().map(|row| Ok((row.text("class")?, row.int("number")?))).collect()
}

/// A report is sent: its class, and recipients beyond the usual number. A follow-up (no class) counts nothing.
pub(crate) async fn count_report(
    tx: &mut Tx,
    customer: i64,
    created_ms: i64,
    class: &str,
    recipients: usize,
) -> Result<(), StoreError> {
    if class.is_empty() {
        return Ok(());
    }
    count(tx, customer, created_ms, class, 1).await?;
    let extra = i64::try_from(extra_recipients(recipients)).unwrap_or(i64::MAX);
    count(tx, customer, created_ms, EXTRA_RECIPIENT, extra).await
}

/// The firm was told by telephone (F35).
pub(crate) async fn count_call_out(tx: &mut Tx, report: &str) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT customer, created_ms, class FROM reports WHERE id = $1")
        .bind(report)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(()) };
    match row.maybe_int("customer")? {
        Some(customer) if !row.text("class")?.is_empty() => {
            count(tx, customer, row.int("created_ms")?, CALL_OUT, 1).await
        }
        Some(_) | None => Ok(()),
    }
}

async fn count(tx: &mut Tx, customer: i64, created_ms: i64, class: &str, count: i64) -> Result<(), StoreError> {
    if count == 0 {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO billing (customer, month, class, count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (customer, month, class) DO UPDATE SET count = billing.count + excluded.count",
    )
    .bind(customer)
    .bind(Month::of(created_ms).to_string())
    .bind(class)
    .bind(count)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f60_a_month_is_japans() {
        // 2026-11-01 00:00 in Japan is 2026-10-31 15:00 UTC.
        let begin = 1_793_458_800_000;
        assert_eq!(Month::of(begin).to_string(), "2026-11");
        assert_eq!(Month::of(begin - 1).to_string(), "2026-10");
        assert_eq!(Month::parse("2026-11").unwrap().range_ms(), (begin, begin + 30 * japan::DAY_MS));
        let mut month = Month::parse("1999-12").unwrap();
        for _ in 0..600 {
            let (from, to) = month.range_ms();
            assert_eq!((Month::of(from), Month::of(to - 1)), (month, month));
            let next = Month::of(to);
            assert!(next > month);
            month = next;
        }
        assert_eq!(month.to_string(), "2049-12");
        for wrong in ["2026-13", "2026-00", "2026-1", "26-01", "2026/01", "", "2026-１1"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }
}
