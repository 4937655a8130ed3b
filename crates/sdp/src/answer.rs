//! Answers: made to a peer's offer, and read as a reply to ours (RFC 3264 §6, §7).

use crate::{Codec, Direction, Local, SdpError, Session};
use std::net::SocketAddr;

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Where we send RTP. Unspecified (0.0.0.0) in an old-fashioned hold.
    pub remote: SocketAddr,
    /// Where we send RTCP: `a=rtcp`, else the next port. `None` when the peer has none.
    pub remote_rtcp: Option<SocketAddr>,
    /// The codec.
    pub codec: Codec,
    /// The payload type that we send.
    pub payload_type: u8,
    /// The payload type that we receive.
    pub receive_payload_type: u8,
    /// The payload type of telephone-events that we send, if the peer takes them.
    pub telephone_event: Option<u8>,
    /// What we may do: send, receive, both, neither.
    pub direction: Direction,
    /// The peer put us on hold.
    pub on_hold: bool,
    /// Milliseconds in a packet that the peer wants.
    pub ptime: u8,
}

/// Why there is no agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NegotiationError {
    /// The peer's description is broken: 400.
    Malformed(SdpError),
    /// No usable audio stream: 488.
    NoAudio,
    /// No codec that both have: 488.
    NoCommonCodec,
    /// The peer wants SRTP, which we do not have here: 488.
    SecureRequired,
    /// A name, a multicast group or the wrong family instead of an address that we can send to: 488.
    AddressUnusable,
    /// The answer does not fit our offer: the peer misbehaved, end the leg.
    AnswerMismatch,
}

impl NegotiationError {
    /// The SIP status of a refused offer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::AnswerMismatch => 400,
            Self::NoAudio | Self::NoCommonCodec | Self::SecureRequired | Self::AddressUnusable => 488,
        }
    }
}

/// Answers an offer: the text for our 200, and what was agreed.
pub fn answer(local: &Local, offer: &Session) -> Result<(String, Negotiated), NegotiationError> {
    let _ = (local, offer);
    todo!()
}

/// Reads the answer to `our_offer`.
pub fn accept_answer(local: &Local, our_offer: &Session, answer: &Session) -> Result<Negotiated, NegotiationError> {
    let _ = (local, our_offer, answer);
    todo!()
}
