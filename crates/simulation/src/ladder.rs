//! What happened, as people draw it: we stand leftmost, every party has a column, time goes down.

use std::fmt::Write as _;
use std::time::Duration;

/// Columns between two lines.
const GAP: usize = 30;

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It arrived.
    Arrived,
    /// The network lost it.
    Lost,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Line {
    Packet { at: Duration, party: usize, incoming: bool, title: String, fate: Fate },
    Note { at: Duration, text: String },
}

/// A history being written down, or not.
#[derive(Debug, Default)]
pub struct Ladder {
    is_kept: bool,
    lines: Vec<Line>,
}

impl Ladder {
    /// One that is kept, or one that costs nothing.
    pub fn new(is_kept: bool) -> Self {
        Self { is_kept, lines: Vec::new() }
    }

    /// A packet to the switch (`incoming`) or from it.
    pub fn packet(&mut self, at: Duration, party: usize, incoming: bool, title: impl FnOnce() -> String, fate: Fate) {
        if self.is_kept {
            self.lines.push(Line::Packet { at, party, incoming, title: title(), fate });
        }
    }

    /// Anything else.
    pub fn note(&mut self, at: Duration, text: impl FnOnce() -> String) {
        if self.is_kept {
            self.lines.push(Line::Note { at, text: text() });
        }
    }

    /// Draws it; `names` are the columns. `x` in place of an arrow's head: lost on the way.
    pub fn draw(&self, names: &[String]) -> String {
        let mut text = format!("{:11}{:<GAP$}", "", "denwaban");
        for name in names {
            let _ = write!(text, "{name:<GAP$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        for line in &self.lines {
            match line {
                Line::Note { at, text: note } => {
                    let _ = writeln!(text, "{:>9.3}  * {note}", at.as_secs_f64());
                }
                Line::Packet { at, party, incoming, title, fate } => {
                    let drawn = arrow(*party, *incoming, title, *fate, names.len());
                    let _ = writeln!(text, "{:>9.3}  {drawn}", at.as_secs_f64());
                }
            }
        }
        text
    }
}

fn arrow(party: usize, incoming: bool, title: &str, fate: Fate, parties: usize) -> String {
    let long = GAP * (party + 1) - 1;
    let title: String = title.chars().take(long.saturating_sub(5)).collect();
    let dashes = long.saturating_sub(title.chars().count() + 3);
    let (left, right) = ("-".repeat(dashes / 2), "-".repeat(dashes - dashes / 2));
    let rest = format!("{:width$}|", "", width = GAP - 1).repeat(parties.saturating_sub(party + 1));
    match (incoming, fate) {
        (true, Fate::Arrived) => format!("|<{left} {title} {right}|{rest}"),
        (true, Fate::Lost) => format!("| {title} x{left}{right}|{rest}"),
        (false, Fate::Arrived) => format!("|{left} {title} {right}>|{rest}"),
        (false, Fate::Lost) => format!("|{left}{right}x {title} |{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_has_its_arrow_and_a_lost_one_has_no_head() {
        let mut ladder = Ladder::new(true);
        let at = Duration::from_millis(1500);
        ladder.packet(at, 0, true, || "INVITE 1 [1]".to_owned(), Fate::Arrived);
        ladder.packet(at, 1, false, || "BYE 1 [2]".to_owned(), Fate::Lost);
        ladder.note(at, || "hold".to_owned());
        let drawn = ladder.draw(&["carrier".to_owned(), "hanako".to_owned()]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines[1].contains("|<") && lines[1].contains(" INVITE 1 [1] "), "{drawn}");
        assert!(lines[2].contains("x BYE 1 [2] |") && !lines[2].contains('>'), "{drawn}");
        assert!(lines[3].ends_with("* hold"), "{drawn}");
        let mut none = Ladder::new(false);
        none.note(at, || unreachable!("nobody reads it"));
        assert_eq!(none.draw(&[]).lines().count(), 1);
    }
}
