//! Which transactions talk over which connection, so that a lost one ends its own and looks at no others (R09).

use super::Owner;
use crate::flow::{ConnectionId, Flow};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// Every transaction of the layer by its far end.
#[derive(Debug, Default)]
pub(super) struct Reach {
    places: BTreeSet<(SocketAddr, u64, Owner)>,
}

impl Reach {
    pub(super) fn insert(&mut self, flow: Flow, owner: Owner) {
        self.places.insert((flow.remote, flow.connection.0, owner));
    }

    pub(super) fn remove(&mut self, flow: Flow, owner: Owner) {
        self.places.remove(&(flow.remote, flow.connection.0, owner));
    }

    /// Who talks to this address over this connection (or over none yet).
    pub(super) fn over(&self, remote: SocketAddr, connection: ConnectionId) -> Vec<Owner> {
        let range = (remote, connection.0, Owner::FIRST)..=(remote, connection.0, Owner::LAST);
        self.places.range(range).map(|(_, _, owner)| *owner).collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}
