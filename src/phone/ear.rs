//! The mouth and the ear of a test phone: G.711 frames out every 20 ms, samples in by RTP timestamp.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtp::telephone_event::TelephoneEvent;
use rtp::{FRAME, Header, Packet, g711};

/// One second of samples.
const SECOND: usize = rtp::SAMPLE_RATE as usize;
/// Samples kept of what was heard: five minutes.
const HEARD_MAX: usize = 300 * SECOND;
/// Frames that are made up for after a late wake-up: a second. More are lost, as the words of any phone that stood still.
const CATCH_UP_MAX: u32 = 50;
/// A key is held for 100 ms, with 60 ms between keys.
const KEY_FRAMES: u16 = 5;
const END_REPEATS: u16 = 3;
const PAUSE_FRAMES: u16 = 3;

/// One phone's voice.
#[derive(Default)]
pub struct Voice {
    /// Everything heard since the call began, or since it was last taken.
    pub heard: Vec<i16>,
    speech: VecDeque<i16>,
    keys: VecDeque<Key>,
    payload_type: u8,
    telephone_event: Option<u8>,
    may_send: bool,
    next_frame: Option<Instant>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    last_heard: Option<u32>,
}

/// A key being pressed: frames still to send, counted from the first.
struct Key {
    code: u8,
    sent: u16,
    timestamp: u32,
}

impl Voice {
    /// A new call: fresh stream, fresh ear.
    pub fn begin_call(&mut self) {
        *self = Voice {
            ssrc: rand::random(),
            sequence: rand::random(),
            timestamp: rand::random(),
            may_send: false,
            ..Voice::default()
        };
    }

    /// What the offer/answer gave.
    pub fn agree(&mut self, payload_type: u8, telephone_event: Option<u8>, may_send: bool) {
        self.payload_type = payload_type;
        self.telephone_event = telephone_event;
        self.may_send = may_send;
    }

    /// Speak after what is still being said.
    pub fn say(&mut self, samples: &[i16]) {
        self.speech.extend(samples);
    }

    /// Still has something to say.
    pub fn speaks(&self) -> bool {
        !self.speech.is_empty() || !self.keys.is_empty()
    }

    /// Press keys, one after the other.
    pub fn press(&mut self, keys: &str) {
        let codes = keys.chars().filter_map(TelephoneEvent::event_of);
        self.keys.extend(codes.map(|code| Key { code, sent: 0, timestamp: 0 }));
    }

    /// The frames whose time has come.
    pub fn frames_due(&mut self, now: Instant, out: &mut VecDeque<Vec<u8>>) {
        let mut due = self.next_frame.unwrap_or(now);
        let mut made = 0;
        while due <= now {
            if self.may_send {
                if made < CATCH_UP_MAX { out.push_back(self.frame()) } else { self.lose_frame() }
            }
            made += 1;
            due += Duration::from_millis(20);
        }
        self.next_frame = Some(due);
    }

    /// A packet from the switch: its samples go where its timestamp says, relative to the packet before.
    pub fn listen(&mut self, datagram: &[u8]) {
        let Ok(packet) = Packet::parse(datagram) else { return };
        let decode = match packet.header.payload_type {
            0 => g711::mu_decode,
            8 => g711::a_decode,
            _ => return,
        };
        if let Some(last) = self.last_heard {
            let gap = packet.header.timestamp.wrapping_sub(last) as usize;
            if gap > 0 && gap < SECOND {
                self.heard.resize(self.heard.len() + gap, 0);
            }
        }
        self.last_heard = Some(packet.header.timestamp.wrapping_add(packet.payload.len() as u32));
        self.heard.extend(packet.payload.iter().map(|&byte| decode(byte)));
        if self.heard.len() > HEARD_MAX {
            self.heard.drain(..SECOND);
        }
    }

    fn frame(&mut self) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        self.key_frame().unwrap_or_else(|| self.voice_frame())
    }

    /// A frame whose time is over: what was to be said in it is gone, and what follows keeps its time.
    fn lose_frame(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        let lost = if self.keys.is_empty() { FRAME.min(self.speech.len()) } else { 0 };
        self.speech.drain(..lost);
    }

    fn voice_frame(&mut self) -> Vec<u8> {
        let encode = if self.payload_type == 8 { g711::a_encode } else { g711::mu_encode };
        let mut packet = self.header(self.payload_type, self.timestamp, false);
        packet.extend((0..FRAME).map(|_| encode(self.speech.pop_front().unwrap_or(0))));
        packet
    }

    /// The next frame of a key press, if one is under way: five long, the end told three times (RFC 4733 §2.5.1.4), a pause.
    fn key_frame(&mut self) -> Option<Vec<u8>> {
        let payload_type = self.telephone_event?;
        let now = self.timestamp;
        let key = self.keys.front_mut()?;
        if key.sent == 0 {
            key.timestamp = now;
        }
        key.sent += 1;
        if key.sent > KEY_FRAMES + END_REPEATS {
            if key.sent >= KEY_FRAMES + END_REPEATS + PAUSE_FRAMES {
                self.keys.pop_front();
            }
            return None;
        }
        let (sent, at) = (key.sent, key.timestamp);
        let event = TelephoneEvent {
            event: key.code,
            end: sent > KEY_FRAMES,
            volume: 10,
            duration: sent.min(KEY_FRAMES) * FRAME as u16,
        };
        let mut packet = self.header(payload_type, at, sent == 1);
        packet.extend(event.to_bytes());
        Some(packet)
    }

    fn header(&self, payload_type: u8, timestamp: u32, marker: bool) -> Vec<u8> {
        let header = Header { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc };
        let mut packet = Vec::with_capacity(12 + FRAME);
        packet.extend(header.to_bytes());
        packet
    }
}
