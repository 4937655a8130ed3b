//! The command line: one verb a line, `--json` everywhere, errors as what, where and what to do.

mod api;
mod audit;
mod backup;
mod ban;
mod bench;
mod bounce;
mod call;
mod certificate;
mod check;
mod customer;
mod did;
mod dispute;
mod feedback;
mod files;
mod help;
mod operator;
mod output;
#[cfg(test)]
mod parity;
mod prompt;
mod quality;
mod raw;
pub(crate) mod rec;
mod report;
mod ring;
mod rows;
mod serve;
mod settings;
mod staffing;
mod supervise;
mod today;
mod trunk;
mod user;
mod wall;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use store::Store;

use crate::config::{self, Config};
use crate::telemetry;
use crate::trouble::{Exit, Trouble, Troubles};

pub use output::Output;

/// The switchboard of a telephone answering service.
#[derive(Parser, Debug)]
#[command(name = "denwaban", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Arguments {
    /// Configuration file (default: ./denwaban.toml, then /etc/denwaban/denwaban.toml, then built-in defaults)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Try everything on this computer: needs nothing, leaves nothing
    Demo(crate::demo::Arguments),
    /// Run the switchboard
    Serve(serve::Arguments),
    /// Check configuration, folders, database, addresses and ports, and say how to mend what is wrong
    Check(check::Arguments),
    /// Client firms whose calls are answered
    #[command(subcommand, visible_alias = "customer")]
    Client(customer::Verb),
    /// Numbers that client firms forward to
    #[command(subcommand)]
    Did(did::Verb),
    /// Operators and their softphones
    #[command(subcommand)]
    Operator(operator::Verb),
    /// Ways to carriers
    #[command(subcommand)]
    Trunk(trunk::Verb),
    /// Addresses that are not listened to for a while: see them, forgive them
    #[command(subcommand)]
    Ban(ban::Verb),
    /// Calls: find, follow, trace
    #[command(subcommand)]
    Call(call::Verb),
    /// Recordings: find, verify, export; how long they are kept
    #[command(subcommand)]
    Rec(rec::Verb),
    /// Backups: make, check, list, bring back
    #[command(subcommand)]
    Backup(backup::Verb),
    /// Reports to client firms: find, send, account for
    #[command(subcommand)]
    Report(report::Verb),
    /// Firms that say something in a report is wrong: find, decide, answer
    #[command(subcommand)]
    Dispute(dispute::Verb),
    /// What firms say of a report and of whoever took the call: praise, complaints, wishes
    #[command(subcommand)]
    Feedback(feedback::Verb),
    /// Calls that are listened to and scored
    #[command(subcommand)]
    Quality(quality::Verb),
    /// How today's callers are answered: in all, by hour, team and firm
    #[command(after_help = "Examples:\n  denwaban promise\n  denwaban promise --firms 10 --json")]
    Promise(today::Promise),
    /// What somebody should see: unknown numbers, callers who gave up, trunks that are away
    #[command(subcommand)]
    Alarm(today::Alarm),
    /// Who did what, when
    #[command(subcommand)]
    Audit(audit::Verb),
    /// How a client firm's callers were answered in a month, at the caller's ear
    #[command(
        after_help = "Examples:\n  denwaban certificate sakura-dental --month 2026-11\n  denwaban certificate sakura-dental --month 2026-11 --csv > certificate.csv"
    )]
    Certificate(certificate::Arguments),
    /// How many operators the coming day or week needs, by the quarter of an hour, from the service's own history
    #[command(after_help = "Examples:\n  denwaban staffing\n  denwaban staffing --week --within 90")]
    Staffing(staffing::Arguments),
    /// Screens on a wall: waiting calls, operators, today's promise
    #[command(subcommand)]
    Wall(wall::Verb),
    /// What callers hear: hold music, announcements
    #[command(subcommand)]
    Prompt(prompt::Verb),
    /// What holds for the whole house: see it, set it
    #[command(subcommand)]
    Settings(settings::Verb),
    /// People who log in to the web pages
    #[command(subcommand)]
    User(user::Verb),
    /// Take a mail that came back from a mail server, and find the report that it is about
    Bounce(bounce::Arguments),
    /// Any route of the running switch's API, for scripts
    #[command(after_help = "Examples:\n  denwaban api GET /reports/unfinished\n  \
        denwaban api POST /operators/3/state --body '{\"ready\":true}'\n  denwaban api GET /manuals/unread --for 101\n  \
        denwaban api PUT /settings --body @settings.json\n  \
        denwaban api POST /customers/import --type text/csv --body @clients.csv\n\n\
        `denwaban api GET /openapi.json` describes every route.")]
    Api(raw::Arguments),
    /// How much this machine carries
    Bench(bench::Arguments),
    /// Completions for a shell
    #[command(after_help = "Example:\n  denwaban completions bash > /etc/bash_completion.d/denwaban")]
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// The manual page
    #[command(after_help = "Example:\n  denwaban man | man -l -")]
    Man,
}

/// What every verb has at hand.
pub struct Context {
    /// The configuration.
    pub loaded: config::Loaded,
    /// Where answers go.
    pub out: Output,
}

impl Context {
    fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// The database of the configuration.
    async fn store(&self) -> Result<Store, Troubles> {
        Ok(Store::open(&self.config().database.url).await?)
    }
}

/// Reads the command line, does what it says.
pub fn main() -> ExitCode {
    let matches = match help::localised(Arguments::command()).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let out = Output::new(arguments.json);
    match run(arguments, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(troubles) => {
            out.troubles(&troubles);
            ExitCode::from(troubles.exit() as u8)
        }
    }
}

fn run(arguments: Arguments, out: Output) -> Result<(), Troubles> {
    let file = arguments.config.or_else(|| std::env::var_os("DENWABAN_CONFIG").map(PathBuf::from));
    // Verbs that answer a question say what matters themselves; of the libraries' logs warnings are enough.
    let quiet = || prepare(file.as_deref(), out, Some("warn"));
    match arguments.verb {
        Verb::Demo(arguments) => {
            start_logging("warn", true)?;
            crate::demo::run(&arguments)
        }
        Verb::Serve(arguments) => serve::run(&prepare(file.as_deref(), out, None)?, &arguments),
        Verb::Check(arguments) => check::run(&quiet()?, &arguments),
        Verb::Client(verb) => with_runtime(customer::run(&quiet()?, verb)),
        Verb::Did(verb) => with_runtime(did::run(&quiet()?, verb)),
        Verb::Operator(verb) => with_runtime(operator::run(&quiet()?, verb)),
        Verb::Trunk(verb) => with_runtime(trunk::run(&quiet()?, verb)),
        Verb::Ban(verb) => with_runtime(ban::run(&quiet()?, verb)),
        Verb::Call(verb) => with_runtime(call::run(&quiet()?, verb)),
        Verb::Rec(verb) => with_runtime(rec::run(&quiet()?, verb)),
        Verb::Backup(verb) => with_runtime(backup::run(&quiet()?, verb)),
        Verb::Report(verb) => with_runtime(report::run(&quiet()?, verb)),
        Verb::Dispute(verb) => with_runtime(dispute::run(&quiet()?, verb)),
        Verb::Feedback(verb) => with_runtime(feedback::run(&quiet()?, verb)),
        Verb::Quality(verb) => with_runtime(quality::run(&quiet()?, verb)),
        Verb::Promise(arguments) => with_runtime(today::promise(&quiet()?, arguments)),
        Verb::Alarm(verb) => with_runtime(today::alarm(&quiet()?, verb)),
        Verb::Audit(verb) => with_runtime(audit::run(&quiet()?, verb)),
        Verb::Certificate(arguments) => with_runtime(certificate::run(&quiet()?, arguments)),
        Verb::Staffing(arguments) => with_runtime(staffing::run(&quiet()?, arguments)),
        Verb::Wall(verb) => with_runtime(wall::run(&quiet()?, verb)),
        Verb::Prompt(verb) => with_runtime(prompt::run(&quiet()?, verb)),
        Verb::Settings(verb) => with_runtime(settings::run(&quiet()?, verb)),
        Verb::User(verb) => with_runtime(user::run(&quiet()?, verb)),
        Verb::Bounce(arguments) => bounce::run(&quiet()?, &arguments),
        Verb::Api(arguments) => with_runtime(raw::run(&quiet()?, arguments)),
        Verb::Bench(arguments) => bench::run(&arguments, out),
        Verb::Completions { shell } => help::completions(shell, out),
        Verb::Man => help::manual(out),
    }
}

/// Reads the configuration and starts logging, at `level` or at the configured one.
fn prepare(file: Option<&Path>, out: Output, level: Option<&str>) -> Result<Context, Troubles> {
    let loaded = config::load(file)?;
    let log = &loaded.config.log;
    start_logging(level.unwrap_or(&log.level), log.personal_data)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    Ok(Context { loaded, out })
}

fn start_logging(level: &str, personal_data: bool) -> Result<(), Troubles> {
    telemetry::start(level, personal_data).map_err(|what| Trouble::new(Exit::Config, "log.level", what, "").into())
}

/// Runs what needs the database on a runtime of its own.
fn with_runtime(work: impl Future<Output = Result<(), Troubles>>) -> Result<(), Troubles> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::new(Exit::Unavailable, "", error.to_string(), ""))?;
    runtime.block_on(work)
}
