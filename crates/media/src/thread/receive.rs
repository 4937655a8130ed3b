//! The packet path: receive, check, record, pass on. No lock, no allocation, no disk.

use std::net::SocketAddr;
use std::ops::Range;

use rtp::dtmf::Detector;
use rtp::packet::{HEADER_BYTES, is_rtcp};
use rtp::{COMFORT_NOISE, Header, Packet};
use rustix::net::{RecvFlags, recv};
use sdp::Codec;
use switch::media::{Event, LegMedia};

use super::latch::Verdict;
use super::leg::{Leg, decode, transcode};
use super::protect::{Opened, Protection};
use super::transcode::samples_of;
use super::{Buffers, Worker};
use crate::clock;
use crate::recorder::Record;

/// New streams told of one leg: who changes his stream with every packet shall not fill the call's story.
const NEW_STREAMS_MAX: u8 = 10;
/// Packets read at once of a leg that was just connected: others' turn comes, too.
pub const READ_ON_MAX: usize = 64;

/// What a payload type means on a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Audio(Codec),
    Key,
    Comfort,
}

/// A packet that was accepted.
#[derive(Clone, Debug)]
struct Accepted {
    header: Header,
    kind: Kind,
    payload: Range<usize>,
}

impl Worker {
    /// Reads one packet of a leg's RTP socket; of one that was just connected more, for what others had sent before must be
    /// read away, up to the end, before the kernel can be trusted. (If still more are there, epoll tells it again.)
    #[inline]
    pub(super) fn receive(&mut self, index: usize, now: u64, buffers: &mut Buffers) {
        for _ in 0..READ_ON_MAX {
            let came = self.receive_one(index, now, buffers);
            let reads_on = came && self.leg(index).is_some_and(|leg| leg.connected && !leg.drained);
            if !reads_on {
                return;
            }
        }
    }

    /// False if there is none.
    #[inline]
    fn receive_one(&mut self, index: usize, now: u64, buffers: &mut Buffers) -> bool {
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return false };
        let (length, from) = if leg.connected && leg.drained {
            match recv(&leg.rtp, &mut buffers.datagram[..], RecvFlags::DONTWAIT) {
                Ok((length, _)) => (length, None),
                // ECONNREFUSED, which a stranger could provoke, says nothing about the call.
                Err(_) => return false,
            }
        } else {
            match leg.rtp.recv_from(&mut buffers.datagram) {
                Ok((length, from)) => (length, Some(from)),
                Err(_) => {
                    leg.drained = leg.connected;
                    return false;
                }
            }
        };
        let (length, judged) = match &leg.protection {
            Protection::Plain => (length, from),
            Protection::Srtp(_) => {
                let Buffers { datagram, made } = buffers;
                let datagram = datagram.get_mut(..length).unwrap_or_default();
                match leg.uncover(now, from, datagram, made, &mut self.handshakes) {
                    Opened::Rtp { length, sure } => (length, from.filter(|_| !sure)),
                    Opened::Rtcp { length } => {
                        leg.hear_report(now, from, datagram.get(..length).unwrap_or_default());
                        return true;
                    }
                    Opened::Nothing => return true,
                }
            }
        };
        let Some(accepted) = accept(leg, now, buffers.datagram.get(..length).unwrap_or_default(), judged) else {
            leg.hear_muxed_report(now, from, buffers.datagram.get(..length).unwrap_or_default());
            return true;
        };
        self.heard(index, now, &accepted, buffers);
        true
    }

    /// An accepted packet: into the recording, and to those who hear it.
    #[inline]
    fn heard(&mut self, index: usize, now: u64, accepted: &Accepted, buffers: &mut Buffers) {
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        let header = accepted.header;
        let another = leg.reception.ssrc().is_some_and(|ssrc| ssrc != header.ssrc);
        if leg.reception.ssrc() != Some(header.ssrc) {
            leg.presses.reset();
        }
        let arrival = clock::samples(now).wrapping_mul(u64::from(leg.out.ticks())) as u32;
        leg.reception.heard(header.ssrc, header.sequence, header.timestamp, arrival);
        leg.watch.heard_at = now;
        let news = (!leg.watch.first_told, leg.watch.told > 0);
        let id = leg.id;
        if another && leg.watch.streams_told < NEW_STREAMS_MAX {
            leg.watch.streams_told += 1;
            self.tell(Event::NewStream { leg: id });
        }
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        if news != (false, false) {
            if !std::mem::replace(&mut leg.watch.first_told, true) {
                leg.watch.first_at = now;
            }
            leg.watch.told = 0;
            self.tell_heard(id, now, news);
        }
        let Some(payload) = buffers.datagram.get(accepted.payload.clone()) else { return };
        match accepted.kind {
            Kind::Audio(codec) => {
                let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
                if let Some(stream) = leg.stream {
                    let (timestamp, ssrc) = (header.timestamp, header.ssrc);
                    self.tap.record(&Record { stream, arrival: now, timestamp, ssrc, codec, payload });
                }
                let by_table = super::transcode::kind(codec).is_none();
                let has_ear = leg.ear.is_some();
                if let Some(digit) = leg
                    .detector
                    .as_mut()
                    .filter(|_| by_table)
                    .and_then(|ear| ear.hear(payload.iter().map(|&byte| decode(codec, byte))))
                {
                    let id = leg.id;
                    self.tell(Event::Digit { leg: id, digit });
                }
                // Before the packet is passed on, for it is protected where it lies.
                if has_ear {
                    self.translate(index, now, &header, payload, &mut buffers.made);
                }
                self.pass_on(index, now, accepted, codec, buffers);
                if has_ear {
                    self.end_whispers(index);
                }
            }
            Kind::Key => {
                let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
                let (id, detect) = (leg.id, leg.detect_digits);
                let pressed = leg.presses.heard(header.timestamp, payload);
                if let Some(digit) = pressed.filter(|_| detect) {
                    self.tell(Event::Digit { leg: id, digit });
                }
                self.pass_key(index, now, &header, accepted.payload.clone(), pressed, buffers);
                self.end_whispers(index);
            }
            Kind::Comfort => {
                self.pass_comfort(index, now, &header, accepted.payload.clone(), buffers);
                self.end_whispers(index);
            }
        }
    }

    fn tell_heard(&self, leg: endpoint::LegId, now: u64, (first, again): (bool, bool)) {
        if first {
            self.tell(Event::FirstPacket { leg, at: self.epoch.instant(now) });
        }
        if again {
            self.tell(Event::Audible { leg });
        }
    }

    /// Sends audio to every leg that hears it, at once: from the same buffer where nothing must be changed but the header.
    #[inline]
    fn pass_on(&mut self, index: usize, now: u64, accepted: &Accepted, codec: Codec, buffers: &mut Buffers) {
        let bytes = accepted.payload.len();
        let samples = buffers.datagram.get(accepted.payload.clone()).map_or(0, |payload| samples_of(codec, payload));
        for n in 0.. {
            let listener =
                self.legs.get(index).and_then(Option::as_deref).and_then(|leg| leg.listeners.get(n)).copied();
            let Some(listener) = listener else { break };
            let Some(leg) = self.legs.get_mut(listener).and_then(Option::as_deref_mut) else { continue };
            if leg.mixes {
                // What has a memory is decoded once, for all who need it.
                if super::transcode::kind(codec).is_none() {
                    let input = buffers.datagram.get(accepted.payload.clone()).unwrap_or_default();
                    let samples = input.iter().map(|&byte| decode(codec, byte));
                    self.pass_to_mix(index, listener, (accepted.header.ssrc, accepted.header.timestamp), samples);
                }
                continue;
            }
            let Some(media) = leg.media.as_ref().filter(|media| media.send && leg.protection.is_ready()) else {
                continue;
            };
            let (to, payload_type) = (media.codec, media.payload_type);
            if leg.is_keyed() {
                leg.out.kept_back(&accepted.header);
                continue;
            }
            if leg.needs_translation(codec) {
                continue;
            }
            let Some(header) = leg.out.passed(now, &accepted.header, payload_type, samples) else { continue };
            leg.spoken_to(now);
            let unchanged = leg.whisper.is_none() && to == codec;
            // Protection is put on in place: each hearer's in a copy of its own.
            if unchanged && leg.protection.is_plain() {
                let begin = accepted.payload.start.saturating_sub(HEADER_BYTES);
                if let Some(packet) = buffers.datagram.get_mut(begin..) {
                    header.write(packet);
                    leg.send(packet, HEADER_BYTES + bytes);
                }
                continue;
            }
            let Some(input) = buffers.datagram.get(accepted.payload.clone()) else { continue };
            let Some(packet) = buffers.made.get_mut(..HEADER_BYTES + bytes) else { continue };
            header.write(packet);
            let output = packet.get_mut(HEADER_BYTES..).unwrap_or_default();
            transcode(codec, to, input, output);
            let ended = leg.whisper.as_mut().is_some_and(|whisper| whisper.mix(to, output));
            leg.send(&mut buffers.made, HEADER_BYTES + bytes);
            if ended {
                self.whisper_ended(listener);
            }
        }
    }
}

/// Whether a datagram is to be heard.
#[inline]
fn accept(leg: &mut Leg, now: u64, datagram: &[u8], from: Option<SocketAddr>) -> Option<Accepted> {
    let media = leg.media.as_ref()?;
    if let Some(from) = from
        && !leg.latch.allows(from.ip())
    {
        leg.strangers += 1;
        return None;
    }
    if is_rtcp(datagram) {
        return None;
    }
    let packet = Packet::parse(datagram).ok()?;
    let kind = kind(media, packet.header.payload_type)?;
    if let Some(from) = from {
        match leg.latch.heard(now, from, packet.header.ssrc, packet.header.sequence) {
            Verdict::Accept => {}
            Verdict::Lock => leg.connect(),
            Verdict::Stranger => {
                leg.strangers += 1;
                return None;
            }
        }
    }
    Some(Accepted { header: packet.header, kind, payload: packet.payload_range() })
}

#[inline]
fn kind(media: &LegMedia, payload_type: u8) -> Option<Kind> {
    if payload_type == media.receive_payload_type {
        Some(Kind::Audio(media.codec))
    } else if Some(payload_type) == media.telephone_event {
        Some(Kind::Key)
    } else if payload_type == COMFORT_NOISE {
        Some(Kind::Comfort)
    } else {
        None
    }
}

impl Leg {
    /// Listens for keys in the audio exactly when they are wanted and cannot come as events.
    pub(super) fn listen_for_keys(&mut self) {
        let wanted = self.detect_digits && self.media.as_ref().is_some_and(|media| media.telephone_event.is_none());
        match (&self.detector, wanted) {
            (None, true) => self.detector = Some(Box::new(Detector::default())),
            (Some(_), false) => self.detector = None,
            (None, false) | (Some(_), true) => {}
        }
    }
}
