//! Answers of the running switch as tables and fields for people: each column names where its value stands and how it is shown.

use serde_json::Value;

use super::Context;
use super::call::time;
use super::output::{clean, fields, seconds, table, yes};
use crate::words::Words;

/// How a value is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Is {
    /// As it is: a text, a number, several of them.
    Plain,
    /// A moment, unix milliseconds.
    Time,
    /// Milliseconds.
    Length,
    /// A share of a hundred.
    Percent,
    /// The first line of a text.
    Line,
}

/// A head, the JSON pointer (RFC 6901) of its value, and what that is.
pub type Column = (Words, &'static str, Is);

/// Rows for people, an array for programs.
pub fn list(context: &Context, rows: &[Value], columns: &[Column]) {
    let heads: Vec<Words> = columns.iter().map(|(head, _, _)| *head).collect();
    context.out.list(rows, &heads, |row| cells(row, columns));
}

/// Rows as a table.
pub fn text(rows: &[Value], columns: &[Column]) -> String {
    let heads: Vec<Words> = columns.iter().map(|(head, _, _)| *head).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row, columns)).collect();
    table(&heads, &rows)
}

/// One thing, a field a line; what is empty is left out.
pub fn one(value: &Value, columns: &[Column]) -> String {
    let named = columns.iter().map(|(head, at, is)| (*head, clean(&cell(value, at, *is))));
    fields(&named.filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>())
}

fn cells(row: &Value, columns: &[Column]) -> Vec<String> {
    columns.iter().map(|(_, at, is)| cell(row, at, *is)).collect()
}

/// What stands there; empty if there is nothing.
pub fn cell(row: &Value, at: &str, is: Is) -> String {
    let Some(value) = row.pointer(at) else { return String::new() };
    let number = value.as_i64();
    match is {
        Is::Time => number.map(time).unwrap_or_default(),
        Is::Length => number.map(|ms| seconds(format!("{}.{}", ms / 1000, ms % 1000 / 100))).unwrap_or_default(),
        Is::Percent => value.as_f64().map(|share| format!("{share:.1} %")).unwrap_or_default(),
        Is::Line => plain(value).lines().next().unwrap_or_default().to_owned(),
        Is::Plain => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is) => yes(*is),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;
    use serde_json::json;

    #[test]
    fn a_value_is_shown_as_what_it_is_and_nothing_as_nothing() {
        let row = json!({
            "at": 1_795_186_800_000_i64, "for": 1_250, "who": { "names": ["a", "b"] }, "text": "one\ntwo", "share": 33.333,
            "none": null,
        });
        for (at, is, wanted) in [
            ("/at", Is::Time, "2026-11-21 00:00:00"),
            ("/for", Is::Length, &words::SECONDS.with(&[&"1.2"])),
            ("/who/names", Is::Plain, "a, b"),
            ("/text", Is::Line, "one"),
            ("/share", Is::Percent, "33.3 %"),
            ("/none", Is::Plain, ""),
            ("/missing", Is::Time, ""),
        ] {
            assert_eq!(cell(&row, at, is), wanted, "{at}");
        }
        let shown = one(&row, &[(words::NAME, "/who/names", Is::Plain), (words::CODE, "/none", Is::Plain)]);
        assert!(shown.ends_with("a, b") && shown.lines().count() == 1, "{shown}");
    }
}
