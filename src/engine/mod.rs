//! THE loop: it joins the pure switch to the world. Drain the outputs, wait for one of {packet, media event, command,
//! directory, deadline, wall clock}, hand it over, again.
//!
//! The engine has a thread of its own with a single-threaded runtime, and waits for nothing but inputs: no database, no
//! disk, no name service, not even the log. What it tells goes into bounded queues: records to the journal, events to
//! whoever subscribes, orders to the media threads.

mod handle;
mod load;
mod media_events;
mod run;

use std::net::SocketAddr;
use std::sync::Arc;

use switch::{CallId, Command, CommandError, Directory, OperatorId, Past, Reply, Visit};
use tokio::sync::oneshot;
use transport::{TlsError, TlsMaterial};
use web::{News, PhoneId, PhoneLine};

pub use handle::EngineHandle;
pub use media_events::{MediaEvents, MediaInbox, media_events};
pub use run::{Hands, Setup, StartError, start};

/// Commands and directories that wait for the engine.
const INBOX_MAX: usize = 1_024;
/// Media events that wait for the engine. A call makes about ten, most of them at its end.
const MEDIA_EVENTS_MAX: usize = 65_536;
/// Events that a slow subscriber may be behind.
const EVENTS_MAX: usize = 8_192;

/// What is asked of the engine.
enum Ask {
    /// A command of a desk.
    Command { command: Command, answer: oneshot::Sender<Result<Reply, CommandError>> },
    /// A new directory, and whose certificate is to be expected where; `taken` is told when the switch works with it.
    Directory { directory: Arc<Directory>, names: Vec<(SocketAddr, String)>, taken: oneshot::Sender<()> },
    /// Other certificates from now on.
    Tls { material: Box<TlsMaterial>, taken: oneshot::Sender<Result<(), TlsError>> },
    /// Visits of today that an earlier process has seen.
    Today(Vec<Visit>),
    /// What earlier processes knew of callers.
    Past(Past),
    /// Calls whose reports are not done, and who took them.
    OpenReports(Vec<(CallId, OperatorId)>),
    /// The recordings' disk has become scarce, or is no longer.
    Disk { free_percent: u8, scarce: bool },
    /// An operator's telephone in the page.
    Phone(Box<PhoneLine>),
    /// The time of the login of this telephone is over.
    Lapsed(PhoneId),
    /// What a caller of the recordings line needs is there, or is not.
    DialIn { line: CallId, number: u64, answer: switch::dial_in::Answer },
    /// Something about a report, for the stream of events.
    News(News),
    /// No new calls from now on.
    Drain,
    /// Stop, now.
    Stop,
}

/// How the engine is, told once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Inputs handled since the start.
    pub inputs: u64,
    /// Outputs carried out since the start.
    pub outputs: u64,
    /// Calls now.
    pub calls: usize,
    /// Nothing is left of any call.
    pub idle: bool,
    /// Media events waiting, at the last look.
    pub media_events_waiting: usize,
    /// Commands waiting, at the last look.
    pub commands_waiting: usize,
    /// Media events lost because the queue was full: never, or the machine is far too small.
    pub media_events_lost: u64,
    /// Media orders lost because a media thread's queue was full.
    pub media_orders_lost: u64,
    /// Records that the journal did not take.
    pub records_lost: u64,
    /// Broken invariants found by the audit.
    pub violations: u64,
    /// The longest that one input with its outputs took in the last second, in microseconds.
    pub longest_us: u64,
    /// Of a hundred new calls so many are taken (R45).
    pub admitted_percent: u8,
    /// Processor time of the engine's thread since the start, in microseconds.
    pub cpu_us: u64,
    /// Share of its time that the busiest voice thread, or the recorder, was at work at the last look.
    pub voice_busy: f64,
    /// The latest tick of the voice threads in the last second, in microseconds.
    pub voice_late_us: u64,
    /// The sockets' counters.
    pub transport: transport::Statistics,
}

#[cfg(test)]
mod tests;
