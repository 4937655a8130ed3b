//! The real binary on loopback against real SIP peers: what is heard, what is recorded, what is kept. One file per part of the
//! story; `support` has the house, the phones and the ears.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests with real peers live in real time"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../crates/store/tests/conformance/databases.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "the store's own tests use all of it")]
mod databases;

mod admin;
mod attacks;
mod bad_input;
mod barriers;
mod bleed;
mod browser;
mod burst;
mod codecs;
mod command_line;
mod console;
mod crash;
mod database;
mod day;
mod demo;
mod desks;
mod dial_in;
mod directory;
mod dispute_desk;
mod door;
mod encrypted;
mod first_rows;
mod flood;
mod gates;
mod ladder;
mod linphone;
mod many;
mod my_page;
mod networks;
mod never_lost;
mod office;
mod onboarding;
mod page_phone;
mod page_phone_sound;
mod pages;
mod pictures;
mod pjsua2;
mod post;
mod promise;
mod quickness;
mod races;
mod reporting;
mod ring;
mod secure;
mod story;
mod streams;
mod supervise;
mod transfer;
mod voices;
mod waiting;
mod wall;
mod wire;
