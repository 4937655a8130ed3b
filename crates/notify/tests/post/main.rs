//! Reports from the outbox to those who receive them: the mail server and the worker together, with servers that refuse, hang
//! and lie, and processes that die.

// Helpers of tests stand outside `#[test]`, where clippy.toml's exceptions do not reach.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod chores;
mod clocks;
mod crash;
mod finish;
mod hours;
mod house;
mod mailbox;
mod smtp;
mod worker;
