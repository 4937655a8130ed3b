//! What one event of the queue costs, with few and with many client firms.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acd::traffic::Random;
use acd::{CallId, Effect, Limits, Operator, OperatorId, Queue, RingPlan, Tier, Waiting, Wish};
use serde::Serialize;

use super::super::bare::spent;
use crate::clock;

/// Numbers that client firms forward to, each a firm of its own.
const DIDS: [u32; 3] = [1_000, 10_000, 40_000];
const OPERATORS: u32 = 1_000;
/// Of them, above the operators.
const HELPERS: u32 = 20;
/// Firms each of whose calls needs one of so many skills; the others' calls anyone takes.
const SKILLS: u64 = 10;
/// Operators who know a firm.
const KNOW: u32 = 3;
/// Calls of one window; of several the fastest counts, for what disturbs only ever makes slower.
const CALLS: u64 = 5_000;
const WINDOWS: u64 = 4;
/// Not counted: until the house is as full as it stays.
const FIRST_CALLS: u64 = 5_000;
/// A call every so often, so that nine of ten operators are busy.
const EVERY: Duration = Duration::from_millis(180);
const PICK_UP: Duration = Duration::from_millis(2_000);
const TALK: Duration = Duration::from_secs(120);
const WRAP_UP: Duration = Duration::from_secs(40);

/// One measurement.
#[derive(Serialize)]
pub struct Row {
    bench: &'static str,
    /// Client firms with a number each.
    pub dids: u32,
    /// Operators at work.
    pub operators: u32,
    /// Events that the queue was told in the measured windows.
    pub events: u64,
    /// Processor time of one, with everything that the queue does for it, and the loop that tells it.
    pub ns_per_event: f64,
}

/// Measures each size.
pub fn measure(limits: Limits) -> io::Result<Vec<Row>> {
    DIDS.iter().map(|dids| Ok(House::new(*dids, limits)?.measure())).collect()
}

struct House {
    dids: u32,
    queue: Queue,
    now: Instant,
    plans: Vec<Arc<RingPlan>>,
    random: Random,
    events: u64,
    /// All rings, talks and wrap-ups are of one length: the first to begin is the first to end.
    rings: VecDeque<(Instant, CallId, OperatorId)>,
    talks: VecDeque<(Instant, OperatorId)>,
    wrap_ups: VecDeque<(Instant, OperatorId)>,
}

impl House {
    fn new(dids: u32, limits: Limits) -> io::Result<Self> {
        let now = clock::now();
        let mut random = Random::new(u64::from(dids));
        let mut known: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); OPERATORS as usize];
        for did in 0..dids {
            for _ in 0..KNOW {
                let who = random.index(known.len());
                known.get_mut(who).map(|firms| firms.insert(u64::from(did)));
            }
        }
        let mut queue = Queue::new(limits);
        let operators = (1..).zip(known).map(|(id, customers)| operator(id, customers));
        queue.set_operators(now, operators.collect());
        for id in 1..=i64::from(OPERATORS) {
            queue.set_reachable(now, OperatorId(id), true);
            queue.set_state(now, OperatorId(id), Wish::Ready).map_err(io::Error::other)?;
        }
        // Each firm has a plan of its own, as it has in the switch.
        let plans = (0..dids).map(|_| Arc::new(RingPlan::three_rings())).collect();
        let mut house = Self {
            dids,
            queue,
            now,
            plans,
            random,
            events: 0,
            rings: VecDeque::new(),
            talks: VecDeque::new(),
            wrap_ups: VecDeque::new(),
        };
        while house.queue.poll_effect().is_some() {}
        Ok(house)
    }

    fn measure(mut self) -> Row {
        for call in 0..FIRST_CALLS {
            self.call(CallId(call));
        }
        let (mut events, mut best) = (0, f64::INFINITY);
        for window in 0..WINDOWS {
            let first = FIRST_CALLS + window * CALLS;
            self.events = 0;
            let began = spent();
            for call in first..first + CALLS {
                self.call(CallId(call));
            }
            best = best.min(spent().saturating_sub(began).as_nanos() as f64 / self.events as f64);
            events += self.events;
        }
        Row { bench: "queue_scale", dids: self.dids, operators: OPERATORS, events, ns_per_event: best.round() }
    }

    /// What happens until the next call, and the call.
    fn call(&mut self, call: CallId) {
        let next = self.now + EVERY;
        while let Some(at) = self.first().filter(|at| *at <= next) {
            self.now = self.now.max(at);
            self.happens(at);
            self.obey();
        }
        self.now = next;
        let did = self.random.index(self.dids as usize);
        let needs = if did.is_multiple_of(2) { vec![skill(did as u64 / 2 % SKILLS)] } else { Vec::new() };
        let plan = self.plans.get(did).cloned().unwrap_or_default();
        let waiting = Waiting { needs, plan, customer: Some(did as u64), ..Waiting::new(call) };
        self.events += 1;
        let _ = self.queue.enqueue(self.now, waiting); // a full queue would show as events that are missing
        self.obey();
    }

    fn first(&self) -> Option<Instant> {
        let rings = self.rings.front().map(|(at, ..)| *at);
        let talks = self.talks.front().map(|(at, _)| *at);
        let wrap_ups = self.wrap_ups.front().map(|(at, _)| *at);
        [rings, talks, wrap_ups, self.queue.poll_timeout()].into_iter().flatten().min()
    }

    fn happens(&mut self, at: Instant) {
        self.events += 1;
        if let Some((_, call, operator)) = self.rings.pop_front_if(|(due, ..)| *due <= at) {
            if self.queue.answered(self.now, call, operator).is_ok() {
                self.talks.push_back((self.now + TALK, operator));
            }
        } else if let Some((_, operator)) = self.talks.pop_front_if(|(due, _)| *due <= at) {
            self.queue.cleared(self.now, operator);
            self.wrap_ups.push_back((self.now + WRAP_UP, operator));
        } else if let Some((_, operator)) = self.wrap_ups.pop_front_if(|(due, _)| *due <= at) {
            self.queue.finish_wrap_up(self.now, operator);
        } else {
            self.queue.handle_timeout(self.now);
        }
    }

    fn obey(&mut self) {
        while let Some(effect) = self.queue.poll_effect() {
            if let Effect::Offer { call, operator } = effect {
                self.events += 1;
                self.queue.ringing(self.now, call, operator);
                self.rings.push_back((self.now + PICK_UP, call, operator));
            }
        }
    }
}

fn skill(number: u64) -> String {
    format!("skill-{number}")
}

fn operator(id: u32, customers: BTreeSet<u64>) -> Operator {
    let tier = if id <= HELPERS { Tier::Supervisor } else { Tier::Operator };
    let has = |place: u32| skill(u64::from(id / 7u32.pow(place)) % SKILLS);
    let skills: BTreeMap<String, u8> = (0..3).map(|place| (has(place), 1)).collect();
    let hour = Duration::from_secs(3_600);
    Operator { skills, customers, tier, wrap_up: hour, wrap_up_max: hour, ..Operator::new(OperatorId(i64::from(id))) }
}
