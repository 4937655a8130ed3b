//! What a leg tells the call logic: the whole vocabulary between SIP and `switch`, upwards.

use std::net::IpAddr;

use bytes::Bytes;

use crate::account::AccountId;
use crate::order::{Device, LegId};
use crate::trunk::TrunkId;

/// Something happened to a leg.
#[allow(missing_docs, reason = "each variant's words explain its fields")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LegEvent {
    /// A new call has come in (100 is already sent). The call logic owes it `Progress`, `Answer` or `Reject`.
    Incoming(Box<Incoming>),
    /// A provisional response above 100 to our INVITE. `dialog`: the tag of the branch that says it, empty if it has none;
    /// forking proxies may let several speak. `body`: the session description of the branch whose early media is to be heard.
    Progress { leg: LegId, dialog: String, status: u16, body: Option<Bytes> },
    /// 2xx to our INVITE; the ACK is sent. `body` is the peer's SDP answer. `from_ip`: where its signalling comes from.
    Answered { leg: LegId, body: Bytes, from_ip: IpAddr },
    /// Our INVITE failed for good; the leg is gone.
    Rejected { leg: LegId, rejection: Rejection },
    /// The peer acknowledged our 2xx (`body`: its answer, if our 2xx carried the offer).
    Acknowledged { leg: LegId, body: Option<Bytes> },
    /// The peer offers new media (re-INVITE or UPDATE). Answer with `Order::AnswerOffer`. `body` empty: it asks us to offer.
    Offer { leg: LegId, body: Bytes },
    /// Our re-INVITE was answered.
    OfferAnswered { leg: LegId, body: Bytes },
    /// Our re-INVITE was refused for good; the leg goes on as it was.
    OfferRefused { leg: LegId, status: u16 },
    /// The peer asks us to transfer (RFC 3515). Answer with `Order::AnswerRefer`.
    Refer { leg: LegId, refer_to: ReferTo },
    /// A key pressed, by SIP INFO (`application/dtmf-relay` or `application/dtmf`).
    Digit { leg: LegId, digit: char },
    /// The in-dialog OPTIONS was answered by a peer that knows the dialog.
    ProbeAnswered { leg: LegId },
    /// The leg is over; nothing more will come of it, and nothing may be ordered of it. `cause`: what the peer's Reason says.
    Ended { leg: LegId, how: Ending, cause: Option<Cause> },
}

/// An incoming INVITE, already authenticated as far as its source can be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// The new leg.
    pub leg: LegId,
    /// Who sends it.
    pub source: Source,
    /// SIP Call-ID, for logs and traces.
    pub sip_call_id: String,
    /// The session's name in every system that it passes (RFC 7989): the caller's UUID, 32 hex digits; one of ours for a
    /// caller that has none.
    pub session_id: String,
    /// Every place that may name the dialled number, raw user parts in the order found (JAPAN.md): the switch tries the trunk's extractors.
    pub dialled: Vec<(Extractor, String)>,
    /// From: display name as the peer sent it (UTF-8, else Shift_JIS), and user part.
    pub caller_display: String,
    /// Caller's number as trusted: P-Asserted-Identity from a trusted trunk, else From user. Raw text; empty if none.
    pub caller: String,
    /// From host (`anonymous.invalid` tells a withheld number).
    pub caller_host: String,
    /// `Privacy: id` (or user, header) was asked.
    pub privacy: bool,
    /// User of the Request-URI and To, for calls that operators make (feature codes, numbers).
    pub request_user: String,
    /// The one phone that a GRUU in the Request-URI names; `request_user` is its operator's then.
    pub device: Option<Device>,
    /// The INVITE has `Replaces` (attended transfer target): the leg it replaces, if we know the dialog.
    pub replaces: Option<LegId>,
    /// SDP offer; `None`: the peer wants our offer in the 200.
    pub offer: Option<Bytes>,
    /// Where the signalling came from.
    pub from_ip: IpAddr,
    /// Max-Forwards as received.
    pub max_forwards: u8,
    /// Sum of Diversion counters / History-Info entries seen (R36).
    pub diversions: u8,
}

/// Who an incoming call is from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A trunk, matched by address (and port or registration).
    Trunk(TrunkId),
    /// An operator's phone, authenticated by digest.
    Operator(AccountId),
}

/// Where the dialled number is looked for. Per trunk an ordered list; the first hit in the DID table wins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extractor {
    /// `P-Called-Party-ID` (RFC 7315).
    PCalledPartyId,
    /// User of To.
    To,
    /// User of the Request-URI.
    RequestUri,
    /// First (most recent) Diversion entry (RFC 5806).
    DiversionTop,
    /// Last (original) Diversion entry.
    DiversionBottom,
    /// Last History-Info entry before the current target (RFC 7044).
    HistoryInfo,
    /// `Alert-Info` text.
    AlertInfo,
}

/// The target of a REFER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferTo {
    /// User part of the Refer-To URI (a number, or an account).
    pub user: String,
    /// The one phone that a GRUU names; `user` is its operator's then.
    pub device: Option<Device>,
    /// Attended transfer: the leg of ours that `Replaces` names; `Err(())` if it names none that we know.
    pub replaces: Option<Result<LegId, ()>>,
}

/// Why an outgoing leg was not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// Final status; 408 for no answer from the network, 503 for a transport failure, 487 after our own hang-up.
    pub status: u16,
    /// Reason phrase, as text.
    pub phrase: String,
    /// Retry-After in seconds.
    pub retry_after: Option<u32>,
    /// No provisional above 100 had come and the failure is the trunk's, not the callee's (RESILIENCE R32): 408 (its own, or ours for
    /// want of any 1xx within the limit), 500, 502, 503, 504 or a dead transport. Never true after 18x or for 6xx.
    pub try_next_trunk: bool,
    /// What the peer's Reason says.
    pub cause: Option<Cause>,
}

/// Why, in the peer's words: its Reason (RFC 3326). Advice for people and records; nothing is decided by it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cause {
    /// Cause of protocol SIP: a status.
    pub sip: Option<u16>,
    /// Cause of protocol Q.850: what the telephone network says (16 normal, 17 busy, 20 subscriber absent ...).
    pub q850: Option<u16>,
    /// Words, as the peer sent them; empty for none.
    pub text: String,
}

/// How a leg ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// CANCEL before our final response.
    Cancelled,
    /// The peer said BYE.
    PeerHungUp,
    /// We did, or we rejected it; also after `Order::Hangup` of an outgoing leg that had no answer yet.
    WeHungUp,
    /// Our 2xx was never acknowledged (64*T1); BYE was sent (R38).
    NoAck,
    /// The peer no longer knows the dialog (481, 408) or its connection is gone and it is not coming back.
    Lost,
    /// The peer's phone has begun anew and knows nothing of the dialog; it is there, and can be called (a page that was loaded again).
    Forgotten,
    /// The session timer ran out (RFC 4028).
    SessionExpired,
}
