//! Reports to render: one of every sort, in both languages.
#![allow(dead_code, reason = "each test file uses its part")]

use report::{Content, DigestEntry, Draft, Edit, Finished, Kind, Language, Profile, Value, assure, choose};

/// Sunday, 22 November 2026, 17:44 in Japan.
pub const RECEIVED_MS: i64 = 1_795_337_040_000;

/// A draft with these answers; `-` stands for 聴取不可.
pub fn draft(kind: Kind, answers: &[(&str, &str)]) -> Draft {
    let edits: Vec<Edit> = answers
        .iter()
        .map(|(key, said)| Edit {
            key: (*key).to_owned(),
            value: Some(if *said == "-" { Value::Unheard } else { Value::said(*said) }),
            at_ms: RECEIVED_MS,
            offset_ms: Some(1_000),
            who: "hanako".to_owned(),
        })
        .collect();
    Draft { kind, ..Draft::replay(&edits) }
}

/// A dentist's.
pub fn profile(language: Language) -> Profile {
    let json = r#"{
        "people": [{"id": "incho", "name": "桜井 春子", "kana": "さくらい はるこ", "title": "院長"}],
        "recipients": [{"id": "incho-mail", "person": "incho", "channel": {"type": "email", "address": "incho@sakura.example"}}]
    }"#;
    Profile { language, ..Profile::read(json).unwrap() }
}

/// A report of this draft, as it is told.
pub fn content(profile: &Profile, draft: &Draft) -> Content {
    let chosen = choose(profile, draft, RECEIVED_MS);
    let caller = "090-1234-5678".parse().ok();
    let assurance = draft.said("callback").map(|said| assure(said, caller, &[], draft.read_back()));
    let content = Content::of(&Finished {
        report: "5e0c1f9a-7a1b-4f7e-9a53-0d2a0c7a1b11",
        firm: "さくら歯科",
        profile,
        draft,
        policy: chosen.policy,
        received_ms: RECEIVED_MS,
        operator: profile.language.of("山田", "Yamada"),
        caller,
        new_caller: false,
        assurance: assurance.as_ref(),
        follows: None,
        test: false,
        listen: true,
    });
    Content {
        link: Some("https://denwaban.example/reports/5e0c1f9a".to_owned()),
        seen_link: Some("https://denwaban.example/seen/q1w2e3r4t5".to_owned()),
        ..content
    }
}

/// Every sort of report, in both languages.
pub fn samples() -> Vec<(&'static str, Content)> {
    [Language::Ja, Language::En].into_iter().flat_map(of_language).collect()
}

fn of_language(language: Language) -> Vec<(&'static str, Content)> {
    let profile = profile(language);
    let notice_only = Profile { notice_only: true, ..profile.clone() };
    let mut correction = content(&profile, &message());
    correction.follows = Some("the one before".to_owned());
    let mut new_caller = content(&notice_only, &draft(Kind::Message, &[]));
    new_caller.link = Some("https://denwaban.example/calls/77".to_owned());
    vec![
        ("message", content(&profile, &message())),
        ("correction", correction),
        ("inquiry_full", content(&profile, &inquiry())),
        ("booking_new", content(&profile, &booking_new())),
        ("booking_change", content(&profile, &booking_change())),
        ("booking_cancel", content(&profile, &booking_cancel())),
        ("complaint_urgent", content(&profile, &complaint())),
        ("unheard", content(&profile, &unheard())),
        ("sales", content(&profile, &sales())),
        ("silent", content(&profile, &draft(Kind::Silent, &[]))),
        ("notice_only", new_caller),
        ("injection", content(&profile, &injection())),
        ("digest", digest(language)),
        ("trial", Content::trial("trial", "さくら歯科", language, RECEIVED_MS)),
    ]
}

fn message() -> Draft {
    draft(
        Kind::Message,
        &[
            ("company", "□□商事"),
            ("name", "佐藤"),
            ("person", "桜井院長"),
            ("desired", "call_back"),
            ("callback", "０９０－１２３４－５６７８"),
            ("read_back", "yes"),
            ("callback_when", "18時以降"),
            ("business", "見積りの件"),
        ],
    )
}

/// Everything that a form has, and more lines than a report may have.
fn inquiry() -> Draft {
    draft(
        Kind::Inquiry,
        &[
            ("company", "①㈱髙﨑商店"),
            ("name", "髙﨑 太郎様"),
            ("person", "田中"),
            ("desired", "call_back"),
            ("urgency", "high"),
            ("callback", "03-9876-5432"),
            ("callback_when", "明日の午前"),
            ("business", "ホワイトニングの料金"),
            ("service", "ホワイトニング"),
            ("id_number", "AB_12-003"),
            ("product", "ホームキット"),
            ("product_number", "HK_2026_B"),
            ("colour", "白"),
            ("size", "M"),
            ("items", "料金\n所要時間\n痛みはあるか\n支払い方法"),
            ("relation", "以前通院していた"),
            ("mood", "hurried"),
            ("mood_note", "移動中とのこと"),
            ("narrative", "一行目\n二行目\n三行目\n四行目\n五行目\n六行目\n七行目"),
            ("closing", "お調べして折り返しご連絡します"),
            ("faq_used", "駐車場はありますか"),
        ],
    )
}

fn booking_new() -> Draft {
    draft(
        Kind::BookingNew,
        &[
            ("name", "鈴木"),
            ("desired", "call_back"),
            ("callback", "0312345678"),
            ("business", "初診の予約"),
            ("booking_name", "鈴木 一郎"),
            ("date", "2026-11-24"),
            ("time", "14:30"),
            ("second_wish", "水曜の午後"),
            ("menu", "検診"),
        ],
    )
}

fn booking_change() -> Draft {
    draft(
        Kind::BookingChange,
        &[
            ("name", "鈴木"),
            ("desired", "message_only"),
            ("callback", "-"),
            ("business", "予約の変更"),
            ("booking_name", "鈴木 一郎"),
            ("old_date", "2026-12-28"),
            ("old_time", "10:00"),
            ("date", "2027-01-05"),
            ("time", "夕方"),
        ],
    )
}

fn booking_cancel() -> Draft {
    draft(
        Kind::BookingCancel,
        &[
            ("name", "髙﨑"),
            ("desired", "nothing"),
            ("callback", "09012345678"),
            ("business", "予約の取消"),
            ("booking_name", "髙﨑 花子"),
            ("date", "2026-11-24"),
            ("time", "9:00"),
        ],
    )
}

fn complaint() -> Draft {
    draft(
        Kind::Complaint,
        &[
            ("company", "株式会社"),
            ("name", "山田"),
            ("desired", "call_back"),
            ("urgency", "urgent"),
            ("callback", "090-1234-5679"),
            ("business", "詰め物が外れた"),
            ("mood", "furious"),
            ("narrative", "本日午前に治療した歯の詰め物が外れ、痛みが強いとのこと。\nすぐに連絡がほしい。"),
        ],
    )
}

fn unheard() -> Draft {
    draft(
        Kind::Message,
        &[("company", "-"), ("name", "-"), ("desired", "will_call_again"), ("callback", "-"), ("business", "-")],
    )
}

fn sales() -> Draft {
    draft(Kind::Sales, &[("company", "○○通信"), ("business", "光回線の案内"), ("desired", "nothing")])
}

/// What R19 names, where people read it.
fn injection() -> Draft {
    draft(
        Kind::Message,
        &[
            ("company", "=cmd|' /C calc'!A0"),
            ("name", "<img src=x onerror=alert(1)>\r\nBcc: victim@example.com"),
            ("person", "<!channel> <@U1> @everyone"),
            ("desired", "call_back"),
            ("callback", "03-1234-5678\r\n<script>"),
            ("read_back", "yes"),
            ("business", "[To:123] [toall] [info]x[/info] @all"),
            ("relation", "[here](https://evil.example/) <https://evil.example|here>"),
            (
                "narrative",
                "**bold** _it_ ~x~ `code` AB_12_C\n# head\n- list\n折返し番号:\n090-0000-0000\n\u{202e}gnp.exe {{DATE(2026-11-22T00:00:00Z)}}",
            ),
        ],
    )
}

fn digest(language: Language) -> Content {
    let entries: Vec<DigestEntry> = (0..16)
        .map(|place| DigestEntry {
            received_ms: RECEIVED_MS - place * 600_000,
            kind: if place % 3 == 0 { Kind::Silent } else { Kind::Sales },
            who: if place % 3 == 0 { String::new() } else { format!("営業{place}の方") },
            business: if place % 3 == 0 { String::new() } else { "光回線".to_owned() },
            number: "0120-000-111".to_owned(),
        })
        .collect();
    Content::digest("digest", "さくら歯科", language, RECEIVED_MS, &entries)
}
