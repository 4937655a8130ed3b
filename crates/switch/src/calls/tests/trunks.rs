//! Trunks that die in silence, and those that only blink.

use std::sync::Arc;
use std::time::Duration;

use endpoint::TrunkId;

use super::house::House;
use crate::board::Effect;
use crate::desk::TrunkNow;
use crate::io::{Alarm, Event};
use crate::outages::{BRIEF, COMES_UP};

const MOMENT: Duration = Duration::from_millis(1);

fn turns(house: &mut House, trunk: i64, up: bool) -> Vec<String> {
    house.calls.set_trunk(house.now, TrunkId(trunk), up, "no answer");
    house.heard().tells_of()
}

fn shown(house: &House, trunk: i64) -> TrunkNow {
    let shown = house.calls.snapshot(house.now).trunks;
    shown.into_iter().find(|one| one.trunk == trunk).expect("a trunk")
}

/// The next alarm, with all that it says.
fn alarm(house: &mut House) -> Option<Alarm> {
    std::iter::from_fn(|| house.calls.poll_effect()).find_map(|effect| {
        let Effect::Event(Event::Alarm(alarm)) = effect else { return None };
        Some(alarm)
    })
}

#[test]
fn r32_a_trunk_that_stays_down_is_told_once_and_so_is_its_end() {
    let mut house = House::new();
    let since_ms = house.calls.board.unix_ms(house.now);
    assert_eq!(turns(&mut house, 1, false), ["trunk 1 false"], "the desk's chip changes at once");
    house.after(BRIEF - MOMENT).tells([]);
    assert_eq!((shown(&house, 1).up, shown(&house, 1).down_since_ms), (false, None));
    house.after(MOMENT).tells(["alarm trunk_down"]);
    assert_eq!(shown(&house, 1).down_since_ms, Some(since_ms), "since it went, not since it was told");
    assert_eq!(shown(&house, 2).down_since_ms, None);
    house.seconds(600).tells([]);
    assert_eq!(turns(&mut house, 1, false), [""; 0], "no news");
    assert_eq!(turns(&mut house, 1, true), ["trunk 1 true", "alarm trunk_up"]);
    assert_eq!((shown(&house, 1).up, shown(&house, 1).down_since_ms), (true, None));
    house.seconds(600).tells([]);
    // The next one is another.
    turns(&mut house, 1, false);
    house.seconds(60).tells(["alarm trunk_down"]);
}

#[test]
fn r32_the_alarm_says_why_and_its_end_for_how_long() {
    let mut house = House::new();
    turns(&mut house, 2, false);
    house.now += BRIEF;
    house.calls.handle_timeout(house.now);
    assert_eq!(alarm(&mut house), Some(Alarm::TrunkDown { trunk: 2, why: "no answer".into() }));
    house.now += Duration::from_secs(55);
    house.calls.set_trunk(house.now, TrunkId(2), true, "");
    assert_eq!(alarm(&mut house), Some(Alarm::TrunkUp { trunk: 2, down_ms: 60_000 }));
}

#[test]
fn r32_a_trunk_that_blinks_is_no_alarm() {
    let mut house = House::new();
    for _ in 0..3 {
        turns(&mut house, 1, false);
        house.after(BRIEF - MOMENT).tells([]);
        assert_eq!(turns(&mut house, 1, true), ["trunk 1 true"]);
    }
    house.seconds(600).tells([]);
}

#[test]
fn r32_a_trunk_that_has_never_been_up_has_time_to_come_up() {
    let mut house = House::new();
    turns(&mut house, 3, false);
    house.after(COMES_UP - MOMENT).tells([]);
    assert_eq!(turns(&mut house, 3, true), ["trunk 3 true"]);
    // From now on it is one that worked.
    turns(&mut house, 3, false);
    house.after(BRIEF).tells(["alarm trunk_down"]);
    // This one never comes.
    turns(&mut house, 4, false);
    house.after(COMES_UP - MOMENT).tells([]);
    house.after(MOMENT).tells(["alarm trunk_down"]);
    assert_eq!(turns(&mut house, 4, true), ["trunk 4 true", "alarm trunk_up"]);
}

#[test]
fn r32_of_a_trunk_that_was_taken_away_nothing_is_told() {
    let mut house = House::new();
    turns(&mut house, 1, false);
    let mut directory = (*house.calls.board.directory).clone();
    directory.trunks.retain(|trunk| trunk.id != TrunkId(1));
    house.calls.set_directory(house.now, Arc::new(directory));
    house.seconds(600).tells([]);
}
