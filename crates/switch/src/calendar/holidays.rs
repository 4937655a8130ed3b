//! Japan's public holidays, by 国民の祝日に関する法律 (Act 178 of 1948) as it stands, with the moves of 2020 and 2021.
//!
//! The equinoxes are those that the usual formula gives (海上保安庁水路部, valid from 1980 to 2099). By law each is what the
//! Cabinet Office publishes the February before; the formula has never been wrong.

use super::day::{Day, Weekday};

/// Years whose holidays are known. 2020 is the first with the Emperor's birthday in February; laws change.
pub const HOLIDAY_YEARS: std::ops::RangeInclusive<i32> = 2020..=2099;

/// A substitute for a holiday on a Sunday (article 3 (2)).
const SUBSTITUTE: &str = "振替休日";
/// A day between two holidays (article 3 (3)).
const BETWEEN: &str = "国民の休日";
/// The most holidays in a row that a substitute is after.
const ROW_MAX: i64 = 7;

/// What public holiday this day is in Japan; `None`: none, or not in [`HOLIDAY_YEARS`].
pub fn holiday(day: Day) -> Option<&'static str> {
    if !HOLIDAY_YEARS.contains(&day.year) {
        return None;
    }
    named(day).or_else(|| {
        // The first day after a holiday on a Sunday that is no holiday itself.
        let before = || (1..=ROW_MAX).map(|days| day.plus(-days)).take_while(|day| named(*day).is_some());
        if before().any(|day| day.weekday() == Weekday::Sunday) {
            return Some(SUBSTITUTE);
        }
        let is_between = named(day.plus(-1)).is_some() && named(day.plus(1)).is_some();
        is_between.then_some(BETWEEN)
    })
}

/// The holidays that have names (article 2).
fn named(day: Day) -> Option<&'static str> {
    let is_monday = |week: u8| day.weekday() == Weekday::Monday && (day.day - 1) / 7 + 1 == week;
    if let Some(moved) = moved_for_the_games(day) {
        return moved;
    }
    match (day.month, day.day) {
        (1, 1) => Some("元日"),
        (1, _) if is_monday(2) => Some("成人の日"),
        (2, 11) => Some("建国記念の日"),
        (2, 23) => Some("天皇誕生日"),
        (3, date) if date == equinox(day.year, SPRING) => Some("春分の日"),
        (4, 29) => Some("昭和の日"),
        (5, 3) => Some("憲法記念日"),
        (5, 4) => Some("みどりの日"),
        (5, 5) => Some("こどもの日"),
        (7, _) if is_monday(3) => Some("海の日"),
        (8, 11) => Some("山の日"),
        (9, _) if is_monday(3) => Some("敬老の日"),
        (9, date) if date == equinox(day.year, AUTUMN) => Some("秋分の日"),
        (10, _) if is_monday(2) => Some("スポーツの日"),
        (11, 3) => Some("文化の日"),
        (11, 23) => Some("勤労感謝の日"),
        (_, _) => None,
    }
}

/// Three holidays of 2020 and 2021 were moved for the Games of Tokyo (平成三十二年東京オリンピック・… 特別措置法, articles 29 and
/// 32). `Some` answers for the months in which they are and were to be; `None`: the Games change nothing.
fn moved_for_the_games(day: Day) -> Option<Option<&'static str>> {
    match (day.year, day.month, day.day) {
        (2020, 7, 23) | (2021, 7, 22) => Some(Some("海の日")),
        (2020, 7, 24) | (2021, 7, 23) => Some(Some("スポーツの日")),
        (2020, 8, 10) | (2021, 8, 8) => Some(Some("山の日")),
        (2020 | 2021, 7 | 8 | 10, _) => Some(None),
        (_, _, _) => None,
    }
}

/// Millionths of a day: the moment of the equinox in March and September 1980, as days of the month.
const SPRING: i32 = 20_843_100;
const AUTUMN: i32 = 23_248_800;
/// What a year is longer than 365 days.
const DRIFT: i32 = 242_194;

/// The day of the month of an equinox.
fn equinox(year: i32, of_1980: i32) -> u8 {
    let years = year - 1980;
    let day = (of_1980 + DRIFT * years) / 1_000_000 - years / 4;
    u8::try_from(day).unwrap_or(0)
}
