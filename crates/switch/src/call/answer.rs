//! An operator picks up. The first one wins, the caller gets our 200 at once, and both hear each other.

use std::net::IpAddr;
use std::time::Instant;

use acd::{Declined, OperatorId};
use bytes::Bytes;
use endpoint::{LegId, Order};

use super::record::{Fact, operator};
use super::transfer::feature_code::Keys;
use super::{Call, ELSEWHERE, Phase, Talk, Tape};
use crate::board::Board;
use crate::directory::plain;
use crate::io::Event;
use crate::leg::{Leg, Signalling};
use crate::media::{self, RecordingFile};
use crate::promise::Outcome;

impl Call {
    /// 200 from an operator's phone. Whoever is too late is hung up on with the reason, so that the phone does not show a
    /// missed call.
    pub(crate) fn operator_answers(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: LegId,
        who: OperatorId,
        (body, from_ip): (&[u8], IpAddr),
    ) {
        let Some(leg) = self.leg_mut(id) else { return };
        if !leg.is_early() {
            return self.drop_leg(board, now, id, Some(ELSEWHERE), "too_late");
        }
        leg.signalling = Signalling::Up;
        leg.from_ip = Some(from_ip);
        let index = leg.index;
        let agreed = leg.description.taken(body);
        if agreed.is_err() {
            self.drop_leg(board, now, id, None, "bad_answer");
            self.close_pop(board, now, who, "bad_answer");
            return board.queue.declined(now, self.id, who, Declined::Unreachable);
        }
        if board.queue.answered(now, self.id, who).is_err() {
            self.drop_leg(board, now, id, Some(ELSEWHERE), "answered_elsewhere");
            return self.close_pop(board, now, who, "answered_elsewhere");
        }
        self.story.leg_answered(now, index);
        let talk = Talk { operator: who, leg: id, held: false, muted: false, keys: Keys::default() };
        if matches!(self.phase, Phase::Away(_)) {
            return self.turn_comes(board, now, talk);
        }
        self.pre_connect(board, who);
        board.order(Order::Couple { one: self.caller, other: id });
        self.phase = Phase::Talking(talk);
        self.forget_promise(board);
        self.answer_caller(board, now);
        self.negotiated(board, id);
        self.whisper_name(board, now, id, who);
        self.tell_answered(board, now, who);
    }

    /// Before an operator's answer is connected, whoever listens is told (W14): the event stands before our 200 in the stream of
    /// outputs, and nothing waits in between.
    pub(super) fn pre_connect(&self, board: &mut Board, who: OperatorId) {
        let record = &self.story.record;
        let (call, customer_name) = (self.id.to_string(), record.customer_name.clone());
        board.event(Event::PreConnect { call, operator: who.0, customer: record.customer, customer_name });
    }

    /// A person has answered: our 200 to the caller, unless that was said before.
    pub(super) fn answer_caller(&mut self, board: &mut Board, now: Instant) {
        if !self.is_answered() {
            board.pace.answered(now, self.story.arrived);
            self.story.answer(now);
        }
        self.connect(board, now);
    }

    /// Our 200 to the caller, once; the recording begins with it.
    pub(super) fn connect(&mut self, board: &mut Board, now: Instant) {
        if self.is_connected() {
            return;
        }
        let caller = self.caller;
        if self.leg(caller).is_some_and(Leg::is_early) {
            self.accept_caller(board, now, caller);
        }
        self.story.connect(now);
        let stem = self.recording_stem();
        self.story.record.recording_stem.clone_from(&stem);
        self.story.tell(now, Fact::RecordingStarted { stem: stem.clone() });
        self.tape = Tape::Running;
        board.media(media::Order::StartRecording { call: self.id, at: now, file: RecordingFile { stem } });
        self.negotiated(board, caller);
    }

    fn accept_caller(&mut self, board: &mut Board, now: Instant, caller: LegId) {
        board.order(Order::Answer { leg: caller, body: self.answer.clone() });
        if let Some(leg) = self.leg_mut(caller) {
            leg.signalling = Signalling::Up;
            let index = leg.index;
            self.story.leg_answered(now, index);
        }
    }

    pub(super) fn tell_answered(&mut self, board: &mut Board, now: Instant, who: OperatorId) {
        self.story.tell(now, Fact::Answered { operator: operator(who) });
        if self.story.record.operator.is_none() {
            self.story.record.operator = Some(who.0);
            let name = board.directory.operators.get(&who).map(|known| known.name.clone());
            self.story.record.operator_name = name.unwrap_or_default();
            let wait_ms = self.story.wait_ms(now);
            board.promise.ended(self.whose(), Outcome::Answered { wait_ms });
            board.report_begins(now, self.id, who);
        }
        let wait_ms = self.story.wait_ms(now);
        board.event(Event::CallAnswered { call: self.id.to_string(), operator: who.0, wait_ms });
        let state = self.state();
        self.story.write(board, now, state);
    }

    /// The peer's ACK: with its SDP, when the offer was ours (a caller without one, or a re-INVITE that asked us).
    pub(crate) fn acknowledged(&mut self, board: &mut Board, now: Instant, id: LegId, body: Option<Bytes>) {
        let Some(leg) = self.leg_mut(id).filter(|leg| leg.is_up()) else { return };
        let was_held = leg.description.on_hold();
        if !leg.description.is_waiting() {
            return;
        }
        let first = leg.description.agreed().is_none();
        match leg.description.accept(&body.unwrap_or_default()) {
            Ok(()) => {
                self.negotiated(board, id);
                self.phone_held(board, now, id, was_held);
            }
            Err(_) if first => {
                self.drop_leg(board, now, id, None, "bad_answer");
                self.leg_lost(board, now, id, "bad_answer");
            }
            // A re-INVITE that came to nothing: the leg goes on as it was.
            Err(_) => {}
        }
    }

    /// The recording's path: date and time in Japan, the number dialled, the firm, the call.
    fn recording_stem(&self) -> String {
        let record = &self.story.record;
        let time = JapanTime::of(record.announced_ms.or(record.answered_ms).unwrap_or(record.arrived_ms));
        let did = number::Number::parse(&format!("+{}", record.did), number::JAPAN);
        let did = did.map_or_else(|_| in_file_name(&record.did), number::Number::national);
        let code = self.code();
        let JapanTime { year, month, day, hour, minute, second } = time;
        format!(
            "{year:04}/{month:02}/{day:02}/{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}_{did}_{code}_{}",
            self.id
        )
    }

    /// The firm's short name, with nothing in it that a path or a header could be made of.
    pub(super) fn code(&self) -> String {
        self.customer.as_ref().map_or_else(|| "unknown".to_owned(), |customer| in_file_name(&customer.code))
    }

    /// Is this leg answered, and not over?
    pub(crate) fn is_up(&self, id: LegId) -> bool {
        self.leg(id).is_some_and(Leg::is_up)
    }
}

/// Only what every file system and shell takes; never a path.
fn in_file_name(text: &str) -> String {
    let kept: String = plain(text).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if kept.is_empty() { "none".to_owned() } else { kept }
}

/// A moment as a clock in Japan shows it (UTC+9, no summer time).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct JapanTime {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl JapanTime {
    fn of(unix_ms: i64) -> Self {
        let seconds = unix_ms.div_euclid(1000).saturating_add(9 * 3600);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days since 0000-03-01, so that the leap day ends a year of 4, and a cycle of 400 years.
        let days = days.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japan_time_is_nine_hours_ahead_and_knows_leap_days() {
        let show = |ms| {
            let JapanTime { year, month, day, hour, minute, second } = JapanTime::of(ms);
            format!("{year}-{month}-{day} {hour}:{minute}:{second}")
        };
        assert_eq!(show(0), "1970-1-1 9:0:0");
        assert_eq!(show(951_750_000_000), "2000-2-29 0:0:0");
        assert_eq!(show(1_795_253_100_000), "2026-11-21 18:25:0");
        assert_eq!(show(1_798_729_199_999), "2026-12-31 23:59:59");
    }

    #[test]
    fn r18_file_names_hold_no_path() {
        assert_eq!(in_file_name("../../etc/passwd\0"), "etcpasswd");
        assert_eq!(in_file_name("さくら"), "none");
    }
}
