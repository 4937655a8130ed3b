//! Whoever picks up must press 1: a person, and one who wants the call.

use std::time::Instant;

use endpoint::LegId;

use super::super::record::Fact;
use super::super::{Call, Phase};
use super::Stage;
use crate::board::Board;
use crate::desk::TransferMode;

/// The key that takes the call.
const YES: char = '1';

impl Call {
    /// A key on the target's leg.
    pub(super) fn target_key(&mut self, board: &mut Board, now: Instant, id: LegId, digit: char) {
        let Phase::Passing(passing) = &self.phase else { return };
        match &passing.stage {
            Stage::Confirming { leg, target, .. } if *leg == id && digit == YES => {
                self.story.tell(now, Fact::TargetConfirmed { number: target.number.clone() });
                self.bridge(board, now);
            }
            Stage::Calling(_) | Stage::Consulting { .. } | Stage::Confirming { .. } => {}
        }
    }

    /// The operator leaves the transfer to itself, and is free.
    pub(super) fn hand_over(&mut self, board: &mut Board, now: Instant) {
        let Phase::Passing(passing) = &mut self.phase else { return };
        passing.mode = TransferMode::Confirmed;
        let second = passing.second.take().map(|second| second.leg);
        let operator = passing.operator.take().map(|talk| (talk.operator, talk.leg));
        self.finish_refer(board, 200);
        for leg in second.into_iter().chain(operator.map(|(_, leg)| leg)) {
            self.drop_leg(board, now, leg, None, "handed_over");
        }
        if let Some((who, _)) = operator {
            board.queue.cleared(now, who);
        }
        self.story.tell(now, Fact::HandedOver {});
        self.changed(board, "handed_over", "");
    }

    /// It has rung long enough, or nobody has pressed 1: a mailbox, or somebody who does not want to.
    pub(in crate::call) fn transfer_timeout(&mut self, board: &mut Board, now: Instant) {
        let Phase::Passing(passing) = &self.phase else { return };
        if passing.deadline().is_none_or(|due| due > now) {
            return;
        }
        let leg = passing.stage.leg();
        let why = match &passing.stage {
            Stage::Calling(_) => "no_answer",
            Stage::Confirming { .. } => "not_confirmed",
            Stage::Consulting { .. } => return,
        };
        self.drop_leg(board, now, leg, None, why);
        self.next_target(board, now, leg, why, 480);
    }
}
