//! How much voice this machine carries: bridged calls over loopback, next to a bare receive-and-send loop in the same
//! run. It measures and never judges: compare figures of one run only (MEDIA.md).

mod bare;
mod delays;
mod echo;
mod generator;

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use endpoint::LegId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sdp::Codec;
use switch::CallId;
use switch::media::{LegMedia, Order, RecordingFile, Sdes, Security, Side, Source};

use crate::clock::{self, Epoch, MILLISECOND};
use crate::{Config, Media, Prompts, place};
pub use delays::Delays;
use generator::Generator;

/// Runs before each measurement, so that memory is touched and sources are locked.
const WARM_UP: u64 = 1500 * MILLISECOND;
/// Calls of one measurement: as many as there are ports for.
const CALLS_MAX: usize = 5000;
/// Two streams of 50 packets a second.
const PACKETS_PER_CALL_MINUTE: f64 = 6000.0;
/// First port of the legs, and of the generator.
const FIRST_PORT: u16 = 10_000;

/// What is done with the calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// G.711 from leg to leg.
    Relay,
    /// The same, recorded.
    Record,
    /// Recorded, and one of the two legs is SRTP by keys from the SDP (`AES_CM_128_HMAC_SHA1_80`).
    Srtp,
    /// Recorded, and one of the two legs is Opus: every packet is decoded and encoded anew, and decoded again by the recorder.
    /// Delay and loss are told by the RTP timestamps of what is heard: what the codec itself looks ahead is not in the delay, and
    /// a packet that was concealed counts as heard.
    Opus,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Relay, Self::Record, Self::Srtp, Self::Opus];

    /// As it is written in options and rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Record => "record",
            Self::Srtp => "srtp",
            Self::Opus => "opus",
        }
    }

    fn records(self) -> bool {
        match self {
            Self::Relay => false,
            Self::Record | Self::Srtp | Self::Opus => true,
        }
    }
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// Numbers of simultaneous bridged calls, one measurement each.
    pub calls: Vec<usize>,
    /// What is done with them.
    pub modes: Vec<Mode>,
    /// How long each window of a measurement takes.
    pub duration: Duration,
    /// So many times the bare loop and every mode take turns; of each figure the median counts.
    pub windows: usize,
    /// The media thread's tick.
    pub tick: Duration,
    /// Where recordings are written meanwhile; a folder made and removed here. `None`: the system's temporary folder.
    pub folder: Option<PathBuf>,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self {
            calls: vec![50, 200, 500, 1000, 2000],
            modes: Mode::ALL.to_vec(),
            duration: Duration::from_secs(3),
            windows: 3,
            tick: Duration::from_millis(2),
            folder: None,
        }
    }
}

/// One measurement: of every figure the median of the windows, of the loss the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchRow {
    /// Simultaneous bridged calls: two streams in and two out each.
    pub calls: usize,
    /// What was done with them.
    pub mode: Mode,
    /// CPU time of the media and recorder threads per relayed packet, microseconds.
    pub cpu_us_per_packet: f64,
    /// Of it, the recorder's threads.
    pub recorder_us_per_packet: f64,
    /// CPU time per minute of a call, seconds.
    pub cpu_s_per_call_minute: f64,
    /// CPU time of a bare receive-and-send loop over as many streams, per packet, in the window just before.
    pub bare_cpu_us_per_packet: f64,
    /// The median of the windows' quotients of the two.
    pub ratio: f64,
    /// What the bare loop lost, and how long it took for 99 of 100 packets, in the same windows: what is the machine's fault.
    pub bare_loss: f64,
    /// See `bare_loss`; milliseconds.
    pub bare_delay_ms_p99: f64,
    /// The share of the machine's time that others took, as its host tells it (`steal` in `/proc/stat`).
    pub stolen: f64,
    /// Share of the packets that did not come through, 0 to 1.
    pub loss: f64,
    /// Forwarding delay, median, milliseconds. It includes the generator's own tick of 1 ms.
    pub delay_ms_p50: f64,
    /// Forwarding delay, 99th percentile, milliseconds.
    pub delay_ms_p99: f64,
}

/// What a call takes of memory outside the kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Calls that were on the line.
    pub calls: usize,
    /// Bytes a bridged call.
    pub bytes_per_call: u64,
    /// Bytes a bridged and recorded call, the recorder's included.
    pub bytes_per_recorded_call: u64,
}

/// One window.
#[derive(Clone, Copy, Debug)]
struct Window {
    media_us: f64,
    recorder_us: f64,
    bare: Bare,
    stolen: f64,
    loss: f64,
    delay_ms: (f64, f64),
}

/// The bare loop's window.
#[derive(Clone, Copy, Debug)]
struct Bare {
    us: f64,
    loss: f64,
    delay_ms_p99: f64,
}

/// The measurements of one number of calls, one row a mode. The engine's threads share one core and the generator has
/// another, if there are two.
pub fn bench(calls: usize, options: &BenchOptions) -> io::Result<Vec<BenchRow>> {
    raise_file_limit();
    let calls = calls.clamp(1, CALLS_MAX);
    let mut windows = vec![Vec::new(); options.modes.len()];
    for _ in 0..options.windows.max(1) {
        for (mode, windows) in options.modes.iter().zip(&mut windows) {
            let bare = bare::measure(calls, options)?;
            windows.push(measure(calls, *mode, bare, options)?);
        }
    }
    Ok(options.modes.iter().zip(&windows).map(|(mode, windows)| row(calls, *mode, windows)).collect())
}

fn row(calls: usize, mode: Mode, windows: &[Window]) -> BenchRow {
    let median = |figure: fn(&Window) -> f64| {
        let mut figures: Vec<f64> = windows.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(0.0)
    };
    let mean = |figure: fn(&Window) -> f64| windows.iter().map(figure).sum::<f64>() / windows.len().max(1) as f64;
    let cpu_us = median(|window| window.media_us + window.recorder_us);
    BenchRow {
        calls,
        mode,
        cpu_us_per_packet: cpu_us,
        recorder_us_per_packet: median(|window| window.recorder_us),
        cpu_s_per_call_minute: cpu_us * PACKETS_PER_CALL_MINUTE / 1e6,
        bare_cpu_us_per_packet: median(|window| window.bare.us),
        ratio: median(|window| (window.media_us + window.recorder_us) / window.bare.us),
        bare_loss: mean(|window| window.bare.loss),
        bare_delay_ms_p99: median(|window| window.bare.delay_ms_p99),
        stolen: mean(|window| window.stolen),
        loss: mean(|window| window.loss),
        delay_ms_p50: median(|window| window.delay_ms.0),
        delay_ms_p99: median(|window| window.delay_ms.1),
    }
}

/// Measures memory. To be asked first: what other measurements leave behind is used again, and would hide the growth.
pub fn memory(calls: usize, options: &BenchOptions) -> io::Result<Memory> {
    raise_file_limit();
    let calls = calls.clamp(1, CALLS_MAX);
    let folder = folder(options);
    let generator = Generator::new(2 * calls, Mode::Relay, leg_address)?;
    let media = start(&folder, options)?;
    let before = resident_bytes();
    open_calls(&media, calls, Mode::Relay)?;
    let begin = clock::now();
    let half = begin + 2 * WARM_UP;
    let running = generator.start(begin, half + 2 * WARM_UP)?;
    clock::sleep_until(half);
    let bridged = resident_bytes().saturating_sub(before);
    // One after the other, as calls begin: to make a thousand files in one instant takes the recorder a second, and what is
    // said in that second would be counted as a recording's memory.
    for call in 0..calls {
        clock::sleep_until(half + WARM_UP * call as u64 / calls as u64);
        record(&media, call)?;
    }
    clock::sleep_until(half + 2 * WARM_UP);
    let recorded = resident_bytes().saturating_sub(before);
    running.finish()?;
    media.shutdown();
    let _ = fs::remove_dir_all(&folder);
    let each = |bytes: u64| bytes / calls as u64;
    Ok(Memory { calls, bytes_per_call: each(bridged), bytes_per_recorded_call: each(recorded) })
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

/// Cores for the engine's threads, and for the generator. None: where the system likes.
fn cores() -> (Vec<usize>, Vec<usize>) {
    match *place::cores().as_slice() {
        [generator, .., engine] => (vec![engine], vec![generator]),
        [] | [_] => (Vec::new(), Vec::new()),
    }
}

fn folder(options: &BenchOptions) -> PathBuf {
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    folder.join(format!("denwaban-bench-{}", std::process::id()))
}

/// The voice path, all of its threads on the engine's core.
fn start(folder: &Path, options: &BenchOptions) -> io::Result<Media> {
    let mut config = Config::new(folder, Prompts::built_in()?);
    config.tick = options.tick;
    let all = place::cores();
    // Threads begin where the one is that makes them.
    place::stay_on(&cores().0);
    let media = crate::start(config, |_| {});
    place::stay_on(&all);
    media
}

fn measure(calls: usize, mode: Mode, bare: Bare, options: &BenchOptions) -> io::Result<Window> {
    let folder = folder(options);
    let generator = Generator::new(2 * calls, mode, leg_address)?;
    let media = start(&folder, options)?;
    open_calls(&media, calls, mode)?;
    let begin = clock::now() + WARM_UP;
    let end = begin + u64::try_from(options.duration.as_nanos()).unwrap_or(u64::MAX / 2);
    let running = generator.start(begin, end)?;
    clock::sleep_until(begin);
    let before = media.cpu();
    let stolen = Stolen::now();
    clock::sleep_until(end);
    let after = media.cpu();
    let stolen = stolen.share();
    let counts = running.finish()?;
    media.shutdown();
    let _ = fs::remove_dir_all(&folder);
    let per_packet =
        |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e6 / (counts.received as f64).max(1.0);
    Ok(Window {
        media_us: per_packet(before.0, after.0),
        recorder_us: per_packet(before.1, after.1),
        bare,
        stolen,
        loss: counts.loss(),
        delay_ms: (counts.delay_ms(0.5), counts.delay_ms(0.99)),
    })
}

fn open_calls(media: &Media, calls: usize, mode: Mode) -> io::Result<()> {
    let busy = |_| io::Error::other("the media thread takes no more orders");
    for call in 0..calls {
        let id = CallId(call as u64);
        let legs = [2 * call, 2 * call + 1];
        for (stream, side) in legs.into_iter().zip([Side::Caller, Side::Ours]) {
            let leg = LegId(stream as u64);
            media.order(Order::OpenLeg { leg, call: id, local: leg_address(stream), side }).map_err(busy)?;
            let mut terms = leg_media(generator::address_of(stream));
            match (mode, side) {
                (Mode::Srtp, Side::Ours) => terms.security = srtp_terms(),
                (Mode::Opus, Side::Ours) => {
                    terms.codec = Codec::Opus;
                    terms.payload_type = generator::OPUS_PAYLOAD_TYPE;
                    terms.receive_payload_type = generator::OPUS_PAYLOAD_TYPE;
                }
                (Mode::Relay | Mode::Record | Mode::Srtp | Mode::Opus, Side::Caller | Side::Ours) => {}
            }
            media.order(Order::Negotiated { leg, media: terms }).map_err(busy)?;
        }
        for (stream, other) in legs.into_iter().zip(legs.into_iter().rev()) {
            let source = Source::Leg(LegId(other as u64));
            media.order(Order::Hear { leg: LegId(stream as u64), source }).map_err(busy)?;
        }
        if mode.records() {
            record(media, call)?;
        }
        // Far fewer than the queue holds, so that opening so many sockets never fills it.
        if call % 200 == 199 {
            clock::sleep_until(clock::now() + 50 * MILLISECOND);
        }
    }
    Ok(())
}

fn record(media: &Media, call: usize) -> io::Result<()> {
    let at = Epoch::new().instant(clock::now());
    let file = RecordingFile { stem: format!("{:02}/{call:06}", call % 16) };
    let order = Order::StartRecording { call: CallId(call as u64), at, file };
    media.order(order).map_err(|_| io::Error::other("the media thread takes no more orders"))
}

/// What the generator's phones hear and say, seen from here.
fn srtp_terms() -> Security {
    let [theirs, ours] = generator::KEYS;
    Security::Sdes(Box::new(Sdes {
        suite: sdp::Suite::AesCm128HmacSha1_80,
        send: sdp::KeySalt(ours.to_vec()),
        receive: sdp::KeySalt(theirs.to_vec()),
    }))
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

/// The machine's clock ticks so far, and those that its host gave to others.
struct Stolen {
    all: u64,
    stolen: u64,
}

impl Stolen {
    fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let ticks: Vec<u64> = stat
            .lines()
            .next()
            .map(|all| all.split_ascii_whitespace().skip(1).take(8).filter_map(|ticks| ticks.parse().ok()).collect())
            .unwrap_or_default();
        Self { all: ticks.iter().sum(), stolen: ticks.get(7).copied().unwrap_or(0) }
    }

    /// Since then.
    fn share(&self) -> f64 {
        let now = Self::now();
        now.stolen.saturating_sub(self.stolen) as f64 / (now.all.saturating_sub(self.all) as f64).max(1.0)
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
        let options = BenchOptions { duration: Duration::from_millis(500), windows: 1, ..BenchOptions::default() };
        let rows = bench(3, &options).unwrap();
        assert_eq!(rows.iter().map(|row| (row.calls, row.mode)).collect::<Vec<_>>(), Mode::ALL.map(|mode| (3, mode)));
        for row in rows {
            assert!(row.cpu_us_per_packet > 0.0 && row.bare_cpu_us_per_packet > 0.0 && row.ratio > 0.0, "{row:?}");
            assert!((0.0..0.5).contains(&row.loss) && row.delay_ms_p50 <= row.delay_ms_p99, "{row:?}");
            assert!(row.recorder_us_per_packet < row.cpu_us_per_packet, "{row:?}");
        }
    }

    #[test]
    fn a_row_is_the_median_of_its_windows() {
        let window = |media_us, us, loss| {
            let bare = Bare { us, loss: 0.0, delay_ms_p99: 1.0 };
            Window { media_us, recorder_us: 1.0, bare, stolen: loss / 2.0, loss, delay_ms: (1.0, 2.0) }
        };
        let row = row(10, Mode::Record, &[window(5.0, 2.0, 0.0), window(9.0, 10.0, 0.3), window(3.0, 2.0, 0.0)]);
        assert_eq!((row.cpu_us_per_packet, row.bare_cpu_us_per_packet, row.ratio), (6.0, 2.0, 2.0));
        assert!((row.loss - 0.1).abs() < 1e-9 && (row.stolen - 0.05).abs() < 1e-9);
        assert!((row.cpu_s_per_call_minute - 0.036).abs() < 1e-9);
    }
}
