//! What a client firm wants for callers who wait: when they are spoken to, what they are told, what they are offered, and what
//! becomes of those who give up.
//!
//! Nothing here answers a caller's question: an announcement is not an answer (`announced_ms` of a record, not `answered_ms`).

pub mod speech;

use serde::{Deserialize, Serialize};

/// Longest [`WaitingPolicy::announcement`], characters: about a minute of speech.
pub const ANNOUNCEMENT_CHARS_MAX: usize = 300;

/// Shortest [`WaitingPolicy::every_seconds`] that is kept to: more often is no music but a nuisance.
pub const EVERY_SECONDS_MIN: u16 = 10;

/// What is done for callers of a firm for whom nobody is free. Until `announce_after_seconds` they hear ringing, and pay nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WaitingPolicy {
    /// After so long without a person the call is taken, an announcement is made in the firm's name, and music plays while
    /// phones go on ringing. `null`: ringing for ever. Default: 30, when the promise of three rings is long broken.
    pub announce_after_seconds: Option<u16>,
    /// What is said then. Empty (the default): the firm's name, and that all operators are busy.
    pub announcement: String,
    /// What callers are told of their turn, between the music. Default: nothing.
    pub tell: Tell,
    /// How often they are told. Default: 30; at least 10.
    pub every_seconds: u16,
    /// Offer to call back ("press 1, and we call you in your turn"): only to callers whose own number is known, Japanese, and may
    /// be dialled (R03). Default: no.
    pub callback: bool,
    /// After so long without a person, from the beginning, the caller may leave a message and waits no longer. `null` (the
    /// default): never.
    pub message_after_seconds: Option<u16>,
}

impl Default for WaitingPolicy {
    fn default() -> Self {
        WaitingPolicy {
            announce_after_seconds: Some(30),
            announcement: String::new(),
            tell: Tell::Nothing,
            every_seconds: 30,
            callback: false,
            message_after_seconds: None,
        }
    }
}

impl WaitingPolicy {
    /// Ringing until a person answers, whatever happens.
    pub fn ringing_only() -> Self {
        WaitingPolicy { announce_after_seconds: None, ..WaitingPolicy::default() }
    }
}

/// What a caller who hears music is told of the turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// Nothing but music.
    #[default]
    Nothing,
    /// The place in the queue: "you are the third".
    Position,
    /// About how many minutes it will take, as fast as callers are being answered now; the place while that is not known.
    ExpectedWait,
}

/// What becomes of a caller who gave up before a person answered (F04). Each is shown at once, whatever the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AbandonedPolicy {
    /// The firm is told of it.
    #[default]
    Report,
    /// The caller is called back in the turn that the call had, by the rules of [`WaitingPolicy::callback`].
    CallBack,
    /// Nothing more.
    Ignore,
}

impl AbandonedPolicy {
    /// Word for events and records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::CallBack => "call_back",
            Self::Ignore => "ignore",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_unknown_is_refused() {
        let read = |text: &str| serde_json::from_str::<WaitingPolicy>(text);
        assert_eq!(read("{}").unwrap(), WaitingPolicy::default());
        let patient = read(r#"{"announce_after_seconds":null,"tell":"expected_wait","callback":true}"#).unwrap();
        assert_eq!(
            patient,
            WaitingPolicy { tell: Tell::ExpectedWait, callback: true, ..WaitingPolicy::ringing_only() }
        );
        assert_eq!(read(&serde_json::to_string(&patient).unwrap()).unwrap(), patient);
        assert!(read(r#"{"anounce_after_seconds":5}"#).is_err());
        assert_eq!(
            serde_json::to_string(&AbandonedPolicy::CallBack).unwrap(),
            format!("{:?}", AbandonedPolicy::CallBack.word())
        );
    }
}
