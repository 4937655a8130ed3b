//! Callers for whom nobody is free: announcement, music, the turn; and the person who cuts it all short.

use acd::OperatorId;
use endpoint::Ending;

use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::desk::Command;
use crate::directory::Customer;
use crate::record::CallState;
use crate::waiting::{Tell, WaitingPolicy};

/// Nobody takes calls; the firm has this policy.
pub(super) fn nobody_with(policy: WaitingPolicy, edit: impl FnOnce(&mut Customer)) -> House {
    let mut house = House::with(sakura(|customer| {
        customer.waiting = policy;
        edit(customer);
    }));
    for id in 1..=3 {
        go(&mut house, id, false);
    }
    house
}

pub(super) fn go(house: &mut House, operator: i64, ready: bool) -> super::house::Heard {
    house.command(Command::SetOperatorState { operator: OperatorId(operator), ready, reason: String::new() })
}

fn patient(tell: Tell) -> WaitingPolicy {
    WaitingPolicy { announce_after_seconds: Some(20), tell, every_seconds: 30, ..WaitingPolicy::default() }
}

#[test]
fn f03_until_the_announcement_there_is_ringing_and_nothing_else() {
    let mut house = nobody_with(patient(Tell::Nothing), |_| {});
    house.call("A", SAKURA).orders(["180 A"]).hears([]);
    house.seconds(19).orders([]).hears([]);
    house
        .seconds(1)
        .orders(["200 A"])
        .hears(["A hears customer/1/announcement once"])
        .tells(["announced"])
        .media("negotiated A send=true receive=true");
    assert_eq!(house.state("A"), CallState::Queued, "announced is not answered");
    house.prompt_ends("A", "customer/1/announcement", false).hears(["A hears hold-music"]);
    house.seconds(300).orders([]).hears([]);
    let record = house.record("A");
    assert_eq!((record.announced_ms, record.answered_ms), (Some(record.arrived_ms + 20_000), None));
    assert!(!record.recording_stem.is_empty(), "it can be found after a crash");

    go(&mut house, 2, true).orders(["ring taro: さくら歯科 <09099998888>"]);
    house.answers("taro").orders([]).hears(["A hears taro", "taro hears A"]).tells(["answered 2 320000"]);
    house.seconds(10);
    house.hangs_up("A");
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.wait_ms, record.talk_ms), (320_000, 10_000));
    assert_eq!(record.answered_ms, Some(record.arrived_ms + 320_000));
    assert_eq!(record.recording.as_ref().map(|recording| recording.samples), Some(310_000 * 8), "from the 200 on");
}

#[test]
fn w01_whoever_answers_cuts_the_announcement_short() {
    let mut house = nobody_with(patient(Tell::Position), |_| {});
    house.call("A", SAKURA);
    house.seconds(20).hears(["A hears customer/1/announcement once"]);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]).hears([]);
    house.rings("hanako").hears([]);
    house.answers("hanako").hears(["A hears hanako", "hanako hears A"]);
    // What was to be said next is not said into the talk.
    house.prompt_ends("A", "customer/1/announcement", false).hears([]);
    house.seconds(120).hears([]).orders([]);
    house.hangs_up("hanako").orders(["hang up A"]);
    house.everything_is_over();
}

#[test]
fn the_place_is_told_after_the_announcement_and_every_half_minute() {
    let mut house = nobody_with(patient(Tell::Position), |_| {});
    house.call("B", SAKURA);
    house.call("A", SAKURA);
    house.seconds(20);
    house.prompt_ends("A", "customer/1/announcement", false).hears(["A hears place/2 once"]);
    house.prompt_ends("A", "place/2", false).hears(["A hears hold-music"]);
    // Not while something is being said: B still hears the announcement, which nobody has said to be over.
    house.ends("B", Ending::PeerHungUp).tells(["alarm abandoned", "ended abandoned unanswered"]);
    house.catch_up();
    house.seconds(29).hears([]);
    house.seconds(1).hears(["A hears place/1 once"]);
    // A prompt that never ends is given up.
    house.seconds(119).hears([]);
    house.seconds(1).hears(["A hears hold-music", "A hears place/1 once"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn the_expected_wait_is_told_at_the_pace_of_the_last_answers() {
    let mut house = nobody_with(patient(Tell::ExpectedWait), |_| {});
    house.call("A", SAKURA);
    house.seconds(20);
    house.prompt_ends("A", "customer/1/announcement", false).hears(["A hears place/1 once"]);
    house.seconds(80);
    go(&mut house, 1, true);
    house.answers("hanako");
    house.call("B", SAKURA);
    house.call("C", SAKURA);
    house.seconds(20);
    // One turn took 100 s: two take more than three minutes.
    house.prompt_ends("C", "customer/1/announcement", false).hears(["C hears wait/5 once"]);
    house.prompt_ends("B", "customer/1/announcement", false).hears(["B hears wait/2 once"]);
    for caller in ["A", "B", "C"] {
        house.hangs_up(caller);
    }
    house.everything_is_over();
}

#[test]
fn an_announcement_without_a_voice_is_music() {
    let mut house = nobody_with(patient(Tell::Position), |_| {});
    house.call("A", SAKURA);
    house.seconds(20);
    house.prompt_ends("A", "customer/1/announcement", true).hears(["A hears place/1 once"]);
    house.prompt_ends("A", "place/1", true).hears(["A hears hold-music"]);
    house.hangs_up("A").tells(["alarm abandoned", "ended abandoned unanswered"]);
    house.everything_is_over();
}

#[test]
fn f03_a_firm_may_have_its_callers_hear_ringing_for_ever() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    house.call("A", SAKURA);
    house.call("B", "0399990000");
    house.seconds(600).orders([]).hears([]);
    for caller in ["A", "B"] {
        house.ends(caller, Ending::Cancelled).tells(["alarm abandoned", "ended abandoned unanswered"]);
    }
    house.everything_is_over();
    assert!(house.recordings.is_empty(), "who was never taken is not recorded");
}

#[test]
fn r31_a_caller_whose_operator_is_lost_hears_music_at_once_and_keeps_place_and_story() {
    let policy = patient(Tell::Position);
    let mut house = House::talk_in(House::with(sakura(|customer| customer.waiting = policy)), "A");
    for id in [2, 3] {
        go(&mut house, id, false);
    }
    house.call("B", SAKURA).orders(["180 B"]);
    house.ends("hanako", Ending::Lost).hears(["A hears hold-music"]).orders([]).tells([
        "operator_lost lost",
        "queued at_head",
        "operator 1 working_after_call",
    ]);
    house.catch_up();
    // Told of the turn, and not announced again: the firm has said who it is. B, who came before, is after A.
    house.seconds(20).hears(["B hears customer/1/announcement once"]);
    house.prompt_ends("B", "customer/1/announcement", false).hears(["B hears place/2 once"]);
    house.seconds(10).hears(["A hears place/1 once"]);
    go(&mut house, 2, true).orders(["ring taro: さくら歯科 <09099998888>"]);
    house.answers("taro").hears(["A hears taro", "taro hears A"]).orders([]);
    house.hangs_up("A");
    house.hangs_up("B");
    house.everything_is_over();
    assert_eq!(house.recordings.len(), 2, "one each");
    assert_eq!(house.record("A").operator, Some(1), "who answered first");
    assert!(house.timeline("A").iter().filter(|kind| *kind == "queued").count() == 2);
}

#[test]
fn f05_a_late_offer_hears_the_announcement_as_soon_as_it_can_hear() {
    let mut house = nobody_with(patient(Tell::Nothing), |_| {});
    let incoming = house.incoming("A", SAKURA);
    house.arrives("A", endpoint::Incoming { offer: None, ..incoming });
    house.seconds(20).orders(["200 A"]).hears([]);
    let leg = house.leg("A");
    house
        .on(endpoint::LegEvent::Acknowledged { leg, body: Some(super::house::sdp(26_000, "sendrecv")) })
        .hears(["A hears customer/1/announcement once"]);
    house.hangs_up("A");
    house.everything_is_over();
}
