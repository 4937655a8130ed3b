//! Days and times of a calendar, in Japan's time: UTC+9, without summer time since 1951.

use std::fmt;
use std::str::FromStr;

use super::written::{Unreadable, half_width};

/// Milliseconds that Japan is ahead of UTC.
const JAPAN_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Minutes of a day.
pub(super) const DAY_MINUTES: u16 = 24 * 60;
/// A day of business may run on until 6 in the morning: 30:00.
const TIME_MAX: u16 = 30 * 60;
const MINUTE_MS: i64 = 60_000;

/// A day of the Gregorian calendar, from 1970 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day {
    /// 1970 and later.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The whole week, from Monday.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// "mon", "tue" …
    pub fn word(self) -> &'static str {
        match self {
            Weekday::Monday => "mon",
            Weekday::Tuesday => "tue",
            Weekday::Wednesday => "wed",
            Weekday::Thursday => "thu",
            Weekday::Friday => "fri",
            Weekday::Saturday => "sat",
            Weekday::Sunday => "sun",
        }
    }

    /// 月, 火 …
    pub fn kanji(self) -> char {
        match self {
            Weekday::Monday => '月',
            Weekday::Tuesday => '火',
            Weekday::Wednesday => '水',
            Weekday::Thursday => '木',
            Weekday::Friday => '金',
            Weekday::Saturday => '土',
            Weekday::Sunday => '日',
        }
    }
}

impl Day {
    /// A day, if the calendar has it.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Day> {
        let exists = (1970..=9999).contains(&year) && (1..=days_of(year, month)).contains(&day);
        exists.then_some(Day { year, month, day })
    }

    /// The day in Japan at this moment, and the minute of the day.
    pub fn at(unix_ms: i64) -> (Day, u16) {
        let here = unix_ms.saturating_add(JAPAN_MS);
        let minute = here.rem_euclid(DAY_MS) / MINUTE_MS;
        (Day::from_number(here.div_euclid(DAY_MS)), u16::try_from(minute).unwrap_or(0))
    }

    /// The moment when so many minutes of this day have gone by in Japan.
    pub fn unix_ms(self, minutes: u16) -> i64 {
        self.number().saturating_mul(DAY_MS).saturating_add(i64::from(minutes) * MINUTE_MS - JAPAN_MS)
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        // Years from March, so that the leap day is the last: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn from_number(number: i64) -> Day {
        let shifted = number + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Day {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    /// So many days later; before, if negative.
    pub fn plus(self, days: i64) -> Day {
        Day::from_number(self.number() + days)
    }

    /// Monday to Sunday.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.number() + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }
}

fn days_of(year: i32, month: u8) -> u8 {
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leaps => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A time of a day, to the minute: 00:00 to 30:00. What is after midnight still belongs to the business day that began before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(u16);

impl Time {
    /// Midnight, when the day begins.
    pub const START: Time = Time(0);
    /// Midnight, when it ends.
    pub const END: Time = Time(DAY_MINUTES);

    /// So many minutes after midnight.
    pub fn new(minutes: u16) -> Option<Time> {
        (minutes <= TIME_MAX).then_some(Time(minutes))
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Time {
    type Err = Unreadable;

    /// "9:00", "09:00", "9"; after midnight "25:30".
    fn from_str(text: &str) -> Result<Time, Unreadable> {
        let plain = half_width(text);
        let (hours, minutes) = plain.trim().split_once(':').unwrap_or((plain.trim(), "00"));
        let short = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = |text: &str| short(text).then(|| text.parse::<u16>().ok()).flatten();
        let time = match (number(hours), number(minutes)) {
            (Some(hours), Some(rest @ 0..60)) if minutes.len() == 2 => Time::new(hours * 60 + rest),
            (Some(_) | None, Some(_) | None) => None,
        };
        time.ok_or_else(|| Unreadable::new(text, "is no time", "write 9:00 or 18:30; after midnight 25:00 to 30:00"))
    }
}
