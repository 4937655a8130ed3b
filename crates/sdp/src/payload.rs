//! Payload types: what the numbers of an `m=` line stand for.

use crate::{Codec, Media};

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

    fn channels(self) -> u8 {
        match self {
            Self::Audio(codec) => codec.channels(),
            Self::TelephoneEvent => 1,
        }
    }

    /// `PCMU/8000`, `opus/48000/2`: the value of its `a=rtpmap` behind the number.
    pub(crate) fn encoding(self) -> String {
        let (name, rate) = (self.name(), self.clock_rate());
        match self.channels() {
            1 => format!("{name}/{rate}"),
            channels => format!("{name}/{rate}/{channels}"),
        }
    }

    /// The value of its `a=fmtp` behind the number.
    pub(crate) fn parameters(self) -> Option<&'static str> {
        match self {
            Self::Audio(codec) => codec.parameters(),
            Self::TelephoneEvent => Some("0-16"),
        }
    }

    /// `PCMU/8000`, `PCMU/8000/1`, `opus/48000/2`
    fn from_encoding(encoding: &str) -> Option<Self> {
        let mut parts = encoding.trim().split('/');
        let (name, rate, channels) = (parts.next()?, parts.next()?, parts.next());
        let is_it = |known: &Self| {
            known.name().eq_ignore_ascii_case(name)
                && rate.trim().parse() == Ok(known.clock_rate())
                && channels.is_none_or(|channels| channels.trim().parse() == Ok(known.channels()))
        };
        Codec::ALL.into_iter().map(Self::Audio).chain([Self::TelephoneEvent]).find(is_it)
    }

    fn from_static(number: u8) -> Option<Self> {
        Codec::ALL.into_iter().find(|codec| codec.is_static() && codec.payload_type() == number).map(Self::Audio)
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
