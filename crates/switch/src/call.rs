//! One call: a caller's whole visit, from INVITE to the end.
//!
//! [`Phase`] owns what each stage of the call has, so that nobody can ask a ringing call for its operator. The verbs are one
//! file each. Whatever they do, [`Call::settle`] then compares what every leg *should* hear with what it was last ordered to
//! hear, and orders the difference: no verb can forget a leg.

pub(crate) mod answer;
pub(crate) mod arrive;
pub(crate) mod callback;
pub(crate) mod clear;
pub(crate) mod deliver;
pub(crate) mod hold;
pub(crate) mod listen;
pub(crate) mod lobby;
pub(crate) mod message;
pub(crate) mod outgoing;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod supervise;
pub(crate) mod take_over;
pub(crate) mod tape;
pub(crate) mod transfer;
pub(crate) mod watch;

use std::sync::Arc;
use std::time::Instant;

use acd::{CallId, OperatorId};
use endpoint::{LegId, Order, Reason};

use crate::board::Board;
use crate::directory::Customer;
use crate::io::Earlier;
use crate::leg::{CLOSING_MAX, LEAVING_MAX, Leg, Role, Signalling, Voice};
use crate::media;
use crate::promise::Whose;
use crate::record::CallState;
use callback::{Away, StandsFor};
use lobby::Lobby;
use message::Alone;
use record::Story;
use supervise::Supervision;
use tape::Pause;
use transfer::Passing;
use transfer::feature_code::Keys;

/// Why phones that were not needed stop ringing (RFC 3326).
pub(crate) const ELSEWHERE: Reason = Reason { cause: 200, text: "Call completed elsewhere" };

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    /// The firm that was called; `None`: a number in no table.
    pub(crate) customer: Option<Arc<Customer>>,
    /// The caller's leg.
    pub(crate) caller: LegId,
    /// Our 200's body, made when the offer was judged.
    pub(crate) answer: bytes::Bytes,
    /// Every leg of which something is left.
    pub(crate) legs: Vec<Leg>,
    pub(crate) phase: Phase,
    pub(crate) tape: Tape,
    /// The supervisor who is on this call, or is being called to it.
    pub(crate) supervision: Option<Box<Supervision>>,
    /// The recording is paused.
    pub(crate) pause: Option<Pause>,
    pub(crate) story: Story,
    /// Since when the caller has nobody to talk with: our first 180, or the loss of an operator.
    pub(crate) waits_since: Instant,
    /// It is ended then, whatever happens.
    pub(crate) until: Instant,
    /// Hops that legs of this call may still make (R36).
    pub(crate) hops: u8,
    /// How often it was diverted before it came (R36).
    pub(crate) diversions: u8,
    /// The caller's ringing began: the place in the queue counts from here. Earlier than this call, for one who was promised a call
    /// back and has called again.
    pub(crate) since: Instant,
    /// The firm's words for the day, if it is closed.
    pub(crate) closed: String,
    /// Earlier calls of this number to this firm (F09).
    pub(crate) earlier: Option<Earlier>,
    /// This number has never called this firm (F06).
    pub(crate) is_new: bool,
    /// The caller was promised a call back in another call, and has called again.
    pub(crate) stands_for: Option<StandsFor>,
    /// Prompts that the voice path does not have: others stand in for them.
    pub(crate) missing: Vec<media::Prompt>,
    /// The last revision of the record is written.
    pub(crate) is_written: bool,
    /// When this call is next looked at, as the table of deadlines has it.
    pub(crate) armed: Option<Instant>,
}

/// Where a call stands, and what it has there.
#[derive(Debug)]
pub(crate) enum Phase {
    /// In the queue. Operators' phones that ring are its early legs.
    Waiting(Box<Lobby>),
    /// In the queue, or at rest, without the caller, who is called back.
    Away(Box<Away>),
    /// The caller alone with us: message box, or the wording of a closed day.
    Alone(Box<Alone>),
    /// Caller and operator.
    Talking(Talk),
    /// On to the client firm's person (取次).
    Passing(Box<Passing>),
    /// Caller and the client firm's person.
    Bridged { target: LegId },
    /// Ended; the record waits for statistics and recording, until then.
    Over { until: Instant },
}

/// An operator on the line.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) operator: OperatorId,
    pub(crate) leg: LegId,
    /// The operator has put the caller on hold (by desk or key, not by the phone's own hold).
    pub(crate) held: bool,
    /// The caller does not hear the operator.
    pub(crate) muted: bool,
    /// Keys being pressed.
    pub(crate) keys: Keys,
}

/// The call's recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Tape {
    /// Nobody has answered yet.
    Blank,
    /// Being made.
    Running,
    /// Ended; the voice path is finishing the file.
    Finishing,
    /// Finished.
    Done,
    /// No file is expected any more, and the recording is counted as failed, whatever comes after all.
    Failed,
}

impl Call {
    /// A leg of this call.
    pub(crate) fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id == id)
    }

    /// A leg of this call, to change.
    pub(crate) fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id)
    }

    /// Is the caller (or was) connected to a person?
    pub(crate) fn is_answered(&self) -> bool {
        self.story.answered.is_some()
    }

    /// Is the caller (or was) connected: to a person, to an announcement, to the message box?
    pub(crate) fn is_connected(&self) -> bool {
        self.story.connected.is_some()
    }

    /// Has this caller called this firm in the last day?
    pub(crate) fn is_repeated(&self) -> bool {
        self.earlier.is_some()
    }

    /// Does the queue have it?
    pub(crate) fn is_queued(&self) -> bool {
        match &self.phase {
            Phase::Waiting(_) => true,
            Phase::Away(away) => away.is_queued(),
            Phase::Alone(_) | Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {
                false
            }
        }
    }

    /// Takes what the phase has; whoever asks puts the next one in its place at once.
    fn take_phase(&mut self, now: Instant) -> Phase {
        std::mem::replace(&mut self.phase, Phase::Over { until: now })
    }

    /// What this call's figures are listed under.
    pub(crate) fn whose(&self) -> Whose<'_> {
        let record = &self.story.record;
        let team = self.customer.as_ref().and_then(|customer| customer.team.as_deref());
        Whose { arrived_ms: record.arrived_ms, customer: record.customer, team }
    }

    /// The operator on the line, if one is.
    pub(crate) fn talk(&self) -> Option<&Talk> {
        match &self.phase {
            Phase::Talking(talk) => Some(talk),
            Phase::Passing(passing) => passing.operator.as_ref(),
            Phase::Away(away) => away.calling().map(|calling| &calling.talk),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Bridged { .. } | Phase::Over { .. } => None,
        }
    }

    /// The same, to change.
    pub(crate) fn talk_mut(&mut self) -> Option<&mut Talk> {
        match &mut self.phase {
            Phase::Talking(talk) => Some(talk),
            Phase::Passing(passing) => passing.operator.as_mut(),
            Phase::Away(away) => away.calling_mut().map(|calling| &mut calling.talk),
            Phase::Waiting(_) | Phase::Alone(_) | Phase::Bridged { .. } | Phase::Over { .. } => None,
        }
    }

    /// Does the caller hear music instead of the operator?
    pub(crate) fn is_held(&self) -> bool {
        let by_phone = |talk: &Talk| self.leg(talk.leg).is_some_and(|leg| leg.description.on_hold());
        match &self.phase {
            Phase::Talking(talk) => talk.held || by_phone(talk),
            Phase::Passing(_) => true,
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) | Phase::Bridged { .. } | Phase::Over { .. } => false,
        }
    }

    /// The state in CSTA's words.
    pub(crate) fn state(&self) -> CallState {
        match &self.phase {
            Phase::Waiting(_) | Phase::Away(_) if self.ringing_legs().any(Leg::rang) => CallState::Delivered,
            Phase::Away(away) if away.calling().is_some() => CallState::Delivered,
            Phase::Waiting(_) | Phase::Away(_) | Phase::Alone(_) => CallState::Queued,
            Phase::Talking(_) | Phase::Passing(_) if self.is_held() => CallState::Held,
            Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } => CallState::Established,
            Phase::Over { .. } => CallState::Cleared,
        }
    }

    /// Operators' phones that were called and have not answered.
    pub(crate) fn ringing_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().filter(|leg| matches!(leg.role, Role::Operator(_)) && leg.is_early())
    }

    /// Leaves a leg: hangs up or gives up, and closes its voice path. `ending` for the record.
    pub(crate) fn drop_leg(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: LegId,
        reason: Option<Reason>,
        ending: &str,
    ) {
        let Some(leg) = self.leg_mut(id) else { return };
        let index = leg.index;
        match leg.signalling {
            Signalling::Early { .. } | Signalling::Up => {
                leg.signalling = Signalling::Leaving { until: now + LEAVING_MAX };
                board.order(Order::Hangup { leg: id, reason });
            }
            Signalling::Leaving { .. } => board.order(Order::Hangup { leg: id, reason }),
            Signalling::Gone => {}
        }
        leg.close(board, now);
        self.story.leg_ended(now, index, 0, ending);
    }

    /// The peer (or the SIP side) has ended a leg: nothing may be ordered of it any more, but its voice path is closed.
    pub(crate) fn leg_is_gone(&mut self, board: &mut Board, now: Instant, id: LegId, status: u16, ending: &str) {
        let Some(leg) = self.leg_mut(id) else { return };
        let index = leg.index;
        leg.signalling = Signalling::Gone;
        leg.probe = None;
        leg.close(board, now);
        if let Some(trunk) = leg.trunk.take() {
            board.count_trunk(trunk, false);
            board.usage.ends(now, id);
        }
        self.story.leg_ended(now, index, status, ending);
    }

    /// Tells the voice path what was negotiated for the leg.
    pub(crate) fn negotiated(&mut self, board: &mut Board, id: LegId) {
        if let Some(media) = self.leg(id).and_then(Leg::media) {
            if let Some(leg) = self.leg_mut(id).filter(|_| !media.receive) {
                leg.silent = false;
            }
            board.media(media::Order::Negotiated { leg: id, media });
        }
    }

    /// After every event: orders what is not yet as it should be, forgets legs of which nothing is left, and says when
    /// this call next needs looking at.
    pub(crate) fn settle(&mut self, board: &mut Board, now: Instant) -> Option<Instant> {
        self.look_at_pause(board, now);
        self.listen(board);
        self.close_record(board, now);
        self.legs.retain(|leg| {
            if leg.is_over() {
                board.legs.remove(&leg.id);
            }
            !leg.is_over()
        });
        self.deadline()
    }

    /// The earliest moment at which something of this call becomes due.
    fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Passing(passing) => passing.deadline(),
            Phase::Over { until } => (!self.is_written).then_some(*until),
            Phase::Waiting(lobby) => lobby.deadline(),
            Phase::Away(away) => Some(away.deadline()),
            Phase::Alone(alone) => alone.deadline(),
            Phase::Talking(_) | Phase::Bridged { .. } => None,
        };
        let whole = if matches!(self.phase, Phase::Over { .. }) { None } else { Some(self.until) };
        let visit = self.supervision_deadline();
        let pause = self.pause.as_ref().map(|pause| pause.until);
        let legs = self.legs.iter().filter_map(Leg::deadline);
        legs.chain(phase).chain(whole).chain(visit).chain(pause).min()
    }

    /// Is there nothing left to wait for?
    pub(crate) fn is_finished(&self) -> bool {
        self.is_written && self.legs.is_empty()
    }
}

impl Leg {
    /// Closes the voice path, once.
    pub(crate) fn close(&mut self, board: &mut Board, now: Instant) {
        if self.voice == Voice::Open {
            self.voice = Voice::Closing { until: now + CLOSING_MAX };
            board.media(media::Order::CloseLeg { leg: self.id });
        }
    }

    /// The voice path is closed: its port is free.
    pub(crate) fn closed(&mut self, board: &mut Board, now: Instant) {
        if self.voice != Voice::Closed {
            self.voice = Voice::Closed;
            board.ports.give_back(now, self.local.port());
        }
    }
}
