//! Nobody can take the call: a caller alone with us. The message box (announcement, tone, the caller's words), or the firm's words
//! for a day on which it is closed (X14).
//!
//! The words are on the call's one recording, from and to the milliseconds that the event and the timeline name.

use std::time::{Duration, Instant};

use acd::EnqueueError;

use super::lobby::Says;
use super::record::{Fact, milliseconds};
use super::{Call, Phase};
use crate::board::Board;
use crate::calendar::{Closed, Standing};
use crate::io::Event;
use crate::leg::Role;
use crate::media::Prompt;
use crate::waiting::speech;

/// Longest message.
pub(crate) const MESSAGE_MAX: Duration = Duration::from_secs(180);

/// Less than this after the tone is nobody's message: the caller has hung up, or said nothing.
const MESSAGE_MIN: Duration = Duration::from_secs(2);

/// Silence after which a message is over, seconds.
const SILENCE_MAX: u32 = 10;

/// How long a caller of a closed firm hears ringing before we take the call: not a whole ring, and long enough for the voice path
/// to say that it has no port (then the call is refused, not taken and dropped), and for the firm's words to be fetched.
pub(crate) const RING_ON: Duration = Duration::from_millis(1_500);

/// The key that ends a message.
const DONE: char = '#';

/// A caller alone with us.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(super) says: Says,
    stage: Stage,
    /// The firm is closed.
    is_closed: bool,
    /// What is said first.
    words: Prompt,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The caller hears ringing until then; afterwards the words of the day, and a message may be left or not.
    Ringing { until: Instant, takes_message: bool },
    /// The wording of a closed day is said; that is all.
    Closed,
    /// The message box is announced.
    Greeting,
    /// The caller speaks, until then at most.
    Listening { since: Instant, until: Instant },
    /// Thanks are said: the message is taken.
    Thanking,
    /// There is none.
    Over,
}

impl Alone {
    /// Keys mean something now.
    pub(super) fn listens(&self) -> bool {
        matches!(self.stage, Stage::Listening { .. })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let until = match self.stage {
            Stage::Ringing { until, .. } | Stage::Listening { until, .. } => Some(until),
            Stage::Closed | Stage::Greeting | Stage::Thanking | Stage::Over => None,
        };
        until.into_iter().chain(self.says.deadline()).min()
    }

    /// Word for screens.
    pub(super) const fn word(&self) -> &'static str {
        match self.stage {
            Stage::Ringing { takes_message: false, .. } | Stage::Closed => "closed",
            Stage::Ringing { takes_message: true, .. }
            | Stage::Greeting
            | Stage::Listening { .. }
            | Stage::Thanking
            | Stage::Over => "message",
        }
    }
}

impl Call {
    /// Out of the queue and into the message box.
    pub(super) fn message_box(&mut self, board: &mut Board, now: Instant) {
        self.leave_queue(board, now);
        self.begin_message(board, now, self.prompt("message"), false);
    }

    /// A new call comes to its firm: into the queue, or what the firm wants on a closed day (X14).
    pub(super) fn come_in(&mut self, board: &mut Board, now: Instant) -> Result<(), EnqueueError> {
        let Some(customer) = self.customer.clone() else { return self.wait(board, now) };
        let standing = customer.calendar.at(board.unix_ms(now));
        let (then, wording) = match (&standing, standing.spoken(speech::said_name(&customer))) {
            (Standing::Closed { then, .. }, Some(wording)) => (*then, wording),
            (Standing::Closed { .. }, None) | (Standing::Open, _) => return self.wait(board, now),
        };
        let prompt = speech::closed(&customer, &wording);
        self.closed = wording;
        match then {
            Closed::AnswerAsUsual => return self.wait(board, now),
            Closed::Announce | Closed::MessageBox => {}
        }
        let stage = Stage::Ringing { until: now + RING_ON, takes_message: then == Closed::MessageBox };
        let says = Says::default();
        self.phase = Phase::Alone(Box::new(Alone { says, stage, is_closed: true, words: prompt }));
        Ok(())
    }

    /// Another port is being tried for a caller who hears ringing: it may fail like the first.
    pub(super) fn ring_on(&mut self, now: Instant) {
        if let Phase::Alone(alone) = &mut self.phase
            && let Stage::Ringing { until, .. } = &mut alone.stage
        {
            *until = now + RING_ON;
        }
    }

    /// It has rung long enough.
    fn take_closed(&mut self, board: &mut Board, now: Instant) {
        let Phase::Alone(alone) = &self.phase else { return };
        let (words, stage) = (alone.words.clone(), alone.stage);
        match stage {
            Stage::Ringing { takes_message: true, .. } => self.begin_message(board, now, words, true),
            Stage::Ringing { takes_message: false, .. } => self.say_closed(board, now, words),
            Stage::Closed | Stage::Greeting | Stage::Listening { .. } | Stage::Thanking | Stage::Over => {}
        }
    }

    fn begin_message(&mut self, board: &mut Board, now: Instant, words: Prompt, is_closed: bool) {
        let says = Says::new(now, [words.clone(), Prompt::named(speech::TONE)]);
        self.be_alone(board, now, Alone { says, stage: Stage::Greeting, is_closed, words });
        self.story.tell(now, Fact::MessageBox {});
        self.changed(board, "message_box", "");
    }

    /// The firm's words for the day, and then the end.
    fn say_closed(&mut self, board: &mut Board, now: Instant, wording: Prompt) {
        let says = Says::new(now, [wording.clone()]);
        self.be_alone(board, now, Alone { says, stage: Stage::Closed, is_closed: true, words: wording });
        self.story.tell(now, Fact::Closed {});
        self.changed(board, "closed", "");
    }

    fn be_alone(&mut self, board: &mut Board, now: Instant, alone: Alone) {
        self.phase = Phase::Alone(Box::new(alone));
        self.connect(board, now);
        let state = self.state();
        self.story.write(board, now, state);
    }

    /// A prompt has ended.
    pub(super) fn alone_heard(&mut self, board: &mut Board, now: Instant, prompt: &Prompt, missing: bool) {
        let Phase::Alone(alone) = &mut self.phase else { return };
        if !alone.says.ended(now, prompt) {
            return;
        }
        if missing && alone.stage == Stage::Closed {
            // Without words the caller would hear nothing and be hung up on: better a person.
            return self.wait_after_all(board, now);
        }
        self.alone_goes_on(board, now);
    }

    /// When nothing is being said any more: the next stage.
    fn alone_goes_on(&mut self, board: &mut Board, now: Instant) {
        let Phase::Alone(alone) = &mut self.phase else { return };
        if !alone.says.is_over() {
            return;
        }
        match alone.stage {
            Stage::Closed => self.end(board, now, "closed"),
            Stage::Greeting => {
                alone.stage = Stage::Listening { since: now, until: now + MESSAGE_MAX };
                self.story.tell(now, Fact::MessageBegun {});
            }
            Stage::Ringing { .. } | Stage::Listening { .. } | Stage::Over => {}
            Stage::Thanking => self.end(board, now, "message_left"),
        }
    }

    /// Does what has become due.
    pub(super) fn alone_timeout(&mut self, board: &mut Board, now: Instant) {
        let Phase::Alone(alone) = &mut self.phase else { return };
        if alone.says.give_up(now) {
            return self.alone_goes_on(board, now);
        }
        if matches!(alone.stage, Stage::Ringing { until, .. } if until <= now) {
            return self.take_closed(board, now);
        }
        if matches!(alone.stage, Stage::Listening { until, .. } if until <= now) {
            self.message_taken(board, now, "limit", Duration::ZERO);
        }
    }

    /// A key of the caller's. True: it meant something.
    pub(super) fn alone_key(&mut self, board: &mut Board, now: Instant, digit: char) -> bool {
        let is_end = digit == DONE && matches!(&self.phase, Phase::Alone(alone) if alone.listens());
        if is_end {
            self.message_taken(board, now, "key", Duration::ZERO);
        }
        is_end
    }

    /// Nothing more comes from the caller.
    pub(super) fn alone_silent(&mut self, board: &mut Board, now: Instant, role: Role, seconds: u32) {
        let Phase::Alone(alone) = &self.phase else { return };
        let Stage::Listening { since, .. } = alone.stage else { return };
        // Phones that send nothing while nobody speaks were silent during the announcement: what counts is the time since the tone.
        let is_long = now.saturating_duration_since(since) >= Duration::from_secs(u64::from(SILENCE_MAX));
        if role == Role::Caller && seconds >= SILENCE_MAX && is_long {
            self.message_taken(board, now, "silence", Duration::from_secs(seconds.into()));
        }
    }

    /// The message is over, at its end so long nothing came: thanks.
    fn message_taken(&mut self, board: &mut Board, now: Instant, by: &str, silence: Duration) {
        if !self.keep_message(board, now, by, silence) {
            return self.nothing_said(board, now);
        }
        if let Phase::Alone(alone) = &mut self.phase {
            alone.says = Says::new(now, [Prompt::named(speech::MESSAGE_TAKEN)]);
        }
    }

    /// There is no message. A closed firm's caller got what the firm had ordered; an open firm's has given up.
    fn nothing_said(&mut self, board: &mut Board, now: Instant) {
        let Phase::Alone(alone) = &mut self.phase else { return };
        alone.stage = Stage::Over;
        let is_closed = alone.is_closed;
        self.end(board, now, if is_closed { "no_message" } else { "abandoned" });
    }

    /// Tells where on the recording the message is, once. False: there is none.
    pub(super) fn keep_message(&mut self, board: &mut Board, now: Instant, by: &str, silence: Duration) -> bool {
        let Phase::Alone(alone) = &mut self.phase else { return false };
        let Stage::Listening { since, .. } = alone.stage else { return false };
        let Some(start) = self.story.connected else { return false };
        if now.saturating_duration_since(since).saturating_sub(silence) < MESSAGE_MIN {
            return false;
        }
        alone.stage = Stage::Thanking;
        let (from_ms, to_ms) = (milliseconds(start, since), milliseconds(start, now));
        self.story.tell(now, Fact::MessageLeft { from_ms, to_ms, by: by.to_owned() });
        let record = &self.story.record;
        board.event(Event::MessageLeft {
            call: self.id.to_string(),
            customer: record.customer,
            customer_name: record.customer_name.clone(),
            caller: record.caller.clone(),
            from_ms,
            to_ms,
        });
        true
    }

    /// The caller has hung up.
    pub(super) fn alone_left(&mut self, board: &mut Board, now: Instant) {
        let Phase::Alone(alone) = &self.phase else { return };
        let (stage, is_closed) = (alone.stage, alone.is_closed);
        let is_left = stage == Stage::Thanking || self.keep_message(board, now, "hang_up", Duration::ZERO);
        match (stage, is_left, is_closed) {
            (_, true, _) => self.end(board, now, "message_left"),
            (Stage::Ringing { .. } | Stage::Closed | Stage::Greeting, false, true) => self.end(board, now, "closed"),
            (Stage::Listening { .. } | Stage::Thanking | Stage::Over, false, true) | (_, false, false) => {
                self.nothing_said(board, now)
            }
        }
    }
}
