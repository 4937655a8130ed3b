//! Whether an operator writes a report now: the switch is told, and the wrap-up lasts as long as the directory allows.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use store::ReportRow;
use switch::{Command, OperatorId};

use crate::api::Api;
use crate::auth::Login;

/// Operators whose drafts are looked at now and then: a browser that died does not say so.
#[derive(Default)]
pub(crate) struct Watched(Mutex<BTreeSet<i64>>);

impl Watched {
    /// From now on this operator is; `false`: is already.
    fn begin(&self, operator: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(operator)
    }

    fn end(&self, operator: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&operator);
    }
}

/// The asker has taken a draft or let one go: the switch is told whether he or she writes any now.
pub(super) async fn tell_open(api: &Api, login: &Login) {
    if let Some(operator) = login.operator {
        tell_of(api, &login.name, operator).await;
    }
}

/// A draft was taken over: the switch is told the same of whoever had it before.
pub(super) async fn tell_robbed(api: &Api, login: &Login, before: &ReportRow) {
    let Some(lock) = before.lock.as_ref().filter(|lock| lock.login != login.name) else { return };
    match api.store.operator_of_user(&lock.login).await {
        Ok(Some(operator)) if login.operator != Some(operator) => tell_of(api, &lock.login, operator).await,
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "nobody knows whose draft this was"),
    }
}

async fn tell_of(api: &Api, login: &str, operator: i64) {
    let open = is_open(api, login).await.unwrap_or(false);
    say(api, operator, open).await;
    if open && api.watched.begin(operator) {
        tokio::spawn(watch(api.clone(), login.to_owned(), operator));
    }
}

/// Until the operator writes no draft any more, be it that a lock has run out.
async fn watch(api: Api, login: String, operator: i64) {
    loop {
        tokio::time::sleep(api.look_again).await;
        if is_open(&api, &login).await != Some(false) {
            continue;
        }
        api.watched.end(operator);
        say(&api, operator, false).await;
        // Another may have been opened in between, and found that somebody watches.
        if is_open(&api, &login).await == Some(false) || !api.watched.begin(operator) {
            return;
        }
        say(&api, operator, true).await;
    }
}

/// `None`: the database is away.
async fn is_open(api: &Api, login: &str) -> Option<bool> {
    match api.store.holds_draft(login, api.now_ms()).await {
        Ok(open) => Some(open),
        Err(error) => {
            tracing::debug!(%error, "nobody knows whether a draft is open");
            None
        }
    }
}

/// That the switch cannot be told now stops nobody.
async fn say(api: &Api, operator: i64, open: bool) {
    let command = Command::ReportOpen { operator: OperatorId(operator), open };
    if let Err(why) = api.switchboard.command(command).await {
        tracing::debug!(operator, ?why, "the switch was not told of an open report");
    }
}
