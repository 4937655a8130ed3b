//! The proof that no report was forgotten (F38, X02): every answered call has its report, or a reason why it has none.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Ids of each fault that a proof names; it counts all.
pub const NAMED_MAX: usize = 1_000;

/// A call that needs a report: a person answered it, its message box holds a recording, or its caller gave up at a firm that wants to be
/// told of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnsweredCall {
    /// The call's id.
    pub id: i64,
    /// When it ended, Unix milliseconds.
    pub ended_ms: i64,
}

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportOutcome)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is still being written.
    Draft,
    /// It was sent.
    Sent,
    /// Somebody said why there is none.
    Waived,
}

/// A report that belongs to a call. Follow-ups and those without a call are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportOf {
    /// Its call's id.
    pub call: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What was counted, and what does not fit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportProof)]
#[serde(default)]
pub struct Proof {
    /// Answered calls that have ended.
    pub answered: u64,
    /// Of these, those whose report was sent.
    pub sent: u64,
    /// Of these, those with a reason why there is none.
    pub waived: u64,
    /// Of these, those whose report is being written.
    pub open: u64,
    /// Of these, those without any report: there must be none.
    pub missing: u64,
    /// Of these, those with two reports: there must be none.
    pub doubled: u64,
    /// Reports of calls that nobody answered, as far as the records know: there must be none.
    pub strangers: u64,
    /// Of the open ones, those whose call ended long ago: there must be none, nobody is writing them any more.
    pub overdue: u64,
    /// Call records that are in no table, as the journal knows: dropped, or put aside for a person to look at. There must be none; what
    /// calls they are of, nobody can count.
    pub unsaved: u64,
    /// The calls that are missing one, by id, at most [`NAMED_MAX`].
    pub missing_calls: Vec<i64>,
    /// The calls that have two.
    pub doubled_calls: Vec<i64>,
    /// The calls that are no answered ones.
    pub stranger_calls: Vec<i64>,
    /// The calls whose report is still open although they ended long ago.
    pub overdue_calls: Vec<i64>,
}

impl Proof {
    /// Every answered call has exactly one report, sent, waived or being written; none is forgotten as a draft; and no call record was
    /// kept out of the count.
    pub fn holds(&self) -> bool {
        self.missing == 0
            && self.doubled == 0
            && self.strangers == 0
            && self.overdue == 0
            && self.unsaved == 0
            && self.answered == self.sent + self.waived + self.open
    }

    /// The first call that does not fit, if any: what makes two proofs of the same fault one.
    pub fn first_faulty(&self) -> Option<i64> {
        [&self.missing_calls, &self.doubled_calls, &self.stranger_calls].into_iter().flatten().min().copied()
    }

    /// It holds, and nothing is left to do: answered calls = reports + reasons.
    pub fn is_complete(&self) -> bool {
        self.holds() && self.open == 0
    }
}

/// Compares the answered calls with the reports. An open report is overdue when its call ended before `overdue_before_ms`.
pub fn prove(calls: &[AnsweredCall], reports: &[ReportOf], overdue_before_ms: i64) -> Proof {
    let mut of_call: BTreeMap<i64, Vec<Outcome>> = BTreeMap::new();
    for report in reports {
        of_call.entry(report.call).or_default().push(report.outcome);
    }
    let mut proof = Proof::default();
    let mut answered = BTreeSet::new();
    for call in calls.iter().filter(|call| answered.insert(call.id)) {
        proof.answered += 1;
        match of_call.get(&call.id).map(Vec::as_slice) {
            None | Some([]) => tell(&mut proof.missing, &mut proof.missing_calls, call.id),
            Some([Outcome::Sent]) => proof.sent += 1,
            Some([Outcome::Waived]) => proof.waived += 1,
            Some([Outcome::Draft]) => {
                proof.open += 1;
                if call.ended_ms < overdue_before_ms {
                    tell(&mut proof.overdue, &mut proof.overdue_calls, call.id);
                }
            }
            Some([_, _, ..]) => tell(&mut proof.doubled, &mut proof.doubled_calls, call.id),
        }
    }
    for call in of_call.keys().filter(|call| !answered.contains(call)) {
        tell(&mut proof.strangers, &mut proof.stranger_calls, *call);
    }
    proof
}

fn tell(count: &mut u64, named: &mut Vec<i64>, call: i64) {
    *count += 1;
    if named.len() < NAMED_MAX {
        named.push(call);
    }
}

#[cfg(test)]
mod tests;
