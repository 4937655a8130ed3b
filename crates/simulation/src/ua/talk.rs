//! One dialog of a party.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::sdp::{Sdp, Way};

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// INVITE without a provisional.
    Calling,
    /// Ringing.
    Early,
    /// Confirmed.
    Up,
    /// Over.
    Ended,
}

/// Our wish to take the INVITE back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancel {
    /// None.
    No,
    /// It waits for a provisional (RFC 3261 section 9.1).
    Wanted,
    /// Sent.
    Sent,
}

/// A 2xx of ours without its ACK.
#[derive(Clone, Debug)]
pub struct Unacked {
    /// CSeq of the INVITE.
    pub cseq: u32,
    /// The response.
    pub bytes: Bytes,
    /// Until the next copy.
    pub interval: Duration,
    /// When the first went.
    pub since: Duration,
    /// It bears our offer: the ACK must bear the answer.
    pub wants_answer: bool,
}

/// The session timer that was agreed on (RFC 4028).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timer {
    /// Interval.
    pub interval: Duration,
    /// The refresher is us.
    pub ours: bool,
    /// Last refresh.
    pub since: Duration,
}

/// A dialog, or the attempt at one.
#[derive(Debug)]
pub struct Talk {
    /// Its number.
    pub id: u32,
    /// We called.
    pub caller: bool,
    /// Call-ID.
    pub call_id: String,
    /// Our From or To, with its tag.
    pub local: String,
    /// Our tag.
    pub local_tag: String,
    /// Theirs.
    pub remote: String,
    /// Their tag, once known.
    pub remote_tag: String,
    /// Where requests go.
    pub target: String,
    /// Our last CSeq.
    pub local_cseq: u32,
    /// Their last CSeq.
    pub remote_cseq: u32,
    /// Where it stands.
    pub state: State,
    /// It has fallen silent: mischief.
    pub dead: bool,
    /// It acknowledges no 2xx: mischief.
    pub never_acks: bool,
    /// Sends no voice for a while.
    pub muted: bool,
    /// Our side of the session.
    pub sdp: Sdp,
    /// Their port.
    pub their_port: Option<u16>,
    /// Their `o=`, to see that its version counts.
    pub their_origin: Option<(String, u64, String)>,
    /// The offer that waits for their answer said this.
    pub offered: Option<Way>,
    pub(super) cancel: Cancel,
    /// Our INVITE without a final response: its client transaction.
    pub(super) invite: Option<u64>,
    /// Their INVITE that we owe a final response: its server transaction.
    pub(super) owed: Option<u64>,
    /// Our re-INVITE or UPDATE that is on its way.
    pub(super) pending: Option<u64>,
    /// It is to be sent again when its turn comes: way and zeros.
    pub(super) unacked: Option<Unacked>,
    /// ACKs that we have sent, by CSeq.
    pub(super) acks: BTreeMap<u32, Bytes>,
    /// Reliable provisional of ours without PRACK: RSeq.
    pub(super) unpracked: Option<u32>,
    /// RSeq of their last reliable provisional.
    pub(super) their_rseq: Option<u32>,
    pub(super) timer: Option<Timer>,
    /// The switch takes UPDATE.
    pub(super) updates: bool,
    /// The first call of an attended transfer.
    pub(super) consults_for: Option<u32>,
    /// The INVITE's extra headers, to send it again with credentials.
    pub(super) extra: String,
    /// It offered nothing in its INVITE.
    pub(super) late_offer: bool,
    /// The number that was called.
    pub(super) number: String,
    /// Credentials were sent.
    pub(super) has_signed: bool,
    /// Its answer was already given in a reliable provisional.
    pub(super) answered_early: bool,
    /// It is to press 1 when it is asked.
    pub(super) presses: bool,
}

impl Talk {
    /// Does our voice go out?
    pub fn speaks(&self) -> bool {
        self.state == State::Up && !self.dead && !self.muted && self.sdp.way.sends()
    }
}
