//! Answers, and the draft that they make, changed by edits alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::key;
use crate::kind::{Desired, Kind, Mood, Urgency};
use crate::problem::Problem;
use crate::text;

/// Keys that a draft can have.
pub const ANSWERS_MAX: usize = 80;
/// Characters of one answer.
pub const VALUE_CHARS_MAX: usize = 4_000;

/// What stands in a field. A field without one is blank.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AnswerValue)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// What the caller said, or the operator chose (then a code). JSON: `{"said": "…"}`.
    Said(String),
    /// 聴取不可: asked, and not to be learned (F10). JSON: `"unheard"`.
    Unheard,
}

impl Value {
    /// Said, of this text.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }

    /// Neither said nor unheard: white space and invisible characters alone.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Said(said) => text::is_blank(said),
            Self::Unheard => false,
        }
    }
}

/// Answers by key ([`key`] has those that the program knows).
pub type Answers = BTreeMap<String, Value>;

/// A report that is being written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportDraft)]
#[serde(default)]
pub struct Draft {
    /// What sort of call it was.
    pub kind: Kind,
    /// By key. None is blank, none is longer than [`VALUE_CHARS_MAX`], there are at most [`ANSWERS_MAX`].
    #[schema(value_type = BTreeMap<String, Value>)]
    pub answers: Answers,
}

/// One change of one field, as the desk saves it at once (F26, X01).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportEdit)]
pub struct Edit {
    /// Which field; [`key::KIND`] changes the draft's kind.
    pub key: String,
    /// What stands there now; `None` when it was cleared.
    pub value: Option<Value>,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The same on the recording's clock: milliseconds since it began. `None` without a recording.
    pub offset_ms: Option<i64>,
    /// Who: an operator's login.
    pub who: String,
}

impl Draft {
    /// What all of a draft's edits have made, oldest first; an edit that could not be made is left out, as it was then.
    pub fn replay(edits: &[Edit]) -> Self {
        let mut draft = Self::default();
        for edit in edits {
            // It was refused when it came, and told to whom it concerned.
            let _refused = draft.apply(edit);
        }
        draft
    }

    /// Makes one change. Text is cleaned of what no one can have meant (control and bidirectional characters); a blank answer is
    /// none; a change of the callback number takes back the tick that it was read back.
    ///
    /// # Errors
    /// A key that cannot be one, an answer too long or one too many, a code that is none. The draft is as before then.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), Problem> {
        self.set(&edit.key, edit.value.as_ref())
    }

    /// [`apply`](Self::apply) without the circumstances.
    ///
    /// # Errors
    /// As there.
    pub fn set(&mut self, key: &str, value: Option<&Value>) -> Result<(), Problem> {
        let value = cleaned(key, value)?;
        if key == key::KIND {
            let code = match value {
                Some(Value::Said(code)) => Kind::from_code(&code),
                Some(Value::Unheard) | None => None,
            };
            self.kind = code.ok_or_else(|| not_a_code(key))?;
            return Ok(());
        }
        if self.answers.len() >= ANSWERS_MAX && value.is_some() && !self.answers.contains_key(key) {
            return Err(Problem::new(
                key,
                (format!("項目は{ANSWERS_MAX}個までです"), "使わない項目を空にしてください"),
                (format!("there are {ANSWERS_MAX} answers already"), "clear one that is not needed"),
            ));
        }
        if key == key::CALLBACK && self.answers.get(key) != value.as_ref() {
            self.answers.remove(key::READ_BACK);
        }
        match value {
            Some(value) => self.answers.insert(key.to_owned(), value),
            None => self.answers.remove(key),
        };
        Ok(())
    }

    /// What was said there.
    pub fn said(&self, key: &str) -> Option<&str> {
        match self.answers.get(key) {
            Some(Value::Said(said)) if !text::is_blank(said) => Some(said),
            Some(Value::Said(_) | Value::Unheard) | None => None,
        }
    }

    /// How urgent; normal when nobody chose.
    pub fn urgency(&self) -> Urgency {
        self.said(key::URGENCY).and_then(Urgency::from_code).unwrap_or_default()
    }

    /// What the caller wants.
    pub fn desired(&self) -> Option<Desired> {
        self.said(key::DESIRED).and_then(Desired::from_code)
    }

    /// How the caller seemed.
    pub fn mood(&self) -> Option<Mood> {
        self.said(key::MOOD).and_then(Mood::from_code)
    }

    /// The number was read back to the caller since it was last changed.
    pub fn read_back(&self) -> bool {
        self.said(key::READ_BACK) == Some(key::YES)
    }
}

/// The value as it is kept: blank is none, text is clean.
fn cleaned(key: &str, value: Option<&Value>) -> Result<Option<Value>, Problem> {
    if !key::is_key(key) {
        return Err(Problem::new(
            text::head(&text::line(key), key::KEY_CHARS_MAX),
            ("項目名として使えません", "英小文字・数字・_ で、英字から始めてください"),
            ("that is no key", "use small letters, digits and _, beginning with a letter"),
        ));
    }
    let said = match value {
        None => return Ok(None),
        Some(Value::Unheard) if key::is_code_of(key, "").is_some() && key != key::DESIRED => {
            return Err(not_a_code(key));
        }
        Some(Value::Unheard) => return Ok(Some(Value::Unheard)),
        Some(Value::Said(said)) => said,
    };
    if said.chars().count() > VALUE_CHARS_MAX {
        return Err(Problem::new(
            key,
            (format!("{VALUE_CHARS_MAX}文字を超えています"), "短くするか、複数の項目に分けてください"),
            (
                format!("there are more than {VALUE_CHARS_MAX} characters"),
                "shorten it, or divide it over several fields",
            ),
        ));
    }
    let said = text::prose(said);
    if text::is_blank(&said) {
        return Ok(None);
    }
    match key::is_code_of(key, &said) {
        Some(false) => Err(not_a_code(key)),
        Some(true) | None => Ok(Some(Value::Said(said))),
    }
}

fn not_a_code(key: &str) -> Problem {
    Problem::new(
        key,
        ("選択肢にない値です", "選択肢から選んでください"),
        ("that is none of the choices", "choose one of them"),
    )
}

#[cfg(test)]
mod tests;
