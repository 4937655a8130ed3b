//! X06: how many slips of a digit each signal finds, on a corpus of every single-digit error and every exchange of neighbours of
//! 200 numbers as they are given out. The table stands in the documentation of `assurance`, and this test holds it to that; run it
//! with `--nocapture` to have it printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test from top to bottom"
)]

use std::collections::BTreeMap;

use number::{Kind, Number};
use report::assurance::{Badge, Signal, assure};

/// Numbers of each kind.
const NUMBERS: usize = 100;

/// What was found of how many.
#[derive(Default, Clone, Copy)]
struct Found {
    slips: u32,
    length: u32,
    plan: u32,
    caller: u32,
    earlier: u32,
}

/// Splitmix64: the same numbers each time.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Mobile numbers, and fixed lines of area codes large and small.
fn numbers(kind: Kind, seed: &mut Seed) -> Vec<String> {
    let mut numbers = Vec::new();
    while numbers.len() < NUMBERS {
        let text = if kind == Kind::Mobile {
            format!("0{}0{}{:07}", 7 + seed.next(3), 1 + seed.next(9), seed.next(10_000_000))
        } else {
            format!("0{:09}", 100_000_000 + seed.next(900_000_000))
        };
        if text.parse::<Number>().is_ok_and(|number| number.kind() == kind) {
            numbers.push(text);
        }
    }
    numbers
}

/// Every digit wrong in every way, every pair of neighbours exchanged, every digit missing, every digit doubled.
fn slips(number: &str) -> Vec<(&'static str, String)> {
    let digits: Vec<char> = number.chars().collect();
    let mut slips = Vec::new();
    for place in 0..digits.len() {
        for digit in '0'..='9' {
            let mut wrong = digits.clone();
            wrong[place] = digit;
            slips.push(("one digit wrong", wrong));
        }
        if place + 1 < digits.len() {
            let mut wrong = digits.clone();
            wrong.swap(place, place + 1);
            slips.push(("two exchanged", wrong));
        }
        let mut wrong = digits.clone();
        wrong.remove(place);
        slips.push(("one missing", wrong));
        let mut wrong = digits.clone();
        wrong.insert(place, digits[place]);
        slips.push(("one doubled", wrong));
    }
    slips
        .into_iter()
        .map(|(how, digits)| (how, digits.into_iter().collect()))
        .filter(|(_, text)| text != number)
        .collect()
}

#[test]
fn x06_the_honest_rate_of_every_signal() {
    let mut seed = Seed(6);
    let mut table: BTreeMap<(&str, &str), Found> = BTreeMap::new();
    for (name, kind) in [("mobile", Kind::Mobile), ("fixed line", Kind::FixedLine)] {
        for right in numbers(kind, &mut seed) {
            let own: Number = right.parse().unwrap();
            for (how, slip) in slips(&right) {
                let found = table.entry((name, how)).or_default();
                let (alone, called, earlier) = (
                    assure(&slip, None, &[], false),
                    assure(&slip, Some(own), &[], false),
                    assure(&slip, None, &[own], false),
                );
                found.slips += 1;
                found.length += u32::from(alone.badge == Badge::Wrong);
                let odd = |signal: &Signal| matches!(signal, Signal::NotInPlan | Signal::Foreign);
                found.plan += u32::from(alone.signals.iter().any(odd));
                found.caller += u32::from(matches!(called.badge, Badge::Wrong | Badge::Doubtful));
                found.earlier += u32::from(matches!(earlier.badge, Badge::Wrong | Badge::Doubtful));
            }
        }
    }
    let percent = |part: u32, found: &Found| f64::from(part) * 100.0 / f64::from(found.slips);
    let mut rows = vec![
        "| number | slip | length | range | both | caller's | earlier |".to_owned(),
        "|---|---|---:|---:|---:|---:|---:|".to_owned(),
    ];
    for ((name, how), found) in &table {
        let [length, plan, alone, caller, earlier] =
            [found.length, found.plan, found.length + found.plan, found.caller, found.earlier]
                .map(|part| percent(part, found));
        rows.push(format!(
            "| {name} | {how} | {length:.0} % | {plan:.0} % | {alone:.0} % | {caller:.0} % | {earlier:.0} % |"
        ));
    }
    println!("{}", rows.join("\n"));
    let documented: Vec<&str> = include_str!("../src/assurance.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! ").filter(|line| line.starts_with('|')))
        .collect();
    assert_eq!(rows, documented, "the table in src/assurance.rs is another");
    for (cell, found) in &table {
        // A number to compare with finds every single slip: that is what "near" means.
        assert_eq!((found.caller, found.earlier), (found.slips, found.slips), "{cell:?}");
    }
}
