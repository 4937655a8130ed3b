//! The queue: which operator is offered which waiting call, and when the next one is tried.
//!
//! A pure machine. Whoever owns a [`Queue`] tells it what happened and when, then drains [`Queue::poll_effect`], then
//! waits until [`Queue::poll_timeout`] or the next event. It promises, and [`Queue::audit`] checks:
//! one winner per call; no operator in two calls; no call waits while a suitable operator is idle; first come, first
//! served within a priority; a call is offered again and again until it is answered or withdrawn.

mod audit;
mod id;
mod operator;
mod plan;
mod queue;
mod waiting;

pub use audit::Violation;
pub use id::{CALL_ID_CHARS, CallId, InvalidCallId, OperatorId};
pub use operator::{Operator, OperatorSnapshot, State, Wish};
pub use plan::{Candidate, Plan, RingPlan};
pub use queue::{Declined, Effect, EnqueueError, Limits, LostRace, Queue, UnknownOperator, Why};
pub use waiting::{Waiting, WaitingSnapshot};
