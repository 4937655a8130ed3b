//! Profiles: what they mean when they say nothing, what is wrong with them, and what they never give away.

use super::*;

fn fields(json: &str) -> Vec<String> {
    Profile::read(json)
        .map_or_else(|problems| problems.into_iter().map(|problem| problem.field).collect(), |_| Vec::new())
}

const FULL: &str = r#"{
    "language": "ja",
    "form": {"fields": [{"key": "room_number", "ja": "部屋番号"}], "without": ["inquiry"]},
    "features": {"booking": false},
    "greetings": [{"hours": {"from": "5:00", "until": "10:30"}, "text": "おはようございます。さくら歯科でございます。", "reading": "おはようございます"},
                  {"text": "お電話ありがとうございます。さくら歯科でございます。"}],
    "phrases": {"absent": [{"title": "外出", "text": "あいにく外出しております。"}], "closings": {"inquiry": "お調べして折り返します。"}, "complaint": ["聴く", "お詫び"]},
    "faq": [{"question": "駐車場は", "answer": "3台あります", "keywords": ["車"]}],
    "dos": ["復唱する"], "donts": ["料金を答える"],
    "people": [{"id": "sato", "name": " 佐藤 花子 ", "kana": "さとう はなこ", "title": "院長"}, {"id": "suzuki", "name": "鈴木"}],
    "recipients": [{"id": "sato-mail", "label": "院長メール", "person": "sato", "channel": {"type": "email", "address": "sato@sakura.example"}, "fallback": "office"},
                   {"id": "office", "channel": {"type": "chatwork", "room": "123456", "token": "0123456789abcdef0123456789abcdef", "mention": ["7654321"]}},
                   {"id": "mobile", "person": "sato", "channel": {"type": "phone", "number": "09012345678"}}],
    "rules": [{"when": {"urgency": "urgent", "people": ["sato"], "kinds": ["complaint"], "hours": {"from": "18:00", "until": "9:00"}, "days": ["sat"]}, "to": [{"who": "everyone"}], "also": true},
              {"to": [{"who": "named", "by": "mail"}, {"who": {"recipient": "office"}}, {"who": {"person": "sato"}}]}],
    "templates": {"subject": "{{ who }}（{{ desired }}）"},
    "ladder": [{"after_seconds": 900, "to": "supervisor"}, {"after_seconds": 300, "to": {"phone": "０９０１２３４５６７８"}}, {"after_seconds": 600, "to": {"recipient": "mobile"}}],
    "noise": {"sales": "digest", "silent": "suppress"},
    "digest_hour": 17, "notice_only": false, "recipients_max": 5,
    "call_out": {"on": true, "number": "0312345678", "urgent_only": true},
    "billing": {"classes": {"sales": "free"}}
}"#;

#[test]
fn f18_an_empty_profile_is_a_sound_one() {
    let profile = Profile::read("{}").unwrap();
    assert_eq!(profile, Profile::default());
    assert_eq!(profile.recipients_max, 3);
    assert_eq!(
        profile.ladder,
        [Rung { after_seconds: 900, to: RungTo::Supervisor }],
        "an urgent one is never forgotten"
    );
    assert_eq!(profile.kinds(), Kind::ALL);
}

#[test]
fn f18_a_full_profile_is_kept_one_way() {
    let profile = Profile::read(FULL).unwrap();
    assert_eq!(profile.people[0].name, "佐藤 花子");
    let rungs: Vec<u32> = profile.ladder.iter().map(|rung| rung.after_seconds).collect();
    assert_eq!(rungs, [300, 600, 900]);
    assert_eq!(profile.ladder[0].to, RungTo::Phone("090-1234-5678".to_owned()));
    assert_eq!(profile.call_out.number, "03-1234-5678");
    assert_eq!(profile.checked().unwrap(), profile, "checked once is checked");
    let json = serde_json::to_string(&profile).unwrap();
    assert_eq!(Profile::read(&json).unwrap(), profile);
    use Kind::{Complaint, Message, Sales, Silent, WrongNumber};
    assert_eq!(
        profile.kinds(),
        [Message, Complaint, Sales, WrongNumber, Silent],
        "no bookings bought, no inquiries wanted"
    );
}

#[test]
fn f18_the_example_of_the_documentation_is_sound() {
    let source = include_str!("../profile.rs");
    let lines = source.lines().skip_while(|line| *line != "//! ```json").skip(1).take_while(|line| *line != "//! ```");
    let json: String = lines.map(|line| line.trim_start_matches("//! ").to_owned() + "\n").collect();
    let profile = Profile::read(&json.replace('…', "0123456789abcdef")).unwrap();
    assert_eq!((profile.people.len(), profile.recipients.len(), profile.rules.len()), (1, 2, 2));
}

/// A path into the profile, something wrong there, and the field that has to be named.
#[test]
fn f61_whatever_is_wrong_is_named() {
    for (json, wrong) in [
        (r#"{"languages": "ja"}"#, "languages"),
        (r#"{"language": "fr"}"#, "language"),
        (r#"{"recipients": [{"id": "a", "chanel": {}}]}"#, "recipients[0].chanel"),
        (r#"{"recipients": [{"id": "a", "channel": {"type": "fax"}}]}"#, "recipients[0].channel.type"),
        (r#"{"digest_hour": "x"}"#, "digest_hour"),
        (r#"{"digest_hour": 24}"#, "digest_hour"),
        (r#"{"recipients_max": 0}"#, "recipients_max"),
        (r#"{"recipients_max": 31}"#, "recipients_max"),
        (
            r#"{"recipients": [{"id": "あ", "channel": {"type": "email", "address": "a@b.example"}}]}"#,
            "recipients[0].id",
        ),
        (
            r#"{"recipients": [{"id": "a", "channel": {"type": "email", "address": "a@"}}]}"#,
            "recipients[0].channel.address",
        ),
        (
            r#"{"recipients": [{"id": "a", "person": "x", "channel": {"type": "email", "address": "a@b.example"}}]}"#,
            "recipients[0].person",
        ),
        (
            r#"{"recipients": [{"id": "a", "fallback": "a", "channel": {"type": "email", "address": "a@b.example"}}]}"#,
            "recipients[0].fallback",
        ),
        (
            r#"{"recipients": [{"id": "a", "fallback": "b", "channel": {"type": "email", "address": "a@b.example"}}, {"id": "b", "channel": {"type": "phone", "number": "0312345678"}}]}"#,
            "recipients[0].fallback",
        ),
        (r#"{"people": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}"#, "people[1].id"),
        (r#"{"people": [{"id": "a", "name": "\u200b"}]}"#, "people[0].name"),
        (r#"{"rules": [{"to": []}]}"#, "rules[0].to"),
        (r#"{"rules": [{"to": [{"who": {"person": "x"}}]}]}"#, "rules[0].to[0].who"),
        (r#"{"rules": [{"to": [{"who": {"recipient": "x"}}]}]}"#, "rules[0].to[0].who"),
        (r#"{"rules": [{"to": [{"who": "boss"}]}]}"#, "rules[0].to[0].who"),
        (r#"{"rules": [{"when": {"people": ["x"]}, "to": [{"who": "top"}]}]}"#, "rules[0].when.people[0]"),
        (
            r#"{"rules": [{"when": {"hours": {"from": "9", "until": "18:00"}}, "to": [{"who": "top"}]}]}"#,
            "rules[0].when.hours",
        ),
        (
            r#"{"rules": [{"when": {"hours": {"from": "9:00", "until": "9:00"}}, "to": [{"who": "top"}]}]}"#,
            "rules[0].when.hours",
        ),
        (r#"{"ladder": [{"after_seconds": 86401, "to": "supervisor"}]}"#, "ladder[0].after_seconds"),
        (r#"{"ladder": [{"after_seconds": 60, "to": {"phone": "119"}}]}"#, "ladder[0].to"),
        (r#"{"ladder": [{"after_seconds": 60, "to": {"recipient": "x"}}]}"#, "ladder[0].to"),
        (r#"{"templates": {"mail": "{{ who"}}"#, "templates.mail"),
        (r#"{"greetings": [{"text": ""}]}"#, "greetings[0].text"),
        (r#"{"phrases": {"closings": {"inquiry": " "}}}"#, "phrases.closings.inquiry"),
        (r#"{"phrases": {"closings": {"other": "x"}}}"#, "phrases.closings"),
        (r#"{"faq": [{"question": "x", "answer": ""}]}"#, "faq[0].answer"),
        (r#"{"donts": ["x", ""]}"#, "donts[1]"),
        (r#"{"call_out": {"on": true}}"#, "call_out.number"),
        (r#"{"billing": {"classes": {"sales": "Free of charge"}}}"#, "billing.classes.sales"),
        (r#"{"form": {"fields": [{"key": "X", "ja": "x"}]}}"#, "form.fields[0].key"),
        (r#"{} {}"#, ""),
    ] {
        let found = fields(json);
        assert_eq!(found, [wrong], "{json}");
    }
}

#[test]
fn f61_all_that_is_wrong_is_told_at_once() {
    let json = r#"{"digest_hour": 99, "recipients_max": 99, "rules": [{"to": []}], "greetings": [{"text": ""}]}"#;
    assert_eq!(fields(json), ["greetings[0].text", "rules[0].to", "digest_hour", "recipients_max"]);
}

#[test]
fn f43_who_only_wants_to_be_told_of_calls_gets_no_form() {
    let mut profile = Profile::default();
    assert!(!profile.missing(&Draft::default()).is_empty());
    profile.notice_only = true;
    assert_eq!(profile.missing(&Draft::default()), []);
}

#[test]
fn r45_lists_have_limits() {
    let many = |field: &str, entry: &str, count: usize| format!("{{\"{field}\": [{}]}}", vec![entry; count].join(","));
    assert_eq!(fields(&many("dos", "\"x\"", LIST_MAX + 1)), ["dos"]);
    assert_eq!(fields(&many("dos", "\"x\"", LIST_MAX)), Vec::<String>::new());
    assert_eq!(fields(&many("ladder", r#"{"after_seconds": 1, "to": "supervisor"}"#, RUNGS_MAX + 1)), ["ladder"]);
    assert_eq!(fields(&many("rules", r#"{"to": [{"who": "top"}]}"#, RULES_MAX + 1)), ["rules"]);
    assert_eq!(fields(&format!("{{\"dos\": [\"{}\"]}}", "あ".repeat(501))), ["dos[0]"]);
}

#[test]
fn f07_the_greeting_of_the_hour() {
    let profile = Profile::read(FULL).unwrap();
    let midnight = 1_795_359_600_000; // 2026-11-23 00:00 in Japan
    let at = |hour: i64, minute: i64| profile.greeting(midnight + (hour * 60 + minute) * 60_000).unwrap().text.clone();
    assert!(at(5, 0).starts_with("おはよう"));
    assert!(at(10, 29).starts_with("おはよう"));
    assert!(at(10, 30).starts_with("お電話"));
    assert!(at(4, 59).starts_with("お電話"));
    assert_eq!(Profile::default().greeting(midnight), None);
}

#[test]
fn r20_a_page_sends_back_what_it_was_shown() {
    let profile = Profile::read(FULL).unwrap();
    let shown = profile.masked();
    assert!(!serde_json::to_string(&shown).unwrap().contains("0123456789abcdef"));
    assert!(!format!("{profile:?}").contains("0123456789abcdef"));
    assert_eq!(shown.with_secrets_of(&profile), profile);
    let unknown = shown.with_secrets_of(&Profile::default()).checked().unwrap_err();
    assert_eq!(unknown[0].field, "recipients[1].channel.token");
}
