//! What is said to a caller of the recordings line, and what the keys do: a machine without a telephone. Keys, ends of prompts, answers
//! and time go in; what is to be heard and asked comes out.

use std::time::{Duration, Instant};

use super::stage::{Next, Open, Playing, Question, Stage, Then};
use super::words::Phrase;
use super::{Answer, Ask, DIGITS_MAX, Keyed, Locked, RECORDINGS_MAX, Tongue};
use crate::media::Prompt;
use crate::waiting::speech::TONE;

/// Wrong codes or PINs in one call.
pub(crate) const TRIES_MAX: u8 = 3;
/// How often something is asked for before whoever says nothing is hung up on.
pub(crate) const ASKED_MAX: u8 = 3;
/// Time for the first key, and for each further one.
pub(crate) const KEY_MAX: Duration = Duration::from_secs(10);
/// Time for a key after a recording.
pub(crate) const MENU_MAX: Duration = Duration::from_secs(20);
/// Saying something takes no longer.
pub(crate) const SAY_MAX: Duration = Duration::from_secs(60);
/// An answer takes no longer.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Code and PIN are right by then, whatever is keyed: who goes on for ever would keep a port from everybody else.
pub(crate) const ENTER_MAX: Duration = Duration::from_secs(300);
/// Hearing recordings takes no longer.
pub(crate) const CALL_MAX: Duration = Duration::from_secs(2 * 3600);
/// Back and forward.
pub(crate) const STEP_MS: u64 = 10_000;

/// What the dialogue wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Do {
    /// The caller hears this, once.
    Hear(Prompt),
    /// The caller hears nothing.
    Hush,
    /// This is to be answered, by its number.
    Ask { number: u64, ask: Ask },
    /// Too many wrong PINs: supervisors are told.
    Alarm(Locked),
    /// It is over.
    HangUp,
}

/// One call to the recordings line.
#[derive(Debug)]
pub(crate) struct Dialogue {
    caller: String,
    tongue: Tongue,
    stage: Stage,
    open: Option<Open>,
    /// What is being said.
    says: Option<Prompt>,
    keyed: String,
    /// More was keyed than anything has.
    overlong: bool,
    asked: u8,
    wrong: u8,
    /// Of the newest question; answers to others are too late.
    number: u64,
    until: Instant,
    ends: Instant,
    does: Vec<Do>,
}

impl Dialogue {
    /// Begins with the question for the code.
    pub(crate) fn begin(now: Instant, caller: String) -> (Self, Vec<Do>) {
        let mut dialogue = Self {
            caller,
            tongue: Tongue::default(),
            stage: Stage::Over,
            open: None,
            says: None,
            keyed: String::new(),
            overlong: false,
            asked: 0,
            wrong: 0,
            number: 0,
            until: now + SAY_MAX,
            ends: now + ENTER_MAX,
            does: Vec::new(),
        };
        dialogue.ask_for(now, Question::Code);
        let does = std::mem::take(&mut dialogue.does);
        (dialogue, does)
    }

    /// When [`Dialogue::timeout`] is due; `None`: never more.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.is_over()).then_some(self.until.min(self.ends))
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// A key.
    pub(crate) fn key(&mut self, now: Instant, key: char) -> Vec<Do> {
        match &self.stage {
            Stage::Asking(question) => {
                let question = question.clone();
                self.key_of_question(now, question, key);
            }
            Stage::Introducing | Stage::Fetching { .. } | Stage::Playing(_) | Stage::Waiting => {
                self.key_of_recording(now, key);
            }
            Stage::Saying(Then::Waits | Then::Plays) => self.key_of_recording(now, key),
            Stage::Saying(Then::Asks(question)) => {
                let question = question.clone();
                self.asked = 1;
                self.stage = Stage::Asking(question.clone());
                self.key_of_question(now, question, key);
            }
            Stage::Saying(Then::Leaves) | Stage::Checking | Stage::Over => {}
        }
        std::mem::take(&mut self.does)
    }

    /// A prompt has come to its end, or could not be played.
    pub(crate) fn prompt_ended(&mut self, now: Instant, prompt: &Prompt, missing: bool) -> Vec<Do> {
        if self.says.as_ref() != Some(prompt) {
            return Vec::new();
        }
        self.says = None;
        let is_sound = matches!(self.stage, Stage::Playing(_));
        if missing && !is_sound && *prompt.0 != *TONE {
            // Without words, a tone still tells that something is waited for.
            self.hear(Prompt::named(TONE));
        } else {
            self.said(now);
        }
        std::mem::take(&mut self.does)
    }

    /// The answer to the question of this number.
    pub(crate) fn answered(&mut self, now: Instant, number: u64, answer: Answer) -> Vec<Do> {
        if number == self.number {
            self.take(now, answer);
        }
        std::mem::take(&mut self.does)
    }

    /// Does what has become due.
    pub(crate) fn timeout(&mut self, now: Instant) -> Vec<Do> {
        if !self.is_over() && self.ends <= now {
            self.over();
        } else if !self.is_over() && self.until <= now {
            match &self.stage {
                Stage::Asking(question) => {
                    let question = question.clone();
                    self.ask_again(now, question);
                }
                Stage::Checking | Stage::Introducing | Stage::Fetching { .. } => {
                    self.say(now, Phrase::Unavailable, Then::Leaves);
                }
                Stage::Waiting => self.wait_again(now),
                Stage::Saying(_) | Stage::Playing(_) => self.said(now),
                Stage::Over => {}
            }
        }
        std::mem::take(&mut self.does)
    }

    fn key_of_question(&mut self, now: Instant, question: Question, key: char) {
        self.hush();
        self.until = now + KEY_MAX;
        match key {
            '#' if self.keyed.is_empty() && !self.overlong => self.ask_again(now, question),
            '#' => {
                let keyed = if self.overlong { Keyed::default() } else { Keyed(self.keyed.clone()) };
                self.forget_keys();
                match question {
                    Question::Code => self.ask_for(now, Question::Pin { code: keyed }),
                    Question::Pin { code } => {
                        let caller = self.caller.clone();
                        self.stage = Stage::Checking;
                        self.ask(now, Ask::Open { code, pin: keyed, caller });
                    }
                }
            }
            '*' => self.forget_keys(),
            digit if digit.is_ascii_digit() => {
                self.overlong |= self.keyed.len() >= DIGITS_MAX;
                if !self.overlong {
                    self.keyed.push(digit);
                }
            }
            _ => {}
        }
    }

    fn key_of_recording(&mut self, now: Instant, key: char) {
        let Some(open) = &self.open else { return };
        self.asked = 0;
        let (place, count) = (open.place, open.recordings.len());
        match key {
            '1' => self.fetch(now, 0),
            '2' if place + 1 < count => self.introduce(now, place + 1),
            '2' => self.say(now, Phrase::Oldest, Then::Waits),
            '3' if place > 0 => self.introduce(now, place - 1),
            '3' => self.say(now, Phrase::Newest, Then::Waits),
            '4' => {
                if let Some(at) = self.position(now) {
                    self.fetch(now, at.saturating_sub(STEP_MS));
                }
            }
            '6' => {
                let whole_ms = open.whole_ms;
                match self.position(now).map(|at| at + STEP_MS) {
                    Some(at) if whole_ms.is_some_and(|whole| at >= whole) => self.ended(now),
                    Some(at) => self.fetch(now, at),
                    None => {}
                }
            }
            '#' => self.say(now, Phrase::Goodbye, Then::Leaves),
            _ => {}
        }
    }

    /// How far the recording has been heard; `None`: it is not being heard.
    fn position(&self, now: Instant) -> Option<u64> {
        match &self.stage {
            Stage::Playing(playing) => {
                let heard = now.saturating_duration_since(playing.since).as_millis();
                let heard = u64::try_from(heard).unwrap_or(u64::MAX);
                Some(playing.from_ms + heard.min(playing.length_ms))
            }
            Stage::Fetching { from_ms } => Some(*from_ms),
            Stage::Waiting | Stage::Saying(Then::Waits) => self.open.as_ref().and_then(|open| open.whole_ms),
            Stage::Saying(Then::Asks(_) | Then::Plays | Then::Leaves) | Stage::Introducing => None,
            Stage::Asking(_) | Stage::Checking | Stage::Over => None,
        }
    }

    /// What was being said is said.
    fn said(&mut self, now: Instant) {
        self.says = None;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Saying(Then::Asks(question)) => self.ask_for(now, question),
            Stage::Saying(Then::Waits) => {
                self.until = now + MENU_MAX;
                self.stage = Stage::Waiting;
            }
            Stage::Saying(Then::Plays) => self.fetch(now, 0),
            Stage::Saying(Then::Leaves) => self.over(),
            Stage::Playing(Playing { from_ms, length_ms, next, .. }) => {
                let from_ms = from_ms + length_ms;
                match next {
                    Next::None => self.ended(now),
                    Next::Asked => {
                        self.until = now + ANSWER_MAX;
                        self.stage = Stage::Fetching { from_ms };
                    }
                    Next::There { prompt, length_ms } => self.play(now, prompt, from_ms, length_ms),
                    Next::Lost { phrase, then } => self.say(now, phrase, then),
                }
            }
            Stage::Asking(question) => {
                self.until = now + KEY_MAX;
                self.stage = Stage::Asking(question);
            }
            other @ (Stage::Checking | Stage::Introducing | Stage::Fetching { .. } | Stage::Waiting | Stage::Over) => {
                self.stage = other
            }
        }
    }

    fn take(&mut self, now: Instant, answer: Answer) {
        match (&mut self.stage, answer) {
            (Stage::Checking, Answer::Opened { customer, tongue, mut recordings }) => {
                self.tongue = tongue;
                self.ends = now + CALL_MAX;
                recordings.truncate(RECORDINGS_MAX);
                let is_empty = recordings.is_empty();
                self.open = Some(Open { customer, recordings, place: 0, whole_ms: None });
                if is_empty {
                    self.say(now, Phrase::Nothing, Then::Leaves);
                } else {
                    self.introduce(now, 0);
                }
            }
            (Stage::Checking, Answer::Refused { locked }) => {
                self.does.extend(locked.map(Do::Alarm));
                self.wrong += 1;
                let then = if self.wrong < TRIES_MAX { Then::Asks(Question::Code) } else { Then::Leaves };
                self.say(now, Phrase::Wrong, then);
            }
            (Stage::Introducing, Answer::Introduction(prompt)) => {
                self.until = now + SAY_MAX;
                self.stage = Stage::Saying(Then::Plays);
                self.hear(prompt);
            }
            (Stage::Introducing, Answer::NotThere) => {
                self.until = now + SAY_MAX;
                self.stage = Stage::Saying(Then::Plays);
                self.hear(Prompt::named(TONE));
            }
            (Stage::Fetching { from_ms }, Answer::Piece { prompt, length_ms, whole_ms }) => {
                let from_ms = *from_ms;
                if let Some(open) = &mut self.open {
                    open.whole_ms = Some(whole_ms);
                }
                self.play(now, prompt, from_ms, length_ms);
            }
            (Stage::Fetching { .. }, Answer::NotThere) => self.say(now, Phrase::Gone, Then::Waits),
            (Stage::Playing(playing), Answer::Piece { prompt, length_ms, .. }) => {
                playing.next = Next::There { prompt, length_ms };
            }
            (Stage::Playing(playing), Answer::NotThere) => {
                playing.next = Next::Lost { phrase: Phrase::Gone, then: Then::Waits };
            }
            (Stage::Playing(playing), _) => {
                playing.next = Next::Lost { phrase: Phrase::Unavailable, then: Then::Leaves };
            }
            (Stage::Over | Stage::Asking(_) | Stage::Saying(_) | Stage::Waiting, _) => {}
            (Stage::Checking | Stage::Introducing | Stage::Fetching { .. }, _) => {
                self.say(now, Phrase::Unavailable, Then::Leaves);
            }
        }
    }

    /// Asks for this, as if for the first time.
    fn ask_for(&mut self, now: Instant, question: Question) {
        self.asked = 0;
        self.forget_keys();
        self.ask_again(now, question);
    }

    /// Nobody has keyed anything: once more, in turns in the one and the other language, for it is not known which is understood.
    fn ask_again(&mut self, now: Instant, question: Question) {
        self.forget_keys();
        if self.asked >= ASKED_MAX {
            return self.say(now, Phrase::Goodbye, Then::Leaves);
        }
        let tongue = if self.asked.is_multiple_of(2) { self.tongue } else { self.tongue.other() };
        self.asked += 1;
        self.until = now + SAY_MAX;
        let phrase = match question {
            Question::Code => Phrase::Code,
            Question::Pin { .. } => Phrase::Pin,
        };
        self.stage = Stage::Asking(question);
        self.hear(phrase.prompt(tongue));
    }

    fn wait_again(&mut self, now: Instant) {
        self.asked += 1;
        match self.asked < ASKED_MAX {
            true => self.say(now, Phrase::Keys, Then::Waits),
            false => self.say(now, Phrase::Goodbye, Then::Leaves),
        }
    }

    /// The recording has come to its end.
    fn ended(&mut self, now: Instant) {
        self.asked = 0;
        self.say(now, Phrase::Keys, Then::Waits);
    }

    fn introduce(&mut self, now: Instant, place: usize) {
        self.hush();
        self.asked = 0;
        let tongue = self.tongue;
        let Some(open) = &mut self.open else { return self.over() };
        let Some(recording) = open.recordings.get(place).copied() else { return self.over() };
        open.place = place;
        open.whole_ms = None;
        let count = open.recordings.len();
        self.stage = Stage::Introducing;
        self.ask(now, Ask::Introduce { tongue, place, count, recording });
    }

    /// Has the recording played from there.
    fn fetch(&mut self, now: Instant, from_ms: u64) {
        self.hush();
        self.stage = Stage::Fetching { from_ms };
        self.ask_for_piece(now, from_ms);
    }

    fn ask_for_piece(&mut self, now: Instant, from_ms: u64) {
        let Some(open) = &self.open else { return self.over() };
        let Some(recording) = open.recordings.get(open.place) else { return self.over() };
        let (customer, call, caller) = (open.customer, recording.call, self.caller.clone());
        self.ask(now, Ask::Piece { customer, call, caller, from_ms });
    }

    /// The piece is heard, and the next one is asked for.
    fn play(&mut self, now: Instant, prompt: Prompt, from_ms: u64, length_ms: u64) {
        let whole_ms = self.open.as_ref().and_then(|open| open.whole_ms).unwrap_or(0);
        let has_more = length_ms > 0 && from_ms + length_ms < whole_ms;
        let next = if has_more { Next::Asked } else { Next::None };
        if has_more {
            self.ask_for_piece(now, from_ms + length_ms);
        }
        self.until = now + Duration::from_millis(length_ms) + SAY_MAX;
        self.stage = Stage::Playing(Playing { from_ms, length_ms, since: now, next });
        self.hear(prompt);
    }

    fn ask(&mut self, now: Instant, ask: Ask) {
        self.number += 1;
        self.until = now + ANSWER_MAX;
        self.does.push(Do::Ask { number: self.number, ask });
    }

    fn say(&mut self, now: Instant, phrase: Phrase, then: Then) {
        self.until = now + SAY_MAX;
        self.stage = Stage::Saying(then);
        self.hear(phrase.prompt(self.tongue));
    }

    fn hear(&mut self, prompt: Prompt) {
        self.says = Some(prompt.clone());
        self.does.push(Do::Hear(prompt));
    }

    fn hush(&mut self) {
        if self.says.take().is_some() {
            self.does.push(Do::Hush);
        }
    }

    fn forget_keys(&mut self) {
        self.keyed.clear();
        self.overlong = false;
    }

    fn over(&mut self) {
        self.stage = Stage::Over;
        self.does.push(Do::HangUp);
    }
}
