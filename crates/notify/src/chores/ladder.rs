//! The ladder of an urgent report that nobody has confirmed (X05): another place, another person, a spoken call, a supervisor.

use std::time::Duration;

use futures_util::future::BoxFuture;
use report::{RungTo, ladder::Step};
use store::{DueLadder, NewTask, StoreError, TaskKind};

use super::Chores;
use crate::told::{News, Told};

/// A ladder is ours for so long: longer than a spoken call.
pub const LADDER_LEASE_MS: i64 = 150_000;
/// A spoken call has ended by then: it has rung, and has been listened to.
const CALL_MAX: Duration = Duration::from_secs(120);
/// Spoken calls at once.
const CALLS_MAX: usize = 8;

/// Calls a person and says that there is an urgent report ("press 1 to confirm"). The switch can; this crate does not know it.
pub trait Caller: Send + Sync + 'static {
    /// Calls, and ends when the call has.
    fn call(&self, call: SpokenCall) -> BoxFuture<'static, Spoken>;
}

/// Whom to call about what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpokenCall {
    /// The report.
    pub report: String,
    /// Client firm.
    pub customer: Option<i64>,
    /// The number as the firm wrote it.
    pub number: String,
}

/// How a spoken call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spoken {
    /// Somebody has pressed 1.
    Confirmed,
    /// Nobody has; why, for people.
    Unconfirmed(String),
    /// Nobody was called, because this house cannot call; why, for people. A supervisor has to.
    Impossible(String),
}

/// Nobody can be called.
#[derive(Clone, Copy, Debug)]
pub struct NoCaller;

impl Caller for NoCaller {
    fn call(&self, _: SpokenCall) -> BoxFuture<'static, Spoken> {
        Box::pin(async { Spoken::Impossible("there is no telephone here".to_owned()) })
    }
}

/// A spoken call that has ended.
pub(super) struct Ended {
    call: SpokenCall,
    rung: usize,
    spoken: Spoken,
}

impl Chores {
    /// Climbs the rungs that are due.
    pub(super) async fn ladders(&mut self, now_ms: i64) -> Result<(), StoreError> {
        while let Some(ended) = self.calls.try_join_next() {
            self.keep(ended);
        }
        while let Some(ended) = self.called.pop() {
            if let Err(error) = self.settle_call(&ended, now_ms).await {
                self.called.push(ended);
                return Err(error);
            }
        }
        for due in self.rescue.store.due_ladders(now_ms, LADDER_LEASE_MS).await? {
            // One at a time: climbing it ends the lease, and the next one is due by then.
            let Some(step) = due.steps.first() else { continue };
            match self.climb(&due, step, now_ms).await {
                Ok(()) => {}
                Err(error) if error.is_away() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, report = due.report, "a rung cannot be climbed");
                    self.task(&due, step.rung, "the rung could not be climbed", now_ms).await?;
                }
            }
        }
        Ok(())
    }

    /// Until a spoken call has ended; for ever if there is none. What has ended is taken up by the next round.
    pub(super) async fn spoken(&mut self) {
        match self.calls.join_next().await {
            Some(ended) => self.keep(ended),
            None => std::future::pending().await,
        }
    }

    fn keep(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        match ended {
            Ok(ended) => self.called.push(ended),
            // A bug of ours; the ladder is due again when its lease is over.
            Err(error) => tracing::error!(%error, "a spoken call broke off"),
        }
    }

    /// A spoken call is made first, and climbed when it has ended; everything else is climbed at once.
    async fn climb(&mut self, due: &DueLadder, step: &Step, now_ms: i64) -> Result<(), StoreError> {
        match &step.to {
            RungTo::Recipient(recipient) => self.send_again(due, step.rung, recipient, now_ms).await,
            RungTo::Phone(number) => {
                if self.calls.len() >= CALLS_MAX {
                    // All lines are busy: it is due again at once, not when the lease of a call that nobody makes is over.
                    return self.rescue.store.put_ladder_off(&due.report, step.rung, now_ms).await;
                }
                let (report, customer, number) = (due.report.clone(), due.customer, number.clone());
                let (call, rung) = (SpokenCall { report, customer, number }, step.rung);
                let calling = self.caller.call(call.clone());
                self.calls.spawn(async move {
                    let spoken = tokio::time::timeout(CALL_MAX, calling).await;
                    let spoken = spoken.unwrap_or_else(|_| Spoken::Unconfirmed("no end of the call".to_owned()));
                    Ended { call, rung, spoken }
                });
                Ok(())
            }
            RungTo::Supervisor => self.task(due, step.rung, "", now_ms).await,
        }
    }

    /// The same report to another place, once more to the same one if that is what the firm wants.
    async fn send_again(
        &mut self,
        due: &DueLadder,
        rung: usize,
        recipient: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let store = &self.rescue.store;
        let profile = match due.customer {
            Some(customer) => Some(store.profile(customer).await?.profile),
            None => None,
        };
        let place = profile.as_ref().and_then(|profile| profile.recipient(recipient));
        let first = store.report_deliveries(&due.report).await?.into_iter().next();
        let (Some(place), Some(first)) = (place.filter(|place| place.active && place.channel.is_written()), first)
        else {
            // Somebody has to know, rather than nobody because the firm has changed its recipients meanwhile.
            return self.task(due, rung, recipient, now_ms).await;
        };
        let content = store.delivery_content(&first.id).await?;
        let new = [self.rescue.delivery(place, &content, true, "ladder", now_ms)?];
        let climbed = store.advance_ladder(&due.report, rung, &new, &[], now_ms).await?;
        if climbed {
            self.bell.ring();
            let (delivery, report, recipient) = (first.id, due.report.clone(), first.recipient);
            let (customer, why) = (due.customer, String::new());
            self.rescue.tell_added(&Told { delivery, report, customer, recipient, news: News::Added, why }, &new);
        }
        Ok(())
    }

    async fn task(&self, due: &DueLadder, rung: usize, detail: &str, now_ms: i64) -> Result<(), StoreError> {
        let task = NewTask {
            report: Some(due.report.clone()),
            customer: due.customer,
            ..NewTask::new(TaskKind::Unread, format!("{}/{rung}", due.report), detail)
        };
        self.rescue.store.advance_ladder(&due.report, rung, &[], &[task], now_ms).await?;
        Ok(())
    }

    /// A spoken call has ended: the report is seen, or the ladder goes on.
    async fn settle_call(&self, ended: &Ended, now_ms: i64) -> Result<(), StoreError> {
        let call = &ended.call;
        match &ended.spoken {
            Spoken::Confirmed => {
                self.rescue.store.report_seen(&call.report, &format!("tel {}", call.number), now_ms).await?;
            }
            Spoken::Impossible(why) => {
                let task = NewTask {
                    report: Some(call.report.clone()),
                    customer: call.customer,
                    ..NewTask::new(
                        TaskKind::Unread,
                        format!("{}/{}", call.report, ended.rung),
                        format!("tel {}: {why}", call.number),
                    )
                };
                self.rescue.store.advance_ladder(&call.report, ended.rung, &[], &[task], now_ms).await?;
            }
            Spoken::Unconfirmed(why) => {
                tracing::info!(report = call.report, why, "nobody has confirmed the spoken call");
                self.rescue.store.advance_ladder(&call.report, ended.rung, &[], &[], now_ms).await?;
            }
        }
        Ok(())
    }
}
