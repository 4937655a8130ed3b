//! A report as a chat's text.

use crate::content::Content;
use crate::kind::Urgency;
use crate::template::{self, Target};

use super::markup::Markup;
use super::page::{self, Part};

/// How often a text that is too long is shortened before it is cut.
const SHORTENINGS_MAX: usize = 50;
/// A text is not shortened below this.
const KEPT_CHARS: usize = 40;

/// The report as this chat's text. `mention` are the ids of those whom an urgent report calls; another calls nobody.
///
/// Never longer than [`Markup::units_max`]: the longest texts give way, head, number and links never do.
pub fn plain(content: &Content, markup: Markup, mention: &[String]) -> String {
    let calls = match content.urgency {
        Urgency::Urgent => mentions(markup, mention),
        Urgency::Normal | Urgency::High => String::new(),
    };
    let room = markup.units_max().saturating_sub(units(&calls));
    let own = content.templates.chat.as_deref().and_then(|source| {
        let text = template::run(source, content, Target::Chat(markup)).ok()?;
        let text = format!("{}{text}", page::marks(content));
        // What a firm's own wording has too much, the built-in one shortens with more sense.
        (units(&text) <= room).then_some(text)
    });
    let text = own.unwrap_or_else(|| built_in(content, markup, room));
    format!("{calls}{text}")
}

fn mentions(markup: Markup, mention: &[String]) -> String {
    let calls: Vec<String> = mention.iter().filter_map(|id| markup.mention(id)).collect();
    if calls.is_empty() { String::new() } else { format!("{}\n", calls.join(" ")) }
}

fn built_in(content: &Content, markup: Markup, room: usize) -> String {
    let mut parts = page::parts(content);
    for _ in 0..SHORTENINGS_MAX {
        let text = written(&parts, markup);
        let excess = units(&text).saturating_sub(room);
        if excess == 0 || !shorten(&mut parts, excess, content) {
            return text;
        }
    }
    written(&parts, markup)
}

fn written(parts: &[Part], markup: Markup) -> String {
    let mut head = String::new();
    let mut lines = Vec::new();
    for part in parts {
        match part {
            // Only words of ours are in it.
            Part::Head(text) => head.clone_from(text),
            Part::Number { label, display, tel } => {
                lines.push(markup.escape(label));
                lines.push(markup.number(display, tel.as_deref()));
            }
            Part::Row { label, lines: texts } => {
                let texts: Vec<String> = texts.iter().map(|text| markup.escape(text)).collect();
                // What follows the first line is set in: nobody's words can look like a line of ours.
                lines.push(format!("{}: {}", markup.escape(label), texts.join("\n　　")));
            }
            Part::Link { label, url } => lines.push(markup.link(&markup.escape(label), url)),
        }
    }
    let body = lines.join("\n");
    match markup {
        Markup::Chatwork => format!("[info][title]{head}[/title]{body}[/info]"),
        Markup::Slack | Markup::GoogleChat | Markup::Teams | Markup::Line | Markup::LineWorks | Markup::Discord => {
            format!("{}\n{body}", markup.bold(&head))
        }
    }
}

/// Takes `excess` units, or as much as there is, off the longest text. `false`: nothing is left to take.
fn shorten(parts: &mut [Part], excess: usize, content: &Content) -> bool {
    let length = |part: &Part| match part {
        Part::Row { lines, .. } => lines.iter().map(|line| line.chars().count()).sum(),
        Part::Head(_) | Part::Number { .. } | Part::Link { .. } => 0_usize,
    };
    let Some(longest) = parts.iter_mut().max_by_key(|part| length(part)) else { return false };
    let long = length(longest);
    let Part::Row { lines, .. } = longest else { return false };
    if long <= KEPT_CHARS {
        return false;
    }
    let more = content.language.of("…（続きは報告書で）", "... (the rest is in the report)");
    let joined: String = lines.join(" ");
    // An escaped letter can take several units; the next round takes what this one left.
    let kept = long.saturating_sub(excess + more.chars().count()).clamp(KEPT_CHARS / 2, long - 1);
    *lines = vec![joined.trim_end_matches(more).chars().take(kept).chain(more.chars()).collect()];
    true
}

/// As the services count.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
