//! How much voice this machine carries: bridged calls over loopback, next to a bare receive-and-send loop in the same
//! run. It measures and never judges: compare figures of one run only (MEDIA.md).

mod bare;
mod generator;

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use endpoint::LegId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sdp::Codec;
use switch::CallId;
use switch::media::{LegMedia, Order, RecordingFile, Security, Side, Source};

use crate::clock::{self, Epoch, MILLISECOND};
use crate::{Config, Media, Prompts};
use generator::Generator;

/// Runs before each measurement, so that memory is touched and sources are locked.
const WARM_UP: u64 = 1500 * MILLISECOND;
/// Calls of one measurement: as many as there are ports for.
const CALLS_MAX: usize = 5000;
/// First port of the legs, and of the generator.
const FIRST_PORT: u16 = 10_000;

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
    /// Where recordings are written meanwhile; a folder made and removed here. `None`: the system's temporary folder.
    pub folder: Option<PathBuf>,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self {
            calls: vec![50, 200, 500],
            recording: vec![false, true],
            duration: Duration::from_secs(5),
            tick: Duration::from_millis(2),
            folder: None,
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
    /// CPU time of the media and recorder threads per relayed packet, microseconds.
    pub cpu_us_per_packet: f64,
    /// The same of a bare receive-and-send loop over as many streams, in the same run.
    pub bare_cpu_us_per_packet: f64,
    /// Share of the packets that did not come through, 0 to 1.
    pub loss: f64,
    /// Forwarding delay, median, milliseconds. It includes the generator's own tick of 1 ms.
    pub delay_ms_p50: f64,
    /// Forwarding delay, 99th percentile, milliseconds.
    pub delay_ms_p99: f64,
    /// Memory of the process per call, outside the kernel.
    pub bytes_per_call: u64,
}

/// Runs the measurements, one row each: for each number of calls first the bare loop, then with and without recording.
pub fn bench(options: &BenchOptions) -> io::Result<Vec<BenchRow>> {
    raise_file_limit();
    let mut rows = Vec::new();
    for &calls in &options.calls {
        let calls = calls.clamp(1, CALLS_MAX);
        for &recording in &options.recording {
            let bare = bare::measure(calls, options)?;
            rows.push(measure(calls, recording, bare, options)?);
        }
    }
    Ok(rows)
}

/// Our legs' addresses, by stream; the RTCP port follows.
fn leg_address(stream: usize) -> SocketAddr {
    address(1, FIRST_PORT.saturating_add(2 * stream as u16))
}

/// A loopback network of this process alone.
fn address(host: u8, port: u16) -> SocketAddr {
    let net = (std::process::id() % 200 + 20) as u8;
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 99, net, host)), port)
}

fn measure(calls: usize, recording: bool, bare: f64, options: &BenchOptions) -> io::Result<BenchRow> {
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = folder.join(format!("denwaban-bench-{}", std::process::id()));
    let generator = Generator::new(2 * calls, leg_address)?;
    let mut config = Config::new(&folder, Prompts::built_in()?);
    config.tick = options.tick;
    let media = crate::start(config, |_| {})?;
    let memory_before = resident_bytes();
    open_calls(&media, calls, recording)?;
    let begin = clock::now() + WARM_UP;
    let end = begin + u64::try_from(options.duration.as_nanos()).unwrap_or(u64::MAX / 2);
    let running = generator.start(begin, end)?;
    clock::sleep_until(begin);
    let cpu_before = media.cpu();
    clock::sleep_until(end);
    let cpu = media.cpu().saturating_sub(cpu_before);
    let memory = resident_bytes().saturating_sub(memory_before);
    let counts = running.finish()?;
    media.shutdown();
    let _ = fs::remove_dir_all(&folder);
    Ok(BenchRow {
        calls,
        recording,
        cpu_us_per_packet: cpu.as_secs_f64() * 1e6 / (counts.received as f64).max(1.0),
        bare_cpu_us_per_packet: bare,
        loss: counts.loss(),
        delay_ms_p50: counts.delay_ms(0.5),
        delay_ms_p99: counts.delay_ms(0.99),
        bytes_per_call: memory / calls as u64,
    })
}

fn open_calls(media: &Media, calls: usize, recording: bool) -> io::Result<()> {
    let busy = |_| io::Error::other("the media thread takes no more orders");
    let epoch = Epoch::new();
    for call in 0..calls {
        let id = CallId(call as u64);
        let legs = [2 * call, 2 * call + 1];
        for (stream, side) in legs.into_iter().zip([Side::Caller, Side::Ours]) {
            let leg = LegId(stream as u64);
            media.order(Order::OpenLeg { leg, call: id, local: leg_address(stream), side }).map_err(busy)?;
            media.order(Order::Negotiated { leg, media: leg_media(generator::address_of(stream)) }).map_err(busy)?;
        }
        for (stream, other) in legs.into_iter().zip(legs.into_iter().rev()) {
            let source = Source::Leg(LegId(other as u64));
            media.order(Order::Hear { leg: LegId(stream as u64), source }).map_err(busy)?;
        }
        if recording {
            let at = epoch.instant(clock::now());
            let file = RecordingFile { stem: format!("{:02}/{call:06}", call % 16) };
            media.order(Order::StartRecording { call: id, at, file }).map_err(busy)?;
        }
        // Far fewer than the queue holds, so that opening so many sockets never fills it.
        if call % 200 == 199 {
            clock::sleep_until(clock::now() + 50 * MILLISECOND);
        }
    }
    Ok(())
}

fn leg_media(remote: SocketAddr) -> LegMedia {
    LegMedia {
        remote,
        remote_rtcp: SocketAddr::new(remote.ip(), 0),
        signalled_from: remote.ip(),
        codec: Codec::Pcmu,
        payload_type: 0,
        receive_payload_type: 0,
        telephone_event: None,
        send: true,
        receive: true,
        rtcp_mux: false,
        security: Security::Plain,
    }
}

/// Two sockets a leg and one of the generator's: more than the usual 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("the limit of open files cannot be raised");
    }
}

/// Resident memory of the process: the second figure of `/proc/self/statm`, in pages.
fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_gives_sensible_figures() {
        let options = BenchOptions { calls: vec![3], duration: Duration::from_millis(500), ..BenchOptions::default() };
        let rows = bench(&options).unwrap();
        assert_eq!(rows.iter().map(|row| (row.calls, row.recording)).collect::<Vec<_>>(), [(3, false), (3, true)]);
        for row in rows {
            assert!(row.cpu_us_per_packet > 0.0 && row.bare_cpu_us_per_packet > 0.0, "{row:?}");
            assert!((0.0..0.5).contains(&row.loss) && row.delay_ms_p50 <= row.delay_ms_p99, "{row:?}");
        }
    }
}
