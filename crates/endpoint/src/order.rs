//! What the call logic may ask of a leg: the whole vocabulary between `switch` and SIP, downwards.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::flow::Protocol;

use crate::account::AccountId;
use crate::trunk::TrunkId;

/// One party's dialog and media in a call. Incoming legs are numbered by the endpoint (odd), outgoing by the call logic (even).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LegId(pub u64);

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg{}", self.0)
    }
}

/// An order to a leg. Orders that no longer fit the leg's state (it has just ended) are ignored: the matching
/// [`crate::LegEvent`] is already on its way up.
#[allow(missing_docs, reason = "each variant's words explain its fields")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Start an outgoing leg. Ends in `Answered` or `Rejected`; `Progress` may come before.
    Invite(Invite),
    /// Send a provisional response on an incoming leg that has no final yet: 180 without a body rings at the caller's
    /// carrier; 183 with a body is early media. Sent reliably (RFC 3262) only where the peer requires it.
    Progress { leg: LegId, status: u16, body: Option<Bytes> },
    /// 200 to an incoming leg. `body` is our SDP: the answer, or the offer if the INVITE had none.
    Answer { leg: LegId, body: Bytes },
    /// Final non-2xx to an incoming leg that has no final yet.
    Reject { leg: LegId, status: u16, retry_after: Option<u32>, reason: Option<Reason> },
    /// End the leg, whatever its state: CANCEL, BYE or a final response (480) as RFC 3261 has it. `Ended` follows once.
    Hangup { leg: LegId, reason: Option<Reason> },
    /// Re-INVITE with this offer (hold, resume, new media). Glare is retried inside (14.1). Ends in `OfferAnswered` or `OfferRefused`.
    Offer { leg: LegId, body: Bytes },
    /// Our answer to the peer's `Offer` event: SDP, or a refusal status (488, 491).
    AnswerOffer { leg: LegId, answer: Result<Bytes, u16> },
    /// Accept (202) or refuse (any other status) the REFER of this leg; after 202, `ReferProgress` tells how it goes.
    AnswerRefer { leg: LegId, status: u16 },
    /// NOTIFY of the implicit REFER subscription: `message/sipfrag` with this status; final ones (>= 200) end the subscription.
    ReferProgress { leg: LegId, status: u16 },
    /// Ask with an OPTIONS inside the dialog whether the peer still knows it. Ends in `ProbeAnswered` or `Ended`.
    Probe { leg: LegId },
    /// These two legs are one communication session now (RFC 7989): each tells its peer the other's half of the Session-ID,
    /// from its next message on. Say it when two legs are joined that were not made for each other.
    Couple { one: LegId, other: LegId },
}

/// A new outgoing leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invite {
    /// The new leg's number (even; chosen by the call logic).
    pub leg: LegId,
    /// Whom to call.
    pub to: Destination,
    /// Display name of the From header, UTF-8 (the client firm's name towards an operator).
    pub display: String,
    /// User part of From: the caller's number towards an operator (`None`: anonymous), the presented number towards a trunk
    /// (`None`: as the trunk's settings say, see [`crate::Shows`]).
    pub caller: Option<String>,
    /// The original caller withheld the number: Privacy: id and no identity headers towards any peer.
    pub withheld: bool,
    /// The call that is passed on with this leg to a trunk.
    pub redirected: Option<Box<Redirected>>,
    /// Our SDP offer.
    pub body: Bytes,
    /// Our SDP offer to contacts that have registered over WebSocket: browsers need another. `None`: they get `body` too.
    pub web_body: Option<Bytes>,
    /// Extra headers: only names that the endpoint allows for this kind of leg pass (`Alert-Info`, `Call-Info`, `X-Denwaban-Call`, `Diversion`, `Subject`).
    pub headers: Vec<(&'static str, String)>,
    /// Hop budget left of the call that caused this leg (loop protection R36); 70 for a fresh one.
    pub max_forwards: u8,
    /// The operator has asked for this call at the desk: the phone is asked to answer by itself. Never for a call that
    /// somebody else begins: it would open a microphone that nobody expects.
    pub auto_answer: bool,
    /// The leg whose party is to be connected with the new one: its half of the Session-ID is passed on (RFC 7989).
    /// `None`: a session of its own.
    pub on_behalf_of: Option<LegId>,
}

impl Invite {
    /// The offer for whoever is reached by this protocol.
    pub(crate) fn offer_over(&self, protocol: Protocol) -> &Bytes {
        let web = self.web_body.as_ref().filter(|_| matches!(protocol, Protocol::Ws | Protocol::Wss));
        web.unwrap_or(&self.body)
    }
}

/// A call that we pass on, as far as a carrier may be told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redirected {
    /// The number that was dialled (the firm's), as [`number::Number`] reads it.
    pub dialled: String,
    /// The caller's number, as [`number::Number`] reads it; `None`: not known, or withheld.
    pub caller: Option<String>,
    /// The caller withholds the number: if the caller were to be shown, nobody is.
    pub withheld: bool,
    /// How often the call was diverted before it reached us (R36).
    pub before: u8,
}

/// Whom an outgoing leg calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// Every registered contact of an operator's account: forked inside the endpoint, one leg towards the call logic; the first 2xx wins,
    /// others are cancelled with `Reason: SIP;cause=200`.
    Account(AccountId),
    /// One phone of an operator and no other (the target of a GRUU, RFC 5627).
    Device(Device),
    /// A telephone number in national digits (`09012345678`) over one trunk. Fail-over between trunks (R32) is ordered by the
    /// caller of this API: `Rejected` says with [`crate::Rejection::try_next_trunk`] whether another trunk may be tried.
    Trunk {
        /// Which trunk.
        trunk: TrunkId,
        /// National digits.
        number: String,
    },
    /// A bare address (tests, and peers without registration).
    Address(SocketAddr, String),
}

/// One phone of an operator, whatever its address now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Device {
    /// Whose.
    pub account: AccountId,
    /// Its `+sip.instance`, as [`crate::Binding::instance`] has it.
    pub instance: String,
}

/// The Reason header (RFC 3326).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// SIP status (`protocol` SIP).
    pub cause: u16,
    /// Text, e.g. "Call completed elsewhere".
    pub text: &'static str,
}
