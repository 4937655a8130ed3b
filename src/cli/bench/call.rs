//! Complete calls through the queue: INVITE, 180, an operator's phone, 200, ACK, BYE, and all that belongs to them.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::bare;
use super::stage::Stage;
use crate::clock;

/// Calls when nobody says how many.
pub const CALLS: usize = 5_000;
/// Operators at work while calls come and go.
const OPERATORS: usize = 40;
/// Calls at once: fewer than operators, so that none waits.
const CALLS_AT_ONCE: usize = OPERATORS / 2;
/// Before the measured ones, for tables to grow and branches to be learned.
const WARM_UP_CALLS: usize = 500;
/// Calls that are on the line together when memory is measured, each with an operator of its own.
const HELD_CALLS: usize = 1_000;

/// One measurement.
#[derive(Serialize)]
pub struct Row {
    bench: &'static str,
    /// Calls made.
    pub calls: usize,
    /// Calls that were not answered and ended in order.
    pub failed: usize,
    /// Processor time of the engine's thread a call.
    pub cpu_us_per_call: f64,
    /// The same for a loop that only moves as many packets of the same sizes.
    pub bare_cpu_us_per_call: f64,
    /// How many were carried a second, with the callers and phones on the same machine.
    pub calls_per_second: f64,
    /// Packets in and out of the engine a call.
    pub packets_per_call: f64,
    /// Calls a second at which the delay was measured: half of what was carried.
    pub half_load_per_second: f64,
    /// From the caller's INVITE to the INVITE at the phone, at that load.
    pub delay_us_p50: f64,
    pub delay_us_p99: f64,
    /// From one packet to its echo by the bare loop, at as many packets a second.
    pub bare_delay_us_p50: f64,
    pub bare_delay_us_p99: f64,
    /// What the process grew by for each call on the line, the callers' own notes included.
    pub bytes_per_call: f64,
}

impl Row {
    /// For people.
    pub fn text(&self) -> String {
        format!(
            "call   {:.0} µs of processor a call (a bare loop of the same packets: {:.0} µs), {:.0} calls a second, {} of {} failed\n\
             call   INVITE in to INVITE out at {:.0} calls a second: {:.0} µs median, {:.0} µs p99 (a bare loop: {:.0} µs, {:.0} µs)\n\
             call   {:.1} KB of memory a call, of {HELD_CALLS} on the line",
            self.cpu_us_per_call,
            self.bare_cpu_us_per_call,
            self.calls_per_second,
            self.failed,
            self.calls,
            self.half_load_per_second,
            self.delay_us_p50,
            self.delay_us_p99,
            self.bare_delay_us_p50,
            self.bare_delay_us_p99,
            self.bytes_per_call / 1000.0,
        )
    }
}

/// Makes the calls.
pub fn measure(calls: usize) -> io::Result<Row> {
    let bytes_per_call = memory()?; // first: what other measurements leave behind would hide the growth
    let mut stage = Stage::new(OPERATORS)?;
    stage.make(WARM_UP_CALLS, CALLS_AT_ONCE)?;
    let before = stage.mark(true)?;
    stage.peers.failed = 0;
    let began = clock::now();
    stage.make(calls, CALLS_AT_ONCE)?;
    let elapsed = began.elapsed();
    let after = stage.mark(true)?;
    let failed = stage.peers.failed;
    let calls_per_second = calls as f64 / elapsed.as_secs_f64();
    let every = Duration::from_secs_f64(2.0 / calls_per_second);
    stage.peers.delays.clear();
    stage.pace(calls, every)?;
    let (delay_us_p50, delay_us_p99) = quantiles(std::mem::take(&mut stage.peers.delays));
    stage.stop();
    let traffic = after.traffic(&before, calls);
    let packets_every = every.div_f64(traffic.packets_in.max(1.0));
    let (bare_delay_us_p50, bare_delay_us_p99) = quantiles(bare::delays(traffic, calls, packets_every)?);
    Ok(Row {
        bench: "call",
        calls,
        failed,
        cpu_us_per_call: after.cpu_us(&before, calls),
        bare_cpu_us_per_call: bare::measure(traffic, calls)?,
        calls_per_second,
        packets_per_call: traffic.packets_in + traffic.packets_out,
        half_load_per_second: calls_per_second / 2.0,
        delay_us_p50,
        delay_us_p99,
        bare_delay_us_p50,
        bare_delay_us_p99,
        bytes_per_call,
    })
}

/// Bytes by which the process grows for each call that is on the line.
fn memory() -> io::Result<f64> {
    let mut stage = Stage::new(HELD_CALLS)?;
    stage.mark(true)?;
    let before = resident_bytes()?;
    stage.hold(HELD_CALLS, CALLS_AT_ONCE)?;
    stage.mark(false)?;
    let after = resident_bytes()?;
    stage.end()?;
    stage.stop();
    Ok(after.saturating_sub(before) as f64 / HELD_CALLS as f64)
}

/// Resident memory of this process.
pub fn resident_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))
}

/// Median and 99th percentile in microseconds; zero of nothing.
pub fn quantiles(mut all: Vec<Duration>) -> (f64, f64) {
    all.sort_unstable();
    let at = |share: f64| {
        let place = (all.len() as f64 * share) as usize;
        all.get(place.min(all.len().saturating_sub(1))).map_or(0.0, |delay| delay.as_secs_f64() * 1e6)
    };
    (at(0.5), at(0.99))
}
