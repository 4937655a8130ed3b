//! `denwaban bench`: how much this machine carries. It prints, and never asserts.

mod bare;
mod call;
mod flood;
mod house;
mod peers;
mod register;
mod sip;
mod stage;

use serde::Serialize;

use super::Output;
use crate::trouble::{Exit, Trouble, Troubles};

/// Arguments of `bench`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  denwaban bench sip\n  denwaban bench call --json\n  denwaban bench media --calls 200 --seconds 10"
)]
pub struct Arguments {
    /// What to measure; everything when left out
    #[arg(value_enum)]
    what: Option<What>,
    /// Complete calls to make (call), or simultaneous bridged calls (media; several times for several)
    #[arg(long)]
    calls: Vec<usize>,
    /// How long each measurement of voice, or of a flood, takes
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// Parsing and printing an INVITE; registrations of phones over SIP on loopback
    Sip,
    /// Complete calls through the queue, over SIP on loopback
    Call,
    /// A flood of strangers' packets while callers ring
    Flood,
    /// Bridged voice, with and without recording
    Media,
}

/// Measures, and prints one line (one JSON object) a measurement.
pub fn run(arguments: &Arguments, out: Output) -> Result<(), Troubles> {
    let wanted = |what| arguments.what.is_none_or(|chosen| chosen == what);
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
    if wanted(What::Media) {
        let mut options = media::bench::BenchOptions {
            duration: std::time::Duration::from_secs(arguments.seconds),
            ..media::bench::BenchOptions::default()
        };
        if !arguments.calls.is_empty() && !wanted(What::Call) {
            options.calls.clone_from(&arguments.calls);
        }
        // One measurement at a time: each row is there as soon as it is known.
        for (calls, recording) in options.calls.iter().flat_map(|calls| [(*calls, false), (*calls, true)]) {
            let one = media::bench::BenchOptions { calls: vec![calls], recording: vec![recording], ..options.clone() };
            for row in media::bench::bench(&one).map_err(trouble)? {
                let row = MediaRow::from(row);
                out.line(&row, || row.text());
            }
        }
    }
    Ok(())
}

fn trouble(error: std::io::Error) -> Trouble {
    Trouble::new(Exit::Unavailable, "", error.to_string(), "")
}

/// A row of `media::bench` with the name of its measurement.
#[derive(Serialize)]
struct MediaRow {
    bench: &'static str,
    calls: usize,
    recording: bool,
    cpu_us_per_packet: f64,
    bare_cpu_us_per_packet: f64,
    loss: f64,
    delay_ms_p50: f64,
    delay_ms_p99: f64,
    bytes_per_call: u64,
}

impl From<media::bench::BenchRow> for MediaRow {
    fn from(row: media::bench::BenchRow) -> Self {
        Self {
            bench: "media",
            calls: row.calls,
            recording: row.recording,
            cpu_us_per_packet: row.cpu_us_per_packet,
            bare_cpu_us_per_packet: row.bare_cpu_us_per_packet,
            loss: row.loss,
            delay_ms_p50: row.delay_ms_p50,
            delay_ms_p99: row.delay_ms_p99,
            bytes_per_call: row.bytes_per_call,
        }
    }
}

impl MediaRow {
    fn text(&self) -> String {
        format!(
            "media  {} calls{}: {:.2} µs a packet (bare loop {:.2}), loss {:.4} %, delay {:.1} ms median and {:.1} ms p99, {} bytes a call",
            self.calls,
            if self.recording { " recorded" } else { "" },
            self.cpu_us_per_packet,
            self.bare_cpu_us_per_packet,
            self.loss * 100.0,
            self.delay_ms_p50,
            self.delay_ms_p99,
            self.bytes_per_call,
        )
    }
}
