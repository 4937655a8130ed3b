//! One mistake in the configuration: where, what, and what to do.

use std::fmt;
use std::path::PathBuf;

use crate::words;

/// A mistake that keeps the configuration from being used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The file, or `None` when it is in the environment.
    pub file: Option<PathBuf>,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// The setting (`sip.udp`) or variable (`DENWABAN_SIP_UDP`), as far as known.
    pub setting: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Mistake {
    /// `denwaban.toml:12: sip.udp`, as far as known.
    pub fn place(&self) -> String {
        let mut place = match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}", file.display()),
            (Some(file), None) => file.display().to_string(),
            (None, _) => words::ENVIRONMENT.text().to_owned(),
        };
        if !self.setting.is_empty() {
            place.push_str(": ");
            place.push_str(&self.setting);
        }
        place
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  {} {}", words::REMEDY, self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistake {}

/// The known name that `unknown` was probably meant to be.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = known.into_iter().map(|name| (distance(unknown, name), name)).min()?;
    // A third of the letters wrong is a slip; more is another word.
    (nearest.0 <= unknown.chars().count().div_ceil(3)).then_some(nearest.1)
}

/// Levenshtein's distance, with a swap of neighbours counted once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, from) in a.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, to) in b.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&last, column) + usize::from(from != to)).min(at(&last, column + 1) + 1);
            cost = cost.min(at(&next, column) + 1);
            let swapped = row > 0 && column > 0 && a.get(row - 1) == Some(to) && b.get(column - 1) == Some(from);
            if swapped {
                cost = cost.min(at(&before_last, column - 1) + 1);
            }
            next.push(cost);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["udp", "tcp", "realm", "keep_alive_seconds", "listen"];
        for (written, meant) in [
            ("relam", Some("realm")),
            ("keepalive_seconds", Some("keep_alive_seconds")),
            ("upd", Some("udp")),
            ("lisen", Some("listen")),
            ("colour", None),
        ] {
            assert_eq!(did_you_mean(written, known), meant, "{written}");
        }
    }
}
