//! The steps of plans: more phones join while those that ring go on.

use super::{Queue, RING_MAX};
use crate::roster::Label;
use crate::timers::Timer;
use crate::{CallId, Effect, Step, Tier, Who, Widening};
use std::sync::Arc;
use std::time::Instant;

impl Queue {
    /// Takes the call's steps that are due, and at once those after a step for whom nobody is at work; where the plan then
    /// has nobody, others instead. Whoever calls this finds the call operators.
    pub(super) fn take_steps(&mut self, now: Instant, call: CallId) {
        let Some(entry) = self.line.get(call) else { return };
        let plan = Arc::clone(&entry.waiting.plan);
        let (since, widened) = (entry.since, entry.steps);
        let due = |step: &Step| since + step.after.min(RING_MAX);
        let mut taken = widened;
        while let Some(step) = plan.steps().get(taken) {
            let before = taken.checked_sub(1).and_then(|before| plan.steps().get(before));
            let is_first = before.is_none();
            if !is_first && now < due(step) && before.is_some_and(|before| self.anyone_at_work(call, before.who)) {
                break;
            }
            if !is_first && self.anyone_at_work(call, step.who) {
                self.effects.push_back(Effect::Widened { call, who: step.who, why: Widening::Step });
            }
            taken += 1;
        }
        let next = plan.steps().get(taken).map(due);
        let before = self.line.change(call, |entry| {
            for step in plan.steps().iter().take(taken).skip(widened) {
                entry.reach.widen(step.who);
            }
            if taken > widened && entry.asks_preferred() {
                entry.waiting.prefer = None; // is no longer asked alone
            }
            entry.steps = taken;
            std::mem::replace(&mut entry.widens, next)
        });
        if let Some(at) = before.flatten() {
            self.timers.cancel(at, Timer::Widens(call));
        }
        if let Some(at) = next {
            self.timers.set(at, Timer::Widens(call));
        }
        for who in self.instead(call) {
            self.widen_instead(call, *who);
        }
    }

    /// Who rings, whatever the plan, because it has reached its end and those whom it asks for are not here: better anyone
    /// than nobody. Operators without the skills where nobody whom the plan asks for is at work; supervisors and managers
    /// where no operator is.
    pub(crate) fn instead(&self, call: CallId) -> &'static [Who] {
        let Some(entry) = self.line.get(call) else { return &[] };
        let steps = entry.waiting.plan.steps();
        if entry.steps < steps.len() {
            &[]
        } else if !self.anyone_at_work(call, Who::Everyone) {
            &[Who::Supervisors, Who::Managers]
        } else if !steps.iter().any(|step| self.anyone_at_work(call, step.who)) {
            &[Who::Everyone]
        } else {
            &[]
        }
    }

    /// Whoever of these logs in later joins too: the plan would still have nobody else.
    fn widen_instead(&mut self, call: CallId, who: Who) {
        let Some(entry) = self.line.get(call) else { return };
        let mut reach = entry.reach;
        reach.widen(who);
        if reach == entry.reach {
            return;
        }
        self.line.change(call, |entry| entry.reach = reach);
        if self.anyone_at_work(call, who) {
            self.effects.push_back(Effect::Widened { call, who, why: Widening::Step });
        }
    }

    /// The last one of a tier or skill has gone, and calls that counted on them go on; or the first operator has come, who may
    /// be without the skills. Linear in waiting calls, as rare as that is.
    pub(super) fn take_steps_where_nobody_is(&mut self, now: Instant) {
        for call in self.line.ids() {
            self.take_steps(now, call);
            self.find_operators_for(now, call);
        }
    }

    /// Whether somebody can take the call now or soon, of those whom a step rings.
    pub(super) fn anyone_at_work(&self, call: CallId, who: Who) -> bool {
        let at_work = |label: &Label| self.roster.at_work(label) > 0;
        match who {
            Who::Best(_) | Who::Suited => self
                .line
                .get(call)
                .is_some_and(|entry| self.roster.anyone_suited(entry.needs(), entry.waiting.customer)),
            Who::Everyone => at_work(&Label::Tier(Tier::Operator)),
            Who::Supervisors => at_work(&Label::Tier(Tier::Supervisor)),
            Who::Managers => at_work(&Label::Tier(Tier::Manager)),
        }
    }
}
