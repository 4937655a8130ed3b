//! Bridged voice by the thousand, beside a bare receive-and-send loop in the same run.

use std::io;
use std::time::Duration;

use ::media::bench::{self, BenchOptions, BenchRow, Memory};
use serde::Serialize;

use crate::cli::Output;

/// Memory is measured with so many calls at most.
const MEMORY_CALLS_MAX: usize = 1_000;

/// What is done with the calls.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// G.711 from leg to leg
    Relay,
    /// The same, recorded
    Record,
    /// Recorded, one of the two legs SRTP
    Srtp,
    /// Recorded, one of the two legs Opus
    Opus,
}

/// Measures, and tells each number of calls as soon as it is known.
pub fn run(calls: &[usize], modes: &[Mode], seconds: u64, windows: usize, out: Output) -> io::Result<()> {
    let mut options = BenchOptions { duration: Duration::from_secs(seconds), windows, ..BenchOptions::default() };
    if !calls.is_empty() {
        options.calls = calls.to_vec();
    }
    if !modes.is_empty() {
        options.modes = modes.iter().map(|mode| mode.measured()).collect();
    }
    let most = options.calls.iter().copied().max().unwrap_or(1);
    let memory = MemoryRow::from(bench::memory(most.min(MEMORY_CALLS_MAX), &options)?);
    out.line(&memory, || memory.text());
    for &calls in &options.calls {
        for row in bench::bench(calls, &options)? {
            let row = Row::from(row);
            out.line(&row, || row.text());
        }
    }
    Ok(())
}

impl Mode {
    fn measured(self) -> bench::Mode {
        match self {
            Self::Relay => bench::Mode::Relay,
            Self::Record => bench::Mode::Record,
            Self::Srtp => bench::Mode::Srtp,
            Self::Opus => bench::Mode::Opus,
        }
    }
}

#[derive(Serialize)]
struct MemoryRow {
    bench: &'static str,
    calls: usize,
    bytes_per_call: u64,
    bytes_per_recorded_call: u64,
}

impl From<Memory> for MemoryRow {
    fn from(memory: Memory) -> Self {
        let Memory { calls, bytes_per_call, bytes_per_recorded_call } = memory;
        Self { bench: "media-memory", calls, bytes_per_call, bytes_per_recorded_call }
    }
}

impl MemoryRow {
    fn text(&self) -> String {
        format!(
            "media  {} calls: {:.1} KB of memory a call, {:.1} KB a recorded call",
            self.calls,
            self.bytes_per_call as f64 / 1000.0,
            self.bytes_per_recorded_call as f64 / 1000.0
        )
    }
}

/// A row of `media::bench` with the name of its measurement.
#[derive(Serialize)]
struct Row {
    bench: &'static str,
    calls: usize,
    mode: &'static str,
    cpu_us_per_packet: f64,
    recorder_us_per_packet: f64,
    cpu_s_per_call_minute: f64,
    bare_cpu_us_per_packet: f64,
    ratio: f64,
    bare_loss: f64,
    bare_delay_ms_p99: f64,
    stolen: f64,
    loss: f64,
    delay_ms_p50: f64,
    delay_ms_p99: f64,
}

impl From<BenchRow> for Row {
    fn from(row: BenchRow) -> Self {
        Self {
            bench: "media",
            calls: row.calls,
            mode: row.mode.name(),
            cpu_us_per_packet: row.cpu_us_per_packet,
            recorder_us_per_packet: row.recorder_us_per_packet,
            cpu_s_per_call_minute: row.cpu_s_per_call_minute,
            bare_cpu_us_per_packet: row.bare_cpu_us_per_packet,
            ratio: row.ratio,
            bare_loss: row.bare_loss,
            bare_delay_ms_p99: row.bare_delay_ms_p99,
            stolen: row.stolen,
            loss: row.loss,
            delay_ms_p50: row.delay_ms_p50,
            delay_ms_p99: row.delay_ms_p99,
        }
    }
}

impl Row {
    fn text(&self) -> String {
        format!(
            "media  {} calls, {}: {:.2} µs a packet (recorder {:.2}; bare loop {:.2}: {:.2} times), {:.3} CPU-s a call-minute, loss {:.4} % (bare {:.4} %), delay {:.1} ms median and {:.1} ms p99 (bare {:.1} ms); {:.0} % of the machine was taken by others",
            self.calls,
            self.mode,
            self.cpu_us_per_packet,
            self.recorder_us_per_packet,
            self.bare_cpu_us_per_packet,
            self.ratio,
            self.cpu_s_per_call_minute,
            self.loss * 100.0,
            self.bare_loss * 100.0,
            self.delay_ms_p50,
            self.delay_ms_p99,
            self.bare_delay_ms_p99,
            self.stolen * 100.0,
        )
    }
}
