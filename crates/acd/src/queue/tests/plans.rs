//! Whom each plan asks, in which order.

use super::*;
use crate::{Step, Tier, Who};

/// A house of these operators, all ready, who came in this order.
fn house(operators: impl IntoIterator<Item = Operator>) -> House {
    let mut house = House::with([]);
    for operator in operators {
        house.joins(operator);
    }
    house.expect("");
    house
}

impl House {
    pub(super) fn joins(&mut self, operator: Operator) -> &mut Self {
        let id = operator.id;
        self.operators.insert(id, operator);
        self.queue.set_operators(self.now, self.operators.values().cloned().collect());
        self.now += Duration::from_millis(1);
        self.queue.set_reachable(self.now, id, true);
        self.queue.set_state(self.now, id, Wish::Ready).unwrap();
        self
    }

    /// A call comes, is answered by the one operator who is asked, and is over after so many seconds. Who it was.
    fn one_call(&mut self, plan: &RingPlan, seconds: u64) -> OperatorId {
        self.queue.enqueue(self.now, super::plan(A, plan.clone())).unwrap();
        let mut asked = Vec::new();
        while let Some(effect) = self.queue.poll_effect() {
            if let Effect::Offer { operator, .. } = effect {
                asked.push(operator);
            }
        }
        let [operator] = asked[..] else { panic!("{asked:?} were asked") };
        self.answers(A, operator);
        self.now += Duration::from_secs(seconds);
        self.clears(operator);
        self.queue.finish_wrap_up(self.now, operator);
        while self.queue.poll_effect().is_some() {}
        operator
    }
}

fn three() -> House {
    house([HANAKO, TARO, YUKI].map(Operator::new))
}

#[test]
fn the_longest_idle_is_who_talked_longest_ago() {
    let mut house = three();
    let order = [1, 1, 1, 1].map(|seconds| house.one_call(&LongestIdle, seconds));
    assert_eq!(order, [HANAKO, TARO, YUKI, HANAKO]);
}

#[test]
fn the_fewest_calls_are_of_today() {
    let mut house = three();
    house.queue.engaged(house.now, YUKI, C);
    let order = [1, 1, 1].map(|seconds| house.one_call(&RingPlan::FewestCalls, seconds));
    assert_eq!(order, [HANAKO, TARO, HANAKO]);
    house.queue.released(house.now, YUKI);
    let order = [1, 1].map(|seconds| house.one_call(&RingPlan::FewestCalls, seconds));
    assert_eq!(order, [YUKI, TARO], "has had none; then one, but is longest idle");
    let calls = |house: &House| house.queue.operators().map(|operator| operator.calls_today).collect::<Vec<_>>();
    assert_eq!(calls(&house), [2, 2, 1]);
    house.queue.day_begins();
    assert_eq!(calls(&house), [0, 0, 0]);
    assert_eq!(house.one_call(&RingPlan::FewestCalls, 1), HANAKO, "all are equal again, and the longest idle is first");
}

#[test]
fn the_least_talk_is_time_and_not_calls() {
    let mut house = three();
    let order = [60, 10, 20, 5, 4, 1].map(|seconds| house.one_call(&RingPlan::LeastTalk, seconds));
    assert_eq!(order, [HANAKO, TARO, YUKI, TARO, TARO, TARO], "10, 15, 19 seconds are less than 20 and 60");
    assert_eq!(house.one_call(&RingPlan::LeastTalk, 1), YUKI, "20 and 20: the longest idle");
    // To have listened to a colleague is no talk.
    house.queue.engaged(house.now, YUKI, C);
    house.now += Duration::from_secs(600);
    house.queue.released(house.now, YUKI);
    while house.queue.poll_effect().is_some() {}
    assert_eq!(house.one_call(&RingPlan::LeastTalk, 1), TARO);
    assert_eq!(house.one_call(&RingPlan::LeastTalk, 1), YUKI, "21 and 21");
}

#[test]
fn round_robin_takes_turns_however_a_turn_ends() {
    let mut house = three();
    let plan = || super::plan(A, RingPlan::RoundRobin);
    house.arrives(plan()).expect("offer A 1");
    house.declines(A, HANAKO, Rejected).expect("offer A 2");
    house.queue.withdraw(house.now, A);
    house.expect("withdraw A 2 CallerGone");
    // The longest idle would be taro still.
    let order = [1, 1, 1, 1].map(|seconds| house.one_call(&RingPlan::RoundRobin, seconds));
    assert_eq!(order, [YUKI, HANAKO, TARO, YUKI]);
}

#[test]
fn top_down_asks_the_next_only_when_those_above_are_busy() {
    let rank = |id, rank| Operator { rank, ..Operator::new(id) };
    let mut house = house([rank(HANAKO, 2), rank(TARO, 0), rank(YUKI, 1)]);
    let order = [1, 1].map(|seconds| house.one_call(&RingPlan::TopDown, seconds));
    assert_eq!(order, [TARO, TARO]);
    house.arrives(plan(A, RingPlan::TopDown)).expect("offer A 2");
    house.arrives(plan(B, RingPlan::TopDown)).expect("offer B 3");
    house.declines(B, YUKI, Busy).expect("offer B 1");
}

#[test]
fn lots_are_drawn_by_level_and_the_same_seed_draws_the_same() {
    let level = |id, level| Operator { skills: BTreeMap::from([("law".to_owned(), level)]), ..Operator::new(id) };
    let draw = |seed| {
        let mut house = House::with([]);
        house.queue = Queue::new(Limits { promise: None, seed, ..Limits::default() });
        for operator in [level(HANAKO, 1), level(TARO, 3), level(YUKI, 6)] {
            house.joins(operator);
        }
        while house.queue.poll_effect().is_some() {}
        let mut drawn = Vec::new();
        for _ in 0..4_000 {
            house.arrives(Waiting { needs: vec!["law".to_owned()], ..plan(A, RingPlan::Weighted) });
            while let Some(effect) = house.queue.poll_effect() {
                if let Effect::Offer { operator, .. } = effect {
                    drawn.push(operator);
                }
            }
            house.queue.withdraw(house.now, A);
            while house.queue.poll_effect().is_some() {}
        }
        drawn
    };
    let drawn = draw(1);
    let share = |who| drawn.iter().filter(|drawn| **drawn == who).count();
    // 400, 1200 and 2400 of 4000 are expected; deviations of 19, 29 and 31 are usual, so these are five of them.
    assert!((300..500).contains(&share(HANAKO)), "{}", share(HANAKO));
    assert!((1050..1350).contains(&share(TARO)), "{}", share(TARO));
    assert!((2240..2560).contains(&share(YUKI)), "{}", share(YUKI));
    assert_eq!(draw(1), drawn);
    assert_ne!(draw(2), drawn);
}

#[test]
fn the_best_suited_are_those_of_the_highest_level() {
    let level = |id, level| Operator { skills: BTreeMap::from([("law".to_owned(), level)]), ..Operator::new(id) };
    let mut house = house([level(HANAKO, 1), level(TARO, 5), level(YUKI, 5)]);
    let best = |count| RingPlan::Widening(vec![Step { after: Duration::ZERO, who: Who::Best(count) }]);
    let call = |id, count| Waiting { needs: vec!["law".to_owned()], ..plan(id, best(count)) };
    house.arrives(call(A, 1)).expect("offer A 2");
    house.arrives(call(B, 2)).expect("offer B 3, offer B 1");
}

#[test]
fn the_team_is_asked_first_and_everyone_else_if_it_is_busy() {
    let of = |team: &str, id| Operator { teams: vec![team.to_owned(), team.to_owned()], ..Operator::new(id) };
    let mut house = house([of("west", HANAKO), of("east", TARO), of("east", YUKI)]);
    let call = |id| Waiting { team: Some("east".to_owned()), ..call(id) };
    house.arrives(call(A)).expect("offer A 2");
    house.arrives(call(B)).expect("offer B 3");
    house.arrives(call(C)).expect("offer C 1");
}

#[test]
fn who_knows_the_firm_is_asked_first_and_nobody_must_know_it() {
    let knows = |firm, id| Operator { customers: BTreeSet::from([firm]), ..Operator::new(id) };
    let mut house = house([knows(1, HANAKO), knows(2, TARO), knows(1, YUKI)]);
    let of = |firm, id| Waiting { customer: Some(firm), ..call(id) };
    house.arrives(of(2, A)).expect("offer A 2");
    house.arrives(of(2, B)).expect("offer B 1");
    // The team goes before the firm, and the firm within the team.
    let team = |id, firm, team: &str| Operator { teams: vec![team.to_owned()], ..knows(firm, id) };
    let mut house = self::house([team(HANAKO, 1, "west"), team(TARO, 2, "east"), team(YUKI, 1, "east")]);
    let call = |id| Waiting { team: Some("east".to_owned()), ..of(1, id) };
    house.arrives(call(A)).expect("offer A 3");
    house.arrives(call(B)).expect("offer B 2");
    house.arrives(call(C)).expect("offer C 1");
}

#[test]
fn supervisors_and_managers_are_left_alone_by_plans_that_do_not_ask_them() {
    let tier = |id, tier| Operator { tier, ..Operator::new(id) };
    for plan in [LongestIdle, RingAll, RingPlan::TopDown, RingPlan::Weighted, RingPlan::RoundRobin] {
        let mut house = house([Operator::new(YUKI), tier(HANAKO, Tier::Supervisor), tier(TARO, Tier::Manager)]);
        house.queue.engaged(house.now, YUKI, C);
        house.arrives(super::plan(A, plan)).expect("position A 1");
        house.after(Duration::from_secs(60)).expect("");
        house.queue.released(house.now, YUKI);
        house.expect("offer A 3");
    }
}

#[test]
fn a_longer_wait_may_weigh_more_than_a_priority() {
    let mut house = House::with([]);
    house.queue = Queue::new(Limits { promise: None, ageing: Some(Duration::from_secs(10)), ..Limits::default() });
    house.arrives(call(A)).expect("position A 1");
    house.now += Duration::from_secs(9);
    house.arrives(Waiting { priority: 1, ..call(B) }).expect("position B 1, position A 2");
    house.now += Duration::from_secs(2);
    house.arrives(Waiting { priority: 1, ..call(C) }).expect("position C 3");
    house.logs_in(HANAKO).expect("offer B 1, position A 1, position C 2");
}

#[test]
fn a_caller_who_came_earlier_keeps_the_place() {
    let mut house = House::with([]);
    let came = house.now;
    house.now += Duration::from_secs(5);
    house.arrives(call(A)).expect("position A 1");
    house.arrives(Waiting { since: Some(came), ..call(B) }).expect("position B 1, position A 2");
    assert_eq!(house.queue.waiting().next().map(|waiting| waiting.since), Some(came));
}
