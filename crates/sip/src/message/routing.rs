//! Where a request came from, and where its response goes (RFC 3261 section 18.2, RFC 3581).

use std::net::SocketAddr;

use super::scan;
use super::{Host, Message, Name, Via};

/// Notes a received request's real source in its topmost Via: `received` when the sent-by says another address or the
/// sender asked for `rport`, and then the port too. A `received` of the sender's own is not believed. Gives the
/// message itself when there is nothing to note, or when the Via cannot be read.
pub fn stamp_received(message: &Message, source: SocketAddr) -> Message {
    let Ok(via) = message.via() else { return message.clone() };
    let asks_port = via.rport().is_some();
    let is_elsewhere = via.host() != Some(Host::Ip(source.ip().to_canonical()));
    let is_forged = via.params().has("received");
    if !asks_port && !is_elsewhere && !is_forged {
        return message.clone();
    }
    let raw = via.raw();
    let mut stamped = scan::part(raw, 0..raw.len() - via.params().raw().len()).trim_ascii_end().to_vec();
    if asks_port {
        stamped.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    if asks_port || is_elsewhere {
        stamped.extend_from_slice(format!(";received={}", source.ip().to_canonical()).as_bytes());
    }
    for (name, value) in via.params().iter() {
        if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        stamped.push(b';');
        stamped.extend_from_slice(name);
        if let Some(value) = value {
            stamped.push(b'=');
            stamped.extend_from_slice(value);
        }
    }
    message.edit().first_value(Name::Via, Some(&stamped)).finish()
}

/// Where the response goes on datagrams, or on a stream that is gone (RFC 3261 section 18.2.2): always to the address
/// that the request came from, never to a `maddr`, a name, or a broadcast address out of the Via (RESILIENCE R10). The
/// port is the source's if `rport` was asked for, else that of the sent-by, else the transport's own.
pub fn response_target(via: &Via, source: SocketAddr) -> SocketAddr {
    if via.rport().is_some() {
        return source;
    }
    let default_port = via.protocol().map_or(5060, crate::flow::Protocol::default_port);
    let port = via.port().unwrap_or(default_port);
    SocketAddr::new(source.ip(), if port == 0 { source.port() } else { port })
}
