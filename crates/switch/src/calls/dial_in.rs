//! Callers of the recordings line: answered at once, led by [`Dialogue`], and hung up on at its end. They are nobody's call: no record, no
//! recording, no queue, and nothing that counts for a promise.

use std::time::Instant;

use acd::CallId;
use bytes::Bytes;
use endpoint::{Incoming, LegEvent, LegId, Order, TrunkId};

use super::Calls;
use super::errand::{leg_of, leg_of_voice};
use crate::board::Board;
use crate::call::arrive::{Caller, circle, refuse};
use crate::dial_in::{Answer, Ask, Dialogue, Do, Locked};
use crate::io::Alarm;
use crate::leg::{LEAVING_MAX, Leg, Role, Signalling, Voice};
use crate::media::{self, Side, Source};

/// Callers of the line at once; more are refused.
pub(crate) const DIAL_INS_MAX: usize = 20;

/// Whoever sends nothing for so long is not there any more.
pub(crate) const SILENT_SECONDS_MAX: u32 = 60;

/// One of them.
#[derive(Debug)]
pub(super) struct DialIn {
    pub(super) leg: Leg,
    line: CallId,
    /// E.164 digits, or empty.
    caller: String,
    /// `None`: there is no agreement on how to speak yet.
    dialogue: Option<Dialogue>,
    is_closed: bool,
}

impl DialIn {
    /// When it next needs looking at.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let dialogue = self.dialogue.as_ref().filter(|_| !self.is_closed).and_then(Dialogue::deadline);
        dialogue.into_iter().chain(self.leg.deadline()).min()
    }

    /// Begins to speak, once there is a way to.
    fn begin(&mut self, board: &mut Board, now: Instant) {
        self.negotiated(board);
        self.leg.detects = true;
        board.media(media::Order::DetectDigits { leg: self.leg.id, on: true });
        let (dialogue, does) = Dialogue::begin(now, self.caller.clone());
        self.dialogue = Some(dialogue);
        self.carry_out(board, now, does);
    }

    fn negotiated(&self, board: &mut Board) {
        if let Some(media) = self.leg.media() {
            board.media(media::Order::Negotiated { leg: self.leg.id, media });
        }
    }

    /// The ACK: with the answer, when the offer was ours.
    fn acknowledged(&mut self, board: &mut Board, now: Instant, body: Option<&Bytes>) {
        if !self.leg.is_up() || !self.leg.description.is_waiting() {
            return;
        }
        match self.leg.description.accept(body.map(|body| body.as_ref()).unwrap_or_default()) {
            Ok(()) if self.dialogue.is_none() => self.begin(board, now),
            Ok(()) => self.negotiated(board),
            Err(_) => self.leave(board, now),
        }
    }

    fn offered(&mut self, board: &mut Board, body: &[u8]) {
        let ours = &mut self.leg.description;
        let answer = if body.is_empty() { Ok(ours.offer()) } else { ours.answer(body) };
        let is_new = answer.is_ok() && !body.is_empty();
        board.order(Order::AnswerOffer { leg: self.leg.id, answer });
        if is_new {
            self.negotiated(board);
        }
    }

    /// Tells the dialogue of something, and does what it wants.
    fn tell(&mut self, board: &mut Board, now: Instant, what: impl FnOnce(&mut Dialogue) -> Vec<Do>) {
        if self.is_closed {
            return;
        }
        if let Some(dialogue) = &mut self.dialogue {
            let does = what(dialogue);
            self.carry_out(board, now, does);
        }
    }

    fn carry_out(&mut self, board: &mut Board, now: Instant, does: Vec<Do>) {
        for next in does {
            match next {
                Do::Hear(prompt) => self.hear(board, Source::Prompt { prompt, repeat: false }),
                Do::Hush => self.hear(board, Source::Silence),
                Do::Ask { number, ask } => board.dial_in(self.line, number, ask),
                Do::Alarm(locked) => {
                    let customer = match locked {
                        Locked::Firm(customer) => Some(customer),
                        Locked::Caller => None,
                    };
                    board.alarm(Alarm::PinLocked { customer, caller: self.caller.clone() });
                }
                Do::HangUp => self.leave(board, now),
            }
        }
    }

    fn hear(&mut self, board: &mut Board, source: Source) {
        self.leg.hears = Some(source.clone());
        board.media(media::Order::Hear { leg: self.leg.id, source });
    }

    /// Hangs up.
    fn leave(&mut self, board: &mut Board, now: Instant) {
        if self.leg.is_up() {
            self.leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
            board.order(Order::Hangup { leg: self.leg.id, reason: None });
        }
        self.leg.close(board, now);
        self.close(board);
    }

    /// Nothing more is needed of what was made for this call.
    fn close(&mut self, board: &mut Board) {
        if !std::mem::replace(&mut self.is_closed, true) {
            board.dial_in(self.line, 0, Ask::Close);
        }
    }

    fn timeout(&mut self, board: &mut Board, now: Instant) {
        if matches!(self.leg.signalling, Signalling::Leaving { until } if until <= now) {
            self.leg.signalling = Signalling::Gone;
        }
        if matches!(self.leg.voice, Voice::Closing { until } if until <= now) {
            self.leg.closed(board, now);
        }
        self.tell(board, now, |dialogue| dialogue.timeout(now));
    }
}

impl Calls {
    /// Somebody calls the line.
    pub(super) fn dial_in(&mut self, now: Instant, trunk: TrunkId, incoming: &Incoming) {
        let id = incoming.leg;
        let caller = Caller::of(incoming);
        if let Some(status) = circle(&self.board, &caller, incoming) {
            return refuse(&mut self.board, id, status);
        }
        if self.dial_ins.len() >= DIAL_INS_MAX {
            self.board.alarm(Alarm::Full { table: "recordings line".to_owned(), limit: DIAL_INS_MAX });
            return refuse(&mut self.board, id, 486);
        }
        let terms = self.board.trunk_terms(trunk).of_incoming();
        let (leg, body) = match self.board.take_up(now, incoming, (Role::Caller, Signalling::Up), terms) {
            Ok(taken) => taken,
            Err(status) => return refuse(&mut self.board, id, status),
        };
        self.board.order(Order::Answer { leg: id, body });
        // The voice path keeps legs by call: this one has a name of its own.
        let line = self.new_id(now);
        self.board.media(media::Order::OpenLeg { leg: id, call: line, local: leg.local, side: Side::Caller });
        let mut dial_in = DialIn { leg, line, caller: caller.digits(), dialogue: None, is_closed: false };
        if incoming.offer.is_some() {
            dial_in.begin(&mut self.board, now);
        }
        self.dial_ins.insert(id, dial_in);
    }

    /// Something happened to such a caller. False: it is none of those.
    pub(super) fn dial_in_event(&mut self, now: Instant, event: &LegEvent) -> bool {
        let Some(id) = leg_of(event) else { return false };
        let Some(dial_in) = self.dial_ins.get_mut(&id) else { return false };
        let board = &mut self.board;
        match event {
            LegEvent::Acknowledged { body, .. } => dial_in.acknowledged(board, now, body.as_ref()),
            LegEvent::Offer { body, .. } if dial_in.leg.is_up() => dial_in.offered(board, body),
            LegEvent::Refer { .. } => board.order(Order::AnswerRefer { leg: id, status: 403 }),
            LegEvent::Digit { digit, .. } => dial_in.tell(board, now, |dialogue| dialogue.key(now, *digit)),
            LegEvent::Ended { .. } => {
                dial_in.leg.signalling = Signalling::Gone;
                dial_in.leg.close(board, now);
                dial_in.close(board);
            }
            LegEvent::Incoming(_) | LegEvent::Progress { .. } | LegEvent::Answered { .. } => {}
            LegEvent::Rejected { .. } | LegEvent::Offer { .. } | LegEvent::OfferAnswered { .. } => {}
            LegEvent::OfferRefused { .. } | LegEvent::ProbeAnswered { .. } => {}
        }
        self.forget_dial_in(id);
        true
    }

    /// The voice path tells something of such a caller. False: it is none of those.
    pub(super) fn dial_in_media(&mut self, now: Instant, event: &media::Event) -> bool {
        use media::Event::{
            Audible, Digit, FirstPacket, LegClosed, LegFailed, NewStream, PromptEnded, RecordingFailed,
            RecordingFinished, Silent,
        };
        let Some(id) = leg_of_voice(event) else { return false };
        let Some(dial_in) = self.dial_ins.get_mut(&id) else { return false };
        let board = &mut self.board;
        match event {
            PromptEnded { prompt, missing, .. } => {
                dial_in.tell(board, now, |dialogue| dialogue.prompt_ended(now, prompt, *missing));
            }
            Digit { digit, .. } => dial_in.tell(board, now, |dialogue| dialogue.key(now, *digit)),
            Silent { seconds, .. } if *seconds >= SILENT_SECONDS_MAX => dial_in.leave(board, now),
            LegFailed { .. } => {
                dial_in.leg.closed(board, now);
                dial_in.leave(board, now);
            }
            LegClosed { .. } => dial_in.leg.closed(board, now),
            Silent { .. } | FirstPacket { .. } | NewStream { .. } | Audible { .. } => {}
            RecordingFinished { .. } | RecordingFailed { .. } => {}
        }
        self.forget_dial_in(id);
        true
    }

    /// What a caller of the line needed is there, or is not.
    pub(crate) fn dial_in_answer(&mut self, now: Instant, line: CallId, number: u64, answer: Answer) {
        let board = &mut self.board;
        if let Some(dial_in) = self.dial_ins.values_mut().find(|dial_in| dial_in.line == line) {
            dial_in.tell(board, now, |dialogue| dialogue.answered(now, number, answer));
        }
    }

    /// The house is closing: what is heard here can be heard again, and one recording could outlast everybody's patience.
    pub(super) fn dial_ins_end(&mut self, now: Instant) {
        for dial_in in self.dial_ins.values_mut() {
            dial_in.leave(&mut self.board, now);
        }
        self.dial_ins.retain(|_, dial_in| !dial_in.leg.is_over());
    }

    /// Does what has become due.
    pub(super) fn dial_ins_timeout(&mut self, now: Instant) {
        let is_due = |dial_in: &DialIn| dial_in.deadline().is_some_and(|due| due <= now);
        let due: Vec<LegId> = self.dial_ins.iter().filter(|(_, one)| is_due(one)).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(dial_in) = self.dial_ins.get_mut(&id) {
                dial_in.timeout(&mut self.board, now);
            }
            self.forget_dial_in(id);
        }
    }

    fn forget_dial_in(&mut self, id: LegId) {
        if self.dial_ins.get(&id).is_some_and(|dial_in| dial_in.leg.is_over()) {
            self.dial_ins.remove(&id);
        }
    }
}
