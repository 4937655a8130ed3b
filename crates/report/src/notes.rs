//! One-off and standing instructions of a firm (F23): shown while they hold, on the calls that they are about.

use number::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::Kind;
use crate::problem::Problem;
use crate::text;

/// Characters of a note.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Callers, names, people of a note's condition: of each so many.
pub const MATCH_MAX: usize = 30;

/// An instruction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerNote)]
pub struct Note {
    /// Its id in the database.
    pub id: i64,
    /// What to do.
    pub text: String,
    /// From when on, Unix milliseconds.
    pub from_ms: i64,
    /// Until just before; `None`: standing.
    pub until_ms: Option<i64>,
    /// Which calls it is about.
    pub about: About,
}

/// Which calls a note is about. All parts have to fit; an empty one fits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = NoteAbout)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// Calls from one of these numbers (any way of writing them).
    pub callers: Vec<String>,
    /// The caller's company or name has one of these in it.
    pub names: Vec<String>,
    /// The caller asked for one of these people (ids).
    pub people: Vec<String>,
    /// Calls of these kinds.
    pub kinds: Vec<Kind>,
}

/// What is known of a call so far.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Situation<'a> {
    /// Now.
    pub now_ms: i64,
    /// The caller's number.
    pub caller: Option<Number>,
    /// The caller's company, as typed so far.
    pub company: Option<&'a str>,
    /// The caller's name, as typed so far.
    pub name: Option<&'a str>,
    /// Whom the caller asked for, by id.
    pub person: Option<&'a str>,
    /// What sort of call it is, once the operator has chosen.
    pub kind: Option<Kind>,
}

/// The notes to show, soonest to expire first, standing ones last; of the same, the newer first.
pub fn shown<'a>(notes: &'a [Note], situation: &Situation<'_>) -> Vec<&'a Note> {
    let mut shown: Vec<&Note> =
        notes.iter().filter(|note| note.holds(situation.now_ms) && note.about.fits(situation)).collect();
    shown.sort_by_key(|note| (note.until_ms.unwrap_or(i64::MAX), std::cmp::Reverse(note.from_ms), note.id));
    shown
}

impl Note {
    /// From its first millisecond until just before its last.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.from_ms <= now_ms && self.until_ms.is_none_or(|until| now_ms < until)
    }

    /// The note as it is kept, or what is wrong with it.
    ///
    /// # Errors
    /// Every problem, each with its field.
    pub fn checked(&self) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let note = Self { text: text::prose(&self.text).trim().to_owned(), ..self.clone() };
        if text::is_blank(&note.text) || note.text.chars().count() > NOTE_CHARS_MAX {
            problems.push(Problem::new(
                "text",
                (format!("本文は1〜{NOTE_CHARS_MAX}文字です"), "書き直してください"),
                (format!("a note has 1 to {NOTE_CHARS_MAX} characters"), "write it anew"),
            ));
        }
        if note.until_ms.is_some_and(|until| until <= note.from_ms) {
            problems.push(Problem::new(
                "until_ms",
                ("終了が開始より前です", "開始より後の時刻にしてください"),
                ("it ends before it begins", "give a later time"),
            ));
        }
        for (place, caller) in note.about.callers.iter().enumerate() {
            if let Err(error) = caller.parse::<Number>() {
                problems.push(Problem::new(
                    format!("about.callers[{place}]"),
                    ("電話番号ではありません", "03-1234-5678 のように入力してください"),
                    (format!("that is no telephone number: {error}"), "write it as 03-1234-5678"),
                ));
            }
        }
        for (field, list) in [
            ("about.callers", note.about.callers.as_slice()),
            ("about.names", &note.about.names),
            ("about.people", &note.about.people),
        ] {
            if list.len() > MATCH_MAX || list.iter().any(|entry| text::is_blank(entry)) {
                problems.push(Problem::new(
                    field,
                    (format!("{MATCH_MAX}件までです。空のものは使えません"), "直してください"),
                    (format!("at most {MATCH_MAX}, and none empty"), "mend the list"),
                ));
            }
        }
        if problems.is_empty() { Ok(note) } else { Err(problems) }
    }
}

impl About {
    fn fits(&self, situation: &Situation<'_>) -> bool {
        let caller = |written: &String| situation.caller.is_some_and(|caller| written.parse() == Ok(caller));
        let names: Vec<String> = [situation.company, situation.name]
            .into_iter()
            .flatten()
            .map(text::fold)
            .filter(|name| !name.is_empty())
            .collect();
        let name = |wanted: &String| {
            let wanted = text::fold(wanted);
            !wanted.is_empty() && names.iter().any(|name| name.contains(&wanted))
        };
        let person = |id: &String| situation.person == Some(id);
        (self.callers.is_empty() || self.callers.iter().any(caller))
            && (self.names.is_empty() || self.names.iter().any(name))
            && (self.people.is_empty() || self.people.iter().any(person))
            && (self.kinds.is_empty() || situation.kind.is_some_and(|kind| self.kinds.contains(&kind)))
    }
}

#[cfg(test)]
mod tests;
