//! Tells the switch what earlier processes knew of callers: who has called which firm (F06), who has today (F09), who was promised a
//! call back that was not made, whose reports are open. In the background: calls are taken meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use number::{JAPAN, Number};
use store::{PromisedCallBack, Store, StoreError};
use switch::past::{Past, PastCall, PastPromise};
use switch::{CallId, CustomerId, OperatorId};
use tokio::time::MissedTickBehavior;

use crate::engine::EngineHandle;

const DAY_MS: i64 = 86_400_000;

/// How often it is asked whose reports are open.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Whoever has not called a firm for so long is new again: as long as reports are shown, half a year and a little.
const KNOWN_MS: i64 = 190 * DAY_MS;

/// Tells all of it, once.
pub async fn tell(store: Store, engine: EngineHandle, begun_ms: i64) {
    if let Err(error) = promises(&store, &engine, begun_ms).await {
        tracing::warn!(%error, "call backs that were promised before are not known");
    }
    if let Err(error) = visits(&store, &engine, begun_ms).await {
        tracing::warn!(%error, "callers of the last day are not known");
    }
    match callers(&store, &engine, begun_ms).await {
        Ok(calls) => tracing::info!(calls, "callers of the last half year are known"),
        Err(error) => tracing::warn!(%error, "nobody is called a new caller: earlier ones are not known"),
    }
}

/// Tells whose reports are not done (F38), now and for ever: what somebody did past the switch is mended so.
pub async fn follow_reports(store: Store, engine: EngineHandle) {
    let mut looks = tokio::time::interval(LOOK_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        match store.open_reports().await {
            Ok(open) => {
                let open = open.into_iter().map(|(call, operator)| (call, OperatorId(operator))).collect();
                if !engine.open_reports(open).await {
                    return;
                }
            }
            Err(error) => tracing::debug!(%error, "whose reports are open is known from before"),
        }
    }
}

/// Call backs that a process promised and did not live to make. Each is marked, so that the next start does not promise it again: the
/// switch has it by then as a call of its own, with a record.
async fn promises(store: &Store, engine: &EngineHandle, begun_ms: i64) -> Result<(), StoreError> {
    let found = store.promised_call_backs(begun_ms.saturating_sub(DAY_MS)).await?;
    if found.is_empty() {
        return Ok(());
    }
    // One caller, one call back: the latest. A process that died before it could mark an older one leaves two.
    let latest: BTreeMap<(i64, &str), &PromisedCallBack> =
        found.iter().map(|promise| ((promise.customer, promise.caller.as_str()), promise)).collect();
    let promises: Vec<PastPromise> = latest.into_values().filter_map(promise).collect();
    tracing::info!(call_backs = promises.len(), "promised before the process died: taken up");
    if !engine.past(Past::Promises(promises)).await {
        return Ok(());
    }
    let detail = serde_json::json!({ "by": "switchboard" });
    for taken in &found {
        store.call_back_taken_over(taken.call, &detail, crate::clock::unix_ms()).await?;
    }
    Ok(())
}

fn promise(found: &PromisedCallBack) -> Option<PastPromise> {
    Some(PastPromise {
        call: past_call(found.call, found.customer, &found.caller, found.arrived_ms)?,
        did: found.did.clone(),
        by_policy: found.by_policy,
        promised_ms: found.promised_ms,
        tries: u8::try_from(found.tries).unwrap_or(u8::MAX),
    })
}

async fn visits(store: &Store, engine: &EngineHandle, begun_ms: i64) -> Result<(), StoreError> {
    let recent = store.recent_callers(begun_ms.saturating_sub(DAY_MS)).await?;
    let past = |visit: &store::RecentCaller| past_call(visit.call, visit.customer, &visit.caller, visit.arrived_ms);
    engine
        .past(Past::Visits(recent.iter().filter(|visit| visit.arrived_ms < begun_ms).filter_map(past).collect()))
        .await;
    Ok(())
}

/// Page by page, oldest first. Gives the number of calls that had a caller.
async fn callers(store: &Store, engine: &EngineHandle, begun_ms: i64) -> Result<usize, StoreError> {
    let mut after = (begun_ms.saturating_sub(KNOWN_MS), CallId(0));
    let mut calls = 0;
    loop {
        let (page, next) = store.callers_page(after).await?;
        let known = page.iter().filter_map(|(customer, caller)| Some((CustomerId(*customer), number(caller)?)));
        let known: Vec<(CustomerId, Number)> = known.collect();
        calls += known.len();
        if !engine.past(Past::Callers(known)).await {
            return Ok(calls);
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    engine.past(Past::AllCallers).await;
    Ok(calls)
}

fn past_call(call: CallId, customer: i64, caller: &str, arrived_ms: i64) -> Option<PastCall> {
    Some(PastCall { call, customer: CustomerId(customer), caller: number(caller)?, arrived_ms })
}

fn number(digits: &str) -> Option<Number> {
    Number::parse(&format!("+{digits}"), JAPAN).ok()
}
