//! What desks ask for, and whom it concerns.

use std::time::Instant;

use acd::{CallId, StateRefused, Wish};
use number::Number;

use super::Calls;
use crate::board::Board;
use crate::call::{Call, Phase};
use crate::desk::{Command, CommandError, Reply, RouteNow};
use crate::directory::plain;

impl Calls {
    /// A desk asks for something.
    pub(crate) fn command(&mut self, now: Instant, number: u64, command: Command) {
        let result = match command {
            Command::SetOperatorState { operator, ready, reason } => {
                let wish = if ready { Wish::Ready } else { Wish::NotReady { reason: plain(&reason) } };
                let set = self.board.queue.set_state(now, operator, wish);
                set.map(|()| Reply::Accepted).map_err(|refused| match refused {
                    StateRefused::UnknownOperator(_) => CommandError::UnknownOperator,
                    StateRefused::ReportsOpen { open, max } => CommandError::ReportsOpen { open, max },
                })
            }
            Command::ReportOpen { operator, open } => {
                let told = self.board.queue.report_open(now, operator, open);
                told.map(|()| Reply::Accepted).map_err(|_| CommandError::UnknownOperator)
            }
            Command::FinishWrapUp { operator } => match self.board.queue.operator(operator) {
                Some(_) => {
                    self.board.queue.finish_wrap_up(now, operator);
                    Ok(Reply::Accepted)
                }
                None => Err(CommandError::UnknownOperator),
            },
            Command::Hold { call, on } => self.ask(now, call, |call, board| call.hold(board, now, on, "desk")),
            Command::Mute { call, on } => self.ask(now, call, |call, board| call.mute(board, now, on)),
            Command::PauseRecording { call, on } => {
                self.ask(now, call, |call, board| call.pause_recording(board, now, on, "desk"))
            }
            Command::Transfer { call, transfer } => {
                self.ask(now, call, |call, board| call.transfer(board, now, &transfer))
            }
            Command::CompleteTransfer { call } => self.ask(now, call, |call, board| call.complete_transfer(board, now)),
            Command::CancelTransfer { call } => self.ask(now, call, |call, board| call.cancel_transfer(board, now)),
            Command::Hangup { call } => self.ask(now, call, |call, board| {
                call.end(board, now, "hung_up_by_desk");
                Ok(())
            }),
            Command::Supervise { call, supervisor, mode } => {
                self.ask(now, call, |call, board| call.supervise(board, now, supervisor, mode))
            }
            Command::StopSupervising { call, supervisor } => {
                self.ask(now, call, |call, board| call.stop_supervising(board, now, supervisor))
            }
            Command::NotifyCall(notice) => self.notify(now, notice).map(|()| Reply::Accepted),
            Command::RecordingClock { call } => match self.calls.get(&call) {
                Some(call) => Ok(Reply::RecordingClock(call.recording_ms(now))),
                None => Err(CommandError::UnknownCall),
            },
            Command::Snapshot => Ok(Reply::Snapshot(Box::new(self.snapshot(now)))),
            Command::Route { number } => Ok(Reply::Route(Box::new(self.route(now, &number)))),
            Command::Today { firms } => Ok(Reply::Today(Box::new(self.today(now, firms)))),
            // The SIP side knows.
            Command::Trunks => return self.board.tell_trunks(number),
            Command::Bans => return self.board.bans(number),
            Command::ClearBans { source } => return self.board.clear_bans(number, source),
        };
        self.board.done(number, result);
        self.run_queue(now);
    }

    /// What would become of a call to this number now.
    fn route(&self, now: Instant, dialled: &str) -> RouteNow {
        let (directory, unix_ms) = (&self.board.directory, self.board.unix_ms(now));
        let did = Number::parse(dialled, number::JAPAN).ok();
        let id = did.and_then(|did| directory.dids.get(&did));
        let customer = id.and_then(|id| directory.customers.get(id));
        let said = customer.map(|customer| customer.greeting_at(unix_ms).0).filter(|text| !text.is_empty());
        RouteNow {
            customer: customer.map(|customer| customer.id.0),
            customer_name: customer.map(|customer| customer.name.clone()).unwrap_or_default(),
            greeting: said.unwrap_or(&directory.settings.default_greeting).to_owned(),
            open: customer.is_none_or(|customer| customer.calendar.at(unix_ms).is_open()),
        }
    }

    /// A command to one call.
    fn ask(
        &mut self,
        now: Instant,
        id: CallId,
        what: impl FnOnce(&mut Call, &mut Board) -> Result<(), CommandError>,
    ) -> Result<Reply, CommandError> {
        let is_over = self.calls.get(&id).is_none_or(|call| matches!(call.phase, Phase::Over { .. }));
        if is_over {
            return Err(CommandError::UnknownCall);
        }
        let mut result = Err(CommandError::UnknownCall);
        self.with_call(now, id, |call, board| result = what(call, board));
        result.map(|()| Reply::Accepted)
    }
}
