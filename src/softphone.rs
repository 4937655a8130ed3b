//! What an operator's telephone is told of this house: the same on the page and at the command line.

use std::net::SocketAddr;

use web::Softphone;

use crate::addresses::Addresses;
use crate::config::Config;

/// `None`: there is no socket for telephones that has an address.
pub fn of(config: &Config) -> Option<Softphone> {
    let addresses = Addresses::find(config);
    let server = |sockets: &[SocketAddr]| sockets.iter().find_map(|socket| addresses.public(*socket));
    let (udp, tcp, tls) = (server(&config.sip.udp), server(&config.sip.tcp), server(&config.sip.tls));
    Some(Softphone {
        domain: config.sip.realm.clone(),
        registrar: udp.or(tcp).or(tls)?,
        udp,
        tcp,
        tls,
        wss: server(&config.sip.wss).map(|socket| format!("wss://{socket}")),
        expires_seconds: config.sip.register_seconds,
    })
}
