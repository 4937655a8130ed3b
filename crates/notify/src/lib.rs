//! Takes reports to the client firms: the worker of the outbox, and one file per channel.
//!
//! The store has one row per (report, recipient): the *delivery*, whose id (a UUID) is the idempotency key wherever the other
//! side has such a thing. The [`worker`] leases deliveries, hands each to its channel, and writes down what became of it; a
//! delivery whose worker died comes again when its lease is over, with the same id.
//!
//! # A channel
//! is a file with one async function `deliver`, which tries *once* and says what became of it: an [`Outcome`]. It neither
//! waits for a better moment nor tries again nor knows the database: that is the worker's. The worker sees to it that at
//! most one delivery of a room is under way, that a destination has only so many at once, and that no attempt takes longer
//! than its time; a channel has to bear being dropped at any `await`.
//!
//! * E-mail: [`mail`]: what is sent, how it is handed over, what comes back.
//! * Chat and webhooks: [`chat`], one file per service, all through its one guarded HTTP client.
//!
//! What follows a delivery that does not arrive, and whatever else has its time (ladders, digests, proofs), is in [`chores`].

mod carrier;
pub mod chat;
pub mod chores;
mod clock;
pub mod fallback;
pub mod mail;
mod outcome;
mod rescue;
mod told;
pub mod worker;

pub use carrier::{Carrier, Channels};
pub use clock::{Clock, SystemClock};
pub use outcome::Outcome;
pub use rescue::{Links, Lost, NoLinks, Rescue};
pub use told::{Hook, News, Told};
