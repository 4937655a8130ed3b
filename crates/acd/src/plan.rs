//! Ring plans: which operators ring for a call, in which order, and how many more as it waits.
//!
//! A plan is an order of the free operators ([`Plan::key`]) and steps in time ([`Plan::steps`]). The queue does the rest,
//! so a new plan is a file of its own with a key, a variant of [`RingPlan`], and a line in [`RingPlan::rule`].

mod fewest_calls;
mod least_talk;
mod longest_idle;
mod ring_all;
mod round_robin;
mod top_down;
mod weighted;
mod widening;

use std::time::Duration;

use crate::OperatorId;

/// One ring of a Japanese phone: a second of tone, two of silence (JAPAN.md).
pub const RING: Duration = Duration::from_secs(3);

/// Within three rings a person answers: from our 180 to our 200.
pub const PROMISE: Duration = Duration::from_secs(9);

/// Steps of a widening plan; further ones are not looked at.
pub const STEPS_MAX: usize = 16;

/// The plans, as configured per queue or customer.
///
/// Whatever the plan, nobody waits in silence for people who are not here: if none of its steps has anybody at work, all
/// operators ring, with the skills or without; and once its steps are taken and no operator at all is at work, all
/// supervisors and managers.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum RingPlan {
    /// One at a time, the longest idle first.
    #[default]
    LongestIdle,
    /// One at a time, who has had the fewest calls today first.
    FewestCalls,
    /// One at a time, who has talked least today first.
    LeastTalk,
    /// One at a time, in turn: who was asked longest ago first, whatever came of it.
    RoundRobin,
    /// One at a time, by [`crate::Operator::rank`]: the next one is asked only when those above are not free.
    TopDown,
    /// One at a time, drawn by lot; the level in the needed skill is the number of lots.
    Weighted,
    /// All at once; the first to pick up gets the call.
    RingAll,
    /// More and more: best suited first. No steps: those of [`RingPlan::three_rings`].
    Widening(Vec<Step>),
}

/// A step of a widening plan: who rings from then on, besides those of the steps before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Counted from the caller's first ringing ([`crate::Waiting::since`]). The first step is taken at once, and no step
    /// is taken before the one that stands before it. A step for whom nobody is at work gives way to the next at once.
    pub after: Duration,
    /// Who.
    pub who: Who,
}

/// Whom a step rings, of those who are free. A phone that rings already goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// As many operators at once, of those with the skills that the call needs, in the order of the plan.
    Best(u16),
    /// All operators with the skills that the call needs.
    Suited,
    /// All operators, also without the skills.
    Everyone,
    /// All supervisors, with the skills or without.
    Supervisors,
    /// All managers, with the skills or without.
    Managers,
}

impl RingPlan {
    /// Three rings: one at first, three at the first ring, everyone at the second, and supervisors and managers in time
    /// for the third (管理者を含め全員).
    pub fn three_rings() -> Self {
        Self::Widening(widening::THREE_RINGS.to_vec())
    }

    /// The rule behind the name.
    pub fn rule(&self) -> &'static dyn Plan {
        match self {
            Self::LongestIdle => &longest_idle::LongestIdle,
            Self::FewestCalls => &fewest_calls::FewestCalls,
            Self::LeastTalk => &least_talk::LeastTalk,
            Self::RoundRobin => &round_robin::RoundRobin,
            Self::TopDown => &top_down::TopDown,
            Self::Weighted => &weighted::Weighted,
            Self::RingAll => &ring_all::RingAll,
            Self::Widening(_) => &widening::Widening,
        }
    }

    /// Who rings when. Never empty.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Widening(steps) if !steps.is_empty() => steps.get(..STEPS_MAX).unwrap_or(steps),
            Self::Widening(_)
            | Self::LongestIdle
            | Self::FewestCalls
            | Self::LeastTalk
            | Self::RoundRobin
            | Self::TopDown
            | Self::Weighted
            | Self::RingAll => self.rule().steps(),
        }
    }
}

/// What a plan may order a free operator by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub operator: OperatorId,
    /// Since when idle, counted from the queue's first moment.
    pub idle_since: Duration,
    /// Level in the skill that is asked for; 1 where none is.
    pub level: u8,
    /// Place in the house's own order; 0 is first.
    pub rank: u16,
    /// Calls answered today.
    pub calls: u32,
    /// Time talked today.
    pub talk: Duration,
    /// The number that the newest offer to them had among all offers of the queue; 0 for none yet.
    pub turn: u64,
    /// Calls in a row that rang here alone for a whole ring, until they rang at others and one of those answered.
    pub missed: u32,
    /// A random number of their own, a new one each time they come free.
    pub lot: u64,
    /// The highest key that was ever first in this list when its operator left it.
    pub passed: u64,
}

/// What a ring plan decides. Whoever comes free is given a key, and stands in an ordered list until they are free no
/// longer: so asking the first costs O(log n) of the free operators.
pub trait Plan: Sync {
    /// The name in files; plans of one name share one order.
    fn name(&self) -> &'static str;

    /// Smaller rings first; of equals the longest idle.
    fn key(&self, candidate: &Candidate) -> u64;

    /// Who rings when: one at a time, unless a plan says otherwise. Not empty.
    fn steps(&self) -> &'static [Step] {
        const ONE: &[Step] = &[Step { after: Duration::ZERO, who: Who::Best(1) }];
        ONE
    }
}

/// Nanoseconds, as a key.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
