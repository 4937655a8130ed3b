//! The switchboard: whose number is it, who rings, who won, hold, transfer with a net, and what is kept of it.
//!
//! Pure: [`Input`]s go in with the time, [`Output`]s come out. Only the roof joins it to the world.

mod audit;
mod board;
pub mod calendar;
mod call;
mod calls;
#[allow(missing_docs, reason = "variants are documented with all their fields in one sentence")]
pub mod desk;
mod detail;
#[allow(missing_docs, reason = "variants are documented with all their fields in one sentence")]
pub mod dial_in;
pub mod directory;
#[allow(missing_docs, reason = "variants are documented with all their fields in one sentence")]
pub mod io;
mod known;
pub mod ladder;
mod leg;
#[allow(missing_docs, reason = "variants are documented with all their fields in one sentence")]
pub mod media;
mod outages;
mod owed;
pub mod past;
mod ports;
pub mod promise;
mod promises;
pub mod record;
mod snapshot;
mod switch;
mod usage;
mod visitors;
pub mod waiting;

pub use acd::{CallId, OperatorId};
pub use desk::{BanNow, Command, CommandError, Notice, Obstacle, Reply, SuperviseMode, Transfer, TransferMode};
pub use detail::Detail;
pub use directory::{
    Customer, CustomerId, Directory, Greeting, NotReadyReason, Operator, Settings, Shut, Target, TransferPolicy,
};
pub use endpoint::block_has;
pub use io::{Alarm, Earlier, Event, Heard, Input, Output};
pub use past::Past;
pub use promise::{Outcome, Today, Visit};
pub use record::{CallRecord, CallState, LegRecord, TimelineEvent, Tried};
pub use sdp::SrtpPolicy;
pub use switch::{Config, MediaAddress, Switch};
pub use usage::{Cap, OutgoingCaps};
pub use waiting::{AbandonedPolicy, Tell, WaitingPolicy};
