//! Trunks as the SIP side sees them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sip::flow::Protocol;

use crate::event::Extractor;

/// A trunk's row in the directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TrunkId(pub i64);

/// One way to a carrier. Several trunks of one `provider` stand in for each other (R32), lowest `priority` first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trunk {
    /// Row id.
    pub id: TrunkId,
    /// Name for people.
    pub name: String,
    /// Carrier group for fail-over.
    pub provider: String,
    /// Lower is tried first.
    pub priority: u16,
    /// Transport.
    pub protocol: Protocol,
    /// Where our requests go (P-CSCF, SBC). Already resolved by the roof.
    pub proxy: SocketAddr,
    /// Host part of Request-URI, From and To (the carrier's SIP domain); the proxy's address when empty.
    pub domain: String,
    /// Address blocks whose requests are this trunk's: (network, prefix length); the proxy's own address always is.
    pub sources: Vec<(IpAddr, u8)>,
    /// Only requests from exactly the proxy's port match (two trunks behind one address).
    pub match_port: bool,
    /// Registration, if the carrier wants one.
    pub registration: Option<Registration>,
    /// Digest user and password for our requests when this trunk (and its realm) challenges; also used by `registration`.
    pub credentials: Option<Credentials>,
    /// Where the dialled number is found, in order.
    pub extractors: Vec<Extractor>,
    /// Identity headers of this trunk may be believed (P-Asserted-Identity).
    pub trusted: bool,
    /// User part of From on outgoing calls (our main number, national digits).
    pub caller_id: String,
    /// Write compact header names (NTT NGN).
    pub compact: bool,
    /// Session timer that we ask for on outgoing calls and grant on incoming ones; `None`: only if the peer asks.
    pub session_expires: Option<Duration>,
    /// OPTIONS probe interval; `None`: do not probe. Three failures: down; two answers: up.
    pub probe: Option<Duration>,
    /// Simultaneous outgoing calls allowed.
    pub calls_max: u16,
    /// Offer PCMU alone, without telephone-event.
    pub plain_pcmu: bool,
}

/// How to register with the carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// `sip:` URI of the registrar, e.g. `sip:ntt-east.ne.jp`.
    pub registrar: String,
    /// Address of record, e.g. `sip:0312345678@ntt-east.ne.jp`.
    pub aor: String,
    /// Expiry asked for.
    pub expires: Duration,
}

/// Digest credentials. Debug never prints the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
    /// Answer challenges of this realm only (R16); `None`: the realm of the first challenge on this trunk's own flow.
    pub realm: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A trunk's health, for supervisors and for the choice of the next trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrunkState {
    /// Usable (registered, if it registers; probed up or not probed).
    Up,
    /// Not usable now.
    Down,
}
