//! Callers who call again (催促, F09): first in the queue, and the operator sees that they do.

use endpoint::{Ending, Incoming};

use super::announcing::{go, nobody_with};
use super::house::{House, SAKURA};
use crate::visitors::EARLIER_MS;
use crate::waiting::WaitingPolicy;

fn calls_from(house: &mut House, name: &str, caller: &str) {
    let incoming = house.incoming(name, SAKURA);
    house.arrives(name, Incoming { caller: caller.to_owned(), ..incoming });
}

#[test]
fn f09_who_calls_again_goes_first_and_the_pop_says_so() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    house.call("A", SAKURA);
    house.seconds(5);
    house.ends("A", Ending::Cancelled);
    house.catch_up();
    calls_from(&mut house, "B", "0311112222");
    house.call("A2", SAKURA);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <09099998888>"]).tells([
        "operator 1 ready",
        "operator 1 busy",
        "pop 1 さくら歯科 さくら歯科でございます earlier 1",
    ]);
    house.answers("hanako");
    assert_eq!(house.facts("A2", "repeated")[0]["calls"], 1);
    house.hangs_up("A2");
    house.ends("B", Ending::Cancelled);
    house.everything_is_over();
    assert!(house.facts("B", "repeated").is_empty());
}

#[test]
fn f09_two_callers_of_one_number_at_once_are_not_one_who_calls_again() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    calls_from(&mut house, "B", "0311112222");
    house.call("A", SAKURA);
    house.call("A2", SAKURA);
    go(&mut house, 1, true).orders(["ring hanako: さくら歯科 <0311112222>"]);
    for caller in ["A", "A2", "B"] {
        house.ends(caller, Ending::Cancelled);
    }
    house.everything_is_over();
    assert!(house.facts("A2", "repeated").is_empty());
}

#[test]
fn f09_a_day_later_it_is_a_new_call() {
    let mut house = nobody_with(WaitingPolicy::ringing_only(), |_| {});
    house.call("A", SAKURA);
    house.ends("A", Ending::Cancelled);
    house.catch_up();
    house.after(std::time::Duration::from_millis(EARLIER_MS.unsigned_abs()));
    house.call("A2", SAKURA);
    house.ends("A2", Ending::Cancelled);
    house.everything_is_over();
    assert!(house.facts("A2", "repeated").is_empty());
}
