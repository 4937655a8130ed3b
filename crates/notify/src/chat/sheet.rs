//! A report cut to a service's size. Nothing is refused for being too long: the longest answers are shortened, number and
//! links stay. Texts are already cut by `report::render`; this is for cards, whose limit is on the whole of their JSON.

use report::render::Part;
use report::{Content, render, text};

/// Rounds of shortening.
const ROUNDS_MAX: usize = 200;
/// No answer is shortened below this.
const TEXT_MIN: usize = 8;
/// Characters of the line in a notification.
const HEADLINE_MAX: usize = 300;

/// Makes something of the report, of as much of it as fits: `size` of it is at most `max`. What was made of the shortest form
/// is returned if even that does not fit.
pub(super) fn fitted<T>(content: &Content, max: usize, size: impl Fn(&T) -> usize, make: impl Fn(&Content) -> T) -> T {
    let mut made = make(content);
    let mut shorter = content.clone();
    for _ in 0..ROUNDS_MAX {
        let excess = size(&made).saturating_sub(max);
        if excess == 0 || !shorten(&mut shorter, excess) {
            break;
        }
        made = make(&shorter);
    }
    made
}

/// Takes some of `excess` from the longest text; `false` if there is nothing left to take.
fn shorten(content: &mut Content, excess: usize) -> bool {
    let names = [&mut content.who, &mut content.firm, &mut content.operator];
    let texts = content.lines.iter_mut().map(|line| &mut line.text).chain(names);
    let Some(longest) = texts.max_by_key(|text| text.chars().count()) else { return false };
    let length = longest.chars().count();
    if length <= TEXT_MIN {
        return false;
    }
    // A character may be one byte of JSON or a dozen: come near step by step rather than cut too much.
    let keep = length.saturating_sub(excess.div_ceil(4).max(1)).max(length / 2).max(TEXT_MIN);
    *longest = text::head(longest, keep.min(length - 1));
    true
}

/// The report's links as buttons: words and address.
pub(super) fn links(content: &Content, url_max: usize) -> Vec<(String, String)> {
    let links = render::parts(content).into_iter().filter_map(|part| match part {
        Part::Link { label, url } if url.len() <= url_max => Some((label, url)),
        Part::Link { .. } | Part::Head(_) | Part::Number { .. } | Part::Row { .. } => None,
    });
    links.collect()
}

/// The same report without its links: where they are buttons.
pub(super) fn without_links(content: &Content) -> Content {
    Content { link: None, seen_link: None, ..content.clone() }
}

/// The report in one line, urgency first: what a telephone shows before anything is opened.
pub(super) fn headline(content: &Content) -> String {
    text::head(&render::subject(content), HEADLINE_MAX)
}
