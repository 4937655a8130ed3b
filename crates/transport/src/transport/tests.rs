//! On loopback, against plain sockets of the standard library and of tokio, and TLS and WebSocket peers made of others' code.

mod adopted;
mod certificates;
mod hostile;
mod secure;
mod websocket;

use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::*;
use crate::config::Limits;

const OPTIONS: &str =
    "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n";
/// What no framing makes sense of.
const NONSENSES: [&str; 3] = [
    "INVITE sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n",
    "INVITE sip:a SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
    "INVITE sip:a SIP/2.0\r\nVia: x\r\n\r\n",
];
const OK: &[u8] = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
/// Longer than anything here takes on the slowest machine: only a test that fails waits for it.
const DEADLINE: Duration = Duration::from_secs(60);

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn loopback() -> Config {
    Config { udp: vec![at("127.0.0.1:0")], tcp: vec![at("127.0.0.1:0")], ..Config::default() }
}

fn local(transport: &Transport, wanted: Protocol) -> SocketAddr {
    transport.locals().into_iter().find(|(protocol, _)| *protocol == wanted).unwrap().1
}

fn bound(config: &Config) -> (Transport, SocketAddr, SocketAddr) {
    let transport = Transport::bind(Instant::now(), config).unwrap();
    let (udp, tcp) = (local(&transport, Protocol::Udp), local(&transport, Protocol::Tcp));
    (transport, udp, tcp)
}

/// What comes until it is enough. Fails when that takes too long.
async fn received_until(
    transport: &mut Transport,
    mut enough: impl FnMut(&Transport, &[Inbound]) -> bool,
) -> Vec<Inbound> {
    let mut all = Vec::new();
    let mut batch = VecDeque::new();
    let wait = async {
        while !enough(transport, &all) {
            // What is waited for may be a counter, which wakes nobody.
            let _ = tokio::time::timeout(Duration::from_millis(10), transport.ready()).await;
            transport.receive(Instant::now(), &mut batch);
            all.extend(batch.drain(..));
        }
    };
    let waited = tokio::time::timeout(DEADLINE, wait).await;
    assert!(waited.is_ok(), "waited in vain; came: {all:?}; {:?}", transport.statistics());
    all
}

/// As much as wanted, and whatever came with it.
async fn received(transport: &mut Transport, wanted: usize) -> Vec<Inbound> {
    received_until(transport, |_, all| all.len() >= wanted).await
}

/// All that comes before the stream is closed.
async fn until_closed(transport: &mut Transport) -> Vec<Inbound> {
    let closed = |inbound: &Inbound| matches!(inbound, Inbound::FlowClosed { .. });
    let mut came = received_until(transport, |_, all| all.iter().any(closed)).await;
    came.retain(|inbound| !closed(inbound));
    came
}

/// The one packet that comes, and its flow.
async fn packet(transport: &mut Transport) -> (Flow, Bytes) {
    let mut all = received(transport, 1).await;
    match (all.pop(), all.len()) {
        (Some(Inbound::Packet { flow, bytes }), 0) => (flow, bytes),
        (last, _) => panic!("not one packet: {all:?} {last:?}"),
    }
}

fn send(transport: &mut Transport, flow: Flow, bytes: &'static [u8]) {
    transport.send(Instant::now(), flow, Bytes::from_static(bytes));
}

/// Where to a message goes that names no stream.
fn to(protocol: Protocol, remote: SocketAddr) -> Flow {
    let local = if remote.is_ipv4() { at("127.0.0.1:0") } else { at("[::1]:0") };
    Flow { protocol, local, remote, connection: ConnectionId::NONE }
}

/// Runs a peer beside the transport, which accepts and carries only while somebody waits for it.
async fn beside<T>(transport: &mut Transport, peer: impl Future<Output = T>) -> T {
    let mut peer = std::pin::pin!(peer);
    let both = async {
        loop {
            tokio::select! {
                done = &mut peer => return done,
                () = transport.ready() => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(DEADLINE, both).await.expect("the peer waits in vain")
}

fn flow_of(inbound: &Inbound) -> Flow {
    match inbound {
        Inbound::Packet { flow, .. }
        | Inbound::Certified { flow, .. }
        | Inbound::Unframed { flow, .. }
        | Inbound::FlowClosed { flow }
        | Inbound::TransportFailed { flow } => *flow,
    }
}

#[tokio::test]
async fn datagrams_come_and_go() {
    let (mut transport, local, _) = bound(&loopback());
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..100 {
        peer.send_to(OPTIONS.as_bytes(), local).await.unwrap();
    }
    let came = received(&mut transport, 100).await;
    assert_eq!(came.len(), 100);
    let flow = Flow::udp(local, peer.local_addr().unwrap());
    assert_eq!(came[0], Inbound::Packet { flow, bytes: Bytes::from_static(OPTIONS.as_bytes()) });
    transport.send(Instant::now(), flow, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"));
    let mut buffer = [0; 100];
    let (length, from) = peer.recv_from(&mut buffer).await.unwrap();
    assert_eq!((&buffer[..length], from), (&b"SIP/2.0 200 OK\r\n\r\n"[..], local));
}

#[tokio::test]
async fn r02_a_flood_of_a_stranger_is_dropped_until_we_ask_it_something() {
    let mut config = loopback();
    config.limits = Limits { stranger_rate: 1.0, stranger_burst: 10.0, ..Limits::default() };
    let (mut transport, local, _) = bound(&config);
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..50 {
        peer.send_to(OPTIONS.as_bytes(), local).await.unwrap();
    }
    let came = received_until(&mut transport, |transport, _| transport.statistics().flooded == 40).await;
    assert_eq!(came.len(), 10);
    let flow = Flow::udp(local, peer.local_addr().unwrap());
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    for _ in 0..50 {
        peer.send_to(OPTIONS.as_bytes(), local).await.unwrap();
    }
    assert_eq!(received(&mut transport, 50).await.len(), 50);
}

#[tokio::test]
async fn r02_what_a_stranger_sends_too_fast_by_streams_comes_late_and_none_of_it_is_lost() {
    const STREAMS: usize = 20;
    const EACH: usize = 30;
    let mut config = Config { ws: vec![at("127.0.0.1:0")], ..loopback() };
    config.limits = Limits { stranger_rate: 400.0, stranger_burst: 100.0, ..Limits::default() };
    let (mut transport, _, tcp) = bound(&config);
    let ws = local(&transport, Protocol::Ws);
    let register = |stream: usize, number: usize| {
        format!(
            "REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK{stream}x{number}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let mut browser = websocket::opened(&mut transport, ws).await;
    let mut peers = Vec::new();
    for _ in 1..STREAMS {
        peers.push(TcpStream::connect(tcp).await.unwrap());
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections == STREAMS).await;
    let send = async {
        for (stream, peer) in peers.iter_mut().enumerate() {
            let all: String = (0..EACH).map(|number| register(stream, number)).collect();
            peer.write_all(all.as_bytes()).await.unwrap();
        }
        for number in 0..EACH {
            let message = tokio_tungstenite::tungstenite::Message::text(register(STREAMS, number));
            futures_util::SinkExt::send(&mut browser, message).await.unwrap();
        }
    };
    let ((), came) = tokio::join!(send, received(&mut transport, STREAMS * EACH));
    let texts: std::collections::HashSet<&Bytes> = came
        .iter()
        .filter_map(|inbound| if let Inbound::Packet { bytes, .. } = inbound { Some(bytes) } else { None })
        .collect();
    assert_eq!(texts.len(), STREAMS * EACH);
    let statistics = transport.statistics();
    assert!(statistics.slowed > 0 && statistics.flooded == 0, "{statistics:?}");
    assert_eq!(statistics.connections, STREAMS);
}

#[tokio::test]
async fn noise_is_dropped_unparsed() {
    let (mut transport, local, _) = bound(&loopback());
    transport.trust(vec![Network::host(IpAddr::from([127, 0, 0, 1]))]);
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let stun = [0_u8, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    for noise in [&b"\r\n\r\n"[..], &b"\0\0\0\0"[..], &stun[..], &[0x80; 172][..], &b""[..]] {
        peer.send_to(noise, local).await.unwrap();
    }
    peer.send_to(OPTIONS.as_bytes(), local).await.unwrap();
    assert_eq!(received(&mut transport, 1).await.len(), 1);
    assert_eq!(transport.statistics().junk, 5);
}

#[tokio::test]
async fn a_stream_is_framed_and_answered_on_itself() {
    let (mut transport, _, local) = bound(&loopback());
    let mut peer = TcpStream::connect(local).await.unwrap();
    let (front, back) = OPTIONS.split_at(40);
    // Both sides must run: the transport accepts while it waits.
    let write = async {
        peer.write_all(front.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        peer.write_all(format!("{back}\r\n\r\n{OPTIONS}").as_bytes()).await.unwrap();
    };
    let ((), came) = tokio::join!(write, received(&mut transport, 2));
    assert_eq!(came.len(), 2);
    let flow = flow_of(&came[0]);
    assert_eq!((flow.protocol, flow.local, flow.remote), (Protocol::Tcp, local, peer.local_addr().unwrap()));
    assert_ne!(flow.connection, ConnectionId::NONE);
    assert_eq!(flow_of(&came[1]), flow);
    transport.send(Instant::now(), flow, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"));
    let mut answer = [0; 20];
    peer.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer[..], b"\r\nSIP/2.0 200 OK\r\n\r\n"[..20].as_ref(), "the pong, then the answer");
    drop(peer);
    assert_eq!(received(&mut transport, 1).await, [Inbound::FlowClosed { flow }]);
    assert_eq!(transport.statistics().connections, 0);
}

#[tokio::test]
async fn a_peer_without_a_stream_is_dialled_once_and_then_reused() {
    let (mut transport, _, local) = bound(&loopback());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    let flow = Flow { protocol: Protocol::Tcp, local, remote, connection: ConnectionId::NONE };
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    let (mut peer, _) = listener.accept().await.unwrap();
    let mut both = vec![0; 2 * OPTIONS.len()];
    peer.read_exact(&mut both).await.unwrap();
    assert_eq!(transport.statistics().connections, 1);
    peer.write_all(OPTIONS.as_bytes()).await.unwrap();
    let came = received(&mut transport, 1).await;
    assert_eq!(flow_of(&came[0]).remote, remote);
    assert_ne!(flow_of(&came[0]).connection, ConnectionId::NONE);
    drop(peer);
    assert!(matches!(received(&mut transport, 1).await[..], [Inbound::FlowClosed { .. }]));
    // Gone is gone: the next message dials, also one that names the stream that is no more.
    for flow in [flow, flow_of(&came[0])] {
        send(&mut transport, flow, OPTIONS.as_bytes());
        beside(&mut transport, listener.accept()).await.unwrap();
        received(&mut transport, 1).await;
    }
}

#[tokio::test]
async fn a_peer_that_refuses_the_connection_is_reported_for_every_message() {
    let (mut transport, _, local) = bound(&loopback());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    drop(listener);
    let flow = Flow { protocol: Protocol::Tcp, local, remote, connection: ConnectionId::NONE };
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    let came = received(&mut transport, 3).await;
    let failed = Inbound::TransportFailed { flow };
    assert_eq!(came.iter().filter(|inbound| **inbound == failed).count(), 2);
}

#[tokio::test]
async fn nobody_is_dialled_by_websocket() {
    let (mut transport, _, local) = bound(&loopback());
    let flow = to(Protocol::Wss, local);
    transport.send(Instant::now(), flow, Bytes::from_static(OPTIONS.as_bytes()));
    assert_eq!(received(&mut transport, 1).await, [Inbound::TransportFailed { flow }]);
}

#[tokio::test]
async fn r08_a_stranger_who_connects_too_often_is_turned_away_and_a_trunk_never() {
    let mut config = loopback();
    config.limits = Limits { stranger_rate: 0.001, stranger_burst: 5.0, ..Limits::default() };
    let (mut transport, _, local) = bound(&config);
    let mut peers = Vec::new();
    for _ in 0..12 {
        peers.push(TcpStream::connect(local).await.unwrap());
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections_refused == 7).await;
    assert_eq!(transport.statistics().connections, 5);
    transport.trust(vec![Network::host(IpAddr::from([127, 0, 0, 1]))]);
    for _ in 0..12 {
        peers.push(TcpStream::connect(local).await.unwrap());
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections == 17).await;
    assert_eq!(transport.statistics().connections_refused, 7);
}

#[tokio::test]
async fn r08_connections_of_one_source_are_limited() {
    let mut config = loopback();
    config.limits.connections_per_source_max = 3;
    let (mut transport, _, local) = bound(&config);
    let mut peers = Vec::new();
    for _ in 0..6 {
        peers.push(TcpStream::connect(local).await.unwrap());
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections_refused == 3).await;
    assert_eq!(transport.statistics().connections, 3);
}

#[tokio::test]
async fn r08_strangers_who_take_all_the_places_do_not_keep_us_from_a_trunk() {
    let mut config = loopback();
    config.limits.connections_max = 2;
    let (mut transport, _, local) = bound(&config);
    let mut peers = Vec::new();
    for _ in 0..4 {
        peers.push(TcpStream::connect(local).await.unwrap());
    }
    received_until(&mut transport, |transport, _| transport.statistics().connections_refused == 2).await;
    let trunk = TcpListener::bind("127.0.0.1:0").await.unwrap();
    send(&mut transport, to(Protocol::Tcp, trunk.local_addr().unwrap()), OPTIONS.as_bytes());
    let (mut trunk, _) = beside(&mut transport, trunk.accept()).await.unwrap();
    let mut request = vec![0; OPTIONS.len()];
    beside(&mut transport, trunk.read_exact(&mut request)).await.unwrap();
    assert_eq!(transport.statistics().connections, 3);
}

#[tokio::test(start_paused = true)]
async fn r08_a_message_that_drips_is_cut_off_and_so_is_a_silent_stream() {
    for (said, patience) in [(&OPTIONS[..30], 10), ("", 30)] {
        let (mut ours, theirs) = tokio::io::duplex(1_024);
        let (_sender, outgoing) = tokio::sync::mpsc::channel(1);
        let (events, mut told) = tokio::sync::mpsc::channel(8);
        let local = "127.0.0.1:5060".parse().unwrap();
        let flow = Flow { protocol: Protocol::Tcp, local, remote: local, connection: ConnectionId(1) };
        let link = crate::stream::Link {
            flow,
            outgoing,
            events,
            limits: Limits::default(),
            pause: tokio::sync::watch::channel(None).1,
        };
        tokio::spawn(link.run(theirs, crate::patience::Asking::Never));
        let began = tokio::time::Instant::now();
        for byte in said.as_bytes() {
            ours.write_all(&[*byte]).await.unwrap();
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        let Some(StreamEvent::Closed { why, .. }) = told.recv().await else { panic!("not closed") };
        let lasted = began.elapsed().as_secs_f64();
        assert!((lasted - f64::from(patience)).abs() < 0.2, "{why:?} after {lasted} s");
    }
}

#[tokio::test]
async fn an_engine_that_never_waits_still_takes_connections() {
    let (mut transport, _, local) = bound(&loopback());
    let mut peer = TcpStream::connect(local).await.unwrap();
    peer.write_all(OPTIONS.as_bytes()).await.unwrap();
    let mut batch = VecDeque::new();
    let busy = async {
        while batch.is_empty() {
            transport.receive(Instant::now(), &mut batch);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, busy).await.expect("nothing came");
    assert!(matches!(batch.pop_front(), Some(Inbound::Packet { .. })));
}

#[tokio::test]
async fn r08_a_stream_that_is_no_sip_is_closed_at_once() {
    let (mut transport, _, local) = bound(&loopback());
    let lines = "\r\n".repeat(500);
    for (number, nonsense) in NONSENSES.into_iter().chain([lines.as_str()]).enumerate() {
        let mut peer = TcpStream::connect(local).await.unwrap();
        peer.write_all(nonsense.as_bytes()).await.unwrap();
        let came = until_closed(&mut transport).await;
        assert!(matches!(came[..], [] | [Inbound::Unframed { .. }]), "{nonsense:?}: {came:?}");
        let given_up = transport.statistics().connections_given_up;
        assert_eq!(given_up, 1 + u64::try_from(number).unwrap());
        assert_eq!(peer.read(&mut [0; 10]).await.unwrap_or(0), 0, "{nonsense:?}");
    }
}

#[tokio::test]
async fn r05_a_message_whose_end_nobody_can_tell_is_answered_and_its_stream_closed() {
    let (mut transport, _, local) = bound(&loopback());
    for nonsense in NONSENSES {
        let mut peer = TcpStream::connect(local).await.unwrap();
        peer.write_all(nonsense.as_bytes()).await.unwrap();
        let came = received(&mut transport, 1).await;
        let [Inbound::Unframed { flow, head, .. }] = &came[..] else { panic!("{nonsense:?}: {came:?}") };
        assert_eq!(head, nonsense.as_bytes());
        send(&mut transport, *flow, OK);
        let mut answer = Vec::new();
        beside(&mut transport, peer.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(answer, OK, "{nonsense:?}");
        assert_eq!(until_closed(&mut transport).await, []);
    }
}

#[tokio::test]
async fn streams_and_datagrams_go_over_ipv6() {
    let config = Config { udp: vec![at("[::1]:0")], tcp: vec![at("[::1]:0")], ..Config::default() };
    let (mut transport, udp, tcp) = bound(&config);
    let socket = UdpSocket::bind("[::1]:0").await.unwrap();
    socket.send_to(OPTIONS.as_bytes(), udp).await.unwrap();
    let (flow, _) = packet(&mut transport).await;
    assert_eq!(flow, Flow::udp(udp, socket.local_addr().unwrap()));
    send(&mut transport, flow, OK);
    let mut answer = [0; 100];
    assert_eq!(socket.recv_from(&mut answer).await.unwrap(), (OK.len(), udp));

    let mut stream = TcpStream::connect(tcp).await.unwrap();
    stream.write_all(OPTIONS.as_bytes()).await.unwrap();
    let (flow, _) = packet(&mut transport).await;
    send(&mut transport, flow, OK);
    let mut answer = vec![0; OK.len()];
    beside(&mut transport, stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer, OK);

    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    send(&mut transport, to(Protocol::Tcp, listener.local_addr().unwrap()), OPTIONS.as_bytes());
    let (mut peer, from) = beside(&mut transport, listener.accept()).await.unwrap();
    assert!(from.is_ipv6());
    let mut request = vec![0; OPTIONS.len()];
    beside(&mut transport, peer.read_exact(&mut request)).await.unwrap();
    assert_eq!(request, OPTIONS.as_bytes());
}

#[tokio::test]
async fn r29_a_peer_that_we_dialled_is_pinged_and_given_up_when_it_stops_to_answer() {
    let mut config = loopback();
    config.limits.keep_alive_interval = Duration::from_millis(50);
    config.limits.pong_max = Duration::from_millis(100);
    let (mut transport, ..) = bound(&config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flow = to(Protocol::Tcp, listener.local_addr().unwrap());
    send(&mut transport, flow, OPTIONS.as_bytes());
    let (mut peer, _) = beside(&mut transport, listener.accept()).await.unwrap();
    let mut said = vec![0; OPTIONS.len() + 4];
    beside(&mut transport, peer.read_exact(&mut said)).await.unwrap();
    assert!(said.ends_with(b"\r\n\r\n\r\n\r\n"), "a ping follows the request");
    peer.write_all(b"\r\n").await.unwrap();
    let came = received(&mut transport, 1).await;
    assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{came:?}");
    assert_eq!(transport.statistics().connections_given_up, 1);
}
