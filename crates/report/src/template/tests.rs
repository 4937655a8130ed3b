//! Templates: what they may do, what they may not, and that a report goes out whatever they do.

use proptest::prelude::*;

use super::*;
use crate::render::{mail, plain, subject};

fn content() -> Content {
    Content {
        link: Some("https://denwaban.example/r/a_b".to_owned()),
        ..Content::trial("1", "さくら歯科", Language::Ja, 1_795_337_040_000)
    }
}

fn text(source: &str) -> String {
    run(source, &content(), Target::Text).unwrap_or_else(|broken| panic!("{source}: {broken:?}"))
}

fn why(source: &str) -> Why {
    run(source, &content(), Target::Text).expect_err(source).why
}

fn problems(source: &str) -> Vec<Problem> {
    Templates { mail: Some(source.to_owned()), ..Templates::default() }.problems("templates")
}

#[test]
fn f37_a_firm_has_its_own_wording() {
    let source = "{# ours #}{{ who }}より（{{ desired }}）\n{% if callback -%}\n{{ callback.display }}\n{% endif %}\
                  {% for line in lines if line.key != 'narrative' %}{{ loop.index }}. {{ line.label }}={{ line.text }}\n{% endfor %}\
                  {{ answers.business|upper }}{{ answers.nothing|default('―') }}";
    assert_eq!(text(source), "テスト商事 ①㈱髙﨑様より（折返し希望）\n03-1234-5678\n1. 用件=送信テスト\n送信テスト―");
    assert_eq!(problems(source), []);
}

#[test]
fn f37_all_names_are_there() {
    for name in NAMES {
        assert!(run(&format!("x{{{{ {name} }}}}"), &content(), Target::Text).is_ok(), "{name}");
    }
    assert_eq!(text("{{ callback.label }}"), "折返し番号（復唱済み）");
    assert_eq!(text("{{ received }} {{ link }}"), "11月22日(日) 17:44 https://denwaban.example/r/a_b");
    assert_eq!(run("{{ link }}", &content(), Target::Chat(Markup::Discord)).unwrap(), "https://denwaban.example/r/a_b");
}

#[test]
fn f37_a_broken_one_is_named_with_its_line() {
    for (source, line, part) in [
        ("a\n{{ who", 2, "line 2"),
        ("a\nb\n{% if who %}x", 3, "line 3"),
        ("{% if %}{% endif %}", 1, "line 1"),
        ("a\n{{ firn }}", 2, "firn"),
        ("{{ who|shout }}", 1, "shout"),
        ("{{ range(3) }}", 1, "range"),
        ("x\n{% set a = 1 %}", 2, "set"),
        ("{% include 'x' %}", 1, "include"),
        ("   \n", 1, "no text"),
    ] {
        let problems = problems(source);
        assert_eq!(problems.len(), 1, "{source}");
        let problem = &problems[0];
        assert_eq!(problem.field, "templates.mail", "{source}");
        assert!(problem.what_en.contains(part), "{source}: {}", problem.what_en);
        assert!(line == 1 || problem.what_ja.contains(&format!("{line}行目")), "{source}: {}", problem.what_ja);
    }
    let long = "あ".repeat(SOURCE_CHARS_MAX + 1);
    assert_eq!(why(&long), Why::TooLong);
}

/// Whoever writes templates can neither hold up the program nor fill its memory.
#[test]
fn r45_no_template_can_grow_or_run_without_bound() {
    let nested = "{% for a in lines %}{% for b in lines %}{% for c in firm %}{% for d in firm %}".to_owned()
        + "{% for e in firm %}{% for f in firm %}{% for g in firm %}{% for h in firm %}x"
        + &"{% endfor %}".repeat(8);
    assert!(matches!(why(&nested), Why::TooMuchWork | Why::TooMuchText), "{:?}", why(&nested));
    for (source, what) in [
        ("{% set x = 'a' %}{{ x }}", "set"),
        ("{% with x = 'a' %}{{ x }}{% endwith %}", "with"),
        ("{% filter upper %}x{% endfilter %}", "filter"),
        ("{% raw %}{{ x }}{% endraw %}", "raw"),
        ("{% autoescape true %}x{% endautoescape %}", "autoescape"),
        ("{% macro x() %}x{% endmacro %}", "macro"),
        ("{%+ do x %}", "do"),
        ("{{ who ~ who }}", "~"),
        ("{{ who + who }}", "+"),
        ("{{ who * 1000 }}", "*"),
        ("{{ 2 ** 9999 }}", "*"),
        ("{% for x in [who * 9] %}{% endfor %}", "*"),
        ("{{ {'a': who}.a ~ who }}", "{"),
        ("{{ '}}' ~ who }}", "~"),
        ("{{ \"\\\"}}\" ~ who }}", "~"),
        ("{# {{ \" #}{{ who ~ who }}", "~"),
        ("{%- if who ~ who -%}x{% endif %}", "~"),
        ("{{- who ~ who -}}", "~"),
    ] {
        assert_eq!(why(source), Why::NotAllowed(what.to_owned()), "{source}");
    }
    // Signs outside of tags and within quotes are text.
    assert_eq!(text("10:00~11:00 * + {{ '~+*' }} }} {{ who }}"), "10:00~11:00 * + ~+* }} テスト商事 ①㈱髙﨑様");
    let deep = format!("{{{{ {}who{} }}}}", "(".repeat(500), ")".repeat(500));
    assert!(matches!(why(&deep), Why::NotAllowed(_)), "what reads brackets calls itself for each");
    let nested = "{%if who%}".repeat(400) + "x" + &"{%endif%}".repeat(400);
    assert!(matches!(why(&nested), Why::Wrong(_) | Why::TooMuchWork), "{:?}", why(&nested));
}

/// A firm's template that was sound when it was saved, and is not any more.
#[test]
fn f37_a_broken_template_never_holds_a_report_up() {
    let built_in = content();
    for broken in ["{{ who", "{{ nobody }}", "{% set x = 1 %}x", "{{ who ~ who }}", "  ", "{{ answers.none }}"] {
        let templates = Templates {
            subject: Some(broken.to_owned()),
            mail: Some(broken.to_owned()),
            chat: Some(broken.to_owned()),
        };
        let own = Content { templates, ..content() };
        assert_eq!(mail(&own), mail(&built_in), "{broken}");
        for markup in Markup::ALL {
            assert_eq!(plain(&own, markup, &[]), plain(&built_in, markup, &[]), "{broken}");
        }
    }
}

#[test]
fn f14_urgency_stands_first_whatever_the_firm_writes() {
    let templates = Templates {
        subject: Some("{{ firm }}\r\nBcc: x".to_owned()),
        mail: Some("{{ who }}".to_owned()),
        chat: Some("{{ who }}".to_owned()),
    };
    let own = Content { templates, urgency: crate::Urgency::Urgent, ..content() };
    assert_eq!(subject(&own), "【緊急】【テスト】さくら歯科 Bcc: x");
    assert_eq!(plain(&own, Markup::Chatwork, &[]), "【緊急】【テスト】テスト商事 ①㈱髙﨑様");
}

/// What is too long for the chat is told in the built-in wording, which knows how to shorten.
#[test]
fn f33_a_template_too_long_for_its_chat_gives_way() {
    let mut own = content();
    own.templates.chat = Some("{{ answers.narrative }}".to_owned());
    own.lines[1].text = "あ".repeat(3_000);
    let chat = plain(&own, Markup::Discord, &[]);
    assert!(chat.starts_with("**【テスト】折返し希望") && chat.contains("…（続きは報告書で）"), "{chat}");
    assert!(plain(&own, Markup::Chatwork, &[]).starts_with("【テスト】ああ"));
}

#[test]
fn f36_the_number_and_our_links_in_a_firms_own_text_can_be_touched() {
    let mut own = content();
    own.templates.mail = Some("折返し:\n{{ callback.display }}\n<b>{{ link }}</b>".to_owned());
    let html = mail(&own).html;
    assert!(html.contains("<a href=\"tel:+81312345678\" style=\"font-size:20px\">03-1234-5678</a>"), "{html}");
    assert!(html.contains("&lt;b&gt;<a href=\"https://denwaban.example/r/a_b\">"), "{html}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is put together from the pieces of templates: it is run, or refused, and what it makes is within its bounds.
    #[test]
    fn r45_any_template_ends(pieces in prop::collection::vec(prop::sample::select(vec![
        "{{ who }}", "{{", "}}", "{%", "%}", "{#", "#}", "'", "\"", "\\", " ~ ", " + ", " * 9 ", "who ~ '§' ~ who", " ~ '§' ~ ", "{{ who + '§' }}", "who", "lines", "x", "|upper", "|first",
        "{% for x in lines %}", "{% for x in firm %}", "{% endfor %}", "{% if who %}", "{% else %}", "{% endif %}", "{% set x = x ~ x %}",
        "{", "}", "[", "]", "(", ")", ".", "\n", "-", "1", "あ",
    ]), 0..24)) {
        let source = pieces.concat();
        if let Ok(text) = run(&source, &content(), Target::Text) {
            prop_assert!(text.len() <= OUTPUT_BYTES_MAX);
            // Two texts that were put together in a tag.
            prop_assert!(!text.contains("様§"), "{}", source);
        }
        prop_assert!(problems(&source).len() <= 1);
    }
}
