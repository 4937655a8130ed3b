//! Dialling: TCP, and TLS upon it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listen::prepare;
use crate::patience::Asking;
use crate::stream::{Close, Link};
use crate::tls::{Tls, TlsMaterial};
use crate::udp;

/// RFC 5626 section 4.4.1: pings come after 80 to 100 % of the interval, so that those of many streams do not meet.
const KEEP_ALIVE_SPREAD: f64 = 0.2;

/// Dials, and carries the stream until it ends. `tls`: what to speak TLS with, and then the peer's certificate must be good for
/// one of `names`.
pub(crate) async fn dial(link: Link, dscp: Option<u8>, tls: Option<Arc<Tls>>, names: Vec<String>) {
    let asking = asking(link.limits.keep_alive_interval);
    let open = async {
        let stream = connect(&link, dscp).await?;
        match tls {
            Some(tls) => shake_hands(stream, link.flow.remote, &tls, names).await.map(Open::Tls),
            None => Ok(Open::Tcp(stream)),
        }
    };
    match timeout(link.limits.dial_max, open).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(Open::Tcp(stream)) => link.run(stream, asking).await,
        Ok(Open::Tls(stream)) => link.run(stream, asking).await,
        Err(error) => {
            tracing::debug!(peer = %link.flow.remote, protocol = %link.flow.protocol, %error, "cannot connect");
            link.close(Close::Unreachable, None).await;
        }
    }
}

enum Open {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

async fn connect(link: &Link, dscp: Option<u8>) -> io::Result<TcpStream> {
    let remote = link.flow.remote;
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // From our own address, where that is one: a carrier may admit only that one.
    let local = link.flow.local.ip();
    if !local.is_unspecified() && local.is_ipv4() == remote.is_ipv4() {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    udp::mark(&socket2::SockRef::from(&socket), remote, dscp)?;
    let stream = socket.connect(remote).await?;
    prepare(&stream);
    Ok(stream)
}

/// Dials by TLS as the transport does, with the same checks, and nothing more: for whoever asks one question. `names`: what the
/// certificate may be for; an address is written as text.
///
/// # Errors
/// Whatever keeps the stream from being opened; the material's own faults as [`io::ErrorKind::InvalidInput`].
pub async fn dial_tls(
    material: &TlsMaterial,
    remote: SocketAddr,
    names: Vec<String>,
) -> io::Result<Box<TlsStream<TcpStream>>> {
    let tls = Tls::new(material).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error.to_string()))?;
    shake_hands(TcpStream::connect(remote).await?, remote, &tls, names).await
}

async fn shake_hands(
    stream: TcpStream,
    remote: SocketAddr,
    tls: &Tls,
    names: Vec<String>,
) -> io::Result<Box<TlsStream<TcpStream>>> {
    // What is asked for (SNI) is the first name; whichever of them the certificate is for will do.
    let first = names.first().and_then(|name| ServerName::try_from(name.clone()).ok());
    let asked = first.unwrap_or_else(|| ServerName::from(remote.ip()));
    let config = tls.dialling(names).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(asked, stream).await.map(Box::new)
}

fn asking(interval: Duration) -> Asking {
    let spread: f64 = rand::rng().random_range(0.0..KEEP_ALIVE_SPREAD);
    Asking::Lines { interval: interval.mul_f64(1.0 - spread) }
}
