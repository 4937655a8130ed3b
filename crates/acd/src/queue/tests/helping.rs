//! Help is called in before the promise is broken (X07).

use super::*;
use crate::{PROMISE, RING as ONE_RING, Tier};

const BOSS: OperatorId = OperatorId(8);
const CHIEF: OperatorId = OperatorId(9);
/// Help is worth any price as soon as the promise is not all but certain.
const GENEROUS: PromiseLoop = PromiseLoop { threshold_percent: 99, price_percent: 0, phones: 1 };

fn tier(id: OperatorId, tier: Tier) -> Operator {
    Operator { tier, ..Operator::new(id) }
}

fn house(promise: PromiseLoop, operators: &[OperatorId]) -> House {
    let mut house = House::with([]);
    house.queue = Queue::new(Limits { promise: Some(promise), ..Limits::default() });
    for id in operators {
        house.logs_in(*id);
    }
    house.joins(tier(BOSS, Tier::Supervisor)).joins(tier(CHIEF, Tier::Manager)).expect("");
    house
}

#[test]
fn x07_where_nobody_is_free_the_supervisor_rings_before_the_promise_breaks() {
    let mut house = house(PromiseLoop::default(), &[HANAKO]);
    house.queue.engaged(house.now, HANAKO, C);
    house.expect("");
    house.queue.enqueue(house.now, call(A)).unwrap();
    let Some(Effect::PromiseAtRisk { call: A, chance_percent }) = house.queue.poll_effect() else { panic!() };
    assert!(chance_percent < 50, "hanako has only begun to talk: {chance_percent}");
    house.expect("widened A Supervisors Promise, offer A 8");
    let waiting = house.queue.waiting().next().unwrap();
    assert!(waiting.chance_percent > Some(80), "with help it is likely: {waiting:?}");
    assert_eq!(waiting.pulled, Some(Tier::Supervisor));
}

#[test]
fn x07_where_the_supervisor_is_not_free_the_manager_rings() {
    let mut house = house(PromiseLoop::default(), &[HANAKO]);
    for busy in [HANAKO, BOSS] {
        house.queue.engaged(house.now, busy, C);
    }
    house.arrives(call(A)).expect("at risk A, widened A Supervisors Promise, widened A Managers Promise, offer A 9");
    // And the supervisor joins in when free: had no supervisor been busy, one would ring.
    house.queue.released(house.now, BOSS);
    house.expect("offer A 8");
}

#[test]
fn x07_nobody_is_called_in_where_an_operator_will_answer() {
    let mut house = house(PromiseLoop::default(), &[HANAKO, TARO, YUKI]);
    house.arrives(plan(A, RingPlan::three_rings())).expect("offer A 1");
    house.after(Duration::from_secs(2)).expect("");
    house.answers(A, HANAKO).expect("");
    assert_eq!(house.queue.operators().filter(|operator| operator.calls_today > 0).count(), 1);
}

#[test]
fn x07_a_phone_that_rings_in_vain_brings_help_before_nine_seconds() {
    let mut house = house(GENEROUS, &[HANAKO]);
    let came = house.now;
    house.arrives(call(A));
    let mut helped = None;
    while let Some(at) = house.queue.poll_timeout().filter(|at| *at < came + PROMISE) {
        house.now = at.max(house.now);
        house.queue.handle_timeout(house.now);
        while let Some(effect) = house.queue.poll_effect() {
            if effect == (Effect::Offer { call: A, operator: BOSS }) {
                helped = Some(house.now - came);
            }
        }
        if helped.is_some() {
            break;
        }
    }
    let helped = helped.expect("help is called in");
    assert!(helped <= ONE_RING * 2, "{helped:?} leaves no time to pick up");
    assert_eq!(house.queue.audit(), []);
}

#[test]
fn x07_a_decline_and_a_leaving_operator_change_the_odds_at_once() {
    for leaves in [false, true] {
        let mut house = house(PromiseLoop::default(), &[HANAKO]);
        house.arrives(call(A)).expect("offer A 1");
        if leaves {
            house.wishes(HANAKO, Wish::LogOut);
        } else {
            house.declines(A, HANAKO, Rejected);
        }
        let mut offers = Vec::new();
        while let Some(effect) = house.queue.poll_effect() {
            if let Effect::Offer { operator, .. } = effect {
                offers.push(operator);
            }
        }
        // Hanako was the only operator: without her the plan has nobody, and everybody else rings.
        let expected: &[OperatorId] = if leaves { &[BOSS, CHIEF] } else { &[BOSS] };
        assert_eq!(offers, expected, "leaves: {leaves}");
    }
}

#[test]
fn x07_help_is_not_called_in_when_its_price_is_too_high() {
    let dear = PromiseLoop { price_percent: 100, ..PromiseLoop::default() };
    let mut house = house(dear, &[HANAKO]);
    house.queue.engaged(house.now, HANAKO, C);
    house.arrives(call(A)).expect("at risk A, position A 1");
    house.after(PROMISE).expect("");
    assert_eq!(house.queue.poll_timeout(), None, "after nine seconds there is nothing left to watch");
}

#[test]
fn x07_of_a_burst_each_call_gets_help_of_its_own() {
    let mut house = house(PromiseLoop::default(), &[HANAKO]);
    house.joins(tier(OperatorId(7), Tier::Supervisor)).expect("");
    house.queue.engaged(house.now, HANAKO, CallId(0xF));
    house.arrives(call(A)).expect("at risk A, widened A Supervisors Promise, offer A 8");
    house.arrives(call(B)).expect("at risk B, widened B Supervisors Promise, offer B 7");
    house.arrives(call(C)).expect("at risk C, widened C Supervisors Promise, widened C Managers Promise, offer C 9");
}

#[test]
fn x07_the_preferred_operator_is_no_longer_asked_alone_when_help_is_needed() {
    let mut house = house(GENEROUS, &[HANAKO, TARO]);
    house.arrives(Waiting { prefer: Some(TARO), ring: Duration::from_secs(20), ..plan(A, RingAll) });
    for _ in 0..3 {
        house.after(ONE_RING);
    }
    let waiting = house.queue.waiting().next().unwrap();
    assert_eq!(waiting.offered_to.first(), Some(&HANAKO), "{waiting:?}");
    while house.queue.poll_effect().is_some() {}
}

#[test]
fn x07_who_rang_in_vain_and_leaves_after_nine_seconds_is_replaced_by_the_manager() {
    // So likely an answer that nobody is called in, and then nobody watches any more.
    let mut house = House::with([]);
    house.queue = Queue::new(Limits {
        promise: Some(PromiseLoop { threshold_percent: 0, ..PromiseLoop::default() }),
        ..Limits::default()
    });
    house.logs_in(HANAKO).joins(tier(CHIEF, Tier::Manager)).expect("");
    house.arrives(Waiting { ring: Duration::from_secs(60), ..call(A) }).expect("offer A 1");
    house.after(Duration::from_secs(15)).expect("");
    house.wishes(HANAKO, Wish::LogOut).expect("withdraw A 1 OperatorLeft, widened A Managers Step, offer A 9");
}
