//! Operators at their desks, pressing whatever button there is.

use acd::{CallId, OperatorId};
use switch::media::Prompt;
use switch::{Command, CustomerId, Event, Notice, Transfer, TransferMode};

use crate::chance::Chance;

/// Calls that desks know of.
#[derive(Debug, Default)]
pub struct Desk {
    calls: Vec<CallId>,
}

impl Desk {
    /// What desks see.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::CallArrived { call, .. } => self.calls.extend(call.parse::<CallId>()),
            Event::CallEnded { call, .. } => self.calls.retain(|known| known.to_string() != *call),
            Event::ScreenPop { .. } | Event::PopClosed { .. } | Event::CallAnswered { .. } => {}
            Event::CallChanged { .. } | Event::TransferFailed { .. } | Event::MessageLeft { .. } => {}
            Event::OperatorState { .. } | Event::TrunkState { .. } => {}
            Event::Promise { .. } | Event::Alarm(_) => {}
            Event::PreConnect { .. } | Event::Notified { .. } => {}
        }
    }

    /// Somebody presses something.
    pub fn presses(&self, chance: &mut Chance) -> Command {
        let operator = OperatorId(chance.of(1, &[2, 3]));
        let Some((first, others)) = self.calls.split_first() else {
            return around(operator, chance);
        };
        let call = chance.of(*first, others);
        let mode = chance.of(TransferMode::Attended, &[TransferMode::Confirmed]);
        let to = chance
            .of(None, &[Some(crate::house::MOBILES), None])
            .map(|[first, second]| chance.of(first, &[second, "0570123456"]).to_owned());
        let reason = chance.percent(30).then(|| "asked".to_owned());
        let transfer = Transfer { mode, to, urgent: chance.percent(50), reason };
        match chance.below(20) {
            0..2 => Command::Hold { call, on: true },
            2..4 => Command::Hold { call, on: false },
            4 => Command::Mute { call, on: true },
            5 => Command::Mute { call, on: false },
            6..11 => Command::Transfer { call, transfer },
            11..14 => Command::CompleteTransfer { call },
            14..16 => Command::CancelTransfer { call },
            16 => Command::Hangup { call },
            _ => around(operator, chance),
        }
    }

    /// Somebody wants a notice spoken.
    pub fn notifies(chance: &mut Chance, id: u64) -> Command {
        let [first, second] = crate::house::MOBILES;
        Command::NotifyCall(Notice {
            id: format!("notice {id}"),
            customer: CustomerId(chance.of(1, &[2, 3])),
            number: chance.of(first, &[second, second, "09055556666"]).to_owned(),
            prompt: Prompt::named("notice"),
            key: '1',
        })
    }
}

/// Something that is not about one call.
fn around(operator: OperatorId, chance: &mut Chance) -> Command {
    match chance.below(10) {
        0..5 => Command::SetOperatorState { operator, ready: true, reason: String::new() },
        5 => Command::SetOperatorState { operator, ready: false, reason: "lunch".to_owned() },
        6..9 => Command::FinishWrapUp { operator },
        _ => Command::Snapshot,
    }
}
