//! A report cut to a service's size. Nothing is refused for being too long: the longest answers are shortened, number and
//! links stay. Texts are already cut by `report::render`; this is for cards, whose limit is on the whole of their JSON.

use report::render::Part;
use report::{Content, render, text};

/// No answer is shortened below this, and none is longer than that.
const TEXT_MIN: usize = 8;
const TEXT_MAX: usize = report::VALUE_CHARS_MAX;
/// Characters of the line in a notification.
const HEADLINE_MAX: usize = 300;

/// Makes something of the report, of as much of it as fits: `size` of it is at most `max`. Every text has the same length at
/// most, the longest for which it fits. What was made of the shortest form is returned if even that does not fit.
pub(super) fn fitted<T>(content: &Content, max: usize, size: impl Fn(&T) -> usize, make: impl Fn(&Content) -> T) -> T {
    let whole = make(content);
    if size(&whole) <= max {
        return whole;
    }
    let (mut fits, mut too_long) = (TEXT_MIN, TEXT_MAX);
    let mut best = make(&shortened(content, fits));
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        let made = make(&shortened(content, middle));
        if size(&made) <= max {
            (fits, best) = (middle, made);
        } else {
            too_long = middle;
        }
    }
    best
}

/// The report with no text longer than `chars_max`.
fn shortened(content: &Content, chars_max: usize) -> Content {
    let mut short = content.clone();
    let names = [&mut short.who, &mut short.firm, &mut short.operator];
    for text in short.lines.iter_mut().map(|line| &mut line.text).chain(names) {
        *text = text::head(text, chars_max);
    }
    short
}

/// The report's links as buttons: words and address. A button has room for what it does, and none for a remark in parentheses.
pub(super) fn links(content: &Content, url_max: usize) -> Vec<(String, String)> {
    let links = render::parts(content).into_iter().filter_map(|part| match part {
        Part::Link { label, url } if url.len() <= url_max => {
            Some((label.split_once('（').map_or(label.as_str(), |(words, _)| words).to_owned(), url))
        }
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
