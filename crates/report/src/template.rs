//! A firm's own wording (Jinja): checked when it is saved, run with bounded work and size, and never able to hold a report up:
//! where it fails after all, the built-in wording goes out.

mod scan;

use std::collections::BTreeMap;
use std::io;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, context, filters, tests as ask};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::content::Content;
use crate::japan;
use crate::kind::Language;
use crate::problem::Problem;
use crate::render::{self, Markup};
use crate::text;

/// Characters of a template.
pub const SOURCE_CHARS_MAX: usize = 8_000;
/// Bytes of what it makes.
pub const OUTPUT_BYTES_MAX: usize = 100_000;
/// Steps that it may take.
pub const FUEL: u64 = 50_000;
/// Words, brackets and operators within one tag: what reads them calls itself for some.
pub const DEPTH_MAX: usize = 60;

/// A firm's own wording; what is `None` is built in.
///
/// Templates see `firm`, `marks` (`【緊急】`, …: they stand before every subject and chat anyhow), `kind`, `desired`, `urgency`,
/// `who`, `received`, `operator`, `callback` (`display`, `note`, `label`), `lines` (each `key`, `label`, `text`), `answers` (the text
/// by key), `link`, `seen_link`, `test`. They know `if`, `for`, comparisons, and the filters `upper`, `lower`, `trim`,
/// `default`, `length`, `first`, `last`. They cannot put texts together in names, so that none can grow without bound.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Templates {
    /// Behind the urgency in a mail's subject. One line.
    pub subject: Option<String>,
    /// A mail's text; its HTML is made from that.
    pub mail: Option<String>,
    /// A chat's text.
    pub chat: Option<String>,
}

impl Templates {
    /// All is built in.
    pub fn is_empty(&self) -> bool {
        self.subject.is_none() && self.mail.is_none() && self.chat.is_none()
    }

    /// Everything that is wrong with them. `at` is their path in the document. Each is parsed, and tried on reports with much and
    /// with little in them.
    pub fn problems(&self, at: &str) -> Vec<Problem> {
        let each = [("subject", &self.subject), ("mail", &self.mail), ("chat", &self.chat)];
        let given = each.into_iter().filter_map(|(name, source)| Some((format!("{at}.{name}"), source.as_deref()?)));
        given.filter_map(|(field, source)| Some(try_out(source).err()?.problem(field))).collect()
    }
}

/// What a template's values are escaped for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// The text of a mail, or its subject.
    Text,
    /// A chat.
    Chat(Markup),
}

/// Why a template cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Broken {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) why: Why,
}

/// What is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    TooLong,
    /// A statement or an operator that templates do not have here.
    NotAllowed(String),
    /// A name that does not exist.
    UnknownName(String),
    /// What the template engine says.
    Wrong(String),
    TooMuchWork,
    TooMuchText,
    /// It makes nothing.
    Empty,
}

/// The template's text for this content.
pub(crate) fn run(source: &str, content: &Content, target: Target) -> Result<String, Broken> {
    scan::check(source)?;
    let mut environment = environment();
    environment.set_formatter(move |out, _state, value| {
        if value.is_undefined() || value.is_none() {
            return Ok(());
        }
        // Safe are our own links and numbers alone: no filter here makes anything safe.
        let text = value.to_string();
        let text = match target {
            _ if value.is_safe() => text,
            Target::Text => text::prose(&text),
            Target::Chat(markup) => markup.escape(&text),
        };
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    let template = environment.template_from_str(source).map_err(|error| Broken::of(&error))?;
    let known = ["loop"].into_iter().chain(NAMES);
    let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !known.clone().any(|known| known == name));
    unknown.sort();
    if let Some(name) = unknown.into_iter().next() {
        let line = source.lines().position(|line| line.contains(&name)).map_or(1, |place| place + 1);
        return Err(Broken { line, why: Why::UnknownName(name) });
    }
    let mut out = Bounded::default();
    let done = template.render_captured_to(values(content, target), &mut out);
    if out.full {
        return Err(Broken { line: 1, why: Why::TooMuchText });
    }
    done.map_err(|error| Broken::of(&error))?;
    let text = String::from_utf8_lossy(&out.bytes).into_owned();
    if text::is_blank(&text) { Err(Broken { line: 1, why: Why::Empty }) } else { Ok(text.trim().to_owned()) }
}

/// The names that templates see.
const NAMES: [&str; 14] = [
    "firm",
    "marks",
    "kind",
    "desired",
    "urgency",
    "who",
    "received",
    "operator",
    "callback",
    "lines",
    "answers",
    "link",
    "seen_link",
    "test",
];

fn values(content: &Content, target: Target) -> Value {
    let language = content.language;
    let ours = |url: &Option<String>| match url.as_deref().filter(|url| render::is_plain_url(url)) {
        Some(url) => Value::from_safe_string(url.to_owned()),
        None => Value::UNDEFINED,
    };
    let callback = content.callback.as_ref().map(|callback| {
        let display = match target {
            Target::Text => text::line(&callback.display),
            Target::Chat(markup) => markup.escape(&callback.display),
        };
        context! {
            display => Value::from_safe_string(display),
            note => &callback.note,
            label => render::callback_label(content, callback),
        }
    });
    let answers: BTreeMap<String, String> =
        content.lines.iter().map(|line| (line.key.clone(), line.text.clone())).collect();
    let lines: Vec<Value> = content
        .lines
        .iter()
        .map(|line| context! { key => &line.key, label => &line.label, text => &line.text })
        .collect();
    context! {
        firm => &content.firm,
        marks => render::marks(content),
        kind => content.kind.word(language),
        desired => content.desired.map(|desired| desired.word(language)),
        urgency => content.urgency.word(language),
        who => &content.who,
        received => japan::moment(content.received_ms, language),
        operator => &content.operator,
        callback => callback,
        lines => lines,
        answers => answers,
        link => ours(&content.link),
        seen_link => ours(&content.seen_link),
        test => content.test,
    }
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("default", filters::default);
    environment.add_filter("length", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_test("defined", ask::is_defined);
    environment.add_test("undefined", ask::is_undefined);
    environment.add_test("none", ask::is_none);
    environment
}

/// Runs it on a full report and an empty one, in both languages.
fn try_out(source: &str) -> Result<(), Broken> {
    for language in [Language::Ja, Language::En] {
        let full = Content {
            link: Some("https://example.com/r/1".to_owned()),
            seen_link: Some("https://example.com/s/1".to_owned()),
            ..Content::trial("1", "さくら歯科", language, 0)
        };
        run(source, &full, Target::Text)?;
        let bare = Content { language, firm: "さくら歯科".to_owned(), ..Content::default() };
        match run(source, &bare, Target::Text) {
            // With nothing to tell there may be nothing to say: then the built-in wording goes out.
            Ok(_) | Err(Broken { why: Why::Empty, .. }) => {}
            Err(broken) => return Err(broken),
        }
    }
    Ok(())
}

/// Takes so many bytes, and then no more.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > OUTPUT_BYTES_MAX {
            self.full = true;
            return Err(io::Error::other("the text is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Broken {
    fn of(error: &minijinja::Error) -> Self {
        let why = if error.kind() == ErrorKind::OutOfFuel {
            Why::TooMuchWork
        } else {
            let kind = error.kind();
            Why::Wrong(error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")))
        };
        Self { line: error.line().unwrap_or(1), why }
    }

    fn problem(self, field: String) -> Problem {
        let line = self.line;
        let (ja, en) = match self.why {
            Why::TooLong => (
                (format!("テンプレートは{SOURCE_CHARS_MAX}文字までです"), "短くしてください"),
                (format!("a template has at most {SOURCE_CHARS_MAX} characters"), "shorten it"),
            ),
            Why::NotAllowed(what) => (
                (format!("{line}行目: {what} は使えません"), "if・for・値の表示だけを使ってください"),
                (format!("line {line}: {what} cannot be used here"), "use if, for and values alone"),
            ),
            Why::UnknownName(name) => (
                (
                    format!("{line}行目: {name} という名前はありません"),
                    "使える名前は説明書にあります（who, callback, lines など）",
                ),
                (
                    format!("line {line}: there is no name {name}"),
                    "the manual lists the names: who, callback, lines, …",
                ),
            ),
            Why::Wrong(what) => (
                (format!("{line}行目: テンプレートを読めません（{what}）"), "その行を直してください"),
                (format!("line {line}: the template cannot be read ({what})"), "mend that line"),
            ),
            Why::TooMuchWork => (
                (format!("{line}行目: 処理が多すぎます"), "繰り返しを減らしてください"),
                (format!("line {line}: it takes too many steps"), "repeat less"),
            ),
            Why::TooMuchText => (
                ("出力が長すぎます".to_owned(), "繰り返しを減らしてください"),
                ("it makes too much text".to_owned(), "repeat less"),
            ),
            Why::Empty => (
                ("何も出力されません".to_owned(), "本文を入れるか、空欄にして標準の文面に戻してください"),
                ("it makes no text".to_owned(), "write something, or leave it out for the built-in wording"),
            ),
        };
        Problem::new(field, ja, en)
    }
}

#[cfg(test)]
mod tests;
