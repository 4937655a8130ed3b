//! What a form's fields may hold. Each check gives the field back as it is stored, or says what is wrong.

use number::{JAPAN, Number};
use switch::SrtpPolicy;

use crate::error::{Problem, StoreError};

/// Characters of a name, a greeting's line, a person.
pub(crate) const NAME_CHARS_MAX: usize = 100;
/// Characters of a greeting.
pub(crate) const GREETING_CHARS_MAX: usize = 500;
/// Characters of a manual.
pub(crate) const MANUAL_CHARS_MAX: usize = 20_000;
/// Entries of any list in a form.
pub(crate) const LIST_MAX: usize = 50;
/// Characters of a code, a login, a skill.
pub(crate) const CODE_CHARS_MAX: usize = 40;

/// What a skill begins with that is a language.
pub const LANGUAGE: &str = "lang:";

/// Collects what is wrong with a form.
#[derive(Default)]
pub(crate) struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    pub(crate) fn fail(&mut self, field: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem::new(field, what, remedy));
    }

    /// The form, if nothing was wrong.
    pub(crate) fn end<T>(self, form: T) -> Result<T, StoreError> {
        if self.problems.is_empty() { Ok(form) } else { Err(StoreError::Invalid(self.problems)) }
    }

    /// One line of text, trimmed.
    pub(crate) fn line(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            self.fail(field, "there is a line break or another control character in it", "write it in one line");
        }
        self.length(field, text, chars_max);
        text.to_owned()
    }

    /// One line of text that cannot be empty.
    pub(crate) fn needed_line(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        let text = self.line(field, text, chars_max);
        if text.is_empty() {
            self.fail(field, "it is empty", "write something");
        }
        text
    }

    /// Text of several lines.
    pub(crate) fn prose(&mut self, field: &str, text: &str, chars_max: usize) -> String {
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.fail(field, "there is a control character in it", "remove it; line breaks and tabs are fine");
        }
        self.length(field, &text, chars_max);
        text
    }

    /// A short ASCII name that goes into file names, URLs and command lines.
    pub(crate) fn code(&mut self, field: &str, text: &str) -> String {
        let code = text.trim().to_ascii_lowercase();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if code.is_empty() || !code.chars().all(fits) || !code.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            self.fail(
                field,
                format!("{text:?} is no code"),
                "use letters a-z, digits, - and _, beginning with a letter or a digit: sakura-dental",
            );
        }
        self.length(field, &code, CODE_CHARS_MAX);
        code
    }

    /// A login: what a telephone or a person types.
    pub(crate) fn login(&mut self, field: &str, text: &str) -> String {
        let login = text.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if login.is_empty() || !login.chars().all(fits) {
            self.fail(field, format!("{text:?} is no login"), "use letters, digits, - _ and . alone: 101, hanako");
        }
        self.length(field, login, CODE_CHARS_MAX);
        login.to_owned()
    }

    /// A telephone number, as E.164 digits without the plus.
    pub(crate) fn number(&mut self, field: &str, text: &str) -> Option<String> {
        self.parsed(field, text).map(|number| number.digits().to_string())
    }

    fn parsed(&mut self, field: &str, text: &str) -> Option<Number> {
        Number::parse(text, JAPAN)
            .map_err(|error| {
                let what = format!("{text:?} is no telephone number: {error}");
                self.fail(field, what, "write it as 03-1234-5678 or +81312345678");
            })
            .ok()
    }

    /// A number that may be dialled on to (R03), as E.164 digits without the plus.
    pub(crate) fn dialable(&mut self, field: &str, text: &str) -> Option<String> {
        let number = self.parsed(field, text)?;
        match number::judge(&number.national()) {
            Ok(_) => Some(number.digits().to_string()),
            Err(refusal) => {
                let what = format!("{text:?} may not be dialled: {}", refusal.advice());
                self.fail(field, what, "give an ordinary Japanese number");
                None
            }
        }
    }

    /// A word for a policy of SRTP.
    pub(crate) fn srtp(&mut self, word: &str) {
        if SrtpPolicy::from_word(word).is_none() {
            self.fail("srtp", format!("{word:.CODE_CHARS_MAX$?} is no policy"), "give off, preferred or required");
        }
    }

    /// A whole number within limits.
    pub(crate) fn within(&mut self, field: &str, value: i64, min: i64, max: i64) {
        if !(min..=max).contains(&value) {
            self.fail(field, format!("{value} is out of range"), format!("give {min} to {max}"));
        }
    }

    /// A team's name; empty: none.
    pub(crate) fn team(&mut self, field: &str, text: &str) -> String {
        self.line(field, text, CODE_CHARS_MAX)
    }

    /// Teams' names, each once.
    pub(crate) fn teams(&mut self, field: &str, teams: &[String]) -> Vec<String> {
        self.list(field, teams.len());
        let mut kept: Vec<String> = teams.iter().map(|team| self.needed_line(field, team, CODE_CHARS_MAX)).collect();
        kept.sort();
        kept.dedup();
        kept
    }

    /// Skills: short words. One that begins with "lang:" names a language, in small letters: "lang:en".
    pub(crate) fn skills<'a>(&mut self, field: &str, skills: impl Iterator<Item = &'a str>) -> Vec<String> {
        let skills: Vec<String> = skills.map(|skill| self.needed_line(field, skill, CODE_CHARS_MAX)).collect();
        self.list(field, skills.len());
        for language in skills.iter().filter_map(|skill| skill.strip_prefix(LANGUAGE)) {
            if !(2..=8).contains(&language.len())
                || !language.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            {
                self.fail(
                    field,
                    format!("{language:.CODE_CHARS_MAX$?} is no language"),
                    "write it as lang:en, lang:zh, lang:ko",
                );
            }
        }
        skills
    }

    /// The length of a list.
    pub(crate) fn list(&mut self, field: &str, entries: usize) {
        if entries > LIST_MAX {
            self.fail(field, format!("{entries} entries are too many"), format!("give at most {LIST_MAX}"));
        }
    }

    fn length(&mut self, field: &str, text: &str, chars_max: usize) {
        let chars = text.chars().count();
        if chars > chars_max {
            self.fail(field, format!("{chars} characters are too many"), format!("shorten it to {chars_max}"));
        }
    }
}
