//! Our side of a leg, and the offers made of it.

use crate::dtls::Setup;
use crate::payload::Payload;
use crate::security::Secrets;
use crate::{Attribute, Codec, Connection, Direction, Media, Origin, Session, SrtpPolicy, keying, transport};
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
    /// Whether the voice is encrypted.
    pub srtp: SrtpPolicy,
    /// What that takes; `None`: nothing is encrypted, nor could it be.
    pub secrets: Option<Box<Secrets>>,
    /// Where the peer's signalling comes from, if that is known. A peer that names another address for its media is behind NAT.
    pub signalled_from: Option<IpAddr>,
}

/// The payload type of telephone-events in our offers: what everyone uses.
const TELEPHONE_EVENT: u8 = 101;

/// The only stream's name in our offers to browsers (RFC 9143).
const MID: &str = "0";

/// An offer of one audio stream to a phone or a trunk. Hold is an offer with [`Direction::SendOnly`] (music) or
/// [`Direction::Inactive`].
///
/// With [`SrtpPolicy::Preferred`] it is RTP/AVP with a key (RFC 8643); with [`SrtpPolicy::Required`], RTP/SAVP.
pub fn offer(local: &Local, direction: Direction) -> Session {
    let protocol = match local.srtp {
        SrtpPolicy::Off | SrtpPolicy::Preferred => transport::OPEN,
        SrtpPolicy::Required => transport::SECURE,
    };
    let mut session = local.session();
    session.media.push(local.audio(protocol, local.payloads(), keying::offered(local), direction));
    session
}

/// The same to a browser: DTLS-SRTP, ICE, RTCP on the same port. `None`: we have no certificate.
pub fn browser_offer(local: &Local, direction: Direction) -> Option<Session> {
    let ours = local.secrets.as_ref()?.dtls.as_ref()?;
    let mut attributes = vec![Attribute::new("mid", MID), Attribute::flag("rtcp-mux")];
    attributes.extend(keying::dtls_attributes(local, ours, Setup::ActPass, true));
    let mut session = local.session();
    session.attributes = vec![Attribute::flag("ice-lite"), Attribute::new("group", format!("BUNDLE {MID}"))];
    session.media.push(local.audio(transport::DTLS, local.payloads(), attributes, direction));
    Some(session)
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

    /// Everything that we offer.
    fn payloads(&self) -> Vec<(u8, Payload)> {
        let codecs = self.codecs.iter().map(|codec| (codec.payload_type(), Payload::Audio(*codec)));
        codecs.chain(self.telephone_event.then_some((TELEPHONE_EVENT, Payload::TelephoneEvent))).collect()
    }

    /// Our audio stream. `more`: attributes of its transport.
    pub(crate) fn audio(
        &self,
        protocol: &str,
        payloads: Vec<(u8, Payload)>,
        more: Vec<Attribute>,
        direction: Direction,
    ) -> Media {
        let mut attributes = Vec::with_capacity(2 * payloads.len() + more.len() + 2);
        for (number, payload) in &payloads {
            attributes.push(Attribute::new("rtpmap", format!("{number} {}", payload.encoding())));
            let parameters = payload.parameters();
            attributes.extend(parameters.map(|parameters| Attribute::new("fmtp", format!("{number} {parameters}"))));
        }
        attributes.extend(more);
        attributes.push(Attribute::new("ptime", self.ptime.to_string()));
        attributes.push(Attribute::flag(direction.name()));
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
            srtp: SrtpPolicy::Off,
            secrets: None,
            signalled_from: None,
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
