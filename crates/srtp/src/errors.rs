//! Why a key or a packet is refused, and whose fault it is.

use std::fmt;

/// Key material of the wrong length. Whoever gave it is at fault: the peer by `a=crypto`, or we by what we exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyError {
    /// Bytes that the suite wants.
    pub wanted: usize,
    /// Bytes that came.
    pub given: usize,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SRTP key material of {} bytes, not {}", self.given, self.wanted)
    }
}

impl std::error::Error for KeyError {}

/// Why a packet is not sent. All variants are ours to answer for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtectError {
    /// No RTP or RTCP packet.
    Malformed,
    /// The buffer has no room for what is added, or is shorter than the packet.
    Room,
    /// A packet with this number was sent already: a second one would give both away.
    Repeated,
    /// So far behind the newest packet that nobody knows whether it was sent.
    TooOld,
    /// The stream has sent all that may be sent under one key (2^48 RTP or 2^31 RTCP packets, RFC 3711 §9.2).
    Exhausted,
    /// More streams than one leg has.
    TooManySources,
}

impl fmt::Display for ProtectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "ours: no RTP or RTCP packet",
            Self::Room => "ours: no room for the tag",
            Self::Repeated => "ours: this number was sent already",
            Self::TooOld => "ours: too far behind the newest packet",
            Self::Exhausted => "ours: the key has protected all it may",
            Self::TooManySources => "ours: too many SSRCs",
        })
    }
}

impl std::error::Error for ProtectError {}

/// Why a received packet is dropped. All variants are the peer's fault, or that of somebody who would be it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnprotectError {
    /// Too short, too long, or no RTP or RTCP packet.
    Malformed,
    /// The tag is wrong: made with another key, or changed on the way.
    Authentication,
    /// It was received before.
    Replayed,
    /// Older than the window.
    TooOld,
    /// SRTCP that says of itself that it is not encrypted: that was never agreed.
    Unencrypted,
    /// Past the last packet that the key may protect.
    Exhausted,
    /// Authentic, or claiming to be, from one source too many.
    TooManySources,
}

impl fmt::Display for UnprotectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "peer: no SRTP or SRTCP packet",
            Self::Authentication => "peer: the SRTP tag is wrong",
            Self::Replayed => "peer: an SRTP packet came twice",
            Self::TooOld => "peer: an SRTP packet is older than the window",
            Self::Unencrypted => "peer: SRTCP that is not encrypted",
            Self::Exhausted => "peer: the SRTP key has protected all it may",
            Self::TooManySources => "peer: too many SSRCs under one key",
        })
    }
}

impl std::error::Error for UnprotectError {}
