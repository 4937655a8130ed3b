//! Evidence: the second of the recording at which a field was typed.

use super::*;
use crate::key;

fn edit(key: &str, said: Option<&str>, at_ms: i64, offset_ms: Option<i64>) -> Edit {
    Edit { key: key.to_owned(), value: said.map(Value::said), at_ms, offset_ms, who: "hanako".to_owned() }
}

/// The recording began at 0 and ended here.
const ENDED_MS: i64 = 80_000;

fn spans(edits: &[Edit], key: &str) -> Vec<(i64, i64)> {
    evidence(edits, None)
        .get(key)
        .map_or_else(Vec::new, |field| field.spans.iter().map(|span| (span.from_ms, span.until_ms)).collect())
}

#[test]
fn x01_a_number_typed_in_one_go_is_one_span() {
    let typed = ["0", "09", "090", "0901", "09012"];
    let edits: Vec<Edit> = (0..)
        .zip(typed)
        .map(|(place, said)| edit(key::CALLBACK, Some(said), 1_000 + place * 400, Some(20_000 + place * 400)))
        .collect();
    assert_eq!(spans(&edits, key::CALLBACK), [(20_000, 21_600)]);
    let delayed: Vec<Edit> = edits.iter().rev().cloned().collect();
    assert_eq!(spans(&delayed, key::CALLBACK), [(20_000, 21_600)], "also if the network placed one before another");
}

#[test]
fn x01_a_correction_later_is_a_span_of_its_own() {
    let edits = [
        edit(key::NAME, Some("佐"), 0, Some(5_000)),
        edit(key::NAME, Some("佐藤"), 500, Some(5_500)),
        edit(key::BUSINESS, Some("見積り"), 900, Some(9_000)),
        edit(key::NAME, Some("斎藤"), 60_000, Some(65_000)),
    ];
    assert_eq!(spans(&edits, key::NAME), [(5_000, 5_500), (65_000, 65_000)]);
    let fields = evidence(&edits, None);
    assert_eq!(fields[key::NAME].last().unwrap().to_play(), Span { from_ms: 59_000, until_ms: 67_000 });
    assert_eq!(fields[key::BUSINESS].last().unwrap().to_play(), Span { from_ms: 3_000, until_ms: 11_000 });
}

#[test]
fn x01_what_was_cleared_has_no_evidence_and_begins_anew() {
    let cleared = [edit(key::NAME, Some("佐藤"), 0, Some(1_000)), edit(key::NAME, None, 10, Some(2_000))];
    assert!(evidence(&cleared, None).is_empty());
    let again = [cleared[0].clone(), cleared[1].clone(), edit(key::NAME, Some("鈴木"), 20, Some(3_000))];
    assert_eq!(spans(&again, key::NAME), [(3_000, 3_000)]);
    let blank = [edit(key::NAME, Some("佐藤"), 0, Some(1_000)), edit(key::NAME, Some("　"), 10, Some(2_000))];
    assert!(evidence(&blank, None).is_empty());
}

#[test]
fn x01_saving_the_same_again_is_no_change() {
    let edits = [
        edit(key::NAME, Some("佐藤"), 0, Some(1_000)),
        Edit { who: "jiro".to_owned(), ..edit(key::NAME, Some("佐藤"), 90_000, None) },
    ];
    let field = &evidence(&edits, Some(ENDED_MS))[key::NAME];
    assert_eq!((field.who.as_str(), field.changed_ms, field.changed_later), ("hanako", 0, false));
    assert_eq!(field.spans.len(), 1);
}

#[test]
fn x01_what_changed_after_the_call_says_so() {
    let edits = [
        edit(key::NAME, Some("佐藤"), 0, Some(1_000)),
        Edit { who: "jiro".to_owned(), ..edit(key::NAME, Some("斎藤"), 90_000, None) },
    ];
    let field = &evidence(&edits, Some(ENDED_MS))[key::NAME];
    assert_eq!((field.who.as_str(), field.changed_ms, field.changed_later), ("jiro", 90_000, true));
    assert_eq!(field.last(), Some(Span { from_ms: 1_000, until_ms: 1_000 }));
}

#[test]
fn x01_what_the_page_filled_in_was_not_changed_after_the_call() {
    let prefilled = [edit(key::CALLBACK, Some("090-1234-5678"), 1_000, None)];
    let field = &evidence(&prefilled, Some(ENDED_MS))[key::CALLBACK];
    assert_eq!((field.last(), field.read_back, field.changed_later), (None, false, false));
    assert_eq!((field.who.as_str(), field.changed_ms), ("hanako", 1_000));
    for (at_ms, later) in [(ENDED_MS, false), (ENDED_MS + 1, true)] {
        let field = &evidence(&[edit(key::CALLBACK, Some("1"), at_ms, None)], Some(ENDED_MS))[key::CALLBACK];
        assert_eq!(field.changed_later, later, "{at_ms}");
        let field = &evidence(&[edit(key::CALLBACK, Some("1"), at_ms, None)], None)[key::CALLBACK];
        assert!(!field.changed_later, "nobody knows of an end");
    }
}

#[test]
fn x01_a_number_that_nobody_typed_is_heard_where_it_was_read_back() {
    let prefilled = edit(key::CALLBACK, Some("090-1234-5678"), 1_000, None);
    let tick = |at_ms| edit(key::READ_BACK, Some(key::YES), at_ms, Some(at_ms));
    let untick = |at_ms| edit(key::READ_BACK, None, at_ms, Some(at_ms));
    let heard = |edits: &[Edit]| {
        let field = evidence(edits, Some(ENDED_MS)).remove(key::CALLBACK).unwrap();
        (field.last().map(|span| span.from_ms), field.read_back, field.changed_later)
    };
    assert_eq!(heard(&[prefilled.clone(), tick(30_000)]), (Some(30_000), true, false));
    assert_eq!(heard(&[prefilled.clone(), tick(30_000), untick(31_000)]), (None, false, false), "taken back");
    let twice = [prefilled.clone(), tick(30_000), untick(31_000), tick(60_000)];
    assert_eq!(heard(&twice), (Some(60_000), true, false), "the tick that stands");
    let afterwards = [prefilled.clone(), edit(key::READ_BACK, Some(key::YES), ENDED_MS + 9_000, None)];
    assert_eq!(heard(&afterwards), (None, false, false), "a tick after the call is in no recording");
    // Another number has not been read back, also if no edit says so.
    let other = [prefilled.clone(), tick(30_000), edit(key::CALLBACK, Some("03-1234-5678"), 90_000, None)];
    assert_eq!(heard(&other), (None, false, true));
    assert!(!evidence(&other, Some(ENDED_MS)).contains_key(key::READ_BACK));
    let same = [prefilled.clone(), tick(30_000), Edit { at_ms: 90_000, ..prefilled.clone() }];
    assert_eq!(heard(&same), (Some(30_000), true, false), "the same number again is no change");
}

#[test]
fn x01_a_number_that_was_typed_is_heard_where_it_was_typed() {
    let prefilled = edit(key::CALLBACK, Some("090-1234-5678"), 1_000, None);
    let retyped = edit(key::CALLBACK, Some("090-1234-5679"), 20_000, Some(20_000));
    let tick = edit(key::READ_BACK, Some(key::YES), 30_000, Some(30_000));
    let during = [prefilled.clone(), retyped.clone(), tick.clone()];
    let field = &evidence(&during, Some(ENDED_MS))[key::CALLBACK];
    assert_eq!((field.spans.as_slice(), field.read_back), (&[Span { from_ms: 20_000, until_ms: 20_000 }][..], false));
    assert!(!field.changed_later);
    let after = [during.as_slice(), &[edit(key::CALLBACK, Some("03-1234-5678"), 90_000, None)]].concat();
    let field = &evidence(&after, Some(ENDED_MS))[key::CALLBACK];
    assert_eq!((field.last().unwrap().from_ms, field.read_back, field.changed_later), (20_000, false, true));
    // Before the call's record came nobody knew that it was over: nothing is placed behind the recording's end.
    let behind = [prefilled, edit(key::CALLBACK, Some("03-1234-5678"), 90_000, Some(90_000))];
    let field = &evidence(&behind, Some(ENDED_MS))[key::CALLBACK];
    assert_eq!((field.last(), field.changed_later), (None, true));
}

#[test]
fn x01_what_was_saved_last_is_what_stands_there_whenever_it_is_said_to_have_been_typed() {
    let edits = [
        edit(key::NAME, Some("佐藤"), 30_000, Some(30_000)),
        Edit { who: "jiro".to_owned(), ..edit(key::NAME, Some("斎藤"), 9_000, Some(9_000)) },
    ];
    let field = &evidence(&edits, Some(ENDED_MS))[key::NAME];
    assert_eq!((field.who.as_str(), field.last().unwrap().from_ms), ("jiro", 9_000));
}

#[test]
fn x01_playing_never_begins_before_the_recording() {
    let span = Span { from_ms: 500, until_ms: 800 };
    assert_eq!(span.to_play(), Span { from_ms: 0, until_ms: 2_800 });
}
