//! A leg's DTLS association on the handshake thread: its conversations, and what came of them.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::session::{Failure, Keys, Session};
use super::{Configs, HANDSHAKE, Secured, Terms, What, instant};
use crate::clock::{Epoch, MILLISECOND};

/// Sources of one leg that may hold a conversation at once, without ICE; the one that the SDP names finds room besides.
const SOURCES_MAX: usize = 4;
/// How often one source may begin again after a conversation that failed.
const ATTEMPTS_MAX: u8 = 3;
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
    attempts: u8,
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
            Some((from, _)) => match self.source(from) {
                Some(at) => Some(at),
                None => return None,
            },
            None if self.terms.active && self.sources.is_empty() => self.call_out(),
            None => None,
        };
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
                if !is_spoken_to || self.secured {
                    continue;
                }
                match source.begin(configs, &self.terms, epoch, now, room) {
                    Ok(()) => {}
                    Err(failure) => {
                        outcome = failure.map(What::Failed);
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
                Err(failure) if !self.secured => outcome = Some(What::Failed(failure)),
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

    /// Where the source's conversation is, or may begin.
    fn source(&mut self, from: SocketAddr) -> Option<usize> {
        let key = (!self.terms.by_ice).then_some(from);
        if let Some(at) = self.sources.iter().position(|source| source.from == key) {
            return Some(at);
        }
        let has_room = self.sources.len() < SOURCES_MAX || key == self.terms.expected;
        // Whoever comes when the peer is known, or whom we did not call, is nobody.
        let unknown = self.secured || (self.terms.active && !self.terms.by_ice && key != self.terms.expected);
        (has_room && !unknown).then(|| self.add(key))
    }

    /// We speak first.
    fn call_out(&mut self) -> Option<usize> {
        let key = if self.terms.by_ice { None } else { Some(self.terms.expected?) };
        Some(self.add(key))
    }

    fn add(&mut self, from: Option<SocketAddr>) -> usize {
        self.sources.push(Source { from, last: from, session: None, attempts: 0, due: NEVER, ends_at: NEVER });
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
        if self.attempts >= ATTEMPTS_MAX {
            return Err(None);
        }
        *room = room.checked_sub(1).ok_or(Some(Failure::Full))?;
        self.attempts += 1;
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
        let at = instant(epoch, now);
        let turn = if now >= self.ends_at {
            Err(Failure::TimedOut)
        } else {
            // A fault in the library ends this conversation, not everybody's.
            catch_unwind(AssertUnwindSafe(|| session.turn(at, datagram, &mut |datagram| send(datagram, last))))
                .unwrap_or(Err(Failure::Broken))
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
