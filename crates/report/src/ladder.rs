//! The ladder of an urgent report that nobody has seen (X05): another place, another person, a spoken call, a supervisor.
//!
//! The ladder of a report is a copy of the firm's at the time of sending. Its clock begins when the first recipient's server has
//! accepted the report; where none does within the time after which it is late, then.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::profile::{Rung, RungTo};
use crate::retry::LATE_URGENT_MS;

/// The rungs of one report, lowest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Ladder {
    /// By `after_seconds`.
    pub rungs: Vec<Rung>,
}

/// How far a report has climbed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = LadderState)]
pub struct State {
    /// When the report was sent.
    pub sent_ms: i64,
    /// When the first recipient's server accepted it.
    pub accepted_ms: Option<i64>,
    /// When somebody confirmed to have seen it, by link, button or keypad. Nothing happens after that.
    pub seen_ms: Option<i64>,
    /// How many rungs have been climbed.
    pub taken: usize,
    /// When the last of them was.
    pub taken_ms: Option<i64>,
}

/// A rung that is due.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = LadderStep)]
pub struct Step {
    /// Which, counted from 0; climbing it makes [`State::taken`] one more than this.
    pub rung: usize,
    /// When it was due.
    pub due_ms: i64,
    /// Who is told.
    pub to: RungTo,
}

impl Ladder {
    /// Of a firm's rungs, in the order of their time.
    pub fn new(rungs: &[Rung]) -> Self {
        let mut rungs = rungs.to_vec();
        rungs.sort_by_key(|rung| rung.after_seconds);
        Self { rungs }
    }
}

impl State {
    /// When the clock of the ladder began.
    fn began_ms(self) -> i64 {
        let late = self.sent_ms.saturating_add(LATE_URGENT_MS);
        self.accepted_ms.map_or(late, |accepted| accepted.min(late))
    }
}

/// The rungs that are due now and have not been climbed: several where nobody looked for a while.
pub fn due(ladder: &Ladder, state: &State, now_ms: i64) -> Vec<Step> {
    open(ladder, state).take_while(|step| step.due_ms <= now_ms).collect()
}

/// When to look again; `None`: never, it has been seen or there is no rung left.
pub fn next_ms(ladder: &Ladder, state: &State) -> Option<i64> {
    open(ladder, state).next().map(|step| step.due_ms)
}

fn open<'a>(ladder: &'a Ladder, state: &State) -> impl Iterator<Item = Step> + use<'a> {
    let began = state.began_ms();
    // Whoever was told last has the time that the firm gave to answer, also when that rung came late: after an outage the whole
    // ladder does not go off at once.
    let below = state.taken.checked_sub(1).and_then(|below| ladder.rungs.get(below));
    let late_ms = below.zip(state.taken_ms).map_or(0, |(below, taken_ms)| {
        taken_ms.saturating_sub(began.saturating_add(i64::from(below.after_seconds) * 1000)).max(0)
    });
    let began = began.saturating_add(late_ms);
    let left = if state.seen_ms.is_some() { usize::MAX } else { state.taken };
    ladder.rungs.iter().enumerate().skip(left).map(move |(rung, step)| Step {
        rung,
        due_ms: began.saturating_add(i64::from(step.after_seconds) * 1000),
        to: step.to.clone(),
    })
}

#[cfg(test)]
mod tests;
