//! Where a packet came from, and where an answer to it goes.

use std::fmt;
use std::net::SocketAddr;

/// A transport that a Via can name (RFC 3261 section 20.42, RFC 7118 for WebSocket).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// A stream, in the clear.
    Tcp,
    /// A stream, TLS.
    Tls,
    /// WebSocket, in the clear.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Protocol {
    /// True when the transport retransmits by itself, so that no SIP timer must (RFC 3261 section 17).
    pub const fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls | Self::Ws | Self::Wss => true,
        }
    }

    /// True when the first hop is encrypted.
    pub const fn is_secure(self) -> bool {
        match self {
            Self::Tls | Self::Wss => true,
            Self::Udp | Self::Tcp | Self::Ws => false,
        }
    }

    /// The token of a Via: `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The port where this transport is expected when none is written (RFC 3261 section 19.1.2, RFC 7118).
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    /// Reads a Via's or a `transport=` parameter's token, in any case.
    pub fn from_bytes(token: &[u8]) -> Option<Self> {
        [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss]
            .into_iter()
            .find(|protocol| protocol.as_str().as_bytes().eq_ignore_ascii_case(token))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One open stream of the transport layer; `0` is none (UDP, or not connected yet).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// No connection.
    pub const NONE: Self = Self(0);
}

/// A packet's way. UDP: the local socket and the remote address. Streams: the connection if it is still open, else
/// `remote` is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// What carries it.
    pub protocol: Protocol,
    /// Our side.
    pub local: SocketAddr,
    /// The other side.
    pub remote: SocketAddr,
    /// The stream, if there is one.
    pub connection: ConnectionId,
}

impl Flow {
    /// A flow of datagrams.
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { protocol: Protocol::Udp, local, remote, connection: ConnectionId::NONE }
    }
}
