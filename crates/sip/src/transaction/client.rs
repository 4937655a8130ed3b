//! The client transaction of every method but INVITE (and ACK, which has none): RFC 3261 §17.1.2, figure 6.

use super::action::ClientAction::{self, Backoff, Pass, SendRequest, Slow, Start, Stop};
use super::timers::Timer;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Sent, nothing heard.
    Trying,
    /// A provisional came.
    Proceeding,
    /// The final response came; its copies are absorbed until K.
    Completed,
    /// Gone.
    Terminated,
}

/// What may happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Provisional,
    Final,
    /// A packet could not be sent.
    TransportError,
    /// The connection is lost.
    PeerGone,
    E,
    F,
    K,
}

impl Event {
    /// `None`: a timer that this machine never starts.
    pub(super) const fn of(timer: Timer) -> Option<Self> {
        match timer {
            Timer::E => Some(Self::E),
            Timer::F => Some(Self::F),
            Timer::K => Some(Self::K),
            Timer::A | Timer::B | Timer::C | Timer::D | Timer::G | Timer::H | Timer::I | Timer::J => None,
            Timer::L | Timer::M | Timer::Trying | Timer::Withdrawal | Timer::Unanswered => None,
        }
    }
}

type Step = (State, &'static [ClientAction]);

/// §17.1.2.2: "the Trying state is entered when the TU initiates a new client transaction with a request".
pub(super) const START: Step = (State::Trying, &[SendRequest, Start(Timer::E), Start(Timer::F)]);

/// One arrow of the figure.
pub(super) const fn step(state: State, event: Event) -> Step {
    match state {
        State::Trying => trying(event),
        State::Proceeding => proceeding(event),
        State::Completed => completed(event),
        State::Terminated => (State::Terminated, &[]),
    }
}

const fn trying(event: Event) -> Step {
    match event {
        // §17.1.2.2: "if a provisional response is received while in the Trying state, the response MUST be passed to the
        // TU", and the transaction moves to Proceeding. E and F run on.
        Event::Provisional => (State::Proceeding, &[Pass]),
        // §17.1.2.2: a final response passes up and moves to Completed.
        Event::Final => (State::Completed, &[Stop(Timer::E), Stop(Timer::F), Pass, Start(Timer::K)]),
        // §17.1.4.
        Event::TransportError | Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        // §17.1.2.2: timer E sends again and is set to MIN(2*E, T2).
        Event::E => (State::Trying, &[SendRequest, Backoff(Timer::E)]),
        // §17.1.2.2: timer F is the timeout.
        Event::F => (State::Terminated, &[ClientAction::TimedOut]),
        Event::K => (State::Trying, &[]),
    }
}

const fn proceeding(event: Event) -> Step {
    match event {
        // Figure 6: further provisionals pass up.
        Event::Provisional => (State::Proceeding, &[Pass]),
        // §17.1.2.2: a final response moves to Completed.
        Event::Final => (State::Completed, &[Stop(Timer::E), Stop(Timer::F), Pass, Start(Timer::K)]),
        // §17.1.4.
        Event::TransportError | Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        // §17.1.2.2: "if Timer E fires while in the Proceeding state, the request MUST be retransmitted, and timer E MUST be
        // reset with a value of T2 seconds".
        Event::E => (State::Proceeding, &[SendRequest, Slow(Timer::E)]),
        // §17.1.2.2: "if timer F fires while in the Proceeding state, the TU MUST be informed of a timeout".
        Event::F => (State::Terminated, &[ClientAction::TimedOut]),
        Event::K => (State::Proceeding, &[]),
    }
}

const fn completed(event: Event) -> Step {
    match event {
        // §17.1.2.2: Completed exists to absorb copies of the final response.
        Event::Provisional | Event::Final => (State::Completed, &[]),
        // §17.1.2.2: timer K ends it.
        Event::K => (State::Terminated, &[]),
        // Nothing is sent any more.
        Event::TransportError | Event::PeerGone => (State::Completed, &[]),
        Event::E | Event::F => (State::Completed, &[]),
    }
}
