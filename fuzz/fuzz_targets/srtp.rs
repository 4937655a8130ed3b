//! The target `srtp`: see `src/srtp.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("srtp"), |bytes: &[u8]| fuzz::srtp::run(bytes));
