//! The whole switchboard as one machine: SIP below, calls above.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Instant;

use crate::io::{Input, Output};

/// Everything that does not change while the switch lives.
#[derive(Clone, Debug)]
pub struct Config {
    /// The SIP side.
    pub endpoint: endpoint::Config,
    /// Addresses put into SDP and bound by the voice path: one of each family that is spoken.
    pub media_address: Vec<IpAddr>,
    /// Where RTP ports are taken from; only even ones are used (JAPAN.md), RTCP is on the next.
    pub rtp_ports: RangeInclusive<u16>,
    /// Keep each call's SIP messages in its timeline.
    pub trace: bool,
    /// Address of the desk, for the `Call-Info` of operators' legs (`https://denwaban.example`); empty: no such header.
    pub desk_url: String,
    /// Bounds of the queue.
    pub queue: acd::Limits,
    /// Calls at once; more get 503 with Retry-After (R45).
    pub calls_max: usize,
}

impl Config {
    /// A switch with these addresses; everything else as usual.
    pub fn new(endpoint: endpoint::Config, media_address: Vec<IpAddr>, rtp_ports: RangeInclusive<u16>) -> Self {
        Self {
            trace: endpoint.trace,
            endpoint,
            media_address,
            rtp_ports,
            desk_url: String::new(),
            queue: acd::Limits::default(),
            calls_max: 5_000,
        }
    }
}

/// The switchboard. One contract: handle one input (or time-out), drain [`Switch::poll_output`] until `None`, wait until
/// [`Switch::poll_timeout`] or the next input.
pub struct Switch {
    config: Config,
    outputs: VecDeque<Output>,
}

impl Switch {
    /// A switch that knows nobody yet: hand it a wall clock and a directory first. `seed` must be unpredictable.
    pub fn new(now: Instant, config: Config, seed: [u8; 32]) -> Self {
        let _ = (now, seed);
        Self { config, outputs: VecDeque::new() }
    }

    /// One thing happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        let _ = (now, input, &self.config);
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// The next thing to do; call until `None` after every input and time-out.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Switch::handle_timeout`] at the latest; changes with every input.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Broken invariants, in words for a log; empty is right.
    pub fn audit(&self) -> Vec<String> {
        Vec::new()
    }

    /// Nothing is left of any call: no call, no leg, no port in use.
    pub fn idle(&self) -> bool {
        true
    }

    /// Calls that are not over.
    pub fn calls(&self) -> usize {
        0
    }

    /// The SIP side, for status pages (bindings, trunks, bans).
    pub fn endpoint(&self) -> &endpoint::Endpoint {
        todo!()
    }
}
