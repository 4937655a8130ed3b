//! A firm's manual, in versions that hold from a day on (F22): which one was in force at any time, and who has not read it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One version of a manual.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManualVersion)]
pub struct Version {
    /// Counted up per firm; a later one has been written later.
    pub version: i64,
    /// From when on it holds, Unix milliseconds.
    pub from_ms: i64,
    /// The manual.
    pub text: String,
    /// What is new in it, in a line, for those who know the one before.
    pub changes: String,
}

/// The version that holds (or held, or will hold) at a time: the one with the latest beginning, of two with the same the one
/// written later. `None` before the first.
pub fn in_force(versions: &[Version], at_ms: i64) -> Option<&Version> {
    versions.iter().filter(|version| version.from_ms <= at_ms).max_by_key(|version| (version.from_ms, version.version))
}

/// The version that an operator has to acknowledge before they are ready for this firm: the one in force, when they have not.
/// `acknowledged` are the versions that they have.
pub fn unread<'a>(versions: &'a [Version], acknowledged: &[i64], at_ms: i64) -> Option<&'a Version> {
    in_force(versions, at_ms).filter(|version| !acknowledged.contains(&version.version))
}

/// When another version comes into force after a time.
pub fn next_change_ms(versions: &[Version], after_ms: i64) -> Option<i64> {
    versions.iter().map(|version| version.from_ms).filter(|from| *from > after_ms).min()
}

#[cfg(test)]
mod tests;
