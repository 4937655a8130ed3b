//! The operator's phone asks for the transfer itself (RFC 3515), blind or attended (RFC 3891, 5589).

use std::time::Instant;

use endpoint::{LegId, Order, ReferTo};

use super::super::{Call, Phase};
use super::{Asked, Stage};
use crate::board::Board;
use crate::desk::{CommandError, TransferMode};
use crate::leg::Role;

impl Call {
    /// REFER on a leg of this call.
    pub(crate) fn refer(&mut self, board: &mut Board, now: Instant, id: LegId, to: &ReferTo) {
        let Some(role) = self.leg(id).filter(|leg| leg.is_up()).map(|leg| leg.role) else { return };
        let who = match role {
            Role::Operator(who) | Role::Second(who) if self.talk().is_some() => who,
            Role::Operator(_) | Role::Second(_) | Role::Caller | Role::Target | Role::Supervisor(_) => {
                self.refused(board, now, role.word(), &to.user, &CommandError::NotRegistered);
                return board.order(Order::AnswerRefer { leg: id, status: 403 });
            }
        };
        let status = match &to.replaces {
            Some(Ok(other)) => self.refer_attended(id, *other),
            Some(Err(())) => 403,
            None => return self.refer_blind(board, now, id, &format!("operator {who}"), &to.user),
        };
        board.order(Order::AnswerRefer { leg: id, status });
        if status != 202 {
            return;
        }
        let Phase::Passing(passing) = &mut self.phase else { return };
        passing.refer = Some(id);
        match &passing.stage {
            Stage::Consulting { .. } => self.bridge(board, now),
            // Referred while it still rings: the person will have to press 1.
            Stage::Calling(_) | Stage::Confirming { .. } => {
                passing.mode = TransferMode::Confirmed;
            }
        }
    }

    /// The operator's two legs are to be replaced by one: both must be this call's.
    fn refer_attended(&self, id: LegId, other: LegId) -> u16 {
        let Phase::Passing(passing) = &self.phase else { return 403 };
        let first = passing.operator.as_ref().map(|talk| talk.leg);
        let second = passing.second.as_ref().map(|second| second.leg);
        let are_both = [(first, second), (second, first)].contains(&(Some(id), Some(other)));
        if are_both { 202 } else { 403 }
    }

    /// "Send the caller there": as a confirmed transfer, so that a mailbox does not get the caller.
    fn refer_blind(&mut self, board: &mut Board, now: Instant, id: LegId, by: &str, number: &str) {
        let permitted = self.check_talking().and_then(|()| self.permitted(Some(number), false, None));
        let begun = permitted.and_then(|targets| {
            let asked = Asked {
                mode: TransferMode::Confirmed,
                by: "phone",
                reason: String::new(),
                second: None,
                refer: Some(id),
            };
            // The SIP side says "100 Trying" with it (RFC 3515 §2.4.4).
            board.order(Order::AnswerRefer { leg: id, status: 202 });
            self.pass_on(board, now, asked, targets).inspect_err(|_| {
                board.order(Order::ReferProgress { leg: id, status: 503 });
            })
        });
        let Err(why) = begun else { return };
        self.refused(board, now, by, number, &why);
        let status = match why {
            CommandError::WrongState(_) => Some(491),
            CommandError::NotRegistered | CommandError::PolicyForbids | CommandError::OverLimit(_) => Some(403),
            // 202 is said already.
            CommandError::NoTrunk | CommandError::NoTarget => None,
            CommandError::UnknownCall | CommandError::UnknownOperator => Some(403),
            CommandError::CannotSupervise(_) | CommandError::NotNow | CommandError::ReportsOpen { .. } => Some(403),
        };
        if let Some(status) = status {
            board.order(Order::AnswerRefer { leg: id, status });
        }
    }

    /// Tells the phone that asked by REFER how it ended, if it is still there.
    pub(in crate::call) fn finish_refer(&mut self, board: &mut Board, status: u16) {
        let Phase::Passing(passing) = &mut self.phase else { return };
        let Some(leg) = passing.refer.take() else { return };
        if self.is_up(leg) {
            board.order(Order::ReferProgress { leg, status });
        }
    }
}
