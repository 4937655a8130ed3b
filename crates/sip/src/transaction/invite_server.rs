//! The INVITE server transaction: RFC 3261 §17.2.1, figure 7, with `Accepted` of RFC 6026 §7.1 and CANCEL of §9.2.
//!
//! ```text
//!   Proceeding ──2xx──▶ Accepted ──────────L──────────▶ Terminated
//!       └──3xx-6xx──▶ Completed ──ACK──▶ Confirmed ──I──▶  ▲
//!                         └────────────H (no ACK)──────────┘
//! ```

use super::action::ServerAction::{self, Backoff, NoAck, PassAck, PassCancel, Repeat, Send, SendTrying, Start, Stop};
use super::timers::Timer;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The user has the INVITE.
    Proceeding,
    /// A 3xx-6xx went and is repeated until its ACK comes.
    Completed,
    /// The ACK came; its copies are absorbed until I.
    Confirmed,
    /// A 2xx went; copies of the INVITE are absorbed until L (RFC 6026). The user repeats the 2xx.
    Accepted,
    /// Gone.
    Terminated,
}

/// What may happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The INVITE once more.
    Invite,
    Ack,
    Cancel,
    /// The user gives a 1xx.
    Provisional,
    /// The user gives a 2xx.
    Success,
    /// The user gives a 3xx-6xx.
    Failure,
    /// A response could not be sent.
    TransportError,
    /// Its connection is lost and cannot be had again.
    PeerGone,
    /// 200 ms have passed.
    Trying,
    G,
    H,
    I,
    L,
}

impl Event {
    /// `None`: a timer that this machine never starts.
    pub(super) const fn of(timer: Timer) -> Option<Self> {
        match timer {
            Timer::Trying => Some(Self::Trying),
            Timer::G => Some(Self::G),
            Timer::H => Some(Self::H),
            Timer::I => Some(Self::I),
            Timer::L => Some(Self::L),
            Timer::A | Timer::B | Timer::C | Timer::D | Timer::E | Timer::F | Timer::J | Timer::K => None,
            Timer::M | Timer::Withdrawal | Timer::Unanswered => None,
        }
    }
}

type Step = (State, &'static [ServerAction]);

/// §17.2.1: "it MUST generate a 100 (Trying) response unless it knows that the TU will generate a response within 200 ms".
pub(super) const START: Step = (State::Proceeding, &[Start(Timer::Trying)]);

/// One arrow of the figure.
pub(super) const fn step(state: State, event: Event) -> Step {
    match state {
        State::Proceeding => proceeding(event),
        State::Completed => completed(event),
        State::Confirmed => confirmed(event),
        State::Accepted => accepted(event),
        State::Terminated => (State::Terminated, &[]),
    }
}

const fn proceeding(event: Event) -> Step {
    match event {
        // §17.2.1: "if a request retransmission is received while in the Proceeding state, the most recent provisional
        // response that was received from the TU MUST be passed to the transport layer" (R37).
        Event::Invite => (State::Proceeding, &[Repeat]),
        // An ACK of nothing.
        Event::Ack => (State::Proceeding, &[]),
        // §9.2: no final response yet: the user is told and will answer 487.
        Event::Cancel => (State::Proceeding, &[PassCancel]),
        // §17.2.1: any number of provisionals.
        Event::Provisional => (State::Proceeding, &[Stop(Timer::Trying), Send]),
        // RFC 6026 §7.1: a 2xx moves to Accepted with timer L.
        Event::Success => (State::Accepted, &[Stop(Timer::Trying), Send, Start(Timer::L)]),
        // §17.2.1: a 3xx-6xx moves to Completed with timers G (repeat) and H (give up).
        Event::Failure => (State::Completed, &[Stop(Timer::Trying), Send, Start(Timer::G), Start(Timer::H)]),
        // §17.2.1: the user was slower than 200 ms.
        Event::Trying => (State::Proceeding, &[SendTrying]),
        // RFC 6026 §8.8 (§17.2.4): "MUST remain in the current state": one lost packet is no reason to lose a caller.
        Event::TransportError => (State::Proceeding, &[]),
        // R09: transactions die with their connection.
        Event::PeerGone => (State::Terminated, &[]),
        Event::G | Event::H | Event::I | Event::L => (State::Proceeding, &[]),
    }
}

const fn completed(event: Event) -> Step {
    match event {
        // §17.2.1: a copy of the request is answered with a copy of the response.
        Event::Invite => (State::Completed, &[Repeat]),
        // §17.2.1: "if an ACK is received while in the Completed state, the server transaction MUST transition to Confirmed"
        // and stop repeating.
        Event::Ack => (State::Confirmed, &[Stop(Timer::G), Stop(Timer::H), Start(Timer::I)]),
        // §9.2: a final response has gone: the CANCEL has no effect.
        Event::Cancel => (State::Completed, &[]),
        // §17.2.1: "any other final responses passed by the TU MUST be discarded while in the Completed state".
        Event::Provisional | Event::Success | Event::Failure => (State::Completed, &[]),
        // §17.2.1: timer G repeats the response and is set to MIN(2*G, T2).
        Event::G => (State::Completed, &[Repeat, Backoff(Timer::G)]),
        // §17.2.1: "if timer H fires while in the Completed state, it implies that the ACK was never received".
        Event::H => (State::Terminated, &[NoAck]),
        // RFC 6026 §8.8.
        Event::TransportError => (State::Completed, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::Trying | Event::I | Event::L => (State::Completed, &[]),
    }
}

const fn confirmed(event: Event) -> Step {
    match event {
        // §17.2.1: Confirmed exists to absorb further ACKs.
        Event::Ack => (State::Confirmed, &[]),
        // Figure 7 has no such arrows: everything was said.
        Event::Invite | Event::Cancel => (State::Confirmed, &[]),
        Event::Provisional | Event::Success | Event::Failure => (State::Confirmed, &[]),
        // §17.2.1: timer I ends it.
        Event::I => (State::Terminated, &[]),
        // Nothing is sent any more.
        Event::TransportError => (State::Confirmed, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::Trying | Event::G | Event::H | Event::L => (State::Confirmed, &[]),
    }
}

const fn accepted(event: Event) -> Step {
    match event {
        // RFC 6026 §7.1: "any retransmissions of the INVITE received match this transaction and are not passed to the TU".
        Event::Invite => (State::Accepted, &[]),
        // RFC 6026 §7.1: an ACK that matches here (RFC 2543 peers) is for the 2xx and passes up.
        Event::Ack => (State::Accepted, &[PassAck]),
        // §9.2: too late.
        Event::Cancel => (State::Accepted, &[]),
        // RFC 6026 §7.1: "a 2xx response passed by the TU while in Accepted MUST be passed to the transport layer".
        Event::Success => (State::Accepted, &[Send]),
        // Only one final response, and nothing provisional after it.
        Event::Provisional | Event::Failure => (State::Accepted, &[]),
        // RFC 6026 §7.1: timer L ends it.
        Event::L => (State::Terminated, &[]),
        // RFC 6026 §8.8.
        Event::TransportError => (State::Accepted, &[]),
        // R09.
        Event::PeerGone => (State::Terminated, &[]),
        Event::Trying | Event::G | Event::H | Event::I => (State::Accepted, &[]),
    }
}
