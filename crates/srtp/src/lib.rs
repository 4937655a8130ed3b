//! SRTP and SRTCP (RFC 3711), with AES-CM and HMAC-SHA1 or with AES-GCM (RFC 7714); keys as `a=crypto` carries them (RFC 4568)
//! and as a DTLS handshake exports them (RFC 5764).
//!
//! A [`Context`] is one direction of one leg. It works in place and allocates nothing after [`Context::new`]:
//!
//! ```
//! use srtp::{Context, OVERHEAD_MAX, Suite};
//!
//! let key = [7; 30];
//! let mut here = Context::new(Suite::AesCm128HmacSha1_80, &key)?;
//! let mut there = Context::new(Suite::AesCm128HmacSha1_80, &key)?;
//! let packet = *b"\x80\x00\x12\x34\0\0\0\xa0\xca\xfe\xba\xbemoshi moshi";
//! let mut buffer = [0; 64];
//! buffer[..packet.len()].copy_from_slice(&packet);
//! let sent = here.protect(&mut buffer, packet.len())?;
//! assert!(sent <= packet.len() + OVERHEAD_MAX);
//! let received = there.unprotect(&mut buffer[..sent])?;
//! assert_eq!(buffer[..received], packet);
//! assert!(there.unprotect(&mut buffer[..sent]).is_err(), "twice the same");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What holds whatever the network sends:
//! - nothing is remembered of a packet before its tag was found right, and tags are compared in constant time;
//! - a packet counts once: a window of [`WINDOW`] packets, for RTP and RTCP apart, and what is older than it is refused;
//! - the tables are of fixed size ([`SSRC_MAX`], [`RETIRED_MAX`]);
//! - a sender never uses an index twice: the same key stream over two packets would give both away;
//! - keys never appear in `Debug`, and are wiped from memory when their context goes.
//!
//! Not here, because nobody in telephony asks for it: MKI, key derivation rates, encrypted header extensions (RFC 6904), and SRTCP
//! or SRTP without encryption.
//!
//! What it costs: `cargo run --release -p srtp --example cost`.

mod cipher;
mod context;
mod errors;
mod keys;
mod mac;
mod streams;
mod suite;
#[cfg(test)]
mod tests;
mod window;

pub use context::Context;
pub use errors::{KeyError, ProtectError, UnprotectError};
pub use keys::{KeySalt, dtls_keys};
pub use streams::{RETIRED_MAX, SSRC_MAX};
pub use suite::Suite;
pub use window::WINDOW;

/// What protection adds at most, in bytes: a GCM tag, and the index of an SRTCP packet.
pub const OVERHEAD_MAX: usize = 20;

/// The longest packet, in bytes: what a datagram may hold.
pub const PACKET_BYTES_MAX: usize = 65_535;
