//! Which address media goes to.

use crate::Lite;
use crate::tests::{Check, SECOND, ask, lite, peer};

/// A nomination of the path from `peer(number)`; whether media goes there now and did not before.
fn nominate(lite: &mut Lite, transaction: u8, number: u8, priority: u32) -> bool {
    let check = Check { transaction, priority, nominates: true, ..Check::default() };
    ask(lite, u64::from(transaction) * SECOND, peer(number), &check.bytes()).unwrap().1
}

fn check(lite: &mut Lite, transaction: u8, number: u8, priority: u32) {
    let check = Check { transaction, priority, ..Check::default() };
    let (_, nominated) = ask(lite, u64::from(transaction) * SECOND, peer(number), &check.bytes()).unwrap();
    assert!(!nominated);
}

#[test]
fn regular_nomination_selects_the_one_that_is_nominated() {
    let mut lite = lite();
    for number in 1..=3 {
        check(&mut lite, number, number, 100 + u32::from(number));
    }
    assert_eq!(lite.selected(), None);
    assert!(nominate(&mut lite, 4, 2, 102));
    assert_eq!(lite.selected(), Some(peer(2)));
    assert!(!nominate(&mut lite, 5, 2, 102), "said again");
    check(&mut lite, 6, 3, 103);
    assert_eq!(lite.selected(), Some(peer(2)), "a higher priority alone is no nomination");
}

#[test]
fn a_peer_whose_network_goes_away_nominates_another_of_lower_priority() {
    let mut lite = lite();
    assert!(nominate(&mut lite, 1, 1, 900));
    check(&mut lite, 2, 2, 100);
    // Chromium says USE-CANDIDATE of the path it has chosen, at each check: the second one convinces.
    assert!(!nominate(&mut lite, 3, 2, 100));
    assert!(nominate(&mut lite, 4, 2, 100));
    assert_eq!(lite.selected(), Some(peer(2)));
    // And back again, at once.
    assert!(nominate(&mut lite, 5, 1, 900));
    assert_eq!(lite.selected(), Some(peer(1)));
}

#[test]
fn aggressive_nomination_ends_at_the_highest_priority() {
    let mut lite = lite();
    let mut changes = Vec::new();
    for round in 0..5 {
        for (number, priority) in [(1, 100), (2, 300), (3, 200)] {
            if nominate(&mut lite, round * 3 + number, number, priority) {
                changes.push(number);
            }
        }
    }
    assert_eq!(changes, [1, 2], "the best wins at its first word and stays");
    assert_eq!(lite.selected(), Some(peer(2)));
}

#[test]
fn equal_priorities_mean_that_the_last_word_counts() {
    let mut lite = lite();
    assert!(nominate(&mut lite, 1, 1, 100));
    assert!(nominate(&mut lite, 2, 2, 100));
    assert_eq!(lite.selected(), Some(peer(2)));
}
