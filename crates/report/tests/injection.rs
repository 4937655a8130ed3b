//! R19: what a caller says, or sends as a name, is never an order to a mail program, a browser, a chat or a spreadsheet: every
//! string in every field, through every way of rendering, with the built-in wording and with a firm's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test from top to bottom"
)]

mod support;

use proptest::prelude::*;
use report::render::{self, Markup};
use report::{Content, DigestEntry, Finished, Kind, Language, Policy, Profile, Templates, Value, text};
use support::{RECEIVED_MS, draft, profile};

/// Strings that mean something to somebody.
const INJECTIONS: &[&str] = &[
    "佐藤\r\nBcc: victim@example.com",
    "佐藤\nContent-Type: text/html\n\n<h1>x</h1>",
    "佐藤\u{2028}Bcc: victim@example.com\u{85}x\u{b}y",
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "</title></td><a href=\"https://evil.example/\">x</a>",
    "<a href=javascript:alert(1)>x</a>",
    "&lt;b&gt; &amp; &#60;",
    "=cmd|' /C calc'!A0",
    "+1-1",
    "@SUM(A1:A9)",
    "[To:123] hello",
    "[toall]",
    "[info][title]x[/title]y[/info][code]z[/code][rp aid=1 to=2-3]",
    "[hr][picon:1][qt][qtmeta aid=1]x[/qt]",
    "@all @here @channel @everyone @Everyone @ALL ＠all",
    "<!channel> <!here> <!everyone|x> <@U024BE7LH> <#C1|x> <!subteam^S1>",
    "<users/all> <users/123>",
    "<https://evil.example/|click>",
    "[click](https://evil.example/) ![x](https://evil.example/x.png)",
    "[click][1]\n\n[1]: https://evil.example/",
    "<m userId=\"all\">",
    "<at>all</at>",
    "**bold** __u__ *i* _i_ ~~s~~ ~s~ `c` ```c``` ||spoiler||",
    "# head\n> quote\n- list\n-# small\n1. one",
    "{{DATE(2026-11-22T00:00:00Z,SHORT)}} {{ firm }} {% for x in lines %}x{% endfor %}",
    "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069} \u{200f}\u{61c}",
    "\u{0}\u{1}\u{7f}\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{feff}\u{200b}x\u{e0041}\u{e007f}",
    "<:emoji:123> <t:0:R> <id:home> </cmd:1>",
    "折返し番号:\n090-0000-0000\n確認しました: https://evil.example/",
];

/// Tags of a mail's HTML.
const TAGS: [&str; 15] =
    ["!DOCTYPE", "html", "head", "meta", "title", "body", "h1", "table", "tr", "th", "td", "br", "p", "a", "hr"];

fn report(kind: Kind, profile: &Profile, answers: &[(&str, &str)], firm: &str, operator: &str) -> Content {
    let draft = draft(kind, answers);
    let content = Content::of(&Finished {
        report: "1",
        firm,
        profile,
        draft: &draft,
        policy: Policy::Send,
        received_ms: RECEIVED_MS,
        operator,
        caller: "090-1234-5678".parse().ok(),
        new_caller: true,
        assurance: None,
        follows: None,
        test: false,
        listen: true,
    });
    let (link, seen_link) = ("https://denwaban.example/reports/1", "https://denwaban.example/seen/1");
    Content { link: Some(link.to_owned()), seen_link: Some(seen_link.to_owned()), ..content }
}

/// The built-in wording, and one that prints all there is.
fn profiles(language: Language) -> [Profile; 2] {
    let all = "{{ firm }} {{ who }} {{ operator }}\n{{ callback.label }}\n{{ callback.display }}\n\
               {% for line in lines %}{{ line.label }}: {{ line.text }}\n{% endfor %}\
               {{ answers.business|upper }}{{ answers.narrative|default(\"-\")|trim }}\n{{ link }}\n{{ seen_link }}";
    let own = Templates {
        subject: Some("{{ who }}: {{ answers.business }}{{ firm }}".to_owned()),
        mail: Some(all.to_owned()),
        chat: Some(all.to_owned()),
    };
    let built_in = profile(language);
    [Profile { templates: own, ..built_in.clone() }, built_in]
}

fn is_harmless(text: &str) -> bool {
    text == text::prose(text)
}

/// Nothing in a mail is an order.
fn check_mail(content: &Content, what: &str) {
    let mail = render::mail(content);
    assert!(!mail.subject.contains('\n') && is_harmless(&mail.subject), "{what}: {}", mail.subject);
    assert!(is_harmless(&mail.text), "{what}: {}", mail.text);
    // A line of ours begins at the margin, and the answers' further lines do not.
    let by_hand = content.templates.mail.is_none();
    for forged in ["090-0000-0000", "確認しました: https://evil.example/"] {
        assert!(!by_hand || mail.text.lines().all(|line| line != forged), "{what}: {}", mail.text);
    }
    assert!(is_harmless(&mail.html), "{what}");
    for (place, _) in mail.html.match_indices('<') {
        let tag = &mail.html[place + 1..];
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '!').collect();
        assert!(TAGS.contains(&name.as_str()), "{what}: <{name}");
        let tag = tag.split('>').next().unwrap();
        assert!(!tag.contains(" on") && !tag.contains("javascript"), "{what}: <{tag}");
        if let Some((_, href)) = tag.split_once("href=\"") {
            assert!(href.starts_with("tel:+") || href.starts_with("https://denwaban.example/"), "{what}: {href}");
        }
    }
    for (place, _) in mail.html.match_indices('&') {
        let entity = mail.html[place..].split(';').next().unwrap();
        assert!(["&amp", "&lt", "&gt", "&quot", "&#39"].contains(&entity), "{what}: {entity}");
    }
}

/// What stands between two marks, wherever they stand in a text.
fn between(text: &str, open: char, close: char) -> Vec<&str> {
    text.match_indices(open).map(|(place, _)| text[place + 1..].split(close).next().unwrap()).collect()
}

fn is_ours(link: &str) -> bool {
    link.starts_with("https://denwaban.example/") || link.starts_with("tel:+")
}

/// Nothing in a chat is markup, but our own.
fn check_chat(content: &Content, markup: Markup, what: &str) {
    let chat = render::plain(content, markup, &[]);
    let what = format!("{what} {markup:?}: {chat}");
    assert!(is_harmless(&chat), "{what}");
    let lower = chat.to_lowercase();
    for everybody in ["@all", "@here", "@channel", "@everyone", "@toall"] {
        assert!(!lower.contains(everybody), "{what}");
    }
    match markup {
        Markup::Chatwork => {
            for tag in between(&chat, '[', ']') {
                assert!(["info", "title", "/title", "/info"].contains(&tag), "{what}");
            }
        }
        Markup::Slack => {
            assert!(between(&chat, '<', '>').into_iter().all(is_ours), "{what}");
            for (place, _) in chat.match_indices('&') {
                assert!(["&amp;", "&lt;", "&gt;"].iter().any(|entity| chat[place..].starts_with(entity)), "{what}");
            }
        }
        Markup::GoogleChat => assert!(between(&chat, '<', '>').into_iter().all(is_ours), "{what}"),
        Markup::Teams => {
            assert!(!chat.contains(['<', '{', '`', '\\']), "{what}");
            let links = chat.matches('[').count();
            assert_eq!(
                links,
                chat.matches("](https://denwaban.example/").count() + chat.matches("](tel:+").count(),
                "{what}"
            );
        }
        Markup::Line => {}
        Markup::LineWorks => assert!(!chat.contains('<'), "{what}"),
        Markup::Discord => {
            let letters: Vec<char> = chat.chars().collect();
            let bold = 2 * 2;
            let mut stars = 0;
            for (place, letter) in letters.iter().enumerate() {
                let escapes = letters[..place].iter().rev().take_while(|before| **before == '\\').count();
                if escapes % 2 == 1 {
                    continue;
                }
                stars += usize::from(*letter == '*');
                assert!(!"<>[]`|~#".contains(*letter), "{letter} in {what}");
            }
            assert!(stars <= bold, "{what}");
        }
    }
    if matches!(markup, Markup::Slack | Markup::GoogleChat) {
        assert!(chat.matches('*').count() <= 2 && !chat.contains(['`', '~']), "{what}");
    }
}

fn check(content: &Content, what: &str) {
    check_mail(content, what);
    for markup in Markup::ALL {
        check_chat(content, markup, what);
    }
}

#[test]
fn r19_every_string_in_every_field_through_every_renderer() {
    for profile in profiles(Language::Ja) {
        for kind in [Kind::Message, Kind::Inquiry, Kind::BookingChange, Kind::Sales, Kind::Silent] {
            for field in profile.form.fields(kind) {
                for injection in INJECTIONS {
                    let mut draft = report::Draft { kind, ..report::Draft::default() };
                    if draft.set(&field.key, Some(&Value::said(*injection))).is_err() {
                        continue; // a code of ours: refused where it is typed
                    }
                    let answers: Vec<(&str, &str)> = vec![(field.key.as_str(), injection)];
                    check(
                        &report(kind, &profile, &answers, "さくら歯科", "山田"),
                        &format!("{} {injection:?}", field.key),
                    );
                }
            }
        }
    }
}

#[test]
fn r19_names_of_firms_operators_and_people_too() {
    for profile in profiles(Language::En) {
        for injection in INJECTIONS {
            let mut named = profile.clone();
            named.people[0].name = (*injection).to_owned();
            named.people[0].title = (*injection).to_owned();
            let answers = [("person", "incho"), ("name", *injection), ("business", "x")];
            check(&report(Kind::Message, &named, &answers, injection, injection), &format!("{injection:?}"));
        }
    }
}

/// What is in the store may be older than the rules of today: a content that nobody has cleaned.
#[test]
fn r19_a_content_as_it_is_stored() {
    for injection in INJECTIONS {
        let text = (*injection).to_owned();
        let mut content = Content::trial("1", injection, Language::Ja, RECEIVED_MS);
        content.operator.clone_from(&text);
        content.who.clone_from(&text);
        for line in &mut content.lines {
            line.label.clone_from(&text);
            line.text.clone_from(&text);
        }
        let callback = content.callback.as_mut().unwrap();
        callback.display.clone_from(&text);
        callback.note.clone_from(&text);
        callback.tel = None;
        content.link = Some(format!("https://denwaban.example/{injection}"));
        content.seen_link = Some("javascript:alert(1)".to_owned());
        check(&content, &format!("{injection:?}"));
    }
}

#[test]
fn r19_digests_too() {
    for injection in INJECTIONS {
        let entry = DigestEntry {
            received_ms: RECEIVED_MS,
            kind: Kind::Sales,
            who: (*injection).to_owned(),
            business: (*injection).to_owned(),
            number: (*injection).to_owned(),
        };
        check(&Content::digest("1", injection, Language::Ja, RECEIVED_MS, &[entry]), &format!("{injection:?}"));
    }
}

/// The proof that is exported (F40) opens in a spreadsheet.
#[test]
fn r19_cells_are_no_formulas() {
    for injection in INJECTIONS {
        let cell = text::csv_cell(injection);
        assert!(is_harmless(&cell), "{cell:?}");
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
    }
}

/// F25: what is no markup stays to the letter.
#[test]
fn f25_an_article_number_arrives_as_it_was_typed() {
    let answers = [("product_number", "AB_12-003/X.9 #7"), ("business", "x")];
    let content = report(Kind::Inquiry, &profile(Language::Ja), &answers, "さくら歯科", "山田");
    assert!(render::mail(&content).text.contains("品番: AB_12-003/X.9 #7\n"));
    for markup in [Markup::Chatwork, Markup::Slack, Markup::GoogleChat, Markup::Line, Markup::LineWorks] {
        let chat = render::plain(&content, markup, &[]);
        assert!(chat.contains("品番: AB_12-003/X.9 #7\n"), "{markup:?}: {chat}");
    }
    assert!(render::plain(&content, Markup::Discord, &[]).contains("品番: AB\\_12-003/X.9 \\#7\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any text at all, in pieces of what means something.
    #[test]
    fn r19_any_text(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(INJECTIONS).prop_map(str::to_owned),
        "[<>\\[\\]*_~`|@#&\\\\(){}!:/a-c\n\r\u{202e}\u{0} あ]{0,12}",
        "\\PC{0,10}",
    ], 0..6)) {
        let text = pieces.concat();
        for profile in profiles(Language::Ja) {
            let answers = [("business", text.as_str()), ("narrative", text.as_str()), ("name", text.as_str()), ("callback", text.as_str())];
            check(&report(Kind::Message, &profile, &answers, &text, &text), &format!("{text:?}"));
        }
    }

    /// However much there is to tell: never longer than the chat takes, the number and the links always in it.
    #[test]
    fn f33_no_chat_is_too_long(letter in "[あ<&_\\[*😀]", length in 1_usize..4_000, fields in 1_usize..6, urgent: bool) {
        let long = letter.repeat(length);
        let keys = ["narrative", "business", "relation", "items", "closing"];
        let mut answers: Vec<(&str, &str)> = keys.iter().take(fields).map(|key| (*key, long.as_str())).collect();
        answers.push(("urgency", if urgent { "urgent" } else { "normal" }));
        let content = report(Kind::Message, &profile(Language::Ja), &answers, "さくら歯科", "山田");
        for markup in Markup::ALL {
            let chat = render::plain(&content, markup, &["123".to_owned()]);
            prop_assert!(chat.encode_utf16().count() <= markup.units_max(), "{:?}", markup);
            prop_assert!(chat.contains("090-1234-5678"));
            prop_assert!(chat.contains("https://denwaban.example/seen/1"));
            prop_assert!(chat.lines().count() <= render::LINES_MAX + 1);
            prop_assert!(markup != Markup::Chatwork || chat.ends_with("[/info]"));
        }
        prop_assert!(render::subject(&content).chars().count() <= render::SUBJECT_CHARS_MAX);
    }
}
