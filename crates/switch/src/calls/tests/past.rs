//! What earlier processes knew: new callers (F06), those who have called today (F09), call backs that were promised.

use std::time::Duration;

use acd::CallId;
use endpoint::{Ending, Incoming};

use super::announcing::{go, nobody_with};
use super::house::{House, SAKURA};
use crate::call::callback::KEPT_MAX;
use crate::directory::CustomerId;
use crate::past::{Past, PastCall, PastPromise};
use crate::waiting::WaitingPolicy;

/// When the house's day begins.
const BEGIN_MS: i64 = 1_795_253_100_000;
const CALLER: &str = "09099998888";

fn tell(house: &mut House, past: Past) -> super::house::Heard {
    house.calls.past(house.now, past);
    house.heard()
}

fn call(id: u64, arrived_ms: i64) -> PastCall {
    PastCall { call: CallId(id), customer: CustomerId(1), caller: CALLER.parse().expect("a number"), arrived_ms }
}

fn promise(ago: Duration) -> PastPromise {
    let promised_ms = BEGIN_MS - i64::try_from(ago.as_millis()).expect("short");
    let (call, did) = (call(7, promised_ms - 40_000), "81312345678".to_owned());
    PastPromise { call, did, by_policy: false, promised_ms, tries: 0 }
}

/// Calls and gives up; what the operator's screen said of it.
fn pop(house: &mut House, name: &str, caller: &str) -> String {
    let incoming = house.incoming(name, SAKURA);
    let told = house.arrives(name, Incoming { caller: caller.to_owned(), ..incoming }).tells_of();
    house.ends(name, Ending::Cancelled);
    house.catch_up();
    told.into_iter().find(|line| line.starts_with("pop")).expect("a pop")
}

#[test]
fn f06_who_has_never_called_this_firm_is_new_once_all_is_known() {
    let mut house = House::new();
    assert!(!pop(&mut house, "A", "0311112222").contains("new"), "nobody knows yet");
    tell(&mut house, Past::Callers(vec![(CustomerId(1), "0322223333".parse().expect("a number"))]));
    tell(&mut house, Past::AllCallers);
    assert!(!pop(&mut house, "B", "0322223333").contains("new"), "an earlier process has seen this one");
    assert!(!pop(&mut house, "C", "0311112222").contains("new"), "and this process that one");
    assert!(pop(&mut house, "D", "0344445555").ends_with(" new"));
    assert!(pop(&mut house, "E", "0344445555").ends_with(" earlier 1"), "once");
    assert!(!pop(&mut house, "F", "101").contains("new"), "nothing is known of who has no number");
    house.everything_is_over();
    assert!(house.timeline("D").contains(&"new_caller".to_owned()));
    assert!(!house.timeline("E").contains(&"new_caller".to_owned()));
}

#[test]
fn f09_calls_that_an_earlier_process_took_count() {
    let mut house = House::new();
    tell(&mut house, Past::AllCallers);
    tell(&mut house, Past::Visits(vec![call(2, BEGIN_MS - 1_000), call(1, BEGIN_MS - 90_000)]));
    assert!(pop(&mut house, "A", CALLER).ends_with(" earlier 2"), "and is not new");
    house.everything_is_over();
    assert_eq!(house.facts("A", "repeated")[0]["last_ms"], BEGIN_MS - 1_000);
}

#[test]
fn f04_a_call_back_that_was_promised_before_a_crash_is_made() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    let heard = tell(&mut house, Past::Promises(vec![promise(Duration::from_secs(300))]));
    heard.orders([]).tells(["arrived さくら歯科 81312345678 819099998888", "callback_promised key"]);
    house.seconds(1);
    assert_eq!(house.calls.board.queue.waiting_count(), 1);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]).tells([
        "operator 1 ready",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます callback",
    ]);
    house.answers("hanako").orders(["dial 09099998888 over 1"]);
    house.answers(CALLER).hears(["hanako hears 09099998888", "09099998888 hears hanako"]).media("pre-connect 1");
    house.seconds(20);
    house.hangs_up(CALLER);
    let record = taken_up(&mut house);
    // The wait counts from the first ringing, days of machines that have just been switched on apart.
    assert!([341_030, 1_000].contains(&record.wait_ms), "{}", record.wait_ms);
    assert_eq!((record.operator, record.talk_ms, record.did.as_str()), (Some(1), 20_000, "81312345678"));
}

/// The record of the one call that there was, when everything is over.
fn taken_up(house: &mut House) -> crate::CallRecord {
    house.everything_is_over();
    assert_eq!(house.records.len(), 1);
    let revisions = house.records.values().next().expect("one");
    let of = revisions.iter().flat_map(|record| &record.events).find(|event| event.kind == "promise_taken_up");
    assert_eq!(of.expect("says so").detail.json()["of"], CallId(7).to_string());
    revisions.last().expect("a record").clone()
}

#[test]
fn f04_a_promise_whose_hour_has_passed_is_told_as_broken() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    tell(&mut house, Past::Promises(vec![promise(KEPT_MAX)]));
    house.seconds(1).tells(["alarm abandoned", "ended callback_expired unanswered"]);
    assert_eq!(taken_up(&mut house).ending, "callback_expired");
    // What is left of the hour, and no more.
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    tell(&mut house, Past::Promises(vec![promise(KEPT_MAX - Duration::from_secs(100))]));
    house.seconds(99).tells([]);
    house.seconds(2).tells(["alarm abandoned", "ended callback_expired unanswered"]);
    taken_up(&mut house);
}

#[test]
fn f04_who_has_called_again_before_it_was_known_is_not_called_back_as_well() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    house.call("A2", SAKURA);
    tell(&mut house, Past::Promises(vec![promise(Duration::from_secs(60))]));
    house.seconds(1);
    assert_eq!(house.calls.board.queue.waiting_count(), 1, "the one on the line");
    go(&mut house, 1, true);
    let told = house.answers("hanako").orders(["200 A2"]).tells_of();
    assert_eq!(told.last().map(String::as_str), Some("ended called_again unanswered"));
    house.hangs_up("A2");
    house.everything_is_over();
}

#[test]
fn r03_a_promise_of_before_counts_against_the_next_one_and_nobody_is_called_who_may_not_be() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    let premium = PastCall { caller: "0990123456".parse().expect("a number"), ..call(8, BEGIN_MS - 1_000) };
    let gone = PastCall { customer: CustomerId(99), ..call(9, BEGIN_MS - 1_000) };
    let others = [premium, gone].map(|call| PastPromise { call, ..promise(Duration::from_secs(1)) });
    tell(&mut house, Past::Promises(others.to_vec())).tells([]);
    tell(&mut house, Past::Promises(vec![PastPromise { tries: 2, ..promise(Duration::from_secs(1)) }]));
    house.seconds(1);
    let number = CALLER.parse().expect("a number");
    assert!(!house.calls.board.promises.may_be_made(house.now, CustomerId(1), number));
    // Two tries were made before: this is the last.
    go(&mut house, 1, true);
    house.answers("hanako");
    let told = house.rejects(CALLER, 486).tells_of();
    assert!(told.contains(&"ended callback_failed unanswered".to_owned()), "{told:?}");
    taken_up(&mut house);
}
