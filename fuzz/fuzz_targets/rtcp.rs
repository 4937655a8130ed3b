//! The target `rtcp`: see `src/rtcp.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("rtcp"), |bytes: &[u8]| fuzz::rtcp::run(bytes));
