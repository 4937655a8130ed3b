//! Busy operators by how long they have been busy, coarser the longer.

use std::time::{Duration, Instant};

/// Groups of one [`BusyCounts`] and kind, whatever happens. With widths as below there are at most sixty in
/// a day.
pub const BUSY_GROUPS_MAX: usize = 64;
/// Whoever begins within this of each other is one group.
const GROUP_MIN: Duration = Duration::from_secs(1);
/// A group may be this fraction of its age wide.
const GROUP_SHARE: u32 = 3;

/// How many operators talk, and how many write their report, by how long they do. Whoever owns it tells when each begins and
/// ends; both cost the groups, never the operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusyCounts {
    talking: Ages,
    writing: Ages,
}

impl BusyCounts {
    /// Nobody is busy.
    pub const fn new() -> Self {
        Self { talking: Ages::new(), writing: Ages::new() }
    }

    /// A talk begins.
    pub fn talk_began(&mut self, now: Instant) {
        self.talking.began(now);
    }

    /// The talk that began then has ended.
    pub fn talk_ended(&mut self, began: Instant) {
        self.talking.ended(began);
    }

    /// A wrap-up begins.
    pub fn wrap_up_began(&mut self, now: Instant) {
        self.writing.began(now);
    }

    /// The wrap-up that began then has ended.
    pub fn wrap_up_ended(&mut self, began: Instant) {
        self.writing.ended(began);
    }

    /// How many talk.
    pub fn talking(&self) -> usize {
        self.talking.count()
    }

    /// How many are in wrap-up.
    pub fn wrapping_up(&self) -> usize {
        self.writing.count()
    }

    /// Those who talk: how many for how long, seconds.
    pub(crate) fn talks(&self, now: Instant) -> impl Iterator<Item = (usize, f64)> {
        self.talking.at(now)
    }

    /// Those in wrap-up: how many for how long, seconds.
    pub(crate) fn wrap_ups(&self, now: Instant) -> impl Iterator<Item = (usize, f64)> {
        self.writing.at(now)
    }
}

/// Who began between two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    from: Instant,
    to: Instant,
    count: usize,
}

/// Groups, oldest first. A beginning belongs to the last group that is not after it, and so is found again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ages {
    groups: Vec<Group>,
}

impl Ages {
    const fn new() -> Self {
        Self { groups: Vec::new() }
    }

    fn count(&self) -> usize {
        self.groups.iter().map(|group| group.count).sum()
    }

    fn began(&mut self, now: Instant) {
        match self.groups.last_mut() {
            Some(last) if now < last.from + GROUP_MIN => {
                last.to = last.to.max(now);
                last.count += 1;
            }
            Some(_) | None => {
                self.merge(now);
                self.groups.push(Group { from: now, to: now, count: 1 });
            }
        }
    }

    fn ended(&mut self, began: Instant) {
        let place = self.groups.partition_point(|group| group.from <= began).saturating_sub(1);
        let Some(group) = self.groups.get_mut(place) else { return };
        group.count = group.count.saturating_sub(1);
        if group.count == 0 {
            self.groups.remove(place);
        }
    }

    /// Joins neighbours that are old enough; the two oldest if there are too many.
    fn merge(&mut self, now: Instant) {
        let mut merged: Vec<Group> = Vec::with_capacity(self.groups.len() + 1);
        for group in self.groups.drain(..) {
            match merged.last_mut() {
                Some(last) if group.to - last.from <= now.saturating_duration_since(group.to) / GROUP_SHARE => {
                    last.to = group.to;
                    last.count += group.count;
                }
                Some(_) | None => merged.push(group),
            }
        }
        while merged.len() >= BUSY_GROUPS_MAX {
            let oldest = merged.remove(0);
            let Some(next) = merged.first_mut() else { break };
            next.from = oldest.from;
            next.count += oldest.count;
        }
        self.groups = merged;
    }

    fn at(&self, now: Instant) -> impl Iterator<Item = (usize, f64)> {
        self.groups.iter().map(move |group| {
            let oldest = now.saturating_duration_since(group.from).as_secs_f64();
            let youngest = now.saturating_duration_since(group.to).as_secs_f64();
            (group.count, f64::midpoint(oldest, youngest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::tests::a_moment;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Against a plain list of beginnings: nobody is lost, and everyone's age is told to within the width of a group.
        #[test]
        fn ages_are_right_whoever_comes_and_goes(
            steps in prop::collection::vec((0..20_000_u64, any::<prop::sample::Index>(), prop::bool::weighted(0.6)), 1..400)
        ) {
            let mut counts = BusyCounts::new();
            let mut plain: Vec<Instant> = Vec::new();
            let mut now = a_moment();
            for (wait, which, begins) in steps {
                now += Duration::from_millis(wait);
                if begins {
                    plain.push(now);
                    counts.talk_began(now);
                } else if !plain.is_empty() {
                    counts.talk_ended(plain.remove(which.index(plain.len())));
                }
                prop_assert_eq!(counts.talking(), plain.len());
                prop_assert!(counts.talking.groups.len() <= BUSY_GROUPS_MAX);
                let told = counts.talks(now).flat_map(|(count, age)| std::iter::repeat_n(age, count));
                for (told, began) in told.zip(&plain) {
                    let age = (now - *began).as_secs_f64();
                    prop_assert!((told - age).abs() <= 1.0 + age / 5.0, "{told} for {age}");
                }
            }
        }
    }

    #[test]
    fn a_thousand_operators_for_a_day_are_a_few_groups() {
        let mut counts = BusyCounts::new();
        let mut now = a_moment();
        let mut began = std::collections::VecDeque::new();
        for _ in 0..20_000 {
            now += Duration::from_millis(300);
            counts.wrap_up_began(now);
            began.push_back(now);
            if began.len() > 1_000 {
                counts.wrap_up_ended(began.pop_front().unwrap());
            }
            assert!(counts.writing.groups.len() < 45, "{}", counts.writing.groups.len());
        }
        assert_eq!(counts.wrapping_up(), 1_000);
    }
}
