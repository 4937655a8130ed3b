//! Hold, resume, mute; and the peers' own re-INVITEs (RFC 3264 §8.4), which may be a hold too.

use std::time::Instant;

use bytes::Bytes;
use endpoint::{LegId, Order};

use super::record::Fact;
use super::{Call, Phase, Talk};
use crate::board::Board;
use crate::desk::CommandError;
use crate::io::Event;
use crate::leg::{Role, Signalling};

impl Call {
    /// Hold or resume by desk or key. The caller is not re-INVITEd: music plays where the operator was heard.
    pub(crate) fn hold(&mut self, board: &mut Board, now: Instant, on: bool, by: &str) -> Result<(), CommandError> {
        let talk = self.talking()?;
        if std::mem::replace(&mut talk.held, on) != on {
            self.tell_held(board, now, on, by);
        }
        Ok(())
    }

    /// The caller no longer hears the operator, or again.
    pub(crate) fn mute(&mut self, board: &mut Board, now: Instant, on: bool) -> Result<(), CommandError> {
        let talk = self.talking()?;
        if std::mem::replace(&mut talk.muted, on) != on {
            self.story.tell(now, if on { Fact::Muted {} } else { Fact::Unmuted {} });
            self.changed(board, if on { "muted" } else { "unmuted" }, "");
        }
        Ok(())
    }

    /// The operator who talks with the caller, and is not passing the call on.
    fn talking(&mut self) -> Result<&mut Talk, CommandError> {
        let state = self.state();
        match &mut self.phase {
            Phase::Talking(talk) => Ok(talk),
            Phase::Waiting(_)
            | Phase::Away(_)
            | Phase::Alone(_)
            | Phase::Passing(_)
            | Phase::Bridged { .. }
            | Phase::Over { .. } => Err(CommandError::WrongState(state)),
        }
    }

    /// The peer offers new media, or asks us to offer. Answered as the RFC has it, whatever the call is doing.
    pub(crate) fn offered(&mut self, board: &mut Board, now: Instant, id: LegId, body: &Bytes) {
        let Some(leg) = self.leg_mut(id) else { return };
        match leg.signalling {
            Signalling::Up => {}
            // RFC 3311 §5.2: whom we call may offer once our first offer was answered reliably, which the SIP side has seen to.
            Signalling::Early { .. } if leg.trunk.is_some() || !matches!(leg.role, Role::Caller | Role::Second(_)) => {}
            Signalling::Early { .. } => return board.order(Order::AnswerOffer { leg: id, answer: Err(500) }),
            Signalling::Leaving { .. } | Signalling::Gone => return,
        }
        let was_held = leg.description.on_hold();
        let answer = if body.is_empty() { Ok(leg.description.offer()) } else { leg.description.answer(body) };
        let agreed = answer.is_ok() && !body.is_empty();
        board.order(Order::AnswerOffer { leg: id, answer });
        if agreed {
            self.negotiated(board, id);
            self.phone_held(board, now, id, was_held);
        }
    }

    /// Our own re-INVITE was answered: one that the call wanted, or a refresh to which the peer now says something else.
    pub(crate) fn offer_answered(&mut self, board: &mut Board, now: Instant, id: LegId, body: &[u8]) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_up()) else { return };
        let was_held = leg.description.on_hold();
        let description = &mut leg.description;
        let agreed = if description.is_waiting() { description.accept(body) } else { description.refreshed(body) };
        if agreed.is_ok() {
            self.negotiated(board, id);
            self.phone_held(board, now, id, was_held);
        }
    }

    /// After a new agreement: did the phone put us on hold, or take us back?
    pub(super) fn phone_held(&mut self, board: &mut Board, now: Instant, id: LegId, was_held: bool) {
        let is_held = self.leg(id).is_some_and(|leg| leg.description.on_hold());
        if was_held == is_held {
            return;
        }
        if id == self.caller {
            self.changed(board, if is_held { "caller_away" } else { "caller_back" }, "");
        } else if matches!(&self.phase, Phase::Talking(talk) if talk.leg == id) {
            self.tell_held(board, now, is_held, "phone");
        }
    }

    fn tell_held(&mut self, board: &mut Board, now: Instant, on: bool, by: &str) {
        let by_whom = by.to_owned();
        self.story.tell(now, if on { Fact::Held { by: by_whom } } else { Fact::Resumed { by: by_whom } });
        self.changed(board, if on { "held" } else { "resumed" }, by);
    }

    /// Tells desks that something about this call is new.
    pub(super) fn changed(&self, board: &mut Board, what: &str, detail: &str) {
        board.event(Event::CallChanged { call: self.id.to_string(), what: what.to_owned(), detail: detail.to_owned() });
    }
}
