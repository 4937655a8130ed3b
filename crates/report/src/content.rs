//! What a report tells, whatever it is sent by: firm, urgency, who called, the number, the lines in their fixed order (F37).
//!
//! A [`Content`] is made once, when the report is sent, and kept with each delivery; a retry days later tells the same.

mod lines;

use number::Number;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Draft;
use crate::assurance::Assurance;
use crate::kind::{Desired, Kind, Language, Urgency};
use crate::profile::Profile;
use crate::rules::Policy;
use crate::template::Templates;

/// Lines of a content; what is beyond has been joined to the last.
pub const LINES_MAX: usize = 40;

/// A report that is ready to go, with what is known of its call.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The report's id.
    pub report: &'a str,
    /// The firm's name.
    pub firm: &'a str,
    /// What the firm has ordered.
    pub profile: &'a Profile,
    /// What the operator wrote.
    pub draft: &'a Draft,
    /// As [`choose`](crate::choose) said.
    pub policy: Policy,
    /// When the call came, Unix milliseconds.
    pub received_ms: i64,
    /// The operator's name.
    pub operator: &'a str,
    /// The number from which the call came.
    pub caller: Option<Number>,
    /// This number has never called this firm before (F06).
    pub new_caller: bool,
    /// What is known about the callback number.
    pub assurance: Option<&'a Assurance>,
    /// The report that this one corrects or follows, by id.
    pub follows: Option<&'a str>,
    /// Sent to see whether it arrives; no call came.
    pub test: bool,
    /// The firm may listen to the call's recording.
    pub listen: bool,
}

/// What is told.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportContent)]
#[serde(default)]
pub struct Content {
    /// In which language.
    pub language: Language,
    /// The report's id; of a digest, the digest's.
    pub report: String,
    /// The firm's name.
    pub firm: String,
    /// What sort of call it was.
    pub kind: Kind,
    /// How urgent.
    pub urgency: Urgency,
    /// What the caller wants.
    pub desired: Option<Desired>,
    /// When the call came, Unix milliseconds.
    pub received_ms: i64,
    /// The operator's name.
    pub operator: String,
    /// `□□商事 佐藤様`; empty when nobody learned it.
    pub who: String,
    /// The number to call back, or else the one that called.
    pub callback: Option<Callback>,
    /// The fields that have an answer, in their order. Texts can have several lines.
    pub lines: Vec<Line>,
    /// The firm may listen to the call's recording: each delivery has a link of its own.
    pub listen: bool,
    /// Where this recipient hears the recording (F43, F52).
    pub link: Option<String>,
    /// Where this recipient confirms to have seen it (X05).
    pub seen_link: Option<String>,
    /// The report that this one corrects or follows, by id.
    pub follows: Option<String>,
    /// Of a correction: the first report of its story, by id. Mail programs show all of them together.
    pub thread: Option<String>,
    /// It says no more than that a call came (F43).
    pub notice_only: bool,
    /// It gathers so many calls of a day (F27).
    pub digest: Option<u64>,
    /// It is a trial.
    pub test: bool,
    /// The firm's own wording.
    #[serde(skip_serializing_if = "Templates::is_empty")]
    pub templates: Templates,
}

impl Content {
    /// The report that its conversation began with, by id: what mail programs and chats show together.
    pub fn conversation(&self) -> &str {
        self.thread.as_ref().or(self.follows.as_ref()).unwrap_or(&self.report)
    }
}

/// A field with its answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportLine)]
#[serde(default)]
pub struct Line {
    /// The answer's key.
    pub key: String,
    /// The field's name.
    pub label: String,
    /// The answer in words: choices, days and people by name, 聴取不可 as such.
    pub text: String,
}

/// A number to call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportCallback)]
#[serde(default)]
pub struct Callback {
    /// `090-1234-5678`
    pub display: String,
    /// `+819012345678`; `None` when it cannot be dialled.
    pub tel: Option<String>,
    /// What speaks for it or against it; may be empty.
    pub note: String,
    /// The caller left it; otherwise it is only the number that called.
    pub left: bool,
}

/// A call in a digest (F27).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DigestEntry {
    /// When it came.
    pub received_ms: i64,
    /// What sort it was.
    pub kind: Kind,
    /// Who called.
    pub who: String,
    /// About what.
    pub business: String,
    /// From which number, for people.
    pub number: String,
}

#[cfg(test)]
mod tests;
