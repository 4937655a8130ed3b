//! The certificate (X11): how a firm's callers were answered in a month, measured where they hear it.
//!
//! At the ear: from our first 180, with which the caller's ringing begins, to the first speech of an operator that went to the
//! caller, as the recording has it. At the answer: from the same 180 to our 200. Both are given, for the second is known of every
//! call, and the first only where there is a recording that is whole up to there.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::tally::percent;
use super::{Outcome, THREE_RINGS_MS, TWO_RINGS_MS, Visit};
use crate::calendar::Day;

/// Visits that are counted: of a firm with more a month the rest is left out, and `complete` is false.
pub const VISITS_MAX: usize = 500_000;

/// What became of the callers of some time.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Certificate {
    /// Callers who heard us ring.
    pub offered: u32,
    /// A person answered.
    pub answered: u32,
    /// Nobody did: the caller gave up, or was lost.
    pub abandoned: u32,
    /// Served as the firm had ordered, without a person.
    pub otherwise: u32,
    /// Of those answered or abandoned, how many were abandoned: percent.
    pub abandoned_percent: Option<f64>,
    /// From the first ringing to the operator's first words.
    pub at_the_ear: Kept,
    /// From the first ringing to the answer.
    pub at_the_answer: Kept,
    /// All visits are counted.
    pub complete: bool,
}

/// How the promise was kept by one measure.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Kept {
    /// Answered calls of which it is known.
    pub measured: u32,
    /// In less than 6.0 s.
    pub two_rings: u32,
    /// In less than 9.0 s.
    pub three_rings: u32,
    /// Of those measured and those abandoned: percent, cut off after two places.
    pub two_rings_percent: Option<f64>,
    /// The same for three rings.
    pub three_rings_percent: Option<f64>,
    /// Mean, milliseconds.
    pub mean_ms: i64,
    /// 95 of 100 were no longer, milliseconds.
    pub p95_ms: i64,
}

impl Certificate {
    /// Of these visits.
    pub fn of(visits: impl IntoIterator<Item = Visit>) -> Self {
        let mut certificate = Self { complete: true, ..Self::default() };
        let (mut ears, mut answers) = (Vec::new(), Vec::new());
        for (n, visit) in visits.into_iter().enumerate() {
            if n >= VISITS_MAX {
                certificate.complete = false;
                break;
            }
            certificate.offered += 1;
            match visit.outcome {
                Outcome::Answered { wait_ms } => {
                    certificate.answered += 1;
                    answers.push(wait_ms.max(0));
                    ears.extend(visit.ear_ms.map(|ear_ms| ear_ms.max(0)));
                }
                Outcome::Abandoned => certificate.abandoned += 1,
                Outcome::Otherwise => certificate.otherwise += 1,
            }
        }
        let (answered, abandoned) = (certificate.answered, certificate.abandoned);
        certificate.abandoned_percent = percent(abandoned, answered.saturating_add(abandoned));
        certificate.at_the_ear = Kept::of(ears, abandoned);
        certificate.at_the_answer = Kept::of(answers, abandoned);
        certificate
    }
}

impl Kept {
    fn of(mut times: Vec<i64>, abandoned: u32) -> Self {
        times.sort_unstable();
        let count = |times: usize| u32::try_from(times).unwrap_or(u32::MAX);
        let below = |limit: i64| count(times.partition_point(|time| *time < limit));
        let measured = count(times.len());
        let judged = measured.saturating_add(abandoned);
        let (two_rings, three_rings) = (below(TWO_RINGS_MS), below(THREE_RINGS_MS));
        let sum: i64 = times.iter().fold(0, |sum, time| sum.saturating_add(*time));
        // The smallest that is not exceeded by 95 of 100 (nearest rank).
        let rank = times.len().saturating_mul(95).div_ceil(100);
        let p95 = rank.checked_sub(1).and_then(|place| times.get(place));
        Self {
            measured,
            two_rings,
            three_rings,
            two_rings_percent: percent(two_rings, judged),
            three_rings_percent: percent(three_rings, judged),
            mean_ms: sum.checked_div(i64::from(measured)).unwrap_or(0),
            p95_ms: p95.copied().unwrap_or(0),
        }
    }
}

/// A month in Japan, written `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Month {
    year: u16,
    /// From 1.
    month: u8,
}

/// A text that is no [`Month`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoMonth;

impl Month {
    /// When it begins and when the next one does, unix milliseconds.
    pub fn span_ms(self) -> (i64, i64) {
        let next = match self.month {
            12.. => Self { year: self.year + 1, month: 1 },
            month => Self { month: month + 1, ..self },
        };
        (self.begins_ms(), next.begins_ms())
    }

    fn begins_ms(self) -> i64 {
        Day { year: i32::from(self.year), month: self.month, day: 1 }.unix_ms(0)
    }
}

impl FromStr for Month {
    type Err = NoMonth;

    fn from_str(text: &str) -> Result<Self, NoMonth> {
        let (year, month) = text.split_once('-').ok_or(NoMonth)?;
        let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return Err(NoMonth);
        }
        let (year, month) = (year.parse().map_err(|_| NoMonth)?, month.parse().map_err(|_| NoMonth)?);
        if (1..=12).contains(&month) && year >= 1970 { Ok(Self { year, month }) } else { Err(NoMonth) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DAY_MS, JAPAN_MS};
    use super::*;

    fn visit(outcome: Outcome, ear_ms: Option<i64>) -> Visit {
        Visit { arrived_ms: 0, customer: Some(1), outcome, ear_ms }
    }

    #[test]
    fn x11_the_ear_is_later_than_the_answer_and_an_unheard_call_is_not_measured() {
        let answered = |wait_ms, ear_ms| visit(Outcome::Answered { wait_ms }, ear_ms);
        let visits = [
            answered(5_500, Some(6_100)),
            answered(8_000, Some(8_999)),
            answered(8_500, Some(9_000)),
            answered(2_000, None),
            visit(Outcome::Abandoned, None),
            visit(Outcome::Otherwise, None),
        ];
        let certificate = Certificate::of(visits);
        assert_eq!((certificate.offered, certificate.answered, certificate.abandoned), (6, 4, 1));
        assert_eq!((certificate.abandoned_percent, certificate.complete), (Some(20.0), true));
        let Kept { measured, two_rings, three_rings, mean_ms, p95_ms, .. } = certificate.at_the_ear;
        assert_eq!((measured, two_rings, three_rings, mean_ms, p95_ms), (3, 0, 2, 8_033, 9_000));
        assert_eq!(certificate.at_the_ear.three_rings_percent, Some(50.0));
        assert_eq!((certificate.at_the_answer.two_rings, certificate.at_the_answer.three_rings), (2, 4));
        assert_eq!(certificate.at_the_answer.three_rings_percent, Some(80.0));
    }

    #[test]
    fn a_month_is_japans_and_knows_its_length() {
        let span = |text: &str| text.parse::<Month>().map(Month::span_ms);
        // 2026-11-01T00:00+09:00 and 2026-12-01T00:00+09:00.
        assert_eq!(span("2026-11"), Ok((1_793_458_800_000, 1_796_050_800_000)));
        let days = |text: &str| span(text).map(|(from_ms, to_ms)| (to_ms - from_ms) / DAY_MS);
        assert_eq!(
            [days("2024-02"), days("2026-02"), days("2000-02"), days("2100-02")],
            [Ok(29), Ok(28), Ok(29), Ok(28)]
        );
        assert_eq!((days("2026-12"), span("1970-01").map(|(from_ms, _)| from_ms)), (Ok(31), Ok(-JAPAN_MS)));
        assert_eq!("2026-01".parse::<Month>().map(|month| month.to_string()), Ok("2026-01".to_owned()));
        for odd in ["", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "+026-11", "1969-12"] {
            assert_eq!(odd.parse::<Month>(), Err(NoMonth), "{odd}");
        }
    }

    #[test]
    fn a_month_without_calls_has_no_percentages() {
        let certificate = Certificate::of([]);
        assert_eq!((certificate.offered, certificate.abandoned_percent), (0, None));
        assert_eq!((certificate.at_the_ear.three_rings_percent, certificate.at_the_ear.p95_ms), (None, 0));
    }
}
