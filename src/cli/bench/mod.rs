//! `denwaban bench`: how much this machine carries. It prints, and never asserts.

mod bare;
mod call;
mod flood;
mod house;
mod loud;
mod media;
mod peers;
mod queue;
mod ramp;
mod register;
mod report;
mod search;
mod sip;
mod stage;
mod voice;

use super::Output;
use crate::trouble::{Exit, Trouble, Troubles};

/// Arguments of `bench`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  denwaban bench sip\n  denwaban bench call --json\n  denwaban bench media --calls 200 --modes relay,record --seconds 10\n  denwaban bench media --ramp\n  denwaban bench queue --json\n  denwaban bench queue --days 50 --operators 28\n  denwaban bench queue --traffic calls.csv\n  denwaban bench report --json\n  denwaban bench search --json\n  denwaban bench search --reports 100000 --database postgres://bench@localhost/bench\n\n\
        queue plays each ring plan with the same days of calls. At equal interruptions of supervisors and managers: the control loop's\n\
        row says how often it rang their phones; longest idle and ring-all ring them by a fixed timer, one on some of the days and\n\
        another on the rest, so that the mean is the same. --traffic takes the file that the page saves as CSV (columns arrived,\n\
        operator, wait_seconds, talk_seconds; customer and wrap_up_seconds if there)."
)]
pub struct Arguments {
    /// What to measure; everything but search when left out
    #[arg(value_enum)]
    what: Option<What>,
    /// Complete calls to make (call), simultaneous bridged calls (media; several times for several), or calls a day (queue)
    #[arg(long, value_delimiter = ',')]
    calls: Vec<usize>,
    /// How long a flood, each window of a measurement of voice, or the sending of reports takes
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// What is done with voice: relay, record, srtp, opus (all when left out)
    #[arg(long, value_enum, value_delimiter = ',')]
    modes: Vec<media::Mode>,
    /// How often the bare loop and each mode take turns; the median counts
    #[arg(long, default_value_t = 3)]
    windows: usize,
    /// The whole switch with real calls, from half to twice as many callers as it carries: looked for, or `--calls`
    #[arg(long)]
    ramp: bool,
    #[command(flatten)]
    queue: queue::Arguments,
    #[command(flatten)]
    search: search::Arguments,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// Parsing and printing an INVITE; registrations of phones over SIP on loopback
    Sip,
    /// Complete calls through the queue, over SIP on loopback
    Call,
    /// A flood of strangers' packets while callers ring
    Flood,
    /// Bridged voice beside a bare loop: relayed, recorded, with SRTP, with Opus
    Media,
    /// Ring plans on days of calls, generated or recorded; what an event of the queue costs
    Queue,
    /// Finding reports among a million of half a year; some minutes
    Search,
    /// Fifty reports a second to a mail server, with one recipient's server hanging: from "send" to the 250
    Report,
}

/// Measures, and prints one line (one JSON object) a measurement.
pub fn run(arguments: &Arguments, out: Output) -> Result<(), Troubles> {
    let wanted = |what| arguments.what.is_none_or(|chosen| chosen == what);
    if arguments.ramp {
        return ramp::run(arguments.calls.first().copied(), arguments.seconds, out)
            .map_err(|error| trouble(error).into());
    }
    if wanted(What::Sip) {
        let row = sip::measure();
        out.line(&row, || format!("sip    parse {:.0} ns, print {:.0} ns", row.parse_ns, row.print_ns));
        let row = register::measure().map_err(trouble)?;
        out.line(&row, || {
            format!(
                "sip    {:.0} registrations a second, {:.0} µs of processor each (a bare loop of the same packets: {:.0} µs)",
                row.registrations_per_second, row.cpu_us_per_registration, row.bare_cpu_us_per_registration
            )
        });
    }
    if wanted(What::Call) {
        let row = call::measure(arguments.calls.first().copied().unwrap_or(call::CALLS)).map_err(trouble)?;
        out.line(&row, || row.text());
    }
    if wanted(What::Flood) {
        flood::measure(arguments.seconds, |row| out.line(&row, || row.text())).map_err(trouble)?;
    }
    if wanted(What::Queue) {
        let calls = if wanted(What::Call) { None } else { arguments.calls.first().copied() };
        queue::run(&arguments.queue, calls, out)?;
    }
    if wanted(What::Report) {
        let row = report::measure(arguments.seconds).map_err(trouble)?;
        out.line(&row, || row.text());
    }
    if arguments.what == Some(What::Search) {
        search::run(&arguments.search, |row| out.line(row, || row.text())).map_err(trouble)?;
    }
    if wanted(What::Media) {
        let calls: &[usize] = if wanted(What::Call) { &[] } else { &arguments.calls };
        media::run(calls, &arguments.modes, arguments.seconds, arguments.windows, out).map_err(trouble)?;
    }
    Ok(())
}

fn trouble(error: std::io::Error) -> Trouble {
    Trouble::new(Exit::Unavailable, "", error.to_string(), "")
}
