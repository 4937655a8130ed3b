//! The chance that a caller is answered in time, and whether to fetch somebody for them (X07).
//!
//! # What is learned
//!
//! Three lengths, each as its rate of ending by age ([`hazard`]): how long a phone rings until it is picked up (operators, and
//! those above them, apart), how long talks last, how long wrap-ups do. At first they are believed to be as in
//! [`Chance::new`]; after some ten observations what was seen counts more than the belief, and after [`MEMORY`] the old fades.
//! Memory is constant, nothing is drawn, and the same events give the same answers.
//!
//! # How the chance follows
//!
//! The time that is left is cut into [`SLOTS`]. A phone that has rung for `a` is picked up by `a + t` with what the learned rate
//! says of those who have not been by `a`; several phones are independent of each other. Each busy operator comes free by `t`
//! with what is learned of talks (then of a wrap-up from its beginning) or of wrap-ups of that age; how many of them do is taken
//! as binomial with the mean and variance of all, and the caller with `n` others ahead has the `n + 1`st. From there a phone must still be picked up.
//! The chance is that either happens within the time.
//!
//! What is left out, so that nobody wonders: that somebody ahead hangs up, that a call of higher priority comes, that an operator
//! goes to lunch instead. All three matter little within nine seconds.
//!
//! Cost: the learning touches 56 bins, a question about a thousand sums, whatever the number of operators and calls.

mod busy;
#[cfg(test)]
mod calibration;
mod hazard;
#[cfg(test)]
pub(crate) mod tests;

use hazard::{Hazard, Prior};
use std::time::{Duration, Instant};

pub use busy::{BUSY_GROUPS_MAX, BusyCounts};

/// So many observations of each length count; older ones fade.
const MEMORY: f64 = 500.0;
/// Steps that the time left is cut into.
const SLOTS: usize = 18;
/// A group of busy operators is looked at every so many slots; between them their coming free is steady.
const KNOT: usize = 3;
/// With more callers ahead than this, how many come free is taken as normal instead of counted out.
const COUNTED_MAX: usize = 32;
/// Never ask again sooner than this.
const AGAIN_MIN: Duration = Duration::from_millis(250);

/// Whose phone rings: they are learned apart, for whoever has other work picks up differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// An operator's.
    Operator,
    /// A supervisor's or a manager's.
    Helper,
}

/// Phones of one kind that ring for a caller, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phones {
    /// How many.
    pub count: usize,
    /// Whose.
    pub whose: Whose,
    /// How long they have rung.
    pub rung: Duration,
    /// In how long they will begin to; zero for those that ring.
    pub starts: Duration,
    /// In how long they will stop to, unanswered, counted from now: what is left of the time that a phone may ring.
    /// [`Duration::MAX`]: not before the caller hangs up.
    pub stops: Duration,
}

/// How a caller stands.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// Until the promise is broken.
    pub left: Duration,
    /// Phones that ring for this caller now, or will at the plan's next steps if nobody has answered by then.
    pub phones: &'a [Phones],
    /// Callers for whom no phone rings, and who get an operator before this one.
    pub ahead: usize,
    /// Operators who could take the call if they were not busy. Empty counts if the plan would not have them ring
    /// for a caller who has enough phones.
    pub busy: &'a BusyCounts,
}

/// Whether to ring somebody whose work it is not, for a caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Help {
    /// The chance that the caller is answered in time without help.
    pub chance: f64,
    /// The chance with help called now.
    pub with_help: f64,
    /// When to call it.
    pub when: When,
}

/// When help is worth its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Now.
    Now,
    /// Perhaps then: look again after this, and whenever the outlook changes.
    In(Duration),
    /// It is not: it would hardly help, or it is hardly needed.
    Never,
}

/// The estimator.
#[derive(Clone, Debug, PartialEq)]
pub struct Chance {
    operators: Hazard,
    helpers: Hazard,
    talks: Hazard,
    wrap_ups: Hazard,
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}

/// What happened.
impl Chance {
    /// Believes what is usual at an answering service until it has seen: half of all phones picked up within 2.5 s, half of the
    /// talks over in 90 s, half of the wrap-ups in 30 s.
    pub fn new() -> Self {
        let pick_up = Prior { median: Duration::from_millis(2_500), shape: 3.0, weight: 10.0 };
        let talk = Prior { median: Duration::from_secs(90), shape: 2.0, weight: 10.0 };
        let wrap_up = Prior { median: Duration::from_secs(30), shape: 2.0, weight: 10.0 };
        Self {
            operators: Hazard::new(pick_up, MEMORY),
            helpers: Hazard::new(pick_up, MEMORY),
            talks: Hazard::new(talk, MEMORY),
            wrap_ups: Hazard::new(wrap_up, MEMORY),
        }
    }

    /// A phone was picked up after it had been asked to ring for so long.
    pub fn picked_up(&mut self, whose: Whose, after: Duration) {
        self.phones(whose).ended(after);
    }

    /// A phone was asked for so long and not picked up: refused, unanswered, or somebody else was faster.
    pub fn not_picked_up(&mut self, whose: Whose, after: Duration) {
        self.phones(whose).lasted(after);
    }

    /// A talk is over.
    pub fn talked(&mut self, length: Duration) {
        self.talks.ended(length);
    }

    /// A wrap-up is over; zero for a talk that had none.
    pub fn wrapped_up(&mut self, length: Duration) {
        self.wrap_ups.ended(length);
    }

    fn phones(&mut self, whose: Whose) -> &mut Hazard {
        match whose {
            Whose::Operator => &mut self.operators,
            Whose::Helper => &mut self.helpers,
        }
    }
}

/// What is to be expected.
impl Chance {
    /// The chance, 0 to 1, that the caller is answered within the time that is left.
    pub fn chance(&self, now: Instant, outlook: &Outlook<'_>) -> f64 {
        1.0 - self.course(now, outlook).last()
    }

    /// Whether `helpers` more phones should ring, and when. `price` is what ringing one of them costs, in kept promises: 0.25
    /// says that four managers may be interrupted to keep one promise.
    ///
    /// Help that is called after `s` is paid only if nobody has answered by then, but has so much less time to pick up. Of all
    /// `s` that one is taken for which promise less price is best.
    pub fn help(&self, now: Instant, outlook: &Outlook<'_>, helpers: usize, price: f64) -> Help {
        let course = self.course(now, outlook);
        let unanswered = course.last();
        let count = helpers as f64;
        let missed = |after: f64| (-count * self.helpers.burden(outlook.left.as_secs_f64() - after)).exp();
        let (mut best, mut when) = (1.0 - unanswered, None);
        for (slot, waits) in course.unanswered.iter().enumerate() {
            let worth = 1.0 - unanswered * missed(slot as f64 * course.step) - price * count * waits;
            if worth > best {
                (best, when) = (worth, Some(slot));
            }
        }
        let when = match when {
            None => When::Never,
            Some(0) => When::Now,
            Some(slot) => When::In(Duration::from_secs_f64(slot as f64 * course.step).max(AGAIN_MIN)),
        };
        Help { chance: 1.0 - unanswered, with_help: 1.0 - unanswered * missed(0.0), when }
    }

    fn course(&self, now: Instant, outlook: &Outlook<'_>) -> Course {
        let step = outlook.left.as_secs_f64() / SLOTS as f64;
        let mut unanswered = self.no_phone_answers(outlook.phones, step);
        if let Some(mine) = self.my_turn(now, outlook, step) {
            let picked_up = from_new(&self.operators, step);
            for (slot, unanswered) in unanswered.iter_mut().enumerate() {
                *unanswered *= 1.0 - convolved(&mine, slot, &picked_up);
            }
        }
        Course { step, unanswered }
    }

    /// At the end of each slot: the chance that none of the phones is picked up by then.
    fn no_phone_answers(&self, phones: &[Phones], step: f64) -> [f64; SLOTS + 1] {
        let mut burden = [0.0; SLOTS + 1];
        for phone in phones {
            let hazard = match phone.whose {
                Whose::Operator => &self.operators,
                Whose::Helper => &self.helpers,
            };
            let (rung, starts) = (phone.rung.as_secs_f64(), phone.starts.as_secs_f64());
            let stops = phone.stops.as_secs_f64();
            let before = hazard.burden(rung);
            for (slot, burden) in burden.iter_mut().enumerate() {
                let rings = ((slot as f64 * step).min(stops) - starts).max(0.0);
                *burden += phone.count as f64 * (hazard.burden(rung + rings) - before);
            }
        }
        burden.map(|burden| (-burden).exp())
    }

    /// At the end of each slot: the chance that by then the operator has come free who is this caller's. `None`: there will be none.
    fn my_turn(&self, now: Instant, outlook: &Outlook<'_>, step: f64) -> Option<[f64; SLOTS + 1]> {
        let busy = outlook.busy.talking() + outlook.busy.wrapping_up();
        if busy <= outlook.ahead {
            return None;
        }
        let written_up = from_new(&self.wrap_ups, step);
        let [mut free, mut squares] = by_knots(outlook.busy.wrap_ups(now), &self.wrap_ups, step);
        let [talks_over, _] = by_knots(outlook.busy.talks(now), &self.talks, step);
        let talking = outlook.busy.talking().max(1) as f64;
        for (slot, (free, squares)) in free.iter_mut().zip(&mut squares).enumerate() {
            let written = convolved(&talks_over, slot, &written_up);
            *free += written;
            *squares += written * written / talking;
        }
        let turns = free.iter().zip(&squares).map(|(free, squares)| more_than(outlook.ahead, *free, *squares));
        let mut mine = [0.0; SLOTS + 1];
        mine.iter_mut().zip(turns).for_each(|(mine, turn)| *mine = turn);
        Some(mine)
    }
}

/// How likely the caller still waits, slot by slot from now to the end of the time left.
struct Course {
    step: f64,
    unanswered: [f64; SLOTS + 1],
}

impl Course {
    fn last(&self) -> f64 {
        let [.., last] = self.unanswered;
        last
    }
}

/// By the end of each slot: how many of `groups` are expected to have ended, and the sum of the squares of their chances.
fn by_knots(groups: impl Iterator<Item = (usize, f64)>, hazard: &Hazard, step: f64) -> [[f64; SLOTS + 1]; 2] {
    let mut knots = [[0.0; 2]; SLOTS / KNOT + 1];
    for (count, age) in groups {
        for (knot, [expected, squares]) in knots.iter_mut().enumerate() {
            let chance = hazard.ends_within(age, (knot * KNOT) as f64 * step);
            *expected += count as f64 * chance;
            *squares += count as f64 * chance * chance;
        }
    }
    let at = |knot: usize| knots.get(knot).copied().unwrap_or_default();
    let mut slots = [[0.0; SLOTS + 1]; 2];
    let [expected, squares] = &mut slots;
    for (slot, (expected, squares)) in expected.iter_mut().zip(squares).enumerate() {
        let ([from, from_squares], [to, to_squares]) = (at(slot / KNOT), at(slot / KNOT + 1));
        let part = (slot % KNOT) as f64 / KNOT as f64;
        *expected = from + (to - from) * part;
        *squares = from_squares + (to_squares - from_squares) * part;
    }
    slots
}

/// The chance that what has just begun is over in half a slot, in one and a half, and so on.
fn from_new(hazard: &Hazard, step: f64) -> [f64; SLOTS] {
    std::array::from_fn(|slots| hazard.ends_within(0.0, (slots as f64 + 0.5) * step))
}

/// What began in the slots before `slot` as `begun` (growing) says, evenly within each, and is over by its end as `over` says.
fn convolved(begun: &[f64; SLOTS + 1], slot: usize, over: &[f64; SLOTS]) -> f64 {
    let begins = begun.iter().zip(begun.iter().skip(1)).map(|(before, after)| after - before);
    let latest_last = over.iter().take(slot).rev();
    begins.take(slot).zip(latest_last).map(|(share, over)| share * over).sum()
}

/// The chance that more than `few` of many independent things happen, of whose chances the sum and the sum of squares are known: that
/// of the binomial with the same mean and variance, which is exact if all chances are equal, and if all are 0 or one alone is
/// not.
fn more_than(few: usize, expected: f64, squares: f64) -> f64 {
    if expected <= 0.0 || squares <= 0.0 {
        return 0.0;
    }
    let each = (squares / expected).min(1.0 - 1e-9);
    let count = expected / each;
    if few > COUNTED_MAX {
        let deviations = (few as f64 + 0.5 - expected) / (expected * (1.0 - each)).sqrt();
        return 1.0 / (1.0 + (1.702 * deviations).exp()); // the normal curve to within 0.01
    }
    let mut exactly = (count * (-each).ln_1p()).exp();
    let mut at_most = exactly;
    for happens in 1..=few {
        exactly *= (count - happens as f64 + 1.0).max(0.0) / happens as f64 * each / (1.0 - each);
        at_most += exactly;
    }
    (1.0 - at_most).max(0.0)
}
