//! Keys that the operator presses during a call (telephone-event or INFO): hold, transfer, join, back.

use std::time::{Duration, Instant};

use endpoint::LegId;

use super::super::{Call, Phase};
use super::Asked;
use crate::board::Board;
use crate::desk::TransferMode;
use crate::directory::FeatureCodes;
use crate::leg::Role;

/// Longest pause between two keys of one code.
const KEY_PAUSE_MAX: Duration = Duration::from_secs(3);

/// What a code means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Code {
    Hold,
    Attended,
    Confirmed,
    Complete,
    Cancel,
    Pause,
}

/// Keys pressed so far that may become a code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Keys {
    typed: String,
    last: Option<Instant>,
}

impl Keys {
    /// One more key; the code, if it completes one. Keys that lead to no code are forgotten.
    fn press(&mut self, now: Instant, digit: char, codes: &FeatureCodes) -> Option<Code> {
        let is_late = self.last.is_some_and(|last| now.saturating_duration_since(last) > KEY_PAUSE_MAX);
        if is_late {
            self.typed.clear();
        }
        self.last = Some(now);
        self.typed.push(digit);
        let table = [
            (&codes.hold, Code::Hold),
            (&codes.attended, Code::Attended),
            (&codes.confirmed, Code::Confirmed),
            (&codes.complete, Code::Complete),
            (&codes.cancel, Code::Cancel),
            (&codes.pause, Code::Pause),
        ];
        // A code without keys is one that is not in use.
        let in_use = || table.iter().filter(|(keys, _)| !keys.is_empty());
        if let Some((_, code)) = in_use().find(|(keys, _)| **keys == self.typed) {
            self.typed.clear();
            return Some(*code);
        }
        let leads_somewhere = |typed: &str| in_use().any(|(keys, _)| keys.starts_with(typed));
        if !leads_somewhere(&self.typed) {
            self.typed = digit.to_string();
            if !leads_somewhere(&self.typed) {
                self.typed.clear();
            }
        }
        None
    }
}

impl Call {
    /// A key on a leg, by voice path or by INFO.
    pub(crate) fn key(&mut self, board: &mut Board, now: Instant, id: LegId, digit: char) {
        match self.leg(id).filter(|leg| leg.is_up()).map(|leg| leg.role) {
            Some(Role::Operator(_) | Role::Second(_)) => self.operators_key(board, now, digit),
            Some(Role::Target) => self.target_key(board, now, id, digit),
            Some(role @ Role::Caller) => self.callers_key(board, now, role, digit),
            Some(Role::Supervisor(_)) | None => {}
        }
    }

    /// A caller's key means something only while it was asked for.
    fn callers_key(&mut self, board: &mut Board, now: Instant, role: Role, digit: char) {
        let is_offered = matches!(&self.phase, Phase::Waiting(lobby) if lobby.takes(digit));
        if is_offered {
            return self.take_offer(board, now);
        }
        if !self.alone_key(board, now, digit) {
            self.tell_key(now, role, digit);
        }
    }

    fn operators_key(&mut self, board: &mut Board, now: Instant, digit: char) {
        let directory = board.directory.clone();
        let code = self.talk_mut().and_then(|talk| talk.keys.press(now, digit, &directory.settings.feature_codes));
        let Some(code) = code else { return };
        let done = match code {
            Code::Hold => {
                let on = matches!(&self.phase, Phase::Talking(talk) if !talk.held);
                self.hold(board, now, on, "key")
            }
            Code::Attended => self.transfer_by_key(board, now, TransferMode::Attended),
            Code::Confirmed => self.transfer_by_key(board, now, TransferMode::Confirmed),
            Code::Complete => self.complete_transfer(board, now),
            Code::Cancel => self.cancel_transfer(board, now),
            Code::Pause => self.pause_recording(board, now, self.pause.is_none(), "key"),
        };
        if let Err(why) = done {
            self.refused(board, now, "key", "", &why);
        }
    }

    fn transfer_by_key(
        &mut self,
        board: &mut Board,
        now: Instant,
        mode: TransferMode,
    ) -> Result<(), crate::desk::CommandError> {
        self.check_talking()?;
        let targets = self.permitted(None, false, None)?;
        self.pass_on(board, now, Asked { mode, by: "key", reason: String::new(), second: None, refer: None }, targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_a_code_only_in_time_and_in_order() {
        let codes = FeatureCodes::default();
        let now = crate::calls::tests::some_moment();
        let mut keys = Keys::default();
        let mut type_at = |second: u64, digit| keys.press(now + Duration::from_secs(second), digit, &codes);
        assert_eq!(type_at(0, '*'), None);
        assert_eq!(type_at(1, '5'), Some(Code::Hold));
        assert_eq!(type_at(2, '5'), None, "a code is used up");
        assert_eq!(type_at(3, '*'), None);
        assert_eq!(type_at(9, '1'), None, "too late");
        assert_eq!(type_at(10, '9'), None);
        assert_eq!(type_at(11, '*'), None);
        assert_eq!(type_at(12, '*'), None, "a wrong key may begin the right code");
        assert_eq!(type_at(13, '1'), Some(Code::Attended));
    }

    #[test]
    fn a_code_without_keys_is_never_keyed() {
        let codes = FeatureCodes { pause: String::new(), ..FeatureCodes::default() };
        let now = crate::calls::tests::some_moment();
        let mut keys = Keys::default();
        let made: Vec<_> = "7*79".chars().map(|digit| keys.press(now, digit, &codes)).collect();
        assert_eq!(made, [None; 4]);
        assert_eq!(keys.typed, "");
    }
}
