//! All sockets of one engine as one thing to wait for, to take from and to send by.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use sip::flow::{ConnectionId, Flow, Protocol};
use sip::framing::FramingFault;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use crate::config::{BindError, Config, Network};
use crate::gate::Gate;
use crate::stream::StreamEvent;
use crate::streams::Streams;
use crate::tls::{TlsError, TlsMaterial};
use crate::udp::{DATAGRAM_BYTES_MAX, Sent, Udp};

/// Datagrams taken from one socket before anything else gets its turn.
const DATAGRAMS_IN_A_ROW_MAX: usize = 64;
/// Messages of streams taken in a row.
const STREAM_EVENTS_IN_A_ROW_MAX: usize = 64;
/// Failures to be told that nobody has taken yet; the engine takes them with the next batch.
const FAILURES_MAX: usize = 1_024;
/// A datagram shorter than this is no SIP: the shortest request line and one header are longer.
const MESSAGE_BYTES_MIN: usize = 16;

/// What came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Inbound {
    /// The peer of a TLS or secure WebSocket stream showed a certificate that one of [`TlsMaterial::client_authorities`]
    /// vouches for. Once for a stream, before its first packet.
    Certified {
        /// The stream's flow, as its packets will carry it.
        flow: Flow,
        /// Whom the certificate names (DNS names, hosts of `sip:` URIs), lower case.
        names: Vec<String>,
    },
    /// One datagram, one whole message out of a stream, or one WebSocket frame.
    Packet {
        /// From where, by which socket.
        flow: Flow,
        /// The message; not parsed. Out of a TCP or TLS stream it is as long as its Content-Length says; a datagram or a
        /// WebSocket frame ends where it ends, and needs none (RFC 3261 section 18.3, RFC 7118 section 5).
        bytes: Bytes,
    },
    /// The head of a message on a TCP or TLS stream, where nobody can tell where the message ends. Whatever is sent to
    /// this flow at once is still written; then the stream is closed.
    Unframed {
        /// The stream's flow.
        flow: Flow,
        /// Start line and headers, with the empty line.
        head: Bytes,
        /// What is wrong with it.
        fault: FramingFault,
    },
    /// A stream is gone, whoever closed it.
    FlowClosed {
        /// The stream's flow, as its packets carried it.
        flow: Flow,
    },
    /// Something given to [`Transport::send`] did not reach the wire.
    TransportFailed {
        /// The flow as `send` was given it.
        flow: Flow,
    },
}

/// Counters since the start, for status pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Messages handed to the engine.
    pub received: u64,
    /// Messages given to a socket.
    pub sent: u64,
    /// Datagrams that were no SIP at a glance (keep-alives, noise).
    pub junk: u64,
    /// Datagrams of strangers beyond their rate (R02).
    pub flooded: u64,
    /// Messages of strangers' streams that came too fast: taken, and the stream was not read for a while.
    pub slowed: u64,
    /// Messages that could not be sent.
    pub failed: u64,
    /// Waiting datagrams that were thrown away for newer ones.
    pub displaced: u64,
    /// Messages of streams that wait for the engine; when there are 1,024, the streams are not read until there is room.
    pub waiting: usize,
    /// Streams open now.
    pub connections: usize,
    /// Connections turned away because of a limit, or because a stranger opened too many too fast (R08).
    pub connections_refused: u64,
    /// Streams closed by us because the peer sent no SIP, dripped, fell silent, answered no ping or did not read (R08, R29).
    pub connections_given_up: u64,
    /// Peers that could not be dialled, or whose certificate was not the right one.
    pub unreachable: u64,
    /// Handshakes (TLS, WebSocket) of accepted connections going on now.
    pub handshakes: usize,
    /// Connections turned away because too many handshakes were going on.
    pub handshakes_refused: u64,
    /// Handshakes that came to nothing: no TLS, a certificate that does not verify, no `sip` subprotocol, too slow.
    pub handshakes_failed: u64,
}

/// A stream of bytes, whatever is beneath.
pub trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytestream for S {}

/// A WebSocket with subprotocol `sip` that another server has accepted: its handshake is done ([`crate::agree`]), not a frame is
/// read.
pub struct Adopted {
    /// It came by TLS, whoever ended that: its packets have [`Protocol::Wss`], else [`Protocol::Ws`].
    pub is_secure: bool,
    /// The other side.
    pub remote: SocketAddr,
    /// What carries it.
    pub stream: Box<dyn Bytestream>,
    /// The stream is closed when this comes, or when its sender is dropped; the sender sees when the stream is gone.
    pub over: oneshot::Receiver<()>,
}

/// Every socket of one engine. Not shared: the engine's thread owns it.
pub struct Transport {
    udp: Vec<Udp>,
    streams: Streams,
    gate: Gate,
    failures: VecDeque<Flow>,
    buffer: Box<[u8]>,
    counts: Statistics,
}

impl Transport {
    /// Opens every socket, or none. Must be called inside a tokio runtime, on the thread that will use the transport.
    pub fn bind(now: Instant, config: &Config) -> Result<Self, BindError> {
        Ok(Self {
            udp: config.udp.iter().map(|address| Udp::bind(*address, config.dscp)).collect::<Result<_, _>>()?,
            streams: Streams::bind(config)?,
            gate: Gate::new(now, &config.limits),
            failures: VecDeque::new(),
            buffer: vec![0; DATAGRAM_BYTES_MAX].into_boxed_slice(),
            counts: Statistics::default(),
        })
    }

    /// Every socket with its real port, as [`Flow::local`] will have it.
    pub fn locals(&self) -> Vec<(Protocol, SocketAddr)> {
        let udp = self.udp.iter().map(|udp| (Protocol::Udp, udp.local));
        udp.chain(self.streams.locals()).collect()
    }

    /// Packets of these networks are never slowed: call with the trunks' addresses whenever they change.
    pub fn trust(&mut self, networks: Vec<Network>) {
        self.gate.trust(networks);
    }

    /// Whose certificate is to be expected where: call whenever the trunks change. A TLS stream that is dialled to one of
    /// these addresses must show a certificate for (one of) its names; any other address one for the address itself.
    pub fn names(&mut self, names: Vec<(SocketAddr, String)>) {
        self.streams.set_names(names);
    }

    /// Takes other certificates and authorities for the handshakes to come; open streams stay. On an error everything stays.
    pub fn set_tls(&mut self, material: &TlsMaterial) -> Result<(), TlsError> {
        self.streams.set_tls(material)
    }

    /// Waits until [`Transport::receive`] may have something. May be given up at any time: nothing is lost.
    pub async fn ready(&mut self) {
        poll_fn(|context| self.poll_ready(context)).await;
    }

    /// As [`Transport::ready`], for those who poll.
    pub fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Nobody gives the time here; tokio's clock is what the streams live by anyway.
        let (now, gate) = (tokio::time::Instant::now().into_std(), &mut self.gate);
        let mut may_come = |address| gate.admits(now, address);
        let mut ready = self.streams.poll_ready(context, &mut may_come).is_ready() || !self.failures.is_empty();
        for udp in &self.udp {
            ready |= udp.poll_ready(context).is_ready();
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Takes what has come, without waiting: at most a batch. Call until the batch stays empty, or wait for `ready` again.
    pub fn receive(&mut self, now: Instant, batch: &mut VecDeque<Inbound>) {
        let failures = &mut self.failures;
        for udp in &mut self.udp {
            udp.flush(&mut |flow| note(failures, flow));
        }
        batch.extend(self.failures.drain(..).map(|flow| Inbound::TransportFailed { flow }));
        for udp in &self.udp {
            for _ in 0..DATAGRAMS_IN_A_ROW_MAX {
                let Some((length, source)) = udp.receive(&mut self.buffer) else { break };
                let datagram = self.buffer.get(..length).unwrap_or_default();
                if !self.gate.admits(now, source.ip()) {
                    self.counts.flooded += 1;
                } else if is_junk(datagram) {
                    self.counts.junk += 1;
                } else {
                    self.counts.received += 1;
                    let flow = Flow::udp(udp.local, source);
                    batch.push_back(Inbound::Packet { flow, bytes: Bytes::copy_from_slice(datagram) });
                }
            }
        }
        // An engine that never waits, because datagrams keep coming, must still take connections. Waking is left to `ready`.
        let gate = &mut self.gate;
        self.streams.accept(&mut Context::from_waker(Waker::noop()), &mut |address| gate.admits(now, address));
        for _ in 0..STREAM_EVENTS_IN_A_ROW_MAX {
            let Some(event) = self.streams.next_event() else { break };
            self.stream_event(now, event, batch);
        }
    }

    /// Takes over a WebSocket; its messages come by [`Transport::receive`] like any other's. Whoever gives it knows its peer, so it
    /// is not slowed as a stranger's, and the limit for one address, which may be a proxy's, is not for it. `None`: there are too
    /// many streams; it is closed.
    pub fn adopt(&mut self, adopted: Adopted) -> Option<Flow> {
        let protocol = if adopted.is_secure { Protocol::Wss } else { Protocol::Ws };
        // It did not come by one of our sockets; our side is what one like it would say, and if there is none, any.
        let locals = self.locals();
        let like = |wanted: &[Protocol]| {
            let mut fit = locals.iter().filter(|(one, _)| wanted.is_empty() || wanted.contains(one));
            fit.find(|(_, local)| local.is_ipv4() == adopted.remote.is_ipv4()).map(|(_, local)| *local)
        };
        let local = like(&[protocol]).or_else(|| like(&[Protocol::Ws, Protocol::Wss])).or_else(|| like(&[]));
        let local = local.unwrap_or(SocketAddr::from(([127, 0, 0, 1], protocol.default_port())));
        self.streams.adopt(adopted, protocol, local)
    }

    /// Sends one message. Never waits: what cannot be sent comes back as [`Inbound::TransportFailed`].
    pub fn send(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        // Whom we ask, we listen to: a request of ours goes to a trunk, a registered phone or a caller, never to a stranger.
        if !bytes.starts_with(b"SIP/2.0 ") {
            self.gate.acquaint(now, flow.remote.ip());
        }
        let sent = match flow.protocol {
            Protocol::Udp => self.send_datagram(flow, &bytes),
            Protocol::Tcp | Protocol::Tls | Protocol::Ws | Protocol::Wss => self.streams.send(flow, bytes),
        };
        if sent {
            self.counts.sent += 1;
        } else {
            self.counts.failed += 1;
            note(&mut self.failures, flow);
        }
    }

    /// Closes a stream, when what was to be sent there is sent; its end comes as [`Inbound::FlowClosed`].
    pub fn close(&mut self, flow: Flow) {
        self.streams.close(flow.connection);
    }

    /// Counters.
    pub fn statistics(&self) -> Statistics {
        let streams = self.streams.counts();
        Statistics {
            waiting: self.streams.waiting(),
            connections: self.streams.len(),
            connections_refused: streams.refused,
            connections_given_up: streams.given_up,
            unreachable: streams.unreachable,
            handshakes: self.streams.shaking(),
            handshakes_refused: streams.handshakes_refused,
            handshakes_failed: streams.handshakes_failed,
            ..self.counts
        }
    }

    fn send_datagram(&mut self, flow: Flow, bytes: &Bytes) -> bool {
        let place = self.udp.iter().position(|udp| udp.local == flow.local);
        let place = place.or_else(|| self.udp.iter().position(|udp| udp.local.is_ipv4() == flow.remote.is_ipv4()));
        let Some(udp) = place.and_then(|place| self.udp.get_mut(place)) else { return false };
        match udp.send(flow.remote, bytes) {
            Sent::Accepted => true,
            Sent::Displaced => {
                self.counts.displaced += 1;
                true
            }
            Sent::Failed => false,
        }
    }

    /// What has come by a stream is never dropped; a stranger who sends too much is read more slowly.
    fn slow_down(&mut self, now: Instant, flow: &Flow) {
        if self.streams.is_known(flow) {
            return;
        }
        let wait = self.gate.owes(now, flow.remote.ip());
        if !wait.is_zero() {
            self.counts.slowed += 1;
            self.streams.pause(flow, (now + wait).into());
        }
    }

    fn stream_event(&mut self, now: Instant, event: StreamEvent, batch: &mut VecDeque<Inbound>) {
        match event {
            StreamEvent::Opened { flow, names } => {
                if let Some(names) = names {
                    batch.push_back(Inbound::Certified { flow, names });
                }
            }
            StreamEvent::Message { flow, bytes } => {
                self.slow_down(now, &flow);
                self.streams.heard(&flow, &bytes);
                self.counts.received += 1;
                batch.push_back(Inbound::Packet { flow, bytes });
            }
            StreamEvent::Unframed { flow, head, fault } => {
                self.slow_down(now, &flow);
                batch.push_back(Inbound::Unframed { flow, head, fault });
            }
            StreamEvent::Closed { flow, unsent, .. } => {
                for lost in unsent {
                    self.counts.failed += 1;
                    batch.push_back(Inbound::TransportFailed { flow: lost });
                }
                debug_assert_ne!(flow.connection, ConnectionId::NONE);
                batch.push_back(Inbound::FlowClosed { flow });
            }
        }
    }
}

fn note(failures: &mut VecDeque<Flow>, flow: Flow) {
    if failures.len() < FAILURES_MAX {
        failures.push_back(flow);
    }
}

/// Keep-alives (empty lines, NULs) and what cannot be SIP: STUN, RTP, TLS begin with a byte that begins no method.
fn is_junk(datagram: &[u8]) -> bool {
    let text = datagram.trim_ascii_start();
    text.len() < MESSAGE_BYTES_MIN || !text.first().is_some_and(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the shell is tested on the machine's own clock
mod tests;
