//! The call's recording while the call lasts: pauses, so that what may not be kept (a card number) is nowhere, and keys.
//!
//! While the recording is paused the caller's keys leave no trace either: they are not listened for, not told, and the
//! SIP messages that carry them (INFO) are kept without their bodies.

use std::time::{Duration, Instant};

use acd::OperatorId;
use endpoint::{LegId, Trace};

use super::record::Fact;
use super::{Call, Phase, Tape};
use crate::board::Board;
use crate::desk::CommandError;
use crate::io::Alarm;
use crate::leg::Role;
use crate::media::{self, Recording};

/// A pause ends by itself after so long: one that is forgotten costs five minutes, not the call.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How far the recording's length may be from the call's, milliseconds (F48).
pub(crate) const DRIFT_MS_MAX: i64 = 40;

/// A pause of the recording.
#[derive(Debug)]
pub(crate) struct Pause {
    /// It ends then.
    pub(crate) until: Instant,
    /// Who was on the line: without this operator nobody would end it.
    operator: Option<OperatorId>,
}

impl Call {
    /// Pauses the recording, or goes on with it. What is so already is no error.
    pub(crate) fn pause_recording(
        &mut self,
        board: &mut Board,
        now: Instant,
        on: bool,
        by: &str,
    ) -> Result<(), CommandError> {
        // While a call back is to be made nobody is on the line, and the pause is ours.
        if self.tape != Tape::Running || matches!(self.phase, Phase::Away(_)) {
            return Err(CommandError::WrongState(self.state()));
        }
        if self.pause.is_some() != on {
            self.turn_pause(board, now, on, by);
        }
        Ok(())
    }

    /// Ends a pause that nobody else would end: at its limit, and when the operator is not on the line any more.
    pub(super) fn look_at_pause(&mut self, board: &mut Board, now: Instant) {
        let Some(pause) = &self.pause else { return };
        let is_left = pause.operator.is_some() && self.talk().map(|talk| talk.operator) != pause.operator;
        if self.tape != Tape::Running {
            // It has ended with the recording.
            self.pause = None;
        } else if now >= pause.until {
            self.turn_pause(board, now, false, "limit");
        } else if is_left {
            self.turn_pause(board, now, false, "operator_left");
        }
    }

    /// Nothing is kept while nobody is on the line.
    pub(super) fn turn_pause_until(&mut self, board: &mut Board, now: Instant, until: Instant) {
        self.turn_pause(board, now, true, "callback");
        self.pause = Some(Pause { until, operator: None });
    }

    pub(super) fn turn_pause(&mut self, board: &mut Board, now: Instant, on: bool, by: &str) {
        let operator = self.talk().map(|talk| talk.operator);
        self.pause = on.then(|| Pause { until: now + PAUSE_MAX, operator });
        board.media(media::Order::PauseRecording { call: self.id, on, at: now });
        let by_whom = by.to_owned();
        let fact = if on { Fact::RecordingPaused { by: by_whom } } else { Fact::RecordingResumed { by: by_whom } };
        self.story.tell(now, fact);
        self.changed(board, if on { "recording_paused" } else { "recording_resumed" }, by);
    }

    /// The caller, or who was bridged on, pressed a key that means nothing to us: it belongs to the call's story.
    pub(crate) fn tell_key(&mut self, now: Instant, role: Role, digit: char) {
        if self.pause.is_none() {
            self.story.tell_key(now, role.word(), digit);
        }
    }

    /// The peer of a leg sends another stream than before.
    pub(crate) fn new_stream(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.leg(id) else { return };
        let leg = leg.role.word().to_owned();
        self.story.tell(now, Fact::NewStream { leg });
    }

    /// A SIP message of this call, for its story.
    pub(crate) fn trace(&mut self, now: Instant, trace: Trace) {
        let index = self.leg(trace.leg).and_then(|leg| leg.index);
        let trace = if self.pause.is_some() { without_keys(trace) } else { trace };
        self.story.trace(now, index, trace);
    }

    /// The recording is complete. It must be as long as the call, and the verifier content with it (W11).
    pub(crate) fn recorded(&mut self, board: &mut Board, now: Instant, mut recording: Recording) {
        judge(&mut recording, self.story.record.connected_ms());
        self.story.tell(now, Fact::RecordingFinished { samples: recording.samples });
        if !recording.fault.is_empty() {
            let (call, why) = (self.id.to_string(), recording.fault.clone());
            self.story.tell(now, Fact::RecordingFailed { why: why.clone() });
            board.alarm(Alarm::RecordingFailed { call, why });
        }
        let was = std::mem::replace(&mut self.tape, Tape::Done);
        if was != Tape::Failed {
            board.promise.counters.recorded(&recording);
        }
        self.story.record.recorded(recording);
        if matches!(was, Tape::Done | Tape::Failed) {
            self.story.write(board, now, crate::CallState::Cleared);
        }
    }
}

/// Whether the recording is as long as the call (F48); if not, that is its fault.
pub(crate) fn judge(recording: &mut Recording, connected_ms: i64) {
    let recorded_ms = i64::try_from(recording.samples / 8).unwrap_or(i64::MAX);
    if recording.fault.is_empty() && recorded_ms.saturating_sub(connected_ms).abs() > DRIFT_MS_MAX {
        recording.fault = format!("the call lasted {connected_ms} ms, its recording {recorded_ms} ms");
    }
}

/// An INFO, or an answer that repeats one, without its body.
fn without_keys(mut trace: Trace) -> Trace {
    const END: &[u8] = b"\r\n\r\n";
    let end = trace.message.windows(END.len()).position(|window| window == END);
    if let Some(end) = end.filter(|end| is_about_info(trace.message.get(..*end).unwrap_or_default())) {
        trace.message.truncate(end + END.len());
    }
    trace
}

/// Is this the head of an INFO, or of an answer to one?
fn is_about_info(head: &[u8]) -> bool {
    let is_answers = |line: &[u8]| {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let value = parts.next().unwrap_or_default().trim_ascii_end();
        name.eq_ignore_ascii_case(b"CSeq") && value.rsplit(u8::is_ascii_whitespace).next() == Some(b"INFO")
    };
    head.starts_with(b"INFO ") || head.starts_with(b"SIP/2.0 ") && head.split(|byte| *byte == b'\n').any(is_answers)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use endpoint::TraceDirection;
    use sip::flow::{ConnectionId, Flow, Protocol};

    use super::*;

    #[test]
    fn only_the_body_of_an_info_is_taken_away() {
        let address = "192.0.2.1:5060".parse().unwrap();
        let flow = Flow { protocol: Protocol::Udp, local: address, remote: address, connection: ConnectionId::NONE };
        let kept = |message: &'static [u8]| {
            let message = Bytes::from_static(message);
            without_keys(Trace { leg: LegId(1), direction: TraceDirection::In, flow, message }).message
        };
        assert_eq!(kept(b"INFO sip:a SIP/2.0\r\nTo: x\r\n\r\nSignal=4\r\n"), "INFO sip:a SIP/2.0\r\nTo: x\r\n\r\n");
        assert_eq!(kept(b"INVITE sip:a SIP/2.0\r\n\r\nv=0\r\n"), "INVITE sip:a SIP/2.0\r\n\r\nv=0\r\n");
        assert_eq!(kept(b"INFO sip:a SIP/2.0"), "INFO sip:a SIP/2.0");
        let refused = "SIP/2.0 415 No\r\ncseq : 7 INFO \r\nTo: x\r\n\r\n";
        assert_eq!(kept(b"SIP/2.0 415 No\r\ncseq : 7 INFO \r\nTo: x\r\n\r\nSignal=4\r\n"), refused);
        assert_eq!(kept(b"SIP/2.0 200 OK\r\nCSeq: 7 INFO\r\n\r\nSignal=4"), "SIP/2.0 200 OK\r\nCSeq: 7 INFO\r\n\r\n");
        let taken = b"SIP/2.0 200 OK\r\nCSeq: 7 INVITE\r\nSubject: INFO\r\n\r\nv=0\r\nCSeq: 7 INFO\r\n";
        assert_eq!(kept(taken), taken.as_slice());
    }

    #[test]
    fn f48_a_recording_may_be_40_ms_longer_or_shorter_than_the_call() {
        let fault = |samples, talk_ms| {
            let mut recording = Recording { samples, ..Recording::default() };
            judge(&mut recording, talk_ms);
            recording.fault
        };
        assert_eq!([fault(8000, 1040), fault(8000, 960)], ["", ""]);
        assert!(!fault(8000, 1041).is_empty() && !fault(8000, 959).is_empty());
    }
}
