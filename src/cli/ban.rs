//! `denwaban ban`: sources that the running switch does not listen to for a while, and forgiveness.

use std::net::IpAddr;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use super::Context;
use super::call::time;
use crate::local;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words::{self, Words};

/// What can be done with bans.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Who is not listened to now, and why
    List,
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
    source: IpAddr,
    reason: String,
    failures: u32,
    until_ms: i64,
}

/// Does it.
pub async fn run(context: &Context, verb: Verb) -> Result<(), Troubles> {
    match verb {
        Verb::List => {
            let bans = ask(context, "GET", "/bans").await?;
            let heads = [words::BAN_SOURCE, words::BAN_REASON, words::BAN_FAILURES, words::BAN_UNTIL];
            context.out.list(&bans, &heads, |ban| {
                let reason = reason(&ban.reason).map_or_else(|| ban.reason.clone(), |words| words.text().to_owned());
                vec![ban.source.to_string(), reason, ban.failures.to_string(), time(ban.until_ms)]
            });
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
