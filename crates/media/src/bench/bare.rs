//! The floor to compare with: connected sockets, the same tick, receive and send, nothing else.

use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rtp::packet::PACKET_BYTES_MAX;
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::time::Timespec;

use super::generator::{Generator, address_of};
use super::{Bare, BenchOptions, Mode, WARM_UP, leg_address};
use crate::{clock, place};

/// A bare loop over the streams of so many calls.
pub fn measure(calls: usize, options: &BenchOptions) -> io::Result<Bare> {
    let generator = Generator::new(2 * calls, Mode::Relay, leg_address)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut sockets = Vec::with_capacity(2 * calls);
    for stream in 0..2 * calls {
        let socket = UdpSocket::bind(leg_address(stream))?;
        socket.connect(address_of(stream))?;
        epoll::add(&epoll, &socket, epoll::EventData::new_u64(stream as u64), epoll::EventFlags::IN)?;
        sockets.push(socket);
    }
    let begin = clock::now() + WARM_UP;
    let end = begin + u64::try_from(options.duration.as_nanos()).unwrap_or(u64::MAX / 2);
    let running = generator.start(begin, end)?;
    let tick = u64::try_from(options.tick.as_nanos()).unwrap_or(clock::MILLISECOND).max(clock::MILLISECOND);
    let cpu = Arc::new(AtomicU64::new(0));
    let measured = Arc::clone(&cpu);
    let thread = thread::Builder::new().name("bare".into()).spawn(move || {
        place::stay_on(&super::cores().0);
        run(&sockets, &epoll, tick, begin);
        let cpu_before = clock::thread_cpu();
        run(&sockets, &epoll, tick, end);
        measured.store(clock::thread_cpu() - cpu_before, Ordering::Relaxed);
        run(&sockets, &epoll, tick, end + 100 * clock::MILLISECOND);
    })?;
    let counts = running.finish()?;
    thread.join().map_err(|_| io::Error::other("the bare loop has panicked"))?;
    let us = cpu.load(Ordering::Relaxed) as f64 / 1e3 / (counts.received as f64).max(1.0);
    Ok(Bare { us, loss: counts.loss(), delay_ms_p99: counts.delay_ms(0.99) })
}

/// Passes packets between the two sockets of each pair until `end`.
fn run(sockets: &[UdpSocket], epoll: &OwnedFd, tick: u64, end: u64) {
    const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut packet = [0u8; PACKET_BYTES_MAX];
    let mut ready = Vec::with_capacity(1024);
    loop {
        let now = clock::now();
        if now >= end {
            return;
        }
        clock::sleep_until((now / tick + 1) * tick);
        // As the media thread: never so long that the clock is not looked at any more.
        for _ in 0..crate::thread::ROUNDS_MAX {
            ready.clear();
            if epoll::wait(epoll, spare_capacity(&mut ready), Some(&NOW)).unwrap_or(0) == 0 {
                break;
            }
            for stream in ready.iter().map(|ready: &epoll::Event| ready.data.u64() as usize) {
                let (Some(from), Some(to)) = (sockets.get(stream), sockets.get(stream ^ 1)) else { continue };
                if let Ok((length, _)) = recv(from, &mut packet[..], RecvFlags::DONTWAIT)
                    && let Some(packet) = packet.get(..length)
                {
                    let _ = send(to, packet, SendFlags::DONTWAIT);
                }
            }
        }
    }
}
