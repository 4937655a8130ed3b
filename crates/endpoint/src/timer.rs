//! Every moment the endpoint waits for, in one ordered table: one minimum, no timer task to leak.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Instant;

use sip::transaction::ClientKey;

use crate::account::AccountId;
use crate::order::LegId;
use crate::subscription::SubscriptionId;
use crate::trunk::TrunkId;

/// What a moment means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Timer {
    /// Something of a leg.
    Leg(LegId, LegTimer),
    /// The next contact of this account lapses.
    Lapse(AccountId),
    /// Ask the account's contacts over UDP whether they are alive.
    KeepAlive(AccountId),
    /// Register this trunk (again).
    Register(TrunkId),
    /// This trunk's REGISTER is not answered: another hop may answer.
    RegisterSilent(TrunkId),
    /// Probe this trunk with OPTIONS.
    Probe(TrunkId),
    /// This trunk takes another call.
    Turn(TrunkId),
    /// Nothing has come back for a request that went over TCP because of its size.
    Stream(ClientKey),
    /// Something of a subscription.
    Subscription(SubscriptionId, SubscriptionTimer),
}

/// What a moment of a subscription means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum SubscriptionTimer {
    /// It runs out.
    Expire,
    /// What has changed may be told now.
    Notify,
    /// Its phone's connection closed and the phone did not come back.
    Reconnect,
}

impl SubscriptionTimer {
    /// Every one.
    pub(crate) const ALL: [Self; 3] = [Self::Expire, Self::Notify, Self::Reconnect];
}

/// What a moment of a leg means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum LegTimer {
    /// Nothing at all has come back for our INVITE (R32).
    FirstResponse,
    /// Our INVITE has rung long enough, whatever the call logic does.
    Ring,
    /// Send the 2xx again: no ACK yet (RFC 3261 section 13.3.1.4).
    Repeat2xx,
    /// No ACK at all: give the dialog up.
    NoAck,
    /// Send the reliable provisional again (RFC 3262 section 3).
    RepeatReliable,
    /// No PRACK at all: refuse the INVITE.
    NoPrack,
    /// Send our re-INVITE again after glare or Retry-After (RFC 3261 section 14.1).
    Retry,
    /// Refresh the session: we are the refresher (RFC 4028 section 7.2).
    Refresh,
    /// The session was not refreshed in time (RFC 4028 section 10).
    Expire,
    /// The call logic has not answered an offer.
    Unanswered,
    /// The peer's connection closed and nobody came back.
    Reconnect,
}

impl LegTimer {
    const FIRST: Self = Self::FirstResponse;
    const LAST: Self = Self::Reconnect;
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Timer)>,
    at: BTreeMap<Timer, Instant>,
}

impl Timers {
    /// Sets or moves a timer.
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        if let Some(before) = self.at.insert(timer, at) {
            self.due.remove(&(before, timer));
        }
        self.due.insert((at, timer));
    }

    /// Stops a timer, if it runs.
    pub(crate) fn stop(&mut self, timer: Timer) {
        if let Some(before) = self.at.remove(&timer) {
            self.due.remove(&(before, timer));
        }
    }

    /// Stops everything a leg waits for, but for what is to be kept.
    pub(crate) fn stop_leg(&mut self, leg: LegId, keep: impl Fn(LegTimer) -> bool) {
        let mut from = Bound::Included(Timer::Leg(leg, LegTimer::FIRST));
        let to = Bound::Included(Timer::Leg(leg, LegTimer::LAST));
        while let Some((&timer, _)) = self.at.range((from, to)).next() {
            match timer {
                Timer::Leg(_, one) if !keep(one) => self.stop(timer),
                Timer::Leg(..)
                | Timer::Lapse(_)
                | Timer::KeepAlive(_)
                | Timer::Register(_)
                | Timer::RegisterSilent(_)
                | Timer::Probe(_)
                | Timer::Turn(_)
                | Timer::Stream(_)
                | Timer::Subscription(..) => {
                    from = Bound::Excluded(timer);
                }
            }
            if from == Bound::Excluded(Timer::Leg(leg, LegTimer::LAST)) {
                return;
            }
        }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes one timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        self.at.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test begins at some moment")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timers_fire_in_order_once_and_can_be_moved_and_stopped() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut timers = Timers::default();
        let leg = LegId(2);
        timers.set(Timer::Leg(leg, LegTimer::Ring), at(3));
        timers.set(Timer::Leg(leg, LegTimer::Retry), at(1));
        timers.set(Timer::Register(TrunkId(1)), at(2));
        timers.set(Timer::Leg(leg, LegTimer::Retry), at(4));
        assert_eq!(timers.next(), Some(at(2)));
        assert_eq!(timers.pop(at(1)), None);
        assert_eq!(timers.pop(at(3)), Some(Timer::Register(TrunkId(1))));
        assert_eq!(timers.pop(at(3)), Some(Timer::Leg(leg, LegTimer::Ring)));
        assert_eq!(timers.pop(at(3)), None);
        timers.set(Timer::Leg(leg, LegTimer::Ring), at(5));
        timers.stop_leg(leg, |timer| timer == LegTimer::Ring);
        assert_eq!(timers.next(), Some(at(5)));
        timers.stop_leg(leg, |_| false);
        assert_eq!(timers.next(), None);
    }
}
