//! Opus at 8 kHz, mono, by libopus (RFC 6716; RTP payload RFC 7587). The codec itself goes between 48 and 8 kHz: its RTP clock is
//! 48 kHz whatever is inside.

use opus::{Application, Bitrate, Channels, Signal};

use crate::{FRAME, SAMPLES_MAX, Samples, Unavailable};

/// Speech of telephone bandwidth needs no more.
const BITS_PER_SECOND: i32 = 20_000;
/// Of 0 to 10: a third of the default's cost, and still good speech.
const COMPLEXITY: i32 = 2;
/// Loss that is worth sending everything twice for is reckoned with up to this share, percent.
const LOSS_MAX: u8 = 30;
/// A concealed stretch is counted in steps of 2.5 ms.
const STEP: usize = 20;

/// Samples at 8 kHz that a packet stands for, by its first bytes (RFC 6716 §3.1, §3.2); `None`: no Opus packet.
pub fn duration(payload: &[u8]) -> Option<usize> {
    let (&toc, rest) = payload.split_first()?;
    let frame = match toc >> 3 {
        config @ 0..=11 => match config & 3 {
            0 => 80,
            1 => 160,
            2 => 320,
            _ => 480,
        },
        config @ 12..=15 => 80 << (config & 1),
        config => STEP << (config & 3),
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(rest.first()? & 0x3F),
    };
    let samples = frame * frames;
    (1..=SAMPLES_MAX).contains(&samples).then_some(samples)
}

/// Makes samples of Opus.
pub struct Decoder(opus::Decoder);

impl Decoder {
    pub fn new() -> Result<Self, Unavailable> {
        opus::Decoder::new(crate::SAMPLE_RATE, Channels::Mono).map(Self).map_err(Unavailable::from)
    }

    /// A packet; 0: it is none.
    pub fn decode(&mut self, payload: &[u8], out: &mut Samples) -> usize {
        // Empty would mean "lost" to the library.
        if duration(payload).is_none() {
            return 0;
        }
        self.0.decode(payload, out, false).unwrap_or(0).min(SAMPLES_MAX)
    }

    /// What was lost, from what the next packet repeats of it, or made up (`None`).
    pub fn conceal(&mut self, next: Option<&[u8]>, samples: usize, out: &mut Samples) -> usize {
        let samples = samples.min(SAMPLES_MAX) / STEP * STEP;
        let Some(part) = out.get_mut(..samples) else { return 0 };
        if part.is_empty() {
            return 0;
        }
        let next = next.filter(|next| duration(next).is_some());
        let recovered = match next {
            Some(next) => self.0.decode(next, part, true),
            None => self.0.decode(&[], part, false),
        };
        recovered.unwrap_or(0).min(samples)
    }

    /// Forgets the stream.
    pub fn reset(&mut self) {
        // It cannot fail: the state is there.
        let _ = self.0.reset_state();
    }
}

/// Makes Opus of samples.
pub struct Encoder(opus::Encoder);

impl Encoder {
    pub fn new() -> Result<Self, Unavailable> {
        let mut encoder = opus::Encoder::new(crate::SAMPLE_RATE, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
        encoder.set_complexity(COMPLEXITY)?;
        encoder.set_signal(Signal::Voice)?;
        encoder.set_dtx(false)?;
        // Says nothing twice until loss is reported.
        encoder.set_inband_fec(true)?;
        Ok(Self(encoder))
    }

    pub fn encode(&mut self, frame: &[i16; FRAME], out: &mut [u8]) -> usize {
        self.0.encode(frame, out).unwrap_or(0)
    }

    /// The peer loses so much of what we send.
    pub fn expect_loss(&mut self, percent: u8) {
        // It cannot fail: the value is in range.
        let _ = self.0.set_packet_loss_perc(i32::from(percent.min(LOSS_MAX)));
    }
}
