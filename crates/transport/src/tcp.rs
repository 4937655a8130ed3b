//! TCP: listening sockets, accepted and dialled connections, and the table of all open streams.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow, Protocol};
use socket2::{Domain, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Sleep, timeout};

use crate::config::{BindError, Config, Limits};
use crate::stream::{Close, Link, Outgoing, StreamEvent, WRITES_MAX};
use crate::tls::{Tls, TlsError, TlsMaterial};
use crate::udp;

/// Connections the kernel keeps for us until we accept them.
const BACKLOG: i32 = 1_024;
/// Accepted in one go before packets are looked at again.
const ACCEPTS_IN_A_ROW_MAX: usize = 32;
/// Wait after a failed accept (out of file descriptors), instead of failing again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The kernel asks a silent peer whether it is there (R29), and gives up after four times the interval.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Messages of all streams that wait for the engine; streams wait when it is full.
const EVENTS_MAX: usize = 1_024;

/// Listening sockets and the table of open streams.
pub(crate) struct Tcp {
    listeners: Vec<Listener>,
    streams: HashMap<ConnectionId, Stream>,
    /// Which stream reaches this peer, for messages that name none (RFC 3261 section 18.1.1: reuse).
    by_peer: HashMap<SocketAddr, ConnectionId>,
    per_source: HashMap<IpAddr, usize>,
    next: u64,
    events: mpsc::Receiver<StreamEvent>,
    event_sender: mpsc::Sender<StreamEvent>,
    /// An event that `poll_ready` has already taken from the queue.
    taken: Option<StreamEvent>,
    pause: Option<Pin<Box<Sleep>>>,
    limits: Limits,
    dscp: Option<u8>,
    refused: u64,
    tls: Arc<Tls>,
    names: HashMap<SocketAddr, Vec<String>>,
}

struct Listener {
    socket: TcpListener,
    local: SocketAddr,
}

struct Stream {
    remote: SocketAddr,
    outgoing: mpsc::Sender<Outgoing>,
}

impl Tcp {
    pub(crate) fn bind(config: &Config) -> Result<Self, BindError> {
        let address = config.tls.first().or(config.wss.first()).or(config.ws.first()).copied();
        if let Some(address) = address {
            let error = io::Error::from(io::ErrorKind::Unsupported);
            return Err(BindError { protocol: Protocol::Tls, address, error });
        }
        let anywhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let tls = Tls::new(&config.material).map_err(|error| BindError {
            protocol: Protocol::Tls,
            address: anywhere,
            error: io::Error::other(error),
        })?;
        let listeners = config
            .tcp
            .iter()
            .map(|address| {
                listen(*address, config.dscp).map_err(|error| BindError {
                    protocol: Protocol::Tcp,
                    address: *address,
                    error,
                })
            })
            .collect::<Result<_, _>>()?;
        let (event_sender, events) = mpsc::channel(EVENTS_MAX);
        Ok(Self {
            listeners,
            streams: HashMap::new(),
            by_peer: HashMap::new(),
            per_source: HashMap::new(),
            next: 1,
            events,
            event_sender,
            taken: None,
            pause: None,
            limits: config.limits,
            dscp: config.dscp,
            refused: 0,
            tls: Arc::new(tls),
            names: HashMap::new(),
        })
    }

    pub(crate) fn set_tls(&mut self, material: &TlsMaterial) -> Result<(), TlsError> {
        self.tls = Arc::new(Tls::new(material)?);
        Ok(())
    }

    pub(crate) fn set_names(&mut self, names: Vec<(SocketAddr, String)>) {
        self.names.clear();
        for (address, name) in names {
            self.names.entry(address).or_default().push(name.to_ascii_lowercase());
        }
    }

    pub(crate) fn locals(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.listeners.iter().map(|listener| listener.local)
    }

    /// Streams open or being dialled.
    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Connections turned away because of a limit.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// Writes to the named stream if it is open, to any stream to the same peer, or to a new one. `false`: given up at once.
    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes) -> bool {
        let open = if self.streams.contains_key(&flow.connection) {
            Some(flow.connection)
        } else {
            self.by_peer.get(&flow.remote).copied()
        };
        let Some(connection) = open.or_else(|| self.dial(flow)) else { return false };
        let Some(stream) = self.streams.get(&connection) else { return false };
        match stream.outgoing.try_send((flow, bytes)) {
            Ok(()) => true,
            Err(_) => {
                // Full or already ending: letting go of the sender ends the stream's task, which reports what was lost.
                self.forget(connection);
                false
            }
        }
    }

    /// The next thing that a stream has to tell.
    pub(crate) fn next_event(&mut self) -> Option<StreamEvent> {
        let event = self.taken.take().or_else(|| self.events.try_recv().ok())?;
        if let StreamEvent::Closed { flow, why, .. } = &event {
            tracing::debug!(peer = %flow.remote, connection = flow.connection.0, ?why, "stream closed");
            self.forget(flow.connection);
        }
        Some(event)
    }

    /// Accepts whatever asks, and is ready when a stream has something to tell.
    pub(crate) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.accept(context);
        if self.taken.is_none()
            && let Poll::Ready(Some(event)) = self.events.poll_recv(context)
        {
            self.taken = Some(event);
        }
        if self.taken.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn accept(&mut self, context: &mut Context<'_>) {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return;
            }
            self.pause = None;
        }
        let mut accepted = Vec::new();
        for listener in &self.listeners {
            loop {
                match listener.socket.poll_accept(context) {
                    Poll::Ready(Ok((stream, remote))) => accepted.push((stream, listener.local, remote)),
                    Poll::Ready(Err(error)) => {
                        tracing::warn!(%error, listener = %listener.local, "cannot accept connections for a moment");
                        let mut pause = Box::pin(tokio::time::sleep(ACCEPT_PAUSE));
                        let _ = pause.as_mut().poll(context);
                        self.pause = Some(pause);
                        break;
                    }
                    Poll::Pending => break,
                }
                if accepted.len() >= ACCEPTS_IN_A_ROW_MAX {
                    context.waker().wake_by_ref();
                    break;
                }
            }
        }
        for (stream, local, remote) in accepted {
            self.admit(stream, local, remote);
        }
    }

    fn admit(&mut self, stream: TcpStream, local: SocketAddr, remote: SocketAddr) {
        let from_source = self.per_source.get(&remote.ip()).copied().unwrap_or(0);
        if self.streams.len() >= self.limits.connections_max || from_source >= self.limits.connections_per_source_max {
            self.refused += 1;
            return; // dropped: closed
        }
        prepare(&stream);
        let link = self.open(Flow { protocol: Protocol::Tcp, local, remote, connection: ConnectionId::NONE });
        tokio::spawn(link.run(stream));
    }

    fn dial(&mut self, flow: Flow) -> Option<ConnectionId> {
        if self.streams.len() >= self.limits.connections_max {
            self.refused += 1;
            return None;
        }
        let link = self.open(flow);
        let connection = link.flow.connection;
        tokio::spawn(dial(link, self.dscp));
        Some(connection)
    }

    fn open(&mut self, flow: Flow) -> Link {
        let connection = ConnectionId(self.next);
        self.next += 1;
        let (sender, outgoing) = mpsc::channel(WRITES_MAX);
        self.streams.insert(connection, Stream { remote: flow.remote, outgoing: sender });
        self.by_peer.insert(flow.remote, connection);
        *self.per_source.entry(flow.remote.ip()).or_insert(0) += 1;
        let flow = Flow { connection, ..flow };
        Link { flow, outgoing, events: self.event_sender.clone(), limits: self.limits }
    }

    fn forget(&mut self, connection: ConnectionId) {
        let Some(stream) = self.streams.remove(&connection) else { return };
        if let Entry::Occupied(peer) = self.by_peer.entry(stream.remote)
            && *peer.get() == connection
        {
            peer.remove();
        }
        if let Entry::Occupied(mut count) = self.per_source.entry(stream.remote.ip()) {
            *count.get_mut() = count.get().saturating_sub(1);
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

async fn dial(link: Link, dscp: Option<u8>) {
    let remote = link.flow.remote;
    let connect = async {
        let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // From our own address, where that is one: a carrier may admit only that one.
        let local = link.flow.local.ip();
        if !local.is_unspecified() && local.is_ipv4() == remote.is_ipv4() {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        udp::mark(&socket2::SockRef::from(&socket), remote, dscp)?;
        socket.connect(remote).await
    };
    match timeout(link.limits.dial_max, connect).await {
        Ok(Ok(stream)) => {
            prepare(&stream);
            link.run(stream).await;
        }
        Ok(Err(error)) => {
            tracing::debug!(peer = %remote, %error, "cannot connect");
            link.close(Close::Unreachable, None).await;
        }
        Err(_) => link.close(Close::Unreachable, None).await,
    }
}

fn prepare(stream: &TcpStream) {
    // Neither is worth losing the connection for.
    let _ = stream.set_nodelay(true);
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    let _ = socket2::SockRef::from(stream).set_tcp_keepalive(&keep_alive);
}

fn listen(address: SocketAddr, dscp: Option<u8>) -> io::Result<Listener> {
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
    Ok(Listener { socket, local })
}
