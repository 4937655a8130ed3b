//! How long something lasts, learned as a rate of ending by age: the actuary's occurrences over exposure, bin by bin.

use std::time::Duration;

/// Bins of age: eight of 250 ms, then four an octave, so that each is at most a quarter of its age wide. The last ends
/// after 2 h 16 min; whatever is older counts as in it.
pub(crate) const BINS: usize = 56;
/// Width of the first bins, seconds.
const UNIT: f64 = 0.25;
/// Bins before the octaves begin.
const LINEAR: usize = 8;
/// Bins an octave.
const SUB: usize = 4;

/// What is believed before anything was seen: a log-logistic length. It has the shape of a lognormal (what talks are) and its
/// rate of ending in closed form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prior {
    /// Half of all end before this age.
    pub(crate) median: Duration,
    /// 2: as broad as talks are; larger: narrower.
    pub(crate) shape: f64,
    /// As many observations the belief is worth, for ever.
    pub(crate) weight: f64,
}

impl Prior {
    fn lasts(self, age: f64) -> f64 {
        1.0 / (1.0 + (age / self.median.as_secs_f64().max(UNIT)).powf(self.shape))
    }
}

/// The bin of an age in seconds.
fn bin(age: f64) -> usize {
    let units = (age / UNIT).clamp(0.0, f64::from(u16::MAX)) as usize;
    if units < LINEAR {
        return units;
    }
    let octave = usize::try_from(units.ilog2()).unwrap_or(0);
    let sub = (units >> (octave - 2)) & (SUB - 1);
    (LINEAR + (octave - 3) * SUB + sub).min(BINS - 1)
}

/// Where a bin begins, seconds.
fn edge(bin: usize) -> f64 {
    if bin < LINEAR {
        return bin as f64 * UNIT;
    }
    let (octave, sub) = (3 + (bin - LINEAR) / SUB, (bin - LINEAR) % SUB);
    ((SUB + sub) << (octave - 2)) as f64 * UNIT
}

/// One bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    begins: f64,
    /// Ends seen at this age, fading; and those of the prior, which stay.
    ends: f64,
    prior_ends: f64,
    /// Seconds spent at this age, fading; and those of the prior.
    spent: f64,
    prior_spent: f64,
    /// Rate of ending, per second.
    rate: f64,
    /// The integral of the rate from zero to where the bin begins.
    before: f64,
}

/// A learned length. Memory is constant; an observation and a question each cost the bins, however many came before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hazard {
    bins: [Bin; BINS],
    /// What is left of the past after one observation.
    keep: f64,
}

impl Hazard {
    /// Believes `prior`; later the last `memory` observations count, the older ones less (each new one takes 1/`memory` of the
    /// weight of all before).
    pub(crate) fn new(prior: Prior, memory: f64) -> Self {
        let mut bins = [Bin::default(); BINS];
        for (index, bin) in bins.iter_mut().enumerate() {
            let (from, to) = (edge(index), edge(index + 1));
            let (lasts, until) = (prior.lasts(from), prior.lasts(to));
            bin.begins = from;
            bin.prior_ends = prior.weight * (lasts - until);
            let rate = (lasts / until).ln() / (to - from);
            bin.prior_spent = bin.prior_ends / rate;
        }
        let mut hazard = Self { bins, keep: 1.0 - 1.0 / memory.max(1.0) };
        hazard.integrate();
        hazard
    }

    /// One has ended at this age.
    pub(crate) fn ended(&mut self, age: Duration) {
        let age = age.as_secs_f64();
        self.fade(self.keep);
        self.spend(age);
        if let Some(bin) = self.bins.get_mut(bin(age)) {
            bin.ends += 1.0;
        }
        self.integrate();
    }

    /// One was watched to this age and had not ended. It pushes out an eighth of what an end does: of thirty phones that ring
    /// together one is answered, and twenty-nine silences are not to make us forget how answers come.
    pub(crate) fn lasted(&mut self, age: Duration) {
        self.fade(1.0 - (1.0 - self.keep) / 8.0);
        self.spend(age.as_secs_f64());
        self.integrate();
    }

    /// The integral of the rate up to an age in seconds: of those who start together exp(−this) last so long.
    pub(crate) fn burden(&self, age: f64) -> f64 {
        self.bins.get(bin(age)).map_or(0.0, |bin| bin.before + bin.rate * (age - bin.begins).max(0.0))
    }

    /// The chance that one of this age, seconds, ends within `further` seconds.
    pub(crate) fn ends_within(&self, age: f64, further: f64) -> f64 {
        -(self.burden(age) - self.burden(age + further.max(0.0))).exp_m1()
    }

    fn fade(&mut self, keep: f64) {
        for bin in &mut self.bins {
            bin.ends *= keep;
            bin.spent *= keep;
        }
    }

    fn spend(&mut self, age: f64) {
        for (index, bin) in self.bins.iter_mut().enumerate() {
            if age <= bin.begins {
                break;
            }
            let end = if index + 1 == BINS { age } else { edge(index + 1) };
            bin.spent += age.min(end) - bin.begins;
        }
    }

    fn integrate(&mut self) {
        let mut before = 0.0;
        for (index, bin) in self.bins.iter_mut().enumerate() {
            bin.before = before;
            bin.rate = (bin.ends + bin.prior_ends) / (bin.spent + bin.prior_spent);
            before += bin.rate * (edge(index + 1) - bin.begins);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_meet_and_each_is_found_from_its_ages() {
        for index in 0..BINS {
            let (from, to) = (edge(index), edge(index + 1));
            assert!(from < to, "{index}");
            assert!(to - from <= (from / 4.0).max(UNIT), "{index}: {from} to {to}");
            assert_eq!((bin(from), bin((from + to) / 2.0), bin(to - 1e-6)), (index, index, index));
        }
        assert_eq!(bin(1e9), BINS - 1);
    }

    #[test]
    fn the_prior_is_what_is_believed_at_first() {
        let hazard = Hazard::new(Prior { median: Duration::from_secs(90), shape: 2.0, weight: 20.0 }, 500.0);
        assert!((hazard.ends_within(0.0, 90.0) - 0.5).abs() < 0.01);
        assert!((hazard.ends_within(0.0, 270.0) - 0.9).abs() < 0.01);
        assert!((hazard.ends_within(90.0, 180.0) - 0.8).abs() < 0.02);
    }

    #[test]
    fn lengths_are_learned_and_unlearned() {
        let mut hazard = Hazard::new(Prior { median: Duration::from_secs(90), shape: 2.0, weight: 5.0 }, 200.0);
        for _ in 0..2_000 {
            hazard.ended(Duration::from_secs(20));
        }
        assert!(hazard.ends_within(0.0, 16.0) < 0.05);
        assert!(hazard.ends_within(0.0, 25.0) > 0.95);
        for _ in 0..2_000 {
            hazard.ended(Duration::from_secs(300));
        }
        assert!(hazard.ends_within(0.0, 100.0) < 0.1);
        assert!(hazard.ends_within(250.0, 80.0) > 0.75); // spread over the bin from 256 to 320 s
    }

    /// Ends at 2 s or at 6 s, half and half, but nobody is watched beyond 4 s in one of two cases: what is seen to the end and
    /// what is not together give the truth.
    #[test]
    fn what_is_not_watched_to_its_end_does_not_mislead() {
        let mut hazard = Hazard::new(Prior { median: Duration::from_secs(3), shape: 3.0, weight: 1.0 }, 2_000.0);
        for turn in 0..4_000 {
            match turn % 4 {
                0 | 1 => hazard.ended(Duration::from_millis(1_900)),
                2 => hazard.lasted(Duration::from_secs(4)),
                _ => hazard.ended(Duration::from_millis(5_900)),
            }
        }
        assert!((hazard.ends_within(0.0, 2.5) - 0.5).abs() < 0.05);
        assert!((hazard.ends_within(0.0, 4.9) - 0.5).abs() < 0.05);
        assert!(hazard.ends_within(4.5, 2.0) > 0.6, "{}", hazard.ends_within(4.5, 2.0));
    }

    /// A phone that is never answered must not make forget for ever that phones are.
    #[test]
    fn silence_fades_too() {
        let mut hazard = Hazard::new(Prior { median: Duration::from_secs(3), shape: 3.0, weight: 1.0 }, 100.0);
        for _ in 0..20_000 {
            hazard.lasted(Duration::from_secs(9));
        }
        assert!(hazard.ends_within(0.0, 9.0) < 0.05);
        for _ in 0..1_000 {
            hazard.ended(Duration::from_secs(2));
        }
        assert!(hazard.ends_within(0.0, 3.0) > 0.9);
    }
}
