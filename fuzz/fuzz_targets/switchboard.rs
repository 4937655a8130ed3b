//! The target `switchboard`: see `src/switchboard.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("switchboard"), |bytes: &[u8]| fuzz::switchboard::run(bytes));
