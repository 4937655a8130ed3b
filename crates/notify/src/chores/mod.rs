//! What has to happen at its time, whoever looks: late deliveries are told and go another way (F39), ladders are climbed (X05),
//! digests go out (F27), and every hour it is proved that no answered call is without its report (F38).
//!
//! Each of these is asked of the store by time, and taken there in one transaction, so that none is forgotten by a process that
//! dies, and none is done twice by two processes.

mod digest;
mod ladder;

use std::sync::Arc;

use store::StoreError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::rescue::Rescue;
use crate::worker::Bell;

pub use ladder::{Caller, NoCaller, Spoken, SpokenCall};

/// How often all of it is looked at.
pub const ROUND_MS: i64 = 2_000;
/// A proof is made so often,
pub const PROOF_EVERY_MS: i64 = 3_600_000;
/// so long after the hour, when the calls of its end have been written up,
const PROOF_AFTER_MS: i64 = 300_000;
/// and reaches back so far: reports of yesterday's calls are still being finished.
pub const PROOF_SPAN_MS: i64 = 48 * 3_600_000;

/// Does what is due.
pub struct Chores {
    rescue: Rescue,
    caller: Arc<dyn Caller>,
    bell: Bell,
    /// Spoken calls under way.
    calls: JoinSet<ladder::Ended>,
    /// Those that have ended, and are not written down yet.
    called: Vec<ladder::Ended>,
    /// Start of the hour whose proof was made last.
    proved_ms: Option<i64>,
    away: bool,
}

impl Chores {
    /// Nothing done yet.
    pub fn new(rescue: Rescue, caller: Arc<dyn Caller>, bell: Bell) -> Chores {
        Chores { rescue, caller, bell, calls: JoinSet::new(), called: Vec::new(), proved_ms: None, away: false }
    }

    /// Works until `stop` says so.
    pub async fn run(mut self, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
        loop {
            let now_ms = clock.now_ms();
            match self.round(now_ms).await {
                Ok(()) => self.away = false,
                Err(error) if self.away => tracing::debug!(%error, "still not done"),
                Err(error) => {
                    self.away = true;
                    tracing::error!(%error, "late reports, ladders and digests cannot be looked at");
                }
            }
            tokio::select! {
                () = clock.sleep_until(now_ms.saturating_add(ROUND_MS)) => {}
                () = self.spoken() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Everything that is due now. Each of them is tried, also after another has failed.
    ///
    /// # Errors
    /// The first that the database said.
    pub async fn round(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let late = self.late(now_ms).await;
        let ladders = self.ladders(now_ms).await;
        let digests = self.digests(now_ms).await;
        let proof = self.prove(now_ms).await;
        late.and(ladders).and(digests).and(proof)
    }

    async fn late(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let mut any = false;
        for late in self.rescue.store.late_deliveries(now_ms).await? {
            any |= self.rescue.late(&late.delivery, now_ms).await?;
        }
        if any {
            self.bell.ring();
        }
        Ok(())
    }

    /// The proof of the hours until the last full one.
    async fn prove(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let until_ms = now_ms.saturating_sub(PROOF_AFTER_MS).div_euclid(PROOF_EVERY_MS) * PROOF_EVERY_MS;
        if self.proved_ms == Some(until_ms) {
            return Ok(());
        }
        if self.proved_ms.is_none() {
            // Made by the process before us?
            let kept = self.rescue.store.reconciliations(None, 1).await?;
            if kept.iter().any(|kept| kept.to_ms >= until_ms) {
                self.proved_ms = Some(until_ms);
                return Ok(());
            }
        }
        let kept = self.rescue.store.reconcile(until_ms - PROOF_SPAN_MS, until_ms, now_ms).await?;
        self.proved_ms = Some(until_ms);
        let proof = &kept.proof;
        if proof.holds() {
            tracing::info!(
                answered = proof.answered,
                sent = proof.sent,
                waived = proof.waived,
                open = proof.open,
                "every answered call has its report"
            );
        } else {
            tracing::error!(
                missing = proof.missing,
                doubled = proof.doubled,
                strangers = proof.strangers,
                "answered calls and reports do not match"
            );
        }
        Ok(())
    }
}
