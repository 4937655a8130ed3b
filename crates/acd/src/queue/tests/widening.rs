//! More and more phones ring.

use super::*;
use crate::{Step, Tier, Who};

const BOSS: OperatorId = OperatorId(8);
const CHIEF: OperatorId = OperatorId(9);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn tier(id: OperatorId, tier: Tier) -> Operator {
    Operator { tier, ..Operator::new(id) }
}

/// Six operators, of whom the last knows no law; a supervisor and a manager.
fn house() -> House {
    let mut house = House::with([]);
    for id in 1..=5 {
        house.skilled(OperatorId(id), &["law"]);
    }
    house.skilled(OperatorId(6), &[]);
    house.joins(tier(BOSS, Tier::Supervisor)).joins(tier(CHIEF, Tier::Manager)).expect("");
    house
}

fn law(id: CallId) -> Waiting {
    Waiting { needs: vec!["law".to_owned()], ring: Duration::from_secs(20), ..plan(id, RingPlan::three_rings()) }
}

#[test]
fn w05_three_rings_reach_everyone_and_end_with_the_caller() {
    let mut house = house();
    house.arrives(law(A)).expect("offer A 1");
    house.after(seconds(2.9)).expect("");
    house.after(seconds(0.1)).expect("widened A Best(3) Step, offer A 2, offer A 3");
    house.after(seconds(3.0)).expect("widened A Everyone Step, offer A 4, offer A 5, offer A 6");
    house.after(seconds(1.5)).expect("widened A Supervisors Step, widened A Managers Step, offer A 8, offer A 9");
    assert_eq!(house.queue.waiting().next().map(|waiting| waiting.offered_to.len()), Some(8));
    house.queue.withdraw(house.now, A);
    let all = [1, 2, 3, 4, 5, 6, 8, 9].map(|id| format!("withdraw A {id} CallerGone"));
    house.expect(&all.join(", "));
    assert_eq!(house.queue.poll_timeout(), None);
}

#[test]
fn w03_who_drops_out_is_replaced_and_the_others_ring_on() {
    let mut house = house();
    house.arrives(law(A)).expect("offer A 1");
    house.after(seconds(3.0)).expect("widened A Best(3) Step, offer A 2, offer A 3");
    house.declines(A, TARO, Rejected).expect("offer A 4");
    house.wishes(YUKI, Wish::LogOut).expect("withdraw A 3 OperatorLeft, offer A 5");
    house.after(seconds(3.0)).expect("widened A Everyone Step, offer A 6");
}

#[test]
fn w02_of_all_who_ring_one_gets_the_call_and_the_others_the_next() {
    let mut house = house();
    house.arrives(law(A)).expect("offer A 1");
    house.after(seconds(6.0)).expect(
        "widened A Best(3) Step, widened A Everyone Step, offer A 2, offer A 3, offer A 4, offer A 5, offer A 6",
    );
    house.arrives(law(B)).expect("position B 1");
    house.queue.answered(house.now, A, OperatorId(6)).unwrap();
    assert_eq!(house.queue.answered(house.now, A, HANAKO), Err(LostRace::AnsweredElsewhere { by: OperatorId(6) }));
    let mut told = Vec::new();
    while let Some(effect) = house.queue.poll_effect() {
        if let Effect::Offer { call, operator } = effect {
            told.push((call, operator));
        }
    }
    assert_eq!(told, [(B, TARO)], "one of those who came free; hanako let it ring for two rings and goes behind");
}

#[test]
fn the_steps_count_from_the_callers_first_ringing() {
    let mut house = house();
    let since = house.now;
    house.now += seconds(4.0);
    house.arrives(Waiting { since: Some(since), ..law(A) });
    house.expect("widened A Best(3) Step, offer A 1, offer A 2, offer A 3");
    house.after(seconds(2.0)).expect("widened A Everyone Step, offer A 4, offer A 5, offer A 6");
}

#[test]
fn who_comes_free_joins_as_far_as_the_call_has_widened() {
    let mut house = House::with([HANAKO]);
    house.joins(tier(CHIEF, Tier::Manager)).expect("");
    house.queue.engaged(house.now, CHIEF, C);
    house.arrives(Waiting { ring: seconds(30.0), ..plan(A, RingPlan::three_rings()) }).expect("offer A 1");
    house.logs_in(TARO).expect("");
    house.after(seconds(2.9)).expect("");
    house.after(seconds(0.1)).expect("widened A Best(3) Step, offer A 2");
    house.logs_in(YUKI).expect("offer A 3");
    house.logs_in(OperatorId(4)).expect("");
    house.after(seconds(5.0)).expect("widened A Everyone Step, widened A Managers Step, offer A 4");
    house.queue.released(house.now, CHIEF);
    house.expect("offer A 9");
}

#[test]
fn a_step_for_which_nobody_is_at_work_gives_way_at_once() {
    let steps = [(0.0, Who::Best(1)), (3.0, Who::Everyone), (6.0, Who::Supervisors), (9.0, Who::Managers)];
    let plan = || RingPlan::Widening(steps.map(|(after, who)| Step { after: seconds(after), who }).to_vec());
    // Nobody but the manager is there.
    let mut house = House::with([]);
    house.joins(tier(CHIEF, Tier::Manager)).expect("");
    house.arrives(super::plan(A, plan())).expect("widened A Managers Step, offer A 9");
    // The supervisor is there, and goes home when the call rings there.
    let mut house = House::with([HANAKO]);
    house.joins(tier(BOSS, Tier::Supervisor)).joins(tier(CHIEF, Tier::Manager)).expect("");
    house.queue.engaged(house.now, HANAKO, C);
    house.arrives(super::plan(A, plan())).expect("position A 1");
    house.after(seconds(6.0)).expect("widened A Everyone Step, widened A Supervisors Step, offer A 8");
    house.wishes(BOSS, Wish::LogOut).expect("withdraw A 8 OperatorLeft, widened A Managers Step, offer A 9");
    // Those with the skill leave: the others are asked.
    let mut house = House::with([]);
    house.skilled(HANAKO, &["law"]).skilled(TARO, &[]).expect("");
    house.arrives(Waiting { needs: vec!["law".to_owned()], ..super::plan(A, plan()) }).expect("offer A 1");
    house.wishes(HANAKO, not_ready("lunch")).expect("withdraw A 1 OperatorLeft, widened A Everyone Step, offer A 2");
}

#[test]
fn the_preferred_operator_is_asked_alone_only_for_the_first_step() {
    let mut house = House::with([HANAKO, TARO]);
    let call = Waiting { prefer: Some(TARO), ring: seconds(20.0), ..plan(A, RingPlan::three_rings()) };
    house.arrives(call).expect("offer A 2");
    house.after(seconds(3.0)).expect("widened A Best(3) Step, offer A 1");
}

#[test]
fn a_phone_on_an_empty_desk_costs_no_second_caller_the_first_ring() {
    let mut house = House::with([]);
    house.skilled(HANAKO, &["law"]).skilled(TARO, &["law"]).expect("");
    house.operators.get_mut(&HANAKO).unwrap().skills.insert("law".to_owned(), 9);
    house.queue.set_operators(house.now, house.operators.values().cloned().collect());
    house.arrives(law(A)).expect("offer A 1");
    house.after(seconds(3.0)).expect("widened A Best(3) Step, offer A 2");
    house.now += seconds(1.0);
    house.answers(A, TARO).expect("withdraw A 1 AnsweredElsewhere");
    house.clears(TARO);
    house.queue.finish_wrap_up(house.now, TARO);
    house.expect("");
    house.arrives(law(B)).expect("offer B 2");
    house.declines(B, TARO, Rejected).expect("offer B 1");
    house.answers(B, HANAKO).expect("");
    house.clears(HANAKO);
    house.queue.finish_wrap_up(house.now, HANAKO);
    house.arrives(law(C)).expect("offer C 1");
}

#[test]
fn a_phone_that_nobody_picks_up_though_it_rang_first_counts() {
    let mut house = House::with([HANAKO, TARO]);
    for _ in 0..2 {
        house.arrives(Waiting { prefer: Some(HANAKO), ring: seconds(5.0), ..plan(A, RingPlan::three_rings()) });
        house.after(seconds(5.0));
        house.queue.withdraw(house.now, A);
        house.now += seconds(1.0);
    }
    assert_eq!(house.state(HANAKO), State::NotReady { reason: "no answer".to_owned() });
    assert_eq!(house.state(TARO), State::Ready);
}

#[test]
fn w06_an_open_report_makes_the_wrap_up_longer_up_to_its_limit() {
    let mut house = House::with([]);
    house.joins(Operator { wrap_up: WRAP_UP, wrap_up_max: WRAP_UP * 4, ..Operator::new(HANAKO) });
    let talk = |house: &mut House| {
        house.arrives(call(A)).expect("offer A 1");
        house.answers(A, HANAKO).expect("");
        assert_eq!(house.queue.report_open(house.now, HANAKO, true), Ok(()));
        house.clears(HANAKO).expect("");
    };
    talk(&mut house);
    house.after(WRAP_UP * 2).expect("");
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall);
    // Written after two times the usual: ready at once.
    assert_eq!(house.queue.report_open(house.now, HANAKO, false), Ok(()));
    assert_eq!(house.state(HANAKO), State::Ready);
    // Written before that: ready when the usual time is over.
    talk(&mut house);
    house.after(WRAP_UP / 2).expect("");
    assert_eq!(house.queue.report_open(house.now, HANAKO, false), Ok(()));
    assert_eq!(house.queue.poll_timeout(), Some(house.now + WRAP_UP / 2));
    house.after(WRAP_UP / 2).expect("");
    // Never written: ready all the same, when four times are over, and told until the next call.
    talk(&mut house);
    house.after(WRAP_UP * 4 - Duration::from_millis(1)).expect("");
    assert_eq!(house.state(HANAKO), State::WorkingAfterCall);
    house.after(Duration::from_millis(1)).expect("");
    assert_eq!(house.state(HANAKO), State::Ready);
    let open = |house: &House| house.queue.operator(HANAKO).unwrap().report_open;
    assert!(open(&house));
    house.arrives(call(B)).expect("offer B 1");
    house.answers(B, HANAKO).expect("");
    assert!(!open(&house));
    house.clears(HANAKO).expect("");
    house.after(WRAP_UP).expect("");
    assert_eq!(house.state(HANAKO), State::Ready);
    assert_eq!(house.queue.report_open(house.now, YUKI, true), Err(crate::UnknownOperator(YUKI)));
}

#[test]
fn a_plan_for_people_who_are_not_here_rings_everyone() {
    let plan = || RingPlan::Widening(vec![Step { after: Duration::ZERO, who: Who::Supervisors }]);
    let mut house = House::with([HANAKO]);
    house.arrives(super::plan(A, plan())).expect("widened A Everyone Step, offer A 1");
    house.joins(tier(BOSS, Tier::Supervisor)).expect("offer A 8");
    house.arrives(super::plan(B, plan())).expect("position B 1");
    house.logs_in(TARO).expect("offer A 2");
    house.wishes(BOSS, Wish::LogOut).expect("withdraw A 8 OperatorLeft, widened B Everyone Step");
}

#[test]
fn the_preferred_one_who_comes_free_is_asked_whatever_the_plan() {
    let mut house = House::with([HANAKO]);
    house.joins(tier(BOSS, Tier::Supervisor)).expect("");
    for busy in [HANAKO, BOSS] {
        house.queue.engaged(house.now, busy, C);
    }
    house.arrives(Waiting { prefer: Some(BOSS), ..call(A) }).expect("position A 1");
    house.queue.released(house.now, BOSS);
    house.expect("offer A 8");
}

#[test]
fn w04_whatever_the_plan_the_supervisor_rings_where_no_operator_is_at_work() {
    let best = RingPlan::Widening(vec![Step { after: Duration::ZERO, who: Who::Best(1) }]);
    for plan in [LongestIdle, RingAll, RingPlan::TopDown, RingPlan::Weighted, RingPlan::RoundRobin, best] {
        let mut house = House::with([]);
        house.joins(tier(BOSS, Tier::Supervisor)).expect("");
        // A call back's turn again: its promise is long past.
        let since = house.now.checked_sub(seconds(300.0));
        house
            .arrives(Waiting { since, ..super::plan(A, plan.clone()) })
            .expect("widened A Supervisors Step, offer A 8");
        // Whoever comes joins; the operators as the plan says.
        house.joins(tier(CHIEF, Tier::Manager)).expect("offer A 9");
        house.logs_in(HANAKO).expect("offer A 1");
        house.arrives(super::plan(B, plan)).expect("position B 1");
    }
}

#[test]
fn w04_whatever_the_plan_operators_without_the_skills_ring_where_nobody_has_them() {
    let mut house = House::with([HANAKO]);
    house.joins(tier(BOSS, Tier::Supervisor)).expect("");
    house.arrives(needing(A, &["law"])).expect("widened A Everyone Step, offer A 1");
    // Nobody but the supervisor is there, who talks; then an operator comes who knows no law.
    let mut house = House::with([]);
    house.joins(tier(BOSS, Tier::Supervisor)).expect("");
    house.queue.engaged(house.now, BOSS, C);
    house.arrives(needing(A, &["law"])).expect("widened A Supervisors Step, position A 1");
    house.logs_in(HANAKO).expect("widened A Everyone Step, offer A 1");
}

#[test]
fn skills_that_nobody_has_together_are_asked_of_everyone() {
    let both = |id| Waiting { needs: vec!["law".to_owned(), "english".to_owned()], ..Waiting::new(id) };
    // Each skill is there, in different heads.
    let mut house = House::with([]);
    house.skilled(HANAKO, &["law"]).skilled(TARO, &["english"]).expect("");
    house.arrives(both(A)).expect("widened A Everyone Step, offer A 1, offer A 2");
    // Somebody has both, and talks: the call waits, until that one goes home.
    let mut house = House::with([]);
    house.skilled(HANAKO, &["law"]).skilled(TARO, &["english"]).skilled(YUKI, &["english", "law"]).expect("");
    house.queue.engaged(house.now, YUKI, C);
    house.arrives(both(A)).expect("position A 1");
    house.wishes(YUKI, Wish::LogOut).expect("");
    house.queue.released(house.now, YUKI);
    house.expect("widened A Everyone Step, offer A 1, offer A 2");
    // And who learns what is missing has it together from then on.
    let mut house = House::with([]);
    house.skilled(HANAKO, &["law"]).skilled(TARO, &["law", "english"]).expect("");
    house.arrives(both(A)).expect("offer A 2");
    house.operators.get_mut(&TARO).unwrap().skills.remove("english");
    house.queue.set_operators(house.now, house.operators.values().cloned().collect());
    house.declines(A, TARO, Rejected).expect("widened A Everyone Step, offer A 1");
}

#[test]
fn f22_who_has_not_read_a_changed_manual_rings_only_where_everyone_does() {
    let sakura = |id| Waiting { customer: Some(7), ..plan(id, RingPlan::three_rings()) };
    let unread = |house: &mut House, id: OperatorId, firms: &[u64]| {
        house.operators.get_mut(&id).unwrap().unread = firms.iter().copied().collect();
        house.queue.set_operators(house.now, house.operators.values().cloned().collect());
    };
    let mut house = House::with([HANAKO, TARO, YUKI]);
    unread(&mut house, HANAKO, &[7]);
    house.arrives(sakura(A)).expect("offer A 2");
    house.after(seconds(3.0)).expect("widened A Best(3) Step, offer A 3");
    house.after(seconds(3.0)).expect("widened A Everyone Step, offer A 1");
    house.answers(A, TARO).expect("withdraw A 1 AnsweredElsewhere, withdraw A 3 AnsweredElsewhere");
    // Other firms' calls come as ever, and those of this firm do not keep them from coming.
    house.queue.engaged(house.now, YUKI, C);
    house.arrives(sakura(B)).expect("position B 1");
    house.arrives(Waiting { customer: Some(8), ..call(CallId(0xD)) }).expect("offer D 1");
    house.queue.withdraw(house.now, CallId(0xD));
    house.expect("withdraw D 1 CallerGone");
    // Read: the call that waits is offered at once.
    unread(&mut house, HANAKO, &[]);
    house.expect("offer B 1");
}

#[test]
fn f22_no_call_is_lost_because_nobody_has_read_the_manual() {
    let sakura = |id| Waiting { customer: Some(7), ..call(id) };
    let mut house = House::with([HANAKO, TARO]);
    for operator in house.operators.values_mut() {
        operator.unread = [7].into();
    }
    house.queue.set_operators(house.now, house.operators.values().cloned().collect());
    house.arrives(sakura(A)).expect("widened A Everyone Step, offer A 1, offer A 2");
    house.queue.withdraw(house.now, A);
    house.expect("withdraw A 1 CallerGone, withdraw A 2 CallerGone");
    // The one who has read it goes home while the call waits.
    house.operators.get_mut(&TARO).unwrap().unread.clear();
    house.queue.set_operators(house.now, house.operators.values().cloned().collect());
    house.arrives(sakura(B)).expect("offer B 2");
    house.wishes(TARO, Wish::LogOut).expect("withdraw B 2 OperatorLeft, widened B Everyone Step, offer B 1");
}
