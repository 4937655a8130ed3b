//! Telephone numbers: the Japanese plan, E.164, what an outbound call may dial.
//!
//! A [`Number`] exists only parsed. What a caller's device or an administrator wrote goes through [`Number::parse`] (or
//! [`read`], which also tells of a 184/186 prefix); what an operator wants to dial goes through [`judge`].

mod areas;
mod dial;
mod digits;
mod kind;
mod parse;
mod withheld;

pub use dial::{Refusal, judge};
pub use kind::Kind;
pub use parse::{CallerIdPrefix, JAPAN, Number, NumberError, Reading, read};
pub use withheld::Withheld;
