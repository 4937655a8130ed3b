//! A caller who is called back in the turn that the call had: promised by key, or by the firm's policy for callers who gave up.
//!
//! The call stays, with its name, its place in the queue and its one recording (paused while nobody is on the line). When an
//! operator takes the turn, the caller's number is called; whoever answers is joined with the operator, who hears ringing until
//! then. No answer: the operator is free, and the call comes to its place again after a rest.
//!
//! Who may be called is [`super::transfer`]'s to say, like everything that is dialled (R03). `reach` calls the caller; `again`: the
//! caller calls again, or the process died before the promise was kept.

mod again;
mod reach;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use acd::{EnqueueError, OperatorId};
use endpoint::{LegId, TrunkId};
use number::Number;

use super::record::{Fact, operator};
use super::{Call, Phase, Talk, Tape};
use crate::board::Board;
use crate::io::Alarm;
use crate::media;
pub(crate) use again::{ForPromise, StandsFor};

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
    /// Not in the queue: the caller has called again, and waits on that call. It may be somebody else with a forged number, and so
    /// the promise stays until an operator has spoken there.
    OnTheLine,
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
            Turn::Queued | Turn::OnTheLine => self.until,
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
            Turn::Queued | Turn::Resting { .. } | Turn::OnTheLine => None,
        }
    }

    pub(crate) fn calling_mut(&mut self) -> Option<&mut CallingBack> {
        match &mut self.turn {
            Turn::Calling(calling) => Some(calling),
            Turn::Queued | Turn::Resting { .. } | Turn::OnTheLine => None,
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

    /// The caller will not be called back: whoever should know of it is told, as of any caller whom no person answered (F04).
    fn promise_is_broken(&mut self, board: &mut Board, now: Instant, ending: &str) {
        if matches!(&self.phase, Phase::Away(away) if away.by == By::Key) {
            self.tell_abandoned(board, now);
        }
        self.end(board, now, ending);
    }

    /// The house is closing: whoever is not being called now will not be called.
    pub(crate) fn drain(&mut self, board: &mut Board, now: Instant) {
        let is_due = |away: &Away| matches!(away.turn, Turn::Queued | Turn::Resting { .. });
        if matches!(&self.phase, Phase::Away(away) if is_due(away)) {
            self.promise_is_broken(board, now, "callback_failed");
        }
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
            // Whoever is on the line now is looked after there.
            Turn::OnTheLine => self.end(board, now, "called_again"),
            Turn::Resting { .. } => self.turn_again(board, now),
            Turn::Queued => {}
        }
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

    /// Plays the firm's name to this operator, if it wants that.
    pub(super) fn whisper_name(&mut self, board: &mut Board, now: Instant, leg: LegId, who: OperatorId) {
        if self.customer.as_ref().is_some_and(|customer| customer.whisper) {
            board.media(media::Order::Whisper { leg, prompt: self.prompt("name") });
            self.story.tell(now, Fact::Whispered { operator: operator(who) });
        }
    }
}
