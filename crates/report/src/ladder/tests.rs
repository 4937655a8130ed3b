//! The ladder on a clock of our own: every path from sent to seen, or to the top.

use proptest::prelude::*;

use super::*;

const SENT: i64 = 1_795_395_600_000;

fn rung(after_seconds: u32, to: RungTo) -> Rung {
    Rung { after_seconds, to }
}

/// Next channel, next person, a spoken call, a supervisor.
fn ladder() -> Ladder {
    Ladder::new(&[
        rung(900, RungTo::Supervisor),
        rung(180, RungTo::Recipient("sato-chat".to_owned())),
        rung(360, RungTo::Recipient("shacho-mail".to_owned())),
        rung(600, RungTo::Phone("090-1234-5678".to_owned())),
    ])
}

/// Climbs for an hour, looking when the ladder says so. Seen after so long, if ever. What was told, and when (seconds).
fn climb(mut state: State, seen_after_ms: Option<i64>) -> Vec<(i64, RungTo)> {
    let ladder = ladder();
    let mut told = Vec::new();
    while let Some(now) = next_ms(&ladder, &state) {
        if let Some(seen) = seen_after_ms.map(|after| SENT + after).filter(|seen| *seen <= now) {
            state.seen_ms = Some(seen);
        }
        for step in due(&ladder, &state, now) {
            assert_eq!(step.rung, state.taken, "none is left out");
            state.taken += 1;
            told.push(((step.due_ms - SENT) / 1000, step.to));
        }
    }
    told
}

fn accepted(after_ms: i64) -> State {
    State { sent_ms: SENT, accepted_ms: Some(SENT + after_ms), ..State::default() }
}

#[test]
fn x05_unread_it_climbs_to_the_top() {
    assert_eq!(
        climb(accepted(2_000), None),
        [
            (182, RungTo::Recipient("sato-chat".to_owned())),
            (362, RungTo::Recipient("shacho-mail".to_owned())),
            (602, RungTo::Phone("090-1234-5678".to_owned())),
            (902, RungTo::Supervisor),
        ]
    );
}

#[test]
fn x05_seen_it_stops_wherever_it_is() {
    for (seen_after_ms, steps) in
        [(0, 0), (181_999, 0), (182_001, 1), (400_000, 2), (602_001, 3), (700_000, 3), (3_000_000, 4)]
    {
        assert_eq!(climb(accepted(2_000), Some(seen_after_ms)).len(), steps, "seen after {seen_after_ms} ms");
    }
}

#[test]
fn x05_a_report_that_no_server_takes_climbs_too() {
    let never = State { sent_ms: SENT, ..State::default() };
    let seconds: Vec<i64> = climb(never, None).into_iter().map(|(second, _)| second).collect();
    assert_eq!(seconds, [240, 420, 660, 960]);
    let late = accepted(500_000);
    assert_eq!(due(&ladder(), &late, SENT + 240_000).len(), 1, "a late acceptance does not set the clock back");
}

#[test]
fn x05_who_slept_climbs_all_that_was_missed() {
    let state = State { taken: 1, ..accepted(0) };
    let rungs: Vec<usize> = due(&ladder(), &state, SENT + 601_000).into_iter().map(|step| step.rung).collect();
    assert_eq!(rungs, [1, 2]);
    assert_eq!(next_ms(&ladder(), &state), Some(SENT + 360_000));
    assert_eq!(due(&ladder(), &state, SENT + 359_999), []);
}

#[test]
fn x05_whoever_is_told_late_has_the_same_time_to_answer() {
    // Rungs at 3, 6, 10 … minutes; the first was climbed an hour late.
    let late = State { taken: 1, taken_ms: Some(SENT + 3_780_000), ..accepted(0) };
    assert_eq!(next_ms(&ladder(), &late), Some(SENT + 3_780_000 + 180_000));
    let early = State { taken: 1, taken_ms: Some(SENT + 180_000), ..accepted(0) };
    assert_eq!(next_ms(&ladder(), &early), Some(SENT + 360_000));
}

#[test]
fn x05_no_ladder_no_steps() {
    assert_eq!(due(&Ladder::default(), &accepted(0), i64::MAX), []);
    assert_eq!(next_ms(&Ladder::default(), &accepted(0)), None);
    assert_eq!(next_ms(&ladder(), &State { taken: 99, ..accepted(0) }), None);
}

proptest! {
    /// Nothing after seen, nothing twice, nothing before its time, everything in its order.
    #[test]
    fn x05_any_ladder_keeps_its_promises(
        seconds in prop::collection::vec(0_u32..90_000, 0..12),
        accepted_ms in prop::option::of(0_i64..10_000_000),
        seen_ms in prop::option::of(0_i64..100_000_000),
        looks in prop::collection::vec(0_i64..100_000_000, 1..20),
    ) {
        let rungs: Vec<Rung> = seconds.into_iter().map(|after| rung(after, RungTo::Supervisor)).collect();
        let ladder = Ladder::new(&rungs);
        let mut state = State { sent_ms: SENT, accepted_ms: accepted_ms.map(|after| SENT + after), ..State::default() };
        let mut looks = looks;
        looks.sort();
        let mut last_due = i64::MIN;
        for look in looks.into_iter().map(|after| SENT + after) {
            if seen_ms.is_some_and(|seen| SENT + seen <= look) {
                state.seen_ms = seen_ms.map(|seen| SENT + seen);
            }
            for step in due(&ladder, &state, look) {
                prop_assert!(state.seen_ms.is_none());
                prop_assert_eq!(step.rung, state.taken);
                prop_assert!(step.due_ms <= look && step.due_ms >= last_due);
                prop_assert!(step.due_ms >= SENT);
                last_due = step.due_ms;
                state.taken += 1;
            }
            prop_assert!(next_ms(&ladder, &state).is_none_or(|next| next > look && state.seen_ms.is_none()));
        }
        prop_assert!(state.taken <= ladder.rungs.len());
    }
}
