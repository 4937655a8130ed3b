//! The target `telephone`: see `src/telephone.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::seeds::write("telephone"), |bytes: &[u8]| fuzz::telephone::run(bytes));
