//! Every channel against its service's stand-in, over real sockets: what is posted, and what each kind of answer means.
//!
//! * `house`: the channels, a report, the stand-ins.
//! * `contract`: success, refusals, limits, trouble, silence, "taken, then gone", answers of somebody else; for all nine.
//! * `own`: what one service alone does. `golden`: the bodies, in Japanese and English. `harmless`: a caller's words (R19), sizes.

// Helpers of tests stand outside `#[test]`, where clippy.toml's exceptions do not reach.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod contract;
mod golden;
mod harmless;
mod house;
mod own;
