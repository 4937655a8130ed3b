//! Whose datagram was the last to an address, so that one that fails finds its sender and looks at no other (§18.4).

use super::Owner;
use crate::flow::Flow;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

/// Datagrams of no transaction that are remembered; there is no end to tell of by which they could be forgotten.
const STATELESS_MAX: usize = 1_024;

/// Names one sending: where it went, and its place among all that was sent.
pub(super) type Sending = (SocketAddr, u64);

/// The last datagram of each transaction, and the last of no transaction; `None` is whose.
#[derive(Debug, Default)]
pub(super) struct Sends {
    count: u64,
    last: BTreeMap<Sending, Option<Owner>>,
    stateless: VecDeque<Sending>,
}

impl Sends {
    /// A transaction sends. `before` is its last sending so far, and becomes this one. A stream's failure ends the stream, so
    /// nothing is kept of what goes over one.
    pub(super) fn note(&mut self, flow: Flow, owner: Owner, before: &mut Option<Sending>) {
        self.forget(before.take());
        if !flow.protocol.is_reliable() {
            let sending = self.next(flow);
            self.last.insert(sending, Some(owner));
            *before = Some(sending);
        }
    }

    /// Something is sent that belongs to no transaction.
    pub(super) fn note_stateless(&mut self, flow: Flow) {
        if flow.protocol.is_reliable() {
            return;
        }
        if self.stateless.len() >= STATELESS_MAX {
            let oldest = self.stateless.pop_front();
            self.forget(oldest);
        }
        let sending = self.next(flow);
        self.last.insert(sending, None);
        self.stateless.push_back(sending);
    }

    /// This sending cannot fail any more, or nobody cares.
    pub(super) fn forget(&mut self, sending: Option<Sending>) {
        if let Some(sending) = sending {
            self.last.remove(&sending);
        }
    }

    /// A datagram to this address failed: whose it was, if it was a transaction's. It is forgotten.
    pub(super) fn failed(&mut self, remote: SocketAddr) -> Option<Owner> {
        let (sending, owner) = self.last.range((remote, u64::MIN)..=(remote, u64::MAX)).next_back()?;
        let (sending, owner) = (*sending, *owner);
        self.last.remove(&sending);
        owner
    }

    fn next(&mut self, flow: Flow) -> Sending {
        self.count += 1;
        (flow.remote, self.count)
    }

    /// Sendings of transactions that are remembered.
    #[cfg(test)]
    pub(super) fn owned(&self) -> usize {
        self.last.values().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::ClientKey;

    #[test]
    fn what_belongs_to_nobody_is_bounded_and_hides_nobody() {
        let local = "192.0.2.1:5060".parse().unwrap();
        let remote = |port: u16| SocketAddr::from(([192, 0, 2, 9], port));
        let (mut sends, mut sent) = (Sends::default(), None);
        let owner = Owner::Client(ClientKey(1));
        sends.note(Flow::udp(local, remote(1)), owner, &mut sent);
        for port in 2..5_000 {
            sends.note_stateless(Flow::udp(local, remote(port)));
        }
        assert_eq!((sends.last.len(), sends.stateless.len()), (STATELESS_MAX + 1, STATELESS_MAX));
        assert_eq!(sends.failed(remote(1)), Some(owner), "what went to others says nothing of this one");
        assert_eq!(sends.failed(remote(1)), None);
        sends.note(Flow::udp(local, remote(4_999)), owner, &mut sent);
        sends.note_stateless(Flow::udp(local, remote(4_999)));
        assert_eq!(sends.failed(remote(4_999)), None, "the last one was nobody's");
        assert_eq!(sends.failed(remote(4_999)), Some(owner));
    }
}
