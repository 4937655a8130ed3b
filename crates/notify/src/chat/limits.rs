//! How fast each service may be asked, so that it need not say 429: pure, time is an argument.
//!
//! Every service counts in windows ("300 in 5 minutes"); we keep a steady pace with a small burst such that burst and pace
//! together never exceed the window. A [`Limits`] holds one pace per key (an account, a room); what a service says about its
//! own limits (Retry-After, an emptied `X-RateLimit-Remaining`) closes the key until then.

use std::collections::HashMap;

/// Keys that are remembered. One that has been quiet for its burst has nothing to remember.
const KEYS_MAX: usize = 10_000;
/// Nothing is held longer than this, whatever a service says: a broken clock there must not silence us here.
pub const HOLD_MS_MAX: i64 = 60 * 60 * 1_000;

/// A pace: `burst` at once, and then one every `every_us` microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    burst: i64,
    every_us: i64,
}

impl Pace {
    const fn new(burst: i64, per_second_milli: i64) -> Self {
        Self { burst, every_us: 1_000_000_000 / per_second_milli }
    }
}

/// Chatwork, one account: 300 in 5 minutes (developer.chatwork.com/docs/endpoints) = 60 + 0.8/s * 300 s.
pub const CHATWORK_ACCOUNT: Pace = Pace::new(60, 800);
/// Chatwork, one room: 10 in 10 seconds (same page) = 4 + 0.6/s * 10 s.
pub const CHATWORK_ROOM: Pace = Pace::new(4, 600);
/// Slack, one channel: one a second, short bursts allowed (docs.slack.dev/apis/web-api/rate-limits).
pub const SLACK_CHANNEL: Pace = Pace::new(3, 1_000);
/// Google Chat, one space: one a second over everybody who writes there (developers.google.com/workspace/chat/limits).
pub const GOOGLE_SPACE: Pace = Pace::new(1, 1_000);
/// Teams: four requests a second for one webhook (learn.microsoft.com, rate limiting of webhooks) = 2 + 2/s.
pub const TEAMS_FLOW: Pace = Pace::new(2, 2_000);
/// LINE WORKS, one domain and operation: 240 a minute (developers.worksmobile.com/en/docs/rate-limits), on the free plan 60:
/// 20 + 40 a minute keeps to both.
pub const LINE_WORKS_DOMAIN: Pace = Pace::new(20, 666);
/// LINE, one channel: 2,000 a second (developers.line.biz, rate limits); we need a small part of it.
pub const LINE_CHANNEL: Pace = Pace::new(100, 200_000);
/// Discord, one webhook: told by its headers, at present 5 in 2 seconds = 2 + 1.5/s * 2 s.
pub const DISCORD_WEBHOOK: Pace = Pace::new(2, 1_500);
/// A webhook of somebody's own machine: gently.
pub const WEBHOOK_URL: Pace = Pace::new(10, 10_000);

/// One key and its pace.
pub type Keyed<'a> = (&'a str, Pace);

#[derive(Clone, Copy, Default)]
struct State {
    /// When the next one would be due at an even pace, microseconds (GCRA's theoretical arrival time).
    due_us: i64,
    /// Closed until then, ms.
    held_until_ms: i64,
}

/// All paces of this process.
#[derive(Default)]
pub struct Limits {
    keys: HashMap<String, State>,
}

impl Limits {
    /// Milliseconds until all of these keys are free; 0: now.
    pub fn wait_ms(&self, keys: &[Keyed<'_>], now_ms: i64) -> i64 {
        keys.iter()
            .map(|(key, pace)| self.keys.get(*key).map_or(0, |state| state.wait_ms(*pace, now_ms)))
            .max()
            .unwrap_or(0)
    }

    /// Takes one from each of these keys if all are free; otherwise none, and says how long to wait (milliseconds).
    pub fn take(&mut self, keys: &[Keyed<'_>], now_ms: i64) -> Result<(), i64> {
        match self.wait_ms(keys, now_ms) {
            0 => {
                for (key, pace) in keys {
                    let state = self.entry(key, now_ms);
                    state.due_us = state.due_us.max(now_ms.saturating_mul(1_000)).saturating_add(pace.every_us);
                }
                Ok(())
            }
            wait_ms => Err(wait_ms),
        }
    }

    /// The service wants peace at this key for `for_ms`.
    pub fn hold(&mut self, key: &str, for_ms: i64, now_ms: i64) {
        let until = now_ms.saturating_add(for_ms.clamp(0, HOLD_MS_MAX));
        let state = self.entry(key, now_ms);
        state.held_until_ms = state.held_until_ms.max(until);
    }

    fn entry(&mut self, key: &str, now_ms: i64) -> &mut State {
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(key) {
            self.keys.retain(|_, state| state.busy(now_ms));
            if self.keys.len() >= KEYS_MAX {
                // Ten thousand busy rooms: whoever is due soonest has least to remember.
                if let Some(soonest) =
                    self.keys.iter().min_by_key(|(_, state)| state.due_us).map(|(key, _)| key.clone())
                {
                    self.keys.remove(&soonest);
                }
            }
        }
        self.keys.entry(key.to_owned()).or_default()
    }
}

impl State {
    fn wait_ms(self, pace: Pace, now_ms: i64) -> i64 {
        let allowance_us = pace.every_us.saturating_mul(pace.burst - 1);
        let early_us = self.due_us.saturating_sub(allowance_us).saturating_sub(now_ms.saturating_mul(1_000));
        let paced = early_us.max(0).saturating_add(999) / 1_000;
        paced.max(self.held_until_ms.saturating_sub(now_ms)).max(0)
    }

    fn busy(self, now_ms: i64) -> bool {
        self.due_us > now_ms.saturating_mul(1_000) || self.held_until_ms > now_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as fast as it may for `ms`, and returns when each was sent.
    fn run(keys: &[Keyed<'_>], ms: i64) -> Vec<i64> {
        let (mut limits, mut now, mut sent) = (Limits::default(), 1_000, Vec::new());
        while now < 1_000 + ms {
            match limits.take(keys, now) {
                Ok(()) => sent.push(now),
                Err(wait) => now += wait,
            }
        }
        sent
    }

    /// The most in any window of `window_ms`.
    fn most(sent: &[i64], window_ms: i64) -> usize {
        sent.iter()
            .map(|from| sent.iter().filter(|at| (*from..*from + window_ms).contains(*at)).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn f33_no_window_of_any_service_is_ever_exceeded() {
        let windows = [
            (CHATWORK_ACCOUNT, 300_000, 300),
            (CHATWORK_ROOM, 10_000, 10),
            (GOOGLE_SPACE, 1_000, 1),
            (TEAMS_FLOW, 1_000, 4),
            (LINE_WORKS_DOMAIN, 60_000, 60),
            (DISCORD_WEBHOOK, 2_000, 5),
        ];
        for (pace, window_ms, at_most) in windows {
            let sent = run(&[("one", pace)], window_ms * 3);
            let found = most(&sent, window_ms);
            assert!(found <= at_most, "{pace:?}: {found} in {window_ms} ms, {at_most} allowed");
            assert!(found * 4 >= at_most * 3, "{pace:?}: {found} in {window_ms} ms wastes what {at_most} would allow");
        }
    }

    #[test]
    fn the_narrower_of_two_keys_decides_and_a_refusal_takes_nothing() {
        let both = [("account", CHATWORK_ACCOUNT), ("room", CHATWORK_ROOM)];
        assert!(most(&run(&both, 30_000), 10_000) <= 10);
        let mut limits = Limits::default();
        for _ in 0..4 {
            assert_eq!(limits.take(&both, 5_000), Ok(()));
        }
        let wait = limits.take(&both, 5_000).expect_err("the room is full");
        assert!((1..=1_667).contains(&wait), "{wait}");
        // Another room of the same account goes on at once.
        assert_eq!(limits.take(&[("account", CHATWORK_ACCOUNT), ("another", CHATWORK_ROOM)], 5_000), Ok(()));
        assert_eq!(limits.wait_ms(&both, 5_000 + wait), 0);
    }

    #[test]
    fn r25_what_a_service_asks_for_is_kept_and_has_an_end() {
        let mut limits = Limits::default();
        limits.hold("room", 30_000, 1_000);
        assert_eq!(limits.take(&[("room", SLACK_CHANNEL)], 1_000), Err(30_000));
        assert_eq!(limits.take(&[("other", SLACK_CHANNEL)], 1_000), Ok(()));
        limits.hold("room", 1_000, 1_000);
        assert_eq!(
            limits.wait_ms(&[("room", SLACK_CHANNEL)], 21_000),
            10_000,
            "a shorter wish does not shorten a longer one"
        );
        assert_eq!(limits.take(&[("room", SLACK_CHANNEL)], 31_000), Ok(()));
        limits.hold("room", i64::MAX, 31_000);
        assert_eq!(limits.wait_ms(&[("room", SLACK_CHANNEL)], 31_000), HOLD_MS_MAX);
        limits.hold("clock", -5, 0);
        assert_eq!(limits.wait_ms(&[("clock", SLACK_CHANNEL)], 0), 0);
    }

    #[test]
    fn the_table_of_keys_has_an_end() {
        let mut limits = Limits::default();
        for number in 0..KEYS_MAX + 10 {
            assert_eq!(limits.take(&[(&format!("room {number}"), SLACK_CHANNEL)], 1_000), Ok(()));
        }
        assert!(limits.keys.len() <= KEYS_MAX);
        assert_eq!(limits.take(&[("late", SLACK_CHANNEL)], 1_000_000), Ok(()));
        assert_eq!(limits.keys.len(), 1, "rooms at rest are forgotten");
    }
}
