//! Who may be called for this firm, and when (F45, R03): default deny.

use std::collections::VecDeque;
use std::time::Instant;

use acd::CallId;
use number::Number;

use super::super::Call;
use super::super::record::Fact;
use crate::board::Board;
use crate::desk::CommandError;
use crate::directory::{Customer, Target, TransferPolicy, plain};
use crate::io::Alarm;

impl Call {
    /// The targets that may be called now, in order. `to`: one of them, in any spelling. A `reason` opens every policy but
    /// `Never`. A phone can say neither `urgent` nor a reason: its key or REFER works where the policy allows it by itself.
    pub(super) fn permitted(
        &self,
        to: Option<&str>,
        urgent: bool,
        reason: Option<&str>,
    ) -> Result<VecDeque<Target>, CommandError> {
        let customer = self.customer.as_deref();
        let registered = customer.map(|customer| customer.targets.as_slice()).unwrap_or_default();
        let mut targets: VecDeque<Target> =
            registered.iter().filter(|target| dialable(&target.number).is_some()).cloned().collect();
        if let Some(to) = to {
            let wanted = dialable(to).ok_or(CommandError::NotRegistered)?;
            targets.retain(|target| dialable(&target.number) == Some(wanted));
            targets.truncate(1);
            if targets.is_empty() {
                return Err(CommandError::NotRegistered);
            }
        }
        let customer = customer.filter(|_| !targets.is_empty()).ok_or(CommandError::NoTarget)?;
        let has_reason = reason.is_some_and(|reason| !reason.trim().is_empty());
        if self.policy_allows(customer, urgent, has_reason) { Ok(targets) } else { Err(CommandError::PolicyForbids) }
    }

    /// The caller's own number, if it may be called back: known, of Japan, no dear one, and not called back lately. Caps are looked
    /// at when it is called.
    pub(in crate::call) fn may_call_back(&self, board: &Board, now: Instant) -> Result<Number, CommandError> {
        let number = self.callers_number().ok_or(CommandError::NotRegistered)?;
        let customer = self.customer.as_deref().ok_or(CommandError::PolicyForbids)?.id;
        let is_ours = board.directory.is_own(number);
        // Who was promised it and never called, and has called again, may have it promised once more, instead.
        let is_open = |old: CallId| board.promises.of(customer, number) == Some(old);
        let is_renewed = self.stands_for.is_some_and(|old| old.is_renewable && is_open(old.call));
        let is_free = is_renewed || board.promises.may_be_made(now, customer, number);
        let may = !board.draining && !is_ours && is_free;
        if may { Ok(number) } else { Err(CommandError::PolicyForbids) }
    }

    fn policy_allows(&self, customer: &Customer, urgent: bool, has_reason: bool) -> bool {
        match &customer.transfer {
            TransferPolicy::Never => false,
            TransferPolicy::Always => true,
            TransferPolicy::UrgentOnly => urgent || has_reason,
            TransferPolicy::ListedCallers(listed) => {
                let caller = e164(&self.story.record.caller);
                has_reason || caller.is_some_and(|caller| listed.iter().any(|number| e164(number) == Some(caller)))
            }
        }
    }

    /// Whether the firm may begin another outgoing call (R03). If not, somebody should know.
    pub(in crate::call) fn within_caps(&self, board: &mut Board, now: Instant) -> Result<(), CommandError> {
        let Some(customer) = self.customer.as_ref() else { return Ok(()) };
        let caps = board.directory.settings.outgoing;
        board.usage.check(now, customer.id, caps).map_err(|cap| {
            let (call, limit) = (self.id.to_string(), cap.word().to_owned());
            board.alarm(Alarm::OverLimit { call, customer: customer.id.0, limit });
            CommandError::OverLimit(cap)
        })
    }

    /// A phone asked for a transfer that it may not have. A number that is not the firm's is a sign of fraud.
    pub(super) fn refused(&mut self, board: &mut Board, now: Instant, by: &str, number: &str, why: &CommandError) {
        let word = match why {
            CommandError::NotRegistered => "not_registered",
            CommandError::PolicyForbids => "policy",
            CommandError::NoTarget => "no_target",
            CommandError::NoTrunk => "no_trunk",
            CommandError::OverLimit(cap) => cap.word(),
            CommandError::WrongState(_)
            | CommandError::UnknownCall
            | CommandError::UnknownOperator
            | CommandError::CannotSupervise(_)
            | CommandError::ReportsOpen { .. }
            | CommandError::NotNow => "wrong_state",
        };
        let number = plain(number);
        self.story.tell(now, Fact::TransferRefused { by: by.to_owned(), number: number.clone(), why: word.to_owned() });
        self.changed(board, "transfer_refused", word);
        if *why == CommandError::NotRegistered {
            board.alarm(Alarm::TollFraud { who: by.to_owned(), number });
        }
    }
}

/// The number behind a spelling, if it may be dialled at all.
pub(crate) fn dialable(text: &str) -> Option<Number> {
    let number = e164(text)?;
    number::judge(&number.national()).ok()
}

/// The number behind a record's E.164 digits, if it may be dialled at all.
pub(crate) fn ordinary(digits: &str) -> Option<Number> {
    dialable(&format!("+{digits}"))
}

/// The number behind a spelling.
fn e164(text: &str) -> Option<Number> {
    Number::parse(text, number::JAPAN).ok()
}

/// May this text have been meant as a telephone number at all (and not as a feature code or a name)?
pub(crate) fn looks_like_a_number(text: &str) -> bool {
    use number::Refusal::{CarrierPrefix, Emergency, International, Navi, NotANumber, Pager, Premium, ShortCode};
    match number::judge(text) {
        Ok(_) => true,
        Err(Emergency | International | CarrierPrefix | Premium | Navi | Pager) => true,
        Err(ShortCode | NotANumber) => false,
    }
}
