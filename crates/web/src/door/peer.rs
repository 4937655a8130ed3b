//! Who is at the other end: the connection's address, or behind a proxy that the configuration trusts what that one says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::device;
use crate::api::Api;
use crate::error::Refusal;

/// Addresses that one header may list; the rest is somebody's invention.
const HOPS_MAX: usize = 20;

/// Proxies that are believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxies(Arc<[(IpAddr, u8)]>);

impl Default for Proxies {
    /// Those on this machine.
    fn default() -> Self {
        Proxies(Arc::new([(IpAddr::V4(Ipv4Addr::LOCALHOST), 8), (IpAddr::V6(Ipv6Addr::LOCALHOST), 128)]))
    }
}

impl Proxies {
    /// From addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`.
    ///
    /// # Errors
    /// The one that is none.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Proxies, String> {
        let one = |text: &T| network(text.as_ref().trim()).ok_or_else(|| text.as_ref().to_owned());
        Ok(Proxies(texts.iter().map(one).collect::<Result<_, _>>()?))
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.0.iter().any(|&(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0) & (network.to_bits() ^ address.to_bits()) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0) & (network.to_bits() ^ address.to_bits()) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        })
    }

    /// The nearest address that is no proxy of ours. What a stranger writes into the headers stands left of it.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        if !self.holds(nearest) {
            return nearest;
        }
        let said = match listed(headers, "x-forwarded-for") {
            said if said.is_empty() => forwarded(headers),
            said => said,
        };
        for hop in said.iter().rev().take(HOPS_MAX) {
            let Some(address) = address(hop) else { return nearest };
            nearest = address.to_canonical();
            if !self.holds(nearest) {
                return nearest;
            }
        }
        nearest
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let whole = if address.is_ipv4() { 32 } else { 128 };
    Some((address, bits.unwrap_or(whole))).filter(|(_, bits)| *bits <= whole)
}

fn listed(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(|hop| hop.trim().to_owned()).collect()
}

/// `for=` of each element (RFC 7239); one without it ends the chain.
fn forwarded(headers: &HeaderMap) -> Vec<String> {
    let of = |element: &String| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, value)| value.trim().to_owned())
    };
    listed(headers, "forwarded").iter().map(|element| of(element).unwrap_or_default()).collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `"[2001:db8::1]:80"`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The asker's address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl FromRequestParts<Api> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let connection = ConnectInfo::<SocketAddr>::from_request_parts(parts, api).await;
        let ConnectInfo(connection) =
            connection.map_err(|_| Refusal::unavailable("nobody knows from where this came"))?;
        Ok(Peer(api.proxies.client(connection.ip(), &parts.headers)))
    }
}

/// From where and with what somebody comes, as a session keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: IpAddr,
    pub(crate) device: String,
}

impl FromRequestParts<Api> for Place {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let Peer(address) = Peer::from_request_parts(parts, api).await?;
        Ok(Place { address, device: device::of(&parts.headers) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn client(proxies: &[&str], peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let mut map = HeaderMap::new();
        for &(name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Proxies::parse(proxies).unwrap().client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn r01_only_a_proxy_that_is_trusted_says_who_is_behind_it() {
        let said = [("x-forwarded-for", "198.51.100.7")];
        assert_eq!(client(&[], "10.0.0.5", &said), "10.0.0.5");
        assert_eq!(client(&["10.0.0.5"], "10.0.0.6", &said), "10.0.0.6");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.6", &said), "198.51.100.7");
        assert_eq!(client(&["10.0.0.0/8"], "::ffff:10.0.0.6", &said), "198.51.100.7");
        assert_eq!(client(&["0.0.0.0/0"], "10.0.0.6", &[]), "10.0.0.6");
    }

    #[test]
    fn r01_what_a_stranger_writes_before_the_proxy_does_is_not_believed() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        let invented = [("x-forwarded-for", "127.0.0.1, 198.51.100.7")];
        assert_eq!(client(&trusted, "10.0.0.5", &invented), "198.51.100.7");
        let lines = [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "198.51.100.7, 10.1.2.3")];
        assert_eq!(client(&trusted, "10.0.0.5", &lines), "198.51.100.7");
        assert_eq!(client(&trusted, "10.0.0.5", &[("x-forwarded-for", "198.51.100.7, junk")]), "10.0.0.5");
        assert_eq!(
            client(&trusted, "fd00::1", &[("forwarded", "for=1.2.3.4, For=\"[2001:db8::1]:443\";proto=https")]),
            "2001:db8::1"
        );
        assert_eq!(client(&trusted, "fd00::1", &[("forwarded", "for=1.2.3.4, proto=https")]), "fd00::1");
    }

    #[test]
    fn networks_are_read_and_what_is_none_is_told() {
        for good in ["10.0.0.5", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert!(Proxies::parse(&[good]).is_ok(), "{good}");
        }
        for bad in ["", "proxy", "10.0.0.0/33", "10.0.0/8", "fd00::/129"] {
            assert_eq!(Proxies::parse(&[bad]), Err(bad.to_owned()));
        }
    }
}
