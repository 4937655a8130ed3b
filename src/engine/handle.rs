//! The engine from outside: commands in, events out. Cheap to clone; every floor above uses this and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use switch::{Command, Directory};
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};
use web::{Answer, Stamped, Switchboard, Unanswered};

use super::{Ask, Statistics};

/// Events that are remembered for desks that come back after a short absence.
const HISTORY_MAX: usize = 4_096;

/// The running engine.
#[derive(Clone)]
pub struct EngineHandle {
    pub(super) inbox: mpsc::Sender<Ask>,
    pub(super) events: broadcast::Sender<Stamped>,
    pub(super) statistics: watch::Receiver<Statistics>,
    history: Arc<Mutex<VecDeque<Stamped>>>,
    directory_changed: Arc<Notify>,
}

impl EngineHandle {
    pub(super) fn new(
        inbox: mpsc::Sender<Ask>,
        events: broadcast::Sender<Stamped>,
        statistics: watch::Receiver<Statistics>,
    ) -> Self {
        let history = Arc::new(Mutex::new(VecDeque::new()));
        Self { inbox, events, statistics, history, directory_changed: Arc::new(Notify::new()) }
    }

    /// Gives the switch a new directory.
    pub async fn set_directory(&self, directory: Arc<Directory>) -> Result<(), Unanswered> {
        self.inbox.send(Ask::Directory(directory)).await.map_err(|_| Unanswered::Busy)
    }

    /// No new calls from now on.
    pub async fn drain(&self) {
        let _ = self.inbox.send(Ask::Drain).await; // an engine that is gone takes no calls either
    }

    /// Ends the engine.
    pub async fn stop(&self) {
        let _ = self.inbox.send(Ask::Stop).await;
    }

    /// How the engine is; changes once a second.
    pub fn statistics(&self) -> watch::Receiver<Statistics> {
        self.statistics.clone()
    }

    /// Waits until someone says that the directory changed.
    pub async fn directory_change(&self) {
        self.directory_changed.notified().await;
    }

    /// Remembers an event for [`Switchboard::history`].
    pub(crate) fn remember(&self, stamped: Stamped) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.len() >= HISTORY_MAX {
            history.pop_front();
        }
        history.push_back(stamped);
    }
}

impl Switchboard for EngineHandle {
    fn command(&self, command: Command) -> Answer {
        let (answer, reply) = oneshot::channel();
        let sent = self.inbox.try_send(Ask::Command { command, answer });
        Box::pin(async move {
            sent.map_err(|_| Unanswered::Busy)?;
            reply.await.map_err(|_| Unanswered::Busy)?.map_err(Unanswered::Refused)
        })
    }

    fn subscribe(&self) -> broadcast::Receiver<Stamped> {
        self.events.subscribe()
    }

    fn history(&self, after: u64) -> Vec<Stamped> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let start = history.partition_point(|stamped| stamped.seq <= after);
        history.iter().skip(start).cloned().collect()
    }

    fn directory_changed(&self) {
        self.directory_changed.notify_one();
    }
}
