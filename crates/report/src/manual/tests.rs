//! Manuals travel through time: what was in force at any moment of the past and will be of the future.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const YEAR_END: i64 = 1_798_470_000_000; // 2026-12-29 00:00 in Japan

fn version(version: i64, from_ms: i64) -> Version {
    Version { version, from_ms, text: format!("version {version}"), changes: String::new() }
}

fn at(versions: &[Version], at_ms: i64) -> Option<i64> {
    in_force(versions, at_ms).map(|version| version.version)
}

/// X14's question: "12/29 18:05 → the text for the holidays".
#[test]
fn f22_x14_the_holidays_have_their_manual_and_then_the_usual_one_is_back() {
    let usual = version(1, 0);
    let holidays = version(2, YEAR_END + 18 * DAY / 24);
    let after = Version { text: usual.text.clone(), ..version(3, YEAR_END + 6 * DAY) };
    let versions = [after, holidays, usual];
    assert_eq!(at(&versions, -1), None);
    assert_eq!(at(&versions, 0), Some(1));
    assert_eq!(at(&versions, YEAR_END + 18 * DAY / 24 - 1), Some(1));
    assert_eq!(at(&versions, YEAR_END + 18 * DAY / 24 + 300_000), Some(2));
    assert_eq!(at(&versions, YEAR_END + 6 * DAY), Some(3));
    assert_eq!(next_change_ms(&versions, YEAR_END), Some(YEAR_END + 18 * DAY / 24));
    assert_eq!(next_change_ms(&versions, YEAR_END + 6 * DAY), None);
}

#[test]
fn f22_of_two_for_the_same_moment_the_later_written_one_holds() {
    assert_eq!(at(&[version(5, DAY), version(4, DAY)], DAY), Some(5));
    // Written later for an earlier day: what was planned for the later day still comes.
    let versions = [version(3, 10 * DAY), version(4, 5 * DAY)];
    assert_eq!(at(&versions, 7 * DAY), Some(4));
    assert_eq!(at(&versions, 12 * DAY), Some(3));
}

#[test]
fn f22_a_changed_manual_has_to_be_acknowledged() {
    let versions = [version(1, 0), version(2, DAY)];
    let asked = |acknowledged: &[i64], at_ms| unread(&versions, acknowledged, at_ms).map(|version| version.version);
    assert_eq!(asked(&[], 0), Some(1));
    assert_eq!(asked(&[1], 0), None);
    assert_eq!(asked(&[1], DAY), Some(2));
    assert_eq!(asked(&[1, 2], DAY), None);
    assert_eq!(asked(&[2], 0), Some(1), "who has read ahead has not read what holds now");
    assert_eq!(unread(&[], &[], DAY), None);
}

proptest! {
    #[test]
    fn x14_between_two_changes_nothing_changes(from in prop::collection::vec(0_i64..100, 1..8), at_ms in 0_i64..120) {
        let versions: Vec<Version> = (1..).zip(&from).map(|(number, from)| version(number, *from)).collect();
        let here = at(&versions, at_ms);
        let until = next_change_ms(&versions, at_ms).unwrap_or(at_ms + 50);
        for later in at_ms..until {
            prop_assert_eq!(at(&versions, later), here);
        }
        prop_assert_eq!(here.is_none(), from.iter().all(|from| *from > at_ms));
    }
}
