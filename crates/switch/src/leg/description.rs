//! Offer and answer of one leg (RFC 3264): what we last said, what was agreed, and the version that counts the changes.

use std::net::SocketAddr;

use bytes::Bytes;
use sdp::{Direction, Local, Negotiated, NegotiationError, Session};

use super::terms::{Terms, Vault};

/// Our side of a leg's media session.
#[derive(Debug)]
pub(crate) struct Description {
    /// Without the secrets, which are drawn when they are needed.
    local: Local,
    /// What was last sent: an unchanged text keeps its version (RFC 3264 §8).
    said: String,
    /// Our offer that has no answer yet.
    offered: Option<Session>,
    /// A browser may have got [`Description::browser_offer`] in its place.
    offered_to_browsers: bool,
    /// The other end is a browser.
    is_browser: bool,
    agreed: Option<Negotiated>,
    /// What is agreed is so for good. An early answer is not: another phone may yet take the call, on terms of its own.
    is_settled: bool,
    /// The peer's offer that we have answered last.
    answered: Option<Session>,
    moves: usize,
    /// Nothing is encrypted without.
    vault: Option<Box<Vault>>,
}

impl Description {
    /// Nothing said yet. `local`: where the peer reaches our voice path. `vault`: must be there if the terms need secrets.
    pub(crate) fn new(local: SocketAddr, session_id: u64, terms: &Terms, vault: Option<Box<Vault>>) -> Self {
        let local = Local {
            address: local.ip(),
            port: local.port(),
            codecs: terms.codecs.to_vec(),
            telephone_event: terms.telephone_event,
            session_id,
            version: 1,
            ptime: 20,
            srtp: terms.srtp,
            secrets: None,
            signalled_from: terms.peer,
        };
        Self {
            local,
            said: String::new(),
            offered: None,
            offered_to_browsers: false,
            is_browser: false,
            agreed: None,
            is_settled: false,
            answered: None,
            moves: 0,
            vault,
        }
    }

    /// The voice path moves to another port before anything was sent: what is to be said instead.
    pub(crate) fn move_to(&mut self, port: u16) -> Bytes {
        self.local.port = port;
        self.said.clear();
        self.moves += 1;
        match self.answered.take() {
            Some(offer) => self.answer_session(offer).unwrap_or_default(),
            None => self.offer(),
        }
    }

    /// How often it has moved.
    pub(crate) fn moves(&self) -> usize {
        self.moves
    }

    /// Our offer, both ways; also what the peer gets who asks us to offer.
    pub(crate) fn offer(&mut self) -> Bytes {
        let is_browser = self.is_browser;
        let (text, offered) = self.say(|local| {
            let to_browser = if is_browser { sdp::browser_offer(local, Direction::SendRecv) } else { None };
            let session = to_browser.unwrap_or_else(|| sdp::offer(local, Direction::SendRecv));
            (session.print(), session)
        });
        self.offered = Some(offered);
        Bytes::from(text)
    }

    /// The offer that was just made, as browsers must have it. `None`: we cannot speak with browsers.
    pub(crate) fn browser_offer(&mut self) -> Option<Bytes> {
        let session = sdp::browser_offer(&self.with_secrets(), Direction::SendRecv)?;
        self.offered_to_browsers = true;
        Some(Bytes::from(session.print()))
    }

    /// Our answer to the peer's offer, or the status to refuse it with; a refusal changes nothing.
    pub(crate) fn answer(&mut self, offer: &[u8]) -> Result<Bytes, u16> {
        let offer = Session::parse(offer).map_err(|error| NegotiationError::Malformed(error).status())?;
        self.answer_session(offer)
    }

    fn answer_session(&mut self, offer: Session) -> Result<Bytes, u16> {
        let before = self.agreed.clone();
        let restarts = before.as_ref().is_some_and(|before| sdp::restarts_ice(&offer, before));
        self.start_ice_anew(restarts, u64::saturating_add);
        let paused = |local: &Local| sdp::answer_paused(local, &offer, before.as_ref()?);
        let answered = |local: &Local| sdp::answer_as(local, &offer, Direction::SendRecv, before.as_ref());
        match self.try_say(|local| paused(local).map_or_else(|| answered(local), Ok)) {
            Ok((text, agreed)) => {
                self.is_browser = sdp::is_browser(&offer);
                self.agreed = Some(agreed);
                self.is_settled = true;
                self.offered = None;
                self.answered = Some(offer);
                Ok(Bytes::from(text))
            }
            Err(error) => {
                self.start_ice_anew(restarts, u64::saturating_sub);
                Err(error.status())
            }
        }
    }

    fn start_ice_anew(&mut self, restarts: bool, count: impl Fn(u64, u64) -> u64) {
        if let Some(vault) = self.vault.as_mut().filter(|_| restarts) {
            vault.restarts = count(vault.restarts, 1);
        }
    }

    /// The peer's answer to our offer. An answer that fits nothing is the peer's fault.
    pub(crate) fn accept(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let offered = self.offered.take().ok_or(NegotiationError::AnswerMismatch)?;
        self.agree(offered, answer)?;
        self.is_settled = true;
        Ok(())
    }

    /// A provisional answer to our offer: enough to hear early media. The offer stays open; another branch may answer it.
    pub(crate) fn preview(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let offered = self.offered.clone().ok_or(NegotiationError::AnswerMismatch)?;
        self.agree(offered, answer)
    }

    /// The peer takes our call: with its answer, unless that came before, or it has offered in between (RFC 3311).
    pub(crate) fn taken(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        match (self.is_waiting(), answer.is_empty()) {
            (true, _) => self.accept(answer),
            (false, true) => Ok(()),
            (false, false) => self.refreshed(answer),
        }
    }

    /// The peer's answer to what we said last, offered once more: a refresh of the session (RFC 4028) may bring another.
    pub(crate) fn refreshed(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let said = Session::parse(self.said.as_bytes()).map_err(NegotiationError::Malformed)?;
        self.agree(said, answer)
    }

    /// The answer tells by its protocol which of our two offers it is to; an answer to neither is refused by that.
    fn agree(&mut self, offered: Session, answer: &[u8]) -> Result<(), NegotiationError> {
        let answer = Session::parse(answer).map_err(NegotiationError::Malformed)?;
        let local = self.with_secrets();
        let is_browser = sdp::is_browser(&answer);
        let to_browser = if is_browser && !self.is_browser && self.offered_to_browsers {
            sdp::browser_offer(&local, Direction::SendRecv)
        } else {
            None
        };
        let before = self.agreed.as_ref().filter(|_| self.is_settled);
        let agreed = sdp::accept_answer_after(&local, to_browser.as_ref().unwrap_or(&offered), &answer, before)?;
        self.agreed = Some(agreed);
        if let Some(said) = to_browser {
            self.said = said.print();
            self.is_browser = true;
        }
        Ok(())
    }

    /// The peer refused our offer: what was agreed before holds.
    pub(crate) fn refused(&mut self) {
        self.offered = None;
    }

    /// An offer of ours waits for its answer.
    pub(crate) fn is_waiting(&self) -> bool {
        self.offered.is_some()
    }

    /// What holds now.
    pub(crate) fn agreed(&self) -> Option<&Negotiated> {
        self.agreed.as_ref()
    }

    /// The peer has put us on hold: it does not want to hear us.
    pub(crate) fn on_hold(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.on_hold)
    }

    fn with_secrets(&self) -> Local {
        let secrets = self.vault.as_ref().map(|vault| Box::new(vault.secrets()));
        Local { secrets, ..self.local.clone() }
    }

    /// Counts the version up if the text differs from what was said last. The text comes with what it means.
    fn say<T>(&mut self, text: impl Fn(&Local) -> (String, T)) -> (String, T) {
        let Ok(said) = self.try_say(|local| Ok::<_, std::convert::Infallible>(text(local)));
        said
    }

    /// The same for a text that may not come about: then nothing was said.
    fn try_say<T, E>(&mut self, text: impl Fn(&Local) -> Result<(String, T), E>) -> Result<(String, T), E> {
        let mut local = self.with_secrets();
        let mut new = text(&local)?;
        if !self.said.is_empty() && new.0 != self.said {
            local.version = local.version.saturating_add(1);
            new = text(&local)?;
            self.local.version = local.version;
        }
        self.said.clone_from(&new.0);
        Ok(new)
    }
}

#[cfg(test)]
mod tests;
