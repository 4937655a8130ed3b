//! A promise outlives what happens to it: the caller calls again, or says so with somebody else's forged number; the process dies.

use std::time::{Duration, Instant};

use acd::CallId;

use super::super::record::{Fact, Story};
use super::super::{Call, Phase, Tape};
use super::{Away, By, KEPT_MAX, TRIES_MAX, Turn};
use crate::board::Board;
use crate::io::Event;
use crate::past::PastPromise;
use crate::record::{CallRecord, CallState};

/// A new call of a caller who was promised a call back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StandsFor {
    /// The call in which it was promised, which rests meanwhile.
    pub(crate) call: CallId,
    /// The number was not called yet: it may be promised the same once more, instead.
    pub(crate) is_renewable: bool,
}

/// What has become of the new call, for the old one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ForPromise {
    /// An operator speaks with the caller there, or it is promised there: nobody need be called back here.
    Settled,
    /// It is over, and no operator has spoken with anybody.
    Left,
}

impl Call {
    /// Since when the caller who is away has waited: the place of a new call of his or hers.
    pub(crate) fn place_kept(&self) -> Option<Instant> {
        matches!(self.phase, Phase::Away(_)).then(|| self.since.min(self.story.arrived))
    }

    /// What a new call of this caller stands for.
    pub(crate) fn stood_for(&self) -> Option<StandsFor> {
        let Phase::Away(away) = &self.phase else { return None };
        Some(StandsFor { call: self.id, is_renewable: !away.is_dialled && away.calling().is_none() })
    }

    /// The caller has called again, or somebody has with the caller's number, and waits on that call, which has the place: nobody
    /// is called back meanwhile. Who is being called right now may still be reached.
    pub(crate) fn called_again(&mut self, board: &mut Board, now: Instant) {
        let Phase::Away(away) = &mut self.phase else { return };
        match &away.turn {
            Turn::Calling(_) => away.is_superseded = true,
            Turn::Queued => {
                self.leave_queue(board, now);
                self.rest_while_on_the_line();
            }
            Turn::Resting { .. } | Turn::OnTheLine => self.rest_while_on_the_line(),
        }
    }

    fn rest_while_on_the_line(&mut self) {
        if let Phase::Away(away) = &mut self.phase {
            away.turn = Turn::OnTheLine;
        }
    }

    /// What this call, which stands for a promise, has to tell the call in which that was made: once.
    pub(crate) fn outcome_for_promise(&mut self) -> Option<(CallId, ForPromise)> {
        let stands_for = self.stands_for?;
        let outcome = match &self.phase {
            Phase::Waiting(lobby) if lobby.is_promised() => ForPromise::Settled,
            Phase::Away(_) => ForPromise::Settled,
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } => ForPromise::Settled,
            Phase::Over { .. } if self.is_answered() => ForPromise::Settled,
            Phase::Over { .. } => ForPromise::Left,
            Phase::Waiting(_) | Phase::Alone(_) => return None,
        };
        self.stands_for = None;
        Some((stands_for.call, outcome))
    }

    /// What became of the caller's new call.
    pub(crate) fn new_call_is(&mut self, board: &mut Board, now: Instant, outcome: ForPromise) {
        let Phase::Away(away) = &mut self.phase else { return };
        match outcome {
            ForPromise::Settled => self.end(board, now, "called_again"),
            ForPromise::Left => {
                away.is_superseded = false;
                let (is_resting, tries) = (matches!(away.turn, Turn::OnTheLine), away.tries);
                if !is_resting {
                    return;
                }
                if tries >= TRIES_MAX || board.draining {
                    return self.promise_is_broken(board, now, "callback_failed");
                }
                self.turn_again(board, now);
            }
        }
    }

    /// A call back that an earlier process has promised, as a call of its own: what is left of the hour is left to keep it, and the
    /// wait counts from the beginning. `None`: the firm, or the number, is one that we do not call.
    pub(crate) fn taken_up(board: &mut Board, now: Instant, id: CallId, past: &PastPromise) -> Option<Self> {
        let (customer, number) = (board.directory.customers.get(&past.call.customer).cloned()?, past.call.caller);
        number::judge(&number.national()).ok()?;
        let unix_ms = board.unix_ms(now);
        let ago = |at_ms: i64| Duration::from_millis(u64::try_from(unix_ms.saturating_sub(at_ms)).unwrap_or(0));
        // A machine that has just been switched on has no such moment: then it counts from now.
        let arrived = now.checked_sub(ago(past.call.arrived_ms)).unwrap_or(now);
        let arrived_ms = unix_ms.saturating_sub(crate::call::record::milliseconds(arrived, now));
        let left = KEPT_MAX.saturating_sub(ago(past.promised_ms));
        let by = if past.by_policy { By::Policy } else { By::Key };
        let may = !left.is_zero() && board.promises.may_be_made(now, customer.id, number);
        let record = CallRecord {
            customer: Some(customer.id.0),
            customer_name: customer.name.clone(),
            did: past.did.clone(),
            caller: number.digits().to_string(),
            ..CallRecord::blank(id, arrived_ms)
        };
        let until = if may { now + left } else { now };
        let mut away = Away::new(now, number, by);
        (away.until, away.turn) = (until, Turn::Resting { until: now });
        (away.tries, away.is_dialled) = (past.tries, past.tries > 0);
        if may {
            board.promises.make(now, customer.id, number, id);
        }
        let mut call = Self {
            id,
            customer: Some(customer),
            // There is none: the caller is away.
            caller: board.new_leg(),
            answer: bytes::Bytes::new(),
            legs: Vec::new(),
            phase: Phase::Away(Box::new(away)),
            tape: Tape::Blank,
            supervision: None,
            pause: None,
            story: Story::new(arrived, record),
            waits_since: arrived,
            until: now + Duration::from_secs(u64::from(board.directory.settings.call_seconds_max.max(60))),
            hops: HOPS,
            diversions: 0,
            since: if by == By::Policy { now } else { arrived },
            closed: String::new(),
            earlier: None,
            is_new: false,
            stands_for: None,
            missing: Vec::new(),
            is_written: false,
            armed: None,
        };
        call.tell_taken_up(board, now, past, by);
        Some(call)
    }

    fn tell_taken_up(&mut self, board: &mut Board, now: Instant, past: &PastPromise, by: By) {
        board.promise.offered(self.whose());
        self.story.tell(now, Fact::PromiseTakenUp { of: past.call.call.to_string() });
        self.story.tell(now, Fact::CallbackPromised { by: by.word().to_owned() });
        let record = &self.story.record;
        board.event(Event::CallArrived {
            call: self.id.to_string(),
            customer: record.customer,
            customer_name: record.customer_name.clone(),
            did: record.did.clone(),
            caller: record.caller.clone(),
            withheld: String::new(),
        });
        self.changed(board, "callback_promised", by.word());
        self.story.write(board, now, CallState::Queued);
    }
}

/// Hops that a call may make which nobody has forwarded (RFC 3261 section 8.1.1.6).
const HOPS: u8 = 70;
