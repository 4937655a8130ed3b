//! What comes out of the endpoint.

use bytes::Bytes;
use sip::flow::Flow;

use crate::account::AccountId;
use crate::endpoint::BanReason;
use crate::event::LegEvent;
use crate::order::LegId;
use crate::trunk::{TrunkId, TrunkState};

/// One thing to do or to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Put these bytes on the wire.
    Transmit {
        /// Where to.
        flow: Flow,
        /// One whole SIP message.
        bytes: Bytes,
    },
    /// For the call logic.
    Leg(LegEvent),
    /// An operator's phone came or went.
    Binding(BindingEvent),
    /// A trunk went up or down.
    Trunk(TrunkEvent),
    /// Nobody talks over this stream, whose login's time is over: it can be closed.
    Spent {
        /// Which.
        flow: Flow,
    },
    /// One line of a call's SIP ladder.
    Trace(Trace),
    /// Something an administrator should see.
    Alarm(Alarm),
}

/// Registration of an account changed between "no phone" and "some phone".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindingEvent {
    /// Whose.
    pub account: AccountId,
    /// Number of contacts now bound.
    pub contacts: usize,
}

/// A trunk's state changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkEvent {
    /// Which.
    pub trunk: TrunkId,
    /// Its state now.
    pub state: TrunkState,
    /// Why, for people.
    pub why: String,
}

/// Direction of a traced message, seen from us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceDirection {
    /// Received.
    In,
    /// Sent.
    Out,
}

/// One message of a leg, for `call trace`. Retransmissions by the transaction layer are not traced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The leg.
    pub leg: LegId,
    /// In or out.
    pub direction: TraceDirection,
    /// With whom.
    pub flow: Flow,
    /// The whole message; it shares the bytes that were sent or received.
    pub message: Bytes,
}

/// Something an administrator should see. Data, not sentences: the roof words it in the reader's language.
#[allow(missing_docs, reason = "each variant's words explain its fields")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// Repeated authentication failures from one address (R01).
    AuthenticationFailures { source: std::net::IpAddr, user: String, failures: u32 },
    /// A table is full and new work is refused (R02, R45).
    Full { table: &'static str, limit: usize },
    /// Calls over this trunk go to another of its hops than before (RFC 3263 section 4.3).
    HopChanged { trunk: TrunkId, hop: std::net::SocketAddr },
    /// A source is not listened to for a while, for this reason ([`Alarm::AuthenticationFailures`] tells of passwords).
    Banned { source: std::net::IpAddr, reason: BanReason, failures: u32 },
    /// A trunk out there is told this address of ours, to which it cannot send: NTT's NGN refuses such calls (JAPAN.md).
    PrivateAddress { trunk: TrunkId, address: std::net::IpAddr },
    /// A trunk's registration was refused with this status.
    RegistrationRefused { trunk: TrunkId, status: u16 },
}
