//! One party of a call: where its dialog and its voice path stand, and what was negotiated.

mod description;
mod terms;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use acd::OperatorId;
use endpoint::{LegId, TrunkId};

use crate::media::{LegMedia, Source};
pub(crate) use description::Description;
pub(crate) use terms::{Terms, Vault};

/// A leg that we have left, but of which no end is heard, is forgotten after this (longer than 64*T1 of RFC 3261).
pub(crate) const LEAVING_MAX: Duration = Duration::from_secs(45);

/// A voice path that was closed and does not say so is forgotten after this.
pub(crate) const CLOSING_MAX: Duration = Duration::from_secs(10);

/// Whose leg it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// The caller's.
    Caller,
    /// An operator's phone that we called.
    Operator(OperatorId),
    /// A second call of the operator's phone, to the client firm's person.
    Second(OperatorId),
    /// The client firm's person.
    Target,
    /// The phone of an operator who listens to this call without being its operator.
    Supervisor(OperatorId),
}

impl Role {
    /// Word for records and events.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Operator(_) | Self::Second(_) => "operator",
            Self::Target => "target",
            Self::Supervisor(_) => "supervisor",
        }
    }
}

/// Where the dialog stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signalling {
    /// No final response yet. `rang`: a 18x has been sent or received.
    Early { rang: bool },
    /// 200.
    Up,
    /// We have said goodbye and wait for the end.
    Leaving { until: Instant },
    /// Over.
    Gone,
}

/// Where the voice path stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Voice {
    /// A port is bound for it.
    Open,
    /// Told to close.
    Closing { until: Instant },
    /// Closed; the port is free.
    Closed,
}

/// One party.
#[derive(Debug)]
pub(crate) struct Leg {
    /// Its number.
    pub(crate) id: LegId,
    /// Its place in the call's record; `None` when the record has no room for more.
    pub(crate) index: Option<usize>,
    /// Whose it is.
    pub(crate) role: Role,
    /// The trunk that an outgoing leg uses.
    pub(crate) trunk: Option<TrunkId>,
    /// The dialog.
    pub(crate) signalling: Signalling,
    /// The voice path.
    pub(crate) voice: Voice,
    /// Our end of it.
    pub(crate) local: SocketAddr,
    /// Offer, answer, hold.
    pub(crate) description: Description,
    /// Where the peer's signalling comes from.
    pub(crate) from_ip: Option<IpAddr>,
    /// What its far end was last ordered to hear.
    pub(crate) hears: Option<Source>,
    /// Something is heard from it before it answers: a ringing tone of its own, or an announcement.
    pub(crate) speaks: bool,
    /// Digits are being detected.
    pub(crate) detects: bool,
    /// Digits are being relayed.
    pub(crate) relays: bool,
    /// Its speech is kept on the recording, should one run.
    pub(crate) taped: bool,
    /// An OPTIONS is on its way; without an answer by then the phone counts as dead.
    pub(crate) probe: Option<Instant>,
    /// Nothing is heard of it although something should be.
    pub(crate) silent: bool,
}

impl Leg {
    /// A leg of which nothing is negotiated yet, with its voice path bound at `local`.
    pub(crate) fn new(
        (id, role): (LegId, Role),
        signalling: Signalling,
        local: SocketAddr,
        description: Description,
        from_ip: Option<IpAddr>,
    ) -> Self {
        Self {
            id,
            index: None,
            role,
            trunk: None,
            signalling,
            voice: Voice::Open,
            local,
            description,
            from_ip,
            hears: None,
            speaks: false,
            detects: false,
            relays: false,
            taped: true,
            probe: None,
            silent: false,
        }
    }

    /// Is it talking (or could it)?
    pub(crate) fn is_up(&self) -> bool {
        self.signalling == Signalling::Up
    }

    /// Is it there, answered or not yet?
    pub(crate) fn is_there(&self) -> bool {
        matches!(self.signalling, Signalling::Early { .. } | Signalling::Up)
    }

    /// Has it no final response yet?
    pub(crate) fn is_early(&self) -> bool {
        matches!(self.signalling, Signalling::Early { .. })
    }

    /// Did it ring?
    pub(crate) fn rang(&self) -> bool {
        matches!(self.signalling, Signalling::Early { rang: true })
    }

    /// Is it up, with an agreement and a voice path?
    pub(crate) fn can_hear(&self) -> bool {
        self.is_up() && self.voice == Voice::Open && self.description.agreed().is_some()
    }

    /// Is nothing left of it?
    pub(crate) fn is_over(&self) -> bool {
        self.signalling == Signalling::Gone && self.voice == Voice::Closed
    }

    /// What the voice path must know, once there is an agreement.
    pub(crate) fn media(&self) -> Option<LegMedia> {
        let agreed = self.description.agreed()?;
        let remote = agreed.remote;
        let next = SocketAddr::new(remote.ip(), remote.port().saturating_add(1));
        Some(LegMedia {
            remote,
            remote_rtcp: agreed.remote_rtcp.unwrap_or(next),
            signalled_from: self.from_ip.unwrap_or(remote.ip()),
            codec: agreed.codec,
            payload_type: agreed.payload_type,
            receive_payload_type: agreed.receive_payload_type,
            telephone_event: agreed.telephone_event,
            send: agreed.direction.sends() && (!remote.ip().is_unspecified() || agreed.security.ice().is_some()),
            receive: agreed.direction.receives() && !agreed.on_hold,
            rtcp_mux: agreed.rtcp_mux,
            security: agreed.security.clone(),
        })
    }

    /// When this leg next needs looking at.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let leaving = match self.signalling {
            Signalling::Leaving { until } => Some(until),
            Signalling::Early { .. } | Signalling::Up | Signalling::Gone => None,
        };
        let closing = match self.voice {
            Voice::Closing { until } => Some(until),
            Voice::Open | Voice::Closed => None,
        };
        [leaving, closing, self.probe].into_iter().flatten().min()
    }
}
