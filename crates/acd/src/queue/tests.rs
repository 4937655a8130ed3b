//! What the queue does, told as stories. Helpers stand below.

mod helping;
mod mending;
mod plans;
mod reports;
mod widening;

use super::*;
use crate::RingPlan::{LongestIdle, RingAll};
use crate::{RingPlan, State};
use Declined::{Busy, NoAnswer, Rejected, Unreachable};
use std::sync::Arc;

const HANAKO: OperatorId = OperatorId(1);
const TARO: OperatorId = OperatorId(2);
const YUKI: OperatorId = OperatorId(3);
const A: CallId = CallId(0xA);
const B: CallId = CallId(0xB);
const C: CallId = CallId(0xC);
const RING: Duration = Duration::from_secs(9);
const WRAP_UP: Duration = Duration::from_secs(30);

#[test]
fn the_longest_idle_is_asked_first_and_then_the_next() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.after(RING).expect("withdraw A 1 NoAnswer, offer A 2");
    house.answers(A, TARO).expect("");
    assert_eq!(house.state(TARO), State::Busy);
    assert_eq!(house.state(HANAKO), State::Ready);
}

#[test]
fn the_time_to_ring_counts_from_the_ringing() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.after(Duration::from_secs(2)).expect("");
    house.queue.ringing(house.now, A, HANAKO);
    house.after(RING - Duration::from_millis(1)).expect("");
    house.queue.ringing(house.now, A, HANAKO); // a repeated 180 gives no more time
    house.after(Duration::from_millis(1)).expect("withdraw A 1 NoAnswer, offer A 2");
}

#[test]
fn w02_exactly_one_operator_gets_the_call() {
    let mut house = House::with([HANAKO, TARO, YUKI]);
    house.arrives(plan(A, RingAll)).expect("offer A 1, offer A 2, offer A 3");
    house.answers(A, TARO).expect("withdraw A 1 AnsweredElsewhere, withdraw A 3 AnsweredElsewhere");
    assert_eq!(house.queue.answered(house.now, A, HANAKO), Err(LostRace::AnsweredElsewhere { by: TARO }));
    assert_eq!(house.queue.answered(house.now, A, TARO), Err(LostRace::NotOffered), "a repeated 200");
    assert_eq!(house.queue.answered(house.now, B, TARO), Err(LostRace::NotOffered));
}

#[test]
fn w03_an_operator_dropping_out_does_not_restart_the_round() {
    let mut house = House::with([HANAKO, TARO, YUKI]);
    house.arrives(plan(A, RingAll)).expect("offer A 1, offer A 2, offer A 3");
    house.declines(A, TARO, Rejected).expect("");
    house.wishes(YUKI, Wish::LogOut).expect("withdraw A 3 OperatorLeft");
    house.after(Duration::from_secs(5)).expect("");
    house.declines(A, HANAKO, Busy).expect("position A 1");
    house.after(house.rest()).expect("offer A 2, offer A 1");
    assert_eq!(house.queue.waiting().next().map(|call| call.rounds), Some(1));
}

#[test]
fn w05_offers_end_with_the_caller() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(plan(A, RingAll)).expect("offer A 1, offer A 2");
    house.queue.withdraw(house.now, A);
    house.expect("withdraw A 1 CallerGone, withdraw A 2 CallerGone");
    assert_eq!(house.queue.answered(house.now, A, HANAKO), Err(LostRace::NotOffered));
    assert_eq!(house.queue.poll_timeout(), None);
}

#[test]
fn w06_the_end_of_wrap_up_is_an_event() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.arrives(call(B)).expect("position B 1");
    house.clears(HANAKO).expect("");
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall);
    assert_eq!(house.queue.poll_timeout(), Some(house.now + WRAP_UP));
    house.after(WRAP_UP).expect("offer B 1");
}

#[test]
fn a_finished_report_ends_the_wrap_up() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.arrives(call(B)).expect("position B 1");
    house.queue.finish_wrap_up(house.now, HANAKO);
    house.expect("offer B 1");
    house.after(WRAP_UP).expect("withdraw B 1 NoAnswer");
}

#[test]
fn first_come_first_served_within_a_priority() {
    let mut house = House::with([]);
    house.arrives(call(A)).expect("position A 1");
    house.arrives(call(B)).expect("position B 2");
    house.arrives(Waiting { priority: 1, ..call(C) }).expect("position C 1, position A 2, position B 3");
    house.logs_in(HANAKO).expect("offer C 1, position A 1, position B 2");
    house.logs_in(TARO).expect("offer A 2, position B 1");
}

#[test]
fn at_head_goes_before_all_of_its_priority_but_not_before_higher_ones() {
    let mut house = House::with([]);
    house.arrives(Waiting { priority: 1, ..call(A) });
    house.arrives(call(B));
    house.arrives(Waiting { at_head: true, ..call(C) });
    let order: Vec<CallId> = house.queue.waiting().map(|call| call.call).collect();
    assert_eq!(order, [A, C, B]);
}

#[test]
fn a_call_that_everyone_declined_rests_and_is_asked_for_again() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.declines(A, HANAKO, Busy).expect("offer A 2");
    house.declines(A, TARO, Rejected).expect("position A 1");
    house.after(house.rest() - Duration::from_millis(1)).expect("");
    house.after(Duration::from_millis(1)).expect("offer A 1");
    house.declines(A, HANAKO, Busy).expect("offer A 2");
}

#[test]
fn a_resting_call_takes_whoever_comes_free() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.declines(A, HANAKO, Rejected).expect("position A 1");
    house.logs_in(TARO).expect("offer A 2");
    house.after(house.rest()).expect("");
    house.declines(A, TARO, Rejected).expect("");
    house.after(house.rest()).expect("offer A 1");
}

#[test]
fn who_declined_one_call_is_offered_another_at_once() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.arrives(call(B)).expect("position B 1");
    house.declines(A, HANAKO, Rejected).expect("offer B 1, position A 1");
}

#[test]
fn an_operator_who_does_not_answer_twice_is_taken_out_with_an_alarm() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.after(RING).expect("withdraw A 1 NoAnswer, offer A 2");
    house.answers(A, TARO).expect("");
    house.arrives(call(B)).expect("offer B 1");
    house.after(RING).expect("withdraw B 1 NoAnswer, unreliable 1, position B 1");
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "no answer".to_owned() });
    house.wishes(HANAKO, Wish::Ready).expect("");
    house.after(house.rest()).expect("offer B 1");
}

#[test]
fn the_last_operator_at_work_stays_but_the_alarm_is_raised() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.after(RING).expect("withdraw A 1 NoAnswer, position A 1");
    house.after(house.rest()).expect("offer A 1");
    house.after(RING).expect("withdraw A 1 NoAnswer, unreliable 1");
    assert_eq!(house.state(HANAKO), State::Ready);
    house.after(house.rest()).expect("offer A 1");
}

#[test]
fn a_dead_phone_counts_as_unanswered_and_a_refusal_does_not() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.declines(A, HANAKO, Unreachable).expect("offer A 2");
    house.declines(A, TARO, Rejected).expect("position A 1");
    house.after(house.rest()).expect("offer A 1");
    house.declines(A, HANAKO, Unreachable).expect("unreliable 1, offer A 2");
    house.declines(A, TARO, NoAnswer).expect("");
    house.after(house.rest()).expect("offer A 2");
    house.declines(A, TARO, Busy).expect("");
    house.after(house.rest()).expect("offer A 2");
    house.declines(A, TARO, NoAnswer).expect("");
    assert_eq!(house.state(TARO), State::Ready);
}

#[test]
fn not_answering_when_everyones_phone_rings_is_nobodys_failure() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(plan(A, RingAll)).expect("offer A 1, offer A 2");
    for _ in 0..3 {
        house.after(RING);
        house.after(house.rest());
    }
    assert_eq!((house.state(HANAKO), house.state(TARO)), (State::Busy, State::Busy));
}

#[test]
fn all_the_needed_skills_are_needed() {
    let mut house = House::with([]);
    house.skilled(HANAKO, &["english"]);
    house.skilled(TARO, &["english", "doctor"]);
    house.arrives(needing(A, &["doctor", "english"])).expect("offer A 2");
    house.arrives(needing(B, &["doctor"])).expect("position B 1");
    house.arrives(needing(C, &["english"])).expect("offer C 1");
    house.declines(A, TARO, Rejected).expect("offer B 2, position A 1");
}

#[test]
fn what_we_could_not_ask_counts_neither_against_an_operator_nor_for_one() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.declines(A, HANAKO, Unreachable).expect("offer A 2");
    house.declines(A, TARO, Declined::NotAsked).expect("position A 1");
    // Hanako has once not answered, Taro has done nothing: he is where he was, first.
    house.after(house.rest()).expect("offer A 2");
    house.declines(A, TARO, Declined::NotAsked).expect("offer A 1");
    house.declines(A, HANAKO, Declined::NotAsked).expect("");
    house.after(house.rest()).expect("offer A 2");
    house.declines(A, TARO, Declined::NotAsked).expect("offer A 1");
    house.declines(A, HANAKO, Unreachable).expect("unreliable 1");
    assert_eq!(house.state(TARO), State::Ready);
}

#[test]
fn newly_learned_skills_find_a_waiting_call() {
    let mut house = House::with([HANAKO]);
    house.skilled(TARO, &["doctor"]);
    house.queue.engaged(house.now, TARO, C);
    house.arrives(needing(A, &["doctor"])).expect("position A 1");
    house.skilled(HANAKO, &["doctor"]);
    house.expect("offer A 1");
}

#[test]
fn the_preferred_operator_is_asked_first_and_alone() {
    let mut house = House::with([HANAKO, TARO, YUKI]);
    house.arrives(Waiting { prefer: Some(YUKI), ..plan(A, RingAll) }).expect("offer A 3");
    house.declines(A, YUKI, Rejected).expect("offer A 1, offer A 2");
    house.arrives(Waiting { prefer: Some(HANAKO), ..call(B) }).expect("offer B 3");
}

#[test]
fn ring_all_takes_in_who_comes_free_but_a_silent_call_goes_first() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(plan(A, RingAll)).expect("offer A 1, offer A 2");
    house.arrives(plan(B, RingAll)).expect("position B 1");
    house.logs_in(YUKI).expect("offer B 3");
    house.answers(A, HANAKO).expect("withdraw A 2 AnsweredElsewhere, offer B 2");
}

#[test]
fn a_wish_while_talking_comes_true_after_the_wrap_up() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.wishes(HANAKO, not_ready("lunch")).expect("");
    assert_eq!(house.state(HANAKO), State::Busy);
    house.clears(HANAKO).expect("");
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall);
    house.arrives(call(B)).expect("position B 1");
    house.after(WRAP_UP).expect("");
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "lunch".to_owned() });
    house.wishes(HANAKO, Wish::Ready).expect("offer B 1");
}

#[test]
fn w04_an_operator_whose_phone_vanishes_is_not_stuck() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.queue.set_reachable(house.now, HANAKO, false);
    house.expect("withdraw A 1 Unreachable, offer A 2");
    house.arrives(call(B)).expect("position B 1");
    house.queue.set_reachable(house.now, HANAKO, true);
    house.expect("offer B 1");
}

#[test]
fn an_operator_in_a_call_of_another_kind_is_not_disturbed() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.queue.engaged(house.now, HANAKO, C);
    house.expect("withdraw A 1 OperatorLeft, position A 1");
    assert_eq!(house.queue.operator(HANAKO).and_then(|operator| operator.call), Some(C));
    house.clears(HANAKO).expect("");
    house.after(WRAP_UP).expect("offer A 1");
}

#[test]
fn who_only_listened_has_nothing_to_write_and_is_what_he_was() {
    let mut house = House::with([HANAKO, TARO]);
    house.wishes(TARO, Wish::NotReady { reason: "lunch".to_owned() }).expect("");
    for operator in [HANAKO, TARO] {
        house.queue.engaged(house.now, operator, C);
        assert_eq!(house.state(operator), State::Busy);
    }
    house.arrives(call(A)).expect("position A 1");
    house.queue.released(house.now, TARO);
    assert_eq!(house.state(TARO), State::NotReady { reason: "lunch".to_owned() });
    house.queue.released(house.now, HANAKO);
    house.expect("offer A 1");
    house.queue.released(house.now, HANAKO); // who is offered a call keeps the offer
    house.expect("");
}

#[test]
fn who_listens_in_the_wrap_up_has_the_rest_of_it_afterwards() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.arrives(call(B)).expect("position B 1");
    house.after(WRAP_UP / 3).expect("");
    house.queue.engaged(house.now, HANAKO, C);
    house.after(WRAP_UP / 3).expect("");
    house.queue.released(house.now, HANAKO);
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall);
    house.after(WRAP_UP / 3 - Duration::from_millis(1)).expect("");
    // Again, until it would have been over: nothing is left of it.
    house.queue.engaged(house.now, HANAKO, C);
    house.wishes(HANAKO, Wish::Ready).expect("");
    house.after(Duration::from_millis(1)).expect("");
    house.queue.released(house.now, HANAKO);
    house.expect("offer B 1");
}

#[test]
fn removed_operators_finish_their_talk() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.arrives(call(B)).expect("offer B 2");
    house.queue.set_operators(house.now, Vec::new());
    house.expect("withdraw B 2 OperatorLeft, position B 1");
    assert_eq!(house.queue.operators().count(), 1);
    house.clears(HANAKO).expect("");
    assert_eq!(house.queue.operators().count(), 0);
    assert_eq!(house.queue.set_state(house.now, HANAKO, Wish::Ready), Err(StateRefused::UnknownOperator(HANAKO)));
}

#[test]
fn a_caller_can_come_back_to_the_queue() {
    let mut house = House::with([HANAKO, TARO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.arrives(Waiting { at_head: true, ..call(A) }).expect("offer A 2");
    assert_eq!(house.queue.enqueue(house.now, call(A)), Err(EnqueueError::Duplicate));
}

#[test]
fn r31_a_talk_that_was_interrupted_comes_back_to_its_operator_before_any_other_call() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.arrives(Waiting { priority: 9, ..call(B) }).expect("position B 1");
    house.logs_in(TARO).expect("offer B 2");
    house.declines(B, TARO, Rejected).expect("");
    let again = |call| Waiting { at_head: true, ..Waiting::new(call) };
    house.queue.interrupted(house.now, HANAKO, again(A)).unwrap();
    // Not to Taro, who is free; not B, which would be first.
    house.expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    // Whoever does not take it back is no reason to lose the caller.
    house.queue.interrupted(house.now, HANAKO, again(A)).unwrap();
    house.expect("offer A 1");
    house.declines(A, HANAKO, Unreachable).expect("offer B 1, offer A 2");
}

/// A talk in which a break was asked for, and which was interrupted: its call rings there again.
fn interrupted_before_lunch() -> House {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.wishes(HANAKO, not_ready("lunch")).expect("");
    let again = Waiting { at_head: true, ..call(A) };
    house.queue.interrupted(house.now, HANAKO, again).unwrap();
    house.expect("offer A 1");
    house
}

#[test]
fn r31_a_break_asked_for_in_a_talk_that_was_interrupted_comes_after_it() {
    let mut house = interrupted_before_lunch();
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.queue.finish_wrap_up(house.now, HANAKO);
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "lunch".into() });
    // Ready, said while it rings again, takes it back.
    let mut house = interrupted_before_lunch();
    house.wishes(HANAKO, Wish::Ready).expect("");
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.queue.finish_wrap_up(house.now, HANAKO);
    assert_eq!(house.state(HANAKO), State::Ready);
    // A second interruption loses it as little as the first.
    let mut house = interrupted_before_lunch();
    house.answers(A, HANAKO).expect("");
    house.queue.interrupted(house.now, HANAKO, Waiting { at_head: true, ..call(A) }).unwrap();
    house.expect("offer A 1");
    house.answers(A, HANAKO).expect("");
    house.clears(HANAKO).expect("");
    house.queue.finish_wrap_up(house.now, HANAKO);
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "lunch".into() });
}

#[test]
fn r31_the_break_comes_true_at_once_when_the_call_is_theirs_no_longer() {
    let lunch = State::NotReady { reason: "lunch".into() };
    // It ends while it rings again.
    let mut house = interrupted_before_lunch();
    house.queue.withdraw(house.now, A);
    assert_eq!(house.state(HANAKO), lunch);
    // They do not take it, and another does.
    let mut house = interrupted_before_lunch();
    house.logs_in(TARO);
    house.declines(A, HANAKO, Unreachable).expect("offer A 2");
    assert_eq!(house.state(HANAKO), lunch);
    house.arrives(call(B)).expect("position B 1");
}

#[test]
fn r45_the_queue_has_an_end() {
    let mut queue = Queue::new(Limits { waiting_max: 1, ..Limits::default() });
    let now = a_moment();
    assert_eq!(queue.enqueue(now, call(A)), Ok(()));
    assert_eq!(queue.enqueue(now, call(B)), Err(EnqueueError::Full));
}

#[test]
fn states_are_told_as_they_change() {
    let mut house = House::with([HANAKO]);
    house.arrives(call(A)).expect("offer A 1");
    house.answers(A, HANAKO);
    house.clears(HANAKO);
    house.after(WRAP_UP);
    house.wishes(HANAKO, Wish::LogOut).expect("");
    let told = house.states_told.iter().map(|(_, state)| state.clone()).collect::<Vec<_>>();
    assert_eq!(told, [State::Ready, State::Busy, State::WorkingAfterCall, State::Ready, State::LoggedOut]);
}

/// A queue with its clock.
struct House {
    queue: Queue,
    now: Instant,
    operators: BTreeMap<OperatorId, Operator>,
    states_told: Vec<(OperatorId, State)>,
}

impl House {
    fn with<const N: usize>(operators: [OperatorId; N]) -> Self {
        let mut house = Self {
            queue: Queue::new(Limits { promise: None, ..Limits::default() }),
            now: a_moment(),
            operators: BTreeMap::new(),
            states_told: Vec::new(),
        };
        for operator in operators {
            house.logs_in(operator).expect("");
        }
        house
    }

    fn rest(&self) -> Duration {
        Limits::default().rest
    }

    fn skilled(&mut self, id: OperatorId, skills: &[&str]) -> &mut Self {
        let skills = skills.iter().map(|skill| ((*skill).to_owned(), 1)).collect();
        self.operators.insert(id, Operator { skills, wrap_up: WRAP_UP, ..Operator::new(id) });
        let known = self.queue.operator(id).is_some();
        self.queue.set_operators(self.now, self.operators.values().cloned().collect());
        if !known {
            self.now += Duration::from_millis(1);
            self.queue.set_reachable(self.now, id, true);
            self.queue.set_state(self.now, id, Wish::Ready).unwrap();
        }
        self
    }

    fn logs_in(&mut self, id: OperatorId) -> &mut Self {
        self.skilled(id, &[])
    }

    fn arrives(&mut self, waiting: Waiting) -> &mut Self {
        self.queue.enqueue(self.now, waiting).unwrap();
        self
    }

    fn answers(&mut self, call: CallId, operator: OperatorId) -> &mut Self {
        assert_eq!(self.queue.answered(self.now, call, operator), Ok(()));
        self
    }

    fn declines(&mut self, call: CallId, operator: OperatorId, how: Declined) -> &mut Self {
        self.now += Duration::from_millis(1);
        self.queue.declined(self.now, call, operator, how);
        self
    }

    fn wishes(&mut self, operator: OperatorId, wish: Wish) -> &mut Self {
        self.queue.set_state(self.now, operator, wish).unwrap();
        self
    }

    fn clears(&mut self, operator: OperatorId) -> &mut Self {
        self.queue.cleared(self.now, operator);
        self
    }

    fn after(&mut self, time: Duration) -> &mut Self {
        self.now += time;
        self.queue.handle_timeout(self.now);
        self
    }

    fn state(&self, operator: OperatorId) -> State {
        self.queue.operator(operator).unwrap().state
    }

    /// Exactly these effects, states apart: `offer CALL OPERATOR, withdraw CALL OPERATOR WHY, position CALL N`.
    #[track_caller]
    fn expect(&mut self, story: &str) {
        let mut told = Vec::new();
        while let Some(effect) = self.queue.poll_effect() {
            told.push(match effect {
                Effect::Offer { call, operator } => format!("offer {:X} {operator}", call.0),
                Effect::Withdraw { call, operator, why } => format!("withdraw {:X} {operator} {why:?}", call.0),
                Effect::Waiting { call, position } => format!("position {:X} {position}", call.0),
                Effect::OperatorUnreliable { operator } => format!("unreliable {operator}"),
                Effect::Widened { call, who, why } => format!("widened {:X} {who:?} {why:?}", call.0),
                Effect::PromiseAtRisk { call, .. } => format!("at risk {:X}", call.0),
                Effect::OperatorState { operator, state } => {
                    self.states_told.push((operator, state));
                    continue;
                }
            });
        }
        assert_eq!(told.join(", "), story);
        assert_eq!(self.queue.audit(), []);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.queue.audit(), []);
        }
    }
}

/// Tests need some moment to count from.
#[allow(clippy::disallowed_methods)]
pub(super) fn a_moment() -> Instant {
    Instant::now()
}

fn call(call: CallId) -> Waiting {
    plan(call, LongestIdle)
}

fn plan(call: CallId, plan: RingPlan) -> Waiting {
    Waiting { plan: Arc::new(plan), ..Waiting::new(call) }
}

fn needing(id: CallId, needs: &[&str]) -> Waiting {
    Waiting { needs: needs.iter().map(|need| (*need).to_owned()).collect(), ..call(id) }
}

fn not_ready(reason: &str) -> Wish {
    Wish::NotReady { reason: reason.to_owned() }
}
