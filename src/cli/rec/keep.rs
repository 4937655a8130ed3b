//! `denwaban rec purge`, `rec keep`, `rec hold`: how long recordings and reports are kept, and what is held back (F54).

use clap::{Args, Subcommand};
use store::{DueCase, HOUSE, HoldRow, NewHold, Store};

use crate::cli::Context;
use crate::cli::call::time;
use crate::cli::output::fields;
use crate::clock;
use crate::trouble::{Exit, Trouble, Troubles};
use crate::words;

/// Cases that a dry run lists.
const LISTED_MAX: u32 = 1000;
/// Who it is, in the audit log and the ledger.
const WHO: &str = "command line";

/// Arguments of `rec purge`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  denwaban rec purge --dry-run\n  denwaban rec purge\n  denwaban rec purge --verify\n  denwaban rec purge --ledger 20\n\n\
    `denwaban serve` does the same by itself every night."
)]
pub struct Purge {
    /// Only say what would go, and what stays although its time is over
    #[arg(long)]
    dry_run: bool,
    /// Check the ledger of what was purged: is every row there, and as it was written?
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
    /// The last so many purges: when, who, what went
    #[arg(long, value_name = "N", conflicts_with_all = ["dry_run", "verify"])]
    ledger: Option<u32>,
}

/// Arguments of `rec keep`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  denwaban rec keep\n  denwaban rec keep --days 365\n  denwaban rec keep --client sakura-dental --days 90\n  \
    denwaban rec keep --client sakura-dental --usual"
)]
pub struct Keep {
    /// The firm's code; without it: of the house
    #[arg(long)]
    client: Option<String>,
    /// Keep so many whole days (in Japan)
    #[arg(long)]
    days: Option<i64>,
    /// Keep as usual: a firm as the house does, the house six calendar months
    #[arg(long, conflicts_with = "days")]
    usual: bool,
}

/// What can be done with holds.
#[derive(Subcommand, Debug)]
pub enum Hold {
    /// What is held back
    #[command(after_help = "Example:\n  denwaban rec hold list --all")]
    List {
        /// Also holds that have ended
        #[arg(long)]
        all: bool,
    },
    /// Hold a call, a report or a whole firm back from the purge
    #[command(after_help = "Example:\n  denwaban rec hold add --call 01K3ABCDEFGHJ --why 'lawsuit 12/2026'")]
    Add {
        /// The call's 13 characters
        #[arg(long, required_unless_present_any = ["report", "client"], conflicts_with_all = ["report", "client"])]
        call: Option<String>,
        /// The report's id
        #[arg(long, conflicts_with = "client")]
        report: Option<String>,
        /// The firm's code
        #[arg(long)]
        client: Option<String>,
        /// Why, for whoever asks later
        #[arg(long)]
        why: String,
    },
    /// End a hold
    #[command(after_help = "Example:\n  denwaban rec hold end 3")]
    End {
        /// Its number
        id: i64,
    },
}

/// `rec purge`.
pub async fn purge(context: &Context, store: &Store, arguments: &Purge) -> Result<(), Troubles> {
    if arguments.verify {
        return verify(context, store).await;
    }
    if let Some(limit) = arguments.ledger {
        return ledger(context, store, limit).await;
    }
    let now_ms = clock::unix_ms();
    if arguments.dry_run {
        let due = store.purge_due(now_ms, LISTED_MAX).await?;
        let waiting = store.purge_waiting(now_ms).await?;
        let kept_from_ms = store.kept_from_ms(now_ms).await?;
        let json = serde_json::json!({ "kept_from_ms": kept_from_ms, "waiting": waiting, "next": due });
        context.out.one(&json, || {
            let mut lines: Vec<String> = due.iter().map(line).collect();
            let store::Waiting { reports, calls, recordings, bytes, kept_reports, kept_calls } = waiting;
            lines.push(words::PURGE_DUE.with(&[&reports, &calls, &recordings, &bytes]));
            lines.push(words::PURGE_KEPT.with(&[&kept_reports, &kept_calls]));
            lines.join("\n")
        });
        return Ok(());
    }
    let done = web::purge_all(store, &context.config().recordings.folder, WHO, now_ms).await?;
    let detail = format!("{} reports, {} calls", done.reports, done.calls);
    store.note(now_ms, WHO, "purge", "", &detail).await?;
    context.out.one(&done, || words::PURGE_DONE.with(&[&done.reports, &done.calls, &done.recordings, &done.bytes]));
    if done.files_left == 0 {
        return Ok(());
    }
    let what = words::PURGE_FILES_LEFT.with(&[&done.files_left]);
    Err(Trouble::new(Exit::Failed, "", what, words::PURGE_FILES_LEFT_REMEDY.text()).into())
}

async fn ledger(context: &Context, store: &Store, limit: u32) -> Result<(), Troubles> {
    let rows = store.purges(None, limit).await?;
    let heads =
        [words::ID, words::AT, words::BY_WHOM, words::REPORTS, words::MEASURED, words::RECORDING, words::BACKUP_BYTES];
    context.out.list(&rows, &heads, |row| {
        let counts = [row.reports, row.calls, row.recordings, row.bytes].map(|count| count.to_string());
        [row.id.to_string(), time(row.at_ms), row.who.clone()].into_iter().chain(counts).collect()
    });
    Ok(())
}

fn line(due: &DueCase) -> String {
    let which = due.call.as_deref().or(due.report.as_deref()).unwrap_or_default();
    format!("{}  {}  {}", time(due.at_ms), which, due.customer_name)
}

async fn verify(context: &Context, store: &Store) -> Result<(), Troubles> {
    let broken = store.broken_purge().await?;
    let latest = store.purges(None, 1).await?.first().map_or(0, |row| row.id);
    let json = serde_json::json!({ "rows": latest, "broken": broken });
    context.out.one(&json, || words::LEDGER_ROWS.with(&[&latest]));
    match broken {
        None => Ok(()),
        Some(id) => {
            let what = words::LEDGER_BROKEN.with(&[&id]);
            Err(Trouble::new(Exit::Failed, "", what, words::LEDGER_BROKEN_REMEDY.text()).into())
        }
    }
}

/// `rec keep`.
pub async fn keep(context: &Context, store: &Store, arguments: Keep) -> Result<(), Troubles> {
    let Keep { client, days, usual } = arguments;
    let now_ms = clock::unix_ms();
    if usual || days.is_some() {
        let customer = match &client {
            Some(code) => store.customer_by_code(code).await?.id,
            None => HOUSE,
        };
        store.set_retention(customer, days, WHO, now_ms).await?;
    }
    let all = store.retentions().await?;
    let kept_from_ms = store.kept_from_ms(now_ms).await?;
    let firms = store.customers().await?;
    let json = serde_json::json!({ "kept_from_ms": kept_from_ms, "retentions": all });
    context.out.one(&json, || {
        let days = |days: i64| words::DAYS.with(&[&days]);
        let house = all.iter().find(|one| one.customer == HOUSE);
        let house = house.map_or_else(|| words::SIX_MONTHS.text().to_owned(), |one| days(one.days));
        let mut lines = vec![fields(&[(words::KEPT_FROM, time(kept_from_ms)), (words::HOUSE_KEEPS, house)])];
        for one in all.iter().filter(|one| one.customer != HOUSE) {
            let code = firms.iter().find(|firm| firm.id == one.customer).map_or("", |firm| firm.form.code.as_str());
            lines.push(format!("{code}  {}", days(one.days)));
        }
        lines.join("\n")
    });
    Ok(())
}

/// `rec hold`.
pub async fn hold(context: &Context, store: &Store, verb: Hold) -> Result<(), Troubles> {
    let now_ms = clock::unix_ms();
    let shown = match verb {
        Hold::List { all } => store.holds(!all).await?,
        Hold::Add { call, report, client, why } => {
            let customer = match client {
                Some(code) => Some(store.customer_by_code(&code).await?.id),
                None => None,
            };
            vec![store.hold(&NewHold { call, report, customer, why }, WHO, now_ms).await?]
        }
        Hold::End { id } => vec![store.release(id, WHO, now_ms).await?],
    };
    let firms = store.customers().await?;
    let about = |hold: &HoldRow| {
        let code = hold.customer.and_then(|id| firms.iter().find(|firm| firm.id == id));
        let code = code.map(|firm| firm.form.code.clone());
        hold.call.clone().or(hold.report.clone()).or(code).unwrap_or_default()
    };
    let heads = [words::ID, words::HOLD_ABOUT, words::HOLD_WHY, words::HOLD_BY, words::HOLD_SINCE, words::HOLD_UNTIL];
    context.out.list(&shown, &heads, |hold| {
        let until = hold.ended_ms.map(time).unwrap_or_default();
        vec![hold.id.to_string(), about(hold), hold.why.clone(), hold.held_by.clone(), time(hold.held_ms), until]
    });
    Ok(())
}
