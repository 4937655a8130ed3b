//! Our side of a leg, and the offer made of it.

use crate::{Codec, Direction};
use std::net::IpAddr;

/// What we have to offer on one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The address that the peer can reach: carriers refuse a private one.
    pub address: IpAddr,
    /// Our RTP port; even, because some trunks refuse odd ones (JAPAN.md).
    pub port: u16,
    /// Best first.
    pub codecs: Vec<Codec>,
    /// Whether digits may be sent as RFC 4733 events.
    pub telephone_event: bool,
    /// `o=`: constant over the leg's life.
    pub session_id: u64,
    /// `o=`: one more with each change.
    pub version: u64,
    /// Milliseconds in a packet; 20.
    pub ptime: u8,
}

/// An offer of one audio stream.
pub fn offer(local: &Local, direction: Direction) -> String {
    let _ = (local, direction);
    todo!()
}
