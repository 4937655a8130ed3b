//! The end: of a leg, and of the call. Everyone is hung up on, the recording stops, the operator goes into wrap-up, and the
//! record is closed once the voice path has told its figures.

use std::time::{Duration, Instant};

use endpoint::{Cause, Ending, LegId};

use super::callback::By;
use super::record::{Fact, operator};
use super::{Call, Phase, Tape};
use crate::board::Board;
use crate::directory::plain;
use crate::io::{Alarm, Event};
use crate::leg::{Role, Signalling, Voice};
use crate::media::{self, Statistics};
use crate::promise::Outcome;
use crate::record::CallState;

/// How long the last revision of the record waits for statistics and recording.
pub(crate) const RECORD_WAIT: Duration = Duration::from_secs(30);

/// The word for a leg's end.
fn word(how: Ending) -> &'static str {
    match how {
        Ending::Cancelled => "cancelled",
        Ending::PeerHungUp => "hung_up",
        Ending::WeHungUp => "we_hung_up",
        Ending::NoAck => "no_ack",
        Ending::Lost => "lost",
        Ending::Forgotten => "began_anew",
        Ending::SessionExpired => "session_expired",
    }
}

/// Did the leg end without anybody wanting it to?
const fn is_loss(how: Ending) -> bool {
    match how {
        Ending::Lost | Ending::Forgotten | Ending::SessionExpired | Ending::NoAck => true,
        Ending::PeerHungUp | Ending::WeHungUp | Ending::Cancelled => false,
    }
}

impl Call {
    /// The peer says why it ends a leg, or does not take it (RFC 3326).
    pub(crate) fn give_reason(&mut self, now: Instant, id: LegId, cause: Option<Cause>) {
        let (Some(role), Some(cause)) = (self.leg(id).map(|leg| leg.role), cause) else { return };
        let Cause { sip, q850, text } = cause;
        self.story.tell(now, Fact::Reason { leg: role.word().to_owned(), sip, q850, text: plain(&text) });
    }

    /// A leg is over.
    pub(crate) fn leg_ended(&mut self, board: &mut Board, now: Instant, id: LegId, how: Ending) {
        let Some(was) = self.leg(id).map(|leg| leg.signalling) else { return };
        self.leg_is_gone(board, now, id, 0, word(how));
        match was {
            Signalling::Early { .. } | Signalling::Up => self.leg_left(board, now, id, was, how),
            Signalling::Leaving { .. } | Signalling::Gone => {}
        }
    }

    /// A leg that we had not given up is over: what it means for the call.
    pub(crate) fn leg_left(&mut self, board: &mut Board, now: Instant, id: LegId, was: Signalling, how: Ending) {
        let Some(role) = self.leg(id).map(|leg| leg.role) else { return };
        match role {
            Role::Caller => self.caller_left(board, now, id, how),
            Role::Operator(who) => match was {
                Signalling::Early { .. } => {
                    self.close_pop(board, now, who, "unreachable");
                    board.queue.declined(now, self.id, who, acd::Declined::Unreachable);
                }
                Signalling::Up | Signalling::Leaving { .. } | Signalling::Gone => {
                    self.operator_left(board, now, id, how)
                }
            },
            Role::Second(_) => self.second_left(board, now, id),
            Role::Target if is_loss(how) && matches!(self.phase, Phase::Bridged { target } if target == id) => {
                self.target_lost(board, now, how);
            }
            Role::Target => self.target_left(board, now, id, word(how)),
            Role::Supervisor(_) => self.supervisor_left(board, now, id, word(how)),
        }
    }

    /// The caller is off the line.
    fn caller_left(&mut self, board: &mut Board, now: Instant, id: LegId, how: Ending) {
        match &self.phase {
            Phase::Away(_) if id == self.caller => self.not_reached(board, now, word(how)),
            Phase::Away(_) => {}
            Phase::Alone(_) => self.alone_left(board, now),
            Phase::Waiting(lobby) if lobby.promised => self.go_away(board, now, By::Key),
            Phase::Waiting(_) if !self.is_answered() => self.given_up(board, now),
            Phase::Waiting(_) | Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {
                self.end(board, now, callers_ending(how));
            }
        }
    }

    /// A leg of which nothing is left but that: it counts as lost.
    pub(super) fn leg_lost(&mut self, board: &mut Board, now: Instant, id: LegId, why: &str) {
        self.story.tell(now, Fact::VoiceFailed { leg: id.to_string(), why: why.to_owned() });
        self.leg_left(board, now, id, Signalling::Up, Ending::Lost);
    }

    /// The operator's phone is off the line. Who hangs up ends the call, or lets the transfer go on; who is lost leaves a
    /// caller to be looked after (R31).
    fn operator_left(&mut self, board: &mut Board, now: Instant, id: LegId, how: Ending) {
        let is_lost = is_loss(how);
        let who = match self.talk() {
            Some(talk) if talk.leg == id => talk.operator,
            Some(_) | None => return,
        };
        if is_lost {
            self.story.tell(now, Fact::OperatorLost { operator: operator(who), why: word(how).to_owned() });
            self.changed(board, "operator_lost", word(how));
        }
        match &self.phase {
            Phase::Talking(_) if how == Ending::Forgotten => self.wait_for(board, now, who),
            Phase::Talking(_) if is_lost => {
                board.queue.cleared(now, who);
                self.wait_again(board, now);
            }
            Phase::Talking(_) => self.end(board, now, "operator_hung_up"),
            Phase::Passing(_) => self.operator_left_transfer(board, now),
            Phase::Away(_) => self.operator_left_callback(board, now, is_lost),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Bridged { .. } | Phase::Over { .. } => {}
        }
    }

    /// The person to whom the caller was passed on is gone without a goodbye: a mobile in a tunnel. The caller is not, and comes to
    /// the head of the queue (R31).
    fn target_lost(&mut self, board: &mut Board, now: Instant, how: Ending) {
        // They are joined no longer: what follows is an operator's talk again.
        self.story.record.bridged_ms = None;
        self.story.tell(now, Fact::TargetLost { why: word(how).to_owned() });
        self.changed(board, "target_lost", word(how));
        self.wait_again(board, now);
    }

    /// Ends the call for everyone.
    pub(crate) fn end(&mut self, board: &mut Board, now: Instant, ending: &str) {
        if matches!(self.phase, Phase::Over { .. }) {
            return;
        }
        self.supervision_over(board, now, ending);
        self.keep_message(board, now, ending, Duration::ZERO);
        let who = self.talk().map(|talk| talk.operator);
        let was_queued = self.is_queued();
        let calling = match &self.phase {
            Phase::Away(away) => away.calling().map(|calling| calling.talk.operator),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_) => None,
            Phase::Bridged { .. } | Phase::Over { .. } => None,
        };
        self.story.end(now, ending);
        if self.tape == Tape::Running {
            self.tape = Tape::Finishing;
            board.media(media::Order::StopRecording { call: self.id, at: now });
        }
        if was_queued {
            self.leave_queue(board, now);
        }
        if let Some(who) = calling {
            self.close_pop(board, now, who, ending);
        }
        self.forget_promise(board);
        self.remember_visit(board);
        self.finish_refer(board, 487);
        let all: Vec<LegId> = self.legs.iter().map(|leg| leg.id).collect();
        for leg in all {
            let is_left = self.leg(leg).is_some_and(|leg| matches!(leg.signalling, Signalling::Leaving { .. }));
            if !is_left {
                self.drop_leg(board, now, leg, None, ending);
            }
        }
        self.phase = Phase::Over { until: now + RECORD_WAIT };
        match who {
            // Nothing was spoken with the caller: there is no report to be written.
            Some(who) if calling.is_some() => board.queue.released(now, who),
            Some(who) => board.queue.cleared(now, who),
            None => {}
        }
        self.tell_ended(board, now, ending);
    }

    /// Should the same number call again, it goes first (F09).
    pub(super) fn remember_visit(&self, board: &mut Board) {
        let record = &self.story.record;
        let number = number::Number::parse(&format!("+{}", record.caller), number::JAPAN);
        if let (Some(customer), Ok(number)) = (self.customer.as_deref(), number) {
            board.visitors.visited(record.arrived_ms, customer.id, number, self.id);
        }
    }

    fn tell_ended(&mut self, board: &mut Board, now: Instant, ending: &str) {
        let call = self.id.to_string();
        let (talk_ms, wait_ms) = (self.story.talk_ms(now), self.story.wait_ms(now));
        if self.tape == Tape::Blank {
            "none, because nobody answered".clone_into(&mut self.story.record.no_recording);
        }
        if ending == "abandoned" {
            self.tell_abandoned(board, now);
        }
        let answered = self.story.answered.is_some();
        if self.story.record.operator.is_none() {
            board.promise.ended(self.whose(), Outcome::of(None, ending));
        }
        board.event(Event::CallEnded { call, ending: ending.to_owned(), talk_ms, wait_ms, answered });
        self.story.write(board, now, CallState::Cleared);
    }

    /// A caller gave up before a person answered: shown at once, with what the firm wants done about it (F04).
    pub(super) fn tell_abandoned(&mut self, board: &mut Board, now: Instant) {
        let policy = self.customer.as_deref().map_or_else(Default::default, |customer| customer.abandoned);
        self.story.tell(now, Fact::Abandoned { policy: policy.word().to_owned() });
        let record = &self.story.record;
        let caller = self.story.caller_party();
        let (customer, did, wait_ms) = (record.customer, record.did.clone(), self.story.wait_ms(now));
        board.alarm(Alarm::Abandoned { call: self.id.to_string(), customer, did, caller, wait_ms, policy });
    }

    /// The voice path of a leg is closed: figures for the record, and the port is free.
    pub(crate) fn voice_closed(&mut self, board: &mut Board, now: Instant, id: LegId, statistics: Statistics) {
        let Some(leg) = self.leg_mut(id) else { return };
        leg.closed(board, now);
        let index = leg.index;
        let counters = &mut board.promise.counters;
        counters.rtp_received += statistics.received;
        counters.rtp_lost += statistics.lost;
        if let Some(line) = self.story.leg(index) {
            line.statistics = Some(statistics);
        }
    }

    /// The recording failed, or lost something. The call goes on. While it is being made it may go on too, and its file tells
    /// what is missing: it counts once, with the file, or here when none will follow.
    pub(crate) fn recording_failed(&mut self, board: &mut Board, now: Instant, why: &str) {
        self.story.tell(now, Fact::RecordingFailed { why: why.to_owned() });
        if self.story.record.recording.is_none() {
            self.story.record.no_recording = format!("none, because {why}");
        }
        if self.tape == Tape::Finishing {
            self.no_tape(board);
        }
        board.alarm(Alarm::RecordingFailed { call: self.id.to_string(), why: why.to_owned() });
    }

    /// The recording is counted as failed.
    fn no_tape(&mut self, board: &mut Board) {
        self.tape = Tape::Failed;
        board.promise.counters.recordings_failed += 1;
    }

    /// Writes the last revision, once, when everything is told or it has taken too long.
    pub(super) fn close_record(&mut self, board: &mut Board, now: Instant) {
        let Phase::Over { until } = self.phase else { return };
        let is_told = match self.tape {
            Tape::Blank | Tape::Done | Tape::Failed => self.legs.iter().all(|leg| leg.voice == Voice::Closed),
            Tape::Running | Tape::Finishing => false,
        };
        if self.is_written || !(is_told || now >= until) {
            return;
        }
        self.is_written = true;
        if self.tape == Tape::Finishing {
            self.no_tape(board);
            "none, because it was not finished in time".clone_into(&mut self.story.record.no_recording);
        }
        self.story.write(board, now, CallState::Cleared);
    }
}

/// The word for the end of a call whose caller is gone.
fn callers_ending(how: Ending) -> &'static str {
    match how {
        Ending::Cancelled => "abandoned",
        Ending::PeerHungUp => "caller_hung_up",
        Ending::WeHungUp => "we_hung_up",
        Ending::NoAck => "no_ack",
        Ending::Lost | Ending::Forgotten => "caller_lost",
        Ending::SessionExpired => "session_expired",
    }
}
