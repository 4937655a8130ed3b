//! How attempts ended is written down: accepted ones together, in one transaction; each of the others by itself.

use report::retry;
use store::{Job, NewDelivery, NewTask, Settled, StoreError, TaskKind};

use super::{Ended, LEASE_MS, RENEW_MS, Worker, lane_of};
use crate::Outcome;
use crate::rescue::Lost;
use crate::told::{News, Told};

const DAY_MS: i64 = 86_400_000;
/// An outcome that cannot be written down is tried so often; after that its delivery's lease runs out.
const PUT_OFF_MAX: u32 = 100;
/// After so long, and twice as long each time up to a minute.
const PUT_OFF_MS: i64 = 1_000;

impl Ended {
    fn is_due(&self, now_ms: i64) -> bool {
        let ahead_ms = self.again_ms.saturating_sub(now_ms);
        ahead_ms <= 0 || ahead_ms > PUT_OFF_MS << 6
    }

    /// To be written down later; false: never.
    fn put_off(&mut self, now_ms: i64, error: &StoreError) -> bool {
        self.again_ms = now_ms.saturating_add(PUT_OFF_MS << self.failures.min(6));
        self.failures += 1;
        self.failures < PUT_OFF_MAX && !matches!(error, StoreError::Missing { .. })
    }
}

impl Worker {
    /// Writes down every attempt that has ended.
    ///
    /// # Errors
    /// The database is away; what is not written down is kept for the next time.
    pub(super) async fn settle(&mut self, now_ms: i64) -> Result<(), StoreError> {
        while let Some(ended) = self.attempts.try_join_next_with_id() {
            self.keep(ended);
        }
        for ended in &self.ended {
            self.lanes.end(ended.ticket, now_ms);
        }
        self.settle_accepted(now_ms).await?;
        let mut later = Vec::new();
        while let Some(mut ended) = self.ended.pop() {
            if !ended.is_due(now_ms) {
                later.push(ended);
                continue;
            }
            match self.settle_one(&ended, now_ms).await {
                Ok(()) => {}
                Err(error) if error.is_away() => {
                    self.ended.push(ended);
                    self.ended.append(&mut later);
                    return Err(error);
                }
                // Somebody has changed the outbox by hand. It must not hold up the others, nor be sent again as long as we know.
                Err(error) => {
                    tracing::error!(delivery = ended.job.id, %error, "its outcome cannot be written down");
                    if ended.put_off(now_ms, &error) {
                        later.push(ended);
                    }
                }
            }
        }
        self.ended = later;
        Ok(())
    }

    async fn settle_accepted(&mut self, now_ms: i64) -> Result<(), StoreError> {
        let of = |ended: &Ended| match &ended.outcome {
            Outcome::Accepted { remote_id } if ended.is_due(now_ms) => {
                let (id, attempt, remote_id) = (ended.job.id.clone(), ended.job.attempt, remote_id.clone());
                Some(store::Ended { id, attempt, remote_id })
            }
            Outcome::Accepted { .. } | Outcome::Retry { .. } | Outcome::Ours { .. } | Outcome::Permanent { .. } => None,
        };
        let accepted: Vec<_> = self.ended.iter().filter_map(of).collect();
        if accepted.len() < 2 {
            return Ok(());
        }
        match self.rescue.store.settle_deliveries(&accepted, now_ms).await {
            Ok(settled) => {
                let done: Vec<_> = self.ended.extract_if(.., |ended| of(ended).is_some()).collect();
                for (ended, settled) in done.iter().zip(settled) {
                    self.after(ended, settled, News::Accepted, now_ms, &[]);
                }
                Ok(())
            }
            Err(error) if error.is_away() => Err(error),
            // One of them is the trouble: they are written down one by one.
            Err(_) => Ok(()),
        }
    }

    async fn settle_one(&mut self, ended: &Ended, now_ms: i64) -> Result<(), StoreError> {
        let (store, job) = (&self.rescue.store, &ended.job);
        let next_ms = match &ended.outcome {
            Outcome::Accepted { remote_id } => {
                let settled = store.delivery_accepted(&job.id, job.attempt, remote_id, now_ms).await?;
                self.after(ended, settled, News::Accepted, now_ms, &[]);
                return Ok(());
            }
            Outcome::Retry { after_ms, .. } => retry::next(job.attempt, job.first_ms, now_ms, *after_ms),
            Outcome::Ours { why } => {
                self.alarm(job, why, now_ms).await?;
                retry::next(job.attempt, job.first_ms, now_ms, None)
            }
            Outcome::Permanent { .. } => None,
        };
        let why = why(&ended.outcome);
        if let Some(next_ms) = next_ms {
            let settled = store.delivery_retry(&job.id, job.attempt, why, next_ms, now_ms).await?;
            self.look_by(next_ms);
            // Sooner, if somebody waits behind it.
            self.peek = true;
            self.after(ended, settled, News::Retry, now_ms, &[]);
            return Ok(());
        }
        let (report, recipient, content) = (&job.report, &job.recipient, &job.content);
        let lost = Lost { report, customer: job.customer, recipient, content, urgent: job.urgent };
        let instead = self.rescue.instead(lost, now_ms).await?;
        let settled = store.delivery_dead(&job.id, job.attempt, why, &instead, now_ms).await?;
        self.after(ended, settled, News::Dead, now_ms, &instead);
        Ok(())
    }

    /// A server refuses us: one task a server and day, however many deliveries wait for it.
    async fn alarm(&self, job: &Job, why: &str, now_ms: i64) -> Result<(), StoreError> {
        let server = lane_of(&job.channel).server;
        let about = format!("server {server} {}", now_ms.div_euclid(DAY_MS));
        let task = NewTask {
            report: Some(job.report.clone()),
            delivery: Some(job.id.clone()),
            customer: job.customer,
            ..NewTask::new(TaskKind::Late, about, format!("{server}: {why}"))
        };
        self.rescue.store.add_task(&task, now_ms).await
    }

    /// What a saved outcome brings with it: the next of the room, news for the others.
    fn after(&mut self, ended: &Ended, settled: Settled, news: News, now_ms: i64, instead: &[NewDelivery]) {
        let Settled::Done { next } = settled else { return };
        if next || !instead.is_empty() {
            self.look_by(now_ms);
        }
        let job = &ended.job;
        let told = Told {
            delivery: job.id.clone(),
            report: job.report.clone(),
            customer: job.customer,
            recipient: job.recipient.clone(),
            news,
            why: why(&ended.outcome).to_owned(),
        };
        self.rescue.tell_added(&told, instead);
        self.rescue.hook.tell(told);
    }

    pub(super) fn look_by(&mut self, at_ms: i64) {
        self.look_ms = Some(self.look_ms.map_or(at_ms, |look_ms| look_ms.min(at_ms)));
    }

    /// Says that what is in hand is still in hand.
    pub(super) async fn renew(&mut self, now_ms: i64) -> Result<(), StoreError> {
        // A moment far ahead is one of a clock that has been set back since.
        if now_ms < self.renew_ms && self.renew_ms <= now_ms.saturating_add(RENEW_MS) {
            return Ok(());
        }
        let running = self.running.values().map(|running| &running.job);
        let ended = self.ended.iter().map(|ended| &ended.job);
        let ours: Vec<_> = running.chain(ended).chain(&self.held).map(|job| (job.id.clone(), job.attempt)).collect();
        if !ours.is_empty() {
            self.rescue.store.extend_deliveries(&ours, now_ms.saturating_add(LEASE_MS)).await?;
        }
        self.renew_ms = now_ms.saturating_add(RENEW_MS);
        Ok(())
    }
}

fn why(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { .. } => "",
        Outcome::Retry { why, .. } | Outcome::Ours { why } | Outcome::Permanent { why } => why,
    }
}
