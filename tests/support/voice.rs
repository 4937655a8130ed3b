//! A voice at a socket of its own, plain or encrypted: it speaks a tone, keeps what it hears, and sends whatever else a test wants
//! from the same address.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rtp::{Header, Packet, g711};
use srtp::{Context, OVERHEAD_MAX};

use super::ports;

/// Samples in a packet of 20 ms.
const FRAME: usize = 160;

/// What has been heard.
#[derive(Default)]
struct Ear {
    samples: Vec<i16>,
    packets: usize,
    unreadable: usize,
}

/// A bound socket, silent until it is told where to speak.
pub struct Voice {
    socket: Arc<UdpSocket>,
    ear: Arc<Mutex<Ear>>,
    over: Arc<AtomicBool>,
    speaks: Option<JoinHandle<()>>,
    /// Who it is in its packets.
    pub ssrc: u32,
}

impl Voice {
    /// On an even port of 127.0.0.1.
    pub fn bind() -> Voice {
        let socket = UdpSocket::bind(("127.0.0.1", ports::free_block(2))).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(2))).expect("a time-out");
        let ssrc = 0x5EED_0000 | u32::from(socket.local_addr().expect("bound").port());
        Voice { socket: Arc::new(socket), ear: Arc::default(), over: Arc::default(), speaks: None, ssrc }
    }

    /// An SDP for it: this profile (`RTP/AVP`), and more lines for the audio (`a=…\r\n`).
    pub fn sdp(&self, profile: &str, more: &str) -> String {
        let port = self.socket.local_addr().expect("bound").port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} {profile} 0\r\n\
             a=rtpmap:0 PCMU/8000\r\n{more}"
        )
    }

    /// Speaks to this address from now on, and listens. `keys`: what protects our packets, and what opens theirs.
    pub fn speak(&mut self, to: SocketAddr, hz: f32, keys: Option<(Context, Context)>) {
        let (socket, ear, over, ssrc) = (self.socket.clone(), self.ear.clone(), self.over.clone(), self.ssrc);
        let (mut protects, mut opens) = keys.unzip();
        self.speaks = Some(std::thread::spawn(move || {
            let (begun, mut sent) = (Instant::now(), 0_u32);
            let mut datagram = [0; 2048];
            while !over.load(Ordering::Relaxed) {
                if begun.elapsed() >= Duration::from_millis(20) * sent {
                    let mut packet = [0; 12 + FRAME + OVERHEAD_MAX];
                    let length = frame(&mut packet, ssrc, sent, hz);
                    let length = match &mut protects {
                        Some(context) => context.protect(&mut packet, length).expect("protected"),
                        None => length,
                    };
                    let _ = socket.send_to(&packet[..length], to);
                    sent += 1;
                }
                if let Ok((length, _)) = socket.recv_from(&mut datagram) {
                    hear(&ear, &mut opens, &mut datagram[..length]);
                }
            }
        }));
    }

    /// Whatever it is, from our address.
    pub fn send(&self, to: SocketAddr, bytes: &[u8]) {
        let _ = self.socket.send_to(bytes, to);
    }

    /// What was heard, packet after packet as they came.
    pub fn heard(&self) -> Vec<i16> {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner).samples.clone()
    }

    /// Packets that came, and how many of them could not be read.
    pub fn packets(&self) -> (usize, usize) {
        let ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
        (ear.packets, ear.unreadable)
    }

    /// What came to a voice that was never told to speak: datagrams within this time.
    pub fn listens(&self, time: Duration) -> usize {
        let deadline = Instant::now() + time;
        let mut datagram = [0; 2048];
        let mut came = 0;
        while Instant::now() < deadline {
            came += usize::from(self.socket.recv_from(&mut datagram).is_ok());
        }
        came
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(speaks) = self.speaks.take() {
            let _ = speaks.join();
        }
    }
}

/// One packet of a tone in mu-law; its length.
pub fn frame(packet: &mut [u8], ssrc: u32, number: u32, hz: f32) -> usize {
    let header = Header {
        marker: number == 0,
        payload_type: 0,
        sequence: 1000_u16.wrapping_add(number as u16),
        timestamp: number.wrapping_mul(FRAME as u32),
        ssrc,
    };
    packet[..12].copy_from_slice(&header.to_bytes());
    for (n, byte) in packet[12..12 + FRAME].iter_mut().enumerate() {
        let at = (number as usize * FRAME + n) % 8000;
        let x = (2.0 * std::f32::consts::PI * hz * at as f32 / 8000.0).sin() * 0.35;
        *byte = g711::mu_encode((x * 32767.0) as i16);
    }
    12 + FRAME
}

fn hear(ear: &Mutex<Ear>, opens: &mut Option<Context>, datagram: &mut [u8]) {
    if rtp::packet::is_rtcp(datagram) {
        return;
    }
    let opened = match opens {
        Some(context) => context.unprotect(datagram).ok(),
        None => Some(datagram.len()),
    };
    let mut ear = ear.lock().unwrap_or_else(PoisonError::into_inner);
    ear.packets += 1;
    match opened.and_then(|length| Packet::parse(&datagram[..length]).ok()) {
        Some(packet) if packet.header.payload_type == 0 => {
            ear.samples.extend(packet.payload.iter().map(|&byte| g711::mu_decode(byte)));
        }
        Some(_) => {}
        None => ear.unreadable += 1,
    }
}

/// Somebody who sends a voice of its own to all ports of the house again and again, and waits for what comes back.
pub struct Spray {
    over: Arc<AtomicBool>,
    sends: JoinHandle<(usize, usize)>,
}

/// The sprayer's tone: nobody else's.
pub const SPRAY_HZ: f32 = 1500.0;

impl Spray {
    /// From this loopback address, to each of these ports ten times a second.
    pub fn start(from: &str, ports: std::ops::Range<u16>) -> Spray {
        let over = Arc::new(AtomicBool::new(false));
        let until_over = over.clone();
        let socket = UdpSocket::bind((from, 0)).expect("a socket");
        socket.set_nonblocking(true).expect("a mode");
        let sends = std::thread::spawn(move || {
            let (mut sent, mut returned) = (0, 0);
            let mut number = 0;
            while !until_over.load(Ordering::Relaxed) {
                let mut packet = [0; 12 + FRAME];
                frame(&mut packet, 0xA77A_C4E5, number, SPRAY_HZ);
                number += 1;
                for port in ports.clone() {
                    sent += usize::from(socket.send_to(&packet, ("127.0.0.1", port)).is_ok());
                    // A refusal of the port before is no packet.
                    returned += usize::from(socket.recv_from(&mut [0; 2048]).is_ok());
                }
                super::pause(Duration::from_millis(100));
            }
            super::pause(Duration::from_millis(200));
            while socket.recv_from(&mut [0; 2048]).is_ok() {
                returned += 1;
            }
            (sent, returned)
        });
        Spray { over, sends }
    }

    /// Ends it: packets sent, packets that came back.
    pub fn stop(self) -> (usize, usize) {
        self.over.store(true, Ordering::Relaxed);
        self.sends.join().expect("the sprayer")
    }
}
