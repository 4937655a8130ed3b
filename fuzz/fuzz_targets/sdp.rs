//! The target `sdp`: see `src/sdp.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("sdp"), |bytes: &[u8]| fuzz::sdp::run(bytes));
