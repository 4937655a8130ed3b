//! How many operators the coming days need, a quarter of an hour at a time: the service's own past, told to [`acd::staffing`].
//!
//! What is not in the call records is estimated: a call keeps its operator for a ring until it is picked up, for the talk, and
//! for the wrap-up that operators have on average; callers' patience is the time that all of them waited, divided by how many gave
//! up (the exponential law's own estimate, when some are answered before their patience ends).

use std::time::Duration;

use acd::staffing::{Advice, DayKind, Past, SLOT, SLOTS_PER_DAY, Target, advise};
use serde::Serialize;

use super::RING;
use crate::calendar::{Day, Weekday, holiday};

/// How many days of the past are looked at: half a year.
pub const HISTORY_DAYS: i64 = 182;
/// Days that advice is given for at most: a week.
pub const DAYS_MAX: usize = 7;
/// A quarter of an hour, milliseconds.
pub const QUARTER_MS: i64 = SLOT.as_millis() as i64;
/// From so many who gave up on, their patience is known.
const GAVE_UP_MIN: u32 = 20;
/// Patience is taken to be at least this: below, the law of it is another.
const PATIENCE_MIN: Duration = Duration::from_secs(5);

/// What came in a quarter of an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quarter {
    /// Its beginning, unix milliseconds.
    pub from_ms: i64,
    /// Callers who were a person's to answer.
    pub offered: u32,
    /// Those whom a person answered,
    pub answered: u32,
    /// and how long they kept operators after the answer, until the end or the bridge: milliseconds in all.
    pub talk_ms: i64,
    /// How long all of them waited, for the answer or until they gave up, milliseconds in all; a single wait counts as ten
    /// minutes at most.
    pub waited_ms: i64,
}

/// Advice for some days.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Staffing {
    /// Calls of the past that it is learned from.
    pub learned_from: u64,
    /// Of a hundred callers so many are to be answered within three rings.
    pub wanted_percent: f64,
    /// How long callers wait before they give up, on average: seconds.
    pub patience_seconds: f64,
    /// The days, the first is today.
    pub days: Vec<DayStaffing>,
}

/// Advice for a day.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DayStaffing {
    /// `2026-11-23`, Japan's.
    pub day: String,
    /// `mon` to `sun`, or `holiday`.
    pub kind: String,
    /// Its quarters of an hour to come in which calls are to be expected.
    pub quarters: Vec<QuarterStaffing>,
}

/// Advice for a quarter of an hour.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuarterStaffing {
    /// `09:15`.
    pub from: String,
    /// Calls to be expected.
    pub calls: f64,
    /// As many come on one such day in ten.
    pub calls_high: f64,
    /// How long a call keeps an operator: seconds.
    pub handling_seconds: f64,
    /// Operators to have for the calls expected,
    pub operators: u32,
    /// and for the busy day.
    pub operators_high: u32,
    /// With `operators`: of a hundred callers so many are answered within three rings,
    pub kept_percent: f64,
    /// and so many give up.
    pub gave_up_percent: f64,
}

/// What is to be reckoned with besides the past calls.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Assumed {
    /// Of a hundred callers so many are to be answered within three rings.
    pub wanted_percent: f64,
    /// Wrap-up of the operators, on average.
    pub wrap_up: Duration,
}

/// Advice from now on for so many days, today among them.
pub fn staffing(now_ms: i64, days: usize, past: &[Quarter], assumed: Assumed) -> Staffing {
    let (today, minute) = Day::at(now_ms);
    let target = Target {
        share: assumed.wanted_percent / 100.0,
        pick_up: RING,
        patience: Some(patience(past).unwrap_or_else(|| Target::default().patience.unwrap_or(PATIENCE_MIN))),
        ..Target::default()
    };
    let slot_now = minute / 15;
    let of_day = |ahead: usize| {
        let day = today.plus(i64::try_from(ahead).unwrap_or(0));
        let history: Vec<Past> = past.iter().filter_map(|quarter| seen(quarter, day, assumed.wrap_up)).collect();
        let to_come = |advice: &Advice| ahead > 0 || u16::from(advice.slot) >= slot_now;
        let quarters = advise(&history, kind(day), &target).into_iter().filter(to_come);
        DayStaffing {
            day: format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
            kind: holiday(day).map_or(day.weekday().word(), |_| "holiday").to_owned(),
            quarters: quarters.map(quarter).collect(),
        }
    };
    Staffing {
        learned_from: past.iter().map(|quarter| u64::from(quarter.offered)).sum(),
        wanted_percent: assumed.wanted_percent,
        patience_seconds: target.patience.map_or(0.0, |patience| tenths(patience.as_secs_f64())),
        days: (0..days.min(DAYS_MAX)).map(of_day).collect(),
    }
}

/// A quarter of the past as it matters for this day.
fn seen(quarter: &Quarter, day: Day, wrap_up: Duration) -> Option<Past> {
    let (then, minute) = Day::at(quarter.from_ms);
    let days_ago = u32::try_from(day.number() - then.number()).ok()?;
    let slot = u8::try_from(minute / 15).ok().filter(|slot| *slot < SLOTS_PER_DAY)?;
    let talk = Duration::from_millis(u64::try_from(quarter.talk_ms).unwrap_or(0));
    let handled = talk + (RING + wrap_up).saturating_mul(quarter.answered);
    let (calls, answered) = (quarter.offered, quarter.answered);
    Some(Past { days_ago, day: kind(then), slot, calls, answered, handled })
}

fn kind(day: Day) -> DayKind {
    if holiday(day).is_some() {
        return DayKind::Holiday;
    }
    match day.weekday() {
        Weekday::Monday => DayKind::Monday,
        Weekday::Tuesday => DayKind::Tuesday,
        Weekday::Wednesday => DayKind::Wednesday,
        Weekday::Thursday => DayKind::Thursday,
        Weekday::Friday => DayKind::Friday,
        Weekday::Saturday => DayKind::Saturday,
        Weekday::Sunday => DayKind::Sunday,
    }
}

/// Mean patience; `None`: too few have given up to know.
fn patience(past: &[Quarter]) -> Option<Duration> {
    let gave_up: u32 = past.iter().map(|quarter| quarter.offered.saturating_sub(quarter.answered)).sum();
    let waited_ms: i64 = past.iter().map(|quarter| quarter.waited_ms).sum();
    let waited = Duration::from_millis(u64::try_from(waited_ms).unwrap_or(0));
    (gave_up >= GAVE_UP_MIN).then(|| (waited / gave_up).max(PATIENCE_MIN))
}

fn quarter(advice: Advice) -> QuarterStaffing {
    let minutes = u16::from(advice.slot) * 15;
    QuarterStaffing {
        from: format!("{:02}:{:02}", minutes / 60, minutes % 60),
        calls: tenths(advice.calls),
        calls_high: tenths(advice.calls_high),
        handling_seconds: tenths(advice.handling.as_secs_f64()),
        operators: advice.operators,
        operators_high: advice.operators_high,
        kept_percent: tenths(advice.within * 100.0),
        gave_up_percent: tenths(advice.abandons * 100.0),
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 2026-11-20 09:07 in Japan. The Monday after it, the 23rd, is a holiday (勤労感謝の日).
    const NOW: i64 = 1_795_133_220_000;
    const ASSUMED: Assumed = Assumed { wanted_percent: 95.0, wrap_up: Duration::from_secs(30) };

    /// Of the last `days` days, so many calls in the quarters that begin at these hours.
    fn past(days: i64, hours: &[(i64, u32)]) -> Vec<Quarter> {
        let midnight = Day::at(NOW).0.unix_ms(0);
        let of_day = |ago: i64| {
            hours.iter().map(move |(hour, offered)| (midnight - ago * 86_400_000 + hour * 3_600_000, *offered))
        };
        let quarters = (1..=days).flat_map(of_day);
        quarters
            .map(|(from_ms, offered)| Quarter {
                from_ms,
                offered,
                answered: offered,
                talk_ms: i64::from(offered) * 87_000,
                waited_ms: 0,
            })
            .collect()
    }

    #[test]
    fn x07_advice_follows_the_clock_and_the_load() {
        let told = staffing(NOW, 7, &past(28, &[(8, 4), (9, 8), (12, 30)]), ASSUMED);
        assert_eq!((told.days.len(), told.learned_from), (7, 28 * 42));
        let today = &told.days[0];
        assert_eq!((today.day.as_str(), today.kind.as_str()), ("2026-11-20", "fri"));
        let from: Vec<_> = today.quarters.iter().map(|quarter| quarter.from.as_str()).collect();
        assert_eq!(from, ["09:00", "12:00"], "eight o'clock is over");
        let lunch = &today.quarters[1];
        // 87 s of talk, 3 s until it is picked up, 30 s of wrap-up.
        assert_eq!((lunch.calls, lunch.handling_seconds), (30.0, 120.0));
        // 30 calls of 120 s in 900 s keep four operators busy all the time.
        assert!((6..=12).contains(&lunch.operators) && lunch.operators_high > lunch.operators, "{lunch:?}");
        assert!(lunch.kept_percent >= 95.0 && today.quarters[0].operators < lunch.operators, "{today:?}");
        assert_eq!(told.days[1].quarters.len(), 3, "tomorrow has its morning");
        assert_eq!(told.days[3].kind, "holiday");
    }

    #[test]
    fn x07_patience_is_what_callers_have_shown() {
        let mut quarters = past(28, &[(9, 10)]);
        assert_eq!(staffing(NOW, 1, &quarters, ASSUMED).patience_seconds, 90.0, "nobody gave up: as usual");
        for quarter in &mut quarters {
            (quarter.answered, quarter.waited_ms) = (8, 40_000);
        }
        assert_eq!(staffing(NOW, 1, &quarters, ASSUMED).patience_seconds, 20.0);
    }

    #[test]
    fn without_a_past_there_is_no_advice() {
        let told = staffing(NOW, 2, &[], ASSUMED);
        assert_eq!((told.learned_from, told.days.len()), (0, 2));
        assert!(told.days.iter().all(|day| day.quarters.is_empty()));
    }
}
