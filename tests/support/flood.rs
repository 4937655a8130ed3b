//! Thousands of packets a second from many addresses at once.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::pause;

/// Packets a second that are aimed at. A build without optimisation takes a fifth, and its kernel drops the rest before anyone can
/// tell friend from foe.
const RATE: u64 = if cfg!(debug_assertions) { 4_000 } else { 20_000 };

/// Addresses that they come from.
const SOURCES: u8 = 100;

/// A flood that goes on until it is stopped.
pub struct Flood {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    begun: Instant,
    sends: JoinHandle<()>,
}

impl Flood {
    /// Junk, OPTIONS, REGISTER and INVITE of strangers, one like the other.
    pub fn start(switch: &str) -> Flood {
        let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until_over, count, switch) = (over.clone(), sent.clone(), switch.to_owned());
        let begun = Instant::now();
        let sends = std::thread::spawn(move || {
            let sources: Vec<UdpSocket> = (0..SOURCES)
                .map(|n| {
                    let socket = UdpSocket::bind(format!("127.0.2.{}:0", n + 1)).expect("a socket");
                    socket.connect(&switch).expect("connected");
                    socket.set_nonblocking(true).expect("a mode");
                    socket
                })
                .collect();
            let mut number = 0_u64;
            while !until_over.load(Ordering::Relaxed) {
                let due = begun.elapsed().as_micros() as u64 * RATE / 1_000_000;
                // What a slow machine could not send in time is not made up for in one burst.
                number = number.max(due.saturating_sub(RATE / 10));
                while number < due {
                    number += 1;
                    let source = &sources[(number % u64::from(SOURCES)) as usize];
                    if source.send(&packet(number, &switch)).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
                pause(Duration::from_millis(1));
            }
        });
        Flood { over, sent, begun, sends }
    }

    /// Stops it; the rate that was reached, in packets a second.
    pub fn stop(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        let seconds = self.begun.elapsed().as_secs_f64();
        self.sends.join().expect("the flood");
        (self.sent.load(Ordering::Relaxed) as f64 / seconds) as u64
    }
}

/// The packet of this number: each is another transaction.
fn packet(number: u64, switch: &str) -> Vec<u8> {
    let method = match number % 4 {
        0 => return (0..300).map(|n| (number.wrapping_mul(31).wrapping_add(n * 7) % 251) as u8).collect(),
        1 => "OPTIONS",
        2 => "REGISTER",
        _ => "INVITE",
    };
    format!(
        "{method} sip:0355500101@{switch} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.2.1:5060;rport;branch=z9hG4bKf{number}\r\n\
         From: <sip:101@denwaban>;tag=f{number}\r\nTo: <sip:101@denwaban>\r\nCall-ID: flood-{number}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:101@127.0.2.1>\r\nMax-Forwards: 70\r\nAuthorization: Digest username=\"101\", realm=\"denwaban\", \
         nonce=\"0\", uri=\"sip:x\", response=\"00000000000000000000000000000000\"\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
