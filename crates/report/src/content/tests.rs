//! What a report tells of its answers: each word in its place, none lost.

use super::*;
use crate::answer::Value;
use crate::assurance::assure;
use crate::key;
use crate::render;

/// Sunday, 22 November 2026, 17:44 in Japan.
const RECEIVED_MS: i64 = 1_795_337_040_000;

fn draft(kind: Kind, answers: &[(&str, &str)]) -> Draft {
    let mut draft = Draft { kind, ..Draft::default() };
    for (key, said) in answers {
        let value = if *said == "-" { Value::Unheard } else { Value::said(*said) };
        draft.set(key, Some(&value)).unwrap();
    }
    draft
}

fn finished<'a>(profile: &'a Profile, draft: &'a Draft) -> Finished<'a> {
    Finished {
        report: "1",
        firm: "さくら歯科",
        profile,
        draft,
        policy: Policy::Send,
        received_ms: RECEIVED_MS,
        operator: "山田",
        caller: None,
        new_caller: false,
        assurance: None,
        follows: None,
        test: false,
        listen: false,
    }
}

fn told(kind: Kind, answers: &[(&str, &str)]) -> Content {
    Content::of(&finished(&Profile::default(), &draft(kind, answers)))
}

fn english(kind: Kind, answers: &[(&str, &str)]) -> Content {
    let profile = Profile { language: Language::En, ..Profile::default() };
    Content::of(&finished(&profile, &draft(kind, answers)))
}

#[test]
fn f12_who_called() {
    for (company, name, ja, en) in [
        ("□□商事", "佐藤", "□□商事 佐藤様", "佐藤, □□商事"),
        ("□□商事", "佐藤様", "□□商事 佐藤様", "佐藤様, □□商事"),
        ("□□病院", "佐藤先生", "□□病院 佐藤先生", "佐藤先生, □□病院"),
        ("個人", "佐藤", "佐藤様", "佐藤"),
        ("-", "佐藤", "佐藤様", "佐藤"),
        ("□□商事", "-", "□□商事の方", "□□商事"),
        ("個人", "-", "", ""),
        ("-", "-", "", ""),
    ] {
        let answers = [("company", company), ("name", name)];
        assert_eq!(told(Kind::Message, &answers).who, ja);
        assert_eq!(english(Kind::Message, &answers).who, en);
    }
}

#[test]
fn f10_what_could_not_be_learned_is_said() {
    let content =
        told(Kind::Message, &[("company", "-"), ("name", "-"), ("callback", "-"), ("business", "-"), ("desired", "-")]);
    let lines: Vec<(&str, &str)> = content.lines.iter().map(|line| (line.label.as_str(), line.text.as_str())).collect();
    assert_eq!(lines, [("社名", "聴取不可"), ("お名前", "聴取不可"), ("折返し番号", "聴取不可"), ("用件", "聴取不可")]);
    assert_eq!((content.desired, content.callback), (None, None));
}

#[test]
fn f13_mood_only_when_it_was_told() {
    let mood = |answers: &[(&str, &str)]| told(Kind::Complaint, answers).answer(key::MOOD).map(str::to_owned);
    assert_eq!(mood(&[]), None);
    assert_eq!(mood(&[("mood", "furious")]).as_deref(), Some("激怒されていた"));
    assert_eq!(mood(&[("mood_note", "泣いて\nおられた")]).as_deref(), Some("泣いて おられた"));
    assert_eq!(mood(&[("mood", "troubled"), ("mood_note", "雨漏り")]).as_deref(), Some("お困りのご様子（雨漏り）"));
}

#[test]
fn f16_a_cancellation_is_accepted_and_days_are_days() {
    let cancel = told(Kind::BookingCancel, &[("date", "2026-11-24")]);
    assert_eq!(cancel.lines[0].text, "承り済");
    assert_eq!(cancel.answer(key::DATE), Some("11月24日(火)"));
    let date = |said: &str| told(Kind::BookingNew, &[("date", said)]).answer(key::DATE).unwrap().to_owned();
    assert_eq!(date("2027-01-05"), "2027年1月5日(火)");
    assert_eq!(date("来週のどこか"), "来週のどこか");
    assert_eq!(date("2026-02-30"), "2026-02-30", "no such day: as it was written");
    assert_eq!(english(Kind::BookingNew, &[("date", "2027-01-05")]).answer(key::DATE), Some("Tue 5 Jan 2027"));
}

#[test]
fn f19_whom_the_caller_asked_for() {
    let json = r#"{"people": [{"id": "a", "name": "佐藤 花子", "title": "院長"}, {"id": "b", "name": "鈴木 一"}, {"id": "c", "name": "鈴木 二"}]}"#;
    let profile = Profile::read(json).unwrap();
    let person = |said: &str| {
        Content::of(&finished(&profile, &draft(Kind::Message, &[("person", said)])))
            .answer(key::PERSON)
            .map(str::to_owned)
    };
    assert_eq!(person("a").as_deref(), Some("院長 佐藤 花子様"), "an id is nobody's word");
    assert_eq!(person("さとう様").as_deref(), Some("さとう様"), "not on the roster by kana: as it was said");
    assert_eq!(person("佐藤院長").as_deref(), Some("院長 佐藤 花子様"));
    assert_eq!(person("鈴木").as_deref(), Some("鈴木様"), "two of them: as it was said");
    assert_eq!(person("田中さま").as_deref(), Some("田中さま"));
}

#[test]
fn f26_several_matters_are_numbered() {
    let items = |said: &str| told(Kind::Message, &[("items", said)]).answer(key::ITEMS).unwrap().to_owned();
    assert_eq!(items("料金\n\n　\n時間"), "1. 料金\n2. 時間");
    assert_eq!(items("料金"), "料金");
}

/// An operator changes the kind in the middle of the call: what was written before is told, with its name.
#[test]
fn f26_no_answer_is_lost_when_the_kind_or_the_form_changes() {
    let content = told(Kind::Complaint, &[("colour", "赤"), ("date", "2026-11-24"), ("room_number", "101")]);
    let told: Vec<(&str, &str)> = content.lines.iter().map(|line| (line.label.as_str(), line.text.as_str())).collect();
    assert_eq!(told, [("色", "赤"), ("希望日", "11月24日(火)"), ("room_number", "101")]);
}

#[test]
fn f06_a_new_caller_is_marked() {
    let (profile, draft) = (Profile::default(), draft(Kind::Message, &[]));
    let content = Content::of(&Finished { new_caller: true, ..finished(&profile, &draft) });
    assert_eq!(content.lines.last().map(|line| line.label.as_str()), Some("新規"));
}

#[test]
fn x06_the_number_has_its_badge() {
    let (profile, draft) = (Profile::default(), draft(Kind::Message, &[("callback", "09012345679")]));
    let caller = "090-1234-5678".parse().ok();
    let of = |finished: &Finished<'_>| Content::of(finished).callback.unwrap();
    let doubtful = of(&Finished { caller, ..finished(&profile, &draft) });
    assert_eq!((doubtful.display.as_str(), doubtful.tel.as_deref()), ("090-1234-5679", Some("+819012345679")));
    assert_eq!((doubtful.note.as_str(), doubtful.left), ("要確認：発信番号とわずかに違う", true));
    let known = assure("09012345679", caller, &["09012345679".parse().unwrap()], true);
    let known = of(&Finished { caller, assurance: Some(&known), ..finished(&profile, &draft) });
    assert_eq!(known.note, "以前の番号と一致・復唱済み");
    let none = Draft::default();
    let called = of(&Finished { caller, ..finished(&profile, &none) });
    assert_eq!((called.display.as_str(), called.left), ("090-1234-5678", false));
}

#[test]
fn f42_a_caller_who_could_not_be_put_through() {
    let content = told(Kind::Message, &[("bridge_failed", "話し中"), ("business", "x")]);
    let labels: Vec<&str> = content.lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["用件", "取次不成立"]);
}

#[test]
fn f43_a_notice_says_no_more_than_that_a_call_came() {
    let (profile, draft) = (Profile::default(), draft(Kind::Message, &[("narrative", "secret"), ("name", "佐藤")]));
    let content = Content::of(&Finished { policy: Policy::NoticeOnly, ..finished(&profile, &draft) });
    assert!(content.notice_only && content.lines.is_empty());
    assert!(!render::mail(&content).text.contains("secret"));
}

#[test]
fn f27_a_digest_counts_all_and_names_some() {
    let entry = DigestEntry {
        received_ms: RECEIVED_MS,
        kind: Kind::Sales,
        who: "○○通信の方".to_owned(),
        business: "光回線\n".to_owned(),
        number: String::new(),
    };
    let of = |count: usize| Content::digest("d", "さくら歯科", Language::Ja, RECEIVED_MS, &vec![entry.clone(); count]);
    assert_eq!(of(2).lines[1].text, "○○通信の方　光回線");
    assert_eq!((of(14).lines.len(), of(15).lines.len()), (14, 15));
    let many = of(200);
    assert_eq!((many.digest, many.lines.last().unwrap().text.as_str()), (Some(200), "186件"));
    assert!(render::mail(&many).text.lines().count() <= render::LINES_MAX);
    let silent = DigestEntry { who: String::new(), business: String::new(), kind: Kind::Silent, ..entry };
    assert_eq!(Content::digest("d", "x", Language::Ja, RECEIVED_MS, &[silent]).lines[0].text, "―");
}
