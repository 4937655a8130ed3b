//! What a media thread knows of a leg.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use endpoint::LegId;
use rtp::dtmf::Detector;
use rtp::packet::HEADER_BYTES;
use rtp::quality::Windows;
use rtp::statistics::LossReport;
use rtp::telephone_event::Presses;
use rtp::{FRAME, Keypad, Noise, Reception, g711};
use rustix::net::{SendFlags, connect, connect_unspec, send};
use rustix::rand::{GetRandomFlags, getrandom};
use sdp::Codec;
use socket2::{Domain, Socket, Type};
use switch::CallId;
use switch::media::{LegMedia, Prompt, Side};

use super::latch::Latch;
use super::mix::Mixer;
use super::outgoing::Outgoing;
use super::parked::Parked;
use super::protect::Protection;
use super::transcode::{Ear, Frame, Voice};
use crate::prompts::Asset;

/// Room in the kernel for packets that wait for a tick: more than a second of a stream.
const RECEIVE_BUFFER: usize = 256 * 1024;
/// Expedited forwarding (RFC 3246), as the traffic class byte.
const EXPEDITED: u32 = 46 << 2;

/// A leg. What every packet touches comes first and lies together, in the order in which it is touched: with a thousand
/// calls each line of cache costs (MEDIA.md §3). What is seldom looked at belongs to the end.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Leg {
    pub rtp: UdpSocket,
    /// The socket is connected; and what had come before is read.
    pub connected: bool,
    pub drained: bool,
    /// It hears several legs: [`Plays::Mix`], said here because every packet asks.
    pub mixes: bool,
    /// Its stream in the recording.
    pub stream: Option<u32>,
    /// Legs that hear this one.
    pub listeners: Vec<usize>,
    /// When a packet of the leg that it hears was last sent to it.
    pub passed_at: u64,
    /// Listens for keys in the audio.
    pub detector: Option<Box<Detector>>,
    pub reception: Reception,
    pub watch: Watch,
    pub out: Outgoing,
    /// What stands between its packets and the wire.
    pub protection: Protection,
    /// What was negotiated, once it was.
    pub media: Option<LegMedia>,
    pub whisper: Option<Cursor>,
    /// It has ended, in the middle of a packet's way.
    pub whispered: bool,
    pub id: LegId,
    pub call: CallId,
    pub side: Side,
    pub rtcp: UdpSocket,
    pub latch: Latch,
    /// What the far end hears.
    pub plays: Plays,
    /// Its slot on the wheel.
    pub slot: Option<usize>,
    pub relay_digits: bool,
    pub detect_digits: bool,
    /// Its speech belongs on the recording.
    pub recorded: bool,
    pub presses: Presses,
    /// Keys as tones, for a far end that has no events.
    pub keypad: Option<Box<Keypad>>,
    /// The leg that it hears is silent, and says how loud its silence is.
    pub comfort: Option<Noise>,
    /// Understands it, where somebody must who has another codec; speaks to it.
    pub ear: Option<Box<Ear>>,
    pub voice: Option<Box<Voice>>,
    pub strangers: u64,
    pub reports: Reports,
    /// The worst moments of what is heard of it.
    pub windows: Windows,
    /// Send contexts that it may need again.
    pub parked: Parked,
}

/// Whether and when anything came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    pub first_told: bool,
    pub heard_at: u64,
    /// Since when packets are expected; `None` while the peer holds us.
    pub expected_since: Option<u64>,
    /// Seconds of silence that were told last; 0: none.
    pub told: u32,
    /// When the first packet came,
    pub first_at: u64,
    /// and how many streams after the first one were told.
    pub streams_told: u8,
}

/// RTCP of a leg.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    pub next_at: u64,
    pub cname: String,
    /// Middle of the NTP time of the peer's last sender report, and when it came.
    pub last: Option<(u32, u64)>,
    /// Where the peer's reports come from, if they come from an allowed address.
    pub from: Option<SocketAddr>,
    /// What the peer last said of what it hears, and the packets that it should have heard by then.
    pub remote: Option<(LossReport, u64)>,
    pub round_trip_ms: Option<u32>,
}

/// What a leg's far end hears, on the thread.
#[derive(Debug)]
pub enum Plays {
    Silence,
    Leg(LegId),
    Mix(Mixer),
    Prompt(Cursor),
}

/// A prompt being played.
#[derive(Clone, Debug)]
pub struct Cursor {
    pub prompt: Prompt,
    asset: Arc<Asset>,
    at: usize,
    repeat: bool,
}

impl Cursor {
    pub fn new(prompt: Prompt, asset: Arc<Asset>, repeat: bool) -> Self {
        Self { prompt, asset, at: 0, repeat }
    }

    /// Fills a packet; what the prompt does not fill any more is silence. True: it has ended.
    pub fn fill(&mut self, codec: Codec, packet: &mut [u8]) -> bool {
        let bytes = self.asset.bytes(codec);
        let mut rest = packet;
        while !rest.is_empty() {
            let part = bytes.get(self.at..).unwrap_or_default();
            if part.is_empty() {
                if !self.repeat || bytes.is_empty() {
                    rest.fill(silence(codec));
                    break;
                }
                self.at = 0;
                continue;
            }
            let count = part.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            now.iter_mut().zip(part).for_each(|(place, &byte)| *place = byte);
            self.at += count;
            rest = later;
        }
        bytes.is_empty() || (!self.repeat && self.at >= bytes.len())
    }

    /// Adds the prompt to a frame. True: it has ended.
    pub fn mix_samples(&mut self, frame: &mut Frame) -> bool {
        let mut over = [0u8; FRAME];
        let ended = self.fill(Codec::Pcmu, &mut over);
        for (sample, &byte) in frame.iter_mut().zip(&over) {
            *sample = sample.saturating_add(g711::mu_decode(byte));
        }
        ended
    }

    /// Adds the prompt to a packet. True: it has ended.
    pub fn mix(&mut self, codec: Codec, packet: &mut [u8]) -> bool {
        let mut over = [0u8; FRAME];
        let mut ended = false;
        for part in packet.chunks_mut(FRAME) {
            let over = over.get_mut(..part.len()).unwrap_or_default();
            ended = self.fill(codec, over);
            for (place, &byte) in part.iter_mut().zip(over.iter()) {
                *place = encode(codec, decode(codec, *place).saturating_add(decode(codec, byte)));
            }
        }
        ended
    }
}

impl Leg {
    /// Binds the leg's two ports.
    pub fn open(id: LegId, call: CallId, side: Side, local: SocketAddr) -> io::Result<Self> {
        let rtcp_port = local.port().checked_add(1).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let rtp = bind(local)?;
        let rtcp = bind(SocketAddr::new(local.ip(), rtcp_port))?;
        let mut random = [0u8; 10];
        getrandom(&mut random, GetRandomFlags::empty())?;
        let mut name = [0u8; 8];
        getrandom(&mut name, GetRandomFlags::empty())?;
        Ok(Self {
            id,
            call,
            side,
            rtp,
            rtcp,
            media: None,
            latch: Latch::default(),
            protection: Protection::default(),
            connected: false,
            drained: false,
            mixes: false,
            out: Outgoing::new(random),
            plays: Plays::Silence,
            whisper: None,
            whispered: false,
            listeners: Vec::new(),
            passed_at: 0,
            slot: None,
            relay_digits: false,
            detect_digits: false,
            presses: Presses::default(),
            detector: None,
            keypad: None,
            comfort: None,
            ear: None,
            voice: None,
            recorded: true,
            stream: None,
            reception: Reception::default(),
            strangers: 0,
            watch: Watch::default(),
            reports: Reports { cname: crate::hex(&name), ..Reports::default() },
            windows: Windows::default(),
            parked: Parked::default(),
        })
    }

    /// Whether it hears this leg, alone or among others.
    pub fn hears(&self, id: LegId) -> bool {
        match &self.plays {
            Plays::Leg(of) => *of == id,
            Plays::Mix(mixer) => mixer.hears(id),
            Plays::Silence | Plays::Prompt(_) => false,
        }
    }

    /// Whether the leg must be visited every 20 ms.
    pub fn wants_wheel(&self) -> bool {
        match self.plays {
            Plays::Silence | Plays::Prompt(_) | Plays::Mix(_) => true,
            Plays::Leg(_) => self.whisper.is_some() || self.comfort.is_some() || self.is_keyed(),
        }
    }

    /// Connects the socket to a source that is now sure. The kernel drops what others send from here on; what has come
    /// before is still looked at one by one.
    pub fn connect(&mut self) {
        if let Some(source) = self.latch.locked() {
            self.connected = connect(&self.rtp, &source).is_ok();
            self.drained = false;
        }
    }

    /// Opens the socket again to other sources.
    pub fn disconnect(&mut self) {
        if std::mem::take(&mut self.connected) {
            let _ = connect_unspec(&self.rtp);
        }
        self.drained = false;
    }

    /// Sends the packet at the buffer's beginning to where it may go, protected in place: behind it the buffer has
    /// [`super::protect::OVERHEAD_MAX`] bytes to spare. An error, such as the ICMP that a closed port answers, is not ours
    /// to mend.
    #[inline]
    pub fn send(&mut self, buffer: &mut [u8], length: usize) -> bool {
        self.out.bytes += (length - HEADER_BYTES.min(length)) as u64;
        let Some(length) = self.protection.protect(buffer, length) else { return false };
        let Some(packet) = buffer.get(..length) else { return false };
        if self.connected {
            send(&self.rtp, packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).is_ok()
        } else if let Some(target) = self.latch.target() {
            self.rtp.send_to(packet, target).is_ok()
        } else {
            false
        }
    }
}

fn bind(local: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(local), Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    // These two are wishes: a container may forbid them.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let _ = if local.is_ipv4() { socket.set_tos_v4(EXPEDITED) } else { socket.set_tclass_v6(EXPEDITED) };
    socket.bind(&local.into())?;
    Ok(socket.into())
}

/// A codec's silence. What is made for a codec with a memory is made as μ-law, here and below, and encoded as it is sent.
pub fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu | Codec::G722 | Codec::Opus => g711::MU_SILENCE,
        Codec::Pcma => g711::A_SILENCE,
    }
}

/// A codec's byte as a sample.
#[inline]
pub fn decode(codec: Codec, byte: u8) -> i16 {
    match codec {
        Codec::Pcmu | Codec::G722 | Codec::Opus => g711::mu_decode(byte),
        Codec::Pcma => g711::a_decode(byte),
    }
}

/// A sample as a codec's byte.
#[inline]
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcmu | Codec::G722 | Codec::Opus => g711::mu_encode(sample),
        Codec::Pcma => g711::a_encode(sample),
    }
}

/// Brings samples from one codec into another.
pub fn transcode(from: Codec, to: Codec, input: &[u8], output: &mut [u8]) {
    let table: fn(u8) -> u8 = match (from, to) {
        (Codec::Pcma, Codec::Pcma) => |byte| byte,
        (Codec::Pcmu | Codec::G722 | Codec::Opus, Codec::Pcma) => g711::mu_to_a,
        (Codec::Pcma, Codec::Pcmu | Codec::G722 | Codec::Opus) => g711::a_to_mu,
        (Codec::Pcmu | Codec::G722 | Codec::Opus, Codec::Pcmu | Codec::G722 | Codec::Opus) => |byte| byte,
    };
    output.iter_mut().zip(input).for_each(|(place, &byte)| *place = table(byte));
}
