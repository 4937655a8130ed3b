//! What the callers and the phones of a benchmark say: RTP every 20 ms to wherever the switch wants it, with the time in it, and
//! how much of it arrives, and when.
//!
//! Some sockets are shared by all: each packet says itself when it was sent, so that it does not matter who hears it. Packets of
//! calls that were on the line when a [`Voice::measure`] began are counted, each for the measurement in which it was sent.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use media::bench::Delays;
use rtp::packet::HEADER_BYTES;
use rtp::{FRAME, Header};

use crate::clock;

/// Sockets of all parties together.
const SOCKETS: usize = 64;
/// A look around takes a millisecond; a turn of all lines twenty.
const TICK: Duration = Duration::from_millis(1);
const TICKS_PER_TURN: usize = 20;
/// A generator that is this far behind does not try to catch up.
const BEHIND_MAX: Duration = Duration::from_millis(500);
/// Packets read of one socket before the others have their turn.
const READ_MAX: usize = 64;
const PACKET: usize = HEADER_BYTES + FRAME;
/// What our packets begin with, after the header; prompts and RTCP do not.
const MAGIC: [u8; 4] = *b"ramp";

/// Who of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Party {
    Caller,
    Phone,
}

/// One party of a call, talking.
#[derive(Debug)]
struct Line {
    number: u64,
    party: Party,
    to: SocketAddr,
    turns: u32,
    /// The first measurement that counts it.
    counts_from: u32,
}

/// Everybody who talks.
#[derive(Debug)]
pub struct Voice {
    sockets: Vec<(UdpSocket, u16)>,
    /// The lines, by the tick in which they have their turn.
    turns: [Vec<Line>; TICKS_PER_TURN],
    began: Instant,
    tick: u64,
    /// Number of the measurement, from 1, and whether it is going on.
    measurement: u32,
    measures: bool,
    heard: Delays,
    /// How late a tick was at most since the measurement began: what the generator itself adds to delays.
    pub late: Duration,
}

impl Voice {
    /// Nobody talks yet.
    pub fn new() -> io::Result<Self> {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            // The kernel grants what net.core.rmem_max allows; less is no reason not to measure.
            let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(1 << 20);
            let port = socket.local_addr()?.port();
            Ok((socket, port))
        };
        Ok(Self {
            sockets: (0..SOCKETS).map(|_| socket()).collect::<io::Result<_>>()?,
            turns: Default::default(),
            began: clock::now(),
            tick: 0,
            measurement: 0,
            measures: false,
            heard: Delays::default(),
            late: Duration::ZERO,
        })
    }

    /// The port at which a party of a call hears.
    pub fn port(&self, party: Party, number: u64) -> u16 {
        self.socket(party, number).map_or(0, |(_, port)| *port)
    }

    fn socket(&self, party: Party, number: u64) -> Option<&(UdpSocket, u16)> {
        self.sockets.get(place(party, number) % SOCKETS)
    }

    /// A party of a call talks from now on.
    pub fn talk(&mut self, party: Party, number: u64, to: SocketAddr) {
        let counts_from = self.measurement + 1;
        let Some(lines) = self.turns.get_mut(place(party, number) % TICKS_PER_TURN) else { return };
        match lines.iter_mut().find(|line| (line.number, line.party) == (number, party)) {
            Some(line) => line.to = to,
            None => lines.push(Line { number, party, to, turns: 0, counts_from }),
        }
    }

    /// Both parties of a call are silent from now on.
    pub fn hush(&mut self, number: u64) {
        for lines in &mut self.turns {
            lines.retain(|line| line.number != number);
        }
    }

    /// From now on packets of those who talk already are counted.
    pub fn measure(&mut self) {
        self.measurement += 1;
        self.measures = true;
        self.heard = Delays::default();
        self.late = Duration::ZERO;
    }

    /// What is sent from now on is not counted any more; what is under way still is.
    pub fn pause(&mut self) {
        self.measures = false;
    }

    /// What was counted since [`Voice::measure`].
    pub fn heard(&self) -> &Delays {
        &self.heard
    }

    /// Hears what has come, and says what is due. To be called every millisecond.
    pub fn turn(&mut self) {
        let mut packet = [0x55; PACKET];
        self.listen();
        let now = clock::now();
        let mut due = self.began + TICK * u32::try_from(self.tick).unwrap_or(u32::MAX);
        if now.saturating_duration_since(due) > BEHIND_MAX {
            self.tick = u64::try_from((now - self.began).as_millis()).unwrap_or(0);
            due = now;
        }
        self.late = self.late.max(now.saturating_duration_since(due));
        while due <= now {
            self.speak(&mut packet);
            self.tick += 1;
            due += TICK;
        }
    }

    /// When the next turn is due.
    pub fn due(&self) -> Instant {
        self.began + TICK * u32::try_from(self.tick).unwrap_or(u32::MAX)
    }

    fn speak(&mut self, packet: &mut [u8; PACKET]) {
        let slot = usize::try_from(self.tick % TICKS_PER_TURN as u64).unwrap_or(0);
        let Some(lines) = self.turns.get_mut(slot) else { return };
        for line in lines {
            let header = Header {
                marker: line.turns == 0,
                payload_type: 0,
                sequence: u16::try_from(line.turns & 0xFFFF).unwrap_or(0),
                timestamp: line.turns.wrapping_mul(u32::try_from(FRAME).unwrap_or(0)),
                ssrc: u32::try_from(place(line.party, line.number) & 0x7FFF_FFFF).unwrap_or(0) + 1,
            };
            line.turns = line.turns.wrapping_add(1);
            header.write(packet);
            let counts = self.measures && line.counts_from <= self.measurement;
            let measurement = if counts { self.measurement } else { 0 };
            let place = place(line.party, line.number) % SOCKETS;
            let Some((socket, _)) = self.sockets.get(place) else { continue };
            stamp(packet, measurement, self.began.elapsed());
            // A full buffer loses it, as a network would.
            let _ = socket.send_to(packet, line.to);
            self.heard.sent += u64::from(counts);
        }
    }

    fn listen(&mut self) {
        let mut packet = [0; 2048];
        for (socket, _) in &self.sockets {
            for _ in 0..READ_MAX {
                // Nothing more, or nobody is at a port that we sent to.
                let Ok(length) = socket.recv(&mut packet) else { break };
                let now = self.began.elapsed();
                match read(packet.get(..length).unwrap_or_default()) {
                    Some((measurement, sent)) if measurement == self.measurement && measurement > 0 => {
                        self.heard.count(now.saturating_sub(sent));
                    }
                    Some(_) | None => {}
                }
            }
        }
    }
}

/// A number for each party of each call.
fn place(party: Party, number: u64) -> usize {
    let side = match party {
        Party::Caller => 0,
        Party::Phone => 1,
    };
    usize::try_from(number).unwrap_or(0).wrapping_mul(2) + side
}

/// Writes when a packet is sent and which measurement counts it.
fn stamp(packet: &mut [u8; PACKET], measurement: u32, sent: Duration) {
    let nanoseconds = u64::try_from(sent.as_nanos()).unwrap_or(0);
    let stamp = MAGIC.into_iter().chain(measurement.to_be_bytes()).chain(nanoseconds.to_be_bytes());
    packet.iter_mut().skip(HEADER_BYTES).zip(stamp).for_each(|(place, byte)| *place = byte);
}

/// What was written there, if the packet is one of ours.
fn read(datagram: &[u8]) -> Option<(u32, Duration)> {
    let (_, payload) = datagram.split_at_checked(HEADER_BYTES)?;
    let (magic, rest) = payload.split_first_chunk::<4>()?;
    let (measurement, rest) = rest.split_first_chunk::<4>()?;
    let sent = rest.first_chunk::<8>()?;
    (*magic == MAGIC).then(|| (u32::from_be_bytes(*measurement), Duration::from_nanos(u64::from_be_bytes(*sent))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turns until the first has heard so much.
    fn until(voice: &mut Voice, received: u64) {
        let began = clock::now();
        while voice.heard.received < received && began.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
            voice.turn();
        }
    }

    #[test]
    fn only_those_who_talked_before_a_measurement_are_counted() {
        let mut voice = Voice::new().unwrap();
        let ear = |voice: &Voice| SocketAddr::from(([127, 0, 0, 1], voice.port(Party::Caller, 0)));
        let ear = ear(&voice);
        voice.talk(Party::Caller, 0, ear);
        voice.measure();
        until(&mut voice, 5);
        let alone = voice.heard().clone();
        assert!(alone.received >= 5 && alone.sent >= alone.received, "{} {}", alone.sent, alone.received);
        // Another one talks to where nobody is: nothing of it is counted until the next measurement.
        let nowhere = UdpSocket::bind("127.0.0.1:0").unwrap();
        voice.talk(Party::Phone, 0, nowhere.local_addr().unwrap());
        until(&mut voice, 15);
        assert!(voice.heard().sent - voice.heard().received <= 2, "{}", voice.heard().loss());
        voice.measure();
        until(&mut voice, 10);
        assert!(voice.heard().loss() > 0.2, "{}", voice.heard().loss());
        voice.hush(0);
        assert!(voice.turns.iter().all(Vec::is_empty));
    }
}
