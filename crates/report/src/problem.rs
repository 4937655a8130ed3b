//! What is wrong with something a person gave us: which field, what, and what to do, in both languages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kind::Language;

/// One thing that is wrong. `field` is a path into the document: `recipients[2].channel.url`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct Problem {
    /// Which field or place.
    pub field: String,
    /// What is wrong, in Japanese.
    pub what_ja: String,
    /// What to do about it, in Japanese.
    pub remedy_ja: String,
    /// What is wrong, in English.
    pub what_en: String,
    /// What to do about it, in English.
    pub remedy_en: String,
}

impl Problem {
    /// `ja` and `en` are each what is wrong, and the remedy.
    pub fn new(field: impl Into<String>, ja: (impl Into<String>, &str), en: (impl Into<String>, &str)) -> Self {
        Self {
            field: field.into(),
            what_ja: ja.0.into(),
            remedy_ja: ja.1.to_owned(),
            what_en: en.0.into(),
            remedy_en: en.1.to_owned(),
        }
    }

    /// What is wrong.
    pub fn what(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.what_ja,
            Language::En => &self.what_en,
        }
    }

    /// What to do about it.
    pub fn remedy(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.remedy_ja,
            Language::En => &self.remedy_en,
        }
    }
}
