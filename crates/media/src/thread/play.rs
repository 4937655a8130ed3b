//! What is sent without anything having come: prompts, music, silence.

use rtp::FRAME;
use rtp::packet::HEADER_BYTES;
use sdp::Codec;
use switch::media::Event;

use super::keys::HUSHED;
use super::leg::{Plays, encode, silence};
use super::transcode::Frame;
use super::{Buffers, Worker};
use crate::clock::MILLISECOND;

/// When the leg that is heard has sent nothing for so long, a whisper goes on in packets of its own. More than any usual
/// packet's length, so that the two do not alternate.
const UNHEARD: u64 = 65 * MILLISECOND;

/// A packet made of samples.
fn made_of(codec: Codec, packet: &mut [u8], fill: impl FnOnce(&mut Frame)) {
    let mut frame = [0; FRAME];
    fill(&mut frame);
    packet.iter_mut().zip(frame).for_each(|(place, sample)| *place = encode(codec, sample));
}

impl Worker {
    /// Sends the packets of one slot of the wheel.
    pub(super) fn play_slot(&mut self, slot: usize, now: u64, buffers: &mut Buffers) {
        let mut n = 0;
        while let Some(index) = self.wheel.stream(slot, n) {
            self.play(index, now, buffers);
            // If this one has left the wheel, another stands in its place.
            if self.wheel.stream(slot, n) == Some(index) {
                n += 1;
            }
        }
    }

    fn play(&mut self, index: usize, now: u64, buffers: &mut Buffers) {
        let Some(leg) = self.legs.get_mut(index).and_then(Option::as_deref_mut) else { return };
        // Nothing is sent, and no prompt begins, before the peer's address is known.
        let Some(media) = leg.media.as_ref().filter(|_| !leg.protection.holds_back(now)) else { return };
        let (codec, payload_type, may_send) = (media.codec, media.payload_type, media.send);
        let Some(payload) = buffers.payload(FRAME) else { return };
        let mut ended = None;
        let unheard = now.saturating_sub(leg.passed_at);
        match &mut leg.plays {
            Plays::Leg(_) if leg.keypad.as_ref().is_some_and(|keypad| keypad.is_sounding()) => {
                made_of(codec, payload, |frame| {
                    if let Some(keypad) = &mut leg.keypad {
                        keypad.fill(frame);
                    }
                });
            }
            Plays::Leg(_) if leg.comfort.is_some() => {
                if unheard < HUSHED {
                    return;
                }
                made_of(codec, payload, |frame| leg.comfort.iter_mut().for_each(|noise| noise.fill(frame)));
            }
            Plays::Leg(_) if leg.whisper.is_none() => return self.put_on_wheel(index),
            Plays::Leg(_) if unheard < UNHEARD => return,
            Plays::Leg(_) | Plays::Silence => payload.fill(silence(codec)),
            Plays::Mix(mixer) => {
                let mixed = mixer.turn();
                if unheard < UNHEARD {
                    return;
                }
                let keypad = leg.keypad.as_mut().filter(|keypad| keypad.is_sounding());
                made_of(codec, payload, |frame| match keypad {
                    Some(keypad) => {
                        keypad.fill(frame);
                    }
                    None => *frame = mixed,
                });
            }
            Plays::Prompt(cursor) => {
                if cursor.fill(codec, payload) {
                    ended = Some(cursor.prompt.clone());
                }
            }
        }
        let whisper_ended = leg.whisper.as_mut().is_some_and(|whisper| whisper.mix(codec, payload));
        if may_send && leg.latch.target().is_some() && leg.protection.is_ready() {
            let header = leg.out.made(now, payload_type, FRAME);
            header.write(&mut buffers.made);
            let length = leg.voice_frame(&mut buffers.made);
            if length > 0 {
                leg.send(&mut buffers.made, HEADER_BYTES + length);
            }
        }
        if let Some(prompt) = ended {
            leg.plays = Plays::Silence;
            let leg = leg.id;
            self.tell(Event::PromptEnded { leg, prompt, missing: false });
        }
        if whisper_ended {
            self.whisper_ended(index);
        }
    }

    /// A whisper has come to its end.
    pub(super) fn whisper_ended(&mut self, index: usize) {
        let Some(leg) = self.leg(index) else { return };
        let id = leg.id;
        if let Some(whisper) = leg.whisper.take() {
            self.put_on_wheel(index);
            self.fit_codecs(index);
            self.tell(Event::PromptEnded { leg: id, prompt: whisper.prompt, missing: false });
        }
    }
}
