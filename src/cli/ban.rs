//! `denwaban ban`: sources that the running switch does not listen to, for a while because of what they did, or because somebody has
//! shut them out by hand; and forgiveness.

use std::net::IpAddr;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Context;
use super::api;
use super::call::{moment, time};
use crate::clock;
use crate::local;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// What can be done with bans.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Who is not listened to now, and why
    #[command(after_help = "Example:\n  denwaban ban list")]
    List,
    /// Shut an address or a block out, until somebody lifts it or until a time
    #[command(after_help = "Examples:\n  denwaban ban add 203.0.113.66 --why \"guesses passwords\"\n  \
        denwaban ban add 203.0.113.0/24 --why scans --until 2026-12-01T09:00")]
    Add {
        /// The address, or the block
        network: String,
        /// Why
        #[arg(long)]
        why: String,
        /// When it ends by itself, in Japan
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Listen to a source again that was shut out by hand
    #[command(after_help = "Example:\n  denwaban ban lift 203.0.113.0/24")]
    Lift {
        /// As `ban list` shows it
        network: String,
    },
    /// Listen to an address again, or to all
    #[command(after_help = "Examples:\n  denwaban ban clear 203.0.113.66\n  denwaban ban clear --all")]
    Clear {
        /// The address
        #[arg(required_unless_present = "all")]
        address: Option<IpAddr>,
        /// All of them
        #[arg(long, conflicts_with = "address")]
        all: bool,
    },
}

/// A ban as the API tells it.
#[derive(Serialize, Deserialize)]
struct Ban {
    source: String,
    reason: String,
    failures: u32,
    until_ms: Option<i64>,
    /// Shut out by hand, by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List => {
            let mut bans = ask(context, "GET", "/bans").await?;
            bans.extend(by_hand(context).await?.into_iter().map(|(_, ban)| ban));
            let heads = [words::BAN_SOURCE, words::BAN_REASON, words::BAN_FAILURES, words::BAN_UNTIL];
            context.out.list(&bans, &heads, |ban| {
                let reason = reason(&ban.reason).map_or_else(|| ban.reason.clone(), |words| words.text().to_owned());
                let reason = ban.by.as_ref().map_or(reason.clone(), |by| format!("{reason} ({by})"));
                let until = ban.until_ms.map(time).unwrap_or_default();
                vec![ban.source.clone(), reason, ban.failures.to_string(), until]
            });
        }
        Verb::Add { network, why, until } => {
            let until_ms = until.map(|text| moment("--until", &text)).transpose()?;
            let body = json!({ "network": network, "reason": why, "until_ms": until_ms });
            let row = api::ask(context, "POST", "/bans/by-hand", Some(&body)).await?;
            context.out.one(&row, || words::BAN_ADDED.with(&[&api::text(&row, "network")]));
        }
        Verb::Lift { network } => {
            let held = by_hand(context).await?;
            let Some((id, _)) = held.iter().find(|(_, ban)| ban.source == network || ban.source == whole(&network))
            else {
                let (what, remedy) = (words::BAN_UNKNOWN.text(), words::BAN_UNKNOWN_REMEDY.text());
                return Err(Trouble::new(Exit::Missing, "", what, remedy).into());
            };
            let row = api::ask(context, "DELETE", &format!("/bans/by-hand/{id}"), None).await?;
            context.out.one(&row, || words::BAN_CLEARED.with(&[&network]));
        }
        Verb::Clear { address, .. } => {
            let route = address.map_or_else(|| "/bans".to_owned(), |address| format!("/bans/{address}"));
            let cleared = ask(context, "DELETE", &route).await?;
            context.out.one(&cleared, || {
                let lines = cleared.iter().map(|ban| words::BAN_CLEARED.with(&[&ban.source]));
                let lines: Vec<String> = lines.collect();
                if lines.is_empty() { words::BAN_NONE.text().to_owned() } else { lines.join("\n") }
            });
        }
    }
    Ok(())
}

/// A single address is a block, too.
fn whole(address: &str) -> String {
    format!("{address}/{}", if address.contains(':') { 128 } else { 32 })
}

/// Those that are shut out by hand now, with their rows.
async fn by_hand(context: &Context) -> Result<Vec<(i64, Ban)>, Troubles> {
    let rows = api::ask(context, "GET", "/bans/by-hand", None).await?;
    let now_ms = clock::unix_ms();
    let held = |row: &&Value| {
        let ends = api::number(row, "until_ms").is_none_or(|until_ms| until_ms > now_ms);
        api::number(row, "lifted_ms").is_none() && ends
    };
    let ban = |row: &Value| Ban {
        source: api::text(row, "network").to_owned(),
        reason: api::text(row, "reason").to_owned(),
        failures: 0,
        until_ms: api::number(row, "until_ms"),
        by: Some(api::text(row, "made_by").to_owned()),
    };
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    Ok(rows.filter(held).filter_map(|row| Some((api::number(row, "id")?, ban(row)))).collect())
}

fn reason(word: &str) -> Option<Words> {
    match word {
        "passwords" => Some(words::BAN_PASSWORDS),
        "scanning" => Some(words::BAN_SCANNING),
        "malformed" => Some(words::BAN_MALFORMED),
        _ => None,
    }
}

/// Asks the running switch.
async fn ask(context: &Context, method: &str, route: &str) -> Result<Vec<Ban>, Troubles> {
    let socket = &context.config().web.socket;
    if socket.as_os_str().is_empty() {
        let remedy = words::NO_SOCKET_REMEDY.text();
        return Err(Trouble::new(Exit::Config, "web.socket", words::NO_SOCKET.text(), remedy).into());
    }
    let answered = local::ask(socket, method, route, None).await.map_err(|error| {
        let what = words::SOCKET_SILENT.with(&[&socket.display(), &error]);
        Trouble::new(Exit::Unavailable, "", what, words::SOCKET_SILENT_REMEDY.text())
    });
    let (status, body) = answered?;
    if status == 404 {
        return Err(Trouble::new(Exit::Missing, "", words::BAN_UNKNOWN.text(), words::BAN_UNKNOWN_REMEDY.text()).into());
    }
    let odd = || Trouble::new(Exit::Unavailable, "", format!("{status} {body}"), words::SOCKET_SILENT_REMEDY.text());
    if status != 200 {
        return Err(odd().into());
    }
    Ok(serde_json::from_value(body.clone()).map_err(|_| odd())?)
}
