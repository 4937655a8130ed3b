//! RTP (RFC 3550) and what a voice path needs around it: packets, RTCP, reception statistics, G.711, telephone-event,
//! DTMF, tones, and the timeline by which a recording is placed.
//!
//! Pure: no clock, no socket. Time is an argument, in samples of the 8 kHz call clock wherever audio is meant.

pub mod clock_rate;
pub mod comfort;
pub mod dtmf;
pub mod g711;
pub mod keypad;
pub mod packet;
pub mod quality;
pub mod rtcp;
pub mod statistics;
pub mod telephone_event;
pub mod timeline;
pub mod tone;
pub mod track;

pub use clock_rate::ClockRate;
pub use comfort::Noise;
pub use keypad::Keypad;
pub use packet::{Header, Packet, PacketError};
pub use statistics::Reception;
pub use timeline::{Place, Timeline};
pub use track::Track;

/// Samples per second of everything here: G.711's clock.
pub const SAMPLE_RATE: u32 = 8000;

/// Samples in a packet of 20 ms.
pub const FRAME: usize = 160;

/// Payload type of comfort noise (RFC 3389).
pub const COMFORT_NOISE: u8 = 13;
