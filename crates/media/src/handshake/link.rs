//! A leg's DTLS association on the handshake thread: its conversations, and what came of them.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::record;
use super::session::{Failure, Keys, Session};
use super::{Configs, HANDSHAKE, Secured, Terms, What, instant};
use crate::bucket::Bucket;
use crate::clock::{Epoch, MILLISECOND};

/// Sources of one leg that may hold a conversation at once, without ICE; the one that the SDP names finds room besides.
const SOURCES_MAX: usize = 4;
/// How often one source may begin at once after conversations that failed; and after how long once more.
const ATTEMPTS_MAX: u32 = 3;
const ATTEMPT_RETURNS: u64 = 10_000 * MILLISECOND;
/// Whoever is to call and could not, or was not understood, tries again after this.
const CALL_AGAIN: u64 = 500 * MILLISECOND;
/// So long a finished conversation stays, to repeat its last flight for a peer that has not heard it.
const LINGER: u64 = 30_000 * MILLISECOND;
/// Later than everything.
const NEVER: u64 = u64::MAX;

/// An association.
#[derive(Debug)]
pub struct Link {
    pub terms: Terms,
    /// When it wants its next turn.
    pub due: u64,
    /// What the media thread has still to be told.
    pub untold: Option<What>,
    sources: Vec<Source>,
    /// The peer has shown who it is.
    secured: bool,
}

#[derive(Debug)]
struct Source {
    /// `None`: whoever ICE says.
    from: Option<SocketAddr>,
    /// Where its newest datagram came from.
    last: Option<SocketAddr>,
    session: Option<Session>,
    /// It answered where it says that it is: our part of the conversation went past the cookie.
    proven: bool,
    /// It was told that there is no room.
    refused: bool,
    attempts: Bucket,
    due: u64,
    /// When it is given up, or, once finished, forgotten.
    ends_at: u64,
}

impl Link {
    pub fn new(terms: Terms) -> Self {
        let sources = Vec::new();
        Self { terms, due: NEVER, untold: None, sources, secured: false }
    }

    /// Conversations it holds.
    pub fn sessions(&self) -> usize {
        self.sources.iter().filter(|source| source.session.is_some()).count()
    }

    /// Its turn; what came of it is told once. `room`: new conversations that may begin.
    pub fn turn(
        &mut self,
        configs: &Configs,
        epoch: &Epoch,
        now: u64,
        datagram: Option<(SocketAddr, &[u8])>,
        room: &mut usize,
        send: &mut dyn FnMut(&[u8], Option<SocketAddr>),
    ) -> Option<What> {
        let mut outcome = None;
        let spoken_to = match datagram {
            // Nobody has shown who sent it, and it would end the conversation: three of them would silence a call.
            Some((_, datagram)) if record::has_bare_alert(datagram) => return None,
            Some((from, datagram)) => match self.source(from, now, record::is_hello(datagram)) {
                Some(at) => Some(at),
                None => return None,
            },
            None => None,
        };
        if spoken_to.is_none() && self.terms.active && self.sources.is_empty() {
            self.call_out(now);
        }
        for at in 0..self.sources.len() {
            let Some(source) = self.sources.get_mut(at) else { break };
            let is_spoken_to = spoken_to == Some(at);
            if !is_spoken_to && source.due > now {
                continue;
            }
            let datagram = datagram.filter(|_| is_spoken_to).map(|(from, datagram)| {
                source.last = Some(from);
                datagram
            });
            if source.session.is_none() {
                let begins = if self.terms.active { source.due <= now } else { is_spoken_to };
                if !begins || self.secured {
                    continue;
                }
                match source.begin(configs, &self.terms, epoch, now, room) {
                    Ok(()) => source.refused = false,
                    Err(failure) => {
                        source.due = if self.terms.active { now.saturating_add(CALL_AGAIN) } else { NEVER };
                        if let Some(failure) = failure
                            && !std::mem::replace(&mut source.refused, true)
                        {
                            outcome = Some(What::Failed(failure));
                        }
                        continue;
                    }
                }
            }
            match source.turn(epoch, now, datagram, send) {
                Ok(None) => {}
                Ok(Some(Keys { send, receive })) => {
                    source.ends_at = now.saturating_add(LINGER);
                    self.secured = true;
                    outcome = Some(What::Secured(Box::new(Secured { send, receive, peer: source.from })));
                }
                Err(failure) if !self.secured => {
                    if self.terms.active {
                        source.due = now.saturating_add(CALL_AGAIN);
                    }
                    outcome = Some(What::Failed(failure));
                }
                Err(_) => {}
            }
        }
        if let Some(What::Secured(secured)) = &outcome {
            let peer = secured.peer;
            self.sources.retain(|source| source.from == peer);
        }
        self.due = self.sources.iter().map(|source| source.due).min().unwrap_or(NEVER);
        outcome
    }

    /// Where the source's conversation is, or may begin: with a ClientHello, if it is the peer's to begin.
    fn source(&mut self, from: SocketAddr, now: u64, is_hello: bool) -> Option<usize> {
        let key = (!self.terms.by_ice).then_some(from);
        let may_begin = self.terms.active || is_hello;
        if let Some(at) = self.sources.iter().position(|source| source.from == key) {
            let goes_on = self.sources.get(at).is_some_and(|source| source.session.is_some());
            return (goes_on || may_begin).then_some(at);
        }
        // Whoever comes when the peer is known, or whom we did not call, is nobody.
        let unknown = self.secured || (self.terms.active && !self.terms.by_ice && key != self.terms.expected);
        if unknown || !may_begin {
            return None;
        }
        let expected = self.terms.expected;
        if self.sources.len() >= SOURCES_MAX && key != expected {
            // Who came first and has not yet shown that it is where it says makes room.
            let idle = |source: &Source| source.from != expected && (source.session.is_none() || !source.proven);
            let oldest = self.sources.iter().position(idle)?;
            self.sources.remove(oldest);
        }
        Some(self.add(key, now))
    }

    /// We speak first.
    fn call_out(&mut self, now: u64) {
        if self.terms.by_ice || self.terms.expected.is_some() {
            let key = if self.terms.by_ice { None } else { self.terms.expected };
            self.add(key, now);
        }
    }

    /// The newest source is the last. If we are to call, it is time.
    fn add(&mut self, from: Option<SocketAddr>, now: u64) -> usize {
        self.sources.push(Source {
            from,
            last: from,
            session: None,
            proven: false,
            refused: false,
            attempts: Bucket::new(ATTEMPTS_MAX, ATTEMPT_RETURNS),
            due: if self.terms.active { now } else { NEVER },
            ends_at: NEVER,
        });
        self.sources.len() - 1
    }
}

impl Source {
    /// Begins a conversation; or does not, and says why if this is worth telling.
    fn begin(
        &mut self,
        configs: &Configs,
        terms: &Terms,
        epoch: &Epoch,
        now: u64,
        room: &mut usize,
    ) -> Result<(), Option<Failure>> {
        let left = room.checked_sub(1).ok_or(Some(Failure::Full))?;
        if !self.attempts.take(now) {
            return Err(None);
        }
        *room = left;
        self.proven = false;
        let config = if terms.by_ice { &configs.without } else { &configs.with_cookie };
        let (identity, at) = (configs.identity.clone(), instant(epoch, now));
        self.session = Some(Session::new(Arc::clone(config), identity, terms.fingerprint, terms.active, at));
        self.ends_at = now.saturating_add(u64::try_from(HANDSHAKE.as_nanos()).unwrap_or(NEVER));
        Ok(())
    }

    fn turn(
        &mut self,
        epoch: &Epoch,
        now: u64,
        datagram: Option<&[u8]>,
        send: &mut dyn FnMut(&[u8], Option<SocketAddr>),
    ) -> Result<Option<Keys>, Failure> {
        let Some(session) = &mut self.session else { return Ok(None) };
        let last = self.last;
        let proven = &mut self.proven;
        let mut send = |datagram: &[u8]| {
            *proven |= !record::is_cookie(datagram);
            send(datagram, last);
        };
        let at = instant(epoch, now);
        let turn = if now >= self.ends_at {
            Err(Failure::TimedOut)
        } else {
            // A fault in the library ends this conversation, not everybody's.
            catch_unwind(AssertUnwindSafe(|| session.turn(at, datagram, &mut send))).unwrap_or(Err(Failure::Broken))
        };
        match turn {
            Ok(turn) => {
                // Always later than now: nobody's timer may hold the thread.
                self.due = epoch.nanoseconds(turn.wake).min(self.ends_at).max(now + MILLISECOND);
                Ok(turn.keys)
            }
            Err(failure) => {
                (self.session, self.due) = (None, NEVER);
                Err(failure)
            }
        }
    }
}

#[cfg(test)]
mod tests;
