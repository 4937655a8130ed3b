//! The proof finds what is missing, doubled and strange, and holds only when nothing is.

use proptest::prelude::*;

use super::*;

fn call(id: i64, ended_ms: i64) -> AnsweredCall {
    AnsweredCall { id, ended_ms }
}

fn report(call: i64, outcome: Outcome) -> ReportOf {
    ReportOf { call, outcome }
}

#[test]
fn f38_answered_calls_are_reports_and_reasons() {
    let calls = [call(1, 10), call(2, 20), call(3, 30)];
    let reports = [report(1, Outcome::Sent), report(2, Outcome::Waived), report(3, Outcome::Sent)];
    let proof = prove(&calls, &reports, 100);
    assert!(proof.holds() && proof.is_complete());
    assert_eq!((proof.answered, proof.sent, proof.waived, proof.open), (3, 2, 1, 0));
}

#[test]
fn f38_what_is_missing_is_named() {
    let calls = [call(1, 10), call(2, 20), call(3, 200), call(4, 40), call(4, 40)];
    let reports = [
        report(1, Outcome::Draft),
        report(3, Outcome::Draft),
        report(4, Outcome::Sent),
        report(4, Outcome::Draft),
        report(9, Outcome::Sent),
    ];
    let proof = prove(&calls, &reports, 100);
    assert!(!proof.holds() && !proof.is_complete());
    assert_eq!((proof.answered, proof.missing, proof.doubled, proof.strangers, proof.open), (4, 1, 1, 1, 2));
    assert_eq!(proof.missing_calls, [2]);
    assert_eq!(proof.doubled_calls, [4]);
    assert_eq!(proof.stranger_calls, [9]);
    assert_eq!((proof.overdue, proof.overdue_calls.as_slice()), (1, [1].as_slice()), "call 3 ended a moment ago");
    assert_eq!(proof.first_faulty(), Some(2));
}

#[test]
fn x02_drafts_hold_but_are_not_complete() {
    let proof = prove(&[call(1, 10)], &[report(1, Outcome::Draft)], 0);
    assert!(proof.holds() && !proof.is_complete());
    assert!(prove(&[], &[], 0).is_complete());
}

#[test]
fn f38_a_draft_that_nobody_writes_any_more_is_no_proof() {
    let calls = [call(1, 10), call(2, 20)];
    let proof = prove(&calls, &[report(1, Outcome::Draft), report(2, Outcome::Sent)], 11);
    assert!(!proof.holds(), "{proof:?}");
    assert_eq!((proof.overdue, proof.first_faulty()), (1, None));
    assert!(prove(&calls, &[report(1, Outcome::Waived), report(2, Outcome::Sent)], 11).holds());
}

#[test]
fn r45_the_names_have_a_limit_and_the_count_has_none() {
    let calls: Vec<AnsweredCall> = (0..2_000).map(|id| call(id, 0)).collect();
    let proof = prove(&calls, &[], 0);
    assert_eq!((proof.missing, proof.missing_calls.len()), (2_000, NAMED_MAX));
}

proptest! {
    /// The books always balance, and the proof holds exactly when every call has exactly one report.
    #[test]
    fn f38_any_books_balance(calls in prop::collection::vec(0_i64..30, 0..40), reports in prop::collection::vec((0_i64..30, 0..3_u8), 0..40)) {
        let calls: Vec<AnsweredCall> = calls.into_iter().map(|id| call(id, id)).collect();
        let outcome = |word| match word { 0 => Outcome::Draft, 1 => Outcome::Sent, _ => Outcome::Waived };
        let reports: Vec<ReportOf> = reports.into_iter().map(|(call, word)| report(call, outcome(word))).collect();
        let proof = prove(&calls, &reports, 15);
        prop_assert_eq!(proof.answered, proof.sent + proof.waived + proof.open + proof.missing + proof.doubled);
        let one_each = calls.iter().all(|call| reports.iter().filter(|report| report.call == call.id).count() == 1);
        let none_else = reports.iter().all(|report| calls.iter().any(|call| call.id == report.call));
        prop_assert_eq!(proof.holds(), one_each && none_else && proof.overdue_calls.is_empty());
        prop_assert!(proof.overdue_calls.iter().all(|call| *call < 15));
    }
}
