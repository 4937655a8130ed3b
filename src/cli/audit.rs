//! `denwaban audit`: who did what, when.

use clap::Subcommand;

use super::Context;
use super::api::{ask, escaped, list};
use super::call::moment;
use super::report::csv;
use super::rows::{self, Is};
use crate::trouble::Troubles;
use crate::words;

/// What can be done with the audit log.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Find lines, newest first
    #[command(after_help = "Examples:\n  denwaban audit list --what recording --from 2026-11-21\n  \
        denwaban audit list --who tanaka --about 01K3ABCDEFGHJ\n  denwaban audit list --from 2026-11-01 --csv > audit.csv")]
    List(Box<List>),
}

/// Arguments of `audit list`.
#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose, exactly: a login name, "command line"
    #[arg(long)]
    who: Option<String>,
    /// What its verb begins with: recording, prompt.keep
    #[arg(long)]
    what: Option<String>,
    /// What it was done to: a call, "report …", "customer 12"
    #[arg(long)]
    about: Option<String>,
    /// From this day or time on
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Until before this day or time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only those before this one: the last of the page before
    #[arg(long, value_name = "LINE")]
    before: Option<i64>,
    /// How many, at most 1000
    #[arg(long, default_value_t = 100, conflicts_with = "csv")]
    limit: u32,
    /// All of them as a file for spreadsheets
    #[arg(long)]
    csv: bool,
}

/// Does it.
pub async fn run(context: &Context, Verb::List(arguments): Verb) -> Result<(), Troubles> {
    let List { who, what, about, from, to, before, limit, csv: as_csv } = *arguments;
    let mut query = Vec::new();
    for (name, given) in [("who", who), ("what", what), ("about", about)] {
        query.extend(given.map(|text| format!("{name}={}", escaped(&text))));
    }
    for (name, option, given) in [("from_ms", "--from", from), ("to_ms", "--to", to)] {
        if let Some(given) = given {
            query.push(format!("{name}={}", moment(option, &given)?));
        }
    }
    query.extend(before.map(|line| format!("before={line}")));
    if as_csv {
        return csv(context, &format!("/audit/export?{}", query.join("&"))).await;
    }
    query.push(format!("limit={limit}"));
    let page = ask(context, "GET", &format!("/audit?{}", query.join("&")), None).await?;
    let columns = [
        (words::ID, "/id", Is::Plain),
        (words::AT, "/at_ms", Is::Time),
        (words::BY_WHOM, "/who", Is::Plain),
        (words::DONE_WHAT, "/what", Is::Plain),
        (words::DONE_TO, "/about", Is::Plain),
        (words::DETAIL, "/detail", Is::Line),
    ];
    rows::list(context, list(&page, "lines"), &columns);
    Ok(())
}
