//! What an accepted connection must say before it may speak SIP: nothing, TLS, WebSocket, or both; in a limited time (R08).

use std::future::pending;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use sip::flow::Protocol;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::patience::Asking;
use crate::stream::{Close, Link};
use crate::tls::certified_names;
use crate::websocket;

/// Shakes hands and carries the stream until it ends. `tls`: what to speak TLS with, where the flow's protocol is secure.
pub(crate) async fn accept(
    link: Link,
    stream: std::net::TcpStream,
    tls: Option<Arc<ServerConfig>>,
    origins: Arc<[String]>,
) {
    if let Err(error) = shake_hands_and_run(link, stream, tls, origins).await {
        let (link, error) = *error;
        tracing::debug!(peer = %link.flow.remote, protocol = %link.flow.protocol, %error, "no handshake");
        link.close(Close::NoHandshake, None).await;
    }
}

type Failed = Box<(Link, io::Error)>;

async fn shake_hands_and_run(
    link: Link,
    stream: std::net::TcpStream,
    tls: Option<Arc<ServerConfig>>,
    origins: Arc<[String]>,
) -> Result<(), Failed> {
    let limit = link.limits.handshake_max;
    let done = timeout(limit, async {
        // The socket changes threads: from now on the runtime of this task watches it.
        let stream = TcpStream::from_std(stream)?;
        match link.flow.protocol {
            Protocol::Tcp => Ok(Open::Tcp(stream)),
            Protocol::Tls => Ok(Open::Tls(Box::new(secure(stream, tls).await?))),
            Protocol::Ws => Ok(Open::Ws(Box::new(websocket::accept(stream, &origins).await?))),
            Protocol::Wss => {
                let stream = secure(stream, tls).await?;
                let names = names_of(&stream);
                Ok(Open::Wss(Box::new(websocket::accept(stream, &origins).await?), names))
            }
            Protocol::Udp => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    });
    match done.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(Open::Tcp(stream)) => link.run(stream, Asking::Never).await,
        Ok(Open::Tls(stream)) => {
            link.opened(names_of(&stream)).await;
            link.run(stream, Asking::Never).await;
        }
        Ok(Open::Ws(socket)) => {
            link.opened(None).await;
            websocket::run(link, *socket, pending()).await;
        }
        Ok(Open::Wss(socket, names)) => {
            link.opened(names).await;
            websocket::run(link, *socket, pending()).await;
        }
        Err(error) => return Err(Box::new((link, error))),
    }
    Ok(())
}

enum Open {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Ws(Box<websocket::Socket<TcpStream>>),
    Wss(Box<websocket::Socket<TlsStream<TcpStream>>>, Option<Vec<String>>),
}

async fn secure(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<TlsStream<TcpStream>> {
    let config = tls.ok_or(io::ErrorKind::Unsupported)?;
    TlsAcceptor::from(config).accept(stream).await
}

/// Whom the peer's certificate, which the handshake has verified, names; `None`: it showed none.
fn names_of(stream: &TlsStream<TcpStream>) -> Option<Vec<String>> {
    stream.get_ref().1.peer_certificates()?.first().map(certified_names)
}
