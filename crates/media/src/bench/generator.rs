//! Phones by the thousand: a thread that sends on every stream every 20 ms, and measures what comes back.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use codec::{Encoder, Kind};
use rtp::packet::HEADER_BYTES;
use rtp::{FRAME, Header, Packet};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::time::Timespec;
use srtp::{Context, OVERHEAD_MAX, Suite};

use super::Mode;
use super::delays::Delays;
use super::echo::Echo;
use crate::clock::{self, MILLISECOND};
use crate::place;

/// The generator looks around every millisecond; a turn of all streams takes twenty.
const TICK: u64 = MILLISECOND;
const TICKS_PER_TURN: usize = 20;
/// How long packets are waited for after the last was sent.
const DRAIN: u64 = 300 * MILLISECOND;
const PACKET: usize = HEADER_BYTES + FRAME;
/// Master key and salt of what phones with SRTP send, and of what they hear.
pub const KEYS: [[u8; 30]; 2] = [[0x17; 30], [0x71; 30]];
/// Dynamic, as our offers have it.
pub const OPUS_PAYLOAD_TYPE: u8 = 96;
/// 20 ms on the RTP clock of Opus (RFC 7587 §4.1).
const OPUS_TICKS: u32 = 960;
/// Packets of Opus that are said again and again: one second.
const OPUS_PACKETS: usize = 50;

/// The phones, ready to start.
#[derive(Debug)]
pub struct Generator {
    sockets: Vec<UdpSocket>,
    /// SRTP both ways, by stream, where it is spoken.
    secured: Vec<Option<Box<[Context; 2]>>>,
    /// What phones with Opus say; empty: all have G.711.
    opus: Vec<Vec<u8>>,
    /// By stream, when what it said was said, where that cannot be read from what is heard.
    echoes: Vec<Echo>,
    epoll: OwnedFd,
}

/// The phones at work.
#[derive(Debug)]
pub struct Running(JoinHandle<Delays>);

/// Where a stream's phone is.
pub fn address_of(stream: usize) -> SocketAddr {
    super::address(2, super::FIRST_PORT.saturating_add(stream as u16))
}

impl Generator {
    /// Phones on so many streams, each talking to its leg; every other one by SRTP or in Opus, as the mode has it.
    pub fn new(streams: usize, mode: Mode, leg: impl Fn(usize) -> SocketAddr) -> io::Result<Self> {
        let pair = || -> Result<Box<[Context; 2]>, srtp::KeyError> {
            let [send, receive] = KEYS;
            let suite = Suite::AesCm128HmacSha1_80;
            Ok(Box::new([Context::new(suite, &send)?, Context::new(suite, &receive)?]))
        };
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut sockets = Vec::with_capacity(streams);
        let mut secured = Vec::with_capacity(streams);
        for stream in 0..streams {
            let socket = UdpSocket::bind(address_of(stream))?;
            socket.connect(leg(stream))?;
            epoll::add(&epoll, &socket, epoll::EventData::new_u64(stream as u64), epoll::EventFlags::IN)?;
            sockets.push(socket);
            let is_secured = mode == Mode::Srtp && is_second(stream);
            secured.push(if is_secured { Some(pair().map_err(io::Error::other)?) } else { None });
        }
        let (opus, echoes) = match mode {
            Mode::Opus => (opus_packets()?, vec![Echo::default(); streams]),
            Mode::Relay | Mode::Record | Mode::Srtp => Default::default(),
        };
        Ok(Self { sockets, secured, opus, echoes, epoll })
    }

    /// Talks from now until `end`; what is sent from `begin` on counts.
    pub fn start(self, begin: u64, end: u64) -> io::Result<Running> {
        let thread = thread::Builder::new().name("generator".into()).spawn(move || {
            place::stay_on(&super::cores().1);
            self.run(begin, end)
        })?;
        Ok(Running(thread))
    }

    fn run(mut self, begin: u64, end: u64) -> Delays {
        let mut counts = Delays::default();
        let mut packet = [0x55u8; PACKET + OVERHEAD_MAX];
        let mut ready = Vec::with_capacity(1024);
        let first = clock::now() / TICK + 1;
        let mut tick = first;
        while tick * TICK < end + DRAIN {
            clock::sleep_until(tick * TICK);
            // A generator that is late sends what it owes: the load stays the same.
            while tick * TICK <= clock::now() {
                if tick * TICK < end {
                    self.send_slot(tick - first, begin, &mut packet, &mut counts);
                }
                tick += 1;
            }
            self.listen(begin, end, &mut packet.clone(), &mut ready, &mut counts);
        }
        counts
    }

    /// One twentieth of the streams send.
    fn send_slot(&mut self, tick: u64, begin: u64, packet: &mut [u8; PACKET + OVERHEAD_MAX], counts: &mut Delays) {
        let turn = tick / TICKS_PER_TURN as u64;
        let slot = usize::try_from(tick % TICKS_PER_TURN as u64).unwrap_or(0);
        let streams = self.sockets.iter().zip(&mut self.secured).enumerate();
        for (stream, (socket, secured)) in streams.skip(slot).step_by(TICKS_PER_TURN) {
            let opus = if is_second(stream) { self.opus.get(turn as usize % OPUS_PACKETS) } else { None };
            let (payload_type, ticks) = opus.map_or((0, FRAME as u32), |_| (OPUS_PAYLOAD_TYPE, OPUS_TICKS));
            let header = Header {
                marker: false,
                payload_type,
                sequence: turn as u16,
                timestamp: (turn as u32).wrapping_mul(ticks),
                ssrc: stream as u32 + 1,
            };
            header.write(packet);
            let now = clock::now();
            if let Some(echo) = self.echoes.get_mut(stream) {
                echo.say(now);
            }
            if let Some(opus) = opus {
                let payload = packet.iter_mut().skip(HEADER_BYTES);
                payload.zip(opus).for_each(|(place, &byte)| *place = byte);
            } else if let Some(stamp) = packet.get_mut(HEADER_BYTES..HEADER_BYTES + 8) {
                stamp.copy_from_slice(&now.to_be_bytes());
            }
            let length = match secured {
                Some(contexts) => {
                    packet.iter_mut().skip(HEADER_BYTES + 8).for_each(|byte| *byte = 0x55);
                    contexts.first_mut().and_then(|context| context.protect(packet, PACKET).ok()).unwrap_or(0)
                }
                None => HEADER_BYTES + opus.map_or(FRAME, Vec::len),
            };
            let _ = send(socket, packet.get(..length).unwrap_or_default(), SendFlags::DONTWAIT);
            counts.sent += u64::from(now >= begin);
        }
    }

    fn listen(
        &mut self,
        begin: u64,
        end: u64,
        packet: &mut [u8; PACKET + OVERHEAD_MAX],
        ready: &mut Vec<epoll::Event>,
        counts: &mut Delays,
    ) {
        const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        loop {
            ready.clear();
            if epoll::wait(&self.epoll, spare_capacity(ready), Some(&NOW)).unwrap_or(0) == 0 {
                return;
            }
            let now = clock::now();
            for stream in ready.iter().map(|ready| ready.data.u64() as usize) {
                let Some(socket) = self.sockets.get(stream) else { continue };
                let Ok((length, _)) = recv(socket, &mut packet[..], RecvFlags::DONTWAIT) else { continue };
                if let Some([_, context]) = self.secured.get_mut(stream).and_then(Option::as_deref_mut)
                    && context.unprotect(packet.get_mut(..length).unwrap_or_default()).is_err()
                {
                    continue;
                }
                let datagram = packet.get(..length).unwrap_or_default();
                // The two phones of a call lie side by side: what one hears, the other has said.
                let sent_at = match self.echoes.get_mut(stream ^ 1) {
                    Some(echo) => echoed(echo, stream, datagram),
                    None => stamped(datagram),
                };
                let sent_at = sent_at.unwrap_or(0);
                if (begin..end).contains(&sent_at) {
                    counts.count(Duration::from_nanos(now.saturating_sub(sent_at)));
                }
            }
        }
    }
}

/// Of the two streams of a call, the one that has what is special about the mode.
fn is_second(stream: usize) -> bool {
    stream % 2 == 1
}

/// When a packet was sent that came through as it was.
fn stamped(datagram: &[u8]) -> Option<u64> {
    let stamp = datagram.get(HEADER_BYTES..HEADER_BYTES + 8)?;
    stamp.try_into().ok().map(u64::from_be_bytes)
}

/// When a packet was sent that was made anew for this stream.
fn echoed(echo: &mut Echo, stream: usize, datagram: &[u8]) -> Option<u64> {
    let ticks = if is_second(stream) { OPUS_TICKS } else { FRAME as u32 };
    echo.hear(&Packet::parse(datagram).ok()?.header, ticks)
}

/// A second of two tones that swell, in Opus: as much work as a voice is.
fn opus_packets() -> io::Result<Vec<Vec<u8>>> {
    let mut encoder = Encoder::new(Kind::Opus).map_err(io::Error::other)?;
    let mut packets = Vec::with_capacity(OPUS_PACKETS);
    for number in 0..OPUS_PACKETS {
        let mut frame = [0; codec::FRAME];
        for (n, sample) in frame.iter_mut().enumerate() {
            let at = (number * codec::FRAME + n) as f64 / f64::from(codec::SAMPLE_RATE) * std::f64::consts::TAU;
            *sample = (6000.0 * (1.0 - (at * 4.0).cos()) * ((at * 220.0).sin() + (at * 1130.0).sin()) / 2.0) as i16;
        }
        let mut packet = vec![0; codec::PAYLOAD_MAX.min(FRAME)];
        let length = encoder.encode(&frame, &mut packet);
        packet.truncate(length);
        packets.push(packet);
    }
    Ok(packets)
}

impl Running {
    /// Waits for the end.
    pub fn finish(self) -> io::Result<Delays> {
        self.0.join().map_err(|_| io::Error::other("the generator thread has panicked"))
    }
}
