//! Whatever happens in whatever order, the promises of the queue hold.

mod events;

use super::tests::a_moment;
use super::*;
use crate::{PROMISE, RingPlan, State, Tier, Who};
use events::{Arrival, Event, any_event};
use proptest::prelude::*;
use proptest::sample::Index;
use std::cmp::Reverse;
use std::sync::Arc;

const OPERATORS: i64 = 5;
const SKILLS: [&str; 3] = ["doctor", "english", "law"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn w02_w04_the_promises_hold_whatever_happens(
        events in prop::collection::vec(any_event(), 1..120),
        promise in prop::option::weighted(0.3, (0..=100_u8, 0..60_u8, 0..3_u16)),
        ageing in prop::option::weighted(0.3, 0..20_000_u64),
    ) {
        let promise = promise.map(|(threshold_percent, price_percent, phones)| PromiseLoop {
            threshold_percent, price_percent, phones,
        });
        let mut world = World::new(Limits {
            promise, ageing: ageing.map(Duration::from_millis), seed: 7, ..Limits::default()
        });
        for event in events {
            world.happens(event)?;
            world.check()?;
        }
        world.every_call_ends()?;
    }

    /// Nobody declines: then calls are offered in exactly the order of priority, head and arrival.
    #[test]
    fn first_come_first_served(
        steps in prop::collection::vec((0..3_u8, prop::bool::weighted(0.2), any::<bool>(), 0..3_u64), 1..60),
        operators in 1..4_i64,
    ) {
        let mut world = World::new(Limits::default());
        world.staff(operators, &[]);
        let mut order = BTreeMap::new();
        let later = world.now + PROMISE;
        for (arrival, (priority, at_head, someone_clears, ago)) in (0..).zip(steps) {
            world.now = later;
            let since = later - Duration::from_secs(ago);
            let call = world.arrives(Waiting { priority, at_head, since: Some(since), ..waiting(0) });
            order.insert((Reverse(priority), !at_head, since, arrival), call);
            world.check_offers_follow(&mut order)?;
            let talking = world.talking.keys().next().copied();
            if let Some(operator) = talking.filter(|_| someone_clears) {
                world.clears(operator);
                world.queue.finish_wrap_up(world.now, operator);
                world.check_offers_follow(&mut order)?;
            }
        }
    }
}

/// The queue, and what its owner knows of it from effects alone.
struct World {
    queue: Queue,
    now: Instant,
    calls: u64,
    waiting: BTreeSet<CallId>,
    offers: BTreeSet<(CallId, OperatorId)>,
    talking: BTreeMap<OperatorId, CallId>,
    states: BTreeMap<OperatorId, State>,
    /// The plan of each call that waits, the bits of what it needs, and its firm.
    wants: BTreeMap<CallId, (Arc<RingPlan>, u8, Option<u64>)>,
    /// Who declined which call in which round.
    declined: BTreeSet<(CallId, u32, OperatorId)>,
    /// Each operator who is configured.
    people: BTreeMap<OperatorId, Person>,
    reports_max: Option<u32>,
}

#[derive(Clone)]
struct Person {
    skills: Vec<&'static str>,
    tier: Tier,
    unread: BTreeSet<u64>,
}

impl World {
    fn new(limits: Limits) -> Self {
        let mut world = Self {
            queue: Queue::new(limits),
            now: a_moment(),
            calls: 100,
            waiting: BTreeSet::new(),
            offers: BTreeSet::new(),
            talking: BTreeMap::new(),
            states: BTreeMap::new(),
            wants: BTreeMap::new(),
            declined: BTreeSet::new(),
            people: BTreeMap::new(),
            reports_max: None,
        };
        world.staff(OPERATORS, &SKILLS[..1]);
        world
    }

    /// So many operators with these skills, all ready.
    fn staff(&mut self, count: i64, skills: &[&'static str]) {
        let person = Person { skills: skills.to_vec(), tier: Tier::Operator, unread: BTreeSet::new() };
        self.configure((0..count).map(|id| (id, person.clone())).collect());
        for id in 0..count {
            self.queue.set_reachable(self.now, OperatorId(id), true);
            self.queue.set_state(self.now, OperatorId(id), Wish::Ready).unwrap();
        }
    }

    fn configure(&mut self, operators: Vec<(i64, Person)>) {
        self.people = operators.iter().cloned().map(|(id, person)| (OperatorId(id), person)).collect();
        let operators = operators.into_iter().map(|(id, Person { skills, tier, unread })| {
            let number = u16::try_from(id).unwrap();
            Operator {
                skills: skills.into_iter().map(|skill| (skill.to_owned(), 1 + number as u8 % 3)).collect(),
                wrap_up: Duration::from_secs(u64::from(number) * 5),
                wrap_up_max: Duration::from_secs(u64::from(number) * 7),
                tier,
                teams: if number % 2 == 0 { vec!["east".to_owned()] } else { Vec::new() },
                rank: 9 - number,
                customers: (0..u64::from(number)).collect(),
                unread,
                ..Operator::new(OperatorId(id))
            }
        });
        self.queue.set_operators(self.now, operators.collect());
    }

    fn arrives(&mut self, waiting: Waiting) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.waiting.insert(call);
        let bits = SKILLS.iter().enumerate().filter(|(_, skill)| waiting.needs.iter().any(|need| need == *skill));
        let bits = bits.map(|(bit, _)| 1 << bit).sum();
        self.wants.insert(call, (Arc::clone(&waiting.plan), bits, waiting.customer));
        self.queue.enqueue(self.now, Waiting { call, ..waiting }).unwrap();
        call
    }

    fn comes(&mut self, arrival: Arrival) {
        let Arrival { needs, plan, priority, at_head, prefer, team, customer, since_ms } = arrival;
        self.arrives(Waiting {
            plan: Arc::new(plan),
            priority,
            at_head,
            prefer: prefer.map(OperatorId),
            team: team.then(|| "east".to_owned()),
            customer,
            since: since_ms.and_then(|ms| self.now.checked_sub(Duration::from_millis(ms))),
            ..waiting(needs)
        });
    }

    fn clears(&mut self, operator: OperatorId) {
        self.talking.remove(&operator);
        self.queue.cleared(self.now, operator);
    }

    fn answers(&mut self, call: CallId, operator: OperatorId) -> Result<(), TestCaseError> {
        let asked = self.offers.contains(&(call, operator));
        let answer = self.queue.answered(self.now, call, operator);
        prop_assert_eq!(answer.is_ok(), asked);
        if asked {
            self.offers.remove(&(call, operator));
            self.waiting.remove(&call);
            prop_assert_eq!(self.talking.insert(operator, call), None);
        }
        Ok(())
    }

    fn an_offer(&self, which: &Index) -> Option<(CallId, OperatorId)> {
        (!self.offers.is_empty()).then(|| *self.offers.iter().nth(which.index(self.offers.len())).unwrap())
    }

    /// Bits of who is there, what they can do, which tier they are, and who has not read some manuals.
    fn reconfigure(&mut self, operators: u8, skills: u8, tiers: u8, unread: u8) {
        let present = (0..OPERATORS).filter(|id| operators >> id & 1 == 1 || *id == 0);
        let tier = |id: i64| match (tiers >> id & 1, tiers >> (7 - id) & 1) {
            (1, 1) => Tier::Manager,
            (1, _) => Tier::Supervisor,
            _ => Tier::Operator,
        };
        let person = |id: i64| Person {
            skills: pick(skills.rotate_left(u32::try_from(id).unwrap())),
            tier: tier(id),
            unread: if unread >> id & 1 == 1 { BTreeSet::from([0, 1]) } else { BTreeSet::new() },
        };
        self.configure(present.map(|id| (id, person(id))).collect());
    }

    fn wishes(&mut self, operator: OperatorId, wish: u8) -> Result<(), TestCaseError> {
        let wish = match wish {
            0 => Wish::LogOut,
            1 => Wish::NotReady { reason: "lunch".to_owned() },
            _ => Wish::Ready,
        };
        let known = self.queue.operator(operator).is_some();
        match self.queue.set_state(self.now, operator, wish.clone()) {
            Ok(()) => prop_assert!(known),
            Err(StateRefused::UnknownOperator(_)) => prop_assert!(!known),
            Err(StateRefused::ReportsOpen { .. }) => {
                prop_assert!(wish == Wish::Ready && self.owes_too_much(operator));
            }
        }
        Ok(())
    }

    fn happens(&mut self, event: Event) -> Result<(), TestCaseError> {
        let now = self.now;
        match event {
            Event::Arrives(arrival) => self.comes(arrival),
            Event::CallerLeaves(which) if !self.waiting.is_empty() => {
                let call = *self.waiting.iter().nth(which.index(self.waiting.len())).unwrap();
                self.waiting.remove(&call);
                self.queue.withdraw(now, call);
            }
            Event::CallerLeaves(_) => self.queue.withdraw(now, CallId(1)),
            Event::Rings(which) => {
                if let Some((call, operator)) = self.an_offer(&which) {
                    self.queue.ringing(now, call, operator);
                }
            }
            Event::Answers(which) => {
                if let Some((call, operator)) = self.an_offer(&which) {
                    self.answers(call, operator)?;
                }
            }
            Event::AnswersUnasked { call, operator } => self.answers(CallId(100 + call), OperatorId(operator))?,
            Event::Declines(which, how) => {
                if let Some((call, operator)) = self.an_offer(&which) {
                    self.offers.remove(&(call, operator));
                    self.note_declined(call, operator);
                    self.queue.declined(now, call, operator, how);
                }
            }
            Event::Clears(operator) => self.clears(OperatorId(operator)),
            Event::Finishes(operator) => self.queue.finish_wrap_up(now, OperatorId(operator)),
            Event::Engaged(operator) => {
                let operator = OperatorId(operator);
                if self.queue.operator(operator).is_some() {
                    self.talking.entry(operator).or_insert(CallId(7));
                }
                self.queue.engaged(now, operator, CallId(7));
            }
            Event::Wishes(operator, wish) => self.wishes(OperatorId(operator), wish)?,
            Event::Reachable(operator, is) => self.queue.set_reachable(now, OperatorId(operator), is),
            Event::Configured { operators, skills, tiers, unread } => {
                self.reconfigure(operators, skills, tiers, unread);
            }
            Event::ReportOpen(operator, open) => {
                let known = self.queue.operator(OperatorId(operator)).is_some();
                prop_assert_eq!(self.queue.report_open(now, OperatorId(operator), open).is_ok(), known);
            }
            Event::Owes(operator, reports) => self.queue.owes(now, OperatorId(operator), reports),
            Event::ReportsMax(max) => {
                self.reports_max = max;
                self.queue.set_reports_max(now, max);
            }
            Event::DayBegins => self.queue.day_begins(),
            Event::TimePasses(ms) => self.now += Duration::from_millis(ms),
            Event::NextTimeout => {
                self.now = self.queue.poll_timeout().map_or(now, |at| at.max(now));
                self.queue.handle_timeout(self.now);
            }
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<Vec<CallId>, TestCaseError> {
        let mut offered = Vec::new();
        while let Some(effect) = self.queue.poll_effect() {
            match effect {
                Effect::Offer { call, operator } => {
                    prop_assert!(self.waiting.contains(&call), "{} does not wait", call);
                    prop_assert!(!self.talking.contains_key(&operator), "{} talks", operator);
                    prop_assert!(self.offers.iter().all(|(_, busy)| *busy != operator), "{} rings already", operator);
                    self.offers.insert((call, operator));
                    offered.push(call);
                }
                Effect::Withdraw { call, operator, why } => {
                    if why == Why::NoAnswer {
                        self.note_declined(call, operator);
                    }
                    prop_assert!(self.offers.remove(&(call, operator)), "{} {} was not offered", call, operator);
                }
                Effect::OperatorState { operator, state } => {
                    let before = self.states.insert(operator, state.clone()).unwrap_or(State::LoggedOut);
                    prop_assert_ne!(&before, &state, "told twice");
                    let was_ready = matches!(before, State::Ready | State::Busy);
                    if state == State::Ready && !was_ready {
                        prop_assert!(!self.owes_too_much(operator), "{} is ready with reports undone", operator);
                    }
                }
                Effect::Waiting { call, position } => {
                    prop_assert!(self.waiting.contains(&call) && (1..=POSITIONS_TOLD_MAX).contains(&position));
                }
                Effect::OperatorUnreliable { .. } => {}
                Effect::Widened { call, .. } | Effect::PromiseAtRisk { call, .. } => {
                    prop_assert!(self.wants.contains_key(&call));
                }
            }
        }
        Ok(offered)
    }

    /// Has more reports open than an operator may have who becomes ready.
    fn owes_too_much(&self, operator: OperatorId) -> bool {
        let is_kept = |is: &OperatorSnapshot| is.tier == Tier::Operator && Some(is.reports_open) > self.reports_max;
        self.reports_max.is_some() && self.queue.operator(operator).as_ref().is_some_and(is_kept)
    }

    fn note_declined(&mut self, call: CallId, operator: OperatorId) {
        let rounds = self.queue.waiting().find(|waiting| waiting.call == call).map_or(0, |waiting| waiting.rounds);
        self.declined.insert((call, rounds, operator));
    }

    /// Whether somebody of this kind can take a call now or soon: told from what screens show.
    fn is_at_work(&self, is_meant: impl Fn(&Person) -> bool) -> bool {
        self.queue.operators().any(|operator| {
            self.people.get(&operator.operator).is_some_and(&is_meant)
                && match operator.state {
                    State::LoggedOut | State::NotReady { .. } => false,
                    State::Ready => operator.reachable,
                    State::Busy | State::WorkingAfterCall => true,
                }
        })
    }

    /// Told by other means than the queue's own audit: no caller waits in silence while somebody is free whom a step of
    /// the plan that is taken rings; nor while any operator is free, if nobody whom its steps ring is at work; nor while anybody
    /// at all is free, if all steps are taken and no operator is at work.
    fn nobody_is_forgotten(&self) -> Result<(), TestCaseError> {
        let an_operator_is_at_work = self.is_at_work(|person| person.tier == Tier::Operator);
        for waiting in self.queue.waiting().filter(|waiting| waiting.offered_to.is_empty()) {
            let (plan, needs, customer) = &self.wants[&waiting.call];
            prop_assert!(waiting.steps > 0, "the first step is taken at once");
            let has_reached_its_end = waiting.steps == plan.steps().len();
            let taken: Vec<Who> = plan.steps().iter().take(waiting.steps).map(|step| step.who).collect();
            let rings = |person: &Person| {
                let has_read = customer.is_none_or(|customer| !person.unread.contains(&customer));
                let suits = has_read && pick(*needs).iter().all(|need| person.skills.contains(need));
                taken.iter().any(|who| match who {
                    Who::Best(_) | Who::Suited => person.tier == Tier::Operator && suits,
                    Who::Everyone => person.tier == Tier::Operator,
                    Who::Supervisors => person.tier == Tier::Supervisor,
                    Who::Managers => person.tier == Tier::Manager,
                })
            };
            let has_nobody = has_reached_its_end && !an_operator_is_at_work;
            let has_no_operator = has_reached_its_end && !self.is_at_work(rings);
            for free in self.queue.operators() {
                let Some(person) = self.people.get(&free.operator) else { continue };
                let declined = self.declined.contains(&(waiting.call, waiting.rounds, free.operator));
                if free.state != State::Ready || !free.reachable || declined {
                    continue;
                }
                let is_forgotten = rings(person) || has_nobody || (has_no_operator && person.tier == Tier::Operator);
                prop_assert!(!is_forgotten, "{} is free, and {} waits", free.operator, waiting.call);
            }
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.drain()?;
        prop_assert_eq!(self.queue.audit(), []);
        prop_assert_eq!(self.queue.repair(self.now), []);
        self.nobody_is_forgotten()?;
        let listed = self.queue.waiting().flat_map(|w| w.offered_to.into_iter().map(move |o| (w.call, o)));
        prop_assert_eq!(listed.collect::<BTreeSet<_>>(), self.offers.clone());
        prop_assert_eq!(self.queue.waiting().map(|w| w.call).collect::<BTreeSet<_>>(), self.waiting.clone());
        for operator in self.queue.operators() {
            let talks_in = self.talking.get(&operator.operator).copied();
            prop_assert_eq!(operator.call.filter(|_| operator.talking), talks_in);
            let told = self.states.get(&operator.operator).cloned().unwrap_or(State::LoggedOut);
            prop_assert_eq!(told, operator.state);
        }
        Ok(())
    }

    /// With operators who answer, every call is answered, and the queue comes to rest.
    fn every_call_ends(&mut self) -> Result<(), TestCaseError> {
        for operator in self.talking.keys().copied().collect::<Vec<_>>() {
            self.clears(operator);
        }
        self.happens(Event::ReportsMax(None))?;
        self.staff(OPERATORS, &SKILLS);
        self.check()?;
        let mut steps = 0;
        while !self.waiting.is_empty() {
            steps += 1;
            prop_assert!(steps < 2000, "{:?} wait for ever", self.waiting);
            match self.offers.first().copied() {
                Some((call, operator)) => {
                    self.answers(call, operator)?;
                    self.clears(operator);
                    self.queue.finish_wrap_up(self.now, operator);
                }
                None => self.happens(Event::NextTimeout)?,
            }
            self.check()?;
        }
        while self.queue.poll_timeout().is_some() {
            self.happens(Event::NextTimeout)?;
            self.check()?;
        }
        prop_assert!(self.queue.operators().all(|operator| operator.state == State::Ready));
        Ok(())
    }

    /// The newly offered calls are the first in `order`, and are answered at once.
    fn check_offers_follow(
        &mut self,
        order: &mut BTreeMap<(Reverse<u8>, bool, Instant, u32), CallId>,
    ) -> Result<(), TestCaseError> {
        for offered in self.drain()? {
            prop_assert_eq!(order.pop_first().map(|(_, call)| call), Some(offered));
            let operator = self.offers.iter().find(|(call, _)| *call == offered).map(|(_, operator)| *operator);
            self.answers(offered, operator.unwrap())?;
        }
        Ok(())
    }
}

fn waiting(needs: u8) -> Waiting {
    Waiting { needs: pick(needs).into_iter().map(str::to_owned).collect(), ..Waiting::new(CallId(0)) }
}

fn pick(skills: u8) -> Vec<&'static str> {
    SKILLS.into_iter().enumerate().filter(|(bit, _)| skills >> bit & 1 == 1).map(|(_, skill)| skill).collect()
}
