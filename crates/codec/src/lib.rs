//! Voice codecs that have a memory, brought to and from the 8 kHz of everything else: G.722 (wide-band desk phones) and Opus
//! (browsers). G.711 has none: it is a table, in `rtp`.
//!
//! Pure, and nothing is allocated after a codec was made. A packet from the network may hold anything and have any length:
//! what it becomes is bounded by [`SAMPLES_MAX`], and what is no packet of the codec becomes nothing.

mod conceal;
mod g722;
mod half_band;
mod wide_opus;

use std::fmt;

pub use conceal::Concealment;

/// Samples per second of what goes in and comes out.
pub const SAMPLE_RATE: u32 = 8000;
/// Samples of a frame that is encoded: 20 ms.
pub const FRAME: usize = 160;
/// Samples that a packet can become: 120 ms, the longest that Opus has and more than any phone's G.722.
pub const SAMPLES_MAX: usize = 960;
/// Bytes that a frame becomes at most.
pub const PAYLOAD_MAX: usize = 320;

/// Room for what a packet becomes.
pub type Samples = [i16; SAMPLES_MAX];

/// A codec with a memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// ITU-T G.722 at 64 kbit/s. Its RTP clock is 8 kHz, by an old mistake (RFC 3551 §4.5.2).
    G722,
    /// RFC 6716; its RTP clock is 48 kHz.
    Opus,
}

impl Kind {
    /// Samples at 8 kHz that a payload stands for; `None`: it is none of this codec. Nothing is decoded.
    pub fn duration(self, payload: &[u8]) -> Option<usize> {
        match self {
            Self::G722 => (1..=SAMPLES_MAX).contains(&payload.len()).then_some(payload.len()),
            Self::Opus => wide_opus::duration(payload),
        }
    }
}

/// The codec cannot be had: out of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no memory for a codec")
    }
}

impl std::error::Error for Unavailable {}

impl From<opus::Error> for Unavailable {
    fn from(_: opus::Error) -> Self {
        Self
    }
}

/// Makes samples of one stream's packets, which must come in order.
pub struct Decoder(Decodes);

enum Decodes {
    G722(Box<FromG722>),
    Opus(wide_opus::Decoder),
}

/// G.722, what leads from 16 to 8 kHz, and what is played where something was lost.
#[derive(Default)]
struct FromG722 {
    decoder: g722::Decoder,
    down: half_band::Down,
    concealment: Concealment,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({:?})", self.kind())
    }
}

impl Decoder {
    /// A decoder at the beginning of a stream. Allocates.
    pub fn new(kind: Kind) -> Result<Self, Unavailable> {
        Ok(Self(match kind {
            Kind::G722 => Decodes::G722(Box::default()),
            Kind::Opus => Decodes::Opus(wide_opus::Decoder::new()?),
        }))
    }

    /// Which codec.
    pub fn kind(&self) -> Kind {
        match self.0 {
            Decodes::G722(_) => Kind::G722,
            Decodes::Opus(_) => Kind::Opus,
        }
    }

    /// A packet came: how many samples it became. 0: it is none of this codec.
    pub fn decode(&mut self, payload: &[u8], out: &mut Samples) -> usize {
        match &mut self.0 {
            Decodes::G722(voice) => {
                let FromG722 { decoder, down, concealment } = &mut **voice;
                let Some(samples) = Kind::G722.duration(payload).and_then(|length| out.get_mut(..length)) else {
                    return 0;
                };
                for (place, &byte) in samples.iter_mut().zip(payload) {
                    *place = down.pass(decoder.decode(byte));
                }
                concealment.heard(samples);
                samples.len()
            }
            Decodes::Opus(decoder) => decoder.decode(payload, out),
        }
    }

    /// So many samples were lost: what is played in their place. `next`: the packet after them, if it is here and they are the
    /// last before it, for Opus may repeat them there. How many it became.
    pub fn conceal(&mut self, next: Option<&[u8]>, samples: usize, out: &mut Samples) -> usize {
        match &mut self.0 {
            Decodes::G722(voice) => {
                let Some(part) = out.get_mut(..samples.min(SAMPLES_MAX)) else { return 0 };
                voice.concealment.conceal(part);
                part.len()
            }
            Decodes::Opus(decoder) => decoder.conceal(next, samples, out),
        }
    }

    /// Another stream begins.
    pub fn reset(&mut self) {
        match &mut self.0 {
            Decodes::G722(voice) => **voice = FromG722::default(),
            Decodes::Opus(decoder) => decoder.reset(),
        }
    }
}

/// Makes packets of one stream's samples.
pub struct Encoder(Encodes);

enum Encodes {
    G722(Box<ToG722>),
    Opus(wide_opus::Encoder),
}

/// What leads from 8 to 16 kHz, and G.722.
#[derive(Default)]
struct ToG722 {
    up: half_band::Up,
    encoder: g722::Encoder,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoder({:?})", self.kind())
    }
}

impl Encoder {
    /// An encoder at the beginning of a stream. Allocates.
    pub fn new(kind: Kind) -> Result<Self, Unavailable> {
        Ok(Self(match kind {
            Kind::G722 => Encodes::G722(Box::default()),
            Kind::Opus => Encodes::Opus(wide_opus::Encoder::new()?),
        }))
    }

    /// Which codec.
    pub fn kind(&self) -> Kind {
        match self.0 {
            Encodes::G722(_) => Kind::G722,
            Encodes::Opus(_) => Kind::Opus,
        }
    }

    /// The bytes of a frame, of which there are at most [`PAYLOAD_MAX`]; how many. 0: it could not be encoded.
    pub fn encode(&mut self, frame: &[i16; FRAME], out: &mut [u8]) -> usize {
        let length = PAYLOAD_MAX.min(out.len());
        let Some(out) = out.get_mut(..length) else { return 0 };
        match &mut self.0 {
            Encodes::G722(voice) => {
                let Some(out) = out.get_mut(..FRAME) else { return 0 };
                for (place, &sample) in out.iter_mut().zip(frame) {
                    let [first, second] = voice.up.pass(sample);
                    *place = voice.encoder.encode(first, second);
                }
                FRAME
            }
            Encodes::Opus(encoder) => encoder.encode(frame, out),
        }
    }

    /// The peer reports that it loses so much of what we send: Opus then says everything twice.
    pub fn expect_loss(&mut self, percent: u8) {
        match &mut self.0 {
            Encodes::G722(_) => {}
            Encodes::Opus(encoder) => encoder.expect_loss(percent),
        }
    }
}

#[cfg(test)]
mod tests;
