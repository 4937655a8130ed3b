//! Forms (F11 to F17): which fields a call of some kind has, over a base that is common to all firms, and what is still missing.

mod standard;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Draft;
use crate::assurance;
use crate::key;
use crate::kind::{Desired, Kind, Language};
use crate::problem::Problem;
use crate::text;

/// Fields that a firm may add or change.
pub const OWN_FIELDS_MAX: usize = 40;
/// Characters of a field's name.
pub const LABEL_CHARS_MAX: usize = 40;
/// Choices of a field.
pub const CHOICES_MAX: usize = 50;

/// How a field is filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldInput)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// One line of text.
    Line,
    /// Text of several lines.
    Text,
    /// A telephone number: normalised, grouped and judged ([`assurance`]).
    Phone,
    /// To the letter: an order or article number, without spelling help (F25).
    Token,
    /// One of these. JSON: `{"choice": [{"value", "ja", "en"}]}`.
    Choice(Vec<Choice>),
    /// A day: `2026-11-24`; other words are allowed (来週のどこか).
    Date,
    /// A time of day: `14:30`; other words are allowed (夕方).
    Time,
    /// Several matters, one a line (F26).
    Items,
    /// Somebody of the roster by id, or a name that it does not have (F19).
    Person,
    /// A tick: `yes` or blank.
    Tick,
}

/// One choice of a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldChoice)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// Whether a field must be answered (聴取不可 is an answer).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldNeed)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Always.
    Always,
    /// When the caller wants to be called back.
    CallBack,
    /// Never.
    #[default]
    No,
}

/// A field of a form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FormField)]
pub struct Field {
    /// The answer's key.
    pub key: String,
    /// Its name in Japanese.
    pub ja: String,
    /// Its name in English.
    pub en: String,
    /// How it is filled in.
    pub input: Input,
    /// Whether it must be.
    pub required: Need,
}

impl Field {
    /// Its name.
    pub fn label(&self, language: Language) -> &str {
        language.of(&self.ja, &self.en)
    }
}

/// What a firm's form has otherwise than [`Form::standard`]: nothing, usually.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// Fields of its own, and changes of standard ones; in the order in which they stand, behind the standard ones.
    pub fields: Vec<OwnField>,
    /// Kinds that its desk does not offer, beside those that its [`Features`](crate::Features) switch off.
    pub without: Vec<Kind>,
}

/// A firm's own field, or, where the base has one of that key, what is different about it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OwnField {
    /// The answer's key.
    pub key: String,
    /// Its name in Japanese; needed for a field that the base has not.
    pub ja: Option<String>,
    /// Its name in English; else the Japanese one.
    pub en: Option<String>,
    /// How it is filled in; else as in the base, or a line.
    pub input: Option<Input>,
    /// Whether it must be; else as in the base, or not.
    pub required: Option<Need>,
    /// Of which kinds of call; empty: of all that a person speaks in.
    pub kinds: Vec<Kind>,
    /// Not shown at all. Not possible for the few that every report has.
    pub hidden: bool,
}

/// Why a report cannot be sent yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldLack)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Neither an answer nor 聴取不可.
    Blank,
    /// No telephone number can look like this, and it has not been read back to the caller.
    NotANumber,
    /// A choice that the form does not have.
    NotAChoice,
}

/// A field that stands in the way of sending.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MissingField)]
pub struct Missing {
    /// Which.
    pub key: String,
    /// Why.
    pub why: Lack,
    /// What to do, in Japanese.
    pub ja: String,
    /// What to do, in English.
    pub en: String,
}

impl Missing {
    /// What to do.
    pub fn sentence(&self, language: Language) -> &str {
        language.of(&self.ja, &self.en)
    }

    fn of(field: &Field, why: Lack) -> Self {
        let (ja, en) = (&field.ja, &field.en);
        let (ja, en) = match why {
            Lack::Blank => (
                format!("「{ja}」を入力するか、「聴取不可」を選んでください"),
                format!("Fill in \"{en}\", or choose \"not told\""),
            ),
            Lack::NotANumber => (
                format!(
                    "「{ja}」は電話番号の桁数または形が正しくありません。直すか、復唱して「復唱済み」にしてください"
                ),
                format!(
                    "\"{en}\" is no complete telephone number: mend it, or read it back to the caller and tick that"
                ),
            ),
            Lack::NotAChoice => {
                (format!("「{ja}」を選択肢から選んでください"), format!("Choose \"{en}\" from the list"))
            }
        };
        Self { key: field.key.clone(), why, ja, en }
    }
}

impl Form {
    /// The form of a firm that has ordered nothing special.
    pub fn standard() -> Self {
        Self::default()
    }

    /// The fields of a call of this kind, in the order of the desk.
    pub fn fields(&self, kind: Kind) -> Vec<Field> {
        let mut fields = standard::fields(kind);
        for own in self.fields.iter().filter(|own| own.is_of(kind)) {
            let base = fields.iter().position(|field| field.key == own.key);
            match base {
                Some(place) if own.hidden && !is_permanent(&own.key) => {
                    fields.remove(place);
                }
                Some(place) => {
                    if let Some(field) = fields.get_mut(place) {
                        own.change(field);
                    }
                }
                None if own.hidden => {}
                None => fields.push(own.field()),
            }
        }
        fields
    }

    /// The name of a key, wherever it is a field; `None` of a key that no form of this firm has.
    pub fn field(&self, kind: Kind, key: &str) -> Option<Field> {
        let find = |kind| self.fields(kind).into_iter().find(|field| field.key == key);
        find(kind).or_else(|| Kind::ALL.iter().copied().find_map(find))
    }

    /// The form with its texts trimmed, or all that is wrong with it. `at` is the path of the form in its document.
    ///
    /// # Errors
    /// Every problem, each with its field.
    pub fn checked(&self, at: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut form = self.clone();
        if form.fields.len() > OWN_FIELDS_MAX {
            problems.push(Problem::new(
                format!("{at}.fields"),
                (format!("項目が{OWN_FIELDS_MAX}個を超えています"), "減らしてください"),
                (format!("there are more than {OWN_FIELDS_MAX} fields"), "give fewer"),
            ));
        }
        for (place, own) in form.fields.iter_mut().enumerate() {
            own.check(&format!("{at}.fields[{place}]"), &mut problems);
        }
        if Kind::ALL.iter().all(|kind| form.without.contains(kind)) {
            problems.push(Problem::new(
                format!("{at}.without"),
                ("すべての種別が外されています", "少なくとも一つは残してください"),
                ("no kind of call is left", "leave at least one"),
            ));
        }
        if problems.is_empty() { Ok(form) } else { Err(problems) }
    }
}

/// What stands in the way of sending (F10, F11): required fields that are blank, a number that cannot be one.
///
/// Empty: the report may be sent.
pub fn missing(form: &Form, draft: &Draft) -> Vec<Missing> {
    let calls_back = draft.desired() == Some(Desired::CallBack);
    let mut missing = Vec::new();
    for field in form.fields(draft.kind) {
        let needed = match field.required {
            Need::Always => true,
            Need::CallBack => calls_back,
            Need::No => false,
        };
        let answer = draft.answers.get(&field.key).filter(|value| !value.is_blank());
        if answer.is_none() && needed {
            missing.push(Missing::of(&field, Lack::Blank));
        }
        if let Some(said) = draft.said(&field.key).filter(|_| answer.is_some())
            && let Some(why) = fault(&field, said, draft)
        {
            missing.push(Missing::of(&field, why));
        }
    }
    missing
}

/// What is wrong with what was said there.
fn fault(field: &Field, said: &str, draft: &Draft) -> Option<Lack> {
    match &field.input {
        Input::Phone => {
            let read_back = field.key == key::CALLBACK && draft.read_back();
            (!read_back && !assurance::can_be_a_number(said)).then_some(Lack::NotANumber)
        }
        Input::Choice(choices) => (!choices.iter().any(|choice| choice.value == said)).then_some(Lack::NotAChoice),
        Input::Line
        | Input::Text
        | Input::Token
        | Input::Date
        | Input::Time
        | Input::Items
        | Input::Person
        | Input::Tick => None,
    }
}

fn is_permanent(key: &str) -> bool {
    key::ALWAYS.contains(&key)
}

impl OwnField {
    fn is_of(&self, kind: Kind) -> bool {
        if self.kinds.is_empty() { kind != Kind::Silent } else { self.kinds.contains(&kind) }
    }

    fn change(&self, field: &mut Field) {
        if let Some(ja) = &self.ja {
            field.ja.clone_from(ja);
        }
        if let Some(en) = self.en.as_ref().or(self.ja.as_ref()) {
            field.en.clone_from(en);
        }
        if let Some(input) = self.input.as_ref().filter(|_| key::is_code_of(&field.key, "").is_none()) {
            field.input.clone_from(input);
        }
        if let Some(required) = self.required {
            field.required = required;
        }
    }

    fn field(&self) -> Field {
        let ja = self.ja.clone().unwrap_or_else(|| self.key.clone());
        Field {
            key: self.key.clone(),
            en: self.en.clone().unwrap_or_else(|| ja.clone()),
            ja,
            input: self.input.clone().unwrap_or(Input::Line),
            required: self.required.unwrap_or_default(),
        }
    }

    fn check(&mut self, at: &str, problems: &mut Vec<Problem>) {
        let in_base = Kind::ALL.iter().any(|kind| standard::fields(*kind).iter().any(|field| field.key == self.key));
        if !key::is_key(&self.key) || self.key == key::KIND {
            problems.push(Problem::new(
                format!("{at}.key"),
                ("項目のキーとして使えません", "英小文字・数字・_ で、英字から始めてください（例: room_number）"),
                ("that is no key", "use small letters, digits and _, beginning with a letter: room_number"),
            ));
        }
        for (name, label) in [("ja", &mut self.ja), ("en", &mut self.en)] {
            *label = label.as_deref().map(text::line);
            if label.as_ref().is_some_and(|label| label.is_empty() || label.chars().count() > LABEL_CHARS_MAX) {
                problems.push(Problem::new(
                    format!("{at}.{name}"),
                    (format!("項目名は1〜{LABEL_CHARS_MAX}文字です"), "書き直してください"),
                    (format!("a name has 1 to {LABEL_CHARS_MAX} characters"), "write it anew"),
                ));
            }
        }
        if !in_base && !self.hidden && self.ja.is_none() {
            problems.push(Problem::new(
                format!("{at}.ja"),
                ("新しい項目には名前が必要です", "日本語の項目名を入れてください"),
                ("a new field needs a name", "give its Japanese name"),
            ));
        }
        if self.hidden && is_permanent(&self.key) {
            problems.push(Problem::new(
                format!("{at}.hidden"),
                ("この項目は隠せません", "hidden を外してください"),
                ("this field cannot be hidden", "take `hidden` away"),
            ));
        }
        if let Some(Input::Choice(choices)) = &mut self.input {
            check_choices(&format!("{at}.input"), choices, problems);
        }
    }
}

fn check_choices(at: &str, choices: &mut [Choice], problems: &mut Vec<Problem>) {
    if choices.is_empty() || choices.len() > CHOICES_MAX {
        problems.push(Problem::new(
            at,
            (format!("選択肢は1〜{CHOICES_MAX}個です"), "数を直してください"),
            (format!("a field has 1 to {CHOICES_MAX} choices"), "mend their number"),
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (place, choice) in choices.iter_mut().enumerate() {
        for text in [&mut choice.value, &mut choice.ja, &mut choice.en] {
            *text = text::line(text);
        }
        let texts = [&choice.value, &choice.ja, &choice.en];
        if texts.iter().any(|text| text::is_blank(text) || text.chars().count() > LABEL_CHARS_MAX) {
            problems.push(Problem::new(
                format!("{at}.choice[{place}]"),
                (format!("値と名前は1〜{LABEL_CHARS_MAX}文字です"), "書き直してください"),
                (format!("value and names have 1 to {LABEL_CHARS_MAX} characters"), "write them anew"),
            ));
        }
        if !seen.insert(choice.value.clone()) {
            problems.push(Problem::new(
                format!("{at}.choice[{place}].value"),
                ("同じ値の選択肢があります", "別の値にしてください"),
                ("there is a choice of this value already", "give another value"),
            ));
        }
    }
}

#[cfg(test)]
mod tests;
