//! What the fuzzer runs: one plain function of bytes for each thing that reads what a network sends. libFuzzer runs them
//! (`fuzz_targets`), and so does an ordinary test (`crates/switch/tests/fuzz_bodies.rs`), which keeps them honest and compiled.
//!
//! A body panics when a promise is broken. Bodies that need more than a message read their bytes as a list of choices
//! ([`choices::Choices`]): whatever the bytes, they are a story.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a body says what is wrong by stopping, and begins at some moment"
)]

pub mod choices;
pub mod digest;
pub mod framing;
pub mod ice;
pub mod message;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod seeds;
pub mod srtp;
pub mod switchboard;
pub mod telephone;
pub mod transactions;

/// A target: it panics when a promise is broken.
pub type Body = fn(&[u8]);

/// Each target by its name.
pub const TARGETS: [(&str, Body); 11] = [
    ("message", message::run),
    ("framing", framing::run),
    ("sdp", sdp::run),
    ("digest", digest::run),
    ("transactions", transactions::run),
    ("switchboard", switchboard::run),
    ("rtp", rtp::run),
    ("rtcp", rtcp::run),
    ("srtp", srtp::run),
    ("ice", ice::run),
    ("telephone", telephone::run),
];
