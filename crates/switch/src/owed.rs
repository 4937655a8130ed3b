//! Reports that are not done: of which calls, and whose they are (F38). Who has too many of them does not become ready.
//!
//! A call that an operator has answered has a report from then on. What the database says comes at the start and every now and then,
//! and mends what was missed; of the last moments it may know less than we do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use acd::{CallId, OperatorId};

/// Reports that are remembered; of more, those of the oldest calls are forgotten.
pub(crate) const OWED_MAX: usize = 100_000;

/// What happened so lately may not be in the database yet.
pub(crate) const LATELY: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Owed {
    /// By call, which is by age.
    of: BTreeMap<CallId, OperatorId>,
    /// How many each owes.
    counts: BTreeMap<OperatorId, u32>,
    /// Begun or done in the last moments, oldest first.
    lately: VecDeque<(Instant, CallId)>,
}

impl Owed {
    /// This operator has answered this call.
    pub(crate) fn begins(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        self.note(now, call);
        self.insert(call, operator);
    }

    /// Its report is sent, or there will be none. Whose it was.
    pub(crate) fn done(&mut self, now: Instant, call: CallId) -> Option<OperatorId> {
        self.note(now, call);
        self.remove(call)
    }

    /// What the database says. Gives everybody whose number has changed.
    pub(crate) fn replace(&mut self, now: Instant, open: &[(CallId, OperatorId)]) -> BTreeSet<OperatorId> {
        self.forget_lately(now);
        let before = self.counts.clone();
        let lately: BTreeSet<CallId> = self.lately.iter().map(|(_, call)| *call).collect();
        let kept: Vec<(CallId, OperatorId)> =
            self.of.iter().filter(|(call, _)| lately.contains(call)).map(|(call, who)| (*call, *who)).collect();
        self.of.clear();
        self.counts.clear();
        let told = open.iter().filter(|(call, _)| !lately.contains(call)).copied();
        for (call, operator) in told.chain(kept) {
            self.insert(call, operator);
        }
        let everybody = before.keys().chain(self.counts.keys()).copied();
        everybody.filter(|who| before.get(who) != self.counts.get(who)).collect()
    }

    /// How many reports of this operator are not done.
    pub(crate) fn of(&self, operator: OperatorId) -> u32 {
        self.counts.get(&operator).copied().unwrap_or(0)
    }

    /// Everybody who owes some.
    pub(crate) fn operators(&self) -> impl Iterator<Item = (OperatorId, u32)> + use<'_> {
        self.counts.iter().map(|(operator, count)| (*operator, *count))
    }

    fn insert(&mut self, call: CallId, operator: OperatorId) {
        if self.of.contains_key(&call) {
            return;
        }
        self.of.insert(call, operator);
        *self.counts.entry(operator).or_default() += 1;
        if self.of.len() > OWED_MAX
            && let Some((oldest, _)) = self.of.first_key_value()
        {
            self.remove(*oldest);
        }
    }

    fn remove(&mut self, call: CallId) -> Option<OperatorId> {
        let operator = self.of.remove(&call)?;
        let count = self.counts.get_mut(&operator)?;
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.counts.remove(&operator);
        }
        Some(operator)
    }

    fn note(&mut self, now: Instant, call: CallId) {
        self.forget_lately(now);
        self.lately.push_back((now, call));
    }

    fn forget_lately(&mut self, now: Instant) {
        let is_old = |at: Instant| now.saturating_duration_since(at) > LATELY;
        while self.lately.len() >= OWED_MAX || self.lately.front().is_some_and(|(at, _)| is_old(*at)) {
            self.lately.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::tests::some_moment;

    const HANAKO: OperatorId = OperatorId(1);
    const TARO: OperatorId = OperatorId(2);

    #[test]
    fn f38_what_the_database_says_mends_what_was_missed_but_does_not_undo_the_last_moments() {
        let (now, mut owed) = (some_moment(), Owed::default());
        owed.begins(now, CallId(1), HANAKO);
        owed.begins(now, CallId(2), HANAKO);
        owed.begins(now, CallId(2), TARO);
        assert_eq!((owed.of(HANAKO), owed.of(TARO)), (2, 0), "a report is one operator's");
        assert_eq!(owed.done(now, CallId(1)), Some(HANAKO));
        assert_eq!(owed.done(now, CallId(1)), None);
        // Asked before: call 1 is not done there, call 2 is not known yet, call 3 was not known here.
        let changed = owed.replace(now, &[(CallId(1), HANAKO), (CallId(3), TARO)]);
        assert_eq!((owed.of(HANAKO), owed.of(TARO), changed), (1, 1, BTreeSet::from([TARO])));
        let later = now + LATELY + Duration::from_millis(1);
        let changed = owed.replace(later, &[(CallId(3), TARO)]);
        assert_eq!((owed.of(HANAKO), changed), (0, BTreeSet::from([HANAKO])), "it was done, and we were not told");
        assert_eq!(owed.operators().collect::<Vec<_>>(), [(TARO, 1)]);
    }

    #[test]
    fn f38_of_too_many_the_oldest_are_forgotten() {
        let (now, mut owed) = (some_moment(), Owed::default());
        for call in 0..=OWED_MAX as u64 {
            owed.begins(now, CallId(call), HANAKO);
        }
        assert_eq!(owed.of(HANAKO) as usize, OWED_MAX);
        assert_eq!(owed.done(now, CallId(0)), None);
        assert!(owed.lately.len() <= OWED_MAX);
    }
}
