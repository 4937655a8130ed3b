//! What a template may be made of, checked before the engine reads it.
//!
//! Only values, `if` and `for`, and no operator that puts texts together: without `set`, `~`, `+` and `*` no text can be doubled
//! again and again, which no limit on steps would stop in time. Tags are divided as the engine divides them; braces within a tag,
//! which it counts and we do not, are refused.

use super::{Broken, DEPTH_MAX, SOURCE_CHARS_MAX, Why};

/// Statements that a template may have.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

pub(super) fn check(source: &str) -> Result<(), Broken> {
    if source.chars().count() > SOURCE_CHARS_MAX {
        return Err(Broken { line: 1, why: Why::TooLong });
    }
    let mut rest = source;
    loop {
        let next = ["{{", "{%", "{#"].into_iter().filter_map(|open| Some((rest.find(open)?, open))).min();
        let Some((place, open)) = next else { return Ok(()) };
        let inside = rest.get(place + open.len()..).unwrap_or_default();
        let line = source.get(..source.len() - inside.len()).unwrap_or_default().matches('\n').count() + 1;
        if open == "{#" {
            // Unclosed: the engine complains.
            rest = inside.split_once("#}").map_or("", |(_, after)| after);
            continue;
        }
        let not_allowed = |what: &str| Err(Broken { line, why: Why::NotAllowed(what.to_owned()) });
        if open == "{%" {
            let word = inside.trim_start_matches(['-', '+']).trim_start();
            let end = word.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(word.len());
            let word = word.get(..end).unwrap_or_default();
            if !STATEMENTS.contains(&word) {
                return not_allowed(word);
            }
        }
        match tag(inside, if open == "{{" { "}}" } else { "%}" }) {
            Ok(after) => rest = after,
            Err(what) => return not_allowed(what),
        }
    }
}

/// What follows the tag, or what it has that it may not.
fn tag<'a>(inside: &'a str, close: &str) -> Result<&'a str, &'a str> {
    let mut quote = None;
    let mut escaped = false;
    let mut parts = 0;
    // A sign for trimming stands right behind the tag's beginning.
    let skip = usize::from(inside.starts_with(['-', '+']));
    for (place, letter) in inside.char_indices().skip(skip) {
        let here = inside.get(place..).unwrap_or_default();
        if let Some(open) = quote {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if letter == open => quote = None,
                _ => {}
            }
            continue;
        }
        if let Some(after) = here.strip_prefix(close) {
            return Ok(after);
        }
        // `+%}` and `+}}` trim, too.
        if letter == '+' && here.get(1..).is_some_and(|after| after.starts_with(close)) {
            continue;
        }
        match letter {
            '"' | '\'' => quote = Some(letter),
            '~' | '+' | '*' | '{' | '}' => return Err(here.get(..letter.len_utf8()).unwrap_or("?")),
            '(' | '[' | '|' | '.' | '-' | '/' | '%' => parts += 1,
            _ if letter.is_whitespace() => parts += 1,
            _ => {}
        }
        if parts > DEPTH_MAX {
            return Err("( … )");
        }
    }
    // Unclosed: the engine complains.
    Ok("")
}
