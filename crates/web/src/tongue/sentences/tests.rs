//! Sentences are found, and every refusal of the store has one.

use std::path::{Path, PathBuf};

use super::*;

#[test]
fn a_sentence_is_found_with_what_stands_in_it() {
    for (english, ja) in [
        ("it is empty", Some("空欄です")),
        ("130 is out of range", Some("130 は範囲外です")),
        ("give 1 to 120", Some("1～120にしてください")),
        ("+81312345678 belongs to a (あお) already", Some("+81312345678 は、すでに a (あお) の番号です")),
        ("unknown field `x`, expected one of `a`, `b`", Some("「x」という項目はありません")),
        ("\"x y\" is no host", Some("\"x y\" はホストではありません")),
        ("\"あ\" is no telephone number: there are no digits", Some("\"あ\" は電話番号ではありません")),
        ("空欄です", None),
        ("", None),
    ] {
        assert_eq!(japanese(english).as_deref(), ja, "{english}");
    }
}

#[test]
fn every_sentence_is_translated_and_found_as_itself() {
    for (place, (english, ja)) in all().enumerate() {
        assert!(!ja.is_ascii(), "{english}");
        let holes = english.matches("{}").count();
        assert!(ja.matches('{').count() <= holes.max(1), "{ja}");
        let found = all().position(|(pattern, _)| fits(pattern, english).is_some());
        assert_eq!(found, Some(place), "{english} is hidden by another");
    }
}

/// What stands in the holes here.
const HOLE: char = '◯';

/// Refusals whose words come from below the store, where their own place tells them in both languages.
const ELSEWHERE: &[&str] = &["fault.what", "fault.remedy"];

#[test]
fn every_refusal_of_the_stores_checks_has_its_japanese() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src"), &mut files);
    let (mut lacking, mut looked_at) = (Vec::new(), 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("\n#[cfg(test)]").next().unwrap();
        for call in ["StoreError::invalid(", ".fail("] {
            for (at, _) in text.match_indices(call) {
                let (before, from) = text.split_at(at + call.len());
                // The field, what is wrong, what to do.
                for words in arguments(from).into_iter().skip(1).take(2) {
                    looked_at += 1;
                    let english = literal(words).or_else(|| named(before, words));
                    let is_known = match &english {
                        // What has no holes is a sentence of its own: one with holes would take its words for what stands in them.
                        Some(english) if !english.contains(HOLE) => all().any(|(pattern, _)| pattern == english),
                        Some(english) => all().any(|(pattern, _)| fits(pattern, english).is_some()),
                        None => ELSEWHERE.contains(&words),
                    };
                    if !is_known {
                        lacking.push((file.clone(), words.to_owned()));
                    }
                }
            }
        }
    }
    assert!(looked_at > 200, "the store's checks are not where they were: {looked_at}");
    assert!(lacking.is_empty(), "no Japanese for {lacking:#?}");
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What stands between the commas of a call, up to its closing bracket.
fn arguments(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut begun, mut quoted, mut escaped) = (Vec::new(), 0, 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => {
                found.push(text[begun..at].trim());
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The sentence that a literal or a `format!` makes, with something in its holes.
fn literal(words: &str) -> Option<String> {
    let quoted = words.strip_prefix("format!(").unwrap_or(words).trim_start().strip_prefix('"')?;
    let (mut text, mut letters, mut in_hole) = (String::new(), quoted.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Some(text),
            // A line that goes on in the next one.
            '\\' if letters.peek() == Some(&'\n') => while letters.next_if(|next| next.is_whitespace()).is_some() {},
            '\\' => text.extend(letters.next()),
            '{' => in_hole = true,
            '}' => {
                in_hole = false;
                text.push(HOLE);
            }
            _ if in_hole => {}
            _ => text.push(letter),
        }
    }
    None
}

/// The same of a name that was given to it before.
fn named(before: &str, name: &str) -> Option<String> {
    let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let at = before.rfind(&format!("let {name} = ")).filter(|_| is_name)?;
    literal(before[at..].split_once(" = ")?.1.trim_start())
}
