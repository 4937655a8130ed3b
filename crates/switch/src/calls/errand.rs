//! An operator's own phone dials a code: ready, not ready, logged out. The state changes at once; a word or a tone says that it did,
//! and the phone is hung up on. It is nobody's call: no record, no recording, no queue.

use std::time::{Duration, Instant};

use acd::{CallId, OperatorId, StateRefused, Wish};
use bytes::Bytes;
use endpoint::{Incoming, LegEvent, LegId, Order};

use super::Calls;
use crate::board::Board;
use crate::call::arrive::refuse;
use crate::directory::FeatureCodes;
use crate::leg::{LEAVING_MAX, Leg, Role, Signalling, Voice};
use crate::media::{self, Prompt, Side, Source};
use crate::waiting::speech;

/// Operators' phones that are told of their state at once; of more, the state changes and the phone gets 486.
pub(super) const ERRANDS_MAX: usize = 200;

/// The word takes no longer.
const TOLD_MAX: Duration = Duration::from_secs(10);

/// What a dialled code means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Ready,
    NotReady,
    LoggedOut,
}

impl State {
    /// Of the text that was dialled.
    pub(super) fn dialled(text: &str, codes: &FeatureCodes) -> Option<Self> {
        let table =
            [(&codes.ready, Self::Ready), (&codes.not_ready, Self::NotReady), (&codes.log_out, Self::LoggedOut)];
        table.into_iter().find(|(keys, _)| !keys.is_empty() && *keys == text).map(|(_, state)| state)
    }

    fn wish(self) -> Wish {
        match self {
            Self::Ready => Wish::Ready,
            Self::NotReady => Wish::NotReady { reason: String::new() },
            Self::LoggedOut => Wish::LogOut,
        }
    }

    fn prompt(self) -> Prompt {
        Prompt::named(match self {
            Self::Ready => speech::READY,
            Self::NotReady => speech::NOT_READY,
            Self::LoggedOut => speech::LOGGED_OUT,
        })
    }
}

/// A phone that is being told of its operator's state.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) leg: Leg,
    prompt: Prompt,
    until: Instant,
}

impl Errand {
    pub(super) fn deadline(&self) -> Instant {
        let told = (self.leg.signalling == Signalling::Up).then_some(self.until);
        told.into_iter().chain(self.leg.deadline()).min().unwrap_or(self.until)
    }

    /// Says the word, once there is a way to say it.
    fn speak(&mut self, board: &mut Board) {
        let Some(media) = self.leg.media() else { return };
        board.media(media::Order::Negotiated { leg: self.leg.id, media });
        self.hear(board, self.prompt.clone());
    }

    fn hear(&mut self, board: &mut Board, prompt: Prompt) {
        let source = Source::Prompt { prompt, repeat: false };
        self.leg.hears = Some(source.clone());
        board.media(media::Order::Hear { leg: self.leg.id, source });
    }

    /// Hangs up.
    fn leave(&mut self, board: &mut Board, now: Instant) {
        if self.leg.signalling == Signalling::Up {
            self.leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
            board.order(Order::Hangup { leg: self.leg.id, reason: None });
        }
        self.leg.close(board, now);
    }
}

impl Calls {
    /// The state changes, and the phone is told.
    pub(super) fn run_errand(&mut self, now: Instant, who: OperatorId, incoming: &Incoming, state: State) {
        let state = match self.board.queue.set_state(now, who, state.wish()) {
            Ok(()) => state,
            // Ready they are not: that is said.
            Err(StateRefused::ReportsOpen { .. }) => State::NotReady,
            Err(StateRefused::UnknownOperator(_)) => return refuse(&mut self.board, incoming.leg, 404),
        };
        if self.errands.len() >= ERRANDS_MAX {
            return refuse(&mut self.board, incoming.leg, 486);
        }
        let id = incoming.leg;
        let terms = self.board.operator_terms(who);
        let (leg, body) = match self.board.take_up(now, incoming, (Role::Operator(who), Signalling::Up), terms) {
            Ok(taken) => taken,
            Err(status) => return refuse(&mut self.board, id, status),
        };
        self.board.order(Order::Answer { leg: id, body });
        // The voice path keeps legs by call: this one has a name of its own.
        let call = CallId::new(self.board.unix_ms(now), self.board.random());
        self.board.media(media::Order::OpenLeg { leg: id, call, local: leg.local, side: Side::Ours });
        let mut errand = Errand { leg, prompt: state.prompt(), until: now + TOLD_MAX };
        errand.speak(&mut self.board);
        self.errands.insert(id, errand);
    }

    /// Something happened to a phone that is being told. False: it is none of those.
    pub(super) fn errand_event(&mut self, now: Instant, event: &LegEvent) -> bool {
        let Some(id) = leg_of(event) else { return false };
        let Some(errand) = self.errands.get_mut(&id) else { return false };
        match event {
            LegEvent::Acknowledged { body, .. } => errand.acknowledged(&mut self.board, now, body.as_ref()),
            LegEvent::Offer { body, .. } if errand.leg.is_up() => {
                let ours = &mut errand.leg.description;
                let answer = if body.is_empty() { Ok(ours.offer()) } else { ours.answer(body) };
                self.board.order(Order::AnswerOffer { leg: id, answer });
            }
            LegEvent::Refer { .. } => self.board.order(Order::AnswerRefer { leg: id, status: 403 }),
            LegEvent::Ended { .. } => {
                errand.leg.signalling = Signalling::Gone;
                errand.leg.close(&mut self.board, now);
            }
            LegEvent::Incoming(_) | LegEvent::Progress { .. } | LegEvent::Answered { .. } => {}
            LegEvent::Rejected { .. } | LegEvent::Offer { .. } | LegEvent::OfferAnswered { .. } => {}
            LegEvent::OfferRefused { .. } | LegEvent::Digit { .. } | LegEvent::ProbeAnswered { .. } => {}
        }
        self.forget_errand(id);
        true
    }

    /// The voice path tells something of such a phone. False: it is none of those.
    pub(super) fn errand_media(&mut self, now: Instant, event: &media::Event) -> bool {
        use media::Event::{
            Audible, Digit, FirstPacket, LegClosed, LegFailed, NewStream, PromptEnded, RecordingFailed,
            RecordingFinished, Silent,
        };
        let Some(id) = leg_of_voice(event) else { return false };
        let Some(errand) = self.errands.get_mut(&id) else { return false };
        match event {
            PromptEnded { prompt, missing: true, .. } if *prompt == errand.prompt => {
                errand.hear(&mut self.board, Prompt::named(speech::TONE));
            }
            PromptEnded { .. } => errand.leave(&mut self.board, now),
            LegFailed { .. } => {
                errand.leg.closed(&mut self.board, now);
                errand.leave(&mut self.board, now);
            }
            LegClosed { .. } => errand.leg.closed(&mut self.board, now),
            FirstPacket { .. } | Digit { .. } | NewStream { .. } | Silent { .. } | Audible { .. } => {}
            RecordingFinished { .. } | RecordingFailed { .. } => {}
        }
        self.forget_errand(id);
        true
    }

    /// Does what has become due.
    pub(super) fn errands_timeout(&mut self, now: Instant) {
        let due: Vec<LegId> =
            self.errands.iter().filter(|(_, errand)| errand.deadline() <= now).map(|(id, _)| *id).collect();
        for id in due {
            let Some(errand) = self.errands.get_mut(&id) else { continue };
            if matches!(errand.leg.signalling, Signalling::Leaving { until } if until <= now) {
                errand.leg.signalling = Signalling::Gone;
            }
            if matches!(errand.leg.voice, Voice::Closing { until } if until <= now) {
                errand.leg.closed(&mut self.board, now);
            }
            if errand.until <= now {
                errand.leave(&mut self.board, now);
            }
            self.forget_errand(id);
        }
    }

    fn forget_errand(&mut self, id: LegId) {
        if self.errands.get(&id).is_some_and(|errand| errand.leg.is_over()) {
            self.errands.remove(&id);
        }
    }
}

impl Errand {
    /// The ACK: with the answer, when the offer was ours.
    fn acknowledged(&mut self, board: &mut Board, now: Instant, body: Option<&Bytes>) {
        if !self.leg.is_up() || !self.leg.description.is_waiting() {
            return;
        }
        match self.leg.description.accept(body.map(|body| body.as_ref()).unwrap_or_default()) {
            Ok(()) => self.speak(board),
            Err(_) => self.leave(board, now),
        }
    }
}

/// The leg that an event is about; `None`: a new one.
pub(super) fn leg_of(event: &LegEvent) -> Option<LegId> {
    match event {
        LegEvent::Incoming(_) => None,
        LegEvent::Progress { leg, .. } | LegEvent::Answered { leg, .. } | LegEvent::Rejected { leg, .. } => Some(*leg),
        LegEvent::Acknowledged { leg, .. } | LegEvent::Offer { leg, .. } => Some(*leg),
        LegEvent::OfferAnswered { leg, .. } | LegEvent::OfferRefused { leg, .. } => Some(*leg),
        LegEvent::Refer { leg, .. } | LegEvent::Digit { leg, .. } => Some(*leg),
        LegEvent::ProbeAnswered { leg } | LegEvent::Ended { leg, .. } => Some(*leg),
    }
}

/// The same of what the voice path tells; `None`: it is about a recording.
pub(super) fn leg_of_voice(event: &media::Event) -> Option<LegId> {
    use media::Event::{
        Audible, Digit, FirstPacket, LegClosed, LegFailed, NewStream, PromptEnded, RecordingFailed, RecordingFinished,
        Silent,
    };
    match event {
        LegFailed { leg, .. } | FirstPacket { leg, .. } | Digit { leg, .. } | NewStream { leg } => Some(*leg),
        PromptEnded { leg, .. } | Silent { leg, .. } | Audible { leg } | LegClosed { leg, .. } => Some(*leg),
        RecordingFinished { .. } | RecordingFailed { .. } => None,
    }
}
