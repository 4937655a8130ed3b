//! The target `transactions`: see `src/transactions.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("transactions"), |bytes: &[u8]| fuzz::transactions::run(bytes));
