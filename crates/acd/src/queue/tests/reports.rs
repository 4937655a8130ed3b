//! Reports that are not done keep an operator from new calls (F38), and nobody for longer than they are not done.

use super::*;
use crate::Tier;

/// Hanako has taken A and cleared; two reports of hers are not done, and one may be.
fn owing() -> House {
    let mut house = House::with([HANAKO]);
    house.queue.set_reports_max(house.now, Some(1));
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).clears(HANAKO).expect("");
    house.queue.owes(house.now, HANAKO, 2);
    house
}

fn kept() -> State {
    State::NotReady { reason: REPORTS_OPEN.to_owned() }
}

#[test]
fn f38_whoever_has_too_many_reports_open_is_ready_as_soon_as_enough_are_done() {
    let mut house = owing();
    house.arrives(call(B)).expect("position B 1");
    house.after(WRAP_UP).expect("");
    assert_eq!(house.state(HANAKO), kept());
    let refused = StateRefused::ReportsOpen { open: 2, max: 1 };
    assert_eq!(house.queue.set_state(house.now, HANAKO, Wish::Ready), Err(refused));
    assert_eq!(house.queue.operator(HANAKO).unwrap().reports_open, 2);
    house.queue.owes(house.now, HANAKO, 1);
    house.expect("offer B 1");
}

#[test]
fn f38_the_wrap_up_cannot_be_ended_for_a_call_and_a_break_stays_a_break() {
    let mut house = owing();
    assert!(house.queue.set_state(house.now, HANAKO, Wish::Ready).is_err());
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall, "nothing has changed");
    house.queue.finish_wrap_up(house.now, HANAKO);
    assert_eq!(house.state(HANAKO), kept());
    house.wishes(HANAKO, not_ready("lunch"));
    house.queue.owes(house.now, HANAKO, 0);
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "lunch".to_owned() });
    house.wishes(HANAKO, Wish::Ready);
    house.expect("");
}

#[test]
fn f38_who_is_ready_already_is_not_taken_off_and_a_wish_during_a_talk_waits_for_the_reports() {
    let mut house = House::with([HANAKO]);
    house.queue.set_reports_max(house.now, Some(0));
    house.queue.owes(house.now, HANAKO, 3);
    assert_eq!(house.state(HANAKO), State::Ready);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO);
    house.wishes(HANAKO, Wish::Ready).clears(HANAKO).after(WRAP_UP).expect("");
    assert_eq!(house.state(HANAKO), kept());
    house.queue.set_reports_max(house.now, None);
    assert_eq!(house.state(HANAKO), State::Ready, "no limit, nobody kept");
}

#[test]
fn f38_supervisors_and_managers_ring_whatever_they_owe() {
    for tier in [Tier::Supervisor, Tier::Manager] {
        let mut house = owing();
        house.after(WRAP_UP);
        assert_eq!(house.state(HANAKO), kept());
        let promoted = Operator { tier, wrap_up: WRAP_UP, ..Operator::new(HANAKO) };
        house.queue.set_operators(house.now, vec![promoted]);
        assert_eq!(house.state(HANAKO), State::Ready);
        assert_eq!(house.queue.set_state(house.now, HANAKO, not_ready("lunch")), Ok(()));
        assert_eq!(house.queue.set_state(house.now, HANAKO, Wish::Ready), Ok(()));
        house.expect("");
    }
}
