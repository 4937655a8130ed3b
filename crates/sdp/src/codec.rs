//! What is sent, and which way.

/// An audio codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 μ-law, payload type 0 (RFC 3551 §6): what Japanese trunks speak.
    Pcmu,
    /// G.711 A-law, payload type 8.
    Pcma,
    /// G.722, payload type 9: 16 kHz speech.
    G722,
    /// Opus (RFC 7587), a dynamic payload type.
    Opus,
}

impl Codec {
    /// All, in our order of preference.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// Those of G.711, in our order of preference.
    pub const G711: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// The payload type in our own offers: the static one where there is one.
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 96,
        }
    }

    /// Whether the payload type means this codec without an `a=rtpmap` (RFC 3551 §6).
    pub fn is_static(self) -> bool {
        self.payload_type() < 96
    }

    /// The name in `a=rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The RTP clock, Hz. G.722 counts 8000 though it samples at 16000 (RFC 3551 §4.5.2); Opus always 48000 (RFC 7587 §4.1).
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8000,
            Self::Opus => 48_000,
        }
    }

    /// Channels in `a=rtpmap`: Opus says 2 whatever it carries (RFC 7587 §7).
    pub fn channels(self) -> u8 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 1,
            Self::Opus => 2,
        }
    }

    /// What our decoder wants to be sent: Opus as narrow as the telephone network, mono, with forward error correction.
    pub fn parameters(self) -> Option<&'static str> {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => None,
            Self::Opus => Some("maxplaybackrate=8000;stereo=0;useinbandfec=1"),
        }
    }

    /// G.711: what the telephone network speaks, so that nothing needs to be transcoded.
    pub fn is_g711(self) -> bool {
        match self {
            Self::Pcmu | Self::Pcma => true,
            Self::G722 | Self::Opus => false,
        }
    }
}

/// Which way media flows, seen from the one who says it. RFC 8866 §6.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// Only from the speaker.
    SendOnly,
    /// Only to the speaker.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// The same flow seen from the other end.
    pub fn reversed(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// From the attribute's name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.name().eq_ignore_ascii_case(name))
    }

    /// Whether the speaker sends.
    pub fn sends(self) -> bool {
        match self {
            Self::SendRecv | Self::SendOnly => true,
            Self::RecvOnly | Self::Inactive => false,
        }
    }

    /// Whether the speaker receives.
    pub fn receives(self) -> bool {
        self.reversed().sends()
    }

    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        match (self.sends() && other.sends(), self.receives() && other.receives()) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }
}
