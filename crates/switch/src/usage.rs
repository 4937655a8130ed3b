//! What each client firm's outgoing calls use, against what they may (R03): a stolen password, or a mistake, costs no more than
//! the caps allow. Kept in memory: a restart begins afresh.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use endpoint::LegId;
use serde::{Deserialize, Serialize};

use crate::directory::CustomerId;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The day is the last 24 hours, counted by the hour: no time zone, no midnight at which everything is open again.
const HOURS: usize = 24;
/// Calls of one minute that are remembered, whatever the cap.
const STARTS_MAX: usize = 600;

/// What one firm's calls to its own people may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct OutgoingCaps {
    /// Outgoing calls at once, those that are bridged included.
    pub calls_max: u16,
    /// Calls begun in any minute; each number that is tried is one.
    pub per_minute_max: u16,
    /// Seconds of talk in any 24 hours. A call in progress is not cut off.
    pub talk_seconds_per_day_max: u32,
}

impl Default for OutgoingCaps {
    fn default() -> Self {
        Self { calls_max: 5, per_minute_max: 10, talk_seconds_per_day_max: 10 * 3600 }
    }
}

/// Which cap is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cap {
    /// [`OutgoingCaps::calls_max`].
    Calls,
    /// [`OutgoingCaps::per_minute_max`].
    PerMinute,
    /// [`OutgoingCaps::talk_seconds_per_day_max`].
    TalkPerDay,
}

impl Cap {
    /// Word for records and events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls_at_once",
            Self::PerMinute => "calls_per_minute",
            Self::TalkPerDay => "talk_per_day",
        }
    }
}

/// One firm's.
#[derive(Debug, Default)]
struct Firm {
    /// When calls of the last minute began, oldest first.
    starts: VecDeque<Instant>,
    /// Talk by hour, oldest first.
    talk: VecDeque<(Instant, Duration)>,
}

impl Firm {
    fn forget(&mut self, now: Instant) {
        let age = |since: Instant| now.saturating_duration_since(since);
        while self.starts.front().is_some_and(|start| age(*start) >= MINUTE) {
            self.starts.pop_front();
        }
        while self.talk.front().is_some_and(|(hour, _)| age(*hour) >= HOUR * 24) {
            self.talk.pop_front();
        }
    }

    fn talked(&mut self, now: Instant, talk: Duration) {
        match self.talk.back_mut() {
            Some((hour, sum)) if now.saturating_duration_since(*hour) < HOUR => *sum += talk,
            Some(_) | None => self.talk.push_back((now, talk)),
        }
        // Hours with calls in them: never more than there are in a day and one that is half gone.
        while self.talk.len() > HOURS + 1 {
            self.talk.pop_front();
        }
    }
}

/// A leg that is being paid for.
#[derive(Clone, Copy, Debug)]
struct Live {
    customer: CustomerId,
    answered: Option<Instant>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// As many as there are firms.
    firms: HashMap<CustomerId, Firm>,
    /// As many as there are legs.
    live: HashMap<LegId, Live>,
}

impl Usage {
    /// Whether the firm may begin another call.
    pub(crate) fn check(&mut self, now: Instant, customer: CustomerId, caps: OutgoingCaps) -> Result<(), Cap> {
        let own = self.live.values().filter(|live| live.customer == customer);
        let (mut calls, mut talk) = (0_usize, Duration::ZERO);
        for live in own {
            calls += 1;
            talk += live.answered.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        }
        if calls >= usize::from(caps.calls_max) {
            return Err(Cap::Calls);
        }
        let firm = self.firms.entry(customer).or_default();
        firm.forget(now);
        if firm.starts.len() >= usize::from(caps.per_minute_max).min(STARTS_MAX) {
            return Err(Cap::PerMinute);
        }
        talk += firm.talk.iter().map(|(_, talk)| *talk).sum();
        if talk >= Duration::from_secs(u64::from(caps.talk_seconds_per_day_max)) {
            return Err(Cap::TalkPerDay);
        }
        Ok(())
    }

    /// The firm calls somebody. `again`: the same number as before, over another trunk.
    pub(crate) fn begins(&mut self, now: Instant, customer: CustomerId, leg: LegId, again: bool) {
        self.live.insert(leg, Live { customer, answered: None });
        let firm = self.firms.entry(customer).or_default();
        if !again && firm.starts.len() < STARTS_MAX {
            firm.starts.push_back(now);
        }
    }

    /// From now on it costs.
    pub(crate) fn answered(&mut self, now: Instant, leg: LegId) {
        if let Some(live) = self.live.get_mut(&leg) {
            live.answered.get_or_insert(now);
        }
    }

    /// The leg is over.
    pub(crate) fn ends(&mut self, now: Instant, leg: LegId) {
        let Some(live) = self.live.remove(&leg) else { return };
        if let Some(since) = live.answered {
            let firm = self.firms.entry(live.customer).or_default();
            firm.forget(now);
            firm.talked(now, now.saturating_duration_since(since));
        }
    }

    /// Forgets firms that are no more, unless they are talking.
    pub(crate) fn keep(&mut self, exists: impl Fn(CustomerId) -> bool) {
        self.firms.retain(|customer, _| exists(*customer));
    }

    /// Nobody is being paid for.
    pub(crate) fn is_idle(&self) -> bool {
        self.live.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use super::*;

    const FIRM: CustomerId = CustomerId(1);
    const OTHER: CustomerId = CustomerId(2);

    #[test]
    fn r03_calls_at_once_per_minute_and_talk_per_day() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let caps = OutgoingCaps { calls_max: 2, per_minute_max: 3, talk_seconds_per_day_max: 1_000 };
        let mut usage = Usage::default();
        for leg in [2, 4] {
            assert_eq!(usage.check(at(0), FIRM, caps), Ok(()));
            usage.begins(at(0), FIRM, LegId(leg), false);
        }
        assert_eq!(usage.check(at(0), FIRM, caps), Err(Cap::Calls));
        assert_eq!(usage.check(at(0), OTHER, caps), Ok(()), "each firm for itself");
        usage.ends(at(1), LegId(2));
        // Over another trunk it is the same call.
        usage.begins(at(1), FIRM, LegId(6), true);
        usage.ends(at(2), LegId(6));
        usage.begins(at(2), FIRM, LegId(8), false);
        usage.ends(at(3), LegId(8));
        assert_eq!(usage.check(at(59), FIRM, caps), Err(Cap::PerMinute));
        assert_eq!(usage.check(at(60), FIRM, caps), Ok(()));
        usage.answered(at(10), LegId(4));
        usage.answered(at(500), LegId(4));
        assert_eq!(usage.check(at(1_009), FIRM, caps), Ok(()));
        assert_eq!(usage.check(at(1_010), FIRM, caps), Err(Cap::TalkPerDay), "while it is still going on");
        usage.ends(at(2_000), LegId(4));
        assert!(usage.is_idle());
        assert_eq!(usage.check(at(2_000 + 86_399), FIRM, caps), Err(Cap::TalkPerDay));
        assert_eq!(usage.check(at(2_000 + 86_400), FIRM, caps), Ok(()));
        let nothing = OutgoingCaps { calls_max: 0, ..caps };
        assert_eq!(usage.check(at(200_000), FIRM, nothing), Err(Cap::Calls));
    }

    #[test]
    fn r03_what_is_remembered_is_limited() {
        let start = Instant::now();
        let mut usage = Usage::default();
        for leg in 0..5_000 {
            let now = start + Duration::from_secs(leg * 60);
            usage.begins(now, FIRM, LegId(leg), false);
            usage.answered(now, LegId(leg));
            usage.ends(now + Duration::from_secs(30), LegId(leg));
            usage.begins(start, OTHER, LegId(leg), false);
            usage.ends(start, LegId(leg));
        }
        assert!(usage.firms[&FIRM].talk.len() <= HOURS + 1);
        assert!(usage.firms[&OTHER].starts.len() <= STARTS_MAX);
        usage.keep(|_| false);
        assert!(usage.firms.is_empty());
    }
}
