//! Listening sockets: whoever asks to be connected, in turns and with a breath after a failure.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use sip::flow::Protocol;
use socket2::{Domain, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use crate::config::{BindError, Config};
use crate::udp;

/// Connections the kernel keeps for us until we accept them.
const BACKLOG: i32 = 1_024;
/// Accepted in one go from one socket before packets are looked at again.
const ACCEPTS_IN_A_ROW_MAX: usize = 32;
/// Wait after a failed accept (out of file descriptors), instead of failing again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The kernel asks a peer that has been silent for so long whether it is there (R29)...
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// ...asks again after this...
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// ...and breaks the connection when something, a question or a message, was not acknowledged for so long.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(20);

/// Every listening socket.
pub(crate) struct Listeners {
    sockets: Vec<Listener>,
    pause: Option<Pin<Box<Sleep>>>,
}

struct Listener {
    protocol: Protocol,
    socket: TcpListener,
    local: SocketAddr,
}

/// A connection that has come in by a listening socket.
pub(crate) struct Accepted {
    pub(crate) protocol: Protocol,
    pub(crate) stream: TcpStream,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Listeners {
    pub(crate) fn bind(config: &Config) -> Result<Self, BindError> {
        let wanted = [
            (Protocol::Tcp, &config.tcp),
            (Protocol::Tls, &config.tls),
            (Protocol::Ws, &config.ws),
            (Protocol::Wss, &config.wss),
        ];
        let mut sockets = Vec::new();
        for (protocol, addresses) in wanted {
            for address in addresses {
                let (socket, local) =
                    listen(*address, config.dscp).map_err(|error| BindError { protocol, address: *address, error })?;
                sockets.push(Listener { protocol, socket, local });
            }
        }
        Ok(Self { sockets, pause: None })
    }

    pub(crate) fn locals(&self) -> impl Iterator<Item = (Protocol, SocketAddr)> + '_ {
        self.sockets.iter().map(|listener| (listener.protocol, listener.local))
    }

    /// Whoever has asked; wakes the task of `context` when somebody does.
    pub(crate) fn accept(&mut self, context: &mut Context<'_>) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return accepted;
            }
            self.pause = None;
        }
        for listener in &self.sockets {
            for turn in 0..=ACCEPTS_IN_A_ROW_MAX {
                if turn == ACCEPTS_IN_A_ROW_MAX {
                    context.waker().wake_by_ref();
                    break;
                }
                match listener.socket.poll_accept(context) {
                    Poll::Ready(Ok((stream, remote))) => {
                        let (protocol, local) = (listener.protocol, listener.local);
                        accepted.push(Accepted { protocol, stream, local, remote });
                    }
                    Poll::Ready(Err(error)) => {
                        tracing::warn!(%error, listener = %listener.local, "cannot accept connections for a moment");
                        let mut pause = Box::pin(tokio::time::sleep(ACCEPT_PAUSE));
                        let _ = pause.as_mut().poll(context);
                        self.pause = Some(pause);
                        break;
                    }
                    Poll::Pending => break,
                }
            }
        }
        accepted
    }
}

fn listen(address: SocketAddr, dscp: Option<u8>) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking().cloexec(), None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?; // a restart must not wait for the last process's connections (R27)
    udp::mark(&socket, address, dscp)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let socket = TcpListener::from_std(socket.into())?;
    let local = socket.local_addr()?;
    Ok((socket, local))
}

/// What is good for every connection of ours, accepted or dialled.
pub(crate) fn prepare(stream: &TcpStream) {
    // None of it is worth losing the connection for.
    let _ = stream.set_nodelay(true);
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE_INTERVAL);
    let socket = socket2::SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&keep_alive);
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn r29_the_kernel_breaks_a_connection_whose_peer_acknowledges_nothing() {
        let (listener, local) = listen("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let (stream, accepted) = tokio::join!(TcpStream::connect(local), listener.accept());
        let (_peer, (stream, _)) = (stream.unwrap(), accepted.unwrap());
        prepare(&stream);
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEP_ALIVE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEP_ALIVE_INTERVAL);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED_MAX));
    }
}
