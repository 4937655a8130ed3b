//! The promises of the queue, checked on its state.

use crate::line::Entry;
use crate::roster::{Activity, Post};
use crate::{CallId, OperatorId, Queue, Tier, Who};

/// A broken promise. There should never be one; a supervisor is told if there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The call waits, or rings at fewer phones than its plan has reached, although this operator could take it; or nobody
    /// whom its plan asks for is at work, no phone rings, and this one is not asked instead.
    IdleWhileWaiting {
        /// The waiting call.
        call: CallId,
        /// The idle operator.
        operator: OperatorId,
    },
    /// The operator and the call disagree on whether the call is offered.
    OfferInDoubt {
        /// The call.
        call: CallId,
        /// The operator.
        operator: OperatorId,
    },
    /// The winner of the call is not the one who talks.
    WinnerInDoubt {
        /// The call.
        call: CallId,
        /// The winner.
        operator: OperatorId,
    },
    /// The operator would stay in this state for ever: its deadline is missing.
    OperatorStuck {
        /// The operator.
        operator: OperatorId,
    },
    /// The call would never be offered again: its deadline is missing.
    CallStuck {
        /// The call.
        call: CallId,
    },
    /// The operator stands in a wrong list of idle ones.
    OperatorMislisted {
        /// The operator.
        operator: OperatorId,
    },
    /// The call stands in a wrong list.
    CallMislisted {
        /// The call.
        call: CallId,
    },
    /// There are deadlines that belong to nothing.
    TimersLeftOver {
        /// How many.
        count: usize,
    },
    /// There is something in the lists of calls or operators, or in the count of those at work, that belongs to nothing.
    ListsInDoubt,
}

impl Queue {
    /// Broken promises: always empty, and checked at run time because "always" wants a witness. Linear in operators
    /// and waiting calls, so for once a second, not for every event. [`Queue::repair`] mends them.
    pub fn audit(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let expected = self.audit_operators(&mut violations) + self.audit_calls(&mut violations);
        if self.timers.len() > expected {
            violations.push(Violation::TimersLeftOver { count: self.timers.len() - expected });
        }
        if !self.roster.is_counted_rightly() || !self.line.is_counted_rightly() {
            violations.push(Violation::ListsInDoubt);
        }
        for (call, operator) in &self.winners {
            let talks = self.roster.get(*operator).is_some_and(
                |post| matches!(post.activity, Activity::Talking { call: in_call, .. } if in_call == *call),
            );
            if !talks {
                violations.push(Violation::WinnerInDoubt { call: *call, operator: *operator });
            }
        }
        violations
    }

    /// Gives the number of timers that should be set.
    fn audit_operators(&self, violations: &mut Vec<Violation>) -> usize {
        let mut timers = 0;
        for post in self.roster.posts() {
            let operator = post.operator.id;
            if !self.roster.is_listed_rightly(post) {
                violations.push(Violation::OperatorMislisted { operator });
            }
            if let Some(call) = post.offered()
                && !self.line.get(call).is_some_and(|entry| entry.is_offered_to(operator))
            {
                violations.push(Violation::OfferInDoubt { call, operator });
            }
            let Some((at, timer)) = post.deadline() else { continue };
            timers += 1;
            if !self.timers.is_set(at, timer) {
                violations.push(Violation::OperatorStuck { operator });
            }
        }
        timers
    }

    /// Gives the number of timers that should be set.
    fn audit_calls(&self, violations: &mut Vec<Violation>) -> usize {
        let mut timers = 0;
        for entry in self.line.in_order() {
            let call = entry.call();
            if !self.line.is_listed_rightly(entry) {
                violations.push(Violation::CallMislisted { call });
            }
            for operator in entry.offered() {
                if self.roster.get(operator).and_then(Post::offered) != Some(call) {
                    violations.push(Violation::OfferInDoubt { call, operator });
                }
            }
            timers += entry.deadlines().count();
            let all_are_set = entry.deadlines().all(|(at, timer)| self.timers.is_set(at, timer));
            let widens = entry.steps < entry.waiting.plan.steps().len();
            if !all_are_set
                || entry.steps == 0
                || entry.restart.is_some() != entry.rests()
                || entry.widens.is_some() != widens
            {
                violations.push(Violation::CallStuck { call });
            }
            let missed = self.choose(call).first().copied().or_else(|| self.not_asked_instead(entry));
            violations.extend(missed.map(|operator| Violation::IdleWhileWaiting { call, operator }));
        }
        timers
    }

    /// Who is idle while no phone rings for the call, whose plan has nobody else: asks nothing of what the call has reached,
    /// which may be what is wrong.
    fn not_asked_instead(&self, entry: &Entry) -> Option<OperatorId> {
        if !entry.is_silent() {
            return None;
        }
        let plan = entry.waiting.plan.rule();
        let tiers = self.instead(entry.call()).iter().map(|who| match who {
            Who::Best(_) | Who::Suited | Who::Everyone => Tier::Operator,
            Who::Supervisors => Tier::Supervisor,
            Who::Managers => Tier::Manager,
        });
        let mut idle = tiers.flat_map(|tier| self.roster.of_tier(plan, tier)).map(|post| post.operator.id);
        idle.find(|operator| entry.is_new_to(*operator))
    }
}
