//! Trunks as the SIP side sees them.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use sdp::SrtpPolicy;
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
    /// Where our requests go (P-CSCF, SBC), in the order that RFC 3263 gives, best first: already resolved by the roof. One that
    /// fails is left for the next (section 4.3). Without any, the trunk is down. More than [`HOPS_MAX`] are not used.
    pub hops: Vec<Hop>,
    /// Host part of Request-URI, From and To (the carrier's SIP domain); the address of the hop in use when empty.
    pub domain: String,
    /// Address blocks whose requests are this trunk's: (network, prefix length); the hops' own addresses always are.
    pub sources: Vec<(IpAddr, u8)>,
    /// Only requests from exactly a hop's port match (two trunks behind one address).
    pub match_port: bool,
    /// A request on a stream whose peer proved one of these names by certificate is this trunk's (lower case; see
    /// [`crate::Endpoint::flow_certified`]).
    pub certificate_names: Vec<String>,
    /// Registration, if the carrier wants one.
    pub registration: Option<Registration>,
    /// Digest user and password for our requests when this trunk (and its realm) challenges; also used by `registration`.
    pub credentials: Option<Credentials>,
    /// Where the dialled number is found, in order.
    pub extractors: Vec<Extractor>,
    /// Identity headers of this trunk may be believed, and it may be told ours (P-Asserted-Identity, RFC 3325).
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
    /// Least time between two outgoing calls (NTT's NGN answers bursts with 500 and 486); zero: none. A call waits for its
    /// turn for at most [`crate::Times::turn_max`].
    pub spacing: Duration,
    /// Offer PCMU alone, without telephone-event.
    pub plain_pcmu: bool,
    /// Whether the voice is encrypted.
    pub srtp: SrtpPolicy,
    /// How telephone numbers are written.
    pub numbers: NumberForm,
    /// Which header says whose line this is.
    pub identity: IdentityHeader,
    /// Which number a call that we pass on shows.
    pub shows: Shows,
    /// Which headers tell a carrier that we pass a call on.
    pub redirection: RedirectionHeaders,
}

impl Trunk {
    /// A trunk with one hop and nothing special about it.
    pub fn new(id: TrunkId, name: impl Into<String>, hop: Hop) -> Self {
        let name = name.into();
        Self {
            id,
            provider: name.clone(),
            name,
            priority: 0,
            hops: vec![hop],
            domain: String::new(),
            sources: Vec::new(),
            match_port: false,
            certificate_names: Vec::new(),
            registration: None,
            credentials: None,
            extractors: Vec::new(),
            trusted: true,
            caller_id: String::new(),
            compact: false,
            session_expires: None,
            probe: None,
            calls_max: 100,
            spacing: Duration::ZERO,
            plain_pcmu: false,
            srtp: SrtpPolicy::Off,
            numbers: NumberForm::default(),
            identity: IdentityHeader::default(),
            shows: Shows::default(),
            redirection: RedirectionHeaders::default(),
        }
    }
}

/// Hops of one trunk that are used.
pub const HOPS_MAX: usize = 8;

/// One place that takes a trunk's requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hop {
    /// Transport.
    pub protocol: Protocol,
    /// Address.
    pub address: SocketAddr,
}

/// Whether nobody out there can send to this address: loopback, private (RFC 1918, RFC 4193), link-local, or shared by a carrier's
/// NAT (RFC 6598).
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// How telephone numbers are written towards a carrier: in Request-URI, To, From and identity headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NumberForm {
    /// `0312345678` (NTT's NGN).
    #[default]
    National,
    /// `+81312345678`.
    International,
}

/// Which header names the line that calls, whatever From shows (RFC 3325).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IdentityHeader {
    /// None.
    None,
    /// P-Preferred-Identity: what a subscriber tells its carrier (section 9.2; 3GPP TS 24.229 section 5.1.2A.1).
    Preferred,
    /// P-Asserted-Identity: what one trusted network tells another; to a [`Trunk::trusted`] trunk only.
    #[default]
    Asserted,
}

/// Which number a call that we pass on shows to the person it is passed on to. A carrier lets through only what it has agreed
/// to; whatever cannot be shown is our main number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shows {
    /// Our main number ([`Trunk::caller_id`]).
    #[default]
    Main,
    /// The firm's number that was dialled.
    Dialled,
    /// The caller's number; a withheld one stays withheld.
    Caller,
}

/// Which headers tell that a call was passed on, and from where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RedirectionHeaders {
    /// Diversion (RFC 5806).
    pub diversion: bool,
    /// History-Info (RFC 7044).
    pub history_info: bool,
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

/// How our registration with a carrier stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nobody has answered yet.
    Asking,
    /// The carrier has taken it.
    Registered,
    /// The carrier does not take it.
    Refused,
    /// No carrier answers.
    Unanswered,
    /// It has lapsed: nobody has taken the next one in time.
    Expired,
}

/// A registration for those who look after trunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistrationNow {
    /// How it stands.
    pub standing: Standing,
    /// Since when.
    pub since: Instant,
    /// Until when the carrier has taken it.
    pub until: Option<Instant>,
    /// The last answer's status (408: none came), and when it came.
    pub answer: Option<(u16, Instant)>,
}

/// A trunk's health, for supervisors and for the choice of the next trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrunkState {
    /// Usable (registered, if it registers; probed up or not probed).
    Up,
    /// Not usable now.
    Down,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn private_addresses_are_known() {
        for private in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "127.0.0.1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(ip(private)), "{private}");
        }
        for public in ["203.0.113.7", "172.32.0.1", "100.128.0.1", "2001:db8::1"] {
            assert!(!is_private(ip(public)), "{public}");
        }
    }
}
