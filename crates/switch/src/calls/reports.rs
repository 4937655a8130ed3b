//! What the switch is told of reports (F38): whose are open, and which are done.

use std::time::Instant;

use acd::{CallId, OperatorId};

use super::Calls;

impl Calls {
    /// The report of this call is sent, or there will be none.
    pub(crate) fn report_done(&mut self, now: Instant, call: CallId) {
        if let Some(operator) = self.board.owed.done(now, call) {
            self.owes(now, operator);
            self.run_queue(now);
        }
    }

    /// All reports that are open, as the database has them.
    pub(crate) fn open_reports(&mut self, now: Instant, open: &[(CallId, OperatorId)]) {
        for operator in self.board.owed.replace(now, open) {
            self.owes(now, operator);
        }
        self.run_queue(now);
    }

    /// How many may be open has changed, or there are operators whom the queue has not known.
    pub(super) fn tell_what_is_owed(&mut self, now: Instant) {
        self.board.queue.set_reports_max(now, self.board.directory.settings.open_reports_max);
        for (operator, reports) in self.board.owed.operators() {
            self.board.queue.owes(now, operator, reports);
        }
    }

    fn owes(&mut self, now: Instant, operator: OperatorId) {
        self.board.queue.owes(now, operator, self.board.owed.of(operator));
    }
}
