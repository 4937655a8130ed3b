//! When a client firm is open: hours of the week, Japan's public holidays, closed days with their wording. A pure rule, so
//! that any moment can be asked about: "this number, on 29 December at 18:05".
//!
//! For one moment, from the strongest to the weakest: a closed period that covers it; days with hours of their own
//! (`also_open`); a public holiday, if the firm keeps them; the hours of the weekday. A week without any hours restricts
//! nothing. Hours that run on past midnight belong to the day on which they began, also for closed days; edges of closed
//! periods with a time go by the clock. All times are Japan's.

mod day;
mod holidays;
mod written;

use serde::{Deserialize, Serialize};

pub use day::{Day, Time, Weekday};
pub use holidays::{HOLIDAY_YEARS, holiday};
pub use written::Unreadable;

use day::DAY_MINUTES;

/// Hours of one day.
pub const HOURS_MAX: usize = 6;
/// Closed periods, and days with hours of their own.
pub const PERIODS_MAX: usize = 100;
/// Characters of a wording.
pub const WORDING_CHARS_MAX: usize = 300;
/// How far [`Calendar::opens_after`] looks.
const LOOK_AHEAD_DAYS: i64 = 400;

/// When a firm is open, and what its callers hear when it is not. The default is open at all times.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// Hours of each weekday. A week without any hours restricts nothing.
    pub week: Week,
    /// Closed periods, whatever the hours say.
    pub closed: Vec<Period>,
    /// Days with hours of their own, whatever weekday or holiday they are.
    pub also_open: Vec<OpenDays>,
    /// Closed on Japan's public holidays.
    pub japanese_holidays: bool,
    /// What callers hear outside of the hours, and in a closed period without a wording. Empty: a wording of ours.
    pub closed_wording: String,
    /// What becomes of a call when the firm is closed.
    pub when_closed: Closed,
}

/// What becomes of a call to a firm that is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// An operator answers as at any time, and sees that the firm is closed.
    #[default]
    AnswerAsUsual,
    /// The caller hears the wording, and the call ends.
    Announce,
    /// The caller hears the wording, and can leave a message.
    MessageBox,
}

impl Closed {
    /// All there are.
    pub const ALL: [Closed; 3] = [Closed::AnswerAsUsual, Closed::Announce, Closed::MessageBox];

    /// As in the API, in CSV and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Closed::AnswerAsUsual => "answer_as_usual",
            Closed::Announce => "announce",
            Closed::MessageBox => "message_box",
        }
    }

    /// From [`Closed::word`].
    pub fn from_word(word: &str) -> Option<Closed> {
        Closed::ALL.into_iter().find(|closed| closed.word() == word)
    }
}

/// Hours of each weekday; a day without any is a closed day, unless no day has any.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "they are what they are called")]
pub struct Week {
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub mon: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub tue: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub wed: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub thu: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub fri: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub sat: Vec<Hours>,
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub sun: Vec<Hours>,
}

impl Week {
    /// Hours of one day.
    pub fn of(&self, weekday: Weekday) -> &[Hours] {
        match weekday {
            Weekday::Monday => &self.mon,
            Weekday::Tuesday => &self.tue,
            Weekday::Wednesday => &self.wed,
            Weekday::Thursday => &self.thu,
            Weekday::Friday => &self.fri,
            Weekday::Saturday => &self.sat,
            Weekday::Sunday => &self.sun,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, weekday: Weekday) -> &mut Vec<Hours> {
        match weekday {
            Weekday::Monday => &mut self.mon,
            Weekday::Tuesday => &mut self.tue,
            Weekday::Wednesday => &mut self.wed,
            Weekday::Thursday => &mut self.thu,
            Weekday::Friday => &mut self.fri,
            Weekday::Saturday => &mut self.sat,
            Weekday::Sunday => &mut self.sun,
        }
    }

    /// No day has hours: nothing is restricted.
    pub fn is_empty(&self) -> bool {
        Weekday::ALL.iter().all(|weekday| self.of(*weekday).is_empty())
    }
}

/// From one time to another of the same business day, "09:00-18:00"; the end does not belong to it. "18:00-26:00" runs on to two
/// in the morning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Hours {
    const WHOLE_DAY: Hours = Hours { from: Time::START, to: Time::END };

    /// `None`: it ends before it begins, or is longer than a day.
    pub fn new(from: Time, to: Time) -> Option<Hours> {
        let fits = from < to && from < Time::END && to.minutes() - from.minutes() <= DAY_MINUTES;
        fits.then_some(Hours { from, to })
    }

    fn has(self, minute: u16) -> bool {
        (self.from.minutes()..self.to.minutes()).contains(&minute)
    }
}

/// Where a period begins or ends: "2026-12-29", "2026-12-29 17:00", or every year "12-29". An end without a time includes its
/// day; one with a time does not include that minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// `None`: every year.
    year: Option<i32>,
    month: u8,
    day: u8,
    /// To the minute, 24:00 at most.
    time: Option<Time>,
}

impl Edge {
    fn minute(self, otherwise: Time) -> u16 {
        self.time.unwrap_or(otherwise).minutes()
    }
}

/// A time when the firm is closed, whatever its hours say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// When it begins.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "2026-12-29"))]
    pub from: Edge,
    /// When it ends.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "2027-01-03"))]
    pub to: Edge,
    /// What callers hear. Empty: the calendar's wording.
    #[serde(default)]
    pub wording: String,
    /// What becomes of a call, if something else than at other times.
    #[serde(default)]
    pub when_closed: Option<Closed>,
}

/// Days with hours of their own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenDays {
    /// The first day.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "2026-12-29"))]
    pub from: Edge,
    /// The last.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "2027-01-03"))]
    pub to: Edge,
    /// Hours of each of them.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>, example = json!(["09:00-18:00"])))]
    pub hours: Vec<Hours>,
}

/// A moment, and the day of business that it belongs to: the day before for hours that run on past midnight.
#[derive(Clone, Copy)]
struct Moment {
    day: Day,
    minute: u16,
    business: Day,
}

impl Moment {
    /// What an edge is compared with: one without a time is the edge of a day of business, one with a time is of the clock.
    fn seen_from(self, edge: Edge) -> (Day, u16) {
        (if edge.time.is_some() { self.day } else { self.business }, self.minute)
    }
}

/// Every year: a period that ends before it begins is one over the new year. With years it covers nothing, and
/// [`Calendar::faults`] says so.
fn covers(from: Edge, to: Edge, moment: Moment) -> bool {
    let (begins, ends) = (from.minute(Time::START), to.minute(Time::END));
    let ((day, minute), (last_day, last_minute)) = (moment.seen_from(from), moment.seen_from(to));
    let (has_begun, has_not_ended) = match (from.year, to.year) {
        (Some(first), Some(last)) => (
            (first, from.month, from.day, begins) <= (day.year, day.month, day.day, minute),
            (last_day.year, last_day.month, last_day.day, last_minute) < (last, to.month, to.day, ends),
        ),
        (None, None) => (
            (from.month, from.day, begins) <= (day.month, day.day, minute),
            (last_day.month, last_day.day, last_minute) < (to.month, to.day, ends),
        ),
        (Some(_), None) | (None, Some(_)) => return false,
    };
    let is_over_new_year = from.year.is_none() && (from.month, from.day, begins) > (to.month, to.day, ends);
    if is_over_new_year { has_begun || has_not_ended } else { has_begun && has_not_ended }
}

/// How a firm stands at a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// Open.
    Open,
    /// Closed.
    Closed {
        /// Why.
        why: Why,
        /// What callers hear, as the firm wrote it; empty: [`Standing::spoken`] has a wording of ours.
        wording: String,
        /// What becomes of the call.
        then: Closed,
    },
}

/// Why a firm is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is outside of its hours.
    Hours,
    /// It is this public holiday.
    Holiday(&'static str),
    /// It is a closed period of its own.
    Period,
}

impl Standing {
    /// Open?
    pub fn is_open(&self) -> bool {
        match self {
            Standing::Open => true,
            Standing::Closed { .. } => false,
        }
    }

    /// What callers of a firm of this name hear: its own wording, or ours. `None`: it is open.
    pub fn spoken(&self, firm: &str) -> Option<String> {
        let Standing::Closed { why, wording, then } = self else { return None };
        if !wording.is_empty() {
            return Some(wording.clone());
        }
        let closed = match why {
            Why::Hours => "ただいま営業時間外でございます。",
            Why::Holiday(_) | Why::Period => "本日は休業日でございます。",
        };
        let ending = match then {
            Closed::AnswerAsUsual => "",
            Closed::Announce => "恐れ入りますが、営業時間内におかけ直しください。",
            Closed::MessageBox => "恐れ入りますが、発信音の後にお名前とご用件をお話しください。",
        };
        Some(format!("お電話ありがとうございます。{firm}でございます。{closed}{ending}"))
    }
}

impl Calendar {
    /// How the firm stands at this moment.
    pub fn at(&self, unix_ms: i64) -> Standing {
        let (day, minute) = Day::at(unix_ms);
        let yesterday = day.plus(-1);
        let (hours, why) = self.hours(day);
        let is_in_hours = hours.iter().any(|hours| hours.has(minute));
        let runs_on = self.hours(yesterday).0.iter().any(|hours| hours.has(minute + DAY_MINUTES));
        let period = |business| {
            let moment = Moment { day, minute, business };
            self.closed.iter().find(|period| covers(period.from, period.to, moment))
        };
        let period = match (is_in_hours, runs_on) {
            (true, true) => period(day).and(period(yesterday)),
            (false, true) => period(yesterday),
            (true | false, false) => period(day),
        };
        if let Some(period) = period {
            let wording = if period.wording.is_empty() { &self.closed_wording } else { &period.wording };
            let then = period.when_closed.unwrap_or(self.when_closed);
            return Standing::Closed { why: Why::Period, wording: wording.clone(), then };
        }
        if is_in_hours || runs_on {
            return Standing::Open;
        }
        Standing::Closed { why, wording: self.closed_wording.clone(), then: self.when_closed }
    }

    /// When a firm that is closed at this moment opens; `None`: not within a year, or it is open.
    pub fn opens_after(&self, unix_ms: i64) -> Option<i64> {
        if self.at(unix_ms).is_open() {
            return None;
        }
        let (today, _) = Day::at(unix_ms);
        // It opens where hours begin, or where a closed period ends within them.
        let ends: Vec<u16> = self.closed.iter().map(|period| period.to.minute(Time::END)).collect();
        (0..LOOK_AHEAD_DAYS).map(|days| today.plus(days)).find_map(|day| {
            let begins = self.hours(day).0.iter().map(|hours| hours.from.minutes());
            let moments = begins.chain(ends.iter().copied()).chain([Time::START.minutes()]);
            moments.map(|minute| day.unix_ms(minute)).filter(|at| *at > unix_ms && self.at(*at).is_open()).min()
        })
    }

    /// Hours of a day, and why the firm is closed outside of them.
    fn hours(&self, day: Day) -> (&[Hours], Why) {
        // A whole day of its own counts by its noon: edges of such days have no times.
        let noon = Moment { day, minute: DAY_MINUTES / 2, business: day };
        if let Some(days) = self.also_open.iter().find(|days| covers(days.from, days.to, noon)) {
            return (&days.hours, Why::Hours);
        }
        if let Some(name) = holiday(day).filter(|_| self.japanese_holidays) {
            return (&[], Why::Holiday(name));
        }
        if self.week.is_empty() {
            return (&[Hours::WHOLE_DAY], Why::Hours);
        }
        (self.week.of(day.weekday()), Why::Hours)
    }

    /// What is wrong with it, field by field. A calendar with faults can be asked all the same.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for weekday in Weekday::ALL {
            fault_of_hours(&mut faults, "week", self.week.of(weekday));
        }
        for (field, count) in [("closed", self.closed.len()), ("also_open", self.also_open.len())] {
            if count > PERIODS_MAX {
                let remedy = format!("give at most {PERIODS_MAX}");
                faults.push(Fault { field, what: format!("{count} entries are too many"), remedy });
            }
        }
        for period in &self.closed {
            fault_of_edges(&mut faults, "closed", period.from, period.to);
            fault_of_wording(&mut faults, "closed", &period.wording);
        }
        for days in &self.also_open {
            fault_of_edges(&mut faults, "also_open", days.from, days.to);
            fault_of_hours(&mut faults, "also_open", &days.hours);
            if days.hours.is_empty() {
                let remedy = "give their hours; days when nobody is there are closed days".to_owned();
                faults.push(Fault { field: "also_open", what: format!("{} has no hours", days.from), remedy });
            }
            if days.from.time.or(days.to.time).is_some() {
                let remedy = "give days without times, and their hours".to_owned();
                faults.push(Fault { field: "also_open", what: format!("{} is no whole day", days.from), remedy });
            }
        }
        fault_of_wording(&mut faults, "closed_wording", &self.closed_wording);
        faults
    }
}

/// What is wrong with a field of a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The field, as in JSON.
    pub field: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

fn fault_of_hours(faults: &mut Vec<Fault>, field: &'static str, hours: &[Hours]) {
    if hours.len() > HOURS_MAX {
        let what = format!("{} times on one day are too many", hours.len());
        faults.push(Fault { field, what, remedy: format!("give at most {HOURS_MAX}") });
    }
    let mut sorted = hours.to_vec();
    sorted.sort();
    for (one, next) in sorted.iter().zip(sorted.iter().skip(1)) {
        if next.from < one.to {
            let remedy = "give times of a day that do not overlap".to_owned();
            faults.push(Fault { field, what: format!("{one} and {next} overlap"), remedy });
        }
    }
}

fn fault_of_edges(faults: &mut Vec<Fault>, field: &'static str, from: Edge, to: Edge) {
    let what = match (from.year, to.year) {
        (Some(first), Some(last)) => {
            let begins = (first, from.month, from.day, from.minute(Time::START));
            let ends = (last, to.month, to.day, to.minute(Time::END));
            if begins < ends { None } else { Some(format!("{from} to {to} ends before it begins")) }
        }
        (None, None) if from == to && from.time.is_some() => Some(format!("{from} to {to} is no time at all")),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => Some(format!("{from} to {to} has one year")),
    };
    if let Some(what) = what {
        let remedy = "write 2026-12-29..2027-01-03, or every year 12-29..01-03".to_owned();
        faults.push(Fault { field, what, remedy });
    }
}

fn fault_of_wording(faults: &mut Vec<Fault>, field: &'static str, wording: &str) {
    let chars = wording.chars().count();
    if chars > WORDING_CHARS_MAX {
        let remedy = format!("shorten it to {WORDING_CHARS_MAX}");
        faults.push(Fault { field, what: format!("{chars} characters are too many"), remedy });
    }
    if wording.chars().any(char::is_control) {
        let what = "there is a line break or another control character in it".to_owned();
        faults.push(Fault { field, what, remedy: "write it in one line".to_owned() });
    }
}

#[cfg(test)]
mod tests;
