//! The target `digest`: see `src/digest.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("digest"), |bytes: &[u8]| fuzz::digest::run(bytes));
