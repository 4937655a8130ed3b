//! Complete calls through the queue: INVITE, 180, an operator's phone, 200, ACK, BYE, and all that belongs to them.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

use serde::Serialize;

use super::bare::{self, Traffic};
use super::house::{self, House, OPERATORS};
use super::peers::Peers;
use crate::clock;
use crate::engine::Statistics;

/// Calls when nobody says how many.
pub const CALLS: usize = 5_000;
/// Calls at once: fewer than operators, so that none waits.
const CALLS_AT_ONCE: usize = OPERATORS / 2;
/// Before the measured ones, for tables to grow and branches to be learned.
const WARM_UP_CALLS: usize = 500;
/// A house that says nothing for so long is stuck.
const STUCK: Duration = Duration::from_secs(10);

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
}

/// Makes the calls.
pub fn measure(calls: usize) -> io::Result<Row> {
    let carrier = UdpSocket::bind("127.0.0.1:0")?;
    let phones = UdpSocket::bind("127.0.0.1:0")?;
    let (house, directory) = house::start(carrier.local_addr()?)?;
    let mut peers = Peers::new(carrier, phones, house.sip)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let busy = || io::Error::other("the engine does not listen");
    runtime.block_on(house.engine.set_directory(directory)).map_err(|_| busy())?;
    register(&mut peers)?;
    make(&mut peers, WARM_UP_CALLS)?;
    let before = settled(&runtime, &house)?;
    let (sent, received) = (peers.sent, peers.received);
    peers.failed = 0;
    let began = clock::now();
    make(&mut peers, calls)?;
    let elapsed = began.elapsed();
    let after = settled(&runtime, &house)?;
    runtime.block_on(house.engine.stop());
    let _ = house.thread.join(); // its panic, if any, is on standard error already
    let per_call = |total: u64| total as f64 / calls as f64;
    let mean = |(packets, bytes): (u64, u64)| usize::try_from(bytes / packets.max(1)).unwrap_or(0);
    let into = (peers.sent.0 - sent.0, peers.sent.1 - sent.1);
    let out = (peers.received.0 - received.0, peers.received.1 - received.1);
    let traffic = Traffic {
        packets_in: per_call(into.0),
        bytes_in: mean(into),
        packets_out: per_call(out.0),
        bytes_out: mean(out),
    };
    Ok(Row {
        bench: "call",
        calls,
        failed: peers.failed,
        cpu_us_per_call: per_call(after.cpu_us - before.cpu_us),
        bare_cpu_us_per_call: bare::measure(traffic, calls)?,
        calls_per_second: calls as f64 / elapsed.as_secs_f64(),
        packets_per_call: traffic.packets_in + traffic.packets_out,
    })
}

fn register(peers: &mut Peers) -> io::Result<()> {
    // The engine takes the directory in its own time: phones ask until they are let in, as phones do.
    for _ in 0..50 {
        for operator in peers.registered..OPERATORS {
            peers.register(operator, None)?;
        }
        let until = clock::now() + Duration::from_millis(200);
        while clock::now() < until && peers.registered < OPERATORS {
            if !peers.turn()? {
                std::thread::yield_now();
            }
        }
        if peers.registered >= OPERATORS {
            return Ok(());
        }
    }
    Err(io::Error::other(format!("only {} of {OPERATORS} phones were registered", peers.registered)))
}

fn make(peers: &mut Peers, calls: usize) -> io::Result<()> {
    let mut begun = 0;
    let mut heard = clock::now();
    while begun < calls || peers.open() > 0 {
        while begun < calls && peers.open() < CALLS_AT_ONCE {
            peers.call()?;
            begun += 1;
        }
        if peers.turn()? {
            heard = clock::now();
        } else if heard.elapsed() > STUCK {
            return Err(io::Error::other(format!(
                "stuck with {} calls open, {} done, {} failed",
                peers.open(),
                peers.done,
                peers.failed
            )));
        } else {
            std::thread::yield_now();
        }
    }
    Ok(())
}

/// The engine's figures once it has nothing left to do.
fn settled(runtime: &tokio::runtime::Runtime, house: &House) -> io::Result<Statistics> {
    let mut statistics = house.engine.statistics();
    statistics.mark_unchanged();
    runtime.block_on(async {
        for _ in 0..40 {
            statistics.changed().await.map_err(|_| io::Error::other("the engine has died"))?;
            let now = *statistics.borrow_and_update();
            if now.calls == 0 {
                return Ok(now);
            }
        }
        Err(io::Error::other("calls were left over"))
    })
}
