//! Orders to the voice path and what it tells: the vocabulary between `switch` and `media`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use acd::CallId;
use endpoint::LegId;
use sdp::Codec;
pub use sdp::{Dtls, Ice, Sdes, Security};

/// Name of a prompt in the prompt library, e.g. `hold-music`, `ringback`, `customer/12/name`, `customer/12/confirm`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Prompt(pub Arc<str>);

impl Prompt {
    /// A prompt by name.
    pub fn named(name: &str) -> Self {
        Prompt(name.into())
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which recording channel a leg's speech goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The outside caller: left.
    Caller,
    /// Our side: operator, then the client firm's person: right, summed when both speak.
    Ours,
}

/// What the negotiation says of a leg's media.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LegMedia {
    /// Where the peer wants its RTP.
    pub remote: SocketAddr,
    /// Where its RTCP goes (RTP port + 1 unless said otherwise).
    pub remote_rtcp: SocketAddr,
    /// Source address of its signalling: RTP may come from here too when the phone is behind NAT.
    pub signalled_from: IpAddr,
    /// G.711 flavour, both ways.
    pub codec: Codec,
    /// Payload type to send.
    pub payload_type: u8,
    /// Payload type that the peer sends for the codec.
    pub receive_payload_type: u8,
    /// telephone-event payload type, if negotiated (its clock is 8000 Hz whatever the codec's); without it digits are detected in
    /// band.
    pub telephone_event: Option<u8>,
    /// We may send.
    pub send: bool,
    /// We expect to receive (false while the peer holds us): no time-out then.
    pub receive: bool,
    /// RTCP comes and goes by the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// How it is protected.
    pub security: Security,
}

/// Legs that one leg hears at once, at most.
pub const MIX_MAX: usize = 8;

/// What a leg's far end hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Nothing: silence packets keep the path open.
    Silence,
    /// The speech of another leg on the same call.
    Leg(LegId),
    /// The sum of the speech of these legs of the same call ([`MIX_MAX`] at most), never the hearer itself.
    Mix(Vec<LegId>),
    /// A prompt, once (then `PromptEnded` and silence) or again and again.
    Prompt { prompt: Prompt, repeat: bool },
}

/// An order to the voice path. All orders of one call reach the same media thread, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Bind `local` (even port; RTCP on the next one) for this leg. Nothing is sent until `Negotiated`.
    OpenLeg { leg: LegId, call: CallId, local: SocketAddr, side: Side },
    /// The offer/answer of this leg has a (new) result.
    Negotiated { leg: LegId, media: LegMedia },
    /// What this leg's far end hears from now on.
    Hear { leg: LegId, source: Source },
    /// Mix a prompt over whatever the leg hears, once, beginning now.
    Whisper { leg: LegId, prompt: Prompt },
    /// Stop a whisper that may still run.
    StopWhisper { leg: LegId },
    /// Report digits of this leg; in band too if the leg has no telephone-event.
    DetectDigits { leg: LegId, on: bool },
    /// Pass RFC 4733 digits of this leg on to the leg that hears it.
    RelayDigits { leg: LegId, on: bool },
    /// Keep this leg's speech off the call's recording, or on it again. A leg that is opened is on it.
    RecordLeg { leg: LegId, on: bool },
    /// Begin the call's recording: time 0 of the file is `at`. One file until `StopRecording`.
    StartRecording { call: CallId, at: Instant, file: RecordingFile },
    /// While on, nothing is written: a wilful gap, as silence of the same length ([`Recording::pauses`]).
    PauseRecording { call: CallId, on: bool, at: Instant },
    /// End it: the file's length becomes `at - start`, within a sample.
    StopRecording { call: CallId, at: Instant },
    /// The leg is over: stop, report statistics, give the port back (`LegClosed`).
    CloseLeg { leg: LegId },
}

/// How a recording's file is to be called and labelled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingFile {
    /// Path below the recordings folder, without extension: `2026/11/21/20261121-182500_0312345678_sakura-dental_01K3…`.
    pub stem: String,
}

/// What the voice path tells.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The leg's port could not be bound.
    LegFailed { leg: LegId, why: String },
    /// The first packet that was accepted from this leg's peer.
    FirstPacket { leg: LegId, at: Instant },
    /// A key was pressed on this leg (once per key press).
    Digit { leg: LegId, digit: char },
    /// The peer sends another stream (SSRC) than before: its media was changed, or it began anew. Not told of the first one.
    NewStream { leg: LegId },
    /// A prompt that was to play once has ended (or could not be played: `missing`).
    PromptEnded { leg: LegId, prompt: Prompt, missing: bool },
    /// No packet from this leg for this long although we expect some (R33, R31): told at 3 s, 5 s, then every 10 s.
    Silent { leg: LegId, seconds: u32 },
    /// Packets came again after `Silent`.
    Audible { leg: LegId },
    /// The leg is closed and its port is free.
    LegClosed { leg: LegId, statistics: Statistics },
    /// A recording is complete on disk.
    RecordingFinished { call: CallId, recording: Recording },
    /// A recording failed or lost something: the call goes on.
    RecordingFailed { call: CallId, why: String },
}

/// A finished recording.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Recording {
    /// Path below the recordings folder.
    pub path: String,
    /// Samples per channel at 8 kHz.
    pub samples: u64,
    /// SHA-256 of the whole file, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
    /// Marked gaps: (offset, length) in milliseconds where nothing could be recorded.
    pub gaps: Vec<(u32, u32)>,
    /// Spans in which recording was paused on purpose: (offset, length) in milliseconds.
    #[serde(default)]
    pub pauses: Vec<(u32, u32)>,
    /// Path below the recordings folder of the waveform's peaks, once they are there.
    #[serde(default)]
    pub peaks: Option<String>,
    /// When the first speech of an operator begins, milliseconds; `None`: there is none, or something is missing before it (X11).
    #[serde(default)]
    pub first_speech_ms: Option<u32>,
    /// What the verifier found wrong, in words for an administrator; empty: the recording is as it should be (W11).
    #[serde(default)]
    pub fault: String,
}

/// RTP figures of one leg.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Statistics {
    /// Packets accepted from the peer.
    pub received: u64,
    /// Packets sent to the peer.
    pub sent: u64,
    /// Packets that should have come and did not (RFC 3550 A.3).
    pub lost: u64,
    /// Interarrival jitter in microseconds (RFC 3550 6.4.1).
    pub jitter_us: u32,
    /// Packets thrown away because they came from a stranger (R11, R12).
    pub strangers: u64,
    /// Loss seen by the peer, from its receiver reports, in 1/256.
    pub remote_fraction_lost: Option<u8>,
    /// Interarrival jitter seen by the peer, microseconds.
    pub remote_jitter_us: Option<u32>,
    /// Round trip by RTCP (RFC 3550 6.4.1), milliseconds.
    pub round_trip_ms: Option<u32>,
    /// Estimated opinion of how this party was heard by us: MOS times 100 (ITU-T G.107), 100 to 438.
    pub mos_x100: Option<u16>,
    /// The same of the worst five seconds,
    pub worst_mos_x100: Option<u16>,
    /// and when they began: milliseconds after this party's first packet.
    pub worst_at_ms: Option<u32>,
    /// How this party heard us, as far as it reports: MOS times 100.
    pub remote_mos_x100: Option<u16>,
    /// Packets of ours that did not come there, as it counts them.
    pub remote_lost: Option<u32>,
}
