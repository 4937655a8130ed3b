//! A notice spoken to a phone of a firm (X05): the phone is called, the notice is said, and said again, and a key confirms it. A
//! mailbox presses none. It is nobody's call: no record, no recording, no queue; how it ended is told once.
//!
//! Only the firm's own numbers are called, over its trunks and within its caps (R03), like everything that is dialled.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use acd::CallId;
use endpoint::{Destination, Invite, LegEvent, LegId, Order, Rejection, TrunkId};
use number::Number;

use super::Calls;
use super::errand::{leg_of, leg_of_voice};
use crate::board::Board;
use crate::call::outgoing::why_not;
use crate::call::transfer::dialable;
use crate::desk::{CommandError, Notice};
use crate::io::{Alarm, Event, Heard};
use crate::leg::{LEAVING_MAX, Leg, Role, Signalling, Terms, Voice};
use crate::media::{self, Prompt, Side, Source};
use crate::waiting::speech;

/// Notices at once.
pub(crate) const NOTICES_MAX: usize = 50;

/// A phone rings no longer: before most mailboxes answer.
pub(crate) const RING: Duration = Duration::from_secs(30);

/// How often it is said.
pub(crate) const TIMES: u8 = 3;

/// Between one time and the next, and after the last: time to press the key.
pub(crate) const PAUSE: Duration = Duration::from_secs(4);

/// Saying it once takes no longer.
pub(crate) const SAY_MAX: Duration = Duration::from_secs(120);

/// Hops that such a call may make (RFC 3261 section 8.1.1.6).
const HOPS: u8 = 70;

/// One call to one phone.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) leg: Leg,
    notice: Notice,
    number: Number,
    /// Trunks that stand in for this one (R32).
    trunks: VecDeque<TrunkId>,
    stage: Stage,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Being called, until then.
    Calling { until: Instant },
    /// Being said for the so-manieth time.
    Saying { time: u8, until: Instant },
    /// Said so often; the next time then, or the end.
    Pausing { time: u8, until: Instant },
    /// The key was pressed: thanks are said.
    Thanking { until: Instant },
    /// How it ended is told, or another leg goes on with it.
    Over,
}

impl Spoken {
    /// When it next needs looking at.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let stage = match self.stage {
            Stage::Calling { until } | Stage::Saying { until, .. } => Some(until),
            Stage::Pausing { until, .. } | Stage::Thanking { until } => Some(until),
            Stage::Over => None,
        };
        stage.into_iter().chain(self.leg.deadline()).min()
    }

    /// 200: whoever it is hears the notice. False: we do not agree on how to speak.
    fn answered(&mut self, board: &mut Board, now: Instant, body: &[u8], from_ip: std::net::IpAddr) -> bool {
        let leg = &mut self.leg;
        if !leg.is_early() {
            // We have given up, and the 200 was on its way.
            if !leg.is_up() {
                board.order(Order::Hangup { leg: leg.id, reason: None });
            }
            return true;
        }
        board.usage.answered(now, leg.id);
        leg.signalling = Signalling::Up;
        leg.from_ip = Some(from_ip);
        if leg.description.taken(body).is_err() {
            return false;
        }
        self.negotiated(board);
        self.leg.detects = true;
        board.media(media::Order::DetectDigits { leg: self.leg.id, on: true });
        self.say(board, now, 1);
        true
    }

    fn negotiated(&self, board: &mut Board) {
        if let Some(media) = self.leg.media() {
            board.media(media::Order::Negotiated { leg: self.leg.id, media });
        }
    }

    fn say(&mut self, board: &mut Board, now: Instant, time: u8) {
        self.stage = Stage::Saying { time, until: now + SAY_MAX };
        self.hear(board, self.notice.prompt.clone());
    }

    fn hear(&mut self, board: &mut Board, prompt: Prompt) {
        let source = Source::Prompt { prompt, repeat: false };
        self.leg.hears = Some(source.clone());
        board.media(media::Order::Hear { leg: self.leg.id, source });
    }

    /// It is said, or takes too long: again after a pause.
    fn said(&mut self, now: Instant) {
        if let Stage::Saying { time, .. } = self.stage {
            self.stage = Stage::Pausing { time, until: now + PAUSE };
        }
    }

    /// A key. The right one is the end of it: thanks are said, and we hang up.
    fn key(&mut self, board: &mut Board, now: Instant, digit: char) {
        let listens = matches!(self.stage, Stage::Saying { .. } | Stage::Pausing { .. });
        if listens && digit == self.notice.key {
            self.tell(board, Heard::Confirmed);
            self.stage = Stage::Thanking { until: now + PAUSE * 2 };
            self.hear(board, Prompt::named(speech::NOTICE_CONFIRMED));
        }
    }

    fn tell(&self, board: &mut Board, outcome: Heard) {
        board.event(Event::Notified { id: self.notice.id.clone(), outcome });
    }

    /// It is over: told, unless that was done, and whoever is on the line is hung up on.
    fn end(&mut self, board: &mut Board, now: Instant, outcome: Heard) {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Calling { .. } | Stage::Saying { .. } | Stage::Pausing { .. } => self.tell(board, outcome),
            Stage::Thanking { .. } | Stage::Over => {}
        }
        if self.leg.is_there() {
            self.leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
            board.order(Order::Hangup { leg: self.leg.id, reason: None });
        }
        self.leg.close(board, now);
    }

    /// The leg is over at its far end.
    fn gone(&mut self, board: &mut Board, now: Instant) {
        self.leg.signalling = Signalling::Gone;
        if let Some(trunk) = self.leg.trunk.take() {
            board.count_trunk(trunk, false);
            board.usage.ends(now, self.leg.id);
        }
        self.leg.close(board, now);
    }

    /// What has become due. Given up: it has rung long enough, or was said often enough and nobody pressed the key.
    fn timeout(&mut self, board: &mut Board, now: Instant) {
        if matches!(self.leg.signalling, Signalling::Leaving { until } if until <= now) {
            self.gone(board, now);
        }
        if matches!(self.leg.voice, Voice::Closing { until } if until <= now) {
            self.leg.closed(board, now);
        }
        match self.stage {
            Stage::Calling { until } if until <= now => self.end(board, now, Heard::NoAnswer),
            Stage::Saying { until, .. } if until <= now => self.said(now),
            Stage::Pausing { time, until } if until <= now && time < TIMES => self.say(board, now, time + 1),
            Stage::Pausing { until, .. } if until <= now => self.end(board, now, Heard::NotConfirmed),
            Stage::Thanking { until } if until <= now => self.end(board, now, Heard::Confirmed),
            Stage::Calling { .. } | Stage::Saying { .. } | Stage::Pausing { .. } => {}
            Stage::Thanking { .. } | Stage::Over => {}
        }
    }
}

impl Calls {
    /// The leg of a phone that is no call's: an operator's that is being told of its state, a firm's to which a notice is spoken or
    /// that hears recordings.
    pub(crate) fn other_leg(&self, id: LegId) -> Option<&crate::leg::Leg> {
        let errand = self.errands.get(&id).map(|errand| &errand.leg);
        let notice = || self.notices.get(&id).map(|notice| &notice.leg);
        errand.or_else(notice).or_else(|| self.dial_ins.get(&id).map(|dial_in| &dial_in.leg))
    }

    /// Legs of notices.
    pub(crate) fn notice_legs(&self) -> impl Iterator<Item = &crate::leg::Leg> + Clone {
        self.notices.values().map(|notice| &notice.leg)
    }

    /// Begins to call.
    pub(super) fn notify(&mut self, now: Instant, notice: Notice) -> Result<(), CommandError> {
        let is_same = |spoken: &Spoken| spoken.notice.id == notice.id && spoken.stage != Stage::Over;
        if self.board.draining || self.notices.len() >= NOTICES_MAX || self.notices.values().any(is_same) {
            return Err(CommandError::NotNow);
        }
        let number = self.number_of(&notice)?;
        let trunks = self.board.trunks_for_calling(now);
        if trunks.is_empty() {
            return Err(CommandError::NoTrunk);
        }
        let caps = self.board.directory.settings.outgoing;
        if let Err(cap) = self.board.usage.check(now, notice.customer, caps) {
            let (call, limit) = (notice.id, cap.word().to_owned());
            self.board.alarm(Alarm::OverLimit { call, customer: notice.customer.0, limit });
            return Err(CommandError::OverLimit(cap));
        }
        // No port is free, or the trunks have just gone.
        if self.call_phone(now, notice, number, trunks, false) { Ok(()) } else { Err(CommandError::NotNow) }
    }

    /// The number, if it is one that may be called for this firm (R03).
    fn number_of(&mut self, notice: &Notice) -> Result<Number, CommandError> {
        let customer = self.board.directory.customers.get(&notice.customer);
        let targets = customer.into_iter().flat_map(|firm| &firm.targets).map(|target| &target.number);
        let phones = customer.into_iter().flat_map(|firm| &firm.notice_phones);
        let wanted = dialable(&notice.number);
        let mut registered = targets.chain(phones).filter_map(|digits| dialable(&format!("+{digits}")));
        if let Some(number) = wanted.filter(|number| registered.any(|known| known == *number)) {
            return Ok(number);
        }
        let number = crate::directory::plain(&notice.number);
        self.board.alarm(Alarm::TollFraud { who: format!("notice {}", notice.id), number });
        Err(CommandError::NotRegistered)
    }

    /// Calls the phone over the first of these trunks that can be used. False: over none.
    fn call_phone(
        &mut self,
        now: Instant,
        notice: Notice,
        number: Number,
        mut trunks: VecDeque<TrunkId>,
        again: bool,
    ) -> bool {
        let board = &mut self.board;
        let usable = board.trunks_for_calling(now);
        let directory = board.directory.clone();
        let mut left = std::iter::from_fn(|| trunks.pop_front()).filter(|id| usable.contains(id));
        let Some(trunk) = left.find_map(|id| directory.trunk(id)) else { return false };
        let id = board.new_leg();
        let peer = trunk.hops.first().map(|hop| hop.address.ip());
        let Some(local) = board.open(now, id, peer) else { return false };
        let mut description = board.describe(local, &Terms { peer, ..board.trunk_terms(trunk.id) });
        let body = description.offer();
        // The voice path keeps legs by call: this one has a name of its own.
        let call = CallId::new(board.unix_ms(now), board.random());
        board.media(media::Order::OpenLeg { leg: id, call, local, side: Side::Ours });
        board.count_trunk(trunk.id, true);
        board.usage.begins(now, notice.customer, id, again);
        board.order(Order::Invite(Invite {
            leg: id,
            to: Destination::Trunk { trunk: trunk.id, number: number.national() },
            display: String::new(),
            caller: None,
            withheld: false,
            redirected: None,
            body,
            web_body: None,
            headers: Vec::new(),
            max_forwards: HOPS,
            auto_answer: false,
            on_behalf_of: None,
        }));
        let early = Signalling::Early { rang: false };
        let mut leg = Leg::new((id, Role::Target), early, local, description, peer);
        leg.trunk = Some(trunk.id);
        let stage = Stage::Calling { until: now + RING };
        self.notices.insert(id, Spoken { leg, notice, number, trunks, stage });
        true
    }

    /// Something happened to such a phone. False: it is none of those.
    pub(super) fn notice_event(&mut self, now: Instant, event: &LegEvent) -> bool {
        let Some(id) = leg_of(event) else { return false };
        let Some(spoken) = self.notices.get_mut(&id) else { return false };
        let board = &mut self.board;
        match event {
            LegEvent::Progress { status, .. } if *status > 100 && spoken.leg.is_early() => {
                spoken.leg.signalling = Signalling::Early { rang: true };
            }
            LegEvent::Answered { body, from_ip, .. } => {
                if !spoken.answered(board, now, body, *from_ip) {
                    spoken.end(board, now, Heard::Failed);
                }
            }
            LegEvent::Rejected { rejection, .. } => self.phone_rejects(now, id, rejection),
            LegEvent::Offer { body, .. } if spoken.leg.is_up() => {
                let ours = &mut spoken.leg.description;
                let answer = if body.is_empty() { Ok(ours.offer()) } else { ours.answer(body) };
                let is_new = answer.is_ok() && !body.is_empty();
                board.order(Order::AnswerOffer { leg: id, answer });
                if is_new {
                    spoken.negotiated(board);
                }
            }
            LegEvent::Refer { .. } => board.order(Order::AnswerRefer { leg: id, status: 403 }),
            LegEvent::Digit { digit, .. } => spoken.key(board, now, *digit),
            LegEvent::Ended { .. } => {
                let was_up = spoken.leg.is_up();
                spoken.gone(board, now);
                // Hung up on us, or lost: nobody has confirmed it.
                spoken.end(board, now, if was_up { Heard::NotConfirmed } else { Heard::Failed });
            }
            LegEvent::Incoming(_) | LegEvent::Progress { .. } | LegEvent::Offer { .. } => {}
            LegEvent::Acknowledged { .. } | LegEvent::OfferAnswered { .. } | LegEvent::OfferRefused { .. } => {}
            LegEvent::ProbeAnswered { .. } => {}
        }
        self.forget_notice(id);
        true
    }

    /// The phone does not take the call: another trunk if it was the trunk's fault, else that was it.
    fn phone_rejects(&mut self, now: Instant, id: LegId, rejection: &Rejection) {
        let Some(spoken) = self.notices.get_mut(&id) else { return };
        let (was_wanted, trunk) = (spoken.stage != Stage::Over, spoken.leg.trunk);
        spoken.gone(&mut self.board, now);
        if !was_wanted {
            return;
        }
        if let (true, Some(seconds), Some(trunk)) = (rejection.try_next_trunk, rejection.retry_after, trunk) {
            self.board.rest_trunk(now, trunk, seconds);
        }
        let (notice, number, trunks) = (spoken.notice.clone(), spoken.number, std::mem::take(&mut spoken.trunks));
        if rejection.try_next_trunk && self.call_phone(now, notice, number, trunks, true) {
            if let Some(spoken) = self.notices.get_mut(&id) {
                spoken.stage = Stage::Over;
            }
            return;
        }
        let outcome = match why_not(rejection.status) {
            "busy" | "rejected" => Heard::Busy,
            "no_answer" => Heard::NoAnswer,
            _ => Heard::Failed,
        };
        if let Some(spoken) = self.notices.get_mut(&id) {
            spoken.end(&mut self.board, now, outcome);
        }
    }

    /// The voice path tells something of such a phone. False: it is none of those.
    pub(super) fn notice_media(&mut self, now: Instant, event: &media::Event) -> bool {
        use media::Event::{
            Audible, Digit, FirstPacket, LegClosed, LegFailed, NewStream, PromptEnded, RecordingFailed,
            RecordingFinished, Silent,
        };
        let Some(id) = leg_of_voice(event) else { return false };
        let Some(spoken) = self.notices.get_mut(&id) else { return false };
        let board = &mut self.board;
        match event {
            PromptEnded { prompt, missing, .. } if *prompt == spoken.notice.prompt => match missing {
                true => spoken.end(board, now, Heard::Failed),
                false => spoken.said(now),
            },
            PromptEnded { .. } if matches!(spoken.stage, Stage::Thanking { .. }) => {
                spoken.end(board, now, Heard::Confirmed);
            }
            Digit { digit, .. } => spoken.key(board, now, *digit),
            LegFailed { .. } => {
                spoken.leg.closed(board, now);
                spoken.end(board, now, Heard::Failed);
            }
            LegClosed { .. } => spoken.leg.closed(board, now),
            PromptEnded { .. } | FirstPacket { .. } | NewStream { .. } | Silent { .. } | Audible { .. } => {}
            RecordingFinished { .. } | RecordingFailed { .. } => {}
        }
        self.forget_notice(id);
        true
    }

    /// Does what has become due.
    pub(super) fn notices_timeout(&mut self, now: Instant) {
        let is_due = |spoken: &Spoken| spoken.deadline().is_some_and(|due| due <= now);
        let due: Vec<LegId> = self.notices.iter().filter(|(_, spoken)| is_due(spoken)).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(spoken) = self.notices.get_mut(&id) {
                spoken.timeout(&mut self.board, now);
            }
            self.forget_notice(id);
        }
    }

    fn forget_notice(&mut self, id: LegId) {
        if self.notices.get(&id).is_some_and(|spoken| spoken.leg.is_over()) {
            self.notices.remove(&id);
        }
    }
}
