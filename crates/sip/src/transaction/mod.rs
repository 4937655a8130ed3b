//! The four transactions of RFC 3261 §17 (with the `Accepted` states of RFC 6026) and the layer that finds the right one.
//!
//! * `invite_client`, `invite_server`, `client`, `server`: one machine of the RFC each, a pure function
//!   `(state, event) -> (state, actions)` in which every pair is named. They know no message, no clock and no socket.
//! * `outgoing` and `incoming`: what one transaction holds (its flow, its last packet, its running timers) and how it
//!   carries out the actions of its machine.
//! * [`Layer`]: every transaction of one endpoint, found by the key of RFC 3261 §17.1.3 and §17.2.3, and woken by one table of
//!   deadlines.
//!
//! The contract is the house's: hand in `(event, now)`, take the [`Effect`]s out, wake the layer at
//! [`Layer::poll_timeout`]. A transaction has no task, no channel and no lock.

mod action;
mod client;
mod derived;
mod incoming;
mod invite_client;
mod invite_server;
mod key;
mod layer;
mod outgoing;
mod reach;
mod sends;
mod server;
#[cfg(test)]
mod tests;
mod timers;

pub use layer::{Layer, Limits, RESERVED_SHARE, RETRY_AFTER_S, TRANSACTIONS_MAX};
pub use timers::Timers;

use crate::flow::Flow;
use crate::message::Message;
use bytes::Bytes;
use sends::{Sending, Sends};
use std::time::Instant;
use timers::Schedule;

/// Names one server transaction of a [`Layer`], from its [`Effect::Request`] to its [`Effect::Terminated`].
///
/// Never used twice by the same layer, so a key kept too long finds nothing rather than a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerKey(pub(crate) u64);

/// Names one client transaction of a [`Layer`], from [`Layer::send_request`] to its [`Effect::Terminated`].
///
/// Never used twice by the same layer, so a key kept too long finds nothing rather than a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey(pub(crate) u64);

/// What the layer wants done, or has to tell, in the order in which it came to know.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send these bytes there.
    Transmit {
        /// Where to. A stream flow whose connection is 0 is one to be dialled.
        flow: Flow,
        /// One whole message.
        bytes: Bytes,
    },
    /// Our CANCEL of this INVITE goes out now (§9.1: perhaps only after its first provisional); `Transmit` does it. For traces.
    Cancelling {
        /// The INVITE's transaction.
        key: ClientKey,
        /// Where to.
        flow: Flow,
        /// The CANCEL.
        request: Message,
    },
    /// A new request: never an ACK, never a CANCEL, never a retransmission. Answer it with [`Layer::respond`].
    ///
    /// For an INVITE the layer sends 100 by itself after 200 ms, unless a response went before (§17.2.1).
    Request {
        /// The transaction to answer in.
        key: ServerKey,
        /// Where it came from; the responses go there.
        flow: Flow,
        /// The request, its topmost Via stamped with the packet's real source (§18.2.1, RFC 3581).
        request: Message,
    },
    /// An ACK that no transaction took: it acknowledges a 2xx and belongs to a dialog (§17.1.1.3), or to nothing at all.
    Ack {
        /// Where it came from.
        flow: Flow,
        /// The ACK.
        request: Message,
    },
    /// A CANCEL reached an INVITE that has no final response yet. The CANCEL itself is already answered 200; the INVITE is
    /// still to be answered, with 487 as a rule (§9.2). CANCELs that come too late or match nothing never show up here.
    Cancelled {
        /// The INVITE's transaction.
        key: ServerKey,
        /// The CANCEL (its Reason may say "answered elsewhere").
        request: Message,
    },
    /// A response to our request: each provisional, the final one, and for an INVITE every further 2xx, which may be a
    /// retransmission or another fork's (§13.2.2.4, RFC 6026).
    Response {
        /// The transaction it answers.
        key: ClientKey,
        /// The response.
        response: Message,
    },
    /// A 2xx to an INVITE for which there is no transaction (any more), or after its failure: acknowledge it, and end what nobody wants (R39).
    ///
    /// Anybody can send one. Act only if its Call-ID and From tag are those of a call that you made (RFC 6026 §9).
    StrayResponse {
        /// The transaction, if it is still remembered: the INVITE was ours, and a failure was its final response.
        key: Option<ClientKey>,
        /// Where it came from.
        flow: Flow,
        /// The response.
        response: Message,
    },
    /// No final response came in time (timers B, F, or 64*T1 after a CANCEL): treat it as a 408 (§8.1.3.1).
    TimedOut {
        /// The transaction, which ends with this.
        key: ClientKey,
    },
    /// The request could not be sent or its connection was lost: treat it as a 503 (§8.1.3.1).
    TransportFailed {
        /// The transaction, which ends with this.
        key: ClientKey,
    },
    /// Nobody acknowledged our non-2xx final response to an INVITE (timer H). To know, not to act upon.
    NoAck {
        /// The transaction, which ends with this.
        key: ServerKey,
    },
    /// The transaction is gone. Always the last effect that bears its key, and every key comes to it.
    ///
    /// A server transaction that was never answered ends like this too when its connection is lost for good (R09), and a
    /// non-INVITE one after 64*T1, when the other side has stopped listening (RFC 4320 §4.2).
    Terminated {
        /// The server transaction that ended, if it was one.
        server: Option<ServerKey>,
        /// The client transaction that ended, if it was one.
        client: Option<ClientKey>,
    },
}

/// Whose timer, whose flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Owner {
    Server(ServerKey),
    Client(ClientKey),
}

impl Owner {
    const FIRST: Self = Self::Server(ServerKey(u64::MIN));
    const LAST: Self = Self::Client(ClientKey(u64::MAX));
}

/// What a transaction needs of the layer to act.
struct Context<'a> {
    now: Instant,
    timers: &'a Timers,
    schedule: &'a mut Schedule<Owner>,
    /// What was sent, so that a send that fails finds its sender.
    sends: &'a mut Sends,
    fx: &'a mut Vec<Effect>,
}

impl Context<'_> {
    /// Sends. `sent` is the owner's last sending, and becomes this one.
    fn transmit(&mut self, owner: Owner, flow: Flow, bytes: Bytes, sent: &mut Option<Sending>) {
        self.sends.note(flow, owner, sent);
        self.fx.push(Effect::Transmit { flow, bytes });
    }
}
