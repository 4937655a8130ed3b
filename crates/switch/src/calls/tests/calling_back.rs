//! "Press 1, and we call you back in your turn"; and callers who gave up, where the firm wants them called back.

use std::sync::Arc;
use std::time::Duration;

use endpoint::{Ending, Incoming, TrunkId};

use super::announcing::{go, nobody_with};
use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::call::callback::{KEPT_MAX, REST, RING, RINGS_MIN};
use crate::desk::Command;
use crate::waiting::{AbandonedPolicy, WaitingPolicy};

/// The caller's number, as it is dialled.
const CALLER: &str = "09099998888";

fn offering() -> WaitingPolicy {
    WaitingPolicy { announce_after_seconds: Some(10), callback: true, ..WaitingPolicy::default() }
}

/// This caller waits until the announcement is over.
fn hears_the_offer(house: &mut House, name: &str) -> super::house::Heard {
    house.call(name, SAKURA);
    house.seconds(10);
    house.prompt_ends(name, "customer/1/announcement", false)
}

/// Hanako has the turn, and the caller's number is dialled for her.
fn dials(house: &mut House) {
    go(house, 1, true);
    house.answers("hanako").orders(["dial 09099998888 over 1"]);
}

/// The caller answers the call back, talks with hanako, and hangs up: nothing is left.
#[track_caller]
fn is_joined(house: &mut House) {
    house.answers(CALLER).hears(["hanako hears 09099998888", "09099998888 hears hanako"]);
    house.hangs_up(CALLER);
    house.everything_is_over();
}

/// A caller who has heard the offer.
fn offered() -> House {
    let mut house = nobody_with(offering(), |_| {});
    hears_the_offer(&mut house, "A").hears(["A hears callback-offer once"]);
    house
}

/// A caller who has pressed 1 and was thanked.
fn promised() -> House {
    promised_in(offered())
}

fn promised_in(mut house: House) -> House {
    house.keys("A", "1").hears(["A hears callback-promised once"]).tells(["callback_promised key"]);
    house.prompt_ends("A", "callback-promised", false).orders(["hang up A"]).media("pause recording true");
    house.catch_up();
    house
}

#[test]
fn f04_a_caller_who_presses_1_is_called_back_in_the_turn_and_joined() {
    let mut house = promised();
    house.seconds(300).orders([]);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]).tells([
        "operator 1 ready",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます callback",
    ]);
    house
        .answers("hanako")
        .orders(["dial 09099998888 over 1"])
        .hears(["hanako hears ringback"])
        .tells(["calling_back"])
        .media("whisper hanako customer/1/name");
    house.rings(CALLER).tells(["caller_rings"]).hears([]);
    house.seconds(5);
    house
        .answers(CALLER)
        .orders([])
        .hears(["hanako hears 09099998888", "09099998888 hears hanako"])
        .tells(["recording_resumed callback", "answered 1 315000"])
        .media("pause recording false");
    house.seconds(60);
    house.hangs_up(CALLER).orders(["hang up hanako"]).tells(["ended caller_hung_up", "operator 1 working_after_call"]);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.talk_ms, record.wait_ms, record.operator), (60_000, 315_000, Some(1)));
    assert_eq!(house.recordings.len(), 1, "one call, one recording");
    let roles: Vec<_> = record.legs.iter().map(|leg| (leg.role.as_str(), leg.ending.as_str())).collect();
    assert_eq!(roles, [("caller", "callback_promised"), ("operator", "caller_hung_up"), ("caller", "hung_up")]);
}

#[test]
fn f04_the_turn_again_rings_one_operator_and_not_everybody_at_once() {
    let mut house = nobody_with(offering(), |firm| firm.plan = Arc::new(acd::RingPlan::three_rings()));
    hears_the_offer(&mut house, "A");
    let mut house = promised_in(house);
    dials(&mut house);
    house.rejects(CALLER, 486);
    house.catch_up();
    go(&mut house, 2, true);
    go(&mut house, 3, true);
    house.after(REST).orders(["ring hanako: さくら歯科 <09099998888>"]);
    house.seconds(60);
    let queue = &house.calls.board.queue;
    assert_eq!(queue.waiting().map(|call| call.offered_to.len()).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_place_in_the_queue_is_kept_by_who_is_away() {
    let mut house = promised();
    let incoming = house.incoming("B", SAKURA);
    house.arrives("B", Incoming { caller: "0311112222".to_owned(), ..incoming });
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]);
    house.answers("hanako").orders(["dial 09099998888 over 1"]);
    house.answers(CALLER);
    assert!(house.calls.calls[&house.call_id("A")].talk().is_some(), "A was first");
    house.hangs_up(CALLER);
    house.ends("B", Ending::Cancelled);
    house.everything_is_over();
}

#[test]
fn an_operator_who_answers_during_the_thanks_has_the_caller_still_on_the_line() {
    let mut house = offered();
    house.keys("A", "1");
    go(&mut house, 1, true);
    house.answers("hanako").orders([]).hears(["A hears hanako", "hanako hears A"]);
    house.prompt_ends("A", "callback-promised", false).orders([]);
    house.hangs_up("A").orders(["hang up hanako"]).tells(["ended caller_hung_up", "operator 1 working_after_call"]);
    house.everything_is_over();
}

#[test]
fn a_caller_who_hangs_up_during_the_thanks_is_called_back_all_the_same() {
    let mut house = offered();
    house.keys("A", "1");
    house.hangs_up("A").tells(["recording_paused callback"]);
    dials(&mut house);
    house.answers(CALLER);
    house.hangs_up("hanako");
    house.everything_is_over();
}

#[test]
fn who_is_not_reached_is_tried_three_times_and_the_operator_is_free_at_once() {
    let mut house = promised();
    for attempt in 1..=3 {
        go(&mut house, 1, true);
        house.answers("hanako").orders(["dial 09099998888 over 1"]);
        let told = match attempt {
            1 => house.rejects(CALLER, 486),
            2 => house.after(RING),
            _ => house.hangs_up("hanako"),
        };
        let why = ["busy", "no_answer", "operator_hung_up"][attempt - 1];
        let (closed, failed) = (format!("pop closed 1 {why}"), format!("callback_failed {why}"));
        if attempt < 3 {
            told.tells([&closed, &failed, "operator 1 ready"]);
            go(&mut house, 1, false);
            house.catch_up();
            assert_eq!(house.calls.board.queue.waiting_count(), 0, "it rests");
            house.after(REST);
            assert_eq!(house.calls.board.queue.waiting_count(), 1, "and waits again");
        } else {
            told.tells([&closed, &failed, "alarm abandoned", "ended callback_failed unanswered", "operator 1 ready"]);
        }
    }
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.ending.as_str(), record.answered_ms), ("callback_failed", None));
    assert_eq!(house.facts("A", "callback_failed").len(), 3);
}

#[test]
fn r32_another_trunk_stands_in_for_one_that_fails() {
    let mut house = promised();
    dials(&mut house);
    house.rejects_by(CALLER, 503, true).orders(["dial 09099998888 over 2"]);
    is_joined(&mut house);
}

#[test]
fn a_lost_operator_costs_the_caller_neither_a_try_nor_the_place() {
    let mut house = promised();
    dials(&mut house);
    house.ends("hanako", Ending::Lost).orders(["hang up 09099998888", "ring hanako: さくら歯科 <09099998888>"]);
    house.catch_up();
    house.answers("hanako").orders(["dial 09099998888 over 1"]);
    is_joined(&mut house);
    assert!(house.facts("A", "callback_failed").is_empty());
}

#[test]
fn a_promise_that_cannot_be_kept_in_an_hour_is_given_up_and_said_so() {
    let mut house = promised();
    house.after(KEPT_MAX - Duration::from_secs(1)).tells([]);
    house.seconds(2).tells(["alarm abandoned", "ended callback_expired unanswered"]);
    house.everything_is_over();
}

#[test]
fn who_calls_again_before_the_turn_has_a_new_call_and_nobody_is_called_back() {
    let mut house = promised();
    house.seconds(60);
    let heard = house.call("A2", SAKURA);
    heard.tells(["arrived さくら歯科 81312345678 819099998888"]);
    assert_eq!(house.calls.board.queue.waiting_count(), 1, "one caller is on the line, and waits once");
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]).tells([
        "operator 1 ready",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます earlier 1",
    ]);
    let told = house.answers("hanako").orders(["200 A2"]).tells_of();
    assert_eq!(
        told.last().map(String::as_str),
        Some("ended called_again unanswered"),
        "an operator speaks: that was it"
    );
    house.hangs_up("A2");
    house.everything_is_over();
    assert_eq!(house.record("A").ending, "called_again");
}

#[test]
fn r03_who_forges_the_callers_number_and_hangs_up_costs_the_caller_no_promise() {
    let mut house = promised();
    for name in ["F1", "F2"] {
        house.seconds(60);
        house.call(name, SAKURA);
        house.seconds(3);
        house.ends(name, Ending::Cancelled).tells(["alarm abandoned", "ended abandoned unanswered"]);
        house.catch_up();
        assert_eq!(house.calls.board.queue.waiting_count(), 1, "the turn is the caller's again");
    }
    // One who stays as long as the promise lasts takes the turn with him, because he is on the line.
    dials(&mut house);
    house.call("F3", SAKURA);
    house.answers(CALLER).hears(["hanako hears 09099998888", "09099998888 hears hanako"]);
    house.ends("F3", Ending::Cancelled);
    house.hangs_up(CALLER);
    house.everything_is_over();
    assert_eq!(house.record("A").ending, "caller_hung_up");
}

#[test]
fn r03_a_caller_who_is_on_the_line_and_leaves_a_message_is_called_back_all_the_same() {
    let mut house = nobody_with(WaitingPolicy { message_after_seconds: Some(20), ..offering() }, |_| {});
    hears_the_offer(&mut house, "A");
    let mut house = promised_in(house);
    house.call("A2", SAKURA);
    house.seconds(20);
    house.prompt_ends("A2", "customer/1/message", false);
    house.prompt_ends("A2", "beep", false);
    house.seconds(5);
    house.hangs_up("A2");
    dials(&mut house);
    is_joined(&mut house);
}

#[test]
fn a_caller_on_the_line_when_the_hour_is_over_is_not_given_up() {
    let mut house = promised();
    house.after(KEPT_MAX - Duration::from_secs(60));
    house.call("A2", SAKURA);
    house.seconds(70);
    assert_eq!((house.record("A").ending.as_str(), house.calls.live()), ("called_again", 1));
    go(&mut house, 1, true);
    house.answers("hanako");
    house.hangs_up("A2");
    house.everything_is_over();
}

#[test]
fn who_was_never_called_may_be_promised_it_again_and_keeps_the_first_place() {
    let mut house = promised();
    house.seconds(60);
    let incoming = house.incoming("B", SAKURA);
    house.arrives("B", Incoming { caller: "0311112222".to_owned(), ..incoming });
    for name in ["A2", "A3"] {
        house.seconds(20);
        hears_the_offer(&mut house, name).hears([&format!("{name} hears callback-offer once")]);
        house.keys(name, "1").tells(["callback_promised key", "ended called_again unanswered"]);
        house.prompt_ends(name, "callback-promised", false).orders([&format!("hang up {name}")]);
        house.catch_up();
    }
    let first = house.calls.board.queue.waiting().next().map(|waiting| waiting.call);
    assert_eq!(first, Some(house.call_id("A3")));
    house.ends("B", Ending::PeerHungUp);
    house.command(Command::Hangup { call: house.call_id("A3") });
    house.everything_is_over();
    assert_eq!(house.facts("A3", "repeated")[0]["calls"], 2);
}

#[test]
fn a_call_that_is_refused_costs_nobody_the_promise() {
    let mut house = promised();
    let incoming = house.incoming("A2", SAKURA);
    house.arrives("A2", Incoming { max_forwards: 0, ..incoming }).orders(["483 A2"]).tells([]);
    dials(&mut house);
    is_joined(&mut house);
}

#[test]
fn who_calls_us_while_being_called_is_not_called_once_more() {
    let mut house = promised();
    dials(&mut house);
    house.call("A2", SAKURA).tells(["arrived さくら歯科 81312345678 819099998888"]);
    house.rejects(CALLER, 486).tells([
        "pop closed 1 busy",
        "callback_failed busy",
        "operator 1 ready",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます earlier 1",
    ]);
    house.answers("hanako").orders(["200 A2"]);
    house.hangs_up("A2");
    house.everything_is_over();
}

#[test]
fn where_nobody_can_be_reached_it_is_not_tried_again() {
    for status in [404, 410, 484, 603, 607] {
        let mut house = promised();
        go(&mut house, 1, true);
        house.answers("hanako").orders(["dial 09099998888 over 1"]);
        let told = house.rejects(CALLER, status).tells_of();
        let end = told.iter().rev().find(|line| line.starts_with("ended"));
        assert_eq!(end.map(String::as_str), Some("ended callback_failed unanswered"), "{status}");
        assert!(told.contains(&"alarm abandoned".to_owned()), "{status}");
        house.everything_is_over();
    }
}

#[test]
fn without_a_trunk_nobody_is_asked_to_wait_for_the_caller_and_it_is_no_try() {
    let mut house = promised();
    for trunk in [1, 2] {
        house.calls.set_trunk(house.now, TrunkId(trunk), false, "");
    }
    for _ in 0..5 {
        go(&mut house, 1, true).orders([]);
        house.after(REST).orders([]);
        go(&mut house, 1, false);
    }
    house.calls.set_trunk(house.now, TrunkId(1), true, "");
    house.after(REST);
    go(&mut house, 1, true);
    // It goes while she picks up: no try either.
    house.calls.set_trunk(house.now, TrunkId(1), false, "");
    house.answers("hanako");
    assert_eq!(house.facts("A", "callback_failed"), Vec::<serde_json::Value>::new(), "not written yet");
    house.command(Command::Hangup { call: house.call_id("A") });
    house.everything_is_over();
    assert_eq!(house.facts("A", "callback_failed"), [serde_json::json!({ "why": "no_trunk", "tries": 0 })]);
}

#[test]
fn a_house_that_closes_calls_nobody_back_and_says_so() {
    let mut house = promised();
    house.calls.drain(house.now);
    house.heard().tells(["alarm abandoned", "ended callback_failed unanswered"]);
    house.everything_is_over();

    let mut house = offered();
    house.keys("A", "1");
    house.calls.drain(house.now);
    house.heard().tells([]);
    let told = house.prompt_ends("A", "callback-promised", false).tells_of();
    assert_eq!(told.last().map(String::as_str), Some("ended callback_failed unanswered"), "{told:?}");
    house.everything_is_over();

    let mut house = promised();
    go(&mut house, 1, true);
    house.answers("hanako");
    house.calls.drain(house.now);
    house.heard().tells([]);
    is_joined(&mut house);
}

#[test]
fn r03_callers_who_gave_up_come_behind_those_who_are_on_the_line() {
    let mut house =
        nobody_with(WaitingPolicy::ringing_only(), |customer| customer.abandoned = AbandonedPolicy::CallBack);
    house.call("A", SAKURA);
    house.seconds(7);
    let incoming = house.incoming("B", SAKURA);
    house.arrives("B", Incoming { caller: "0311112222".to_owned(), ..incoming });
    house.seconds(1);
    house.ends("A", Ending::Cancelled).tells(["alarm abandoned", "callback_promised policy"]);
    let order: Vec<_> = house.calls.board.queue.waiting().map(|waiting| waiting.call).collect();
    assert_eq!(order, [house.call_id("B"), house.call_id("A")]);
    house.ends("B", Ending::Cancelled);
    house.calls.drain(house.now);
    // It was told when the caller gave up.
    house.heard().tells(["ended callback_failed unanswered"]);
    house.everything_is_over();
}

#[test]
fn r03_nothing_is_offered_to_whom_may_not_be_called() {
    for (what, caller, privacy) in [
        ("withheld", CALLER, true),
        ("abroad", "+14155550123", false),
        ("premium", "0990123456", false),
        ("navi", "0570000111", false),
        ("pager", "02012345678", false),
        ("no number", "101", false),
    ] {
        let mut house = nobody_with(offering(), |customer| customer.abandoned = AbandonedPolicy::CallBack);
        let incoming = house.incoming("A", SAKURA);
        house.arrives("A", Incoming { caller: caller.to_owned(), privacy, ..incoming });
        house.seconds(10);
        house.prompt_ends("A", "customer/1/announcement", false).hears(["A hears hold-music"]);
        house.keys("A", "1").orders([]).tells([]);
        house.hangs_up("A").orders([]).tells(["alarm abandoned", "ended abandoned unanswered"]);
        house.everything_is_over();
        assert_eq!(house.record("A").ending, "abandoned", "{what}");
    }
}

#[test]
fn r03_a_number_is_promised_one_call_back_an_hour() {
    let mut house = promised();
    let call = house.call_id("A");
    house.command(Command::Hangup { call });
    house.catch_up();
    hears_the_offer(&mut house, "A2").hears(["A2 hears hold-music"]);
    house.keys("A2", "1").tells([]);
    house.seconds(3_600);
    house.keys("A2", "1").tells(["callback_promised key"]);
    house.hangs_up("A2");
    house.command(Command::Hangup { call: house.call_id("A2") });
    house.everything_is_over();
}

#[test]
fn r03_a_firm_at_its_cap_calls_nobody_back() {
    let policy = offering();
    let mut house = House::with(|directory| {
        sakura(|customer| customer.waiting = policy)(directory);
        directory.settings.outgoing.per_minute_max = 0;
    });
    for id in 1..=3 {
        go(&mut house, id, false);
    }
    house.call("A", SAKURA);
    house.seconds(10);
    house.keys("A", "1");
    house.hangs_up("A");
    go(&mut house, 1, true).orders([]).tells([
        "operator 1 ready",
        "operator 1 busy",
        "alarm over_limit",
        "operator 1 ready",
    ]);
    assert_eq!(house.calls.board.queue.waiting_count(), 0, "it rests");
    house.command(Command::Hangup { call: house.call_id("A") });
    house.everything_is_over();
}

#[test]
fn f04_who_gave_up_is_called_back_where_the_firm_wants_it() {
    let mut house =
        nobody_with(WaitingPolicy::ringing_only(), |customer| customer.abandoned = AbandonedPolicy::CallBack);
    house.call("A", SAKURA);
    house.seconds(7);
    house.ends("A", Ending::Cancelled).tells(["alarm abandoned", "callback_promised policy"]);
    assert_eq!(house.facts("A", "abandoned")[0]["policy"], "call_back");
    house.catch_up();
    house.seconds(23);
    house.catch_up();
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]);
    house.answers("hanako").orders(["dial 09099998888 over 1"]);
    house.answers(CALLER).hears(["hanako hears 09099998888", "09099998888 hears hanako"]);
    house.seconds(10);
    house.hangs_up(CALLER);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.announced_ms, record.wait_ms, record.talk_ms), (None, 30_000, 10_000));
    assert_eq!(record.recording.as_ref().map(|recording| recording.samples), Some(80_000));
}

#[test]
fn f04_one_ring_and_gone_is_not_called_back() {
    let mut house =
        nobody_with(WaitingPolicy::ringing_only(), |customer| customer.abandoned = AbandonedPolicy::CallBack);
    house.call("A", SAKURA);
    house.after(RINGS_MIN - Duration::from_millis(1));
    house.ends("A", Ending::Cancelled).tells(["alarm abandoned", "ended abandoned unanswered"]);
    house.everything_is_over();
}

#[test]
fn f04_each_abandoned_call_is_shown_at_once_with_what_the_firm_wants() {
    for (policy, word) in [(AbandonedPolicy::Report, "report"), (AbandonedPolicy::Ignore, "ignore")] {
        let mut house = nobody_with(WaitingPolicy::ringing_only(), |customer| customer.abandoned = policy);
        house.call("A", SAKURA);
        house.seconds(7);
        house.ends("A", Ending::Cancelled).tells(["alarm abandoned", "ended abandoned unanswered"]);
        house.everything_is_over();
        assert_eq!(house.facts("A", "abandoned")[0]["policy"], word);
    }
}
