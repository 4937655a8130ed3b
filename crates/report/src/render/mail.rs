//! Mails: subject, text and HTML.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::content::Content;
use crate::japan;
use crate::kind::{Desired, Kind, Language};
use crate::template::{self, Target};
use crate::text;

use super::html;
use super::page::{self, Part};

/// Characters of a subject. Telephones show the first 20 to 25: urgency, who, and what is wanted stand there.
pub const SUBJECT_CHARS_MAX: usize = 78;
/// Characters of the caller in a subject.
const WHO_CHARS_MAX: usize = 16;

/// A mail's parts; headers are the mailer's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportMail)]
pub struct Mail {
    /// One line, urgency first. No control character is in it; how it is encoded is the mailer's.
    pub subject: String,
    /// The text part, lines end in LF.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
}

/// The report as a mail.
pub fn mail(content: &Content) -> Mail {
    let own = content.templates.mail.as_deref().and_then(|source| template::run(source, content, Target::Text).ok());
    match own {
        Some(own) => {
            let text = format!("{}\n", own.trim_end());
            Mail { subject: subject(content), html: html::of_text(content, &text), text }
        }
        None => {
            // A table is easily read however long it is.
            let html = html::of_parts(content, &page::parts_within(content, usize::MAX));
            Mail { subject: subject(content), text: written(&page::parts(content)), html }
        }
    }
}

/// `【緊急】□□商事 佐藤様よりお電話（折返し希望）`
pub fn subject(content: &Content) -> String {
    let own = content.templates.subject.as_deref().and_then(|source| {
        let own = text::line(&template::run(source, content, Target::Text).ok()?);
        (!text::is_blank(&own)).then_some(own)
    });
    let subject = text::line(&format!("{}{}", page::marks(content), own.unwrap_or_else(|| words(content))));
    text::head(&subject, SUBJECT_CHARS_MAX)
}

/// The subject behind its marks.
fn words(content: &Content) -> String {
    let language = content.language;
    let headline = page::headline(content);
    if content.digest.is_some() {
        return headline;
    }
    let who = caller(content);
    if content.notice_only {
        let clock = japan::civil(content.received_ms).strftime("%H:%M").to_string();
        return language.of(format!("{who}よりお電話（{clock}）"), format!("Call from {who} at {clock}"));
    }
    let what = match content.kind {
        Kind::Message | Kind::Inquiry => content.desired.map_or(headline, |desired| desired.word(language).to_owned()),
        Kind::BookingNew | Kind::BookingChange | Kind::BookingCancel => content.kind.word(language).to_owned(),
        Kind::Complaint => match content.desired {
            Some(Desired::CallBack) => language.of("クレーム・折返し希望", "complaint, please call back").to_owned(),
            Some(Desired::MessageOnly | Desired::WillCallAgain | Desired::Bridged | Desired::Nothing) | None => {
                content.kind.word(language).to_owned()
            }
        },
        Kind::Sales | Kind::WrongNumber | Kind::Silent => content.kind.word(language).to_owned(),
    };
    match language {
        Language::Ja => format!("{who}よりお電話（{what}）"),
        Language::En => format!("{who} called ({})", lower_first(&what)),
    }
}

/// Who called, short enough that what is wanted can be seen, too; else the number.
fn caller(content: &Content) -> String {
    if !content.who.is_empty() {
        // 様 stays: 「…」 in its place would be rude.
        let short = match content.language {
            Language::Ja if content.who.ends_with('様') && content.who.chars().count() > WHO_CHARS_MAX => {
                format!("{}様", text::head(content.who.trim_end_matches('様'), WHO_CHARS_MAX - 1))
            }
            Language::Ja | Language::En => text::head(&content.who, WHO_CHARS_MAX * content.language.of(1, 2)),
        };
        return short;
    }
    let number = content.callback.as_ref().map(|callback| callback.display.clone());
    number.unwrap_or_else(|| content.language.of("お名前不明の方", "Somebody").to_owned())
}

fn lower_first(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The text part: one line a part, the number alone on its own (F36).
fn written(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        let line = match part {
            Part::Head(head) => text::prose(head),
            Part::Number { label, display, .. } => format!("{}:\n{}", text::line(label), text::line(display)),
            Part::Row { label, lines } => {
                let lines: Vec<String> = lines.iter().map(|line| text::line(line)).collect();
                // What follows the first line is set in: nobody's words can look like a line of ours.
                format!("{}: {}", text::line(label), lines.join("\n　　"))
            }
            Part::Link { label, url } => format!("{label}: {url}"),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
