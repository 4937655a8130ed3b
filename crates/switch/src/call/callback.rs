//! A caller who is called back in the turn that the call had: promised by key, or by the firm's policy for callers who gave up.
//!
//! The call stays, with its name, its place in the queue and its one recording (paused while nobody is on the line). When an
//! operator takes the turn, the caller's number is called; whoever answers is joined with the operator, who hears ringing until
//! then. No answer: the operator is free, and the call comes to its place again after a rest.
//!
//! Who may be called is [`super::transfer`]'s to say, like everything that is dialled (R03).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use acd::{EnqueueError, OperatorId};
use endpoint::{LegId, Order, Rejection, TrunkId};
use number::Number;

use super::record::{Fact, operator};
use super::transfer::Outgoing;
use super::{Call, Phase, Talk, Tape};
use crate::board::Board;
use crate::io::Alarm;
use crate::leg::{Leg, Role, Signalling};
use crate::media;

/// Times that a caller is tried.
pub(crate) const TRIES_MAX: u8 = 3;

/// Rest after a try: who is talking to somebody else is soon free, who is in a train is soon out of it.
pub(crate) const REST: Duration = Duration::from_secs(180);

/// A caller's phone rings no longer: before most mailboxes answer.
pub(crate) const RING: Duration = Duration::from_secs(25);

/// A promise that could not be kept by then is given up, and said so: later the caller does not know any more what it is about.
pub(crate) const KEPT_MAX: Duration = Duration::from_secs(3_600);

/// Who hung up sooner than this, from the first ring, did not want to be called back: two rings. One ring and gone is how some
/// people are made to call dear numbers.
pub(crate) const RINGS_MIN: Duration = Duration::from_secs(6);

/// Who wants the call back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// The caller, who has pressed 1.
    Key,
    /// The firm, for a caller who gave up. That was told when it happened.
    Policy,
}

impl By {
    const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Policy => "policy",
        }
    }
}

/// A caller who is not on the line, and will be called.
#[derive(Debug)]
pub(crate) struct Away {
    pub(crate) number: Number,
    by: By,
    /// Times that the caller's number was dialled and nobody was reached. What failed in this house is no try.
    tries: u8,
    /// The number was dialled, however it went.
    is_dialled: bool,
    /// The caller has called again while being called, and waits on that call.
    is_superseded: bool,
    /// Given up then.
    until: Instant,
    pub(crate) turn: Turn,
}

/// Where the turn stands.
#[derive(Debug)]
pub(crate) enum Turn {
    /// In the queue.
    Queued,
    /// Not in the queue until then: the caller was not reached.
    Resting { until: Instant },
    /// An operator has it: the caller's phone is called.
    Calling(Box<CallingBack>),
}

/// A caller's phone being called, for an operator who waits for it.
#[derive(Debug)]
pub(crate) struct CallingBack {
    pub(crate) talk: Talk,
    /// Trunks that stand in for this one (R32).
    trunks: VecDeque<TrunkId>,
    /// The number is being dialled.
    is_dialled: bool,
    /// It rings no longer than that.
    until: Instant,
}

impl Away {
    fn new(now: Instant, number: Number, by: By) -> Self {
        let (tries, until) = (0, now + KEPT_MAX);
        Self { number, by, tries, is_dialled: false, is_superseded: false, until, turn: Turn::Queued }
    }

    /// The firm wants it, not the caller: behind those who are on the line.
    pub(super) fn is_by_policy(&self) -> bool {
        self.by == By::Policy
    }

    pub(super) fn deadline(&self) -> Instant {
        match &self.turn {
            Turn::Queued => self.until,
            Turn::Resting { until } => (*until).min(self.until),
            Turn::Calling(calling) => calling.until,
        }
    }

    pub(crate) fn is_queued(&self) -> bool {
        matches!(self.turn, Turn::Queued)
    }

    /// An operator who waits for the caller.
    pub(crate) fn calling(&self) -> Option<&CallingBack> {
        match &self.turn {
            Turn::Calling(calling) => Some(calling),
            Turn::Queued | Turn::Resting { .. } => None,
        }
    }

    pub(crate) fn calling_mut(&mut self) -> Option<&mut CallingBack> {
        match &mut self.turn {
            Turn::Calling(calling) => Some(calling),
            Turn::Queued | Turn::Resting { .. } => None,
        }
    }
}

impl Call {
    /// The caller has pressed 1: a promise, if one may be made. Thanks are said, then we hang up.
    pub(super) fn take_offer(&mut self, board: &mut Board, now: Instant) {
        let Ok(number) = self.may_call_back(board, now) else { return };
        let Phase::Waiting(lobby) = &mut self.phase else { return };
        lobby.promise(now);
        self.promised(board, now, number, By::Key);
    }

    fn promised(&mut self, board: &mut Board, now: Instant, number: Number, by: By) {
        if let Some(customer) = self.customer.as_deref() {
            board.promises.make(now, customer.id, number, self.id);
        }
        self.story.tell(now, Fact::CallbackPromised { by: by.word().to_owned() });
        self.changed(board, "callback_promised", by.word());
    }

    /// Hangs up on a caller who has been thanked.
    pub(super) fn look_at_promise(&mut self, board: &mut Board, now: Instant) {
        let is_thanked = matches!(&self.phase, Phase::Waiting(lobby) if lobby.promised && lobby.says.is_over());
        if is_thanked {
            self.drop_leg(board, now, self.caller, None, "callback_promised");
            self.go_away(board, now, By::Key);
        }
    }

    /// The caller has given up. If the firm wants it so, and it is permitted, he or she is called back: behind all who are waiting
    /// now, because they are on the line, and because whoever forges numbers must not get their places (R03).
    pub(super) fn given_up(&mut self, board: &mut Board, now: Instant) {
        use crate::AbandonedPolicy::{CallBack, Ignore, Report};
        let wants = match self.customer.as_deref().map(|customer| customer.abandoned) {
            Some(CallBack) => now.saturating_duration_since(self.story.arrived) >= RINGS_MIN,
            Some(Report | Ignore) | None => false,
        };
        match self.may_call_back(board, now).ok().filter(|_| wants) {
            Some(number) => {
                self.tell_abandoned(board, now);
                self.promised(board, now, number, By::Policy);
                self.leave_queue(board, now);
                self.since = now;
                self.go_away(board, now, By::Policy);
                self.turn_again(board, now);
            }
            None => self.end(board, now, "abandoned"),
        }
    }

    /// From here on nobody is on the line; the place in the queue stays.
    pub(super) fn go_away(&mut self, board: &mut Board, now: Instant, by: By) {
        let Some(number) = self.callers_number() else { return self.end(board, now, "caller_hung_up") };
        // Should the caller not wait for it and call again, that is a second call (F09).
        self.remember_visit(board);
        self.phase = Phase::Away(Box::new(Away::new(now, number, by)));
        self.pause_for_callback(board, now, now + KEPT_MAX);
        if board.draining {
            return self.promise_is_broken(board, now, "callback_failed");
        }
        let state = self.state();
        self.story.write(board, now, state);
    }

    /// An operator takes the turn: the caller is called.
    pub(super) fn turn_comes(&mut self, board: &mut Board, now: Instant, talk: Talk) {
        let (who, leg) = (talk.operator, talk.leg);
        self.negotiated(board, leg);
        self.whisper_name(board, now, leg, who);
        let Phase::Away(away) = &mut self.phase else { return };
        let number = away.number;
        let calling = CallingBack { talk, trunks: VecDeque::new(), is_dialled: false, until: now + RING };
        away.turn = Turn::Calling(Box::new(calling));
        self.story.tell(now, Fact::CallbackBegun { operator: operator(who), number: number.digits().to_string() });
        self.changed(board, "calling_back", "");
        if self.within_caps(board, now).is_err() {
            return self.not_reached(board, now, "over_limit");
        }
        let trunks = board.trunks_for_calling(now);
        self.call_caller(board, now, trunks, false);
    }

    /// Calls the caller over the first of these trunks.
    fn call_caller(&mut self, board: &mut Board, now: Instant, mut trunks: VecDeque<TrunkId>, again: bool) {
        let Phase::Away(away) = &self.phase else { return };
        let to = Outgoing { role: Role::Caller, number: away.number, redirected: None };
        let Some((leg, _)) = self.call_out(board, now, to, &mut trunks, again) else {
            return self.not_reached(board, now, "no_trunk");
        };
        self.caller = leg;
        if let Phase::Away(away) = &mut self.phase {
            away.is_dialled = true;
            if let Some(calling) = away.calling_mut() {
                (calling.trunks, calling.is_dialled) = (trunks, true);
            }
        }
    }

    /// 18x from the caller's phone.
    pub(crate) fn caller_rings(&mut self, board: &mut Board, now: Instant, id: LegId) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_early() && !leg.rang()) else { return };
        leg.signalling = Signalling::Early { rang: true };
        self.story.tell(now, Fact::CallerRinging {});
        self.changed(board, "caller_rings", "");
    }

    /// The caller has picked up, or a mailbox has: the operator hears it.
    pub(crate) fn caller_answers(&mut self, board: &mut Board, now: Instant, id: LegId, body: &[u8], from_ip: IpAddr) {
        let Some(leg) = self.leg_mut(id).filter(|leg| !leg.is_up()) else { return };
        if !leg.is_early() {
            return self.drop_leg(board, now, id, None, "too_late");
        }
        board.usage.answered(now, id);
        leg.signalling = Signalling::Up;
        leg.from_ip = Some(from_ip);
        let index = leg.index;
        let agreed = leg.description.taken(body);
        self.story.leg_answered(now, index);
        if agreed.is_err() {
            return self.not_reached(board, now, "bad_answer");
        }
        let talk = match self.take_phase(now) {
            Phase::Away(away) => match away.turn {
                Turn::Calling(calling) => calling.talk,
                turn @ (Turn::Queued | Turn::Resting { .. }) => {
                    // Nobody of ours is there: a leg without its place.
                    self.phase = Phase::Away(Box::new(Away { turn, ..*away }));
                    return self.drop_leg(board, now, id, None, "too_late");
                }
            },
            other @ (Phase::Waiting(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_)) => {
                self.phase = other;
                return self.drop_leg(board, now, id, None, "too_late");
            }
            other @ (Phase::Bridged { .. } | Phase::Over { .. }) => {
                self.phase = other;
                return self.drop_leg(board, now, id, None, "too_late");
            }
        };
        let (who, leg) = (talk.operator, talk.leg);
        self.phase = Phase::Talking(talk);
        board.order(Order::Couple { one: id, other: leg });
        self.forget_promise(board);
        self.resume_after_callback(board, now);
        if self.is_connected() {
            self.negotiated(board, id);
        }
        self.answer_caller(board, now);
        self.story.tell(now, Fact::CallbackReached {});
        self.tell_answered(board, now, who);
    }

    /// The caller's phone does not take the call.
    pub(crate) fn caller_rejects(&mut self, board: &mut Board, now: Instant, id: LegId, rejection: &Rejection) {
        let was_wanted = self.leg(id).is_some_and(Leg::is_early);
        let trunk = self.leg(id).and_then(|leg| leg.trunk);
        let word = super::transfer::why_not(rejection.status);
        self.leg_is_gone(board, now, id, rejection.status, word);
        if !was_wanted || self.caller != id {
            return;
        }
        if let (true, Some(seconds), Some(trunk)) = (rejection.try_next_trunk, rejection.retry_after, trunk) {
            board.rest_trunk(now, trunk, seconds);
        }
        let others = match &mut self.phase {
            Phase::Away(away) => away.calling_mut().map(|calling| std::mem::take(&mut calling.trunks)),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_) => None,
            Phase::Bridged { .. } | Phase::Over { .. } => None,
        };
        match others.filter(|others| rejection.try_next_trunk && !others.is_empty()) {
            Some(others) => self.call_caller(board, now, others, true),
            None => self.not_reached_or_never(board, now, word, is_final(rejection.status)),
        }
    }

    /// The caller was not reached, or the operator did not wait for it: the operator is free, and the turn comes again later.
    pub(super) fn not_reached(&mut self, board: &mut Board, now: Instant, why: &str) {
        self.not_reached_or_never(board, now, why, false);
    }

    /// The same; `never`: nobody will be reached there, however often it is tried.
    fn not_reached_or_never(&mut self, board: &mut Board, now: Instant, why: &str, never: bool) {
        let Some((who, is_dialled)) = self.leave_caller(board, now, why) else { return };
        // Nothing was spoken: there is no report to be written.
        board.queue.released(now, who);
        let Phase::Away(away) = &mut self.phase else { return };
        away.tries = away.tries.saturating_add(u8::from(is_dialled));
        let (tries, is_superseded) = (away.tries, away.is_superseded);
        away.turn = Turn::Resting { until: now + REST };
        self.story.tell(now, Fact::CallbackFailed { why: why.to_owned(), tries });
        self.changed(board, "callback_failed", why);
        if is_superseded {
            self.end(board, now, "called_again");
        } else if never || tries >= TRIES_MAX || board.draining {
            self.promise_is_broken(board, now, "callback_failed");
        }
    }

    /// The caller will not be called back: whoever should know of it is told, as of any caller whom no person answered (F04).
    fn promise_is_broken(&mut self, board: &mut Board, now: Instant, ending: &str) {
        if matches!(&self.phase, Phase::Away(away) if away.by == By::Key) {
            self.tell_abandoned(board, now);
        }
        self.end(board, now, ending);
    }

    /// The house is closing: whoever is not being called now will not be called.
    pub(crate) fn drain(&mut self, board: &mut Board, now: Instant) {
        if matches!(&self.phase, Phase::Away(away) if away.calling().is_none()) {
            self.promise_is_broken(board, now, "callback_failed");
        }
    }

    /// The operator's phone is off the line before the caller has answered.
    pub(super) fn operator_left_callback(&mut self, board: &mut Board, now: Instant, is_lost: bool) {
        if !is_lost {
            return self.not_reached(board, now, "operator_hung_up");
        }
        let Some((who, _)) = self.leave_caller(board, now, "operator_lost") else { return };
        board.queue.released(now, who);
        match &self.phase {
            Phase::Away(away) if away.is_superseded => self.end(board, now, "called_again"),
            Phase::Away(_) if board.draining => self.promise_is_broken(board, now, "callback_failed"),
            Phase::Away(_) | Phase::Waiting(_) | Phase::Alone(_) => self.turn_again(board, now),
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {}
        }
    }

    /// Hangs up on both ends of a call back that is being made. Gives the operator, and whether the caller was dialled.
    fn leave_caller(&mut self, board: &mut Board, now: Instant, why: &str) -> Option<(OperatorId, bool)> {
        let Phase::Away(away) = &mut self.phase else { return None };
        let turn = std::mem::replace(&mut away.turn, Turn::Resting { until: now + REST });
        let (talk, is_dialled) = match turn {
            Turn::Calling(calling) => (calling.talk, calling.is_dialled),
            Turn::Queued | Turn::Resting { .. } => {
                away.turn = turn;
                return None;
            }
        };
        let gone = [self.caller, talk.leg].into_iter().filter(|id| self.leg(*id).is_some_and(Leg::is_there));
        for leg in gone.collect::<Vec<_>>() {
            self.drop_leg(board, now, leg, None, why);
        }
        self.close_pop(board, now, talk.operator, why);
        Some((talk.operator, is_dialled))
    }

    /// Whether the caller could be called now. No operator's phone rings for one who cannot be.
    pub(super) fn can_call_back(&self, board: &mut Board, now: Instant) -> bool {
        !board.trunks_for_calling(now).is_empty() && self.within_caps(board, now).is_ok()
    }

    /// Out of the queue for a while: the caller cannot be called now.
    pub(super) fn rest_from_queue(&mut self, board: &mut Board, now: Instant) {
        self.leave_queue(board, now);
        if let Phase::Away(away) = &mut self.phase {
            away.turn = Turn::Resting { until: now + REST };
        }
    }

    /// Into the queue again, at the old place.
    fn turn_again(&mut self, board: &mut Board, now: Instant) {
        let can_call = self.can_call_back(board, now);
        let Phase::Away(away) = &mut self.phase else { return };
        if !can_call {
            away.turn = Turn::Resting { until: now + REST };
            return;
        }
        let queued = self.enqueue(board, now, false);
        let Phase::Away(away) = &mut self.phase else { return };
        match queued {
            Ok(()) => away.turn = Turn::Queued,
            Err(EnqueueError::Full) => away.turn = Turn::Resting { until: now + REST },
            Err(EnqueueError::Duplicate) => {
                away.turn = Turn::Queued;
                board.alarm(Alarm::Repaired { what: format!("{} was in the queue twice", self.id) });
            }
        }
    }

    /// Does what has become due.
    pub(super) fn callback_timeout(&mut self, board: &mut Board, now: Instant) {
        let Phase::Away(away) = &self.phase else { return };
        if away.deadline() > now {
            return;
        }
        let is_over = away.until <= now;
        match &away.turn {
            Turn::Calling(_) => self.not_reached(board, now, "no_answer"),
            Turn::Queued | Turn::Resting { .. } if is_over => self.promise_is_broken(board, now, "callback_expired"),
            Turn::Resting { .. } => self.turn_again(board, now),
            Turn::Queued => {}
        }
    }

    /// Since when the caller who is away has waited: the place of a new call of his or hers.
    pub(crate) fn place_kept(&self) -> Option<Instant> {
        matches!(self.phase, Phase::Away(_)).then(|| self.since.min(self.story.arrived))
    }

    /// The caller has called again, and waits: the new call has the place. Who was never called may be promised it again; who is
    /// being called right now may still be reached, but is not tried again.
    pub(crate) fn called_again(&mut self, board: &mut Board, now: Instant) {
        let Phase::Away(away) = &mut self.phase else { return };
        if away.calling().is_some() {
            away.is_superseded = true;
            return;
        }
        if !away.is_dialled {
            board.promises.take_back(away.number);
        }
        self.end(board, now, "called_again");
    }

    /// Nothing more is promised.
    pub(super) fn forget_promise(&self, board: &mut Board) {
        board.promises.is_over(self.id);
    }

    /// The caller's own number, if it may be called back.
    pub(super) fn callers_number(&self) -> Option<Number> {
        let record = &self.story.record;
        if !record.withheld.is_empty() || record.caller.is_empty() {
            return None;
        }
        super::transfer::ordinary(&record.caller)
    }

    fn pause_for_callback(&mut self, board: &mut Board, now: Instant, until: Instant) {
        if self.tape == Tape::Running && self.pause.is_none() {
            self.turn_pause_until(board, now, until);
        }
    }

    fn resume_after_callback(&mut self, board: &mut Board, now: Instant) {
        if self.pause.is_some() {
            self.turn_pause(board, now, false, "callback");
        }
    }

    /// Plays the firm's name to this operator, if it wants that.
    pub(super) fn whisper_name(&mut self, board: &mut Board, now: Instant, leg: LegId, who: OperatorId) {
        if self.customer.as_ref().is_some_and(|customer| customer.whisper) {
            board.media(media::Order::Whisper { leg, prompt: self.prompt("name") });
            self.story.tell(now, Fact::Whispered { operator: operator(who) });
        }
    }
}

/// Whoever says so once says it the next time: no such number (404, 410, 484), or a person who does not want the call (603, 607).
const fn is_final(status: u16) -> bool {
    matches!(status, 404 | 410 | 484 | 603 | 607)
}
