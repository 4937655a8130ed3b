//! From answers to the lines of a report: in the order of the form, codes as words, 聴取不可 as such.

use jiff::civil::Date;

use super::{Callback, Content, DigestEntry, Finished, LINES_MAX, Line};
use crate::answer::Value;
use crate::assurance::assure;
use crate::form::{Field, Input};
use crate::japan;
use crate::key;
use crate::kind::{Kind, Language, Urgency};
use crate::rules::{self, Named, Policy};
use crate::text;

/// Fields that have a place of their own at the top, or belong to another one.
const ELSEWHERE: [&str; 8] =
    [key::DESIRED, key::URGENCY, key::COMPANY, key::NAME, key::CALLBACK, key::READ_BACK, key::MOOD, key::MOOD_NOTE];
/// Key of the line that says that a cancellation is accepted (F16).
const ACCEPTED: &str = "accepted";
/// Key of the line that says that this number has not called before (F06).
const NEW_CALLER: &str = "new_caller";
/// Calls that a digest names; it counts all.
const DIGEST_ENTRIES_MAX: usize = 14;

impl Content {
    /// What a finished report tells.
    pub fn of(finished: &Finished<'_>) -> Self {
        let language = finished.profile.language;
        let notice_only = finished.policy == Policy::NoticeOnly;
        Self {
            language,
            report: finished.report.to_owned(),
            firm: text::line(finished.firm),
            kind: finished.draft.kind,
            urgency: finished.draft.urgency(),
            desired: finished.draft.desired(),
            received_ms: finished.received_ms,
            operator: text::line(finished.operator),
            who: who(finished, language),
            callback: callback(finished, language),
            lines: if notice_only {
                new_caller(finished, language).into_iter().collect()
            } else {
                lines(finished, language)
            },
            listen: finished.listen,
            link: None,
            seen_link: None,
            follows: finished.follows.map(str::to_owned),
            thread: finished.follows.map(str::to_owned),
            notice_only,
            digest: None,
            test: finished.test,
            templates: finished.profile.templates.clone(),
        }
    }

    /// The day's calls that were not worth a report of their own (F27). `id` is the digest's.
    pub fn digest(id: &str, firm: &str, language: Language, day_ms: i64, entries: &[DigestEntry]) -> Self {
        let mut lines: Vec<Line> = entries.iter().take(DIGEST_ENTRIES_MAX).map(|entry| entry.line(language)).collect();
        let more = entries.len().saturating_sub(DIGEST_ENTRIES_MAX);
        if more > 0 {
            lines.push(Line {
                key: "more".to_owned(),
                label: language.of("ほか", "And").to_owned(),
                text: language.of(format!("{more}件"), format!("{more} more")),
            });
        }
        Self {
            language,
            report: id.to_owned(),
            firm: text::line(firm),
            kind: Kind::Sales,
            received_ms: day_ms,
            lines,
            digest: Some(u64::try_from(entries.len()).unwrap_or(u64::MAX)),
            ..Self::default()
        }
    }

    /// A report that only shows that reports arrive (`test-report`): of every sort of line one.
    pub fn trial(id: &str, firm: &str, language: Language, now_ms: i64) -> Self {
        let line = |key: &str, label: (&str, &str), text: (&str, &str)| Line {
            key: key.to_owned(),
            label: language.of(label.0, label.1).to_owned(),
            text: language.of(text.0, text.1).to_owned(),
        };
        Self {
            language,
            report: id.to_owned(),
            firm: text::line(firm),
            kind: Kind::Inquiry,
            urgency: Urgency::Normal,
            desired: Some(crate::kind::Desired::CallBack),
            received_ms: now_ms,
            operator: language.of("テスト", "Test").to_owned(),
            who: language.of("テスト商事 ①㈱髙﨑様", "Test Taro, Example Ltd.").to_owned(),
            callback: Some(Callback {
                display: "03-1234-5678".to_owned(),
                tel: Some("+81312345678".to_owned()),
                note: language.of("復唱済み", "read back").to_owned(),
                left: true,
            }),
            lines: vec![
                line(key::BUSINESS, ("用件", "Business"), ("送信テスト", "A trial")),
                line(
                    key::NARRATIVE,
                    ("詳細", "Details"),
                    (
                        "これは送信テストです。お電話はありませんでした。",
                        "This only shows that reports arrive. Nobody called.",
                    ),
                ),
            ],
            test: true,
            ..Self::default()
        }
    }

    /// The text of a line by its key.
    pub fn answer(&self, key: &str) -> Option<&str> {
        self.lines.iter().find(|line| line.key == key).map(|line| line.text.as_str())
    }
}

impl DigestEntry {
    fn line(&self, language: Language) -> Line {
        let time = japan::civil(self.received_ms);
        let said = [&self.who, &self.number, &self.business].map(|part| text::line(part));
        let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
        Line {
            key: "call".to_owned(),
            label: format!("{}:{:02} {}", time.hour(), time.minute(), self.kind.word(language)),
            text: if said.is_empty() {
                language.of("―", "-").to_owned()
            } else {
                said.join(language.of("　", " / "))
            },
        }
    }
}

/// `□□商事 佐藤様`, `佐藤様`, `□□商事の方`; `Sato, Example Ltd.`; empty.
fn who(finished: &Finished<'_>, language: Language) -> String {
    let company = finished.draft.said(key::COMPANY).filter(|company| *company != key::PRIVATE).map(text::line);
    let name = finished.draft.said(key::NAME).map(text::line);
    match (language, company, name) {
        (Language::Ja, Some(company), Some(name)) => format!("{company} {}", with_sama(&name)),
        (Language::Ja, None, Some(name)) => with_sama(&name),
        (Language::Ja, Some(company), None) => format!("{company}の方"),
        (Language::En, Some(company), Some(name)) => format!("{name}, {company}"),
        (Language::En, Some(only), None) | (Language::En, None, Some(only)) => only,
        (Language::Ja | Language::En, None, None) => String::new(),
    }
}

/// What an operator wrote with 様 does not get a second one.
fn with_sama(name: &str) -> String {
    const SAMA: [&str; 4] = ["様", "さま", "先生", "殿"];
    if SAMA.iter().any(|sama| name.ends_with(sama)) { name.to_owned() } else { format!("{name}様") }
}

/// The number that the caller left, else the one that called.
fn callback(finished: &Finished<'_>, language: Language) -> Option<Callback> {
    let Some(said) = finished.draft.said(key::CALLBACK) else {
        let number = finished.caller?;
        return Some(Callback {
            display: number.display(),
            tel: Some(number.e164()),
            note: String::new(),
            left: false,
        });
    };
    let assurance = match finished.assurance {
        Some(assurance) => assurance.clone(),
        None => assure(said, finished.caller, &[], finished.draft.read_back()),
    };
    Some(Callback { note: assurance.note(language), display: assurance.display, tel: assurance.number, left: true })
}

fn lines(finished: &Finished<'_>, language: Language) -> Vec<Line> {
    let (draft, form) = (finished.draft, &finished.profile.form);
    let fields = form.fields(draft.kind);
    let mut lines: Vec<Line> = accepted(draft.kind, language).into_iter().chain(unheard(finished, language)).collect();
    for field in &fields {
        if field.key == key::MOOD {
            lines.extend(mood(finished, field.label(language), language));
        } else if !ELSEWHERE.contains(&field.key.as_str()) {
            lines.extend(line(finished, field, language));
        }
    }
    // What was written under another kind, or when the form was another: an operator's word is not lost.
    for key in draft.answers.keys().filter(|key| !ELSEWHERE.contains(&key.as_str())) {
        if !fields.iter().any(|field| field.key == *key) {
            let unknown = || Field {
                key: key.clone(),
                ja: key.clone(),
                en: key.clone(),
                input: Input::Text,
                required: crate::form::Need::No,
            };
            lines.extend(line(finished, &form.field(draft.kind, key).unwrap_or_else(unknown), language));
        }
    }
    lines.extend(new_caller(finished, language));
    lines.truncate(LINES_MAX.max(crate::answer::ANSWERS_MAX));
    lines
}

/// A cancellation needs no answer from the firm (F16).
fn accepted(kind: Kind, language: Language) -> Option<Line> {
    kind.mark().map(|(ja, en)| Line {
        key: ACCEPTED.to_owned(),
        label: language.of("取消", "Cancellation").to_owned(),
        text: language.of(ja, en).to_owned(),
    })
}

fn new_caller(finished: &Finished<'_>, language: Language) -> Option<Line> {
    finished.new_caller.then(|| Line {
        key: NEW_CALLER.to_owned(),
        label: language.of("新規", "New").to_owned(),
        text: language.of("この番号からは初めてのお電話です", "the first call from this number").to_owned(),
    })
}

/// Company, name and number stand at the top; that they could not be learned is said here.
fn unheard(finished: &Finished<'_>, language: Language) -> Vec<Line> {
    let fields = finished.profile.form.fields(finished.draft.kind);
    [key::COMPANY, key::NAME, key::CALLBACK]
        .into_iter()
        .filter(|key| finished.draft.answers.get(*key) == Some(&Value::Unheard))
        .map(|key| {
            let label = fields.iter().find(|field| field.key == key).map_or(key, |field| field.label(language));
            Line { key: key.to_owned(), label: label.to_owned(), text: not_told(language).to_owned() }
        })
        .collect()
}

/// 聴取不可
fn not_told(language: Language) -> &'static str {
    language.of("聴取不可", "not told")
}

fn mood(finished: &Finished<'_>, label: &str, language: Language) -> Option<Line> {
    let mood = finished.draft.mood().map(|mood| mood.word(language).to_owned());
    let note = finished.draft.said(key::MOOD_NOTE).map(text::line);
    let text = match (mood, note) {
        (None, None) => return None,
        (Some(only), None) | (None, Some(only)) => only,
        (Some(mood), Some(note)) => language.of(format!("{mood}（{note}）"), format!("{mood} ({note})")),
    };
    Some(Line { key: key::MOOD.to_owned(), label: label.to_owned(), text })
}

fn line(finished: &Finished<'_>, field: &Field, language: Language) -> Option<Line> {
    let text = match finished.draft.answers.get(&field.key)? {
        Value::Unheard => not_told(language).to_owned(),
        Value::Said(said) if text::is_blank(said) => return None,
        Value::Said(said) => in_words(finished, field, said, language),
    };
    Some(Line { key: field.key.clone(), label: field.label(language).to_owned(), text })
}

fn in_words(finished: &Finished<'_>, field: &Field, said: &str, language: Language) -> String {
    match &field.input {
        Input::Line | Input::Token | Input::Time => text::line(said),
        Input::Text => text::prose(said).trim().to_owned(),
        Input::Phone => assure(said, None, &[], false).display,
        Input::Choice(choices) => {
            let choice = choices.iter().find(|choice| choice.value == said);
            choice.map_or_else(|| text::line(said), |choice| language.of(&choice.ja, &choice.en).clone())
        }
        Input::Date => date(said, finished.received_ms, language),
        Input::Items => items(said),
        Input::Person => person(finished, said, language),
        Input::Tick => language.of("はい", "yes").to_owned(),
    }
}

/// `11月24日(火)`; of another year with the year; whatever is no day as it is.
fn date(said: &str, received_ms: i64, language: Language) -> String {
    let said = text::line(said);
    let Ok(day) = said.parse::<Date>() else { return said };
    let words = japan::day(day, language);
    if day.year() == japan::civil(received_ms).year() {
        words
    } else {
        language.of(format!("{}年{words}", day.year()), format!("{words} {}", day.year()))
    }
}

/// One a line, with `1.` before each where there are several.
fn items(said: &str) -> String {
    let items: Vec<String> = said.lines().map(text::line).filter(|item| !text::is_blank(item)).collect();
    match items.as_slice() {
        [only] => only.clone(),
        several => {
            let numbered: Vec<String> = (1..).zip(several).map(|(place, item)| format!("{place}. {item}")).collect();
            numbered.join("\n")
        }
    }
}

/// `院長 佐藤 花子様`, as the roster has it; else the name as it was said.
fn person(finished: &Finished<'_>, said: &str, language: Language) -> String {
    let profile = finished.profile;
    let (name, title) = match rules::named(profile, Some(said)) {
        Named::One(person) => (text::line(&person.name), text::line(&person.title)),
        Named::Nobody | Named::Unknown | Named::Several => (text::line(said), String::new()),
    };
    match language {
        Language::Ja if title.is_empty() => with_sama(&name),
        Language::Ja => format!("{title} {}", with_sama(&name)),
        Language::En if title.is_empty() => name,
        Language::En => format!("{name} ({title})"),
    }
}
