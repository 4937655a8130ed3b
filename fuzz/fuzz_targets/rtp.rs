//! The target `rtp`: see `src/rtp.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("rtp"), |bytes: &[u8]| fuzz::rtp::run(bytes));
