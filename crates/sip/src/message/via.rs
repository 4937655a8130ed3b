//! Via (RFC 3261 section 20.42, RFC 3581).

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;

use super::params::Params;
use super::scan::{self, Span};
use super::uri::{self, Host};
use crate::flow::Protocol;

/// What every branch of an RFC 3261 sender begins with (section 8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One value of a Via header.
#[derive(Clone, PartialEq, Eq)]
pub struct Via {
    raw: Bytes,
    transport: Span,
    protocol: Option<Protocol>,
    sent_by: Span,
    host_length: u32,
    port: Option<u16>,
    params: Params,
}

impl Via {
    /// Reads one value, unfolded; copies nothing. `None` when it is malformed or not SIP/2.0.
    pub fn parse(value: Bytes) -> Option<Self> {
        let (transport, address) = read_sent_protocol(&value)?;
        let address_bytes = scan::part(&value, address..value.len());
        let end = address + memchr::memchr(b';', address_bytes).unwrap_or(address_bytes.len());
        let sent_by = scan::trim(&value, address..end);
        let (host_length, port) = uri::read_host_port(scan::part(&value, sent_by.clone())).ok()?;
        let params = Params::parse(scan::share(&value, end..value.len()))?;
        Some(Self {
            protocol: Protocol::from_bytes(transport.of(&value)),
            transport,
            sent_by: Span::new(sent_by.start, sent_by.end),
            host_length: u32::try_from(host_length).ok()?,
            port,
            params,
            raw: value,
        })
    }

    /// The value as it came (unfolded).
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The transport, if it is one that we speak.
    pub const fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// The transport's token, whatever it is.
    pub fn transport_token(&self) -> &[u8] {
        self.transport.of(&self.raw)
    }

    /// `host[:port]` as it is written: part of a transaction's key (RFC 3261 section 17.2.3).
    pub fn sent_by(&self) -> &[u8] {
        self.sent_by.of(&self.raw)
    }

    /// The host of the sent-by.
    pub fn host(&self) -> Option<Host> {
        Host::parse(self.host_bytes())
    }

    /// The host of the sent-by, as it is written.
    pub fn host_bytes(&self) -> &[u8] {
        scan::part(self.sent_by(), 0..self.host_length as usize)
    }

    /// The port of the sent-by, if written.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// The branch as it is written; `None` if missing or empty.
    pub fn branch(&self) -> Option<&[u8]> {
        self.params.get("branch")?.filter(|branch| !branch.is_empty())
    }

    /// The branch, only if it identifies a transaction: the magic cookie and something after it (RFC 4475 section
    /// 3.2.1 has one with nothing after it). Without one, match as RFC 2543 did.
    pub fn unique_branch(&self) -> Option<&[u8]> {
        let cookie = MAGIC_COOKIE.as_bytes();
        let branch = self.branch()?;
        let head = branch.get(..cookie.len())?;
        (branch.len() > cookie.len() && head.eq_ignore_ascii_case(cookie)).then_some(branch)
    }

    /// Where the request was seen to come from. IPv6 with or without brackets (RFC 5118 section 4.5).
    pub fn received(&self) -> Option<IpAddr> {
        uri::parse_ip(std::str::from_utf8(self.params.get("received")??).ok()?)
    }

    /// RFC 3581: `Some(None)` asks for the port, `Some(Some(port))` says it.
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.params.get("rport")?;
        Some(value.and_then(scan::number).and_then(|port| u16::try_from(port).ok()))
    }
}

/// `SIP / 2.0 / UDP host`: the transport's token and where the address begins.
fn read_sent_protocol(value: &[u8]) -> Option<(Span, usize)> {
    let first = memchr::memchr(b'/', value)?;
    let second = first + 1 + memchr::memchr(b'/', value.get(first + 1..)?)?;
    if !scan::trimmed(scan::part(value, 0..first)).eq_ignore_ascii_case(b"SIP") {
        return None;
    }
    if scan::trimmed(scan::part(value, first + 1..second)) != b"2.0" {
        return None;
    }
    let rest = scan::trim(value, second + 1..value.len());
    let length = scan::part(value, rest.clone()).iter().position(|&byte| scan::is_space(byte))?;
    let transport = rest.start..rest.start + length;
    scan::is_token(scan::part(value, transport.clone()))
        .then(|| (Span::new(transport.start, transport.end), transport.end))
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Via({:?})", String::from_utf8_lossy(&self.raw))
    }
}
