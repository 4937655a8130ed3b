//! The words and addresses of a trunk as they are written down, and what they mean.

use std::net::{IpAddr, SocketAddr};

use endpoint::{Extractor, IdentityHeader, NumberForm, RedirectionHeaders, Shows};
use sip::flow::Protocol;

/// Names of [`Extractor`]s as they are written down.
pub(super) const EXTRACTORS: [(&str, Extractor); 7] = [
    ("p_called_party_id", Extractor::PCalledPartyId),
    ("to", Extractor::To),
    ("request_uri", Extractor::RequestUri),
    ("diversion_top", Extractor::DiversionTop),
    ("diversion_bottom", Extractor::DiversionBottom),
    ("history_info", Extractor::HistoryInfo),
    ("alert_info", Extractor::AlertInfo),
];

/// Names of the choices of a trunk as they are written down.
pub(super) const NUMBERS: [(&str, NumberForm); 2] =
    [("national", NumberForm::National), ("international", NumberForm::International)];
pub(super) const IDENTITIES: [(&str, IdentityHeader); 3] =
    [("none", IdentityHeader::None), ("preferred", IdentityHeader::Preferred), ("asserted", IdentityHeader::Asserted)];
pub(super) const SHOWS: [(&str, Shows); 3] =
    [("main", Shows::Main), ("dialled", Shows::Dialled), ("caller", Shows::Caller)];
pub(super) const REDIRECTIONS: [&str; 2] = ["diversion", "history_info"];

/// `Some(None)`: the DNS is to say.
pub(super) fn protocol(text: &str) -> Option<Option<Protocol>> {
    match text {
        "udp" => Some(Some(Protocol::Udp)),
        "tcp" => Some(Some(Protocol::Tcp)),
        "tls" => Some(Some(Protocol::Tls)),
        "auto" => Some(None),
        _ => None,
    }
}

pub(super) fn pick<T: Copy>(table: &[(&str, T)], text: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
}

pub(super) fn words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(name, _)| *name).collect()
}

pub(super) fn redirection(names: &[String]) -> RedirectionHeaders {
    let [diversion, history_info] = REDIRECTIONS.map(|known| names.iter().any(|name| name == known));
    RedirectionHeaders { diversion, history_info }
}

pub(super) fn extractor(text: &str) -> Option<Extractor> {
    EXTRACTORS.iter().find(|(name, _)| *name == text).map(|(_, extractor)| *extractor)
}

pub(super) fn source(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.trim().split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?),
        None => {
            let address = text.trim().parse::<IpAddr>().ok()?;
            (address, if address.is_ipv4() { 32 } else { 128 })
        }
    };
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

/// Host and port as they are written; an IPv6 address without its brackets.
pub(super) fn split_port(host: &str) -> (String, Option<u16>) {
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.parse::<IpAddr>().is_ok() || host.ends_with(']') {
        return (bare(host), None);
    }
    match host.rsplit_once(':') {
        Some((host, port)) => (bare(host), port.parse().ok()),
        None => (host.to_owned(), None),
    }
}

pub(super) fn is_host(text: &str) -> bool {
    let address = with_port(text, 5060);
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    if !port.parse::<u16>().is_ok_and(|port| port != 0) {
        return false;
    }
    if host.starts_with('[') {
        return address.parse::<SocketAddr>().is_ok();
    }
    !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

fn with_port(host: &str, port: u16) -> String {
    match host.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, port).to_string(),
        Err(_) if host.ends_with(']') || !host.contains(':') => format!("{host}:{port}"),
        Err(_) => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_ports() {
        for (text, address) in [
            ("sip.example.jp", "sip.example.jp:5060"),
            ("sip.example.jp:5080", "sip.example.jp:5080"),
            ("192.0.2.1", "192.0.2.1:5060"),
            ("2001:db8::1", "[2001:db8::1]:5060"),
            ("[2001:db8::1]", "[2001:db8::1]:5060"),
            ("[2001:db8::1]:5062", "[2001:db8::1]:5062"),
        ] {
            assert_eq!(with_port(text, 5060), address);
            assert!(is_host(text), "{text}");
            let (host, port) = split_port(text);
            assert_eq!(with_port(&host, port.unwrap_or(5060)), address);
        }
        for text in ["", "a b", "host:0", "host:port", "sip:host", "host:5060:5060", "[zz]"] {
            assert!(!is_host(text), "{text}");
        }
    }

    #[test]
    fn address_blocks() {
        assert_eq!(source("192.0.2.0/24"), Some(("192.0.2.0".parse().unwrap(), 24)));
        assert_eq!(source("2001:db8::/32"), Some(("2001:db8::".parse().unwrap(), 32)));
        assert_eq!(source("192.0.2.7"), Some(("192.0.2.7".parse().unwrap(), 32)));
        for text in ["", "192.0.2.0/33", "192.0.2/24", "x/1"] {
            assert_eq!(source(text), None, "{text}");
        }
    }
}
