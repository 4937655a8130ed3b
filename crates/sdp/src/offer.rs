//! Our side of a leg, and the offer made of it.

use crate::payload::{PLAIN_RTP, Payload};
use crate::{Attribute, Codec, Connection, Direction, Media, Origin, Session};
use std::net::IpAddr;

/// What we have to offer on one leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The address that the peer can reach: carriers refuse a private one.
    pub address: IpAddr,
    /// Our RTP port; even, because some trunks refuse odd ones (JAPAN.md).
    pub port: u16,
    /// Best first; at least one.
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

/// The payload type of telephone-events in our offers: what everyone uses.
const TELEPHONE_EVENT: u8 = 101;

/// An offer of one audio stream. Hold is an offer with [`Direction::SendOnly`] (music) or [`Direction::Inactive`].
pub fn offer(local: &Local, direction: Direction) -> Session {
    let payloads = local
        .codecs
        .iter()
        .map(|codec| (codec.payload_type(), Payload::Audio(*codec)))
        .chain(local.telephone_event.then_some((TELEPHONE_EVENT, Payload::TelephoneEvent)));
    let mut session = local.session();
    session.media.push(local.audio(PLAIN_RTP, payloads.collect(), direction));
    session
}

impl Local {
    /// Our description without media. RFC 8866 §5.
    pub(crate) fn session(&self) -> Session {
        let address_type = if self.address.is_ipv4() { "IP4" } else { "IP6" };
        let (address_type, address) = (address_type.to_owned(), self.address.to_string());
        Session {
            origin: Some(Origin {
                username: "-".to_owned(),
                session_id: self.session_id.to_string(),
                version: self.version.to_string(),
                address_type: address_type.clone(),
                address: address.clone(),
            }),
            name: "-".to_owned(),
            connection: Some(Connection { address_type, address }),
            time: "0 0".to_owned(),
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }

    /// Our audio stream.
    pub(crate) fn audio(&self, protocol: &str, payloads: Vec<(u8, Payload)>, direction: Direction) -> Media {
        let attribute = |name: &str, value: String| Attribute { name: name.to_owned(), value: Some(value) };
        let mut attributes = Vec::new();
        for (number, payload) in &payloads {
            attributes.push(attribute("rtpmap", format!("{number} {}/{}", payload.name(), payload.clock_rate())));
            if let Payload::TelephoneEvent = payload {
                attributes.push(attribute("fmtp", format!("{number} 0-16")));
            }
        }
        attributes.push(attribute("ptime", self.ptime.to_string()));
        attributes.push(Attribute { name: direction.name().to_owned(), value: None });
        Media {
            kind: "audio".to_owned(),
            port: self.port,
            protocol: protocol.to_owned(),
            formats: payloads.iter().map(|(number, _)| number.to_string()).collect(),
            connection: None,
            attributes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_what_japanese_trunks_expect() {
        let local = Local {
            address: "203.0.113.5".parse().unwrap(),
            port: 20_000,
            codecs: Codec::G711.to_vec(),
            telephone_event: true,
            session_id: 7,
            version: 1,
            ptime: 20,
        };
        let expected = "v=0\r\no=- 7 1 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\n\
            m=audio 20000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
            a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
        let session = offer(&local, Direction::SendRecv);
        assert_eq!(session.print(), expected);
        assert_eq!(Session::parse(expected.as_bytes()), Ok(session));
        let bare = Local { codecs: vec![Codec::Pcmu], telephone_event: false, ..local };
        let text = offer(&bare, Direction::SendOnly).print();
        assert!(text.ends_with("RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendonly\r\n"), "{text}");
    }
}
