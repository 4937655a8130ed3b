//! Typed views of headers, read when asked. An optional header that is missing is `Ok(None)`; one that is malformed is
//! always an error, so that nobody mistakes the one for the other.

mod address;
mod count;
mod dialog;
mod event;
mod list;

pub use count::{Refresher, SessionExpires};
pub use dialog::{CSeq, RAck, Reason, Replaces};
pub use event::{EventPackage, SubscriptionState};
pub use list::MediaType;

use super::Name;

/// A header that cannot be used. The sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Which header.
    pub name: Name,
    /// What is wrong with it.
    pub what: HeaderFault,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It must be there and is not.
    Missing,
    /// It stands there more than once, and may not.
    Repeated,
    /// It does not follow its grammar.
    Malformed,
}

impl HeaderError {
    pub(super) const fn missing(name: Name) -> Self {
        Self { name, what: HeaderFault::Missing }
    }

    pub(super) const fn malformed(name: Name) -> Self {
        Self { name, what: HeaderFault::Malformed }
    }
}
