//! Japan's clock: nine hours ahead of UTC, without summer time since 1951. Days, hours, and how a report writes them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::Language;

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Weekday)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// 月
    Mon,
    /// 火
    Tue,
    /// 水
    Wed,
    /// 木
    Thu,
    /// 金
    Fri,
    /// 土
    Sat,
    /// 日
    Sun,
}

impl Day {
    /// On which day of the week that is in Japan.
    pub fn at(ms: i64) -> Self {
        match civil(ms).weekday() {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// How far Japan is ahead.
const JAPAN: Offset = Offset::constant(9);

/// Day and time in Japan. Times that no calendar holds are 1970.
pub fn civil(ms: i64) -> DateTime {
    JAPAN.to_datetime(Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// Minutes since midnight in Japan, 0 to 1439.
pub fn minute_of_day(ms: i64) -> u16 {
    let time = civil(ms);
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

/// When a minute of a day in Japan is, as Unix milliseconds.
pub fn ms(day: Date, minute: u16) -> i64 {
    let midnight = JAPAN.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    midnight.map_or(0, |midnight| midnight.as_millisecond() + i64::from(minute) * MINUTE_MS)
}

/// `14:30` as minutes since midnight; `24:00` is 1440. `None` for anything else.
pub fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || minutes.len() != 2 || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 1440).then_some(minute)
}

/// `11月22日(日) 17:44`, `Sun 22 Nov, 17:44`: when a call came.
pub fn moment(ms: i64, language: Language) -> String {
    let time = civil(ms);
    let clock = format!("{}:{:02}", time.hour(), time.minute());
    match language {
        Language::Ja => format!("{} {clock}", day(time.date(), language)),
        Language::En => format!("{}, {clock}", day(time.date(), language)),
    }
}

/// `11月22日(日)`, `Sun 22 Nov`.
pub fn day(day: Date, language: Language) -> String {
    let weekday = weekday(day.weekday(), language);
    match language {
        Language::Ja => format!("{}月{}日({weekday})", day.month(), day.day()),
        Language::En => format!("{weekday} {} {}", day.day(), month_en(day.month())),
    }
}

fn weekday(weekday: Weekday, language: Language) -> &'static str {
    match weekday {
        Weekday::Monday => language.of("月", "Mon"),
        Weekday::Tuesday => language.of("火", "Tue"),
        Weekday::Wednesday => language.of("水", "Wed"),
        Weekday::Thursday => language.of("木", "Thu"),
        Weekday::Friday => language.of("金", "Fri"),
        Weekday::Saturday => language.of("土", "Sat"),
        Weekday::Sunday => language.of("日", "Sun"),
    }
}

fn month_en(month: i8) -> &'static str {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    usize::try_from(month - 1).ok().and_then(|place| MONTHS.get(place)).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 17:44:00 in Japan.
    const EVENING: i64 = 1_795_337_040_000;

    #[test]
    fn an_evening_in_japan_is_a_morning_in_utc() {
        assert_eq!(moment(EVENING, Language::Ja), "11月22日(日) 17:44");
        assert_eq!(moment(EVENING, Language::En), "Sun 22 Nov, 17:44");
        assert_eq!(minute_of_day(EVENING), 17 * 60 + 44);
        assert_eq!(ms(civil(EVENING).date(), 17 * 60 + 44), EVENING);
    }

    #[test]
    fn midnight_is_japans() {
        let midnight = ms(civil(EVENING).date(), 0);
        assert_eq!(minute_of_day(midnight), 0);
        assert_eq!(minute_of_day(midnight - 1), 1439);
        assert_eq!(civil(midnight - 1).date(), civil(EVENING).date().yesterday().unwrap());
    }

    #[test]
    fn times_of_day() {
        assert_eq!(minute("9:05"), Some(545));
        assert_eq!(minute("09:05"), Some(545));
        assert_eq!(minute("24:00"), Some(1440));
        for wrong in ["", "9", "9:5", "9:60", "24:01", "-1:00", "+9:00", "9:00 ", "９:00", "99:00", "009:00"] {
            assert_eq!(minute(wrong), None, "{wrong}");
        }
    }
}
