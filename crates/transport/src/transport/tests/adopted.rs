//! WebSockets that another server has accepted.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{DuplexStream, duplex};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;

const OPTIONS: &str = "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n";
const HIM: &str = "192.0.2.77:4711";

/// A transport with one adopted socket; the browser's end, and whoever may end it.
async fn adopted(config: &Config) -> (Transport, Flow, WebSocketStream<DuplexStream>, oneshot::Sender<()>) {
    let mut transport = Transport::bind(Instant::now(), config).unwrap();
    let (ours, theirs) = duplex(65_536);
    let (over, until) = oneshot::channel();
    let socket = Adopted { is_secure: true, remote: at(HIM), stream: Box::new(ours), over: until };
    let flow = transport.adopt(socket).unwrap();
    (transport, flow, WebSocketStream::from_raw_socket(theirs, Role::Client, None).await, over)
}

#[tokio::test]
async fn messages_go_both_ways_and_its_flow_says_where_it_is() {
    let (mut transport, flow, mut peer, _over) = adopted(&loopback()).await;
    assert_eq!((flow.protocol, flow.remote), (Protocol::Wss, at(HIM)));
    assert!(transport.locals().iter().any(|(_, local)| *local == flow.local), "{flow:?}");
    // As many as no stranger may send at once: whoever gives the socket knows who is there.
    for _ in 0..3 * Limits::default().stranger_burst as usize {
        beside(&mut transport, peer.send(Message::text(OPTIONS))).await.unwrap();
        let (from, bytes) = packet(&mut transport).await;
        assert_eq!((from, &bytes[..]), (flow, OPTIONS.as_bytes()));
    }
    assert_eq!(transport.statistics().slowed, 0);
    transport.send(Instant::now(), flow, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"));
    let answer = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert_eq!(answer, Message::text("SIP/2.0 200 OK\r\n\r\n"));
}

#[tokio::test]
async fn whoever_gave_it_can_end_it_and_sees_its_end() {
    let (mut transport, flow, mut peer, over) = adopted(&loopback()).await;
    drop(over);
    let said = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert!(said.is_close(), "{said:?}");
    assert_eq!(received(&mut transport, 1).await, [Inbound::FlowClosed { flow }]);

    let (mut transport, flow, peer, mut over) = adopted(&loopback()).await;
    drop(peer);
    assert_eq!(received(&mut transport, 1).await, [Inbound::FlowClosed { flow }]);
    beside(&mut transport, over.closed()).await;
    assert_eq!(transport.statistics().connections, 0);
}

#[tokio::test]
async fn what_is_closed_here_says_its_last_words_first() {
    let (mut transport, flow, mut peer, _over) = adopted(&loopback()).await;
    transport.send(Instant::now(), flow, Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n"));
    transport.close(flow);
    transport.send(Instant::now(), flow, Bytes::from_static(b"SIP/2.0 404 Not Found\r\n\r\n"));
    let answer = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert_eq!(answer, Message::text("SIP/2.0 200 OK\r\n\r\n"));
    let said = beside(&mut transport, peer.next()).await.unwrap().unwrap();
    assert!(said.is_close(), "{said:?}");
    let told = received(&mut transport, 2).await;
    assert!(told.contains(&Inbound::FlowClosed { flow }), "{told:?}");
    assert_eq!(transport.statistics().connections, 0);
}

#[tokio::test]
async fn r08_there_is_room_for_so_many_and_no_more() {
    let config = Config { limits: Limits { connections_max: 1, ..Limits::default() }, ..loopback() };
    let (mut transport, _, _peer, _over) = adopted(&config).await;
    let (ours, _theirs) = duplex(64);
    let (over, until) = oneshot::channel();
    let socket = Adopted { is_secure: false, remote: at(HIM), stream: Box::new(ours), over: until };
    assert_eq!(transport.adopt(socket), None);
    assert!(over.is_closed());
    assert_eq!(transport.statistics().connections_refused, 1);
}

#[test]
fn only_what_asks_for_sip_over_websocket_is_agreed_to() {
    let good = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "sip"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    };
    // RFC 6455 section 1.3 has this key and this answer.
    assert_eq!(crate::agree(&headers(&good)).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for missing in 0..good.len() {
        let mut some = good.to_vec();
        some.remove(missing);
        assert_eq!(crate::agree(&headers(&some)), Err(StatusCode::BAD_REQUEST), "without {}", good[missing].0);
    }
}
