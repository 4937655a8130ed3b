//! One leg as a busy lamp shows it (RFC 4235 section 3.7).

use bytes::Bytes;
use sip::message::NameAddr;

use crate::leg::{ForkState, Leg};

/// Who began the call, seen from the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// The operator's phone dialled.
    Initiator,
    /// It was called.
    Recipient,
}

/// How far the dialog has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// The INVITE is on its way.
    Trying,
    /// It rings.
    Early,
    /// They talk.
    Confirmed,
}

/// One leg of a watched operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) direction: Direction,
    pub(super) stage: Stage,
    pub(super) call_id: String,
    /// The operator's tag, once known.
    pub(super) local_tag: Option<String>,
    /// Ours: with the two and the Call-ID the operator's other phone names this dialog in Replaces (RFC 3891).
    pub(super) remote_tag: String,
    /// With whom.
    pub(super) remote: Option<Party>,
}

/// The other party, as far as the operator's own phone was told: a caller who hides is `anonymous` there and here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Party {
    pub(super) display: String,
    pub(super) uri: String,
}

impl Line {
    /// What a watcher may know of the leg; `None` when it is over. `before`: the same leg a moment ago.
    pub(super) fn of(leg: &Leg, before: Option<&Self>) -> Option<Self> {
        if leg.over {
            return None;
        }
        let known = before.map(|before| before.remote.clone());
        let Some(uac) = &leg.uac else {
            let session = leg.session.as_ref()?;
            let stage = match &leg.uas {
                Some(uas) if uas.rings => Stage::Early,
                Some(_) => Stage::Trying,
                None => Stage::Confirmed,
            };
            return Some(Self {
                direction: Direction::Initiator,
                stage,
                call_id: session.dialog.id.call_id.clone(),
                local_tag: Some(session.dialog.id.remote_tag.clone()).filter(|tag| !tag.is_empty()),
                remote_tag: session.tag.to_string(),
                remote: known.unwrap_or_else(|| party(NameAddr::parse(session.dialog.local_uri.clone()))),
            });
        };
        let fork = uac.forks.iter().find(|fork| fork.state == ForkState::Won).or_else(|| uac.forks.first())?;
        let remote = known.unwrap_or_else(|| party(fork.invite.from().ok()));
        let (call_id, local_tag, remote_tag) = match &leg.session {
            Some(session) => {
                let id = &session.dialog.id;
                (id.call_id.clone(), Some(id.remote_tag.clone()).filter(|tag| !tag.is_empty()), session.tag)
            }
            None => (fork.invite.call_id().ok()?.to_owned(), None, fork.tag),
        };
        let stage = match (&leg.session, uac.rang) {
            (Some(_), _) => Stage::Confirmed,
            (None, true) => Stage::Early,
            (None, false) => Stage::Trying,
        };
        let remote_tag = remote_tag.to_string();
        Some(Self { direction: Direction::Recipient, stage, call_id, local_tag, remote_tag, remote })
    }
}

fn party(address: Option<NameAddr>) -> Option<Party> {
    let address = address?;
    let uri = Bytes::copy_from_slice(address.uri.without_headers().raw());
    let uri = String::from_utf8_lossy(&uri).into_owned();
    Some(Party { display: address.display_text().unwrap_or_default(), uri })
}
