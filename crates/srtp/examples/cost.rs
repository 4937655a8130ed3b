//! What protection costs: nanoseconds for each packet of 172 bytes (G.711, 20 ms) with each suite, there and back.
//!
//! ```sh
//! cargo run --release -p srtp --example cost
//! ```
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement asks the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use srtp::{Context, OVERHEAD_MAX, Suite};

const PACKET_BYTES: usize = 172;
/// Packets of one round: few enough to stay in the cache, as packets do that have just been read.
const BATCH: usize = 64;
/// Rounds of one measurement.
const ROUNDS: usize = 200;
/// Measurements; the fastest counts, for whatever else the machine does only adds.
const REPEATS: usize = 100;

fn main() {
    println!("ns a packet of {PACKET_BYTES} bytes   protect   unprotect   wrong tag   wrong key: new source");
    for suite in Suite::ALL {
        let times = (0..REPEATS).map(|_| measure(suite)).reduce(|best, next| {
            let mut best = best;
            best.iter_mut().zip(next).for_each(|(best, next): (&mut u128, u128)| *best = next.min(*best));
            best
        });
        let [protect, unprotect, forged, stranger] = times.unwrap();
        println!("{:<26} {protect:>9} {unprotect:>11} {forged:>11} {stranger:>11}", suite.name());
    }
    println!("a context takes {} bytes", size_of::<Context>());
}

fn measure(suite: Suite) -> [u128; 4] {
    let key: Vec<u8> = (0..suite.key_salt_bytes()).map(|byte| byte as u8).collect();
    let mut here = Context::new(suite, &key).unwrap();
    let mut there = Context::new(suite, &key).unwrap();
    let mut buffers = vec![[0; PACKET_BYTES + OVERHEAD_MAX]; BATCH];
    let mut spent = [0; 4];
    let mut sequence = 0_u16;
    for _ in 0..ROUNDS {
        for buffer in &mut buffers {
            let [s0, s1] = sequence.to_be_bytes();
            buffer.fill(0x55);
            buffer.iter_mut().zip([0x80, 0, s0, s1]).for_each(|(to, from)| *to = from);
            sequence = sequence.wrapping_add(1);
        }
        let mut length = 0;
        spent[0] += time(&mut buffers, |buffer| length = here.protect(buffer, PACKET_BYTES).unwrap());
        let mut forged = buffers.clone();
        forged.iter_mut().for_each(|buffer| buffer[length - 1] ^= 1);
        spent[2] += time(&mut forged, |buffer| _ = black_box(there.unprotect(&mut buffer[..length])));
        forged.clone_from(&buffers);
        forged.iter_mut().for_each(|buffer| buffer[8] ^= 1);
        spent[3] += time(&mut forged, |buffer| _ = black_box(there.unprotect(&mut buffer[..length])));
        spent[1] += time(&mut buffers, |buffer| _ = there.unprotect(&mut buffer[..length]).unwrap());
    }
    spent.map(|nanoseconds| nanoseconds / (BATCH * ROUNDS) as u128)
}

fn time<T>(buffers: &mut [T], mut work: impl FnMut(&mut T)) -> u128 {
    let begun = Instant::now();
    buffers.iter_mut().for_each(&mut work);
    begun.elapsed().as_nanos()
}
