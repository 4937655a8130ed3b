//! One waiting call: who has been asked, and how far it reaches.

use super::{Door, Place};
use crate::roster::{Asked, Label, Post};
use crate::timers::Timer;
use crate::{CallId, OperatorId, Tier, Waiting, WaitingSnapshot, Who};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// How many phones may ring for a call at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Reach {
    /// Operators' with the skills.
    pub(crate) suited: usize,
    /// Operators', whatever their skills.
    pub(crate) anyone: usize,
    /// Supervisors'.
    pub(crate) supervisors: usize,
    /// Managers'.
    pub(crate) managers: usize,
}

impl Reach {
    /// These join.
    pub(crate) fn widen(&mut self, who: Who) {
        match who {
            Who::Best(count) => self.suited = self.suited.max(usize::from(count.max(1))),
            Who::Suited => self.suited = usize::MAX,
            Who::Everyone => (self.suited, self.anyone) = (usize::MAX, usize::MAX),
            Who::Supervisors => self.supervisors = usize::MAX,
            Who::Managers => self.managers = usize::MAX,
        }
    }

    /// At least so many of a tier join.
    pub(crate) fn pull(&mut self, tier: Tier, phones: usize) {
        match tier {
            Tier::Operator => self.anyone = self.anyone.max(phones),
            Tier::Supervisor => self.supervisors = self.supervisors.max(phones),
            Tier::Manager => self.managers = self.managers.max(phones),
        }
    }

    /// What is left of it while so many operators', supervisors' and managers' phones ring.
    fn less(self, operators: usize, supervisors: usize, managers: usize) -> Self {
        Self {
            suited: self.suited.saturating_sub(operators),
            anyone: self.anyone.saturating_sub(operators),
            supervisors: self.supervisors.saturating_sub(supervisors),
            managers: self.managers.saturating_sub(managers),
        }
    }
}

/// One waiting call.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) waiting: Waiting,
    pub(crate) place: Place,
    /// When the caller's ringing began.
    pub(crate) since: Instant,
    needs: Arc<[Label]>,
    team: Option<Label>,
    /// Operators whose phones are asked now, with the tier that they were asked as.
    offered: BTreeMap<OperatorId, Tier>,
    /// How many of them there are in each tier.
    ringing: [usize; 3],
    /// Operators who declined in this round.
    pub(crate) declined: BTreeSet<OperatorId>,
    pub(crate) rounds: u32,
    /// Set while everyone free has declined: when they are asked again.
    pub(crate) restart: Option<Instant>,
    /// Steps of the plan that are taken.
    pub(crate) steps: usize,
    pub(crate) reach: Reach,
    /// When the next step is taken.
    pub(crate) widens: Option<Instant>,
    /// Whether the control loop looks at it.
    pub(crate) watched: bool,
    /// When the control loop looks next, if nothing happens before.
    pub(crate) look: Option<Instant>,
    /// Up to which tier the control loop has called in help.
    pub(crate) pulled: Option<Tier>,
    /// How likely it was that the promise is kept, in percent, when the loop last looked.
    pub(crate) chance: Option<u8>,
    /// Whether it was told that the promise is in danger.
    pub(crate) at_risk: bool,
    /// The position last told.
    pub(crate) told: Option<usize>,
}

impl Entry {
    pub(super) fn new(waiting: Waiting, place: Place, since: Instant) -> Self {
        let needs: BTreeSet<&str> = waiting.needs.iter().map(String::as_str).collect();
        Self {
            needs: needs.into_iter().map(|need| Label::Skill(Arc::from(need))).collect(),
            team: waiting.team.as_deref().map(|team| Label::Team(Arc::from(team))),
            waiting,
            place,
            since,
            offered: BTreeMap::new(),
            ringing: [0; 3],
            declined: BTreeSet::new(),
            rounds: 0,
            restart: None,
            steps: 0,
            reach: Reach::default(),
            widens: None,
            watched: false,
            look: None,
            pulled: None,
            chance: None,
            at_risk: false,
            told: None,
        }
    }

    pub(crate) fn call(&self) -> CallId {
        self.waiting.call
    }

    pub(crate) fn needs(&self) -> &[Label] {
        &self.needs
    }

    /// Whether the operator may be offered the call as one of those suited.
    pub(crate) fn suits(&self, post: &Post) -> bool {
        post.suits(&self.needs) && post.may_serve(self.waiting.customer)
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { needs: &self.needs, team: self.team.as_ref(), customer: self.waiting.customer }
    }

    /// How many more phones may ring.
    pub(crate) fn room(&self) -> Reach {
        if self.asks_preferred() {
            return Reach::default();
        }
        let [operators, supervisors, managers] = self.ringing;
        self.reach.less(operators, supervisors, managers)
    }

    /// Operators whose phones are asked now.
    pub(crate) fn offered(&self) -> impl ExactSizeIterator<Item = OperatorId> {
        self.offered.keys().copied()
    }

    /// Whether this operator's phone is asked now.
    pub(crate) fn is_offered_to(&self, operator: OperatorId) -> bool {
        self.offered.contains_key(&operator)
    }

    /// Whether no phone rings.
    pub(crate) fn is_silent(&self) -> bool {
        self.offered.is_empty()
    }

    /// Counts the phones anew.
    pub(super) fn recount(&mut self) {
        self.ringing = counted(&self.offered);
    }

    pub(super) fn is_counted_rightly(&self) -> bool {
        self.ringing == counted(&self.offered)
    }

    fn count_of(&mut self, tier: Tier) -> &mut usize {
        let [operators, supervisors, managers] = &mut self.ringing;
        match tier {
            Tier::Operator => operators,
            Tier::Supervisor => supervisors,
            Tier::Manager => managers,
        }
    }

    /// How many phones of a tier are asked now.
    pub(crate) fn ringing(&self, tier: Tier) -> usize {
        let [operators, supervisors, managers] = self.ringing;
        match tier {
            Tier::Operator => operators,
            Tier::Supervisor => supervisors,
            Tier::Manager => managers,
        }
    }

    /// The operator's phone is asked.
    pub(crate) fn ask(&mut self, operator: OperatorId, tier: Tier) {
        if self.offered.insert(operator, tier).is_none() {
            *self.count_of(tier) += 1;
        }
        if self.waiting.prefer != Some(operator) {
            self.waiting.prefer = None;
        }
    }

    /// The operator's phone is no longer asked.
    pub(crate) fn ask_no_more(&mut self, operator: OperatorId) {
        if let Some(tier) = self.offered.remove(&operator) {
            *self.count_of(tier) -= 1;
        }
        if self.waiting.prefer == Some(operator) {
            self.waiting.prefer = None;
        }
    }

    /// Where operators who come free are welcome.
    pub(crate) fn doors(&self) -> impl Iterator<Item = Door> {
        let room = self.room();
        let suited = (room.suited > 0).then(|| Door::Suited(self.needs.clone()));
        let tier = |count: usize, tier| (count > 0).then_some(Door::Tier(tier));
        let tiers = [
            tier(room.anyone, Tier::Operator),
            tier(room.supervisors, Tier::Supervisor),
            tier(room.managers, Tier::Manager),
        ];
        let preferred = self.waiting.prefer.filter(|_| self.is_silent());
        let preferred = preferred.map(|operator| Door::Preferred(operator, self.needs.clone()));
        suited.into_iter().chain(preferred).chain(tiers.into_iter().flatten())
    }

    /// The preferred operator is being asked, alone.
    pub(crate) fn asks_preferred(&self) -> bool {
        self.waiting.prefer.is_some_and(|preferred| self.offered.contains_key(&preferred))
    }

    pub(crate) fn is_new_to(&self, operator: OperatorId) -> bool {
        !self.offered.contains_key(&operator) && !self.declined.contains(&operator)
    }

    /// Everyone free has declined.
    pub(crate) fn rests(&self) -> bool {
        self.offered.is_empty() && !self.declined.is_empty()
    }

    /// The timers that belong to it.
    pub(crate) fn deadlines(&self) -> impl Iterator<Item = (Instant, Timer)> {
        let call = self.waiting.call;
        let restart = self.restart.map(|at| (at, Timer::RoundRestarts(call)));
        let widens = self.widens.map(|at| (at, Timer::Widens(call)));
        let look = self.look.map(|at| (at, Timer::Looks(call)));
        restart.into_iter().chain(widens).chain(look)
    }

    pub(super) fn snapshot(&self) -> WaitingSnapshot {
        WaitingSnapshot {
            call: self.waiting.call,
            since: self.since,
            priority: self.waiting.priority,
            at_head: self.waiting.at_head,
            team: self.waiting.team.clone(),
            offered_to: self.offered.keys().copied().collect(),
            rounds: self.rounds,
            steps: self.steps,
            pulled: self.pulled,
            chance_percent: self.chance,
        }
    }
}

fn counted(offered: &BTreeMap<OperatorId, Tier>) -> [usize; 3] {
    [Tier::Operator, Tier::Supervisor, Tier::Manager]
        .map(|tier| offered.values().filter(|other| **other == tier).count())
}
