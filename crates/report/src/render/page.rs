//! What every form of a report has in common: its parts in their order, in at most twenty lines (F37).

use crate::content::{Callback, Content};
use crate::japan;
use crate::kind::{Kind, Urgency};

/// Lines of a report as text.
pub const LINES_MAX: usize = 20;

/// A part of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Urgency, what is wanted, and of what sort the call was.
    Head(String),
    /// A number to call: what it is, how people write it, how a telephone dials it.
    Number {
        /// What it is.
        label: String,
        /// `090-1234-5678`
        display: String,
        /// `+819012345678`; `None` when it cannot be dialled.
        tel: Option<String>,
    },
    /// A field with its answer, which can have several lines.
    Row {
        /// The field's name.
        label: String,
        /// The answer.
        lines: Vec<String>,
    },
    /// A link of ours.
    Link {
        /// What it leads to.
        label: String,
        /// http or https, without a character that any markup could mean.
        url: String,
    },
}

/// 【緊急】, 【至急】, 【テスト】, 【訂正】: what stands before anything else, urgency first (F14).
pub(crate) fn marks(content: &Content) -> String {
    let language = content.language;
    let mut marks = String::new();
    marks.push_str(match content.urgency {
        Urgency::Normal => "",
        Urgency::High => language.of("【至急】", "[SOON] "),
        Urgency::Urgent => language.of("【緊急】", "[URGENT] "),
    });
    if content.test {
        marks.push_str(language.of("【テスト】", "[TEST] "));
    }
    if content.follows.is_some() {
        marks.push_str(language.of("【訂正】", "[CORRECTED] "));
    }
    marks
}

/// What the caller wants and what sort of call it was: 折返し希望（クレーム・緊急）.
pub(super) fn headline(content: &Content) -> String {
    let language = content.language;
    let kind = content.kind.word(language);
    if let Some(calls) = content.digest {
        let day = japan::day(japan::civil(content.received_ms).date(), language);
        return language
            .of(format!("営業電話など {calls}件（{day}）"), format!("{calls} sales and other calls on {day}"));
    }
    if content.notice_only {
        return language.of("お電話がありました", "A call came").to_owned();
    }
    match content.desired {
        Some(desired) if content.kind == Kind::Message => desired.word(language).to_owned(),
        Some(desired) => {
            let desired = desired.word(language);
            language.of(format!("{desired}（{kind}）"), format!("{desired} ({kind})"))
        }
        None => kind.to_owned(),
    }
}

/// The parts in their order, with as many lines between head and links as twenty in all leave.
pub fn parts(content: &Content) -> Vec<Part> {
    parts_within(content, LINES_MAX)
}

/// The same with as many lines as are wanted.
pub(super) fn parts_within(content: &Content, lines_max: usize) -> Vec<Part> {
    let language = content.language;
    let mut top = vec![Part::Head(format!("{}{}", marks(content), headline(content)))];
    if !content.who.is_empty() {
        top.push(row(language.of("お相手", "Caller"), &content.who));
    }
    if let Some(callback) = &content.callback {
        let label = callback_label(content, callback);
        top.push(Part::Number { label, display: callback.display.clone(), tel: callback.tel.clone() });
    }
    let bottom = bottom(content);
    let taken: usize = top.iter().chain(&bottom).map(height).sum();
    let mut parts = top;
    parts.extend(fit(content, lines_max.saturating_sub(taken).max(1)));
    parts.extend(bottom);
    parts
}

/// `折返し番号（復唱済み・発信番号と一致）`
pub(crate) fn callback_label(content: &Content, callback: &Callback) -> String {
    let language = content.language;
    let label = if callback.left {
        language.of("折返し番号", "Call back")
    } else {
        language.of("発信番号", "Called from")
    };
    match callback.note.as_str() {
        "" => label.to_owned(),
        note => language.of(format!("{label}（{note}）"), format!("{label} ({note})")),
    }
}

fn bottom(content: &Content) -> Vec<Part> {
    let language = content.language;
    let mut bottom = Vec::new();
    if content.digest.is_none() {
        let moment = japan::moment(content.received_ms, language);
        let operator = match content.operator.as_str() {
            "" => String::new(),
            operator => language.of(format!("　担当: {operator}"), format!(" / operator: {operator}")),
        };
        bottom.push(row(language.of("受電", "Received"), &format!("{moment}{operator}")));
    }
    bottom.push(row(language.of("宛先", "For"), &content.firm));
    let link = |label: &str, url: &Option<String>| {
        let url = url.as_deref().filter(|url| is_plain_url(url))?;
        Some(Part::Link { label: label.to_owned(), url: url.to_owned() })
    };
    // Opening it confirms nothing: mail scanners open every link.
    let confirm = ("確認ページを開く（開いた先のボタンで確認完了）", "Open to confirm");
    bottom.extend(link(language.of(confirm.0, confirm.1), &content.seen_link));
    bottom.extend(link(language.of("録音を聞く", "Listen"), &content.link));
    bottom
}

/// A URL of ours has nothing in it that any markup could mean.
pub(crate) fn is_plain_url(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&+,;=%".contains(&byte);
    (url.starts_with("https://") || url.starts_with("http://")) && url.bytes().all(plain)
}

fn row(label: &str, text: &str) -> Part {
    Part::Row { label: label.to_owned(), lines: text.split('\n').map(str::to_owned).collect() }
}

/// How many lines of text a part takes: a number stands alone on its own (F36).
pub(super) fn height(part: &Part) -> usize {
    match part {
        Part::Head(_) | Part::Link { .. } => 1,
        Part::Number { .. } => 2,
        Part::Row { lines, .. } => lines.len(),
    }
}

/// The content's lines in at most `budget` lines of text: the longest text gives way first, then short fields share a line.
fn fit(content: &Content, budget: usize) -> Vec<Part> {
    let mut rows: Vec<(String, Vec<String>)> = content
        .lines
        .iter()
        .map(|line| {
            let lines: Vec<String> =
                line.text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
            (line.label.clone(), if lines.is_empty() { vec![String::new()] } else { lines })
        })
        .collect();
    while rows.iter().map(|(_, lines)| lines.len()).sum::<usize>() > budget {
        let longest = rows.iter_mut().max_by_key(|(_, lines)| lines.len()).filter(|(_, lines)| lines.len() > 1);
        if let Some((_, lines)) = longest {
            let last = lines.pop().unwrap_or_default();
            if let Some(line) = lines.last_mut() {
                line.push_str(content.language.of("　", " / "));
                line.push_str(&last);
            }
        } else if !join_shortest(&mut rows, content.language.of("　", " / ")) {
            break;
        }
    }
    rows.into_iter().map(|(label, lines)| Part::Row { label, lines }).collect()
}

/// Two neighbours share a line: the two that are shortest together.
fn join_shortest(rows: &mut Vec<(String, Vec<String>)>, between: &str) -> bool {
    let length = |(label, lines): &(String, Vec<String>)| {
        label.chars().count() + lines.iter().map(|line| line.chars().count()).sum::<usize>()
    };
    let shortest = rows
        .windows(2)
        .enumerate()
        .filter_map(|(place, pair)| match pair {
            [one, other] => Some((length(one) + length(other), place)),
            _ => None,
        })
        .min();
    let Some((_, place)) = shortest else { return false };
    let (label, lines) = rows.remove(place + 1);
    if let Some((_, before)) = rows.get_mut(place) {
        let joined = format!("{}{between}{label}: {}", before.join(between), lines.join(between));
        *before = vec![joined];
    }
    true
}
