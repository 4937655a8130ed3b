//! Which addresses of this machine are told to peers, where a socket listens on all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use endpoint::Listener;
use sip::flow::Protocol;
use switch::MediaAddress;

use crate::config::Config;

/// What is written into Via, Contact and SDP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addresses {
    sip_v4: Option<IpAddr>,
    sip_v6: Option<IpAddr>,
    route_v4: Option<IpAddr>,
    route_v6: Option<IpAddr>,
}

impl Addresses {
    /// Those of the configuration; where it names none, those by which this machine reaches the rest of the world.
    pub fn find(config: &Config) -> Self {
        Self::with_routes(config, route_v4(), route_v6())
    }

    fn with_routes(config: &Config, route_v4: Option<IpAddr>, route_v6: Option<IpAddr>) -> Self {
        let named = |v4: bool| config.sip.public.iter().copied().find(|address| address.is_ipv4() == v4);
        Self { sip_v4: named(true).or(route_v4), sip_v6: named(false).or(route_v6), route_v4, route_v6 }
    }

    /// Whether a socket at `local` can be told to anyone: not one on all IPv6 addresses of a machine that has none.
    pub fn usable(&self, local: SocketAddr) -> bool {
        self.public(local).is_some()
    }

    /// The outer address of a socket.
    pub fn public(&self, local: SocketAddr) -> Option<SocketAddr> {
        let outer = match local {
            local if !local.ip().is_unspecified() => Some(local.ip()),
            SocketAddr::V4(_) => self.sip_v4,
            SocketAddr::V6(_) => self.sip_v6,
        };
        outer.map(|ip| SocketAddr::new(ip, local.port()))
    }

    /// Sockets as the SIP side wants to know them.
    pub fn listeners(&self, locals: &[(Protocol, SocketAddr)]) -> Vec<Listener> {
        locals
            .iter()
            .filter_map(|(protocol, local)| {
                Some(Listener { protocol: *protocol, local: *local, public: self.public(*local)? })
            })
            .collect()
    }

    /// Addresses for RTP: one of each family that SIP speaks.
    pub fn media(&self, config: &Config) -> Vec<MediaAddress> {
        let public = |bind: IpAddr| config.media.public.iter().copied().find(|told| told.is_ipv4() == bind.is_ipv4());
        let bound = self.media_bound(config).into_iter();
        bound.map(|bind| MediaAddress { bind, public: public(bind).unwrap_or(bind) }).collect()
    }

    fn media_bound(&self, config: &Config) -> Vec<IpAddr> {
        if !config.media.address.is_empty() {
            return config.media.address.clone();
        }
        let of_family = |v4: bool, route: Option<IpAddr>| {
            let mut sockets = config.sip.sockets().map(|(_, socket)| socket).filter(|address| address.is_ipv4() == v4);
            let first = sockets.next()?.ip();
            if first.is_unspecified() { route } else { Some(first) }
        };
        [of_family(true, self.route_v4), of_family(false, self.route_v6)].into_iter().flatten().collect()
    }
}

/// The address from which packets to the Internet leave; nothing is sent to find out.
fn route_v4() -> Option<IpAddr> {
    const DOCUMENTATION: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    let found = route(Ipv4Addr::UNSPECIFIED.into(), DOCUMENTATION.into());
    found.or(Some(Ipv4Addr::LOCALHOST.into())) // no network at all: calls within this machine still work
}

fn route_v6() -> Option<IpAddr> {
    const DOCUMENTATION: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    route(Ipv6Addr::UNSPECIFIED.into(), DOCUMENTATION.into())
}

/// From which address of this machine packets to `far` leave; nothing is sent to find out.
pub fn toward(far: SocketAddr) -> Option<IpAddr> {
    let any = if far.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    route(any, far.ip())
}

/// Where a socket on all addresses is reached from this machine.
pub fn reachable(socket: SocketAddr) -> SocketAddr {
    let ip = match socket.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, socket.port())
}

/// Whether the address belongs to this machine.
pub fn is_ours(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

fn route(any: IpAddr, far: IpAddr) -> Option<IpAddr> {
    const DISCARD: u16 = 9;
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((far, DISCARD)).ok()?;
    let found = socket.local_addr().ok()?.ip();
    (!found.is_unspecified()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn socket(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_socket_on_all_addresses_is_told_as_the_routed_or_the_configured_one() {
        let mut config = Config::default();
        let found = Addresses::with_routes(&config, Some(ip("10.0.0.5")), None);
        assert_eq!(found.public(socket("0.0.0.0:5060")), Some(socket("10.0.0.5:5060")));
        assert_eq!(found.public(socket("127.0.0.1:5070")), Some(socket("127.0.0.1:5070")));
        assert!(!found.usable(socket("[::]:5060")));
        assert_eq!(found.media(&config), [ip("10.0.0.5").into()]);
        config.sip.public = vec![ip("203.0.113.7")];
        let found = Addresses::with_routes(&config, Some(ip("10.0.0.5")), Some(ip("2001:db8::5")));
        assert_eq!(found.public(socket("0.0.0.0:5060")), Some(socket("203.0.113.7:5060")));
        assert_eq!(found.media(&config), [ip("10.0.0.5").into(), ip("2001:db8::5").into()]);
    }

    #[test]
    fn voice_uses_the_address_that_sip_listens_on() {
        let mut config = Config::default();
        config.sip.udp = vec![socket("127.0.0.1:5060")];
        for others in [&mut config.sip.tcp, &mut config.sip.tls, &mut config.sip.wss] {
            others.clear();
        }
        let found = Addresses::with_routes(&config, Some(ip("10.0.0.5")), Some(ip("2001:db8::5")));
        assert_eq!(found.media(&config), [ip("127.0.0.1").into()]);
        config.media.address = vec![ip("192.0.2.9")];
        assert_eq!(found.media(&config), [ip("192.0.2.9").into()]);
    }

    #[test]
    fn behind_nat_voice_binds_one_address_and_tells_another() {
        let mut config = Config::default();
        config.media.public = vec![ip("203.0.113.7")];
        let found = Addresses::with_routes(&config, Some(ip("10.0.0.5")), Some(ip("2001:db8::5")));
        let behind_nat = MediaAddress { bind: ip("10.0.0.5"), public: ip("203.0.113.7") };
        assert_eq!(found.media(&config), [behind_nat, ip("2001:db8::5").into()]);
        config.media.address = vec![ip("10.0.0.6")];
        assert_eq!(found.media(&config), [MediaAddress { bind: ip("10.0.0.6"), ..behind_nat }]);
    }
}
