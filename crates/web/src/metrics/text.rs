//! Prometheus' text format 0.0.4: for each family its help, its kind, its samples.

use std::fmt::{self, Write};

/// What a family's values are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by upper bounds, each with those below it, sum and count.
    Histogram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

/// A page being written. Writing into a string cannot fail.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {}\n# TYPE {name} {kind}", Escaped(help, false));
    }

    /// One value of it.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        for (place, (label, text)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{}\"", Escaped(text, true));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// A family of one value.
    pub fn one(&mut self, name: &str, kind: Kind, help: &str, labels: &[(&str, &str)], value: f64) {
        self.family(name, kind, help);
        self.sample(name, labels, value);
    }

    /// All of it.
    pub fn text(self) -> String {
        self.0
    }
}

/// A text in which nothing ends the line, or, between quotes, the text.
struct Escaped<'a>(&'a str, bool);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '"' if self.1 => f.write_str("\\\"")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_cannot_break_a_line() {
        let mut page = Page::default();
        page.one("up", Kind::Gauge, "Is it \"up\"?\\\nYes.", &[("trunk", "a\"b\\c\nd"), ("x", "ひかり")], 0.5);
        page.sample("up", &[], 1e9);
        let expected = "# HELP up Is it \"up\"?\\\\\\nYes.\n# TYPE up gauge\n\
            up{trunk=\"a\\\"b\\\\c\\nd\",x=\"ひかり\"} 0.5\nup 1000000000\n";
        assert_eq!(page.text(), expected);
    }
}
