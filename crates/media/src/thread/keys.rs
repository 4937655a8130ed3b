//! Keys and comfort noise, on their way to those who hear the leg they come from.
//!
//! A key goes as an event where the hearer has events, its packet's time brought to the clock of the hearer's audio; how long
//! it lasts is counted at 8 kHz on every leg, as agreed (`telephone-event/8000`), even beside Opus. Where the hearer has none,
//! it becomes a tone in the hearer's audio, instead of what else was to be heard, so that what remains of it in the audio is
//! not heard twice. Comfort noise is not passed on, for not every phone knows it: the hearer gets noise of that level as audio,
//! until somebody speaks again.

use std::ops::Range;

use rtp::packet::HEADER_BYTES;
use rtp::telephone_event::TelephoneEvent;
use rtp::{FRAME, Header, Noise};

use super::leg::Leg;
use super::transcode::ticks;
use super::{Buffers, Worker};

/// Noise begins, and goes on, when nothing was sent for so long: the next frame's time has come.
pub const HUSHED: u64 = 30 * crate::clock::MILLISECOND;

impl Worker {
    /// Passes a key on to where it may go; `pressed`: this packet is the first of a press.
    pub(super) fn pass_key(
        &mut self,
        index: usize,
        now: u64,
        header: &Header,
        payload: Range<usize>,
        pressed: Option<char>,
        buffers: &mut Buffers,
    ) {
        let Some(leg) = self.leg(index) else { return };
        let relay = leg.relay_digits;
        let Some(codec) = leg.media.as_ref().map(|media| media.codec) else { return };
        let event = buffers.datagram.get(payload.clone()).and_then(TelephoneEvent::parse);
        self.translate(index, now, header, &[], &mut buffers.made);
        for n in 0.. {
            let Some(listener) = self.leg(index).and_then(|leg| leg.listeners.get(n).copied()) else { break };
            let Some(leg) = self.leg(listener) else { continue };
            let Some(media) = leg.media.as_ref().filter(|media| media.send && relay && leg.protection.is_ready())
            else {
                leg.out.kept_back(header);
                continue;
            };
            let payload_type = media.telephone_event;
            if leg.mixes && payload_type.is_some() {
                // The mix makes way for the key: one stream cannot say both.
                leg.passed_at = now;
            }
            match payload_type {
                Some(payload_type) if leg.needs_translation(codec) => {
                    let Some(event) = event else { continue };
                    let Some(begins) = leg.out.event(now, header, payload_type, ticks(codec)) else { continue };
                    begins.write(&mut buffers.made);
                    let place = buffers.made.get_mut(HEADER_BYTES..).unwrap_or_default();
                    let bytes = event.to_bytes();
                    place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
                    leg.send(&mut buffers.made, HEADER_BYTES + bytes.len());
                }
                Some(payload_type) => {
                    let Some(passed) = leg.out.passed(now, header, payload_type, FRAME) else { continue };
                    let begin = payload.start.saturating_sub(HEADER_BYTES);
                    let Some(packet) = buffers.datagram.get(begin..payload.end) else { continue };
                    // A copy: another hearer's protection may not find it protected already.
                    let length = packet.len().min(buffers.made.len());
                    buffers.made.iter_mut().zip(packet).for_each(|(place, &byte)| *place = byte);
                    passed.write(&mut buffers.made);
                    leg.send(&mut buffers.made, length);
                }
                None => {
                    leg.out.kept_back(header);
                    if let Some(event) = event {
                        leg.key(event, pressed);
                        self.put_on_wheel(listener);
                    }
                }
            }
        }
    }

    /// Comfort noise came: who hears the leg hears noise.
    pub(super) fn pass_comfort(
        &mut self,
        index: usize,
        now: u64,
        header: &Header,
        payload: Range<usize>,
        buffers: &mut Buffers,
    ) {
        self.translate(index, now, header, &[], &mut buffers.made);
        let payload = buffers.datagram.get(payload).unwrap_or_default();
        for n in 0.. {
            let Some(listener) = self.leg(index).and_then(|leg| leg.listeners.get(n).copied()) else { break };
            let Some(leg) = self.leg(listener) else { continue };
            if leg.mixes {
                continue;
            }
            leg.out.kept_back(header);
            match &mut leg.comfort {
                Some(noise) => noise.follow(payload),
                None => leg.comfort = Some(Noise::new(payload)),
            }
            self.put_on_wheel(listener);
        }
    }
}

impl Leg {
    /// Whether a key sounds as a tone, instead of all else.
    pub fn is_keyed(&self) -> bool {
        self.keypad.as_ref().is_some_and(|keypad| keypad.is_sounding())
    }

    /// Somebody's audio was sent to the leg.
    #[inline]
    pub fn spoken_to(&mut self, now: u64) {
        self.passed_at = now;
        if self.comfort.is_some() {
            self.comfort = None;
        }
    }

    fn key(&mut self, event: TelephoneEvent, pressed: Option<char>) {
        let Some(keypad) = &mut self.keypad else { return };
        match pressed {
            Some(digit) => keypad.press(digit, event.volume),
            None => keypad.hold(),
        }
        if event.end {
            keypad.release();
        }
    }
}
