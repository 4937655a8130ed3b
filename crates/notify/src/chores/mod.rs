//! What has to happen at its time, whoever looks: late deliveries are told and go another way (F39), ladders are climbed (X05),
//! digests go out (F27), and every hour it is proved that no answered call is without its report (F38).
//!
//! Each of these is asked of the store by time, and taken there in one transaction, so that none is forgotten by a process that
//! dies, and none is done twice by two processes.

mod digest;
mod finish;
mod ladder;

use std::collections::BTreeSet;
use std::sync::Arc;

use store::StoreError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::rescue::Rescue;
use crate::worker::Bell;

pub use finish::FINISH_AFTER_MS;
pub use ladder::{Caller, NoCaller, Spoken, SpokenCall};

/// How often all of it is looked at.
pub const ROUND_MS: i64 = 2_000;
/// A proof is made so often,
pub const PROOF_EVERY_MS: i64 = 3_600_000;
/// so long after the hour, when the calls of its end have been written up,
const PROOF_AFTER_MS: i64 = 300_000;
/// and reaches back so far before the last one: reports of yesterday's calls are still being finished.
pub const PROOF_SPAN_MS: i64 = 48 * 3_600_000;

/// So much that could not be done is remembered.
const STUCK_MAX: usize = 10_000;

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
    /// What could not be done and a person knows of, by id: told once.
    stuck: BTreeSet<String>,
    /// The first round: since then the house is up.
    since_ms: Option<i64>,
    away: bool,
}

impl Chores {
    /// Nothing done yet.
    pub fn new(rescue: Rescue, caller: Arc<dyn Caller>, bell: Bell) -> Chores {
        Chores {
            rescue,
            caller,
            bell,
            calls: JoinSet::new(),
            called: Vec::new(),
            proved_ms: None,
            stuck: BTreeSet::new(),
            since_ms: None,
            away: false,
        }
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
        let finished = self.finish_by_themselves(now_ms).await;
        let late = self.late(now_ms).await;
        let ladders = self.ladders(now_ms).await;
        let digests = self.digests(now_ms).await;
        let proof = self.prove(now_ms).await;
        finished.and(late).and(ladders).and(digests).and(proof)
    }

    async fn late(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let up_ms = now_ms.saturating_sub(*self.since_ms.get_or_insert(now_ms));
        let mut any = false;
        for late in self.rescue.store.late_deliveries(now_ms).await? {
            let row = &late.delivery;
            // After an outage of our own everything is late, and nothing has been tried yet: first it gets its time.
            if up_ms < report::retry::late_after(row.urgent) {
                continue;
            }
            match self.rescue.late(&late, now_ms).await {
                Ok(late) => any |= late,
                Err(error) if error.is_away() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, delivery = row.id, "a late delivery has no other way");
                    self.rescue.store.delivery_late(&row.id, &[], now_ms).await?;
                }
            }
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
        let store = &self.rescue.store;
        let last = store.reconciliations(None, 1).await?.into_iter().next().map(|kept| kept.to_ms);
        if self.proved_ms.is_none() && last.is_some_and(|last| last >= until_ms) {
            // Made by the process before us.
            self.proved_ms = Some(until_ms);
            return Ok(());
        }
        // However long the house was down, and however old a draft is: nothing leaves the proof before it is accounted for.
        let since_ms = last.map_or(until_ms, |last| last.min(until_ms)) - PROOF_SPAN_MS;
        let from_ms = store.open_since_ms().await?.map_or(since_ms, |open| open.min(since_ms));
        let kept = store.reconcile(from_ms, until_ms, now_ms).await?;
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
                overdue = proof.overdue,
                unsaved = proof.unsaved,
                "answered calls and reports do not match"
            );
        }
        Ok(())
    }
}
