//! What a caller hears who waits (F03, F04): ringing; then, if the firm's policy says so, an announcement in its name and music, and
//! now and then the turn and an offer to call back. Operators' phones ring meanwhile as if nothing were said, and an answer cuts
//! every prompt: what is heard is a function of the phase (W01).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::record::Fact;
use super::{Call, Phase};
use crate::board::Board;
use crate::directory::Customer;
use crate::media::Prompt;
use crate::waiting::{EVERY_SECONDS_MIN, Tell, WaitingPolicy, speech};

/// The key that asks for a call back.
const YES: char = '1';

/// A prompt that has not ended by then is given up: its leg may have no way to hear it.
pub(super) const SAY_MAX: Duration = Duration::from_secs(120);

/// Prompts being said, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Says {
    prompts: VecDeque<Prompt>,
    until: Option<Instant>,
}

impl Says {
    /// Begins with the first of these.
    pub(super) fn new(now: Instant, prompts: impl IntoIterator<Item = Prompt>) -> Self {
        let prompts: VecDeque<Prompt> = prompts.into_iter().collect();
        let until = (!prompts.is_empty()).then_some(now + SAY_MAX);
        Self { prompts, until }
    }

    /// What is being said.
    pub(super) fn current(&self) -> Option<&Prompt> {
        self.prompts.front()
    }

    /// Everything is said.
    pub(super) fn is_over(&self) -> bool {
        self.prompts.is_empty()
    }

    /// This prompt has ended. False: it was not being said.
    pub(super) fn ended(&mut self, now: Instant, prompt: &Prompt) -> bool {
        let is_current = self.current() == Some(prompt);
        if is_current {
            self.go_on(now);
        }
        is_current
    }

    /// Gives up a prompt that does not end. True: it did.
    pub(super) fn give_up(&mut self, now: Instant) -> bool {
        let is_due = self.until.is_some_and(|until| until <= now);
        if is_due {
            self.go_on(now);
        }
        is_due
    }

    fn go_on(&mut self, now: Instant) {
        self.prompts.pop_front();
        self.until = (!self.prompts.is_empty()).then_some(now + SAY_MAX);
    }

    /// When [`Says::give_up`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }
}

/// A caller on the line, in the queue.
#[derive(Debug, Default)]
pub(crate) struct Lobby {
    /// What is being said; nothing: music.
    pub(super) says: Says,
    /// Taken and announced then.
    announce: Option<Instant>,
    /// Told of the turn then.
    tell: Option<Instant>,
    /// The message box takes the caller then.
    message: Option<Instant>,
    /// Key 1 means "call me back".
    pub(super) offers: bool,
    /// It was pressed: thanks are being said, and then we hang up.
    pub(super) promised: bool,
}

impl Lobby {
    /// A caller who hears ringing from now on.
    pub(super) fn ringing(now: Instant, policy: Option<&WaitingPolicy>) -> Box<Self> {
        let after = |seconds: Option<u16>| seconds.map(|seconds| now + Duration::from_secs(u64::from(seconds)));
        let policy = policy.cloned().unwrap_or_else(WaitingPolicy::ringing_only);
        let (announce, message) = (after(policy.announce_after_seconds), after(policy.message_after_seconds));
        Box::new(Self { announce, message, ..Self::default() })
    }

    /// A caller who was connected already, and hears music from now on.
    pub(super) fn returned(now: Instant, policy: Option<&WaitingPolicy>) -> Box<Self> {
        let tell = policy.filter(|policy| policy.tell != Tell::Nothing).map(|policy| now + every(policy));
        Box::new(Self { tell, announce: None, ..*Self::ringing(now, policy) })
    }

    /// A call back is offered, and this key asks for it.
    pub(super) fn takes(&self, digit: char) -> bool {
        self.offers && !self.promised && digit == YES
    }

    /// It was asked for: thanks are said.
    pub(super) fn promise(&mut self, now: Instant) {
        self.says = Says::new(now, [Prompt::named(speech::PROMISED)]);
        self.promised = true;
    }

    /// A call back is promised.
    pub(crate) fn is_promised(&self) -> bool {
        self.promised
    }

    /// When this caller is next spoken to.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let plans = [self.announce, self.tell, self.message];
        let plans = plans.into_iter().flatten().filter(|_| !self.promised);
        plans.chain(self.says.deadline()).min()
    }
}

fn every(policy: &WaitingPolicy) -> Duration {
    Duration::from_secs(u64::from(policy.every_seconds.max(EVERY_SECONDS_MIN)))
}

fn is_due(at: Option<Instant>, now: Instant) -> bool {
    at.is_some_and(|at| at <= now)
}

impl Call {
    /// The firm's wishes for callers who wait. A call to a number in no table rings until a person answers.
    pub(super) fn policy(&self) -> Option<&WaitingPolicy> {
        self.customer.as_deref().map(|customer: &Customer| &customer.waiting)
    }

    /// A prompt that was to be said once has ended, or is not there.
    pub(crate) fn prompt_ended(
        &mut self,
        board: &mut Board,
        now: Instant,
        id: endpoint::LegId,
        prompt: &Prompt,
        missing: bool,
    ) {
        if missing {
            self.prompt_missing(prompt.clone());
        }
        if id != self.caller {
            return;
        }
        match &mut self.phase {
            Phase::Waiting(lobby) => {
                lobby.says.ended(now, prompt);
                self.look_at_promise(board, now);
            }
            Phase::Alone(_) => self.alone_heard(board, now, prompt, missing),
            Phase::Away(_) | Phase::Talking(_) | Phase::Passing(_) | Phase::Bridged { .. } | Phase::Over { .. } => {}
        }
    }

    /// Does what has become due for a caller who waits.
    pub(super) fn lobby_timeout(&mut self, board: &mut Board, now: Instant) {
        let Phase::Waiting(lobby) = &mut self.phase else { return };
        if lobby.says.give_up(now) {
            return self.look_at_promise(board, now);
        }
        if lobby.promised {
            return;
        }
        let (announce, tell, message) = (lobby.announce, lobby.tell, lobby.message);
        if is_due(message, now) {
            self.message_box(board, now);
        } else if is_due(announce, now) {
            self.announce_waiting(board, now);
        } else if is_due(tell, now) {
            self.tell_turn(board, now);
        }
    }

    /// The call is taken, the firm's announcement made. The caller goes on waiting for a person.
    fn announce_waiting(&mut self, board: &mut Board, now: Instant) {
        self.connect(board, now);
        self.story.tell(now, Fact::Announced {});
        self.changed(board, "announced", "");
        self.say(board, now, Some(self.prompt("announcement")));
        let state = self.state();
        self.story.write(board, now, state);
    }

    /// The turn, and what is offered.
    fn tell_turn(&mut self, board: &mut Board, now: Instant) {
        let is_speaking = matches!(&self.phase, Phase::Waiting(lobby) if !lobby.says.is_over());
        if is_speaking {
            // The next time, then.
            return self.tell_next(now);
        }
        self.say(board, now, None);
    }

    /// Says this first, then the turn and the offer as the policy has it.
    fn say(&mut self, board: &mut Board, now: Instant, first: Option<Prompt>) {
        let Some(policy) = self.policy() else { return };
        let tell = policy.tell;
        let is_offered = policy.callback && !self.is_answered() && self.may_call_back(board, now).is_ok();
        let turn = match tell {
            Tell::Nothing => None,
            Tell::Position => Some(self.place(board)),
            Tell::ExpectedWait => Some(self.expected_wait(board).unwrap_or_else(|| self.place(board))),
        };
        let offer = is_offered.then(|| Prompt::named(speech::OFFER));
        let says = Says::new(now, first.into_iter().chain(turn).chain(offer));
        if let Phase::Waiting(lobby) = &mut self.phase {
            lobby.says = says;
            lobby.offers = is_offered;
            lobby.announce = None;
        }
        self.tell_next(now);
    }

    /// When the turn is told next.
    fn tell_next(&mut self, now: Instant) {
        let next = self.policy().filter(|policy| policy.tell != Tell::Nothing || policy.callback);
        let next = next.map(|policy| now + every(policy));
        if let Phase::Waiting(lobby) = &mut self.phase {
            lobby.tell = next;
        }
    }

    /// The caller's place in the queue.
    fn place(&self, board: &Board) -> Prompt {
        speech::place(self.ahead(board) + 1)
    }

    /// About how long it will take, at the pace of the last answers.
    fn expected_wait(&self, board: &Board) -> Option<Prompt> {
        let turns = u32::try_from(self.ahead(board) + 1).unwrap_or(u32::MAX);
        let wait = board.pace.mean()?.checked_mul(turns)?;
        Some(speech::wait(wait.as_secs()))
    }

    /// Calls before this one in the order of service, as far as they are told.
    fn ahead(&self, board: &Board) -> usize {
        let is_this = |waiting: acd::WaitingSnapshot| waiting.call == self.id;
        board.queue.waiting().take(speech::PLACES_MAX).position(is_this).unwrap_or(speech::PLACES_MAX)
    }
}

/// How fast callers are being answered: the mean time between answers while somebody waits.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<Instant>,
    mean: Option<Duration>,
}

/// Weight of the newest gap in the mean: an eighth, as round-trip times have it (RFC 6298).
const WEIGHT: u32 = 8;

impl Pace {
    /// A person has answered a call that waited since then: the turn took as long as since the answer before, or since this
    /// caller came, whichever is shorter.
    pub(crate) fn answered(&mut self, now: Instant, since: Instant) {
        let from = self.last.map_or(since, |last| last.max(since));
        let gap = now.saturating_duration_since(from);
        self.mean = Some(self.mean.map_or(gap, |mean| mean - mean / WEIGHT + gap / WEIGHT));
        self.last = Some(now);
    }

    /// Time for one turn; `None` before the first answer.
    pub(crate) fn mean(&self) -> Option<Duration> {
        self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_the_time_between_answers_while_somebody_waits() {
        let start = crate::calls::tests::some_moment();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.mean(), None);
        pace.answered(at(10), at(0));
        assert_eq!(pace.mean(), Some(Duration::from_secs(10)));
        // Two answers 20 s apart, with a caller who had waited for long.
        pace.answered(at(30), at(0));
        assert_eq!(pace.mean(), Some(Duration::from_millis(11_250)));
        // An hour without callers is no slow turn.
        pace.answered(at(3_630), at(3_625));
        assert!(pace.mean().is_some_and(|mean| mean < Duration::from_secs(11)));
    }

    #[test]
    fn a_prompt_that_never_ends_is_given_up() {
        let now = crate::calls::tests::some_moment();
        let (one, two) = (Prompt::named("one"), Prompt::named("two"));
        let mut says = Says::new(now, [one.clone(), two.clone()]);
        assert!(!says.ended(now, &two), "what is not being said cannot end");
        assert!(!says.give_up(now + SAY_MAX / 2));
        assert!(says.give_up(now + SAY_MAX));
        assert_eq!(says.current(), Some(&two));
        assert!(says.ended(now + SAY_MAX, &two) && says.is_over() && says.deadline().is_none());
    }
}
