//! What the pages need of the running switch. The roof's engine handle implements it; tests use a small one of their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use switch::{Command, CommandError, Reply};
use tokio::sync::broadcast;

use crate::news::{News, Told};
use crate::phone::{PhoneId, PhoneLine};

/// An event with its place in the stream. Serialised as `{"seq":…,"unix_ms":…,"event":{"kind":…}}`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Stamped {
    /// Grows by one with each event since the process started.
    pub seq: u64,
    /// When, in unix milliseconds.
    pub unix_ms: i64,
    /// What.
    #[schema(value_type = Told)]
    pub event: Arc<Told>,
}

/// The answer to a command, when it comes.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Unanswered>> + Send>>;

/// Something under way.
pub type Done = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a command was not carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unanswered {
    /// The switch refused it.
    Refused(CommandError),
    /// The engine is stopping or its queue is full.
    Busy,
}

/// How the machine is: what the switch itself cannot know. Counts are since the start.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Machine {
    /// Events that the engine has handled.
    pub inputs: u64,
    /// The longest that one took in the last second, microseconds.
    pub longest_us: u64,
    /// Processor time of the engine, microseconds.
    pub engine_cpu_us: u64,
    /// Of a hundred new calls so many are taken (R45).
    pub admitted_percent: u8,
    /// Invariants found broken.
    pub violations: u64,
    /// Media events lost because a queue was full.
    pub media_events_lost: u64,
    /// Media orders lost for the same reason.
    pub media_orders_lost: u64,
    /// Records that the journal did not take.
    pub records_lost: u64,
    /// Share of its time that the busiest voice thread, or the recorder, is at work.
    pub voice_busy: f64,
    /// How late its latest tick was in the last second, microseconds.
    pub voice_late_us: u64,
    /// SIP messages received.
    pub sip_received: u64,
    /// SIP messages sent.
    pub sip_sent: u64,
    /// Datagrams that were no SIP.
    pub sip_junk: u64,
    /// Datagrams of strangers beyond their rate.
    pub sip_flooded: u64,
    /// Open SIP connections.
    pub sip_connections: usize,
    /// Processor time of the process, microseconds.
    pub cpu_us: u64,
    /// Resident memory.
    pub resident_bytes: u64,
    /// Open files and sockets.
    pub open_files: usize,
    /// When the process began, unix milliseconds.
    pub started_ms: i64,
}

/// The running switch.
pub trait Switchboard: Send + Sync + 'static {
    /// Hand a command to the engine.
    fn command(&self, command: Command) -> Answer;
    /// Events from now on. A receiver that falls behind is told so by `Lagged` and may resume with [`Switchboard::history`].
    fn subscribe(&self) -> broadcast::Receiver<Stamped>;
    /// Events still remembered with a number above `after`, oldest first.
    fn history(&self, after: u64) -> Vec<Stamped>;
    /// Puts something about a report into the stream. A full queue loses it: it is a hint to look again.
    fn tell(&self, news: News);
    /// Firms, numbers, operators or trunks have changed: load the directory again. Done when the switch works with it, or
    /// after a moment if the database does not answer: whoever was told "created" can register or be called at once.
    fn directory_changed(&self) -> Done;
    /// Takes an operator's telephone in the page as one of theirs. `false`: it cannot now, and the socket is closed.
    fn phone(&self, line: PhoneLine) -> bool;
    /// The time of the login that opened this telephone is over: who talks there talks on, nothing else begins, and when nobody talks it is
    /// closed. Told again until then, because a full queue loses it.
    fn phone_lapsed(&self, phone: PhoneId);
    /// How the machine is, as of the last second.
    fn machine(&self) -> Machine {
        Machine::default()
    }
}
