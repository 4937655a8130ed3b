//! Edits: what they keep, what they refuse, and what holds after any number of them.

use proptest::prelude::*;

use super::*;
use crate::form::{Form, missing};

fn edit(key: &str, value: Option<Value>) -> Edit {
    Edit { key: key.to_owned(), value, at_ms: 0, offset_ms: Some(0), who: "hanako".to_owned() }
}

#[test]
fn f11_an_edit_changes_one_field() {
    let mut draft = Draft::default();
    draft.apply(&edit(key::NAME, Some(Value::said("佐藤")))).unwrap();
    draft.apply(&edit(key::COMPANY, Some(Value::Unheard))).unwrap();
    draft.apply(&edit(key::KIND, Some(Value::said("complaint")))).unwrap();
    assert_eq!(draft.kind, Kind::Complaint);
    assert_eq!(draft.said(key::NAME), Some("佐藤"));
    assert_eq!(draft.said(key::COMPANY), None);
    assert_eq!(draft.answers.get(key::COMPANY), Some(&Value::Unheard));
    draft.apply(&edit(key::NAME, None)).unwrap();
    assert_eq!(draft.answers.len(), 1);
}

#[test]
fn f10_a_blank_answer_is_none() {
    for blank in ["", " ", "　\n", "\u{200b}", "\u{202e}\u{202c}", "\u{3164}", "\0"] {
        let mut draft = Draft::default();
        draft.set(key::NAME, Some(&Value::said("佐藤"))).unwrap();
        draft.set(key::NAME, Some(&Value::said(blank))).unwrap();
        assert!(draft.answers.is_empty(), "{blank:?}");
    }
}

#[test]
fn f14_codes_are_checked_where_they_are_typed() {
    let mut draft = Draft::default();
    for (key, wrong) in [
        (key::URGENCY, Value::said("very")),
        (key::URGENCY, Value::Unheard),
        (key::DESIRED, Value::said("折返し希望")),
        (key::MOOD, Value::said("grumpy")),
        (key::KIND, Value::said("other")),
        (key::KIND, Value::Unheard),
        (key::READ_BACK, Value::said("no")),
    ] {
        let problem = draft.set(key, Some(&wrong)).unwrap_err();
        assert_eq!(problem.field, key);
    }
    assert_eq!(draft.set(key::KIND, None).unwrap_err().field, key::KIND, "a draft always has a kind");
    assert_eq!(draft, Draft::default());
    draft.set(key::DESIRED, Some(&Value::Unheard)).unwrap();
}

#[test]
fn f25_a_change_of_the_number_takes_back_the_tick() {
    let mut draft = Draft::default();
    let number = |number: &str| Value::said(number);
    draft.set(key::CALLBACK, Some(&number("09012345678"))).unwrap();
    draft.set(key::READ_BACK, Some(&Value::said(key::YES))).unwrap();
    draft.set(key::CALLBACK, Some(&number("09012345678"))).unwrap();
    assert!(draft.read_back(), "the same number again is no change");
    draft.set(key::CALLBACK, Some(&number("09012345679"))).unwrap();
    assert!(!draft.read_back());
    draft.set(key::READ_BACK, Some(&Value::said(key::YES))).unwrap();
    draft.set(key::CALLBACK, None).unwrap();
    assert!(!draft.read_back());
}

#[test]
fn r19_r45_keys_and_lengths_have_limits() {
    let mut draft = Draft::default();
    for key in ["", "Name", "名前", "a b", "a\r\nb", "1a", "_a", "a-b", &"a".repeat(41)] {
        assert!(draft.set(key, Some(&Value::said("x"))).is_err(), "{key:?}");
    }
    let long = "あ".repeat(VALUE_CHARS_MAX);
    draft.set(key::NARRATIVE, Some(&Value::said(long.clone()))).unwrap();
    let problem = draft.set(key::NARRATIVE, Some(&Value::said(format!("{long}あ")))).unwrap_err();
    assert_eq!(problem.field, key::NARRATIVE);
    assert_eq!(draft.said(key::NARRATIVE).unwrap().chars().count(), VALUE_CHARS_MAX, "as before");
    for place in 1..ANSWERS_MAX {
        draft.set(&format!("own_{place}"), Some(&Value::said("x"))).unwrap();
    }
    assert!(draft.set("one_more", Some(&Value::said("x"))).is_err());
    draft.set("own_1", Some(&Value::said("y"))).unwrap();
    draft.set("own_1", None).unwrap();
    draft.set("one_more", Some(&Value::said("x"))).unwrap();
}

#[test]
fn r19_text_is_cleaned_as_it_comes_in() {
    let mut draft = Draft::default();
    draft.set(key::NAME, Some(&Value::said("佐\u{0}藤\u{202e}\u{1b}[31m\r\nBcc: x"))).unwrap();
    assert_eq!(draft.said(key::NAME), Some("佐藤[31m\nBcc: x"));
}

#[test]
fn f26_json_is_as_documented() {
    let mut draft = Draft { kind: Kind::BookingNew, ..Draft::default() };
    draft.set(key::NAME, Some(&Value::said("①㈱髙﨑"))).unwrap();
    draft.set(key::COMPANY, Some(&Value::Unheard)).unwrap();
    let json = serde_json::to_string(&draft).unwrap();
    assert_eq!(json, r#"{"kind":"booking_new","answers":{"company":"unheard","name":{"said":"①㈱髙﨑"}}}"#);
    assert_eq!(serde_json::from_str::<Draft>(&json).unwrap(), draft);
    assert_eq!(serde_json::from_str::<Draft>("{}").unwrap(), Draft::default());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ 　\u{200b}\t\r\n]{0,4}",
        "[a-z0-9あ-ん\u{202e}\u{0}\r\n<@\\[]{0,12}",
        Just("yes".to_owned()),
        prop::sample::select(vec!["urgent", "call_back", "message_only", "complaint", "silent", "angry"])
            .prop_map(str::to_owned),
        "0[0-9]{8,10}",
    ]
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let key = prop_oneof![
        prop::sample::select(vec![
            key::KIND,
            key::NAME,
            key::COMPANY,
            key::BUSINESS,
            key::DESIRED,
            key::CALLBACK,
            key::READ_BACK,
            key::URGENCY,
            key::MOOD,
            key::DATE,
            key::NARRATIVE,
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z_]{0,3}",
    ];
    let value = prop::option::of(prop_oneof![any_text().prop_map(Value::Said), Just(Value::Unheard)]);
    (key, value).prop_map(|(key, value)| edit(&key, value))
}

proptest! {
    /// After any edits: no blank answer, no odd key, no harmful letter, codes are codes; a refused edit changes nothing; the same
    /// edits make the same draft; and a report that may be sent has every required field.
    #[test]
    fn f10_f11_any_edits_keep_the_invariants(edits in prop::collection::vec(any_edit(), 0..40)) {
        let mut draft = Draft::default();
        for edit in &edits {
            let before = draft.clone();
            if draft.apply(edit).is_err() {
                prop_assert_eq!(&draft, &before);
            }
        }
        prop_assert_eq!(&Draft::replay(&edits), &draft);
        for (key, value) in &draft.answers {
            prop_assert!(key::is_key(key) && key != key::KIND);
            prop_assert!(!value.is_blank());
            if let Value::Said(said) = value {
                prop_assert_eq!(&text::prose(said), said);
                prop_assert_ne!(key::is_code_of(key, said), Some(false));
            }
        }
        prop_assert!(!draft.read_back() || draft.answers.contains_key(key::READ_BACK));
        let json = serde_json::to_string(&draft).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Draft>(&json).unwrap(), &draft);
        if missing(&Form::standard(), &draft).is_empty() {
            for field in Form::standard().fields(draft.kind) {
                if field.required == crate::form::Need::Always {
                    prop_assert!(draft.answers.get(&field.key).is_some_and(|value| !value.is_blank()));
                }
            }
        }
    }

    /// Blank is not an answer however it came into the document.
    #[test]
    fn f10_missing_never_accepts_blank(blank in "[ 　\t\n\u{200b}\u{2060}\u{feff}\u{3164}\u{202e}\u{e0020}]{0,6}", kind in prop::sample::select(Kind::ALL)) {
        let form = Form::standard();
        let mut draft = Draft { kind, ..Draft::default() };
        for field in form.fields(kind) {
            draft.answers.insert(field.key.clone(), Value::Said(blank.clone()));
        }
        let blanks = missing(&form, &draft);
        let empty = missing(&form, &Draft { kind, ..Draft::default() });
        prop_assert_eq!(blanks, empty);
    }
}
