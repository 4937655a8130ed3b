//! Finding reports (F57, F58): by firm, time, kind, urgency, words, the last digits of a number; newest first, page by page.

use std::fmt;
use std::str::FromStr;

use report::{Kind, Urgency};
use serde::{Deserialize, Serialize};

use super::{Origin, ReportRow, ReportState, report_row};
use crate::database::{Backend, Store};
use crate::error::StoreError;
use crate::grams::{Index, Wanted};
use crate::row::word;
use crate::search::{Conditions, Part, Value, trailing_range};
use crate::text::like_pattern;

/// Reports on one page.
const PAGE_ROWS_MAX: u32 = 500;
/// Reports on a page if nobody says.
const PAGE_ROWS: u32 = 50;
/// Characters of a search text that count.
const TEXT_CHARS_MAX: usize = 100;

/// Which reports. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportQuery {
    /// Customer's row.
    pub customer: Option<i64>,
    /// Call came, or report was begun, at or after (unix milliseconds).
    pub from_ms: Option<i64>,
    /// Before (unix milliseconds).
    pub to_ms: Option<i64>,
    /// Where it stands.
    pub state: Option<ReportState>,
    /// Why there is one.
    pub origin: Option<Origin>,
    /// What sort of call.
    pub kind: Option<Kind>,
    /// How urgent.
    pub urgency: Option<Urgency>,
    /// Operator's row: who answered.
    pub operator: Option<i64>,
    /// Whom the caller asked for, as it was written.
    pub person: Option<String>,
    /// Part of anything that was written; width, kana and case do not matter. Several words: each.
    pub text: Option<String>,
    /// The callback number or the caller's in any form, or its last digits.
    pub number: Option<String>,
    /// Reports begun since then (unix milliseconds) are also found by a few digits anywhere in one of these numbers.
    pub anywhere_since_ms: Option<i64>,
    /// Confirmed by one of its recipients, or not.
    pub seen: Option<bool>,
    /// The firm has said that it has dealt with it (対応済), or not.
    pub handled: Option<bool>,
    /// Member of the firm who deals with it.
    pub assignee: Option<i64>,
    /// Without those that only tell of others.
    pub no_digests: bool,
    /// Reports on this page; 50 if not set, at most 500.
    pub limit: Option<u32>,
    /// Where the last page ended ([`ReportPage::next`]).
    pub cursor: Option<ReportCursor>,
}

/// A place between two pages: stays right while new reports come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportCursor {
    created_ms: i64,
    id: String,
}

/// Reports, newest first.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ReportPage {
    /// This page.
    pub reports: Vec<ReportRow>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<ReportCursor>,
}

impl Store {
    /// Finds reports. Words are looked for within the other conditions: with a firm, in its reports alone.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a condition that cannot be one, and what the database says.
    pub async fn reports(&self, query: &ReportQuery) -> Result<ReportPage, StoreError> {
        let wanted = wanted(query)?;
        let (mut conditions, mut found, mut of_found) = (Conditions::default(), "", "");
        let mut indexed = self.backend() == Backend::Postgres;
        if self.backend() == Backend::Sqlite && !wanted.is_empty() && self.is_rare(Index::Reports, &wanted).await? {
            conditions = Conditions::first(Value::Text(wanted.fts5()));
            (found, of_found, indexed) = (Index::Reports.found(), "found CROSS JOIN", true);
            conditions.add("reports.id = found.found_id", []);
        }
        add_conditions(&mut conditions, query, indexed)?;
        if self.backend() == Backend::Postgres {
            by_grams(&mut conditions, query, &wanted);
        }
        let limit = query.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX);
        // One more than asked for tells whether there is a next page.
        let sql = format!(
            "{found} SELECT reports.* FROM {of_found} reports {} ORDER BY created_ms DESC, id DESC LIMIT {}",
            conditions.sql(),
            u64::from(limit) + 1
        );
        let rows = conditions.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let reports: Vec<ReportRow> = rows.iter().take(wanted).map(report_row).collect::<Result<_, _>>()?;
        let next = match reports.last() {
            Some(last) if rows.len() > wanted => {
                Some(ReportCursor { created_ms: last.created_ms, id: last.id.clone() })
            }
            Some(_) | None => None,
        };
        Ok(ReportPage { reports, next })
    }

    /// Drafts of calls that are over, which nobody has finished: oldest first, all or those of one operator (F38).
    ///
    /// # Errors
    /// What the database says.
    pub async fn unfinished_reports(&self, operator: Option<i64>, limit: u32) -> Result<Vec<ReportRow>, StoreError> {
        let of_operator = if operator.is_some() { "AND reports.operator = $2" } else { "" };
        let sql = format!(
            "SELECT reports.* FROM reports LEFT JOIN calls ON calls.id = reports.call WHERE reports.state = 'draft' \
             AND (reports.call IS NULL OR calls.state IN ('cleared', 'interrupted')) {of_operator} \
             ORDER BY reports.created_ms, reports.id LIMIT $1"
        );
        let bound = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(limit.clamp(1, PAGE_ROWS_MAX)));
        let bound = if let Some(operator) = operator { bound.bind(operator) } else { bound };
        bound.fetch_all(&self.pool).await?.iter().map(report_row).collect()
    }
}

/// The words of a search.
fn parts(query: &ReportQuery) -> Vec<String> {
    let text: String = query.text.as_deref().unwrap_or_default().chars().take(TEXT_CHARS_MAX).collect();
    text.split_whitespace().map(str::to_owned).collect()
}

fn asked_number(query: &ReportQuery) -> Option<&str> {
    query.number.as_deref().filter(|number| !number.trim().is_empty())
}

/// A number's last digits, as a range.
fn digits_of(number: &str) -> Result<(String, String), StoreError> {
    trailing_range(number).ok_or_else(|| {
        let what = format!("there is no digit in {number:?}");
        StoreError::invalid("number", what, "give a number or its last digits")
    })
}

/// What of it the indexes of grams can find.
fn wanted(query: &ReportQuery) -> Result<Wanted, StoreError> {
    let mut wanted = Wanted::default();
    for part in parts(query) {
        wanted.word(&part);
    }
    if let Some(number) = asked_number(query) {
        let (first, _) = digits_of(number)?;
        // A number's end has an index of its own.
        if let Some(part) = query.anywhere_since_ms.and(Part::of(number)) {
            part.wanted(&first, &mut wanted);
        }
    }
    Ok(wanted)
}

/// PostgreSQL's indexes of grams are without drafts, which are few.
fn by_grams(found: &mut Conditions, query: &ReportQuery, wanted: &Wanted) {
    let (sql, values): (Vec<_>, Vec<_>) =
        wanted.postgres(&["callback_reversed", "caller_reversed"]).into_iter().unzip();
    if sql.is_empty() {
        return;
    }
    let has = format!("state <> 'draft' AND {}", sql.join(" AND "));
    let values = values.into_iter().flatten().collect();
    match query.state {
        Some(ReportState::Sent | ReportState::Waived) => found.add_all(&has, values),
        Some(ReportState::Draft) => {}
        None => found.add_all(&format!("(state = 'draft' OR ({has}))"), values),
    }
}

/// `indexed`: the rows that are looked at are few, or found by other conditions.
fn add_conditions(found: &mut Conditions, query: &ReportQuery, indexed: bool) -> Result<(), StoreError> {
    // What is left of a purged one is for figures alone.
    found.add("purged_ms IS NULL", []);
    if let Some(customer) = query.customer {
        found.add("customer = $", [Value::Int(customer)]);
    }
    if let Some(from_ms) = query.from_ms {
        found.add("created_ms >= $", [Value::Int(from_ms)]);
    }
    if let Some(to_ms) = query.to_ms {
        found.add("created_ms < $", [Value::Int(to_ms)]);
    }
    match query.state {
        // As words of the statement: some indexes are for drafts alone, or for all others.
        Some(ReportState::Draft) => found.add("state = 'draft'", []),
        Some(ReportState::Sent) => found.add("state = 'sent'", []),
        Some(ReportState::Waived) => found.add("state = 'waived'", []),
        None => {}
    }
    if let Some(origin) = query.origin {
        found.add("origin = $", [Value::Text(word(&origin))]);
    }
    if let Some(kind) = query.kind {
        found.add("kind = $", [Value::Text(kind.code().to_owned())]);
    }
    if let Some(urgency) = query.urgency {
        found.add("urgency = $", [Value::Text(urgency.code().to_owned())]);
    }
    if let Some(operator) = query.operator {
        found.add("operator = $", [Value::Int(operator)]);
    }
    if let Some(person) = query.person.as_deref().filter(|person| !person.is_empty()) {
        found.add("person = $", [Value::Text(person.to_owned())]);
    }
    for part in parts(query) {
        found.add("search LIKE $ ESCAPE '\\'", [Value::Text(like_pattern(&part))]);
    }
    if let Some(number) = asked_number(query) {
        by_number(found, number, query.anywhere_since_ms, indexed)?;
    }
    match query.seen {
        Some(true) => found.add("seen_ms IS NOT NULL", []),
        Some(false) => found.add("seen_ms IS NULL", []),
        None => {}
    }
    by_handling(found, query);
    if query.no_digests {
        found.add("origin <> 'digest'", []);
    }
    if let Some(cursor) = &query.cursor {
        let place = [Value::Int(cursor.created_ms), Value::Text(cursor.id.clone())];
        found.add("(created_ms, id) < ($, $)", place);
    }
    Ok(())
}

/// At the end of a number, by an index; in its middle, among the rows that are `indexed`, or by looking through all of some time.
fn by_number(found: &mut Conditions, number: &str, since_ms: Option<i64>, indexed: bool) -> Result<(), StoreError> {
    let text = Value::Text;
    let (first, last) = digits_of(number)?;
    let ends = [text(first.clone()), text(last.clone()), text(first), text(last)];
    let Some((since_ms, Part { within, begins })) = since_ms.zip(Part::of(number)) else {
        found.add(
            "((callback_reversed >= $ AND callback_reversed <= $) OR (caller_reversed >= $ AND caller_reversed <= $))",
            ends,
        );
        return Ok(());
    };
    let [first, last, again, and_again] = ends;
    let values = [first, last, again, and_again, Value::Int(since_ms), text(within), text(begins)];
    let middle = "created_ms >= $ AND (callback_reversed || ' ' || caller_reversed || ' ' LIKE $ \
                  OR callback_reversed || ' ' || caller_reversed || ' ' LIKE $)";
    if indexed {
        let ends =
            "(callback_reversed >= $ AND callback_reversed <= $) OR (caller_reversed >= $ AND caller_reversed <= $)";
        found.add(&format!("({ends} OR ({middle}))"), values);
    } else {
        let ends = "SELECT id FROM reports WHERE callback_reversed >= $ AND callback_reversed <= $ \
                    UNION SELECT id FROM reports WHERE caller_reversed >= $ AND caller_reversed <= $";
        found.add(&format!("id IN ({ends} UNION SELECT id FROM reports WHERE {middle})"), values);
    }
    Ok(())
}

/// Whether and by whom the firm deals with it (F59).
fn by_handling(found: &mut Conditions, query: &ReportQuery) {
    match query.handled {
        Some(true) => found.add(
            "EXISTS (SELECT 1 FROM handlings WHERE handlings.report = reports.id AND handlings.done_ms IS NOT NULL)",
            [],
        ),
        Some(false) => found.add(
            "NOT EXISTS (SELECT 1 FROM handlings WHERE handlings.report = reports.id AND handlings.done_ms IS NOT NULL)",
            [],
        ),
        None => {}
    }
    if let Some(assignee) = query.assignee {
        found.add(
            "EXISTS (SELECT 1 FROM handlings WHERE handlings.report = reports.id AND handlings.assignee = $)",
            [Value::Int(assignee)],
        );
    }
}

impl fmt::Display for ReportCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_ms, self.id)
    }
}

impl FromStr for ReportCursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
        let (created_ms, id) = parts.ok_or("a cursor is the `next` of an earlier page")?;
        Ok(ReportCursor { created_ms, id })
    }
}

impl Serialize for ReportCursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReportCursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
