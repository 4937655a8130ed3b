//! Counting: a few numbers and a bounded histogram, whatever number of calls.

use serde::Serialize;

use super::{Outcome, THREE_RINGS_MS, TWO_RINGS_MS};

/// The histogram's scale: (up to, step), milliseconds. Fine where the promise is, coarse where it is long broken.
const SCALE: [(i64, i64); 4] = [(12_000, 250), (30_000, 1_000), (120_000, 5_000), (600_000, 30_000)];
/// Places of the histogram: those of the scale, and one for what is longer.
const PLACES: usize = 48 + 18 + 18 + 16 + 1;

/// The figures of some calls.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Figures {
    /// Callers who heard us ring.
    pub offered: u32,
    /// A person answered.
    pub answered: u32,
    /// Nobody did: the caller gave up, or was lost.
    pub abandoned: u32,
    /// Served as the firm had ordered, without a person.
    pub otherwise: u32,
    /// Answered in less than 6.0 s.
    pub two_rings: u32,
    /// Answered in less than 9.0 s.
    pub three_rings: u32,
    /// Of those answered or abandoned, how many within two rings: percent, cut off after two places; none yet: `None`.
    pub two_rings_percent: Option<f64>,
    /// The same within three rings.
    pub three_rings_percent: Option<f64>,
    /// Of those answered or abandoned, how many were abandoned.
    pub abandoned_percent: Option<f64>,
    /// Mean wait of those answered, milliseconds.
    pub mean_ms: i64,
    /// 95 of 100 of those answered waited no longer: milliseconds, at most a quarter of a second too much below 12 s.
    pub p95_ms: i64,
}

/// `part` of `whole` in percent, cut off after two places: 100 means all of them.
pub fn percent(part: u32, whole: u32) -> Option<f64> {
    let hundredths = u64::from(part).saturating_mul(10_000).checked_div(u64::from(whole))?;
    Some(f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0)
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    offered: u32,
    answered: u32,
    abandoned: u32,
    otherwise: u32,
    two_rings: u32,
    three_rings: u32,
    sum_ms: u64,
    longest_ms: i64,
    /// How many waited how long; made when the first is answered.
    waits: Option<Box<[u32; PLACES]>>,
}

impl Tally {
    pub(crate) fn is_empty(&self) -> bool {
        self.offered == 0
    }

    pub(crate) fn offered(&mut self) {
        self.offered = self.offered.saturating_add(1);
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered { wait_ms } => self.answered(wait_ms.max(0)),
            Outcome::Abandoned => self.abandoned = self.abandoned.saturating_add(1),
            Outcome::Otherwise => self.otherwise = self.otherwise.saturating_add(1),
        }
    }

    /// Callers for whom the promise was not kept.
    pub(crate) fn broken(&self) -> u32 {
        self.answered.saturating_add(self.abandoned).saturating_sub(self.three_rings)
    }

    pub(crate) fn figures(&self) -> Figures {
        let judged = self.answered.saturating_add(self.abandoned);
        let mean = self.sum_ms.checked_div(u64::from(self.answered)).unwrap_or(0);
        Figures {
            offered: self.offered,
            answered: self.answered,
            abandoned: self.abandoned,
            otherwise: self.otherwise,
            two_rings: self.two_rings,
            three_rings: self.three_rings,
            two_rings_percent: percent(self.two_rings, judged),
            three_rings_percent: percent(self.three_rings, judged),
            abandoned_percent: percent(self.abandoned, judged),
            mean_ms: i64::try_from(mean).unwrap_or(i64::MAX),
            p95_ms: self.p95_ms(),
        }
    }

    fn answered(&mut self, wait_ms: i64) {
        self.answered = self.answered.saturating_add(1);
        self.two_rings = self.two_rings.saturating_add(u32::from(wait_ms < TWO_RINGS_MS));
        self.three_rings = self.three_rings.saturating_add(u32::from(wait_ms < THREE_RINGS_MS));
        self.sum_ms = self.sum_ms.saturating_add(wait_ms.unsigned_abs());
        self.longest_ms = self.longest_ms.max(wait_ms);
        let waits = self.waits.get_or_insert_with(|| Box::new([0; PLACES]));
        if let Some(count) = waits.get_mut(place(wait_ms)) {
            *count = count.saturating_add(1);
        }
    }

    fn p95_ms(&self) -> i64 {
        let Some(waits) = &self.waits else { return 0 };
        let rank = u64::from(self.answered).saturating_mul(95).div_ceil(100);
        let mut seen = 0;
        for (place, count) in waits.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return upper(place).map_or(self.longest_ms, |upper| upper.min(self.longest_ms));
            }
        }
        self.longest_ms
    }
}

/// Where a wait is counted.
fn place(wait_ms: i64) -> usize {
    let (mut from, mut first) = (0, 0);
    for (to, step) in SCALE {
        if wait_ms < to {
            return usize::try_from(first + (wait_ms - from) / step).unwrap_or(0);
        }
        first += (to - from) / step;
        from = to;
    }
    PLACES - 1
}

/// The end of what is counted there; `None`: the last place has none.
fn upper(place: usize) -> Option<i64> {
    let mut place = i64::try_from(place).ok()?;
    let mut from = 0;
    for (to, step) in SCALE {
        let places = (to - from) / step;
        if place < places {
            return Some(from + (place + 1) * step);
        }
        place -= places;
        from = to;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_has_its_place_and_no_place_is_left_over() {
        let mut used = [false; PLACES];
        for wait_ms in (0..700_000).step_by(50) {
            let at = place(wait_ms);
            used[at] = true;
            assert!(upper(at).is_none_or(|upper| wait_ms < upper), "{wait_ms}");
            let below = at.checked_sub(1).and_then(upper);
            assert!(below.is_none_or(|below| wait_ms >= below), "{wait_ms}");
        }
        assert!(used.iter().all(|used| *used));
        assert_eq!((upper(PLACES - 2), upper(PLACES - 1), place(i64::MAX)), (Some(600_000), None, PLACES - 1));
    }

    #[test]
    fn f03_less_than_six_seconds_is_two_rings_and_less_than_nine_is_three() {
        let mut tally = Tally::default();
        for wait_ms in [0, 5_999, 6_000, 8_999, 9_000, 60_000] {
            tally.offered();
            tally.ended(Outcome::Answered { wait_ms });
        }
        tally.offered();
        tally.ended(Outcome::Abandoned);
        tally.offered();
        tally.ended(Outcome::Otherwise);
        let figures = tally.figures();
        assert_eq!((figures.offered, figures.answered, figures.abandoned, figures.otherwise), (8, 6, 1, 1));
        assert_eq!((figures.two_rings, figures.three_rings, tally.broken()), (2, 4, 3));
        assert_eq!((figures.two_rings_percent, figures.three_rings_percent), (Some(28.57), Some(57.14)));
        assert_eq!((figures.abandoned_percent, figures.mean_ms), (Some(14.28), 14_999));
        assert_eq!(figures.p95_ms, 60_000, "no more than the longest");
    }

    #[test]
    fn all_but_one_are_not_all() {
        assert_eq!((percent(99_999, 100_000), percent(3, 3), percent(0, 0)), (Some(99.99), Some(100.0), None));
    }

    #[test]
    fn the_95th_of_a_hundred_is_within_a_quarter_of_a_second() {
        let mut tally = Tally::default();
        for n in 1..=100 {
            tally.offered();
            tally.ended(Outcome::Answered { wait_ms: n * 100 });
        }
        let p95 = tally.figures().p95_ms;
        assert!((9_500..=9_750).contains(&p95), "{p95}");
    }
}
