//! The machine: events in, effects out.

use crate::line::Line;
use crate::roster::{Activity, Post, Roster};
use crate::timers::{Timer, Timers};
use crate::{
    CallId, Declined, Effect, EnqueueError, LostRace, Operator, OperatorId, OperatorSnapshot, UnknownOperator, Waiting,
    WaitingSnapshot, Why, Wish,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// A shorter [`Waiting::ring`] is lengthened to this: one ring of a Japanese phone takes 3 s, and time must pass between
/// one offer and the next.
pub const RING_MIN: Duration = Duration::from_secs(1);

/// Shortest [`Limits::rest`], for the same reason.
const REST_MIN: Duration = Duration::from_millis(100);

/// [`Effect::Waiting`] is told for this many places, so that one event in a long queue does not cost its length.
pub const POSITIONS_TOLD_MAX: usize = 16;

/// Why the queue made an operator not ready.
const NO_ANSWER: &str = "no answer";

/// Bounds of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls that may be in the queue at once.
    pub waiting_max: usize,
    /// How long a call pauses after every free operator has declined it, before all are asked again: time for a
    /// phone to finish refusing, and a bound on how often a phone in do-not-disturb is tried.
    pub rest: Duration,
    /// Unanswered offers in a row after which an operator is made not ready.
    pub unanswered_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { waiting_max: 10_000, rest: Duration::from_secs(2), unanswered_max: 2 }
    }
}

/// The queue. See the crate's documentation.
#[derive(Debug)]
pub struct Queue {
    limits: Limits,
    pub(crate) roster: Roster,
    pub(crate) line: Line,
    pub(crate) timers: Timers,
    /// Who got which call, while they talk: the answer to a late second winner.
    pub(crate) winners: BTreeMap<CallId, OperatorId>,
    effects: VecDeque<Effect>,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            roster: Roster::default(),
            line: Line::default(),
            timers: Timers::default(),
            winners: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    /// Replaces the operators. New ones are logged out and without a phone; known ones keep state and phone; an offer
    /// to a removed one is withdrawn; one who is removed while talking finishes the talk.
    pub fn set_operators(&mut self, now: Instant, operators: Vec<Operator>) {
        let kept: BTreeSet<OperatorId> = operators.iter().map(|operator| operator.id).collect();
        for gone in self.roster.ids().into_iter().filter(|id| !kept.contains(id)) {
            self.dismiss(now, gone);
        }
        for operator in operators {
            let id = operator.id;
            self.roster.configure(now, operator);
            self.find_call_for(now, id);
        }
        self.tell_positions();
    }

    /// What the operator asked for, from desk or phone. While they talk it is kept, and comes true after talk and
    /// wrap-up; asked for in the wrap-up, it comes true at once; an offer to one who leaves is withdrawn.
    pub fn set_state(&mut self, now: Instant, operator: OperatorId, wish: Wish) -> Result<(), UnknownOperator> {
        let post = self.roster.get(operator).ok_or(UnknownOperator(operator))?;
        match (&post.activity, &wish) {
            (Activity::Talking { call, wrap_up_until, .. }, _) => {
                let (call, wrap_up_until) = (*call, *wrap_up_until);
                self.act(now, operator, Activity::Talking { call, then: wish, wrap_up_until });
            }
            (Activity::Idle | Activity::Offered { .. }, Wish::Ready) => {}
            (Activity::Offered { .. }, Wish::NotReady { .. } | Wish::LogOut) => {
                self.call_goes_on_without(now, operator, Why::OperatorLeft, wish.into());
            }
            (
                Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::WrappingUp { .. },
                Wish::Ready | Wish::NotReady { .. } | Wish::LogOut,
            ) => {
                self.roster.change(operator, |post| post.unanswered = 0);
                self.settle(now, operator, wish);
            }
        }
        self.tell_positions();
        Ok(())
    }

    /// Whether the operator has a registered phone. An offer to one who loses it is withdrawn; a talk goes on until
    /// [`Queue::cleared`].
    pub fn set_reachable(&mut self, now: Instant, operator: OperatorId, reachable: bool) {
        self.roster.change(operator, |post| post.reachable = reachable);
        if !reachable && self.offered_to(operator).is_some() {
            self.call_goes_on_without(now, operator, Why::Unreachable, Activity::Idle);
        }
        self.find_call_for(now, operator);
        self.tell_positions();
    }

    /// A call begins to wait, and is offered at once if anyone is free.
    pub fn enqueue(&mut self, now: Instant, waiting: Waiting) -> Result<(), EnqueueError> {
        let call = waiting.call;
        if self.line.get(call).is_some() {
            return Err(EnqueueError::Duplicate);
        }
        if self.line.len() >= self.limits.waiting_max {
            return Err(EnqueueError::Full);
        }
        self.line.join(now, waiting);
        self.find_operators_for(now, call);
        self.tell_positions();
        Ok(())
    }

    /// The caller is gone, or somebody else takes the call out: its offers are withdrawn. Nothing for a call that does
    /// not wait.
    pub fn withdraw(&mut self, now: Instant, call: CallId) {
        let freed = self.take_out(now, call, Why::CallerGone, None);
        self.find_calls_for(now, freed);
        self.tell_positions();
    }

    /// The operator's phone rings: the time that it may ring counts from here.
    pub fn ringing(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        let Some(ring) = self.line.get(call).map(|entry| entry.waiting.ring.max(RING_MIN)) else { return };
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::Offered { call: offered, until, rings: false } = post.activity else { return };
        if offered != call {
            return;
        }
        self.timers.cancel(until, Timer::OfferEnds(operator));
        let until = now + ring;
        self.timers.set(until, Timer::OfferEnds(operator));
        self.act(now, operator, Activity::Offered { call, until, rings: true });
    }

    /// The operator picked up. `Ok` for exactly one: the call has left the queue and the others' offers are withdrawn.
    /// `Err`: hang up this operator's phone, nothing has changed.
    pub fn answered(&mut self, now: Instant, call: CallId, operator: OperatorId) -> Result<(), LostRace> {
        if self.offered_to(operator) != Some(call) {
            let by = self.winners.get(&call).filter(|winner| **winner != operator);
            return Err(by.map_or(LostRace::NotOffered, |by| LostRace::AnsweredElsewhere { by: *by }));
        }
        let freed = self.take_out(now, call, Why::AnsweredElsewhere, Some(operator));
        self.roster.change(operator, |post| post.unanswered = 0);
        self.act(now, operator, Activity::Talking { call, then: Wish::Ready, wrap_up_until: None });
        self.winners.insert(call, operator);
        self.find_calls_for(now, freed);
        self.tell_positions();
        Ok(())
    }

    /// The operator's phone refused, or stopped ringing by itself. Nothing for an offer that is over.
    pub fn declined(&mut self, now: Instant, call: CallId, operator: OperatorId, how: Declined) {
        if self.offered_to(operator) == Some(call) {
            self.decline(now, operator, how, None);
        }
        self.tell_positions();
    }

    /// The operator is in a call that this queue did not offer: an outgoing one, or one handed to them. An offer that
    /// rings there is withdrawn. Ends with [`Queue::cleared`] or [`Queue::released`], after which the state of before
    /// comes back. Nothing for one who talks already: no operator is in two calls.
    pub fn engaged(&mut self, now: Instant, operator: OperatorId, call: CallId) {
        let Some(post) = self.roster.get(operator) else { return };
        let (then, wrap_up_until) = match &post.activity {
            Activity::Talking { .. } => return,
            Activity::LoggedOut => (Wish::LogOut, None),
            Activity::NotReady { reason } => (Wish::NotReady { reason: reason.clone() }, None),
            Activity::Idle | Activity::Offered { .. } => (Wish::Ready, None),
            Activity::WrappingUp { until, then } => {
                self.timers.cancel(*until, Timer::WrapUpEnds(operator));
                (then.clone(), Some(*until))
            }
        };
        let talk = Activity::Talking { call, then, wrap_up_until };
        if self.offered_to(operator).is_some() {
            self.call_goes_on_without(now, operator, Why::OperatorLeft, talk);
        } else {
            self.act(now, operator, talk);
        }
        self.tell_positions();
    }

    /// The operator's talk is over: wrap-up, then ready, or what they wished meanwhile.
    pub fn cleared(&mut self, now: Instant, operator: OperatorId) {
        let wrap_up = self.roster.get(operator).map_or(Duration::ZERO, |post| post.operator.wrap_up);
        self.talk_is_over(now, operator, |_| Some(now + wrap_up));
    }

    /// The operator is out of a call of which nothing is to be written (one that was only listened to): no wrap-up, but what
    /// is left of the one that the call broke into.
    pub fn released(&mut self, now: Instant, operator: OperatorId) {
        self.talk_is_over(now, operator, |broken_into| broken_into);
    }

    /// `wrap_up`: when it ends, of when that would have ended that the talk broke into.
    fn talk_is_over(
        &mut self,
        now: Instant,
        operator: OperatorId,
        wrap_up: impl FnOnce(Option<Instant>) -> Option<Instant>,
    ) {
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::Talking { call, then, wrap_up_until } = &post.activity else { return };
        let (call, then, leaving) = (*call, then.clone(), post.leaving);
        let until = wrap_up(*wrap_up_until).filter(|until| *until > now);
        if self.winners.get(&call) == Some(&operator) {
            self.winners.remove(&call);
        }
        self.roster.change(operator, |post| post.idle_since = now);
        if leaving {
            self.act(now, operator, Activity::LoggedOut);
            self.roster.remove(operator);
        } else if let Some(until) = until {
            self.timers.set(until, Timer::WrapUpEnds(operator));
            self.act(now, operator, Activity::WrappingUp { until, then });
        } else {
            self.settle(now, operator, then);
        }
        self.tell_positions();
    }

    /// The report is written before the wrap-up time is over. Nothing outside of a wrap-up.
    pub fn finish_wrap_up(&mut self, now: Instant, operator: OperatorId) {
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::WrappingUp { then, .. } = &post.activity else { return };
        let then = then.clone();
        self.settle(now, operator, then);
        self.tell_positions();
    }

    /// Time has passed: call at [`Queue::poll_timeout`] or later; earlier does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::OfferEnds(operator) => self.decline(now, operator, Declined::NoAnswer, Some(Why::NoAnswer)),
                Timer::WrapUpEnds(operator) => self.finish_wrap_up(now, operator),
                Timer::RoundRestarts(call) => {
                    self.line.begin_round(call);
                    self.find_operators_for(now, call);
                }
            }
        }
        self.tell_positions();
    }

    /// When the queue wants to be woken. Every event may change the answer.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The next effect. Drain after every event.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// All operators, by id.
    pub fn operators(&self) -> impl Iterator<Item = OperatorSnapshot> {
        self.roster.posts().map(|post| post.snapshot())
    }

    /// One operator.
    pub fn operator(&self, operator: OperatorId) -> Option<OperatorSnapshot> {
        self.roster.get(operator).map(|post| post.snapshot())
    }

    /// All calls in the queue, in order of service.
    pub fn waiting(&self) -> impl Iterator<Item = WaitingSnapshot> {
        self.line.snapshots()
    }

    /// How many calls are in the queue.
    pub fn waiting_count(&self) -> usize {
        self.line.len()
    }
}

/// Ends of offers, and operators' states.
impl Queue {
    /// The operator did not take the call: they go to the end of the idle ones, or out if that happens too often, and
    /// the call goes on to the next.
    fn decline(&mut self, now: Instant, operator: OperatorId, how: Declined, why: Option<Why>) {
        let Some(call) = self.offered_to(operator) else { return };
        let unreliable = self.counts_as_unreliable(call, operator, how);
        let next = if unreliable && self.roster.others_at_work(operator) {
            Activity::NotReady { reason: NO_ANSWER.to_owned() }
        } else {
            Activity::Idle // the last one at work stays: a phone that may ring is better than none
        };
        self.line.change(call, |entry| entry.declined.insert(operator));
        self.end_offer(now, operator, why, next);
        self.roster.change(operator, |post| post.idle_since = now);
        if unreliable {
            self.roster.change(operator, |post| post.unanswered = 0);
            self.effects.push_back(Effect::OperatorUnreliable { operator });
        }
        // The operator first: an older call may have waited for just this one.
        self.find_call_for(now, operator);
        self.find_operators_for(now, call);
    }

    /// Counts offers in a row that the operator failed to answer. A phone that refuses is a phone that works; and when
    /// many phones ring for one call, not answering is nobody's failure in particular.
    fn counts_as_unreliable(&mut self, call: CallId, operator: OperatorId, how: Declined) -> bool {
        let alone = self.line.get(call).is_some_and(|entry| entry.width() == 1);
        let unanswered_max = self.limits.unanswered_max;
        let count = |post: &mut Post| match how {
            Declined::Busy | Declined::Rejected => {
                post.unanswered = 0;
                false
            }
            Declined::NoAnswer if !alone => false,
            Declined::NoAnswer | Declined::Unreachable => {
                post.unanswered = post.unanswered.saturating_add(1);
                post.unanswered >= unanswered_max
            }
        };
        self.roster.change(operator, count).unwrap_or(false)
    }

    /// The operator cannot take the call that they are offered, and goes on to `next`; the call goes on to others.
    fn call_goes_on_without(&mut self, now: Instant, operator: OperatorId, why: Why, next: Activity) {
        let Some(call) = self.offered_to(operator) else { return };
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
        self.timers.cancel(until, Timer::OfferEnds(operator));
        self.line.change(call, |entry| {
            entry.offered.remove(&operator);
            if entry.waiting.prefer == Some(operator) {
                entry.waiting.prefer = None;
            }
        });
        if let Some(why) = why {
            self.effects.push_back(Effect::Withdraw { call, operator, why });
        }
        self.act(now, operator, next);
    }

    /// Takes a call out of the line and ends its offers, but for the winner's, whose timer alone ends. Gives the
    /// operators who came free.
    fn take_out(&mut self, now: Instant, call: CallId, why: Why, winner: Option<OperatorId>) -> Vec<OperatorId> {
        let Some(entry) = self.line.leave(call) else { return Vec::new() };
        if let Some(at) = entry.restart {
            self.timers.cancel(at, Timer::RoundRestarts(call));
        }
        let mut freed = Vec::new();
        for operator in entry.offered {
            if Some(operator) == winner {
                if let Some(Activity::Offered { until, .. }) = self.roster.get(operator).map(|post| &post.activity) {
                    self.timers.cancel(*until, Timer::OfferEnds(operator));
                }
            } else {
                self.end_offer(now, operator, Some(why), Activity::Idle);
                freed.push(operator);
            }
        }
        freed
    }

    /// The operator is in no call any more, and gets the state that they wish for.
    fn settle(&mut self, now: Instant, operator: OperatorId, wish: Wish) {
        let Some(post) = self.roster.get(operator) else { return };
        if let Activity::WrappingUp { until, .. } = post.activity {
            self.timers.cancel(until, Timer::WrapUpEnds(operator));
        }
        self.roster.change(operator, |post| post.idle_since = now);
        self.act(now, operator, wish.into());
        self.find_call_for(now, operator);
    }

    /// The operator is no longer configured.
    fn dismiss(&mut self, now: Instant, operator: OperatorId) {
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

    fn act(&mut self, now: Instant, operator: OperatorId, activity: Activity) {
        if let Some(state) = self.roster.act(now, operator, activity) {
            self.effects.push_back(Effect::OperatorState { operator, state });
        }
    }

    /// The call that this operator is being offered.
    fn offered_to(&self, operator: OperatorId) -> Option<CallId> {
        self.roster.get(operator).and_then(Post::offered)
    }

    /// Tells the first few calls that no phone rings for where they stand, if that is news.
    fn tell_positions(&mut self) {
        let first: Vec<CallId> = self.line.hungry().take(POSITIONS_TOLD_MAX).collect();
        for (index, call) in first.into_iter().enumerate() {
            let position = index + 1;
            if self.line.tell(call, position) {
                self.effects.push_back(Effect::Waiting { call, position });
            }
        }
    }
}

mod dispatch;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
