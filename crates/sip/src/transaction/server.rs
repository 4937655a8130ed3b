//! The server transaction of every method but INVITE (and ACK, which has none): RFC 3261 §17.2.2, figure 8.

use super::action::ServerAction::{self, Repeat, Send, Start, Stop};
use super::timers::Timer;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The user has the request and has said nothing.
    Trying,
    /// A provisional went.
    Proceeding,
    /// The final response went; copies of the request are answered with copies of it until J.
    Completed,
    /// Gone.
    Terminated,
}

/// What may happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The request once more.
    Request,
    /// The user gives a 1xx.
    Provisional,
    /// The user gives a final response.
    Final,
    /// A response could not be sent.
    TransportError,
    /// Its connection is lost and cannot be had again.
    PeerGone,
    J,
    /// 64*T1 have passed without an answer of ours.
    Unanswered,
}

impl Event {
    /// `None`: a timer that this machine never starts.
    pub(super) const fn of(timer: Timer) -> Option<Self> {
        match timer {
            Timer::J => Some(Self::J),
            Timer::Unanswered => Some(Self::Unanswered),
            Timer::A | Timer::B | Timer::C | Timer::D | Timer::E | Timer::F | Timer::G | Timer::H => None,
            Timer::I | Timer::K | Timer::L | Timer::M | Timer::Trying | Timer::Withdrawal => None,
        }
    }
}

type Step = (State, &'static [ServerAction]);

/// §17.2.2: "the state machine is initialized in the Trying state". RFC 4320 §4.2: after 64*T1 its sender has stopped
/// listening, so a request that nobody answered does not stay for ever.
pub(super) const START: Step = (State::Trying, &[Start(Timer::Unanswered)]);

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
        // §17.2.2: "once in the Trying state, any further request retransmissions are discarded".
        Event::Request => (State::Trying, &[]),
        // §17.2.2: a provisional moves to Proceeding.
        Event::Provisional => (State::Proceeding, &[Send]),
        // Figure 8 (and erratum 1470): a final response moves to Completed from here too.
        Event::Final => (State::Completed, &[Stop(Timer::Unanswered), Send, Start(Timer::J)]),
        // RFC 4320 §4.2.
        Event::Unanswered => (State::Terminated, &[]),
        // Nothing has been sent.
        Event::TransportError => (State::Trying, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::J => (State::Trying, &[]),
    }
}

const fn proceeding(event: Event) -> Step {
    match event {
        // §17.2.2: "if a retransmission of the request is received while in the Proceeding state, the most recently sent
        // provisional response MUST be passed to the transport layer".
        Event::Request => (State::Proceeding, &[Repeat]),
        // §17.2.2: further provisionals go out.
        Event::Provisional => (State::Proceeding, &[Send]),
        // §17.2.2: a final response moves to Completed with timer J.
        Event::Final => (State::Completed, &[Stop(Timer::Unanswered), Send, Start(Timer::J)]),
        // RFC 4320 §4.2.
        Event::Unanswered => (State::Terminated, &[]),
        // RFC 3261 §17.2.4 would end it; but the copy of the request that follows brings the response another try.
        Event::TransportError => (State::Proceeding, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::J => (State::Proceeding, &[]),
    }
}

const fn completed(event: Event) -> Step {
    match event {
        // §17.2.2: "the server transaction MUST pass the final response to the transport layer for retransmission whenever a
        // retransmission of the request is received".
        Event::Request => (State::Completed, &[Repeat]),
        // §17.2.2: "any other final responses passed by the TU MUST be discarded while in the Completed state".
        Event::Provisional | Event::Final => (State::Completed, &[]),
        // §17.2.2: timer J ends it.
        Event::J => (State::Terminated, &[]),
        // As in Proceeding.
        Event::TransportError => (State::Completed, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::Unanswered => (State::Completed, &[]),
    }
}
