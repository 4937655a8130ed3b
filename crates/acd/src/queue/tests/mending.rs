//! What should never happen is found, and mended.

use super::*;
use crate::roster::Activity;
use crate::timers::Timer;
use crate::{Tier, Violation};

/// Two operators; A is offered to hanako, B waits behind it, and taro writes.
fn house() -> House {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(C)).expect("offer C 1");
    house.declines(C, HANAKO, Busy).expect("offer C 2");
    house.answers(C, TARO).expect("");
    house.clears(TARO).expect("");
    house.arrives(plan(A, RingPlan::three_rings())).expect("offer A 1");
    house.arrives(call(B)).expect("position B 1");
    house
}

/// The audit finds this, `repair` tells it, and afterwards all is well and every call is answered.
#[track_caller]
fn is_mended(mut house: House, expected: &Violation) {
    assert!(house.queue.audit().contains(expected), "{:?}", house.queue.audit());
    assert!(house.queue.repair(house.now).contains(expected));
    assert_eq!(house.queue.audit(), []);
    for _ in 0..40 {
        let Some(at) = house.queue.poll_timeout() else { break };
        house.now = at.max(house.now);
        house.queue.handle_timeout(house.now);
        let offered: Vec<_> =
            house.queue.waiting().filter_map(|waiting| Some((waiting.call, *waiting.offered_to.first()?))).collect();
        for (call, operator) in offered {
            house.answers(call, operator).clears(operator);
        }
    }
    assert_eq!(house.queue.waiting_count(), 0);
}

#[test]
fn w04_a_lost_timer_of_an_offer_is_set_again() {
    let mut house = house();
    house.queue.timers.cancel(house.now + RING, Timer::OfferEnds(HANAKO));
    is_mended(house, &Violation::OperatorStuck { operator: HANAKO });
}

#[test]
fn w04_a_lost_timer_of_a_wrap_up_is_set_again() {
    let mut house = house();
    let at = house.queue.operator(TARO).unwrap().wrap_up_until.unwrap();
    house.queue.timers.cancel(at, Timer::WrapUpEnds(TARO));
    is_mended(house, &Violation::OperatorStuck { operator: TARO });
}

#[test]
fn w04_a_lost_step_is_taken_all_the_same() {
    let mut house = house();
    let widens = house.queue.line.get(A).unwrap().widens.unwrap();
    house.queue.timers.cancel(widens, Timer::Widens(A));
    is_mended(house, &Violation::CallStuck { call: A });
}

#[test]
fn a_timer_of_nothing_is_taken_away() {
    let mut house = house();
    house.queue.timers.set(house.now, Timer::RoundRestarts(CallId(77)));
    is_mended(house, &Violation::TimersLeftOver { count: 1 });
}

#[test]
fn an_offer_that_only_the_operator_knows_of_is_withdrawn() {
    let mut house = house();
    house.queue.line.change(A, |entry| entry.ask_no_more(HANAKO));
    is_mended(house, &Violation::OfferInDoubt { call: A, operator: HANAKO });
}

#[test]
fn an_offer_that_only_the_call_knows_of_ends() {
    let mut house = house();
    house.queue.timers.cancel(house.now + RING, Timer::OfferEnds(HANAKO));
    house.queue.roster.act(house.now, HANAKO, Activity::Idle);
    is_mended(house, &Violation::OfferInDoubt { call: A, operator: HANAKO });
}

#[test]
fn a_forgotten_idle_operator_is_found_a_call() {
    let mut house = house();
    let at = house.queue.operator(TARO).unwrap().wrap_up_until.unwrap();
    house.queue.timers.cancel(at, Timer::WrapUpEnds(TARO));
    house.queue.roster.act(house.now, TARO, Activity::Idle);
    is_mended(house, &Violation::IdleWhileWaiting { call: B, operator: TARO });
}

#[test]
fn a_winner_who_does_not_talk_is_none() {
    let mut house = house();
    house.queue.winners.insert(C, TARO);
    is_mended(house, &Violation::WinnerInDoubt { call: C, operator: TARO });
}

#[test]
fn a_call_whose_plan_has_nobody_is_found_the_supervisor() {
    const BOSS: OperatorId = OperatorId(8);
    let mut house = House::with([HANAKO]);
    house.joins(Operator { tier: Tier::Supervisor, ..Operator::new(BOSS) }).expect("");
    house.queue.engaged(house.now, HANAKO, C);
    house.arrives(call(B)).expect("position B 1");
    house.queue.roster.act(house.now, HANAKO, Activity::LoggedOut);
    is_mended(house, &Violation::IdleWhileWaiting { call: B, operator: BOSS });
}
