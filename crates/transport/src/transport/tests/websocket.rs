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

pub(super) async fn opened(transport: &mut Transport, address: SocketAddr) -> WebSocketStream<TcpStream> {
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

/// A frame as a browser sends it, masked (RFC 6455 section 5.2).
fn masked(first: u8, text: &str) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first, 0x80 | 126];
    frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    frame.extend(mask);
    frame.extend(text.bytes().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[tokio::test]
async fn the_bytes_on_the_wire_are_those_of_the_rfcs() {
    let (mut transport, ws) = with_ws(&loopback());
    let mut peer = TcpStream::connect(ws).await.unwrap();
    // RFC 6455 section 1.2 and RFC 7118 section 8.1 have this key and this answer to it.
    let request = "GET / HTTP/1.1\r\nHost: sip-ws.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://www.example.com\r\n\
        Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n";
    peer.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(beside(&mut transport, peer.read_u8()).await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap().to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    for line in ["upgrade: websocket", "connection: upgrade", "sec-websocket-protocol: sip"] {
        assert!(answer.lines().any(|header| header == line), "{line}: {answer}");
    }
    assert!(answer.contains(&"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_ascii_lowercase()), "{answer}");
    assert!(!answer.contains("sec-websocket-extensions"), "no compression");

    // Two messages in one segment, one of them in two frames; then two frames that dribble in.
    let long = BARE.replace("hello", &"x".repeat(200));
    let (front, back) = long.split_at(150);
    let all = [masked(0x81, &long), masked(0x01, front), masked(0x80, back)].concat();
    peer.write_all(&all).await.unwrap();
    assert_eq!(received(&mut transport, 2).await.len(), 2);
    let dribble = async {
        for byte in masked(0x82, &long) {
            peer.write_u8(byte).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    beside(&mut transport, dribble).await;
    let (flow, bytes) = packet(&mut transport).await;
    assert_eq!(bytes, long.as_bytes());
    send(&mut transport, flow, OK);
    let mut frame = vec![0; 2 + OK.len()];
    beside(&mut transport, peer.read_exact(&mut frame)).await.unwrap();
    assert_eq!(frame, [&[0x81, u8::try_from(OK.len()).unwrap()], OK].concat(), "one unmasked text frame");
}

#[tokio::test]
async fn r08_a_frame_that_promises_too_much_or_wears_no_mask_ends_the_stream() {
    for frame in [
        &[0x82, 0x80 | 127, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4][..], // four gigabytes to come
        &[0x82, 0x80 | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4],
        &[0x81, 0x03, b'a', b'b', b'c'], // a client must mask (RFC 6455 section 5.1)
        &[0x83, 0x80, 1, 2, 3, 4],       // no such kind of frame
        &[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], // text that is none
        &[0xc1, 0x80, 1, 2, 3, 4],       // an extension that was not agreed on
    ] {
        let (mut transport, ws) = with_ws(&loopback());
        let mut peer = opened(&mut transport, ws).await;
        beside(&mut transport, peer.get_mut().write_all(frame)).await.unwrap();
        let came = received(&mut transport, 1).await;
        assert!(matches!(came[..], [Inbound::FlowClosed { .. }]), "{frame:?}: {came:?}");
        assert_eq!(transport.statistics().connections_given_up, 1, "{frame:?}");
    }
}
