//! The bare loop beside the engine: as many packets in and out, of the same sizes, with nothing in between.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

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

/// Processor time of this thread.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
