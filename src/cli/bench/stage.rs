//! A house and the world around it, set up: what every measurement over SIP begins with.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use switch::Directory;

use super::bare::Traffic;
use super::house::{self, House};
use super::peers::Peers;
use crate::clock;
use crate::engine::Statistics;

/// A house that says nothing for so long is stuck.
const STUCK: Duration = Duration::from_secs(10);

/// The engine, its peers, and what has gone between them.
pub struct Stage {
    pub house: House,
    pub peers: Peers,
    runtime: tokio::runtime::Runtime,
}

/// Engine and wire at one moment.
#[derive(Clone, Copy)]
pub struct Mark {
    pub engine: Statistics,
    sent: (u64, u64),
    received: (u64, u64),
}

impl Stage {
    /// A house with this many operators, every one registered.
    pub fn new(operators: usize) -> io::Result<Self> {
        Self::in_house(operators, |carrier| house::start(carrier, operators))
    }

    /// The same in a house that `build` starts, given the carrier's address.
    pub fn in_house(
        operators: usize,
        build: impl FnOnce(SocketAddr) -> io::Result<(House, Arc<Directory>)>,
    ) -> io::Result<Self> {
        let carrier = UdpSocket::bind("127.0.0.1:0")?;
        let phones = UdpSocket::bind("127.0.0.1:0")?;
        for socket in [&carrier, &phones] {
            // The kernel grants what net.core.rmem_max allows; less is no reason not to measure.
            let _ = socket2::SockRef::from(socket).set_recv_buffer_size(4 << 20);
        }
        let (house, directory) = build(carrier.local_addr()?)?;
        let peers = Peers::new(carrier, phones, house.sip)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let busy = || io::Error::other("the engine does not listen");
        runtime.block_on(house.engine.set_directory(directory, Vec::new())).map_err(|_| busy())?;
        let mut stage = Self { house, peers, runtime };
        stage.register(operators, 0)?;
        Ok(stage)
    }

    /// Every phone registers, with a challenge and its answer, a few at a time.
    pub fn register(&mut self, operators: usize, round: u32) -> io::Result<()> {
        const AT_ONCE: usize = 32;
        let before = self.peers.registered;
        let mut asked = 0;
        let mut heard = clock::now();
        while self.peers.registered - before < operators {
            while asked < operators && asked - (self.peers.registered - before) < AT_ONCE {
                self.peers.register(asked, round, None)?;
                asked += 1;
            }
            self.turn(&mut heard)?;
        }
        Ok(())
    }

    /// So many calls, this many at once, each ended by its caller.
    pub fn make(&mut self, calls: usize, at_once: usize) -> io::Result<()> {
        let mut begun = 0;
        let mut heard = clock::now();
        while begun < calls || self.peers.open() > 0 {
            while begun < calls && self.peers.open() < at_once {
                self.peers.call()?;
                begun += 1;
            }
            self.turn(&mut heard)?;
        }
        Ok(())
    }

    /// So many calls, one every `every`, whether or not those before are done.
    pub fn pace(&mut self, calls: usize, every: Duration) -> io::Result<()> {
        let mut next = clock::now();
        let mut begun = 0;
        let mut heard = clock::now();
        while begun < calls || self.peers.open() > 0 {
            if begun < calls && clock::now() >= next {
                self.peers.call()?;
                begun += 1;
                next += every;
            }
            self.turn(&mut heard)?;
        }
        Ok(())
    }

    /// So many calls that stay on the line, all at once in the end.
    pub fn hold(&mut self, calls: usize, at_once: usize) -> io::Result<()> {
        self.peers.hold = true;
        let mut begun = 0;
        let mut heard = clock::now();
        while self.peers.talking() < calls {
            while begun < calls && begun - self.peers.talking() < at_once {
                self.peers.call()?;
                begun += 1;
            }
            self.turn(&mut heard)?;
        }
        Ok(())
    }

    /// Those calls end.
    pub fn end(&mut self) -> io::Result<()> {
        self.peers.hang_up()?;
        let mut heard = clock::now();
        while self.peers.open() > 0 {
            self.turn(&mut heard)?;
        }
        Ok(())
    }

    fn turn(&mut self, heard: &mut std::time::Instant) -> io::Result<()> {
        if self.peers.turn()? {
            *heard = clock::now();
        } else if heard.elapsed() > STUCK {
            let (open, done, failed) = (self.peers.open(), self.peers.done, self.peers.failed);
            return Err(io::Error::other(format!("stuck with {open} calls open, {done} done, {failed} failed")));
        } else {
            std::thread::yield_now();
        }
        Ok(())
    }

    /// The figures once the engine has published them anew; with `idle`, once no call is left.
    pub fn mark(&mut self, idle: bool) -> io::Result<Mark> {
        let mut statistics = self.house.engine.statistics();
        statistics.mark_unchanged();
        let engine = self.runtime.block_on(async {
            for _ in 0..40 {
                statistics.changed().await.map_err(|_| io::Error::other("the engine has died"))?;
                let now = *statistics.borrow_and_update();
                if now.calls == 0 || !idle {
                    return Ok(now);
                }
            }
            Err(io::Error::other("calls were left over"))
        })?;
        Ok(Mark { engine, sent: self.peers.sent, received: self.peers.received })
    }

    /// The house closes.
    pub fn stop(self) {
        self.runtime.block_on(self.house.engine.stop());
        let _ = self.house.thread.join(); // its panic, if any, is on standard error already
    }
}

impl Mark {
    /// What one of `things` was to the network since `before`.
    pub fn traffic(&self, before: &Self, things: usize) -> Traffic {
        let per_thing = |total: u64| total as f64 / things.max(1) as f64;
        let mean = |(packets, bytes): (u64, u64)| usize::try_from(bytes / packets.max(1)).unwrap_or(0);
        let into = (self.sent.0 - before.sent.0, self.sent.1 - before.sent.1);
        let out = (self.received.0 - before.received.0, self.received.1 - before.received.1);
        Traffic {
            packets_in: per_thing(into.0),
            bytes_in: mean(into),
            packets_out: per_thing(out.0),
            bytes_out: mean(out),
        }
    }

    /// Microseconds of the engine's processor that one of `things` took since `before`.
    pub fn cpu_us(&self, before: &Self, things: usize) -> f64 {
        (self.engine.cpu_us - before.engine.cpu_us) as f64 / things.max(1) as f64
    }
}
