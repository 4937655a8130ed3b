//! A flood of strangers (RESILIENCE R02) while callers ring: how many of them are answered, and what the flood costs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::call::resident_bytes;
use super::stage::Stage;
use crate::clock;

/// Packets a second that the flood aims at.
const RATE: u32 = 20_000;
/// Addresses that it comes from: 127.0.7.1 and so on, strangers all.
const ADDRESSES: u8 = 100;
/// Packets sent between two looks at the clock.
const AT_ONCE: u32 = 20;
/// Calls a second meanwhile.
const CALLS_PER_SECOND: u32 = 10;
const OPERATORS: usize = 10;

/// One measurement.
#[derive(Serialize)]
pub struct Row {
    bench: &'static str,
    /// What was sent.
    pub kind: &'static str,
    /// Packets a second that the flood reached.
    pub packets_per_second: f64,
    /// Calls made meanwhile, and those of them that were not answered and ended in order.
    pub calls: usize,
    pub failed: usize,
    /// From the caller's INVITE to the INVITE at the phone.
    pub delay_us_p50: f64,
    pub delay_us_p99: f64,
    /// Share of a processor that the engine's thread took.
    pub cpu: f64,
    /// What the process grew by.
    pub grown_bytes: u64,
}

impl Row {
    /// For people.
    pub fn text(&self) -> String {
        format!(
            "flood  {}: {:.0} packets a second, {} of {} calls failed, INVITE in to INVITE out {:.0} µs median and {:.0} µs p99, {:.0} % of a processor, {:.1} MB more memory",
            self.kind,
            self.packets_per_second,
            self.failed,
            self.calls,
            self.delay_us_p50,
            self.delay_us_p99,
            self.cpu * 100.0,
            self.grown_bytes as f64 / 1e6,
        )
    }
}

/// Floods with each kind in turn, and tells each row as soon as it is there.
pub fn measure(seconds: u64, mut tell: impl FnMut(Row)) -> io::Result<()> {
    for kind in ["junk", "OPTIONS", "REGISTER", "INVITE"] {
        tell(one(kind, Duration::from_secs(seconds))?);
    }
    Ok(())
}

fn one(kind: &'static str, duration: Duration) -> io::Result<Row> {
    let mut stage = Stage::new(OPERATORS)?;
    stage.make(100, OPERATORS / 2)?;
    let before = stage.mark(true)?;
    let memory = resident_bytes()?;
    stage.peers.failed = 0;
    stage.peers.delays.clear();
    let flood = Flood::start(kind, stage.house.sip)?;
    let began = clock::now();
    let calls = usize::try_from(duration.as_secs() * u64::from(CALLS_PER_SECOND)).unwrap_or(usize::MAX);
    stage.pace(calls, Duration::from_secs(1) / CALLS_PER_SECOND)?;
    let elapsed = began.elapsed();
    let sent = flood.stop();
    let grown = resident_bytes()?.saturating_sub(memory);
    let after = stage.mark(true)?;
    let (delay_us_p50, delay_us_p99) = super::call::quantiles(std::mem::take(&mut stage.peers.delays));
    let failed = stage.peers.failed;
    stage.stop();
    Ok(Row {
        bench: "flood",
        kind,
        packets_per_second: sent as f64 / elapsed.as_secs_f64(),
        calls,
        failed,
        delay_us_p50,
        delay_us_p99,
        cpu: (after.engine.cpu_us - before.engine.cpu_us) as f64 / 1e6 / elapsed.as_secs_f64(),
        grown_bytes: grown,
    })
}

/// A thread that sends.
struct Flood {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Flood {
    fn start(kind: &'static str, to: SocketAddr) -> io::Result<Self> {
        let sockets = (1..=ADDRESSES)
            .map(|last| {
                let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 7, last), 0))?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            })
            .collect::<io::Result<Vec<_>>>()?;
        let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stop, count) = (Arc::clone(&over), Arc::clone(&sent));
        let thread = thread::spawn(move || {
            let began = clock::now();
            let mut number = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                for socket in sockets.iter().cycle().skip(number as usize % sockets.len()).take(AT_ONCE as usize) {
                    number += 1;
                    // A full buffer drops it, as a network would.
                    count.fetch_add(u64::from(socket.send_to(&packet(kind, number), to).is_ok()), Ordering::Relaxed);
                }
                pause(began, number);
            }
        });
        Ok(Self { over, sent, thread })
    }

    /// Ends it, and gives what was sent.
    fn stop(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.join(); // its panic, if any, is on standard error already
        self.sent.load(Ordering::Relaxed)
    }
}

/// Waits until so many packets are due.
fn pause(began: Instant, number: u64) {
    let due = Duration::from_secs_f64(number as f64 / f64::from(RATE));
    thread::park_timeout(due.saturating_sub(began.elapsed()));
}

fn packet(kind: &str, number: u64) -> Vec<u8> {
    if kind == "junk" {
        return format!("{number:x} is no SIP at all, and longer than a keep-alive\r\n\r\n").into_bytes();
    }
    format!(
        "{kind} sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.7.1:5060;rport;branch=z9hG4bKf{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{number}@bench>;tag=f{number}\r\nTo: <sip:{number}@bench>\r\n\
         Call-ID: flood-{number}\r\nCSeq: 1 {kind}\r\nContact: <sip:{number}@127.0.7.1>\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
