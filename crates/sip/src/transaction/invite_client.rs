//! The INVITE client transaction: RFC 3261 §17.1.1, figure 5, with `Accepted` of RFC 6026 §7.2 and cancelling of §9.1.
//!
//! ```text
//!   Calling ──1xx──▶ Proceeding ──────2xx──────▶ Accepted ──M──▶ Terminated
//!      │ cancel          │ cancel, C    │                            ▲
//!      ▼                 ▼              └──3xx-6xx──▶ Completed ──D──┘
//!   Withdrawn ─1xx─▶ Cancelling ─(2xx, 3xx-6xx as above; 64*T1: timed out)
//! ```

use super::action::ClientAction::{self, Backoff, Pass, PassAsStray, SendAck, SendCancel, SendRequest, Start, Stop};
use super::timers::Timer;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Sent, nothing heard.
    Calling,
    /// Sent, nothing heard, and no longer wanted: a CANCEL waits for the first provisional (§9.1).
    Withdrawn,
    /// A provisional came.
    Proceeding,
    /// A CANCEL went; the final response is still to come.
    Cancelling,
    /// A 3xx-6xx came; its copies are acknowledged until D.
    Completed,
    /// A 2xx came; its copies and other forks' pass up until M (RFC 6026).
    Accepted,
    /// Gone.
    Terminated,
}

/// What may happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Provisional,
    Success,
    Failure,
    /// The user no longer wants the call.
    Cancel,
    /// A packet could not be sent.
    TransportError,
    /// The connection is lost.
    PeerGone,
    A,
    B,
    C,
    D,
    M,
    /// 64*T1 since our CANCEL.
    Withdrawal,
}

impl Event {
    /// `None`: a timer that this machine never starts.
    pub(super) const fn of(timer: Timer) -> Option<Self> {
        match timer {
            Timer::A => Some(Self::A),
            Timer::B => Some(Self::B),
            Timer::C => Some(Self::C),
            Timer::D => Some(Self::D),
            Timer::M => Some(Self::M),
            Timer::Withdrawal => Some(Self::Withdrawal),
            Timer::E | Timer::F | Timer::G | Timer::H | Timer::I | Timer::J | Timer::K | Timer::L => None,
            Timer::Trying | Timer::Unanswered => None,
        }
    }
}

type Step = (State, &'static [ClientAction]);

/// §17.1.1.2: "the initial state, calling, MUST be entered when the TU initiates a new client transaction".
pub(super) const START: Step = (State::Calling, &[SendRequest, Start(Timer::A), Start(Timer::B)]);

/// One arrow of the figure.
pub(super) const fn step(state: State, event: Event) -> Step {
    match state {
        State::Calling => calling(event),
        State::Withdrawn => withdrawn(event),
        State::Proceeding => proceeding(event),
        State::Cancelling => cancelling(event),
        State::Completed => completed(event),
        State::Accepted => accepted(event),
        State::Terminated => (State::Terminated, &[]),
    }
}

const fn calling(event: Event) -> Step {
    match event {
        // §17.1.1.2: a provisional moves to Proceeding and stops the retransmissions. §16.6 item 11: timer C starts.
        Event::Provisional => (State::Proceeding, &[Stop(Timer::A), Stop(Timer::B), Pass, Start(Timer::C)]),
        // RFC 6026 §7.2: a 2xx moves to Accepted, passes up, and starts timer M.
        Event::Success => (State::Accepted, &[Stop(Timer::A), Stop(Timer::B), Pass, Start(Timer::M)]),
        // §17.1.1.2: a 3xx-6xx passes up, is acknowledged here, and moves to Completed with timer D.
        Event::Failure => (State::Completed, &[Stop(Timer::A), Stop(Timer::B), SendAck, Pass, Start(Timer::D)]),
        // §9.1: "if no provisional response has been received, the CANCEL request MUST NOT be sent".
        Event::Cancel => (State::Withdrawn, &[]),
        // §17.1.4: tell the user and end.
        Event::TransportError | Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        // §17.1.1.2: "when timer A fires, the client transaction MUST retransmit the request" and double the timer.
        Event::A => (State::Calling, &[SendRequest, Backoff(Timer::A)]),
        // §17.1.1.2: timer B in Calling is a timeout.
        Event::B => (State::Terminated, &[ClientAction::TimedOut]),
        Event::C | Event::D | Event::M | Event::Withdrawal => (State::Calling, &[]),
    }
}

const fn withdrawn(event: Event) -> Step {
    match event {
        // §9.1: the awaited provisional: now the CANCEL may go, and 64*T1 later the INVITE counts as cancelled anyhow.
        Event::Provisional => {
            (State::Cancelling, &[Stop(Timer::A), Stop(Timer::B), Pass, SendCancel, Start(Timer::Withdrawal)])
        }
        // §9.1: a final response makes the CANCEL pointless. A 2xx is the user's to acknowledge and to end (R40).
        Event::Success => (State::Accepted, &[Stop(Timer::A), Stop(Timer::B), Pass, Start(Timer::M)]),
        Event::Failure => (State::Completed, &[Stop(Timer::A), Stop(Timer::B), SendAck, Pass, Start(Timer::D)]),
        // Once is enough.
        Event::Cancel => (State::Withdrawn, &[]),
        // §17.1.4, §17.1.1.2: as in Calling. The INVITE goes on being sent, or nobody would ever hear of the CANCEL.
        Event::TransportError | Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        Event::A => (State::Withdrawn, &[SendRequest, Backoff(Timer::A)]),
        Event::B => (State::Terminated, &[ClientAction::TimedOut]),
        Event::C | Event::D | Event::M | Event::Withdrawal => (State::Withdrawn, &[]),
    }
}

const fn proceeding(event: Event) -> Step {
    match event {
        // §17.1.1.2: further provisionals pass up. §16.7 item 2: each gives the ringing another timer C.
        Event::Provisional => (State::Proceeding, &[Pass, Start(Timer::C)]),
        // RFC 6026 §7.2.
        Event::Success => (State::Accepted, &[Stop(Timer::C), Pass, Start(Timer::M)]),
        // §17.1.1.2.
        Event::Failure => (State::Completed, &[Stop(Timer::C), SendAck, Pass, Start(Timer::D)]),
        // §9.1: a provisional has come, so the CANCEL goes at once. §16.8: timer C does the same.
        Event::Cancel | Event::C => (State::Cancelling, &[Stop(Timer::C), SendCancel, Start(Timer::Withdrawal)]),
        // The connection on which the answer would come is lost.
        Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        // This state sends nothing: whatever failed is older than the provisional, and so got through after all.
        Event::TransportError => (State::Proceeding, &[]),
        Event::A | Event::B | Event::D | Event::M | Event::Withdrawal => (State::Proceeding, &[]),
    }
}

const fn cancelling(event: Event) -> Step {
    match event {
        // A 180 that was under way when the CANCEL went.
        Event::Provisional => (State::Cancelling, &[Pass]),
        // §9.1, RFC 5407 §3.1.2: the answer crossed the CANCEL and has won; the user acknowledges it and hangs up (R40).
        Event::Success => (State::Accepted, &[Stop(Timer::Withdrawal), Pass, Start(Timer::M)]),
        // §9.2: 487 as a rule.
        Event::Failure => (State::Completed, &[Stop(Timer::Withdrawal), SendAck, Pass, Start(Timer::D)]),
        Event::Cancel => (State::Cancelling, &[]),
        Event::PeerGone => (State::Terminated, &[ClientAction::TransportFailed]),
        // As in Proceeding; the CANCEL is a transaction of its own.
        Event::TransportError => (State::Cancelling, &[]),
        // §9.1: "if there is no final response in 64*T1 seconds, the client SHOULD consider the transaction cancelled".
        Event::Withdrawal => (State::Terminated, &[ClientAction::TimedOut]),
        Event::A | Event::B | Event::C | Event::D | Event::M => (State::Cancelling, &[]),
    }
}

const fn completed(event: Event) -> Step {
    match event {
        // §17.1.1.2: each copy of the final response is acknowledged and stays here.
        Event::Failure => (State::Completed, &[SendAck]),
        // §16.7 item 5: a forking proxy forwards a late 2xx even after a failure. It rings nowhere, so it must be ended.
        Event::Success => (State::Completed, &[PassAsStray]),
        // §17.1.1.2: timer D ends it.
        Event::D => (State::Terminated, &[]),
        // §17.1.4 would tell the user, who has had the final answer: only Terminated says it.
        Event::TransportError | Event::PeerGone => (State::Terminated, &[]),
        // Too late to matter.
        Event::Provisional | Event::Cancel => (State::Completed, &[]),
        Event::A | Event::B | Event::C | Event::M | Event::Withdrawal => (State::Completed, &[]),
    }
}

const fn accepted(event: Event) -> Step {
    match event {
        // RFC 6026 §7.2: "a 2xx response received while in Accepted MUST be passed to the TU"; the user sends the ACK.
        Event::Success => (State::Accepted, &[Pass]),
        // RFC 6026 §7.2: timer M ends it.
        Event::M => (State::Terminated, &[]),
        // This state sends nothing, so no transport can fail it.
        Event::TransportError | Event::PeerGone => (State::Accepted, &[]),
        // RFC 6026 figure 8 has no such arrows: a fork that fails after another has answered concerns nobody.
        Event::Provisional | Event::Failure | Event::Cancel => (State::Accepted, &[]),
        Event::A | Event::B | Event::C | Event::D | Event::Withdrawal => (State::Accepted, &[]),
    }
}
