//! What may happen to a queue, drawn by lot.

use super::OPERATORS;
use crate::{Declined, RingPlan, Step, Who};
use proptest::prelude::*;
use proptest::sample::Index;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) enum Event {
    Arrives(Arrival),
    CallerLeaves(Index),
    Rings(Index),
    Answers(Index),
    AnswersUnasked { call: u64, operator: i64 },
    Declines(Index, Declined),
    Clears(i64),
    Finishes(i64),
    Engaged(i64),
    Wishes(i64, u8),
    Reachable(i64, bool),
    Configured { operators: u8, skills: u8, tiers: u8, unread: u8 },
    ReportOpen(i64, bool),
    Owes(i64, u32),
    ReportsMax(Option<u32>),
    DayBegins,
    TimePasses(u64),
    NextTimeout,
}

#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) needs: u8,
    pub(super) plan: RingPlan,
    pub(super) priority: u8,
    pub(super) at_head: bool,
    pub(super) prefer: Option<i64>,
    pub(super) team: bool,
    pub(super) customer: Option<u64>,
    pub(super) since_ms: Option<u64>,
}

fn any_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        (0..3_u16).prop_map(Who::Best),
        Just(Who::Suited),
        Just(Who::Everyone),
        Just(Who::Supervisors),
        Just(Who::Managers),
    ]
}

fn any_plan() -> impl Strategy<Value = RingPlan> {
    let step = (0..9000_u64, any_who()).prop_map(|(ms, who)| Step { after: Duration::from_millis(ms), who });
    prop_oneof![
        3 => Just(RingPlan::LongestIdle),
        1 => Just(RingPlan::FewestCalls),
        1 => Just(RingPlan::LeastTalk),
        1 => Just(RingPlan::RoundRobin),
        1 => Just(RingPlan::TopDown),
        1 => Just(RingPlan::Weighted),
        3 => Just(RingPlan::RingAll),
        2 => Just(RingPlan::three_rings()),
        4 => prop::collection::vec(step, 0..5).prop_map(RingPlan::Widening),
    ]
}

fn any_arrival() -> impl Strategy<Value = Arrival> {
    let prefer = prop::option::weighted(0.2, 0..OPERATORS);
    let customer = prop::option::weighted(0.3, 0..3_u64);
    let since_ms = prop::option::weighted(0.2, 0..12_000_u64);
    (0..4_u8, any_plan(), 0..3_u8, prop::bool::weighted(0.2), prefer, any::<bool>(), customer, since_ms).prop_map(
        |(needs, plan, priority, at_head, prefer, team, customer, since_ms)| Arrival {
            needs,
            plan,
            priority,
            at_head,
            prefer,
            team,
            customer,
            since_ms,
        },
    )
}

pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let operator = || 0..OPERATORS;
    let how = prop::sample::select(vec![
        Declined::Busy,
        Declined::Rejected,
        Declined::NoAnswer,
        Declined::Unreachable,
        Declined::NotAsked,
    ]);
    prop_oneof![
        6 => any_arrival().prop_map(Event::Arrives),
        2 => any::<Index>().prop_map(Event::CallerLeaves),
        1 => any::<Index>().prop_map(Event::Rings),
        5 => any::<Index>().prop_map(Event::Answers),
        1 => (0..20_u64, operator()).prop_map(|(call, operator)| Event::AnswersUnasked { call, operator }),
        4 => (any::<Index>(), how).prop_map(|(which, how)| Event::Declines(which, how)),
        4 => operator().prop_map(Event::Clears),
        2 => operator().prop_map(Event::Finishes),
        1 => operator().prop_map(Event::Engaged),
        4 => (operator(), 0..5_u8).prop_map(|(operator, wish)| Event::Wishes(operator, wish)),
        2 => (operator(), prop::bool::weighted(0.8)).prop_map(|(operator, is)| Event::Reachable(operator, is)),
        1 => (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(operators, skills, tiers, unread)| Event::Configured { operators, skills, tiers, unread }),
        1 => (operator(), any::<bool>()).prop_map(|(operator, open)| Event::ReportOpen(operator, open)),
        2 => (operator(), 0..4_u32).prop_map(|(operator, reports)| Event::Owes(operator, reports)),
        1 => prop::option::of(0..3_u32).prop_map(Event::ReportsMax),
        1 => Just(Event::DayBegins),
        2 => (0..4000_u64).prop_map(Event::TimePasses),
        3 => Just(Event::NextTimeout),
    ]
}
