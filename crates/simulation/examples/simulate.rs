//! Many histories, for as long as one likes: `simulate --seeds 10000`, `simulate --minutes 60`, and one again with its
//! ladder: `simulate --from 42 --seeds 1 --ladder`.
#![allow(clippy::print_stdout, reason = "it speaks with a person")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use simulation::{Coverage, PROFILES, Profile, report, run};

const USAGE: &str = "simulate [--seeds N] [--from SEED] [--minutes M] [--profile NAME] [--ladder] [--going]";

struct Wanted {
    seeds: u64,
    from: u64,
    minutes: Option<u64>,
    profile: Option<Profile>,
    ladder: bool,
    /// Go on after a failure, and count.
    going: bool,
}

fn read() -> Result<Wanted, String> {
    let mut wanted = Wanted { seeds: 1_000, from: 0, minutes: None, profile: None, ladder: false, going: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
        match word.as_str() {
            "--seeds" => wanted.seeds = number(value()?)?,
            "--from" => wanted.from = number(value()?)?,
            "--minutes" => wanted.minutes = Some(number(value()?)?),
            "--profile" => {
                let name = value()?;
                let names = PROFILES.map(|profile| profile.name).join(", ");
                wanted.profile = Some(Profile::named(&name).ok_or(format!("{name} is none of {names}"))?);
            }
            "--ladder" => wanted.ladder = true,
            "--going" => wanted.going = true,
            other => return Err(format!("{other}?\n{USAGE}")),
        }
    }
    Ok(wanted)
}

#[allow(clippy::disallowed_methods, reason = "a shell asks the clock; nothing in a history depends on it")]
fn now() -> Instant {
    Instant::now()
}

fn main() -> ExitCode {
    let wanted = match read() {
        Ok(wanted) => wanted,
        Err(why) => {
            println!("{why}");
            return ExitCode::from(2);
        }
    };
    let begin = now();
    let end = wanted.minutes.map(|minutes| begin + Duration::from_secs(60 * minutes));
    let (mut seed, mut calls, mut failed, mut seen) = (wanted.from, 0, 0_u64, Coverage::default());
    loop {
        let is_over = match end {
            Some(end) => now() >= end,
            None => seed - wanted.from >= wanted.seeds,
        };
        if is_over {
            break;
        }
        let profile = wanted.profile.unwrap_or_else(|| Profile::of_seed(seed));
        let outcome = run(begin, seed, &profile, false);
        seen.add(&outcome.coverage);
        calls += outcome.calls;
        if !outcome.complaints.is_empty() {
            failed += 1;
            if wanted.going {
                println!("seed {seed} {}: {}", profile.name, outcome.complaints.first().map_or("", String::as_str));
            } else {
                println!("{}", report(begin, seed, &profile));
                return ExitCode::FAILURE;
            }
        } else if wanted.ladder {
            println!("{}", report(begin, seed, &profile));
        }
        seed += 1;
    }
    let took = now().saturating_duration_since(begin).as_secs_f64();
    let histories = seed - wanted.from;
    println!("{seen}");
    println!(
        "{histories} histories, {calls} calls in {took:.1} s: {:.0} histories and {:.0} calls a minute; {failed} failed",
        histories as f64 * 60.0 / took,
        calls as f64 * 60.0 / took
    );
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
