//! Payload types: what the numbers of an `m=` line stand for.

use crate::{Codec, Media};

/// RTP without encryption. RFC 3551.
pub(crate) const PLAIN_RTP: &str = "RTP/AVP";
/// The same with early feedback (RFC 4585), of which we use nothing.
const FEEDBACK_RTP: &str = "RTP/AVPF";

/// What one payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    Audio(Codec),
    /// RFC 4733 digits.
    TelephoneEvent,
}

impl Payload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Audio(codec) => codec.name(),
            Self::TelephoneEvent => "telephone-event",
        }
    }

    pub(crate) fn clock_rate(self) -> u32 {
        match self {
            Self::Audio(codec) => codec.clock_rate(),
            Self::TelephoneEvent => 8000,
        }
    }

    /// `PCMU/8000`, `PCMU/8000/1`
    fn from_encoding(encoding: &str) -> Option<Self> {
        let mut parts = encoding.trim().split('/');
        let (name, rate) = (parts.next()?, parts.next()?);
        if parts.next().is_some_and(|channels| channels.trim() != "1") {
            return None;
        }
        Codec::G711
            .into_iter()
            .map(Self::Audio)
            .chain([Self::TelephoneEvent])
            .find(|known| known.name().eq_ignore_ascii_case(name) && rate.trim().parse() == Ok(known.clock_rate()))
    }

    fn from_static(number: u8) -> Option<Self> {
        Codec::G711.into_iter().find(|codec| codec.payload_type() == number).map(Self::Audio)
    }
}

/// How the voice of a stream is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    /// RTP/SAVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF.
    Secure,
    Unknown,
}

impl Transport {
    pub(crate) fn of(media: &Media) -> Self {
        let protocol = media.protocol.to_ascii_uppercase();
        if protocol == PLAIN_RTP || protocol == FEEDBACK_RTP {
            Self::Plain
        } else if protocol.contains("/SAVP") {
            Self::Secure
        } else {
            Self::Unknown
        }
    }
}

/// The payload types that we understand, in the order of the `m=` line. An `a=rtpmap` decides; without one the static
/// meaning of RFC 3551 §6 holds.
pub(crate) fn payloads(media: &Media) -> Vec<(u8, Payload)> {
    media
        .formats
        .iter()
        .filter_map(|format| format.parse().ok().filter(|number| *number < 128))
        .filter_map(|number: u8| {
            let map = media
                .values("rtpmap")
                .filter_map(|value| value.split_once(char::is_whitespace))
                .find(|(mapped, _)| mapped.parse() == Ok(number));
            let payload = match map {
                Some((_, encoding)) => Payload::from_encoding(encoding),
                None => Payload::from_static(number),
            };
            payload.map(|payload| (number, payload))
        })
        .collect()
}
