//! TLS, both ways.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::certificates::{self, Authority, VERSIONS};
use super::*;
use crate::tls::{Identity, TlsFault, TlsPart};

const CARRIER: &str = "carrier.example";

fn listening(address: &str, material: TlsMaterial) -> Config {
    Config { tls: vec![at(address)], material, ..loopback() }
}

fn with_tls(config: &Config) -> (Transport, SocketAddr) {
    let transport = Transport::bind(Instant::now(), config).unwrap();
    let tls = local(&transport, Protocol::Tls);
    (transport, tls)
}

/// A peer connects by TLS. With TLS 1.3 it learns only later that its certificate was refused.
async fn connect(
    transport: &mut Transport,
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> std::io::Result<client::TlsStream<TcpStream>> {
    let connect = async {
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(config).connect(ServerName::from(address.ip()), stream).await
    };
    beside(transport, connect).await
}

/// We dial a peer; what it sees.
async fn dialled(
    transport: &mut Transport,
    listener: &TcpListener,
    config: Arc<ServerConfig>,
) -> std::io::Result<server::TlsStream<TcpStream>> {
    let accept = async {
        let (stream, _) = listener.accept().await?;
        TlsAcceptor::from(config).accept(stream).await
    };
    beside(transport, accept).await
}

#[tokio::test]
async fn peers_of_either_version_connect_by_ipv4_and_ipv6() {
    let authority = Authority::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        for version in VERSIONS {
            let material = authority.material(&["127.0.0.1", "::1"]);
            let (mut transport, tls) = with_tls(&listening(address, material));
            let config = authority.client(&[version], None);
            let mut peer = connect(&mut transport, tls, config).await.unwrap();
            beside(&mut transport, peer.write_all(OPTIONS.as_bytes())).await.unwrap();
            let (flow, bytes) = packet(&mut transport).await;
            assert_eq!((flow.protocol, flow.local, &bytes[..]), (Protocol::Tls, tls, OPTIONS.as_bytes()));
            assert_eq!(flow.remote, peer.get_ref().0.local_addr().unwrap());
            send(&mut transport, flow, OK);
            let mut answer = vec![0; OK.len()];
            beside(&mut transport, peer.read_exact(&mut answer)).await.unwrap();
            assert_eq!(answer, OK);
            beside(&mut transport, peer.shutdown()).await.unwrap();
            assert_eq!(received(&mut transport, 1).await, [Inbound::FlowClosed { flow }]);
        }
    }
}

#[tokio::test]
async fn peers_of_either_version_are_dialled_by_ipv4_and_ipv6_and_answer_on_the_same_stream() {
    let authority = Authority::new();
    let identity = authority.identity(&[CARRIER]);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        for version in VERSIONS {
            let (mut transport, ..) = bound(&Config { material: authority.material(&[]), ..loopback() });
            let listener = TcpListener::bind(address).await.unwrap();
            let remote = listener.local_addr().unwrap();
            transport.names(vec![(remote, "Carrier.Example".to_owned())]);
            let flow = to(Protocol::Tls, remote);
            send(&mut transport, flow, OPTIONS.as_bytes());
            send(&mut transport, flow, OPTIONS.as_bytes());
            let config = certificates::server(&identity, &[version], None);
            let mut peer = dialled(&mut transport, &listener, config).await.unwrap();
            assert_eq!(peer.get_ref().1.server_name(), Some(CARRIER), "the name is asked for");
            let mut both = vec![0; 2 * OPTIONS.len()];
            beside(&mut transport, peer.read_exact(&mut both)).await.unwrap();
            assert_eq!(transport.statistics().connections, 1);
            beside(&mut transport, peer.write_all(OK)).await.unwrap();
            let (came, _) = packet(&mut transport).await;
            assert_eq!((came.protocol, came.remote), (Protocol::Tls, remote));
        }
    }
}

/// What becomes of a message to a peer with this certificate, of whom these names are expected.
async fn reaches(authority: &Authority, shown: &Identity, expected: &[&str]) -> bool {
    let (mut transport, ..) = bound(&Config { material: authority.material(&[]), ..loopback() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    transport.names(expected.iter().map(|name| (remote, (*name).to_owned())).collect());
    let flow = to(Protocol::Tls, remote);
    send(&mut transport, flow, OPTIONS.as_bytes());
    let config = certificates::server(shown, VERSIONS, None);
    let peer = async {
        let (stream, _) = listener.accept().await?;
        let mut stream = TlsAcceptor::from(config).accept(stream).await?;
        let mut request = vec![0; OPTIONS.len()];
        stream.read_exact(&mut request).await
    };
    let read = beside(&mut transport, peer).await;
    if read.is_err() {
        let came = received(&mut transport, 2).await;
        assert!(came.contains(&Inbound::TransportFailed { flow }), "{came:?}");
        assert_eq!(transport.statistics().unreachable, 1);
    }
    read.is_ok()
}

#[tokio::test]
async fn only_a_certificate_for_an_expected_name_is_accepted() {
    let authority = Authority::new();
    for (shown, expected, good) in [
        (&["carrier.example"][..], &["carrier.example"][..], true),
        (&["carrier.example"], &["other.example"], false),
        (&["carrier.example"], &["sip.carrier.example"], false),
        (&["carrier.example"], &["other.example", "carrier.example"], true),
        (&["*.carrier.example"], &["sip.carrier.example"], true),
        (&["sip:carrier.example"], &["carrier.example"], true),
        (&["sip:other.example"], &["carrier.example"], false),
        (&["sip:carrier.example", "edge.example"], &["carrier.example"], true),
        (&["127.0.0.1"], &[], true),
        (&["127.0.0.2"], &[], false),
        (&["carrier.example"], &[], false),
        (&["127.0.0.1"], &["carrier.example"], false),
    ] {
        let identity = authority.identity(shown);
        assert_eq!(reaches(&authority, &identity, expected).await, good, "{shown:?} shown, {expected:?} expected");
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_or_that_nobody_vouches_for_is_refused() {
    let authority = Authority::new();
    assert!(reaches(&authority, &authority.identity(&[CARRIER]), &[CARRIER]).await);
    assert!(!reaches(&authority, &authority.expired(&[CARRIER]), &[CARRIER]).await);
    assert!(!reaches(&authority, &Authority::new().identity(&[CARRIER]), &[CARRIER]).await);
}

#[tokio::test]
async fn a_client_certificate_is_told_before_the_first_packet() {
    let authority = Authority::new();
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", authority.material(&["127.0.0.1"])));
    for (names, told) in [
        (
            &["SIP.Carrier.example", "sip:carrier.example", "*.wild.example"][..],
            &["carrier.example", "sip.carrier.example"][..],
        ),
        (&["127.0.0.1"], &[]),
    ] {
        let identity = authority.identity(names);
        let config = authority.client(VERSIONS, Some(&identity));
        let mut peer = connect(&mut transport, tls, config).await.unwrap();
        beside(&mut transport, peer.write_all(OPTIONS.as_bytes())).await.unwrap();
        let came = received(&mut transport, 2).await;
        let [Inbound::Certified { flow, names }, Inbound::Packet { flow: of_packet, .. }] = &came[..] else {
            panic!("{came:?}");
        };
        assert_eq!(
            (flow, &names[..]),
            (of_packet, &told.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..])
        );
        drop(peer);
        received(&mut transport, 1).await;
    }
}

#[tokio::test]
async fn nobody_must_show_a_certificate_but_a_wrong_one_ends_the_handshake() {
    let authority = Authority::new();
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", authority.material(&["127.0.0.1"])));
    let mut peer = connect(&mut transport, tls, authority.client(VERSIONS, None)).await.unwrap();
    beside(&mut transport, peer.write_all(OPTIONS.as_bytes())).await.unwrap();
    packet(&mut transport).await;
    for wrong in [Authority::new().identity(&[CARRIER]), authority.expired(&[CARRIER])] {
        let config = authority.client(VERSIONS, Some(&wrong));
        if let Ok(mut peer) = connect(&mut transport, tls, config).await {
            assert!(beside(&mut transport, peer.read(&mut [0; 10])).await.is_err(), "an alert");
        }
        let came = received(&mut transport, 1).await;
        assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{came:?}");
    }
    assert_eq!(transport.statistics().handshakes_failed, 2);
}

#[tokio::test]
async fn a_carrier_that_asks_is_shown_our_certificate() {
    let authority = Authority::new();
    let material = TlsMaterial { client: Some(authority.identity(&["us.example"])), ..authority.material(&[]) };
    let (mut transport, ..) = bound(&Config { material, ..loopback() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = listener.local_addr().unwrap();
    transport.names(vec![(remote, CARRIER.to_owned())]);
    send(&mut transport, to(Protocol::Tls, remote), OPTIONS.as_bytes());
    let config = certificates::server(&authority.identity(&[CARRIER]), VERSIONS, Some(&authority));
    let peer = dialled(&mut transport, &listener, config).await.unwrap();
    let shown = peer.get_ref().1.peer_certificates().unwrap();
    assert_eq!(crate::tls::certified_names(&shown[0]), ["us.example"]);
}

#[tokio::test]
async fn records_and_messages_need_not_meet() {
    let authority = Authority::new();
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", authority.material(&["127.0.0.1"])));
    let mut peer = connect(&mut transport, tls, authority.client(VERSIONS, None)).await.unwrap();
    // Two messages in one record.
    beside(&mut transport, peer.write_all(format!("{OPTIONS}{OPTIONS}").as_bytes())).await.unwrap();
    assert_eq!(received(&mut transport, 2).await.len(), 2);
    // One message in as many records as it has bytes.
    let one_by_one = async {
        for byte in OPTIONS.as_bytes() {
            peer.write_all(&[*byte]).await.unwrap();
            peer.flush().await.unwrap();
        }
    };
    beside(&mut transport, one_by_one).await;
    let (flow, bytes) = packet(&mut transport).await;
    assert_eq!(bytes, OPTIONS.as_bytes());
    // A ping within it all, and an answer longer than a record.
    beside(&mut transport, peer.write_all(b"\r\n\r\n")).await.unwrap();
    let mut pong = [0; 2];
    beside(&mut transport, peer.read_exact(&mut pong)).await.unwrap();
    assert_eq!(&pong, b"\r\n");
    let long = format!("SIP/2.0 200 OK\r\nContent-Length: 40000\r\n\r\n{}", "x".repeat(40_000));
    transport.send(Instant::now(), flow, Bytes::from(long.clone()));
    let mut answer = vec![0; long.len()];
    beside(&mut transport, peer.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer, long.as_bytes());
}

#[tokio::test]
async fn another_certificate_is_taken_while_streams_are_open() {
    let (old, new) = (Authority::new(), Authority::new());
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", old.material(&["127.0.0.1"])));
    let mut before = connect(&mut transport, tls, old.client(VERSIONS, None)).await.unwrap();
    let strange = TlsMaterial {
        server: Some(Identity { key: new.identity(&["x"]).key, ..old.identity(&["127.0.0.1"]) }),
        ..TlsMaterial::default()
    };
    let refused = transport.set_tls(&strange).unwrap_err();
    assert_eq!((refused.part, refused.fault), (TlsPart::Server, TlsFault::KeyOfAnother));
    let refused = transport.set_tls(&TlsMaterial::default()).unwrap_err();
    assert_eq!((refused.part, refused.fault), (TlsPart::Server, TlsFault::Missing));
    connect(&mut transport, tls, old.client(VERSIONS, None)).await.expect("the old one stays when the new one is bad");

    transport.set_tls(&new.material(&["127.0.0.1"])).unwrap();
    connect(&mut transport, tls, new.client(VERSIONS, None)).await.unwrap();
    assert!(connect(&mut transport, tls, old.client(VERSIONS, None)).await.is_err());
    beside(&mut transport, before.write_all(OPTIONS.as_bytes())).await.unwrap();
    let came =
        received_until(&mut transport, |_, all| all.iter().any(|one| matches!(one, Inbound::Packet { .. }))).await;
    let flow = came.iter().find(|one| matches!(one, Inbound::Packet { .. })).map(flow_of).unwrap();
    assert_eq!(flow.remote, before.get_ref().0.local_addr().unwrap(), "the stream from before still speaks");
}

#[tokio::test]
async fn a_listener_needs_a_certificate_that_can_be_used() {
    let authority = Authority::new();
    let identity = authority.identity(&["a.example"]);
    let broken = |chain: &[u8], key: &[u8]| Some(Identity { chain: chain.to_vec(), key: key.to_vec() });
    for (server, part) in [
        (None, "none is given"),
        (broken(b"", &identity.key), "no certificate"),
        (broken(&identity.chain, b"nonsense"), "no private key"),
        (broken(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", &identity.key), "cannot be read"),
    ] {
        let config = listening("127.0.0.1:0", TlsMaterial { server, ..TlsMaterial::default() });
        let error = Transport::bind(Instant::now(), &config).err().expect("not bound").to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(!format!("{identity:?}").contains("PRIVATE"));
    assert_eq!(authority.material(&["a.example"]).check(), Ok(()));
}

#[tokio::test]
async fn a_certified_peer_that_says_alias_is_answered_by_its_own_stream() {
    let authority = Authority::new();
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", authority.material(&["127.0.0.1"])));
    let identity = authority.identity(&[CARRIER]);
    let address = at("127.0.0.1:5999");
    transport.names(vec![(address, CARRIER.to_owned())]);
    let mut peer = connect(&mut transport, tls, authority.client(VERSIONS, Some(&identity))).await.unwrap();
    let request =
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bK1;alias\r\nContent-Length: 0\r\n\r\n";
    beside(&mut transport, peer.write_all(request.as_bytes())).await.unwrap();
    received(&mut transport, 2).await;
    send(&mut transport, to(Protocol::Tls, address), OPTIONS.as_bytes());
    let mut came = vec![0; OPTIONS.len()];
    beside(&mut transport, peer.read_exact(&mut came)).await.unwrap();
    assert_eq!((came, transport.statistics().connections), (OPTIONS.as_bytes().to_vec(), 1));
}

#[tokio::test]
async fn r08_nonsense_and_drips_end_a_tls_stream_too() {
    let authority = Authority::new();
    let mut config = listening("127.0.0.1:0", authority.material(&["127.0.0.1"]));
    config.limits.message_time_max = Duration::from_millis(300);
    let (mut transport, tls) = with_tls(&config);
    for said in NONSENSES.into_iter().chain([&OPTIONS[..30]]) {
        let before = transport.statistics().connections_given_up;
        let mut peer = connect(&mut transport, tls, authority.client(VERSIONS, None)).await.unwrap();
        beside(&mut transport, peer.write_all(said.as_bytes())).await.unwrap();
        let came = until_closed(&mut transport).await;
        assert!(matches!(came[..], [] | [Inbound::Unframed { .. }]), "{said:?}: {came:?}");
        assert_eq!(transport.statistics().connections_given_up, before + 1, "{said:?}");
    }
}

#[tokio::test]
async fn a_peer_that_reads_slowly_gets_every_byte() {
    const MESSAGES: usize = 60;
    let authority = Authority::new();
    let (mut transport, tls) = with_tls(&listening("127.0.0.1:0", authority.material(&["127.0.0.1"])));
    let config = authority.client(VERSIONS, None);
    let connect = async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = socket.connect(tls).await.unwrap();
        TlsConnector::from(config).connect(ServerName::from(tls.ip()), stream).await.unwrap()
    };
    let mut peer = beside(&mut transport, connect).await;
    beside(&mut transport, peer.write_all(OPTIONS.as_bytes())).await.unwrap();
    let (flow, _) = packet(&mut transport).await;
    let long = Bytes::from(format!("SIP/2.0 200 OK\r\nContent-Length: 60000\r\n\r\n{}", "x".repeat(60_000)));
    for _ in 0..MESSAGES {
        transport.send(Instant::now(), flow, long.clone());
    }
    let mut all = vec![0; MESSAGES * long.len()];
    beside(&mut transport, peer.read_exact(&mut all)).await.unwrap();
    assert!(all.chunks(long.len()).all(|message| message == long));
}
