//! Offer and answer of one leg (RFC 3264): what we last said, what was agreed, and the version that counts the changes.

use std::net::SocketAddr;

use bytes::Bytes;
use sdp::{Codec, Direction, Local, Negotiated, NegotiationError, Session};

/// Our side of a leg's media session.
#[derive(Debug)]
pub(crate) struct Description {
    local: Local,
    /// What was last sent: an unchanged text keeps its version (RFC 3264 §8).
    said: String,
    /// Our offer that has no answer yet.
    offered: Option<Session>,
    agreed: Option<Negotiated>,
    /// The peer's offer that we have answered last.
    answered: Option<Session>,
    moves: usize,
}

impl Description {
    /// Nothing said yet. `local`: where the peer reaches our voice path. `plain`: PCMU alone, without telephone-event, as some
    /// trunks want it.
    pub(crate) fn new(local: SocketAddr, session_id: u64, plain: bool) -> Self {
        let local = Local {
            address: local.ip(),
            port: local.port(),
            codecs: if plain { vec![Codec::Pcmu] } else { Codec::G711.to_vec() },
            telephone_event: !plain,
            session_id,
            version: 1,
            ptime: 20,
        };
        Self { local, said: String::new(), offered: None, agreed: None, answered: None, moves: 0 }
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
        let (text, offered) = self.say(|local| {
            let session = sdp::offer(local, Direction::SendRecv);
            (session.print(), session)
        });
        self.offered = Some(offered);
        Bytes::from(text)
    }

    /// Our answer to the peer's offer, or the status to refuse it with; a refusal changes nothing.
    pub(crate) fn answer(&mut self, offer: &[u8]) -> Result<Bytes, u16> {
        let offer = Session::parse(offer).map_err(|error| NegotiationError::Malformed(error).status())?;
        self.answer_session(offer)
    }

    fn answer_session(&mut self, offer: Session) -> Result<Bytes, u16> {
        let before = self.agreed.clone();
        let paused = |local: &Local| sdp::answer_paused(local, &offer, before.as_ref()?);
        let (text, agreed) = self
            .try_say(|local| paused(local).map_or_else(|| sdp::answer(local, &offer), Ok))
            .map_err(|error| error.status())?;
        self.agreed = Some(agreed);
        self.offered = None;
        self.answered = Some(offer);
        Ok(Bytes::from(text))
    }

    /// The peer's answer to our offer. An answer that fits nothing is the peer's fault.
    pub(crate) fn accept(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let offered = self.offered.take().ok_or(NegotiationError::AnswerMismatch)?;
        let answer = Session::parse(answer).map_err(NegotiationError::Malformed)?;
        self.agreed = Some(sdp::accept_answer(&self.local, &offered, &answer)?);
        Ok(())
    }

    /// A provisional answer to our offer: enough to hear early media. The offer stays open; another branch may answer it.
    pub(crate) fn preview(&mut self, answer: &[u8]) -> Result<(), NegotiationError> {
        let offered = self.offered.as_ref().ok_or(NegotiationError::AnswerMismatch)?;
        let answer = Session::parse(answer).map_err(NegotiationError::Malformed)?;
        self.agreed = Some(sdp::accept_answer(&self.local, offered, &answer)?);
        Ok(())
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
        let answer = Session::parse(answer).map_err(NegotiationError::Malformed)?;
        self.agreed = Some(sdp::accept_answer(&self.local, &said, &answer)?);
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

    /// Counts the version up if the text differs from what was said last. The text comes with what it means.
    fn say<T>(&mut self, text: impl Fn(&Local) -> (String, T)) -> (String, T) {
        let Ok(said) = self.try_say(|local| Ok::<_, std::convert::Infallible>(text(local)));
        said
    }

    /// The same for a text that may not come about: then nothing was said.
    fn try_say<T, E>(&mut self, text: impl Fn(&Local) -> Result<(String, T), E>) -> Result<(String, T), E> {
        let mut new = text(&self.local)?;
        if !self.said.is_empty() && new.0 != self.said {
            self.local.version = self.local.version.saturating_add(1);
            new = text(&self.local)?;
        }
        self.said.clone_from(&new.0);
        Ok(new)
    }
}
