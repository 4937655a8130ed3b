//! The target `framing`: see `src/framing.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("framing"), |bytes: &[u8]| fuzz::framing::run(bytes));
