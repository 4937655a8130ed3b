//! Reports that are not done: an operator with too many of them becomes ready when enough are, and not before (F38).
//!
//! Only operators are kept so. Supervisors and managers ring because nobody else can: a caller is worth more than a report in time.

use super::Queue;
use crate::roster::{Activity, Post};
use crate::{OperatorId, StateRefused, Tier, Wish};
use std::time::Instant;

/// The reason of an operator who is not ready because of reports. Whoever is not ready for it becomes ready by itself.
pub const REPORTS_OPEN: &str = "reports_open";

impl Queue {
    /// So many reports may be open of an operator who becomes ready; `None`: any number.
    pub fn set_reports_max(&mut self, now: Instant, max: Option<u32>) {
        if std::mem::replace(&mut self.reports_max, max) != max {
            for operator in self.roster.ids() {
                self.let_go(now, operator);
            }
            self.after(now);
        }
    }

    /// So many reports are not done of the calls that this operator took. Who is ready stays so: it counts when they are to become
    /// ready again.
    pub fn owes(&mut self, now: Instant, operator: OperatorId, reports: u32) {
        self.roster.owe(operator, reports);
        self.let_go(now, operator);
        self.after(now);
    }

    /// Whether reports keep them from becoming ready.
    pub(super) fn is_kept(&self, post: &Post) -> Result<(), StateRefused> {
        match self.reports_max {
            Some(max) if post.owes > max && post.operator.tier == Tier::Operator => {
                Err(StateRefused::ReportsOpen { open: post.owes, max })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What becomes of a wish that comes true now.
    pub(super) fn granted(&self, post: &Post, wish: Wish) -> Activity {
        match (&wish, self.is_kept(post)) {
            (Wish::Ready, Err(_)) => Activity::NotReady { reason: REPORTS_OPEN.to_owned() },
            (Wish::Ready | Wish::NotReady { .. } | Wish::LogOut, Ok(()) | Err(_)) => wish.into(),
        }
    }

    /// Ready at last, if only reports were in the way.
    pub(super) fn let_go(&mut self, now: Instant, operator: OperatorId) {
        let Some(post) = self.roster.get(operator) else { return };
        let waits = matches!(&post.activity, Activity::NotReady { reason } if reason == REPORTS_OPEN);
        if waits && self.is_kept(post).is_ok() {
            self.settle(now, operator, Wish::Ready);
        }
    }
}
