//! Closed days (X14): answered as usual with the words on the screen, told and ended, or the message box.

use std::sync::Arc;
use std::time::Duration;

use endpoint::{Ending, Incoming};

use super::announcing::go;
use super::firms::sakura;
use super::house::{House, SAKURA};
use crate::calendar::{Calendar, Closed};
use crate::call::message::RING_ON;
use crate::media::{self, Prompt};
use crate::waiting::speech;

const WORDS: &str = "本日は休診日でございます。";

/// The house's day is a Saturday, 18:25 in Japan.
fn closed_on_saturdays(when_closed: Closed) -> Calendar {
    let mut calendar = Calendar { when_closed, closed_wording: WORDS.to_owned(), ..Calendar::default() };
    let hours = crate::calendar::Hours::new("09:00".parse().expect("a time"), "18:00".parse().expect("a time"));
    calendar.week.sat.extend(hours);
    calendar
}

fn house(when_closed: Closed) -> (House, String) {
    let house = House::with(sakura(|customer| customer.calendar = Arc::new(closed_on_saturdays(when_closed))));
    let customer = house.calls.board.directory.customers.values().find(|customer| customer.id.0 == 1).cloned();
    let Prompt(name) = speech::closed(&customer.expect("the firm"), WORDS);
    (house, name.to_string())
}

#[test]
fn x14_the_words_of_a_closed_day_are_said_and_nobody_is_rung() {
    let (mut house, prompt) = house(Closed::Announce);
    house.call("A", SAKURA).orders(["180 A"]).hears([]).tells(["arrived さくら歯科 81312345678 819099998888"]);
    house.after(RING_ON).orders(["200 A"]).hears([&format!("A hears {prompt} once")]).tells(["closed"]);
    house.seconds(8);
    house.prompt_ends("A", &prompt, false).orders(["hang up A"]).tells(["ended closed unanswered"]);
    house.everything_is_over();
    let record = house.record("A");
    assert_eq!((record.announced_ms, record.answered_ms), (Some(record.arrived_ms + 1_500), None));
}

#[test]
fn x14_a_caller_who_hangs_up_during_the_words_has_not_been_lost() {
    let (mut house, _) = house(Closed::Announce);
    house.call("A", SAKURA);
    house.after(RING_ON);
    house.hangs_up("A").tells(["ended closed unanswered"]);
    house.everything_is_over();
    // Nor has one who hangs up before.
    let (mut house, _) = self::house(Closed::Announce);
    house.call("A", SAKURA);
    house.ends("A", Ending::Cancelled).tells(["ended closed unanswered"]);
    house.everything_is_over();
}

#[test]
fn x14_without_a_port_the_call_is_refused_and_not_taken_and_dropped() {
    let (mut house, prompt) = house(Closed::Announce);
    house.call("A", SAKURA).orders(["180 A"]);
    for _ in 0..3 {
        house.seconds(1);
        let leg = house.leg("A");
        house.media(media::Event::LegFailed { leg, why: "address in use".to_owned() }).orders([]);
    }
    // Another port is tried, and the words wait for it.
    house.after(RING_ON - Duration::from_millis(1)).orders([]);
    house.after(Duration::from_millis(1)).orders(["200 A"]).hears([&format!("A hears {prompt} once")]);
    house.hangs_up("A");
    house.everything_is_over();
    let (mut house, _) = self::house(Closed::MessageBox);
    house.call("A", SAKURA);
    let leg = house.leg("A");
    for _ in 0..4 {
        house.media(media::Event::LegFailed { leg, why: "address in use".to_owned() }).orders([]);
    }
    house.media(media::Event::LegFailed { leg, why: "address in use".to_owned() }).orders(["503 A"]);
    house.everything_is_over();
    assert_eq!((house.record("A").ending.as_str(), house.record("A").announced_ms), ("no_port", None));
}

#[test]
fn x14_without_a_voice_a_person_answers() {
    let (mut house, prompt) = house(Closed::Announce);
    house.call("A", SAKURA);
    house.after(RING_ON);
    house
        .prompt_ends("A", &prompt, true)
        .orders(["ring hanako: さくら歯科 <09099998888>"])
        .hears(["A hears hold-music"]);
    house.answers("hanako").orders([]).hears(["A hears hanako", "hanako hears A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn x14_without_a_voice_the_caller_waits_behind_those_who_were_there_before() {
    let (mut house, prompt) = house(Closed::Announce);
    for id in 1..=3 {
        go(&mut house, id, false);
    }
    house.call("A", SAKURA);
    let unknown = house.incoming("B", "0399999999");
    house.arrives("B", Incoming { caller: "0311112222".to_owned(), ..unknown });
    house.seconds(2);
    house.prompt_ends("A", &prompt, true).tells(["queued"]).hears(["A hears hold-music"]);
    let order: Vec<_> = house.calls.board.queue.waiting().map(|waiting| waiting.call).collect();
    assert_eq!(order, [house.call_id("B"), house.call_id("A")], "no head of the queue for nothing");
    assert_eq!(house.facts("A", "queued"), [serde_json::json!({ "at_head": false })]);
    house.hangs_up("A");
    house.ends("B", Ending::Cancelled);
    house.everything_is_over();
}

#[test]
fn x14_the_message_box_of_a_closed_day_has_the_firms_words() {
    let (mut house, prompt) = house(Closed::MessageBox);
    house.call("A", SAKURA).orders(["180 A"]);
    house.after(RING_ON).orders(["200 A"]).hears([&format!("A hears {prompt} once")]);
    house.prompt_ends("A", &prompt, false).hears(["A hears beep once"]);
    house.prompt_ends("A", "beep", false).hears(["A hears silence"]);
    house.seconds(4);
    house.hangs_up("A").tells(["message 0 4000", "ended message_left unanswered"]);
    house.everything_is_over();
    let (mut house, _) = self::house(Closed::MessageBox);
    house.call("A", SAKURA);
    house.hangs_up("A").tells(["ended closed unanswered"]);
    house.everything_is_over();
}

#[test]
fn f03_a_closed_firms_caller_who_leaves_no_message_counts_neither_way() {
    for hangs_up in [true, false] {
        let (mut house, prompt) = house(Closed::MessageBox);
        house.call("A", SAKURA);
        house.after(RING_ON);
        house.prompt_ends("A", &prompt, false);
        house.prompt_ends("A", "beep", false);
        house.seconds(1);
        let heard = if hangs_up { house.hangs_up("A") } else { house.keys("A", "#") };
        heard.tells(["ended no_message unanswered"]);
        house.everything_is_over();
        let counters = house.calls.snapshot(house.now).counters;
        assert_eq!((counters.abandoned, counters.otherwise), (0, 1));
    }
}

#[test]
fn x14_answered_as_usual_the_words_are_on_the_screen() {
    let (mut house, _) = house(Closed::AnswerAsUsual);
    house.call("A", SAKURA).orders(["180 A", "ring hanako: さくら歯科 <09099998888>"]).tells([
        "arrived さくら歯科 81312345678 819099998888",
        "operator 1 busy",
        &format!("pop 1 さくら歯科 さくら歯科でございます closed: {WORDS}"),
    ]);
    house.answers("hanako").orders(["200 A"]);
    house.hangs_up("A");
    house.everything_is_over();
}

#[test]
fn x14_every_wording_that_may_be_said_is_spoken() {
    for then in [Closed::Announce, Closed::MessageBox, Closed::AnswerAsUsual] {
        let (house, _) = house(then);
        let customer = house.calls.board.directory.customers.values().find(|customer| customer.id.0 == 1).cloned();
        let customer = customer.expect("the firm");
        let spoken = speech::of_customer(&customer);
        let wanted = speech::closed(&customer, WORDS);
        assert_eq!(spoken.iter().any(|one| one.name == *wanted.0 && one.text == WORDS), then != Closed::AnswerAsUsual);
    }
}
