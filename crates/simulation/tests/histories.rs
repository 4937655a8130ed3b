//! Histories of whole days: as many as the budget allows, and the promises that the simulation itself makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test from top to bottom")]

use std::time::{Duration, Instant};

use simulation::{Coverage, PROFILES, Profile, report, run};

/// Histories in the fixed budget: every profile has its share.
const HISTORIES: u64 = 180;
/// At most so many when something that is wanted has not happened yet.
const HISTORIES_MAX: u64 = 3 * HISTORIES;

/// How long the simulation may go on beyond the fixed budget, in seconds.
const LONGER: &str = "DENWABAN_SIMULATE_SECONDS";

/// What must have happened in the fixed budget: otherwise the simulation has become too tame to prove anything.
const WANTED: &[&str] = &[
    "alarm: Abandoned",
    "alarm: OneWayAudio",
    "alarm: RecordingFailed",
    "alarm: TollFraud",
    "alarm: UnknownNumber",
    "caller: INVITE",
    "desk: done",
    "desk: refused",
    "ending: abandoned",
    "ending: message_left",
    "message left",
    "ending: caller_hung_up",
    "ending: closed",
    "ending: hung_up_by_desk",
    "ending: no_ack",
    "ending: operator_hung_up",
    "ending: target_hung_up",
    "ending: too_long",
    "fact: announced",
    "fact: bridged",
    "fact: callback_begun",
    "fact: callback_failed",
    "fact: callback_promised",
    "fact: callback_reached",
    "fact: message_box",
    "fact: repeated",
    "fact: closed",
    "fact: handed_over",
    "fact: held",
    "fact: muted",
    "fact: operator_lost",
    "fact: resumed",
    "fact: silent",
    "fact: target_answered",
    "fact: target_confirmed",
    "fact: target_failed",
    "fact: transfer_asked",
    "fact: transfer_cancelled",
    "fact: transfer_failed",
    "fact: transfer_refused",
    "fact: voice_failed",
    "mobile: INVITE",
    "network: cannot send",
    "network: lost",
    "network: partition",
    "network: stream died",
    "phone: INVITE",
    "phone: attended REFER",
    "phone: blind REFER",
    "phone: crash",
    "phone: second call",
    "stranger: packet",
    "ua: BYE",
    "ua: BYE heard",
    "ua: CANCEL",
    "ua: CANCEL crossed a final response",
    "ua: INFO answered",
    "ua: NOTIFY",
    "ua: PRACK answered",
    "ua: PRACK heard",
    "ua: REFER accepted",
    "ua: REFER refused",
    "ua: UPDATE answered",
    "ua: UPDATE heard",
    "ua: answered",
    "ua: answered although cancelled",
    "ua: answers twice",
    "ua: cancelled",
    "ua: fell silent",
    "ua: glare, 491 heard",
    "ua: glare, 491 said",
    "ua: late offer answered",
    "ua: no ACK for 64*T1",
    "ua: probed inside a dialog",
    "ua: re-INVITE answered",
    "ua: re-INVITE heard",
    "ua: refreshes the session",
    "ua: refused",
    "ua: registered",
    "ua: reliable early media",
    "ua: request out of order",
    "ua: response too late",
];

#[allow(clippy::disallowed_methods, reason = "a test begins at some moment; nothing in a history depends on which")]
fn now() -> Instant {
    Instant::now()
}

/// Runs one and fails with all there is to know of it.
fn live(begin: Instant, seed: u64, profile: &Profile, seen: &mut Coverage) -> u64 {
    let outcome = run(begin, seed, profile, false);
    assert!(outcome.complaints.is_empty(), "\n{}", report(begin, seed, profile));
    seen.add(&outcome.coverage);
    outcome.calls
}

#[test]
fn r34_r37_r38_r39_r40_r41_r42_r43_every_promise_holds_in_every_history_of_the_fixed_budget() {
    let begin = now();
    let mut seen = Coverage::default();
    let mut calls = 0;
    // Which history has the rarest events in it changes with every random number that the switch draws, or no longer draws.
    for seed in 0..HISTORIES_MAX {
        if seed >= HISTORIES && seen.missing(WANTED).is_empty() {
            break;
        }
        let profile = PROFILES[usize::try_from(seed).unwrap() % PROFILES.len()];
        calls += live(begin, seed, &profile, &mut seen);
    }
    assert!(calls > 3 * HISTORIES, "only {calls} calls came in");
    assert_eq!(seen.missing(WANTED), Vec::<&str>::new(), "it never happened:\n{seen}");
}

#[test]
fn longer_if_asked() {
    let Some(seconds) = std::env::var(LONGER).ok().and_then(|text| text.parse().ok()) else { return };
    let (begin, mut seen, mut calls, mut seed) = (now(), Coverage::default(), 0, 100_000);
    while now().duration_since(begin) < Duration::from_secs(seconds) {
        calls += live(begin, seed, &Profile::of_seed(seed), &mut seen);
        seed += 1;
    }
    println!("{seen}\n{} histories, {calls} calls", seed - 100_000);
}

#[test]
fn the_same_seed_is_the_same_history_to_the_byte() {
    for (seed, profile) in (7..).zip(&PROFILES) {
        let (once, again) = (run(now(), seed, profile, true), run(now() + Duration::from_secs(5), seed, profile, true));
        assert!(once.ladder.len() > 1_000);
        let differs = once.ladder.lines().zip(again.ladder.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}, {}", profile.name);
        assert_eq!(once, again);
        let without = run(now(), seed, profile, false);
        assert_eq!(without.coverage, once.coverage, "to look at it must not change it");
    }
}

#[test]
fn whoever_fails_says_how_to_see_it_again() {
    let profile = Profile::named("storm").unwrap();
    let told = report(now(), 3, &profile);
    assert!(told.starts_with("seed 3, profile storm: "), "{told}");
    assert!(told.contains("--from 3 --seeds 1 --profile storm --ladder"));
    assert!(told.contains(" INVITE ") && told.contains("carrier-a"), "the ladder is there");
}
