//! The machine: events in, effects out.

use crate::line::Line;
use crate::roster::{Activity, Label, Roster};
use crate::timers::{Timer, Timers};
use crate::{
    CallId, Declined, Effect, EnqueueError, LostRace, Operator, OperatorId, OperatorSnapshot, StateRefused, Tier,
    Waiting, WaitingSnapshot, Why, Wish,
};
use promise::{Odds, PromiseLoop};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// A shorter [`Waiting::ring`] is lengthened to this: one ring of a Japanese phone takes 3 s, and time must pass between
/// one offer and the next.
pub const RING_MIN: Duration = Duration::from_secs(1);

/// A longer ring, and a later step of a plan, is shortened to this.
const RING_MAX: Duration = Duration::from_secs(3600);

/// Shortest [`Limits::rest`], for the same reason.
const REST_MIN: Duration = Duration::from_millis(100);

/// [`Effect::Waiting`] is told for this many places, so that one event in a long queue does not cost its length.
pub const POSITIONS_TOLD_MAX: usize = 16;

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
    /// How much longer than others a call must have waited to go before one whose priority is higher by one, so that
    /// nobody waits for ever behind more important callers. `None`: the priority alone decides.
    pub ageing: Option<Duration>,
    /// When help is called in because the promise is in danger; `None`: never.
    pub promise: Option<PromiseLoop>,
    /// What lots are drawn from.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waiting_max: 10_000,
            rest: Duration::from_secs(2),
            unanswered_max: 2,
            ageing: None,
            promise: Some(PromiseLoop::default()),
            seed: 0,
        }
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
    /// Whether an operator, neither supervisor nor manager, was at work after the last event.
    staffed: bool,
    /// So many reports may be open of an operator who becomes ready.
    reports_max: Option<u32>,
    odds: Odds,
    effects: VecDeque<Effect>,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            roster: Roster::new(limits.seed),
            line: Line::default(),
            timers: Timers::default(),
            winners: BTreeMap::new(),
            staffed: false,
            reports_max: None,
            odds: Odds::default(),
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
            self.let_go(now, id);
            self.find_call_for(now, id);
        }
        self.after(now);
    }

    /// What the operator asked for, from desk or phone. While they talk it is kept, and comes true after talk and
    /// wrap-up; asked for in the wrap-up, it comes true at once; an offer to one who leaves is withdrawn. Who has too many reports
    /// open does not become ready.
    pub fn set_state(&mut self, now: Instant, operator: OperatorId, wish: Wish) -> Result<(), StateRefused> {
        let post = self.roster.get(operator).ok_or(StateRefused::UnknownOperator(operator))?;
        match (&post.activity, &wish) {
            (Activity::Talking { call, since, wrap_up, .. }, _) => {
                let (call, since, wrap_up) = (*call, *since, *wrap_up);
                self.act(now, operator, Activity::Talking { call, since, then: wish, wrap_up });
            }
            (Activity::Idle | Activity::Offered { .. }, Wish::Ready) => {
                // Also after the talk that comes back, whatever they wished in it.
                self.roster.change(operator, |post| {
                    post.resumes.iter_mut().for_each(|resumes| resumes.then = Wish::Ready);
                });
            }
            (Activity::Offered { .. }, Wish::NotReady { .. } | Wish::LogOut) => {
                self.call_goes_on_without(now, operator, Why::OperatorLeft, wish.into());
            }
            (
                Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::WrappingUp { .. },
                Wish::Ready | Wish::NotReady { .. } | Wish::LogOut,
            ) => {
                if wish == Wish::Ready {
                    self.is_kept(post)?;
                }
                self.roster.change(operator, |post| post.unanswered = 0);
                self.settle(now, operator, wish);
            }
        }
        self.after(now);
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
        self.after(now);
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
        self.roster.keep(&waiting.plan);
        self.line.join(now, waiting, self.limits.ageing);
        if let Some(entry) = self.line.get(call) {
            self.roster.keep_together(entry.needs());
        }
        self.take_steps(now, call);
        self.find_operators_for(now, call);
        self.watch(now, call);
        self.after(now);
        Ok(())
    }

    /// The caller is gone, or somebody else takes the call out: its offers are withdrawn. Nothing for a call that does
    /// not wait.
    pub fn withdraw(&mut self, now: Instant, call: CallId) {
        let freed = self.take_out(now, call, Why::CallerGone, None);
        self.find_calls_for(now, freed);
        self.after(now);
    }

    /// The operator's phone rings: the time that it may ring counts from here.
    pub fn ringing(&mut self, now: Instant, call: CallId, operator: OperatorId) {
        let Some(ring) = self.line.get(call).map(|entry| entry.waiting.ring.clamp(RING_MIN, RING_MAX)) else { return };
        let Some(post) = self.roster.get(operator) else { return };
        let Activity::Offered { call: offered, since, until, rings: false, alone } = post.activity else { return };
        if offered != call {
            return;
        }
        self.timers.cancel(until, Timer::OfferEnds(operator));
        let until = now + ring;
        self.timers.set(until, Timer::OfferEnds(operator));
        self.act(now, operator, Activity::Offered { call, since, until, rings: true, alone });
    }

    /// The operator picked up. `Ok` for exactly one: the call has left the queue and the others' offers are withdrawn.
    /// `Err`: hang up this operator's phone, nothing has changed.
    pub fn answered(&mut self, now: Instant, call: CallId, operator: OperatorId) -> Result<(), LostRace> {
        if self.offered_to(operator) != Some(call) {
            let by = self.winners.get(&call).filter(|winner| **winner != operator);
            return Err(by.map_or(LostRace::NotOffered, |by| LostRace::AnsweredElsewhere { by: *by }));
        }
        self.odds.offer_ended(now, self.roster.get(operator), true);
        self.odds.have_changed();
        let freed = self.take_out(now, call, Why::AnsweredElsewhere, Some(operator));
        self.roster.change(operator, |post| {
            post.unanswered = 0;
            post.missed = 0;
            post.calls = post.calls.saturating_add(1);
            post.report_open = false;
        });
        self.act(now, operator, Activity::Talking { call, since: now, then: Wish::Ready, wrap_up: None });
        self.winners.insert(call, operator);
        self.find_calls_for(now, freed);
        self.after(now);
        Ok(())
    }

    /// The operator's phone refused, or stopped ringing by itself. Nothing for an offer that is over.
    pub fn declined(&mut self, now: Instant, call: CallId, operator: OperatorId, how: Declined) {
        if self.offered_to(operator) == Some(call) {
            self.decline(now, operator, how, None);
        }
        self.after(now);
    }

    /// Time has passed: call at [`Queue::poll_timeout`] or later; earlier does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::OfferEnds(operator) => self.decline(now, operator, Declined::NoAnswer, Some(Why::NoAnswer)),
                Timer::WrapUpEnds(operator) => self.wrap_up_ends(now, operator),
                Timer::RoundRestarts(call) => {
                    self.begin_round(call);
                    self.find_operators_for(now, call);
                }
                Timer::Widens(call) => {
                    self.take_steps(now, call);
                    self.find_operators_for(now, call);
                }
                Timer::Looks(call) => self.look(now, call),
            }
        }
        self.after(now);
    }

    /// A new day: the operators' counters begin again. Linear in operators.
    pub fn day_begins(&mut self) {
        self.roster.begin_day();
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

impl Queue {
    /// What follows from every event.
    fn after(&mut self, now: Instant) {
        let staffed = self.roster.at_work(&Label::Tier(Tier::Operator)) > 0;
        let is_news = std::mem::replace(&mut self.staffed, staffed) != staffed;
        if self.roster.take_emptied() || is_news {
            self.take_steps_where_nobody_is(now);
        }
        self.look_again(now);
        self.tell_positions();
    }

    /// Tells the first few calls that no phone rings for where they stand, if that is news.
    fn tell_positions(&mut self) {
        let first: Vec<CallId> = self.line.silent().take(POSITIONS_TOLD_MAX).collect();
        for (index, call) in first.into_iter().enumerate() {
            let position = index + 1;
            if self.line.tell(call, position) {
                self.effects.push_back(Effect::Waiting { call, position });
            }
        }
    }
}

mod dispatch;
mod offers;
pub(crate) mod promise;
mod repair;
mod reports;
mod talk;
mod widening;

pub use reports::REPORTS_OPEN;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
