//! Evidence: the second of the recording at which a field was typed.

use super::*;
use crate::key;

fn edit(key: &str, said: Option<&str>, at_ms: i64, offset_ms: Option<i64>) -> Edit {
    Edit { key: key.to_owned(), value: said.map(Value::said), at_ms, offset_ms, who: "hanako".to_owned() }
}

fn spans(edits: &[Edit], key: &str) -> Vec<(i64, i64)> {
    evidence(edits)
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
    let reversed: Vec<Edit> = edits.iter().rev().cloned().collect();
    assert_eq!(spans(&reversed, key::CALLBACK), [(20_000, 21_600)], "in whatever order they are read");
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
    let fields = evidence(&edits);
    assert_eq!(fields[key::NAME].last().unwrap().to_play(), Span { from_ms: 59_000, until_ms: 67_000 });
    assert_eq!(fields[key::BUSINESS].last().unwrap().to_play(), Span { from_ms: 3_000, until_ms: 11_000 });
}

#[test]
fn x01_what_was_cleared_has_no_evidence_and_begins_anew() {
    let cleared = [edit(key::NAME, Some("佐藤"), 0, Some(1_000)), edit(key::NAME, None, 10, Some(2_000))];
    assert!(evidence(&cleared).is_empty());
    let again = [cleared[0].clone(), cleared[1].clone(), edit(key::NAME, Some("鈴木"), 20, Some(3_000))];
    assert_eq!(spans(&again, key::NAME), [(3_000, 3_000)]);
    let blank = [edit(key::NAME, Some("佐藤"), 0, Some(1_000)), edit(key::NAME, Some("　"), 10, Some(2_000))];
    assert!(evidence(&blank).is_empty());
}

#[test]
fn x01_saving_the_same_again_is_no_change() {
    let edits = [
        edit(key::NAME, Some("佐藤"), 0, Some(1_000)),
        Edit { who: "jiro".to_owned(), ..edit(key::NAME, Some("佐藤"), 90_000, None) },
    ];
    let field = &evidence(&edits)[key::NAME];
    assert_eq!((field.who.as_str(), field.changed_ms, field.changed_later), ("hanako", 0, false));
    assert_eq!(field.spans.len(), 1);
}

#[test]
fn x01_what_changed_after_the_call_says_so() {
    let edits = [
        edit(key::NAME, Some("佐藤"), 0, Some(1_000)),
        Edit { who: "jiro".to_owned(), ..edit(key::NAME, Some("斎藤"), 90_000, None) },
    ];
    let field = &evidence(&edits)[key::NAME];
    assert_eq!((field.who.as_str(), field.changed_ms, field.changed_later), ("jiro", 90_000, true));
    assert_eq!(field.last(), Some(Span { from_ms: 1_000, until_ms: 1_000 }));
}

#[test]
fn x01_playing_never_begins_before_the_recording() {
    let span = Span { from_ms: 500, until_ms: 800 };
    assert_eq!(span.to_play(), Span { from_ms: 0, until_ms: 2_800 });
}
