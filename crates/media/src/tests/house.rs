//! A voice path, phones, and a recordings folder to try it with.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use endpoint::LegId;
use rtp::dtmf::power;
use rtp::packet::is_rtcp;
use rtp::{FRAME, Header, Packet, g711, tone};
use sdp::Codec;
use srtp::Context;
use switch::CallId;
use switch::media::{Event, LegMedia, Order, Prompt, Recording, RecordingFile, Side, Source};

use crate::clock::{self, MILLISECOND};
use crate::recorder::Means;
use crate::{Config, Media, Prompts, PromptsConfig};

pub const CALL: CallId = CallId(77);
pub const CALLER: LegId = LegId(1);
pub const OPERATOR: LegId = LegId(2);
pub const MOBILE: LegId = LegId(4);
/// A tone is heard when its power is above this; the phones' tones have 3.2e7.
pub const LOUD: f32 = 3e6;
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct House {
    pub media: Media,
    pub folder: tempfile::TempDir,
    events: Receiver<Event>,
    seen: Mutex<VecDeque<Event>>,
    net: [u8; 2],
    /// While it is locked, the thread that tells of a failed recording stands still.
    pub gate: Arc<Mutex<()>>,
}

/// A network of its own for each test, so that none takes another's ports.
fn next_net() -> [u8; 2] {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    [(std::process::id() % 250 + 2) as u8, n as u8]
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recordings = folder.path().join("recordings");
        Self::in_folder(folder, recordings)
    }

    pub fn in_folder(folder: tempfile::TempDir, recordings: PathBuf) -> Self {
        Self::with_means(folder, recordings, Means::default())
    }

    pub fn with_means(folder: tempfile::TempDir, recordings: PathBuf, means: Means) -> Self {
        let prompts = Prompts::open(PromptsConfig::default()).unwrap();
        prompts.insert("low", &tone::sine(500.0, 8000.0, 4000));
        prompts.insert("long", &tone::sine(500.0, 8000.0, 80_000));
        let (sender, events) = sync_channel(1000);
        let gate = Arc::new(Mutex::new(()));
        let waits = Arc::clone(&gate);
        let media = crate::start_with(Config::new(recordings, prompts), means, move |event| {
            let failed = matches!(event, Event::RecordingFailed { .. });
            sender.try_send(event).unwrap();
            if failed {
                drop(waits.lock().unwrap());
            }
        });
        Self { media: media.unwrap(), folder, events, seen: Mutex::default(), net: next_net(), gate }
    }

    pub fn recordings(&self) -> PathBuf {
        self.folder.path().join("recordings")
    }

    pub fn address(&self, host: u8, port: u16) -> SocketAddr {
        let [a, b] = self.net;
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, a, b, host)), port)
    }

    /// Opens a leg with a phone at its other end.
    pub fn phone(&self, leg: LegId, side: Side, codec: Codec, hz: f32) -> Phone {
        self.phone_with(leg, side, codec, hz, Phone::media)
    }

    /// The same, with terms of its own.
    pub fn phone_with(
        &self,
        leg: LegId,
        side: Side,
        codec: Codec,
        hz: f32,
        media: impl FnOnce(&Phone) -> LegMedia,
    ) -> Phone {
        let local = self.address(1, 10_000 + 2 * leg.0 as u16);
        let phone = Phone::new(self.address(10 + leg.0 as u8, 4000), local, codec, hz);
        self.order(Order::OpenLeg { leg, call: CALL, local, side });
        self.order(Order::Negotiated { leg, media: media(&phone) });
        phone
    }

    pub fn order(&self, order: Order) {
        self.media.order(order).unwrap();
    }

    pub fn bridge(&self, one: LegId, two: LegId) {
        self.order(Order::Hear { leg: one, source: Source::Leg(two) });
        self.order(Order::Hear { leg: two, source: Source::Leg(one) });
    }

    pub fn play(&self, leg: LegId, prompt: &str, repeat: bool) {
        self.order(Order::Hear { leg, source: Source::Prompt { prompt: Prompt::named(prompt), repeat } });
    }

    #[allow(clippy::disallowed_methods, reason = "a test is the shell here")]
    pub fn record(&self) -> Instant {
        let at = Instant::now();
        let file = RecordingFile { stem: "2026/11/21/call".into() };
        self.order(Order::StartRecording { call: CALL, at, file });
        at
    }

    /// Ends the recording `length` after its start, and waits for it.
    pub fn recorded(&self, start: Instant, length: Duration) -> (Recording, Vec<[i16; 2]>) {
        self.order(Order::StopRecording { call: CALL, at: start + length });
        let event = self.wait(|event| matches!(event, Event::RecordingFinished { .. }));
        let Event::RecordingFinished { call: CALL, recording } = event else { panic!("{event:?}") };
        let samples = read_wav(&self.recordings().join(&recording.path));
        (recording, samples)
    }

    /// Waits for an event; those before it are kept.
    pub fn wait(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        let mut seen = self.seen.lock().unwrap();
        let deadline = clock::now() + DEADLINE.as_nanos() as u64;
        loop {
            if let Some(at) = seen.iter().position(&wanted) {
                return seen.remove(at).unwrap();
            }
            let left = Duration::from_nanos(deadline.saturating_sub(clock::now()));
            match self.events.recv_timeout(left) {
                Ok(event) => seen.push_back(event),
                Err(_) => panic!("never came; seen: {seen:?}"),
            }
        }
    }

    /// Everything told so far that nobody waited for.
    pub fn told(&self) -> Vec<Event> {
        let mut seen = self.seen.lock().unwrap();
        seen.extend(self.events.try_iter());
        seen.iter().cloned().collect()
    }

    pub fn close(&self, leg: LegId) -> switch::media::Statistics {
        self.order(Order::CloseLeg { leg });
        let event = self.wait(|event| matches!(event, Event::LegClosed { leg: closed, .. } if *closed == leg));
        let Event::LegClosed { statistics, .. } = event else { panic!("{event:?}") };
        statistics
    }
}

/// What a phone that protects its packets gets off the wire.
#[derive(Debug, Default)]
pub struct Wire {
    /// Protects what it sends, opens what comes.
    pub keys: Option<(Context, Context)>,
    /// RTP and RTCP that it could not open, or had no keys for.
    pub refused: usize,
    pub stun: Vec<Vec<u8>>,
    pub dtls: Vec<Vec<u8>>,
    /// RTCP, opened.
    pub reports: Vec<Vec<u8>>,
}

impl Wire {
    /// The length of what is voice.
    fn take(&mut self, datagram: &mut [u8]) -> Option<usize> {
        match datagram[0] {
            0..=3 => self.stun.push(datagram.to_vec()),
            20..=63 => self.dtls.push(datagram.to_vec()),
            _ => {
                let is_rtcp = is_rtcp(datagram);
                let opened = self.keys.as_mut().and_then(|(_, receive)| {
                    if is_rtcp { receive.unprotect_rtcp(datagram) } else { receive.unprotect(datagram) }.ok()
                });
                match opened {
                    Some(length) if is_rtcp => self.reports.push(datagram[..length].to_vec()),
                    Some(length) => return Some(length),
                    None => self.refused += 1,
                }
            }
        }
        None
    }
}

/// A phone that says one tone and keeps what it hears.
pub struct Phone {
    pub socket: UdpSocket,
    pub rtcp: UdpSocket,
    pub to: SocketAddr,
    pub codec: Codec,
    pub speaks: bool,
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub telephone_event: Option<u8>,
    /// If it protects its packets: with what, and what else came.
    pub wire: Option<RefCell<Wire>>,
    tone: Vec<u8>,
    at: usize,
    /// For codecs with a memory.
    coder: Option<(codec::Encoder, codec::Decoder)>,
    /// What came: payloads as they were, and decoded.
    pub payloads: Vec<Vec<u8>>,
    pub headers: Vec<Header>,
    pub heard: Vec<f32>,
    /// Packets that were no audio of the negotiated kind.
    pub others: Vec<(Header, Vec<u8>)>,
}

impl Phone {
    pub fn new(local: SocketAddr, to: SocketAddr, codec: Codec, hz: f32) -> Self {
        let bind = |port: u16| {
            let socket = UdpSocket::bind(SocketAddr::new(local.ip(), port)).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        };
        let (socket, rtcp) = (bind(local.port()), bind(local.port() + 1));
        let encode = if codec == Codec::Pcma { g711::a_encode } else { g711::mu_encode };
        let tone = tone::sine(hz, 8000.0, 8000).into_iter().map(encode).collect();
        Self {
            socket,
            rtcp,
            to,
            codec,
            speaks: true,
            ssrc: hz as u32,
            sequence: 65_500,
            timestamp: u32::MAX - 3000,
            telephone_event: None,
            wire: None,
            tone,
            at: 0,
            coder: coder(codec),
            payloads: Vec::new(),
            headers: Vec::new(),
            heard: Vec::new(),
            others: Vec::new(),
        }
    }

    pub fn media(&self) -> LegMedia {
        let remote = self.socket.local_addr().unwrap();
        LegMedia {
            remote,
            remote_rtcp: self.rtcp.local_addr().unwrap(),
            signalled_from: remote.ip(),
            codec: self.codec,
            payload_type: self.codec.payload_type(),
            receive_payload_type: self.codec.payload_type(),
            telephone_event: self.telephone_event,
            send: true,
            receive: true,
            rtcp_mux: false,
            security: switch::media::Security::Plain,
        }
    }

    /// Speaks another codec from now on, with the same tone.
    pub fn change(&mut self, codec: Codec) {
        let decode = if self.codec == Codec::Pcma { g711::a_decode } else { g711::mu_decode };
        let encode = if codec == Codec::Pcma { g711::a_encode } else { g711::mu_encode };
        self.tone.iter_mut().for_each(|byte| *byte = encode(decode(*byte)));
        (self.codec, self.coder) = (codec, coder(codec));
    }

    /// The frame's payload in the phone's codec.
    pub fn encoded(&mut self, frame: &[i16]) -> Vec<u8> {
        match (&mut self.coder, self.codec) {
            (Some((encoder, _)), _) => {
                let mut payload = vec![0; codec::PAYLOAD_MAX];
                let length = encoder.encode(frame.try_into().unwrap(), &mut payload);
                payload.truncate(length);
                payload
            }
            (None, Codec::Pcma) => frame.iter().map(|&sample| g711::a_encode(sample)).collect(),
            (None, _) => frame.iter().map(|&sample| g711::mu_encode(sample)).collect(),
        }
    }

    /// Says something else than its tone, a frame.
    pub fn say_frame(&mut self, frame: &[i16]) {
        let payload = self.encoded(frame);
        self.send(self.codec.payload_type(), &payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(self.ticks());
    }

    /// Ticks of its RTP clock in 20 ms.
    pub fn ticks(&self) -> u32 {
        self.codec.clock_rate() / 50
    }

    /// Sends the next frame of its tone, or lets it go by.
    pub fn say(&mut self) {
        let mut payload: Vec<u8> = self.tone[self.at..self.at + FRAME].to_vec();
        if self.coder.is_some() {
            let frame: Vec<i16> = payload.iter().map(|&byte| g711::mu_decode(byte)).collect();
            payload = self.encoded(&frame);
        }
        self.at = (self.at + FRAME) % self.tone.len();
        if self.speaks {
            self.send(self.codec.payload_type(), &payload);
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.timestamp = self.timestamp.wrapping_add(self.ticks());
    }

    pub fn send(&self, payload_type: u8, payload: &[u8]) {
        let header =
            Header { marker: false, payload_type, sequence: self.sequence, timestamp: self.timestamp, ssrc: self.ssrc };
        let mut packet = header.to_bytes().to_vec();
        packet.extend(payload);
        if let Some(wire) = &self.wire {
            let Some((send, _)) = &mut wire.borrow_mut().keys else { return };
            let length = packet.len();
            packet.resize(length + srtp::OVERHEAD_MAX, 0);
            let length = send.protect(&mut packet, length).unwrap();
            packet.truncate(length);
        }
        // A leg that has been closed answers by ICMP.
        let _ = self.socket.send_to(&packet, self.to);
    }

    pub fn listen(&mut self) {
        let mut buffer = [0; 2000];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    assert_eq!(from, self.to, "packets come from the leg's own port");
                    let length = match &self.wire {
                        None => length,
                        Some(wire) => match wire.borrow_mut().take(&mut buffer[..length]) {
                            Some(length) => length,
                            None => continue,
                        },
                    };
                    let packet = Packet::parse(&buffer[..length]).unwrap();
                    if packet.header.payload_type == self.codec.payload_type() {
                        self.headers.push(packet.header);
                        self.payloads.push(packet.payload.to_vec());
                        let decode = if self.codec == Codec::Pcma { g711::a_decode } else { g711::mu_decode };
                        match &mut self.coder {
                            Some((_, decoder)) => {
                                let mut samples = [0; codec::SAMPLES_MAX];
                                let length = decoder.decode(packet.payload, &mut samples);
                                self.heard.extend(samples[..length].iter().map(|&sample| f32::from(sample)));
                            }
                            None => self.heard.extend(packet.payload.iter().map(|&byte| f32::from(decode(byte)))),
                        }
                    } else {
                        self.others.push((packet.header, packet.payload.to_vec()));
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }

    /// Power of a tone in the last so many samples heard; 0 if there are fewer.
    pub fn hears(&self, hz: f32, samples: usize) -> f32 {
        self.heard.len().checked_sub(samples).map_or(0.0, |from| power(&self.heard[from..], hz))
    }

    pub fn forget(&mut self) {
        self.listen();
        self.headers.clear();
        self.payloads.clear();
        self.heard.clear();
        self.others.clear();
    }
}

/// An encoder and a decoder, if the codec has a memory.
fn coder(codec: Codec) -> Option<(codec::Encoder, codec::Decoder)> {
    let kind = match codec {
        Codec::Pcmu | Codec::Pcma => return None,
        Codec::G722 => codec::Kind::G722,
        Codec::Opus => codec::Kind::Opus,
    };
    Some((codec::Encoder::new(kind).unwrap(), codec::Decoder::new(kind).unwrap()))
}

/// Lets phones talk and listen for a while, frame by frame.
pub fn talk(phones: &mut [&mut Phone], milliseconds: u64) {
    let mut at = clock::now();
    for _ in 0..milliseconds / 20 {
        for phone in phones.iter_mut() {
            phone.say();
        }
        at += 20 * MILLISECOND;
        clock::sleep_until(at);
        for phone in phones.iter_mut() {
            phone.listen();
        }
    }
}

/// Lets phones talk until something is so; fails after a long time.
pub fn talk_until(phones: &mut [&mut Phone], what: &str, done: impl Fn(&[&mut Phone]) -> bool) {
    for _ in 0..1000 {
        talk(phones, 20);
        if done(phones) {
            return;
        }
    }
    panic!("never: {what}");
}

pub fn read_wav(path: &std::path::Path) -> Vec<[i16; 2]> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8000, 16));
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    samples.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// Power of a tone in one channel of a recording.
pub fn recorded_power(samples: &[[i16; 2]], channel: usize, hz: f32) -> f32 {
    let samples: Vec<f32> = samples.iter().map(|pair| f32::from(pair[channel])).collect();
    power(&samples, hz)
}
