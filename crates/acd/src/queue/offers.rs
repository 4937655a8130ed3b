//! Ends of offers, and operators' states.

use super::Queue;
use crate::roster::{Activity, Post};
use crate::timers::Timer;
use crate::{CallId, Declined, Effect, OperatorId, RING, Why, Wish};
use std::time::Instant;

/// Why the queue made an operator not ready.
const NO_ANSWER: &str = "no answer";

impl Queue {
    /// The operator did not take the call: they go to the end of the idle ones, or out if that happens too often, and
    /// the call goes on to the next.
    pub(super) fn decline(&mut self, now: Instant, operator: OperatorId, how: Declined, why: Option<Why>) {
        let Some(call) = self.offered_to(operator) else { return };
        let unreliable = self.counts_as_unreliable(operator, how);
        let next = if unreliable && self.roster.others_at_work(operator) {
            Activity::NotReady { reason: NO_ANSWER.to_owned() }
        } else {
            Activity::Idle // the last one at work stays: a phone that may ring is better than none
        };
        self.line.change(call, |entry| entry.declined.insert(operator));
        if how != Declined::NotAsked {
            self.roster.change(operator, |post| post.idle_since = now);
        }
        self.end_offer(now, operator, why, next);
        if unreliable {
            self.effects.push_back(Effect::OperatorUnreliable { operator });
        }
        self.odds.have_changed();
        // The operator first: an older call may have waited for just this one.
        self.find_call_for(now, operator);
        self.find_operators_for(now, call);
    }

    /// Counts offers in a row that the operator failed to answer. A phone that refuses is a phone that works; and when
    /// many phones ring for one call, not answering is nobody's failure in particular.
    fn counts_as_unreliable(&mut self, operator: OperatorId, how: Declined) -> bool {
        let unanswered_max = self.limits.unanswered_max;
        let count = |post: &mut Post| match how {
            Declined::Busy | Declined::Rejected => {
                post.unanswered = 0;
                false
            }
            Declined::NotAsked => false,
            Declined::NoAnswer if !matches!(post.activity, Activity::Offered { alone: true, .. }) => false,
            Declined::NoAnswer | Declined::Unreachable => {
                post.unanswered = post.unanswered.saturating_add(1);
                let is_enough = post.unanswered >= unanswered_max;
                if is_enough {
                    post.unanswered = 0;
                }
                is_enough
            }
        };
        self.roster.change(operator, count).unwrap_or(false)
    }

    /// The operator cannot take the call that they are offered, and goes on to `next`; the call goes on to others.
    pub(super) fn call_goes_on_without(&mut self, now: Instant, operator: OperatorId, why: Why, next: Activity) {
        let Some(call) = self.offered_to(operator) else { return };
        self.odds.have_changed();
        self.end_offer(now, operator, Some(why), next);
        self.find_operators_for(now, call);
    }

    /// Ends the offer to this operator, who goes on to `next`. Whoever calls this finds the call, and the operator if
    /// idle, something new.
    fn end_offer(&mut self, now: Instant, operator: OperatorId, why: Option<Why>, next: Activity) {
        let Some(Activity::Offered { call, until, .. }) = self.roster.get(operator).map(|post| &post.activity) else {
            return;
        };
        let (call, until) = (*call, *until);
        self.odds.offer_ended(now, self.roster.get(operator), false);
        self.timers.cancel(until, Timer::OfferEnds(operator));
        self.line.change(call, |entry| entry.ask_no_more(operator));
        if let Some(why) = why {
            self.effects.push_back(Effect::Withdraw { call, operator, why });
        }
        self.act(now, operator, next);
    }

    /// Takes a call out of the line and ends its offers, but for the winner's, whose timer alone ends. Gives the
    /// operators who came free.
    pub(super) fn take_out(
        &mut self,
        now: Instant,
        call: CallId,
        why: Why,
        winner: Option<OperatorId>,
    ) -> Vec<OperatorId> {
        let Some(entry) = self.line.leave(call) else { return Vec::new() };
        for (at, timer) in entry.deadlines() {
            self.timers.cancel(at, timer);
        }
        let mut freed = Vec::new();
        for operator in entry.offered() {
            if Some(operator) == winner {
                if let Some(Activity::Offered { until, .. }) = self.roster.get(operator).map(|post| &post.activity) {
                    self.timers.cancel(*until, Timer::OfferEnds(operator));
                }
            } else {
                self.goes_to_the_end_if_slow(now, operator, why);
                self.end_offer(now, operator, Some(why), Activity::Idle);
                freed.push(operator);
            }
        }
        freed
    }

    /// Whose phone rang alone for a whole ring until somebody else, who was asked later, was quicker: they go to the end,
    /// or a phone on an empty desk would cost every call its first ring.
    fn goes_to_the_end_if_slow(&mut self, now: Instant, operator: OperatorId, why: Why) {
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::Offered { since, alone: true, .. } = post.activity else { return };
        if why == Why::AnsweredElsewhere && now.saturating_duration_since(since) >= RING {
            self.roster.change(operator, |post| {
                post.idle_since = now;
                post.missed = post.missed.saturating_add(1);
            });
        }
    }

    /// The operator is in no call any more, and gets the state that they wish for.
    pub(super) fn settle(&mut self, now: Instant, operator: OperatorId, wish: Wish) {
        let Some(post) = self.roster.get(operator) else { return };
        if let Activity::WrappingUp { wrap_up, .. } = post.activity {
            self.timers.cancel(wrap_up.until, Timer::WrapUpEnds(operator));
        }
        let activity = self.granted(post, wish);
        self.odds.have_changed();
        self.roster.change(operator, |post| post.idle_since = now);
        self.act(now, operator, activity);
        self.find_call_for(now, operator);
    }

    /// The operator is no longer configured.
    pub(super) fn dismiss(&mut self, now: Instant, operator: OperatorId) {
        let Some(post) = self.roster.get(operator) else { return };
        match post.activity {
            Activity::Talking { .. } => {
                self.roster.change(operator, |post| post.leaving = true);
                return;
            }
            Activity::Offered { .. } => {
                self.call_goes_on_without(now, operator, Why::OperatorLeft, Activity::LoggedOut);
            }
            Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::WrappingUp { .. } => {
                self.settle(now, operator, Wish::LogOut);
            }
        }
        self.roster.remove(operator);
    }

    pub(super) fn act(&mut self, now: Instant, operator: OperatorId, activity: Activity) {
        let activity = self.resumed(now, operator, activity);
        if let Some(state) = self.roster.act(now, operator, activity) {
            self.effects.push_back(Effect::OperatorState { operator, state });
        }
    }

    /// What was wished in a talk that was interrupted holds when it goes on, and comes true when its call goes to somebody else or is
    /// over; so does the wrap-up that it broke into.
    fn resumed(&mut self, now: Instant, operator: OperatorId, activity: Activity) -> Activity {
        let Some(resumes) = self.roster.get(operator).and_then(|post| post.resumes.clone()) else { return activity };
        if matches!(activity, Activity::Offered { call, .. } if call == resumes.call) {
            return activity;
        }
        self.roster.change(operator, |post| post.resumes = None);
        let broken_into = resumes.wrap_up.filter(|wrap_up| wrap_up.until > now);
        match (activity, broken_into) {
            (Activity::Talking { call, since, then: Wish::Ready, wrap_up: None }, _) => {
                Activity::Talking { call, since, then: resumes.then, wrap_up: resumes.wrap_up }
            }
            (Activity::Idle, Some(wrap_up)) => {
                self.timers.set(wrap_up.until, Timer::WrapUpEnds(operator));
                Activity::WrappingUp { wrap_up, then: resumes.then }
            }
            (Activity::Idle, None) => resumes.then.into(),
            (activity, _) => activity,
        }
    }

    /// The call that this operator is being offered.
    pub(super) fn offered_to(&self, operator: OperatorId) -> Option<CallId> {
        self.roster.get(operator).and_then(Post::offered)
    }
}
