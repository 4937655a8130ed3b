//! The voice path's figures without the rest of the product: `cargo run --release -p media --example bench -- 200 500 1000`.
#![allow(clippy::print_stdout, reason = "it prints")]

use media::bench::{BenchOptions, bench, memory};

fn main() -> std::io::Result<()> {
    let given: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let options = BenchOptions::default();
    let calls = if given.is_empty() { &options.calls } else { &given };
    println!("{:?}", memory(calls.iter().copied().max().unwrap_or(1).min(1000), &options)?);
    for &calls in calls {
        for row in bench(calls, &options)? {
            println!("{row:?}");
        }
    }
    Ok(())
}
