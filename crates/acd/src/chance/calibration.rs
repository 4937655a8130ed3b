//! What the estimator says, against what becomes of the calls: on generated days, with what it has learned from them.

use super::tests::a_moment;
use super::*;
use crate::traffic::{Day, Happened, Outcome, Player, Rota, Rules, Shape};
use crate::{CallId, Limits, OperatorId, PROMISE, RING, RingPlan, State, Tier};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An estimator that watches a day from outside, as the queue would from inside.
struct Watcher {
    chance: Chance,
    busy: BusyCounts,
    began: BTreeMap<OperatorId, Instant>,
    /// What was foretold of each call at its arrival and at its first ring's end.
    foretold: Vec<(CallId, f64)>,
}

impl Watcher {
    fn sees(&mut self, player: &Player<'_>, day: &Day) {
        let now = player.now();
        for happened in player.happened() {
            match *happened {
                Happened::PickedUp { operator, after, .. } => {
                    self.chance.picked_up(Whose::Operator, after);
                    self.busy.talk_began(now);
                    self.began.insert(operator, now);
                }
                Happened::NotPickedUp { after, .. } => self.chance.not_picked_up(Whose::Operator, after),
                Happened::Cleared { operator, talk } => {
                    self.chance.talked(talk);
                    self.busy.talk_ended(self.began.insert(operator, now).unwrap());
                    self.busy.wrap_up_began(now);
                }
                Happened::WrappedUp { operator, took } => {
                    self.chance.wrapped_up(took);
                    self.busy.wrap_up_ended(self.began.remove(&operator).unwrap());
                }
                Happened::Arrived(call) => {
                    let foretold = self.foretells(player, call);
                    self.foretold.push((call, foretold));
                }
                Happened::Abandoned(_) => {}
            }
        }
        assert!(self.began.len() <= day.people.len());
    }

    /// One phone at a time, each for one ring.
    fn foretells(&self, player: &Player<'_>, call: CallId) -> f64 {
        let queue = player.queue();
        let mine = queue.waiting().find(|waiting| waiting.call == call).unwrap();
        let (whose, starts) = (Whose::Operator, Duration::ZERO);
        let now = Phones { count: 1, whose, rung: Duration::ZERO, starts, stops: RING };
        let ready = queue.operators().filter(|one| one.state == State::Ready).count().min(2) as u32;
        let mut phones = Vec::new();
        if !mine.offered_to.is_empty() {
            phones.push(now);
            phones.extend((1..=ready).map(|turn| Phones { starts: RING * turn, stops: RING * (turn + 1), ..now }));
        }
        let ahead = queue.waiting().take_while(|waiting| waiting.call != call).filter(|one| one.offered_to.is_empty());
        let outlook = Outlook { left: PROMISE, phones: &phones, ahead: ahead.count(), busy: &self.busy };
        self.chance.chance(player.now(), &outlook)
    }
}

/// Chances foretold and what happened, over days with fewer people than are needed; the first day is for learning alone.
fn watched() -> Vec<(f64, bool)> {
    let rota = Rota { operators: 26, supervisors: 0, managers: 0 };
    let shape = Shape { rota, ..Shape::default() };
    let limits = Limits { promise: None, ..Limits::default() };
    let rules = Rules { plan: Arc::new(RingPlan::LongestIdle), ring: RING, limits };
    let empty = || (BusyCounts::new(), BTreeMap::new(), Vec::new());
    let (busy, began, foretold) = empty();
    let mut watcher = Watcher { chance: Chance::new(), busy, began, foretold };
    let mut pairs = Vec::new();
    for seed in 0..6 {
        let day = Day::generate(&shape, seed);
        assert!(day.people.iter().all(|person| person.tier == Tier::Operator));
        let mut player = Player::new(&day, &rules, a_moment());
        (watcher.busy, watcher.began, watcher.foretold) = empty();
        while player.step() {
            watcher.sees(&player, &day);
        }
        let outcome = |call| player.outcome(call).and_then(Outcome::kept);
        let told = watcher.foretold.iter().filter_map(|(call, chance)| Some((*chance, outcome(*call)?)));
        pairs.extend(told.filter(|_| seed > 0));
    }
    pairs
}

/// Brier's score (1950): the mean square of what was foretold less what happened. And the same for whoever always foretells the mean.
fn brier(pairs: &[(f64, bool)]) -> (f64, f64) {
    let count = pairs.len() as f64;
    let happened = |kept: bool| f64::from(u8::from(kept));
    let rate = pairs.iter().map(|(_, kept)| happened(*kept)).sum::<f64>() / count;
    let score = pairs.iter().map(|(chance, kept)| (chance - happened(*kept)).powi(2)).sum::<f64>() / count;
    (score, rate * (1.0 - rate))
}

#[test]
fn x07_what_is_foretold_happens_as_often_as_is_foretold() {
    let pairs = watched();
    let (score, constant) = brier(&pairs);
    let mut table = format!("{} calls, Brier {score:.4}, constant {constant:.4}\n", pairs.len());
    let mut faults = Vec::new();
    for decile in 0..10 {
        let inside = |(chance, _): &&(f64, bool)| ((chance * 10.0) as usize).min(9) == decile;
        let of: Vec<&(f64, bool)> = pairs.iter().filter(inside).collect();
        let count = of.len() as f64;
        let told = of.iter().map(|(chance, _)| chance).sum::<f64>() / count;
        let kept = of.iter().filter(|(_, kept)| *kept).count() as f64 / count;
        table += &format!("{decile}: {count} calls, told {told:.3}, kept {kept:.3}\n");
        // Three deviations of the count, and a little for what the model leaves out.
        let error = 3.0 * (told * (1.0 - told) / count).sqrt() + 0.06;
        if count > 0.0 && (told - kept).abs() > error {
            faults.push(decile);
        }
    }
    println!("{table}");
    assert!(faults.is_empty(), "deciles {faults:?}\n{table}");
    assert!(score < 0.5 * constant, "{table}");
}
