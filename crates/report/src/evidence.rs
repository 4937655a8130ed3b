//! Where in the recording a field was said (X01): the span on the recording's clock in which it was typed.
//!
//! Who listens for a number plays from a few seconds before its span: people speak before an operator types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Edit, Value};

/// Typing that pauses for longer than this begins a new span: the operator came back to the field.
pub const PAUSE_MS: i64 = 8_000;
/// Play from so long before a span (X01).
pub const LEAD_MS: i64 = 6_000;
/// And so long after it.
pub const TRAIL_MS: i64 = 2_000;

/// When a field was entered and changed, milliseconds since the recording began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// The spans in which it was typed, oldest first.
    pub spans: Vec<Span>,
    /// Who changed it last.
    pub who: String,
    /// When, Unix milliseconds.
    pub changed_ms: i64,
    /// It was changed once more when there was no recording: after the call.
    pub changed_later: bool,
}

/// A span of the recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = EvidenceSpan)]
pub struct Span {
    /// The first keystroke.
    pub from_ms: i64,
    /// The last one.
    pub until_ms: i64,
}

impl Span {
    /// What to play to hear it.
    pub fn to_play(self) -> Self {
        Self { from_ms: self.from_ms.saturating_sub(LEAD_MS).max(0), until_ms: self.until_ms.saturating_add(TRAIL_MS) }
    }
}

impl Evidence {
    /// The span in which what stands there now was typed.
    pub fn last(&self) -> Option<Span> {
        self.spans.last().copied()
    }
}

/// The evidence of every field that has an answer, from all of a draft's edits, in whatever order.
///
/// Edits that change nothing count for nothing; a field that was cleared begins anew.
pub fn evidence(edits: &[Edit]) -> BTreeMap<String, Evidence> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.at_ms);
    let mut fields: BTreeMap<String, (Evidence, Option<&Value>)> = BTreeMap::new();
    for edit in edits {
        let Some(value) = edit.value.as_ref().filter(|value| !value.is_blank()) else {
            fields.remove(&edit.key);
            continue;
        };
        let (field, before) = fields.entry(edit.key.clone()).or_insert_with(|| {
            (Evidence { spans: Vec::new(), who: String::new(), changed_ms: 0, changed_later: false }, None)
        });
        if before.replace(value) == Some(value) {
            continue;
        }
        field.who.clone_from(&edit.who);
        field.changed_ms = edit.at_ms;
        field.changed_later = edit.offset_ms.is_none();
        if let Some(offset) = edit.offset_ms {
            field.add(offset);
        }
    }
    fields.into_iter().map(|(key, (field, _))| (key, field)).collect()
}

impl Evidence {
    fn add(&mut self, offset_ms: i64) {
        match self.spans.last_mut() {
            Some(span) if (0..=PAUSE_MS).contains(&(offset_ms.saturating_sub(span.until_ms))) => {
                span.until_ms = offset_ms
            }
            Some(_) | None => self.spans.push(Span { from_ms: offset_ms, until_ms: offset_ms }),
        }
    }
}

#[cfg(test)]
mod tests;
