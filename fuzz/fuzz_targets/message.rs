//! The target `message`: see `src/message.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("message"), |bytes: &[u8]| fuzz::message::run(bytes));
