//! Reports that nobody has to write go by themselves (F04, F43): a caller gave up, or the firm wants no more than a notice.

use store::{StoreError, Writer};

use super::{Chores, STUCK_MAX};

/// An operator has so long after the call to write more than a notice says, or to give a reason why there is none.
pub const FINISH_AFTER_MS: i64 = 20_000;

impl Chores {
    /// Sends the drafts that are due. One that cannot be sent stays a draft, which the proof names after an hour (F38).
    pub(super) async fn finish_by_themselves(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let store = self.rescue.store.clone();
        let ended_ms = now_ms.saturating_sub(FINISH_AFTER_MS);
        let mut page = store.due_by_themselves(ended_ms, now_ms, None).await?;
        loop {
            for report in std::mem::take(&mut page.reports) {
                self.try_to_finish(report, now_ms).await?;
            }
            let Some(next) = page.next else { return Ok(()) };
            page = store.due_by_themselves(ended_ms, now_ms, Some(&next)).await?;
        }
    }

    /// One that cannot go is told once, and keeps no other.
    async fn try_to_finish(&mut self, report: store::ReportRow, now_ms: i64) -> Result<(), StoreError> {
        if self.stuck.contains(&report.id) {
            return Ok(());
        }
        match self.finish(&report, now_ms).await {
            Ok(sent) => {
                if sent {
                    self.bell.ring();
                }
            }
            Err(error) if error.is_away() => return Err(error),
            Err(error) => {
                tracing::error!(%error, report = report.id, "a report that nobody has to write cannot be sent");
                if self.stuck.len() < STUCK_MAX {
                    self.stuck.insert(report.id);
                }
            }
        }
        Ok(())
    }

    /// False: somebody was faster, or has begun to write it.
    async fn finish(&self, report: &store::ReportRow, now_ms: i64) -> Result<bool, StoreError> {
        let store = &self.rescue.store;
        let composed = store.compose(report).await?;
        let links = &self.rescue.links;
        let links = store::MakeLinks { seen: &|| links.seen(&report.id), listen: &|| links.listen() };
        let sending = composed.sending(report, links, now_ms)?;
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
