//! Connections in masses, that say nothing, that die in the middle (R08, R09).

use std::any::Any;
use std::os::fd::AsFd;

use futures_util::future::join_all;
use rustix::process::{Resource, getrlimit};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

use super::certificates::{Authority, VERSIONS};
use super::*;

/// What R08 asks for.
const IDLE_CONNECTIONS: usize = 5_000;
/// One in so many of them is TLS, and one WebSocket.
const SHAKING_HANDS_EVERY: usize = 20;
/// So many connect at the same time.
const AT_ONCE: usize = 250;
/// File descriptors that something else may need.
const SPARE_DESCRIPTORS: u64 = 500;

/// A connection that says nothing any more, kept until it is dropped.
type Idle = Box<dyn Any>;

/// TCP, TLS and WebSocket, and many connections from here.
fn everything(authority: &Authority) -> Config {
    let mut config = Config {
        tls: vec![at("127.0.0.1:0")],
        ws: vec![at("127.0.0.1:0")],
        material: authority.material(&["127.0.0.1"]),
        ..loopback()
    };
    config.limits.connections_per_source_max = 8_192;
    // Handshakes count until the engine has heard of their end, which waits while a test makes connections.
    config.limits.handshakes_per_source_max = IDLE_CONNECTIONS;
    config.limits.handshakes_max = IDLE_CONNECTIONS;
    // On a busy machine all this takes longer than a stream may be silent, and nobody polls the peers for an answer to pings.
    config.limits.silence_max = config.limits.idle_max;
    config.limits.ping_interval = config.limits.idle_max;
    config
}

#[tokio::test]
async fn r08_datagrams_are_served_beside_thousands_of_idle_connections() {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(SPARE_DESCRIPTORS);
    let wanted = IDLE_CONNECTIONS.min(usize::try_from(descriptors / 2).unwrap());
    let authority = Authority::new();
    let mut transport = Transport::bind(Instant::now(), &everything(&authority)).unwrap();
    transport.trust(vec![Network::host(IpAddr::from([127, 0, 0, 1]))]); // a stranger could not connect so often so soon
    let [udp, tcp, tls, ws] =
        [Protocol::Udp, Protocol::Tcp, Protocol::Tls, Protocol::Ws].map(|one| local(&transport, one));
    let client = authority.client(VERSIONS, None);
    let one = async |number: usize| {
        let address = [tcp, tls, ws].get(number % SHAKING_HANDS_EVERY).copied().unwrap_or(tcp);
        let stream = TcpStream::connect(address).await.unwrap();
        let idle: Idle = if address == tls {
            Box::new(TlsConnector::from(client.clone()).connect(ServerName::from(tls.ip()), stream).await.unwrap())
        } else if address == ws {
            Box::new(super::websocket::upgrade(stream, Some("sip"), None).await.unwrap())
        } else {
            Box::new(stream)
        };
        idle
    };
    let connect = async {
        let mut idle: Vec<Idle> = Vec::new();
        while idle.len() < wanted {
            let some = idle.len()..wanted.min(idle.len() + AT_ONCE);
            idle.extend(join_all(some.map(one)).await);
        }
        idle
    };
    let idle = beside(&mut transport, connect).await;
    received_until(&mut transport, |transport, _| transport.statistics().connections == wanted).await;
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..100 {
        peer.send_to(OPTIONS.as_bytes(), udp).await.unwrap();
        let (flow, _) = packet(&mut transport).await;
        send(&mut transport, flow, OK);
        let mut answer = [0; 100];
        assert_eq!(beside(&mut transport, peer.recv_from(&mut answer)).await.unwrap(), (OK.len(), udp));
    }
    drop(idle);
    received_until(&mut transport, |transport, _| transport.statistics().connections == 0).await;
}

#[tokio::test]
async fn r08_handshakes_of_one_source_are_limited_and_do_not_last() {
    let mut config = everything(&Authority::new());
    config.limits.handshakes_per_source_max = 4;
    config.limits.handshake_max = Duration::from_millis(500);
    let mut transport = Transport::bind(Instant::now(), &config).unwrap();
    for protocol in [Protocol::Tls, Protocol::Ws] {
        let address = local(&transport, protocol);
        let before = transport.statistics();
        let mut silent = Vec::new();
        for _ in 0..10 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        // They all ask before the first one is admitted.
        received_until(&mut transport, |transport, _| {
            transport.statistics().handshakes_refused > before.handshakes_refused
        })
        .await;
        received_until(&mut transport, |transport, _| transport.statistics().handshakes == 0).await;
        let now = transport.statistics();
        assert_eq!(now.handshakes_refused - before.handshakes_refused, 6, "{protocol}");
        assert_eq!(now.handshakes_failed - before.handshakes_failed, 4, "{protocol}: for saying nothing");
        assert_eq!(transport.statistics().connections, 0);
    }
}

#[tokio::test]
async fn r08_who_speaks_no_tls_or_no_http_is_closed() {
    let config = everything(&Authority::new());
    let mut transport = Transport::bind(Instant::now(), &config).unwrap();
    for protocol in [Protocol::Tls, Protocol::Ws] {
        let mut peer = TcpStream::connect(local(&transport, protocol)).await.unwrap();
        peer.write_all(OPTIONS.as_bytes()).await.unwrap();
        let came = received(&mut transport, 1).await;
        assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{protocol}: {came:?}");
    }
    assert_eq!(transport.statistics().handshakes_failed, 2);
}

/// Closes a connection without a goodbye: the other side gets a reset.
fn reset(stream: impl AsFd) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[tokio::test]
async fn r09_connections_that_die_in_the_middle_leave_nothing() {
    const ROUNDS: usize = 100;
    let invites =
        "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n".repeat(10);
    let authority = Authority::new();
    let mut transport = Transport::bind(Instant::now(), &everything(&authority)).unwrap();
    transport.trust(vec![Network::host(IpAddr::from([127, 0, 0, 1]))]);
    let [tcp, tls, ws] = [Protocol::Tcp, Protocol::Tls, Protocol::Ws].map(|protocol| local(&transport, protocol));
    let client = authority.client(VERSIONS, None);
    for _ in 0..ROUNDS {
        let die = async {
            let mut stream = TcpStream::connect(tcp).await.unwrap();
            stream.write_all(invites.as_bytes()).await.unwrap();
            reset(&stream);
            let stream = TcpStream::connect(tls).await.unwrap();
            reset(&stream);
            let mut stream =
                TlsConnector::from(client.clone()).connect(ServerName::from(tls.ip()), stream).await.unwrap();
            stream.write_all(invites.as_bytes()).await.unwrap();
            drop(stream);
            let stream = TcpStream::connect(ws).await.unwrap();
            reset(&stream);
            let mut socket = super::websocket::upgrade(stream, Some("sip"), None).await.unwrap();
            futures_util::SinkExt::send(&mut socket, Message::text(OPTIONS)).await.unwrap();
        };
        beside(&mut transport, die).await;
        // Answers to those that are gone already, too.
        let mut batch = VecDeque::new();
        transport.receive(Instant::now(), &mut batch);
        for inbound in batch {
            if let Inbound::Packet { flow, .. } = inbound {
                send(&mut transport, flow, OK);
            }
        }
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections == 0).await;
    let mut stream = TcpStream::connect(tcp).await.unwrap();
    stream.write_all(OPTIONS.as_bytes()).await.unwrap();
    let came =
        received_until(&mut transport, |_, all| all.iter().any(|one| matches!(one, Inbound::Packet { .. }))).await;
    assert!(!came.is_empty(), "it still listens");
}
