//! The target `ice`: see `src/ice.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("ice"), |bytes: &[u8]| fuzz::ice::run(bytes));
