//! The bodies of the fuzz targets, without the fuzzer: every seed as it is, and every seed broken in a few hundred ways, the
//! same ones at each run. `scripts/fuzz` looks further.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::{BTreeMap, BTreeSet};
use std::panic;
use std::path::Path;

use fuzz::seeds::{self, Random};

/// Broken copies of all seeds of one target.
const BROKEN: usize = 400;

fn holds(target: &str) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let (_, body) = fuzz::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds::of(target, root);
    assert!(seeds.len() >= 5, "{target} begins with nothing");
    let mut random = Random(0xD01C_E5D0_1CE5);
    let broken = (0..BROKEN).map(|number| {
        let (name, bytes) = &seeds[random.below(seeds.len())];
        (format!("{name}, broken copy {number}"), broken(bytes.clone(), &mut random))
    });
    let broken: Vec<_> = broken.collect();
    for (name, bytes) in seeds.iter().chain(&broken) {
        let outcome = panic::catch_unwind(|| body(bytes));
        assert!(outcome.is_ok(), "{target}: {name}: {}", bytes.escape_ascii());
    }
}

fn broken(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(8)).min(bytes.len());
        let piece: Vec<u8> = match random.below(3) {
            0 => Vec::new(),
            1 => (0..=random.below(4)).map(|_| random.byte()).collect(),
            _ => {
                let from = random.below(bytes.len() + 1);
                bytes[from..].iter().copied().take(1 + random.below(24)).collect()
            }
        };
        bytes.splice(at..end, piece);
    }
    bytes
}

#[test]
fn r05_messages_broken_anyhow_never_panic() {
    holds("message");
}

#[test]
fn r08_streams_give_the_same_frames_however_they_are_cut() {
    holds("framing");
}

#[test]
fn r06_descriptions_broken_anyhow_get_one_clear_answer() {
    holds("sdp");
}

#[test]
fn r17_digest_lets_in_who_knows_the_password_and_nobody_else() {
    holds("digest");
}

#[test]
fn r37_transactions_end_whatever_happens() {
    holds("transactions");
}

#[test]
fn r34_the_switch_is_idle_after_any_story() {
    holds("switchboard");
}

#[test]
fn r11_media_packets_broken_anyhow_never_panic() {
    holds("rtp");
}

#[test]
fn r12_compounds_broken_anyhow_never_panic() {
    holds("rtcp");
}

#[test]
fn r13_without_the_key_nothing_gets_in_and_what_is_sent_arrives_once() {
    holds("srtp");
}

#[test]
fn r14_without_the_password_no_check_is_answered() {
    holds("ice");
}

#[test]
fn r03_whatever_is_written_as_a_number_is_read_or_refused() {
    holds("telephone");
}

#[test]
fn stories_of_the_switch_get_somewhere() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let seen: BTreeSet<_> =
        seeds::of("switchboard", root).iter().flat_map(|(_, story)| fuzz::switchboard::play(story)).collect();
    for wanted in ["answered", "held", "changed", "ended", "ended after a talk", "alarm"] {
        assert!(seen.contains(wanted), "{wanted} never happened: {seen:?}");
    }
}

#[test]
fn r06_a_broken_offer_rings_or_gets_one_clear_status() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let seeds = seeds::of("sdp", root);
    let mut random = Random(0x5D_BEEF);
    let mut statuses = BTreeMap::new();
    for number in 0..BROKEN {
        let (_, good) = &seeds[random.below(seeds.len())];
        let body = broken(good.clone(), &mut random);
        let status = fuzz::switchboard::offered(&body);
        assert!(matches!(status, None | Some(400 | 415 | 488)), "{number}: {status:?}: {}", body.escape_ascii());
        *statuses.entry(status).or_insert(0) += 1;
    }
    for wanted in [None, Some(400), Some(488)] {
        assert!(statuses.contains_key(&wanted), "{wanted:?} never happened: {statuses:?}");
    }
}
