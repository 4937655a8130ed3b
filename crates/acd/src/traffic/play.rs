//! Plays a day through the queue.

use super::{Arrival, Day, Person, Random};
use crate::{
    CallId, Declined, Effect, Limits, Operator, OperatorId, PROMISE, Queue, RingPlan, Tier, Waiting, Why, Wish,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// From our INVITE to the phone's ringing.
const SET_UP: Duration = Duration::from_millis(150);
/// Nobody writes longer; operators end their wrap-ups themselves, long before.
const WRAP_UP_MAX: Duration = Duration::from_secs(3_600);
/// How long somebody whom the queue took out takes to notice and to come back.
const NOTICES: Duration = Duration::from_secs(120);

/// How the house is run.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Who rings.
    pub plan: Arc<RingPlan>,
    /// How long one operator's phone rings.
    pub ring: Duration,
    /// The queue's bounds, and its control loop if it has one.
    pub limits: Limits,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A person answered after so long.
    Answered {
        /// From the first ring.
        after: Duration,
        /// Who.
        by: OperatorId,
    },
    /// The caller hung up after so long.
    Abandoned {
        /// From the first ring.
        after: Duration,
    },
}

/// What has just happened, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A caller began to wait, and phones ring for them if anyone is free.
    Arrived(CallId),
    /// An operator picked up, so long after being asked.
    PickedUp {
        /// The call.
        call: CallId,
        /// Who.
        operator: OperatorId,
        /// Since the offer.
        after: Duration,
    },
    /// An operator was asked for so long and did not pick up.
    NotPickedUp {
        /// Who.
        operator: OperatorId,
        /// Since the offer.
        after: Duration,
    },
    /// A talk is over, the wrap-up begins.
    Cleared {
        /// Who.
        operator: OperatorId,
        /// How long they talked.
        talk: Duration,
    },
    /// A wrap-up is over.
    WrappedUp {
        /// Who.
        operator: OperatorId,
        /// How long it took.
        took: Duration,
    },
    /// A caller hung up.
    Abandoned(CallId),
}

/// What is counted over a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Phones of supervisors and managers that were asked to ring.
    pub helpers_rung: u32,
    /// Calls for which any of those was.
    pub calls_helped: u32,
    /// Phones of operators that were asked to ring.
    pub operators_rung: u32,
    /// Events that the queue was told.
    pub events: u64,
}

/// What is going to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Comes(OperatorId),
    Goes(OperatorId, bool),
    Arrives(usize),
    Rings(OperatorId, u64),
    PicksUp(OperatorId, u64),
    Refuses(OperatorId, u64),
    HangsUp(CallId),
    Clears(OperatorId, CallId),
    Writes(OperatorId, u64),
}

/// A phone that is asked to ring.
#[derive(Clone, Copy, Debug)]
struct Offer {
    call: CallId,
    number: u64,
    at: Instant,
}

/// A caller who waits.
#[derive(Clone, Debug)]
struct Caller {
    arrival: usize,
    since: Instant,
    /// How often each operator has been asked for this call: a second try is a new draw.
    tries: BTreeMap<OperatorId, u64>,
    helped: bool,
}

/// Everything outside of the queue for a day.
#[derive(Debug)]
pub struct Player<'a> {
    day: &'a Day,
    rules: &'a Rules,
    queue: Queue,
    midnight: Instant,
    now: Instant,
    events: BTreeMap<(Instant, u64), Event>,
    numbers: u64,
    callers: BTreeMap<CallId, Caller>,
    offers: BTreeMap<OperatorId, Offer>,
    /// Who talks in which call since when.
    talks: BTreeMap<OperatorId, (CallId, Instant)>,
    /// Who writes since when, by the number of the event that ends it.
    wrap_ups: BTreeMap<OperatorId, (u64, Instant)>,
    outcomes: BTreeMap<usize, Outcome>,
    happened: Vec<Happened>,
    tally: Tally,
}

impl<'a> Player<'a> {
    /// Before the day's first event. `midnight` is any moment to count from.
    pub fn new(day: &'a Day, rules: &'a Rules, midnight: Instant) -> Self {
        let mut player = Self {
            day,
            rules,
            queue: Queue::new(rules.limits),
            midnight,
            now: midnight,
            events: BTreeMap::new(),
            numbers: 0,
            callers: BTreeMap::new(),
            offers: BTreeMap::new(),
            talks: BTreeMap::new(),
            wrap_ups: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            happened: Vec::new(),
            tally: Tally::default(),
        };
        let operators = (1..).zip(&day.people).map(|(id, person)| operator(OperatorId(id), person)).collect();
        player.queue.set_operators(midnight, operators);
        for (id, person) in (1..).zip(&day.people) {
            let operator = OperatorId(id);
            player.queue.set_reachable(midnight, operator, true);
            for (from, to) in &person.there {
                let last = person.there.last().is_some_and(|(_, end)| end == to);
                player.plan(midnight + *from, Event::Comes(operator));
                player.plan(midnight + *to, Event::Goes(operator, last));
            }
        }
        for (index, arrival) in day.arrivals.iter().enumerate() {
            player.plan(midnight + arrival.at, Event::Arrives(index));
        }
        player
    }

    /// Plays to the end.
    pub fn finish(mut self) -> (Vec<(&'a Arrival, Outcome)>, Tally) {
        while self.step() {}
        let outcomes = self.day.arrivals.iter().enumerate();
        let outcomes = outcomes.filter_map(|(index, arrival)| Some((arrival, *self.outcomes.get(&index)?)));
        (outcomes.collect(), self.tally)
    }

    /// Lets the next thing happen; `false` when the day is over.
    pub fn step(&mut self) -> bool {
        self.happened.clear();
        let next = self.events.first_key_value().map(|((at, _), _)| *at);
        let timeout = self.queue.poll_timeout();
        let Some(at) = next.into_iter().chain(timeout).min() else { return false };
        self.now = self.now.max(at);
        if timeout.is_some_and(|timeout| next.is_none_or(|next| timeout <= next)) {
            self.queue.handle_timeout(self.now);
            self.tally.events += 1;
        } else if let Some(((_, number), event)) = self.events.pop_first() {
            self.let_happen(number, event);
        }
        self.obey();
        true
    }

    /// The moment that the last step brought.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Since midnight.
    pub fn time(&self) -> Duration {
        self.now - self.midnight
    }

    /// The queue as it is.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What the last step brought.
    pub fn happened(&self) -> &[Happened] {
        &self.happened
    }

    /// What became of a call, once it is known.
    pub fn outcome(&self, call: CallId) -> Option<Outcome> {
        usize::try_from(call.0).ok().and_then(|index| self.outcomes.get(&index)).copied()
    }

    /// For how long a phone has been asked to ring for a call.
    pub fn rung(&self, call: CallId, operator: OperatorId) -> Option<Duration> {
        self.offers.get(&operator).filter(|offer| offer.call == call).map(|offer| self.now - offer.at)
    }
}

/// Events.
impl Player<'_> {
    fn plan(&mut self, at: Instant, event: Event) -> u64 {
        self.numbers += 1;
        self.events.insert((at, self.numbers), event);
        self.numbers
    }

    fn let_happen(&mut self, number: u64, event: Event) {
        match event {
            Event::Comes(operator) => self.wishes(operator, Wish::Ready),
            Event::Goes(operator, true) => self.wishes(operator, Wish::LogOut),
            Event::Goes(operator, false) => self.wishes(operator, Wish::NotReady { reason: "break".to_owned() }),
            Event::Arrives(index) => self.arrives(index),
            Event::Rings(operator, offer) => {
                if let Some(call) = self.offered(operator, offer) {
                    self.tally.events += 1;
                    self.queue.ringing(self.now, call, operator);
                }
            }
            Event::PicksUp(operator, offer) => self.picks_up(operator, offer),
            Event::Refuses(operator, offer) => {
                if let Some(call) = self.offered(operator, offer) {
                    self.offer_ends(operator);
                    self.tally.events += 1;
                    self.queue.declined(self.now, call, operator, Declined::Rejected);
                }
            }
            Event::HangsUp(call) => self.hangs_up(call),
            Event::Clears(operator, call) => self.clears(operator, call),
            Event::Writes(operator, _) => {
                let Some((_, since)) = self.wrap_ups.get(&operator).copied().filter(|(ends, _)| *ends == number) else {
                    return;
                };
                self.wrap_ups.remove(&operator);
                self.happened.push(Happened::WrappedUp { operator, took: self.now - since });
                self.tally.events += 1;
                self.queue.finish_wrap_up(self.now, operator);
            }
        }
    }

    fn wishes(&mut self, operator: OperatorId, wish: Wish) {
        self.tally.events += 1;
        // An unknown operator is impossible here, and would show: their calls would have no outcome.
        let _ = self.queue.set_state(self.now, operator, wish);
    }

    fn arrives(&mut self, index: usize) {
        let Some(arrival) = self.day.arrivals.get(index) else { return };
        let call = CallId(index as u64);
        let waiting = Waiting {
            plan: self.rules.plan.clone(),
            ring: self.rules.ring,
            customer: Some(arrival.customer),
            ..Waiting::new(call)
        };
        let caller = Caller { arrival: index, since: self.now, tries: BTreeMap::new(), helped: false };
        self.callers.insert(call, caller);
        self.plan(self.now + arrival.patience, Event::HangsUp(call));
        self.tally.events += 1;
        if self.queue.enqueue(self.now, waiting).is_err() {
            self.ends(call, |after| Outcome::Abandoned { after }); // the queue is full
        }
        self.happened.push(Happened::Arrived(call));
    }

    fn picks_up(&mut self, operator: OperatorId, offer: u64) {
        let Some(call) = self.offered(operator, offer) else { return };
        let Some(offer) = self.offers.remove(&operator) else { return };
        self.tally.events += 1;
        if self.queue.answered(self.now, call, operator).is_err() {
            return;
        }
        self.happened.push(Happened::PickedUp { call, operator, after: self.now - offer.at });
        let talk = self.callers.get(&call).and_then(|caller| self.day.arrivals.get(caller.arrival));
        let talk = talk.map_or(Duration::ZERO, |arrival| arrival.talk);
        self.talks.insert(operator, (call, self.now));
        self.plan(self.now + talk, Event::Clears(operator, call));
        self.ends(call, |after| Outcome::Answered { after, by: operator });
    }

    fn hangs_up(&mut self, call: CallId) {
        if !self.callers.contains_key(&call) {
            return;
        }
        self.tally.events += 1;
        self.queue.withdraw(self.now, call);
        self.happened.push(Happened::Abandoned(call));
        self.ends(call, |after| Outcome::Abandoned { after });
    }

    fn clears(&mut self, operator: OperatorId, call: CallId) {
        let Some((_, since)) = self.talks.remove(&operator) else { return };
        let index = usize::try_from(call.0).unwrap_or(usize::MAX);
        let wrap_up = self.day.arrivals.get(index).map_or(Duration::ZERO, |arrival| arrival.wrap_up);
        let ends = self.plan(self.now + wrap_up, Event::Writes(operator, 0));
        self.wrap_ups.insert(operator, (ends, self.now));
        self.happened.push(Happened::Cleared { operator, talk: self.now - since });
        self.tally.events += 1;
        self.queue.cleared(self.now, operator);
    }

    fn ends(&mut self, call: CallId, how: impl FnOnce(Duration) -> Outcome) {
        let Some(caller) = self.callers.remove(&call) else { return };
        self.outcomes.insert(caller.arrival, how(self.now - caller.since));
    }

    fn offered(&self, operator: OperatorId, number: u64) -> Option<CallId> {
        self.offers.get(&operator).filter(|offer| offer.number == number).map(|offer| offer.call)
    }

    fn offer_ends(&mut self, operator: OperatorId) {
        let Some(offer) = self.offers.remove(&operator) else { return };
        self.happened.push(Happened::NotPickedUp { operator, after: self.now - offer.at });
    }
}

/// Effects.
impl Player<'_> {
    fn obey(&mut self) {
        while let Some(effect) = self.queue.poll_effect() {
            match effect {
                Effect::Offer { call, operator } => self.asks(call, operator),
                Effect::Withdraw { operator, why, .. } => match why {
                    Why::AnsweredElsewhere | Why::CallerGone | Why::NoAnswer | Why::OperatorLeft | Why::Unreachable => {
                        self.offer_ends(operator)
                    }
                },
                Effect::OperatorUnreliable { operator } => {
                    // Somebody who has gone home meanwhile does not come back.
                    let back = self.now + NOTICES;
                    if self.person(operator).is_some_and(|person| is_there(person, back - self.midnight)) {
                        self.plan(back, Event::Comes(operator));
                    }
                }
                Effect::OperatorState { .. }
                | Effect::Waiting { .. }
                | Effect::Widened { .. }
                | Effect::PromiseAtRisk { .. } => {}
            }
        }
    }

    /// A phone is asked to ring: what its owner will do is drawn.
    fn asks(&mut self, call: CallId, operator: OperatorId) {
        let Some(person) = self.person(operator).cloned() else { return };
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let tries = caller.tries.entry(operator).or_default();
        *tries += 1;
        let names = [2, call.0, operator.0.unsigned_abs(), *tries];
        if person.tier == Tier::Operator {
            self.tally.operators_rung += 1;
        } else {
            self.tally.helpers_rung += 1;
            self.tally.calls_helped += u32::from(!std::mem::replace(&mut caller.helped, true));
        }
        let mut random = Random::named(self.day.seed, names);
        let rings = self.now + SET_UP;
        let number = self.plan(rings, Event::Rings(operator, self.numbers + 1));
        self.offers.insert(operator, Offer { call, number, at: self.now });
        if random.happens(person.habits.refuses) {
            self.plan(rings + Duration::from_secs(1).mul_f64(1.0 + random.unit()), Event::Refuses(operator, number));
        } else if !random.happens(person.habits.misses) {
            let after = person.habits.pick_up.draw(&mut random).mul_f64(person.slowness);
            self.plan(rings + after, Event::PicksUp(operator, number));
        }
    }

    fn person(&self, operator: OperatorId) -> Option<&Person> {
        usize::try_from(operator.0 - 1).ok().and_then(|index| self.day.people.get(index))
    }
}

fn is_there(person: &Person, time: Duration) -> bool {
    person.there.iter().any(|(from, to)| (*from..*to).contains(&time))
}

fn operator(id: OperatorId, person: &Person) -> Operator {
    let rank = u16::try_from(id.0).unwrap_or(u16::MAX);
    Operator { wrap_up: WRAP_UP_MAX, wrap_up_max: WRAP_UP_MAX, tier: person.tier, rank, ..Operator::new(id) }
}

/// Whether a call was answered within the promise.
impl Outcome {
    /// `None` for a caller who hung up before the promise was due: it was neither kept nor broken.
    pub fn kept(self) -> Option<bool> {
        match self {
            Self::Answered { after, .. } => Some(after < PROMISE),
            Self::Abandoned { after } => (after >= PROMISE).then_some(false),
        }
    }
}
