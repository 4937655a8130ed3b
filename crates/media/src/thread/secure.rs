//! A media thread's dealings with the handshake thread.

use std::net::SocketAddr;
use std::sync::mpsc::{SyncSender, TrySendError};

use crate::handshake::{LINKS_MAX, LinkId, REPLIES_MAX, REQUESTS_MAX, Reply, Request, Terms, What};

use super::Worker;

/// Ends that wait to be told: there are no more associations, known or asked for.
const ENDED_MAX: usize = LINKS_MAX + REQUESTS_MAX;

/// The way to the handshake thread.
#[derive(Debug)]
pub struct Handshaker {
    requests: SyncSender<Request>,
    /// Which media thread this is.
    thread: usize,
    next: u64,
    /// Associations whose end has still to be told.
    ended: Vec<LinkId>,
}

impl Handshaker {
    /// Of media thread `thread`.
    pub fn new(requests: SyncSender<Request>, thread: usize) -> Self {
        Self { requests, thread, next: 0, ended: Vec::new() }
    }

    /// A number that no association has had.
    pub fn next_id(&mut self) -> LinkId {
        self.next += 1;
        LinkId { thread: self.thread, number: self.next }
    }

    /// Tells of a new association. False: there is no room, try again.
    pub fn begin(&mut self, id: LinkId, terms: Terms) -> bool {
        self.requests.try_send(Request::Begin(id, terms)).is_ok()
    }

    /// Hands over a datagram; it is lost if there is no room, and DTLS repeats it.
    pub fn datagram(&self, id: LinkId, from: SocketAddr, datagram: &[u8]) {
        let _ = self.requests.try_send(Request::Datagram(id, from, datagram.to_vec()));
    }

    /// An association is over.
    pub fn end(&mut self, id: LinkId) {
        self.tell_ends();
        if self.ended.len() >= ENDED_MAX {
            return tracing::error!("a DTLS association's end is forgotten");
        }
        self.ended.push(id);
        self.tell_ends();
    }

    /// Tells of ends for which there was no room.
    pub fn tell_ends(&mut self) {
        while let Some(&id) = self.ended.last() {
            match self.requests.try_send(Request::End(id)) {
                Ok(()) | Err(TrySendError::Disconnected(_)) => {
                    self.ended.pop();
                }
                Err(TrySendError::Full(_)) => return,
            }
        }
    }
}

impl Worker {
    /// Does what the handshake thread asks.
    pub(super) fn take_replies(&mut self) {
        for _ in 0..REPLIES_MAX {
            let Ok(Reply { leg: id, number, what }) = self.replies.try_recv() else { return };
            let Some(leg) = self.by_id.get(&id).copied().and_then(|index| self.leg(index)) else { continue };
            match what {
                What::Send(datagram, to) => leg.send_dtls(number, &datagram, to),
                What::Secured(secured) => leg.secured(number, *secured),
                // The leg stays silent, which is told as silence (R33); the log says why.
                What::Failed(why) => tracing::warn!(leg = %id.0, %why, "a leg cannot be protected"),
            }
        }
    }
}
