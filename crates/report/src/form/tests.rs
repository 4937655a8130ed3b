//! Forms: what each kind asks for, what a firm changes, what is missing.

use super::*;
use crate::answer::Value;

fn draft(kind: Kind, answers: &[(&str, &str)]) -> Draft {
    let mut draft = Draft { kind, ..Draft::default() };
    for (key, said) in answers {
        draft.set(key, Some(&Value::said(*said))).unwrap();
    }
    draft
}

fn keys(missing: &[Missing]) -> Vec<&str> {
    missing.iter().map(|missing| missing.key.as_str()).collect()
}

fn field_keys(form: &Form, kind: Kind) -> Vec<String> {
    form.fields(kind).into_iter().map(|field| field.key).collect()
}

#[test]
fn f11_f16_what_each_kind_needs() {
    let form = Form::standard();
    let needed = |kind| {
        let missing = missing(&form, &draft(kind, &[]));
        assert!(missing.iter().all(|missing| missing.why == Lack::Blank));
        missing.into_iter().map(|missing| missing.key).collect::<Vec<_>>()
    };
    assert_eq!(needed(Kind::Message), ["desired", "company", "name", "business"]);
    assert_eq!(needed(Kind::Inquiry), ["desired", "company", "name", "business"]);
    assert_eq!(
        needed(Kind::BookingNew),
        ["desired", "name", "callback", "business", "booking_name", "date", "time", "menu"]
    );
    assert_eq!(
        needed(Kind::BookingChange),
        ["desired", "name", "callback", "business", "booking_name", "old_date", "date", "time"]
    );
    assert_eq!(needed(Kind::BookingCancel), ["desired", "name", "callback", "business", "booking_name", "date"]);
    assert_eq!(needed(Kind::Complaint), ["desired", "company", "name", "callback", "business"]);
    assert_eq!(needed(Kind::Sales), ["business"]);
    assert_eq!(needed(Kind::WrongNumber), Vec::<String>::new());
    assert_eq!(needed(Kind::Silent), Vec::<String>::new());
}

#[test]
fn f11_the_number_is_needed_by_whom_is_to_be_called_back() {
    let answers = [("company", "個人"), ("name", "佐藤"), ("business", "見積り")];
    let mut draft = draft(Kind::Message, &answers);
    draft.set("desired", Some(&Value::said("message_only"))).unwrap();
    assert!(missing(&Form::standard(), &draft).is_empty());
    draft.set("desired", Some(&Value::said("call_back"))).unwrap();
    assert_eq!(keys(&missing(&Form::standard(), &draft)), ["callback"]);
    draft.set("callback", Some(&Value::Unheard)).unwrap();
    assert!(missing(&Form::standard(), &draft).is_empty(), "聴取不可 is an answer");
}

#[test]
fn f10_every_required_field_takes_unheard() {
    for kind in Kind::ALL {
        let mut draft = draft(*kind, &[]);
        for missing in missing(&Form::standard(), &draft) {
            draft.set(&missing.key, Some(&Value::Unheard)).unwrap();
        }
        assert!(missing(&Form::standard(), &draft).is_empty(), "{kind:?}");
    }
}

#[test]
fn x06_a_wrong_length_cannot_be_missed() {
    let sound = [("company", "個人"), ("name", "佐藤"), ("business", "件"), ("desired", "call_back")];
    for wrong in ["0312345", "031234567", "090123456789", "12345", "佐藤", "03-1234-567x"] {
        let mut draft = draft(Kind::Message, &sound);
        draft.set("callback", Some(&Value::said(wrong))).unwrap();
        let found = missing(&Form::standard(), &draft);
        assert_eq!((found[0].key.as_str(), found[0].why), ("callback", Lack::NotANumber), "{wrong}");
        assert!(found[0].ja.contains("折返し番号") && found[0].en.contains("Callback number"));
        // The caller insists, and the operator has read it back: it goes out, with 要確認 beside it.
        draft.set("read_back", Some(&Value::said("yes"))).unwrap();
        assert!(missing(&Form::standard(), &draft).is_empty(), "{wrong}");
    }
    for right in [
        "03-1234-5678",
        "０９０１２３４５６７８",
        "+81 3 1234 5678",
        "0120-123-456",
        "03-1234-5678 内線12",
        "+44 20 7183 8750",
    ] {
        let mut draft = draft(Kind::Message, &sound);
        draft.set("callback", Some(&Value::said(right))).unwrap();
        assert!(missing(&Form::standard(), &draft).is_empty(), "{right}");
    }
}

#[test]
fn f15_an_inquiry_has_its_fields_and_others_do_not() {
    let form = Form::standard();
    for key in ["service", "id_number", "product", "product_number", "colour", "size"] {
        assert!(field_keys(&form, Kind::Inquiry).iter().any(|field| field == key), "{key}");
        assert!(!field_keys(&form, Kind::Message).iter().any(|field| field == key), "{key}");
    }
    assert_eq!(form.field(Kind::Message, "colour").unwrap().ja, "色", "found wherever it is");
    assert_eq!(form.field(Kind::Message, "room_number"), None);
}

#[test]
fn f11_keys_are_keys_and_each_is_there_once() {
    for kind in Kind::ALL {
        let mut keys = field_keys(&Form::standard(), *kind);
        assert!(keys.iter().all(|key| key::is_key(key)));
        for always in key::ALWAYS {
            assert!(keys.iter().any(|key| key == always), "{kind:?} has no {always}");
        }
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}

#[test]
fn f11_a_firm_adds_changes_and_hides_fields() {
    let json = r#"{"fields": [
        {"key": "room_number", "ja": "部屋番号", "en": "Room", "required": "always", "kinds": ["message"]},
        {"key": "plan", "ja": "プラン", "input": {"choice": [{"value": "a", "ja": "A プラン", "en": "Plan A"}]}},
        {"key": "company", "ja": "会社・学校名", "required": "no"},
        {"key": "relation", "hidden": true},
        {"key": "business", "hidden": true}
    ]}"#;
    let form: Form = serde_json::from_str(json).unwrap();
    let message = form.fields(Kind::Message);
    assert_eq!(message.iter().find(|field| field.key == "company").unwrap().ja, "会社・学校名");
    assert!(message.iter().all(|field| field.key != "relation"));
    assert!(message.iter().any(|field| field.key == "business"), "every report has that");
    assert_eq!(message.last().unwrap().key, "plan");
    assert!(form.fields(Kind::Inquiry).iter().all(|field| field.key != "room_number"));
    let draft = draft(Kind::Message, &[("name", "佐藤"), ("business", "x"), ("desired", "nothing"), ("plan", "b")]);
    let found = missing(&form, &draft);
    assert_eq!(keys(&found), ["room_number", "plan"]);
    assert_eq!(found[1].why, Lack::NotAChoice);
    let problems = form.checked("form").unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].field, "form.fields[4].hidden");
}

#[test]
fn f11_a_wrong_form_is_named_field_by_field() {
    let json = r#"{"fields": [
        {"key": "Room"},
        {"key": "kind", "ja": "種別"},
        {"key": "own", "ja": " \u200b"},
        {"key": "own2", "ja": "選択", "input": {"choice": []}},
        {"key": "own3", "ja": "選択", "input": {"choice": [{"value": "a", "ja": "あ", "en": "a"}, {"value": "a", "ja": "い", "en": ""}]}}
    ], "without": ["message"]}"#;
    let problems = serde_json::from_str::<Form>(json).unwrap().checked("form").unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "form.fields[0].key",
            "form.fields[0].ja",
            "form.fields[1].key",
            "form.fields[2].ja",
            "form.fields[3].input",
            "form.fields[4].input.choice[1]",
            "form.fields[4].input.choice[1].value"
        ]
    );
    assert!(problems.iter().all(|problem| !problem.what_ja.is_empty() && !problem.remedy_en.is_empty()));
    let nothing = Form { without: Kind::ALL.to_vec(), ..Form::default() };
    assert_eq!(nothing.checked("form").unwrap_err()[0].field, "form.without");
}

/// Codes of ours stay codes: a firm may rename urgency, not invent one that no rule knows.
#[test]
fn f14_a_firm_cannot_change_what_codes_mean() {
    let own = OwnField {
        key: "urgency".to_owned(),
        ja: Some("急ぎ度".to_owned()),
        input: Some(Input::Line),
        ..OwnField::default()
    };
    let form = Form { fields: vec![own], ..Form::default() };
    let field = form.field(Kind::Message, "urgency").unwrap();
    assert_eq!(field.ja, "急ぎ度");
    assert!(matches!(field.input, Input::Choice(choices) if choices.len() == 3));
}
