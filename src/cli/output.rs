//! Answers on standard output, as text for people or JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// To standard output.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read it.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// A list: a table for people, an array for programs.
    pub fn list<T: Serialize>(self, rows: &[T], columns: &[Words], cells: impl Fn(&T) -> Vec<String>) {
        if self.json {
            self.value(&rows);
            return;
        }
        let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
        self.text(&table(columns, &cells));
    }

    /// One thing: a text for people, an object for programs.
    pub fn one<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) {
        if self.json { self.value(value) } else { self.text(&text()) }
    }

    /// A line of a log of objects: one JSON object a line, or a text.
    pub fn line<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) {
        if !self.json {
            return self.text(&text());
        }
        match serde_json::to_string(value) {
            Ok(line) => self.text(&line),
            Err(error) => complain(&error.to_string()),
        }
    }

    /// Text as it is, with a line end.
    pub fn text(self, text: &str) {
        let mut out = io::stdout().lock();
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| if text.is_empty() || text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
        stop_if_nobody_reads(written.and_then(|()| out.flush()));
    }

    /// Bytes as they are.
    pub fn bytes(self, bytes: &[u8]) {
        stop_if_nobody_reads(io::stdout().lock().write_all(bytes));
    }

    /// What went wrong, on standard error.
    pub fn troubles(self, troubles: &Troubles) {
        let text = if self.json {
            serde_json::to_string(&serde_json::json!({ "errors": troubles.0 })).unwrap_or_default()
        } else {
            troubles.to_string()
        };
        complain(&text);
    }

    fn value<T: Serialize>(self, value: &T) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.text(&text),
            Err(error) => complain(&error.to_string()),
        }
    }
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end()); // nobody reads standard error: nobody to tell
}

/// `denwaban call list | head` must end quietly.
fn stop_if_nobody_reads(written: io::Result<()>) {
    if let Err(error) = written {
        if error.kind() != io::ErrorKind::BrokenPipe {
            complain(&error.to_string());
        }
        std::process::exit(1);
    }
}

/// Columns as wide as their widest cell; Japanese letters are two wide.
pub fn table(columns: &[Words], rows: &[Vec<String>]) -> String {
    let columns: Vec<&str> = columns.iter().map(|head| head.text()).collect();
    lines(&columns, rows)
}

fn lines(columns: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..columns.len())
        .map(|place| {
            let head = columns.get(place).map_or(0, |head| width(head));
            rows.iter().filter_map(|row| row.get(place)).map(|cell| width(cell)).max().unwrap_or(0).max(head)
        })
        .collect();
    let mut text = String::new();
    let head: Vec<String> = columns.iter().map(|head| (*head).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&padded(cell, *width));
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// One thing, a field a line: names, then values that stand under each other.
pub fn fields(fields: &[(Words, String)]) -> String {
    let widest = fields.iter().map(|(name, _)| width(name.text())).max().unwrap_or(0);
    let line =
        |(name, value): &(Words, String)| format!("{}  {value}", padded(name.text(), widest)).trim_end().to_owned();
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Yes or no, for people.
pub fn yes(is: bool) -> String {
    if is { words::YES } else { words::NO }.text().to_owned()
}

/// So many seconds, for people.
pub fn seconds(count: impl std::fmt::Display) -> String {
    words::SECONDS.with(&[&count])
}

/// So many seconds, or never, for people.
pub fn never_or_seconds(count: Option<u16>) -> String {
    count.map_or_else(|| words::NEVER.text().to_owned(), seconds)
}

/// An option that is `on` or `off`.
pub fn on_or_off(option: &str, given: Option<&str>) -> Result<Option<bool>, Trouble> {
    match given {
        None => Ok(None),
        Some("on" | "yes") => Ok(Some(true)),
        Some("off" | "no") => Ok(Some(false)),
        Some(other) => {
            let what = words::NO_CHOICE.with(&[&other]);
            Err(Trouble::new(Exit::Usage, option, what, words::ON_OR_OFF_REMEDY.text()))
        }
    }
}

/// An option that is a number of seconds or `never`.
pub fn seconds_or_never(option: &str, given: &str) -> Result<Option<u16>, Trouble> {
    if given == "never" {
        return Ok(None);
    }
    let wrong = |_| {
        let what = words::NO_CHOICE.with(&[&given]);
        Trouble::new(Exit::Usage, option, what, words::SECONDS_OR_NEVER_REMEDY.text())
    };
    given.parse().map(Some).map_err(wrong)
}

/// The text, filled up with spaces to `wanted` columns of a terminal.
pub fn padded(text: &str, wanted: usize) -> String {
    let missing = wanted.saturating_sub(width(text));
    format!("{}{}", clean(text), " ".repeat(missing))
}

/// How many columns of a terminal the text takes (UAX 11: wide and full-width letters take two).
fn width(text: &str) -> usize {
    text.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum()
}

/// Without characters that move the cursor (R20).
pub fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn is_wide(letter: char) -> bool {
    matches!(u32::from(letter),
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0x33FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA000..=0xA4CF
        | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_japanese_too() {
        let rows = vec![
            vec!["sakura".to_owned(), "さくら歯科".to_owned(), "1".to_owned()],
            vec!["a\u{1b}[2J".to_owned(), "Acme".to_owned(), "22".to_owned()],
        ];
        assert_eq!(
            lines(&["code", "name", "n"], &rows),
            "code    name        n\nsakura  さくら歯科  1\na [2J   Acme        22\n"
        );
    }
}
