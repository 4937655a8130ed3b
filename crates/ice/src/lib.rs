//! The lite side of ICE (RFC 8445) and as much of STUN (RFC 8489) as it needs: a browser checks the way to us, we answer,
//! and the address that it nominates is where the call's media goes.
//!
//! A lite side has one address, never checks anything itself, and is always controlled; the browser is the one that finds a way
//! (RFC 8445 §2.7). What is left for us is to believe nobody who does not know the password of this call:
//! [`Lite`] says what is answered and what is not, and why.

mod lite;
pub mod stun;
#[cfg(test)]
mod tests;

pub use lite::{CONSENT, Credentials, Lite, PATHS_MAX, REPLY_BYTES_MAX, Verdict};
pub use stun::is_stun;
