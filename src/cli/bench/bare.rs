//! The bare loop beside the engine: as many packets in and out, of the same sizes, with nothing in between.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::clock;

/// What a call is to the network.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Packets into the switch, a call, and their mean size.
    pub packets_in: f64,
    pub bytes_in: usize,
    /// Packets out of the switch, a call, and their mean size.
    pub packets_out: f64,
    pub bytes_out: usize,
}

/// Microseconds of processor that moving a call's packets takes.
pub fn measure(traffic: Traffic, calls: usize) -> io::Result<f64> {
    let ours = UdpSocket::bind("127.0.0.1:0")?;
    let world = UdpSocket::bind("127.0.0.1:0")?;
    ours.set_read_timeout(Some(Duration::from_secs(2)))?;
    world.set_read_timeout(Some(Duration::from_secs(2)))?;
    let (near, far) = (ours.local_addr()?, world.local_addr()?);
    let per_in = traffic.packets_out / traffic.packets_in.max(1.0);
    let packets = (traffic.packets_in * calls as f64) as usize;
    let loop_thread = thread::spawn(move || carry(&ours, far, packets, per_in, traffic.bytes_out));
    drive(&world, near, packets, per_in, traffic.bytes_in)?;
    let spent = loop_thread.join().map_err(|_| io::Error::other("the bare loop died"))??;
    Ok(spent.as_secs_f64() * 1e6 / calls as f64)
}

/// The loop that is measured: a packet in, its share of packets out.
fn carry(socket: &UdpSocket, far: SocketAddr, packets: usize, per_in: f64, bytes: usize) -> io::Result<Duration> {
    let packet = vec![b'x'; bytes];
    let mut buffer = vec![0; 65_535];
    let began = spent();
    let mut owed = 0.0;
    for _ in 0..packets {
        socket.recv(&mut buffer)?;
        owed += per_in;
        while owed >= 1.0 {
            socket.send_to(&packet, far)?;
            owed -= 1.0;
        }
    }
    Ok(spent().saturating_sub(began))
}

/// The other side: one packet under way at a time, and what comes back is taken.
fn drive(socket: &UdpSocket, near: SocketAddr, packets: usize, per_in: f64, bytes: usize) -> io::Result<()> {
    let packet = vec![b'x'; bytes];
    let mut buffer = vec![0; 65_535];
    let mut owed = 0.0;
    for _ in 0..packets {
        socket.send_to(&packet, near)?;
        owed += per_in;
        while owed >= 1.0 {
            socket.recv(&mut buffer)?;
            owed -= 1.0;
        }
    }
    Ok(())
}

/// From each packet to its echo, one packet `every`: what the way there and back takes with nothing in between.
pub fn delays(traffic: Traffic, packets: usize, every: Duration) -> io::Result<Vec<Duration>> {
    let ours = UdpSocket::bind("127.0.0.1:0")?;
    let world = UdpSocket::bind("127.0.0.1:0")?;
    ours.set_read_timeout(Some(Duration::from_secs(2)))?;
    world.set_nonblocking(true)?;
    let (near, far) = (ours.local_addr()?, world.local_addr()?);
    let echo = thread::spawn(move || carry(&ours, far, packets, 1.0, traffic.bytes_out));
    let packet = vec![b'x'; traffic.bytes_in];
    let mut buffer = vec![0; 65_535];
    let mut sent = VecDeque::with_capacity(packets);
    let mut delays = Vec::with_capacity(packets);
    let mut next = clock::now();
    let mut begun = 0;
    let give_up = next + every.saturating_mul(u32::try_from(packets).unwrap_or(u32::MAX)) + Duration::from_secs(2);
    while delays.len() < packets && clock::now() < give_up {
        if begun < packets && clock::now() >= next {
            world.send_to(&packet, near)?;
            sent.push_back(clock::now());
            begun += 1;
            next += every;
        }
        // One socket to one socket: nothing overtakes.
        match world.recv(&mut buffer) {
            Ok(_) => delays.extend(sent.pop_front().map(|at| at.elapsed())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    echo.join().map_err(|_| io::Error::other("the bare loop died"))??;
    Ok(delays)
}

/// Processor time of this thread.
pub fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
