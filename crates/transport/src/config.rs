//! Where the transport listens, and how much of everything it stands.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sip::flow::Protocol;

use crate::tls::TlsMaterial;

/// Sockets and limits.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    /// Datagram sockets.
    pub udp: Vec<SocketAddr>,
    /// Listening TCP sockets. Connections of our own are dialled from any port.
    pub tcp: Vec<SocketAddr>,
    /// Listening TLS sockets; they need [`TlsMaterial::server`].
    pub tls: Vec<SocketAddr>,
    /// Listening WebSocket sockets, in the clear (behind a proxy that ends TLS, or for tests).
    pub ws: Vec<SocketAddr>,
    /// Listening secure WebSocket sockets; they need [`TlsMaterial::server`].
    pub wss: Vec<SocketAddr>,
    /// Certificates and authorities.
    pub material: TlsMaterial,
    /// Web origins (`https://desk.example`) whose pages may open a WebSocket; empty: any. A peer that names no origin is no
    /// browser, and passes: the list is there so that a strange page cannot use a browser of ours.
    pub origins: Vec<String>,
    /// DSCP of everything that is sent (24, CS3, is usual for signalling); `None`: the system's own.
    pub dscp: Option<u8>,
    /// Limits.
    pub limits: Limits,
}

/// Every table, queue and wait has a limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// Packets a second that a source may send that is neither a trunk nor anyone we send requests to (R02).
    pub stranger_rate: f64,
    /// Packets such a source may send at once.
    pub stranger_burst: f64,
    /// Open streams, of all sources together. A few more may be dialled by us.
    pub connections_max: usize,
    /// Open streams from one address (R08).
    pub connections_per_source_max: usize,
    /// A message that has begun must be complete after this (R08).
    pub message_time_max: Duration,
    /// A stream on which nothing but keep-alives has ever been said is closed after this.
    pub silence_max: Duration,
    /// A stream on which nothing was said for this long is closed. Longer than the longest registration.
    pub idle_max: Duration,
    /// Dialling gives up after this.
    pub dial_max: Duration,
    /// TLS and WebSocket handshakes must be done after this, together (R08).
    pub handshake_max: Duration,
    /// Handshakes of accepted connections going on at once.
    pub handshakes_max: usize,
    /// Handshakes of accepted connections going on at once with one address.
    pub handshakes_per_source_max: usize,
    /// A WebSocket that has said nothing for so long is pinged (R29).
    pub ping_interval: Duration,
    /// A stream that we dialled is pinged after about this long (RFC 5626 section 4.4.1: 95 to 120 seconds).
    pub keep_alive_interval: Duration,
    /// Whoever answers pings must answer after this.
    pub pong_max: Duration,
    /// Writing a message gives up after this.
    pub write_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stranger_rate: 50.0,
            stranger_burst: 200.0,
            connections_max: 8_192,
            connections_per_source_max: 512,
            message_time_max: Duration::from_secs(10),
            silence_max: Duration::from_secs(30),
            idle_max: Duration::from_secs(3_900),
            dial_max: Duration::from_secs(4),
            handshake_max: Duration::from_secs(10),
            handshakes_max: 512,
            handshakes_per_source_max: 64,
            ping_interval: Duration::from_secs(20),
            keep_alive_interval: Duration::from_secs(120),
            pong_max: Duration::from_secs(10),
            write_max: Duration::from_secs(10),
        }
    }
}

/// A block of addresses: (network, prefix length).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// Any address of the block.
    pub address: IpAddr,
    /// Leading bits that count; 32 or 128 for one host.
    pub prefix: u8,
}

impl Network {
    /// Just this address.
    pub const fn host(address: IpAddr) -> Self {
        Self { address, prefix: 128 }
    }

    /// Whether `address` lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let shift = 32 - u32::from(self.prefix.min(32));
                (ours.to_bits() ^ theirs.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let shift = 128 - u32::from(self.prefix.min(128));
                (ours.to_bits() ^ theirs.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// A socket could not be opened: ours to mend (address in use, address not of this machine, permission).
#[derive(Debug)]
pub struct BindError {
    /// What was to be spoken on it.
    pub protocol: Protocol,
    /// Where.
    pub address: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {} {}: {}", self.protocol, self.address, self.error)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_their_addresses_and_no_others() {
        let block = |address: &str, prefix| Network { address: address.parse().unwrap(), prefix };
        for (network, address, inside) in [
            (block("192.0.2.0", 24), "192.0.2.255", true),
            (block("192.0.2.0", 24), "192.0.3.0", false),
            (block("192.0.2.7", 32), "192.0.2.7", true),
            (block("192.0.2.7", 32), "192.0.2.6", false),
            (block("0.0.0.0", 0), "203.0.113.9", true),
            (block("0.0.0.0", 0), "2001:db8::1", false),
            (block("2001:db8::", 32), "2001:db8:ffff::1", true),
            (block("2001:db8::", 32), "2001:db9::1", false),
            (Network::host("10.0.0.1".parse().unwrap()), "10.0.0.1", true),
            (Network::host("10.0.0.1".parse().unwrap()), "10.0.0.2", false),
        ] {
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
    }
}
