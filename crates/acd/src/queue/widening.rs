//! The steps of plans: more phones join while those that ring go on.

use super::{Queue, RING_MAX};
use crate::roster::Label;
use crate::timers::Timer;
use crate::{CallId, Effect, RingPlan, Step, Tier, Who, Widening};
use std::sync::Arc;
use std::time::Instant;

impl Queue {
    /// Takes the call's steps that are due, and at once those after a step for whom nobody is at work. Whoever calls this
    /// finds the call operators.
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
        // A plan that asks only for people who are not here: better anyone than nobody.
        let rings_nobody = next.is_none()
            && matches!(*plan, RingPlan::Widening(_))
            && entry.reach.anyone == 0
            && !plan.steps().iter().any(|step| self.anyone_at_work(call, step.who));
        if rings_nobody && self.anyone_at_work(call, Who::Everyone) {
            self.effects.push_back(Effect::Widened { call, who: Who::Everyone, why: Widening::Step });
        }
        let before = self.line.change(call, |entry| {
            for step in plan.steps().iter().take(taken).skip(widened) {
                entry.reach.widen(step.who);
            }
            if rings_nobody {
                entry.reach.widen(Who::Everyone);
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
    }

    /// The last one of a tier or skill has gone: calls that counted on them go on. Linear in waiting calls, as rare as the
    /// last one's leaving is.
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
            Who::Best(_) | Who::Suited => {
                let needs = self.line.get(call).map(|entry| entry.needs()).unwrap_or_default();
                at_work(&Label::Tier(Tier::Operator)) && needs.iter().all(at_work)
            }
            Who::Everyone => at_work(&Label::Tier(Tier::Operator)),
            Who::Supervisors => at_work(&Label::Tier(Tier::Supervisor)),
            Who::Managers => at_work(&Label::Tier(Tier::Manager)),
        }
    }
}
