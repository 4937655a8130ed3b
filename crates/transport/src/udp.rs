//! One datagram socket: read in batches until empty, written without waiting.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use sip::flow::{Flow, Protocol};
use socket2::{Domain, Socket, Type};
use tokio::net::UdpSocket;

use crate::config::BindError;

/// Longest datagram there is.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Datagrams that wait for room in the socket's buffer; the oldest is dropped then, as a router would.
const RETRIES_MAX: usize = 256;
/// What we ask the kernel to keep for us while the engine is busy.
const KERNEL_BUFFER_BYTES: usize = 4 << 20;

/// A bound socket and what could not be written to it yet.
pub(crate) struct Udp {
    socket: UdpSocket,
    /// Address as bound, with the real port.
    pub(crate) local: SocketAddr,
    retries: VecDeque<(SocketAddr, Bytes)>,
}

/// What became of a datagram.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// On its way, or waiting for room.
    Accepted,
    /// Waiting, and the oldest waiting one was thrown away for it.
    Displaced,
    /// The system refuses to send there.
    Failed,
}

impl Udp {
    pub(crate) fn bind(address: SocketAddr, dscp: Option<u8>) -> Result<Self, BindError> {
        open(address, dscp).map_err(|error| BindError { protocol: Protocol::Udp, address, error })
    }

    /// The next datagram in `buffer`: its length and source; `None` when there is none now.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        // An error on an unconnected socket is an ICMP echo of an earlier send: nothing to learn, but the queue goes on.
        const ERRORS_IN_A_ROW_MAX: usize = 8;
        for _ in 0..ERRORS_IN_A_ROW_MAX {
            match self.socket.try_recv_from(buffer) {
                Ok((length, source)) => return Some((length, source)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// Sends now, or when there is room.
    pub(crate) fn send(&mut self, remote: SocketAddr, bytes: &Bytes) -> Sent {
        if self.retries.is_empty() {
            match self.socket.try_send_to(bytes, remote) {
                Ok(_) => return Sent::Accepted,
                Err(error) if passes(&error) => {}
                Err(_) => return Sent::Failed,
            }
        }
        let full = self.retries.len() >= RETRIES_MAX;
        if full {
            self.retries.pop_front();
        }
        self.retries.push_back((remote, bytes.clone()));
        if full { Sent::Displaced } else { Sent::Accepted }
    }

    /// Sends what waits, while there is room. Failures of datagrams that waited come out as flows.
    pub(crate) fn flush(&mut self, failed: &mut impl FnMut(Flow)) {
        while let Some((remote, bytes)) = self.retries.front() {
            match self.socket.try_send_to(bytes, *remote) {
                Ok(_) => {}
                Err(error) if passes(&error) => return,
                Err(_) => failed(Flow::udp(self.local, *remote)),
            }
            self.retries.pop_front();
        }
    }

    /// Ready when there is something to read, or room for what waits.
    pub(crate) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.socket.poll_recv_ready(context).is_ready() {
            return Poll::Ready(());
        }
        if !self.retries.is_empty() && self.socket.poll_send_ready(context).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// Whether a send that failed so may succeed in a moment.
fn passes(error: &io::Error) -> bool {
    // ECONNREFUSED here is about an earlier datagram; ENOBUFS is a full interface queue.
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused)
        || error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error())
}

fn open(address: SocketAddr, dscp: Option<u8>) -> io::Result<Udp> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking().cloexec(), None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // The kernel caps these at net.core.rmem_max; less than asked is no reason not to start.
    let _ = socket.set_recv_buffer_size(KERNEL_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(KERNEL_BUFFER_BYTES);
    mark(&socket, address, dscp)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    let local = socket.local_addr()?;
    Ok(Udp { socket, local, retries: VecDeque::new() })
}

/// Marks what leaves by this socket (RFC 4594: CS3 for signalling).
pub(crate) fn mark(socket: &Socket, address: SocketAddr, dscp: Option<u8>) -> io::Result<()> {
    let Some(dscp) = dscp else { return Ok(()) };
    let octet = u32::from(dscp) << 2;
    if address.is_ipv4() { socket.set_tos_v4(octet) } else { socket.set_tclass_v6(octet) }
}
