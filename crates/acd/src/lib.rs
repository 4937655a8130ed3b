//! The queue: which operator is offered which waiting call, and when the next one is tried.
//!
//! A pure machine. Whoever owns a [`Queue`] tells it what happened and when, then drains [`Queue::poll_effect`], then
//! waits until [`Queue::poll_timeout`] or the next event. It promises, and [`Queue::audit`] checks:
//!
//! - exactly one operator gets a call (W02), and no operator is in two;
//! - no call waits while an operator whom its plan has reached is ready, reachable and idle, unless that operator has just
//!   declined it; when all who are free have declined, it rests a moment ([`Limits::rest`]) and all are asked again, for
//!   ever;
//! - first come, first served within a priority;
//! - more and more phones ring while a call waits ([`RingPlan::Widening`]), and help is called in before a person has not
//!   answered within three rings ([`PromiseLoop`]);
//! - an operator who drops out while others ring does not restart the round (W03);
//! - nobody is stuck (W04): every offer, wrap-up, rest and step has its deadline in one table of timers, and what should
//!   ever go wrong all the same, [`Queue::repair`] mends.
//!
//! Every event costs O(log n) in operators and calls, times the distinct sets of skills that calls wait for and the skills
//! of the operator. Linear by nature are plans that ring all phones (in the phones), a new day and a new directory (in
//! operators), and the leaving of the last operator of a skill (in waiting calls). See [`Plan`] for plans.

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
pub use effect::{Declined, Effect, EnqueueError, LostRace, StateRefused, UnknownOperator, Why, Widening};
pub use id::{CALL_ID_CHARS, CallId, InvalidCallId, OperatorId};
pub use operator::{Operator, OperatorSnapshot, State, Tier, Wish};
pub use plan::{Candidate, PROMISE, Plan, RING, RingPlan, STEPS_MAX, Step, Who};
pub use queue::promise::PromiseLoop;
pub use queue::{Limits, POSITIONS_TOLD_MAX, Queue, REPORTS_OPEN, RING_MIN};
pub use waiting::{Waiting, WaitingSnapshot};
