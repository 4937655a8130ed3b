//! What is known of callers from before this process: who has called which firm (F06), who has today (F09), who was promised a call
//! back when the process died. It comes in parts and in the background; calls are taken before, and without it.

use acd::CallId;
use number::Number;

use crate::directory::CustomerId;

/// A part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Past {
    /// Numbers that have called these firms, whoever has longest ago first: at most [`CALLERS_AT_ONCE_MAX`] at a time, because
    /// calls wait meanwhile.
    Callers(Vec<(CustomerId, Number)>),
    /// Those were all: from now on, who was not among them is new.
    AllCallers,
    /// Calls of the last 24 hours that are over, in any order. Once.
    Visits(Vec<PastCall>),
    /// Call backs that were promised and not made, because the process died. Once, after the directory.
    Promises(Vec<PastPromise>),
}

/// Callers in one part: a millisecond's work.
pub const CALLERS_AT_ONCE_MAX: usize = 2_000;

/// A call that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastCall {
    /// Its name.
    pub call: CallId,
    /// The firm.
    pub customer: CustomerId,
    /// Its caller.
    pub caller: Number,
    /// INVITE, unix milliseconds.
    pub arrived_ms: i64,
}

/// A promise that was not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastPromise {
    /// The call in which it was made, now closed as interrupted.
    pub call: PastCall,
    /// The number that was dialled, E.164 digits.
    pub did: String,
    /// The firm wants it, for a caller who gave up; the caller has not asked for it.
    pub by_policy: bool,
    /// When it was made, unix milliseconds.
    pub promised_ms: i64,
    /// How often the number was dialled and nobody reached.
    pub tries: u8,
}
