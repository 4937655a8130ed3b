//! Talks that this queue did not begin, and what comes after a talk.

use super::Queue;
use crate::roster::{Activity, Post, Resumes, WrapUp};
use crate::timers::Timer;
use crate::{CallId, EnqueueError, OperatorId, UnknownOperator, Waiting, Why, Wish};
use std::time::{Duration, Instant};

/// A longer wrap-up is shortened to this.
const WRAP_UP_MAX: Duration = Duration::from_secs(24 * 3600);

impl Queue {
    /// The operator is in a call that this queue did not offer: an outgoing one, or one handed to them. An offer that
    /// rings there is withdrawn. Ends with [`Queue::cleared`] or [`Queue::released`], after which the state of before
    /// comes back. Nothing for one who talks already: no operator is in two calls.
    pub fn engaged(&mut self, now: Instant, operator: OperatorId, call: CallId) {
        let Some(post) = self.roster.get(operator) else { return };
        let (then, wrap_up) = match &post.activity {
            Activity::Talking { .. } => return,
            Activity::LoggedOut => (Wish::LogOut, None),
            Activity::NotReady { reason } => (Wish::NotReady { reason: reason.clone() }, None),
            Activity::Idle | Activity::Offered { .. } => (Wish::Ready, None),
            Activity::WrappingUp { wrap_up, then } => {
                self.timers.cancel(wrap_up.until, Timer::WrapUpEnds(operator));
                (then.clone(), Some(*wrap_up))
            }
        };
        let talk = Activity::Talking { call, since: now, then, wrap_up };
        self.odds.have_changed();
        if self.offered_to(operator).is_some() {
            self.call_goes_on_without(now, operator, Why::OperatorLeft, talk);
        } else {
            self.act(now, operator, talk);
        }
        self.after(now);
    }

    /// The operator's talk is over: wrap-up, then ready, or what they wished meanwhile.
    pub fn cleared(&mut self, now: Instant, operator: OperatorId) {
        if let Some(Activity::Talking { since, .. }) = self.roster.get(operator).map(|post| &post.activity) {
            let talked = now.saturating_duration_since(*since);
            self.roster.change(operator, |post| post.talk = post.talk.saturating_add(talked));
        }
        self.talk_is_over(now, operator, |post, _| Some(wrap_up(post, now)));
    }

    /// The operator's phone began anew in the middle of the talk, and is there again: the call comes back to them, alone, and before
    /// any other; if they do not take it, it goes on like any call at the head. No wrap-up, because the talk is not over; what they
    /// wished meanwhile holds for when it is, or comes true when the call is theirs no longer.
    pub fn interrupted(&mut self, now: Instant, operator: OperatorId, waiting: Waiting) -> Result<(), EnqueueError> {
        let call = waiting.call;
        match self.roster.get(operator).map(|post| (&post.activity, post.leaving)) {
            Some((Activity::Talking { call: talking, since, then, wrap_up }, false)) if *talking == call => {
                let talked = now.saturating_duration_since(*since);
                let resumes = Resumes { call, then: then.clone(), wrap_up: *wrap_up };
                self.winners.remove(&call);
                self.roster.change(operator, |post| {
                    post.talk = post.talk.saturating_add(talked);
                    post.idle_since = now;
                });
                self.act(now, operator, Activity::Idle);
                self.roster.change(operator, |post| post.resumes = Some(resumes));
            }
            Some(_) | None => self.cleared(now, operator),
        }
        let waits = self.enqueue(now, Waiting { prefer: Some(operator), ..waiting });
        let is_back = self.offered_to(operator) == Some(call);
        if !is_back && self.roster.get(operator).is_some_and(|post| post.resumes.is_some()) {
            self.act(now, operator, Activity::Idle); // or what they wished for
        }
        self.find_call_for(now, operator); // unless the call rings there
        self.after(now);
        waits
    }

    /// The operator is out of a call of which nothing is to be written (one that was only listened to): no wrap-up, but what
    /// is left of the one that the call broke into.
    pub fn released(&mut self, now: Instant, operator: OperatorId) {
        self.talk_is_over(now, operator, |post, broken_into| broken_into.map(|broken| wrap_up(post, broken.since)));
    }

    /// `wrap_up`: of the one that the talk broke into.
    fn talk_is_over(
        &mut self,
        now: Instant,
        operator: OperatorId,
        wrap_up: impl FnOnce(&Post, Option<WrapUp>) -> Option<WrapUp>,
    ) {
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::Talking { call, since, then, wrap_up: broken_into } = &post.activity else { return };
        let (call, since, then, leaving) = (*call, *since, then.clone(), post.leaving);
        let wrap_up = wrap_up(post, *broken_into).filter(|wrap_up| wrap_up.until > now);
        if self.winners.get(&call) == Some(&operator) {
            self.winners.remove(&call);
            self.odds.talked(now.saturating_duration_since(since));
            if wrap_up.is_none() {
                self.odds.wrote(Duration::ZERO);
            }
        }
        self.roster.change(operator, |post| post.idle_since = now);
        if leaving {
            self.act(now, operator, Activity::LoggedOut);
            self.roster.remove(operator);
        } else if let Some(wrap_up) = wrap_up {
            self.timers.set(wrap_up.until, Timer::WrapUpEnds(operator));
            self.act(now, operator, Activity::WrappingUp { wrap_up, then });
        } else {
            self.settle(now, operator, then);
        }
        self.after(now);
    }

    /// The report is written before the wrap-up time is over. Nothing outside of a wrap-up.
    pub fn finish_wrap_up(&mut self, now: Instant, operator: OperatorId) {
        self.roster.change(operator, |post| post.report_open = false);
        self.wrap_up_ends(now, operator);
        self.after(now);
    }

    /// The desk says whether the report of the operator's newest call is still being written. An open one makes the
    /// wrap-up as long as [`crate::Operator::wrap_up_max`]; once it is done, it ends when it would have. The next call
    /// that they answer has a report of its own.
    pub fn report_open(&mut self, now: Instant, operator: OperatorId, open: bool) -> Result<(), UnknownOperator> {
        self.roster.change(operator, |post| post.report_open = open).ok_or(UnknownOperator(operator))?;
        let Some(post) = self.roster.get(operator) else { return Ok(()) };
        if let Activity::WrappingUp { wrap_up: old, then } = &post.activity {
            let (old, new, then) = (*old, wrap_up(post, old.since), then.clone());
            self.timers.cancel(old.until, Timer::WrapUpEnds(operator));
            self.timers.set(new.until, Timer::WrapUpEnds(operator));
            self.act(now, operator, Activity::WrappingUp { wrap_up: new, then });
            if new.until <= now {
                self.wrap_up_ends(now, operator);
            }
        }
        self.after(now);
        Ok(())
    }

    /// The wrap-up is over; nothing outside of one.
    pub(super) fn wrap_up_ends(&mut self, now: Instant, operator: OperatorId) {
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::WrappingUp { wrap_up, then } = &post.activity else { return };
        let then = then.clone();
        self.odds.wrote(now.saturating_duration_since(wrap_up.since));
        self.settle(now, operator, then);
    }
}

/// The wrap-up after a talk that ended at `since`.
fn wrap_up(post: &Post, since: Instant) -> WrapUp {
    let usual = post.operator.wrap_up;
    let time = if post.report_open { usual.max(post.operator.wrap_up_max) } else { usual };
    WrapUp { since, until: since + time.min(WRAP_UP_MAX) }
}
