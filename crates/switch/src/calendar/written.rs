//! Calendars as people write them: "mon-fri 9:00-18:00; sat 9:00-12:00", 月-金 9:00-18:00, "2026-12-29..2027-01-03 年末年始の…".
//! What is written is read back the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::day::{Day, Time, Weekday};
use super::{Closed, Edge, Hours, OpenDays, Period, Week};

/// Text that is no part of a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// What is wrong, with the text.
    pub what: String,
    /// How it is written.
    pub remedy: &'static str,
}

impl Unreadable {
    pub(super) fn new(text: &str, what: &str, remedy: &'static str) -> Unreadable {
        const CHARS_SHOWN: usize = 60;
        Unreadable { what: format!("{text:.CHARS_SHOWN$?} {what}"), remedy }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

impl std::error::Error for Unreadable {}

/// Digits and signs as a Japanese keyboard may leave them, made ASCII.
pub(super) fn half_width(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '０'..='９' | '：' | '；' | '，' | '．' | '／' | '［' | '］' => {
            u32::from(letter).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(letter)
        }
        '－' | '−' | '–' | '‐' => '-',
        '～' | '〜' => '~',
        '　' => ' ',
        _ => letter,
    };
    text.chars().map(narrow).collect()
}

const HOURS_REMEDY: &str = "write 9:00-18:00; past midnight 18:00-26:00";
const EDGE_REMEDY: &str = "write 2026-12-29, 2026-12-29 17:00, or every year 12-29";
const WEEK_REMEDY: &str = "write mon-fri 9:00-12:00,13:00-18:00; sat 9:00-12:00";
const PERIOD_REMEDY: &str = "write 2026-12-29..2027-01-03 and the wording; between them [announce], [message_box] or [answer_as_usual] if wanted";
const OPEN_REMEDY: &str = "write 2026-12-26 9:00-15:00, or 2026-12-26..2026-12-27 9:00-15:00";

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

impl FromStr for Hours {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Hours, Unreadable> {
        let unreadable = || Unreadable::new(text, "are no hours", HOURS_REMEDY);
        let plain = half_width(text);
        let (from, to) = plain.split_once(['-', '~']).ok_or_else(unreadable)?;
        Hours::new(from.parse()?, to.parse()?).ok_or_else(unreadable)
    }
}

/// Hours between commas.
fn hours_of_a_day(text: &str) -> Result<Vec<Hours>, Unreadable> {
    text.split([',', '、']).map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
}

fn join_hours(hours: &[Hours]) -> String {
    hours.iter().map(Hours::to_string).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(year) = self.year {
            write!(f, "{year:04}-")?;
        }
        write!(f, "{:02}-{:02}", self.month, self.day)?;
        self.time.map_or(Ok(()), |time| write!(f, " {time}"))
    }
}

impl FromStr for Edge {
    type Err = Unreadable;

    /// With - or / between; a time after a space or a T.
    fn from_str(text: &str) -> Result<Edge, Unreadable> {
        let unreadable = || Unreadable::new(text, "is no day", EDGE_REMEDY);
        let plain = half_width(text);
        let plain = plain.trim();
        let (date, time) = match plain.split_once([' ', 'T']) {
            Some((date, time)) => (date, Some(time.parse::<Time>()?)),
            None => (plain, None),
        };
        let parts: Vec<&str> = date.split(['-', '/']).collect();
        let digits = |text: &str, longest: usize| {
            let fits = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| text.parse::<i32>().ok()).flatten()
        };
        let (year, month, day) = match parts.as_slice() {
            [year, month, day] => (Some(digits(year, 4).ok_or_else(unreadable)?), digits(month, 2), digits(day, 2)),
            [month, day] => (None, digits(month, 2), digits(day, 2)),
            _ => return Err(unreadable()),
        };
        // Every year: the leap day is one, too.
        const LEAP_YEAR: i32 = 2024;
        let exists = |month, day| Day::new(year.unwrap_or(LEAP_YEAR), month, day);
        let small = |number: Option<i32>| number.and_then(|number| u8::try_from(number).ok());
        let found = small(month).zip(small(day)).and_then(|(month, day)| exists(month, day)).ok_or_else(unreadable)?;
        if time.is_some_and(|time| time > Time::END) {
            return Err(unreadable());
        }
        Ok(Edge { year, month: found.month, day: found.day, time })
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Days that follow each other and have the same hours are one entry.
        let mut runs: Vec<(Weekday, Weekday, &[Hours])> = Vec::new();
        for weekday in Weekday::ALL {
            let hours = self.of(weekday);
            match runs.last_mut() {
                Some((_, last, same)) if *same == hours => *last = weekday,
                Some(_) | None => runs.push((weekday, weekday, hours)),
            }
        }
        let entry = |(first, last, hours): &(Weekday, Weekday, &[Hours])| match first == last {
            true => format!("{} {}", first.word(), join_hours(hours)),
            false => format!("{}-{} {}", first.word(), last.word(), join_hours(hours)),
        };
        let entries: Vec<String> = runs.iter().filter(|(_, _, hours)| !hours.is_empty()).map(entry).collect();
        f.write_str(&entries.join("; "))
    }
}

impl FromStr for Week {
    type Err = Unreadable;

    /// Entries between semicolons or line breaks: days, then hours. "daily" and 毎日, "weekdays" and 平日 are days, too. A day that
    /// is in two entries has the hours of both.
    fn from_str(text: &str) -> Result<Week, Unreadable> {
        let mut week = Week::default();
        let plain = half_width(text);
        for entry in plain.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let unreadable = || Unreadable::new(entry, "are no hours of a week", WEEK_REMEDY);
            let digit = entry.find(|letter: char| letter.is_ascii_digit()).ok_or_else(unreadable)?;
            let (days, hours) = entry.split_at(digit);
            let days = weekdays(days.trim().trim_end_matches(':')).ok_or_else(unreadable)?;
            let hours = hours_of_a_day(hours)?;
            for weekday in days {
                let of_day = week.of_mut(weekday);
                of_day.extend(hours.iter().copied());
                of_day.sort();
                of_day.dedup();
            }
        }
        Ok(week)
    }
}

/// "mon-fri", "mon,wed", 月-金, 月水金.
fn weekdays(text: &str) -> Option<Vec<Weekday>> {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "daily" | "毎日" => return Some(Weekday::ALL.to_vec()),
        "weekdays" | "平日" => return Some(Weekday::ALL.into_iter().take(5).collect()),
        _ => {}
    }
    let mut days = Vec::new();
    for part in text.split([',', '、', '・']).map(str::trim).filter(|part| !part.is_empty()) {
        if let Some((first, last)) = part.split_once(['-', '~']) {
            let (first, last) = (one_weekday(first.trim())?, one_weekday(last.trim())?);
            let from_first = Weekday::ALL.into_iter().cycle().skip_while(|day| *day != first);
            let mut over = false;
            days.extend(from_first.take_while(|day| !std::mem::replace(&mut over, *day == last)));
        } else if let Some(day) = one_weekday(part) {
            days.push(day);
        } else {
            let each: Option<Vec<Weekday>> = part.chars().map(|letter| one_weekday(&letter.to_string())).collect();
            days.extend(each?);
        }
    }
    (!days.is_empty()).then_some(days)
}

fn one_weekday(text: &str) -> Option<Weekday> {
    let text = text.strip_suffix("曜日").or_else(|| text.strip_suffix('曜')).unwrap_or(text);
    let is = |day: &Weekday| text == day.word() || text == day.kanji().to_string();
    Weekday::ALL.into_iter().find(is)
}

/// The days at the beginning of a text, one or "from..to", and the rest.
fn edges(text: &str) -> Option<(Edge, Edge, String)> {
    let plain = half_width(text);
    let plain = plain.trim();
    let ranged =
        |between: &str| plain.split_once(between).and_then(|(first, rest)| Some((first.parse::<Edge>().ok()?, rest)));
    if let Some((from, rest)) = ranged("..").or_else(|| ranged("~")) {
        let (to, rest) = leading_edge(rest)?;
        return Some((from, to, original_end(text, &rest)));
    }
    let (only, rest) = leading_edge(plain)?;
    Some((only, only, original_end(text, &rest)))
}

/// A day, with a time if one follows that is not the beginning of hours.
fn leading_edge(text: &str) -> Option<(Edge, String)> {
    let text = text.trim();
    let (date, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim_start();
    match leading_time(rest) {
        Some((time, after)) => Some((format!("{date} {time}").parse().ok()?, after.to_owned())),
        None => Some((date.parse().ok()?, rest.to_owned())),
    }
}

/// A time at the beginning of a text, and the rest.
fn leading_time(text: &str) -> Option<(&str, &str)> {
    let (time, after) = text.split_once(' ').unwrap_or((text, ""));
    (time.contains(':') && time.parse::<Time>().is_ok()).then_some((time, after.trim_start()))
}

/// The end of the text as it was written, of which `rest` is the end made half-width: letter for letter as long.
fn original_end(text: &str, rest: &str) -> String {
    let text = text.trim_end();
    let skipped = text.chars().count().saturating_sub(rest.trim_end().chars().count());
    text.chars().skip(skipped).collect()
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_edges(f, self.from, self.to)?;
        // A wording that begins with a time or a bracket is set apart from the days.
        let is_odd = self.wording.starts_with(|letter: char| letter == '[' || half_width(&letter.to_string()) == "[")
            || leading_time(&half_width(&self.wording)).is_some();
        match self.when_closed {
            Some(then) => write!(f, " [{}]", then.word())?,
            None if is_odd => write!(f, " []")?,
            None => {}
        }
        if self.wording.is_empty() { Ok(()) } else { write!(f, " {}", self.wording) }
    }
}

fn write_edges(f: &mut fmt::Formatter<'_>, from: Edge, to: Edge) -> fmt::Result {
    if from == to && from.time.is_none() { write!(f, "{from}") } else { write!(f, "{from}..{to}") }
}

impl FromStr for Period {
    type Err = Unreadable;

    /// "2026-12-29..2027-01-03 wording", "12-29..01-03 \[message_box] wording", "2026-08-14".
    fn from_str(text: &str) -> Result<Period, Unreadable> {
        let unreadable = || Unreadable::new(text, "is no closed period", PERIOD_REMEDY);
        let (from, to, rest) = edges(text).ok_or_else(unreadable)?;
        let (when_closed, wording) = match rest.strip_prefix(['[', '［']).and_then(|rest| rest.split_once([']', '］']))
        {
            Some((word, wording)) if word.trim().is_empty() => (None, wording),
            Some((word, wording)) => (Some(Closed::from_word(word.trim()).ok_or_else(unreadable)?), wording),
            None => (None, rest.as_str()),
        };
        Ok(Period { from, to, wording: wording.trim().to_owned(), when_closed })
    }
}

impl fmt::Display for OpenDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_edges(f, self.from, self.to)?;
        write!(f, " {}", join_hours(&self.hours))
    }
}

impl FromStr for OpenDays {
    type Err = Unreadable;

    /// "2026-12-26 9:00-15:00", "2026-12-26..2026-12-27 9:00-12:00,13:00-15:00".
    fn from_str(text: &str) -> Result<OpenDays, Unreadable> {
        let unreadable = || Unreadable::new(text, "are no days with hours", OPEN_REMEDY);
        let (from, to, rest) = edges(text).ok_or_else(unreadable)?;
        let hours = hours_of_a_day(&half_width(&rest))?;
        if hours.is_empty() {
            return Err(unreadable());
        }
        Ok(OpenDays { from, to, hours })
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Edge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
