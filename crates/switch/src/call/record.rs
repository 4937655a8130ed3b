//! The story of a call: its timeline and its record, told as things happen and written at the moments that matter.

use std::time::Instant;

use acd::OperatorId;
use endpoint::{LegId, Trace};
use serde::Serialize;

use crate::board::Board;
use crate::desk::{SuperviseMode, TransferMode};
use crate::detail::Detail;
use crate::leg::Role;
use crate::record::{CallRecord, CallState, LegRecord, SIP, TimelineEvent};

/// SIP messages kept of one call.
pub(crate) const TRACE_MAX: usize = 200;

/// Lines of one call's timeline, SIP messages not counted.
pub(crate) const FACTS_MAX: usize = 2_000;

/// Keys told of one call: whoever leans on the keypad shall not crowd out what matters.
pub(crate) const KEYS_MAX: usize = 200;

/// Room for the first events of a revision.
const EVENTS_AT_ONCE: usize = 8;

/// Legs kept in one call's record: a caller who waits for hours is offered again and again.
pub(crate) const LEGS_MAX: usize = 500;

/// What happens to a call, as its timeline tells it. As JSON: its fields; the name is [`Fact::kind`].
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "one line each")]
pub(crate) enum Fact {
    /// INVITE.
    Arrived {
        did: String,
        candidates: Vec<String>,
        diverted_from: String,
        caller: String,
        withheld: String,
        session_id: String,
    },
    /// Our 180.
    Ringing {},
    /// In the queue; `at_head` after a lost operator or a failed transfer.
    Queued { at_head: bool },
    /// More phones may ring: whose, and why ([`crate::Event::CallChanged`] has the words).
    Widened { who: String, why: &'static str },
    /// It has become unlikely that it is answered within three rings (X07).
    PromiseAtRisk { chance_percent: u8 },
    /// An operator's phone is called.
    Offered { operator: OperatorIdText, leg: u64 },
    /// It rings.
    OperatorRinging { operator: OperatorIdText },
    /// The offer ended without this operator's answer.
    OfferEnded { operator: OperatorIdText, why: String },
    /// Our 200 without a person: the firm's announcement, and music.
    Announced {},
    /// The caller is promised a call back: by "key", or by "policy" because they gave up.
    CallbackPromised { by: String },
    /// An operator has the turn: the caller's number is called.
    CallbackBegun { operator: OperatorIdText, number: String },
    /// It rings there.
    CallerRinging {},
    /// The caller is on the line again.
    CallbackReached {},
    /// Not reached; so many tries were made.
    CallbackFailed { why: String, tries: u8 },
    /// The caller gave up before a person answered, and what the firm wants done about it.
    Abandoned { policy: String },
    /// The firm is closed: its words for that are said.
    Closed {},
    /// The message box is announced.
    MessageBox {},
    /// After the tone.
    MessageBegun {},
    /// The caller's words are on the recording, from there to there, milliseconds. Ended by "hang_up", "key", "silence", "limit".
    MessageLeft { from_ms: i64, to_ms: i64, by: String },
    /// The same number has called this firm so many times in the last 24 hours, last at that time (unix ms).
    Repeated { calls: u32, last_ms: i64 },
    /// The number has never called this firm, as far as is remembered.
    NewCaller {},
    /// A call back was promised in this other call, and the process died before it was made.
    PromiseTakenUp { of: String },
    /// A person answered: our 200, if the caller was not connected yet.
    Answered { operator: OperatorIdText },
    /// The caller hears music.
    Held { by: String },
    /// And the operator again.
    Resumed { by: String },
    /// The caller does not hear the operator.
    Muted {},
    /// And hears again.
    Unmuted {},
    /// A transfer was asked for.
    TransferAsked { mode: TransferMode, by: String, reason: String },
    /// And refused.
    TransferRefused { by: String, number: String, why: String },
    /// The client firm's person is called.
    TargetCalled { name: String, number: String, trunk: i64 },
    /// It rings there.
    TargetRinging { number: String },
    /// The phone was picked up: by whom is not known yet.
    TargetAnswered { number: String },
    /// 1 was pressed.
    TargetConfirmed { number: String },
    /// This target, or this trunk, cannot be had.
    TargetFailed { number: String, why: String },
    /// The operator has left the transfer to itself.
    HandedOver {},
    /// Caller and client firm's person are joined.
    Bridged { number: String },
    /// Given up by the operator.
    TransferCancelled {},
    /// Nobody was reached: the last one who was tried, and why not.
    TransferFailed { name: String, number: String, why: String },
    /// The client firm's person, joined with the caller, is gone without a goodbye.
    TargetLost { why: String },
    /// A peer says why it ends a leg or does not take it: causes of SIP and of the telephone network (RFC 3326).
    Reason { leg: String, sip: Option<u16>, q850: Option<u16>, text: String },
    /// The operator's phone is dead.
    OperatorLost { operator: OperatorIdText, why: String },
    /// A supervisor's phone is called to listen to this call.
    SupervisionAsked { operator: OperatorIdText, mode: SuperviseMode },
    /// It has answered: the supervisor hears the call.
    SupervisionBegun { operator: OperatorIdText, mode: SuperviseMode },
    /// The supervisor is heard by others than before.
    SupervisionMode { operator: OperatorIdText, mode: SuperviseMode },
    /// The supervisor hears the call no longer, or never did.
    SupervisionEnded { operator: OperatorIdText, why: String },
    /// The first packet of a leg's peer: from here on it can be heard.
    Heard { leg: String },
    /// Nothing is heard from a leg.
    Silent { leg: String, seconds: u32 },
    /// Something again.
    Audible { leg: String },
    /// A leg has no voice path.
    VoiceFailed { leg: String, why: String },
    /// A key that was no code of ours. Not told while the recording is paused.
    Key { leg: String, digit: char },
    /// A leg's peer sends another stream (SSRC) than before.
    NewStream { leg: String },
    /// The firm's name was whispered to the operator.
    Whispered { operator: OperatorIdText },
    /// Nothing is kept from here on, because somebody said so,
    RecordingPaused { by: String },
    /// and is again.
    RecordingResumed { by: String },
    /// Time 0 of the recording.
    RecordingStarted { stem: String },
    /// The file is complete.
    RecordingFinished { samples: u64 },
    /// There is none, or not all.
    RecordingFailed { why: String },
    /// The end.
    Ended { ending: String },
}

/// An operator's row, as a number in JSON.
pub(crate) type OperatorIdText = i64;

impl Fact {
    /// Its name in a timeline.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Arrived { .. } => "arrived",
            Self::Ringing { .. } => "ringing",
            Self::Queued { .. } => "queued",
            Self::Widened { .. } => "widened",
            Self::PromiseAtRisk { .. } => "promise_at_risk",
            Self::Offered { .. } => "offered",
            Self::OperatorRinging { .. } => "operator_ringing",
            Self::OfferEnded { .. } => "offer_ended",
            Self::Announced { .. } => "announced",
            Self::CallbackPromised { .. } => "callback_promised",
            Self::CallbackBegun { .. } => "callback_begun",
            Self::CallerRinging { .. } => "caller_ringing",
            Self::CallbackReached { .. } => "callback_reached",
            Self::CallbackFailed { .. } => "callback_failed",
            Self::Abandoned { .. } => "abandoned",
            Self::Closed { .. } => "closed",
            Self::MessageBox { .. } => "message_box",
            Self::MessageBegun { .. } => "message_begun",
            Self::MessageLeft { .. } => "message_left",
            Self::Repeated { .. } => "repeated",
            Self::NewCaller { .. } => "new_caller",
            Self::PromiseTakenUp { .. } => "promise_taken_up",
            Self::Answered { .. } => "answered",
            Self::Held { .. } => "held",
            Self::Resumed { .. } => "resumed",
            Self::Muted { .. } => "muted",
            Self::Unmuted { .. } => "unmuted",
            Self::TransferAsked { .. } => "transfer_asked",
            Self::TransferRefused { .. } => "transfer_refused",
            Self::TargetCalled { .. } => "target_called",
            Self::TargetRinging { .. } => "target_ringing",
            Self::TargetAnswered { .. } => "target_answered",
            Self::TargetConfirmed { .. } => "target_confirmed",
            Self::TargetFailed { .. } => "target_failed",
            Self::HandedOver { .. } => "handed_over",
            Self::Bridged { .. } => "bridged",
            Self::TransferCancelled { .. } => "transfer_cancelled",
            Self::TransferFailed { .. } => "transfer_failed",
            Self::TargetLost { .. } => "target_lost",
            Self::Reason { .. } => "reason",
            Self::OperatorLost { .. } => "operator_lost",
            Self::SupervisionAsked { .. } => "supervision_asked",
            Self::SupervisionBegun { .. } => "supervision_begun",
            Self::SupervisionMode { .. } => "supervision_mode",
            Self::SupervisionEnded { .. } => "supervision_ended",
            Self::Heard { .. } => "heard",
            Self::Silent { .. } => "silent",
            Self::Audible { .. } => "audible",
            Self::VoiceFailed { .. } => "voice_failed",
            Self::Key { .. } => "key",
            Self::NewStream { .. } => "new_stream",
            Self::Whispered { .. } => "whispered",
            Self::RecordingPaused { .. } => "recording_paused",
            Self::RecordingResumed { .. } => "recording_resumed",
            Self::RecordingStarted { .. } => "recording_started",
            Self::RecordingFinished { .. } => "recording_finished",
            Self::RecordingFailed { .. } => "recording_failed",
            Self::Ended { .. } => "ended",
        }
    }
}

/// The growing record of one call.
#[derive(Debug)]
pub(crate) struct Story {
    /// Facts of the call; `revision` and `events` are kept here alone.
    pub(crate) record: CallRecord,
    /// INVITE, by the monotonic clock: every time in the record is this one plus a measured length (R26).
    pub(crate) arrived: Instant,
    /// Our first 200: time 0 of the recording.
    pub(crate) connected: Option<Instant>,
    /// A person answered.
    pub(crate) answered: Option<Instant>,
    /// The end.
    pub(crate) ended: Option<Instant>,
    index: u32,
    facts: usize,
    traces: usize,
    keys: usize,
}

impl Story {
    /// Begins with the INVITE.
    pub(crate) fn new(now: Instant, record: CallRecord) -> Self {
        Self {
            record,
            arrived: now,
            connected: None,
            answered: None,
            ended: None,
            index: 0,
            facts: 0,
            traces: 0,
            keys: 0,
        }
    }

    /// Milliseconds since the call arrived.
    pub(crate) fn offset(&self, now: Instant) -> i64 {
        milliseconds(self.arrived, now)
    }

    /// Unix milliseconds of `now` on this call's own clock.
    pub(crate) fn unix_ms(&self, now: Instant) -> i64 {
        self.record.arrived_ms.saturating_add(self.offset(now))
    }

    /// Adds a line to the timeline.
    pub(crate) fn tell(&mut self, now: Instant, fact: Fact) {
        if self.facts < FACTS_MAX {
            self.facts += 1;
            self.add(now, fact.kind(), Detail::fact(fact));
        }
    }

    /// Adds a key to the timeline.
    pub(crate) fn tell_key(&mut self, now: Instant, leg: &str, digit: char) {
        if self.keys < KEYS_MAX {
            self.keys += 1;
            self.tell(now, Fact::Key { leg: leg.to_owned(), digit });
        }
    }

    fn add(&mut self, now: Instant, kind: &str, detail: Detail) {
        let offset_ms = self.offset(now);
        if self.record.events.is_empty() {
            self.record.events.reserve(EVENTS_AT_ONCE);
        }
        self.record.events.push(TimelineEvent { index: self.index, offset_ms, kind: kind.to_owned(), detail });
        self.index += 1;
    }

    /// A leg begins; gives its place in the record.
    pub(crate) fn begin_leg(&mut self, now: Instant, role: &str, party: String, sip_call_id: &str) -> Option<usize> {
        let index = self.record.legs.len();
        if index >= LEGS_MAX {
            return None;
        }
        self.record.legs.reserve_exact(1);
        self.record.legs.push(LegRecord {
            index: u32::try_from(index).ok()?,
            role: role.to_owned(),
            party,
            sip_call_id: sip_call_id.to_owned(),
            started_ms: self.unix_ms(now),
            answered_ms: None,
            ended_ms: None,
            status: 0,
            ending: String::new(),
            statistics: None,
        });
        Some(index)
    }

    /// The caller's number, or what came instead of one.
    pub(crate) fn caller_party(&self) -> String {
        let caller = self.record.legs.iter().find(|leg| leg.role == Role::Caller.word());
        caller.map_or_else(|| self.record.caller.clone(), |leg| leg.party.clone())
    }

    /// A leg's line of the record.
    pub(crate) fn leg(&mut self, index: Option<usize>) -> Option<&mut LegRecord> {
        self.record.legs.get_mut(index?)
    }

    /// A leg was answered.
    pub(crate) fn leg_answered(&mut self, now: Instant, index: Option<usize>) {
        let at = self.unix_ms(now);
        if let Some(leg) = self.leg(index) {
            leg.answered_ms.get_or_insert(at);
        }
    }

    /// A leg is over; the first to say so is right.
    pub(crate) fn leg_ended(&mut self, now: Instant, index: Option<usize>, status: u16, ending: &str) {
        let at = self.unix_ms(now);
        if let Some(leg) = self.leg(index).filter(|leg| leg.ended_ms.is_none()) {
            leg.ended_ms = Some(at);
            leg.status = if leg.answered_ms.is_some() { 0 } else { status };
            leg.ending = ending.to_owned();
        }
    }

    /// Our 200 to the caller, with a person ([`Story::answer`] came first) or without.
    pub(crate) fn connect(&mut self, now: Instant) {
        self.connected = Some(now);
        if self.answered.is_none() {
            self.record.announced_ms = Some(self.unix_ms(now));
        }
    }

    /// A person answered.
    pub(crate) fn answer(&mut self, now: Instant) {
        self.answered = Some(now);
        self.record.answered_ms = Some(self.unix_ms(now));
    }

    /// The caller's visit is over.
    pub(crate) fn end(&mut self, now: Instant, ending: &str) {
        self.ended = Some(now);
        self.record.ended_ms = Some(self.unix_ms(now));
        self.record.ending = ending.to_owned();
        self.tell(now, Fact::Ended { ending: ending.to_owned() });
    }

    /// From our first 180 to a person's answer, or to the end, or to now.
    pub(crate) fn wait_ms(&self, now: Instant) -> i64 {
        let until = self.answered.or(self.ended).unwrap_or(now);
        milliseconds(self.arrived, until)
    }

    /// From a person's answer to the end, or to now.
    pub(crate) fn talk_ms(&self, now: Instant) -> i64 {
        self.answered.map_or(0, |answered| milliseconds(answered, self.ended.unwrap_or(now)))
    }

    /// One SIP message of this call.
    pub(crate) fn trace(&mut self, now: Instant, index: Option<usize>, trace: Trace) {
        if let Some(leg) = self.leg(index).filter(|leg| leg.sip_call_id.is_empty()) {
            leg.sip_call_id = call_id(&trace.message).unwrap_or_default();
        }
        if self.traces < TRACE_MAX {
            self.traces += 1;
            self.add(now, SIP, Detail::sip(index, trace));
        }
    }

    /// Hands out the record as it stands, with what is new in the timeline.
    pub(crate) fn write(&mut self, board: &mut Board, now: Instant, state: CallState) {
        self.record.revision += 1;
        self.record.state = state;
        self.record.wait_ms = self.wait_ms(now);
        self.record.talk_ms = self.talk_ms(now);
        let events = std::mem::take(&mut self.record.events);
        board.record(CallRecord { events, ..self.record.clone() });
    }
}

/// The length between two moments in milliseconds.
pub(crate) fn milliseconds(from: Instant, to: Instant) -> i64 {
    i64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX)
}

/// An operator for the timeline.
pub(crate) fn operator(id: OperatorId) -> OperatorIdText {
    id.0
}

/// A leg for the timeline.
pub(crate) fn leg_number(id: LegId) -> u64 {
    id.0
}

/// The value of a message's Call-ID.
fn call_id(message: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let is_call_id = |name: &str| name.eq_ignore_ascii_case("call-id") || name.eq_ignore_ascii_case("i");
    let lines = text.lines().skip(1).take_while(|line| !line.is_empty());
    let mut found = lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| is_call_id(name.trim()));
    found.next().map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messages_call_id_is_found_by_its_long_and_its_compact_name() {
        assert_eq!(call_id(b"BYE sip:1@x SIP/2.0\r\nTo: x\r\nCall-ID: a@b\r\n\r\n").as_deref(), Some("a@b"));
        assert_eq!(call_id(b"SIP/2.0 200 OK\r\ni : a@b\r\n\r\n").as_deref(), Some("a@b"));
        assert_eq!(call_id(b"BYE sip:1@x SIP/2.0\r\nTo: x\r\n\r\ni: body\r\n"), None);
    }
}
