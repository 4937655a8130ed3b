//! What became of callers, as figures are made of it.

use switch::promise::certificate::Certificate;
use switch::promise::staffing::{QUARTER_MS, Quarter};
use switch::{CallId, CallRecord, CallState, Outcome};

use crate::on_both;
use crate::records::{NOON_MS, cleared, waiting};

/// A call of this firm that came so long after noon, and what became of it.
fn call(number: u32, customer: i64, after_ms: i64, answered_after_ms: Option<i64>) -> CallRecord {
    let arrived_ms = NOON_MS + after_ms;
    let answered_ms = answered_after_ms.map(|wait_ms| arrived_ms + wait_ms);
    CallRecord {
        call: CallId::new(arrived_ms, number),
        customer: Some(customer),
        arrived_ms,
        ringing_ms: Some(arrived_ms),
        answered_ms,
        first_speech_ms: answered_ms.map(|answered_ms| answered_ms + 700),
        wait_ms: answered_after_ms.unwrap_or(11_000),
        talk_ms: answered_after_ms.map_or(0, |_| 60_000),
        ending: if answered_ms.is_some() { "caller_hung_up" } else { "abandoned" }.to_owned(),
        ..cleared(number)
    }
}

on_both! {
    async fn x11_a_months_visits_are_its_firms_and_its_own(store: Store) {
        let calls = [
            call(1, 7, 0, Some(5_000)),
            call(2, 7, 0, Some(8_500)),
            call(3, 7, 1, None),
            call(4, 8, 2, Some(1_000)),
            call(5, 7, -1, Some(1_000)),
            call(6, 7, 60_000, Some(1_000)),
        ];
        store.save_calls(&calls).await.unwrap();
        // In hand: nobody knows yet what becomes of it.
        let open = CallRecord { customer: Some(7), arrived_ms: NOON_MS + 5, ..waiting(7) };
        store.save_call(&open).await.unwrap();
        let visits = store.visits(Some(7), NOON_MS, NOON_MS + 60_000).await.unwrap();
        let outcomes: Vec<_> = visits.iter().map(|visit| (visit.outcome, visit.ear_ms)).collect();
        let answered = |wait_ms| (Outcome::Answered { wait_ms }, Some(wait_ms + 700));
        assert_eq!(outcomes, [answered(5_000), answered(8_500), (Outcome::Abandoned, None)]);
        assert_eq!(store.visits(None, NOON_MS, NOON_MS + 60_000).await.unwrap().len(), 4);
        let certificate = Certificate::of(visits);
        assert_eq!((certificate.at_the_answer.three_rings, certificate.at_the_ear.three_rings), (2, 1));
        assert_eq!(certificate.at_the_ear.three_rings_percent, Some(33.33));
    }

    async fn f04_a_call_that_a_crash_cut_off_before_the_answer_is_a_broken_promise(store: Store) {
        store.save_call(&waiting(1)).await.unwrap();
        store.close_interrupted(NOON_MS + 3_600_000, &[]).await.unwrap();
        let record = store.call(waiting(1).call).await.unwrap();
        assert_eq!(record.state, CallState::Interrupted);
        let visits = store.visits(None, 0, i64::MAX).await.unwrap();
        assert_eq!(visits.iter().map(|visit| visit.outcome).collect::<Vec<_>>(), [Outcome::Abandoned]);
    }

    async fn more_visits_than_a_page_are_all_read_once(store: Store) {
        let many: Vec<_> = (0..10_050).map(|n| CallRecord {
            legs: Vec::new(), events: Vec::new(), recording: None, ..call(n, 1, i64::from(n / 3), None)
        }).collect();
        store.save_calls(&many).await.unwrap();
        let visits = store.visits(Some(1), NOON_MS, NOON_MS + 60_000).await.unwrap();
        assert_eq!(visits.len(), many.len());
        assert!(visits.is_sorted_by_key(|visit| visit.arrived_ms));
    }

    async fn x07_traffic_is_told_by_the_quarter_of_an_hour(store: Store) {
        let first = NOON_MS.div_euclid(QUARTER_MS) * QUARTER_MS;
        let into = NOON_MS - first;
        let calls = [
            call(1, 1, -into, Some(2_000)),
            call(2, 2, QUARTER_MS - into - 1, None),
            call(3, 1, QUARTER_MS - into, Some(3_000)),
        ];
        store.save_calls(&calls).await.unwrap();
        let told = store.quarters(first, first + 10 * QUARTER_MS).await.unwrap();
        let expected = [
            Quarter { from_ms: first, offered: 2, answered: 1, talk_ms: 60_000, waited_ms: 13_000 },
            Quarter { from_ms: first + QUARTER_MS, offered: 1, answered: 1, talk_ms: 60_000, waited_ms: 3_000 },
        ];
        assert_eq!(told, expected);
        assert_eq!(store.quarters(first + QUARTER_MS, first + QUARTER_MS + 1).await.unwrap().len(), 1);
    }

    async fn x07_staffing_learns_from_operators_work_alone(store: Store) {
        let first = NOON_MS.div_euclid(QUARTER_MS) * QUARTER_MS;
        let into = NOON_MS - first;
        let ended = |number, ending: &str| CallRecord { ending: ending.to_owned(), ..call(number, 1, -into, None) };
        let passed_on = call(5, 1, -into, Some(2_000));
        let passed_on = CallRecord { bridged_ms: passed_on.answered_ms.map(|at| at + 15_000), ..passed_on };
        let called_back = CallRecord { wait_ms: 7_200_000, ..call(6, 1, -into, Some(7_200_000)) };
        // A person answered, and what came after that does not undo it.
        let answered = CallRecord { ending: "message_left".to_owned(), ..call(7, 1, -into, Some(1_000)) };
        let calls = [
            ended(1, "closed"),
            ended(2, "message_left"),
            ended(3, "no_message"),
            ended(4, "abandoned"),
            passed_on,
            called_back,
            answered,
            // A quarter in which a closed firm was called, and nothing else, is none.
            CallRecord { ending: "closed".to_owned(), ..call(8, 1, QUARTER_MS - into, None) },
        ];
        store.save_calls(&calls).await.unwrap();
        let talk_ms = 15_000 + 2 * 60_000;
        let waited_ms = 11_000 + 2_000 + 600_000 + 1_000;
        let expected = [Quarter { from_ms: first, offered: 4, answered: 3, talk_ms, waited_ms }];
        assert_eq!(store.quarters(first, first + 10 * QUARTER_MS).await.unwrap(), expected);
    }
}
