//! Where in the recording a field was said (X01): the span on the recording's clock in which it was typed. A number that nobody had to
//! type, because it is the one that calls, is heard where it was read back.
//!
//! Who listens for a number plays from a few seconds before its span: people speak before an operator types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Edit, Value};
use crate::key;

/// Typing that pauses for longer than this begins a new span: the operator came back to the field.
pub const PAUSE_MS: i64 = 8_000;
/// Play from so long before a span (X01).
pub const LEAD_MS: i64 = 6_000;
/// And so long after it.
pub const TRAIL_MS: i64 = 2_000;

/// When a field was entered and changed, milliseconds since the recording began.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// The spans in which it was typed while there was a recording, in the order in which that was done. A number that stands there
    /// without having been typed, because the page had put the caller's own there, has one more, the last, if it was read back:
    /// see `read_back`.
    pub spans: Vec<Span>,
    /// The last span is not of typing: it is the tick that the number was read back to the caller.
    pub read_back: bool,
    /// Who changed it last.
    pub who: String,
    /// When, Unix milliseconds.
    pub changed_ms: i64,
    /// That was after the call had ended. False also if nobody knows that it had, and without a call.
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
    /// Where to listen: the span in which what stands there now was typed or read back; of what was changed later, that of what
    /// stood there before.
    pub fn last(&self) -> Option<Span> {
        self.spans.last().copied()
    }

    fn add(&mut self, offset_ms: i64) {
        match self.spans.last_mut() {
            // What comes late through the network may be placed a little before what came first.
            Some(span)
                if offset_ms >= span.from_ms.saturating_sub(PAUSE_MS)
                    && offset_ms <= span.until_ms.saturating_add(PAUSE_MS) =>
            {
                *span = Span { from_ms: span.from_ms.min(offset_ms), until_ms: span.until_ms.max(offset_ms) };
            }
            Some(_) | None => self.spans.push(Span { from_ms: offset_ms, until_ms: offset_ms }),
        }
    }
}

/// A field while its edits are read.
struct Written<'a> {
    evidence: Evidence,
    value: &'a Value,
    /// The last change has a place in the recording.
    is_typed: bool,
}

/// The evidence of every field that has an answer, from all of a draft's edits, in the order in which they were made; `ended_ms` is
/// when the call ended, Unix milliseconds, if it has, and that is known.
///
/// Edits that change nothing count for nothing; a field that was cleared begins anew, and so does the tick that a number was read
/// back when the number changes ([`Draft::apply`](crate::Draft::apply)).
pub fn evidence(edits: &[Edit], ended_ms: Option<i64>) -> BTreeMap<String, Evidence> {
    let mut fields: BTreeMap<&str, Written<'_>> = BTreeMap::new();
    for edit in edits {
        let value = edit.value.as_ref().filter(|value| !value.is_blank());
        let before = fields.remove(edit.key.as_str());
        if edit.key == key::CALLBACK && before.as_ref().map(|field| field.value) != value {
            fields.remove(key::READ_BACK);
        }
        let Some(value) = value else { continue };
        let written = match before {
            Some(same) if same.value == value => same,
            before => {
                let mut evidence = before.map(|field| field.evidence).unwrap_or_default();
                evidence.who.clone_from(&edit.who);
                evidence.changed_ms = edit.at_ms;
                evidence.changed_later = ended_ms.is_some_and(|ended_ms| edit.at_ms > ended_ms);
                let offset_ms = edit.offset_ms.filter(|_| !evidence.changed_later);
                if let Some(offset_ms) = offset_ms {
                    evidence.add(offset_ms);
                }
                Written { evidence, value, is_typed: offset_ms.is_some() }
            }
        };
        fields.insert(&edit.key, written);
    }
    let tick = fields.get(key::READ_BACK).and_then(|tick| tick.evidence.last());
    if let (Some(span), Some(number)) = (tick, fields.get_mut(key::CALLBACK).filter(|number| !number.is_typed)) {
        number.evidence.spans.push(span);
        number.evidence.read_back = true;
    }
    fields.into_iter().map(|(key, field)| (key.to_owned(), field.evidence)).collect()
}

#[cfg(test)]
mod tests;
