//! Requests too large for a datagram (RFC 3261 §18.1.1): over TCP, and over UDP after all where nobody takes TCP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip::flow::{ConnectionId, Flow, Protocol};
use sip::message::{Host, Message, Name};
use sip::transaction::ClientKey;

use crate::core::{Core, Errand, Sent, Voice};
use crate::endpoint::Endpoint;
use crate::timer::Timer;

/// §18.1.1: "larger than 1300 bytes and the path MTU is unknown".
pub(crate) const DATAGRAM_BYTES_MAX: usize = 1300;

/// A peer that has said nothing over TCP for so long gets the request by UDP: most phones behind NAT cannot be dialled, and the
/// caller's rings are being counted.
pub(crate) const TCP_PATIENCE: Duration = Duration::from_millis(800);

/// Peers that do not take TCP, remembered at once.
const PEERS_MAX: usize = 4_096;
/// And for how long.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Who does not take TCP.
#[derive(Debug, Default)]
pub(crate) struct NoTcp {
    peers: HashMap<SocketAddr, Instant>,
}

impl NoTcp {
    fn note(&mut self, now: Instant, peer: SocketAddr) {
        if self.peers.len() >= PEERS_MAX {
            self.peers.retain(|_, since| now.saturating_duration_since(*since) < REMEMBERED);
        }
        // Still full: those who are asked again cost one short wait each.
        if self.peers.len() >= PEERS_MAX {
            self.peers.clear();
        }
        self.peers.insert(peer, now);
    }

    fn has(&self, now: Instant, peer: SocketAddr) -> bool {
        self.peers.get(&peer).is_some_and(|since| now.saturating_duration_since(*since) < REMEMBERED)
    }
}

/// Whether this phone names an address as its own that its packets do not come from: its NAT takes no connection from outside,
/// and to try one costs the caller [`TCP_PATIENCE`]. Of a phone behind a proxy (RFC 3327) nobody can tell.
fn is_behind_nat(flow: Flow, request: &Message) -> bool {
    let host = request.target().ok().and_then(|target| target.host());
    match host {
        Some(Host::Ip(own)) => !request.has(Name::Route) && own.to_canonical() != flow.remote.ip().to_canonical(),
        Some(Host::Name(_)) | None => false,
    }
}

impl Core {
    /// Puts a request of a leg or a subscription on a stream if it is too large for its datagram, and says by which way it goes otherwise.
    /// Only the request and its responses take that way (§18.1.1); the dialog's stays as it is.
    pub(crate) fn enlarge(&mut self, voice: Option<Voice>, sent: &mut Sent) {
        let flow = sent.flow;
        let is_large = flow.protocol == Protocol::Udp && sent.request.bytes().len() > DATAGRAM_BYTES_MAX;
        if !is_large
            || !matches!(sent.errand, Errand::Leg(..) | Errand::Notify(_))
            || self.no_tcp.has(self.now, flow.remote)
            // Subscriptions are phones'.
            || (voice.is_none_or(|voice| voice.is_phone) && is_behind_nat(flow, &sent.request))
        {
            return;
        }
        let Some(local) = self.config.local(Protocol::Tcp, flow.remote) else { return };
        let stream = Flow { protocol: Protocol::Tcp, local, remote: flow.remote, connection: ConnectionId::NONE };
        sent.request = self.via_anew(stream, &sent.request);
        sent.flow = stream;
        sent.datagram = Some(flow);
    }

    /// The same request as a new one: in another transaction, by this way.
    fn via_anew(&mut self, flow: Flow, request: &Message) -> Message {
        let via = self.via(flow);
        request.edit().first_value(Name::Via, Some(via.as_bytes())).finish()
    }

    /// Something has come back: the peer takes TCP.
    pub(crate) fn stream_works(&mut self, key: ClientKey) {
        if let Some(sent) = self.sent_mut(key)
            && sent.datagram.take().is_some()
        {
            self.timers.stop(Timer::Stream(key));
        }
    }
}

impl Endpoint {
    /// Nothing came of TCP: the same by UDP ("If this causes ... a failure ... the element SHOULD retry the request using UDP").
    /// False if this request did not go over TCP because of its size, or was heard.
    pub(crate) fn fall_back(&mut self, key: ClientKey) -> bool {
        let Some((errand, Some(datagram))) = self.core.sent(key).map(|sent| (sent.errand, sent.datagram)) else {
            return false;
        };
        // Nobody wants this INVITE any more.
        if let Errand::Leg(id, crate::leg::Errand::Invite(index)) = errand
            && !self.legs.get(&id).is_some_and(|leg| leg.wants_answer(index))
        {
            return false;
        }
        let Some(mut sent) = self.core.forget(key) else { return false };
        self.core.timers.stop(Timer::Stream(key));
        let now = self.core.now;
        self.core.no_tcp.note(now, datagram.remote);
        self.core.abandon(key);
        sent.request = self.core.via_anew(datagram, &sent.request);
        sent.flow = datagram;
        sent.datagram = None;
        self.send_signed(sent);
        true
    }
}
