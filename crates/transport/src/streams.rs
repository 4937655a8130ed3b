//! The table of all open streams: who is admitted, which one carries a message, who is certified.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustls::ServerConfig;
use sip::flow::{ConnectionId, Flow, Protocol};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::beside::Beside;
use crate::config::{BindError, Config, Limits};
use crate::listen::{Accepted, Listeners, prepare};
use crate::reuse::Reuse;
use crate::stream::{Close, Link, Outgoing, StreamEvent, WRITES_MAX};
use crate::tls::{Tls, TlsError, TlsFault, TlsMaterial, TlsPart};
use crate::transport::Adopted;
use crate::{dial, handshake, websocket};

/// Messages of all streams that wait for the engine; streams wait when it is full.
const EVENTS_MAX: usize = 1_024;
/// Streams that we may dial beyond [`Limits::connections_max`]: strangers who take all the places must not keep us from a trunk.
const DIALLED_RESERVE: usize = 256;

/// Listening sockets and the table of open streams.
pub(crate) struct Streams {
    listeners: Listeners,
    streams: HashMap<ConnectionId, Stream>,
    reuse: Reuse,
    per_source: HashMap<IpAddr, Count>,
    /// Accepted streams whose handshake is not done yet.
    shaking: usize,
    next: u64,
    events: mpsc::Receiver<StreamEvent>,
    event_sender: mpsc::Sender<StreamEvent>,
    /// An event that `poll_ready` has already taken from the queue.
    taken: Option<StreamEvent>,
    beside: Beside,
    tls: Arc<Tls>,
    origins: Arc<[String]>,
    limits: Limits,
    dscp: Option<u8>,
    counts: StreamCounts,
}

/// Counters since the start.
#[derive(Clone, Copy, Default)]
pub(crate) struct StreamCounts {
    /// Turned away because there were too many streams, or too many in a short time.
    pub(crate) refused: u64,
    /// Turned away because there were too many handshakes.
    pub(crate) handshakes_refused: u64,
    /// Handshakes that came to nothing.
    pub(crate) handshakes_failed: u64,
    /// Streams that could not be dialled.
    pub(crate) unreachable: u64,
    /// Streams that we gave up because of what the peer did or did not do.
    pub(crate) given_up: u64,
}

struct Stream {
    protocol: Protocol,
    remote: SocketAddr,
    outgoing: mpsc::Sender<Outgoing>,
    shaking: bool,
    /// We dialled it, or its peer's certificate was verified: whoever speaks there is no stranger.
    known: bool,
    pause: watch::Sender<Option<Instant>>,
}

/// Streams of one address.
#[derive(Clone, Copy, Default)]
struct Count {
    open: usize,
    shaking: usize,
}

impl Streams {
    pub(crate) fn bind(config: &Config) -> Result<Self, BindError> {
        let secure = config.tls.iter().map(|address| (Protocol::Tls, *address));
        let secure = secure.chain(config.wss.iter().map(|address| (Protocol::Wss, *address))).next();
        let (protocol, address) = secure.unwrap_or((Protocol::Tls, SocketAddr::from(([0, 0, 0, 0], 0))));
        let unusable = |error: TlsError| BindError { protocol, address, error: io::Error::other(error) };
        let tls = Tls::new(&config.material).map_err(unusable)?;
        if secure.is_some() && tls.server().is_none() {
            return Err(unusable(TlsError { part: TlsPart::Server, fault: TlsFault::Missing }));
        }
        let listeners = Listeners::bind(config)?;
        let mut beside = Beside::default();
        if listeners.locals().next().is_some() {
            beside.start().map_err(|error| BindError { protocol, address, error })?;
        }
        let (event_sender, events) = mpsc::channel(EVENTS_MAX);
        Ok(Self {
            listeners,
            streams: HashMap::new(),
            reuse: Reuse::default(),
            per_source: HashMap::new(),
            shaking: 0,
            next: 1,
            events,
            event_sender,
            taken: None,
            beside,
            tls: Arc::new(tls),
            origins: config.origins.clone().into(),
            limits: config.limits,
            dscp: config.dscp,
            counts: StreamCounts::default(),
        })
    }

    pub(crate) fn locals(&self) -> impl Iterator<Item = (Protocol, SocketAddr)> + '_ {
        self.listeners.locals()
    }

    /// Streams open or being dialled.
    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Handshakes going on.
    pub(crate) fn shaking(&self) -> usize {
        self.shaking
    }

    /// Messages and other news of streams that the engine has not taken yet; at most [`EVENTS_MAX`].
    pub(crate) fn waiting(&self) -> usize {
        self.events.len() + usize::from(self.taken.is_some())
    }

    pub(crate) fn counts(&self) -> StreamCounts {
        self.counts
    }

    pub(crate) fn set_tls(&mut self, material: &TlsMaterial) -> Result<(), TlsError> {
        let tls = Tls::new(material)?;
        let needed = self.locals().any(|(protocol, _)| protocol.is_secure());
        if needed && tls.server().is_none() {
            return Err(TlsError { part: TlsPart::Server, fault: TlsFault::Missing });
        }
        self.tls = Arc::new(tls);
        Ok(())
    }

    pub(crate) fn set_names(&mut self, names: Vec<(SocketAddr, String)>) {
        self.reuse.set_names(names);
    }

    /// Writes to the named stream if it is open, to another one that may stand for it, or to a new one. `false`: given up at
    /// once.
    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes) -> bool {
        let open = self.streams.get(&flow.connection).filter(|stream| stream.protocol == flow.protocol);
        let open = if open.is_some() { Some(flow.connection) } else { self.reuse.find(flow.protocol, flow.remote) };
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

    /// A message of this stream has come: its peer may say there where else it can be reached by it (RFC 5923).
    pub(crate) fn heard(&mut self, flow: &Flow, bytes: &Bytes) {
        if flow.protocol == Protocol::Tls {
            self.reuse.heard(flow, bytes);
        }
    }

    /// Whether we know who speaks by this stream.
    pub(crate) fn is_known(&self, flow: &Flow) -> bool {
        self.streams.get(&flow.connection).is_some_and(|stream| stream.known)
    }

    /// Does not read this stream until then.
    pub(crate) fn pause(&mut self, flow: &Flow, until: Instant) {
        if let Some(stream) = self.streams.get(&flow.connection) {
            stream.pause.send_replace(Some(until));
        }
    }

    /// The next thing that a stream has to tell.
    pub(crate) fn next_event(&mut self) -> Option<StreamEvent> {
        let event = self.taken.take().or_else(|| self.events.try_recv().ok())?;
        match &event {
            StreamEvent::Opened { flow, names } => {
                self.shaken(flow.connection);
                if let Some(names) = names {
                    if let Some(stream) = self.streams.get_mut(&flow.connection) {
                        stream.known = true;
                    }
                    self.reuse.certified(flow, names.clone());
                }
            }
            StreamEvent::Message { .. } | StreamEvent::Unframed { .. } => {}
            StreamEvent::Closed { flow, why, .. } => {
                tracing::debug!(peer = %flow.remote, connection = flow.connection.0, ?why, "stream closed");
                self.count(*why);
                self.forget(flow.connection);
            }
        }
        Some(event)
    }

    /// Accepts whatever asks, from wherever `may_come` says; whoever asks later wakes the task of `context`.
    pub(crate) fn accept(&mut self, context: &mut Context<'_>, may_come: &mut dyn FnMut(IpAddr) -> bool) {
        for accepted in self.listeners.accept(context) {
            self.admit(accepted, may_come);
        }
    }

    /// Accepts as [`Streams::accept`] does, and is ready when a stream has something to tell.
    pub(crate) fn poll_ready(
        &mut self,
        context: &mut Context<'_>,
        may_come: &mut dyn FnMut(IpAddr) -> bool,
    ) -> Poll<()> {
        self.accept(context, may_come);
        if self.taken.is_none()
            && let Poll::Ready(Some(event)) = self.events.poll_recv(context)
        {
            self.taken = Some(event);
        }
        if self.taken.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Gives an accepted connection its task, or drops it, which closes it.
    fn admit(&mut self, accepted: Accepted, may_come: &mut dyn FnMut(IpAddr) -> bool) {
        let Accepted { protocol, stream, local, remote } = accepted;
        let from_source = self.per_source.get(&remote.ip()).copied().unwrap_or_default();
        let (all, each) = (self.limits.connections_max, self.limits.connections_per_source_max);
        if self.streams.len() >= all || from_source.open >= each {
            self.counts.refused += 1;
            return;
        }
        let shakes = protocol != Protocol::Tcp;
        let (all, each) = (self.limits.handshakes_max, self.limits.handshakes_per_source_max);
        if shakes && (self.shaking >= all || from_source.shaking >= each) {
            self.counts.handshakes_refused += 1;
            return;
        }
        if !may_come(remote.ip()) {
            self.counts.refused += 1;
            return;
        }
        prepare(&stream);
        // A socket that cannot change threads is dropped: it is broken.
        let Ok(stream) = stream.into_std() else { return };
        let link = self.open(Flow { protocol, local, remote, connection: ConnectionId::NONE }, shakes, false);
        let (flow, origins) = (link.flow, self.origins.clone());
        if !shakes {
            self.reuse.accepted(&flow);
        }
        let tls: Option<Arc<ServerConfig>> = self.tls.server().cloned();
        if !self.beside.spawn(handshake::accept(link, stream, tls, origins)) {
            self.forget(flow.connection);
        }
    }

    /// Takes over a WebSocket whose handshake another server has done and whose peer that server knows. `None`: there are too many
    /// streams, or no thread for it; it is closed.
    pub(crate) fn adopt(&mut self, adopted: Adopted, protocol: Protocol, local: SocketAddr) -> Option<Flow> {
        let Adopted { is_secure: _, remote, stream, over } = adopted;
        if self.streams.len() >= self.limits.connections_max {
            self.counts.refused += 1;
            return None;
        }
        let link = self.open(Flow { protocol, local, remote, connection: ConnectionId::NONE }, false, true);
        let flow = link.flow;
        let carried = async move {
            // Whoever lets go of the other end has it closed, too.
            let over = async move { drop(over.await) };
            websocket::run(link, websocket::adopt(stream).await, over).await;
        };
        if self.beside.spawn(carried) {
            return Some(flow);
        }
        self.forget(flow.connection);
        None
    }

    /// What waits is written, nothing more is taken.
    pub(crate) fn close(&mut self, connection: ConnectionId) {
        if let Some(stream) = self.streams.get_mut(&connection) {
            stream.outgoing = mpsc::channel(1).0;
        }
    }

    fn dial(&mut self, flow: Flow) -> Option<ConnectionId> {
        let tls = match flow.protocol {
            Protocol::Tcp => None,
            Protocol::Tls => Some(self.tls.clone()),
            // Nobody can be dialled by WebSocket (RFC 7118 section 5: browsers do not listen).
            Protocol::Udp | Protocol::Ws | Protocol::Wss => return None,
        };
        if self.streams.len() >= self.limits.connections_max.saturating_add(DIALLED_RESERVE) {
            self.counts.refused += 1;
            return None;
        }
        let link = self.open(flow, false, true);
        let connection = link.flow.connection;
        let names = self.reuse.dialled(&link.flow);
        if !self.beside.spawn(dial::dial(link, self.dscp, tls, names)) {
            self.forget(connection);
            return None;
        }
        Some(connection)
    }

    fn open(&mut self, flow: Flow, shaking: bool, known: bool) -> Link {
        let connection = ConnectionId(self.next);
        self.next += 1;
        let (sender, outgoing) = mpsc::channel(WRITES_MAX);
        let (pause, paused) = watch::channel(None);
        let stream = Stream { protocol: flow.protocol, remote: flow.remote, outgoing: sender, shaking, known, pause };
        self.streams.insert(connection, stream);
        let count = self.per_source.entry(flow.remote.ip()).or_default();
        count.open += 1;
        if shaking {
            self.shaking += 1;
            count.shaking += 1;
        }
        let flow = Flow { connection, ..flow };
        Link { flow, outgoing, events: self.event_sender.clone(), limits: self.limits, pause: paused }
    }

    /// The handshake is over, one way or the other.
    fn shaken(&mut self, connection: ConnectionId) {
        let Some(stream) = self.streams.get_mut(&connection).filter(|stream| stream.shaking) else { return };
        stream.shaking = false;
        self.shaking = self.shaking.saturating_sub(1);
        if let Some(count) = self.per_source.get_mut(&stream.remote.ip()) {
            count.shaking = count.shaking.saturating_sub(1);
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.shaken(connection);
        let Some(stream) = self.streams.remove(&connection) else { return };
        self.reuse.forget(connection, stream.protocol, stream.remote);
        if let Entry::Occupied(mut count) = self.per_source.entry(stream.remote.ip()) {
            count.get_mut().open = count.get().open.saturating_sub(1);
            if count.get().open == 0 {
                count.remove();
            }
        }
    }

    fn count(&mut self, why: Close) {
        match why {
            Close::ByPeer | Close::Broken | Close::ByUs => {}
            Close::Unreachable => self.counts.unreachable += 1,
            Close::NoHandshake => self.counts.handshakes_failed += 1,
            Close::BadFraming
            | Close::Unframed
            | Close::SlowMessage
            | Close::Idle
            | Close::NoPong
            | Close::NotReading => {
                self.counts.given_up += 1;
            }
        }
    }
}
