//! The machine itself: what goes in, what comes out, and when to be woken.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use sip::flow::Flow;

use crate::account::{Account, AccountId};
use crate::config::Config;
use crate::order::Order;
use crate::output::Output;
use crate::trunk::{Trunk, TrunkId, TrunkState};

/// The SIP side of the switch. One contract: change something, drain [`Endpoint::poll_output`], wait until
/// [`Endpoint::poll_timeout`], change something.
pub struct Endpoint {
    config: Config,
    outputs: VecDeque<Output>,
}

/// One contact of an operator's account, for status pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Contact URI as the phone wrote it.
    pub contact: String,
    /// Where its packets come from and go to.
    pub flow: Flow,
    /// When it lapses.
    pub expires: Instant,
    /// `User-Agent` of the REGISTER.
    pub user_agent: String,
}

/// A source that is not listened to for a while (R01).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ban {
    /// Whose packets are dropped.
    pub source: IpAddr,
    /// Until when.
    pub until: Instant,
    /// Failures that led to it.
    pub failures: u32,
}

impl Endpoint {
    /// A new endpoint; `seed` must be unpredictable (tags, branches, nonces come of it) and fixed in tests.
    pub fn new(now: Instant, config: Config, seed: [u8; 32]) -> Self {
        let _ = (now, seed);
        Self { config, outputs: VecDeque::new() }
    }

    /// One datagram, or one message framed out of a stream.
    pub fn receive(&mut self, now: Instant, flow: Flow, packet: Bytes) {
        let _ = (now, flow, packet, &self.config);
    }

    /// A stream was closed by either side.
    pub fn flow_closed(&mut self, now: Instant, flow: Flow) {
        let _ = (now, flow);
    }

    /// Packets to this flow cannot be sent (connection refused, ICMP unreachable).
    pub fn transport_failed(&mut self, now: Instant, flow: Flow) {
        let _ = (now, flow);
    }

    /// All operators' accounts there are. Bindings of accounts that stay the same are kept.
    pub fn set_accounts(&mut self, now: Instant, accounts: Vec<Account>) {
        let _ = (now, accounts);
    }

    /// All trunks there are. Registrations of trunks that stay the same are kept.
    pub fn set_trunks(&mut self, now: Instant, trunks: Vec<Trunk>) {
        let _ = (now, trunks);
    }

    /// What the wall clock shows at `now`: for Date headers and nonces. Call at start, and again every minute or so.
    pub fn set_wall_clock(&mut self, now: Instant, unix_ms: i64) {
        let _ = (now, unix_ms);
    }

    /// An order of the call logic to a leg.
    pub fn order(&mut self, now: Instant, order: Order) {
        let _ = (now, order);
    }

    /// The next thing to do or to know; call until `None` after every other call that changes something.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Endpoint::handle_timeout`] at the latest; changes with every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// Contacts bound now, of all accounts.
    pub fn binding_count(&self) -> usize {
        0
    }

    /// The contacts of one account.
    pub fn bindings(&self, account: AccountId) -> Vec<Binding> {
        let _ = account;
        Vec::new()
    }

    /// Every trunk and its health.
    pub fn trunk_states(&self) -> Vec<(TrunkId, TrunkState)> {
        Vec::new()
    }

    /// Legs that are not over.
    pub fn leg_count(&self) -> usize {
        0
    }

    /// Nothing is left of any call: no leg, no transaction.
    pub fn is_idle(&self) -> bool {
        true
    }

    /// Sources that are not listened to at `now`.
    pub fn bans(&self, now: Instant) -> Vec<Ban> {
        let _ = now;
        Vec::new()
    }

    /// Listens to this source again.
    pub fn clear_ban(&mut self, source: IpAddr) {
        let _ = source;
    }
}
