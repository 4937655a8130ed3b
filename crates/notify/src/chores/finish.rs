//! Reports that nobody has to write go by themselves (F04, F43): a caller gave up, or the firm wants no more than a notice.

use store::{StoreError, Writer};

use super::{Chores, STUCK_MAX};

/// An operator has so long after the call to write more than a notice says, or to give a reason why there is none.
pub const FINISH_AFTER_MS: i64 = 20_000;

impl Chores {
    /// Sends the drafts that are due. One that cannot be sent stays a draft, which the proof names after an hour (F38).
    pub(super) async fn finish_by_themselves(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let store = self.rescue.store.clone();
        let mut any = false;
        for report in store.due_by_themselves(now_ms.saturating_sub(FINISH_AFTER_MS), now_ms).await? {
            if self.stuck.contains(&report.id) {
                continue;
            }
            match self.finish(&report, now_ms).await {
                Ok(sent) => any |= sent,
                Err(error) if error.is_away() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, report = report.id, "a report that nobody has to write cannot be sent");
                    if self.stuck.len() < STUCK_MAX {
                        self.stuck.insert(report.id);
                    }
                }
            }
        }
        if any {
            self.bell.ring();
        }
        Ok(())
    }

    /// False: somebody was faster, or has begun to write it.
    async fn finish(&self, report: &store::ReportRow, now_ms: i64) -> Result<bool, StoreError> {
        let store = &self.rescue.store;
        let composed = store.compose(report).await?;
        let links = &self.rescue.links;
        let sending = composed.sending(report, &|| links.seen(&report.id), now_ms)?;
        let writer = Writer { login: "denwaban".to_owned(), name: "denwaban".to_owned(), operator: None };
        match store.send_report(&report.id, &sending, &writer, now_ms).await {
            Ok(sent) => Ok(!sent.again),
            Err(StoreError::Conflict(why)) => {
                tracing::debug!(?why, report = report.id, "not sent by itself");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
