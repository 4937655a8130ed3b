//! What the pages need of the running switch. The roof's engine handle implements it; tests use a small one of their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use switch::{Command, CommandError, Event, Reply};
use tokio::sync::broadcast;

/// An event with its place in the stream. Serialised as `{"seq":…,"unix_ms":…,"event":{"kind":…}}`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Stamped {
    /// Grows by one with each event since the process started.
    pub seq: u64,
    /// When, in unix milliseconds.
    pub unix_ms: i64,
    /// What.
    #[schema(value_type = Event)]
    pub event: Arc<Event>,
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

/// The running switch.
pub trait Switchboard: Send + Sync + 'static {
    /// Hand a command to the engine.
    fn command(&self, command: Command) -> Answer;
    /// Events from now on. A receiver that falls behind is told so by `Lagged` and may resume with [`Switchboard::history`].
    fn subscribe(&self) -> broadcast::Receiver<Stamped>;
    /// Events still remembered with a number above `after`, oldest first.
    fn history(&self, after: u64) -> Vec<Stamped>;
    /// Firms, numbers, operators or trunks have changed: load the directory again. Done when the switch works with it, or
    /// after a moment if the database does not answer: whoever was told "created" can register or be called at once.
    fn directory_changed(&self) -> Done;
}
