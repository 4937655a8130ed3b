//! One operator: what they are doing, and what is known of their day.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::orders::{Label, Spot};
use crate::timers::Timer;
use crate::{CallId, Operator, OperatorSnapshot, State, Tier, Wish};

/// When a wrap-up began and when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrapUp {
    pub(crate) since: Instant,
    pub(crate) until: Instant,
}

/// What an operator is doing. [`State`] is its public face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    LoggedOut,
    NotReady {
        reason: String,
    },
    Idle,
    Offered {
        call: CallId,
        since: Instant,
        /// When the phone has rung long enough.
        until: Instant,
        /// Whether the phone is known to ring.
        rings: bool,
        /// Whether it was the only one asked.
        alone: bool,
    },
    Talking {
        call: CallId,
        since: Instant,
        /// Wished meanwhile, comes true after the wrap-up.
        then: Wish,
        /// The wrap-up that this call broke into.
        wrap_up: Option<WrapUp>,
    },
    WrappingUp {
        wrap_up: WrapUp,
        then: Wish,
    },
}

/// What belongs to a talk that was interrupted, until it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resumes {
    pub(crate) call: CallId,
    /// Wished in the talk.
    pub(crate) then: Wish,
    /// The wrap-up that the talk broke into.
    pub(crate) wrap_up: Option<WrapUp>,
}

/// Busy since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    Talking(Instant),
    Writing(Instant),
}

impl Busy {
    pub(super) fn since(self) -> Instant {
        match self {
            Self::Talking(since) | Self::Writing(since) => since,
        }
    }
}

impl Activity {
    fn state(&self) -> State {
        match self {
            Self::LoggedOut => State::LoggedOut,
            Self::NotReady { reason } => State::NotReady { reason: reason.clone() },
            Self::Idle => State::Ready,
            Self::Offered { .. } | Self::Talking { .. } => State::Busy,
            Self::WrappingUp { .. } => State::WorkingAfterCall,
        }
    }
}

impl From<Wish> for Activity {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::LogOut => Self::LoggedOut,
            Wish::NotReady { reason } => Self::NotReady { reason },
            Wish::Ready => Self::Idle,
        }
    }
}

/// One operator.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) operator: Operator,
    pub(crate) activity: Activity,
    /// Their talk was interrupted, and its call is on its way back to them.
    pub(crate) resumes: Option<Resumes>,
    pub(crate) reachable: bool,
    /// Since when the public state.
    pub(super) since: Instant,
    /// The place in the order of idleness. A withdrawn offer does not change it, a declined one and a talk do.
    pub(crate) idle_since: Instant,
    /// Offers in a row that nobody picked up.
    pub(crate) unanswered: u32,
    /// Calls in a row that others had to answer while this phone rang.
    pub(crate) missed: u32,
    /// No longer configured; removed when the talk is over.
    pub(crate) leaving: bool,
    /// The desk says that the report of the last talk is not done.
    pub(crate) report_open: bool,
    /// Reports of their calls that are not done.
    pub(crate) owes: u32,
    /// Calls answered today.
    pub(crate) calls: u32,
    /// Time talked today, in talks that are over.
    pub(crate) talk: Duration,
    /// Number of the newest offer to them among all.
    pub(crate) turn: u64,
    /// What they are listed under while free, with the level in it.
    pub(super) labels: Vec<(Label, u8)>,
    pub(super) spots: Vec<Spot>,
}

impl Post {
    pub(super) fn new(now: Instant, operator: Operator) -> Self {
        Self {
            labels: labels_of(&operator),
            operator,
            activity: Activity::LoggedOut,
            resumes: None,
            reachable: false,
            since: now,
            idle_since: now,
            unanswered: 0,
            missed: 0,
            leaving: false,
            report_open: false,
            owes: 0,
            calls: 0,
            talk: Duration::ZERO,
            turn: 0,
            spots: Vec::new(),
        }
    }

    pub(super) fn configure(&mut self, operator: Operator) {
        self.labels = labels_of(&operator);
        self.operator = operator;
        self.leaving = false;
    }

    /// Whether that changes no list.
    pub(super) fn is_listed_as(&self, operator: &Operator) -> bool {
        self.labels == labels_of(operator)
    }

    pub(crate) fn state(&self) -> State {
        self.activity.state()
    }

    pub(crate) fn suits(&self, needs: &[Label]) -> bool {
        needs.iter().all(|need| match need {
            Label::Skill(skill) => self.operator.skills.contains_key(skill.as_ref()),
            Label::Team(team) => self.operator.teams.iter().any(|own| **own == **team),
            Label::Tier(tier) => self.operator.tier == *tier,
        })
    }

    /// May be offered a call of this firm as one of those suited: has acknowledged its manual.
    pub(crate) fn may_serve(&self, customer: Option<u64>) -> bool {
        customer.is_none_or(|customer| !self.operator.unread.contains(&customer))
    }

    pub(crate) fn offered(&self) -> Option<CallId> {
        match &self.activity {
            Activity::Offered { call, .. } => Some(*call),
            Activity::LoggedOut
            | Activity::NotReady { .. }
            | Activity::Idle
            | Activity::Talking { .. }
            | Activity::WrappingUp { .. } => None,
        }
    }

    /// Since when the operator talks or writes.
    pub(super) fn busy(&self) -> Option<Busy> {
        match &self.activity {
            Activity::Talking { since, .. } => Some(Busy::Talking(*since)),
            Activity::WrappingUp { wrap_up, .. } => Some(Busy::Writing(wrap_up.since)),
            Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::Offered { .. } => None,
        }
    }

    /// When the state ends by itself, if it does.
    pub(crate) fn deadline(&self) -> Option<(Instant, Timer)> {
        match &self.activity {
            Activity::Offered { until, .. } => Some((*until, Timer::OfferEnds(self.operator.id))),
            Activity::WrappingUp { wrap_up, .. } => Some((wrap_up.until, Timer::WrapUpEnds(self.operator.id))),
            Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::Talking { .. } => None,
        }
    }

    /// Can take a call now or soon.
    pub(crate) fn at_work(&self) -> bool {
        match self.activity {
            Activity::LoggedOut | Activity::NotReady { .. } => false,
            Activity::Idle => self.reachable,
            Activity::Offered { .. } | Activity::Talking { .. } | Activity::WrappingUp { .. } => !self.leaving,
        }
    }

    pub(crate) fn can_be_offered(&self) -> bool {
        self.activity == Activity::Idle && self.reachable && !self.leaving
    }

    pub(crate) fn snapshot(&self) -> OperatorSnapshot {
        let (call, talking) = match &self.activity {
            Activity::Offered { call, .. } => (Some(*call), false),
            Activity::Talking { call, .. } => (Some(*call), true),
            Activity::LoggedOut | Activity::NotReady { .. } | Activity::Idle | Activity::WrappingUp { .. } => {
                (None, false)
            }
        };
        let wrap_up_until = match &self.activity {
            Activity::WrappingUp { wrap_up, .. } => Some(wrap_up.until),
            Activity::LoggedOut
            | Activity::NotReady { .. }
            | Activity::Idle
            | Activity::Offered { .. }
            | Activity::Talking { .. } => None,
        };
        OperatorSnapshot {
            operator: self.operator.id,
            tier: self.operator.tier,
            teams: self.operator.teams.clone(),
            state: self.state(),
            since: self.since,
            reachable: self.reachable,
            call,
            talking,
            wrap_up_until,
            report_open: self.report_open,
            reports_open: self.owes,
            calls_today: self.calls,
            talk_today: self.talk,
        }
    }
}

fn labels_of(operator: &Operator) -> Vec<(Label, u8)> {
    let mut labels = vec![(Label::Tier(operator.tier), 1)];
    if operator.tier == Tier::Operator {
        labels.extend(operator.skills.iter().map(|(skill, level)| (Label::Skill(Arc::from(skill.as_str())), *level)));
        let mut teams: Vec<&str> = operator.teams.iter().map(String::as_str).collect();
        teams.sort_unstable();
        teams.dedup();
        labels.extend(teams.into_iter().map(|team| (Label::Team(Arc::from(team)), 1)));
    }
    labels
}
