//! The page's files: the words that it needs in both languages, and that nothing from outside can become HTML.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on says so")]

mod common;

use std::collections::BTreeSet;

use common::House;
use serde_json::Value;

const WORDS: &str = include_str!("../page/words.js");
const APP: &str = include_str!("../page/app.js");
const WALLBOARD: &str = include_str!("../page/wallboard.js");
const HTML: &str = include_str!("../page/index.html");
/// What a call's timeline can tell is private to the switch, so its source is read.
const FACTS: &str = include_str!("../../switch/src/call/record.rs");

fn words() -> Value {
    let start = WORDS.find("export const words = {").unwrap() + "export const words = ".len();
    serde_json::from_str(WORDS[start..].trim_end().strip_suffix(';').unwrap()).unwrap()
}

/// Every key with those below it: `events.answered`.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, inner) in value.as_object().unwrap() {
        let path = format!("{path}{key}");
        if inner.is_object() {
            keys(inner, &format!("{path}."), found);
        } else {
            assert!(inner.as_str().is_some_and(|text| !text.is_empty()), "{path} is empty");
            found.insert(path);
        }
    }
}

fn keys_of(language: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    keys(&words()[language], "", &mut found);
    found
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[test]
fn both_languages_have_the_same_words() {
    assert_eq!(keys_of("ja"), keys_of("en"));
    let places = |text: &str| {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect::<BTreeSet<_>>()
    };
    for (alarm, text) in words()["ja"]["alarmWords"].as_object().unwrap() {
        let english = words()["en"]["alarmWords"][alarm].clone();
        assert_eq!(places(text.as_str().unwrap()), places(english.as_str().unwrap()), "{alarm}");
    }
}

#[test]
fn every_fact_of_a_calls_story_has_a_word() {
    let body = FACTS.split("enum Fact {").nth(1).unwrap().split("\n}").next().unwrap();
    let variant = |line: &str| {
        let name: String = line.strip_prefix("    ")?.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| snake_case(&name))
    };
    let mut facts: BTreeSet<_> = body.lines().filter_map(variant).collect();
    assert!(facts.len() > 20 && facts.contains("target_confirmed"), "{facts:?}");
    // The store adds this one when it closes the calls of a process that has died; messages are not facts.
    facts.extend(["interrupted".into(), "sip".into()]);
    let told: BTreeSet<_> = words()["ja"]["events"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, facts);
}

#[test]
fn every_alarm_and_every_state_has_its_words() {
    let description = serde_json::to_value(web::openapi::description()).unwrap();
    let schemas = &description["components"]["schemas"];
    let variants = schemas["Alarm"]["oneOf"].as_array().unwrap();
    let mut alarms = BTreeSet::new();
    for variant in variants {
        let name = variant["properties"]["alarm"]["enum"][0].as_str().unwrap();
        alarms.insert(name.to_owned());
        let fields: BTreeSet<_> =
            variant["properties"].as_object().unwrap().keys().map(|field| format!("{{{field}}}")).collect();
        let text =
            words()["en"]["alarmWords"][name].as_str().unwrap_or_else(|| panic!("{name} has no words")).to_owned();
        for place in text.split('{').skip(1).map(|rest| format!("{{{}}}", rest.split('}').next().unwrap())) {
            assert!(fields.contains(&place), "{name}: there is no {place} in {fields:?}");
        }
    }
    let told: BTreeSet<_> = words()["en"]["alarmWords"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, alarms);
    let states: BTreeSet<_> =
        schemas["CallState"]["enum"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect();
    let told: BTreeSet<_> = words()["en"]["states"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(told, states);
}

#[test]
fn every_word_that_the_page_asks_for_is_there() {
    let words = keys_of("en");
    let asked_by_html = HTML.split("data-word=\"").chain(HTML.split("data-label=\"")).skip(1);
    for name in asked_by_html.filter_map(|rest| rest.split('"').next()).filter(|name| !name.contains('<')) {
        assert!(words.contains(name), "index.html asks for {name}");
    }
    for rest in [APP, WALLBOARD].iter().flat_map(|script| script.split("W.").skip(1)) {
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let is_group = words.iter().any(|word| word.starts_with(&format!("{name}.")));
        assert!(words.contains(&name) || is_group, "app.js asks for {name}");
    }
}

#[test]
fn r19_what_comes_from_outside_is_put_on_the_page_as_text() {
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "setHTML",
        "DOMParser",
        "srcdoc",
    ] {
        assert!(!APP.contains(way) && !WALLBOARD.contains(way), "a script uses {way}");
    }
    for inline in ["onclick=", "onload=", "onerror=", "style=", "javascript:", "<style", "http://", "https://"] {
        assert!(!HTML.contains(inline), "index.html holds {inline}");
    }
}

#[test]
fn the_page_is_served_closed_and_small() {
    let house = House::new();
    let mut bytes = 0;
    for (path, kind) in [
        ("//", "text/html; charset=utf-8"),
        ("//app.js", "text/javascript; charset=utf-8"),
        ("//wallboard.js", "text/javascript; charset=utf-8"),
        ("//words.js", "text/javascript; charset=utf-8"),
        ("//style.css", "text/css; charset=utf-8"),
    ] {
        let said = house.send("GET", path, &[], None);
        assert_eq!((said.status, said.header("content-type")), (200, kind), "{path}");
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        let policy = said.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        bytes += said.bytes.len();
    }
    assert!(bytes < 80_000, "{bytes}");
}
