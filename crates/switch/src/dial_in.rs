//! The recordings line (F52): a number of the house at which a client firm's people hear their own calls, with the firm's code and a
//! PIN. It is nobody's call: no record, no recording, no queue, no operator.
//!
//! The switch does not know who may hear what, nor where recordings are: it asks ([`Ask`]), and whoever keeps them answers
//! ([`Answer`]). A recording comes in pieces, each a prompt of its own, so that it can be of any length.

mod dialogue;
mod stage;
mod words;

use std::fmt;

use acd::CallId;

use crate::media::Prompt;
pub(crate) use dialogue::{Dialogue, Do};
pub use words::{introduction, said};

/// Recordings that one caller can go through: the newest.
pub const RECORDINGS_MAX: usize = 100;

/// Digits of a code or a PIN; what is longer is wrong.
pub const DIGITS_MAX: usize = 12;

/// What a caller has keyed. It is shown nowhere.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Keyed(pub String);

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(…)")
    }
}

/// The language in which a caller is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tongue {
    /// Japanese.
    #[default]
    Japanese,
    /// English.
    English,
}

impl Tongue {
    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Japanese => Self::English,
            Self::English => Self::Japanese,
        }
    }

    /// In the names of prompts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }
}

/// A recording that a firm may hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The call.
    pub call: CallId,
    /// When it came, unix milliseconds.
    pub arrived_ms: i64,
}

/// What is asked of whoever keeps the recordings. Each has a number, and one answer with the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// May whoever keyed this hear a firm's recordings? `caller`: E.164 digits, or empty.
    Open { code: Keyed, pin: Keyed, caller: String },
    /// The words before a recording: the so-manieth of so many (from 0, newest first).
    Introduce { tongue: Tongue, place: usize, count: usize, recording: Kept },
    /// A piece of a recording, from there on.
    Piece { customer: i64, call: CallId, caller: String, from_ms: u64 },
    /// The call is over: nothing more is needed of what was made for it. There is no answer.
    Close,
}

/// What whoever keeps the recordings says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// They may hear these, newest first, [`RECORDINGS_MAX`] at most.
    Opened { customer: i64, tongue: Tongue, recordings: Vec<Kept> },
    /// Code or PIN are wrong, or there were too many wrong ones. `locked`: since this one.
    Refused { locked: Option<Locked> },
    /// The words, as a prompt.
    Introduction(Prompt),
    /// The piece, as a prompt: so long, from a recording that is so long altogether.
    Piece { prompt: Prompt, length_ms: u64, whole_ms: u64 },
    /// It cannot be had: it is gone, or may not be heard any more; words that nobody can speak.
    NotThere,
    /// Nothing can be had now.
    Unavailable,
}

/// Who is not let in for a while after too many wrong PINs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Locked {
    /// The firm: whoever calls for it.
    Firm(i64),
    /// The caller's number, whatever the firm.
    Caller,
}

#[cfg(test)]
mod tests;
