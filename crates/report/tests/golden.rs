//! F37: mails and chats, byte for byte, in Japanese and English. `DENWABAN_GOLDEN=write` writes the files anew; look at what
//! changes before it is committed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test from top to bottom"
)]

mod support;

use std::path::PathBuf;

use report::render::{self, LINES_MAX, Markup};
use report::{Content, Language};
use support::samples;

/// Set to `write`, the files are written instead of compared.
const VARIABLE: &str = "DENWABAN_GOLDEN";

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with the file, or writes it.
fn holds(name: &str, text: &str) {
    let path = golden(name);
    if std::env::var(VARIABLE).is_ok_and(|value| value == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(text, golden, "{name}");
}

fn code(language: Language) -> &'static str {
    language.of("ja", "en")
}

#[test]
fn f37_mails_are_as_they_were() {
    for (name, content) in samples() {
        let mail = render::mail(&content);
        let name = format!("{name}.{}", code(content.language));
        holds(&format!("{name}.mail.txt"), &format!("Subject: {}\n\n{}", mail.subject, mail.text));
        holds(&format!("{name}.mail.html"), &mail.html);
    }
}

#[test]
fn f37_chats_are_as_they_were() {
    for (name, content) in samples() {
        let mut all = String::new();
        for markup in Markup::ALL {
            let text = render::plain(&content, markup, &["1234567".to_owned()]);
            all.push_str(&format!("=== {}\n{text}\n", markup.code()));
        }
        holds(&format!("{name}.{}.chats.txt", code(content.language)), &all);
    }
}

/// No golden file is left over from a sample that is no more.
#[test]
fn f37_every_golden_file_has_its_sample() {
    let names: Vec<String> =
        samples().iter().map(|(name, content)| format!("{name}.{}.", code(content.language))).collect();
    for entry in std::fs::read_dir(golden("")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.iter().any(|name| file.starts_with(name)), "{file}");
    }
}

#[test]
fn f36_f37_the_number_stands_alone_and_there_are_at_most_twenty_lines() {
    for (name, content) in samples() {
        let mail = render::mail(&content);
        assert!(mail.text.lines().count() <= LINES_MAX, "{name}: {}", mail.text);
        for markup in Markup::ALL {
            let chat = render::plain(&content, markup, &[]);
            assert!(chat.lines().count() <= LINES_MAX, "{name}: {chat}");
        }
        let Some(callback) = &content.callback else { continue };
        assert!(mail.text.lines().any(|line| line == callback.display), "{name}");
        match &callback.tel {
            Some(tel) => assert!(mail.html.contains(&format!("<a href=\"tel:{tel}\"")), "{name}"),
            None => assert!(!mail.html.contains("tel:"), "{name}"),
        }
    }
}

#[test]
fn f14_the_urgent_one_says_so_first() {
    for (name, content) in samples() {
        let urgent = name == "complaint_urgent";
        let mark = content.language.of("【緊急】", "[URGENT] ");
        assert_eq!(render::subject(&content).starts_with(mark), urgent, "{name}");
        assert_eq!(render::mail(&content).text.starts_with(mark), urgent, "{name}");
        for markup in Markup::ALL {
            let chat = render::plain(&content, markup, &[]);
            let first = chat.lines().next().unwrap();
            assert_eq!(first.contains(mark.trim()), urgent, "{name} {first}");
        }
    }
}

/// Only an urgent report calls people, and only where the chat knows how.
#[test]
fn f33_mentions() {
    let ids = ["1234567".to_owned(), "x] [toall".to_owned(), "all".to_owned()];
    for (name, content) in samples() {
        let urgent = name == "complaint_urgent";
        let chat = render::plain(&content, Markup::Chatwork, &ids);
        assert_eq!(chat.starts_with("[To:1234567] [toall]\n[info]"), urgent, "{name}");
        let chat = render::plain(&content, Markup::Slack, &["U024BE7LH".to_owned(), "here".to_owned()]);
        assert_eq!(chat.starts_with("<@U024BE7LH> <!here>\n"), urgent, "{name}");
        let chat = render::plain(&content, Markup::Line, &ids);
        assert!(!chat.contains("1234567"), "{name}");
    }
}

/// What a telephone shows of a subject holds urgency, who called, and what is wanted.
#[test]
fn f37_the_subject_says_it_in_25_letters() {
    let subjects: Vec<(&str, String)> = samples()
        .into_iter()
        .filter(|(_, content)| content.language == Language::Ja)
        .map(|(name, content)| (name, render::subject(&content)))
        .collect();
    let of = |wanted: &str| subjects.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
    assert_eq!(of("message"), "□□商事 佐藤様よりお電話（折返し希望）");
    assert_eq!(of("complaint_urgent"), "【緊急】株式会社 山田様よりお電話（クレーム・折返し希望）");
    assert_eq!(of("booking_cancel"), "髙﨑様よりお電話（予約取消）");
    assert_eq!(of("notice_only"), "090-1234-5678よりお電話（17:44）");
    assert_eq!(of("digest"), "営業電話など 16件（11月22日(日)）");
    for (name, subject) in &subjects {
        assert!(subject.chars().count() <= 45, "{name}: {subject}");
    }
}

#[test]
fn f37_a_content_survives_its_store() {
    for (_, content) in samples() {
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
    }
}
