//! What the roof tells the endpoint about this house: its addresses, names, limits and times.

use std::net::SocketAddr;
use std::time::Duration;

use sip::flow::Protocol;

use crate::account::DigestPolicy;

/// Everything that does not change while the endpoint lives.
#[derive(Clone, Debug)]
pub struct Config {
    /// Digest realm and domain of operators' accounts (`Account::ha1_md5` is computed over it).
    pub realm: String,
    /// Our sockets. The first that fits a peer's transport and address family is where our own requests leave from.
    pub listeners: Vec<Listener>,
    /// `User-Agent` and `Server`, e.g. `Denwaban/0.1.0`.
    pub server_name: String,
    /// Sizes of tables.
    pub limits: Limits,
    /// Times that are policy, not protocol.
    pub times: Times,
    /// Which challenge is sent where the account is not known (it must look like that of most accounts, R01).
    pub default_digest: DigestPolicy,
    /// Give [`crate::Output::Trace`]s.
    pub trace: bool,
}

/// One of our sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listener {
    /// What is spoken on it.
    pub protocol: Protocol,
    /// Its address as [`sip::flow::Flow::local`] has it.
    pub local: SocketAddr,
    /// The address written into Via and Contact (the outer one behind NAT; else the same as `local`).
    pub public: SocketAddr,
}

/// How much of everything is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Legs alive; more INVITEs get 503 with Retry-After (R45).
    pub legs_max: usize,
    /// Transactions alive.
    pub transactions_max: usize,
    /// Contacts bound, of all accounts together.
    pub bindings_max: usize,
    /// Contacts bound to one account.
    pub contacts_per_account_max: usize,
    /// Subscriptions, of all accounts together.
    pub subscriptions_max: usize,
    /// Subscriptions of one account's phones: a supervisor's panel has a lamp and a presence for each operator.
    pub subscriptions_per_account_max: usize,
    /// Nonces whose counts are remembered (R17).
    pub nonces_max: usize,
    /// Sources whose failures are counted (R01).
    pub sources_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            legs_max: 20_000,
            transactions_max: 100_000,
            bindings_max: 20_000,
            contacts_per_account_max: 8,
            subscriptions_max: 20_000,
            subscriptions_per_account_max: 512,
            nonces_max: 20_000,
            sources_max: 20_000,
        }
    }
}

/// The call logic has this long to answer an offer; then the peer is told 504 and the call goes on.
pub(crate) const OFFER_PATIENCE: Duration = Duration::from_secs(10);

/// Times that are policy. Those of RFC 3261 are in [`sip::transaction`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// Shortest binding granted; less is refused with 423.
    pub register_min: Duration,
    /// Longest binding granted; more is shortened.
    pub register_max: Duration,
    /// Binding granted when the phone names none.
    pub register_default: Duration,
    /// OPTIONS to contacts over UDP, to keep NAT open and to notice dead phones (R29); `None`: never.
    pub keep_alive: Option<Duration>,
    /// Whoever says nothing at all for so long to an INVITE is given up: a trunk (R32), an operator's phones (R29).
    pub first_response_max: Duration,
    /// The same for a trunk with several hops, all of them together (R32): a call is not kept waiting for longer before another
    /// trunk is tried.
    pub post_dial_max: Duration,
    /// An outgoing call waits so long for its turn on a trunk that spaces its calls ([`crate::Trunk::spacing`]).
    pub turn_max: Duration,
    /// An unanswered outgoing INVITE is cancelled after this, whatever the call logic does.
    pub ring_max: Duration,
    /// A leg whose connection closed waits so long for its phone to come back.
    pub reconnect_max: Duration,
    /// First wait after a failed trunk registration; doubled, with jitter, up to `trunk_retry_max`.
    pub trunk_retry_min: Duration,
    /// Longest wait after a failed trunk registration.
    pub trunk_retry_max: Duration,
    /// First ban of a source after repeated failures; doubled at each next one up to `ban_max`.
    pub ban_min: Duration,
    /// Longest ban.
    pub ban_max: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            register_min: Duration::from_secs(30),
            register_max: Duration::from_secs(3600),
            register_default: Duration::from_secs(600),
            keep_alive: Some(Duration::from_secs(30)),
            first_response_max: Duration::from_secs(3),
            post_dial_max: Duration::from_secs(4),
            turn_max: Duration::from_secs(6),
            ring_max: Duration::from_secs(300),
            reconnect_max: Duration::from_secs(5),
            trunk_retry_min: Duration::from_secs(5),
            trunk_retry_max: Duration::from_secs(300),
            ban_min: Duration::from_secs(300),
            ban_max: Duration::from_secs(86_400),
        }
    }
}

impl Config {
    /// A house with one realm and these sockets; everything else as usual.
    pub fn new(realm: impl Into<String>, listeners: Vec<Listener>) -> Self {
        Self {
            realm: realm.into(),
            listeners,
            server_name: concat!("Denwaban/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: Limits::default(),
            times: Times::default(),
            default_digest: DigestPolicy::Md5,
            trace: true,
        }
    }

    /// What to write into Via and Contact for packets that leave by `local`.
    pub(crate) fn public(&self, protocol: Protocol, local: SocketAddr) -> SocketAddr {
        let at = |listener: &&Listener| listener.local == local;
        let exactly = self.listeners.iter().find(|listener| at(listener) && listener.protocol == protocol);
        // A stream that another server has accepted is said to be at a listener that may be of another sort.
        exactly.or_else(|| self.listeners.iter().find(at)).map_or(local, |listener| listener.public)
    }

    /// The socket for our own requests to `remote`.
    pub(crate) fn local(&self, protocol: Protocol, remote: SocketAddr) -> Option<SocketAddr> {
        self.listeners
            .iter()
            .find(|listener| listener.protocol == protocol && listener.local.is_ipv4() == remote.is_ipv4())
            .map(|listener| listener.local)
    }
}
