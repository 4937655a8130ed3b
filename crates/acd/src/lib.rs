//! The queue: which operator is offered which waiting call, and when the next one is tried.
//!
//! A pure machine. Whoever owns a [`Queue`] tells it what happened and when, then drains [`Queue::poll_effect`], then
//! waits until [`Queue::poll_timeout`] or the next event. It promises, and [`Queue::audit`] checks:
//!
//! - exactly one operator gets a call (W02), and no operator is in two;
//! - no call waits while an operator who suits it is ready, reachable and idle, unless that operator has just declined
//!   it; when all who are free have declined, it rests a moment ([`Limits::rest`]) and all are asked again, for ever;
//! - first come, first served within a priority;
//! - an operator who drops out while others ring does not restart the round (W03);
//! - nobody is stuck (W04): every offer, wrap-up and rest has its deadline in one table of timers.
//!
//! Every event costs O(log n) in operators and calls, times the distinct sets of skills that calls wait for.

mod audit;
mod chance;
mod effect;
mod id;
mod line;
mod operator;
mod plan;
mod queue;
mod roster;
pub mod staffing;
mod timers;
pub mod traffic;
mod waiting;

pub use audit::Violation;
pub use chance::{BUSY_GROUPS_MAX, BusyCounts, Chance, Help, Outlook, Phones, When, Whose};
pub use effect::{Declined, Effect, EnqueueError, LostRace, UnknownOperator, Why, Widening};
pub use id::{CALL_ID_CHARS, CallId, InvalidCallId, OperatorId};
pub use operator::{Operator, OperatorSnapshot, State, Tier, Wish};
pub use plan::{Candidate, PROMISE, Plan, RING, RingPlan, STEPS_MAX, Step, Who};
pub use queue::{Limits, POSITIONS_TOLD_MAX, Queue, RING_MIN};
pub use waiting::{Waiting, WaitingSnapshot};
