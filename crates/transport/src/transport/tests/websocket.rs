//! WebSocket, in the clear and over TLS, against tungstenite's client.

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::certificates::{Authority, VERSIONS};
use super::*;

/// RFC 7118: no Content-Length, though there is a body.
const BARE: &str = "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\n\r\nhello";

fn with_ws(config: &Config) -> (Transport, SocketAddr) {
    let transport = Transport::bind(Instant::now(), &Config { ws: vec![at("127.0.0.1:0")], ..config.clone() }).unwrap();
    let ws = local(&transport, Protocol::Ws);
    (transport, ws)
}

type Opened<S> = Result<WebSocketStream<S>, Error>;

pub(super) async fn upgrade<S>(stream: S, protocol: Option<&str>, origin: Option<&str>) -> Opened<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = "ws://switch.example/sip".into_client_request().unwrap();
    for (name, value) in [("sec-websocket-protocol", protocol), ("origin", origin)] {
        if let Some(value) = value {
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    let (socket, response) = client_async(request, stream).await?;
    assert_eq!(response.headers()["sec-websocket-protocol"], "sip");
    Ok(socket)
}

async fn opened(transport: &mut Transport, address: SocketAddr) -> WebSocketStream<TcpStream> {
    let open = async { upgrade(TcpStream::connect(address).await.unwrap(), Some("sip"), None).await };
    beside(transport, open).await.unwrap()
}

#[tokio::test]
async fn one_frame_is_one_message_without_a_content_length() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = opened(&mut transport, ws).await;
    for message in [Message::text(BARE), Message::binary(BARE.as_bytes())] {
        beside(&mut transport, peer.send(message)).await.unwrap();
        let (flow, bytes) = packet(&mut transport).await;
        assert_eq!((flow.protocol, flow.local, &bytes[..]), (Protocol::Ws, ws, BARE.as_bytes()));
        let parsed = sip::message::Message::parse(bytes).unwrap();
        assert_eq!(parsed.body(), b"hello", "a frame is read like a datagram");
        transport.send(Instant::now(), flow, Bytes::from_static(OK));
        let answer = beside(&mut transport, peer.next()).await.unwrap().unwrap();
        assert_eq!(answer, Message::text(std::str::from_utf8(OK).unwrap()));
    }
}

#[tokio::test]
async fn what_is_no_text_goes_in_a_binary_frame() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = opened(&mut transport, ws).await;
    beside(&mut transport, peer.send(Message::text(BARE))).await.unwrap();
    let (flow, _) = packet(&mut transport).await;
    let latin = b"SIP/2.0 200 OK\r\nSubject: \xe9\r\n\r\n";
    send(&mut transport, flow, latin);
    let answer = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert_eq!(answer, Message::binary(&latin[..]));
}

#[tokio::test]
async fn a_secure_websocket_carries_messages_and_tells_certificates() {
    let authority = Authority::new();
    let material = authority.material(&["127.0.0.1", "::1"]);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        for version in VERSIONS {
            let config = Config { wss: vec![at(address)], material: material.clone(), ..Config::default() };
            let mut transport = Transport::bind(Instant::now(), &config).unwrap();
            let wss = local(&transport, Protocol::Wss);
            let identity = authority.identity(&["phone.example"]);
            let client = authority.client(&[version], Some(&identity));
            let open = async {
                let stream = TcpStream::connect(wss).await.unwrap();
                let stream = TlsConnector::from(client).connect(ServerName::from(wss.ip()), stream).await.unwrap();
                upgrade(stream, Some("sip"), None).await.unwrap()
            };
            let mut peer = beside(&mut transport, open).await;
            beside(&mut transport, peer.send(Message::text(BARE))).await.unwrap();
            let came = received(&mut transport, 2).await;
            let [Inbound::Certified { flow, names }, Inbound::Packet { flow: of_packet, bytes }] = &came[..] else {
                panic!("{came:?}");
            };
            assert_eq!((flow, &names[..]), (of_packet, &["phone.example".to_owned()][..]));
            assert_eq!((flow.protocol, &bytes[..]), (Protocol::Wss, BARE.as_bytes()));
            send(&mut transport, *flow, OK);
            let answer = beside(&mut transport, peer.next()).await.unwrap().unwrap();
            assert_eq!(answer.into_data(), OK);
        }
    }
}

#[tokio::test]
async fn only_sip_is_spoken_and_only_to_pages_that_are_listed() {
    let origins = vec!["https://desk.example".to_owned()];
    for (listed, protocol, origin, status) in [
        (false, Some("sip"), None, None),
        (false, Some("xmpp, sip"), Some("https://anywhere.example"), None),
        (false, None, None, Some(400)),
        (false, Some("xmpp"), None, Some(400)),
        (true, Some("sip"), Some("https://desk.example"), None),
        (true, Some("sip"), Some("https://desk.example.evil.example"), Some(403)),
        (true, Some("sip"), Some("http://desk.example"), Some(403)),
        (true, Some("sip"), None, None),
    ] {
        let origins = if listed { origins.clone() } else { Vec::new() };
        let (mut transport, ws) = with_ws(&Config { origins, ..loopback() });
        let open = async { upgrade(TcpStream::connect(ws).await.unwrap(), protocol, origin).await };
        let refused = match beside(&mut transport, open).await {
            Ok(_) => None,
            Err(Error::Http(response)) => Some(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(refused, status, "{protocol:?} {origin:?}");
        if refused.is_some() {
            received(&mut transport, 1).await;
            assert_eq!(transport.statistics().handshakes_failed, 1);
        }
    }
}

#[tokio::test]
async fn pings_of_both_kinds_are_answered() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = opened(&mut transport, ws).await;
    for (ping, pong) in [
        (Message::Ping(Bytes::from_static(b"x")), Message::Pong(Bytes::from_static(b"x"))),
        (Message::text("\r\n\r\n"), Message::text("\r\n")),
        (Message::binary(&b"\r\n\r\n"[..]), Message::binary(&b"\r\n"[..])),
    ] {
        beside(&mut transport, peer.send(ping)).await.unwrap();
        assert_eq!(beside(&mut transport, peer.next()).await.unwrap().unwrap(), pong);
    }
    beside(&mut transport, peer.send(Message::text(BARE))).await.unwrap();
    packet(&mut transport).await;
}

#[tokio::test]
async fn r29_a_websocket_that_answers_no_ping_is_closed() {
    let mut config = loopback();
    config.limits.ping_interval = Duration::from_millis(50);
    config.limits.pong_max = Duration::from_millis(50);
    let (mut transport, ws) = with_ws(&config);
    let mut peer = opened(&mut transport, ws).await;
    let ping = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert_eq!(ping, Message::Ping(Bytes::new()));
    // It would answer while it is polled, which nobody does any more.
    let came = received(&mut transport, 1).await;
    assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{came:?}");
    assert_eq!(transport.statistics().connections_given_up, 1);
}

#[tokio::test]
async fn r08_a_message_in_parts_is_put_together_and_one_that_never_ends_is_cut_off() {
    let mut config = loopback();
    config.limits.message_time_max = Duration::from_millis(300);
    let (mut transport, ws) = with_ws(&config);
    let mut peer = opened(&mut transport, ws).await;
    let (front, back) = BARE.split_at(20);
    let part = |data: &'static str, first: bool, last: bool| {
        let data = Bytes::from_static(data.as_bytes());
        let kind = if first { Data::Text } else { Data::Continue };
        Message::Frame(Frame::message(data, OpCode::Data(kind), last))
    };
    beside(&mut transport, peer.send(part(front, true, false))).await.unwrap();
    beside(&mut transport, peer.send(part(back, false, true))).await.unwrap();
    assert_eq!(packet(&mut transport).await.1, BARE.as_bytes());
    beside(&mut transport, peer.send(part(front, true, false))).await.unwrap();
    let came = received(&mut transport, 1).await;
    assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{came:?}");
    assert_eq!(transport.statistics().connections_given_up, 1);
}

#[tokio::test]
async fn r08_a_frame_beyond_the_limit_ends_the_stream() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = opened(&mut transport, ws).await;
    let _ = beside(&mut transport, peer.send(Message::binary(vec![b'x'; 70_000]))).await;
    let came = received(&mut transport, 1).await;
    assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{came:?}");
    assert_eq!(transport.statistics().connections_given_up, 1);
}

#[tokio::test]
async fn r09_messages_to_a_websocket_that_is_gone_are_reported() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = opened(&mut transport, ws).await;
    beside(&mut transport, peer.send(Message::text(BARE))).await.unwrap();
    let (flow, _) = packet(&mut transport).await;
    beside(&mut transport, peer.close(None)).await.unwrap();
    assert_eq!(received(&mut transport, 1).await, [Inbound::FlowClosed { flow }]);
    send(&mut transport, flow, OK);
    assert_eq!(received(&mut transport, 1).await, [Inbound::TransportFailed { flow }]);
}
