//! `denwaban report send`, `send-to`, `resend`, `waive`, `tasks`, `task` and `proofs`: what becomes of reports.

use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, escaped, list, number, text};
use super::super::output::clean;
use super::super::rows::{self, Is};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `report task`.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("end").required(true))]
pub struct Task {
    /// Its number
    id: i64,
    /// It is done: the firm knows
    #[arg(long, group = "end")]
    done: bool,
    /// It was tried in vain, or is not needed
    #[arg(long, group = "end")]
    dropped: bool,
    /// What came of it: whom one spoke with
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// Sends a draft.
pub async fn deliver(context: &Context, id: &str) -> Result<(), Troubles> {
    let sent = ask(context, "POST", &format!("/reports/{}/send", escaped(id)), Some(&json!({}))).await?;
    context.out.one(&sent, || match list(&sent, "deliveries").len() {
        0 => words::REPORT_KEPT.with(&[&id]),
        count => words::REPORT_SENT.with(&[&id, &count]),
    });
    Ok(())
}

/// There will be no report.
pub async fn waive(context: &Context, id: &str, reason: &str) -> Result<(), Troubles> {
    let body = json!({ "reason": reason });
    let waived = ask(context, "POST", &format!("/reports/{}/waive", escaped(id)), Some(&body)).await?;
    context.out.one(&waived, || words::REPORT_WAIVED.with(&[&id]));
    Ok(())
}

/// Sends once more what was given up.
pub async fn resend(context: &Context, delivery: &str) -> Result<(), Troubles> {
    let made = ask(context, "POST", &format!("/deliveries/{}/resend", escaped(delivery)), None).await?;
    context.out.one(&made, || words::RESENT.with(&[&text(&made, "id"), &clean(text(&made, "label"))]));
    Ok(())
}

/// To one recipient more.
pub async fn send_to(context: &Context, id: &str, recipient: &str) -> Result<(), Troubles> {
    let body = json!({ "recipient": recipient });
    let made = ask(context, "POST", &format!("/reports/{}/deliveries", escaped(id)), Some(&body)).await?;
    context.out.one(&made, || words::SENT_TO.with(&[&id, &clean(text(&made, "label"))]));
    Ok(())
}

/// What is to be done.
pub async fn tasks(context: &Context) -> Result<(), Troubles> {
    let tasks = ask(context, "GET", "/tasks", None).await?;
    let columns = [
        (words::ID, "/id", Is::Plain),
        (words::SAID_AT, "/created_ms", Is::Time),
        (words::TASK, "/kind", Is::Plain),
        (words::FIRM, "/customer_name", Is::Plain),
        (words::REPORT, "/report", Is::Plain),
        (words::RECIPIENT, "/label", Is::Plain),
        (words::DETAIL, "/detail", Is::Line),
    ];
    rows::list(context, tasks.as_array().map_or(&[], Vec::as_slice), &columns);
    Ok(())
}

/// Somebody has dealt with one.
pub async fn task(context: &Context, Task { id, done, dropped: _, note }: Task) -> Result<(), Troubles> {
    let body = json!({ "end": if done { "done" } else { "dropped" }, "note": note });
    let ended = ask(context, "POST", &format!("/tasks/{id}"), Some(&body)).await?;
    let now = ended.get("now") == Some(&Value::Bool(true));
    context.out.one(&ended, || if now { words::TASK_ENDED } else { words::TASK_WAS_ENDED }.with(&[&id]));
    Ok(())
}

/// Proofs that every answered call has its report; fails if their chain was changed.
pub async fn proofs(context: &Context, limit: u32, before: Option<i64>) -> Result<(), Troubles> {
    let before = before.map(|before| format!("&before={before}")).unwrap_or_default();
    let proofs = ask(context, "GET", &format!("/reconciliations?limit={limit}{before}"), None).await?;
    let columns = [
        (words::ID, "/id", Is::Plain),
        (words::AT, "/at_ms", Is::Time),
        (words::FROM_TIME, "/from_ms", Is::Time),
        (words::UNTIL, "/to_ms", Is::Time),
        (words::ANSWERED, "/proof/answered", Is::Plain),
        (words::SENT_AT, "/proof/sent", Is::Plain),
        (words::WAIVED_BECAUSE, "/proof/waived", Is::Plain),
        (words::OPEN, "/proof/open", Is::Plain),
        (words::MISSING, "/proof/missing", Is::Plain),
    ];
    context.out.one(&proofs, || rows::text(list(&proofs, "proofs"), &columns));
    match number(&proofs, "broken") {
        Some(broken) => Err(Trouble::new(Exit::Failed, "", words::PROOF_CHAIN_BROKEN.with(&[&broken]), "").into()),
        None => Ok(()),
    }
}
