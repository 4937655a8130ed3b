//! Where a caller of the recordings line is: what is asked, said, fetched, heard.

use std::time::Instant;

use super::words::Phrase;
use super::{Kept, Keyed};
use crate::media::Prompt;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Question {
    Code,
    Pin { code: Keyed },
}

/// What follows when something has been said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Then {
    /// The question for a key.
    Asks(Question),
    /// Keys of a recording.
    Waits,
    /// The piece from the beginning.
    Plays,
    /// The end.
    Leaves,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// The question is being said, or a key is waited for.
    Asking(Question),
    /// Code and PIN are being looked at.
    Checking,
    /// Something is being said.
    Saying(Then),
    /// The words before a recording are being made.
    Introducing,
    /// A piece is being fetched, from there.
    Fetching { from_ms: u64 },
    /// A piece is being heard.
    Playing(Playing),
    /// A recording is over: a key is waited for.
    Waiting,
    /// Nothing more.
    Over,
}

/// A piece that is being heard, and the one that follows it.
#[derive(Debug)]
pub(super) struct Playing {
    pub(super) from_ms: u64,
    pub(super) length_ms: u64,
    pub(super) since: Instant,
    pub(super) next: Next,
}

#[derive(Debug)]
pub(super) enum Next {
    None,
    Asked,
    There {
        prompt: Prompt,
        length_ms: u64,
    },
    /// It may not be heard any more, or cannot be had: whoever listens is not to take the recording for over.
    Lost {
        phrase: Phrase,
        then: Then,
    },
}

/// A firm whose recordings are heard.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) customer: i64,
    pub(super) recordings: Vec<Kept>,
    /// Which one, from 0.
    pub(super) place: usize,
    /// How long it is, once that is known.
    pub(super) whole_ms: Option<u64>,
}
