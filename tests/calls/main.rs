//! The real binary on loopback against real SIP peers: what is heard, what is recorded, what is kept. One file per part of the
//! story; `support` has the house, the phones and the ears.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests with real peers")]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod crash;
mod many;
mod races;
mod story;
mod transfer;
