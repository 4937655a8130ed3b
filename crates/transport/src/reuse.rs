//! Which open stream may carry a message that names none, or one that is gone (RFC 3261 section 18.1.1, RFC 5923).
//!
//! | stream | is used for |
//! |---|---|
//! | dialled by us | whatever goes to that address; over TLS only while the address has the names for which the peer's certificate was verified |
//! | accepted, TCP | whatever goes to the very address and port that it came from |
//! | accepted, TLS | what goes to the address that the peer gave as its own in the Via of its first request with `alias` (RFC 5923 section 5), if its certificate names somebody whom we expect there |
//! | accepted, TLS, WebSocket | otherwise only messages that name it |
//!
//! So nobody receives, by connecting to us, what was meant for a peer whose certificate we would have asked for.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::Message;

/// Names expected at one address. More are not kept: a certificate is looked through for each.
const NAMES_PER_ADDRESS_MAX: usize = 16;
/// Addresses of which a name is known. Beyond, a certificate must be for the address itself: refused, not waved through.
const NAMED_ADDRESSES_MAX: usize = 4_096;

/// What may be used for what. Holds nothing about streams that are gone.
#[derive(Default)]
pub(crate) struct Reuse {
    names: HashMap<SocketAddr, Vec<String>>,
    by_peer: HashMap<(Protocol, SocketAddr), ConnectionId>,
    /// The names for which peers that we dialled by TLS were verified.
    verified: HashMap<ConnectionId, Vec<String>>,
    certified: HashMap<ConnectionId, Certified>,
    by_alias: HashMap<SocketAddr, ConnectionId>,
}

/// An accepted stream whose peer has shown a certificate.
struct Certified {
    names: Vec<String>,
    /// `None`: no request has come yet. `Some(None)`: the first one asked for no reuse.
    alias: Option<Option<SocketAddr>>,
}

impl Reuse {
    /// Streams whose peers were verified for other names than those that count now are not used for anything new.
    pub(crate) fn set_names(&mut self, names: Vec<(SocketAddr, String)>) {
        self.names.clear();
        for (address, name) in names {
            if self.names.len() >= NAMED_ADDRESSES_MAX && !self.names.contains_key(&address) {
                continue;
            }
            let known = self.names.entry(address).or_default();
            let name = name.to_ascii_lowercase();
            if known.len() < NAMES_PER_ADDRESS_MAX && !known.contains(&name) {
                known.push(name);
            }
        }
        let mut by_peer = std::mem::take(&mut self.by_peer);
        by_peer.retain(|(_, remote), connection| {
            self.verified.get(connection).is_none_or(|verified| *verified == self.expected(*remote))
        });
        self.by_peer = by_peer;
    }

    /// Whom the certificate must name that is shown at this address.
    fn expected(&self, remote: SocketAddr) -> Vec<String> {
        self.names.get(&remote).cloned().unwrap_or_else(|| vec![remote.ip().to_string()])
    }

    /// A stream for a message to `remote`.
    pub(crate) fn find(&self, protocol: Protocol, remote: SocketAddr) -> Option<ConnectionId> {
        if let Some(connection) = self.by_peer.get(&(protocol, remote)) {
            return Some(*connection);
        }
        if protocol != Protocol::Tls {
            return None;
        }
        let connection = self.by_alias.get(&remote)?;
        let (certified, expected) = (self.certified.get(connection)?, self.names.get(&remote)?);
        certified.names.iter().any(|name| expected.contains(name)).then_some(*connection)
    }

    /// We dial. Gives the names for which the peer's certificate must be good.
    pub(crate) fn dialled(&mut self, flow: &Flow) -> Vec<String> {
        self.by_peer.insert((flow.protocol, flow.remote), flow.connection);
        if flow.protocol != Protocol::Tls {
            return Vec::new();
        }
        let names = self.expected(flow.remote);
        self.verified.insert(flow.connection, names.clone());
        names
    }

    /// A TCP stream was accepted.
    pub(crate) fn accepted(&mut self, flow: &Flow) {
        self.by_peer.insert((flow.protocol, flow.remote), flow.connection);
    }

    /// The peer of an accepted stream has shown a certificate.
    pub(crate) fn certified(&mut self, flow: &Flow, names: Vec<String>) {
        if flow.protocol == Protocol::Tls {
            self.certified.insert(flow.connection, Certified { names, alias: None });
        }
    }

    /// A message has come by a TLS stream. Looks only at the first request of a certified peer.
    pub(crate) fn heard(&mut self, flow: &Flow, bytes: &Bytes) {
        let Some(certified) = self.certified.get_mut(&flow.connection).filter(|peer| peer.alias.is_none()) else {
            return;
        };
        let Ok(message) = Message::parse(bytes.clone()) else { return };
        if !message.is_request() {
            return;
        }
        // The address is the one that it really came from: only the port is the peer's word.
        let via = message.via().ok().filter(|via| via.params().has("alias"));
        let alias = via.map(|via| {
            let port = via.port().unwrap_or(Protocol::Tls.default_port());
            SocketAddr::new(flow.remote.ip(), port)
        });
        certified.alias = Some(alias);
        if let Some(alias) = alias {
            self.by_alias.insert(alias, flow.connection);
        }
    }

    /// A stream is gone.
    pub(crate) fn forget(&mut self, connection: ConnectionId, protocol: Protocol, remote: SocketAddr) {
        if self.by_peer.get(&(protocol, remote)) == Some(&connection) {
            self.by_peer.remove(&(protocol, remote));
        }
        self.verified.remove(&connection);
        let alias = self.certified.remove(&connection).and_then(|certified| certified.alias.flatten());
        if let Some(alias) = alias
            && self.by_alias.get(&alias) == Some(&connection)
        {
            self.by_alias.remove(&alias);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1:5061";
    const CARRIER: &str = "198.51.100.7:5061";

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    fn flow(protocol: Protocol, remote: &str, connection: u64) -> Flow {
        Flow { protocol, local: at(HERE), remote: at(remote), connection: ConnectionId(connection) }
    }

    fn request(via: &str) -> Bytes {
        format!("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS {via}\r\nContent-Length: 0\r\n\r\n").into()
    }

    fn named(name: &str) -> Vec<(SocketAddr, String)> {
        vec![(at(CARRIER), name.to_owned())]
    }

    #[test]
    fn a_dialled_stream_is_used_again_until_it_is_gone() {
        let mut reuse = Reuse::default();
        let dialled = flow(Protocol::Tcp, CARRIER, 1);
        assert_eq!(reuse.dialled(&dialled), Vec::<String>::new());
        assert_eq!(reuse.find(Protocol::Tcp, at(CARRIER)), Some(ConnectionId(1)));
        assert_eq!(reuse.find(Protocol::Tls, at(CARRIER)), None, "another protocol is another stream");
        reuse.forget(ConnectionId(1), Protocol::Tcp, at(CARRIER));
        assert_eq!(reuse.find(Protocol::Tcp, at(CARRIER)), None);
    }

    #[test]
    fn a_dialled_tls_stream_is_not_used_once_other_names_count() {
        let mut reuse = Reuse::default();
        assert_eq!(reuse.dialled(&flow(Protocol::Tls, CARRIER, 1)), ["198.51.100.7"]);
        reuse.set_names(named("Carrier.example"));
        assert_eq!(reuse.find(Protocol::Tls, at(CARRIER)), None);
        assert_eq!(reuse.dialled(&flow(Protocol::Tls, CARRIER, 2)), ["carrier.example"]);
        reuse.set_names(named("carrier.example"));
        assert_eq!(
            reuse.find(Protocol::Tls, at(CARRIER)),
            Some(ConnectionId(2)),
            "the same name again changes nothing"
        );
    }

    #[test]
    fn an_accepted_tls_stream_is_used_only_for_an_alias_of_a_certified_name() {
        let came_from = "198.51.100.7:40000";
        for (certificate, via, expected_name, used) in [
            (Some("carrier.example"), "198.51.100.7;branch=z9hG4bK1;alias", "carrier.example", true),
            (Some("carrier.example"), "edge.carrier.example:5061;branch=z9hG4bK1;alias", "carrier.example", true),
            (Some("carrier.example"), "198.51.100.7;branch=z9hG4bK1", "carrier.example", false),
            (Some("carrier.example"), "198.51.100.7:5071;branch=z9hG4bK1;alias", "carrier.example", false),
            (Some("somebody.example"), "198.51.100.7;branch=z9hG4bK1;alias", "carrier.example", false),
            (None, "198.51.100.7;branch=z9hG4bK1;alias", "carrier.example", false),
        ] {
            let mut reuse = Reuse::default();
            reuse.set_names(named(expected_name));
            let accepted = flow(Protocol::Tls, came_from, 1);
            if let Some(name) = certificate {
                reuse.certified(&accepted, vec![name.to_owned()]);
            }
            reuse.heard(&accepted, &request(via));
            assert_eq!(reuse.find(Protocol::Tls, at(CARRIER)).is_some(), used, "{certificate:?} {via}");
            assert_eq!(reuse.find(Protocol::Tls, at(came_from)), None, "its own port is nobody's address");
            reuse.forget(ConnectionId(1), Protocol::Tls, at(came_from));
            assert_eq!(reuse.find(Protocol::Tls, at(CARRIER)), None);
            assert!(reuse.by_alias.is_empty() && reuse.certified.is_empty());
        }
    }

    #[test]
    fn without_a_name_for_the_address_no_alias_is_believed() {
        let mut reuse = Reuse::default();
        let accepted = flow(Protocol::Tls, "198.51.100.7:40000", 1);
        reuse.certified(&accepted, vec!["198.51.100.7".to_owned()]);
        reuse.heard(&accepted, &request("198.51.100.7;branch=z9hG4bK1;alias"));
        assert_eq!(reuse.find(Protocol::Tls, at(CARRIER)), None);
    }
}
