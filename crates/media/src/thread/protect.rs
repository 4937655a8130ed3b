//! What stands between a leg's packets and the wire: SRTP by keys from the SDP (RFC 4568) or from DTLS (RFC 5764), and
//! ICE for browsers (RFC 8445, lite).
//!
//! A leg that is to be protected sends nothing until its keys are there, and then nothing in the clear. What comes on its
//! port is told apart by its first byte (RFC 7983); what is not authentic is counted and forgotten, and never ends a call
//! (R13). DTLS is looked at only if it comes from where ICE has found the peer or, without ICE, from an address that the
//! latch allows (R14).

use std::net::SocketAddr;

use ice::Verdict;
use srtp::{Context, ProtectError, UnprotectError};
use switch::media::{Dtls, Ice, LegMedia, Sdes, Security};

use super::leg::Leg;
use super::parked::Parked;
use super::secure::Handshaker;
use crate::bucket::Bucket;
use crate::clock::MILLISECOND;
use crate::handshake::{LinkId, Secured, Terms};

pub use srtp::OVERHEAD_MAX;

/// DTLS datagrams that one association may hand over at once, for a handshake takes about ten; and how long it takes until
/// it may hand over one more.
const DATAGRAMS_MAX: u32 = 500;
const DATAGRAM_RETURNS: u64 = 50 * MILLISECOND;
/// So long prompts wait for keys; then they run unheard, so that whoever waits for their end does not wait for ever.
const PATIENCE: u64 = 5_000 * MILLISECOND;

/// How a leg's packets are protected.
#[derive(Debug, Default)]
pub enum Protection {
    /// Not at all.
    #[default]
    Plain,
    /// By SRTP; as long as there are no keys, nothing is sent and no voice is heard.
    Srtp(Box<Guard>),
}

/// Keys, and where they come from.
#[derive(Debug)]
pub struct Guard {
    contexts: Option<Contexts>,
    keying: Keying,
    /// Since when it is to be protected.
    since: u64,
    /// The peer no longer says that it wants our packets (RFC 7675).
    unwanted: bool,
    /// It was told that a packet could not be protected.
    told: bool,
}

/// One per direction.
#[derive(Debug)]
struct Contexts {
    send: Context,
    receive: Context,
}

#[derive(Debug)]
enum Keying {
    Sdes(Sdes),
    Dtls(Box<Association>),
}

/// A DTLS association and the way that it goes.
#[derive(Debug)]
struct Association {
    terms: Dtls,
    ice: Option<ice::Lite>,
    /// Where ICE last said that the peer is: through an ICE restart, too, until the new one has an answer.
    pair: Option<SocketAddr>,
    id: LinkId,
    /// The handshake thread knows of it.
    begun: bool,
    /// DTLS datagrams that it may hand over.
    datagrams: Bucket,
}

/// What a datagram was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opened {
    /// RTP of so many bytes. `sure`: its source needs no latch any more.
    Rtp { length: usize, sure: bool },
    /// RTCP of so many bytes.
    Rtcp { length: usize },
    /// Nothing for the ear: it was dealt with, or dropped.
    Nothing,
}

impl Protection {
    /// Packets may be sent.
    #[inline]
    pub fn is_ready(&self) -> bool {
        match self {
            Protection::Plain => true,
            Protection::Srtp(guard) => guard.contexts.is_some() && !guard.unwanted,
        }
    }

    /// Nothing is put on what is sent.
    #[inline]
    pub fn is_plain(&self) -> bool {
        matches!(self, Protection::Plain)
    }

    /// Prompts wait until they can be heard.
    pub fn holds_back(&self, now: u64) -> bool {
        match self {
            Protection::Plain => false,
            Protection::Srtp(guard) => guard.contexts.is_none() && now.saturating_sub(guard.since) < PATIENCE,
        }
    }

    /// ICE has the say about where the peer is.
    pub fn by_ice(&self) -> bool {
        self.association().is_some_and(|association| association.ice.is_some())
    }

    /// The packet at the buffer's beginning, protected in place; how long it is then. `None`: it must not be sent.
    #[inline]
    pub fn protect(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        match self {
            Protection::Plain => Some(length),
            Protection::Srtp(guard) if guard.unwanted => None,
            Protection::Srtp(guard) => {
                let protected = guard.contexts.as_mut()?.send.protect(buffer, length);
                guard.tell_once(protected)
            }
        }
    }

    /// The same for RTCP.
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        match self {
            Protection::Plain => Some(length),
            Protection::Srtp(guard) if guard.unwanted => None,
            Protection::Srtp(guard) => {
                let protected = guard.contexts.as_mut()?.send.protect_rtcp(buffer, length);
                guard.tell_once(protected)
            }
        }
    }

    /// Takes the protection off RTCP. `None`: it is not authentic.
    pub fn unprotect_rtcp(&mut self, datagram: &mut [u8]) -> Option<usize> {
        match self {
            Protection::Plain => Some(datagram.len()),
            Protection::Srtp(guard) => guard.contexts.as_mut()?.receive.unprotect_rtcp(datagram).ok(),
        }
    }

    fn association(&self) -> Option<&Association> {
        match self {
            Protection::Srtp(guard) => match &guard.keying {
                Keying::Dtls(association) => Some(association),
                Keying::Sdes(_) => None,
            },
            Protection::Plain => None,
        }
    }

    fn association_mut(&mut self) -> Option<&mut Association> {
        match self {
            Protection::Srtp(guard) => match &mut guard.keying {
                Keying::Dtls(association) => Some(association),
                Keying::Sdes(_) => None,
            },
            Protection::Plain => None,
        }
    }
}

impl Leg {
    /// What was negotiated takes effect. Keys that stay the same keep their place in the stream (RFC 3711 §3.3.1: a new
    /// context would count its rollovers from nothing). `moved`: the SDP names another address than before.
    pub(super) fn secure(&mut self, media: &LegMedia, moved: bool, now: u64, handshakes: &mut Handshaker) {
        let before = std::mem::take(&mut self.protection);
        let (protection, over) = match (&media.security, before) {
            (Security::Plain, before) => (Protection::Plain, before),
            (Security::Sdes(new), Protection::Srtp(guard)) => match *guard {
                Guard { contexts, keying: Keying::Sdes(old), since, .. } => {
                    (Guard::kept(new, contexts, &old, since, &mut self.parked), Protection::Plain)
                }
                other @ Guard { keying: Keying::Dtls(_), .. } => {
                    (Guard::by_sdes(new, now, &mut self.parked), Protection::Srtp(Box::new(other)))
                }
            },
            (Security::Sdes(new), Protection::Plain) => (Guard::by_sdes(new, now, &mut self.parked), Protection::Plain),
            (Security::Dtls(new), before) => match before.with_dtls(new, moved, handshakes) {
                Ok(kept) => (kept, Protection::Plain),
                Err(before) => (Guard::by_dtls(new, now, handshakes), before),
            },
        };
        if let Some(association) = over.association() {
            handshakes.end(association.id);
        }
        if let Protection::Srtp(guard) = over
            && let Guard { contexts: Some(Contexts { send, .. }), keying: Keying::Sdes(keys), .. } = *guard
        {
            self.parked.put(&keys, send);
        }
        self.protection = protection;
        if self.protection.by_ice() {
            self.disconnect();
        }
        self.follow_ice();
        self.begin_dtls(handshakes);
    }

    /// From time to time: what found no room before, and whether a browser is still there.
    pub(super) fn tend_protection(&mut self, now: u64, handshakes: &mut Handshaker) {
        let Protection::Srtp(guard) = &mut self.protection else { return };
        guard.unwanted = match &guard.keying {
            Keying::Dtls(association) => association.ice.as_ref().is_some_and(|ice| ice.consent_is_over(now)),
            Keying::Sdes(_) => false,
        };
        self.begin_dtls(handshakes);
    }

    /// The DTLS association, if there is one, is over.
    pub(super) fn unsecure(&mut self, handshakes: &mut Handshaker) {
        if let Some(association) = self.protection.association() {
            handshakes.end(association.id);
        }
        self.protection = Protection::Plain;
    }

    /// Tells the handshake thread of an association that it does not know, if it is time: whoever speaks first needs to
    /// know where to.
    pub(super) fn begin_dtls(&mut self, handshakes: &mut Handshaker) {
        let (leg, target) = (self.id, self.latch.target());
        let Some(association) = self.protection.association_mut().filter(|association| !association.begun) else {
            return;
        };
        let by_ice = association.ice.is_some();
        let reachable = if by_ice { association.pair } else { target };
        if association.terms.active && reachable.is_none() {
            return;
        }
        let Dtls { fingerprint, active, .. } = association.terms;
        let expected = if by_ice { None } else { target };
        association.begun = handshakes.begin(association.id, Terms { leg, fingerprint, active, by_ice, expected });
    }

    /// Takes the protection off a datagram, or deals with it if it is STUN or DTLS. `from`: its source, unless the kernel
    /// has looked at that. `answer`: memory for an answer.
    pub(super) fn uncover(
        &mut self,
        now: u64,
        from: Option<SocketAddr>,
        datagram: &mut [u8],
        answer: &mut [u8],
        handshakes: &mut Handshaker,
    ) -> Opened {
        let opened = match datagram.first() {
            Some(0..=3) => from.and_then(|from| self.hear_stun(now, from, datagram, answer, handshakes)),
            Some(20..=63) => {
                from.or(self.latch.locked()).and_then(|from| self.hear_dtls(now, from, datagram, handshakes))
            }
            Some(128..=191) => self.hear_srtp(from, datagram),
            Some(_) | None => None,
        };
        opened.unwrap_or_else(|| {
            self.strangers += 1;
            Opened::Nothing
        })
    }

    /// `None`: a stranger's.
    fn hear_stun(
        &mut self,
        now: u64,
        from: SocketAddr,
        datagram: &[u8],
        answer: &mut [u8],
        handshakes: &mut Handshaker,
    ) -> Option<Opened> {
        let ice = self.protection.association_mut()?.ice.as_mut()?;
        match ice.handle(now, from, datagram, answer) {
            Verdict::Reply { length, .. } => {
                // Lost if the system has no room: the peer asks again.
                let _ = answer.get(..length).map(|answer| self.rtp.send_to(answer, from));
                self.follow_ice();
                self.begin_dtls(handshakes);
                Some(Opened::Nothing)
            }
            Verdict::Ignore => None,
        }
    }

    fn hear_dtls(&mut self, now: u64, from: SocketAddr, datagram: &[u8], handshakes: &Handshaker) -> Option<Opened> {
        let allowed = self.latch.allows(from.ip());
        let association = self.protection.association_mut()?;
        let expected = match &association.ice {
            Some(ice) => association.pair == Some(from) || ice.is_valid(from),
            None => allowed,
        };
        if !expected || !association.datagrams.take(now) {
            return None;
        }
        handshakes.datagram(association.id, from, datagram);
        Some(Opened::Nothing)
    }

    fn hear_srtp(&mut self, from: Option<SocketAddr>, datagram: &mut [u8]) -> Option<Opened> {
        let allowed = from.is_none_or(|from| self.latch.allows(from.ip()));
        let Protection::Srtp(guard) = &mut self.protection else { return None };
        let (expected, sure) = match &guard.keying {
            Keying::Dtls(association) => match &association.ice {
                Some(ice) => (from.is_some_and(|from| association.pair == Some(from) || ice.is_valid(from)), true),
                None => (allowed, false),
            },
            Keying::Sdes(_) => (allowed, false),
        };
        if !expected {
            return None;
        }
        // Voice that is there before its keys is nobody's fault.
        let Some(contexts) = &mut guard.contexts else { return Some(Opened::Nothing) };
        let opened = if rtp::packet::is_rtcp(datagram) {
            contexts.receive.unprotect_rtcp(datagram).map(|length| Opened::Rtcp { length })
        } else {
            contexts.receive.unprotect(datagram).map(|length| Opened::Rtp { length, sure })
        };
        match opened {
            Ok(opened) => Some(opened),
            // The network doubles packets.
            Err(UnprotectError::Replayed) => Some(Opened::Nothing),
            Err(_) => None,
        }
    }

    /// The pair that ICE has selected is where packets go.
    fn follow_ice(&mut self) {
        let Some(association) = self.protection.association_mut() else { return };
        let Some(ice) = &association.ice else { return };
        association.pair = ice.selected().or(association.pair);
        if let Some(pair) = association.pair {
            self.latch.lock(pair);
        }
    }

    /// A datagram of the handshake thread's for association `number`, on its way.
    pub(super) fn send_dtls(&self, number: u64, datagram: &[u8], to: Option<SocketAddr>) {
        let Some(association) = self.protection.association().filter(|association| association.id.number == number)
        else {
            return;
        };
        let to = match &association.ice {
            Some(ice) => association.pair.or(to.filter(|&to| ice.is_valid(to))),
            None => to.filter(|to| self.latch.allows(to.ip())),
        };
        if let Some(to) = to {
            let _ = self.rtp.send_to(datagram, to);
        }
    }

    /// The peer of association `number` has shown who it is.
    pub(super) fn secured(&mut self, number: u64, secured: Secured) {
        let Protection::Srtp(guard) = &mut self.protection else { return };
        let Keying::Dtls(association) = &guard.keying else { return };
        if association.id.number != number {
            return;
        }
        let Secured { send, receive, peer } = secured;
        guard.contexts = Some(Contexts { send, receive });
        if let Some(peer) = peer.filter(|peer| self.latch.allows(peer.ip())) {
            self.latch.lock(peer);
            self.connect();
        }
    }
}

impl Protection {
    /// The same peer under new terms; back again if it is another one.
    fn with_dtls(mut self, new: &Dtls, moved: bool, handshakes: &mut Handshaker) -> Result<Self, Self> {
        // The same certificate: the same association, whoever would be active in a new one (RFC 5763 §5, RFC 8842 §4).
        let Some(association) = self.association_mut().filter(|old| old.terms.fingerprint == new.fingerprint) else {
            return Err(self);
        };
        if association.terms.ice != new.ice {
            association.ice = new.ice.as_ref().map(lite);
            association.terms.ice.clone_from(&new.ice);
        }
        if moved && new.ice.is_none() {
            // It may shake hands again from where it is now; until it has, the old keys go on.
            handshakes.end(association.id);
            (association.id, association.begun, association.datagrams) = (handshakes.next_id(), false, datagrams());
            association.terms.active = new.active;
        }
        Ok(self)
    }
}

impl Guard {
    /// That a packet is not sent stands in the log: for the first one, unless it was only late.
    fn tell_once(&mut self, protected: Result<usize, ProtectError>) -> Option<usize> {
        let error = match protected {
            Ok(length) => return Some(length),
            Err(ProtectError::Repeated | ProtectError::TooOld) => return None,
            Err(error) => error,
        };
        if !std::mem::replace(&mut self.told, true) {
            tracing::error!(%error, "packets of a leg cannot be protected and are not sent");
        }
        None
    }

    fn by_sdes(keys: &Sdes, now: u64, parked: &mut Parked) -> Protection {
        let receive = context(keys.suite, &keys.receive);
        Self::receiving(keys, receive, now, parked)
    }

    /// New keys in place of old ones, where they are new.
    fn kept(new: &Sdes, contexts: Option<Contexts>, old: &Sdes, since: u64, parked: &mut Parked) -> Protection {
        let Some(Contexts { send, receive }) = contexts else { return Self::by_sdes(new, since, parked) };
        parked.put(old, send);
        let is_kept = new.suite == old.suite && new.receive == old.receive;
        let receive = if is_kept { Some(receive) } else { context(new.suite, &new.receive) };
        Self::receiving(new, receive, since, parked)
    }

    fn receiving(keys: &Sdes, receive: Option<Context>, since: u64, parked: &mut Parked) -> Protection {
        let contexts = receive.and_then(|receive| Some(Contexts { send: parked.take(keys)?, receive }));
        Protection::Srtp(Box::new(Self {
            contexts,
            keying: Keying::Sdes(keys.clone()),
            since,
            unwanted: false,
            told: false,
        }))
    }

    fn by_dtls(terms: &Dtls, now: u64, handshakes: &mut Handshaker) -> Protection {
        let association = Association {
            terms: terms.clone(),
            ice: terms.ice.as_ref().map(lite),
            pair: None,
            id: handshakes.next_id(),
            begun: false,
            datagrams: datagrams(),
        };
        let keying = Keying::Dtls(Box::new(association));
        Protection::Srtp(Box::new(Self { contexts: None, keying, since: now, unwanted: false, told: false }))
    }
}

/// A context of one direction; `None`, and a word in the log, if the key has not the length that its suite wants.
pub(super) fn context(suite: sdp::Suite, key: &sdp::KeySalt) -> Option<Context> {
    let suite = match suite {
        sdp::Suite::AesCm128HmacSha1_80 => srtp::Suite::AesCm128HmacSha1_80,
        sdp::Suite::AesCm128HmacSha1_32 => srtp::Suite::AesCm128HmacSha1_32,
        sdp::Suite::AeadAes128Gcm => srtp::Suite::AeadAes128Gcm,
        sdp::Suite::AeadAes256Gcm => srtp::Suite::AeadAes256Gcm,
    };
    Context::new(suite, &key.0).inspect_err(|error| tracing::error!(%error, "a leg stays silent")).ok()
}

fn datagrams() -> Bucket {
    Bucket::new(DATAGRAMS_MAX, DATAGRAM_RETURNS)
}

fn lite(terms: &Ice) -> ice::Lite {
    ice::Lite::new(
        ice::Credentials { ufrag: terms.local_ufrag.clone(), password: terms.local_password.clone() },
        ice::Credentials { ufrag: terms.remote_ufrag.clone(), password: terms.remote_password.clone() },
    )
}

#[cfg(test)]
mod tests;
