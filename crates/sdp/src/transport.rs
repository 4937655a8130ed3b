//! How the voice of a stream is carried: the protocol of an `m=` line.

use crate::Media;

/// The protocol of an audio stream that we know. The feedback profiles (RFC 4585) are answered as they are; we use nothing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// `RTP/AVP`, `RTP/AVPF`: open, unless both sides bring keys (RFC 8643).
    Open,
    /// `RTP/SAVP`, `RTP/SAVPF`: SRTP, keyed by `a=crypto` (RFC 4568).
    Secure,
    /// `UDP/TLS/RTP/SAVP`, `UDP/TLS/RTP/SAVPF`: SRTP, keyed by DTLS (RFC 5764).
    Dtls,
    /// Anything else.
    Unknown,
}

/// RTP without encryption. RFC 3551.
pub(crate) const OPEN: &str = "RTP/AVP";
/// RTP that must be encrypted. RFC 3711.
pub(crate) const SECURE: &str = "RTP/SAVP";
/// What browsers speak. RFC 5764.
pub(crate) const DTLS: &str = "UDP/TLS/RTP/SAVPF";

impl Transport {
    pub(crate) fn of(media: &Media) -> Self {
        let is = |name: &str| {
            let (head, tail) = media.protocol.split_at_checked(name.len()).unwrap_or_default();
            head.eq_ignore_ascii_case(name) && (tail.is_empty() || tail.eq_ignore_ascii_case("F"))
        };
        if is(OPEN) {
            Self::Open
        } else if is(SECURE) {
            Self::Secure
        } else if is("UDP/TLS/RTP/SAVP") {
            Self::Dtls
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_known_with_and_without_feedback() {
        for (protocol, transport) in [
            ("RTP/AVP", Transport::Open),
            ("rtp/avpf", Transport::Open),
            ("RTP/SAVP", Transport::Secure),
            ("RTP/SAVPF", Transport::Secure),
            ("UDP/TLS/RTP/SAVP", Transport::Dtls),
            ("UDP/TLS/RTP/SAVPF", Transport::Dtls),
            ("RTP/AVPX", Transport::Unknown),
            ("RTP/AVPFF", Transport::Unknown),
            ("TCP/TLS/RTP/SAVPF", Transport::Unknown),
            ("é", Transport::Unknown),
            ("", Transport::Unknown),
        ] {
            let media = Media {
                kind: "audio".to_owned(),
                port: 4000,
                protocol: protocol.to_owned(),
                formats: Vec::new(),
                connection: None,
                attributes: Vec::new(),
            };
            assert_eq!(Transport::of(&media), transport, "{protocol}");
        }
    }
}
