//! `denwaban operator ready`, `pause`, `finish`, `reasons`, `figures` and `manuals`: operators at their desks.

use serde_json::{Value, json};

use super::super::Context;
use super::super::api::{ask, ask_for, escaped};
use super::super::call::moment;
use super::super::report::{csv, customer};
use super::super::rows::{self, Is};
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Arguments of `operator figures`.
#[derive(clap::Args, Debug)]
pub struct Figures {
    /// From this day or time on
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Until before this day or time; at most two years
    #[arg(long, value_name = "TIME")]
    to: String,
    /// By day, week or month
    #[arg(long, value_parser = ["day", "week", "month"], default_value = "day")]
    by: String,
    /// As a file for spreadsheets
    #[arg(long)]
    csv: bool,
}

/// Arguments of `operator manuals`.
#[derive(clap::Args, Debug)]
pub struct Manuals {
    /// The operator's login
    login: String,
    /// The operator has read this firm's manual in this version: on paper, in a lesson
    #[arg(long, num_args = 2, value_names = ["CODE", "VERSION"])]
    read: Option<Vec<String>>,
}

/// An operator's row.
async fn operator(context: &Context, login: &str) -> Result<i64, Troubles> {
    Ok(context.store().await?.operator_by_login(login).await?.id)
}

/// Ready for calls, or not.
pub async fn state(context: &Context, login: &str, ready: bool, reason: &str) -> Result<(), Troubles> {
    let route = format!("/operators/{}/state", operator(context, login).await?);
    ask(context, "POST", &route, Some(&json!({ "ready": ready, "reason": reason }))).await?;
    let said = if ready { words::OPERATOR_READY } else { words::OPERATOR_PAUSED };
    context.out.one(&json!({ "operator": login, "ready": ready, "reason": reason }), || said.with(&[&login]));
    Ok(())
}

/// The report is written: the wrap-up ends.
pub async fn finish(context: &Context, login: &str) -> Result<(), Troubles> {
    let route = format!("/operators/{}/wrap-up/finish", operator(context, login).await?);
    ask(context, "POST", &route, None).await?;
    context.out.one(&json!({ "operator": login, "finished": true }), || words::OPERATOR_READY.with(&[&login]));
    Ok(())
}

/// Why operators are not ready, as the desks offer it.
pub async fn reasons(context: &Context) -> Result<(), Troubles> {
    let reasons = ask(context, "GET", "/not-ready-reasons", None).await?;
    let columns =
        [(words::CODE, "/code", Is::Plain), (words::JAPANESE, "/ja", Is::Plain), (words::ENGLISH, "/en", Is::Plain)];
    rows::list(context, all(&reasons), &columns);
    Ok(())
}

/// What each operator did.
pub async fn figures(context: &Context, Figures { from, to, by, csv: as_csv }: Figures) -> Result<(), Troubles> {
    let query = format!("from_ms={}&to_ms={}&by={by}", moment("--from", &from)?, moment("--to", &to)?);
    if as_csv {
        return csv(context, &format!("/operators/figures/export?{query}")).await;
    }
    let figures = ask(context, "GET", &format!("/operators/figures?{query}"), None).await?;
    let columns = [
        (words::FROM_TIME, "/from", Is::Plain),
        (words::NAME, "/name", Is::Plain),
        (words::MEASURED, "/calls", Is::Plain),
        (words::THREE_RINGS, "/in_time", Is::Plain),
        (words::TALK, "/talk_ms", Is::Length),
        (words::REPORTS, "/reports", Is::Plain),
        (words::WRAP_UP, "/wrap_up_ms", Is::Length),
        (words::CORRECTED, "/corrected", Is::Plain),
        (words::MISHEARD, "/misheard", Is::Plain),
        (words::MISTYPED, "/mistyped", Is::Plain),
        (words::SCORED_CALLS, "/scored", Is::Plain),
    ];
    rows::list(context, all(&figures), &columns);
    Ok(())
}

/// Manuals that an operator has not read; or one of them is read.
pub async fn manuals(context: &Context, Manuals { login, read }: Manuals) -> Result<(), Troubles> {
    let id = operator(context, &login).await?;
    if let Some([code, version]) = read.as_deref() {
        let odd = |_| {
            Trouble::new(Exit::Usage, "--read", words::NO_VERSION.with(&[version]), words::NO_VERSION_REMEDY.text())
        };
        let version: i64 = version.parse().map_err(odd)?;
        let firm = customer(context, code).await?;
        let route = format!("/customers/{firm}/manuals/{}/acknowledge", escaped(&version.to_string()));
        ask_for(context, Some(id), "POST", &route, None).await?;
        let told = json!({ "operator": login, "client": code, "version": version });
        context.out.one(&told, || words::MANUAL_READ.with(&[&login, code, &version]));
        return Ok(());
    }
    let unread = ask_for(context, Some(id), "GET", "/manuals/unread", None).await?;
    let columns = [
        (words::FIRM, "/customer_name", Is::Plain),
        (words::VERSION, "/version", Is::Plain),
        (words::FROM_TIME, "/from_ms", Is::Time),
        (words::CHANGES, "/changes", Is::Line),
    ];
    rows::list(context, all(&unread), &columns);
    Ok(())
}

fn all(answer: &Value) -> &[Value] {
    answer.as_array().map_or(&[], Vec::as_slice)
}
