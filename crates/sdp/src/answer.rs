//! Answers: made to a peer's offer, and read as a reply to ours (RFC 3264 §6, §7).

use crate::keying::{self, Keying};
use crate::payload::{Payload, payloads};
use crate::{Attribute, Codec, Direction, Local, Media, SdpError, Security, Session};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Where we send RTP. Unspecified (0.0.0.0) in an old-fashioned hold; with ICE a mere guess, which may be unspecified too.
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
    /// The payload type of telephone-events that we receive.
    pub receive_telephone_event: Option<u8>,
    /// What we may do: send, receive, both, neither.
    pub direction: Direction,
    /// The peer put us on hold.
    pub on_hold: bool,
    /// Milliseconds in a packet that the peer wants.
    pub ptime: u8,
    /// RTP and RTCP share a port, both ways (RFC 5761).
    pub rtcp_mux: bool,
    /// How packets are protected.
    pub security: Security,
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
    /// The peer does without SRTP, and our policy does not (R15): 488.
    OpenRefused,
    /// The peer wants SRTP in a way that we do not know, or that is none: 488.
    NoCommonKeys,
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
            Self::NoAudio
            | Self::NoCommonCodec
            | Self::SecureRequired
            | Self::OpenRefused
            | Self::NoCommonKeys
            | Self::AddressUnusable => 488,
        }
    }
}

impl fmt::Display for NegotiationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the peer's SDP is broken: {error}"),
            Self::NoAudio => write!(f, "the peer offers no audio over RTP"),
            Self::NoCommonCodec => write!(f, "the peer has none of our codecs"),
            Self::SecureRequired => write!(f, "the peer insists on SRTP"),
            Self::OpenRefused => write!(f, "the peer does without SRTP, which is required here"),
            Self::NoCommonKeys => write!(f, "the peer's way of SRTP is none of ours"),
            Self::AddressUnusable => write!(f, "the peer's address for audio cannot be sent to"),
            Self::AnswerMismatch => write!(f, "the peer's answer does not fit our offer"),
        }
    }
}

impl std::error::Error for NegotiationError {}

impl From<SdpError> for NegotiationError {
    fn from(error: SdpError) -> Self {
        Self::Malformed(error)
    }
}

/// Answers an offer: the text for our 200, and what was agreed. We send and receive whatever the offer lets us.
pub fn answer(local: &Local, offer: &Session) -> Result<(String, Negotiated), NegotiationError> {
    answer_as(local, offer, Direction::SendRecv, None)
}

/// As [`answer`], but we do no more than `wish`: a peer on hold who offers anew stays on hold; and what was agreed
/// `before` goes on: an association, and that the voice is encrypted (R15).
///
/// Every `m=` line of the offer is answered in its place (RFC 3264 §6): the first audio stream that we can do is taken,
/// all others are refused with port 0. The codec is the offer's first G.711 that we have, else its first that we have.
pub fn answer_as(
    local: &Local,
    offer: &Session,
    wish: Direction,
    before: Option<&Negotiated>,
) -> Result<(String, Negotiated), NegotiationError> {
    let (taken, stream) = first_usable(local, offer, before)?;
    let offered = offer.direction(stream.media);
    let direction = stream.allowed(offered).and(wish);
    let security = stream.keying.security(local, stream.remote, before).ok_or(NegotiationError::NoCommonKeys)?;
    let rtcp_mux = stream.media.has("rtcp-mux");
    let mut session = local.session();
    session.time.clone_from(&offer.time);
    session.attributes = session_attributes(offer, stream.media, security.ice().is_some());
    session.media = offer
        .media
        .iter()
        .enumerate()
        .map(|(index, media)| {
            if index == taken {
                let events = stream.telephone_event.map(|number| (number, Payload::TelephoneEvent));
                let payloads = [(stream.payload_type, Payload::Audio(stream.codec))].into_iter().chain(events);
                let mut more: Vec<_> = named(media).collect();
                more.extend(rtcp_mux.then(|| Attribute::flag("rtcp-mux")));
                more.extend(stream.keying.answer(local, &security));
                local.audio(&media.protocol, payloads.collect(), more, direction)
            } else {
                refused(media)
            }
        })
        .collect();
    let numbers = (stream.payload_type, stream.telephone_event);
    let negotiated = stream.negotiated(local, offered, direction, numbers, rtcp_mux, security);
    Ok((session.print(), negotiated))
}

/// What an answer says above its streams: that we are ICE-lite, and, where the offer bundles, the one stream that we take
/// (RFC 9143 §7.3).
fn session_attributes(offer: &Session, taken: &Media, ice: bool) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    attributes.extend(ice.then(|| Attribute::flag("ice-lite")));
    let bundles = |group: &str, mid: &str| {
        let mut words = group.split_ascii_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("BUNDLE")) && words.any(|word| word == mid)
    };
    if let Some(mid) = taken.values("mid").next()
        && offer.values("group").any(|group| bundles(group, mid))
    {
        attributes.push(Attribute::new("group", format!("BUNDLE {mid}")));
    }
    attributes
}

/// The stream's name, if it has one.
fn named(media: &Media) -> impl Iterator<Item = Attribute> {
    media.values("mid").take(1).map(|mid| Attribute::new("mid", mid))
}

/// Answers an offer that stops the audio of a session by port 0 (RFC 3264 §8.2), as some phones do to hold: every `m=` line is
/// refused in its place, and what was agreed `before` rests until another offer comes. `None`: the offer is no such thing.
pub fn answer_paused(local: &Local, offer: &Session, before: &Negotiated) -> Option<(String, Negotiated)> {
    let mut audio = offer.media.iter().filter(|media| media.is_audio()).peekable();
    audio.peek()?;
    if audio.any(|media| media.port != 0) {
        return None;
    }
    let mut session = local.session();
    session.time.clone_from(&offer.time);
    session.media = offer.media.iter().map(refused).collect();
    let paused = Negotiated { direction: Direction::Inactive, on_hold: true, ..before.clone() };
    Some((session.print(), paused))
}

/// Reads the answer to `our_offer`, which [`offer`](crate::offer()) printed for the same `local`.
pub fn accept_answer(local: &Local, our_offer: &Session, answer: &Session) -> Result<Negotiated, NegotiationError> {
    accept_answer_after(local, our_offer, answer, None)
}

/// As [`accept_answer`], in a session for which something was agreed `before`: voice that is encrypted stays so (R15).
pub fn accept_answer_after(
    local: &Local,
    our_offer: &Session,
    answer: &Session,
    before: Option<&Negotiated>,
) -> Result<Negotiated, NegotiationError> {
    let (index, ours) = our_offer
        .media
        .iter()
        .enumerate()
        .find(|(_, media)| media.is_audio() && media.port != 0)
        .ok_or(NegotiationError::AnswerMismatch)?;
    let theirs = answer.media.get(index).ok_or(NegotiationError::AnswerMismatch)?;
    if !theirs.is_audio() {
        return Err(NegotiationError::AnswerMismatch);
    }
    if theirs.port == 0 {
        return Err(NegotiationError::NoAudio);
    }
    let keying = keying::of_answer(local, ours, answer, theirs, before)?;
    let stream = Stream::read(local, answer, theirs, keying, first_codec)?;
    let offered: Vec<(u8, Payload)> = payloads(ours);
    let number_of = |wanted: Payload| offered.iter().find(|(_, payload)| *payload == wanted).map(|(number, _)| *number);
    let receive = number_of(Payload::Audio(stream.codec)).ok_or(NegotiationError::NoCommonCodec)?;
    let said = answer.direction(theirs);
    let direction = stream.allowed(said).and(our_offer.direction(ours));
    let events = number_of(Payload::TelephoneEvent).filter(|_| stream.telephone_event.is_some());
    let rtcp_mux = ours.has("rtcp-mux") && theirs.has("rtcp-mux");
    let security = stream.keying.security(local, stream.remote, None).ok_or(NegotiationError::AnswerMismatch)?;
    Ok(stream.negotiated(local, said, direction, (receive, events), rtcp_mux, security))
}

/// An `m=` line of the peer that we can work with.
struct Stream<'a> {
    media: &'a Media,
    keying: Keying,
    remote: SocketAddr,
    remote_rtcp: Option<SocketAddr>,
    codec: Codec,
    payload_type: u8,
    telephone_event: Option<u8>,
}

/// The first audio stream that we can do; the first failure if there is none.
fn first_usable<'a>(
    local: &Local,
    offer: &'a Session,
    before: Option<&Negotiated>,
) -> Result<(usize, Stream<'a>), NegotiationError> {
    let mut failure = None;
    for (index, media) in offer.media.iter().enumerate().filter(|(_, media)| media.is_audio() && media.port != 0) {
        let keying = keying::of_offer(local, offer, media, before);
        match keying.and_then(|keying| Stream::read(local, offer, media, keying, g711_or_first)) {
            Ok(stream) => return Ok((index, stream)),
            Err(NegotiationError::NoAudio) => {}
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or(NegotiationError::NoAudio))
}

/// What the peer's answer names first is what it wants to be sent.
fn first_codec(codecs: &[(u8, Codec)]) -> Option<(u8, Codec)> {
    codecs.first().copied()
}

/// What the telephone network speaks needs no transcoding.
fn g711_or_first(codecs: &[(u8, Codec)]) -> Option<(u8, Codec)> {
    codecs.iter().find(|(_, codec)| codec.is_g711()).or(codecs.first()).copied()
}

impl<'a> Stream<'a> {
    fn read(
        local: &Local,
        session: &Session,
        media: &'a Media,
        keying: Keying,
        choose: impl Fn(&[(u8, Codec)]) -> Option<(u8, Codec)>,
    ) -> Result<Self, NegotiationError> {
        let payloads = payloads(media);
        let codecs = payloads.iter().filter_map(|(number, payload)| match payload {
            Payload::Audio(codec) if local.codecs.contains(codec) => Some((*number, *codec)),
            Payload::Audio(_) | Payload::TelephoneEvent => None,
        });
        let (payload_type, codec) = choose(&codecs.collect::<Vec<_>>()).ok_or(NegotiationError::NoCommonCodec)?;
        let telephone_event = payloads
            .iter()
            .find(|(_, payload)| local.telephone_event && *payload == Payload::TelephoneEvent)
            .map(|(number, _)| *number);
        let connection = media.connection.as_ref().or(session.connection.as_ref());
        let address = connection.and_then(|connection| unicast(&connection.address));
        let is_ours = |address: &IpAddr| address.is_unspecified() || address.is_ipv4() == local.address.is_ipv4();
        let address = match address.filter(is_ours) {
            Some(address) => address,
            // Its checks will tell: it may not know yet, or be on the way by another family.
            None if keying.has_ice() => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            None => return Err(NegotiationError::AddressUnusable),
        };
        let remote = SocketAddr::new(address, media.port);
        let remote_rtcp = rtcp(media, remote).filter(|_| !keying.has_ice());
        Ok(Self { media, keying, remote, remote_rtcp, codec, payload_type, telephone_event })
    }

    /// Nothing is sent to 0.0.0.0, the hold of RFC 2543; but with ICE that is only an address not known yet.
    fn is_nowhere(&self) -> bool {
        self.remote.ip().is_unspecified() && !self.keying.has_ice()
    }

    /// What we may do when the peer says `theirs`.
    fn allowed(&self, theirs: Direction) -> Direction {
        let most = if self.is_nowhere() { Direction::RecvOnly } else { Direction::SendRecv };
        theirs.reversed().and(most)
    }

    /// `receive`: the payload types of codec and events that we receive.
    fn negotiated(
        &self,
        local: &Local,
        theirs: Direction,
        direction: Direction,
        (receive_payload_type, receive_telephone_event): (u8, Option<u8>),
        rtcp_mux: bool,
        security: Security,
    ) -> Negotiated {
        Negotiated {
            remote: self.remote,
            remote_rtcp: if rtcp_mux { Some(self.remote) } else { self.remote_rtcp },
            codec: self.codec,
            payload_type: self.payload_type,
            receive_payload_type,
            telephone_event: self.telephone_event.filter(|_| receive_telephone_event.is_some()),
            receive_telephone_event,
            direction,
            on_hold: !theirs.receives() || self.is_nowhere(),
            ptime: ptime(self.media).unwrap_or(local.ptime),
            rtcp_mux,
            security,
        }
    }
}

/// RFC 3264 §6: port 0, and something for the formats.
fn refused(media: &Media) -> Media {
    let Media { kind, protocol, formats, .. } = media.clone();
    Media { kind, port: 0, protocol, formats, connection: None, attributes: named(media).collect() }
}

/// An address that one can send to, or the unspecified one. IPv4 may come mapped into IPv6 (RFC 5118 §4.10).
fn unicast(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok()?.to_canonical();
    let everyone = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    (!address.is_multicast() && !everyone).then_some(address)
}

/// `a=rtcp:53020 [IN IP4 203.0.113.9]` (RFC 3605), else the next port.
fn rtcp(media: &Media, remote: SocketAddr) -> Option<SocketAddr> {
    let Some(value) = media.values("rtcp").next() else {
        return remote.port().checked_add(1).map(|port| SocketAddr::new(remote.ip(), port));
    };
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
    let address = match words.nth(2) {
        Some(text) => unicast(text).filter(|address| address.is_ipv4() == remote.is_ipv4())?,
        None => remote.ip(),
    };
    Some(SocketAddr::new(address, port))
}

/// A packet length that G.711 can have: 10 to 60 ms in steps of 10.
fn ptime(media: &Media) -> Option<u8> {
    let read = |name| media.values(name).next().and_then(|value| value.trim().parse::<u8>().ok());
    let most = read("maxptime").filter(|most| *most >= 10).unwrap_or(u8::MAX);
    let wanted = read("ptime").or_else(|| read("maxptime").map(|most| most.min(20)))?;
    Some(wanted.min(most)).filter(|wanted| (10..=60).contains(wanted) && wanted % 10 == 0)
}

#[cfg(test)]
mod tests;
