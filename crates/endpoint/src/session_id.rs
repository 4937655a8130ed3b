//! Session-ID (RFC 7989): one name for a call in every system that it passes.
//!
//! Each end of a session has a UUID, and each message says both: `Session-ID: mine;remote=yours`. We stand between two ends, and
//! so say to either what the other said ("intermediary ... B2BUA", section 7); for an end that knows nothing of it, we
//! speak for it with a UUID of our own.

use std::collections::HashMap;
use std::fmt;

use sip::message::{Message, Name};

use crate::order::LegId;

/// A UUID as RFC 7989 section 5 writes it: 32 lower-case hex digits. Never the null UUID, which means that it is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Uuid(u128);

impl Uuid {
    /// Version 4 (RFC 9562 section 5.4) of these random bits: made without a clock.
    pub(crate) const fn random(bits: u128) -> Self {
        const VERSION: u128 = 0xF << 76;
        const VARIANT: u128 = 0b11 << 62;
        Self(bits & !VERSION & !VARIANT | 4 << 76 | 0b10 << 62)
    }

    /// Of a header's value: what its sender calls itself. Upper case is forgiven; anything else is no UUID.
    fn of_sender(message: &Message) -> Option<Self> {
        let value = message.header(Name::SessionId)?;
        let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
        Self::parse(value.get(..end)?.trim_ascii())
    }

    fn parse(digits: &[u8]) -> Option<Self> {
        let is_hex = digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit);
        let text = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
        u128::from_str_radix(text, 16).ok().filter(|&bits| bits != 0).map(Self)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What is known of one leg.
#[derive(Clone, Copy, Debug)]
struct Ends {
    /// Ours: in the place of an end that has none.
    ours: Uuid,
    /// The peer's, as it said last.
    theirs: Option<Uuid>,
    /// The leg for whose peer we speak here.
    behalf: Option<LegId>,
    /// The peer wants to hear it: it speaks of it itself, or is no carrier with a wire shape of its own.
    is_spoken: bool,
}

/// Every leg's. As many as there are legs.
#[derive(Debug, Default)]
pub(crate) struct SessionIds {
    of: HashMap<LegId, Ends>,
}

impl SessionIds {
    /// A leg begins. `shy`: say nothing of it before the peer does (carriers that compare every header, as NTT's NGN).
    pub(crate) fn begin(&mut self, leg: LegId, ours: Uuid, behalf: Option<LegId>, shy: bool) {
        self.of.insert(leg, Ends { ours, theirs: None, behalf, is_spoken: !shy });
    }

    /// A leg is gone.
    pub(crate) fn end(&mut self, leg: LegId) {
        self.of.remove(&leg);
    }

    /// A message of the leg's peer. Errors may be a proxy's own and are not learnt from.
    pub(crate) fn learn(&mut self, leg: LegId, message: &Message) {
        if message.status().is_some_and(|status| !(101..300).contains(&status)) {
            return;
        }
        if let Some(theirs) = Uuid::of_sender(message)
            && let Some(ends) = self.of.get_mut(&leg)
        {
            ends.theirs = Some(theirs);
            ends.is_spoken = true;
        }
    }

    /// The peers of these two legs are connected now.
    pub(crate) fn couple(&mut self, one: LegId, other: LegId) {
        for (leg, behalf) in [(one, other), (other, one)] {
            if let Some(ends) = self.of.get_mut(&leg) {
                ends.behalf = Some(behalf);
            }
        }
    }

    /// The name of the leg's peer, for people.
    pub(crate) fn name(&self, leg: LegId) -> String {
        self.of.get(&leg).map(|ends| ends.theirs.unwrap_or(ends.ours).to_string()).unwrap_or_default()
    }

    /// What a message to the leg's peer says; `None`: nothing.
    pub(crate) fn header(&self, leg: LegId) -> Option<String> {
        let ends = self.of.get(&leg).filter(|ends| ends.is_spoken)?;
        let other = ends.behalf.and_then(|behalf| self.of.get(&behalf));
        let mine = other.map_or(ends.ours, |other| other.theirs.unwrap_or(other.ours));
        let yours = ends.theirs.map_or(0, |theirs| theirs.0);
        Some(format!("{mine};remote={yours:032x}"))
    }

    /// Nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use sip::message::{MessageBuilder, Method};

    use super::*;

    fn said(value: &str) -> Message {
        MessageBuilder::request(&Method::Options, "sip:a@b").header(Name::SessionId, value).finish()
    }

    #[test]
    fn rfc_9562_a_uuid_of_ours_says_its_version() {
        let text = Uuid::random(u128::MAX).to_string();
        assert_eq!(text, "ffffffffffff4fffbfffffffffffffff");
        assert_eq!(Uuid::random(0).to_string(), "00000000000040008000000000000000");
    }

    #[test]
    fn rfc_7989_only_a_whole_uuid_is_learnt() {
        let good = "ab30317f1a784dc48ff824d0d3715d86";
        for value in [good, "AB30317F1A784DC48FF824D0D3715D86 ; remote=00000000000000000000000000000000"] {
            assert_eq!(Uuid::of_sender(&said(value)).unwrap().to_string(), good);
        }
        for value in
            ["", "ab30317f", "00000000000000000000000000000000", "+b30317f1a784dc48ff824d0d3715d86", &good.repeat(2)]
        {
            assert_eq!(Uuid::of_sender(&said(value)), None, "{value}");
        }
    }
}
