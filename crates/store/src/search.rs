//! Finding calls: by firm, caller, operator, number, time, text; newest first, page by page.

use serde::{Deserialize, Serialize};
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;
use std::fmt;
use std::str::FromStr;
use switch::{CallId, CallState};

use crate::call::{call_of_key, key, state_from};
use crate::database::{Backend, Store};
use crate::error::StoreError;
use crate::grams::{Index, Wanted};
use crate::row::Columns;
use crate::text::{digits, like_pattern, reversed};

/// Calls on one page.
const PAGE_ROWS_MAX: u32 = 500;
/// Calls on a page if nobody says.
const PAGE_ROWS: u32 = 50;
/// Characters of a search text that count.
const TEXT_CHARS_MAX: usize = 100;
/// Digits of a caller's number that count; also longer than any number, see [`trailing_range`].
const DIGITS_MAX: usize = 32;
/// Fewer digits are looked for at a number's end alone.
const PART_DIGITS_MIN: usize = 4;
/// From this many digits on a leading 0 is the trunk prefix of a whole national number.
const NATIONAL_DIGITS_MIN: usize = 9;

/// Which calls. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallQuery {
    /// Customer's row.
    pub customer: Option<i64>,
    /// The caller's number in any form, or its last digits.
    pub caller: Option<String>,
    /// Calls that came since then (unix milliseconds) are also found by a few digits anywhere in their caller's number.
    pub anywhere_since_ms: Option<i64>,
    /// Operator's row.
    pub operator: Option<i64>,
    /// Arrived at or after (unix milliseconds).
    pub from_ms: Option<i64>,
    /// Arrived before (unix milliseconds).
    pub to_ms: Option<i64>,
    /// Dialled number, in any form.
    pub did: Option<String>,
    /// Part of the firm's name, reading or code, or of the operator's name; width, kana and case do not matter.
    pub text: Option<String>,
    /// Answered by a person, or not.
    pub answered: Option<bool>,
    /// Calls on this page; 50 if not set, at most 500.
    pub limit: Option<u32>,
    /// Where the last page ended ([`CallPage::next`]).
    pub cursor: Option<Cursor>,
}

/// A place between two pages: stays right while new calls come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    arrived_ms: i64,
    call: i64,
}

/// Calls, newest first.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CallPage {
    /// This page.
    pub calls: Vec<CallSummary>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Cursor>,
}

/// A call in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct CallSummary {
    /// The call, as 13 characters.
    #[serde(serialize_with = "call_text")]
    #[schema(value_type = String)]
    pub call: CallId,
    /// Where it stands.
    pub state: CallState,
    /// Client firm; `None`: unknown number.
    pub customer: Option<i64>,
    /// Its name at the time.
    pub customer_name: String,
    /// Dialled number, E.164 digits or raw text.
    pub did: String,
    /// Caller, E.164 digits; empty: see `withheld`.
    pub caller: String,
    /// Why there is no caller number.
    pub withheld: String,
    /// Operator who answered.
    pub operator: Option<i64>,
    /// His or her name.
    pub operator_name: String,
    /// INVITE.
    pub arrived_ms: i64,
    /// Our 200.
    pub answered_ms: Option<i64>,
    /// Caller joined with the firm's person.
    pub bridged_ms: Option<i64>,
    /// The end.
    pub ended_ms: Option<i64>,
    /// From our 200 to the end.
    pub talk_ms: i64,
    /// From our 180 to our 200.
    pub wait_ms: i64,
    /// How it ended.
    pub ending: String,
    /// Length of the recording in milliseconds; `None`: there is none (yet).
    pub recording_ms: Option<i64>,
    /// Why there is none.
    pub no_recording: String,
}

fn call_text<S: serde::Serializer>(call: &CallId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(call)
}

impl Store {
    /// Finds calls. Each of the conditions but `text` and `answered` is a range of an index.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a condition that cannot be one, and what the database says.
    pub async fn find_calls(&self, query: &CallQuery) -> Result<CallPage, StoreError> {
        let wanted = wanted(query);
        let (mut conditions, mut found, mut of_found) = (Conditions::default(), "", "");
        let mut indexed = self.backend() == Backend::Postgres;
        if self.backend() == Backend::Sqlite && !wanted.is_empty() && self.is_rare(Index::Calls, &wanted).await? {
            conditions = Conditions::first(Value::Text(wanted.fts5()));
            (found, of_found, indexed) = (Index::Calls.found(), "found CROSS JOIN", true);
            conditions.add("calls.id = found.found_id", []);
        }
        conditions.take(query, indexed)?;
        if self.backend() == Backend::Postgres {
            for (sql, values) in wanted.postgres(&["calls.caller_reversed"]) {
                conditions.add_all(&sql, values);
            }
        }
        let limit = query.limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS_MAX);
        // One more than asked for tells whether there is a next page.
        let sql = format!(
            "{found} SELECT calls.*, recordings.samples AS samples FROM {of_found} calls \
             LEFT JOIN recordings ON recordings.call = calls.id {} ORDER BY calls.arrived_ms DESC, calls.id DESC LIMIT {}",
            conditions.sql(),
            u64::from(limit) + 1
        );
        let rows = conditions.bind(sqlx::query(sqlx::AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let calls: Vec<CallSummary> = rows.iter().take(wanted).map(summary).collect::<Result<_, _>>()?;
        let next = match calls.last() {
            Some(last) if rows.len() > wanted => Some(Cursor { arrived_ms: last.arrived_ms, call: key(last.call) }),
            Some(_) | None => None,
        };
        Ok(CallPage { calls, next })
    }
}

fn asked_caller(query: &CallQuery) -> Option<&str> {
    query.caller.as_deref().filter(|caller| !caller.trim().is_empty())
}

/// What of it the indexes of grams can find.
fn wanted(query: &CallQuery) -> Wanted {
    let mut wanted = Wanted::default();
    let asked = asked_caller(query).filter(|_| query.anywhere_since_ms.is_some());
    if let Some((part, (first, _))) = asked.and_then(|caller| Part::of(caller).zip(trailing_range(caller))) {
        part.wanted(&first, &mut wanted);
    }
    wanted
}

/// A value of a condition. The SQL holds only placeholders.
pub(crate) enum Value {
    Int(i64),
    Text(String),
}

#[derive(Default)]
pub(crate) struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `indexed`: the rows that are looked at are few, or found by other conditions.
    fn take(&mut self, query: &CallQuery, indexed: bool) -> Result<(), StoreError> {
        if let Some(customer) = query.customer {
            self.add("calls.customer = $", [Value::Int(customer)]);
        }
        if let Some(operator) = query.operator {
            self.add("calls.operator = $", [Value::Int(operator)]);
        }
        if let Some(from_ms) = query.from_ms {
            self.add("calls.arrived_ms >= $", [Value::Int(from_ms)]);
        }
        if let Some(to_ms) = query.to_ms {
            self.add("calls.arrived_ms < $", [Value::Int(to_ms)]);
        }
        if let Some(did) = query.did.as_deref().filter(|did| !did.trim().is_empty()) {
            let digits = number::Number::parse(did, number::JAPAN).map(|number| number.digits().to_string());
            self.add("calls.did = $", [Value::Text(digits.unwrap_or_else(|_| did.trim().to_owned()))]);
        }
        if let Some(caller) = asked_caller(query) {
            self.by_caller(caller, query.anywhere_since_ms, indexed)?;
        }
        if let Some(text) = query.text.as_deref().filter(|text| !text.trim().is_empty()) {
            let pattern = like_pattern(&text.chars().take(TEXT_CHARS_MAX).collect::<String>());
            self.add(
                "(calls.search LIKE $ ESCAPE '\\' OR calls.customer IN \
                 (SELECT customers.id FROM customers WHERE customers.search LIKE $ ESCAPE '\\'))",
                [Value::Text(pattern.clone()), Value::Text(pattern)],
            );
        }
        match query.answered {
            Some(true) => self.add("calls.answered_ms IS NOT NULL", []),
            Some(false) => self.add("calls.answered_ms IS NULL", []),
            None => {}
        }
        if let Some(cursor) = query.cursor {
            self.add("(calls.arrived_ms, calls.id) < ($, $)", [Value::Int(cursor.arrived_ms), Value::Int(cursor.call)]);
        }
        Ok(())
    }

    fn by_caller(&mut self, caller: &str, since_ms: Option<i64>, indexed: bool) -> Result<(), StoreError> {
        let (first, last) = trailing_range(caller).ok_or_else(|| {
            let what = format!("there is no digit in {caller:?}");
            StoreError::invalid("caller", what, "give a number or its last digits")
        })?;
        let ends = [Value::Text(first), Value::Text(last)];
        let Some((since_ms, Part { within, begins })) = since_ms.zip(Part::of(caller)) else {
            self.add("calls.caller_reversed >= $ AND calls.caller_reversed <= $", ends);
            return Ok(());
        };
        let [first, last] = ends;
        let values = [first, last, Value::Int(since_ms), Value::Text(within), Value::Text(begins)];
        self.add(
            if indexed {
                "((calls.caller_reversed >= $ AND calls.caller_reversed <= $) OR (calls.arrived_ms >= $ \
                 AND (calls.caller_reversed || ' ' LIKE $ OR calls.caller_reversed || ' ' LIKE $)))"
            } else {
                "calls.id IN (SELECT id FROM calls WHERE caller_reversed >= $ AND caller_reversed <= $ \
                 UNION SELECT id FROM calls WHERE arrived_ms >= $ AND (caller_reversed || ' ' LIKE $ OR caller_reversed || ' ' LIKE $))"
            },
            values,
        );
        Ok(())
    }

    /// A condition; each `$` in it becomes the placeholder of one of `values`.
    pub(crate) fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.add_all(condition, values.into());
    }

    /// The same with as many values as there are.
    pub(crate) fn add_all(&mut self, condition: &str, values: Vec<Value>) {
        let mut sql = String::with_capacity(condition.len() + 4);
        let mut place = self.values.len();
        for c in condition.chars() {
            sql.push(c);
            if c == '$' {
                place += 1;
                sql.push_str(&place.to_string());
            }
        }
        self.values.extend(values);
        self.sql.push(sql);
    }

    /// A value before all conditions: `$1` of what stands in front of them.
    pub(crate) fn first(value: Value) -> Conditions {
        Conditions { sql: Vec::new(), values: vec![value] }
    }

    pub(crate) fn sql(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!("WHERE {}", self.sql.join(" AND ")) }
    }

    pub(crate) fn bind(self, query: Query<'_, Any, AnyArguments>) -> Query<'_, Any, AnyArguments> {
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        })
    }
}

/// All reversed numbers that begin with the reversed digits of `text`. Among strings of digits alone every collation agrees
/// that they are those from the digits themselves to the digits followed by nines.
pub(crate) fn trailing_range(text: &str) -> Option<(String, String)> {
    let mut digits = digits(text);
    if digits.len() >= NATIONAL_DIGITS_MIN && digits.starts_with('0') {
        digits.remove(0);
    }
    digits.truncate(DIGITS_MAX);
    let first = reversed(&digits);
    let last = format!("{first}{}", "9".repeat(DIGITS_MAX));
    (!first.is_empty()).then_some((first, last))
}

/// Patterns of reversed numbers with a few digits somewhere in them; for numbers that stand one after the other with spaces between.
pub(crate) struct Part {
    /// Anywhere.
    pub(crate) within: String,
    /// A Japanese number begins with them, as it is dialled at home: a leading 0 stands for +81. Else the same once more.
    pub(crate) begins: String,
}

impl Part {
    /// `None`: these are so few digits that they are in very many numbers, or more than a number has.
    pub(crate) fn of(text: &str) -> Option<Part> {
        let digits = digits(text);
        if !(PART_DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
            return None;
        }
        let within = format!("%{}%", reversed(&digits));
        let begins = match digits.strip_prefix('0') {
            Some(rest) => format!("%{} %", reversed(&format!("{}{rest}", number::JAPAN))),
            None => within.clone(),
        };
        Some(Part { within, begins })
    }

    /// What their grams are; `first`: the digits that a number ends with, reversed. Whatever has these digits anywhere has either the
    /// ones or the others.
    pub(crate) fn wanted(&self, first: &str, wanted: &mut Wanted) {
        wanted.or_number(first);
        wanted.or_number(self.begins.trim_matches(['%', ' ']));
    }
}

fn summary(row: &AnyRow) -> Result<CallSummary, StoreError> {
    Ok(CallSummary {
        call: call_of_key(row.int("id")?),
        state: state_from(&row.text("state")?)?,
        customer: row.maybe_int("customer")?,
        customer_name: row.text("customer_name")?,
        did: row.text("did")?,
        caller: row.text("caller")?,
        withheld: row.text("withheld")?,
        operator: row.maybe_int("operator")?,
        operator_name: row.text("operator_name")?,
        arrived_ms: row.int("arrived_ms")?,
        answered_ms: row.maybe_int("answered_ms")?,
        bridged_ms: row.maybe_int("bridged_ms")?,
        ended_ms: row.maybe_int("ended_ms")?,
        talk_ms: row.int("talk_ms")?,
        wait_ms: row.int("wait_ms")?,
        ending: row.text("ending")?,
        recording_ms: row.maybe_int("samples")?.map(|samples| samples / 8),
        no_recording: row.text("no_recording")?,
    })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.arrived_ms, self.call)
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(at, call)| Some((at.parse().ok()?, call.parse().ok()?)));
        let (arrived_ms, call) = parts.ok_or("a cursor is the `next` of an earlier page")?;
        Ok(Cursor { arrived_ms, call })
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f57_a_number_in_any_form_or_its_last_digits() {
        let nines = "9".repeat(DIGITS_MAX);
        for (text, first) in [
            ("5678", "8765"),
            ("090-1234-5678", "8765432109"),
            ("+81 90 1234 5678", "876543210918"),
            ("０９０−１２３４", "4321090"),
        ] {
            assert_eq!(trailing_range(text), Some((first.to_owned(), format!("{first}{nines}"))), "{text}");
        }
        assert_eq!(trailing_range("no digits"), None);
    }

    #[test]
    fn f49_a_few_digits_are_found_in_the_middle_and_at_the_beginning_as_one_dials_it() {
        let part = Part::of("０９０−１２").unwrap();
        assert_eq!((part.within.as_str(), part.begins.as_str()), ("%21090%", "%210918 %"));
        assert!(Part::of("123").is_none(), "they are in very many numbers");
    }

    #[test]
    fn a_cursor_survives_the_url() {
        let cursor = Cursor { arrived_ms: 1_760_000_000_000, call: -5 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert!("1".parse::<Cursor>().is_err());
    }
}
